//! Light over the whole frame: colour, gradient, vignette, shadow bands.

use std::f32::consts::TAU;

use super::chance::Chance;
use super::colour::{Rgb, luma, mix};
use super::noise::noise;
use super::raster::{Canvas, Sun};

/// The light of one frame.
pub(crate) struct Light {
    pub sun: Sun,
    /// Direction the light travels in the frame, length 1.
    pub direction: [f32; 2],
    cast: Rgb,
    saturation: f32,
    /// Mean luma that the camera aims at.
    exposure: f32,
    gamma: f32,
    /// How softly highlights clip, 0 hard .. 1 never.
    shoulder: f32,
    gradient: [f32; 2],
    vignette: f32,
    bands: Option<(f32, f32, f32, f32)>,
    cloudy: f32,
}

impl Light {
    pub(crate) fn draw(chance: &mut Chance) -> Self {
        let angle = chance.range(0.0, TAU);
        let direction = [angle.cos(), angle.sin()];
        let hard = chance.with(0.3);
        let reach = if hard {
            chance.range(0.4, 1.4)
        } else {
            chance.range(0.1, 0.5)
        };
        let sun = Sun {
            throw: direction.map(|v| v * reach),
            shadow: if hard {
                chance.range(0.35, 0.65)
            } else {
                chance.range(0.1, 0.4)
            },
            soft: if hard {
                chance.range(0.05, 0.3)
            } else {
                chance.range(0.4, 1.5)
            },
        };
        let cast: Rgb = match chance.weighted(&[0.5, 0.15, 0.15, 0.06, 0.04, 0.1]) {
            0 => [1.0, 1.0, 1.0],
            1 => [1.12, 1.0, 0.78],
            2 => [0.92, 1.03, 1.02],
            3 => [1.08, 0.85, 1.05],
            4 => [1.15, 0.72, 1.0],
            _ => [0.88, 1.02, 0.92],
        };
        let cast = cast.map(|v| v * (1.0 + chance.normal() * 0.04));
        let bands = (hard && chance.with(0.3)).then(|| {
            (
                chance.range(0.0, TAU),
                chance.range(1.0, 5.0),
                chance.range(0.0, TAU),
                chance.range(0.2, 0.55),
            )
        });
        Self {
            sun,
            direction,
            cast,
            saturation: chance.range(0.65, 1.2) * if chance.with(0.1) { 0.5 } else { 1.0 },
            exposure: chance.range(0.30, 0.66),
            shoulder: if chance.with(0.35) {
                chance.range(0.3, 0.7)
            } else {
                0.9
            },
            gamma: chance.log_range(0.78, 1.2),
            gradient: [chance.normal() * 0.12, chance.normal() * 0.12],
            vignette: if chance.with(0.5) {
                chance.range(0.0, 0.4)
            } else {
                0.0
            },
            bands,
            cloudy: chance.range(0.0, 0.25),
        }
    }

    /// Lights the canvas.
    pub(crate) fn apply(&self, canvas: &mut Canvas) {
        let (w, h) = (canvas.width as f32, canvas.height as f32);
        let curve = Curve::new(self.gamma);
        let exposure = self.expose(canvas);
        for y in 0..canvas.height {
            let v = y as f32 / h - 0.5;
            for x in 0..canvas.width {
                let u = x as f32 / w - 0.5;
                let gain = self.gain(u, v);
                let pixel = &mut canvas.rgb[y * canvas.width + x];
                let lit = [
                    pixel[0] * gain * self.cast[0],
                    pixel[1] * gain * self.cast[1],
                    pixel[2] * gain * self.cast[2],
                ];
                let lit = develop(lit, exposure, self.shoulder);
                let grey = luma(lit);
                *pixel = mix([grey; 3], lit, self.saturation).map(|v| curve.at(v));
            }
        }
    }

    /// The gain that brings the canvas near the aimed-at brightness, as automatic exposure does.
    fn expose(&self, canvas: &Canvas) -> f32 {
        let sample = canvas.rgb.iter().step_by(37).map(|p| luma(*p).min(1.0));
        let count = canvas.rgb.len().div_ceil(37).max(1);
        let mean = sample.sum::<f32>() / count as f32;
        (self.exposure / mean.max(0.02)).clamp(0.75, 4.5)
    }

    #[inline]
    fn gain(&self, u: f32, v: f32) -> f32 {
        let mut gain = 1.0 + self.gradient[0] * u * 2.0 + self.gradient[1] * v * 2.0;
        gain *= 1.0 - self.vignette * (u * u + v * v) * 1.6;
        if self.cloudy > 0.02 {
            gain *= 1.0 + self.cloudy * (noise().cloud(u * 60.0 + 200.0, v * 60.0 + 100.0) - 0.5);
        }
        if let Some((angle, count, phase, depth)) = self.bands {
            let at = (u * angle.cos() + v * angle.sin()) * count * TAU + phase;
            let edge = (at.sin() * 6.0).clamp(-1.0, 1.0) * 0.5 + 0.5;
            gain *= 1.0 - depth * edge;
        }
        gain
    }
}

/// Brightens by `gain` with a shoulder, so that highlights keep their hue.
#[inline]
fn develop(rgb: Rgb, gain: f32, shoulder: f32) -> Rgb {
    let most = rgb[0].max(rgb[1]).max(rgb[2]);
    let by = if gain > 1.0 {
        gain / (1.0 + most.min(1.2) * (gain - 1.0) * shoulder)
    } else {
        gain
    };
    rgb.map(|v| v * by)
}

/// A power curve by table.
struct Curve([f32; 257]);

impl Curve {
    fn new(gamma: f32) -> Self {
        Self(std::array::from_fn(|i| (i as f32 / 256.0).powf(gamma)))
    }

    #[inline]
    fn at(&self, v: f32) -> f32 {
        let f = v.clamp(0.0, 0.9999) * 256.0;
        let i = f as usize;
        self.0[i] + (self.0[i + 1] - self.0[i]) * (f - i as f32)
    }
}
