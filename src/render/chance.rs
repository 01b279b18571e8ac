//! Seeded chance: the only source of randomness of the renderer.
//!
//! In: a seed. Out: the same draws on every machine and in every build.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// A stream of draws.
pub(crate) struct Chance(Pcg64Mcg);

impl Chance {
    /// The stream that belongs to `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self(Pcg64Mcg::seed_from_u64(seed))
    }

    /// A stream of its own that further draws from `self` do not touch.
    pub(crate) fn fork(&mut self) -> Self {
        Self::new(self.bits())
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in `[0, 1)`.
    pub(crate) fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Uniform in `[low, high)`.
    pub(crate) fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Uniform in the logarithm, so that small values are as likely as large ones.
    pub(crate) fn log_range(&mut self, low: f32, high: f32) -> f32 {
        (self.range(low.ln(), high.ln())).exp()
    }

    /// Roughly normal with mean 0 and deviation 1, bounded by ±3.5.
    pub(crate) fn normal(&mut self) -> f32 {
        (0..4).map(|_| self.unit()).sum::<f32>() * 1.732 - 3.464
    }

    /// True with this probability.
    pub(crate) fn with(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// Uniform in `0..count` (0 for an empty range).
    pub(crate) fn index(&mut self, count: usize) -> usize {
        ((self.unit() * count as f32) as usize).min(count.saturating_sub(1))
    }

    /// One of these.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.index(from.len())]
    }

    /// The index of a weight, drawn in proportion to the weights.
    pub(crate) fn weighted(&mut self, weights: &[f32]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f32>();
        for (i, w) in weights.iter().enumerate() {
            left -= w;
            if left < 0.0 {
                return i;
            }
        }
        weights.len() - 1
    }

    /// This colour, each channel moved by up to `by`, brightness by up to `by` too.
    pub(crate) fn near(&mut self, rgb: [f32; 3], by: f32) -> [f32; 3] {
        let tone = 1.0 + self.range(-by, by) * 2.0;
        rgb.map(|v| (v * tone + self.range(-by, by) * 0.4).clamp(0.0, 1.0))
    }
}
