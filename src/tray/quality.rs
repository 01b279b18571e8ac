//! A frame and a located lattice in, the quality of the picture inside the tray out, or a refusal.
//!
//! Everything is measured on the tray, a fixed number of samples a cell, so that neither the camera's
//! resolution nor what lies round the tray changes it.

use serde::{Deserialize, Serialize};

use crate::frame::Frame;
use crate::geometry::FramePoint;

use super::{Lattice, Refusal};

/// How good a picture of a tray is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FrameQuality {
    /// 95th percentile of luma inside the tray, 0–255.
    pub brightest: f64,
    /// Share of the tray's pixels with every channel at its limit, percent.
    pub saturated_percent: f64,
    /// Bend of the luma over twelfths of a pitch against its spread over the tray, without unit.
    pub sharpness: f64,
    /// Mean pitch, frame pixels.
    pub px_per_pitch: f64,
}

/// Below this 95th percentile of luma a picture is dark: a well-exposed one at 5 % of its light stays
/// under 13, and dim rooms reach 40.
const LEAST_BRIGHTNESS: f64 = 20.0;
/// White walls may clip: they take up to half of a tray.
const MOST_SATURATED_PERCENT: f64 = 60.0;
/// See [`sharpness`]. Rendered trays (150 of the training split, seed 90210) have 0.68 to 2.2 as they are. Blurred by
/// σ = 0.05 pitch, where a tenth more of their cells are misread, half of them fall below the limit; by σ = 0.07 pitch,
/// where a third are, nine of ten.
const LEAST_SHARPNESS: f64 = 0.6;
/// Fewer pixels a pitch do not show a cotyledon.
const LEAST_PITCH_PX: f64 = 16.0;
/// A channel at or above this is taken as saturated.
const SATURATED: f32 = 250.0;
/// Samples a side of a cell.
const SAMPLES: usize = 12;

/// Measures the picture inside the tray.
///
/// # Errors
/// [`Refusal::TooSmall`], [`Refusal::Dark`], [`Refusal::OverExposed`] or [`Refusal::Blurred`].
pub fn check(frame: &Frame, lattice: &Lattice) -> Result<FrameQuality, Refusal> {
    let quality = measure(frame, lattice);
    let refusal = if quality.px_per_pitch < LEAST_PITCH_PX {
        Some(Refusal::TooSmall {
            found: quality.px_per_pitch,
            limit: LEAST_PITCH_PX,
        })
    } else if quality.brightest < LEAST_BRIGHTNESS {
        Some(Refusal::Dark {
            found: quality.brightest,
            limit: LEAST_BRIGHTNESS,
        })
    } else if quality.saturated_percent > MOST_SATURATED_PERCENT {
        Some(Refusal::OverExposed {
            found: quality.saturated_percent,
            limit: MOST_SATURATED_PERCENT,
        })
    } else if quality.sharpness < LEAST_SHARPNESS {
        Some(Refusal::Blurred {
            found: quality.sharpness,
            limit: LEAST_SHARPNESS,
        })
    } else {
        None
    };
    refusal.map_or(Ok(quality), Err)
}

/// Measures without judging.
fn measure(frame: &Frame, lattice: &Lattice) -> FrameQuality {
    let (width, height) = (lattice.cols() * SAMPLES, lattice.rows() * SAMPLES);
    let mut lumas = Vec::with_capacity(width * height);
    let (mut seen, mut saturated) = (0_usize, 0_usize);
    let place = |i: usize| (i as f64 + 0.5) / SAMPLES as f64;
    let edge = FramePoint::new(frame.width() as f64, frame.height() as f64);
    let is_inside = |at: FramePoint| at.x >= 0.0 && at.y >= 0.0 && at.x <= edge.x && at.y <= edge.y;
    for y in 0..height {
        for col in 0..lattice.cols() {
            let [left, right] = lattice.across(place(y), col);
            for x in 0..SAMPLES {
                let at = left.lerp(right, place(x));
                if !is_inside(at) {
                    lumas.push(f32::NAN);
                    continue;
                }
                let [r, g, b] = frame.bilinear(at);
                seen += 1;
                saturated += usize::from(r.min(g).min(b) >= SATURATED);
                lumas.push(0.299 * r + 0.587 * g + 0.114 * b);
            }
        }
    }
    FrameQuality {
        brightest: percentile(&lumas, 0.95),
        saturated_percent: 100.0 * saturated as f64 / seen.max(1) as f64,
        sharpness: sharpness(&lumas, width),
        px_per_pitch: lattice.px_per_pitch(),
    }
}

/// The value below which a share of the known values lies.
fn percentile(values: &[f32], share: f64) -> f64 {
    let mut known: Vec<f32> = values.iter().copied().filter(|v| v.is_finite()).collect();
    let last = known.len().saturating_sub(1);
    let i = (last as f64 * share) as usize;
    if i >= known.len() {
        return 0.0;
    }
    let (_, &mut value, _) = known.select_nth_unstable_by(i, f32::total_cmp);
    f64::from(value)
}

/// Root mean square of the second difference at a twelfth of a pitch over the luma's standard deviation:
/// dimmer or hazier pictures are not blurrier. White noise gives √6.
fn sharpness(lumas: &[f32], width: usize) -> f64 {
    let known: Vec<f64> = lumas
        .iter()
        .filter(|v| v.is_finite())
        .map(|&v| f64::from(v))
        .collect();
    let count = known.len().max(1) as f64;
    let mean = known.iter().sum::<f64>() / count;
    let variance = known.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
    let (mut sum, mut bends) = (0.0, 0.0);
    for i in width..lumas.len().saturating_sub(width) {
        let middle = lumas[i];
        for [a, b] in [[i - 1, i + 1], [i - width, i + width]] {
            let bend = f64::from(lumas[a] - 2.0 * middle + lumas[b]);
            if bend.is_finite() {
                sum += bend * bend;
                bends += 1.0;
            }
        }
    }
    // one grey level of luma is noise: it keeps a flat picture from looking sharp
    (sum / f64::max(bends, 1.0) / (variance + 1.0)).sqrt()
}
