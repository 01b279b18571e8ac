//! Net outputs into plants: pixels vote for a root by the way that the net points them
//! (the centre-offset grouping of Panoptic-DeepLab, Cheng et al. 2020).

use crate::geometry::TrayPoint;
use crate::tray::TrayImageLayout;

use super::measure::{CellOfPixel, PlantMap, PlantSums, measure};
use super::outputs::{CENTRE_STRIDE, CLASS_STRIDE, NetOutputs, tray_point};
use super::roots::Roots;

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

/// Groups the net's plant pixels into plants. Owns the buffers of that work, which are reused from tray to tray.
#[derive(Debug, Default)]
pub struct Segmenter {
    roots: Roots,
    /// For each centre pixel along the row at hand, what its vote found.
    votes: Vec<Vote>,
    /// Plant pixels whose votes found no root, row-major.
    orphans: Vec<usize>,
    group: Vec<usize>,
    /// One for every root and then for every group of orphans.
    sums: Vec<PlantSums>,
    cells: CellOfPixel,
    new_labels: Vec<u32>,
    map: PlantMap,
}

/// What the vote of a centre pixel found; the class pixels in it share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vote {
    /// Nobody asked yet.
    Unasked,
    /// No root within reach.
    None,
    /// This root.
    Root(u32),
}

impl Segmenter {
    /// The plants of one tray image.
    pub fn segment(
        &mut self,
        outputs: &NetOutputs<'_>,
        layout: TrayImageLayout,
        params: &PlantParams,
    ) -> &PlantMap {
        self.roots.find(outputs, layout, params.root);
        self.sums.clear();
        let roots = self.roots.list().iter();
        self.sums
            .extend(roots.map(|&root| PlantSums::of(Some(root))));
        self.label(outputs, layout, params);
        self.adopt_orphans(outputs);
        self.cells.lay_out(layout, self.map.width, self.map.height);
        let least = params.least_area_pitch2;
        measure(
            &self.sums,
            &self.cells,
            layout,
            least,
            &mut self.new_labels,
            &mut self.map,
        );
        &self.map
    }

    /// Labels every plant pixel with the root that it votes for and adds it to that plant's sums; collects orphans.
    fn label(&mut self, outputs: &NetOutputs<'_>, layout: TrayImageLayout, params: &PlantParams) {
        let Self {
            roots,
            votes,
            orphans,
            sums,
            map,
            ..
        } = self;
        (map.width, map.height) = (outputs.classes.width(), outputs.classes.height());
        map.labels.clear();
        map.labels.resize(map.width * map.height, 0);
        orphans.clear();
        let least = (params.pixel / (1.0 - params.pixel)).ln();
        for (y, labels) in map.labels.chunks_exact_mut(map.width).enumerate() {
            if y % CLASSES_A_CENTRE == 0 {
                votes.clear();
                votes.resize(map.width.div_ceil(CLASSES_A_CENTRE), Vote::Unasked);
            }
            let row = outputs.class_row(y);
            row.each_plant(least, |x| {
                let vote = &mut votes[x / CLASSES_A_CENTRE];
                if *vote == Vote::Unasked {
                    let point = vote_of(outputs, layout, y, x);
                    let found = roots.nearest(point, params.reach_pitch);
                    *vote = found.map_or(Vote::None, |root| Vote::Root(root as u32));
                }
                if let Vote::Root(root) = *vote {
                    labels[x] = root + 1;
                    sums[root as usize].add(x, y, row.kind(x));
                } else {
                    orphans.push(y * map.width + x);
                }
            });
        }
    }

    /// Makes a plant of every connected group of pixels that found no root. A group that touches a rooted
    /// plant joins it: a leaf's tip that points a little astray is no plant of its own.
    fn adopt_orphans(&mut self, outputs: &NetOutputs<'_>) {
        const WAITING: u32 = u32::MAX;
        let Self {
            orphans,
            group,
            sums,
            map,
            ..
        } = self;
        let (labels, width) = (&mut map.labels, map.width);
        for &i in orphans.iter() {
            labels[i] = WAITING;
        }
        for &start in orphans.iter() {
            if labels[start] != WAITING {
                continue;
            }
            let own = sums.len() as u32 + 1;
            let beside = grow(labels, width, start, (WAITING, own), group);
            let label = beside.unwrap_or(own);
            if label == own {
                sums.push(PlantSums::of(None));
            }
            for &i in group.iter() {
                labels[i] = label;
                let (y, x) = (i / width, i % width);
                sums[label as usize - 1].add(x, y, outputs.class_row(y).kind(x));
            }
        }
    }
}

/// Class pixels along a centre pixel.
const CLASSES_A_CENTRE: usize = CENTRE_STRIDE / CLASS_STRIDE;

/// Where the net says that the plant of a class pixel is rooted.
fn vote_of(outputs: &NetOutputs<'_>, layout: TrayImageLayout, y: usize, x: usize) -> TrayPoint {
    let centres = &outputs.centres;
    // an odd last row or column of class pixels lies beyond the last centre pixel
    let cy = (y / CLASSES_A_CENTRE).min(centres.height() - 1);
    let cx = (x / CLASSES_A_CENTRE).min(centres.width() - 1);
    let way = |k: usize| f64::from(centres.at(k, cy, cx));
    let from = tray_point(layout, CENTRE_STRIDE, cy, cx);
    TrayPoint::new(from.x + way(1), from.y + way(2))
}

/// Gives the label `own` to all pixels labelled `waiting` that hang together with `start`, and collects them in
/// `group`. Returns the label of a plant that they touch, the last one found.
fn grow(
    labels: &mut [u32],
    width: usize,
    start: usize,
    (waiting, own): (u32, u32),
    group: &mut Vec<usize>,
) -> Option<u32> {
    labels[start] = own;
    group.clear();
    group.push(start);
    let mut neighbour = None;
    let mut next = 0;
    while next < group.len() {
        let at = group[next];
        next += 1;
        for beside in neighbours(at, width, labels.len()) {
            let label = labels[beside];
            if label == waiting {
                labels[beside] = own;
                group.push(beside);
            } else if label != 0 && label != own {
                neighbour = Some(label);
            }
        }
    }
    neighbour
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plant::OutputsError;
    use crate::plant::outputs::tests::owned;
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
        owned(classes, centres, Array3::zeros((4, 1, 2)))
    }

    fn segmented(discs: &[Disc]) -> PlantMap {
        let outputs = painted(discs);
        let outputs = NetOutputs::new(&outputs, LAYOUT).unwrap();
        segmented_from(&outputs)
    }

    fn segmented_from(outputs: &NetOutputs<'_>) -> PlantMap {
        let mut segmenter = Segmenter::default();
        segmenter
            .segment(outputs, LAYOUT, &PlantParams::default())
            .clone()
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
        let map = segmented_from(&outputs);
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

    #[test]
    fn a_tray_is_read_alike_whatever_was_read_before_it() {
        let (first, second) = (
            painted(&[
                (0.5, 0.5, 0.3, 2, (0.5, 0.5)),
                (1.5, 0.4, 0.2, 1, (1.5, 0.4)),
            ]),
            painted(&[(1.2, 0.6, 0.1, 3, (1.2, 0.6))]),
        );
        let first = NetOutputs::new(&first, LAYOUT).unwrap();
        let second = NetOutputs::new(&second, LAYOUT).unwrap();
        let mut segmenter = Segmenter::default();
        segmenter.segment(&first, LAYOUT, &PlantParams::default());
        let again = segmenter.segment(&second, LAYOUT, &PlantParams::default());
        assert_eq!(*again, segmented_from(&second));
    }
}
