//! Labelled sets: `dataset.toml`, pictures, and the label files beside them.
//!
//! Keys of `dataset.toml` that an evaluation reads beside the grid and the group of a picture:
//!
//! | key | of | says |
//! |---|---|---|
//! | `no_tray = true` | set, picture | no tray is in view: refusing the picture is right. Its grid is the tray that is looked for; 10 × 20 where none is stated |
//! | `same_tray = "…"` | picture | pictures of a set with one such name show the same tray, the same way up: their verdicts are compared |
//! | `whole_tray = "yes"` or `"no"` | picture | whether the tray is whole in view: the box of a cut one tells nothing |
//!
//! `<id>.plants.csv` may have a column `height_pitch`, the canopy's height above the substrate in pitches.
//!
//! In: a folder. Out: a [`LabelledSet`]; or the other way round, through [`SetWriter`]. Unknown keys
//! and columns are kept out of the way, not refused. Nothing here knows how a picture came about; label
//! files of other programs are turned into a set by [`import`].

mod about;
mod boxes;
mod cells;
mod entry;
pub mod import;
mod label_maps;
mod manifest;
mod plants;
mod points;
mod suspects;
mod table;
mod writer;

use std::path::PathBuf;

pub use about::SetAbout;
pub use boxes::{BoxLabel, read_boxes, write_boxes};
pub use cells::{CellLabel, CellState, read_cells, write_cells};
pub use entry::Entry;
pub use label_maps::{LabelMap, read_mask, read_plant_ids};
pub use manifest::{LabelledImage, LabelledSet, Use, read_set};
pub use plants::{PlantLabel, PlantTruth, read_plants, write_plants};
pub use points::{Node, read_corners, read_nodes, write_corners, write_nodes};
pub use suspects::{Suspect, read_suspects};
pub use writer::{CopiedImage, Encoding, NewImage, PictureLabels, SetWriter};

/// Why a labelled set could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// A file could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// `dataset.toml` is not as expected.
    #[error("{path}: {source}", path = path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        source: Box<toml::de::Error>,
    },
    /// `dataset.toml` could not be put into text.
    #[error("{path}: {source}", path = path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the writer said.
        source: toml::ser::Error,
    },
    /// A line of a label file is not as expected.
    #[error("{path}:{line}: expected {expected}, found {found:?}", path = path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What should stand there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// A picture could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// What the encoder said.
        source: image::ImageError,
    },
}

fn read_text(path: &std::path::Path) -> Result<String, DatasetError> {
    std::fs::read_to_string(path).map_err(|source| DatasetError::Io {
        path: path.to_owned(),
        source,
    })
}

fn write_text(path: &std::path::Path, text: &str) -> Result<(), DatasetError> {
    std::fs::write(path, text).map_err(|source| DatasetError::Io {
        path: path.to_owned(),
        source,
    })
}
