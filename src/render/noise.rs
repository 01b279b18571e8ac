//! Tileable noise, made once and sampled everywhere.
//!
//! In: positions in texels. Out: values in 0..1 with mean near 0.5. The tables depend on nothing
//! but the code, so equal seeds give equal pictures.

use std::sync::LazyLock;

use super::chance::Chance;
use super::colour::smooth;

const SIDE: usize = 512;
/// Feature points of the cellular texture along one side: one crumb is `SIDE / CRUMBS` texels.
const CRUMBS: usize = 64;
/// Texels across one crumb.
pub(crate) const CRUMB_TEXELS: f32 = (SIDE / CRUMBS) as f32;
/// Texels across the largest feature of the cloud texture.
pub(crate) const CLOUD_TEXELS: f32 = (SIDE / 8) as f32;

/// What the cellular texture says at a place.
#[derive(Clone, Copy, Default)]
pub(crate) struct Crumb {
    /// Height of the crumb here, 1 at its middle.
    pub dome: f32,
    /// 0 in the gap between two crumbs, 1 well inside.
    pub inside: f32,
    /// The crumb's own random value.
    pub id: f32,
    /// Fine grain.
    pub grain: f32,
}

/// The tables.
pub(crate) struct Noise {
    /// Packed, so that the whole table stays in the cache.
    crumbs: Vec<[u8; 4]>,
    clouds: Vec<u16>,
}

/// The tables, made at first use.
pub(crate) fn noise() -> &'static Noise {
    static NOISE: LazyLock<Noise> = LazyLock::new(Noise::new);
    &NOISE
}

/// Added before truncation, so that it rounds down for every coordinate above −32768 texels; a
/// multiple of `SIDE`.
const BIAS: f32 = 32768.0;

/// The table index below a coordinate, and the share of the way to the next.
#[inline]
fn split(v: f32) -> (usize, f32) {
    let shifted = v + BIAS;
    let whole = shifted as i32;
    (whole as usize & (SIDE - 1), shifted - whole as f32)
}

impl Noise {
    fn new() -> Self {
        let mut chance = Chance::new(0x5eed);
        let mut crumbs = cellular(&mut chance);
        let grain = layered(&mut chance, 64, 3);
        for (crumb, grain) in crumbs.iter_mut().zip(grain) {
            crumb.grain = grain;
        }
        let clouds = layered(&mut chance, 8, 6);
        let pack = |v: f32| (v.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        Self {
            crumbs: crumbs
                .iter()
                .map(|c| [c.dome, c.inside, c.id, c.grain].map(pack))
                .collect(),
            clouds: clouds.iter().map(|v| (v * 65535.0) as u16).collect(),
        }
    }

    /// The crumb at a texel position, not interpolated.
    #[inline]
    pub(crate) fn crumb(&self, x: f32, y: f32) -> Crumb {
        let [dome, inside, id, grain] =
            self.crumbs[split(y).0 * SIDE + split(x).0].map(|v| f32::from(v) * (1.0 / 255.0));
        Crumb {
            dome,
            inside,
            id,
            grain,
        }
    }

    /// Cloud noise at a texel position, interpolated.
    #[inline]
    pub(crate) fn cloud(&self, x: f32, y: f32) -> f32 {
        let ((i, fx), (j, fy)) = (split(x), split(y));
        let right = (i + 1) & (SIDE - 1);
        let (row, next) = (j * SIDE, ((j + 1) & (SIDE - 1)) * SIDE);
        let at = |k: usize| f32::from(self.clouds[k]);
        let (a, b) = (at(row + i), at(row + right));
        let (c, d) = (at(next + i), at(next + right));
        let (top, bottom) = (a + (b - a) * fx, c + (d - c) * fx);
        (top + (bottom - top) * fy) * (1.0 / 65535.0)
    }
}

/// Value noise of `octaves`, the first with `cells` cells a side, stretched to 0..1.
fn layered(chance: &mut Chance, cells: usize, octaves: u32) -> Vec<f32> {
    let mut sum = vec![0.0f32; SIDE * SIDE];
    for octave in 0..octaves {
        let side = (cells << octave).min(SIDE);
        let lattice: Vec<f32> = (0..side * side).map(|_| chance.unit()).collect();
        let step = side as f32 / SIDE as f32;
        let weight = 0.55f32.powi(octave.cast_signed());
        for y in 0..SIDE {
            for x in 0..SIDE {
                let (u, v) = (x as f32 * step, y as f32 * step);
                let (i, j) = (u as usize, v as usize);
                let (fu, fv) = (smooth(0.0, 1.0, u.fract()), smooth(0.0, 1.0, v.fract()));
                let at = |a: usize, b: usize| lattice[(b % side) * side + a % side];
                let top = at(i, j) * (1.0 - fu) + at(i + 1, j) * fu;
                let bottom = at(i, j + 1) * (1.0 - fu) + at(i + 1, j + 1) * fu;
                sum[y * SIDE + x] += weight * (top * (1.0 - fv) + bottom * fv);
            }
        }
    }
    stretch(&mut sum);
    sum
}

/// Centres at 0.5 and brings ±2.5 deviations into 0..1.
fn stretch(values: &mut [f32]) {
    let mean = values.iter().sum::<f32>() / values.len() as f32;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / values.len() as f32;
    let gain = 1.0 / (5.0 * variance.sqrt());
    for v in values {
        *v = ((*v - mean) * gain + 0.5).clamp(0.0, 1.0);
    }
}

fn cellular(chance: &mut Chance) -> Vec<Crumb> {
    let points: Vec<(f32, f32, f32)> = (0..CRUMBS * CRUMBS)
        .map(|_| (chance.unit(), chance.unit(), chance.unit()))
        .collect();
    let mut out = Vec::with_capacity(SIDE * SIDE);
    for y in 0..SIDE {
        for x in 0..SIDE {
            out.push(nearest(
                &points,
                x as f32 / CRUMB_TEXELS,
                y as f32 / CRUMB_TEXELS,
            ));
        }
    }
    out
}

fn nearest(points: &[(f32, f32, f32)], u: f32, v: f32) -> Crumb {
    let (i, j) = (u as usize, v as usize);
    let (mut first, mut second, mut id) = (9.0f32, 9.0f32, 0.0);
    for b in 0..3usize {
        for a in 0..3usize {
            let column = (i + a + CRUMBS - 1) % CRUMBS;
            let row = (j + b + CRUMBS - 1) % CRUMBS;
            let (px, py, value) = points[row * CRUMBS + column];
            let dx = (i + a) as f32 - 1.0 + px - u;
            let dy = (j + b) as f32 - 1.0 + py - v;
            let d = dx.hypot(dy);
            if d < first {
                (second, first, id) = (first, d, value);
            } else if d < second {
                second = d;
            }
        }
    }
    Crumb {
        dome: (1.0 - first).clamp(0.0, 1.0),
        inside: smooth(0.0, 0.25, second - first),
        id,
        grain: 0.0,
    }
}
