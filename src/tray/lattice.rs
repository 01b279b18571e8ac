//! The nodes of the cell lattice in the frame, with local drift, and the map that they define.

use crate::geometry::{FramePoint, FrameVector, TrayPoint};

use super::{TrayFormat, Turn};

/// The (rows + 1) × (cols + 1) crossings of wall centre lines, row-major, in frame pixels.
///
/// Cell (r, c) is the quadrilateral of nodes (r, c), (r, c + 1), (r + 1, c + 1), (r + 1, c). Between
/// nodes the map is bilinear; outside the block it continues the outermost cells.
///
/// Invariant: all nodes are finite and every cell is convex with the same orientation.
#[derive(Debug, Clone, PartialEq)]
pub struct Lattice {
    rows: usize,
    cols: usize,
    nodes: Vec<FramePoint>,
}

/// Why nodes make no lattice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LatticeError {
    /// Not (rows + 1) × (cols + 1) nodes.
    #[error("lattice: expected {expected} nodes, found {found}")]
    Count {
        /// Nodes that the format has.
        expected: usize,
        /// Nodes given.
        found: usize,
    },
    /// A node that is not finite, or a cell that is folded, turned over or without area.
    #[error("lattice: cell ({row}, {col}) is folded or has no area")]
    Folded {
        /// Its row.
        row: usize,
        /// Its column.
        col: usize,
    },
}

impl Lattice {
    /// A lattice of these nodes, row-major.
    ///
    /// # Errors
    /// The wrong number of nodes, or a cell that is not a proper quadrilateral.
    pub fn new(format: TrayFormat, nodes: Vec<FramePoint>) -> Result<Self, LatticeError> {
        let (rows, cols) = (format.rows(), format.cols());
        let expected = (rows + 1) * (cols + 1);
        if nodes.len() != expected {
            return Err(LatticeError::Count {
                expected,
                found: nodes.len(),
            });
        }
        let lattice = Self { rows, cols, nodes };
        for row in 0..rows {
            for col in 0..cols {
                if !is_proper(lattice.cell_corners(row, col)) {
                    return Err(LatticeError::Folded { row, col });
                }
            }
        }
        Ok(lattice)
    }

    /// Rows of cells.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }
    /// Columns of cells.
    #[must_use]
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// The same crossings in a picture `times` as large.
    #[must_use]
    pub fn enlarged(&self, times: f64) -> Self {
        let nodes = self.nodes.iter().map(|&node| node * times).collect();
        Self { nodes, ..*self }
    }

    /// The same crossings numbered as on a tray that lies turned in the picture.
    #[must_use]
    pub fn turned(&self, turn: Turn) -> Self {
        let (rows, cols) = (self.rows, self.cols);
        let (turned_rows, turned_cols) = match turn {
            Turn::None | Turn::Half => (rows, cols),
            Turn::Quarter | Turn::ThreeQuarters => (cols, rows),
        };
        let places = (0..=turned_rows).flat_map(|r| (0..=turned_cols).map(move |c| (r, c)));
        let nodes = places.map(|(r, c)| match turn {
            Turn::None => self.node(r, c),
            Turn::Quarter => self.node(c, cols - r),
            Turn::Half => self.node(rows - r, cols - c),
            Turn::ThreeQuarters => self.node(rows - c, r),
        });
        Self {
            rows: turned_rows,
            cols: turned_cols,
            nodes: nodes.collect(),
        }
    }

    /// The node at a crossing, `row` ≤ rows, `col` ≤ cols.
    #[must_use]
    pub fn node(&self, row: usize, col: usize) -> FramePoint {
        self.nodes[row * (self.cols + 1) + col]
    }

    /// A cell's corners: top-left, top-right, bottom-right, bottom-left in the tray's frame.
    #[must_use]
    pub fn cell_corners(&self, row: usize, col: usize) -> [FramePoint; 4] {
        [
            self.node(row, col),
            self.node(row, col + 1),
            self.node(row + 1, col + 1),
            self.node(row + 1, col),
        ]
    }

    /// The block's corners: top-left, top-right, bottom-right, bottom-left in the tray's frame.
    #[must_use]
    pub fn corners(&self) -> [FramePoint; 4] {
        [
            self.node(0, 0),
            self.node(0, self.cols),
            self.node(self.rows, self.cols),
            self.node(self.rows, 0),
        ]
    }

    /// Where a point of the tray lies in the frame.
    #[must_use]
    pub fn frame_from_tray(&self, point: TrayPoint) -> FramePoint {
        let (row, v) = cell_and_rest(point.y, self.rows);
        let (col, u) = cell_and_rest(point.x, self.cols);
        let [a, b, c, d] = self.cell_corners(row, col);
        let top = a.lerp(b, u);
        let bottom = d.lerp(c, u);
        top.lerp(bottom, v)
    }

    /// Where the left and the right side of column `col` cross the line of points at `y` pitches. Between the two
    /// the map is linear.
    pub(super) fn across(&self, y: f64, col: usize) -> [FramePoint; 2] {
        let (row, v) = cell_and_rest(y, self.rows);
        [col, col + 1].map(|col| self.node(row, col).lerp(self.node(row + 1, col), v))
    }

    /// Frame pixels that one square pitch covers at a cell.
    #[must_use]
    pub fn cell_area_px(&self, row: usize, col: usize) -> f64 {
        let [a, b, c, d] = self.cell_corners(row, col);
        0.5 * (c - a).cross(d - b).abs()
    }

    /// Mean pitch in frame pixels.
    #[must_use]
    pub fn px_per_pitch(&self) -> f64 {
        let cells = self.rows * self.cols;
        let area: f64 = (0..cells)
            .map(|i| self.cell_area_px(i / self.cols, i % self.cols))
            .sum();
        (area / cells as f64).sqrt()
    }
}

/// The cell that a coordinate falls in, clamped to the block, and the rest within it (may lie outside 0–1).
fn cell_and_rest(coordinate: f64, cells: usize) -> (usize, f64) {
    let cell = (coordinate.floor().max(0.0) as usize).min(cells - 1);
    (cell, coordinate - cell as f64)
}

/// Whether a quadrilateral is finite, convex, and turns clockwise in the picture (y down).
fn is_proper(corners: [FramePoint; 4]) -> bool {
    const LEAST_AREA_PX2: f64 = 1.0;
    let side = |i: usize| -> FrameVector { corners[(i + 1) % 4] - corners[i % 4] };
    corners.iter().all(|p| p.is_finite())
        && (0..4).all(|i| side(i).cross(side(i + 1)) > LEAST_AREA_PX2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(rows: u32, cols: u32, px: f64) -> (TrayFormat, Vec<FramePoint>) {
        let format = TrayFormat::new(rows, cols).unwrap();
        let nodes = (0..=rows)
            .flat_map(|r| {
                (0..=cols).map(move |c| FramePoint::new(f64::from(c) * px, f64::from(r) * px))
            })
            .collect();
        (format, nodes)
    }

    #[test]
    fn a_point_of_the_tray_lies_where_its_cell_lies() {
        let (format, nodes) = square(3, 4, 50.0);
        let lattice = Lattice::new(format, nodes).unwrap();
        let p = lattice.frame_from_tray(TrayPoint::new(2.5, 1.25));
        assert_eq!(p, FramePoint::new(125.0, 62.5));
        let outside = lattice.frame_from_tray(TrayPoint::new(-0.5, 3.5));
        assert_eq!(outside, FramePoint::new(-25.0, 175.0));
        assert!((lattice.px_per_pitch() - 50.0).abs() < 1e-9);
    }

    #[test]
    fn a_folded_lattice_is_refused_with_its_cell() {
        let (format, mut nodes) = square(2, 2, 50.0);
        nodes.swap(0, 1);
        assert_eq!(
            Lattice::new(format, nodes).unwrap_err(),
            LatticeError::Folded { row: 0, col: 0 }
        );
    }
}
