//! A rectified tray and the net's outputs in, plants out: mask, centre, area, colour classes.

// mod segment;

// pub use segment::{Plant, PlantMap, PlantParams, segment};
