//! Leaf outlines: the half-width of a leaf along its axis.

use std::f32::consts::{PI, TAU};

use super::chance::Chance;
use super::raster::{Profile, SAMPLES};

/// Outline of a leaf from base (`t` = 0) to tip (`t` = 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    Round,
    Oval,
    Lanceolate,
    Spatulate,
    Heart,
    Strap,
    /// A blade that only thins out to its tip.
    Taper,
    /// Lobes, and how deep they cut.
    Lobed(f32, f32),
    /// Teeth, and how deep they cut.
    Serrate(f32, f32),
    Arrow,
}

impl Shape {
    fn half_width(self, t: f32) -> f32 {
        let round = (4.0 * t * (1.0 - t)).max(0.0).sqrt();
        let oval = (PI * t).sin().max(0.0);
        match self {
            Self::Round => round,
            Self::Oval => oval.powf(0.72) * (0.92 + 0.16 * t),
            Self::Lanceolate => (PI * t.powf(0.8)).sin().max(0.0).powf(1.1),
            Self::Spatulate => {
                let blade = ((t - 0.25) / 0.75).max(0.0);
                let w = (4.0 * blade * (1.0 - blade)).max(0.0).sqrt() * (0.75 + 0.25 * blade);
                w.max(0.16 * (1.0 - t))
            }
            Self::Heart => (PI * t.powf(0.6)).sin().max(0.0).powf(0.85),
            Self::Strap => ((t * 14.0).min((1.0 - t) * 7.0)).clamp(0.0, 1.0).sqrt(),
            Self::Taper => (1.0 - t * 0.9) * (t * 20.0).clamp(0.6, 1.0),
            Self::Lobed(count, depth) => {
                let lobes = 1.0 - depth * (0.5 + 0.5 * (count * TAU * t + 0.6).cos());
                oval.powf(0.6) * lobes * (0.6 + 0.5 * t)
            }
            Self::Serrate(count, depth) => {
                let tooth = 1.0 - depth * (count * t).fract();
                oval.powf(0.8) * (1.15 - 0.4 * t) * tooth
            }
            Self::Arrow => {
                ((1.0 - t) * 1.2).min(1.0)
                    * if t < 0.25 {
                        0.8
                    } else {
                        0.65 + (0.45 - t).abs() * 0.2
                    }
            }
        }
    }

    /// The outline, unevenly grown by `wobble`.
    pub(crate) fn profile(self, chance: &mut Chance, wobble: f32) -> Profile {
        let (phase, waves) = (chance.range(0.0, TAU), chance.range(2.0, 6.0));
        std::array::from_fn(|i| {
            let t = i as f32 / (SAMPLES - 1) as f32;
            (self.half_width(t) * (1.0 + wobble * (waves * t + phase).sin())).clamp(0.0, 1.2)
        })
    }
}
