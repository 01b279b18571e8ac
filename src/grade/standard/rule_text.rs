//! The text of a tray rule.
//!
//! ```text
//! any        := all ("or" all)*
//! all        := comparison ("and" comparison)*
//! comparison := sum [(">=" | "<=" | ">" | "<") sum]
//! sum        := part ("+" part)*
//! part       := "share" "(" GRADE ")" | "blank" | "double" | "unsure" | NUMBER | "(" any ")"
//! ```

use std::ops::Range;

use winnow::Parser;
use winnow::ascii::multispace0;
use winnow::combinator::{alt, delimited, repeat};
use winnow::error::EmptyError;
use winnow::stream::LocatingSlice;
use winnow::token::{any, take_while};

use super::criterion::{Comparison, finite, found_text};
use super::error::{Fault, StandardProblem};
use super::rule::{Compared, Condition, ShareSum};

/// Numbers in rules are shares or sums of shares; beyond this they are slips.
const MOST_NUMBER: f64 = 1000.0;
/// Parentheses within parentheses.
const MOST_NESTING: usize = 16;
/// Bytes of a rule.
const MOST_BYTES: usize = 2048;
/// What a part of a sum can be.
const TERMS: &str = "share(GRADE), blank, double, unsure, a number or \"(\"";

/// Reads a condition; spans are bytes of `text`.
pub(super) fn read(text: &str, grades: &[&str]) -> Result<Condition, Fault> {
    if text.len() > MOST_BYTES {
        let (subject, found, limit) = ("bytes of a tray rule", text.len(), MOST_BYTES);
        return Err(Fault::new(
            0..0,
            StandardProblem::TooMany {
                subject,
                found,
                limit,
            },
        ));
    }
    let tokens = tokens(text);
    let mut reader = RuleReader {
        text,
        tokens: &tokens,
        grades,
        nesting: 0,
    };
    let (part, at) = reader.any()?;
    let condition = reader.condition(part, at)?;
    if reader.tokens.is_empty() {
        Ok(condition)
    } else {
        Err(reader.unexpected("\"and\", \"or\" or the end"))
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token<'a> {
    /// A name or a number.
    Word(&'a str),
    Compare(Comparison),
    Plus,
    Open,
    Close,
    Stray,
}

type Spanned<T> = (T, Range<usize>);

/// The tokens of any text: what belongs to no rule is a stray token.
fn tokens(text: &str) -> Vec<Spanned<Token<'_>>> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let token = alt((
        take_while(1.., is_part).map(Token::Word),
        ">=".value(Token::Compare(Comparison::AtLeast)),
        "<=".value(Token::Compare(Comparison::AtMost)),
        ">".value(Token::Compare(Comparison::Above)),
        "<".value(Token::Compare(Comparison::Below)),
        "+".value(Token::Plus),
        "(".value(Token::Open),
        ")".value(Token::Close),
        any.value(Token::Stray),
    ));
    let all: Result<_, EmptyError> =
        repeat(0.., delimited(multispace0, token.with_span(), multispace0))
            .parse_next(&mut LocatingSlice::new(text));
    all.unwrap_or_default()
}

/// What a stretch of a rule is: a sum until it is compared, then a condition.
enum Part {
    Sum(ShareSum),
    Condition(Condition),
}

struct RuleReader<'t, 'a> {
    text: &'a str,
    tokens: &'t [Spanned<Token<'a>>],
    grades: &'t [&'t str],
    nesting: usize,
}

impl<'a> RuleReader<'_, 'a> {
    fn any(&mut self) -> Result<Spanned<Part>, Fault> {
        self.joined("or", Condition::Any, |reader| {
            reader.joined("and", Condition::All, Self::comparison)
        })
    }

    /// Parts between a word; one alone stays what it is.
    fn joined(
        &mut self,
        word: &str,
        join: fn(Vec<Condition>) -> Condition,
        mut part: impl FnMut(&mut Self) -> Result<Spanned<Part>, Fault>,
    ) -> Result<Spanned<Part>, Fault> {
        let (first, at) = part(self)?;
        if self.peek() != Some(Token::Word(word)) {
            return Ok((first, at));
        }
        let mut conditions = vec![self.condition(first, at.clone())?];
        while self.take_if(Token::Word(word)) {
            let (next, next_at) = part(self)?;
            conditions.push(self.condition(next, next_at)?);
        }
        Ok((Part::Condition(join(conditions)), at.start..self.reached()))
    }

    fn comparison(&mut self) -> Result<Spanned<Part>, Fault> {
        let (left, at) = self.sum()?;
        let Some(Token::Compare(comparison)) = self.peek() else {
            return Ok((left, at));
        };
        self.advance();
        let left = self.shares(left, at.clone())?;
        let (right, right_at) = self.sum()?;
        let difference = left.plus(-1, &self.shares(right, right_at)?);
        let compared = Condition::Compare(Compared {
            difference,
            comparison,
        });
        Ok((Part::Condition(compared), at.start..self.reached()))
    }

    fn sum(&mut self) -> Result<Spanned<Part>, Fault> {
        let (first, at) = self.part()?;
        if self.peek() != Some(Token::Plus) {
            return Ok((first, at));
        }
        let mut sum = self.shares(first, at.clone())?;
        while self.take_if(Token::Plus) {
            let (next, next_at) = self.part()?;
            sum = sum.plus(1, &self.shares(next, next_at)?);
        }
        Ok((Part::Sum(sum), at.start..self.reached()))
    }

    fn part(&mut self) -> Result<Spanned<Part>, Fault> {
        let start = self.here().start;
        let part = match self.peek() {
            Some(Token::Open) => self.parenthesised()?,
            Some(Token::Word(word)) => Part::Sum(self.term(word)?),
            _ => return Err(self.unexpected(TERMS)),
        };
        Ok((part, start..self.reached()))
    }

    fn parenthesised(&mut self) -> Result<Part, Fault> {
        if self.nesting == MOST_NESTING {
            let (subject, limit) = ("nesting of parentheses in a tray rule", MOST_NESTING);
            let problem = StandardProblem::TooMany {
                subject,
                found: limit + 1,
                limit,
            };
            return Err(Fault::new(self.here(), problem));
        }
        self.advance();
        self.nesting += 1;
        let (part, _) = self.any()?;
        self.nesting -= 1;
        self.expect(Token::Close, "\")\"")?;
        Ok(part)
    }

    fn term(&mut self, word: &str) -> Result<ShareSum, Fault> {
        let at = self.here();
        let mut sum = ShareSum::zero(self.grades.len());
        match word {
            "blank" => sum.blank = 1,
            "double" => sum.double = 1,
            "unsure" => sum.unsure = 1,
            "share" => return self.share(sum),
            _ if word.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
                sum = self.number(word, at)?;
            }
            _ => {
                return Err(Fault::unknown(
                    at,
                    "term",
                    word,
                    &["share(GRADE)", "blank", "double", "unsure"],
                ));
            }
        }
        self.advance();
        Ok(sum)
    }

    fn number(&self, word: &str, at: Range<usize>) -> Result<ShareSum, Fault> {
        let value = finite(word).filter(|value| *value <= MOST_NUMBER);
        let expected = "a number from 0 to 1000";
        let sum = value.map(|value| ShareSum::number(self.grades.len(), value));
        sum.ok_or_else(|| Fault::unexpected(at, "tray rule", expected, found_text(word)))
    }

    fn share(&mut self, mut sum: ShareSum) -> Result<ShareSum, Fault> {
        self.advance();
        self.expect(Token::Open, "\"(\" and a grade")?;
        let Some(Token::Word(name)) = self.peek() else {
            return Err(self.unexpected("a grade"));
        };
        let grade = self.grades.iter().position(|grade| *grade == name);
        let grade = grade.ok_or_else(|| Fault::unknown(self.here(), "grade", name, self.grades))?;
        sum.graded[grade] = 1;
        self.advance();
        self.expect(Token::Close, "\")\"")?;
        Ok(sum)
    }

    fn condition(&self, part: Part, at: Range<usize>) -> Result<Condition, Fault> {
        match part {
            Part::Condition(condition) => Ok(condition),
            Part::Sum(_) => Err(self.wrong_kind(at, "a comparison such as share(A) >= 0.9")),
        }
    }

    fn shares(&self, part: Part, at: Range<usize>) -> Result<ShareSum, Fault> {
        match part {
            Part::Sum(sum) => Ok(sum),
            Part::Condition(_) => Err(self.wrong_kind(at, "a sum of shares")),
        }
    }

    fn wrong_kind(&self, at: Range<usize>, expected: &str) -> Fault {
        let found = found_text(self.text.get(at.clone()).unwrap_or_default());
        Fault::unexpected(at, "tray rule", expected, found)
    }

    fn unexpected(&self, expected: &str) -> Fault {
        let at = self.here();
        let found = found_text(self.text.get(at.clone()).unwrap_or_default());
        Fault::unexpected(at, "tray rule", expected, found)
    }

    fn expect(&mut self, token: Token<'_>, expected: &str) -> Result<(), Fault> {
        if self.take_if(token) {
            Ok(())
        } else {
            Err(self.unexpected(expected))
        }
    }

    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.first().map(|(token, _)| *token)
    }

    fn take_if(&mut self, token: Token<'_>) -> bool {
        let there = self.peek() == Some(token);
        if there {
            self.advance();
        }
        there
    }

    fn advance(&mut self) {
        self.tokens = self.tokens.get(1..).unwrap_or_default();
    }

    /// The bytes of the next token.
    fn here(&self) -> Range<usize> {
        let end = self.text.len();
        self.tokens.first().map_or(end..end, |(_, at)| at.clone())
    }

    /// The byte where the next token starts; what was read ends before.
    fn reached(&self) -> usize {
        self.here().start
    }
}
