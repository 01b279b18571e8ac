//! Points and the maps between the spaces that a tray is seen in.
//!
//! In: coordinates tagged by their space. Out: coordinates in another space. A map from `A` to `B`
//! is named `b_from_a`. Nothing here knows what a tray or a plant is.

mod homography;
mod scale;

pub use homography::{Homography, HomographyError, PointPair};
pub use scale::{EncoderCount, MillimetresPerPixel};

/// The camera's picture, in pixels: x right, y down, the centre of the top-left pixel at (0.5, 0.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameSpace {}

/// The tray's own plane in cell pitches: x along the columns, y along the rows, cell (row, col)
/// covers `[col, col + 1] × [row, row + 1]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraySpace {}

/// The rectified tray image, in pixels, centre of the top-left pixel at (0.5, 0.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RectifiedSpace {}

/// A point in the camera's picture, px.
pub type FramePoint = euclid::Point2D<f64, FrameSpace>;
/// A point on the tray, cell pitches.
pub type TrayPoint = euclid::Point2D<f64, TraySpace>;
/// A point in the rectified tray image, px.
pub type RectifiedPoint = euclid::Point2D<f64, RectifiedSpace>;
/// A displacement on the tray, cell pitches.
pub type TrayVector = euclid::Vector2D<f64, TraySpace>;
/// A displacement in the camera's picture, px.
pub type FrameVector = euclid::Vector2D<f64, FrameSpace>;
