//! Where the net sees plants rooted, sorted so that a place finds the nearest root without looking at all of them.

use crate::geometry::TrayPoint;
use crate::tray::TrayImageLayout;

use super::outputs::{CENTRE_STRIDE, NetOutputs, tray_point};

/// A peak of the net's heat map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Root {
    /// Where it is.
    pub at: TrayPoint,
    /// Its heat, 0–1.
    pub heat: f32,
}

/// The roots of a tray in reading order, and by the cells of the tray and its margin. Its buffers are reused.
#[derive(Debug, Clone, Default)]
pub(super) struct Roots {
    list: Vec<Root>,
    rows: usize,
    cols: usize,
    /// Where each bucket starts in `order`; one more than there are buckets.
    starts: Vec<usize>,
    /// Indices into `list`, bucket by bucket.
    order: Vec<usize>,
}

impl Roots {
    /// Takes the local maxima of the heat map that reach `least`.
    pub fn find(&mut self, outputs: &NetOutputs<'_>, layout: TrayImageLayout, least: f32) {
        (self.rows, self.cols) = (layout.rows + 2, layout.cols + 2);
        self.list.clear();
        let centres = &outputs.centres;
        for y in 0..centres.height() {
            let row = centres.row(0, y);
            let above = (y > 0).then(|| centres.row(0, y - 1));
            let below = (y + 1 < centres.height()).then(|| centres.row(0, y + 1));
            for (x, &heat) in row.iter().enumerate() {
                if heat >= least && is_peak(row, above, below, x) {
                    let at = tray_point(layout, CENTRE_STRIDE, y, x);
                    self.list.push(Root { at, heat });
                }
            }
        }
        self.sort();
    }

    /// The roots in reading order.
    pub fn list(&self) -> &[Root] {
        &self.list
    }

    /// The index of the root nearest to a point, not farther than `reach` ≤ 1 pitch.
    pub fn nearest(&self, point: TrayPoint, reach: f64) -> Option<usize> {
        // what rounding may take from a distance, pitches
        let slack = reach + 1e-9;
        let range = |v: f64, most: usize| bucket(v - slack, most)..bucket(v + slack, most) + 1;
        let mut best = (reach * reach, None);
        for row in range(point.y, self.rows) {
            let (first, last) = (
                bucket(point.x - slack, self.cols),
                bucket(point.x + slack, self.cols),
            );
            let from = self.starts[row * self.cols + first];
            let to = self.starts[row * self.cols + last + 1];
            for &i in &self.order[from..to] {
                let distance = (self.list[i].at - point).square_length();
                if distance < best.0 {
                    best = (distance, Some(i));
                }
            }
        }
        best.1
    }

    /// Sorts by buckets, within one in reading order.
    fn sort(&mut self) {
        let Self {
            list,
            rows,
            cols,
            starts,
            order,
        } = self;
        let place = |root: &Root| bucket(root.at.y, *rows) * *cols + bucket(root.at.x, *cols);
        starts.clear();
        starts.resize(*rows * *cols + 1, 0);
        for root in list.iter() {
            starts[place(root)] += 1;
        }
        // each bucket's end, which the filling from behind turns into its start
        let mut end = 0;
        for start in starts.iter_mut() {
            end += *start;
            *start = end;
        }
        order.clear();
        order.resize(list.len(), 0);
        for (i, root) in list.iter().enumerate().rev() {
            let start = &mut starts[place(root)];
            *start -= 1;
            order[*start] = i;
        }
    }
}

/// The bucket of a coordinate along a side of `most` buckets, the first of which is the margin.
fn bucket(v: f64, most: usize) -> usize {
    (v.floor() + 1.0).clamp(0.0, (most - 1) as f64) as usize
}

/// Whether no neighbour is hotter; of equal ones the first in reading order is the peak.
fn is_peak(row: &[f32], above: Option<&[f32]>, below: Option<&[f32]>, x: usize) -> bool {
    let around = x.saturating_sub(1)..(x + 2).min(row.len());
    let here = row[x];
    let earlier = above.map_or(&[][..], |line| &line[around.clone()]);
    let later = below.map_or(&[][..], |line| &line[around.clone()]);
    earlier
        .iter()
        .chain(&row[around.start..x])
        .all(|&other| other < here)
        && later
            .iter()
            .chain(&row[x..around.end])
            .all(|&other| other <= here)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plant::outputs::tests::owned;
    use ndarray::Array3;
    use proptest::prelude::*;

    const LAYOUT: TrayImageLayout = TrayImageLayout {
        rows: 2,
        cols: 3,
        px_per_pitch: 16,
    };

    fn roots_of(heat: &[u8]) -> (Roots, Vec<f32>) {
        let (h, w) = (LAYOUT.height(), LAYOUT.width());
        let mut centres = Array3::<f32>::zeros((3, h / 4, w / 4));
        for (value, heat) in centres
            .iter_mut()
            .zip(heat.iter().map(|v| f32::from(*v) / 8.0))
        {
            *value = heat;
        }
        let map = centres
            .index_axis(ndarray::Axis(0), 0)
            .iter()
            .copied()
            .collect();
        let outputs = owned(
            Array3::zeros((4, h / 2, w / 2)),
            centres,
            Array3::zeros((4, 2, 3)),
        );
        let mut roots = Roots::default();
        roots.find(&NetOutputs::new(&outputs, LAYOUT).unwrap(), LAYOUT, 0.3);
        (roots, map)
    }

    proptest! {
        #[test]
        fn the_nearest_root_is_the_one_that_looking_at_all_of_them_finds(
            heat in prop::collection::vec(0_u8..8, 192),
            (x, y) in (-2.0..5.0_f64, -2.0..4.0_f64),
            reach in 0.05..1.0_f64,
        ) {
            let (roots, _) = roots_of(&heat);
            let point = TrayPoint::new(x, y);
            let distance = |i: usize| (roots.list()[i].at - point).length();
            let all = (0..roots.list().len()).map(distance).fold(f64::INFINITY, f64::min);
            match roots.nearest(point, reach) {
                Some(i) => prop_assert_eq!(distance(i), all),
                None => prop_assert!(all >= reach * (1.0 - 1e-12)),
            }
        }

        #[test]
        fn two_roots_are_never_beside_each_other_and_the_hottest_place_is_one(
            heat in prop::collection::vec(0_u8..8, 192),
        ) {
            let (roots, map) = roots_of(&heat);
            let hottest = map.iter().copied().fold(0.0, f32::max);
            prop_assume!(hottest >= 0.3);
            prop_assert!(roots.list().iter().any(|root| root.heat == hottest));
            for (i, a) in roots.list().iter().enumerate() {
                for b in &roots.list()[..i] {
                    let way = a.at - b.at;
                    prop_assert!(way.x.abs().max(way.y.abs()) > 0.26, "{:?} {:?}", a, b);
                }
            }
        }
    }
}
