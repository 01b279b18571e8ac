//! What a text in Structured Text says, before anybody asks what its names mean.

/// Something that can be computed.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// A number without a type of its own.
    Number(i64),
    /// `TRUE` or `FALSE`.
    Truth(bool),
    /// A span of time in milliseconds.
    Milliseconds(i64),
    /// A variable or a part of one.
    Place(Place),
    Not(Box<Expression>),
    Negative(Box<Expression>),
    Two(Operator, Box<Expression>, Box<Expression>),
    /// A standard function.
    Call(String, Vec<Expression>),
}

/// What stands between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Plus,
    Minus,
}

/// A variable, or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    pub variable: String,
    pub parts: Vec<Part>,
}

/// The way from a variable to a part of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    Field(String),
    Element(Expression),
}

/// Something that is done.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    Assign(Place, Expression),
    If {
        branches: Vec<(Expression, Vec<Statement>)>,
        otherwise: Vec<Statement>,
    },
    For {
        variable: String,
        from: Expression,
        to: Expression,
        body: Vec<Statement>,
    },
    /// A call of an instance of another function block, with its inputs.
    Call(String, Vec<(String, Expression)>),
}

/// A type as it is written.
#[derive(Debug, Clone, PartialEq)]
pub enum TypeText {
    Named(String),
    Array {
        first: i64,
        last: i64,
        of: Box<TypeText>,
    },
}

/// `Name : TYPE := value;`
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    pub name: String,
    pub of: TypeText,
    pub value: Option<Expression>,
}

/// Whose a variable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Input,
    InOut,
    Output,
    Constant,
    Own,
}

/// A whole text: structures, and one function block.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pub structures: Vec<(String, Vec<Declaration>)>,
    pub sections: Vec<(Section, Vec<Declaration>)>,
    pub body: Vec<Statement>,
}
