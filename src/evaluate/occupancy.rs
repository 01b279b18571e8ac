//! Whether cells were rightly called occupied or blank.

use serde::{Deserialize, Serialize};

use super::Interval;
use super::bootstrap::Tally;
use super::input::{JudgedTray, Said};
use super::rate::Rate;

/// What was said of the cells that have one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SaidCounts {
    /// Graded or double.
    pub seedling: usize,
    /// Blank.
    pub no_seedling: usize,
    /// Undecided.
    pub unsure: usize,
    /// In a tray that was refused or failed.
    pub refused: usize,
}

impl SaidCounts {
    fn add(&mut self, said: Said) {
        let count = match said {
            Said::Seedling => &mut self.seedling,
            Said::NoSeedling => &mut self.no_seedling,
            Said::Unsure => &mut self.unsure,
            Said::Refused => &mut self.refused,
        };
        *count += 1;
    }

    /// All cells of the label.
    #[must_use]
    pub fn total(self) -> usize {
        self.seedling + self.no_seedling + self.unsure + self.refused
    }
}

/// What was said, by what people said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Confusion {
    /// Of the cells labelled as holding a seedling.
    pub seedling: SaidCounts,
    /// Of the cells labelled as holding none.
    pub no_seedling: SaidCounts,
}

/// How well occupancy was read. Every labelled cell counts; unsure and refused ones as wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Occupancy {
    /// Right ÷ labelled cells.
    pub accuracy: Option<f64>,
    /// Its 95 % interval, resampled by tray within group.
    pub ci95: Option<Interval>,
    /// What limits the interval: one group, one tray, or no error to resample.
    pub ci_note: Option<String>,
    /// Right ÷ decided cells.
    pub selective_accuracy: Option<f64>,
    /// Seedlings called so ÷ labelled seedlings.
    pub seedling_recall: Option<f64>,
    /// Its 95 % interval.
    pub seedling_recall_ci95: Option<Interval>,
    /// Blanks called so ÷ cells labelled as without seedling.
    pub no_seedling_recall: Option<f64>,
    /// Its 95 % interval.
    pub no_seedling_recall_ci95: Option<Interval>,
    /// Labelled cells.
    pub cells: usize,
    /// Rightly decided cells.
    pub correct: usize,
    /// Decided cells.
    pub decided: usize,
    /// All the counts.
    pub confusion: Confusion,
}

/// Compares what was said with the labels.
#[must_use]
pub fn occupancy(trays: &[JudgedTray<'_>]) -> Occupancy {
    let mut confusion = Confusion::default();
    for (label, said) in trays.iter().flat_map(JudgedTray::labelled) {
        let row = if label {
            &mut confusion.seedling
        } else {
            &mut confusion.no_seedling
        };
        row.add(said);
    }
    let right = |wanted| {
        let tallies = trays.iter().map(|tray| rightly_said(tray, wanted));
        Rate::by_tray(&tallies.collect::<Vec<_>>())
    };
    let all = right(None);
    let (seedlings, blanks) = (right(Some(true)), right(Some(false)));
    let Confusion {
        seedling,
        no_seedling,
    } = confusion;
    let cells = seedling.total() + no_seedling.total();
    let correct = seedling.seedling + no_seedling.no_seedling;
    let undecided = seedling.unsure + seedling.refused + no_seedling.unsure + no_seedling.refused;
    let decided = cells - undecided;
    Occupancy {
        accuracy: all.share,
        ci95: all.ci95,
        ci_note: all.ci_note,
        selective_accuracy: share(correct, decided),
        seedling_recall: seedlings.share,
        seedling_recall_ci95: seedlings.ci95,
        no_seedling_recall: blanks.share,
        no_seedling_recall_ci95: blanks.ci95,
        cells,
        correct,
        decided,
        confusion,
    }
}

/// A tray's rightly decided cells, of all labelled ones or of those with one label.
fn rightly_said<'a>(tray: &'a JudgedTray<'_>, wanted: Option<bool>) -> Tally<'a> {
    let labelled = tray.labelled();
    let cells = labelled.filter(|(label, _)| wanted.is_none_or(|wanted| wanted == *label));
    tray.tally(cells.map(|(label, said)| said.decided() == Some(label)))
}

/// Blanks that were passed as seedlings, of the cells of judged trays that are labelled as without one: what a customer
/// is sold as a plant.
#[must_use]
pub(super) fn blanks_passed(trays: &[JudgedTray<'_>]) -> Option<Rate> {
    let judged = trays.iter().filter(|tray| tray.is_graded());
    let tallies: Vec<_> = judged
        .map(|tray| {
            let blanks = tray.labelled().filter(|(label, _)| !label);
            tray.tally(blanks.map(|(_, said)| said == Said::Seedling))
        })
        .collect();
    Rate::by_tray(&tallies).known()
}

/// Mean distance of the trays' emergence rates from the labelled ones, percentage points, over the
/// trays with a decided labelled cell; of unsure cells nothing is assumed.
#[must_use]
pub fn emergence_mae_points(trays: &[JudgedTray<'_>]) -> Option<f64> {
    let errors: Vec<f64> = trays.iter().filter_map(emergence_error).collect();
    super::metric::mean(&errors)
}

fn emergence_error(tray: &JudgedTray<'_>) -> Option<f64> {
    let (mut labelled, mut seedlings, mut decided, mut occupied) = (0, 0, 0, 0);
    for (label, said) in tray.labelled() {
        labelled += 1;
        seedlings += usize::from(label);
        decided += usize::from(said.decided().is_some());
        occupied += usize::from(said.decided() == Some(true));
    }
    Some(100.0 * (share(occupied, decided)? - share(seedlings, labelled)?).abs())
}

pub(super) fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
