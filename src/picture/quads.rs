//! Where each cell of a report lies in its picture.

use crate::geometry::FramePoint;
use crate::inspect::TrayReport;
use crate::tray::Lattice;

use super::mark::Quad;

/// The cells' quadrilaterals, row-major: of the lattice where it fits the report, else bilinear between
/// the report's corners. None where neither is known.
#[must_use]
pub fn cell_quads(report: &TrayReport, lattice: Option<&Lattice>) -> Option<Vec<Quad>> {
    let (rows, cols) = (report.rows, report.cols);
    let cells = (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col)));
    if let Some(lattice) = lattice.filter(|l| l.rows() == rows && l.cols() == cols) {
        return Some(
            cells
                .map(|(row, col)| Quad(lattice.cell_corners(row, col)))
                .collect(),
        );
    }
    let block = Quad(report.corners_px?.map(|[x, y]| FramePoint::new(x, y)));
    let node =
        |row: usize, col: usize| block.at(col as f64 / cols as f64, row as f64 / rows as f64);
    let quad = |(row, col)| {
        Quad([
            node(row, col),
            node(row, col + 1),
            node(row + 1, col + 1),
            node(row + 1, col),
        ])
    };
    Some(cells.map(quad).collect())
}
