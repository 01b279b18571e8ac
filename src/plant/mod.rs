//! A rectified tray and the net's outputs in, plants out: mask, centre, area, colour classes.
//!
//! Invariant: every pixel of the label image belongs to no plant or to exactly one plant of the list.

mod odds;
mod outputs;
mod segment;

pub use odds::PlantOdds;
pub use outputs::{NetOutputs, OutputsError};
pub use segment::{Plant, PlantMap, PlantParams, segment};
