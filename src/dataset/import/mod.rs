//! Label files of other programs into a labelled set.
//!
//! In: a COCO file, or a folder of YOLO, labelme or CVPPP labels. Out: a set that [`super::read_set`] reads, and
//! an [`ImportSummary`] of what was taken over, cut off and left out. The set is made in a folder beside and gets
//! its name at the end: an error, a signal or a full disk leaves nothing that looks like a set.
//!
//! # What classes mean
//!
//! | state | names that are understood | becomes |
//! |---|---|---|
//! | healthy, chlorotic, necrotic | the same; normal, green; chlorosis, yellow; necrosis, brown, dead | a plant with its tissue: `semantic.png` 1, 2, 3 |
//! | seedling | seedling(s), plant(s), sprout, germinated, rosette | a plant |
//! | leaf | leaf, leaves | plant pixels, never a plant |
//! | no_seedling | no_seedling, empty, blank, missing, no_plant, (not_/un)germinated | a cell without a seedling |
//! | tray | tray, plug_tray, block | where the block of cells lies |
//! | ignore | | nothing |
//!
//! A class with another name is an error until the caller says what it is.
//!
//! # What is written
//!
//! - `boxes.csv`: the source's boxes, or those around its outlines, cut off at the picture's edges.
//! - `mask.png`: where every plant and leaf of a picture has an outline. A box, a circle or a point is none.
//! - `plants.png`: where besides each outline is one plant: no leaves, no crowds (`iscrowd`). Ids count from 1 in
//!   the order of the source; where plants overlap, the later one stands.
//! - `semantic.png`: where besides every plant's class tells its tissue.
//! - `cells.csv`: where rows and columns are given and it is known where the block lies: one annotated tray, or
//!   the whole picture where the caller says so. A plant counts where its middle lies.
//! - `corners.csv`: where a tray was annotated with four points.
//!
//! A picture that nobody labelled gets none of these. One that is labelled as empty gets them, with nothing in
//! them: an empty YOLO file, a labelme file without shapes, and a COCO picture without annotations where
//! [`Unannotated::NoPlants`] is asked.
//!
//! # Coordinates
//!
//! Pixels; the top-left pixel covers 0 to 1 on both axes, so that its centre is at (0.5, 0.5). A pixel belongs to
//! an outline when its centre does. Labels lie on the picture as it is written: where an EXIF orientation turns
//! the source's picture, [`LabelFrame`] must say which of the two they were drawn on.

mod annotation;
mod class;
mod coco;
mod coco_file;
mod convert;
mod cvppp;
mod draw;
mod error;
mod fit;
mod grid;
mod id_picture;
mod label_maps;
mod labelme;
mod picture;
mod place;
mod placement;
mod region;
mod request;
mod run_length;
mod staging;
mod summary;
mod yolo;
mod yolo_names;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;

pub use class::ClassMeaning;
pub use error::ImportError;
pub use request::{Block, ForeignFormat, ImportRequest, LabelFrame, LabelledThing, Unannotated};
pub use summary::{ClassCount, ImportSummary, WrittenLabels};

use super::{SetAbout, SetWriter};
use annotation::{ForeignLabels, ForeignPicture, ForeignSet};
use class::ClassTable;
use convert::{Converted, convert};
use staging::Staging;
use summary::Tally;

/// Imports a source. `keep_on` is asked before every picture, from any thread; the import ends when it says no.
///
/// # Errors
/// The source is not as expected, a class has no meaning, the set's folder is taken or cannot be written, or
/// `keep_on` said no. Nothing is left behind then.
pub fn import(
    request: &ImportRequest,
    keep_on: impl Fn() -> bool + Sync,
) -> Result<ImportSummary, ImportError> {
    staging::check_free(&request.out)?;
    let mut foreign = match request.format {
        ForeignFormat::Coco => coco::read(request)?,
        ForeignFormat::Yolo => yolo::read(&request.source)?,
        ForeignFormat::Labelme => labelme::read(&request.source)?,
        ForeignFormat::Cvppp => cvppp::read(&request.source)?,
    };
    let unlabelled = |p: &ForeignPicture| matches!(p.labels, ForeignLabels::None);
    // a COCO file lists its pictures; elsewhere pictures without a single label file are another folder's
    let listed = request.format == ForeignFormat::Coco && !foreign.pictures.is_empty();
    if !listed && foreign.pictures.iter().all(unlabelled) {
        return Err(nothing(request, &foreign));
    }
    let classes = ClassTable::resolve(
        &request.source,
        &used_classes(&foreign),
        &foreign.declared,
        &request.classes,
    )?;
    let staging = Staging::beside(&request.out)?;
    // pictures keep their own encoding
    let writer = SetWriter::create(staging.set(), super::Encoding::Png)?;
    let pictures = std::mem::take(&mut foreign.pictures);
    let ids = unique_ids(pictures.iter().map(|p| p.id.as_str()));
    let mut converted = pictures
        .into_par_iter()
        .zip(ids)
        .map(|(picture, id)| {
            if !keep_on() {
                return Err(ImportError::Interrupted);
            }
            convert(picture, id, &classes, request, &writer)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let duplicates = group_duplicates(&mut converted);
    let entries: Vec<_> = converted.iter().map(|c| c.entry.clone()).collect();
    let about = about(request);
    writer.finish_about(&about, &entries)?;
    staging.publish()?;
    Ok(summed(request, about.name, foreign, &converted, duplicates))
}

fn nothing(request: &ImportRequest, foreign: &ForeignSet) -> ImportError {
    let expected = format!("pictures with {} labels", request.format.word());
    let found = match (foreign.pictures.len(), foreign.missing.as_slice()) {
        (0, []) => "none".to_owned(),
        (count, []) => format!("no label file, pictures without: {count}"),
        (0, [first, ..]) => format!("none of {}: {first} is missing", foreign.missing.len()),
        (count, [first, ..]) => format!("pictures without labels: {count}, missing: {first}"),
    };
    ImportError::found(request.source.display(), expected, found)
}

fn used_classes(foreign: &ForeignSet) -> BTreeSet<String> {
    let shapes = foreign.pictures.iter().filter_map(|p| match &p.labels {
        ForeignLabels::Shapes(shapes) => Some(shapes),
        _ => None,
    });
    shapes.flatten().map(|s| s.class.clone()).collect()
}

/// Ids that differ even where letter case does not count; a later picture of a taken id gets a number.
fn unique_ids<'a>(wanted: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken = BTreeSet::new();
    wanted
        .map(|wanted| {
            let numbered = (2u64..).map(|n| format!("{wanted}-{n}"));
            let mut ids = std::iter::once(wanted.to_owned()).chain(numbered);
            // there are more numbers than pictures
            let free = ids.find(|id| taken.insert(id.to_lowercase()));
            free.unwrap_or_else(|| wanted.to_owned())
        })
        .collect()
}

/// Puts pictures of the same bytes into one group, so that no split takes them apart.
fn group_duplicates(converted: &mut [Converted]) -> Vec<Vec<String>> {
    let mut by_hash: BTreeMap<[u8; 32], Vec<usize>> = BTreeMap::new();
    for (i, picture) in converted.iter().enumerate() {
        by_hash.entry(picture.sha256).or_default().push(i);
    }
    let mut same: Vec<Vec<usize>> = by_hash.into_values().filter(|p| p.len() > 1).collect();
    same.sort();
    for pictures in &same {
        let group = converted[pictures[0]].id.clone();
        for &i in pictures {
            converted[i].entry.set_group(&group);
        }
    }
    let id = |i: &usize| converted[*i].id.clone();
    same.iter().map(|p| p.iter().map(id).collect()).collect()
}

fn about(request: &ImportRequest) -> SetAbout {
    let file_name = |path: &Path| path.file_name().map(|n| n.to_string_lossy().into_owned());
    let name = request.name.clone().or_else(|| file_name(&request.out));
    let format = request.format.word();
    let traps = request.block.filter(|b| b.fills_picture).map(|_| {
        "cells.csv assumes that the block of cells fills the picture where no tray is annotated"
            .to_owned()
    });
    SetAbout {
        name: name.unwrap_or_else(|| format.to_owned()),
        usage: request.usage,
        licence: request
            .licence
            .clone()
            .unwrap_or_else(|| "none stated".to_owned()),
        source: file_name(&request.source),
        tray_rows: request.block.map(|b| b.rows),
        tray_cols: request.block.map(|b| b.cols),
        labels: format!(
            "imported from {format} labels by seedgrade {}",
            env!("CARGO_PKG_VERSION")
        ),
        label_traps: traps,
    }
}

fn summed(
    request: &ImportRequest,
    set: String,
    foreign: ForeignSet,
    converted: &[Converted],
    duplicates: Vec<Vec<String>>,
) -> ImportSummary {
    let mut tally = Tally::default();
    for reason in foreign.dropped {
        tally.drop(reason);
    }
    for picture in converted {
        tally.add(&picture.tally);
    }
    let count = |test: fn(&Converted) -> bool| converted.iter().filter(|c| test(c)).count();
    let class = |(name, (state, annotations)): (&String, &(&'static str, u64))| {
        let (state, annotations) = (*state, *annotations);
        (name.clone(), ClassCount { state, annotations })
    };
    ImportSummary {
        set,
        out: request.out.clone(),
        from: request.format.word(),
        pictures: converted.len(),
        unlabelled: count(|c| !c.labels.labelled),
        without_plants: count(|c| c.labels.without_plants),
        rewritten: count(|c| c.rewritten),
        embedded: count(|c| c.embedded),
        classes: tally.classes.iter().map(class).collect(),
        clipped: tally.clipped,
        dropped: tally
            .dropped
            .iter()
            .map(|(r, n)| ((*r).to_owned(), *n))
            .collect(),
        overlapping: tally.overlapping,
        overlapped_px: tally.overlapped_px,
        hidden: tally.hidden,
        written: WrittenLabels {
            boxes: count(|c| c.labels.boxes),
            mask: count(|c| c.labels.mask),
            plants: count(|c| c.labels.plants),
            semantic: count(|c| c.labels.semantic),
            cells: count(|c| c.labels.cells),
        },
        duplicates,
        missing: foreign.missing,
        notes: tally.notes(),
    }
}
