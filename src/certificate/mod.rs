//! Stores → a lot's inspection report (检测报告), and whether one still holds.
//!
//! In: the stores of one or several lines, a lot's name, the standards by their digests. Out: a [`Certificate`]: shares
//! with their intervals, counts, what people measured, evidence, and how far the stores had come. Invariants: it is
//! drawn from every tray of the lot, each counted once; from the same rows the same certificate comes out, so that
//! [`recomputed`] can be laid beside one that somebody was handed; it says itself what it is not.

mod document;
mod draw_up;
mod drawn_singly;
mod holding;
mod known_lots;
mod lot_rows;

pub use document::{
    CERTIFICATE_SCHEMA, Certificate, CertificateError, EvidenceOfTrays, IntervalMethod,
    MeetsStandard, Sampling, StoreRows,
};
pub use draw_up::{CountedTray, DrawnUp, StandardByDigest, draw_up, recomputed};
pub use holding::{Holding, holding};
pub use known_lots::KnownLots;
