//! Reports and labels in, metrics with intervals out.
//!
//! Invariant: a cell that was not decided counts as wrong wherever accuracy is printed, and no rate
//! stands without its interval and count.

mod bootstrap;
mod calibration;
mod input;
mod interval;
mod metric;
mod occupancy;
#[cfg(test)]
pub(crate) mod samples;
mod set_report;

pub use bootstrap::RESAMPLES;
pub use calibration::{
    AbstentionPoint, ReliabilityBin, abstention_curve, calibration_error, reliability,
};
pub use input::JudgedTray;
pub use interval::{CONFIDENCE, Interval, clopper_pearson, rate_words, wilson};
pub use metric::{area_mape, corner_error_pitch, mask_iou};
pub use occupancy::{Confusion, Occupancy, SaidCounts, emergence_mae_points, occupancy};
pub use set_report::{GradeMetrics, SetReport, TrayTimes, set_table};
