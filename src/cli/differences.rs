//! Two judgements of one tray: where they differ in what people act on.

use crate::inspect::{CellReport, TrayReport};

/// Everything of tray `name` that is judged otherwise than expected, a sentence each: what people act on, no traits.
pub fn differences(name: &str, expected: &TrayReport, found: &TrayReport) -> Vec<String> {
    let whole = [
        (
            "status",
            format!("{:?}", expected.status),
            format!("{:?}", found.status),
        ),
        ("grade", shown(&expected.grade), shown(&found.grade)),
        ("route", shown(&expected.route), shown(&found.route)),
        (
            "cells",
            expected.cells.len().to_string(),
            found.cells.len().to_string(),
        ),
    ];
    let whole = whole
        .into_iter()
        .filter(|(_, expected, found)| expected != found)
        .map(|(what, expected, found)| {
            format!("{name}: {what}: expected {expected}, found {found}")
        });
    let cells = expected.cells.iter().zip(&found.cells);
    let cells = cells
        .filter(|(e, f)| (&e.verdict, &e.grade) != (&f.verdict, &f.grade))
        .map(|(e, f)| {
            let (row, col) = (e.row, e.col);
            let (expected, found) = (verdict(e), verdict(f));
            format!("{name}: row {row}, column {col}: expected {expected}, found {found}")
        });
    whole.chain(cells).collect()
}

fn shown(text: &Option<String>) -> String {
    text.clone().unwrap_or_else(|| "none".to_owned())
}

fn verdict(cell: &CellReport) -> String {
    let verdict = &cell.verdict;
    let graded = |grade| format!("{verdict} {grade}");
    cell.grade
        .as_ref()
        .map_or_else(|| verdict.to_string(), graded)
}
