//! What became of a source: counted a picture, added up over the set.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use super::ClassMeaning;

/// What was imported, and what was not. Serialises to the object of `dataset import --json`.
#[derive(Debug, Clone, Serialize)]
pub struct ImportSummary {
    /// The set's name.
    pub set: String,
    /// Its folder.
    pub out: PathBuf,
    /// The format that it came from.
    pub from: &'static str,
    /// Pictures written.
    pub pictures: usize,
    /// Of these, without any label: nobody said what is in them.
    pub unlabelled: usize,
    /// Of these, labelled as being without plants.
    pub without_plants: usize,
    /// Pictures that were written anew since an EXIF orientation turned them.
    pub rewritten: usize,
    /// Pictures taken out of labelme files, since their own file is missing.
    pub embedded: usize,
    /// Annotations by class of the source.
    pub classes: BTreeMap<String, ClassCount>,
    /// Annotations that reached over the picture's edge and were cut off there.
    pub clipped: u64,
    /// Annotations that were left out, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Plants that cover part of a plant before them: there the later one stands in the plant map.
    pub overlapping: u64,
    /// Pixels where that happened.
    pub overlapped_px: u64,
    /// Plants of which nothing is left in the plant map.
    pub hidden: u64,
    /// Pictures with a mask, a plant map, a class map, boxes, cells.
    pub written: WrittenLabels,
    /// Pictures whose bytes are the same, by id; each list is one group.
    pub duplicates: Vec<Vec<String>>,
    /// Pictures that the source names and that are not there or cannot be read as JPEG or PNG.
    pub missing: Vec<String>,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// How often a class occurs and what it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClassCount {
    /// What it was taken for.
    pub state: &'static str,
    /// Annotations.
    pub annotations: u64,
}

/// Pictures by the kind of label that was written beside them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct WrittenLabels {
    /// With boxes.
    pub boxes: usize,
    /// With a mask of plant pixels.
    pub mask: usize,
    /// With a map of plant ids.
    pub plants: usize,
    /// With a map of tissue classes.
    pub semantic: usize,
    /// With states of cells.
    pub cells: usize,
}

/// Why an annotation was left out.
pub(super) mod reason {
    pub const IGNORED: &str = "class ignored";
    pub const OUTSIDE: &str = "outside the picture";
    pub const NO_AREA: &str = "no area";
    pub const NO_PIXEL: &str = "covers the centre of no pixel";
    pub const UNKNOWN_PICTURE: &str = "belongs to a picture that is not listed";
    pub const MISSING_PICTURE: &str = "belongs to a picture that is missing";
    pub const NOT_AN_AREA: &str = "a line, not an area or a point";
}

/// What happened in one picture.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub classes: BTreeMap<String, (ClassMeaningWord, u64)>,
    pub clipped: u64,
    pub dropped: BTreeMap<&'static str, u64>,
    pub overlapping: u64,
    pub overlapped_px: u64,
    pub hidden: u64,
    pub conflicting_cells: u64,
    pub beyond_block: u64,
    pub without_outline: u64,
    pub no_block: u64,
    pub starts_at_one: u64,
    pub starts_before_one: u64,
    pub ends_one_beyond: u64,
    pub other_leaf_count: u64,
    pub other_foreground: u64,
}

/// A meaning's word.
pub(super) type ClassMeaningWord = &'static str;

impl Tally {
    pub fn drop(&mut self, reason: &'static str) {
        *self.dropped.entry(reason).or_default() += 1;
    }

    pub fn count(&mut self, class: &str, meaning: ClassMeaning) {
        let entry = self.classes.entry(class.to_owned());
        entry.or_insert((meaning.word(), 0)).1 += 1;
    }

    pub fn add(&mut self, other: &Self) {
        for (class, (word, count)) in &other.classes {
            self.classes.entry(class.clone()).or_insert((word, 0)).1 += count;
        }
        for (reason, count) in &other.dropped {
            *self.dropped.entry(reason).or_default() += count;
        }
        self.clipped += other.clipped;
        self.overlapping += other.overlapping;
        self.overlapped_px += other.overlapped_px;
        self.hidden += other.hidden;
        self.conflicting_cells += other.conflicting_cells;
        self.beyond_block += other.beyond_block;
        self.without_outline += other.without_outline;
        self.no_block += other.no_block;
        self.starts_at_one += other.starts_at_one;
        self.starts_before_one += other.starts_before_one;
        self.ends_one_beyond += other.ends_one_beyond;
        self.other_leaf_count += other.other_leaf_count;
        self.other_foreground += other.other_foreground;
    }

    /// What a person should know, in sentences.
    pub fn notes(&self) -> Vec<String> {
        let counted = [
            (
                self.conflicting_cells,
                "cells with both a plant and a mark of none, left unlabelled",
            ),
            (
                self.beyond_block,
                "plants or marks beyond the block of cells",
            ),
            (
                self.without_outline,
                "pictures with plants without an outline, so without a mask and a plant map",
            ),
            (
                self.no_block,
                "pictures with labels but without a cells file, since nothing says where the block lies \
                 (annotate a tray, or say --block whole)",
            ),
            (
                self.other_leaf_count,
                "pictures with another number of centres than of label ids",
            ),
            (
                self.other_foreground,
                "pictures whose foreground differs from the labelled pixels; the mask is the foreground",
            ),
        ];
        let mut notes: Vec<String> = counted
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{what}: {count}"))
            .collect();
        if self.ends_one_beyond > 0 && self.starts_at_one > 0 && self.starts_before_one == 0 {
            notes.push(
                "boxes look counted from 1: none starts before 1 and some end 1 px beyond the picture \
                 (--first-pixel 1 shifts them)"
                    .to_owned(),
            );
        }
        notes
    }
}
