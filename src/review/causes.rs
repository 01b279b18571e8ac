//! Why something happened, in a page's language.
//!
//! Stores keep a cause as the text in which the line worded it. The English words of the keys `cause-…` are those texts, with
//! places for what differs: what was stored is found among them, and said by the same key in the page's language. At the place
//! `why` stands a cause in its turn, at `n` a whole number. What no key words is the operating system's, a library's or another
//! maker's: it is quoted as it is.

use std::sync::LazyLock;

use super::shapes::{Found, Shape, found_among, shapes_of};
use super::words::Language;

/// The keys' beginning.
pub(super) const KEY: &str = "cause-";
/// A place where a cause stands.
const WHY: &str = "why";
/// A cause of a cause of a cause: none that the line words goes as deep.
const DEEPEST: usize = 16;
/// Bytes of a text that is looked through; the line words no cause as long as this.
const LONGEST: usize = 4000;
/// Between causes that are listed, as the line lists them.
const LISTED: [&str; 2] = ["\n", "; "];

impl Language {
    /// A cause in this language; none of a text that no key words.
    #[must_use]
    pub fn cause(self, text: &str) -> Option<String> {
        match self {
            Self::English => Some(text.to_owned()),
            Self::Chinese if text.len() > LONGEST => None,
            Self::Chinese => said(self, text.trim(), DEEPEST),
        }
    }
}

fn said(language: Language, text: &str, deepest: usize) -> Option<String> {
    let deeper = deepest.checked_sub(1)?;
    match found_among(&SHAPES, text) {
        Some((shape, places)) => Some(worded(language, shape, &places, deeper)),
        None => listed(language, text, deeper),
    }
}

/// A key's sentence with what was found at its places.
fn worded(language: Language, shape: &Shape, found: &[Found<'_>], deeper: usize) -> String {
    let stands = |(place, value): &Found<'_>| match *place {
        WHY => (*place, said_or_quoted(language, value, deeper)),
        _ => (*place, (*value).to_owned()),
    };
    let places: Vec<(&str, String)> = found.iter().map(stands).collect();
    let places: Vec<_> = places
        .iter()
        .map(|(place, value)| (*place, value.as_str()))
        .collect();
    language.say_with(shape.key, &places)
}

/// Several causes after each other, of which at least one is known. Some have in themselves what stands between others: as
/// many parts as have a shape together are one cause.
fn listed(language: Language, text: &str, deeper: usize) -> Option<String> {
    let between = LISTED.into_iter().find(|between| text.contains(between))?;
    let parts: Vec<&str> = text.split(between).collect();
    let (mut all, mut known, mut at) = (Vec::new(), false, 0);
    while at < parts.len() {
        let most = MOST_TOGETHER.min(parts.len() - at);
        let together =
            |count: &usize| found_among(&SHAPES, &parts[at..at + count].join(between)).is_some();
        let count = (1..=most).rev().find(together);
        known |= count.is_some();
        let cause = parts[at..at + count.unwrap_or(1)].join(between);
        all.push(said_or_quoted(language, &cause, deeper));
        at += count.unwrap_or(1);
    }
    known.then(|| all.join("；"))
}

fn said_or_quoted(language: Language, text: &str, deeper: usize) -> String {
    said(language, text, deeper).unwrap_or_else(|| format!("“{text}”"))
}

/// Parts of a list that are tried as one cause.
const MOST_TOGETHER: usize = 6;

/// The shapes of all causes that have a key.
static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| shapes_of(KEY));

#[cfg(test)]
#[path = "causes_tests.rs"]
mod tests;
