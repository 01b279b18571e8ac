//! What is true of a rendered picture: its plants as they show, and the state of its cells.
//!
//! In: the canvas with plant ids, the picture taken of it, and what was planted. Out: the labels.

use image::RgbImage;

use super::raster::{Canvas, HEALTHY, HIDDEN};
use super::readable::readable;
use super::species::Family;
use super::view::Framing;
use super::{RenderRequest, RenderedCell, RenderedPlant, View};
use crate::dataset::CellState;
use crate::geometry::TrayPoint;

/// Share of a cell that may be hidden before nobody can tell what stands in it.
const MOST_HIDDEN: f32 = 0.3;
/// Visible pixels below which a plant is not labelled.
const LEAST_AREA_PX: u32 = 3;

/// A plant before its pixels are counted.
pub(super) struct Planted {
    pub cell: Option<(usize, usize)>,
    pub root: [f32; 2],
    pub family: Family,
    pub leaves: u32,
    pub height_pitch: f32,
}

/// The share of every cell that is hidden; the pixels that hide become background.
pub(super) fn uncover(
    canvas: &mut Canvas,
    framing: &Framing,
    (rows, cols): (usize, usize),
) -> Vec<f32> {
    let mut shares = vec![0.0; rows * cols];
    let pixel = 1.0 / (framing.scale * framing.scale);
    for i in 0..canvas.ids.len() {
        if canvas.ids[i] != HIDDEN {
            continue;
        }
        canvas.ids[i] = 0;
        let (x, y) = ((i % canvas.width) as f32, (i / canvas.width) as f32);
        let (u, v) = framing.warp.tray(x + 0.5, y + 0.5);
        if u >= 0.0 && v >= 0.0 && u < cols as f32 && v < rows as f32 {
            shares[v as usize * cols + u as usize] += pixel;
        }
    }
    shares
}

/// Counts each plant's visible pixels and says which are readable in the picture taken, `frame`; erases
/// plants too small to be labelled.
pub(super) fn survey(
    canvas: &mut Canvas,
    frame: &RgbImage,
    planted: &[Planted],
    framing: &Framing,
) -> Vec<RenderedPlant> {
    let mut sums = vec![(0u32, 0.0f64, 0.0f64, [0u32; 4]); planted.len() + 1];
    for (i, (&id, &class)) in canvas.ids.iter().zip(&canvas.classes).enumerate() {
        if id > 0 {
            let sum = &mut sums[usize::from(id)];
            sum.0 += 1;
            sum.1 += (i % canvas.width) as f64 + 0.5;
            sum.2 += (i / canvas.width) as f64 + 0.5;
            sum.3[usize::from(class.min(3))] += 1;
        }
    }
    for (id, class) in canvas.ids.iter_mut().zip(&mut canvas.classes) {
        if *id > 0 && sums[usize::from(*id)].0 < LEAST_AREA_PX {
            (*id, *class) = (0, 0);
        }
    }
    let areas: Vec<u32> = sums.iter().map(|sum| sum.0).collect();
    let readable = readable(frame, &canvas.ids, &areas, framing.scale);
    let seen = planted
        .iter()
        .zip(&sums[1..])
        .enumerate()
        .filter(|(_, (_, s))| s.0 >= LEAST_AREA_PX);
    seen.map(|(i, (p, s))| {
        let n = f64::from(s.0);
        let (u, v) = framing.warp.tray((s.1 / n) as f32, (s.2 / n) as f32);
        let class = (HEALTHY..4)
            .max_by_key(|&k| s.3[usize::from(k)])
            .unwrap_or(HEALTHY);
        RenderedPlant {
            id: i as u16 + 1,
            cell: p.cell,
            root: TrayPoint::new(f64::from(p.root[0]), f64::from(p.root[1])),
            centre: TrayPoint::new(f64::from(u), f64::from(v)),
            class,
            family: p.family,
            leaves: p.leaves,
            area_px: s.0,
            height_pitch: p.height_pitch,
            readable: readable[i + 1],
        }
    })
    .collect()
}

/// The state of every cell, row-major: unlabelled where plants are rooted and none is readable, where it is
/// hidden, and where it lies out of the picture.
pub(super) fn cells(
    request: &RenderRequest,
    framing: &Framing,
    planted: &[Planted],
    seen: &[RenderedPlant],
    hidden: &[f32],
) -> Vec<RenderedCell> {
    let place = |(row, col): (usize, usize)| row * request.cols + col;
    let mut sown = vec![Sown::default(); request.rows * request.cols];
    for cell in planted.iter().filter_map(|p| p.cell) {
        sown[place(cell)].any = true;
    }
    for plant in seen {
        let Some(cell) = plant.cell else { continue };
        let here = &mut sown[place(cell)];
        if plant.readable {
            here.readable += 1;
        } else {
            here.unreadable = true;
        }
    }
    let size = (framing.width as f64, framing.height as f64);
    let labelled = |(i, here): (usize, &Sown)| {
        let (row, col) = (i / request.cols, i % request.cols);
        let p = framing.warp.frame(col as f32 + 0.5, row as f32 + 0.5);
        let outside = p.x < 0.0 || p.y < 0.0 || p.x > size.0 || p.y > size.1;
        let unknown = hidden[i] > MOST_HIDDEN || request.view == View::NoTray || outside;
        RenderedCell {
            state: match here {
                _ if unknown => CellState::Unlabelled,
                Sown { any: false, .. } => CellState::NoSeedling,
                Sown { readable: 0, .. } => CellState::Unlabelled,
                _ => CellState::Seedling,
            },
            plants: (!here.unreadable).then_some(here.readable),
        }
    };
    sown.iter().enumerate().map(labelled).collect()
}

/// What is rooted in a cell.
#[derive(Clone, Default)]
struct Sown {
    any: bool,
    readable: u32,
    /// Whether some show, but not enough to be counted.
    unreadable: bool,
}
