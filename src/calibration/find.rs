//! The four rings of the reference tray in a picture: dark rings on paper, one with a dot.

use image::{GrayImage, Luma};
use imageproc::contrast::adaptive_threshold;
use imageproc::region_labelling::{Connectivity, connected_components};

use super::sheet::{
    CHECKER, DOT_MM, RING_HOLE, RING_MM, RINGS, SQUARE_MM, SQUARES, SheetPoint, SheetSpace,
};
use crate::frame::Frame;
use crate::geometry::{FramePoint, FrameSpace, Homography};

/// The picture is looked at with at most so many pixels.
const MOST_PIXELS: usize = 2_000_000;
/// A pixel is dark when it is this much darker than its surroundings, 0–255.
const DARKER: i32 = 12;
/// Rings smaller than this, px of the shrunk picture, cannot be told from specks.
const LEAST_RING: f64 = 8.0;
/// The most rings that are tried in fours.
const MOST_CANDIDATES: usize = 14;
/// The checker must look like the checker: correlation of its squares with what is printed.
const LEAST_LIKENESS: f64 = 0.8;

/// Why no reference tray was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// Too few rings.
    #[error(
        "no reference tray is seen: expected 4 rings with a checker between them, found {0} rings"
    )]
    Rings(usize),
    /// Rings, but not those of the sheet.
    #[error(
        "no reference tray is seen: {0} rings, but no checker where it should lie between them"
    )]
    Checker(usize),
}

/// From places on the sheet to the frame's pixels.
pub type FrameFromSheet = Homography<SheetSpace, FrameSpace>;

/// Finds the sheet, wherever and however it lies, its printed side up.
///
/// # Errors
/// It is not there, not whole, or too small.
pub fn find(frame: &Frame) -> Result<FrameFromSheet, FindError> {
    let rings = rings(frame);
    let count = rings.len();
    let best = fours(count)
        .flat_map(|four| turned(four.map(|index| rings[index])))
        .filter_map(|centres| {
            let map = sheet_at(centres)?;
            let likeness = likeness(frame, &map);
            (likeness >= LEAST_LIKENESS).then_some((likeness, map))
        })
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    match best {
        Some((_, map)) => Ok(map),
        None if count < RINGS.len() => Err(FindError::Rings(count)),
        None => Err(FindError::Checker(count)),
    }
}

/// Brightness, shrunk by a whole factor; the factor beside it.
fn shrunk(frame: &Frame) -> (GrayImage, usize) {
    let pixels = frame.width() * frame.height();
    let factor = ((pixels as f64 / MOST_PIXELS as f64).sqrt().ceil() as usize).max(1);
    let (width, height) = (frame.width() / factor, frame.height() / factor);
    let picture = GrayImage::from_fn(width.max(1) as u32, height.max(1) as u32, |x, y| {
        let (x, y) = (x as usize * factor, y as usize * factor);
        let mut sum = 0;
        let mut count = 0;
        for y in y..(y + factor).min(frame.height()) {
            for x in x..(x + factor).min(frame.width()) {
                sum += frame.pixel(x, y).into_iter().map(u32::from).sum::<u32>();
                count += 3;
            }
        }
        Luma([(sum / count.max(1)) as u8])
    });
    (picture, factor)
}

/// A connected dark part.
#[derive(Clone, Copy)]
struct Part {
    pixels: f64,
    sum: [f64; 2],
    least: [u32; 2],
    most: [u32; 2],
}

impl Part {
    const NOTHING: Self = Self {
        pixels: 0.0,
        sum: [0.0; 2],
        least: [u32::MAX; 2],
        most: [0; 2],
    };

    fn add(&mut self, at: [u32; 2]) {
        self.pixels += 1.0;
        for (axis, at) in at.into_iter().enumerate() {
            self.sum[axis] += f64::from(at) + 0.5;
            self.least[axis] = self.least[axis].min(at);
            self.most[axis] = self.most[axis].max(at);
        }
    }

    /// The centre where this is a ring: as wide as high within a slant, hollow by as much as it is printed, and its
    /// weight in its middle.
    fn ring(&self) -> Option<[f64; 2]> {
        let sides = [0, 1].map(|axis| f64::from(self.most[axis] - self.least[axis] + 1));
        let centre = self.sum.map(|sum| sum / self.pixels);
        let printed = std::f64::consts::FRAC_PI_4 * (1.0 - RING_HOLE * RING_HOLE);
        let share = self.pixels / (sides[0] * sides[1]);
        let is_central = (0..2).all(|axis| {
            let middle = f64::from(self.least[axis]) + sides[axis] / 2.0;
            (centre[axis] - middle).abs() <= 0.08 * sides[axis] + 0.5
        });
        let is_ring = sides.iter().all(|side| *side >= LEAST_RING)
            && (0.6..=1.7).contains(&(sides[0] / sides[1]))
            && (share - printed).abs() <= 0.14
            && is_central;
        is_ring.then_some(centre)
    }
}

/// Centres of rings in the frame's pixels, the largest first.
fn rings(frame: &Frame) -> Vec<FramePoint> {
    let (picture, factor) = shrunk(frame);
    let surroundings = (picture.width().min(picture.height()) / 16).max(2);
    let bright = adaptive_threshold(&picture, surroundings, DARKER);
    let parts = connected_components(&bright, Connectivity::Eight, Luma([255]));
    let count = parts.pixels().map(|label| label[0]).max().unwrap_or(0) as usize;
    let mut dark = vec![Part::NOTHING; count + 1];
    for (x, y, label) in parts.enumerate_pixels() {
        if label[0] > 0 {
            dark[label[0] as usize].add([x, y]);
        }
    }
    let mut found: Vec<_> = dark
        .iter()
        .filter(|part| part.pixels > 0.0)
        .filter_map(|part| Some((part.pixels, part.ring()?)))
        .collect();
    found.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    found.truncate(MOST_CANDIDATES);
    let factor = factor as f64;
    found
        .into_iter()
        .map(|(_, [x, y])| FramePoint::new(x * factor, y * factor))
        .collect()
}

/// All fours of so many.
fn fours(count: usize) -> impl Iterator<Item = [usize; 4]> {
    (0..count).flat_map(move |a| {
        (a + 1..count).flat_map(move |b| {
            (b + 1..count).flat_map(move |c| (c + 1..count).map(move |d| [a, b, c, d]))
        })
    })
}

/// Four points in the order of the sheet's rings, beginning with each of them: which one has the dot is not known yet.
fn turned(mut four: [FramePoint; 4]) -> [[FramePoint; 4]; 4] {
    let middle = four
        .iter()
        .fold(FramePoint::zero(), |sum, point| sum + point.to_vector())
        / 4.0;
    let angle = |point: &FramePoint| (point.y - middle.y).atan2(point.x - middle.x);
    four.sort_by(|a, b| angle(a).total_cmp(&angle(b)));
    [0, 1, 2, 3].map(|first| {
        let mut turned = four;
        turned.rotate_left(first);
        turned
    })
}

fn sheet_at(centres: [FramePoint; 4]) -> Option<FrameFromSheet> {
    let pairs: Vec<_> = RINGS
        .iter()
        .zip(centres)
        .map(|([x, y], centre)| (SheetPoint::new(*x, *y), centre))
        .collect();
    Homography::fit(&pairs).ok()
}

/// How much the checker's squares and the rings' middles look as printed: the correlation, −1 to 1.
fn likeness(frame: &Frame, map: &FrameFromSheet) -> f64 {
    let squares = (0..SQUARES).flat_map(|row| (0..SQUARES).map(move |col| (row, col)));
    let square = |(row, col): (usize, usize)| {
        let at = |corner: f64, index: usize| corner + (index as f64 + 0.5) * SQUARE_MM;
        let place = SheetPoint::new(at(CHECKER[0], col), at(CHECKER[1], row));
        (place, if (row + col) % 2 == 0 { -1.0 } else { 1.0 })
    };
    let middle = |(index, [x, y]): (usize, &[f64; 2])| {
        // the dot, and as far from the other centres, where there is paper
        let place = SheetPoint::new(x + 0.3 * DOT_MM, *y);
        (place, if index == 0 { -1.0 } else { 1.0 })
    };
    let strokes = RINGS.iter().map(|[x, y]| {
        (
            SheetPoint::new(x + RING_MM * (1.0 + RING_HOLE) / 2.0, *y),
            -1.0,
        )
    });
    let places = squares
        .map(square)
        .chain(RINGS.iter().enumerate().map(middle))
        .chain(strokes);
    let pairs: Vec<(f64, f64)> = places
        .map(|(place, printed)| (brightness(frame, map.map(place)), printed))
        .collect();
    correlation(&pairs)
}

fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let count = pairs.len() as f64;
    let (a, b) = pairs
        .iter()
        .fold((0.0, 0.0), |(a, b), (x, y)| (a + x / count, b + y / count));
    let [mut ab, mut aa, mut bb] = [0.0; 3];
    for (x, y) in pairs {
        ab += (x - a) * (y - b);
        aa += (x - a) * (x - a);
        bb += (y - b) * (y - b);
    }
    let norm = (aa * bb).sqrt();
    if norm > 0.0 { ab / norm } else { 0.0 }
}

/// Mean of the channels at a place, 0–255.
pub(super) fn brightness(frame: &Frame, at: FramePoint) -> f64 {
    let [r, g, b] = frame.bilinear(at).map(f64::from);
    (r + g + b) / 3.0
}
