//! Label files with a header: columns are found by name, unknown ones passed over, fields may be quoted.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{DatasetError, read_text};

/// A comma-separated table with a header.
pub(super) struct Table {
    path: PathBuf,
    names: Vec<String>,
    rows: Vec<Row>,
}

/// One line: its number from 1, its text, and its fields.
pub(super) struct Row {
    line: usize,
    text: String,
    fields: Vec<String>,
}

impl Table {
    /// Reads a table whose first line is its header.
    ///
    /// # Errors
    /// The file cannot be read or has no header.
    pub fn read(path: &Path, expected: &'static str) -> Result<Self, DatasetError> {
        let text = read_text(path)?;
        let mut rows: Vec<Row> = text
            .trim_start_matches('\u{feff}')
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(at, line)| Row {
                line: at + 1,
                text: line.to_owned(),
                fields: fields(line),
            })
            .collect();
        if rows.is_empty() {
            return Err(DatasetError::Line {
                path: path.to_owned(),
                line: 1,
                expected,
                found: String::new(),
            });
        }
        let names = rows.remove(0).fields;
        Ok(Self {
            path: path.to_owned(),
            names,
            rows,
        })
    }

    /// The place of a column, where the table has it.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|n| n == name)
    }

    /// The place of a column that must be there.
    ///
    /// # Errors
    /// The header lacks it; the error says `expected`.
    pub fn needed(&self, name: &str, expected: &'static str) -> Result<usize, DatasetError> {
        self.column(name).ok_or_else(|| DatasetError::Line {
            path: self.path.clone(),
            line: 1,
            expected,
            found: self.names.join(","),
        })
    }

    /// The lines below the header.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// A number of a line.
    ///
    /// # Errors
    /// The field is missing or no such number; the error says `expected`.
    pub fn number<T: FromStr>(
        &self,
        row: &Row,
        column: usize,
        expected: &'static str,
    ) -> Result<T, DatasetError> {
        row.field(column).parse().map_err(|_| DatasetError::Line {
            path: self.path.clone(),
            line: row.line,
            expected,
            found: row.text.clone(),
        })
    }
}

impl Row {
    /// A field's text, empty where the line is too short.
    pub fn field(&self, column: usize) -> &str {
        self.fields.get(column).map_or("", String::as_str)
    }
}

/// The fields of a line; a quoted one may hold commas, and two quotes for one (RFC 4180 without line breaks).
fn fields(line: &str) -> Vec<String> {
    let (mut all, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => all.push(std::mem::take(&mut field).trim().to_owned()),
            other => field.push(other),
        }
    }
    all.push(field.trim().to_owned());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_field_may_hold_commas_and_quotes() {
        assert_eq!(fields(r#"a, b ,"c, ""d""","#), ["a", "b", "c, \"d\"", ""]);
    }
}
