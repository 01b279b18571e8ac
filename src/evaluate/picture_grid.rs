//! The grid that a picture is read along where no tray is looked for: cells of equal size over the whole of it.

use crate::geometry::FramePoint;
use crate::tray::{FormatError, Lattice, LatticeError, TrayFormat};

/// Virtual cells along the side of the one cell that a picture of a single pot or plug shows, a reading each. Such a
/// cell is far wider than its plant and plants grow over it: coarse readings are for plants larger than a cell, fine
/// ones for cotyledons. Chosen on arabidopsis-pots, a set for training: mean overlap 0.71 with the first reading
/// alone, 0.84 with the first and the third, 0.87 with all; readings a little coarser or finer give the same within
/// 0.03.
const SINGLE_CELL_READINGS: [f64; 4] = [3.0, 5.0, 8.0, 12.0];
/// A tray of several cells is read as the net knows it: one virtual cell a cell.
const TRAY_READINGS: [f64; 1] = [1.0];

/// Why no grid can be laid over a picture.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PictureGridError {
    /// More cells than a lattice may have.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The picture is too small for that many cells.
    #[error("picture of {width}x{height} px is too small for its cells: {source}")]
    Lattice {
        /// Width, px.
        width: usize,
        /// Height, px.
        height: usize,
        /// What the lattice says.
        source: LatticeError,
    },
}

/// The lattices that a picture of `rows × cols` cells is read along, coarse to fine, in frame px. Cells are square and
/// the grid is centred; it overhangs the picture where the sides are no multiples of the pitch.
///
/// # Errors
/// More cells than a lattice may have, or a picture too small for them.
pub fn picture_grids(
    width: usize,
    height: usize,
    rows: usize,
    cols: usize,
) -> Result<Vec<Lattice>, PictureGridError> {
    let cell = (width as f64 / cols.max(1) as f64).min(height as f64 / rows.max(1) as f64);
    let readings: &[f64] = if rows * cols == 1 {
        &SINGLE_CELL_READINGS
    } else {
        &TRAY_READINGS
    };
    readings
        .iter()
        .map(|virtual_cells| grid(width, height, cell / virtual_cells))
        .collect()
}

/// Square cells of a pitch over the whole picture.
fn grid(width: usize, height: usize, pitch: f64) -> Result<Lattice, PictureGridError> {
    // a side that is a multiple of the pitch but for rounding gets no further cell
    let cells = |side: usize| ((side as f64 / pitch - 1e-9).ceil().max(1.0)) as u32;
    let (rows, cols) = (cells(height), cells(width));
    let format = TrayFormat::new(rows, cols)?;
    let start = |side: usize, n: u32| (side as f64 - f64::from(n) * pitch) / 2.0;
    let (left, top) = (start(width, cols), start(height, rows));
    let nodes = (0..=rows).flat_map(|row| {
        (0..=cols).map(move |col| {
            FramePoint::new(left + f64::from(col) * pitch, top + f64::from(row) * pitch)
        })
    });
    Lattice::new(format, nodes.collect()).map_err(|source| PictureGridError::Lattice {
        width,
        height,
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pot_is_read_coarse_and_fine_and_the_grid_covers_the_picture() {
        let grids = picture_grids(640, 480, 1, 1).unwrap();
        let sizes: Vec<_> = grids.iter().map(|g| (g.rows(), g.cols())).collect();
        assert_eq!(sizes, [(3, 4), (5, 7), (8, 11), (12, 16)]);
        assert_eq!(grids[0].corners()[0], FramePoint::new(0.0, 0.0));
        let [first, _, last, _] = grids[2].corners();
        assert_eq!((first.x, last.x), (-10.0, 650.0));
    }

    #[test]
    fn a_tray_over_the_whole_picture_is_read_cell_by_cell() {
        let grids = picture_grids(400, 200, 4, 8).unwrap();
        assert_eq!(grids.len(), 1);
        assert_eq!((grids[0].rows(), grids[0].cols()), (4, 8));
        assert!((grids[0].px_per_pitch() - 50.0).abs() < 1e-9);
    }

    #[test]
    fn what_cannot_be_covered_is_an_error() {
        assert!(matches!(
            picture_grids(10_000, 10, 1, 1),
            Err(PictureGridError::Format(_))
        ));
        assert!(matches!(
            picture_grids(4, 4, 1, 1),
            Err(PictureGridError::Lattice { .. })
        ));
    }
}
