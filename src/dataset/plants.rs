//! `<id>.plants.csv`: where every plant of a rendered tray is rooted, and what it is.

use std::fmt::Write as _;
use std::path::Path;

use super::{DatasetError, write_text};
use crate::geometry::TrayPoint;

/// A plant of the plant map.
#[derive(Debug, Clone, PartialEq)]
pub struct PlantLabel {
    /// Its value in `<id>.plants.png`, from 1.
    pub plant: u16,
    /// Row and column of the cell that it is rooted in; none beyond the block.
    pub cell: Option<(usize, usize)>,
    /// Where it leaves the substrate, pitches.
    pub root: TrayPoint,
    /// Its most frequent class: 1 healthy, 2 chlorotic, 3 necrotic.
    pub class: u8,
    /// The family it was grown from.
    pub family: String,
    /// Leaves and cotyledons.
    pub leaves: u32,
    /// Visible pixels.
    pub area_px: u32,
    /// Height of its crown over the substrate, mm.
    pub height_mm: f32,
    /// Whether a person could tell it in the picture.
    pub readable: bool,
}

/// Writes `plant,row,col,x_pitch,y_pitch,class,family,leaves,area_px,height_mm,readable` (1 or 0); row and
/// col are empty beyond the block.
///
/// # Errors
/// The file cannot be written.
pub fn write_plants(path: &Path, plants: &[PlantLabel]) -> Result<(), DatasetError> {
    let mut text = String::from(
        "plant,row,col,x_pitch,y_pitch,class,family,leaves,area_px,height_mm,readable\n",
    );
    for p in plants {
        let (row, col) = p
            .cell
            .map_or_else(Default::default, |(r, c)| (r.to_string(), c.to_string()));
        // writing into a String cannot fail
        let _ = writeln!(
            text,
            "{},{row},{col},{:.4},{:.4},{},{},{},{},{:.1},{}",
            p.plant,
            p.root.x,
            p.root.y,
            p.class,
            p.family,
            p.leaves,
            p.area_px,
            p.height_mm,
            u8::from(p.readable)
        );
    }
    write_text(path, &text)
}
