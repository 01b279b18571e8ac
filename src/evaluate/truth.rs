//! The labels of one picture, from the files beside it, and their comparison with what was found.

use std::collections::BTreeMap;

use crate::dataset::{
    BoxLabel, CellState, DatasetError, LabelMap, LabelledImage, Node, PlantTruth, read_boxes,
    read_mask, read_nodes, read_plant_ids, read_plants,
};
use crate::geometry::FramePoint;
use crate::inspect::{PlantReading, TrayReport};
use crate::tray::Lattice;

use super::attribution::{AttributedPlant, Attribution};
use super::frame_points::for_each_tray_point;
use super::grades::{CONDITIONS, condition_of_class};
use super::input::Compared;
use super::location::box_iou;
use super::masks::compare_masks;
use super::metric::corner_error_pitch;
use super::plant_measures::PlantedCell;

/// Why labels cannot be compared with a picture.
#[derive(Debug, thiserror::Error)]
pub enum TruthError {
    /// A label file is missing or malformed.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A mask or plant map of another size than its picture.
    #[error("{image}: its picture has {expected:?} px, its mask or plant map {found:?} px")]
    Size {
        /// The picture's id.
        image: String,
        /// Width and height of the picture.
        expected: (usize, usize),
        /// Width and height of the label.
        found: (usize, usize),
    },
}

/// What is labelled of one picture.
#[derive(Debug, Clone, Default)]
pub struct TrayTruth {
    image: String,
    labels: Vec<Option<bool>>,
    grade_labels: Vec<Option<String>>,
    mask: Option<LabelMap<bool>>,
    ids: Option<LabelMap<u16>>,
    plants: Vec<PlantTruth>,
    corners: Option<[FramePoint; 4]>,
    nodes: Vec<Node>,
    tray_box: Option<[f64; 4]>,
    cols: usize,
}

/// Where a tray was found, and its plants where labels ask for them.
#[derive(Debug, Clone)]
pub struct Found {
    /// Width and height of the frame, px.
    pub size: (usize, usize),
    /// The lattice that was found.
    pub lattice: Lattice,
    /// The plants along it.
    pub reading: Option<PlantReading>,
}

impl TrayTruth {
    /// Reads the label files of a picture.
    ///
    /// # Errors
    /// A file is malformed or cannot be read.
    pub fn read(image: &LabelledImage) -> Result<Self, TruthError> {
        let mut plants = image.plant_table.as_deref().map(read_plants).transpose()?;
        // what nobody can read scores nobody
        plants.iter_mut().for_each(|p| p.retain(|p| p.readable));
        let ids = image.plants.as_deref().map(read_plant_ids).transpose()?;
        let mask = match &image.mask {
            Some(path) => Some(read_mask(path)?),
            None => ids.as_ref().map(|ids| LabelMap {
                width: ids.width,
                height: ids.height,
                values: ids.values.iter().map(|&id| id > 0).collect(),
            }),
        };
        let boxes = image.boxes.as_deref().map(read_boxes).transpose()?;
        let nodes = image.nodes.as_deref().map(read_nodes).transpose()?;
        let mut truth = Self {
            image: image.id.clone(),
            mask,
            ids,
            plants: plants.unwrap_or_default(),
            corners: image.corners,
            nodes: nodes.unwrap_or_default(),
            tray_box: usable_tray_box(image, &boxes.unwrap_or_default()),
            cols: image.cols.unwrap_or_default(),
            ..Self::default()
        };
        truth.label_cells(image);
        Ok(truth)
    }

    fn label_cells(&mut self, image: &LabelledImage) {
        let (rows, cols) = image.grid().unwrap_or_default();
        self.labels = vec![None; rows * cols];
        let mut grades = vec![None; rows * cols];
        for cell in image.cells.iter().flatten() {
            if cell.row >= rows || cell.col >= cols {
                continue;
            }
            let place = cell.row * cols + cell.col;
            self.labels[place] = match cell.state {
                CellState::Seedling => Some(true),
                CellState::NoSeedling => Some(false),
                CellState::Unlabelled => None,
            };
            if cell.state == CellState::Seedling {
                let counted = cell.plants.is_some_and(|plants| plants > 1);
                let double = counted.then(|| CONDITIONS[CONDITIONS.len() - 1].to_owned());
                let condition = || self.condition_of(cell.row, cell.col).map(str::to_owned);
                grades[place] = cell.grade.clone().or(double).or_else(condition);
            }
        }
        if grades.iter().any(Option::is_some) {
            self.grade_labels = grades;
        }
    }

    /// The condition of the plant that is rooted in a cell, where a plants file tells.
    fn condition_of(&self, row: usize, col: usize) -> Option<&'static str> {
        let here = self.plants.iter().filter(|p| p.cell == Some((row, col)));
        // a second plant that hardly shows is none that a label of one plant speaks of
        let largest = here.max_by(|a, b| a.area_px.total_cmp(&b.area_px))?;
        condition_of_class(largest.class)
    }

    /// Whether a cell holds a seedling, row-major.
    #[must_use]
    pub fn labels(&self) -> &[Option<bool>] {
        &self.labels
    }

    /// Whether comparing needs the plants along the found lattice, beyond the report.
    #[must_use]
    pub fn needs_plants(&self) -> bool {
        self.mask.is_some()
    }

    /// The labelled mask.
    #[must_use]
    pub fn mask(&self) -> Option<&LabelMap<bool>> {
        self.mask.as_ref()
    }

    /// Checks that masks and plant maps have the picture's size.
    ///
    /// # Errors
    /// One has not.
    pub fn fits(&self, size: (usize, usize)) -> Result<(), TruthError> {
        let mask = self.mask.as_ref().map(|m| (m.width, m.height));
        let ids = self.ids.as_ref().map(|m| (m.width, m.height));
        match [mask, ids]
            .into_iter()
            .flatten()
            .find(|found| *found != size)
        {
            None => Ok(()),
            Some(found) => Err(TruthError::Size {
                image: self.image.clone(),
                expected: size,
                found,
            }),
        }
    }

    /// Whether the labelled block of cells lies wholly in a picture of this width and height, px; none where its place is
    /// not labelled.
    #[must_use]
    pub fn is_whole_in(&self, (width, height): (usize, usize)) -> Option<bool> {
        let nodes = self.nodes.iter().map(|node| node.at);
        let mut places: Vec<FramePoint> = nodes.collect();
        if places.is_empty() {
            places.extend(self.corners?);
        }
        let within = |at: &FramePoint| {
            (0.0..=width as f64).contains(&at.x) && (0.0..=height as f64).contains(&at.y)
        };
        Some(places.iter().all(within))
    }

    /// Compares the labels with a report and with where the tray was found; none where it was not.
    ///
    /// # Errors
    /// A mask or plant map has another size than the picture.
    pub fn compare(
        &self,
        report: &TrayReport,
        found: Option<Found>,
    ) -> Result<Compared, TruthError> {
        let pixels = self.pixels_of_plants();
        let mut compared = Compared {
            labels: self.labels.clone(),
            grade_labels: self.grade_labels.clone(),
            planted: self.planted_cells(&pixels),
            corner_error_pitch: self.corner_error(report),
            ..Compared::default()
        };
        let Some(found) = found else {
            return Ok(compared);
        };
        self.fits(found.size)?;
        compared.farthest_node_pitch = self.farthest_node(&found.lattice);
        compared.box_iou = self
            .tray_box
            .and_then(|truth| box_iou(bounding_box(&found.lattice), truth));
        if let Some(reading) = found.reading {
            compared.attributed = self.attributed(&pixels, &found.lattice, &reading);
            let readings = [(found.lattice, reading)];
            compared.mask = self
                .mask
                .as_ref()
                .map(|mask| compare_masks(&readings, mask));
        }
        Ok(compared)
    }

    fn corner_error(&self, report: &TrayReport) -> Option<f64> {
        let truth = self.corners?.map(|p| [p.x, p.y]);
        corner_error_pitch(&report.corners_px?, &truth, report.px_per_pitch?)
    }

    fn farthest_node(&self, lattice: &Lattice) -> Option<f64> {
        let (rows, cols) = (lattice.rows(), lattice.cols());
        let of_nodes = self
            .nodes
            .iter()
            .filter(|node| node.row <= rows && node.col <= cols)
            .map(|node| lattice.node(node.row, node.col).distance_to(node.at));
        let farthest = of_nodes.max_by(f64::total_cmp).or_else(|| {
            let pairs = lattice.corners().into_iter().zip(self.corners?);
            pairs.map(|(a, b)| a.distance_to(b)).max_by(f64::total_cmp)
        })?;
        Some(farthest / lattice.px_per_pitch())
    }

    /// The plants of each cell, by their pixels in the plant map.
    fn planted_cells(&self, pixels: &BTreeMap<u16, PixelSum>) -> Vec<Option<PlantedCell>> {
        if pixels.is_empty() {
            return Vec::new();
        }
        let mut sums = vec![PixelSum::default(); self.labels.len()];
        for plant in &self.plants {
            let (Some(own), Some((row, col))) = (pixels.get(&plant.plant), plant.cell) else {
                continue;
            };
            if let Some(sum) = sums.get_mut(row * self.cols + col) {
                sum.count += own.count;
                sum.x += own.x;
                sum.y += own.y;
            }
        }
        let planted = |sum: &PixelSum| {
            Some(PlantedCell {
                area_px: sum.count,
                centre_px: sum.centre()?,
            })
        };
        sums.iter().map(planted).collect()
    }

    /// Every labelled plant's pixels.
    fn pixels_of_plants(&self) -> BTreeMap<u16, PixelSum> {
        let mut pixels: BTreeMap<u16, PixelSum> = BTreeMap::new();
        let Some(ids) = &self.ids else { return pixels };
        for (index, &id) in ids.values.iter().enumerate().filter(|(_, id)| **id > 0) {
            let sum = pixels.entry(id).or_default();
            sum.count += 1.0;
            sum.x += (index % ids.width) as f64 + 0.5;
            sum.y += (index / ids.width) as f64 + 0.5;
        }
        pixels
    }

    /// What became of every plant that is rooted in a cell labelled as holding a seedling.
    fn attributed(
        &self,
        pixels: &BTreeMap<u16, PixelSum>,
        lattice: &Lattice,
        reading: &PlantReading,
    ) -> Vec<AttributedPlant> {
        let Some(ids) = &self.ids else {
            return Vec::new();
        };
        let covers = self.found_plants_over(lattice, reading, ids);
        let half_diagonal = (ids.width as f64).hypot(ids.height as f64) / 2.0;
        let labelled = |plant: &&PlantTruth| {
            plant.cell.is_some_and(|(row, col)| {
                self.labels.get(row * self.cols + col) == Some(&Some(true))
            })
        };
        let attributed = |plant: &PlantTruth| {
            let [x, y] = pixels.get(&plant.plant)?.centre()?;
            let most = covers.get(&plant.plant).and_then(most_pixels);
            let outcome = match most.and_then(|found| reading.plants.plants.get(found)) {
                None => Attribution::NotFound,
                Some(found) if found.cell == plant.cell => Attribution::OwnCell,
                Some(_) => Attribution::OtherCell,
            };
            let (dx, dy) = (x - ids.width as f64 / 2.0, y - ids.height as f64 / 2.0);
            Some(AttributedPlant {
                outcome,
                height_pitch: plant.height_pitch,
                from_centre: dx.hypot(dy) / half_diagonal,
            })
        };
        self.plants
            .iter()
            .filter(labelled)
            .filter_map(attributed)
            .collect()
    }

    /// For every labelled plant, how many of its pixels each found plant covers.
    fn found_plants_over(
        &self,
        lattice: &Lattice,
        reading: &PlantReading,
        ids: &LabelMap<u16>,
    ) -> BTreeMap<u16, BTreeMap<usize, usize>> {
        let mut covers: BTreeMap<u16, BTreeMap<usize, usize>> = BTreeMap::new();
        for_each_tray_point(lattice, ids.width, ids.height, |index, point| {
            let id = ids.values[index];
            let place = (id > 0).then(|| reading.odds.index_at(point)).flatten();
            let label = place.map_or(0, |place| reading.plants.labels[place]);
            if let Some(found) = (label as usize).checked_sub(1) {
                *covers.entry(id).or_default().entry(found).or_default() += 1;
            }
        });
        covers
    }
}

/// The found plant that covers most pixels; of equals the first.
fn most_pixels(covers: &BTreeMap<usize, usize>) -> Option<usize> {
    let most = covers.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)));
    most.map(|(found, _)| *found)
}

/// Pixels of a plant, and the sums of their places.
#[derive(Debug, Clone, Copy, Default)]
struct PixelSum {
    count: f64,
    x: f64,
    y: f64,
}

impl PixelSum {
    fn centre(self) -> Option<[f64; 2]> {
        (self.count > 0.0).then(|| [self.x / self.count, self.y / self.count])
    }
}

/// The box of the tray where exactly one is labelled and the picture does not cut it: which of two trays was found
/// would be a guess.
fn usable_tray_box(image: &LabelledImage, boxes: &[BoxLabel]) -> Option<[f64; 4]> {
    let mut trays = boxes.iter().filter(|b| b.is_tray());
    let (first, second) = (trays.next()?, trays.next());
    (second.is_none() && image.whole_tray != Some(false)).then_some(first.edges)
}

fn bounding_box(lattice: &Lattice) -> [f64; 4] {
    let corners = lattice.corners();
    let lo = corners.iter().fold(corners[0], |lo, p| lo.min(*p));
    let hi = corners.iter().fold(corners[0], |hi, p| hi.max(*p));
    [lo.x, lo.y, hi.x, hi.y]
}

#[cfg(test)]
#[path = "truth_tests.rs"]
mod tests;
