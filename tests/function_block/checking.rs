//! What every name of a text means, and whether its types fit: nothing is converted that the text does not convert.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::parsing;
use crate::program::{Action, Address, Computation, Element, Program};
use crate::syntax::{
    Declaration, Expression, Operator, Part, Place, Section, Source, Statement, TypeText,
};
use crate::types::{Scalar, StandardBlock, Structure, Type};

type Checked<T> = Result<T, String>;

/// Reads and checks a block.
pub fn program(text: &str) -> Checked<Program> {
    let source = parsing::read(text)?;
    let mut checker = Checker::default();
    for (name, fields) in &source.structures {
        checker.structure(name, fields)?;
    }
    checker.declare_all(&source)?;
    let body = checker.actions(&source.body)?;
    let variables = checker.variables.into_iter();
    Ok(Program {
        body,
        variables: variables
            .map(|(name, variable)| (name, (variable.first, variable.of)))
            .collect(),
        memory: checker.memory,
    })
}

struct Variable {
    first: usize,
    of: Type,
    section: Section,
}

#[derive(Default)]
struct Checker {
    structures: BTreeMap<String, Type>,
    variables: BTreeMap<String, Variable>,
    memory: Vec<i64>,
    /// Variables of the loops around a statement: nothing else may set them.
    counting: Vec<usize>,
}

impl Checker {
    fn structure(&mut self, name: &str, fields: &[Declaration]) -> Checked<()> {
        let mut typed = Vec::new();
        for field in fields {
            if field.value.is_some() {
                return Err(format!(
                    "{name}.{}: a value at first is not read",
                    field.name
                ));
            }
            typed.push((field.name.clone(), self.type_of(&field.of)?));
        }
        let structure = Structure {
            name: name.to_owned(),
            fields: typed,
        };
        let of = Type::Structure(Rc::new(structure));
        self.structures.insert(name.to_owned(), of);
        Ok(())
    }

    fn type_of(&self, text: &TypeText) -> Checked<Type> {
        match text {
            TypeText::Named(name) => Scalar::named(name)
                .map(Type::Single)
                .or_else(|| StandardBlock::named(name).map(Type::Block))
                .or_else(|| self.structures.get(name).cloned())
                .ok_or_else(|| format!("no type has the name {name}")),
            TypeText::Array { first, last, of } if first <= last => Ok(Type::Array {
                first: *first,
                last: *last,
                of: Box::new(self.type_of(of)?),
            }),
            TypeText::Array { first, last, .. } => Err(format!("an array from {first} to {last}")),
        }
    }

    fn declare_all(&mut self, source: &Source) -> Checked<()> {
        for (section, declarations) in &source.sections {
            for declaration in declarations {
                self.declare(*section, declaration)?;
            }
        }
        Ok(())
    }

    fn declare(&mut self, section: Section, declaration: &Declaration) -> Checked<()> {
        let name = &declaration.name;
        let is_same = |other: &String| other.eq_ignore_ascii_case(name);
        let types = self.structures.keys();
        if self.variables.keys().chain(types).any(is_same) {
            return Err(format!("{name} is declared twice"));
        }
        let of = self.type_of(&declaration.of)?;
        let first = self.memory.len();
        self.memory.resize(first + of.cells(), 0);
        match (&declaration.value, &of) {
            (None, _) if section == Section::Constant => {
                return Err(format!("the constant {name} has no value"));
            }
            (None, _) => {}
            (Some(value), Type::Single(scalar)) => {
                let Computation::Constant(value) = self.value(value, *scalar)? else {
                    return Err(format!("{name}: its value at first is no number"));
                };
                self.memory[first] = value;
            }
            (Some(_), _) => return Err(format!("{name}: a value at first is not read")),
        }
        let variable = Variable { first, of, section };
        self.variables.insert(name.clone(), variable);
        Ok(())
    }

    fn actions(&mut self, statements: &[Statement]) -> Checked<Vec<Action>> {
        let actions = statements.iter().map(|statement| self.action(statement));
        actions.collect()
    }

    fn action(&mut self, statement: &Statement) -> Checked<Action> {
        match statement {
            Statement::Assign(place, value) => self.assignment(place, value),
            Statement::If {
                branches,
                otherwise,
            } => {
                let mut checked = Vec::new();
                for (condition, body) in branches {
                    let condition = self.value(condition, Scalar::Bool)?;
                    checked.push((condition, self.actions(body)?));
                }
                Ok(Action::If(checked, self.actions(otherwise)?))
            }
            Statement::For {
                variable,
                from,
                to,
                body,
            } => self.repetition(variable, from, to, body),
            Statement::Call(instance, inputs) => self.call(instance, inputs),
        }
    }

    fn assignment(&mut self, place: &Place, value: &Expression) -> Checked<Action> {
        let variable = self.variable(&place.variable)?;
        let is_own = matches!(
            variable.section,
            Section::InOut | Section::Output | Section::Own
        );
        let is_free = !self.counting.contains(&variable.first);
        if !is_own || !is_free || matches!(variable.of, Type::Block(_)) {
            return Err(format!("{} must not be set here", place.variable));
        }
        let (target, of) = self.place(place)?;
        if let Type::Single(scalar) = of {
            return Ok(Action::Set(target, self.value(value, scalar)?));
        }
        let Expression::Place(from) = value else {
            return Err(format!("{} needs a whole value", place.variable));
        };
        let (from, found) = self.place(from)?;
        if found != of {
            return Err(format!(
                "{}: expected {of:?}, found {found:?}",
                place.variable
            ));
        }
        Ok(Action::Copy(target, from, of.cells()))
    }

    fn repetition(
        &mut self,
        name: &str,
        from: &Expression,
        to: &Expression,
        body: &[Statement],
    ) -> Checked<Action> {
        let found = self.variable(name)?;
        let variable = found.first;
        let (Type::Single(scalar), Section::Own) = (&found.of, found.section) else {
            return Err(format!("{name} cannot count a loop"));
        };
        let scalar = *scalar;
        if !scalar.is_number() || self.counting.contains(&variable) {
            return Err(format!("{name} cannot count a loop"));
        }
        let (from, to) = (self.value(from, scalar)?, self.value(to, scalar)?);
        self.counting.push(variable);
        let body = self.actions(body);
        self.counting.pop();
        Ok(Action::For {
            variable,
            from,
            to,
            body: body?,
        })
    }

    fn call(&mut self, instance: &str, inputs: &[(String, Expression)]) -> Checked<Action> {
        let variable = self.variable(instance)?;
        let Type::Block(block) = variable.of else {
            return Err(format!("{instance} is no block that can be called"));
        };
        let first = variable.first;
        let mut given = Vec::new();
        for (name, value) in inputs {
            let known = block.inputs().iter().position(|(input, _)| input == name);
            let at = known.ok_or_else(|| format!("{instance} has no input {name}"))?;
            given.push((first + at, self.value(value, block.inputs()[at].1)?));
        }
        Ok(Action::Call(block, first, given))
    }

    fn variable(&self, name: &str) -> Checked<&Variable> {
        let found = self.variables.get(name);
        found.ok_or_else(|| format!("no variable has the name {name}"))
    }

    fn place(&self, place: &Place) -> Checked<(Address, Type)> {
        let variable = self.variable(&place.variable)?;
        let mut address = Address {
            first: variable.first,
            elements: Vec::new(),
        };
        let mut of = variable.of.clone();
        for part in &place.parts {
            of = match (part, of) {
                (Part::Field(name), of) => {
                    let (cells, field) = field(&of, name)?;
                    address.first += cells;
                    field
                }
                (Part::Element(index), Type::Array { first, last, of }) => {
                    address.elements.push(Element {
                        index: self.value(index, Scalar::Int)?,
                        first,
                        last,
                        cells: of.cells(),
                    });
                    *of
                }
                (Part::Element(_), of) => return Err(format!("{of:?} has no elements")),
            };
        }
        Ok((address, of))
    }

    /// A value that must be of this type.
    fn value(&self, expression: &Expression, wanted: Scalar) -> Checked<Computation> {
        let (found, computation) = self.computation(expression, Some(wanted))?;
        if found == wanted {
            Ok(computation)
        } else {
            Err(format!(
                "expected {wanted:?}, found {found:?}: {expression:?}"
            ))
        }
    }

    /// A value and its type. A number without a type of its own gets the one that is wanted.
    fn computation(
        &self,
        expression: &Expression,
        wanted: Option<Scalar>,
    ) -> Checked<(Scalar, Computation)> {
        match expression {
            Expression::Number(number) => literal(*number, wanted.unwrap_or(Scalar::Int)),
            Expression::Truth(truth) => Ok((Scalar::Bool, Computation::Constant((*truth).into()))),
            Expression::Milliseconds(count) => Ok((Scalar::Time, Computation::Constant(*count))),
            Expression::Place(place) => match self.place(place)? {
                (address, Type::Single(scalar)) => Ok((scalar, Computation::Cell(address))),
                (_, of) => Err(format!("{of:?} is no single value")),
            },
            Expression::Not(of) => {
                let (scalar, of) = self.computation(of, wanted)?;
                if scalar != Scalar::Bool && !scalar.is_bit_string() {
                    return Err(format!("NOT of {scalar:?}"));
                }
                Ok((scalar, Computation::Not(scalar, Box::new(of))))
            }
            Expression::Negative(of) => {
                let (scalar, of) = self.computation(of, wanted)?;
                if !scalar.is_signed() {
                    return Err(format!("{scalar:?} below zero"));
                }
                Ok((scalar, Computation::Negative(scalar, Box::new(of))))
            }
            Expression::Two(operator, left, right) => self.two(*operator, left, right, wanted),
            Expression::Call(name, arguments) => self.function(name, arguments),
        }
    }

    fn two(
        &self,
        operator: Operator,
        left: &Expression,
        right: &Expression,
        wanted: Option<Scalar>,
    ) -> Checked<(Scalar, Computation)> {
        use Operator as O;
        let compares = !matches!(operator, O::Or | O::And | O::Plus | O::Minus);
        let wanted = if compares { None } else { wanted };
        let leading = if is_literal(left) { right } else { left };
        let (scalar, _) = self.computation(leading, wanted)?;
        let fits = match operator {
            O::Or | O::And => scalar == Scalar::Bool || scalar.is_bit_string(),
            O::Equal | O::Unequal => scalar != Scalar::Time,
            O::Less | O::AtMost | O::Greater | O::AtLeast => scalar.is_number(),
            O::Plus | O::Minus => scalar.is_number(),
        };
        if !fits {
            return Err(format!("{operator:?} of {scalar:?}"));
        }
        let (left, right) = (self.value(left, scalar)?, self.value(right, scalar)?);
        let result = if compares { Scalar::Bool } else { scalar };
        let two = Computation::Two(operator, scalar, Box::new(left), Box::new(right));
        Ok((result, two))
    }

    fn function(&self, name: &str, arguments: &[Expression]) -> Checked<(Scalar, Computation)> {
        match (name, arguments) {
            ("SHL" | "SHR", [value, by]) => {
                let (of, value) = self.computation(value, None)?;
                if !of.is_bit_string() {
                    return Err(format!("{name} of {of:?}, which is no bit string"));
                }
                let shift = Computation::Shift {
                    left: name == "SHL",
                    of,
                    value: Box::new(value),
                    by: Box::new(self.value(by, Scalar::Int)?),
                };
                Ok((of, shift))
            }
            (_, [value]) => {
                let types = name.split_once("_TO_");
                let types = types.and_then(|(a, b)| Scalar::named(a).zip(Scalar::named(b)));
                let converts = |scalar: Scalar| scalar.is_number() || scalar.is_bit_string();
                let types = types.filter(|(a, b)| a != b && converts(*a) && converts(*b));
                let (from, to) = types.ok_or_else(|| format!("no function {name} is known"))?;
                let value = self.value(value, from)?;
                Ok((to, Computation::Convert(to, Box::new(value))))
            }
            _ => Err(format!(
                "no function {name} with {} values",
                arguments.len()
            )),
        }
    }
}

fn is_literal(expression: &Expression) -> bool {
    match expression {
        Expression::Number(_) => true,
        Expression::Negative(of) => is_literal(of),
        _ => false,
    }
}

fn literal(number: i64, of: Scalar) -> Checked<(Scalar, Computation)> {
    let fits = (of.is_number() || of.is_bit_string()) && of.wrap(number) == number;
    if fits {
        Ok((of, Computation::Constant(number)))
    } else {
        Err(format!("{number} is no {of:?}"))
    }
}

/// Where a part of a structure or a block lies in it, and as what.
fn field(of: &Type, name: &str) -> Checked<(usize, Type)> {
    let unknown = || format!("{of:?} has no {name}");
    match of {
        Type::Structure(structure) => {
            let fields = &structure.fields;
            let at = fields.iter().position(|(field, _)| field == name);
            let at = at.ok_or_else(unknown)?;
            let cells = fields[..at].iter().map(|(_, of)| of.cells()).sum();
            Ok((cells, fields[at].1.clone()))
        }
        Type::Block(block) => {
            let outputs = block.outputs();
            let at = outputs.iter().position(|(output, _)| *output == name);
            let at = at.ok_or_else(unknown)?;
            Ok((block.inputs().len() + at, Type::Single(outputs[at].1)))
        }
        _ => Err(unknown()),
    }
}
