//! Samples of the block in, the projective map from the shrunk picture to its cells out.
//!
//! A sample knows its place within its cell well and its place within the block roughly. The map is begun with the
//! mean steps of the phase from pixel to pixel and fitted from the block's middle outwards, so that at every place the
//! whole pitches are known before the phase there is used.

use nalgebra::{SMatrix, SVector};

use super::reading::{STRIDE, Sample};

/// Half the width of the first stretch that is fitted, pitches: there the first map is off by less than half a pitch.
const FIRST_RADIUS: f64 = 2.5;
/// How much wider every further stretch is.
const GROWTH: f64 = 1.4;
/// A narrower stretch shows no perspective, pitches.
const PERSPECTIVE_FROM: f64 = 5.0;
/// Fits of every stretch, and further ones of the whole block.
const FITS: usize = 2;
const LAST_FITS: usize = 3;
/// What holds the perspective terms back where a block hardly shows any, as a share of the samples' weight.
const FLATNESS: f64 = 1e-3;
/// The least weight of samples that determines a map.
const LEAST_WEIGHT: f64 = 4.0;

/// A projective map from the shrunk picture (px) to columns and rows of cells, counted from an unknown whole cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Perspective {
    /// `u = (p0 x + p1 y + p2) / d`, `v = (p3 x + p4 y + p5) / d`, `d = p6 x + p7 y + 1` of places about `centre`, in
    /// parts of the picture's longer side.
    terms: [f64; 8],
    centre: [f64; 2],
    per_px: f64,
}

impl Perspective {
    /// Columns and rows at a place in the shrunk picture, px.
    pub fn cells_at(&self, at: [f64; 2]) -> [f64; 2] {
        let [x, y] = self.near(at);
        let p = &self.terms;
        let d = p[6] * x + p[7] * y + 1.0;
        [
            (p[0] * x + p[1] * y + p[2]) / d,
            (p[3] * x + p[4] * y + p[5]) / d,
        ]
    }

    /// Where in the shrunk picture a place among the cells lies, px; `None` beyond the horizon.
    pub fn place(&self, [u, v]: [f64; 2]) -> Option<[f64; 2]> {
        let p = &self.terms;
        // (p0 - u p6) x + (p1 - u p7) y = u - p2, likewise for v
        let (a, b, c) = (p[0] - u * p[6], p[1] - u * p[7], u - p[2]);
        let (d, e, f) = (p[3] - v * p[6], p[4] - v * p[7], v - p[5]);
        let det = a * e - b * d;
        let (x, y) = ((c * e - b * f) / det, (a * f - c * d) / det);
        let is_before = p[6] * x + p[7] * y + 1.0 > 0.0;
        let place = [
            x / self.per_px + self.centre[0],
            y / self.per_px + self.centre[1],
        ];
        (is_before && place.iter().all(|c| c.is_finite())).then_some(place)
    }

    /// Residuals of a sample's phase, parts of a pitch, −0.5 to 0.5.
    pub fn residual(&self, sample: &Sample) -> [f64; 2] {
        let cells = self.cells_at(sample.at);
        [0, 1].map(|k| wrapped(sample.phase[k] - cells[k]))
    }

    fn near(&self, at: [f64; 2]) -> [f64; 2] {
        [0, 1].map(|k| (at[k] - self.centre[k]) * self.per_px)
    }

    /// The least-squares map that takes every sample to its target, the perspective terms left out unless asked for.
    fn fitted(&self, pairs: &[(&Sample, [f64; 2], f64)], perspective: bool) -> Option<Self> {
        let moments = Moments::of(pairs.iter().map(|&(sample, target, w)| {
            let at = self.near(sample.at);
            (at, target, w)
        }));
        let weight = moments.weight();
        let (mut normal, mut right) = moments.normal_equations();
        if weight < LEAST_WEIGHT {
            return None;
        }
        for i in 0..8 {
            normal[(i, i)] += 1e-9 * weight;
        }
        for i in [6, 7] {
            normal[(i, i)] += FLATNESS * weight;
            if !perspective {
                normal.row_mut(i).fill(0.0);
                normal.column_mut(i).fill(0.0);
                normal[(i, i)] = 1.0;
                right[i] = 0.0;
            }
        }
        let terms = normal.cholesky()?.solve(&right);
        let is_finite = terms.iter().all(|t| t.is_finite());
        is_finite.then(|| Self {
            terms: terms.into(),
            ..*self
        })
    }
}

/// Sums over weighed places and their targets, of which the normal equations of a projective map are made: of x², xy, x,
/// y², y and 1, each times 1, the first target, the second, and the sum of their squares.
struct Moments([[f64; 6]; 4]);

impl Moments {
    /// Of places, targets and weights.
    fn of(places: impl Iterator<Item = ([f64; 2], [f64; 2], f64)>) -> Self {
        let mut moments = [[0.0; 6]; 4];
        for ([x, y], [u, v], weight) in places {
            let products = [x * x, x * y, x, y * y, y, 1.0].map(|product| weight * product);
            for (sums, target) in moments.iter_mut().zip([1.0, u, v, u * u + v * v]) {
                for (sum, product) in sums.iter_mut().zip(products) {
                    *sum += target * product;
                }
            }
        }
        Self(moments)
    }

    /// The sum of the weights.
    fn weight(&self) -> f64 {
        self.0[0][5]
    }

    /// Those of `p0 x + p1 y + p2 - p6 x u - p7 y u = u` and `p3 x + p4 y + p5 - p6 x v - p7 y v = v`.
    fn normal_equations(&self) -> (SMatrix<f64, 8, 8>, SVector<f64, 8>) {
        let Self([plain, by_u, by_v, by_squares]) = self;
        let mut normal = SMatrix::<f64, 8, 8>::zeros();
        let mut right = SVector::<f64, 8>::zeros();
        for (first, by_target) in [(0, by_u), (3, by_v)] {
            let [xx, xy, x, yy, y, one] = *plain;
            let affine = SMatrix::<f64, 3, 3>::new(xx, xy, x, xy, yy, y, x, y, one);
            normal
                .fixed_view_mut::<3, 3>(first, first)
                .copy_from(&affine);
            let [xx, xy, x, yy, y, one] = *by_target;
            let mixed = -SMatrix::<f64, 3, 2>::new(xx, xy, xy, yy, x, y);
            normal.fixed_view_mut::<3, 2>(first, 6).copy_from(&mixed);
            normal
                .fixed_view_mut::<2, 3>(6, first)
                .copy_from(&mixed.transpose());
            right
                .fixed_rows_mut::<3>(first)
                .copy_from(&SVector::<f64, 3>::new(x, y, one));
        }
        let [xx, xy, x, yy, y, _] = *by_squares;
        let bent = SMatrix::<f64, 2, 2>::new(xx, xy, xy, yy);
        normal.fixed_view_mut::<2, 2>(6, 6).copy_from(&bent);
        right
            .fixed_rows_mut::<2>(6)
            .copy_from(&-SVector::<f64, 2>::new(x, y));
        (normal, right)
    }
}

/// The nearest of the values that differ by whole numbers to 0.
pub(super) fn wrapped(x: f64) -> f64 {
    x - x.round()
}

/// Fits the map to a block's samples; `steps` are the phases' mean steps from pixel to pixel ([`phase_steps`]).
/// `None` where no map holds the samples together.
pub(super) fn fit(
    samples: &[Sample],
    steps: [[f64; 2]; 2],
    cells: [usize; 2],
    longest: usize,
) -> Option<Perspective> {
    let mut map = first_map(samples, steps, cells, longest)?;
    let mut radius = FIRST_RADIUS;
    loop {
        let middle = map.cells_at(map.centre);
        let is_near = |sample: &&Sample| {
            let at = map.cells_at(sample.at);
            (0..2).all(|k| (at[k] - middle[k]).abs() < radius)
        };
        let near: Vec<&Sample> = samples.iter().filter(is_near).collect();
        let is_all = near.len() == samples.len();
        for _ in 0..if is_all { LAST_FITS } else { FITS } {
            map = refined(&map, &near, is_all || radius > PERSPECTIVE_FROM)?;
        }
        if is_all {
            return Some(map);
        }
        radius *= GROWTH;
        if radius > 400.0 {
            return None;
        }
    }
}

fn refined(map: &Perspective, near: &[&Sample], perspective: bool) -> Option<Perspective> {
    let mut pairs = Vec::with_capacity(near.len());
    for &sample in near {
        let [u, v] = map.cells_at(sample.at);
        let [du, dv] = map.residual(sample);
        pairs.push((sample, [u + du, v + dv], sample.weight * fitness([du, dv])));
    }
    map.fitted(&pairs, perspective)
}

/// How well a map holds a sample's phase: the mean cosine of its residuals, 1 where they vanish.
pub(super) fn agreement(map: &Perspective, sample: &Sample) -> f64 {
    map.residual(sample).map(cosine).iter().sum::<f64>() / 2.0
}

/// How far a sample with these residuals counts: 1 where they vanish, 0 from a quarter of a pitch on.
pub(super) fn fitness(residual: [f64; 2]) -> f64 {
    residual.iter().map(|&r| cosine(r).max(0.0)).product()
}

/// Cosine of an angle in whole turns, −0.5 to 0.5: half the angle's by its series to the 14th power, doubled; off by less than
/// 1e-9. A library's for all angles costs several times as much, and a fit takes a hundred thousand.
fn cosine(turns: f64) -> f64 {
    const TERMS: [f64; 7] = [
        -1.0 / 87_178_291_200.0,
        1.0 / 479_001_600.0,
        -1.0 / 3_628_800.0,
        1.0 / 40_320.0,
        -1.0 / 720.0,
        1.0 / 24.0,
        -0.5,
    ];
    let half = turns * std::f64::consts::PI;
    let square = half * half;
    let cosine = TERMS.iter().fold(0.0, |sum, term| sum * square + term) * square + 1.0;
    2.0 * cosine * cosine - 1.0
}

/// The weighted circular mean of phases, parts of a pitch, −0.5 to 0.5.
fn mean_phase(weighted: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (cosine, sine) = weighted.fold((0.0, 0.0), |(cosine, sine), (phase, weight)| {
        let angle = phase * std::f64::consts::TAU;
        (cosine + weight * angle.cos(), sine + weight * angle.sin())
    });
    f64::atan2(sine, cosine) / std::f64::consts::TAU
}

/// Mean steps of the phases a shrunk pixel along x and y, known up to whole pitches an output pixel: `[[u by x, u by
/// y], [v by x, v by y]]`. `all` are the output pixels row by row, `columns` a row.
pub(super) fn phase_steps(all: &[Sample], columns: usize) -> [[f64; 2]; 2] {
    let is_within = |i: usize, apart: usize| apart != 1 || !(i + 1).is_multiple_of(columns);
    let mean = |k: usize, apart: usize| {
        let pairs = all.iter().zip(all.iter().skip(apart)).enumerate();
        let steps = pairs
            .filter(|(i, (a, b))| is_within(*i, apart) && a.block > 0.5 && b.block > 0.5)
            .map(|(_, (a, b))| (b.phase[k] - a.phase[k], a.weight * b.weight));
        mean_phase(steps) / STRIDE
    };
    [0, 1].map(|k| [mean(k, 1), mean(k, columns)])
}

/// The affine map of the phase's mean steps about the block's middle. The shares tell whole pitches a step.
fn first_map(
    samples: &[Sample],
    steps: [[f64; 2]; 2],
    cells: [usize; 2],
    longest: usize,
) -> Option<Perspective> {
    let weight: f64 = samples.iter().map(|s| s.weight).sum();
    if weight < LEAST_WEIGHT {
        return None;
    }
    let mean = |k: usize| samples.iter().map(|s| s.weight * s.at[k]).sum::<f64>() / weight;
    let empty = Perspective {
        terms: [0.0; 8],
        centre: [mean(0), mean(1)],
        per_px: 1.0 / longest as f64,
    };
    let target = |sample: &Sample| [0, 1].map(|k| sample.share[k] * cells[k] as f64);
    let pairs: Vec<_> = samples.iter().map(|s| (s, target(s), s.weight)).collect();
    let mut map = empty.fitted(&pairs, false)?;
    for (k, of_way) in steps.iter().enumerate() {
        for (axis, step) in of_way.iter().enumerate() {
            let rough = map.terms[3 * k + axis] * map.per_px;
            let whole = ((rough - step) * STRIDE).round() / STRIDE;
            map.terms[3 * k + axis] = (step + whole) / map.per_px;
        }
    }
    let middle = map.cells_at(map.centre);
    let near: Vec<(&Sample, [f64; 2])> = samples
        .iter()
        .map(|sample| (sample, map.cells_at(sample.at)))
        .filter(|(_, at)| (0..2).all(|k| (at[k] - middle[k]).abs() < FIRST_RADIUS))
        .collect();
    for k in 0..2 {
        let off = near.iter().map(|(s, at)| (s.phase[k] - at[k], s.weight));
        map.terms[3 * k + 2] += mean_phase(off);
    }
    Some(map)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Samples of a tray of 20 × 10 cells seen under a perspective, their shares off by up to `off`.
    fn samples(truth: &Perspective, off: f64) -> (Vec<Sample>, usize) {
        let columns = 120;
        let sample = |i: usize| {
            let at = [i % columns, i / columns].map(|c| (c as f64 + 0.5) * STRIDE);
            let [u, v] = truth.cells_at(at);
            let inside = (0.0..=20.0).contains(&u) && (0.0..=10.0).contains(&v);
            let wrong = off * (i as f64 * 0.7).sin();
            Sample {
                at,
                phase: [wrapped(u), wrapped(v)],
                share: [(u / 20.0 + off) * 0.93, v / 10.0 + wrong],
                block: if inside { 1.0 } else { 0.0 },
                weight: if inside { 1.0 } else { 0.0 },
            }
        };
        ((0..columns * 90).map(sample).collect(), columns)
    }

    #[test]
    fn a_cosine_of_turns_is_that_of_the_library() {
        for k in -500..=500 {
            let turns = f64::from(k) / 1000.0;
            let off = cosine(turns) - (turns * std::f64::consts::TAU).cos();
            assert!(off.abs() < 1e-9, "{turns} turns: {off:e} off");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn phases_seen_under_any_perspective_give_it_back(
            pitch in 9.0..20.0_f64, turn in -0.25..0.25_f64, tilt in prop::array::uniform2(-0.25..0.25_f64),
            off in 0.0..0.02_f64,
        ) {
            let (c, s) = (turn.cos() / pitch * 480.0, turn.sin() / pitch * 480.0);
            let truth = Perspective {
                terms: [c, s, 10.0, -s, c, 5.0, tilt[0], tilt[1]],
                centre: [240.0, 180.0],
                per_px: 1.0 / 480.0,
            };
            let (all, columns) = samples(&truth, off);
            let block: Vec<Sample> = all.iter().copied().filter(|s| s.block > 0.5).collect();
            let found = fit(&block, phase_steps(&all, columns), [20, 10], 480).unwrap();
            let shift = [0, 1].map(|k| {
                let at = [240.0, 180.0];
                (found.cells_at(at)[k] - truth.cells_at(at)[k]).round()
            });
            for sample in &block {
                let (found, truth) = (found.cells_at(sample.at), truth.cells_at(sample.at));
                for k in 0..2 {
                    prop_assert!((found[k] - truth[k] - shift[k]).abs() < 0.05, "{found:?} {truth:?}");
                }
            }
            let back = found.place(found.cells_at([200.0, 100.0])).unwrap();
            prop_assert!((back[0] - 200.0).abs() < 1e-6 && (back[1] - 100.0).abs() < 1e-6);
        }
    }
}
