//! The tray finder's outputs in, samples of the block out: where a pixel lies in its cell, and where in the block.

use image::{GrayImage, Luma};
use imageproc::region_labelling::{Connectivity, connected_components};
use ndarray::{ArrayD, ArrayView3, Axis, Ix3};

/// Shrunk pixels a pixel of the net's outputs.
pub(super) const STRIDE: f64 = 4.0;

/// Fewer output pixels are no block of cells.
const LEAST_PIXELS: usize = 12;
/// Parts of the block smaller than this share of the largest are specks.
const LEAST_PART: f64 = 0.05;

/// Outputs that are not those of a tray finder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("tray finder: expected outputs block, phase and share over {expected:?} px, found {found:?}")]
pub struct FinderOutputsError {
    /// Rows and columns of an output.
    expected: [usize; 2],
    /// Shapes that came.
    found: Vec<Vec<usize>>,
}

/// One output pixel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// Place in the shrunk picture, px.
    pub at: [f64; 2],
    /// Place in its cell along x and y, in parts of a pitch; whole pitches are unknown.
    pub phase: [f64; 2],
    /// Place in the block, 0–1.
    pub share: [f64; 2],
    /// Probability of lying in the block, 0–1.
    pub block: f64,
    /// How much the phase counts, 0–1.
    pub weight: f64,
}

/// What the net says of a shrunk frame.
pub(super) struct Reading {
    /// Every output pixel that shows the frame.
    pub all: Vec<Sample>,
    /// How many a row.
    pub columns: usize,
    /// Those taken for the block: its parts, without specks.
    pub block: Vec<Sample>,
}

impl Reading {
    /// Samples of `outputs` (batch of one) for a shrunk picture padded to `padded` and showing the frame in `size`, px.
    ///
    /// # Errors
    /// Other outputs than a tray finder's.
    pub fn new(
        outputs: &[ArrayD<f32>],
        padded: [usize; 2],
        size: [usize; 2],
    ) -> Result<Self, FinderOutputsError> {
        let [width, height] = padded.map(|side| side / STRIDE as usize);
        let wrong = || FinderOutputsError {
            expected: [height, width],
            found: outputs.iter().map(|o| o.shape().to_vec()).collect(),
        };
        let view = |at: usize, channels: usize| {
            let output = outputs.get(at)?;
            if output.shape() != [1, channels, height, width] {
                return None;
            }
            output
                .index_axis(Axis(0), 0)
                .into_dimensionality::<Ix3>()
                .ok()
        };
        let (Some(block), Some(phase), Some(share)) = (view(0, 1), view(1, 4), view(2, 2)) else {
            return Err(wrong());
        };
        let [columns, rows] = [0, 1].map(|k| (size[k] as f64 / STRIDE - 0.5).ceil().max(1.0) as usize);
        let (columns, rows) = (columns.min(width), rows.min(height));
        let mut all = Vec::with_capacity(columns * rows);
        for y in 0..rows {
            for x in 0..columns {
                all.push(sample([x, y], block, phase, share));
            }
        }
        let block = parts(&all, columns, rows);
        Ok(Self {
            all,
            columns,
            block,
        })
    }
}

fn sample(
    [x, y]: [usize; 2],
    block: ArrayView3<'_, f32>,
    phase: ArrayView3<'_, f32>,
    share: ArrayView3<'_, f32>,
) -> Sample {
    let angle = |k: usize| {
        let [cosine, sine] = [2 * k, 2 * k + 1].map(|c| f64::from(phase[(c, y, x)]));
        (sine.atan2(cosine) / std::f64::consts::TAU, cosine.hypot(sine))
    };
    let (along, down) = (angle(0), angle(1));
    let block = f64::from(block[(0, y, x)]);
    Sample {
        at: [(x as f64 + 0.5) * STRIDE, (y as f64 + 0.5) * STRIDE],
        phase: [along.0, down.0],
        share: [0, 1].map(|k| f64::from(share[(k, y, x)])),
        block,
        weight: block * along.1.min(down.1).min(1.0),
    }
}

/// The largest part of what lies in the block, and those that a hand or a hose sets apart from it.
fn parts(all: &[Sample], columns: usize, rows: usize) -> Vec<Sample> {
    let mut mask = GrayImage::new(columns as u32, rows as u32);
    for (pixel, sample) in mask.pixels_mut().zip(all) {
        *pixel = Luma([u8::from(sample.block > 0.5)]);
    }
    let labels = connected_components(&mask, Connectivity::Four, Luma([0]));
    let mut sizes = Vec::new();
    for label in labels.pixels() {
        let label = label[0] as usize;
        if label >= sizes.len() {
            sizes.resize(label + 1, 0_usize);
        }
        sizes[label] += 1;
    }
    let largest = sizes.iter().skip(1).copied().max().unwrap_or(0);
    let is_part = |label: usize| label > 0 && sizes[label] as f64 > LEAST_PART * largest as f64;
    let kept = all.iter().zip(labels.pixels());
    let kept: Vec<Sample> = kept
        .filter(|(_, label)| is_part(label[0] as usize))
        .map(|(sample, _)| *sample)
        .collect();
    if kept.len() < LEAST_PIXELS {
        Vec::new()
    } else {
        kept
    }
}
