//! What a picture of the reference tray says of camera and lamp.

use serde::{Deserialize, Serialize};

use super::find::{FindError, FrameFromSheet, brightness, find};
use super::sheet::{BARE, CHECKER, PATCH_MM, PATCHES, RINGS, SQUARE_MM, SQUARES, SheetPoint};
use crate::frame::Frame;
use crate::geometry::FramePoint;

/// Half the side of the area that is averaged around a place on bare paper, mm.
const AROUND_BARE_MM: f64 = 3.0;
/// The share of a patch's side that is averaged: its edges may be blurred.
const PATCH_SHARE: f64 = 0.6;
/// Samples along each side of an averaged area.
const SAMPLES: usize = 8;
/// Samples a pixel along a line over an edge.
const SAMPLES_PER_PX: f64 = 4.0;
/// A sample from here on is taken for clipped.
const CLIPPED: f64 = 253.0;

/// A patch's colour as the camera saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Colour {
    /// The patch.
    pub patch: String,
    /// Red, green, blue as shares of those that bare paper would have at its place.
    pub share_of_white: [f64; 3],
}

/// Scale, focus, exposure, colour and lamp.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Readings {
    /// Scale at the sheet, mm a pixel.
    pub mm_per_px: f64,
    /// Width of a checker's edge from a tenth to nine tenths of its contrast, px.
    pub edge_px: f64,
    /// Red, green and blue of bare paper, 0–255.
    pub white: [f64; 3],
    /// Share of the samples on bare paper that are clipped.
    pub clipped: f64,
    /// The darkest bare place as a share of the brightest.
    pub evenness: f64,
    /// The patches.
    pub colours: Vec<Colour>,
}

/// Why there are no readings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadingsError {
    /// No reference tray.
    #[error(transparent)]
    Find(#[from] FindError),
    /// It is there, and nothing can be measured.
    #[error("the reference tray is seen, but it has no contrast: paper and ink look the same")]
    Flat,
}

impl Readings {
    /// Mean brightness of bare paper, 0–255.
    #[must_use]
    pub fn white_level(&self) -> f64 {
        self.white.iter().sum::<f64>() / 3.0
    }

    /// Red over green and blue over green of bare paper.
    #[must_use]
    pub fn white_balance(&self) -> [f64; 2] {
        let [r, g, b] = self.white;
        [r / g, b / g]
    }
}

/// Reads the reference tray in a picture.
///
/// # Errors
/// It is not in the picture, or shows nothing.
pub fn read(frame: &Frame) -> Result<Readings, ReadingsError> {
    let map = find(frame)?;
    let bare = BARE.map(|at| mean(frame, &map, at, AROUND_BARE_MM));
    let white = [0, 1, 2]
        .map(|channel| bare.iter().map(|area| area.rgb[channel]).sum::<f64>() / bare.len() as f64);
    if white.iter().any(|level| *level < 1.0) {
        return Err(ReadingsError::Flat);
    }
    let levels = bare
        .each_ref()
        .map(|area| area.rgb.iter().sum::<f64>() / 3.0);
    let darkest = levels.into_iter().fold(f64::INFINITY, f64::min);
    let brightest = levels.into_iter().fold(1.0, f64::max);
    let colours = PATCHES.map(|(patch, [x, y], _)| {
        let centre = [x + PATCH_MM / 2.0, y + PATCH_MM / 2.0];
        let area = mean(frame, &map, centre, PATCH_MM * PATCH_SHARE / 2.0);
        let share = |channel: usize| {
            let paper = paper_at(&bare, channel, centre).max(1.0);
            rounded(area.rgb[channel] / paper, 1e4)
        };
        Colour {
            patch: patch.to_owned(),
            share_of_white: [0, 1, 2].map(share),
        }
    });
    Ok(Readings {
        mm_per_px: rounded(scale(&map), 1e5),
        edge_px: rounded(edge(frame, &map).ok_or(ReadingsError::Flat)?, 1e2),
        white: white.map(|level| rounded(level, 1e2)),
        clipped: rounded(
            bare.iter().map(|area| area.clipped).sum::<f64>() / bare.len() as f64,
            1e4,
        ),
        evenness: rounded(darkest / brightest, 1e4),
        colours: colours.into(),
    })
}

/// Rounded to a step of which so many make one: what is written is what is compared.
fn rounded(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}

struct Area {
    rgb: [f64; 3],
    clipped: f64,
}

/// How bright bare paper would be at a place: the plane through the bare places, which lie evenly around their middle.
/// So a lamp that fades on one side changes no patch's colour.
fn paper_at(bare: &[Area; BARE.len()], channel: usize, at: [f64; 2]) -> f64 {
    let count = BARE.len() as f64;
    let levels = || bare.iter().map(|area| area.rgb[channel]);
    let slope = |axis: usize| {
        let middle = BARE.iter().map(|place| place[axis]).sum::<f64>() / count;
        let away = BARE.map(|place| place[axis] - middle);
        let square: f64 = away.iter().map(|away| away * away).sum();
        let rise: f64 = away
            .iter()
            .zip(levels())
            .map(|(away, level)| away * level)
            .sum();
        rise / square * (at[axis] - middle)
    };
    levels().sum::<f64>() / count + slope(0) + slope(1)
}

/// The mean over a square around a place of the sheet.
fn mean(frame: &Frame, map: &FrameFromSheet, [x, y]: [f64; 2], half_mm: f64) -> Area {
    let mut area = Area {
        rgb: [0.0; 3],
        clipped: 0.0,
    };
    let count = (SAMPLES * SAMPLES) as f64;
    for index in 0..SAMPLES * SAMPLES {
        let step = |index: usize| ((index as f64 + 0.5) / SAMPLES as f64 * 2.0 - 1.0) * half_mm;
        let place = SheetPoint::new(x + step(index % SAMPLES), y + step(index / SAMPLES));
        let rgb = frame.bilinear(map.map(place)).map(f64::from);
        for (sum, value) in area.rgb.iter_mut().zip(rgb) {
            *sum += value / count;
        }
        area.clipped += f64::from(u8::from(rgb.iter().any(|value| *value >= CLIPPED))) / count;
    }
    area
}

/// Millimetres a pixel over the sheet: the mean of the distances of neighbouring rings.
fn scale(map: &FrameFromSheet) -> f64 {
    let point = |[x, y]: [f64; 2]| SheetPoint::new(x, y);
    let sides = (0..4).map(|index| (point(RINGS[index]), point(RINGS[(index + 1) % 4])));
    let (mm, px) = sides.fold((0.0, 0.0), |(mm, px), (from, to)| {
        (
            mm + (to - from).length(),
            px + (map.map(to) - map.map(from)).length(),
        )
    });
    mm / px
}

/// The median width of the checker's inner edges, upright and level ones.
fn edge(frame: &Frame, map: &FrameFromSheet) -> Option<f64> {
    let mut widths = Vec::new();
    for line in 1..SQUARES {
        for along in 0..SQUARES {
            let across = line as f64 * SQUARE_MM;
            let middle = (along as f64 + 0.5) * SQUARE_MM;
            let reach = 0.45 * SQUARE_MM;
            let place = |x: f64, y: f64| map.map(SheetPoint::new(CHECKER[0] + x, CHECKER[1] + y));
            widths.extend(edge_width(
                frame,
                place(across - reach, middle),
                place(across + reach, middle),
            ));
            widths.extend(edge_width(
                frame,
                place(middle, across - reach),
                place(middle, across + reach),
            ));
        }
    }
    // Where most of them cannot be measured, neither can the focus.
    if widths.len() < SQUARES * (SQUARES - 1) {
        return None;
    }
    widths.sort_by(f64::total_cmp);
    widths.get(widths.len() / 2).copied()
}

/// How far it is from a tenth to nine tenths of the step between two places, px.
fn edge_width(frame: &Frame, from: FramePoint, to: FramePoint) -> Option<f64> {
    let length = (to - from).length();
    if !length.is_finite() || !(4.0..=4096.0).contains(&length) {
        return None;
    }
    let count = (length * SAMPLES_PER_PX).ceil() as usize;
    let mut levels: Vec<_> = (0..=count)
        .map(|index| brightness(frame, from.lerp(to, index as f64 / count as f64)))
        .collect();
    if levels.first()? > levels.last()? {
        levels.reverse();
    }
    let shoulder = (count / 8).max(1);
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let (low, high) = (
        mean(&levels[..shoulder]),
        mean(&levels[count + 1 - shoulder..]),
    );
    if high - low < 10.0 {
        return None;
    }
    let crossing = |share: f64| {
        let level = low + share * (high - low);
        let after = levels.iter().position(|value| *value >= level)?;
        let before = after.checked_sub(1)?;
        let part = (level - levels[before]) / (levels[after] - levels[before]);
        Some(before as f64 + part)
    };
    Some((crossing(0.9)? - crossing(0.1)?) / count as f64 * length)
}
