//! Sums over trays that belong together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::inspect::{ReportStatus, TrayReport};

use super::BlankMap;

/// Areas are summed in whole steps of this many square pitches, the step that the inspection rounds them to.
pub const AREA_STEP_PITCH2: f64 = 1e-4;

/// Trays whose sums are kept together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TallyKey {
    /// Their lot, where one is known.
    pub lot: Option<String>,
    /// Their job, where one is known.
    pub job: Option<u32>,
    /// The quarter of an hour of their exposure, else of their receipt, in UTC: `2026-11-24T08:15`. Every zone of today
    /// is whole quarters off UTC, so that days and shifts of any site are whole quarters too.
    pub quarter: String,
    /// Their standard, `id@version`.
    pub standard: String,
    /// Its digest.
    pub standard_digest: String,
    /// Rows of cells.
    pub rows: usize,
    /// Columns of cells.
    pub cols: usize,
}

impl TallyKey {
    /// Where a report is counted.
    #[must_use]
    pub fn of(report: &TrayReport, received_at: &str) -> Self {
        let moment = report.facts.captured_at.as_deref().unwrap_or(received_at);
        Self {
            lot: report.facts.lot.clone(),
            job: report.facts.job,
            quarter: quarter_of(moment),
            standard: report.evidence.standard.clone(),
            standard_digest: report.evidence.standard_digest.clone(),
            rows: report.rows,
            cols: report.cols,
        }
    }

    /// The hour, in UTC: `2026-11-24T08`.
    #[must_use]
    pub fn hour(&self) -> &str {
        let hour = self.quarter.get(.."2026-11-24T08".len());
        hour.unwrap_or(&self.quarter)
    }
}

/// `2026-11-24T08:15` of `2026-11-24T08:29:59.9Z`; of what is no moment its first letters.
fn quarter_of(moment: &str) -> String {
    let minute: Option<u8> = moment.get(14..16).and_then(|minute| minute.parse().ok());
    match (moment.get(..14), minute) {
        (Some(hour), Some(minute)) => format!("{hour}{:02}", minute / 15 * 15),
        _ => moment.chars().take("2026-11-24T08:15".len()).collect(),
    }
}

/// Trays by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TrayCounts {
    /// Every cell got its verdict.
    pub graded: u64,
    /// Not judged.
    pub refused: u64,
    /// Their picture could not be read.
    pub failed: u64,
}

/// Cells of graded trays by their verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VerdictSums {
    /// Without a visible seedling.
    pub blank: u64,
    /// With one seedling that got a grade.
    pub graded: u64,
    /// With two or more.
    pub double: u64,
    /// Undecided.
    pub unsure: u64,
}

impl VerdictSums {
    /// All cells of graded trays.
    #[must_use]
    pub fn sown(&self) -> u64 {
        self.blank + self.graded + self.double + self.unsure
    }

    /// Cells with at least one seedling.
    #[must_use]
    pub fn occupied(&self) -> u64 {
        self.graded + self.double
    }

    /// Cells that got a verdict other than unsure.
    #[must_use]
    pub fn decided(&self) -> u64 {
        self.blank + self.occupied()
    }
}

/// Canopy areas of the graded plants, in steps of [`AREA_STEP_PITCH2`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AreaSums {
    /// Plants.
    pub plants: u64,
    /// Sum of their areas.
    pub sum: u64,
    /// Sum of the squares.
    pub square_sum: u64,
}

/// Sums over trays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Trays by what became of them.
    pub trays: TrayCounts,
    /// Cells by their verdict.
    pub cells: VerdictSums,
    /// Plants of a marketable grade.
    pub marketable: u64,
    /// Areas of graded plants.
    pub areas: AreaSums,
    /// Plants per grade.
    pub grades: BTreeMap<String, u64>,
    /// Trays per tray grade.
    pub tray_grades: BTreeMap<String, u64>,
    /// Blanks per cell.
    pub blanks: BlankMap,
}

impl Tally {
    /// The sums of one tray.
    #[must_use]
    pub fn of(report: &TrayReport) -> Self {
        let mut tally = Self {
            blanks: BlankMap::of(report),
            ..Self::default()
        };
        match report.status {
            ReportStatus::Refused => tally.trays.refused = 1,
            ReportStatus::Failed => tally.trays.failed = 1,
            ReportStatus::Graded => {
                tally.trays.graded = 1;
                tally.marketable = report.marketable.unwrap_or(0) as u64;
                if let Some(grade) = &report.grade {
                    tally.tray_grades.insert(grade.clone(), 1);
                }
                tally.count_cells(report);
            }
        }
        tally
    }

    fn count_cells(&mut self, report: &TrayReport) {
        for cell in &report.cells {
            match cell.verdict.as_str() {
                "blank" => self.cells.blank += 1,
                "double" => self.cells.double += 1,
                "graded" => {
                    self.cells.graded += 1;
                    let steps = (cell.area_pitch2 / AREA_STEP_PITCH2).round().max(0.0) as u64;
                    self.areas.plants += 1;
                    self.areas.sum = self.areas.sum.saturating_add(steps);
                    let square = steps.saturating_mul(steps);
                    self.areas.square_sum = self.areas.square_sum.saturating_add(square);
                }
                _ => self.cells.unsure += 1,
            }
            if let Some(grade) = &cell.grade {
                *self.grades.entry(grade.to_string()).or_default() += 1;
            }
        }
    }

    /// Adds other trays.
    pub fn add(&mut self, other: &Self) {
        if self.blanks.blanks.is_empty() && self.blanks.trays == 0 {
            self.blanks = BlankMap::of_shape(other.blanks.rows, other.blanks.cols);
        }
        self.blanks.add(&other.blanks);
        self.combine(other, u64::saturating_add);
    }

    /// Takes away trays that were added.
    pub fn subtract(&mut self, other: &Self) {
        self.blanks.subtract(&other.blanks);
        self.combine(other, u64::saturating_sub);
        self.grades.retain(|_, count| *count > 0);
        self.tray_grades.retain(|_, count| *count > 0);
    }

    fn combine(&mut self, other: &Self, by: fn(u64, u64) -> u64) {
        for (sum, with) in self.numbers_mut().into_iter().zip(other.numbers()) {
            *sum = by(*sum, with);
        }
        let maps = [
            (&mut self.grades, &other.grades),
            (&mut self.tray_grades, &other.tray_grades),
        ];
        for (sums, others) in maps {
            for (grade, with) in others {
                let sum = sums.entry(grade.clone()).or_default();
                *sum = by(*sum, *with);
            }
        }
    }

    fn numbers_mut(&mut self) -> [&mut u64; 11] {
        [
            &mut self.trays.graded,
            &mut self.trays.refused,
            &mut self.trays.failed,
            &mut self.cells.blank,
            &mut self.cells.graded,
            &mut self.cells.double,
            &mut self.cells.unsure,
            &mut self.marketable,
            &mut self.areas.plants,
            &mut self.areas.sum,
            &mut self.areas.square_sum,
        ]
    }

    fn numbers(&self) -> [u64; 11] {
        let Self {
            trays,
            cells,
            areas,
            ..
        } = self;
        [
            trays.graded,
            trays.refused,
            trays.failed,
            cells.blank,
            cells.graded,
            cells.double,
            cells.unsure,
            self.marketable,
            areas.plants,
            areas.sum,
            areas.square_sum,
        ]
    }

    /// Whether it holds no tray.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let TrayCounts {
            graded,
            refused,
            failed,
        } = self.trays;
        graded + refused + failed == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::samples;

    #[test]
    fn a_tray_counts_every_cell_once() {
        let report = samples::graded(10, 20, 400.0, 200.0);
        let tally = Tally::of(&report);
        assert_eq!(tally.trays.graded, 1);
        assert_eq!(tally.cells.sown(), 200);
        assert_eq!(tally.cells.blank, report.counts.unwrap().blank as u64);
        assert_eq!(tally.marketable, report.marketable.unwrap() as u64);
        assert_eq!(tally.areas.plants, tally.cells.graded);
        // samples::cell gives every plant 0.41 square pitches.
        assert_eq!(tally.areas.sum, 4100 * tally.areas.plants);
        let blanks: u64 = tally.blanks.blanks.iter().map(|n| u64::from(*n)).sum();
        assert_eq!(blanks, tally.cells.blank);
        assert_eq!(tally.blanks.at(3, 4), 1);
    }

    #[test]
    fn a_moment_is_of_the_quarter_of_an_hour_that_it_lies_in() {
        for (moment, quarter) in [
            ("2026-11-24T08:29:59.9Z", "2026-11-24T08:15"),
            ("2026-11-24T08:00:00Z", "2026-11-24T08:00"),
            ("yesterday", "yesterday"),
            ("some time 番茄 ago", "some time 番茄 ago"),
        ] {
            assert_eq!(quarter_of(moment), quarter);
        }
    }

    #[test]
    fn a_refused_tray_sowed_nothing_that_was_seen() {
        let tally = Tally::of(&samples::refused("too dark"));
        assert_eq!((tally.trays.refused, tally.cells.sown()), (1, 0));
    }

    #[test]
    fn what_was_added_can_be_taken_away_again() {
        let first = Tally::of(&samples::graded(10, 20, 400.0, 200.0));
        let second = Tally::of(&samples::refused("too dark"));
        let mut both = first.clone();
        both.add(&second);
        assert_ne!(both, first);
        both.subtract(&second);
        assert_eq!(both, first);
        both.subtract(&first);
        assert!(both.is_empty() && both.grades.is_empty());
    }
}
