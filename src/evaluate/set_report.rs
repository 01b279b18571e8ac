//! The metrics of one set, as the contract's JSON writes them and as people read them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::inspect::{Evidence, ReportStatus};

use super::input::{JudgedTray, Said};
use super::metric::{mean, quantile};
use super::occupancy::{Occupancy, emergence_mae_points, occupancy, share};

/// How long trays took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrayTimes {
    /// Half of them took less.
    pub median: f64,
    /// 99 % of them took less.
    pub p99: f64,
}

/// How well grades were given, where people labelled them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GradeMetrics {
    /// Cells with the labelled grade ÷ cells with a label; blank, double, unsure, refused are wrong.
    pub accuracy: f64,
    /// Cells with a label.
    pub cells: usize,
    /// Cells with the labelled grade.
    pub correct: usize,
    /// Per label, how many cells got which grade or verdict.
    pub confusion: BTreeMap<String, BTreeMap<String, usize>>,
}

/// The metrics of one set. What has no labels is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetReport {
    /// The set's name.
    pub set: String,
    /// Pictures judged.
    pub images: usize,
    /// Pictures with labelled cells: what the interval resamples.
    pub trays: usize,
    /// Groups that those belong to.
    pub groups: usize,
    /// Pictures that were refused or failed.
    pub refused: usize,
    /// Labelled cells.
    pub cells: usize,
    /// Labelled cells that were left undecided.
    pub unsure: usize,
    /// Occupied or blank.
    pub occupancy: Option<Occupancy>,
    /// Mean error of a tray's emergence rate, percentage points.
    pub emergence_mae_points: Option<f64>,
    /// Mean overlap of masks.
    pub mask_iou: Option<f64>,
    /// Mean error of areas, a share.
    pub area_mape: Option<f64>,
    /// Mean error of corners, pitches.
    pub corner_error_pitch: Option<f64>,
    /// Grades.
    pub grade: Option<GradeMetrics>,
    /// Time a tray.
    pub ms_per_tray: Option<TrayTimes>,
    /// What the judgements rest on.
    pub evidence: Option<Evidence>,
}

impl SetReport {
    /// The metrics of a set's trays.
    #[must_use]
    pub fn new(set: impl Into<String>, trays: &[JudgedTray<'_>]) -> Self {
        let labelled: Vec<&JudgedTray<'_>> = trays
            .iter()
            .filter(|tray| tray.labelled().next().is_some())
            .collect();
        let groups: BTreeSet<&str> = labelled.iter().map(|tray| tray.group.as_str()).collect();
        let said = || {
            trays
                .iter()
                .flat_map(JudgedTray::labelled)
                .map(|(_, said)| said)
        };
        let mean_of = |value: fn(&JudgedTray<'_>) -> Option<f64>| {
            mean(&trays.iter().filter_map(value).collect::<Vec<f64>>())
        };
        Self {
            set: set.into(),
            images: trays.len(),
            trays: labelled.len(),
            groups: groups.len(),
            refused: trays
                .iter()
                .filter(|t| t.report.status != ReportStatus::Graded)
                .count(),
            cells: said().count(),
            unsure: said().filter(|said| *said == Said::Unsure).count(),
            occupancy: (!labelled.is_empty()).then(|| occupancy(trays)),
            emergence_mae_points: emergence_mae_points(trays),
            mask_iou: mean_of(|tray| tray.mask_iou),
            area_mape: mean_of(|tray| tray.area_mape),
            corner_error_pitch: mean_of(|tray| tray.corner_error_pitch),
            grade: grade_metrics(trays),
            ms_per_tray: times(trays),
            evidence: trays.first().map(|tray| tray.report.evidence.clone()),
        }
    }
}

fn times(trays: &[JudgedTray<'_>]) -> Option<TrayTimes> {
    let mut spent: Vec<f64> = trays.iter().map(|tray| tray.milliseconds).collect();
    spent.sort_by(f64::total_cmp);
    (!spent.is_empty()).then(|| TrayTimes {
        median: quantile(&spent, 0.5),
        p99: quantile(&spent, 0.99),
    })
}

fn grade_metrics(trays: &[JudgedTray<'_>]) -> Option<GradeMetrics> {
    let mut confusion: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    let (mut cells, mut correct) = (0, 0);
    for tray in trays {
        for (i, label) in tray.grade_labels.iter().enumerate() {
            let Some(label) = label else { continue };
            let cell = tray.report.cells.get(i);
            let said = cell.map_or("refused", |cell| {
                cell.grade.as_deref().unwrap_or(&cell.verdict)
            });
            cells += 1;
            correct += usize::from(said == label);
            *confusion
                .entry(label.clone())
                .or_default()
                .entry(said.to_owned())
                .or_default() += 1;
        }
    }
    Some(GradeMetrics {
        accuracy: share(correct, cells)?,
        cells,
        correct,
        confusion,
    })
}

/// The sets' metrics for people, a block a set.
#[must_use]
pub fn set_table(reports: &[SetReport]) -> String {
    let mut text = String::new();
    for report in reports {
        text.push_str(&block(report));
        text.push('\n');
    }
    text
}

fn block(report: &SetReport) -> String {
    let SetReport {
        set,
        images,
        trays,
        groups,
        refused,
        cells,
        unsure,
        ..
    } = report;
    let mut text = format!(
        "{set}: {} ({refused} refused), {} with labels in {}, {} ({unsure} unsure)\n",
        counted(*images, "picture"),
        counted(*trays, "tray"),
        counted(*groups, "group"),
        counted(*cells, "labelled cell"),
    );
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "  {name:<26} {value}");
    };
    if let Some(occupancy) = &report.occupancy {
        line("occupancy accuracy", accuracy_words(occupancy));
        if let Some(note) = &occupancy.ci_note {
            line("", format!("interval: {note}"));
        }
        line("  of decided cells", percent(occupancy.selective_accuracy));
        line("  seedlings found", percent(occupancy.seedling_recall));
        line("  blanks found", percent(occupancy.no_seedling_recall));
    }
    let measured = [
        (
            "emergence error, points",
            report.emergence_mae_points.map(|v| format!("{v:.2}")),
        ),
        (
            "mask overlap (IoU)",
            report.mask_iou.map(|v| format!("{v:.3}")),
        ),
        ("area error", report.area_mape.map(|v| percent(Some(v)))),
        (
            "corner error, pitches",
            report.corner_error_pitch.map(|v| format!("{v:.3}")),
        ),
        (
            "grade accuracy",
            report
                .grade
                .as_ref()
                .map(|g| super::rate_words(g.correct, g.cells)),
        ),
        (
            "ms a tray, median / p99",
            report
                .ms_per_tray
                .map(|t| format!("{:.0} / {:.0}", t.median, t.p99)),
        ),
    ];
    for (name, value) in measured {
        if let Some(value) = value {
            line(name, value);
        }
    }
    text
}

fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.2} %", 100.0 * share))
}

fn accuracy_words(occupancy: &Occupancy) -> String {
    let interval = occupancy.ci95.map_or_else(String::new, |interval| {
        format!("{:.2}–{:.2}, ", 100.0 * interval.lo, 100.0 * interval.hi)
    });
    format!(
        "{} ({interval}n = {})",
        percent(occupancy.accuracy),
        occupancy.cells
    )
}

#[cfg(test)]
#[path = "set_report_tests.rs"]
mod tests;
