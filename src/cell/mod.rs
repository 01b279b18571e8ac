//! Plants and a tray format in, one observation a cell out: occupancy, doubles, overlap, and which
//! plant belongs to which cell where leaves cross a wall.
//!
//! Invariant: a located tray of R × C cells gives exactly R × C observations, row-major, all finite.

mod attribute;
mod heights;

pub use attribute::observe;
pub use heights::{HeightError, Heights, Overhead};

use crate::geometry::{FramePoint, MillimetresPerPixel};

/// What was seen in one cell. All values are finite and rounded to fixed steps (see [`rounded`]) before
/// anything judges or stores them.
#[derive(Debug, Clone, PartialEq)]
pub struct CellObservation {
    /// Row, from 0.
    pub row: usize,
    /// Column, from 0.
    pub col: usize,
    /// Probability that the cell holds at least one seedling, 0–1.
    pub occupied: f64,
    /// Probability that it holds two or more, 0–1.
    pub several: f64,
    /// Plants rooted in the cell.
    pub plants: u32,
    /// Canopy area of these plants, square pitches, leaves beyond the walls included; corrected for height
    /// where heights are known.
    pub area_pitch2: f64,
    /// Its standard deviation from the spread of heights, where heights are known.
    pub area_deviation_pitch2: Option<f64>,
    /// The canopy as it appears, in frame pixels.
    pub area_px: f64,
    /// The corrected area in mm², where a scale is known.
    pub area_mm2: Option<f64>,
    /// Where the canopy's centre appears in the frame, where there is a plant.
    pub centre: Option<FramePoint>,
    /// Distance of the canopy centre from the cell's centre, pitches; corrected for height where heights
    /// are known.
    pub offset_pitch: Option<f64>,
    /// Its standard deviation from the spread of heights, where heights are known.
    pub offset_deviation_pitch: Option<f64>,
    /// The same in mm, where a scale is known.
    pub offset_mm: Option<f64>,
    /// Share of the canopy that is chlorotic, 0–1.
    pub chlorotic: f64,
    /// Share of the canopy that is necrotic, 0–1.
    pub necrotic: f64,
    /// Leaves, where they can be told apart.
    pub leaves: Option<u32>,
    /// Share of the canopy that lies over other cells, or of the cell that other plants cover; the larger.
    pub overlap: f64,
    /// Whether the tray's canopy is too closed to tell what stands in a cell.
    pub crowded: bool,
}

/// Size of a cell on the tray in mm, along the columns and along the rows; where it came from a scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellScale {
    /// Pitch along the columns and along the rows, mm.
    pub pitch_mm: [f64; 2],
    /// Mean scale of the frame at the tray.
    pub mm_per_px: MillimetresPerPixel,
}

/// Steps that traits are rounded to. Adding zero turns −0 into 0.
pub mod rounded {
    /// Probabilities and shares: 0.001.
    #[must_use]
    pub fn share(value: f64) -> f64 {
        (value * 1e3).round() / 1e3 + 0.0
    }
    /// Areas in square pitches: 0.0001.
    #[must_use]
    pub fn pitch2(value: f64) -> f64 {
        (value * 1e4).round() / 1e4 + 0.0
    }
    /// Lengths in pitches: 0.001.
    #[must_use]
    pub fn pitch(value: f64) -> f64 {
        (value * 1e3).round() / 1e3 + 0.0
    }
    /// Lengths and areas in pixels or millimetres: 0.1.
    #[must_use]
    pub fn tenth(value: f64) -> f64 {
        (value * 10.0).round() / 10.0 + 0.0
    }
}
