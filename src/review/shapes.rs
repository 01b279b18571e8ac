//! Texts of this program that are found among the English words of keys, to be said by the same key in another language.
//!
//! In: a text in English, whole. Out: the key whose word it is, and what stands at the word's places. A place `n` takes whole
//! numbers alone, any other place whatever is not empty.

use super::words::Language;

/// A place where a whole number stands.
pub(super) const WHOLE_NUMBER: &str = "n";

/// A place's name and what stands there.
pub(super) type Found<'text> = (&'static str, &'text str);

/// A text around its places.
pub(super) struct Shape {
    pub(super) key: &'static str,
    /// What the text begins with.
    pub(super) before: &'static str,
    /// Every place with what stands behind it.
    pub(super) places: Vec<(&'static str, &'static str)>,
}

/// The words of the keys that begin so, those that say most first: where two fit, that one is meant.
pub(super) fn shapes_of(beginning: &'static str) -> Vec<Shape> {
    let words = Language::English.words_of(beginning);
    let mut shapes: Vec<Shape> = words.filter_map(Shape::read).collect();
    shapes.sort_by_key(|shape| std::cmp::Reverse(shape.letters()));
    shapes
}

/// The shape that a whole text has, and what stands at its places.
pub(super) fn found_among<'shapes, 'text>(
    shapes: &'shapes [Shape],
    text: &'text str,
) -> Option<(&'shapes Shape, Vec<Found<'text>>)> {
    let mut shapes = shapes.iter();
    shapes.find_map(|shape| Some((shape, shape.found_in(text)?)))
}

impl Shape {
    /// Reads a key and its word; none of what is not written as a place's word is.
    fn read((key, word): (&'static str, &'static str)) -> Option<Self> {
        let mut pieces = word.split("{ $");
        let before = pieces.next()?;
        let places = pieces
            .map(|piece| piece.split_once(" }"))
            .collect::<Option<_>>()?;
        Some(Self {
            key,
            before,
            places,
        })
    }

    fn letters(&self) -> usize {
        let behind = self.places.iter().map(|(_, behind)| behind.len());
        self.before.len() + behind.sum::<usize>()
    }

    /// What stands at the places of a text of this shape.
    pub(super) fn found_in<'text>(&self, text: &'text str) -> Option<Vec<Found<'text>>> {
        let mut rest = text.strip_prefix(self.before)?;
        let mut found = Vec::new();
        for (at, (place, behind)) in self.places.iter().enumerate() {
            let value = match at + 1 == self.places.len() {
                true => rest.strip_suffix(behind)?,
                false => &rest[..rest.find(behind)?],
            };
            let fits = *place != WHOLE_NUMBER || value.parse::<u64>().is_ok();
            if value.is_empty() || !fits {
                return None;
            }
            found.push((*place, value));
            rest = &rest[value.len() + behind.len()..];
        }
        rest.is_empty().then_some(found)
    }
}
