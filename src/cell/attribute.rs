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
    let mut rooted: Vec<Vec<&Plant>> = vec![Vec::new(); rows * cols];
    for plant in &plants.plants {
        if let Some((row, col)) = plant.cell {
            rooted[row * cols + col].push(plant);
        }
    }
    let cell_of = |i: usize| (i / cols, i % cols);
    rooted
        .iter()
        .enumerate()
        .map(|(i, here)| {
            let (row, col) = cell_of(i);
            let state = |k: usize| f64::from(outputs.cells[(k, row, col)]);
            let canopy = Canopy::of(here, plants.foreign_pitch2[i]);
            let geometry = CellGeometry {
                lattice,
                scale,
                overhead,
                row,
                col,
            };
            geometry.observation(&canopy, (state(1) + state(2)).min(1.0), state(2))
        })
        .collect()
}

/// The canopy of all plants rooted in a cell.
struct Canopy {
    plants: u32,
    area_pitch2: f64,
    centre: Option<TrayPoint>,
    chlorotic: f64,
    necrotic: f64,
    overlap: f64,
}

impl Canopy {
    fn of(plants: &[&Plant], foreign_pitch2: f64) -> Self {
        let area: f64 = plants.iter().map(|p| p.area_pitch2).sum();
        let own: f64 = plants.iter().map(|p| p.own_cell_pitch2).sum();
        let mean = |trait_of: &dyn Fn(&Plant) -> f64| {
            let sum: f64 = plants.iter().map(|p| trait_of(p) * p.area_pitch2).sum();
            if area > 0.0 { sum / area } else { 0.0 }
        };
        let outside = if area > 0.0 { 1.0 - own / area } else { 0.0 };
        Self {
            plants: plants.len() as u32,
            area_pitch2: area,
            centre: (area > 0.0)
                .then(|| TrayPoint::new(mean(&|p| p.centre.x), mean(&|p| p.centre.y))),
            chlorotic: mean(&|p| p.chlorotic),
            necrotic: mean(&|p| p.necrotic),
            overlap: outside.max(foreign_pitch2).clamp(0.0, 1.0),
        }
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
    fn observation(&self, canopy: &Canopy, occupied: f64, several: f64) -> CellObservation {
        let (row, col) = (self.row, self.col);
        let middle = TrayPoint::new(col as f64 + 0.5, row as f64 + 0.5);
        let place = |seen| self.overhead.map_or(seen, |o| o.place(seen));
        let way = canopy.centre.map(|centre| place(centre) - middle);
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
            centre: canopy.centre.map(|c| {
                let p = self.lattice.frame_from_tray(c);
                euclid::point2(rounded::tenth(p.x), rounded::tenth(p.y))
            }),
            offset_pitch: way.map(|w| rounded::pitch(w.length())),
            offset_deviation_pitch: self
                .overhead
                .zip(canopy.centre)
                .map(|(o, seen)| rounded::pitch(o.place_deviation(seen))),
            offset_mm: way
                .zip(pitch)
                .map(|(w, [x, y])| rounded::tenth((w.x * x).hypot(w.y * y))),
            chlorotic: rounded::share(canopy.chlorotic),
            necrotic: rounded::share(canopy.necrotic),
            leaves: None,
            overlap: rounded::share(canopy.overlap),
            crowded: false,
        }
    }
}
