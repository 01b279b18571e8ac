//! The metrics of one set, as the contract's JSON writes them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::inspect::{Evidence, ReportStatus};

use super::attribution::{AttributionMetrics, attribution};
use super::calibration::{CalibrationMetrics, calibration};
use super::grades::{GradeMetrics, grade_metrics, healthy_removed, kept_healthy_removed};
use super::input::{JudgedTray, Said};
use super::location::{LocationMetrics, location, no_tray_refused};
use super::masks::{MaskMetrics, ScoredMask};
use super::metric::{mean, quantile};
use super::occupancy::{Occupancy, blanks_passed, emergence_mae_points, occupancy};
use super::plant_measures::{AreaError, CentreError, area_error, area_error_of, centre_error};
use super::rate::Rate;
use super::repeatability::{Repeatability, repeatability};

/// How long trays took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrayTimes {
    /// Half of them took less.
    pub median: f64,
    /// 99 % of them took less.
    pub p99: f64,
}

/// What was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SetStage {
    /// From the picture to the verdicts.
    #[default]
    Whole,
    /// Masks only, without looking for a tray.
    Segment,
}

/// The metrics of one set. What has no labels is null.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SetReport {
    /// The set's name.
    pub set: String,
    /// What was judged.
    pub stage: SetStage,
    /// Pictures judged.
    pub images: usize,
    /// Pictures with labelled cells: what the interval resamples.
    pub trays: usize,
    /// Groups that those belong to.
    pub groups: usize,
    /// Pictures that show a tray and were refused or failed.
    pub refused: usize,
    /// Labelled cells.
    pub cells: usize,
    /// Labelled cells that were left undecided.
    pub unsure: usize,
    /// Occupied or blank.
    pub occupancy: Option<Occupancy>,
    /// Mean error of a tray's emergence rate, percentage points.
    pub emergence_mae_points: Option<f64>,
    /// Cells labelled as without seedling that were passed as one, of those of judged trays.
    pub blanks_passed: Option<Rate>,
    /// Healthy seedlings that were ordered removed, of those of judged trays.
    pub healthy_removed: Option<Rate>,
    /// The same of those only that the standard keeps at their exact size.
    pub kept_healthy_removed: Option<Rate>,
    /// Mean overlap of the pictures' masks.
    pub mask_iou: Option<f64>,
    /// The masks in detail.
    pub masks: Option<MaskMetrics>,
    /// Mean error of areas, a share.
    pub area_mape: Option<f64>,
    /// The areas in detail.
    pub area: Option<AreaError>,
    /// Where plants were found in their cells.
    pub centre: Option<CentreError>,
    /// To which cells plants were given.
    pub attribution: Option<AttributionMetrics>,
    /// Mean error of corners, pitches.
    pub corner_error_pitch: Option<f64>,
    /// Whether trays were found.
    pub location: Option<LocationMetrics>,
    /// Refused, of the pictures that show no tray.
    pub no_tray_refused: Option<Rate>,
    /// Grades, or conditions of rendered plants.
    pub grade: Option<GradeMetrics>,
    /// Whether probabilities can be believed.
    pub calibration: Option<CalibrationMetrics>,
    /// Whether one tray is judged alike each time.
    pub repeatability: Option<Repeatability>,
    /// The metrics that hang on labels again, without those that look wrong; null where none was named.
    pub without_suspects: Option<WithoutSuspects>,
    /// Time a tray.
    pub ms_per_tray: Option<TrayTimes>,
    /// What the judgements rest on.
    pub evidence: Option<Evidence>,
}

/// The metrics that hang on cell labels, without the labels that look wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WithoutSuspects {
    /// Labelled cells that were left out.
    pub left_out: usize,
    /// Labelled cells that are left.
    pub cells: usize,
    /// Labelled cells that were left undecided.
    pub unsure: usize,
    /// Occupied or blank.
    pub occupancy: Option<Occupancy>,
    /// Mean error of a tray's emergence rate, percentage points.
    pub emergence_mae_points: Option<f64>,
    /// Cells labelled as without seedling that were passed as one.
    pub blanks_passed: Option<Rate>,
    /// Whether probabilities can be believed.
    pub calibration: Option<CalibrationMetrics>,
}

impl SetReport {
    /// The metrics of a set's judged pictures. Those that show no tray count in `images` and `no_tray_refused` only.
    #[must_use]
    pub fn new(set: impl Into<String>, pictures: &[JudgedTray<'_>]) -> Self {
        let trays: Vec<JudgedTray<'_>> =
            pictures.iter().filter(|p| p.shows_tray).cloned().collect();
        let labelled: Vec<&JudgedTray<'_>> = trays
            .iter()
            .filter(|tray| tray.labelled().next().is_some())
            .collect();
        let groups: BTreeSet<&str> = labelled.iter().map(|tray| tray.group.as_str()).collect();
        let corner_errors: Vec<f64> = trays
            .iter()
            .filter_map(|tray| tray.compared.corner_error_pitch)
            .collect();
        let masks = MaskMetrics::new(trays.iter().filter_map(|tray| {
            let counts = tray.compared.mask?;
            Some((tray.id.as_str(), tray.group.as_str(), counts))
        }));
        let area = area_error(&trays);
        let read = trays
            .iter()
            .filter(|t| t.report.status != ReportStatus::Failed);
        let times: Vec<f64> = read.map(|tray| tray.milliseconds).collect();
        let without_verdict = |t: &&JudgedTray<'_>| t.report.status != ReportStatus::Graded;
        Self {
            set: set.into(),
            stage: SetStage::Whole,
            images: pictures.len(),
            trays: labelled.len(),
            groups: groups.len(),
            refused: trays.iter().filter(without_verdict).count(),
            cells: trays.iter().flat_map(JudgedTray::labelled).count(),
            unsure: unsure_cells(&trays),
            occupancy: (!labelled.is_empty()).then(|| occupancy(&trays)),
            emergence_mae_points: emergence_mae_points(&trays),
            blanks_passed: blanks_passed(&trays),
            healthy_removed: healthy_removed(&trays),
            kept_healthy_removed: kept_healthy_removed(&trays),
            mask_iou: masks.as_ref().map(|masks| masks.mean_iou),
            masks,
            area_mape: area.as_ref().map(|area| area.mape),
            area,
            centre: centre_error(&trays),
            attribution: attribution(&trays),
            corner_error_pitch: mean(&corner_errors),
            location: location(&trays),
            no_tray_refused: no_tray_refused(pictures),
            grade: grade_metrics(&trays),
            calibration: calibration(&trays),
            repeatability: repeatability(&trays),
            without_suspects: None,
            ms_per_tray: tray_times(times),
            evidence: pictures.first().map(|tray| tray.report.evidence.clone()),
        }
    }

    /// The metrics of masks that were scored without looking for a tray.
    #[must_use]
    pub fn of_masks(
        set: impl Into<String>,
        pictures: &[ScoredMask],
        evidence: Option<Evidence>,
    ) -> Self {
        let groups: BTreeSet<&str> = pictures.iter().map(|p| p.group.as_str()).collect();
        let masks = MaskMetrics::new(
            pictures
                .iter()
                .map(|p| (p.id.as_str(), p.group.as_str(), p.counts)),
        );
        let areas: Vec<_> = pictures
            .iter()
            .map(|p| (p.group.as_str(), p.counts.areas().into_iter().collect()))
            .collect();
        let area = area_error_of(&areas);
        Self {
            set: set.into(),
            stage: SetStage::Segment,
            images: pictures.len(),
            groups: groups.len(),
            mask_iou: masks.as_ref().map(|masks| masks.mean_iou),
            masks,
            area_mape: area.as_ref().map(|area| area.mape),
            area,
            ms_per_tray: tray_times(pictures.iter().map(|p| p.milliseconds).collect()),
            evidence: evidence.filter(|_| !pictures.is_empty()),
            ..Self::default()
        }
    }

    /// Adds the metrics without the labels that look wrong; `is_suspect` is asked for every labelled cell by picture and
    /// row-major index.
    #[must_use]
    pub fn with_suspects_left_out(
        mut self,
        pictures: &[JudgedTray<'_>],
        is_suspect: impl Fn(&JudgedTray<'_>, usize) -> bool,
    ) -> Self {
        let mut trays: Vec<JudgedTray<'_>> =
            pictures.iter().filter(|p| p.shows_tray).cloned().collect();
        let mut left_out = 0;
        for (tray, original) in trays
            .iter_mut()
            .zip(pictures.iter().filter(|p| p.shows_tray))
        {
            for (cell, label) in tray.compared.labels.iter_mut().enumerate() {
                if label.is_some() && is_suspect(original, cell) {
                    *label = None;
                    left_out += 1;
                }
            }
        }
        let cells = trays.iter().flat_map(JudgedTray::labelled).count();
        self.without_suspects = Some(WithoutSuspects {
            left_out,
            cells,
            unsure: unsure_cells(&trays),
            occupancy: (cells > 0).then(|| occupancy(&trays)),
            emergence_mae_points: emergence_mae_points(&trays),
            blanks_passed: blanks_passed(&trays),
            calibration: calibration(&trays),
        });
        self
    }
}

fn unsure_cells(trays: &[JudgedTray<'_>]) -> usize {
    let said = trays.iter().flat_map(JudgedTray::labelled);
    said.filter(|(_, said)| *said == Said::Unsure).count()
}

fn tray_times(mut spent: Vec<f64>) -> Option<TrayTimes> {
    spent.sort_by(f64::total_cmp);
    (!spent.is_empty()).then(|| TrayTimes {
        median: quantile(&spent, 0.5),
        p99: quantile(&spent, 0.99),
    })
}

#[cfg(test)]
#[path = "set_report_tests.rs"]
mod tests;
