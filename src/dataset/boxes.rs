//! `<id>.boxes.csv`: `label,x0,y0,x1,y1`, the source's own boxes in frame pixels.

use std::fmt::Write as _;
use std::path::Path;

use super::table::Table;
use super::{DatasetError, write_text};

/// A box around something, frame px of the upright picture: the top-left pixel covers 0 to 1 on both axes.
#[derive(Debug, Clone, PartialEq)]
pub struct BoxLabel {
    /// The source's word for what is in it.
    pub label: String,
    /// Left, top, right, bottom; left ≤ right and top ≤ bottom.
    pub edges: [f64; 4],
}

impl BoxLabel {
    /// Whether it goes round a whole tray (`tray`, or `plate` as some sources say) and not round a cell or a seed.
    #[must_use]
    pub fn is_tray(&self) -> bool {
        ["tray", "plate"].contains(&self.label.as_str())
    }
}

/// Reads a file of boxes.
///
/// # Errors
/// The file is missing, a column is, or an edge is no finite number.
pub fn read_boxes(path: &Path) -> Result<Vec<BoxLabel>, DatasetError> {
    const HEADER: &str = "a header label,x0,y0,x1,y1";
    let table = Table::read(path, HEADER)?;
    let label = table.needed("label", HEADER)?;
    let mut columns = [0; 4];
    for (column, name) in columns.iter_mut().zip(["x0", "y0", "x1", "y1"]) {
        *column = table.needed(name, HEADER)?;
    }
    let read = |row| -> Result<BoxLabel, DatasetError> {
        let mut edges = [0.0; 4];
        for (edge, &column) in edges.iter_mut().zip(&columns) {
            *edge = table.number(row, column, "an edge in px")?;
        }
        let [x0, y0, x1, y1]: [f64; 4] = edges;
        Ok(BoxLabel {
            label: row.field(label).to_owned(),
            edges: [x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)],
        })
    };
    table.rows().iter().map(read).collect()
}

/// Writes a boxes file, to a hundredth of a pixel; a label with a comma, a quote or a line break is quoted.
///
/// # Errors
/// The file cannot be written.
pub fn write_boxes(path: &Path, boxes: &[BoxLabel]) -> Result<(), DatasetError> {
    let mut text = String::from("label,x0,y0,x1,y1\n");
    for labelled in boxes {
        let [x0, y0, x1, y1] = labelled.edges;
        // writing into a String cannot fail
        let _ = writeln!(
            text,
            "{},{x0:.2},{y0:.2},{x1:.2},{y1:.2}",
            quoted(&labelled.label)
        );
    }
    write_text(path, &text)
}

fn quoted(label: &str) -> String {
    if label.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", label.replace('"', "\"\""))
    } else {
        label.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_upright_and_trays_told_from_seeds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.boxes.csv");
        std::fs::write(&path, "label,x0,y0,x1,y1\nplate,9,1,2,8\nseed,1,1,2,2\n").unwrap();
        let boxes = read_boxes(&path).unwrap();
        assert_eq!(boxes[0].edges, [2.0, 1.0, 9.0, 8.0]);
        assert_eq!(
            boxes.iter().map(BoxLabel::is_tray).collect::<Vec<_>>(),
            [true, false]
        );
        std::fs::write(&path, "label,x0,y0,x1,y1\nplate,9,one,2,8\n").unwrap();
        let error = read_boxes(&path).unwrap_err().to_string();
        assert!(error.contains(":2: expected an edge in px"), "{error}");
    }
}
