//! A frame and a tray format in, a rectified tray image out, or a refusal with its reason.
//!
//! Invariant: a tray is located whole or not at all. Every cell of a located tray is an equal square of
//! pixels in the [`TrayImage`], with the lattice's local drift removed; nothing is guessed.

mod code;
mod format;
mod lattice;
mod locate;
mod quality;
mod rectify;
mod sampling;
mod turn;

pub use code::{CodeKind, ReadCode, TrayCode, read_code};
pub use format::{CellShape, FormatError, TrayFormat};
pub use lattice::{Lattice, LatticeError};
pub use locate::{FindError, FinderOutputsError, LocateParams, TrayFinder};
pub use quality::{FrameQuality, check};
pub(crate) use rectify::HALVED;
pub use rectify::{TrayImage, TrayImageLayout, rectify};
pub use turn::{Turn, turned_by_code};

use serde::{Deserialize, Serialize};

/// How the tray's numbering was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Orientation {
    /// A mark on the tray gave it.
    Marked,
    /// The line's configuration gave it.
    Configured,
    /// Numbering follows the picture.
    Assumed,
}

/// Why a frame is refused. The text is shown to operators.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// No lattice of cells stands out.
    #[error("no tray: {0}")]
    NoTray(String),
    /// A lattice was found that is not the one asked for.
    #[error("wrong grid: expected {expected}, {found}")]
    WrongGrid {
        /// The block of cells that was asked for, as `10x20`.
        expected: String,
        /// What was seen instead, as a clause.
        found: String,
    },
    /// Too blurred to judge.
    #[error("too blurred: sharpness {found:.2}, at least {limit:.2} needed")]
    Blurred {
        /// Measured sharpness, without unit.
        found: f64,
        /// The limit.
        limit: f64,
    },
    /// Too dark to judge.
    #[error("too dark: brightest cells at {found:.0} of 255, at least {limit:.0} needed")]
    Dark {
        /// 95th percentile of luma, 0–255.
        found: f64,
        /// The limit.
        limit: f64,
    },
    /// Too bright to judge.
    #[error("over-exposed: {found:.0} % of pixels saturated, at most {limit:.0} % allowed")]
    OverExposed {
        /// Share of saturated pixels, percent.
        found: f64,
        /// The limit, percent.
        limit: f64,
    },
    /// Fewer pixels than a cell needs.
    #[error("too small: a cell spans {found:.1} px, at least {limit:.0} needed")]
    TooSmall {
        /// Pixels a cell pitch.
        found: f64,
        /// The limit, px.
        limit: f64,
    },
    /// The format says that the tray's code tells, and it does not.
    #[error("which way round is not known: {0}")]
    WhichWayRound(String),
    /// Criteria in millimetres without a scale.
    #[error("no scale: the standard asks for millimetres and no pitch or calibration is known")]
    NoScale,
}

/// Where the tray lies in a frame.
#[derive(Debug, Clone)]
pub struct TrayLocation {
    /// Nodes of the cell lattice in the frame.
    pub lattice: Lattice,
    /// How the numbering was decided.
    pub orientation: Orientation,
    /// How well the picture supports this lattice, 0–1.
    pub support: f64,
}
