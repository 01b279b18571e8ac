//! The types of Structured Text that the block uses, and what a number becomes in them.

use std::rc::Rc;

/// The type of a single value. All are kept as 64-bit numbers within their type's range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    Bool,
    Word,
    Dword,
    Int,
    Uint,
    Dint,
    Udint,
    /// In milliseconds.
    Time,
}

impl Scalar {
    /// The type of this name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "BOOL" => Self::Bool,
            "WORD" => Self::Word,
            "DWORD" => Self::Dword,
            "INT" => Self::Int,
            "UINT" => Self::Uint,
            "DINT" => Self::Dint,
            "UDINT" => Self::Udint,
            "TIME" => Self::Time,
            _ => return None,
        })
    }

    /// The value that this type keeps of a number: its lowest bits.
    pub fn wrap(self, number: i64) -> i64 {
        match self {
            Self::Bool => number & 1,
            Self::Word | Self::Uint => i64::from(number as u16),
            Self::Dword | Self::Udint => i64::from(number as u32),
            Self::Int => i64::from(number as i16),
            Self::Dint => i64::from(number as i32),
            Self::Time => number,
        }
    }

    /// What can be added and ordered.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Uint | Self::Dint | Self::Udint)
    }

    /// What can be below zero.
    pub fn is_signed(self) -> bool {
        matches!(self, Self::Int | Self::Dint)
    }

    /// What has no order, but bits that can be shifted.
    pub fn is_bit_string(self) -> bool {
        matches!(self, Self::Word | Self::Dword)
    }
}

/// The type of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    Single(Scalar),
    Array {
        first: i64,
        last: i64,
        of: Box<Type>,
    },
    Structure(Rc<Structure>),
    /// An instance of a standard function block.
    Block(StandardBlock),
}

/// Named parts, one behind the other.
#[derive(Debug, PartialEq, Eq)]
pub struct Structure {
    pub name: String,
    pub fields: Vec<(String, Type)>,
}

/// A function block that every maker brings along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandardBlock {
    /// `TON`: TRUE when its input was TRUE for a time.
    Timer,
    /// `R_TRIG`: TRUE in the scan in which its input became TRUE.
    RisingEdge,
}

impl StandardBlock {
    /// The block of this name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "TON" => Some(Self::Timer),
            "R_TRIG" => Some(Self::RisingEdge),
            _ => None,
        }
    }

    /// Its inputs in the order of its cells.
    pub fn inputs(self) -> &'static [(&'static str, Scalar)] {
        match self {
            Self::Timer => &[("IN", Scalar::Bool), ("PT", Scalar::Time)],
            Self::RisingEdge => &[("CLK", Scalar::Bool)],
        }
    }

    /// Its outputs; their cells follow those of the inputs, and one cell for its memory follows them.
    pub fn outputs(self) -> &'static [(&'static str, Scalar)] {
        match self {
            Self::Timer => &[("Q", Scalar::Bool), ("ET", Scalar::Time)],
            Self::RisingEdge => &[("Q", Scalar::Bool)],
        }
    }
}

impl Type {
    /// Cells of memory that it takes.
    pub fn cells(&self) -> usize {
        match self {
            Self::Single(_) => 1,
            Self::Array { first, last, of } => {
                usize::try_from(last - first + 1).unwrap_or(0) * of.cells()
            }
            Self::Structure(structure) => structure.fields.iter().map(|(_, of)| of.cells()).sum(),
            Self::Block(block) => block.inputs().len() + block.outputs().len() + 1,
        }
    }
}
