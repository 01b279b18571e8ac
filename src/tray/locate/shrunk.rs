//! A frame in, the small landscape picture that the tray finder reads out.

use std::ops::Range;

use ndarray::{Array4, s};
use rayon::prelude::*;

use crate::frame::Frame;
use crate::geometry::FramePoint;
use crate::tray::{Lattice, TrayFormat};

/// Pixels a pitch of a block that fills the frame; what the net was trained at.
const FILL: f64 = 20.0;
/// Bounds of the longer side, px.
const LEAST_SIDE: f64 = 224.0;
const MOST_SIDE: f64 = 640.0;
/// A second block may look smaller than the first by perspective.
const LEAST_ROOM: f64 = 0.9;
/// What is hidden round a found block, pitches.
const RIM: f64 = 0.3;
/// The grey that hides it.
const COVER: f32 = 118.0;
/// The net halves its picture five times.
const MULTIPLE: usize = 32;
/// Lines that a worker shrinks at once.
const LINES_A_TASK: usize = 16;

/// The frame shrunk by area, its longer side along x, padded with black to multiples of [`MULTIPLE`].
pub(super) struct Shrunk {
    /// `1 × 3 × height × width`, 0–255.
    pub tensor: Array4<f32>,
    /// Width and height that show the frame, or the part of it that is looked at, px; the rest is padding.
    pub size: [usize; 2],
    /// Where that part begins in the shrunk frame, and the shrunk frame's width and height, px.
    begins: [usize; 2],
    whole: [usize; 2],
    /// The block of cells as it lies here: columns (along x) and rows.
    pub cells: [usize; 2],
    /// Whether x here is y in the frame.
    transposed: bool,
    /// Frame pixels a pixel here, along x and y here.
    frame_px: [f64; 2],
}

impl Shrunk {
    /// Shrinks `frame` as far as a block of this format allows.
    pub fn of(frame: &Frame, format: TrayFormat) -> Self {
        let (width, height) = (frame.width() as f64, frame.height() as f64);
        let pitch = (width / format.cols() as f64).min(height / format.rows() as f64);
        Self::to_pitch(frame, pitch, [format.cols(), format.rows()])
    }

    /// Shrinks `frame` so that about `count` square cells along its longer side have the pitch that the net knows.
    pub fn for_cells(frame: &Frame, count: usize) -> Self {
        let (width, height) = (frame.width() as f64, frame.height() as f64);
        let pitch = width.max(height) / count as f64;
        let cells = [width, height].map(|side| ((side / pitch).round() as usize).max(2));
        Self::to_pitch(frame, pitch, cells)
    }

    fn to_pitch(frame: &Frame, pitch: f64, [cols, rows]: [usize; 2]) -> Self {
        let (width, height) = (frame.width() as f64, frame.height() as f64);
        let longest = width.max(height);
        let by = (FILL / pitch)
            .max(LEAST_SIDE / longest)
            .min(MOST_SIDE / longest)
            .min(1.0);
        let side = |pixels: f64| ((pixels * by).round() as usize).max(1);
        let (small_width, small_height) = (side(width), side(height));
        let means = area_means(frame, small_width, small_height);
        let transposed = small_height > small_width;
        let along = |x: usize, y: usize| if transposed { [y, x] } else { [x, y] };
        let size = along(small_width, small_height);
        let padded = size.map(|side| side.next_multiple_of(MULTIPLE));
        let mut tensor = Array4::zeros((1, 3, padded[1], padded[0]));
        for channel in 0..3 {
            let shown = s![0, channel, ..size[1], ..size[0]];
            let shown = tensor.slice_mut(shown);
            let mut upright = if transposed {
                shown.reversed_axes()
            } else {
                shown
            };
            let lines = means.chunks_exact(3 * small_width);
            for (mut line, means) in upright.outer_iter_mut().zip(lines) {
                let colours = means.chunks_exact(3);
                for (pixel, colour) in line.iter_mut().zip(colours) {
                    *pixel = colour[channel];
                }
            }
        }
        let ratio = |frame: f64, small: usize| frame / small as f64;
        let frame_px = [ratio(width, small_width), ratio(height, small_height)];
        Self {
            tensor,
            size,
            begins: [0, 0],
            whole: size,
            cells: along(cols, rows),
            transposed,
            frame_px: if transposed {
                [frame_px[1], frame_px[0]]
            } else {
                frame_px
            },
        }
    }

    /// Where a place of this picture lies in the frame.
    pub fn frame_point(&self, place: [f64; 2]) -> FramePoint {
        let [x, y] = [0, 1].map(|k| (place[k] + self.begins[k] as f64) * self.frame_px[k]);
        if self.transposed {
            FramePoint::new(y, x)
        } else {
            FramePoint::new(x, y)
        }
    }

    /// Row and column here of a node of the frame's block.
    pub fn node(&self, row: usize, col: usize) -> [usize; 2] {
        if self.transposed {
            [col, row]
        } else {
            [row, col]
        }
    }

    /// Where a lattice lies in the shrunk frame: its least and greatest x and y, px.
    fn box_of(&self, lattice: &Lattice) -> [[f64; 2]; 2] {
        let corners = lattice.corners().map(|corner| {
            let [x, y] = if self.transposed {
                [corner.y, corner.x]
            } else {
                [corner.x, corner.y]
            };
            [x / self.frame_px[0], y / self.frame_px[1]]
        });
        [0, 1].map(|k| {
            let along = corners.map(|corner| corner[k]);
            [
                along.into_iter().fold(f64::MAX, f64::min),
                along.into_iter().fold(f64::MIN, f64::max),
            ]
        })
    }

    /// Whether the frame's edge cuts nothing of a block.
    pub fn shows_whole(&self, lattice: &Lattice) -> bool {
        let ways = self.box_of(lattice).into_iter().zip(self.whole);
        ways.into_iter()
            .all(|([low, high], size)| low >= 0.0 && high <= size as f64)
    }

    /// What is left of the shrunk frame when the block found in it is taken away, if another as large could lie there
    /// wholly in view: the part on that side, where it is one side and the part lies along x as the net knows frames;
    /// else all of it, the block hidden.
    pub fn beside(mut self, lattice: &Lattice) -> Option<Self> {
        let found = self.box_of(lattice);
        let taken = [0, 1].map(|k| {
            let ([low, high], end) = (found[k], self.size[k]);
            let rim = RIM * (high - low) / self.cells[k] as f64;
            ((low - rim).max(0.0) as usize).min(end)..((high + rim).ceil() as usize).min(end)
        });
        let sides = [0, 1].map(|k| {
            let ([low, high], end) = (found[k], self.size[k]);
            let least = LEAST_ROOM * (high - low);
            let before = (low > least).then_some((k, 0..taken[k].start));
            let behind = (end as f64 - high > least).then_some((k, taken[k].end..end));
            [before, behind]
        });
        let mut parts = sides.into_iter().flatten().flatten();
        let (way, part) = parts.next()?;
        if parts.next().is_none() {
            let mut reach = self.size.map(|size| 0..size);
            reach[way] = part;
            if reach[0].len() >= reach[1].len() {
                return Some(self.part(reach));
            }
        }
        let [columns, rows] = taken;
        self.tensor.slice_mut(s![.., .., rows, columns]).fill(COVER);
        Some(self)
    }

    /// A part of the shrunk frame, columns and rows.
    fn part(&self, [columns, rows]: [Range<usize>; 2]) -> Self {
        let size = [columns.len(), rows.len()];
        let padded = size.map(|side| side.next_multiple_of(MULTIPLE));
        let mut tensor = Array4::zeros((1, 3, padded[1], padded[0]));
        let begins = [columns.start, rows.start];
        let shown = self.tensor.slice(s![.., .., rows, columns]);
        tensor
            .slice_mut(s![.., .., ..size[1], ..size[0]])
            .assign(&shown);
        Self {
            tensor,
            size,
            begins,
            ..*self
        }
    }

    /// Whether columns here are rows of the frame.
    pub fn is_transposed(&self) -> bool {
        self.transposed
    }

    /// Width and height with the padding, px.
    pub fn padded(&self) -> [usize; 2] {
        let shape = self.tensor.shape();
        [shape[3], shape[2]]
    }
}

/// Source pixels that one target pixel covers along an axis: the first, and the share of each.
fn shares(from: usize, to: usize) -> Vec<(usize, Vec<f32>)> {
    let ratio = from as f64 / to as f64;
    (0..to)
        .map(|i| {
            let (start, end) = (i as f64 * ratio, ((i + 1) as f64 * ratio).min(from as f64));
            let first = (start as usize).min(from - 1);
            let last = (end.ceil() as usize).clamp(first + 1, from);
            let covered = |p: usize| (end.min((p + 1) as f64) - start.max(p as f64)).max(0.0);
            let weights: Vec<f64> = (first..last).map(covered).collect();
            let all: f64 = weights.iter().sum();
            let weights = weights.iter().map(|w| (w / all) as f32).collect();
            (first, weights)
        })
        .collect()
}

/// What the lines of one target line weigh together.
const LINE_WEIGHTS: u16 = 256;

/// Shares as whole numbers that sum to [`LINE_WEIGHTS`]: a line's weighed sum of bytes fits 16 bits, of which a processor adds
/// eight at once. What a share is rounded by moves a mean by less than half a grey level.
fn line_weights(shares: &[f32]) -> Vec<u16> {
    let (mut before, mut whole) = (0, 0.0);
    let weight = |share: &f32| {
        whole += share * f32::from(LINE_WEIGHTS);
        let until = (whole.round() as u16).min(LINE_WEIGHTS);
        let weight = until - before;
        before = until;
        weight
    };
    shares.iter().map(weight).collect()
}

/// Mean colours over the areas that the target pixels cover, RGB row-major.
fn area_means(frame: &Frame, width: usize, height: usize) -> Vec<f32> {
    let mut across = shares(frame.width(), width);
    for weight in across.iter_mut().flat_map(|(_, weights)| weights) {
        *weight /= f32::from(LINE_WEIGHTS);
    }
    let down = shares(frame.height(), height);
    let down: Vec<_> = down
        .iter()
        .map(|(first, shares)| (first, line_weights(shares)))
        .collect();
    let stride = frame.width() * 3;
    let mut means = vec![0.0; width * height * 3];
    let lines = means.par_chunks_mut(width * 3).zip(&down);
    lines.with_min_len(LINES_A_TASK).for_each_init(
        || vec![0_u16; stride],
        |row, (means, (first, weights))| {
            row.fill(0);
            let covered = frame.rgb()[*first * stride..].chunks_exact(stride);
            for (line, &weight) in covered.zip(weights) {
                for (sum, &value) in row.iter_mut().zip(line) {
                    *sum += weight * u16::from(value);
                }
            }
            for (mean, (first, weights)) in means.chunks_exact_mut(3).zip(&across) {
                let mut sum = [0.0_f32; 3];
                for (pixel, weight) in row[first * 3..].chunks_exact(3).zip(weights) {
                    for (sum, &value) in sum.iter_mut().zip(pixel) {
                        *sum += weight * f32::from(value);
                    }
                }
                mean.copy_from_slice(&sum.map(|v| v.clamp(0.0, 255.0)));
            }
        },
    );
    means
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn frame(width: usize, height: usize, colour: impl Fn(usize, usize) -> [u8; 3]) -> Frame {
        let rgb = (0..width * height).flat_map(|i| colour(i % width, i / width));
        Frame::from_rgb(width, height, rgb.collect()).unwrap()
    }

    #[test]
    fn a_shrunk_pixel_is_the_mean_of_what_it_covers() {
        let stripes = frame(6, 2, |x, y| [(10 * x) as u8, (100 * y) as u8, 7]);
        let means = area_means(&stripes, 4, 1);
        let reds: Vec<f32> = means.chunks(3).map(|c| c[0]).collect();
        for (found, expected) in reds
            .iter()
            .zip([10.0 / 3.0, 50.0 / 3.0, 100.0 / 3.0, 140.0 / 3.0])
        {
            assert!((found - expected).abs() < 1e-3, "{reds:?}");
        }
        assert!((means[1] - 50.0).abs() < 1e-3 && (means[2] - 7.0).abs() < 1e-3);
    }

    #[test]
    fn white_stays_white_and_a_slope_a_slope_however_far_a_frame_is_shrunk() {
        for height in [7, 100, 333, 997] {
            let white = area_means(&frame(5, 1000, |_, _| [255; 3]), 2, height);
            assert!(
                white.iter().all(|&v| (v - 255.0).abs() < 1e-3),
                "{height} lines"
            );
            let slope = frame(2, 1000, |_, y| [(y / 4) as u8; 3]);
            for (y, mean) in area_means(&slope, 1, height).chunks(3).enumerate() {
                let middle = (y as f64 + 0.5) * 250.0 / height as f64 - 0.5;
                assert!(
                    (f64::from(mean[0]) - middle).abs() < 1.0,
                    "line {y} of {height}: {mean:?}"
                );
            }
        }
    }

    #[test]
    fn a_portrait_frame_lies_on_its_side_and_places_lead_back() {
        let tall = frame(300, 900, |x, y| [(x / 2) as u8, (y / 4) as u8, 0]);
        let shrunk = Shrunk::of(&tall, TrayFormat::new(20, 5).unwrap());
        assert_eq!(shrunk.cells, [20, 5]);
        assert!(shrunk.is_transposed());
        assert!(shrunk.size[0] > shrunk.size[1]);
        let (x, y) = (100, 30);
        let place = shrunk.frame_point([x as f64 + 0.5, y as f64 + 0.5]);
        let red = f64::from(shrunk.tensor[(0, 0, y, x)]);
        let green = f64::from(shrunk.tensor[(0, 1, y, x)]);
        assert!((red - place.x / 2.0).abs() < 2.0, "{red} at {place:?}");
        assert!((green - place.y / 4.0).abs() < 2.0, "{green} at {place:?}");
        assert_eq!(shrunk.node(3, 1), [1, 3]);
    }

    #[test]
    fn the_picture_is_padded_to_what_the_net_halves() {
        let wide = frame(500, 333, |_, _| [200, 200, 200]);
        let shrunk = Shrunk::of(&wide, TrayFormat::new(8, 12).unwrap());
        let [_, _, height, width] = shrunk.tensor.shape().try_into().unwrap();
        assert!(height % 32 == 0 && width % 32 == 0);
        assert_eq!(
            shrunk.tensor[(0, 0, shrunk.size[1] - 1, shrunk.size[0] - 1)],
            200.0
        );
        assert!(width == shrunk.size[0] || shrunk.tensor[(0, 0, 0, shrunk.size[0])] == 0.0);
    }
}
