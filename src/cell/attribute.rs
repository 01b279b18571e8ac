//! Plants and the net's cell states into one observation a cell.

use crate::geometry::TrayPoint;
use crate::plant::{NetOutputs, Plant, PlantMap};
use crate::tray::Lattice;

use super::{CellObservation, CellScale, Overhead, rounded};

/// One observation for every cell of the block, row-major.
///
/// A plant counts for the cell that it is rooted in, with all of its canopy. Area and centre are corrected
/// for height where heights are known.
#[must_use]
pub fn observe(
    plants: &PlantMap,
    outputs: &NetOutputs<'_>,
    lattice: &Lattice,
    scale: Option<CellScale>,
    overhead: Option<Overhead>,
) -> Vec<CellObservation> {
    let (rows, cols) = (lattice.rows(), lattice.cols());
    let mut canopies = vec![Canopy::default(); rows * cols];
    for plant in &plants.plants {
        if let Some((row, col)) = plant.cell {
            canopies[row * cols + col].add(plant);
        }
    }
    canopies
        .iter()
        .enumerate()
        .map(|(i, canopy)| {
            let (row, col) = (i / cols, i % cols);
            let state = |k: usize| f64::from(outputs.cells.at(k, row, col));
            let geometry = CellGeometry {
                lattice,
                scale,
                overhead,
                row,
                col,
            };
            let states = [(state(1) + state(2)).min(1.0), state(2)];
            geometry.observation(canopy, plants.foreign_pitch2[i], states)
        })
        .collect()
}

/// The canopy of all plants rooted in a cell: sums over them, most weighted by area.
#[derive(Debug, Clone, Copy, Default)]
struct Canopy {
    plants: u32,
    area_pitch2: f64,
    own_cell_pitch2: f64,
    x: f64,
    y: f64,
    chlorotic: f64,
    necrotic: f64,
}

impl Canopy {
    fn add(&mut self, plant: &Plant) {
        let area = plant.area_pitch2;
        self.plants += 1;
        self.area_pitch2 += area;
        self.own_cell_pitch2 += plant.own_cell_pitch2;
        self.x += plant.centre.x * area;
        self.y += plant.centre.y * area;
        self.chlorotic += plant.chlorotic * area;
        self.necrotic += plant.necrotic * area;
    }

    /// A sum's mean over the canopy; 0 without one.
    fn mean(&self, sum: f64) -> f64 {
        if self.area_pitch2 > 0.0 {
            sum / self.area_pitch2
        } else {
            0.0
        }
    }

    fn centre(&self) -> Option<TrayPoint> {
        let middle = || TrayPoint::new(self.mean(self.x), self.mean(self.y));
        (self.area_pitch2 > 0.0).then(middle)
    }

    /// Share of the canopy over other cells, or of the cell under other plants; the larger.
    fn overlap(&self, foreign_pitch2: f64) -> f64 {
        let inside = self.mean(self.own_cell_pitch2);
        let outside = if self.area_pitch2 > 0.0 {
            1.0 - inside
        } else {
            0.0
        };
        outside.max(foreign_pitch2).clamp(0.0, 1.0)
    }
}

/// A cell's place and size.
struct CellGeometry<'a> {
    lattice: &'a Lattice,
    scale: Option<CellScale>,
    overhead: Option<Overhead>,
    row: usize,
    col: usize,
}

impl CellGeometry<'_> {
    fn observation(
        &self,
        canopy: &Canopy,
        foreign_pitch2: f64,
        [occupied, several]: [f64; 2],
    ) -> CellObservation {
        let (row, col) = (self.row, self.col);
        let middle = TrayPoint::new(col as f64 + 0.5, row as f64 + 0.5);
        let place = |seen| self.overhead.map_or(seen, |o| o.place(seen));
        let centre = canopy.centre();
        let way = centre.map(|centre| place(centre) - middle);
        let pitch = self.scale.map(|s| s.pitch_mm);
        let area = canopy.area_pitch2 * self.overhead.map_or(1.0, |o| o.area_factor());
        CellObservation {
            row,
            col,
            occupied: rounded::share(occupied),
            several: rounded::share(several),
            plants: canopy.plants,
            area_pitch2: rounded::pitch2(area),
            area_deviation_pitch2: self
                .overhead
                .map(|o| rounded::pitch2(area * o.area_deviation())),
            area_px: rounded::tenth(canopy.area_pitch2 * self.lattice.cell_area_px(row, col)),
            area_mm2: pitch.map(|[x, y]| rounded::tenth(area * x * y)),
            centre: centre.map(|c| {
                let p = self.lattice.frame_from_tray(c);
                euclid::point2(rounded::tenth(p.x), rounded::tenth(p.y))
            }),
            offset_pitch: way.map(|w| rounded::pitch(w.length())),
            offset_deviation_pitch: self
                .overhead
                .zip(centre)
                .map(|(o, seen)| rounded::pitch(o.place_deviation(seen))),
            offset_mm: way
                .zip(pitch)
                .map(|(w, [x, y])| rounded::tenth((w.x * x).hypot(w.y * y))),
            chlorotic: rounded::share(canopy.mean(canopy.chlorotic)),
            necrotic: rounded::share(canopy.mean(canopy.necrotic)),
            leaves: None,
            overlap: rounded::share(canopy.overlap(foreign_pitch2)),
            crowded: false,
        }
    }
}
