//! What an evaluation reads: a tray's labels beside its report.

use crate::inspect::{CellReport, ReportStatus, TrayReport};

/// A judged tray with what people said of it. What was not labelled is left out of every metric.
#[derive(Debug, Clone)]
pub struct JudgedTray<'a> {
    /// The tray's name in its set.
    pub id: String,
    /// The trays that it belongs with: the same ones on other days, of the same batch.
    pub group: String,
    /// Whether a cell holds a seedling, row-major; `None` where it was not labelled.
    pub labels: Vec<Option<bool>>,
    /// The grade that people gave, row-major; empty where the set has none.
    pub grade_labels: Vec<Option<String>>,
    /// Overlap of the plants' mask with the labelled one ([`super::mask_iou`]).
    pub mask_iou: Option<f64>,
    /// Error of the plants' area against the labelled one, a share ([`super::area_mape`]).
    pub area_mape: Option<f64>,
    /// Mean distance of the found corners from the labelled ones, pitches.
    pub corner_error_pitch: Option<f64>,
    /// The judgement.
    pub report: &'a TrayReport,
    /// How long the judgement took.
    pub milliseconds: f64,
}

impl<'a> JudgedTray<'a> {
    /// A tray with labels of occupancy only.
    #[must_use]
    pub fn new(
        id: impl Into<String>,
        group: impl Into<String>,
        labels: Vec<Option<bool>>,
        report: &'a TrayReport,
        milliseconds: f64,
    ) -> Self {
        Self {
            id: id.into(),
            group: group.into(),
            labels,
            grade_labels: Vec::new(),
            mask_iou: None,
            area_mape: None,
            corner_error_pitch: None,
            report,
            milliseconds,
        }
    }

    /// Every labelled cell: whether it holds a seedling, and what was said of it.
    pub(super) fn labelled(&self) -> impl Iterator<Item = (bool, Said)> + '_ {
        self.labels
            .iter()
            .enumerate()
            .filter_map(|(i, label)| Some(((*label)?, self.said(i))))
    }

    fn said(&self, cell: usize) -> Said {
        if self.report.status != ReportStatus::Graded {
            return Said::Refused;
        }
        self.report.cells.get(cell).map_or(Said::Refused, Said::of)
    }
}

/// What a report says of a cell's occupancy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Seedling,
    NoSeedling,
    Unsure,
    /// Of a tray that was refused or failed.
    Refused,
}

impl Said {
    pub fn of(cell: &CellReport) -> Self {
        match cell.verdict.as_str() {
            "graded" | "double" => Self::Seedling,
            "blank" => Self::NoSeedling,
            _ => Self::Unsure,
        }
    }

    /// Whether a seedling was said to be there, where anything was decided.
    pub fn decided(self) -> Option<bool> {
        match self {
            Self::Seedling => Some(true),
            Self::NoSeedling => Some(false),
            Self::Unsure | Self::Refused => None,
        }
    }
}
