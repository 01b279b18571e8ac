//! A rectified tray and the net's outputs in, plants out: mask, centre, area, colour classes.
//!
//! Invariant: every pixel of the label image belongs to no plant or to exactly one plant of the list.

mod looks;
mod measure;
mod odds;
mod outputs;
mod roots;
mod segment;

pub use looks::{Looks, looking};
pub use measure::{Plant, PlantMap};
pub use odds::PlantOdds;
pub use outputs::{NetOutputs, OutputsError, Planes};
pub use segment::{PlantParams, Segmenter};
