//! A challenge set: pictures whose verdicts are known, judged by the inspector that will judge the shift's trays.
//!
//! `expected.jsonl` in the set's folder holds a line of `grade --json` for every picture, checked by a person.
//! Compared is what people act on: status, grade and route of the tray, verdict and grade of every cell.

use std::path::Path;

use anyhow::Context;

use crate::inspect::{CellReport, TrayReport};

use super::super::exit::Failure;
use super::super::judging::judge_file;
use super::super::workshop::{Workshop, read_text};

const EXPECTED: &str = "expected.jsonl";

/// Everything that is judged otherwise than expected, a sentence each.
///
/// # Errors
/// The set cannot be read or is empty, or the engine failed.
pub fn differences(shop: &Workshop, set: &Path) -> Result<Vec<String>, Failure> {
    let file = set.join(EXPECTED);
    let text = read_text(&file)?;
    let mut differences = Vec::new();
    let mut pictures = 0;
    for (index, line) in text
        .lines()
        .enumerate()
        .filter(|(_, l)| !l.trim().is_empty())
    {
        let expected: TrayReport = serde_json::from_str(line)
            .with_context(|| format!("{}, line {}: is no report", file.display(), index + 1))?;
        let name = Path::new(&expected.facts.source)
            .file_name()
            .with_context(|| format!("{}, line {}: names no picture", file.display(), index + 1))?;
        let found = judge_file(shop, &set.join(name))?.report;
        pictures += 1;
        differences.extend(compare(&name.to_string_lossy(), &expected, &found));
    }
    if pictures == 0 {
        return Err(anyhow::anyhow!(
            "{}: expected at least one picture, found none",
            file.display()
        )
        .into());
    }
    Ok(differences)
}

fn compare(name: &str, expected: &TrayReport, found: &TrayReport) -> Vec<String> {
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
