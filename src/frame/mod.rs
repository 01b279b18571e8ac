//! A source in, frames out: RGB pixels and what is known of their making.
//!
//! Invariant: a [`Frame`]'s buffer is exactly `width × height × 3` bytes and within the size limit.

mod decode;
mod folder;
#[cfg(feature = "gige")]
pub mod gige;
mod halve;
mod halved_jpeg;
mod line_pairs;
mod sensor;
mod simulated;
mod smooth;

pub use decode::{DecodeError, DecodeLimits, decode};
pub use folder::{FolderError, FrameFolder, Picture, picture_paths, read_bytes, read_picture};
#[cfg(feature = "s3")]
pub(crate) use folder::{MOST_FILE_BYTES, has_picture_name};
pub use halved_jpeg::{HALVES_JPEGS, HalvedFrame, decode_halved};
pub use sensor::{SensorError, SensorFormat, develop};
pub use simulated::{Exposure, SimulatedCamera};

use crate::geometry::FramePoint;

/// One picture, RGB8, row-major, upright.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

/// A buffer whose length is not `width × height × 3`, or a picture without pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("frame of {width}x{height} px: expected {expected} bytes of RGB, found {found}")]
pub struct FrameSizeError {
    /// Width, px.
    pub width: usize,
    /// Height, px.
    pub height: usize,
    /// Bytes that such a frame has.
    pub expected: usize,
    /// Bytes given.
    pub found: usize,
}

impl Frame {
    /// A frame of these pixels.
    ///
    /// # Errors
    /// The buffer does not have `width × height × 3` bytes, or the picture has no pixel.
    pub fn from_rgb(width: usize, height: usize, rgb: Vec<u8>) -> Result<Self, FrameSizeError> {
        let expected = width.saturating_mul(height).saturating_mul(3);
        if rgb.len() != expected || expected == 0 {
            return Err(FrameSizeError {
                width,
                height,
                expected,
                found: rgb.len(),
            });
        }
        Ok(Self { width, height, rgb })
    }

    /// Width, px.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }
    /// Height, px.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }
    /// The pixels, RGB8 row-major.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }
    /// The pixels' buffer, to be used again.
    #[must_use]
    pub fn into_rgb(self) -> Vec<u8> {
        self.rgb
    }
    /// The pixel at a column and row within the frame.
    #[must_use]
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let i = (y * self.width + x) * 3;
        [self.rgb[i], self.rgb[i + 1], self.rgb[i + 2]]
    }

    /// Colour between pixels, 0–255 a channel; outside the frame its edge is repeated.
    #[must_use]
    #[inline]
    pub fn bilinear(&self, point: FramePoint) -> [f32; 3] {
        let x = (point.x as f32 - 0.5).clamp(0.0, (self.width - 1) as f32);
        let y = (point.y as f32 - 0.5).clamp(0.0, (self.height - 1) as f32);
        let (x0, y0) = (x as usize, y as usize);
        let (u, v) = (x - x0 as f32, y - y0 as f32);
        // 3 to the next pixel of the row, 0 at the right edge; likewise a row or 0 at the bottom
        let right = if x0 + 1 < self.width { 3 } else { 0 };
        let below = if y0 + 1 < self.height {
            self.width * 3
        } else {
            0
        };
        let i = (y0 * self.width + x0) * 3;
        let at = |i: usize| [self.rgb[i], self.rgb[i + 1], self.rgb[i + 2]];
        let [a, b, c, d] = [at(i), at(i + right), at(i + below), at(i + below + right)];
        let channel = |k: usize| {
            let top = f32::from(a[k]) + (f32::from(b[k]) - f32::from(a[k])) * u;
            let bottom = f32::from(c[k]) + (f32::from(d[k]) - f32::from(c[k])) * u;
            top + (bottom - top) * v
        };
        // spelled out, since an array made by a function is a call a channel in larger loops
        [channel(0), channel(1), channel(2)]
    }
}
