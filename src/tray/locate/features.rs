//! A frame in, a reduced picture of wall-telling features out, upright or turned.
//!
//! Walls differ from cells in brightness, in colour or in smoothness, never in all three for sure; so
//! every pixel carries all of them and later stages weigh them.

use crate::frame::Frame;
use crate::geometry::FramePoint;

/// Features a pixel.
pub(super) const CHANNELS: usize = 4;

/// Luma, red against green, blue against yellow, roughness; 0–1 or ±1 by channel.
pub(super) type Feature = [f32; CHANNELS];

/// Whether a feature is that of leaves in the light: excess green of chromaticities (Woebbecke et al.,
/// *Color indices for weed identification*, 1995) above a fifth, and not in the dark, where it is noise.
pub(super) fn is_vegetation(&[luma, red_green, blue_yellow, _]: &Feature) -> bool {
    const LEAST_LUMA: f32 = 0.2;
    const LEAST_EXCESS: f32 = 0.2;
    let blue = luma + blue_yellow * (2.0 / 3.0);
    let green = 0.5 * (3.0 * luma - blue - red_green);
    luma > LEAST_LUMA && green > (1.0 + LEAST_EXCESS) * luma
}

/// A reduced picture of features, row-major.
#[derive(Debug, Clone)]
pub(super) struct Features {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<Feature>,
}

/// Features seen in axes turned by an angle about the picture's centre.
#[derive(Debug, Clone)]
pub(super) struct Canvas {
    pub features: Features,
    /// Whether a pixel shows the frame (its turned corners do not).
    pub inside: Vec<bool>,
    /// The frame's turn against the canvas, radians, clockwise in the picture.
    angle: f64,
    /// The centre of the frame's reduced picture, px of it.
    centre: [f64; 2],
    /// Frame pixels a canvas pixel along x and y.
    frame_px: [f64; 2],
}

impl Features {
    /// The frame, averaged down to at most `long_side` pixels on its longer side.
    pub fn of_frame(frame: &Frame, long_side: usize) -> Self {
        let longest = frame.width().max(frame.height());
        let shrink = (longest as f64 / long_side as f64).max(1.0);
        let width = ((frame.width() as f64 / shrink).round() as usize).max(1);
        let height = ((frame.height() as f64 / shrink).round() as usize).max(1);
        let colours = averaged(frame, width, height);
        let luma: Vec<f32> = colours.iter().map(|c| (c[0] + c[1] + c[2]) / 3.0).collect();
        let rough = box_mean(&gradient(&luma, width, height), width, height);
        let pixels = colours
            .iter()
            .zip(luma.iter().zip(rough))
            .map(|(&[r, g, b], (&l, rough))| [l, r - g, b - 0.5 * (r + g), rough])
            .collect();
        Self {
            width,
            height,
            pixels,
        }
    }

    /// Half the size, each pixel the mean of four.
    pub fn halved(&self) -> Self {
        let (width, height) = ((self.width / 2).max(1), (self.height / 2).max(1));
        let at = |x: usize, y: usize| {
            self.pixels[y.min(self.height - 1) * self.width + x.min(self.width - 1)]
        };
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let [a, b, c, d] = [
                    at(2 * x, 2 * y),
                    at(2 * x + 1, 2 * y),
                    at(2 * x, 2 * y + 1),
                    at(2 * x + 1, 2 * y + 1),
                ];
                pixels.push(std::array::from_fn(|k| 0.25 * (a[k] + b[k] + c[k] + d[k])));
            }
        }
        Self {
            width,
            height,
            pixels,
        }
    }

    /// Variance a channel over the picture, at least that of one grey level.
    pub fn variance(&self) -> [f64; CHANNELS] {
        const LEAST: f64 = (1.0 / 255.0) * (1.0 / 255.0);
        let count = self.pixels.len() as f64;
        std::array::from_fn(|k| {
            let (sum, square) = self.pixels.iter().fold((0.0, 0.0), |(s, q), p| {
                let v = f64::from(p[k]);
                (s + v, q + v * v)
            });
            (square / count - (sum / count).powi(2)).max(LEAST)
        })
    }

    /// The feature between pixels; none outside the picture.
    fn bilinear(&self, x: f64, y: f64) -> Option<Feature> {
        let inside = x >= 0.0 && y >= 0.0 && x <= self.width as f64 && y <= self.height as f64;
        if !inside {
            return None;
        }
        let x = (x - 0.5).clamp(0.0, (self.width - 1) as f64);
        let y = (y - 0.5).clamp(0.0, (self.height - 1) as f64);
        let (x0, y0) = (x as usize, y as usize);
        let (x1, y1) = ((x0 + 1).min(self.width - 1), (y0 + 1).min(self.height - 1));
        let (u, v) = ((x - x0 as f64) as f32, (y - y0 as f64) as f32);
        let at = |x: usize, y: usize| self.pixels[y * self.width + x];
        let [a, b, c, d] = [at(x0, y0), at(x1, y0), at(x0, y1), at(x1, y1)];
        Some(std::array::from_fn(|k| {
            let top = a[k] + (b[k] - a[k]) * u;
            let bottom = c[k] + (d[k] - c[k]) * u;
            top + (bottom - top) * v
        }))
    }
}

impl Canvas {
    /// The features turned back by `angle` radians, on a canvas that holds all of them.
    pub fn turned(features: &Features, angle: f64, frame: &Frame) -> Self {
        let (w, h) = (features.width as f64, features.height as f64);
        let (sin, cos) = angle.sin_cos();
        let width = (w * cos.abs() + h * sin.abs()).ceil() as usize;
        let height = (w * sin.abs() + h * cos.abs()).ceil() as usize;
        let mut canvas = Self {
            features: Features {
                width,
                height,
                pixels: Vec::with_capacity(width * height),
            },
            inside: Vec::with_capacity(width * height),
            angle,
            centre: [0.5 * w, 0.5 * h],
            frame_px: [frame.width() as f64 / w, frame.height() as f64 / h],
        };
        if angle == 0.0 {
            canvas.features.pixels.clone_from(&features.pixels);
            canvas.inside = vec![true; width * height];
            return canvas;
        }
        for y in 0..height {
            for x in 0..width {
                let [u, v] = canvas.reduced_point(x as f64 + 0.5, y as f64 + 0.5);
                let feature = features.bilinear(u, v);
                canvas.inside.push(feature.is_some());
                canvas.features.pixels.push(feature.unwrap_or_default());
            }
        }
        canvas
    }

    /// Where a canvas point lies in the upright reduced picture, px of it.
    fn reduced_point(&self, x: f64, y: f64) -> [f64; 2] {
        let (sin, cos) = self.angle.sin_cos();
        let (a, b) = (
            x - 0.5 * self.features.width as f64,
            y - 0.5 * self.features.height as f64,
        );
        [
            self.centre[0] + a * cos - b * sin,
            self.centre[1] + a * sin + b * cos,
        ]
    }

    /// Where a canvas point lies in the frame.
    pub fn frame_point(&self, x: f64, y: f64) -> FramePoint {
        let [u, v] = self.reduced_point(x, y);
        FramePoint::new(u * self.frame_px[0], v * self.frame_px[1])
    }
}

/// RGB 0–1, each output pixel the mean of the frame's pixels under it.
fn averaged(frame: &Frame, width: usize, height: usize) -> Vec<[f32; 3]> {
    let edge = |i: usize, of: usize, whole: usize| i * whole / of;
    let columns: Vec<usize> = (0..=width).map(|x| edge(x, width, frame.width())).collect();
    let mut colours = Vec::with_capacity(width * height);
    let mut sums = vec![[0_u32; 3]; width];
    for y in 0..height {
        let lines = edge(y, height, frame.height())..edge(y + 1, height, frame.height());
        let count = lines.len();
        sums.fill([0; 3]);
        for line in lines {
            let start = line * frame.width() * 3;
            let line = &frame.rgb()[start..start + frame.width() * 3];
            for (sum, ends) in sums.iter_mut().zip(columns.windows(2)) {
                for pixel in line[ends[0] * 3..ends[1] * 3].chunks_exact(3) {
                    for (s, &p) in sum.iter_mut().zip(pixel) {
                        *s += u32::from(p);
                    }
                }
            }
        }
        for (sum, ends) in sums.iter().zip(columns.windows(2)) {
            let scale = 1.0 / (255 * count * (ends[1] - ends[0])) as f32;
            colours.push(sum.map(|s| s as f32 * scale));
        }
    }
    colours
}

/// Length of the central-difference gradient.
fn gradient(luma: &[f32], width: usize, height: usize) -> Vec<f32> {
    let at = |x: usize, y: usize| luma[y * width + x];
    let mut lengths = Vec::with_capacity(luma.len());
    for y in 0..height {
        let (up, down) = (y.saturating_sub(1), (y + 1).min(height - 1));
        for x in 0..width {
            let (left, right) = (x.saturating_sub(1), (x + 1).min(width - 1));
            let dx = at(right, y) - at(left, y);
            let dy = at(x, down) - at(x, up);
            lengths.push((dx * dx + dy * dy).sqrt());
        }
    }
    lengths
}

/// Mean over 3 × 3 pixels.
fn box_mean(values: &[f32], width: usize, height: usize) -> Vec<f32> {
    let mean3 = |a: f32, b: f32, c: f32| (a + b + c) / 3.0;
    let mut rows = Vec::with_capacity(values.len());
    for line in values.chunks_exact(width) {
        rows.extend((0..width).map(|x| {
            let (left, right) = (x.saturating_sub(1), (x + 1).min(width - 1));
            mean3(line[left], line[x], line[right])
        }));
    }
    (0..values.len())
        .map(|i| {
            let (x, y) = (i % width, i / width);
            let (up, down) = (y.saturating_sub(1), (y + 1).min(height - 1));
            mean3(rows[up * width + x], rows[i], rows[down * width + x])
        })
        .collect()
}
