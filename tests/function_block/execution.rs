//! Runs a checked block scan by scan.

use std::rc::Rc;

use crate::program::{Action, Address, Computation, Program};
use crate::syntax::Operator;
use crate::types::{Scalar, StandardBlock, Type};

/// An instance of a block.
#[derive(Debug, Clone)]
pub struct Instance {
    program: Rc<Program>,
    memory: Vec<i64>,
    /// Time since power on, in milliseconds: it stands still within a scan.
    milliseconds: i64,
}

impl Instance {
    /// An instance after power on.
    pub fn new(program: &Rc<Program>) -> Self {
        Self {
            program: Rc::clone(program),
            memory: program.memory.clone(),
            milliseconds: 0,
        }
    }

    /// Calls the block once, so long after the call before.
    ///
    /// # Errors
    /// An index beyond its array.
    pub fn scan(&mut self, milliseconds: u32) -> Result<(), String> {
        self.milliseconds += i64::from(milliseconds);
        let program = Rc::clone(&self.program);
        self.run(&program.body)
    }

    /// Sets a variable: for inputs, registers, and what a maker's memory kept over a power cut.
    pub fn set(&mut self, variable: &str, value: impl Into<i64>) {
        self.set_element(variable, 0, value);
    }

    /// Sets an element of an array, counted from 0.
    pub fn set_element(&mut self, variable: &str, element: usize, value: impl Into<i64>) {
        let (first, scalar) = self.cell(variable, element);
        let value = value.into();
        assert_eq!(scalar.wrap(value), value, "{variable} cannot hold {value}");
        self.memory[first] = value;
    }

    /// The value of a variable.
    pub fn get(&self, variable: &str) -> i64 {
        self.memory[self.cell(variable, 0).0]
    }

    /// The first elements of an array of words.
    pub fn words<const COUNT: usize>(&self, variable: &str) -> [u16; COUNT] {
        std::array::from_fn(|element| {
            let (cell, scalar) = self.cell(variable, element);
            assert_eq!(scalar, Scalar::Word, "{variable}");
            self.memory[cell] as u16
        })
    }

    fn cell(&self, variable: &str, element: usize) -> (usize, Scalar) {
        let found = self.program.variables.get(variable);
        let (first, of) = found.unwrap_or_else(|| panic!("the block has no {variable}"));
        match of {
            Type::Single(scalar) => (first + element, *scalar),
            Type::Array { of, .. } if element < found.map_or(0, |(_, of)| of.cells()) => match **of
            {
                Type::Single(scalar) => (first + element, scalar),
                _ => panic!("{variable} is no array of single values"),
            },
            _ => panic!("{variable} has no element {element}"),
        }
    }

    fn run(&mut self, actions: &[Action]) -> Result<(), String> {
        for action in actions {
            match action {
                Action::Set(target, value) => {
                    let value = self.value(value)?;
                    let at = self.address(target)?;
                    self.memory[at] = value;
                }
                Action::Copy(target, from, cells) => {
                    let (target, from) = (self.address(target)?, self.address(from)?);
                    self.memory.copy_within(from..from + cells, target);
                }
                Action::If(branches, otherwise) => self.choose(branches, otherwise)?,
                Action::For {
                    variable,
                    from,
                    to,
                    body,
                } => {
                    let (from, to) = (self.value(from)?, self.value(to)?);
                    for count in from..=to {
                        self.memory[*variable] = count;
                        self.run(body)?;
                    }
                }
                Action::Call(block, first, inputs) => {
                    for (cell, value) in inputs {
                        self.memory[*cell] = self.value(value)?;
                    }
                    self.call(*block, *first);
                }
            }
        }
        Ok(())
    }

    fn choose(
        &mut self,
        branches: &[(Computation, Vec<Action>)],
        otherwise: &[Action],
    ) -> Result<(), String> {
        for (condition, body) in branches {
            if self.value(condition)? != 0 {
                return self.run(body);
            }
        }
        self.run(otherwise)
    }

    /// As the standard describes them, with the cells that [`StandardBlock`] names.
    fn call(&mut self, block: StandardBlock, first: usize) {
        let now = self.milliseconds;
        let cells = &mut self.memory[first..];
        match (block, cells) {
            (StandardBlock::Timer, [input, preset, output, elapsed, began, ..]) => {
                // The memory is the time of the rising edge and 1, so that 0 is none.
                if *input == 0 {
                    *began = 0;
                } else if *began == 0 {
                    *began = now + 1;
                }
                let since = if *began == 0 { 0 } else { now + 1 - *began };
                *elapsed = since.min(*preset);
                *output = i64::from(*input != 0 && since >= *preset);
            }
            (StandardBlock::RisingEdge, [input, output, before, ..]) => {
                *output = i64::from(*input != 0 && *before == 0);
                *before = *input;
            }
            (block, cells) => panic!("{block:?} with {} cells", cells.len()),
        }
    }

    fn address(&self, address: &Address) -> Result<usize, String> {
        let mut at = address.first;
        for element in &address.elements {
            let index = self.value(&element.index)?;
            if !(element.first..=element.last).contains(&index) {
                let (first, last) = (element.first, element.last);
                return Err(format!(
                    "element {index} of an array from {first} to {last}"
                ));
            }
            at += (index - element.first) as usize * element.cells;
        }
        Ok(at)
    }

    /// Both sides of AND and OR are computed, as the standard allows: neither may rely on the other.
    fn value(&self, computation: &Computation) -> Result<i64, String> {
        Ok(match computation {
            Computation::Constant(value) => *value,
            Computation::Cell(address) => self.memory[self.address(address)?],
            Computation::Not(scalar, of) => scalar.wrap(!self.value(of)?),
            Computation::Negative(scalar, of) => scalar.wrap(-self.value(of)?),
            Computation::Two(operator, scalar, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                two(*operator, *scalar, left, right)
            }
            Computation::Shift {
                left,
                of,
                value,
                by,
            } => {
                let (value, by) = (self.value(value)?, self.value(by)?);
                let by = u32::try_from(by).map_err(|_| format!("a shift by {by}"))?;
                let shifted = match left {
                    true => value.checked_shl(by),
                    false => value.checked_shr(by),
                };
                of.wrap(shifted.unwrap_or(0))
            }
            Computation::Convert(to, value) => to.wrap(self.value(value)?),
        })
    }
}

fn two(operator: Operator, scalar: Scalar, left: i64, right: i64) -> i64 {
    match operator {
        Operator::Or => left | right,
        Operator::And => left & right,
        Operator::Equal => (left == right).into(),
        Operator::Unequal => (left != right).into(),
        Operator::Less => (left < right).into(),
        Operator::AtMost => (left <= right).into(),
        Operator::Greater => (left > right).into(),
        Operator::AtLeast => (left >= right).into(),
        Operator::Plus => scalar.wrap(left + right),
        Operator::Minus => scalar.wrap(left - right),
    }
}
