//! Whether plants were given the right grade, or seen as what they are: healthy, chlorotic, necrotic, or two.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::inspect::CellReport;

use super::Interval;
use super::input::JudgedTray;
use super::occupancy::share;
use super::rate::Rate;

/// What a labelled cell with seedlings may be, where labels say more than that it holds one: a single plant by its most
/// frequent colour class, or two and more plants.
pub const CONDITIONS: [&str; 4] = [HEALTHY, "chlorotic", "necrotic", DOUBLE];
const HEALTHY: &str = "healthy";
const DOUBLE: &str = "double";

/// The condition that a class of the class map means: 1 healthy, 2 chlorotic, 3 necrotic.
#[must_use]
pub fn condition_of_class(class: u8) -> Option<&'static str> {
    let index = usize::from(class).checked_sub(1)?;
    CONDITIONS
        .get(index)
        .copied()
        .filter(|name| *name != DOUBLE)
}

/// How well grades or conditions were told, where labels give them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GradeMetrics {
    /// Cells with the labelled grade ÷ cells with a label; blank, unsure and refused are wrong.
    pub accuracy: f64,
    /// Its 95 % interval.
    pub ci95: Option<Interval>,
    /// Cells with a label.
    pub cells: usize,
    /// Cells with the labelled grade.
    pub correct: usize,
    /// Per label, how many of its cells were told as such.
    pub recalls: BTreeMap<String, Rate>,
    /// Per label, how many cells got which grade, condition or verdict.
    pub confusion: BTreeMap<String, BTreeMap<String, usize>>,
}

/// What was said of a cell, in the words of its label: a condition against a condition, else a grade or verdict.
#[must_use]
pub fn said_of_grade<'a>(cell: &'a CellReport, label: &str) -> &'a str {
    if cell.verdict != "graded" {
        return &cell.verdict;
    }
    if !CONDITIONS.contains(&label) {
        return cell.grade.as_deref().unwrap_or(&cell.verdict);
    }
    let healthy = 1.0 - cell.chlorotic - cell.necrotic;
    if healthy >= cell.chlorotic.max(cell.necrotic) {
        HEALTHY
    } else if cell.chlorotic >= cell.necrotic {
        "chlorotic"
    } else {
        "necrotic"
    }
}

/// Every labelled cell: the label and what was said, `refused` of a tray that was not judged.
fn labelled<'a>(tray: &'a JudgedTray<'_>) -> impl Iterator<Item = (&'a str, &'a str)> + 'a {
    let labels = tray.compared.grade_labels.iter().enumerate();
    labels.filter_map(|(i, label)| {
        let label = label.as_deref()?;
        let cell = tray.report.cells.get(i);
        Some((label, cell.map_or("refused", |c| said_of_grade(c, label))))
    })
}

/// The metrics of these trays; none without labels.
pub(super) fn grade_metrics(trays: &[JudgedTray<'_>]) -> Option<GradeMetrics> {
    let mut confusion: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for (label, said) in trays.iter().flat_map(labelled) {
        let row = confusion.entry(label.to_owned()).or_default();
        *row.entry(said.to_owned()).or_default() += 1;
    }
    let all = rate_of(trays, None);
    let recalls = confusion
        .keys()
        .map(|l| (l.clone(), rate_of(trays, Some(l))));
    Some(GradeMetrics {
        accuracy: share(all.hits, all.of)?,
        ci95: all.ci95,
        cells: all.of,
        correct: all.hits,
        recalls: recalls.collect(),
        confusion,
    })
}

/// Rightly told cells, of all labelled ones or of those with one label.
fn rate_of(trays: &[JudgedTray<'_>], wanted: Option<&str>) -> Rate {
    let tallies: Vec<_> = trays
        .iter()
        .map(|tray| {
            let cells = labelled(tray).filter(|(label, _)| wanted.is_none_or(|w| w == *label));
            tray.tally(cells.map(|(label, said)| label == said))
        })
        .collect();
    Rate::by_tray(&tallies)
}

/// Healthy seedlings that were ordered removed, of those of judged trays: what a grower loses.
pub(super) fn healthy_removed(trays: &[JudgedTray<'_>]) -> Option<Rate> {
    let tallies: Vec<_> = trays
        .iter()
        .map(|tray| {
            let cells = tray.report.cells.iter().zip(&tray.compared.grade_labels);
            let healthy = cells.filter(|(_, label)| label.as_deref() == Some(HEALTHY));
            tray.tally(healthy.map(|(cell, _)| cell.action == "remove"))
        })
        .collect();
    Rate::by_tray(&tallies).known()
}

/// Healthy seedlings that the standard keeps at their exact size and that were ordered removed, of all that it keeps in judged
/// trays: what measuring loses, apart from what the standard asks. None where exact sizes are not labelled.
pub(super) fn kept_healthy_removed(trays: &[JudgedTray<'_>]) -> Option<Rate> {
    let tallies: Vec<_> = trays
        .iter()
        .map(|tray| {
            let labels = tray.compared.grade_labels.iter();
            let labels = labels.zip(&tray.compared.standard_keeps);
            let cells = tray.report.cells.iter().zip(labels);
            let kept =
                cells.filter(|(_, (label, keeps))| **keeps && label.as_deref() == Some(HEALTHY));
            tray.tally(kept.map(|(cell, _)| cell.action == "remove"))
        })
        .collect();
    Rate::by_tray(&tallies).known()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::plant_measures::{PlantedCell, standard_keeps};
    use crate::evaluate::samples;
    use crate::grade::GradingStandard;

    fn labels(words: &[&str]) -> Vec<Option<String>> {
        words
            .iter()
            .map(|w| (!w.is_empty()).then(|| (*w).to_owned()))
            .collect()
    }

    #[test]
    fn a_condition_is_the_most_frequent_class_or_a_double() {
        // A, B, C, weak (removed), blank, double, unsure
        let mut report = samples::graded(1, 7, 700.0, 100.0);
        (report.cells[1].chlorotic, report.cells[1].necrotic) = (0.5, 0.1);
        (report.cells[2].chlorotic, report.cells[2].necrotic) = (0.2, 0.6);
        let mut tray = JudgedTray::new("a", "1", Vec::new(), &report, 1.0);
        tray.compared.grade_labels = labels(&[
            "healthy",
            "chlorotic",
            "chlorotic",
            "healthy",
            "healthy",
            "double",
            "healthy",
        ]);
        let trays = [tray];
        let grade = grade_metrics(&trays).unwrap();
        assert_eq!((grade.correct, grade.cells), (4, 7));
        assert_eq!(grade.confusion["chlorotic"]["necrotic"], 1);
        assert_eq!(grade.confusion["healthy"]["blank"], 1);
        assert_eq!(grade.recalls["healthy"].share, Some(0.5));
        assert_eq!(grade.recalls["double"].share, Some(1.0));
        let removed = healthy_removed(&trays).unwrap();
        assert_eq!((removed.hits, removed.of), (1, 4));
        assert_eq!(kept_healthy_removed(&trays), None);
    }

    #[test]
    fn a_seedling_that_is_too_small_for_the_standard_is_no_loss_of_measuring() {
        let standard = GradingStandard::embedded();
        // 40 px a pitch: 0.03 square pitches are 48 px
        let planted = |area_px| {
            Some(PlantedCell {
                area_px,
                centre_px: [0.0, 0.0],
            })
        };
        let mut report = samples::graded(1, 4, 700.0, 100.0);
        for cell in &mut report.cells {
            cell.action = "remove".into();
        }
        let mut tray = JudgedTray::new("a", "1", Vec::new(), &report, 1.0);
        tray.compared.grade_labels = labels(&["healthy", "healthy", "chlorotic", ""]);
        tray.compared.planted = vec![planted(49.0), planted(47.0), planted(200.0), None];
        tray.compared.standard_keeps =
            standard_keeps(&tray.compared.planted, &standard, 40.0, None);
        assert_eq!(tray.compared.standard_keeps, [true, false, true, false]);
        let removed = kept_healthy_removed(&[tray]).unwrap();
        assert_eq!((removed.hits, removed.of), (1, 1));
    }

    #[test]
    fn a_refused_tray_tells_no_condition_and_removes_nothing() {
        let report = samples::refused("too dark");
        let mut tray = JudgedTray::new("a", "1", Vec::new(), &report, 1.0);
        tray.compared.grade_labels = labels(&["healthy", "", "double"]);
        let trays = [tray];
        let grade = grade_metrics(&trays).unwrap();
        assert_eq!(
            (grade.accuracy, grade.confusion["double"]["refused"]),
            (0.0, 1)
        );
        assert_eq!(healthy_removed(&trays), None);
        assert_eq!((grade_metrics(&[]), healthy_removed(&[])), (None, None));
    }

    #[test]
    fn classes_have_names_and_the_background_none() {
        let names = [0, 1, 2, 3, 4].map(condition_of_class);
        assert_eq!(
            names,
            [
                None,
                Some("healthy"),
                Some("chlorotic"),
                Some("necrotic"),
                None
            ]
        );
    }
}
