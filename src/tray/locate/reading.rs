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
#[error(
    "tray finder: expected outputs block, phase and share over {expected:?} px, found {found:?}"
)]
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
        let [columns, rows] =
            [0, 1].map(|k| (size[k] as f64 / STRIDE - 0.5).ceil().max(1.0) as usize);
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
        (
            sine.atan2(cosine) / std::f64::consts::TAU,
            cosine.hypot(sine),
        )
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use ndarray::Array4;

    /// Outputs of 16 x 8 pixels whose block is these columns of all rows.
    fn outputs(block: impl Fn(usize) -> bool) -> Vec<ArrayD<f32>> {
        let block = Array4::from_shape_fn((1, 1, 8, 16), |(.., x)| f32::from(u8::from(block(x))));
        let phase = Array4::from_shape_fn((1, 4, 8, 16), |(_, c, ..)| [0.0, 1.0, -0.5, 0.0][c]);
        let share = Array4::from_elem((1, 2, 8, 16), 0.25);
        vec![block.into_dyn(), phase.into_dyn(), share.into_dyn()]
    }

    #[test]
    fn a_sample_knows_its_place_in_cell_and_block() {
        let reading = Reading::new(&outputs(|x| x < 4), [64, 32], [60, 30]).unwrap();
        assert_eq!((reading.columns, reading.all.len()), (15, 15 * 7));
        let sample = reading.block[0];
        assert_eq!(sample.at, [2.0, 2.0]);
        assert!((sample.phase[0] - 0.25).abs() < 1e-6, "a quarter turn");
        assert!((sample.phase[1].abs() - 0.5).abs() < 1e-6, "half a turn");
        assert!((sample.weight - 0.5).abs() < 1e-6, "as the weaker phase");
    }

    #[test]
    fn parts_that_a_hand_sets_apart_belong_together_and_specks_do_not() {
        let parted = Reading::new(&outputs(|x| !(6..=8).contains(&x)), [64, 32], [64, 32]).unwrap();
        assert_eq!(parted.block.len(), (6 + 7) * 8);
        let mut speckled = outputs(|x| x < 6);
        speckled[0][[0, 0, 4, 12]] = 1.0;
        let speckled = Reading::new(&speckled, [64, 32], [64, 32]).unwrap();
        assert_eq!(speckled.block.len(), 6 * 8);
        let none = Reading::new(&outputs(|_| false), [64, 32], [64, 32]).unwrap();
        assert!(none.block.is_empty());
    }

    #[test]
    fn outputs_of_another_net_are_an_error() {
        let mut swapped = outputs(|_| true);
        swapped.swap(0, 1);
        assert!(Reading::new(&swapped, [64, 32], [64, 32]).is_err());
        assert!(Reading::new(&outputs(|_| true), [128, 32], [64, 32]).is_err());
        assert!(Reading::new(&[], [64, 32], [64, 32]).is_err());
    }
}
