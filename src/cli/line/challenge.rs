//! A challenge set: pictures whose verdicts are known, judged by the inspector that will judge the shift's trays.
//!
//! `expected.jsonl` in the set's folder holds a line of `grade --json` for every picture, checked by a person.
//! Compared is what people act on: status, grade and route of the tray, verdict and grade of every cell.

use std::path::Path;

use anyhow::Context;

use crate::inspect::TrayReport;

use super::super::differences::differences as judged_otherwise;
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
        differences.extend(judged_otherwise(&name.to_string_lossy(), &expected, &found));
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
