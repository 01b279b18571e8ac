//! A `Frame` in, a [`TrayReport`] out: the only room that knows the order of the stages.
//!
//! Invariant: same recipe, same pixels, same backend and class of CPU give the same report, whoever
//! calls and with however many workers. Nothing here reads a clock, a file or the environment.

mod inspector;
mod recipe;
mod rejudge;
mod rejudged_line;
mod report;

pub use inspector::{
    InspectError, Inspection, Inspector, Nets, NoObserver, PlantReading, Stage, StageObserver,
};
pub use recipe::Recipe;
pub use rejudge::{RejudgeError, observed_in, rejudge};
pub use rejudged_line::{LineError, rejudge_line};
pub use report::{
    CellReport, Evidence, ReportStatus, SourceFacts, StageTimes, TRAY_SCHEMA, TrayReport,
};
