//! `<id>.boxes.csv`: `label,x0,y0,x1,y1`, px: the source's own boxes.

use std::fmt::Write as _;
use std::path::Path;

use super::{DatasetError, write_text};

/// A box around something, in the picture's pixels: the top-left pixel covers 0 to 1 on both axes.
#[derive(Debug, Clone, PartialEq)]
pub struct BoxLabel {
    /// The source's word for what is in it.
    pub label: String,
    /// Left, top, right, bottom edge, px.
    pub edges: [f64; 4],
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
