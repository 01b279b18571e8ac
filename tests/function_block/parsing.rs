//! Structured Text into its syntax tree: the part of IEC 61131-3 that the block uses. All else is an error.
//!
//! Keywords are taken in capitals only, and a name is one whatever its capitals: the standard allows more, the block
//! needs no more.

use winnow::Parser;
use winnow::ascii::{digit1, hex_digit1, multispace1};
use winnow::combinator::{
    alt, cut_err, delimited, eof, not, opt, peek, preceded, repeat, separated, separated_foldl1,
    separated_pair, terminated,
};
use winnow::error::{ContextError, ErrMode, StrContext};
use winnow::token::{one_of, take_until, take_while};

use crate::syntax::{
    Declaration, Expression, Operator, Part, Place, Section, Source, Statement, TypeText,
};

type Read<T> = Result<T, ErrMode<ContextError>>;

/// No variable can have these names: keywords, types, and standard functions and blocks that makers know as such.
const RESERVED: &str = "ABS ADD AND ARRAY BOOL BY BYTE CASE CONCAT CONSTANT CTD CTU CTUD DELETE DINT DO DT DWORD ELSE \
     ELSIF END_CASE END_FOR END_FUNCTION_BLOCK END_IF END_REPEAT END_STRUCT END_TYPE END_VAR END_WHILE EXIT FALSE FIND \
     FOR FUNCTION FUNCTION_BLOCK F_TRIG IF INSERT INT LEFT LEN LIMIT LINT LREAL LWORD MAX MID MIN MOD MOVE MUX NOT OF \
     OR PROGRAM REAL REPEAT REPLACE RETAIN RETURN RIGHT ROL ROR RS R_TRIG SEL SHL SHR SINT SR STRING STRUCT THEN TIME \
     TO TOF TON TP TRUE TYPE UDINT UINT ULINT UNTIL USINT VAR VAR_INPUT VAR_IN_OUT VAR_OUTPUT WHILE WITH WORD XOR";

/// Reads a whole text.
pub fn read(text: &str) -> Result<Source, String> {
    let whole = (
        space,
        repeat(0.., structure),
        preceded(keyword("FUNCTION_BLOCK"), name).void(),
        repeat(0.., section),
        statements,
        keyword("END_FUNCTION_BLOCK"),
        eof,
    );
    let source = whole.map(|(_, structures, (), sections, body, _, _)| Source {
        structures,
        sections,
        body,
    });
    let error = |error: winnow::error::ParseError<&str, ContextError>| {
        let line = text[..error.offset()].lines().count();
        let rest = text[error.offset()..].lines().next().unwrap_or_default();
        format!(
            "line {line}: not understood from here on: {rest:?} {}",
            error.inner()
        )
    };
    { source }.parse(text).map_err(error)
}

/// White space and comments.
fn space(input: &mut &str) -> Read<()> {
    let comment = ("(*", take_until(0.., "*)"), "*)").void();
    repeat(0.., alt((multispace1.void(), comment))).parse_next(input)
}

fn sign<'a>(text: &'static str) -> impl Parser<&'a str, (), ErrMode<ContextError>> {
    (text, space).void()
}

fn is_of_names(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

fn word<'a>(input: &mut &'a str) -> Read<&'a str> {
    let begins = peek(one_of(|c: char| c.is_ascii_alphabetic()));
    preceded(begins, terminated(take_while(1.., is_of_names), space)).parse_next(input)
}

fn keyword<'a>(text: &'static str) -> impl Parser<&'a str, (), ErrMode<ContextError>> {
    word.verify(move |found: &str| found == text)
        .void()
        .context(StrContext::Label(text))
}

/// A name that somebody chose.
fn name(input: &mut &str) -> Read<String> {
    let is_free = |found: &str| {
        let capitals = found.to_ascii_uppercase();
        !RESERVED.split_whitespace().any(|word| word == capitals)
    };
    word.verify(is_free).map(str::to_owned).parse_next(input)
}

fn structure(input: &mut &str) -> Read<(String, Vec<Declaration>)> {
    let fields = delimited(
        keyword("STRUCT"),
        repeat(1.., declaration),
        (keyword("END_STRUCT"), cut_err(sign(";"))),
    );
    let named = separated_pair(name, sign(":"), fields);
    delimited(keyword("TYPE"), named, keyword("END_TYPE")).parse_next(input)
}

fn section(input: &mut &str) -> Read<(Section, Vec<Declaration>)> {
    let begin = alt((
        keyword("VAR_INPUT").value(Section::Input),
        keyword("VAR_IN_OUT").value(Section::InOut),
        keyword("VAR_OUTPUT").value(Section::Output),
        (keyword("VAR"), keyword("CONSTANT")).value(Section::Constant),
        keyword("VAR").value(Section::Own),
    ));
    (
        begin,
        terminated(repeat(1.., declaration), cut_err(keyword("END_VAR"))),
    )
        .parse_next(input)
}

fn declaration(input: &mut &str) -> Read<Declaration> {
    let parts = (
        terminated(name, sign(":")),
        type_text,
        opt(preceded(sign(":="), expression)),
        sign(";"),
    );
    parts
        .map(|(name, of, value, ())| Declaration { name, of, value })
        .parse_next(input)
}

fn type_text(input: &mut &str) -> Read<TypeText> {
    let bounds = separated_pair(number, sign(".."), number);
    let bounds = delimited(sign("["), bounds, sign("]"));
    let array = (
        preceded(keyword("ARRAY"), bounds),
        preceded(keyword("OF"), type_text),
    );
    let array = array.map(|((first, last), of)| TypeText::Array {
        first,
        last,
        of: Box::new(of),
    });
    let named = word.map(|name: &str| TypeText::Named(name.to_owned()));
    alt((array, named)).parse_next(input)
}

fn statements(input: &mut &str) -> Read<Vec<Statement>> {
    repeat(0.., terminated(statement, cut_err(sign(";")))).parse_next(input)
}

fn statement(input: &mut &str) -> Read<Statement> {
    alt((choice, repetition, call, assignment)).parse_next(input)
}

fn choice(input: &mut &str) -> Read<Statement> {
    fn branch(input: &mut &str) -> Read<(Expression, Vec<Statement>)> {
        (terminated(expression, keyword("THEN")), statements).parse_next(input)
    }
    keyword("IF").parse_next(input)?;
    let first = cut_err(branch).parse_next(input)?;
    let more: Vec<_> =
        repeat(0.., preceded(keyword("ELSIF"), cut_err(branch))).parse_next(input)?;
    let otherwise = opt(preceded(keyword("ELSE"), statements)).parse_next(input)?;
    cut_err(keyword("END_IF")).parse_next(input)?;
    Ok(Statement::If {
        branches: std::iter::once(first).chain(more).collect(),
        otherwise: otherwise.unwrap_or_default(),
    })
}

fn repetition(input: &mut &str) -> Read<Statement> {
    keyword("FOR").parse_next(input)?;
    let parts = (
        terminated(name, sign(":=")),
        terminated(expression, keyword("TO")),
        terminated(expression, keyword("DO")),
        terminated(statements, keyword("END_FOR")),
    );
    let statement = parts.map(|(variable, from, to, body)| Statement::For {
        variable,
        from,
        to,
        body,
    });
    cut_err(statement).parse_next(input)
}

fn call(input: &mut &str) -> Read<Statement> {
    let inputs = separated(1.., separated_pair(word, sign(":="), expression), sign(","));
    let inputs = inputs.map(|inputs: Vec<(&str, Expression)>| {
        let owned = inputs
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        owned.collect()
    });
    (name, delimited(sign("("), cut_err(inputs), sign(")")))
        .map(|(instance, inputs)| Statement::Call(instance, inputs))
        .parse_next(input)
}

fn assignment(input: &mut &str) -> Read<Statement> {
    (terminated(place, sign(":=")), cut_err(expression))
        .map(|(place, value)| Statement::Assign(place, value))
        .parse_next(input)
}

fn place(input: &mut &str) -> Read<Place> {
    let field = preceded(sign("."), word).map(|field: &str| Part::Field(field.to_owned()));
    let element = delimited(sign("["), expression, sign("]")).map(Part::Element);
    (name, repeat(0.., alt((field, element))))
        .map(|(variable, parts)| Place { variable, parts })
        .parse_next(input)
}

/// From the weakest operator to the strongest.
fn expression(input: &mut &str) -> Read<Expression> {
    let or = keyword("OR").value(Operator::Or);
    in_turn(conjunction, or).parse_next(input)
}

fn conjunction(input: &mut &str) -> Read<Expression> {
    let and = keyword("AND").value(Operator::And);
    in_turn(equality, and).parse_next(input)
}

fn equality(input: &mut &str) -> Read<Expression> {
    let operator = alt((
        sign("<>").value(Operator::Unequal),
        sign("=").value(Operator::Equal),
    ));
    in_turn(order, operator).parse_next(input)
}

fn order(input: &mut &str) -> Read<Expression> {
    let less = ("<", not(">"), space).value(Operator::Less);
    let operator = alt((
        sign("<=").value(Operator::AtMost),
        sign(">=").value(Operator::AtLeast),
        less,
        sign(">").value(Operator::Greater),
    ));
    in_turn(sum, operator).parse_next(input)
}

fn sum(input: &mut &str) -> Read<Expression> {
    let operator = alt((
        sign("+").value(Operator::Plus),
        sign("-").value(Operator::Minus),
    ));
    in_turn(single, operator).parse_next(input)
}

/// Operands and operators of one strength, from the left.
fn in_turn<'a>(
    operand: impl Parser<&'a str, Expression, ErrMode<ContextError>>,
    operator: impl Parser<&'a str, Operator, ErrMode<ContextError>>,
) -> impl Parser<&'a str, Expression, ErrMode<ContextError>> {
    separated_foldl1(operand, operator, |left, operator, right| {
        Expression::Two(operator, Box::new(left), Box::new(right))
    })
}

fn single(input: &mut &str) -> Read<Expression> {
    let negation = preceded(keyword("NOT"), cut_err(single));
    let negative = preceded(sign("-"), cut_err(single));
    let arguments = separated(1.., expression, sign(","));
    let function = (word, delimited(sign("("), arguments, sign(")")));
    alt((
        negation.map(|of| Expression::Not(Box::new(of))),
        negative.map(|of| Expression::Negative(Box::new(of))),
        delimited(sign("("), expression, sign(")")),
        keyword("TRUE").value(Expression::Truth(true)),
        keyword("FALSE").value(Expression::Truth(false)),
        milliseconds.map(Expression::Milliseconds),
        number.map(Expression::Number),
        function.map(|(name, arguments): (&str, _)| Expression::Call(name.to_owned(), arguments)),
        place.map(Expression::Place),
    ))
    .parse_next(input)
}

/// `T#100ms` or `T#1s`.
fn milliseconds(input: &mut &str) -> Read<i64> {
    let unit = alt(("ms".value(1), "s".value(1000)));
    let span = (preceded("T#", digit1.parse_to::<i64>()), unit, space);
    span.map(|(count, unit, ())| count * unit).parse_next(input)
}

/// `12` or `16#00FF`.
fn number(input: &mut &str) -> Read<i64> {
    let hexadecimal =
        preceded("16#", hex_digit1).try_map(|digits: &str| i64::from_str_radix(digits, 16));
    let decimal = digit1.parse_to::<i64>();
    let ends = peek(not(one_of(is_of_names)));
    terminated(alt((hexadecimal, decimal)), (ends, space)).parse_next(input)
}
