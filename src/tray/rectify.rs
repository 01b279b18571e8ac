//! The rectified tray image: every cell an equal square of pixels.

use rayon::prelude::*;

use crate::frame::Frame;
use crate::geometry::{RectifiedPoint, TrayPoint};

use super::Lattice;

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

/// A rectified tray, RGB8 row-major, `height × width × 3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrayImage {
    /// Its geometry.
    pub layout: TrayImageLayout,
    /// The pixels.
    pub rgb: Vec<u8>,
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
            rgb: Vec::new(),
        }
    }
}

/// Samples the frame along the lattice into `into`, reusing its buffer.
///
/// Pixels outside the frame repeat its edge. Where the picture is finer than the tray image, an
/// area of source pixels is averaged, so that small plants do not alias away.
pub fn rectify(frame: &Frame, lattice: &Lattice, px_per_pitch: usize, into: &mut TrayImage) {
    let layout = TrayImageLayout {
        rows: lattice.rows(),
        cols: lattice.cols(),
        px_per_pitch,
    };
    into.layout = layout;
    into.rgb.clear();
    into.rgb.resize(layout.width() * layout.height() * 3, 0);
    let reduction = lattice.px_per_pitch() / px_per_pitch as f64;
    let taps = (reduction.round() as usize).clamp(1, MOST_TAPS);
    into.rgb
        .par_chunks_mut(layout.width() * 3)
        .enumerate()
        .for_each(|(y, line)| rectify_line(frame, lattice, layout, taps, y, line));
}

/// The most samples along each side of a rectified pixel: enough for a 12-MP picture of a few cells.
const MOST_TAPS: usize = 8;

fn rectify_line(
    frame: &Frame,
    lattice: &Lattice,
    layout: TrayImageLayout,
    taps: usize,
    y: usize,
    line: &mut [u8],
) {
    let share = 1.0 / taps as f64;
    let rows: Vec<_> = (0..taps)
        .map(|j| {
            let at = RectifiedPoint::new(0.0, y as f64 + (j as f64 + 0.5) * share);
            lattice.across(layout.tray_from_rectified(at).y)
        })
        .collect();
    let columns = 1.0 / layout.px_per_pitch as f64;
    let scale = 1.0 / (taps * taps) as f32;
    for (x, pixel) in line.chunks_exact_mut(3).enumerate() {
        let mut sum = [0.0_f32; 3];
        for i in 0..taps {
            let along = (x as f64 + (i as f64 + 0.5) * share) * columns - 0.5;
            let (col, rest) = lattice.column_and_rest(along);
            for row in &rows {
                let colour = frame.bilinear(row[col].lerp(row[col + 1], rest));
                for (s, c) in sum.iter_mut().zip(colour) {
                    *s += c;
                }
            }
        }
        for (p, s) in pixel.iter_mut().zip(sum) {
            *p = (s * scale + 0.5) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::FramePoint;
    use crate::tray::TrayFormat;

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
        let at = |x: usize, y: usize| &image.rgb[(y * 192 + x) * 3..][..3];
        // the middle of cell (1, 2): frame x = 20 + 2.5 * 48, y = 30 + 1.5 * 40
        let pixel = at(24 + 120, 24 + 72);
        assert!(pixel[0].abs_diff(140) <= 1, "{pixel:?}");
        assert!(pixel[1].abs_diff(90) <= 1, "{pixel:?}");
    }
}
