//! How often each cell of a tray was blank.

use serde::{Deserialize, Serialize};

use crate::inspect::{ReportStatus, TrayReport};

/// Blanks per cell over trays of the same rows and columns, row-major.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BlankMap {
    /// Rows of cells.
    pub rows: usize,
    /// Columns of cells.
    pub cols: usize,
    /// Trays.
    pub trays: u64,
    /// Blanks per cell, rows × cols.
    pub blanks: Vec<u32>,
    /// For every two opposite rows, the outermost first, then for every two opposite columns: the difference of their
    /// blanks in a tray, squared and summed over the trays. A nozzle reaches one of the two in each tray, whichever way
    /// the tray is turned; what dries an edge out reaches both.
    pub line_squares: Vec<u64>,
}

impl BlankMap {
    /// Of no tray.
    #[must_use]
    pub fn of_shape(rows: usize, cols: usize) -> Self {
        Self {
            rows,
            cols,
            trays: 0,
            blanks: vec![0; rows.saturating_mul(cols)],
            line_squares: vec![0; rows.div_ceil(2) + cols.div_ceil(2)],
        }
    }

    /// Of one tray; of none where it was not graded.
    #[must_use]
    pub fn of(report: &TrayReport) -> Self {
        let mut map = Self::of_shape(report.rows, report.cols);
        if report.status == ReportStatus::Graded {
            map.trays = 1;
            for cell in &report.cells {
                let index = cell.row * report.cols + cell.col;
                if cell.verdict == "blank"
                    && let Some(count) = map.blanks.get_mut(index)
                {
                    *count = 1;
                }
            }
            map.line_squares = map.squares_of_one_tray();
        }
        map
    }

    pub(super) fn squares_of_one_tray(&self) -> Vec<u64> {
        let row = |row| (0..self.cols).map(|col| self.at(row, col)).sum::<u64>();
        let col = |col| (0..self.rows).map(|row| self.at(row, col)).sum::<u64>();
        let square = |one: u64, opposite: u64| one.abs_diff(opposite).pow(2);
        let rows = (0..self.rows.div_ceil(2)).map(|r| square(row(r), row(self.rows - 1 - r)));
        let cols = (0..self.cols.div_ceil(2)).map(|c| square(col(c), col(self.cols - 1 - c)));
        rows.chain(cols).collect()
    }

    /// Blanks of a cell; none outside of the tray.
    #[must_use]
    pub fn at(&self, row: usize, col: usize) -> u64 {
        if row >= self.rows || col >= self.cols {
            return 0;
        }
        let count = self.blanks.get(row * self.cols + col);
        u64::from(count.copied().unwrap_or(0))
    }

    /// Adds trays of the same shape; those of another shape are left out.
    pub fn add(&mut self, other: &Self) {
        self.combine(other, u64::saturating_add, u32::saturating_add);
    }

    /// Takes away trays that were added.
    pub fn subtract(&mut self, other: &Self) {
        self.combine(other, u64::saturating_sub, u32::saturating_sub);
    }

    fn combine(&mut self, other: &Self, sums: fn(u64, u64) -> u64, cells: fn(u32, u32) -> u32) {
        if (self.rows, self.cols) != (other.rows, other.cols) {
            return;
        }
        self.trays = sums(self.trays, other.trays);
        for (count, with) in self.blanks.iter_mut().zip(&other.blanks) {
            *count = cells(*count, *with);
        }
        for (sum, with) in self.line_squares.iter_mut().zip(&other.line_squares) {
            *sum = sums(*sum, *with);
        }
    }
}
