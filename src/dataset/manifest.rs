//! `dataset.toml`: what a set is and which pictures it holds.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{CellLabel, DatasetError, read_cells, read_corners, read_text};
use crate::geometry::FramePoint;

/// What a set may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    /// Nets and thresholds may learn from it.
    Train,
    /// For figures only.
    Evaluate,
}

/// A labelled set on disk.
#[derive(Debug, Clone)]
pub struct LabelledSet {
    /// Its folder.
    pub root: PathBuf,
    /// Its name.
    pub name: String,
    /// What it may be used for.
    pub usage: Use,
    /// Rows of cells in view, where all pictures agree.
    pub rows: Option<usize>,
    /// Columns of cells in view, where all pictures agree.
    pub cols: Option<usize>,
    /// Its pictures.
    pub images: Vec<LabelledImage>,
}

/// One picture and what is known of it.
#[derive(Debug, Clone)]
pub struct LabelledImage {
    /// Path under `trays` without its ending; may hold folders.
    pub id: String,
    /// The picture.
    pub path: PathBuf,
    /// Rows of cells in view, where they are known.
    pub rows: Option<usize>,
    /// Columns of cells in view, where they are known.
    pub cols: Option<usize>,
    /// What must not be torn apart by a split; the picture's id where none is given.
    pub group: String,
    /// Labels of its cells.
    pub cells: Option<Vec<CellLabel>>,
    /// Plant mask, 255 plant.
    pub mask: Option<PathBuf>,
    /// 16-bit plant ids.
    pub plants: Option<PathBuf>,
    /// Class map.
    pub semantic: Option<PathBuf>,
    /// Boxes.
    pub boxes: Option<PathBuf>,
    /// Lattice nodes.
    pub nodes: Option<PathBuf>,
    /// The tray's corners, px.
    pub corners: Option<[FramePoint; 4]>,
}

impl LabelledImage {
    /// Rows and columns of cells in view, where both are known.
    #[must_use]
    pub fn grid(&self) -> Option<(usize, usize)> {
        self.rows.zip(self.cols)
    }
}

#[derive(Deserialize)]
struct Manifest {
    name: String,
    #[serde(rename = "use")]
    usage: Use,
    tray_rows: Option<usize>,
    tray_cols: Option<usize>,
    #[serde(default)]
    image: Vec<ManifestImage>,
}

#[derive(Deserialize)]
struct ManifestImage {
    file: String,
    tray_rows: Option<usize>,
    tray_cols: Option<usize>,
    group: Option<String>,
}

/// Reads the set in a folder; pictures themselves stay on disk.
///
/// # Errors
/// `dataset.toml` or a label file is missing or malformed.
pub fn read_set(root: &Path) -> Result<LabelledSet, DatasetError> {
    let path = root.join("dataset.toml");
    let manifest: Manifest =
        toml::from_str(&read_text(&path)?).map_err(|source| DatasetError::Manifest {
            path: path.clone(),
            source: Box::new(source),
        })?;
    let images = manifest
        .image
        .iter()
        .map(|image| read_image(root, &manifest, image));
    Ok(LabelledSet {
        root: root.to_owned(),
        images: images.collect::<Result<_, _>>()?,
        usage: manifest.usage,
        rows: manifest.tray_rows,
        cols: manifest.tray_cols,
        name: manifest.name,
    })
}

fn read_image(
    root: &Path,
    set: &Manifest,
    image: &ManifestImage,
) -> Result<LabelledImage, DatasetError> {
    let path = root.join(&image.file);
    let stem = path.with_extension("");
    let trays = root.join("trays");
    let id = stem
        .strip_prefix(&trays)
        .unwrap_or(&stem)
        .to_string_lossy()
        .replace('\\', "/");
    let beside = |ending: &str| {
        let file = trays.join(format!("{id}.{ending}"));
        file.is_file().then_some(file)
    };
    let mask = beside("mask.png")
        .or_else(|| Some(root.join(format!("masks/{id}.png"))).filter(|f| f.is_file()));
    Ok(LabelledImage {
        cells: beside("cells.csv").map(|f| read_cells(&f)).transpose()?,
        corners: beside("corners.csv")
            .map(|f| read_corners(&f))
            .transpose()?,
        mask,
        plants: beside("plants.png"),
        semantic: beside("semantic.png"),
        boxes: beside("boxes.csv"),
        nodes: beside("nodes.csv"),
        group: image.group.clone().unwrap_or_else(|| id.clone()),
        path,
        rows: image.tray_rows.or(set.tray_rows),
        cols: image.tray_cols.or(set.tray_cols),
        id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(toml: &str, cells: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let trays = folder.path().join("trays/day 1");
        std::fs::create_dir_all(&trays).unwrap();
        std::fs::write(folder.path().join("dataset.toml"), toml).unwrap();
        std::fs::write(trays.join("3.0-1-wrap.cells.csv"), cells).unwrap();
        folder
    }

    const TOML: &str = "name = 'n'\nuse = 'evaluate'\ntray_rows = 10\ntray_cols = 20\nodd = 1\n\
        [[image]]\nfile = 'trays/day 1/3.0-1-wrap.jpg'\ntray_cols = 6\nnote = 'kept'\n";

    #[test]
    fn an_image_overrides_the_grid_and_its_id_may_hold_folders_and_dots() {
        let folder = folder(TOML, "row,col,state,extra\n0,5,seedling,x\n");
        let set = read_set(folder.path()).unwrap();
        let image = &set.images[0];
        assert_eq!(
            (image.id.as_str(), image.group.as_str()),
            ("day 1/3.0-1-wrap", "day 1/3.0-1-wrap")
        );
        assert_eq!(image.grid(), Some((10, 6)));
        assert_eq!(image.cells.as_ref().unwrap()[0].col, 5);
    }

    #[test]
    fn errors_name_the_file_and_the_line() {
        let folder = folder(TOML, "row,col,state\n0,5,seedlin\n");
        let error = read_set(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains("3.0-1-wrap.cells.csv:2: expected seedling"),
            "{error}"
        );
        let error = read_set(&folder.path().join("nowhere"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("dataset.toml"), "{error}");
    }
}
