//! A tray is found where it lies, whatever it looks like, and never with a wrong count of cells.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

mod drawing;
mod grid;
mod lattice;
mod no_tray;
mod quality;
mod training_sets;

use seedgrade::frame::Frame;
use seedgrade::tray::{Refusal, TrayFinder, TrayFormat, TrayLocation};

/// The shipped finder's answer.
fn locate(frame: &Frame, format: TrayFormat) -> Result<TrayLocation, Refusal> {
    let mut finder = TrayFinder::shipped().unwrap();
    finder.locate(frame, format).unwrap()
}
