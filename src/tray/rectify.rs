//! The rectified tray image: every cell an equal square of pixels.

use std::borrow::Cow;
use std::ops::Range;

use ndarray::{ArrayView4, ShapeError};
use rayon::prelude::*;

use crate::frame::Frame;
use crate::geometry::{FramePoint, FrameVector, RectifiedPoint, TrayPoint};

use super::Lattice;
use super::sampling::{PIECE, SampleLine, Sums, UNIT};

/// How a tray image is laid out: pixels a cell pitch and the margin around the block.
///
/// Invariant: `px_per_pitch` is even and positive, so that the margin of half a pitch is whole pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrayImageLayout {
    /// Rows of cells.
    pub rows: usize,
    /// Columns of cells.
    pub cols: usize,
    /// Pixels a cell pitch.
    pub px_per_pitch: usize,
}

impl TrayImageLayout {
    /// Width of the image, px.
    #[must_use]
    pub fn width(&self) -> usize {
        (self.cols + 1) * self.px_per_pitch
    }
    /// Height of the image, px.
    #[must_use]
    pub fn height(&self) -> usize {
        (self.rows + 1) * self.px_per_pitch
    }
    /// Where a point of the rectified image lies on the tray.
    #[must_use]
    pub fn tray_from_rectified(&self, point: RectifiedPoint) -> TrayPoint {
        let pitch = self.px_per_pitch as f64;
        TrayPoint::new(point.x / pitch - 0.5, point.y / pitch - 0.5)
    }
}

/// A rectified tray as the net takes it: red, green and blue planes of `height × width`, row-major, whole
/// numbers 0–255.
#[derive(Debug, Clone)]
pub struct TrayImage {
    /// Its geometry.
    pub layout: TrayImageLayout,
    /// The planes, one after the other.
    pub planes: Vec<f32>,
    /// Of the frame at half its size and smoothed, for the next tray.
    buffers: [Vec<u8>; 2],
}

impl TrayImage {
    /// An image without pixels, to be filled by [`rectify`].
    #[must_use]
    pub fn empty() -> Self {
        Self {
            layout: TrayImageLayout {
                rows: 0,
                cols: 0,
                px_per_pitch: 2,
            },
            planes: Vec::new(),
            buffers: Default::default(),
        }
    }

    /// The image as a batch of one: `1 × 3 × height × width`.
    ///
    /// # Errors
    /// Planes of another size than the layout's.
    pub fn tensor(&self) -> Result<ArrayView4<'_, f32>, ShapeError> {
        let shape = (1, 3, self.layout.height(), self.layout.width());
        ArrayView4::from_shape(shape, &self.planes)
    }
}

/// Samples the frame along the lattice into `into`, reusing its buffer.
///
/// Pixels outside the frame repeat its edge. Where the picture is finer than the tray image, an area of source pixels
/// is averaged, so that small plants do not alias away; where it is twice as fine, the frame is halved first, and where two
/// samples along each side would be averaged, it is smoothed first and sampled once. Places are exact to a 256th of a frame
/// pixel.
pub fn rectify(frame: &Frame, lattice: &Lattice, px_per_pitch: usize, into: &mut TrayImage) {
    let layout = TrayImageLayout {
        rows: lattice.rows(),
        cols: lattice.cols(),
        px_per_pitch,
    };
    into.layout = layout;
    let (width, height) = (layout.width(), layout.height());
    into.planes.resize(3 * width * height, 0.0);
    let source = Source::new(frame, lattice, px_per_pitch, &mut into.buffers);
    let (red, rest) = into.planes.split_at_mut(width * height);
    let (green, blue) = rest.split_at_mut(width * height);
    red.par_chunks_mut(width)
        .zip(green.par_chunks_mut(width))
        .zip(blue.par_chunks_mut(width))
        .enumerate()
        .with_min_len(LINES_A_TASK)
        .for_each(|(y, ((red, green), blue))| {
            let line = ImageLine {
                source: &source,
                lattice,
                layout,
                y,
            };
            line.fill([red, green, blue]);
        });
    if let Cow::Owned(sampled) = source.frame {
        into.buffers[0] = sampled.into_rgb();
    }
}

/// How much finer than the tray image a frame is that is halved. Finer ones show few cells, of which many samples a
/// pixel cost little, and are averaged more exactly.
pub(crate) const HALVED: Range<f64> = 2.0..4.0;
/// Frame pixels around the tray that are halved or smoothed with it, for samples between pixels.
const SURROUNDINGS_PX: f64 = 8.0;

/// What is sampled: the frame, or the part of it around the tray, halved or smoothed or both.
struct Source<'a> {
    frame: Cow<'a, Frame>,
    /// The frame point that its first pixel's corner shows.
    origin: FramePoint,
    /// Its pixels a frame pixel.
    scale: f64,
    /// Samples along each side of a rectified pixel.
    taps: usize,
}

impl<'a> Source<'a> {
    fn new(
        frame: &'a Frame,
        lattice: &Lattice,
        px_per_pitch: usize,
        [one, other]: &mut [Vec<u8>; 2],
    ) -> Self {
        let reduction = lattice.px_per_pitch() / px_per_pitch as f64;
        let is_halved = HALVED.contains(&reduction);
        let scale = if is_halved { 0.5 } else { 1.0 };
        let taps = ((reduction * scale).round() as usize).clamp(1, MOST_TAPS);
        let mut source = Self {
            frame: Cow::Borrowed(frame),
            origin: FramePoint::origin(),
            scale,
            taps,
        };
        if !is_halved && taps != SMOOTHED {
            return source;
        }
        let [columns, rows] = part_around(frame, lattice);
        source.origin = FramePoint::new(columns.start as f64, rows.start as f64);
        let take = std::mem::take::<Vec<u8>>;
        if !is_halved {
            source.frame = Cow::Owned(frame.smoothed(columns, rows, take(one)));
        } else if taps != SMOOTHED {
            source.frame = Cow::Owned(frame.halved(columns, rows, take(one)));
        } else {
            let halved = frame.halved(columns, rows, take(other));
            let (columns, rows) = (0..halved.width(), 0..halved.height());
            source.frame = Cow::Owned(halved.smoothed(columns, rows, take(one)));
            *other = halved.into_rgb();
        }
        if taps == SMOOTHED {
            // a smoothed pixel shows the place between four of them
            source.origin += FrameVector::splat(0.5 / scale);
            source.taps = 1;
        }
        source
    }

    /// Where a point of the frame lies in it.
    fn place(&self, point: FramePoint) -> FramePoint {
        FramePoint::origin() + (point - self.origin) * self.scale
    }
}

/// Samples along each side of which one sample of the smoothed frame takes the place: for a picture twice as fine as the
/// tray image they are the same, at one and a half times as fine they lie three quarters of a pixel apart instead of one.
const SMOOTHED: usize = 2;

/// Columns and rows of the frame that the tray and its margin lie in; at least one of each. They begin and end at even
/// numbers or with the frame, so that the part is halved as the whole would be.
fn part_around(frame: &Frame, lattice: &Lattice) -> [Range<usize>; 2] {
    let lines = |cells: usize| {
        let inner = (0..=cells).map(|i| i as f64);
        inner.chain([-0.5, cells as f64 + 0.5])
    };
    let (mut least, mut most) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for y in lines(lattice.rows()) {
        for x in lines(lattice.cols()) {
            let point = lattice.frame_from_tray(TrayPoint::new(x, y)).to_array();
            least = [0, 1].map(|k| least[k].min(point[k]));
            most = [0, 1].map(|k| most[k].max(point[k]));
        }
    }
    [0, 1].map(|k| {
        let size = [frame.width(), frame.height()][k];
        let start = (least[k] - SURROUNDINGS_PX).max(0.0) as usize;
        let start = start.min(size - 1) / 2 * 2;
        let end = (most[k] + SURROUNDINGS_PX).max(0.0) as usize;
        start..end.next_multiple_of(2).clamp(start + 1, size)
    })
}

/// The most samples along each side of a rectified pixel: enough for a 12-MP picture of a few cells.
const MOST_TAPS: usize = 8;
/// Lines that a worker takes at once: fewer cost more in handing over than they gain.
const LINES_A_TASK: usize = 16;
/// One line of the tray image and what it is sampled from.
struct ImageLine<'a> {
    source: &'a Source<'a>,
    lattice: &'a Lattice,
    layout: TrayImageLayout,
    y: usize,
}

impl ImageLine<'_> {
    /// Fills the line of each plane, a column of cells at a time: within one, samples lie on straight lines.
    fn fill(&self, mut planes: [&mut [f32]; 3]) {
        let (layout, taps) = (self.layout, self.source.taps);
        let share = 1.0 / taps as f64;
        let scale = 1.0 / (UNIT * (taps * taps) as f32);
        // the margin belongs to the outermost cells
        let half = layout.px_per_pitch / 2;
        for col in 0..layout.cols {
            let is_last = col + 1 == layout.cols;
            let from = usize::from(col > 0) * (half + col * layout.px_per_pitch);
            let to = half + (col + 1) * layout.px_per_pitch + usize::from(is_last) * half;
            let first = (from as f64 + 0.5 * share - half as f64) / layout.px_per_pitch as f64;
            for at in (from..to).step_by(PIECE) {
                let piece = at..(at + PIECE).min(to);
                let skipped = (at - from) * taps;
                let mut pieces = planes.each_mut().map(|plane| &mut plane[piece.clone()]);
                if taps == 1
                    && self
                        .samples(col, first, 0, skipped)
                        .take(&self.source.frame, &mut pieces)
                {
                    continue;
                }
                let sums = self.sums(col, first, skipped, piece.len());
                for (piece, sums) in pieces.iter_mut().zip(&sums) {
                    for (pixel, &sum) in piece.iter_mut().zip(sums) {
                        *pixel = (sum as f32 * scale + 0.5) as i32 as f32;
                    }
                }
            }
        }
    }

    /// The sums of `taps × taps` samples, in units of a [`UNIT`]th, for `count` pixels of a column of cells whose
    /// first sample lies at `first` pitches; `skipped` samples after it. Below 2³¹: eight by eight samples of 255.
    fn sums(&self, col: usize, first: f64, skipped: usize, count: usize) -> Sums {
        let taps = self.source.taps;
        let mut sums = [[0; PIECE]; 3];
        for j in 0..taps {
            self.samples(col, first, j, skipped)
                .add_to(&self.source.frame, taps, count, &mut sums);
        }
        sums
    }

    /// The samples of number `j` down a pixel for a column of cells, from number `skipped` along it on.
    fn samples(&self, col: usize, first: f64, j: usize, skipped: usize) -> SampleLine {
        let layout = self.layout;
        let share = 1.0 / self.source.taps as f64;
        let at = RectifiedPoint::new(0.0, self.y as f64 + (j as f64 + 0.5) * share);
        let sides = self.lattice.across(layout.tray_from_rectified(at).y, col);
        let [left, right] = sides.map(|side| self.source.place(side));
        let line = SampleLine::new(
            left.lerp(right, first - col as f64),
            (right - left) * (share / layout.px_per_pitch as f64),
        );
        line.after(skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::FramePoint;
    use crate::tray::TrayFormat;
    use proptest::prelude::*;

    /// A frame whose red runs along x and green along y, so that a sampled colour tells its place.
    fn ramp(width: usize, height: usize) -> Frame {
        let mut rgb = Vec::new();
        for y in 0..height {
            for x in 0..width {
                rgb.extend_from_slice(&[x as u8, y as u8, 7]);
            }
        }
        Frame::from_rgb(width, height, rgb).unwrap()
    }

    #[test]
    fn every_cell_becomes_an_equal_square() {
        let format = TrayFormat::new(2, 3).unwrap();
        let nodes = (0..=2)
            .flat_map(|r| {
                (0..=3).map(move |c| {
                    FramePoint::new(20.0 + f64::from(c) * 48.0, 30.0 + f64::from(r) * 40.0)
                })
            })
            .collect();
        let lattice = Lattice::new(format, nodes).unwrap();
        let mut image = TrayImage::empty();
        rectify(&ramp(200, 150), &lattice, 48, &mut image);
        assert_eq!((image.layout.width(), image.layout.height()), (192, 144));
        let tensor = image.tensor().unwrap();
        // the middle of cell (1, 2): frame x = 20 + 2.5 * 48, y = 30 + 1.5 * 40
        let pixel = [0, 1].map(|channel| tensor[(0, channel, 24 + 72, 24 + 120)]);
        assert!((pixel[0] - 140.0).abs() <= 1.0, "{pixel:?}");
        assert!((pixel[1] - 90.0).abs() <= 1.0, "{pixel:?}");
    }

    /// The whole frame, halved where it is twice to four times as fine as the tray image, and its pixels a frame pixel.
    fn halved(frame: &Frame, reduction: f64) -> (Frame, f64) {
        if !(2.0..4.0).contains(&reduction) {
            return (frame.clone(), 1.0);
        }
        let (columns, rows) = (0..frame.width(), 0..frame.height());
        (frame.halved(columns, rows, Vec::new()), 0.5)
    }

    /// Samples along each side of a rectified pixel of a frame halved to `scale`.
    fn taps(scale: f64, lattice: &Lattice, layout: TrayImageLayout) -> usize {
        let reduction = lattice.px_per_pitch() * scale / layout.px_per_pitch as f64;
        reduction.round().clamp(1.0, 8.0) as usize
    }

    /// The mean of taps × taps samples of a frame halved to `scale`, each between its four pixels, in double precision; of
    /// two by two the ones a whole pixel apart.
    fn slowly(
        (frame, scale): &(Frame, f64),
        lattice: &Lattice,
        layout: TrayImageLayout,
        (x, y): (usize, usize),
    ) -> [f64; 3] {
        let taps = taps(*scale, lattice, layout);
        if taps == 2 {
            let centre = RectifiedPoint::new(x as f64 + 0.5, y as f64 + 0.5);
            let at = lattice.frame_from_tray(layout.tray_from_rectified(centre)) * *scale;
            // left of and above the first places between four pixels these repeat
            let at = at.max(FramePoint::new(1.0, 1.0));
            let mut sum = [0.0; 3];
            for (dx, dy) in [(-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)] {
                let colour = frame.bilinear(at + FrameVector::new(dx, dy));
                for (s, c) in sum.iter_mut().zip(colour) {
                    *s += f64::from(c) / 4.0;
                }
            }
            return sum;
        }
        let mut sum = [0.0; 3];
        for (i, j) in (0..taps * taps).map(|k| (k % taps, k / taps)) {
            let place = |p: usize, k: usize| p as f64 + (k as f64 + 0.5) / taps as f64;
            let at = layout.tray_from_rectified(RectifiedPoint::new(place(x, i), place(y, j)));
            let colour = frame.bilinear(lattice.frame_from_tray(at) * *scale);
            for (s, c) in sum.iter_mut().zip(colour) {
                *s += f64::from(c) / (taps * taps) as f64;
            }
        }
        sum
    }

    proptest! {
        #[test]
        fn every_pixel_is_within_a_grey_level_of_the_mean_of_its_samples(
            seed in 0_u64..1 << 40,
            (left, top, pitch, turn) in (-40.0..60.0, -40.0..60.0, 14.0..70.0, -0.3..0.3_f64),
        ) {
            let (width, height) = (160, 120);
            let mut noise = seed | 1;
            let rgb = (0..width * height * 3).map(|_| {
                noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (noise >> 56) as u8
            });
            let frame = Frame::from_rgb(width, height, rgb.collect()).unwrap();
            let (sin, cos) = turn.sin_cos();
            let nodes = (0..12).map(|i| {
                let (x, y) = (f64::from(i % 4) * pitch, f64::from(i / 4) * pitch);
                FramePoint::new(left + x * cos - y * sin, top + x * sin + y * cos)
            });
            let lattice = Lattice::new(TrayFormat::new(2, 3).unwrap(), nodes.collect()).unwrap();
            let mut image = TrayImage::empty();
            rectify(&frame, &lattice, 16, &mut image);
            let tensor = image.tensor().unwrap();
            let frame = halved(&frame, lattice.px_per_pitch() / 16.0);
            for (x, y) in (0..64 * 48).step_by(7).map(|i| (i % 64, i / 64)) {
                let expected = slowly(&frame, &lattice, image.layout, (x, y));
                for channel in 0..3 {
                    let found = f64::from(tensor[(0, channel, y, x)]);
                    // weights of a 256th on both ways and the rounding to whole numbers
                    prop_assert!((found - expected[channel]).abs() <= 1.6, "{found} {expected:?}");
                }
            }
        }
    }
}
