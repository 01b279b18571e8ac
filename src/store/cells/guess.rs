//! What other numbers of a cell tell of one: fitted to a tray's cells when they are packed, and stored beside what remains.
//!
//! A guess is a product or a sum of floating-point numbers in a fixed order, so that every machine guesses the same.

use crate::inspect::CellReport;
use crate::store::StoreError;

use super::spans::{BitReader, BitWriter};

/// Steps of a number as far as they can be told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Guess {
    /// So many times another number of the cell.
    Times(Other, f64),
    /// From the cell's place: of cell (0, 0), a column and a row more.
    Lattice([f32; 3]),
}

/// What another number is a multiple of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Other {
    Area,
    Offset,
}

impl Other {
    fn of(self, cell: &CellReport) -> f64 {
        match self {
            Self::Area => cell.area_pitch2,
            Self::Offset => cell.offset_pitch.unwrap_or(0.0),
        }
    }
}

/// How the number of a name is told.
enum Kind {
    Times(Other),
    Lattice,
}

impl Kind {
    fn named(name: &str) -> Option<Self> {
        match name {
            "area_px" | "area_mm2" => Some(Self::Times(Other::Area)),
            "offset_mm" => Some(Self::Times(Other::Offset)),
            "centre_x" | "centre_y" => Some(Self::Lattice),
            _ => None,
        }
    }
}

impl Guess {
    /// The best for the number of this name, by the steps that cells have of it; none of a number that nothing tells.
    pub fn fitted<'a>(
        name: &str,
        cells: impl Iterator<Item = (&'a CellReport, &'a i64)> + Clone,
    ) -> Option<Self> {
        Some(match Kind::named(name)? {
            Kind::Times(other) => {
                let (mut product, mut square) = (0.0, 0.0);
                for (cell, steps) in cells {
                    let value = other.of(cell);
                    product += value * *steps as f64;
                    square += value * value;
                }
                Self::Times(other, product / square)
            }
            Kind::Lattice => Self::Lattice(lattice(cells)),
        })
    }

    /// Its steps for a cell.
    pub fn of(&self, cell: &CellReport) -> i64 {
        let steps = match self {
            Self::Times(other, factor) => factor * other.of(cell),
            Self::Lattice([first, col, row]) => {
                let across = f64::from(*col) * cell.col as f64;
                f64::from(*first) + across + f64::from(*row) * cell.row as f64
            }
        };
        // of what is no number nought: it is a guess
        steps.round() as i64
    }

    /// The bits that its coefficients take.
    pub fn bits(&self) -> u64 {
        u64::from(match self {
            Self::Times(..) => u64::BITS,
            Self::Lattice(_) => 3 * u32::BITS,
        })
    }

    /// Its coefficients.
    pub fn write(&self, out: &mut BitWriter) {
        match self {
            Self::Times(_, factor) => out.bits(factor.to_bits(), u64::BITS),
            Self::Lattice(coefficients) => {
                for coefficient in coefficients {
                    out.bits(u64::from(coefficient.to_bits()), u32::BITS);
                }
            }
        }
    }

    /// The guess of the number of this name, by its coefficients.
    pub fn read(name: &str, input: &mut BitReader<'_>) -> Result<Self, StoreError> {
        let kind = Kind::named(name)
            .ok_or_else(|| super::damaged("a number is told by what tells nothing of it"))?;
        Ok(match kind {
            Kind::Times(other) => Self::Times(other, f64::from_bits(input.bits(u64::BITS)?)),
            Kind::Lattice => {
                let mut coefficients = [0.0; 3];
                for coefficient in &mut coefficients {
                    *coefficient = f32::from_bits(input.bits(u32::BITS)? as u32);
                }
                Self::Lattice(coefficients)
            }
        })
    }
}

/// The slope along the columns, then of what remains that along the rows: on a whole tray these are those of the plane
/// with the least squares, and a few blanks turn them by little.
fn lattice<'a>(cells: impl Iterator<Item = (&'a CellReport, &'a i64)> + Clone) -> [f32; 3] {
    let along_cols = line(
        cells
            .clone()
            .map(|(cell, steps)| (cell.col as f64, *steps as f64)),
    );
    let along_rows = line(cells.map(|(cell, steps)| {
        let remains = *steps as f64 - along_cols[0] - along_cols[1] * cell.col as f64;
        (cell.row as f64, remains)
    }));
    [
        (along_cols[0] + along_rows[0]) as f32,
        along_cols[1] as f32,
        along_rows[1] as f32,
    ]
}

/// The line of least squares: its value at nought and its slope; level where all stand at one place.
fn line(points: impl Iterator<Item = (f64, f64)> + Clone) -> [f64; 2] {
    let (mut count, mut sum) = (0.0, [0.0; 2]);
    for (at, value) in points.clone() {
        count += 1.0;
        sum = [sum[0] + at, sum[1] + value];
    }
    let mean = sum.map(|sum| sum / count);
    let (mut product, mut square) = (0.0, 0.0);
    for (at, value) in points {
        product += (at - mean[0]) * (value - mean[1]);
        square += (at - mean[0]).powi(2);
    }
    let slope = if square > 0.0 { product / square } else { 0.0 };
    [mean[1] - slope * mean[0], slope]
}
