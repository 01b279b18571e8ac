//! Masks scored without looking for a tray: pictures of single pots or plugs, or of trays over the whole picture.

use rayon::prelude::*;

use crate::clock::Stopwatch;
use crate::config::Config;
use crate::dataset::{LabelledImage, LabelledSet};
use crate::evaluate::{ScoredMask, TrayTruth, compare_masks, picture_grids};
use crate::frame::{DecodeLimits, Frame, read_picture};
use crate::grade::GradingStandard;
use crate::inspect::{Evidence, PlantReading};
use crate::tray::{Lattice, TrayFormat};

use super::super::arguments::Global;
use super::super::exit::Failure;
use super::super::interrupt;
use super::super::output::{say, shown};
use super::super::workshop::Workshop;
use super::named;

/// The masks of a set.
pub struct ScoredSet {
    /// In the set's order.
    pub masks: Vec<ScoredMask>,
    /// Pictures that could not be read.
    pub failed: usize,
    /// What the masks rest on.
    pub evidence: Option<Evidence>,
}

/// Scores the pictures of a set that have a labelled mask; `cells_in_view` stands in for the set's own grid, for sets
/// that state that of a tray which is not in view.
///
/// # Errors
/// A picture without a grid, labels that do not fit, or an engine that cannot be opened or failed.
pub fn score_set(
    set: &LabelledSet,
    cells_in_view: Option<TrayFormat>,
    global: &Global,
    config: Option<&Config>,
) -> Result<ScoredSet, Failure> {
    if !set.images.iter().any(has_mask) {
        return Err(anyhow::anyhow!("{}: no picture has a mask to score against", set.name).into());
    }
    // the recipe's own grid is not used: plants are read along each picture's
    let format = TrayFormat::new(1, 1)?;
    let shop = Workshop::open(
        global,
        config,
        Some(format),
        GradingStandard::embedded(),
        None,
        1,
    )?;
    let scored: Vec<Option<ScoredMask>> = set
        .images
        .par_iter()
        .filter(|image| has_mask(image) && !interrupt::requested())
        .map(|image| score_image(set, image, cells_in_view, &shop))
        .collect::<Result<_, Failure>>()?;
    let failed = scored.iter().filter(|mask| mask.is_none()).count();
    Ok(ScoredSet {
        masks: scored.into_iter().flatten().collect(),
        failed,
        evidence: Some(shop.evidence().clone()),
    })
}

fn has_mask(image: &LabelledImage) -> bool {
    image.mask.is_some() || image.plants.is_some()
}

/// A picture's mask; none where the picture cannot be read.
fn score_image(
    set: &LabelledSet,
    image: &LabelledImage,
    cells_in_view: Option<TrayFormat>,
    shop: &Workshop,
) -> Result<Option<ScoredMask>, Failure> {
    let truth = named(TrayTruth::read(image), set, &image.id)?;
    let watch = Stopwatch::start();
    let frame = match read_picture(&image.path, DecodeLimits::default()) {
        Ok((_, frame)) => frame,
        Err(error) => {
            say(&format!("failed: {}", shown(&error.to_string())));
            return Ok(None);
        }
    };
    named(truth.fits((frame.width(), frame.height())), set, &image.id)?;
    let stated = cells_in_view.map(|format| (format.rows(), format.cols()));
    let Some((rows, cols)) = stated.or_else(|| image.grid()) else {
        let missing = anyhow::anyhow!("its rows and columns are not stated: give --cells-in-view");
        return named(Err(missing), set, &image.id).map_err(Failure::from);
    };
    let grids = picture_grids(frame.width(), frame.height(), rows, cols);
    let readings = read_all(&frame, named(grids, set, &image.id)?, shop)?;
    let milliseconds = watch.milliseconds();
    Ok(truth.mask().map(|mask| ScoredMask {
        id: image.id.clone(),
        group: image.group.clone(),
        counts: compare_masks(&readings, mask),
        milliseconds,
    }))
}

fn read_all(
    frame: &Frame,
    grids: Vec<Lattice>,
    shop: &Workshop,
) -> Result<Vec<(Lattice, PlantReading)>, Failure> {
    grids
        .into_iter()
        .map(|grid| {
            let reading = shop.with_inspector(|i| i.read_plants(frame, &grid))?;
            Ok((grid, reading.map_err(Failure::resource)?))
        })
        .collect()
}
