//! Rendered trays: a seed gives a picture of a tray and everything that is true of it.
//!
//! In: a [`RenderRequest`]. Out: a [`RenderedTray`] with plant ids, classes, cells and lattice; or,
//! by [`write_set`], a labelled set on disk. Pure but for [`write_set`]: the same request gives the
//! same bytes on any number of threads. Families, fills and trays of [`Split::HeldOut`] never occur
//! in [`Split::Train`].

mod camera;
mod chance;
mod clutter;
mod colour;
mod labels;
mod layout;
mod leaf;
mod light;
mod noise;
mod plant;
mod raster;
mod readable;
mod scene;
mod set;
mod sowing;
mod species;
mod substrate;
mod tray_body;
mod view;
mod warp;
mod world;

use image::{GrayImage, ImageBuffer, Luma, RgbImage};

use crate::dataset::CellState;
use crate::geometry::{FramePoint, TrayPoint};

pub use raster::{BACKGROUND, CHLOROTIC, HEALTHY, NECROTIC};
pub use scene::render;
pub use set::{RenderSetError, RenderSetRequest, ViewMix, write_set};
pub use species::Family;
pub use substrate::SubstrateKind;
pub use tray_body::TrayKind;

/// Which families, fills and trays may occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// What nets learn from.
    Train,
    /// What nets never saw: for thresholds and calibration.
    HeldOut,
}

/// From where the tray is seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum View {
    /// Straight from above, the block of cells filling the frame.
    Rectified {
        /// Scale, px a pitch.
        px_per_pitch: f64,
    },
    /// A whole scene: the tray somewhere in it, turned and tilted.
    Camera,
    /// A scene without a tray: ground, things, loose plants, a few single pots.
    NoTray,
}

/// One tray to be rendered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RenderRequest {
    /// What is there follows from it.
    pub seed: u64,
    /// The same things seen again: lit and focused otherwise, in a scene shifted and turned too; 0 for the
    /// first time.
    pub repeat: u64,
    /// Rows of the labelled block of cells, 1 or more.
    pub rows: usize,
    /// Columns of the labelled block of cells, 1 or more.
    pub cols: usize,
    /// From where it is seen.
    pub view: View,
    /// What may occur.
    pub split: Split,
}

/// A plant of a rendered tray.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderedPlant {
    /// Its value in the plant map, from 1.
    pub id: u16,
    /// Row and column of the cell it is rooted in; `None` outside the labelled block.
    pub cell: Option<(usize, usize)>,
    /// Where it leaves the substrate, pitches.
    pub root: TrayPoint,
    /// Mean of its visible pixels, pitches.
    pub centre: TrayPoint,
    /// Most frequent class of its visible pixels.
    pub class: u8,
    /// What it is.
    pub family: Family,
    /// Leaves and cotyledons drawn.
    pub leaves: u32,
    /// Visible pixels.
    pub area_px: u32,
    /// How high its crown stands over the substrate, pitches.
    pub height_pitch: f32,
    /// Whether a person could tell it in the picture.
    pub readable: bool,
}

/// A cell of a rendered tray.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenderedCell {
    /// Seedling, none, or unlabelled where its only plants are hidden or unreadable, or it lies out of
    /// the frame.
    pub state: CellState,
    /// Plants rooted in it; none where some cannot be read, so that nobody could count them.
    pub plants: Option<u32>,
}

/// A picture of a tray and everything that is true of it.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderedTray {
    /// The picture.
    pub frame: RgbImage,
    /// Plant id of each pixel, 0 none.
    pub plant_ids: ImageBuffer<Luma<u16>, Vec<u16>>,
    /// [`BACKGROUND`], [`HEALTHY`], [`CHLOROTIC`] or [`NECROTIC`] for each pixel.
    pub semantic: GrayImage,
    /// Visible plants by id.
    pub plants: Vec<RenderedPlant>,
    /// Rows of cells.
    pub rows: usize,
    /// Columns of cells.
    pub cols: usize,
    /// Cells, row by row.
    pub cells: Vec<RenderedCell>,
    /// `(rows + 1) × (cols + 1)` lattice nodes, row by row, px: the middles of the walls' crossings,
    /// the outermost one pitch from the next.
    pub nodes: Vec<FramePoint>,
    /// Outer nodes, px: top-left, top-right, bottom-right, bottom-left in the tray's own frame.
    pub corners: [FramePoint; 4],
    /// From where it was seen.
    pub view: View,
    /// What it is made of.
    pub tray: TrayKind,
    /// What fills its cells, most cells first.
    pub substrates: Vec<SubstrateKind>,
}
