//! One picture of the source into the set.

use sha2::{Digest, Sha256};

use super::super::{CopiedImage, Entry, PictureLabels, SetWriter};
use super::annotation::{ForeignLabels, ForeignPicture, Origin};
use super::class::ClassTable;
use super::error::ImportError;
use super::picture::{self, SourcePicture};
use super::place::read;
use super::placement::Ground;
use super::request::ImportRequest;
use super::summary::Tally;
use super::{draw, label_maps, labelme};

/// A picture that was written.
pub(super) struct Converted {
    pub entry: Entry,
    pub id: String,
    pub sha256: [u8; 32],
    pub labels: LabelsWritten,
    pub rewritten: bool,
    pub embedded: bool,
    pub tally: Tally,
}

/// What was written beside it.
#[derive(Debug, Clone, Copy)]
pub(super) struct LabelsWritten {
    pub labelled: bool,
    pub without_plants: bool,
    pub boxes: bool,
    pub mask: bool,
    pub plants: bool,
    pub semantic: bool,
    pub cells: bool,
}

/// Reads a picture, checks it against what its labels state, and writes both.
///
/// # Errors
/// The picture or a label is not as expected, or the set cannot be written.
pub(super) fn convert(
    foreign: ForeignPicture,
    id: String,
    classes: &ClassTable,
    request: &ImportRequest,
    writer: &SetWriter,
) -> Result<Converted, ImportError> {
    let embedded = matches!(foreign.origin, Origin::Embedded(_));
    let bytes = match &foreign.origin {
        Origin::File(path) => read(path)?,
        Origin::Embedded(path) => labelme::embedded_picture(path)?,
    };
    let sha256 = Sha256::digest(&bytes).into();
    let source = picture::take(bytes, &foreign.name, request.label_frame)?;
    check_stated(&foreign, &source)?;
    let mut tally = Tally::default();
    let labelled = !matches!(foreign.labels, ForeignLabels::None);
    let labels = labels(foreign.labels, &source, classes, request, &mut tally)?;
    let entry = writer.add_copied(&CopiedImage {
        id: &id,
        bytes: &source.bytes,
        encoding: source.encoding,
        size: source.size,
        labels: &labels,
        source: &foreign.name,
        split: foreign.split.as_deref(),
        changed: source.changed.as_deref(),
    })?;
    Ok(Converted {
        entry,
        id,
        sha256,
        labels: LabelsWritten::of(&labels, labelled, &tally),
        rewritten: source.changed.is_some(),
        embedded,
        tally,
    })
}

fn labels(
    labels: ForeignLabels,
    source: &SourcePicture,
    classes: &ClassTable,
    request: &ImportRequest,
    tally: &mut Tally,
) -> Result<PictureLabels, ImportError> {
    match labels {
        ForeignLabels::None => Ok(PictureLabels::default()),
        ForeignLabels::Shapes(annotations) => {
            let ground = Ground {
                size: source.size,
                first_pixel: f64::from(request.first_pixel),
            };
            draw::labels(annotations, classes, ground, request.block, tally)
        }
        ForeignLabels::Maps(maps) => {
            label_maps::labels(&maps, source.size, request.labelled, request.block, tally)
        }
    }
}

fn check_stated(foreign: &ForeignPicture, source: &SourcePicture) -> Result<(), ImportError> {
    let Some(stated) = &foreign.stated else {
        return Ok(());
    };
    let (width, height) = source.size;
    if stated.size == (f64::from(width), f64::from(height)) {
        return Ok(());
    }
    Err(ImportError::found(
        format!("{}: {}", stated.place, foreign.name),
        format!(
            "a picture of {}x{} px as stated",
            stated.size.0, stated.size.1
        ),
        format!("one of {width}x{height} px"),
    ))
}

impl LabelsWritten {
    fn of(labels: &PictureLabels, labelled: bool, tally: &Tally) -> Self {
        let plants: u64 = tally
            .classes
            .values()
            .filter(|(word, _)| !matches!(*word, "no_seedling" | "tray" | "ignore"))
            .map(|(_, count)| count)
            .sum();
        let empty_mask = labels
            .mask
            .as_ref()
            .is_none_or(|m| m.as_raw().iter().all(|p| *p == 0));
        Self {
            labelled,
            without_plants: labelled
                && plants == 0
                && empty_mask
                && labels.leaves.unwrap_or(0) == 0,
            boxes: labels.boxes.is_some(),
            mask: labels.mask.is_some(),
            plants: labels.plants.is_some(),
            semantic: labels.semantic.is_some(),
            cells: labels.cells.is_some(),
        }
    }
}
