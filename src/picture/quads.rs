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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::samples;
    use crate::tray::TrayFormat;

    #[test]
    fn a_lattice_that_fits_goes_before_the_corners() {
        let report = samples::graded(2, 4, 400.0, 200.0);
        let node = |i: u32| FramePoint::new(f64::from(i % 5) * 50.0, f64::from(i / 5) * 50.0);
        let lattice =
            Lattice::new(TrayFormat::new(2, 4).unwrap(), (0..15).map(node).collect()).unwrap();
        let side = |lattice| cell_quads(&report, lattice).unwrap()[7].side();
        assert_eq!((side(Some(&lattice)), side(None)), (50.0, 100.0));
        let other = samples::graded(1, 2, 400.0, 200.0);
        assert_eq!(cell_quads(&other, Some(&lattice)).unwrap()[1].side(), 200.0);
        assert_eq!(cell_quads(&samples::refused("too dark"), None), None);
    }
}
