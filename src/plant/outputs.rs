//! What the seedling net says of a rectified tray, checked for shape once.

use ndarray::ArrayD;

use crate::geometry::{RectifiedPoint, TrayPoint};
use crate::tray::TrayImageLayout;

/// Rectified pixels a class pixel.
pub(super) const CLASS_STRIDE: usize = 2;
/// Rectified pixels a centre pixel.
pub(super) const CENTRE_STRIDE: usize = 4;

/// Views of the net's three outputs for one tray of `rows × cols` cells in an image of `height × width`.
#[derive(Debug, Clone, Copy)]
pub struct NetOutputs<'a> {
    /// Logits of background, healthy, chlorotic, necrotic: `4 × height/2 × width/2`. Softened here, and
    /// only where it matters: a soft maximum over channels costs an engine as much as a convolution.
    pub classes: Planes<'a>,
    /// Heat of roots (0–1) and the way to the root in pitches, x and y: `3 × height/4 × width/4`.
    pub centres: Planes<'a>,
    /// Probabilities of empty, one, several (they sum to 1) and weak: `4 × rows × cols`.
    pub cells: Planes<'a>,
}

/// One output: channels one after the other, each row-major.
///
/// Invariant: `numbers` is `channels × height × width` long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Planes<'a> {
    numbers: &'a [f32],
    height: usize,
    width: usize,
}

impl<'a> Planes<'a> {
    /// Rows of a channel.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Columns of a channel.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// A row of a channel, both within the output.
    #[must_use]
    #[inline]
    pub fn row(&self, channel: usize, y: usize) -> &'a [f32] {
        &self.numbers[(channel * self.height + y) * self.width..][..self.width]
    }

    /// One number.
    #[must_use]
    #[inline]
    pub fn at(&self, channel: usize, y: usize, x: usize) -> f32 {
        self.row(channel, y)[x]
    }
}

/// Outputs that are not those of a seedling net.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutputsError {
    /// Not three outputs.
    #[error("net: expected outputs classes, centres and cells, found {0}")]
    Count(usize),
    /// An output of another shape.
    #[error("net output {name}: expected shape {expected:?}, found {found:?}")]
    Shape {
        /// Which output.
        name: &'static str,
        /// Channels, rows, columns.
        expected: [usize; 3],
        /// What came.
        found: Vec<usize>,
    },
    /// An output whose numbers do not lie one after the other, row-major.
    #[error("net output {0}: expected row-major numbers, found another order")]
    Order(&'static str),
}

impl<'a> NetOutputs<'a> {
    /// Views of `outputs` (batch of one) for an image of this layout.
    ///
    /// # Errors
    /// Another number of outputs, or a shape that does not follow from the layout.
    pub fn new(outputs: &'a [ArrayD<f32>], layout: TrayImageLayout) -> Result<Self, OutputsError> {
        let [classes, centres, cells] = outputs else {
            return Err(OutputsError::Count(outputs.len()));
        };
        let (height, width) = (layout.height(), layout.width());
        let at = |stride: usize| [height / stride, width / stride];
        let [ch, cw] = at(CLASS_STRIDE);
        let [rh, rw] = at(CENTRE_STRIDE);
        Ok(Self {
            classes: view("classes", classes, [4, ch, cw])?,
            centres: view("centres", centres, [3, rh, rw])?,
            cells: view("cells", cells, [4, layout.rows, layout.cols])?,
        })
    }

    /// The logits of a row of class pixels.
    #[must_use]
    pub(super) fn class_row(&self, y: usize) -> ClassRow<'a> {
        ClassRow([0, 1, 2, 3].map(|kind| self.classes.row(kind, y)))
    }
}

/// Logits of background, healthy, chlorotic and necrotic plant along a row of class pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClassRow<'a>([&'a [f32]; 4]);

impl ClassRow<'_> {
    /// Log odds of plant against background at a pixel.
    #[inline]
    pub fn plant_log_odds(&self, x: usize) -> f32 {
        let [background, kinds @ ..] = self.0.map(|channel| channel[x]);
        let most = kinds[0].max(kinds[1]).max(kinds[2]);
        // the three kinds together are at most ln 3 above the highest: far below 0 that decides
        if most - background < FAR_BELOW {
            return most - background;
        }
        most + kinds.map(|k| (k - most).exp()).iter().sum::<f32>().ln() - background
    }

    /// Calls `found` with every pixel whose log odds of plant reach `least`; exponentials are taken only where the
    /// highest kind does not decide.
    #[inline]
    pub fn each_plant(&self, least: f32, mut found: impl FnMut(usize)) {
        let [background, healthy, chlorotic, necrotic] = self.0;
        let kinds = healthy.iter().zip(chlorotic).zip(necrotic);
        for (x, (&background, ((&healthy, &chlorotic), &necrotic))) in
            background.iter().zip(kinds).enumerate()
        {
            let most = healthy.max(chlorotic).max(necrotic);
            // three kinds that are equal add the logarithm of 3
            if most + LN_3 - background < least {
                continue;
            }
            if most - background >= least || self.plant_log_odds(x) >= least {
                found(x);
            }
        }
    }

    /// What a plant's pixel shows.
    #[inline]
    pub fn kind(&self, x: usize) -> PlantKind {
        let [_, healthy, chlorotic, necrotic] = self.0;
        let (healthy, chlorotic, necrotic) = (healthy[x], chlorotic[x], necrotic[x]);
        if chlorotic > healthy && chlorotic >= necrotic {
            PlantKind::Chlorotic
        } else if necrotic > healthy {
            PlantKind::Necrotic
        } else {
            PlantKind::Healthy
        }
    }
}

/// The colour class of a plant's pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlantKind {
    Healthy,
    Chlorotic,
    Necrotic,
}

/// Log odds below which the exact sum over the kinds of plant is not worth its exponentials.
const FAR_BELOW: f32 = -6.0;
/// What three kinds of the same logit add to it, rounded up.
const LN_3: f32 = 1.098_613;

/// Where the pixel of an output of this stride lies on the tray.
pub(super) fn tray_point(layout: TrayImageLayout, stride: usize, y: usize, x: usize) -> TrayPoint {
    let half = stride as f64 / 2.0;
    layout.tray_from_rectified(RectifiedPoint::new(
        (x * stride) as f64 + half,
        (y * stride) as f64 + half,
    ))
}

fn view<'a>(
    name: &'static str,
    output: &'a ArrayD<f32>,
    expected: [usize; 3],
) -> Result<Planes<'a>, OutputsError> {
    let [_, height, width] = expected;
    if output.ndim() != 4 || output.shape()[0] != 1 || output.shape()[1..] != expected {
        return Err(OutputsError::Shape {
            name,
            expected,
            found: output.shape().to_vec(),
        });
    }
    let numbers = output.as_slice().ok_or(OutputsError::Order(name))?;
    Ok(Planes {
        numbers,
        height,
        width,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use ndarray::Array3;
    use proptest::prelude::*;

    /// Outputs as an engine gives them: a batch of one.
    pub fn owned(
        classes: Array3<f32>,
        centres: Array3<f32>,
        cells: Array3<f32>,
    ) -> Vec<ArrayD<f32>> {
        [classes, centres, cells]
            .map(|a| a.insert_axis(ndarray::Axis(0)).into_dyn())
            .into()
    }

    proptest! {
        #[test]
        fn plant_pixels_are_those_whose_log_odds_reach_the_limit(
            logits in prop::collection::vec(prop::array::uniform4(-9.0..9.0_f32), 24),
            pixel in 0.05..0.95_f32,
        ) {
            let channel = |k: usize| logits.iter().map(|l| l[k]).collect::<Vec<_>>();
            let channels = [0, 1, 2, 3].map(channel);
            let row = ClassRow([&channels[0], &channels[1], &channels[2], &channels[3]]);
            let least = (pixel / (1.0 - pixel)).ln();
            let mut found = Vec::new();
            row.each_plant(least, |x| found.push(x));
            let expected: Vec<_> = (0..24).filter(|&x| row.plant_log_odds(x) >= least).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
