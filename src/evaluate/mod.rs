//! Reports and labels in, metrics with intervals out.
//!
//! In: a labelled picture's files ([`TrayTruth`]) and its report. Out: one [`SetReport`] a set. A metric whose labels a
//! set lacks is none (null in JSON), never zero and never NaN.
//!
//! Invariant: a cell that was not decided counts as wrong wherever accuracy is printed, and no rate
//! stands without its interval and count.

mod agreement;
mod attribution;
mod audited_share;
mod bootstrap;
mod calibration;
mod frame_points;
mod grades;
mod group_agreement;
mod input;
mod interval;
mod location;
mod masks;
mod metric;
mod occupancy;
mod picture_grid;
mod plant_measures;
mod rate;
mod repeatability;
#[cfg(test)]
pub(crate) mod samples;
mod set_report;
mod truth;

pub use agreement::{Agreement, agreement};
pub use attribution::{AttributedPlant, Attribution, AttributionBand, AttributionMetrics};
pub use audited_share::{AuditedClass, AuditedClasses, ShareEstimate, TrayShare, share_by_tray};
pub use bootstrap::RESAMPLES;
pub use calibration::{
    AbstentionPoint, CalibrationMetrics, ReliabilityBin, abstention_curve, calibration_error,
    reliability,
};
pub use grades::{CONDITIONS, GradeMetrics, condition_of_class, said_of_grade};
pub use group_agreement::{GroupAgreement, group_agreement};
pub use input::{Compared, JudgedTray};
pub use interval::{CONFIDENCE, Interval, NORMAL_QUANTILE, clopper_pearson, rate_words, wilson};
pub use location::{BoxOverlap, LocationMetrics, box_iou};
pub use masks::{MaskCounts, MaskMetrics, PictureMask, ScoredMask, compare_masks};
pub use metric::corner_error_pitch;
pub use occupancy::{Confusion, Occupancy, SaidCounts, emergence_mae_points, occupancy};
pub use picture_grid::{PictureGridError, picture_grids};
pub use plant_measures::{AreaError, CentreError, PlantedCell, standard_keeps};
pub use rate::Rate;
pub use repeatability::{Repeatability, TraitSpread};
pub use set_report::{SetReport, SetStage, TrayTimes, WithoutSuspects};
pub use truth::{Found, TrayTruth, TruthError};
