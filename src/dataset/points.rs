//! `<id>.corners.csv` (`x,y`, four rows) and `<id>.nodes.csv` (`row,col,x,y`, lattice nodes).

use std::fmt::Write as _;
use std::path::Path;

use super::{DatasetError, read_text, write_text};
use crate::geometry::FramePoint;

/// A node of the lattice of walls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Node {
    /// Row of the node: cell row `r` lies between node rows `r` and `r + 1`.
    pub row: usize,
    /// Column of the node.
    pub col: usize,
    /// Where it is, px.
    pub at: FramePoint,
}

fn numbers<const N: usize>(
    path: &Path,
    header: &'static str,
) -> Result<Vec<[f64; N]>, DatasetError> {
    let text = read_text(path)?;
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, l)| !l.trim().is_empty());
    lines
        .skip_while(|(_, l)| {
            l.trim()
                .starts_with(|c: char| c.is_alphabetic() || c == '\u{feff}')
        })
        .map(|(at, line)| {
            let fields: Vec<f64> = line
                .split(',')
                .filter_map(|f| f.trim().parse().ok())
                .collect();
            <[f64; N]>::try_from(fields).map_err(|_| DatasetError::Line {
                path: path.to_owned(),
                line: at + 1,
                expected: header,
                found: line.to_owned(),
            })
        })
        .collect()
}

/// Reads the tray's corners, px: top-left, top-right, bottom-right, bottom-left.
///
/// # Errors
/// The file is missing, a line is not `x,y`, or there are not four.
pub fn read_corners(path: &Path) -> Result<[FramePoint; 4], DatasetError> {
    let points: Vec<FramePoint> = numbers::<2>(path, "x,y")?
        .into_iter()
        .map(|[x, y]| FramePoint::new(x, y))
        .collect();
    let count = points.len();
    points.try_into().map_err(|_| DatasetError::Line {
        path: path.to_owned(),
        line: count + 1,
        expected: "four corners",
        found: count.to_string(),
    })
}

/// Reads lattice nodes.
///
/// # Errors
/// The file is missing or a line is not `row,col,x,y`.
pub fn read_nodes(path: &Path) -> Result<Vec<Node>, DatasetError> {
    let rows = numbers::<4>(path, "row,col,x,y")?;
    Ok(rows
        .into_iter()
        .map(|[row, col, x, y]| Node {
            row: row as usize,
            col: col as usize,
            at: FramePoint::new(x, y),
        })
        .collect())
}

/// Writes the tray's corners.
///
/// # Errors
/// The file cannot be written.
pub fn write_corners(path: &Path, corners: &[FramePoint; 4]) -> Result<(), DatasetError> {
    let mut text = String::from("x,y\n");
    for p in corners {
        let _ = writeln!(text, "{:.2},{:.2}", p.x, p.y);
    }
    write_text(path, &text)
}

/// Writes lattice nodes.
///
/// # Errors
/// The file cannot be written.
pub fn write_nodes(path: &Path, nodes: &[Node]) -> Result<(), DatasetError> {
    let mut text = String::from("row,col,x,y\n");
    for n in nodes {
        let _ = writeln!(text, "{},{},{:.2},{:.2}", n.row, n.col, n.at.x, n.at.y);
    }
    write_text(path, &text)
}
