//! What becomes of trays under another standard: from stored measurements, without a picture. Pure.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::grade::GradingStandard;
use crate::inspect::{RejudgeError, TrayReport, rejudge};

/// One tray before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct TrayChange {
    /// Its place among the trays that were asked about.
    pub index: usize,
    /// Its grade before.
    pub before: String,
    /// Its grade after.
    pub after: String,
    /// Cells whose verdict or grade changes: row and column, from 0.
    pub cells: Vec<(usize, usize)>,
}

impl TrayChange {
    /// Whether the tray's own grade changes, not only some of its cells'.
    #[must_use]
    pub fn is_of_grade(&self) -> bool {
        self.before != self.after
    }
}

/// Sums under one standard.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Graded {
    /// Trays by their grade.
    pub tray_grades: BTreeMap<String, usize>,
    /// Plants by their grade.
    pub plants: BTreeMap<String, usize>,
    /// Plants to sell.
    pub marketable: usize,
}

/// What moved limits would do.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// Trays that were judged both ways.
    pub trays: usize,
    /// Their cells.
    pub cells: usize,
    /// Trays whose measurements do not suffice, or that were not graded.
    pub left_out: usize,
    pub before: Graded,
    pub after: Graded,
    /// Trays of which something changes, in the order of the trays.
    pub changed: Vec<TrayChange>,
    /// Trays whose own grade changes.
    pub trays_changed: usize,
    /// Plants to sell of each tray that was judged both ways, before and after.
    pub marketable_by_tray: Vec<[usize; 2]>,
    /// Cells whose verdict or grade changes, in all trays.
    pub cells_changed: usize,
}

/// What becomes of trays that are judged by another standard. Those that were judged by the first one are as they were.
#[must_use]
pub fn outcome(
    reports: &[TrayReport],
    before: &GradingStandard,
    after: &GradingStandard,
) -> Outcome {
    let mut sum = Outcome::default();
    for (index, report) in reports.iter().enumerate() {
        let (Ok(was), Ok(is)) = (judged_by(report, before), judged_by(report, after)) else {
            sum.left_out += 1;
            continue;
        };
        if was.cells.is_empty() || is.cells.is_empty() {
            sum.left_out += 1;
            continue;
        }
        sum.trays += 1;
        sum.cells += was.cells.len();
        add(&mut sum.before, &was);
        add(&mut sum.after, &is);
        let pairs = was.cells.iter().zip(&is.cells);
        let cells: Vec<(usize, usize)> = pairs
            .filter(|(a, b)| (&a.verdict, &a.grade) != (&b.verdict, &b.grade))
            .map(|(cell, _)| (cell.row, cell.col))
            .collect();
        sum.cells_changed += cells.len();
        sum.marketable_by_tray
            .push([&was, &is].map(|of| of.marketable.unwrap_or(0)));
        let change = TrayChange {
            index,
            before: was.grade.clone().unwrap_or_default(),
            after: is.grade.clone().unwrap_or_default(),
            cells,
        };
        sum.trays_changed += usize::from(change.is_of_grade());
        if change.is_of_grade() || !change.cells.is_empty() {
            sum.changed.push(change);
        }
    }
    sum
}

/// A report under a standard: itself where that is the one that judged it, since judging again gives the same.
fn judged_by<'a>(
    report: &'a TrayReport,
    standard: &GradingStandard,
) -> Result<Cow<'a, TrayReport>, RejudgeError> {
    if report.evidence.standard_digest == standard.digest() {
        return Ok(Cow::Borrowed(report));
    }
    rejudge(report.clone(), standard).map(Cow::Owned)
}

fn add(sum: &mut Graded, report: &TrayReport) {
    let grade = report.grade.clone().unwrap_or_default();
    *sum.tray_grades.entry(grade).or_insert(0) += 1;
    for (grade, plants) in report.grades.iter().flatten() {
        *sum.plants.entry(grade.clone()).or_insert(0) += plants;
    }
    sum.marketable += report.marketable.unwrap_or(0);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::evaluate::samples;
    use crate::review::what_if::tests::area_of_a;
    use crate::review::what_if::{Moves, moved};

    #[test]
    fn a_tray_that_another_standard_judged_is_judged_by_those_that_are_asked_about() {
        let standard = GradingStandard::embedded();
        let text = GradingStandard::embedded_text();
        let (strict, _) = moved(text, &Moves::from([(area_of_a(), 99.0)]), 2, None).unwrap();
        let by_strict = rejudge(samples::graded(4, 5, 400.0, 300.0), &strict).unwrap();
        let found = outcome(std::slice::from_ref(&by_strict), &standard, &strict);
        assert!(found.before.plants["A"] > 0);
        assert_eq!(
            Some(found.after.plants["A"]),
            by_strict.grades.unwrap().get("A").copied()
        );
        assert_eq!(found.cells_changed, found.before.plants["A"]);
    }

    #[test]
    fn a_limit_above_every_plant_leaves_none_in_the_best_grade_and_none_moved_changes_nothing() {
        let standard = GradingStandard::embedded();
        let reports = [
            rejudge(samples::graded(4, 5, 400.0, 300.0), &standard).unwrap(),
            samples::refused("too dark"),
        ];
        let same = outcome(&reports, &standard, &standard);
        assert_eq!((same.trays, same.left_out, same.cells_changed), (1, 1, 0));
        assert_eq!(same.before, same.after);
        let text = GradingStandard::embedded_text();
        let (strict, _) = moved(text, &Moves::from([(area_of_a(), 99.0)]), 2, None).unwrap();
        let moved = outcome(&reports, &standard, &strict);
        assert_eq!(moved.after.plants["A"], 0);
        assert_eq!(moved.cells_changed, moved.before.plants["A"]);
        let places = moved.changed.iter().flat_map(|tray| &tray.cells);
        let of_grade_a = |&&(row, col): &&(usize, usize)| {
            let cell = reports[0]
                .cells
                .iter()
                .find(|c| (c.row, c.col) == (row, col));
            cell.unwrap().grade.as_deref() == Some("A")
        };
        assert_eq!(places.filter(of_grade_a).count(), moved.cells_changed);
        assert_eq!(
            moved.marketable_by_tray,
            [[moved.before.marketable, moved.after.marketable]]
        );
    }
}
