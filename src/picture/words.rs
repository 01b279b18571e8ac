//! What pictures, pages and terminals say of a tray, so that all say the same.

use crate::evaluate::rate_words;
use crate::inspect::{ReportStatus, TrayReport};

use super::mark::{Mark, is_removed};

/// A line of a tray's legend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tally {
    pub mark: Mark,
    /// The grade's name, or the verdict.
    pub name: String,
    /// The verdict's term in Chinese, where it has one.
    pub term: &'static str,
    pub count: usize,
}

/// Cells per grade and verdict: grades best first, then double, blank, unsure.
pub(super) fn tallies(report: &TrayReport, grade_order: &[String]) -> Vec<Tally> {
    let counts = report.counts.unwrap_or_default();
    let grades = report.grades.clone().unwrap_or_default();
    let unlisted = grades.keys().filter(|grade| !grade_order.contains(grade));
    let mut lines: Vec<Tally> = grade_order
        .iter()
        .chain(unlisted)
        .map(|grade| {
            let mark = Mark::of_grade(grade, grade_order);
            Tally {
                mark,
                name: grade.clone(),
                term: if mark == Mark::Weak { "弱苗" } else { "" },
                count: grades.get(grade).copied().unwrap_or(0),
            }
        })
        .collect();
    let verdicts = [
        (Mark::Double, "double", "双株", counts.double),
        (Mark::Blank, "blank", "空穴", counts.blank),
        (Mark::Unsure, "unsure", "存疑", counts.unsure),
    ];
    lines.extend(verdicts.map(|(mark, name, term, count)| Tally {
        mark,
        name: name.to_owned(),
        term,
        count,
    }));
    lines
}

/// Cells that the actuator takes out.
pub(super) fn removed(report: &TrayReport) -> usize {
    report.cells.iter().filter(|cell| is_removed(cell)).count()
}

/// Occupied cells and decided cells. Unsure cells are in neither: nobody knows what they hold.
pub(super) fn emergence(report: &TrayReport) -> (usize, usize) {
    let counts = report.counts.unwrap_or_default();
    let occupied = counts.graded + counts.double;
    (occupied, occupied + counts.blank)
}

/// `94.5 % (90.4–97.2, n = 200)`.
pub(super) fn emergence_words(report: &TrayReport) -> String {
    let (occupied, decided) = emergence(report);
    rate_words(occupied, decided)
}

/// The answer in one line: the grade and the route, or that the tray was not judged.
pub(super) fn answer(report: &TrayReport) -> String {
    let route = report.route.as_deref().unwrap_or("none");
    match report.status {
        ReportStatus::Graded => {
            format!(
                "Grade {}  Route {route}",
                report.grade.as_deref().unwrap_or("none")
            )
        }
        ReportStatus::Refused => "Not judged".to_owned(),
        ReportStatus::Failed => "Unreadable".to_owned(),
    }
}

/// Why a tray was not judged, as a sentence.
pub(super) fn refusal(report: &TrayReport) -> String {
    let reason = report.reason.as_deref().unwrap_or("no reason was given");
    let mut letters = reason.chars();
    let sentence: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect();
    if sentence.ends_with(['.', '!', '?', '。']) {
        sentence
    } else {
        format!("{sentence}.")
    }
}

/// The tray's name for people: its picture, else what names it for ever.
pub(super) fn tray_name(report: &TrayReport) -> &str {
    if report.facts.source.is_empty() {
        &report.facts.tray_uid
    } else {
        &report.facts.source
    }
}
