//! The labels of one picture from CVPPP's pictures of ids, foreground and centres.

use std::collections::BTreeMap;
use std::path::Path;

use image::{GrayImage, ImageBuffer, Luma};
use imageproc::region_labelling::{Connectivity, connected_components};

use super::super::{CellLabel, PictureLabels};
use super::ClassMeaning;
use super::annotation::LabelMaps;
use super::error::ImportError;
use super::grid::{self, BlockInPicture, Kind, Thing};
use super::id_picture::{IdPicture, read_ids};
use super::region::{Run, centre};
use super::request::{Block, LabelledThing};
use super::summary::Tally;

/// A mask from the foreground, else from the labelled pixels; a plant map only where ids are plants; else the
/// number of leaves.
///
/// # Errors
/// A label picture has another size than the picture, or is smoothed, or no PNG.
pub(super) fn labels(
    maps: &LabelMaps,
    size: (u32, u32),
    labelled: LabelledThing,
    block: Option<Block>,
    tally: &mut Tally,
) -> Result<PictureLabels, ImportError> {
    let label = maps.label.as_deref().map(|p| label_ids(p, size));
    let foreground = maps.foreground.as_deref().map(|p| foreground(p, size));
    let centres = maps.centres.as_deref().map(|p| count_centres(p, size));
    let (label, foreground, centres) = (
        label.transpose()?,
        foreground.transpose()?,
        centres.transpose()?,
    );
    let labelled_px = label.as_ref().map(|l| mask_of(&l.ids, size));
    let things = label.as_ref().map_or_else(BTreeMap::new, runs_by_id);
    if let (Some(count), true) = (centres, label.is_some()) {
        tally.other_leaf_count += u64::from(count as usize != things.len());
    }
    if let (Some(a), Some(b)) = (&labelled_px, &foreground) {
        tally.other_foreground += u64::from(a != b);
    }
    let (meaning, word) = match labelled {
        LabelledThing::Leaf => (ClassMeaning::Leaf, "leaf"),
        LabelledThing::Plant => (ClassMeaning::Seedling, "plant"),
    };
    for _ in 0..things.len() {
        tally.count(word, meaning);
    }
    let is_leaf = labelled == LabelledThing::Leaf;
    let leaves = label.as_ref().map(|_| things.len() as u32).or(centres);
    let plants = label.filter(|_| !is_leaf);
    let cells = cells(&things, labelled, block, size, tally);
    Ok(PictureLabels {
        mask: foreground.or(labelled_px),
        cells: cells.filter(|_| maps.label.is_some()),
        plants: plants.and_then(|p| ImageBuffer::from_raw(size.0, size.1, p.ids)),
        leaves: leaves.filter(|_| is_leaf),
        ..PictureLabels::default()
    })
}

fn read_as_large(path: &Path, size: (u32, u32)) -> Result<IdPicture, ImportError> {
    let picture = read_ids(path)?;
    if picture.size == size {
        return Ok(picture);
    }
    let expected = format!("{}x{} px as its picture", size.0, size.1);
    let found = format!("{}x{} px", picture.size.0, picture.size.1);
    Err(ImportError::found(path.display(), expected, found))
}

fn label_ids(path: &Path, size: (u32, u32)) -> Result<IdPicture, ImportError> {
    let picture = read_as_large(path, size)?;
    match picture.blended() {
        None => Ok(picture),
        Some(edges) => {
            let of = picture.distinct().len();
            let found = format!("{edges} of {of} ids that are edges only: smoothed or scaled");
            Err(ImportError::found(
                path.display(),
                "an area for each id",
                found,
            ))
        }
    }
}

fn foreground(path: &Path, size: (u32, u32)) -> Result<GrayImage, ImportError> {
    let picture = read_as_large(path, size)?;
    let values = picture.distinct().len();
    if values > 1 {
        let found = format!("{} values", values + 1);
        let expected = "a foreground of two values, 0 and another";
        return Err(ImportError::found(path.display(), expected, found));
    }
    Ok(mask_of(&picture.ids, size))
}

/// The number of dots; pixels that touch, also by a corner, are one.
fn count_centres(path: &Path, size: (u32, u32)) -> Result<u32, ImportError> {
    let dots = mask_of(&read_as_large(path, size)?.ids, size);
    let numbered = connected_components(&dots, Connectivity::Eight, Luma([0]));
    Ok(numbered.as_raw().iter().copied().max().unwrap_or(0))
}

fn mask_of(ids: &[u16], (width, height): (u32, u32)) -> GrayImage {
    let pixels = ids.iter().map(|id| if *id > 0 { 255 } else { 0 });
    // there are as many ids as pixels
    GrayImage::from_raw(width, height, pixels.collect())
        .unwrap_or_else(|| GrayImage::new(width, height))
}

fn runs_by_id(picture: &IdPicture) -> BTreeMap<u16, Vec<Run>> {
    let mut runs: BTreeMap<u16, Vec<Run>> = BTreeMap::new();
    let width = picture.size.0 as usize;
    for (y, row) in (0..).zip(picture.ids.chunks(width.max(1))) {
        let mut x0 = 0;
        for run in row.chunk_by(|a, b| a == b) {
            let x1 = x0 + run.len() as u32;
            if run[0] > 0 {
                runs.entry(run[0]).or_default().push(Run { y, x0, x1 });
            }
            x0 = x1;
        }
    }
    runs
}

fn cells(
    things: &BTreeMap<u16, Vec<Run>>,
    labelled: LabelledThing,
    block: Option<Block>,
    size: (u32, u32),
    tally: &mut Tally,
) -> Option<Vec<CellLabel>> {
    let block = block?;
    let Some(lying) = BlockInPicture::find(block, &[], size) else {
        tally.no_block += 1;
        return None;
    };
    let kind = match labelled {
        LabelledThing::Leaf => Kind::Unclear,
        LabelledThing::Plant => Kind::Plant,
    };
    let things: Vec<Thing<'_>> = things
        .values()
        .filter_map(|runs| {
            Some(Thing {
                kind,
                centre: centre(runs)?,
                runs: Some(runs),
                edges: None,
            })
        })
        .collect();
    Some(grid::cells(&lying, &things, false, tally))
}
