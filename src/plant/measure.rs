//! A label image and what was summed over its plants in, the plants' measures out.

use crate::geometry::{RectifiedPoint, TrayPoint};
use crate::tray::TrayImageLayout;

use super::outputs::{CLASS_STRIDE, PlantKind};
use super::roots::Root;

/// One plant. Its pixels carry `index + 1` in the label image.
#[derive(Debug, Clone, PartialEq)]
pub struct Plant {
    /// Where it is rooted.
    pub root: TrayPoint,
    /// Heat of that root, 0–1; 0 when the root was not seen and the canopy's centre stands in.
    pub heat: f32,
    /// Row and column of the cell it is rooted in; none beyond the block.
    pub cell: Option<(usize, usize)>,
    /// Centre of the canopy.
    pub centre: TrayPoint,
    /// Canopy area, square pitches.
    pub area_pitch2: f64,
    /// Part of it within the plant's own cell, square pitches.
    pub own_cell_pitch2: f64,
    /// Chlorotic share of the canopy, 0–1.
    pub chlorotic: f64,
    /// Necrotic share of the canopy, 0–1.
    pub necrotic: f64,
}

/// The plants of a tray image.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlantMap {
    /// Width of the label image, pixels of two rectified pixels.
    pub width: usize,
    /// Its height.
    pub height: usize,
    /// 0 where there is no plant, else the plant's index + 1.
    pub labels: Vec<u32>,
    /// The plants.
    pub plants: Vec<Plant>,
    /// A cell's area under plants rooted elsewhere, square pitches, row-major.
    pub foreign_pitch2: Vec<f64>,
    /// Share of the block of cells that lies under canopy, 0–1.
    pub cover: f64,
}

/// What is summed over a plant's pixels while they are labelled.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlantSums {
    root: Option<Root>,
    pixels: usize,
    x: usize,
    y: usize,
    chlorotic: usize,
    necrotic: usize,
}

impl PlantSums {
    /// Of no pixel yet.
    pub fn of(root: Option<Root>) -> Self {
        Self {
            root,
            pixels: 0,
            x: 0,
            y: 0,
            chlorotic: 0,
            necrotic: 0,
        }
    }

    /// Adds a class pixel.
    #[inline]
    pub fn add(&mut self, x: usize, y: usize, kind: PlantKind) {
        self.pixels += 1;
        self.x += x;
        self.y += y;
        self.chlorotic += usize::from(kind == PlantKind::Chlorotic);
        self.necrotic += usize::from(kind == PlantKind::Necrotic);
    }

    /// The plant, but for what lies in which cell; none when it has less than the least area.
    fn plant(&self, layout: TrayImageLayout, least_area_pitch2: f64) -> Option<Plant> {
        let area_pitch2 = self.pixels as f64 * pixel_area(layout);
        if self.pixels == 0 || area_pitch2 < least_area_pitch2 {
            return None;
        }
        let n = self.pixels as f64;
        let middle = |sum: usize| (sum as f64 / n + 0.5) * CLASS_STRIDE as f64;
        let centre =
            layout.tray_from_rectified(RectifiedPoint::new(middle(self.x), middle(self.y)));
        let (root, heat) = self.root.map_or((centre, 0.0), |root| (root.at, root.heat));
        Some(Plant {
            root,
            heat,
            cell: cell_of(root, layout),
            centre,
            area_pitch2,
            own_cell_pitch2: 0.0,
            chlorotic: self.chlorotic as f64 / n,
            necrotic: self.necrotic as f64 / n,
        })
    }
}

/// Area of a class pixel, square pitches.
fn pixel_area(layout: TrayImageLayout) -> f64 {
    let side = CLASS_STRIDE as f64 / layout.px_per_pitch as f64;
    side * side
}

/// The cell that a point of the tray lies in.
fn cell_of(point: TrayPoint, layout: TrayImageLayout) -> Option<(usize, usize)> {
    let inside = |v: f64, cells: usize| (v >= 0.0 && v < cells as f64).then_some(v as usize);
    Some((inside(point.y, layout.rows)?, inside(point.x, layout.cols)?))
}

/// Which row and column of cells each row and column of class pixels lies in; [`MARGIN`] beyond the block.
#[derive(Debug, Default)]
pub(super) struct CellOfPixel {
    rows: Vec<u32>,
    cols: Vec<u32>,
}

/// No cell.
const MARGIN: u32 = u32::MAX;

impl CellOfPixel {
    /// For a label image of this size.
    pub fn lay_out(&mut self, layout: TrayImageLayout, width: usize, height: usize) {
        let margin = layout.px_per_pitch / 2;
        for (places, pixels, cells) in [
            (&mut self.rows, height, layout.rows),
            (&mut self.cols, width, layout.cols),
        ] {
            places.clear();
            places.extend((0..pixels).map(|i| {
                let middle = i * CLASS_STRIDE + CLASS_STRIDE / 2;
                let cell = middle.checked_sub(margin).map(|v| v / layout.px_per_pitch);
                cell.filter(|&v| v < cells).map_or(MARGIN, |v| v as u32)
            }));
        }
    }
}

/// Turns sums into plants, drops specks and numbers the label image anew, and splits every plant's area into its
/// own cell's and other cells'.
pub(super) fn measure(
    sums: &[PlantSums],
    cells: &CellOfPixel,
    layout: TrayImageLayout,
    least_area_pitch2: f64,
    new_labels: &mut Vec<u32>,
    map: &mut PlantMap,
) {
    map.plants.clear();
    new_labels.clear();
    new_labels.push(0);
    for sum in sums {
        let plant = sum.plant(layout, least_area_pitch2);
        let label = plant.as_ref().map_or(0, |_| map.plants.len() as u32 + 1);
        map.plants.extend(plant);
        new_labels.push(label);
    }
    map.foreign_pitch2.clear();
    map.foreign_pitch2.resize(layout.rows * layout.cols, 0.0);
    let area = pixel_area(layout);
    let (mut covered, width) = (0_usize, map.width.max(1));
    for (labels, &row) in map.labels.chunks_exact_mut(width).zip(&cells.rows) {
        for (label, &col) in labels.iter_mut().zip(&cells.cols) {
            if *label == 0 {
                continue;
            }
            *label = new_labels[*label as usize];
            if *label == 0 || row == MARGIN || col == MARGIN {
                continue;
            }
            covered += 1;
            let here = (row as usize, col as usize);
            let plant = &mut map.plants[*label as usize - 1];
            if plant.cell == Some(here) {
                plant.own_cell_pitch2 += area;
            } else {
                map.foreign_pitch2[here.0 * layout.cols + here.1] += area;
            }
        }
    }
    let inside = |places: &[u32]| places.iter().filter(|&&cell| cell != MARGIN).count();
    map.cover = covered as f64 / (inside(&cells.rows) * inside(&cells.cols)).max(1) as f64;
}
