//! A picture of the reference tray in; scale, focus, exposure, colour and lamp out, and whether they are still as they
//! were recorded.
//!
//! The reference tray ([`SheetShape`]) is a sheet that a nursery prints and glues on a tray. It is found by plain
//! geometry, without a net: what checks the camera must not fail with what judges plants. Nothing here reads a file or
//! a clock.

mod document;
mod drift;
mod find;
mod readings;
mod sheet;

pub use document::{Calibration, CalibrationError, Limits};
pub use drift::{Beyond, Drift, Used};
pub use find::{FindError, find};
pub use readings::{Colour, Readings, ReadingsError, read};
pub use sheet::{HEIGHT_MM, SheetPoint, SheetShape, WIDTH_MM, colour_at, picture, shapes, svg};
