//! A canvas in, its mean features along either axis over any stretch of the other out.
//!
//! Running sums are kept once a canvas, so that a profile costs its length and not the stretch's area.

use super::features::{CHANNELS, Canvas, Feature, is_vegetation};

/// A sum of weighted features and of the weights.
type Sum = ([f32; CHANNELS], f32);

/// Running sums of a canvas along both axes.
pub(super) struct Profiles {
    width: usize,
    height: usize,
    /// Sums over the pixels above, a line of `width` for every y from 0 to the height.
    above: Vec<Sum>,
    /// Sums over the pixels to the left, a line of `width + 1` for every y.
    before: Vec<Sum>,
}

impl Profiles {
    /// A vegetation pixel counts as `vegetation` of another.
    pub fn of(canvas: &Canvas, vegetation: f32) -> Self {
        let features = &canvas.features;
        let (width, height) = (features.width, features.height);
        let mut above = vec![Sum::default(); width];
        above.reserve(width * height);
        let mut before = Vec::with_capacity((width + 1) * height);
        for i in 0..width * height {
            if i % width == 0 {
                before.push(Sum::default());
            }
            let feature = &features.pixels[i];
            let weight = match () {
                () if !canvas.inside[i] => 0.0,
                () if is_vegetation(feature) => vegetation,
                () => 1.0,
            };
            above.push(added(above[i], weight, feature));
            before.push(added(before[before.len() - 1], weight, feature));
        }
        Self {
            width,
            height,
            above,
            before,
        }
    }

    /// Width and height of the canvas, px.
    pub fn size(&self) -> [f64; 2] {
        [self.width as f64, self.height as f64]
    }

    /// Mean features along an axis (0: a value a column), over a range of the other.
    pub fn mean(&self, axis: usize, over: [f64; 2]) -> Vec<Feature> {
        let (length, breadth) = match axis {
            0 => (self.width, self.height),
            _ => (self.height, self.width),
        };
        let [from, to] = over.map(|v| (v.max(0.0) as usize).min(breadth));
        let sums = |place: usize| match axis {
            0 => [from, to].map(|y| &self.above[y * self.width + place]),
            _ => [from, to].map(|x| &self.before[place * (self.width + 1) + x]),
        };
        (0..length)
            .map(|place| {
                let [a, b] = sums(place);
                let weight = (b.1 - a.1).max(1e-3);
                std::array::from_fn(|k| (b.0[k] - a.0[k]) / weight)
            })
            .collect()
    }
}

#[inline]
fn added(sum: Sum, weight: f32, feature: &Feature) -> Sum {
    let features = std::array::from_fn(|k| sum.0[k] + weight * feature[k]);
    (features, sum.1 + weight)
}
