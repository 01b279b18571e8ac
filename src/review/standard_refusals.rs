//! Why a text is no grading standard, or no next version of one, in a page's language.
//!
//! What is wrong is one of a closed set, each with a sentence of its own, in whose places stand names and numbers as they are
//! written. What was expected, and of what, is a text in which the room of standards words it: it is found among the English
//! words of the keys `standard-part-…`, and said by the same key in the page's language; at a place `why` stands another of
//! them. Ids, keys and limits have no word and are shown as they are; what the TOML parser says is quoted.

use std::sync::LazyLock;

use crate::grade::StandardProblem;

use super::shapes::{Shape, found_among, shapes_of};
use super::standard_versions::EditError;
use super::what_if::WhatIfError;
use super::words::{Language, word};

/// The keys' beginning.
pub(super) const KEY: &str = "standard-part-";
/// A place where another part stands.
const WHY: &str = "why";
/// A part of a part of a part: none goes as deep.
const DEEPEST: usize = 4;

static PARTS: LazyLock<Vec<Shape>> = LazyLock::new(|| shapes_of(KEY));

impl Language {
    /// Why an edited text is no next version.
    #[must_use]
    pub(super) fn why_not_saved(self, error: &EditError) -> String {
        match error {
            EditError::Text(error) => self.why_not_moved(error),
            EditError::OtherStandard { expected, found } => {
                let [expected, found] = [expected, found].map(|id| format!("{id:?}"));
                let ids = [("expected", expected.as_str()), ("found", found.as_str())];
                self.say_with(word!("standard-other"), &ids)
            }
            EditError::Unchanged => self.say(word!("standard-unchanged")),
        }
    }

    /// Why limits cannot be moved so.
    #[must_use]
    pub(super) fn why_not_moved(self, error: &WhatIfError) -> String {
        match error {
            WhatIfError::Text(said) => {
                self.say_with(word!("standard-cannot-move"), &[("said", said)])
            }
            WhatIfError::Standard(error) => self.why_no_standard(&error.problem),
        }
    }

    /// Why a text is no standard; the place of it is told apart.
    #[must_use]
    pub(super) fn why_no_standard(self, problem: &StandardProblem) -> String {
        let places = places_of(problem).into_iter();
        let places: Vec<(&str, String)> = places
            .map(|(place, stands)| (place, stands.said(self)))
            .collect();
        let places: Vec<_> = places
            .iter()
            .map(|(place, said)| (*place, said.as_str()))
            .collect();
        self.say_with(key_of(problem), &places)
    }
}

/// What stands at a place of a sentence.
enum Stands<'a> {
    /// A name that is shown as it is, in quotation marks.
    Name(&'a str),
    /// What is shown as it is.
    AsItIs(&'a str),
    /// A number.
    Number(usize),
    /// What the room of standards words.
    Part(&'a str),
}

impl Stands<'_> {
    fn said(&self, language: Language) -> String {
        match self {
            Self::Name(name) => format!("{name:?}"),
            Self::AsItIs(text) => (*text).to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Part(text) => part(language, text, DEEPEST),
        }
    }
}

/// The key of a problem's sentence.
const fn key_of(problem: &StandardProblem) -> &'static str {
    match problem {
        StandardProblem::TooLong { .. } => word!("standard-too-long"),
        StandardProblem::Toml(_) => word!("standard-no-toml"),
        StandardProblem::Unknown { nearest: None, .. } => word!("standard-unknown-name"),
        StandardProblem::Unknown { .. } => word!("standard-unknown-name-like"),
        StandardProblem::Missing { .. } => word!("standard-missing"),
        StandardProblem::Unexpected { .. } => word!("standard-unexpected"),
        StandardProblem::Twice { .. } => word!("standard-twice"),
        StandardProblem::TooMany { .. } => word!("standard-too-many"),
        StandardProblem::NeverHolds { .. } => word!("standard-never-holds"),
        StandardProblem::HidesBelow { .. } => word!("standard-hides-below"),
        StandardProblem::LastHasCriteria { .. } => word!("standard-last-has-criteria"),
        StandardProblem::LastMarketable { .. } => word!("standard-last-marketable"),
        StandardProblem::UnsureActs { .. } => word!("standard-unsure-acts"),
    }
}

/// What stands at the places of a problem's sentence.
fn places_of(problem: &StandardProblem) -> Vec<(&'static str, Stands<'_>)> {
    use Stands::{AsItIs, Name, Number, Part};
    match problem {
        StandardProblem::TooLong { found, limit } => {
            vec![("found", Number(*found)), ("limit", Number(*limit))]
        }
        StandardProblem::Toml(said) => vec![("said", AsItIs(said))],
        StandardProblem::Unknown {
            kind,
            found,
            expected,
            nearest,
        } => {
            let known = [
                ("kind", Part(kind)),
                ("found", Name(found)),
                ("expected", AsItIs(expected)),
            ];
            let nearest = nearest.as_deref().map(|name| ("nearest", Name(name)));
            known.into_iter().chain(nearest).collect()
        }
        StandardProblem::Missing {
            owner,
            key,
            expected,
        } => vec![
            ("owner", Part(owner)),
            ("key", AsItIs(key)),
            ("expected", Part(expected)),
        ],
        StandardProblem::Unexpected {
            subject,
            expected,
            found,
        } => vec![
            ("subject", Part(subject)),
            ("expected", Part(expected)),
            ("found", written(found)),
        ],
        StandardProblem::Twice { kind, name } => vec![("kind", Part(kind)), ("name", Name(name))],
        StandardProblem::TooMany {
            subject,
            found,
            limit,
        } => vec![
            ("subject", Part(subject)),
            ("found", Number(*found)),
            ("limit", Number(*limit)),
        ],
        StandardProblem::NeverHolds { subject, why } => {
            vec![("subject", Part(subject)), ("why", Part(why))]
        }
        StandardProblem::HidesBelow { grade }
        | StandardProblem::LastHasCriteria { grade }
        | StandardProblem::LastMarketable { grade } => vec![("grade", Name(grade))],
        StandardProblem::UnsureActs { found } => vec![("found", Name(found))],
    }
}

/// What was found: where it is quoted, it is the text's own.
fn written(found: &str) -> Stands<'_> {
    match found.starts_with('"') {
        true => Stands::AsItIs(found),
        false => Stands::Part(found),
    }
}

/// A part in a language; one that no key words is shown as it is.
fn part(language: Language, text: &str, deepest: usize) -> String {
    let found = match language {
        Language::English => None,
        Language::Chinese => found_among(&PARTS, text),
    };
    let Some(((shape, found), deeper)) = found.zip(deepest.checked_sub(1)) else {
        return text.to_owned();
    };
    let stands = |&(place, value): &(&'static str, &str)| match place {
        WHY => (place, part(language, value, deeper)),
        _ => (place, value.to_owned()),
    };
    let places: Vec<(&str, String)> = found.iter().map(stands).collect();
    let places: Vec<_> = places
        .iter()
        .map(|(place, said)| (*place, said.as_str()))
        .collect();
    language.say_with(shape.key, &places)
}

#[cfg(test)]
#[path = "standard_refusals_tests.rs"]
mod tests;
