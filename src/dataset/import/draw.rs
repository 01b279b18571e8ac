//! The labels of one picture from what was drawn on it.

use image::{GrayImage, ImageBuffer, Luma};

use super::super::{BoxLabel, PictureLabels};
use super::ClassMeaning;
use super::annotation::Annotation;
use super::class::ClassTable;
use super::error::ImportError;
use super::fit::{Fitted, fit};
use super::grid::{self, BlockInPicture};
use super::placement::Ground;
use super::request::Block;
use super::summary::{Tally, reason};

/// Draws a picture's annotations, in the order of the source: where plants overlap, the later one stands in
/// the plant map and the class map.
///
/// A mask is written where every plant and leaf has an outline; a plant map where besides nothing is a leaf or
/// a crowd; a class map where besides every plant's class tells its tissue; cells where the block is known.
///
/// # Errors
/// An annotation is not as expected, or there are more plants than ids.
pub(super) fn labels(
    annotations: Vec<Annotation>,
    classes: &ClassTable,
    ground: Ground,
    block: Option<Block>,
    tally: &mut Tally,
) -> Result<PictureLabels, ImportError> {
    if let Some(beyond) = annotations.get(usize::from(u16::MAX)) {
        let expected = "at most 65535 annotations of a picture, one for each plant id";
        return Err(ImportError::found(&beyond.place, expected, "more"));
    }
    let any = !annotations.is_empty();
    let mut fitted = Vec::new();
    for annotation in annotations {
        let meaning = classes.meaning(&annotation.class);
        tally.count(&annotation.class, meaning);
        if meaning == ClassMeaning::Ignore {
            tally.drop(reason::IGNORED);
        } else {
            fitted.extend(fit(annotation, meaning, ground, tally)?);
        }
    }
    let boxes = boxes(&fitted);
    let mut labels = PictureLabels {
        boxes: (!any || !boxes.is_empty()).then_some(boxes),
        ..maps(&fitted, ground.size, tally)
    };
    if let Some(block) = block {
        let lying = BlockInPicture::find(block, &fitted, ground.size);
        tally.no_block += u64::from(lying.is_none());
        if let Some(lying) = lying {
            let things = things(&fitted);
            labels.cells = Some(grid::cells(
                &lying,
                &things,
                classes.marks_empty_cells(),
                tally,
            ));
            labels.corners = lying.annotated_corners;
        }
    }
    Ok(labels)
}

fn boxes(fitted: &[Fitted]) -> Vec<BoxLabel> {
    let own = fitted.iter().filter(|f| !f.crowd);
    own.filter_map(|f| {
        Some(BoxLabel {
            label: f.class.clone(),
            edges: f.edges?,
        })
    })
    .collect()
}

fn things(fitted: &[Fitted]) -> Vec<grid::Thing<'_>> {
    let kind = |f: &Fitted| match f.meaning {
        _ if f.crowd => Some(grid::Kind::Unclear),
        ClassMeaning::Leaf => Some(grid::Kind::Unclear),
        ClassMeaning::NoSeedling => Some(grid::Kind::NoPlant),
        m if m.is_plant() => Some(grid::Kind::Plant),
        _ => None,
    };
    let thing = |f| {
        Some(grid::Thing {
            kind: kind(f)?,
            centre: f.centre,
            runs: f.runs.as_deref(),
            edges: f.edges,
        })
    };
    fitted.iter().filter_map(thing).collect()
}

fn maps(fitted: &[Fitted], (width, height): (u32, u32), tally: &mut Tally) -> PictureLabels {
    let green: Vec<&Fitted> = fitted.iter().filter(|f| f.meaning.is_green()).collect();
    if green.iter().any(|f| f.runs.is_none()) {
        tally.without_outline += 1;
        return PictureLabels::default();
    }
    let mut mask = GrayImage::new(width, height);
    let pixels = |f: &Fitted| f.runs.clone().unwrap_or_default();
    for run in green.iter().flat_map(|f| pixels(f)) {
        for x in run.x0..run.x1 {
            mask.put_pixel(x, run.y, Luma([255]));
        }
    }
    let mut labels = PictureLabels {
        mask: Some(mask),
        ..PictureLabels::default()
    };
    if green.iter().all(|f| f.meaning.is_plant() && !f.crowd) {
        let mut map = PlantMap::new(width, height);
        for plant in &green {
            map.draw(plant, tally);
        }
        tally.hidden += map.hidden();
        labels.plants = Some(map.ids);
        let told = green.iter().all(|f| f.meaning.tissue().is_some());
        labels.semantic = told.then_some(map.classes);
    }
    labels
}

/// Plant ids and classes while they are drawn.
struct PlantMap {
    ids: ImageBuffer<Luma<u16>, Vec<u16>>,
    classes: GrayImage,
    drawn: u16,
}

impl PlantMap {
    fn new(width: u32, height: u32) -> Self {
        Self {
            ids: ImageBuffer::new(width, height),
            classes: GrayImage::new(width, height),
            drawn: 0,
        }
    }

    fn draw(&mut self, plant: &Fitted, tally: &mut Tally) {
        // there are never more annotations than ids
        let id = self.drawn.saturating_add(1);
        self.drawn = id;
        let class = plant.meaning.tissue().unwrap_or_default();
        let mut overlapped = 0;
        for run in plant.runs.iter().flatten() {
            for x in run.x0..run.x1 {
                let pixel = self.ids.get_pixel_mut(x, run.y);
                overlapped += u64::from(pixel.0[0] != 0);
                *pixel = Luma([id]);
                self.classes.put_pixel(x, run.y, Luma([class]));
            }
        }
        tally.overlapping += u64::from(overlapped > 0);
        tally.overlapped_px += overlapped;
    }

    /// Plants that later ones cover wholly.
    fn hidden(&self) -> u64 {
        let mut seen = vec![false; usize::from(self.drawn) + 1];
        for id in self.ids.as_raw() {
            seen[usize::from(*id)] = true;
        }
        seen.iter().skip(1).filter(|s| !**s).count() as u64
    }
}
