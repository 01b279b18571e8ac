//! What the seedling net says of a rectified tray, checked for shape once.

use ndarray::{ArrayD, ArrayView3, Axis, Ix3};

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
    pub classes: ArrayView3<'a, f32>,
    /// Heat of roots (0–1) and the way to the root in pitches, x and y: `3 × height/4 × width/4`.
    pub centres: ArrayView3<'a, f32>,
    /// Probabilities of empty, one, several (they sum to 1) and weak: `4 × rows × cols`.
    pub cells: ArrayView3<'a, f32>,
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

    /// Log odds of plant against background at a class pixel.
    #[must_use]
    #[inline]
    pub fn plant_log_odds(&self, y: usize, x: usize) -> f32 {
        let kinds = [1, 2, 3].map(|k| self.classes[(k, y, x)]);
        let most = kinds[0].max(kinds[1]).max(kinds[2]);
        let background = self.classes[(0, y, x)];
        // the three kinds together are at most ln 3 above the highest: far below 0 that decides
        if most - background < FAR_BELOW {
            return most - background;
        }
        most + kinds.map(|k| (k - most).exp()).iter().sum::<f32>().ln() - background
    }
}

/// Log odds below which the exact sum over the kinds of plant is not worth its exponentials.
const FAR_BELOW: f32 = -6.0;

fn view<'a>(
    name: &'static str,
    output: &'a ArrayD<f32>,
    expected: [usize; 3],
) -> Result<ArrayView3<'a, f32>, OutputsError> {
    let wrong = || OutputsError::Shape {
        name,
        expected,
        found: output.shape().to_vec(),
    };
    if output.ndim() != 4 || output.shape()[0] != 1 || output.shape()[1..] != expected {
        return Err(wrong());
    }
    output
        .index_axis(Axis(0), 0)
        .into_dimensionality::<Ix3>()
        .map_err(|_| wrong())
}
