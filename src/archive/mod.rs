//! A folder of archived pictures in, a report for every one of them out: shard by shard, resumable, on as many
//! machines as there are.
//!
//! A run's folder holds `manifest.jsonl`, which never changes once it is there, and `shards/NNNNNN.jsonl`, each written
//! whole or not at all: their lines, in the order of their names, are the archive's trays in its own order.
//! Invariants: every picture of the manifest ends as exactly one line; a picture that is not what the manifest says is
//! not judged; the lines depend on the pictures and on what they are judged with, never on who ran how many at a time.

mod compare;
mod error;
mod folder;
mod gather;
mod manifest;
mod run;
mod share;

pub use compare::{Changes, compare};
pub use error::ArchiveError;
pub use folder::{RunFolder, ShareLock};
pub use gather::{Gathered, gather};
pub use manifest::{ArchivedPicture, JudgedBy, Manifest, Shard, survey};
pub use run::{JudgePicture, RunEnd, Tally, Watch, run, tally};
pub use share::Share;
