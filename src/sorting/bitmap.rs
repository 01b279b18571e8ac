//! Which cells the actuator takes out, numbered as the tray lies on the belt.
//!
//! The picture is turned until trays move to the right in it. Cells are then numbered row by row from
//! the top, each row from the left: the first bit is the cell at the trailing end on the left side,
//! looking along the belt. With trays that move along `+x` and cell (0, 0) at the picture's top left,
//! that is the numbering of the report.

use serde::{Deserialize, Serialize};

/// The most cells that fit the actuator's registers.
pub const MOST_CELLS: usize = 16 * REGISTERS;

const REGISTERS: usize = 50;

/// The way trays move in the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Travel {
    /// To the right.
    #[default]
    #[serde(rename = "+x")]
    Right,
    /// To the left.
    #[serde(rename = "-x")]
    Left,
    /// Downwards.
    #[serde(rename = "+y")]
    Down,
    /// Upwards.
    #[serde(rename = "-y")]
    Up,
}

/// A corner of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Corner {
    /// Top left.
    #[default]
    TopLeft,
    /// Top right.
    TopRight,
    /// Bottom right.
    BottomRight,
    /// Bottom left.
    BottomLeft,
}

impl Corner {
    /// Quarter turns clockwise that bring a tray's first cell from the top left to this corner. A tray
    /// is turned, never mirrored.
    fn quarter_turns(self) -> u8 {
        match self {
            Self::TopLeft => 0,
            Self::TopRight => 1,
            Self::BottomRight => 2,
            Self::BottomLeft => 3,
        }
    }
}

impl Travel {
    /// Quarter turns clockwise that make trays move to the right.
    fn quarter_turns(self) -> u8 {
        match self {
            Self::Right => 0,
            Self::Up => 1,
            Self::Left => 2,
            Self::Down => 3,
        }
    }
}

/// How a tray of `rows` × `cols` lies on the belt, seen with the belt moving to the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BeltView {
    rows: usize,
    cols: usize,
    /// Clockwise, 0 to 3.
    turns: u8,
}

impl BeltView {
    /// The view of a tray whose first cell lies at this corner of the picture.
    #[must_use]
    pub fn new(rows: usize, cols: usize, travel: Travel, first_cell: Corner) -> Self {
        let turns = (travel.quarter_turns() + first_cell.quarter_turns()) % 4;
        Self { rows, cols, turns }
    }

    /// Rows of cells on the belt: across it.
    #[must_use]
    pub fn rows(&self) -> usize {
        if self.turns.is_multiple_of(2) {
            self.rows
        } else {
            self.cols
        }
    }

    /// Columns of cells on the belt: along it.
    #[must_use]
    pub fn cols(&self) -> usize {
        if self.turns.is_multiple_of(2) {
            self.cols
        } else {
            self.rows
        }
    }

    /// The place in the actuator's order of the tray's cell (row, col); none beyond the tray.
    #[must_use]
    pub fn index(&self, row: usize, col: usize) -> Option<usize> {
        if row >= self.rows || col >= self.cols {
            return None;
        }
        let (last_row, last_col) = (self.rows - 1, self.cols - 1);
        let (belt_row, belt_col) = match self.turns {
            0 => (row, col),
            1 => (col, last_row - row),
            2 => (last_row - row, last_col - col),
            _ => (last_col - col, row),
        };
        Some(belt_row * self.cols() + belt_col)
    }
}

/// A set of cells in the actuator's order, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellBitmap {
    registers: [u16; REGISTERS],
}

impl Default for CellBitmap {
    fn default() -> Self {
        Self {
            registers: [0; REGISTERS],
        }
    }
}

impl CellBitmap {
    /// Adds a cell.
    ///
    /// Returns whether there is room for it: below [`MOST_CELLS`].
    pub fn insert(&mut self, index: usize) -> bool {
        let register = self.registers.get_mut(index / 16);
        register.map(|bits| *bits |= 1 << (index % 16)).is_some()
    }

    /// Whether the cell is in the set.
    #[must_use]
    pub fn contains(&self, index: usize) -> bool {
        let register = self.registers.get(index / 16);
        register.is_some_and(|bits| bits & (1 << (index % 16)) != 0)
    }

    /// Cells in the set.
    #[must_use]
    pub fn count(&self) -> usize {
        self.registers
            .iter()
            .map(|bits| bits.count_ones() as usize)
            .sum()
    }

    /// The actuator's registers, the first cell in bit 0 of the first.
    #[must_use]
    pub fn registers(&self) -> &[u16; REGISTERS] {
        &self.registers
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tray_that_moves_to_the_right_keeps_its_numbering() {
        let view = BeltView::new(10, 20, Travel::Right, Corner::TopLeft);
        assert_eq!((view.rows(), view.cols()), (10, 20));
        assert_eq!((view.index(0, 0), view.index(1, 2)), (Some(0), Some(22)));
        assert_eq!(view.index(10, 0), None);
    }

    #[test]
    fn a_tray_that_moves_to_the_left_is_numbered_from_its_last_cell() {
        let view = BeltView::new(2, 3, Travel::Left, Corner::TopLeft);
        assert_eq!((view.index(1, 2), view.index(0, 0)), (Some(0), Some(5)));
        let turned_back = BeltView::new(2, 3, Travel::Left, Corner::BottomRight);
        assert_eq!(turned_back.index(0, 0), Some(0));
    }

    #[test]
    fn a_tray_that_moves_down_has_its_picture_rows_along_the_belt() {
        // Turned until down is right, the picture's top right comes to the top left.
        let view = BeltView::new(2, 3, Travel::Down, Corner::TopLeft);
        assert_eq!((view.rows(), view.cols()), (3, 2));
        assert_eq!(view.index(0, 2), Some(0));
        assert_eq!(view.index(1, 2), Some(1));
        assert_eq!(view.index(0, 0), Some(4));
        // Moving up, the bottom left does.
        let view = BeltView::new(2, 3, Travel::Up, Corner::TopLeft);
        assert_eq!((view.index(1, 0), view.index(0, 0)), (Some(0), Some(1)));
    }

    #[test]
    fn the_first_cell_of_the_set_is_bit_zero_of_the_first_register() {
        let mut cells = CellBitmap::default();
        assert!(cells.insert(0) && cells.insert(17) && cells.insert(MOST_CELLS - 1));
        assert!(!cells.insert(MOST_CELLS));
        assert_eq!(cells.registers()[..2], [1, 2]);
        assert_eq!(cells.registers()[REGISTERS - 1], 0x8000);
        assert_eq!(cells.count(), 3);
    }

    proptest! {
        #[test]
        fn every_cell_has_its_own_place(rows in 1..12_usize, cols in 1..12_usize, turns in 0..4_u8) {
            let view = BeltView { rows, cols, turns };
            let mut seen = vec![false; rows * cols];
            for row in 0..rows {
                for col in 0..cols {
                    let index = view.index(row, col).unwrap();
                    prop_assert!(!std::mem::replace(&mut seen[index], true));
                }
            }
        }
    }
}
