//! Net outputs into plants: pixels vote for a root by the way that the net points them
//! (the centre-offset grouping of Panoptic-DeepLab, Cheng et al. 2020).

use crate::geometry::{RectifiedPoint, TrayPoint};
use crate::tray::TrayImageLayout;

use super::outputs::{CENTRE_STRIDE, CLASS_STRIDE, NetOutputs};

/// Limits of the segmentation; they belong to a net and come from its card.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantParams {
    /// Least plant probability of a plant's pixel, 0–1.
    pub pixel: f32,
    /// Least heat of a root, 0–1.
    pub root: f32,
    /// Farthest that a pixel's vote may land from its root, pitches.
    pub reach_pitch: f64,
    /// Least area of a plant, square pitches: less is a speck.
    pub least_area_pitch2: f64,
}

impl Default for PlantParams {
    fn default() -> Self {
        Self {
            pixel: 0.5,
            root: 0.3,
            reach_pitch: 0.45,
            least_area_pitch2: 0.002,
        }
    }
}

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
}

impl PlantMap {
    /// Share of the block of cells that lies under canopy, 0–1.
    #[must_use]
    pub fn cover(&self, layout: TrayImageLayout) -> f64 {
        let margin = layout.px_per_pitch / CLASS_STRIDE / 2;
        let rows = self.labels.chunks_exact(self.width.max(1));
        let block = rows
            .skip(margin)
            .take(self.height.saturating_sub(2 * margin))
            .flat_map(|row| &row[margin..self.width.saturating_sub(margin).max(margin)]);
        let (all, plant) = block.fold((0usize, 0usize), |(all, plant), label| {
            (all + 1, plant + usize::from(*label > 0))
        });
        plant as f64 / all.max(1) as f64
    }
}

/// Groups the net's plant pixels into plants.
#[must_use]
pub fn segment(
    outputs: &NetOutputs<'_>,
    layout: TrayImageLayout,
    params: &PlantParams,
) -> PlantMap {
    let roots = find_roots(outputs, layout, params.root);
    let nearby = RootsByCell::new(&roots, layout);
    let (height, width) = (outputs.classes.dim().1, outputs.classes.dim().2);
    let mut labels = vec![0_u32; width * height];
    let mut orphans = Vec::new();
    let least_log_odds = (params.pixel / (1.0 - params.pixel)).ln();
    for y in 0..height {
        for x in 0..width {
            if outputs.plant_log_odds(y, x) < least_log_odds {
                continue;
            }
            let vote = vote_of(outputs, layout, y, x);
            match nearby.nearest(&roots, vote, params.reach_pitch) {
                Some(root) => labels[y * width + x] = root as u32 + 1,
                None => orphans.push(y * width + x),
            }
        }
    }
    let mut all: Vec<(TrayPoint, f32)> = roots;
    adopt_orphans(&mut labels, &orphans, width, &mut all);
    let mut map = PlantMap {
        width,
        height,
        labels,
        plants: Vec::new(),
        foreign_pitch2: vec![0.0; layout.rows * layout.cols],
    };
    let sums = sum_up(&map, outputs, layout, all.len());
    keep_plants(&mut map, &all, &sums, layout, params.least_area_pitch2);
    measure_overlap(&mut map, layout);
    map
}

/// Where a class pixel lies on the tray.
fn tray_point(layout: TrayImageLayout, stride: usize, y: usize, x: usize) -> TrayPoint {
    let half = stride as f64 / 2.0;
    layout.tray_from_rectified(RectifiedPoint::new(
        (x * stride) as f64 + half,
        (y * stride) as f64 + half,
    ))
}

/// Area of a class pixel, square pitches.
fn pixel_area(layout: TrayImageLayout) -> f64 {
    let side = CLASS_STRIDE as f64 / layout.px_per_pitch as f64;
    side * side
}

/// Where the net says that the plant of a class pixel is rooted.
fn vote_of(outputs: &NetOutputs<'_>, layout: TrayImageLayout, y: usize, x: usize) -> TrayPoint {
    let coarse = CENTRE_STRIDE / CLASS_STRIDE;
    let (cy, cx) = (y / coarse, x / coarse);
    let way = |k: usize| f64::from(outputs.centres[(k, cy, cx)]);
    let from = tray_point(layout, CENTRE_STRIDE, cy, cx);
    TrayPoint::new(from.x + way(1), from.y + way(2))
}

/// Local maxima of the heat map above `least`, with their heat.
fn find_roots(
    outputs: &NetOutputs<'_>,
    layout: TrayImageLayout,
    least: f32,
) -> Vec<(TrayPoint, f32)> {
    let (height, width) = (outputs.centres.dim().1, outputs.centres.dim().2);
    let heat = |y: usize, x: usize| outputs.centres[(0, y, x)];
    let mut roots = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let here = heat(y, x);
            if here < least {
                continue;
            }
            let highest = (y.saturating_sub(1)..(y + 2).min(height)).all(|j| {
                (x.saturating_sub(1)..(x + 2).min(width)).all(|i| {
                    // of equal neighbours the first in reading order is the maximum
                    let other = heat(j, i);
                    other < here || (other == here && (j, i) >= (y, x))
                })
            });
            if highest {
                roots.push((tray_point(layout, CENTRE_STRIDE, y, x), here));
            }
        }
    }
    roots
}

/// Roots sorted into the cells of the tray and its margin, so that a vote looks at nine cells only.
struct RootsByCell {
    rows: usize,
    cols: usize,
    starts: Vec<usize>,
    order: Vec<usize>,
}

impl RootsByCell {
    fn new(roots: &[(TrayPoint, f32)], layout: TrayImageLayout) -> Self {
        let (rows, cols) = (layout.rows + 2, layout.cols + 2);
        let bucket = |p: TrayPoint| {
            let place = |v: f64, most: usize| ((v.floor() + 1.0).max(0.0) as usize).min(most - 1);
            place(p.y, rows) * cols + place(p.x, cols)
        };
        let mut order: Vec<usize> = (0..roots.len()).collect();
        order.sort_by_key(|&i| (bucket(roots[i].0), i));
        let mut starts = vec![0; rows * cols + 1];
        for root in roots {
            starts[bucket(root.0) + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        Self {
            rows,
            cols,
            starts,
            order,
        }
    }

    /// The root nearest to a point, not farther than `reach` ≤ 1 pitch.
    fn nearest(&self, roots: &[(TrayPoint, f32)], point: TrayPoint, reach: f64) -> Option<usize> {
        let range = |v: f64, most: usize| {
            let middle = (v.floor() + 1.0).clamp(0.0, (most - 1) as f64) as usize;
            middle.saturating_sub(1)..(middle + 2).min(most)
        };
        let mut best = (reach * reach, None);
        for row in range(point.y, self.rows) {
            for col in range(point.x, self.cols) {
                let bucket = row * self.cols + col;
                for &i in &self.order[self.starts[bucket]..self.starts[bucket + 1]] {
                    let distance = (roots[i].0 - point).square_length();
                    if distance < best.0 {
                        best = (distance, Some(i));
                    }
                }
            }
        }
        best.1
    }
}

/// Makes a plant of every connected group of pixels that found no root. A group that touches a rooted
/// plant joins it: a leaf's tip that points a little astray is no plant of its own.
fn adopt_orphans(
    labels: &mut [u32],
    orphans: &[usize],
    width: usize,
    plants: &mut Vec<(TrayPoint, f32)>,
) {
    const WAITING: u32 = u32::MAX;
    for &i in orphans {
        labels[i] = WAITING;
    }
    let mut group = Vec::new();
    for &start in orphans {
        if labels[start] != WAITING {
            continue;
        }
        let own = plants.len() as u32 + 1;
        labels[start] = own;
        group.clear();
        group.push(start);
        let mut neighbour = None;
        let mut next = 0;
        while next < group.len() {
            let at = group[next];
            next += 1;
            for beside in neighbours(at, width, labels.len()) {
                match labels[beside] {
                    0 => {}
                    WAITING => {
                        labels[beside] = own;
                        group.push(beside);
                    }
                    label if label != own => neighbour = Some(label),
                    _ => {}
                }
            }
        }
        match neighbour {
            Some(label) => group.iter().for_each(|&i| labels[i] = label),
            None => plants.push((TrayPoint::new(f64::NAN, f64::NAN), 0.0)),
        }
    }
}

/// The four neighbours of a pixel within the label image.
fn neighbours(at: usize, width: usize, len: usize) -> impl Iterator<Item = usize> {
    let x = at % width;
    [
        (x > 0).then(|| at - 1),
        (x + 1 < width).then_some(at + 1),
        at.checked_sub(width),
        (at + width < len).then_some(at + width),
    ]
    .into_iter()
    .flatten()
}

/// What is summed over a plant's pixels.
#[derive(Debug, Clone, Copy, Default)]
struct PlantSums {
    pixels: usize,
    x: f64,
    y: f64,
    chlorotic: usize,
    necrotic: usize,
}

fn sum_up(
    map: &PlantMap,
    outputs: &NetOutputs<'_>,
    layout: TrayImageLayout,
    plants: usize,
) -> Vec<PlantSums> {
    let mut sums = vec![PlantSums::default(); plants];
    for (i, &label) in map.labels.iter().enumerate() {
        let Some(sum) = (label as usize).checked_sub(1).map(|p| &mut sums[p]) else {
            continue;
        };
        let (y, x) = (i / map.width, i % map.width);
        let at = tray_point(layout, CLASS_STRIDE, y, x);
        sum.pixels += 1;
        sum.x += at.x;
        sum.y += at.y;
        let [healthy, chlorotic, necrotic] = [1, 2, 3].map(|k| outputs.classes[(k, y, x)]);
        if chlorotic > healthy && chlorotic >= necrotic {
            sum.chlorotic += 1;
        } else if necrotic > healthy {
            sum.necrotic += 1;
        }
    }
    sums
}

/// Turns sums into plants, drops specks, and renumbers the label image.
fn keep_plants(
    map: &mut PlantMap,
    roots: &[(TrayPoint, f32)],
    sums: &[PlantSums],
    layout: TrayImageLayout,
    least_area_pitch2: f64,
) {
    let mut new_label = vec![0_u32; sums.len() + 1];
    for (i, (sum, &(root, heat))) in sums.iter().zip(roots).enumerate() {
        let area_pitch2 = sum.pixels as f64 * pixel_area(layout);
        if sum.pixels == 0 || area_pitch2 < least_area_pitch2 {
            continue;
        }
        let n = sum.pixels as f64;
        let centre = TrayPoint::new(sum.x / n, sum.y / n);
        let root = if heat > 0.0 { root } else { centre };
        map.plants.push(Plant {
            root,
            heat,
            cell: cell_of(root, layout),
            centre,
            area_pitch2,
            own_cell_pitch2: 0.0,
            chlorotic: sum.chlorotic as f64 / n,
            necrotic: sum.necrotic as f64 / n,
        });
        new_label[i + 1] = map.plants.len() as u32;
    }
    for label in &mut map.labels {
        *label = new_label[*label as usize];
    }
}

/// The cell that a point of the tray lies in.
fn cell_of(point: TrayPoint, layout: TrayImageLayout) -> Option<(usize, usize)> {
    let inside = |v: f64, cells: usize| (v >= 0.0 && v < cells as f64).then_some(v as usize);
    Some((inside(point.y, layout.rows)?, inside(point.x, layout.cols)?))
}

/// Splits every plant's area into its own cell's and other cells'.
fn measure_overlap(map: &mut PlantMap, layout: TrayImageLayout) {
    let area = pixel_area(layout);
    for (i, &label) in map.labels.iter().enumerate() {
        let Some(plant) = (label as usize).checked_sub(1) else {
            continue;
        };
        let at = tray_point(layout, CLASS_STRIDE, i / map.width, i % map.width);
        let here = cell_of(at, layout);
        let plant = &mut map.plants[plant];
        if here == plant.cell && here.is_some() {
            plant.own_cell_pitch2 += area;
        } else if let Some((row, col)) = here {
            map.foreign_pitch2[row * layout.cols + col] += area;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plant::OutputsError;
    use ndarray::{Array3, ArrayD};

    const LAYOUT: TrayImageLayout = TrayImageLayout {
        rows: 1,
        cols: 2,
        px_per_pitch: 48,
    };

    /// Centre x and y and radius in pitches, class, and the root that it points at.
    type Disc = (f64, f64, f64, usize, (f64, f64));

    /// Paints discs of plant around points of the tray, each pointing at a root, into blank outputs.
    fn painted(discs: &[Disc]) -> Vec<ArrayD<f32>> {
        let (h, w) = (LAYOUT.height(), LAYOUT.width());
        let mut classes = Array3::<f32>::zeros((4, h / 2, w / 2));
        classes.index_axis_mut(ndarray::Axis(0), 0).fill(9.0);
        let mut centres = Array3::<f32>::zeros((3, h / 4, w / 4));
        for &(x, y, radius, class, root) in discs {
            for j in 0..h / 2 {
                for i in 0..w / 2 {
                    let p = tray_point(LAYOUT, 2, j, i);
                    if (p - TrayPoint::new(x, y)).length() <= radius {
                        classes[(0, j, i)] = 0.0;
                        classes[(class, j, i)] = 9.0;
                    }
                }
            }
            for j in 0..h / 4 {
                for i in 0..w / 4 {
                    let p = tray_point(LAYOUT, 4, j, i);
                    if (p - TrayPoint::new(x, y)).length() <= radius + 0.1 {
                        centres[(1, j, i)] = (root.0 - p.x) as f32;
                        centres[(2, j, i)] = (root.1 - p.y) as f32;
                    }
                    if (p - TrayPoint::new(root.0, root.1)).length() < 0.06 {
                        centres[(0, j, i)] = 0.9;
                    }
                }
            }
        }
        let cells = Array3::<f32>::zeros((4, 1, 2));
        [classes, centres, cells]
            .map(|a| a.insert_axis(ndarray::Axis(0)).into_dyn())
            .into()
    }

    fn segmented(discs: &[Disc]) -> PlantMap {
        let outputs = painted(discs);
        let outputs = NetOutputs::new(&outputs, LAYOUT).unwrap();
        segment(&outputs, LAYOUT, &PlantParams::default())
    }

    #[test]
    fn a_leaf_over_the_wall_belongs_to_the_cell_of_its_root() {
        let root = (0.8, 0.5);
        let map = segmented(&[(0.8, 0.5, 0.12, 1, root), (1.0, 0.5, 0.12, 1, root)]);
        assert_eq!(map.plants.len(), 1);
        let plant = &map.plants[0];
        assert_eq!(plant.cell, Some((0, 0)));
        assert!(plant.own_cell_pitch2 < plant.area_pitch2 - 0.01);
        assert!((map.foreign_pitch2[1] - (plant.area_pitch2 - plant.own_cell_pitch2)).abs() < 1e-9);
    }

    #[test]
    fn an_area_is_the_disc_that_was_painted() {
        let map = segmented(&[(0.5, 0.5, 0.3, 2, (0.5, 0.5))]);
        let expected = std::f64::consts::PI * 0.09;
        assert!((map.plants[0].area_pitch2 / expected - 1.0).abs() < 0.03);
        assert_eq!(map.plants[0].chlorotic, 1.0);
    }

    #[test]
    fn two_touching_plants_are_two() {
        let map = segmented(&[
            (0.35, 0.5, 0.15, 1, (0.35, 0.5)),
            (0.65, 0.5, 0.15, 1, (0.65, 0.5)),
        ]);
        assert_eq!(map.plants.len(), 2);
    }

    #[test]
    fn a_plant_without_a_root_stands_at_its_centre_and_a_speck_is_none() {
        let mut outputs = painted(&[
            (1.5, 0.5, 0.2, 3, (1.5, 0.5)),
            (0.5, 0.5, 0.02, 1, (0.5, 0.5)),
        ]);
        outputs[1].index_axis_mut(ndarray::Axis(1), 0).fill(0.0);
        let outputs = NetOutputs::new(&outputs, LAYOUT).unwrap();
        let map = segment(&outputs, LAYOUT, &PlantParams::default());
        assert_eq!(map.plants.len(), 1);
        assert_eq!(map.plants[0].cell, Some((0, 1)));
        assert_eq!(map.plants[0].necrotic, 1.0);
        assert!((map.plants[0].centre - TrayPoint::new(1.5, 0.5)).length() < 0.01);
    }

    #[test]
    fn outputs_of_another_tray_are_refused() {
        let outputs = painted(&[]);
        let other = TrayImageLayout { rows: 2, ..LAYOUT };
        assert!(matches!(
            NetOutputs::new(&outputs, other),
            Err(OutputsError::Shape {
                name: "classes",
                ..
            })
        ));
    }
}
