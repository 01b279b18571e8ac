//! What an evaluation reads: a tray's labels beside its report.

use crate::inspect::{CellReport, ReportStatus, TrayReport};

use super::attribution::AttributedPlant;
use super::bootstrap::Tally;
use super::masks::MaskCounts;
use super::plant_measures::PlantedCell;

/// What the labels of a picture say, compared with its report where that needs the frame. What was not labelled is
/// empty or none, and left out of every metric.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Compared {
    /// Whether a cell holds a seedling, row-major; `None` where it was not labelled.
    pub labels: Vec<Option<bool>>,
    /// The grade that people gave, or what a rendered seedling is (see [`CONDITIONS`](super::CONDITIONS)), row-major;
    /// empty where the set has none.
    pub grade_labels: Vec<Option<String>>,
    /// The plants that are rooted in a cell, row-major; empty where the set has none.
    pub planted: Vec<Option<PlantedCell>>,
    /// Whether the standard keeps a healthy seedling of a cell's exact size, row-major; empty where sizes are not labelled
    /// or the standard was not asked (see [`standard_keeps`](super::standard_keeps)).
    pub standard_keeps: Vec<bool>,
    /// The plants' mask against the labelled one, in frame pixels.
    pub mask: Option<MaskCounts>,
    /// Mean distance of the found corners from the labelled ones, pitches.
    pub corner_error_pitch: Option<f64>,
    /// Distance of the lattice node that is farthest from its labelled place (of the corners where no nodes are
    /// labelled), pitches.
    pub farthest_node_pitch: Option<f64>,
    /// Whether every cell lies wholly in the picture by the labelled nodes (by the corners where no nodes are labelled).
    pub whole_in_picture: Option<bool>,
    /// Intersection over union of the bounding boxes of the found block of cells and of the labelled tray, 0–1.
    pub box_iou: Option<f64>,
    /// To which cell each labelled plant was given.
    pub attributed: Vec<AttributedPlant>,
}

/// A judged picture with what people said of it.
#[derive(Debug, Clone)]
pub struct JudgedTray<'a> {
    /// The tray's name in its set.
    pub id: String,
    /// The trays that it belongs with: the same ones on other days, of the same batch.
    pub group: String,
    /// The tray itself, where the set says which pictures show the same.
    pub same_tray: Option<String>,
    /// Whether the picture shows a tray; where it shows none, refusing it is right.
    pub shows_tray: bool,
    /// The labels, compared with the report.
    pub compared: Compared,
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
            same_tray: None,
            shows_tray: true,
            compared: Compared {
                labels,
                ..Compared::default()
            },
            report,
            milliseconds,
        }
    }

    /// Every labelled cell: whether it holds a seedling, and what was said of it.
    pub(super) fn labelled(&self) -> impl Iterator<Item = (bool, Said)> + '_ {
        self.compared
            .labels
            .iter()
            .enumerate()
            .filter_map(|(i, label)| Some(((*label)?, self.said(i))))
    }

    /// Whether every cell has a verdict.
    pub(super) fn is_graded(&self) -> bool {
        self.report.status == ReportStatus::Graded
    }

    /// How many of some things of this tray are so.
    pub(super) fn tally(&self, things: impl Iterator<Item = bool>) -> Tally<'_> {
        let (mut hits, mut of) = (0, 0);
        for hit in things {
            hits += usize::from(hit);
            of += 1;
        }
        Tally {
            group: &self.group,
            hits,
            of,
        }
    }

    fn said(&self, cell: usize) -> Said {
        if !self.is_graded() {
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
