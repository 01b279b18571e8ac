//! A block whose names and types are checked: what is left are cells of memory and what is done with them.

use std::collections::BTreeMap;

use crate::syntax::Operator;
use crate::types::{Scalar, StandardBlock, Type};

/// A value that can be computed.
#[derive(Debug, Clone, PartialEq)]
pub enum Computation {
    Constant(i64),
    Cell(Address),
    /// All bits of a value of this type the other way round.
    Not(Scalar, Box<Computation>),
    Negative(Scalar, Box<Computation>),
    /// Two values of this type.
    Two(Operator, Scalar, Box<Computation>, Box<Computation>),
    Shift {
        left: bool,
        of: Scalar,
        value: Box<Computation>,
        by: Box<Computation>,
    },
    /// The lowest bits of a value, as a value of this type.
    Convert(Scalar, Box<Computation>),
}

/// Cells of memory: the first, and what moves it.
#[derive(Debug, Clone, PartialEq)]
pub struct Address {
    pub first: usize,
    pub elements: Vec<Element>,
}

/// An element of an array.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    pub index: Computation,
    pub first: i64,
    pub last: i64,
    /// Cells of one element.
    pub cells: usize,
}

/// Something that is done.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    Set(Address, Computation),
    /// So many cells from the second to the first.
    Copy(Address, Address, usize),
    If(Vec<(Computation, Vec<Action>)>, Vec<Action>),
    For {
        variable: usize,
        from: Computation,
        to: Computation,
        body: Vec<Action>,
    },
    /// A standard block at these cells, with the cells of its inputs and their values.
    Call(StandardBlock, usize, Vec<(usize, Computation)>),
}

/// A checked block.
#[derive(Debug, Clone)]
pub struct Program {
    pub body: Vec<Action>,
    /// Where variables lie, and as what.
    pub variables: BTreeMap<String, (usize, Type)>,
    /// Memory before the first scan.
    pub memory: Vec<i64>,
}
