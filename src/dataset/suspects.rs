//! Cells whose labels look wrong: a table beside a set, kept apart from the source's own labels.

use std::path::Path;

use super::DatasetError;
use super::table::Table;

/// A cell whose label is doubted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// The set that it is of; of whichever set has the picture where it is not said.
    pub set: Option<String>,
    /// The picture's id.
    pub image: String,
    /// Row from 0.
    pub row: usize,
    /// Column from 0.
    pub col: usize,
}

impl Suspect {
    /// Whether it names a cell of this picture.
    #[must_use]
    pub fn is_of(&self, set: &str, image: &str) -> bool {
        self.image == image && self.set.as_deref().is_none_or(|s| s == set)
    }
}

/// Reads a table with the columns `image` (or `tray`), `row`, `col` and perhaps `set`; others, such as what was
/// seen, are for people.
///
/// # Errors
/// The file is missing, a column is, or a row or column is no number.
pub fn read_suspects(path: &Path) -> Result<Vec<Suspect>, DatasetError> {
    const HEADER: &str = "a header with image (or tray), row and col";
    let table = Table::read(path, HEADER)?;
    let image = match table.column("image") {
        Some(column) => column,
        None => table.needed("tray", HEADER)?,
    };
    let (row, col) = (table.needed("row", HEADER)?, table.needed("col", HEADER)?);
    let set = table.column("set");
    table
        .rows()
        .iter()
        .map(|line| {
            let named = set.map(|column| line.field(column).to_owned());
            Ok(Suspect {
                set: named.filter(|name| !name.is_empty()),
                image: line.field(image).to_owned(),
                row: table.number(line, row, "a row number")?,
                col: table.number(line, col, "a column number")?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Suspect>, DatasetError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("suspects.csv");
        std::fs::write(&path, text).unwrap();
        read_suspects(&path)
    }

    #[test]
    fn a_suspect_is_of_its_set_or_of_any_where_none_is_said() {
        let text = "tray,row,col,label,seen_by_eye\n1.4-23-wrap,0,19,no_seedling,\"small, pale\"\n";
        let any = read(text).unwrap().remove(0);
        assert_eq!((any.row, any.col), (0, 19));
        assert!(any.is_of("luodi-200", "1.4-23-wrap") && !any.is_of("luodi-200", "other"));
        let own = read("set,image,row,col\na,t,1,2\n").unwrap().remove(0);
        assert!(own.is_of("a", "t") && !own.is_of("b", "t"));
    }

    #[test]
    fn a_table_without_its_columns_is_refused_by_name() {
        for text in ["", "image,row\na,1\n", "image,row,col\na,b,1\n"] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("suspects.csv:"), "{error}");
        }
    }
}
