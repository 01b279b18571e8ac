//! Why a standard is refused, and where in its text.

use std::ops::Range;

/// A position in a standard's text, both from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

impl Place {
    /// The place of a byte of `text`; bytes inside a character belong to it.
    #[must_use]
    pub(super) fn of(text: &str, byte: usize) -> Self {
        let before: &[u8] = &text.as_bytes()[..byte.min(text.len())];
        let line_start = before
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |at| at + 1);
        let starts_character = |b: &&u8| (**b & 0xC0) != 0x80;
        Self {
            line: 1 + before.iter().filter(|b| **b == b'\n').count(),
            column: 1 + before[line_start..].iter().filter(starts_character).count(),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A standard that is refused: where, and why.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("standard, {place}: {problem}")]
pub struct StandardError {
    /// Where in the text.
    pub place: Place,
    /// Why.
    pub problem: StandardProblem,
}

/// Why a standard is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StandardProblem {
    /// Longer than any standard can reasonably be.
    #[error("text of {found} bytes, at most {limit} are read")]
    TooLong {
        /// Bytes found.
        found: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// No TOML.
    #[error("text is no TOML: {0}")]
    Toml(String),
    /// A name that means nothing here.
    #[error("{kind} {found:?} is unknown: expected {expected}{}", suggestion(.nearest.as_deref()))]
    Unknown {
        /// What the name should be: `key`, `trait`, `grade`, `action`.
        kind: &'static str,
        /// The name found.
        found: String,
        /// The names known, as a list.
        expected: String,
        /// The known name that looks most like it.
        nearest: Option<String>,
    },
    /// A part that must be there.
    #[error("{owner} has no `{key}`: expected {expected}")]
    Missing {
        /// The table that lacks it.
        owner: String,
        /// The key.
        key: &'static str,
        /// What belongs there.
        expected: &'static str,
    },
    /// A value of the wrong kind or out of range.
    #[error("{subject}: expected {expected}, found {found}")]
    Unexpected {
        /// What the value is of.
        subject: String,
        /// What belongs there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Two things of one name.
    #[error("{kind} {name:?} is there twice: expected every {kind} once")]
    Twice {
        /// What there are two of.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// More of something than is read.
    #[error("{subject}: found {found}, at most {limit} are read")]
    TooMany {
        /// What there are too many of.
        subject: &'static str,
        /// How many.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// Criteria or a rule without a possible case.
    #[error("{subject} can never hold: {why}")]
    NeverHolds {
        /// The criterion, the criteria or the rule.
        subject: String,
        /// The limits that exclude each other.
        why: String,
    },
    /// A grade that hides those below it.
    #[error("grade {grade:?} has no criteria: the grades below it could never be given")]
    HidesBelow {
        /// The grade.
        grade: String,
    },
    /// The last grade asks for something.
    #[error(
        "last grade {grade:?} has criteria: expected `all = []`, since it takes whatever is left"
    )]
    LastHasCriteria {
        /// The grade.
        grade: String,
    },
    /// The last grade is for sale.
    #[error(
        "last grade {grade:?} is marketable: expected `marketable = false`, since it takes the weak"
    )]
    LastMarketable {
        /// The grade.
        grade: String,
    },
    /// Doubt that acts.
    #[error(
        "action of unsure cells: expected \"leave\", found {found:?}; unsure is never acted on"
    )]
    UnsureActs {
        /// The action found.
        found: String,
    },
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean {name:?}?"))
}

/// A problem at bytes of a text: of the file, or of one string in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fault {
    /// The bytes.
    pub span: Range<usize>,
    /// What is wrong with them.
    pub problem: StandardProblem,
}

impl Fault {
    /// The problem at these bytes.
    pub fn new(span: Range<usize>, problem: StandardProblem) -> Self {
        Self { span, problem }
    }

    /// `subject: expected …, found …`.
    pub fn unexpected(
        span: Range<usize>,
        subject: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        let problem = StandardProblem::Unexpected {
            subject: subject.into(),
            expected: expected.into(),
            found: found.into(),
        };
        Self::new(span, problem)
    }

    /// A name that is none of `known`.
    pub fn unknown(span: Range<usize>, kind: &'static str, found: &str, known: &[&str]) -> Self {
        let problem = StandardProblem::Unknown {
            kind,
            found: shortened(found),
            expected: known.join(", "),
            nearest: nearest(found, known).map(str::to_owned),
        };
        Self::new(span, problem)
    }
}

/// The known name that looks most like `found`, when one does.
fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    /// Below this likeness a suggestion would mislead.
    const ALIKE: f64 = 0.7;
    if found.len() > 64 {
        return None;
    }
    let likeness = |name: &str| strsim::jaro_winkler(&found.to_lowercase(), &name.to_lowercase());
    known
        .iter()
        .map(|name| (*name, likeness(name)))
        .filter(|(_, alike)| *alike >= ALIKE)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(name, _)| name)
}

/// Text for a message: long text is cut.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}
