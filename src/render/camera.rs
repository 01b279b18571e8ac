//! What a camera and its files do to a picture: blur, noise, sharpening, resampling, JPEG.
//!
//! In: the lit canvas' colours. Out: RGB8 of the same size; nothing moves by more than half a pixel.

use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, RgbImage};

use super::chance::Chance;
use super::colour::Rgb;

/// A picture in work.
struct Film {
    width: usize,
    height: usize,
    rgb: Vec<Rgb>,
}

/// Takes the picture; `most` bounds how hard blur and noise may be, 0.4 (clean) to 1.6.
pub(crate) fn photograph(
    chance: &mut Chance,
    size: (usize, usize),
    rgb: Vec<Rgb>,
    most: f32,
) -> RgbImage {
    let mut film = Film {
        width: size.0,
        height: size.1,
        rgb,
    };
    let strength = chance.log_range(0.3, 1.6).min(most);
    let mut steps: Vec<u8> = vec![0, 1, 2, 3, 4, 5, 6];
    for i in (1..steps.len()).rev() {
        steps.swap(i, chance.index(i + 1));
    }
    for step in steps {
        film.develop(chance, step, strength);
    }
    let last = film.to_image();
    if chance.with(0.85) {
        compress(last, chance.range(55.0, 97.0) as u8)
    } else {
        last
    }
}

impl Film {
    fn develop(&mut self, chance: &mut Chance, step: u8, strength: f32) {
        match step {
            0 if chance.with(0.6) => self.blur(chance.range(0.3, 1.1) * strength),
            1 if chance.with(0.15) => self.smear(chance, strength),
            2 if chance.with(0.75) => self.speckle(chance, strength),
            3 if chance.with(0.45) => self.sharpen(chance.range(0.3, 1.6), chance.range(0.6, 1.4)),
            4 if chance.with(0.35) => self.subsample(),
            5 if chance.with(0.3) => self.shrink(chance.range(0.5, 0.95)),
            6 if chance.with(0.3) => {
                let image = compress(self.to_image(), chance.range(50.0, 95.0) as u8);
                self.rgb = image
                    .pixels()
                    .map(|p| p.0.map(|v| f32::from(v) / 255.0))
                    .collect();
            }
            _ => {}
        }
    }

    fn to_image(&self) -> RgbImage {
        let bytes = self
            .rgb
            .iter()
            .flatten()
            .map(|v| (v * 255.0 + 0.5).clamp(0.0, 255.0) as u8);
        RgbImage::from_raw(self.width as u32, self.height as u32, bytes.collect())
            .unwrap_or_default()
    }

    fn blur(&mut self, sigma: f32) {
        let radius = ((sigma * 2.5).ceil() as usize).clamp(1, 4);
        let weights: Vec<f32> = (0..=radius)
            .map(|i| (-((i * i) as f32) / (2.0 * sigma * sigma)).exp())
            .collect();
        let sum = weights[0] + 2.0 * weights[1..].iter().sum::<f32>();
        let weights: Vec<f32> = weights.iter().map(|w| w / sum).collect();
        let (w, h) = (self.width, self.height);
        let rows: Vec<Rgb> = (0..w * h)
            .map(|i| {
                let (x, row) = (i % w, i - i % w);
                gather(&self.rgb, &weights, |d| {
                    (row + x.saturating_sub(d), row + (x + d).min(w - 1))
                })
            })
            .collect();
        self.rgb = (0..w * h)
            .map(|i| {
                let (x, y) = (i % w, i / w);
                gather(&rows, &weights, |d| {
                    (y.saturating_sub(d) * w + x, (y + d).min(h - 1) * w + x)
                })
            })
            .collect();
    }

    /// Motion blur along a straight line.
    fn smear(&mut self, chance: &mut Chance, strength: f32) {
        let reach = (chance.range(1.0, 3.0) * strength).round().clamp(1.0, 3.0) as i32;
        let (dx, dy) = chance.pick(&[(1, 0), (0, 1), (1, 1), (1, -1)]);
        let (w, h) = (self.width as i32, self.height as i32);
        let share = 1.0 / (2 * reach + 1) as f32;
        let source = std::mem::take(&mut self.rgb);
        self.rgb = (0..w * h)
            .map(|i| {
                let mut sum = [0.0f32; 3];
                for k in -reach..=reach {
                    let x = (i % w + dx * k).clamp(0, w - 1);
                    let y = (i / w + dy * k).clamp(0, h - 1);
                    let p = source[(y * w + x) as usize];
                    sum = [sum[0] + p[0], sum[1] + p[1], sum[2] + p[2]];
                }
                sum.map(|v| v * share)
            })
            .collect();
    }

    /// Luma noise a pixel and colour noise in 2×2 blots, as demosaicing leaves them.
    fn speckle(&mut self, chance: &mut Chance, strength: f32) {
        let luma = chance.log_range(0.004, 0.05) * strength;
        let colour = chance.log_range(0.002, 0.04) * strength;
        let seed = chance.bits();
        let w = self.width;
        for (i, pixel) in self.rgb.iter_mut().enumerate() {
            let grey = grain(seed, i as u64, 0) * luma;
            let block = ((i / w / 2) * w + (i % w) / 2) as u64;
            for (k, v) in pixel.iter_mut().enumerate() {
                *v += (grey + grain(seed ^ 0x9e37, block, k as u32) * colour) * (0.4 + v.max(0.0));
            }
        }
    }

    fn sharpen(&mut self, amount: f32, sigma: f32) {
        let sharp = self.rgb.clone();
        self.blur(sigma);
        for (soft, sharp) in self.rgb.iter_mut().zip(sharp) {
            for k in 0..3 {
                soft[k] = (sharp[k] + (sharp[k] - soft[k]) * amount).clamp(-0.1, 1.1);
            }
        }
    }

    /// One colour for each 2×2 block, luma kept.
    fn subsample(&mut self) {
        let w = self.width;
        for y in (0..self.height.saturating_sub(1)).step_by(2) {
            for x in (0..w.saturating_sub(1)).step_by(2) {
                let block = [
                    y * w + x,
                    y * w + x + 1,
                    (y + 1) * w + x,
                    (y + 1) * w + x + 1,
                ];
                let mean: Rgb = std::array::from_fn(|k| {
                    block.iter().map(|&i| self.rgb[i][k]).sum::<f32>() * 0.25
                });
                let grey = super::colour::luma(mean);
                for i in block {
                    let here = super::colour::luma(self.rgb[i]);
                    self.rgb[i] = mean.map(|v| v - grey + here);
                }
            }
        }
    }

    /// Down to `share` of the size and up again, both bilinear.
    fn shrink(&mut self, share: f32) {
        let small = (
            ((self.width as f32) * share) as usize,
            ((self.height as f32) * share) as usize,
        );
        let down = resample(&self.rgb, (self.width, self.height), small);
        self.rgb = resample(&down, small, (self.width, self.height));
    }
}

#[inline]
fn gather(from: &[Rgb], weights: &[f32], at: impl Fn(usize) -> (usize, usize)) -> Rgb {
    let centre = from[at(0).0];
    let mut sum = centre.map(|v| v * weights[0]);
    for (d, w) in weights.iter().enumerate().skip(1) {
        let (a, b) = at(d);
        for k in 0..3 {
            sum[k] += (from[a][k] + from[b][k]) * w;
        }
    }
    sum
}

/// Roughly normal noise with deviation about 0.8, a function of its arguments.
#[inline]
fn grain(seed: u64, index: u64, channel: u32) -> f32 {
    let mut h = seed ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (u64::from(channel) << 40);
    h = (h ^ (h >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    h ^= h >> 29;
    let part = |shift: u32| ((h >> shift) & 0xffff) as f32 / 65536.0;
    (part(0) + part(16) + part(32) - 1.5) * 1.6
}

fn resample(from: &[Rgb], size: (usize, usize), to: (usize, usize)) -> Vec<Rgb> {
    let (sx, sy) = (size.0 as f32 / to.0 as f32, size.1 as f32 / to.1 as f32);
    let mut out = Vec::with_capacity(to.0 * to.1);
    for y in 0..to.1 {
        let v = ((y as f32 + 0.5) * sy - 0.5).clamp(0.0, (size.1 - 1) as f32);
        let (j, fy) = (v as usize, v.fract());
        let below = (j + 1).min(size.1 - 1);
        for x in 0..to.0 {
            let u = ((x as f32 + 0.5) * sx - 0.5).clamp(0.0, (size.0 - 1) as f32);
            let (i, fx) = (u as usize, u.fract());
            let right = (i + 1).min(size.0 - 1);
            let (a, b) = (from[j * size.0 + i], from[j * size.0 + right]);
            let (c, d) = (from[below * size.0 + i], from[below * size.0 + right]);
            out.push(std::array::from_fn(|k| {
                (a[k] * (1.0 - fx) + b[k] * fx) * (1.0 - fy) + (c[k] * (1.0 - fx) + d[k] * fx) * fy
            }));
        }
    }
    out
}

/// Through JPEG and back; the picture unchanged if the codec fails.
fn compress(image: RgbImage, quality: u8) -> RgbImage {
    let mut bytes = Vec::new();
    if JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode_image(&image)
        .is_err()
    {
        return image;
    }
    image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg).map_or(image, |i| i.into_rgb8())
}
