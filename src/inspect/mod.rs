//! `Frame` in, `TrayReport` out: the only file that knows the order of the stages.

mod report;

pub use report::{
    CellReport, Evidence, ReportStatus, SourceFacts, StageTimes, TRAY_SCHEMA, TrayReport,
};
