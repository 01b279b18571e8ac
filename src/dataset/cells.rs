//! `<id>.cells.csv`: `row,col,state` and optional columns `grade` and `plants`.

use std::fmt::Write as _;
use std::path::Path;

use super::{DatasetError, read_text, write_text};

/// What a label says of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CellState {
    /// At least one seedling is in view.
    Seedling,
    /// None is.
    NoSeedling,
    /// Nobody says.
    Unlabelled,
}

impl CellState {
    /// The word in the file.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Seedling => "seedling",
            Self::NoSeedling => "no_seedling",
            Self::Unlabelled => "unlabelled",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Seedling, Self::NoSeedling, Self::Unlabelled]
            .into_iter()
            .find(|s| s.word() == word)
    }
}

/// One line of a cells file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellLabel {
    /// Row from 0.
    pub row: usize,
    /// Column from 0.
    pub col: usize,
    /// What is in the cell.
    pub state: CellState,
    /// The grade, where somebody gave one.
    pub grade: Option<String>,
    /// The number of plants, where somebody counted.
    pub plants: Option<u32>,
}

/// Reads a cells file. Columns are found by the header; unknown ones are passed over.
///
/// # Errors
/// The file is missing or a line is not as expected.
pub fn read_cells(path: &Path) -> Result<Vec<CellLabel>, DatasetError> {
    let text = read_text(path)?;
    let mut lines = text
        .lines()
        .enumerate()
        .filter(|(_, l)| !l.trim().is_empty());
    let wrong = |line: usize, expected, found: &str| DatasetError::Line {
        path: path.to_owned(),
        line: line + 1,
        expected,
        found: found.to_owned(),
    };
    let (at, header) = lines
        .next()
        .ok_or_else(|| wrong(0, "a header row,col,state", ""))?;
    let names: Vec<&str> = header
        .trim_start_matches('\u{feff}')
        .split(',')
        .map(str::trim)
        .collect();
    let column = |name: &str| names.iter().position(|n| *n == name);
    let (Some(row), Some(col), Some(state)) = (column("row"), column("col"), column("state"))
    else {
        return Err(wrong(at, "a header with row, col and state", header));
    };
    let (grade, plants) = (column("grade"), column("plants"));
    lines
        .map(|(at, line)| {
            let fields: Vec<&str> = line.split(',').map(str::trim).collect();
            let field = |i: usize| fields.get(i).copied().unwrap_or("");
            let number =
                |i: usize, expected| field(i).parse().map_err(|_| wrong(at, expected, line));
            let optional = |i: Option<usize>| i.map(field).filter(|f| !f.is_empty());
            Ok(CellLabel {
                row: number(row, "a row number")?,
                col: number(col, "a column number")?,
                state: CellState::parse(field(state))
                    .ok_or_else(|| wrong(at, "seedling, no_seedling or unlabelled", line))?,
                grade: optional(grade).map(str::to_owned),
                plants: optional(plants)
                    .map(|f| f.parse().map_err(|_| wrong(at, "a number of plants", line)))
                    .transpose()?,
            })
        })
        .collect()
}

/// Writes a cells file; the optional columns only where a cell has them.
///
/// # Errors
/// The file cannot be written.
pub fn write_cells(path: &Path, cells: &[CellLabel]) -> Result<(), DatasetError> {
    let grades = cells.iter().any(|c| c.grade.is_some());
    let plants = cells.iter().any(|c| c.plants.is_some());
    let mut text = String::from("row,col,state");
    text.push_str(if grades { ",grade" } else { "" });
    text.push_str(if plants { ",plants\n" } else { "\n" });
    for c in cells {
        let _ = write!(text, "{},{},{}", c.row, c.col, c.state.word());
        if grades {
            let _ = write!(text, ",{}", c.grade.as_deref().unwrap_or(""));
        }
        if plants {
            let _ = write!(
                text,
                ",{}",
                c.plants.map(|n| n.to_string()).unwrap_or_default()
            );
        }
        text.push('\n');
    }
    write_text(path, &text)
}
