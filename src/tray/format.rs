//! What kind of tray is expected: rows, columns, pitch, the shape of a cell, the code on its rim.

use serde::{Deserialize, Serialize};

use super::CodeKind;
use super::code::OUTSIDE_PITCHES;

/// Outline of a cell's opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CellShape {
    /// Square, or square with rounded corners.
    #[default]
    Square,
    /// Round or octagonal.
    Round,
}

/// The block of cells in view: it may be part of a larger tray, or spread over two.
///
/// Invariant: 1 ≤ rows, cols ≤ 64 and rows × cols ≤ 1024; pitches are finite and positive.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawFormat", into = "RawFormat")]
pub struct TrayFormat {
    rows: u16,
    cols: u16,
    pitch_mm: Option<[f64; 2]>,
    cell_shape: CellShape,
    code: CodeKind,
    code_at: Option<[f64; 2]>,
}

/// Why a tray format is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FormatError {
    /// Not `ROWSxCOLS`.
    #[error("tray {0:?}: expected ROWSxCOLS, such as 10x20")]
    Shape(String),
    /// Rows or columns out of range.
    #[error("tray {rows}x{cols}: rows and columns must each be 1 to {limit}")]
    Range {
        /// Rows asked for.
        rows: u32,
        /// Columns asked for.
        cols: u32,
        /// The most of either.
        limit: u32,
    },
    /// A code that tells which way round the tray lies, where none is read.
    #[error(
        "code_at {at:?}: expected a place beside the block of cells, at most {OUTSIDE_PITCHES} pitches from it, on a tray of \
         3 rows or columns and more"
    )]
    CodePlace {
        /// The place, pitches.
        at: [f64; 2],
    },
    /// A place for a code that is not looked for.
    #[error("code_at: expected code = \"qr\", \"datamatrix\" or \"any\" with it")]
    CodePlaceWithoutCode,
    /// A pitch that is not a positive length.
    #[error("pitch {0} mm: expected a length of 1 to 1000 mm")]
    Pitch(f64),
}

/// A code's places on a tray that is turned by quarters are twice or √2 times as far from each other as from the middle:
/// three pitches at least.
const LEAST_FROM_MIDDLE: f64 = 2.2;
/// The most rows or columns of a block of cells.
const MOST_LINES: u32 = 64;

impl TrayFormat {
    /// A block of `rows` × `cols` cells without a scale.
    ///
    /// # Errors
    /// [`FormatError::Range`] when rows or columns are 0 or above 64.
    pub fn new(rows: u32, cols: u32) -> Result<Self, FormatError> {
        let range = 1..=MOST_LINES;
        if !range.contains(&rows) || !range.contains(&cols) {
            return Err(FormatError::Range {
                rows,
                cols,
                limit: MOST_LINES,
            });
        }
        Ok(Self {
            rows: rows as u16,
            cols: cols as u16,
            pitch_mm: None,
            cell_shape: CellShape::default(),
            code: CodeKind::default(),
            code_at: None,
        })
    }

    /// Reads `ROWSxCOLS`.
    ///
    /// # Errors
    /// The text is not of that form, or out of range.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let shape = || FormatError::Shape(text.to_owned());
        let (rows, cols) = text.split_once(['x', 'X', '×']).ok_or_else(shape)?;
        let number = |t: &str| t.trim().parse::<u32>().map_err(|_| shape());
        Self::new(number(rows)?, number(cols)?)
    }

    /// The same block with a pitch along the columns and along the rows, mm.
    ///
    /// # Errors
    /// [`FormatError::Pitch`] outside 1 to 1000 mm.
    pub fn with_pitch_mm(mut self, pitch: [f64; 2]) -> Result<Self, FormatError> {
        for p in pitch {
            if !(1.0..=1000.0).contains(&p) {
                return Err(FormatError::Pitch(p));
            }
        }
        self.pitch_mm = Some(pitch);
        Ok(self)
    }

    /// The same block with cells of this shape.
    #[must_use]
    pub fn with_cell_shape(mut self, shape: CellShape) -> Self {
        self.cell_shape = shape;
        self
    }

    /// The same block on trays that carry such a code.
    #[must_use]
    pub fn with_code(mut self, code: CodeKind) -> Self {
        self.code = code;
        self.code_at = self.code_at.filter(|_| !code.is_off());
        self
    }

    /// The same block on trays whose code lies with its middle so many pitches right of and below the block's first corner
    /// when the first cell is at the top left: it tells which way round the tray lies.
    ///
    /// # Errors
    /// [`FormatError::CodePlace`] amid the cells, beyond where codes are read, or on a block so small that the code's places
    /// are no three pitches apart; [`FormatError::CodePlaceWithoutCode`] where no code is looked for.
    pub fn with_code_at(mut self, at: [f64; 2]) -> Result<Self, FormatError> {
        if self.code.is_off() {
            return Err(FormatError::CodePlaceWithoutCode);
        }
        let sizes = [self.cols() as f64, self.rows() as f64];
        let pairs = || at.into_iter().zip(sizes);
        let in_reach =
            pairs().all(|(v, size)| (-OUTSIDE_PITCHES..=size + OUTSIDE_PITCHES).contains(&v));
        let beside = pairs().any(|(v, size)| !(0.0..=size).contains(&v));
        let from_middle: f64 = pairs().map(|(v, size)| (v - size / 2.0).powi(2)).sum();
        if !(in_reach && beside && from_middle.sqrt() >= LEAST_FROM_MIDDLE) {
            return Err(FormatError::CodePlace { at });
        }
        self.code_at = Some(at);
        Ok(self)
    }

    /// A tray of this format that lies a quarter turn round, as the picture shows it: without a place of its code.
    #[must_use]
    pub fn turned(mut self) -> Self {
        (self.rows, self.cols) = (self.cols, self.rows);
        self.pitch_mm = self.pitch_mm.map(|[x, y]| [y, x]);
        self.code_at = None;
        self
    }

    /// Rows of cells.
    #[must_use]
    pub fn rows(&self) -> usize {
        usize::from(self.rows)
    }
    /// Columns of cells.
    #[must_use]
    pub fn cols(&self) -> usize {
        usize::from(self.cols)
    }
    /// Rows × columns.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.rows() * self.cols()
    }
    /// Pitch along the columns and along the rows in mm, where known.
    #[must_use]
    pub fn pitch_mm(&self) -> Option<[f64; 2]> {
        self.pitch_mm
    }
    /// Outline of a cell.
    #[must_use]
    pub fn cell_shape(&self) -> CellShape {
        self.cell_shape
    }
    /// Which code the tray carries.
    #[must_use]
    pub fn code(&self) -> CodeKind {
        self.code
    }
    /// Where the code lies on a tray whose first cell is at the top left, pitches from the block's first corner, where it
    /// tells which way round the tray lies.
    #[must_use]
    pub fn code_at(&self) -> Option<[f64; 2]> {
        self.code_at
    }
}

impl std::fmt::Display for TrayFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.rows, self.cols)
    }
}

/// The file form of a tray format.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFormat {
    rows: u32,
    cols: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pitch_mm: Option<[f64; 2]>,
    #[serde(default)]
    cell_shape: CellShape,
    #[serde(default, skip_serializing_if = "CodeKind::is_off")]
    code: CodeKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code_at: Option<[f64; 2]>,
}

impl TryFrom<RawFormat> for TrayFormat {
    type Error = FormatError;
    fn try_from(raw: RawFormat) -> Result<Self, FormatError> {
        let format = Self::new(raw.rows, raw.cols)?
            .with_cell_shape(raw.cell_shape)
            .with_code(raw.code);
        let format = raw
            .pitch_mm
            .map_or(Ok(format), |pitch| format.with_pitch_mm(pitch))?;
        raw.code_at.map_or(Ok(format), |at| format.with_code_at(at))
    }
}

impl From<TrayFormat> for RawFormat {
    fn from(format: TrayFormat) -> Self {
        Self {
            rows: u32::from(format.rows),
            cols: u32::from(format.cols),
            pitch_mm: format.pitch_mm,
            cell_shape: format.cell_shape,
            code: format.code,
            code_at: format.code_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tray_is_named_rows_by_columns() {
        let format = TrayFormat::parse("10x20").unwrap();
        assert_eq!((format.rows(), format.cols()), (10, 20));
        assert_eq!(format.to_string(), "10x20");
    }

    #[test]
    fn a_code_tells_which_way_round_only_where_its_place_can() {
        let format = TrayFormat::parse("10x20").unwrap();
        let at = |at| format.with_code(CodeKind::Qr).with_code_at(at);
        assert_eq!(at([-0.8, 5.0]).unwrap().code_at(), Some([-0.8, 5.0]));
        assert!(format.with_code_at([-0.8, 5.0]).is_err(), "no code is read");
        for place in [[3.0, 4.0], [-3.0, 5.0], [f64::NAN, 5.0], [21.0, 12.5]] {
            assert!(at(place).is_err(), "{place:?}");
        }
        let small = TrayFormat::parse("1x2").unwrap().with_code(CodeKind::Any);
        assert!(small.with_code_at([1.0, -0.8]).is_err());
    }

    #[test]
    fn impossible_trays_are_refused_by_name() {
        for text in ["", "10", "0x4", "4x65", "ax4", "-1x4", "10x20x3"] {
            assert!(TrayFormat::parse(text).is_err(), "{text}");
        }
        let format = TrayFormat::parse("4x5").unwrap();
        assert!(format.with_pitch_mm([26.0, f64::NAN]).is_err());
    }
}
