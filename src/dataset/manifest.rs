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
    /// Whether it shows no tray at all, so that refusing it is right (`no_tray = true`, of the picture or the set).
    pub no_tray: bool,
    /// Whether a whole tray is in view, where the set says so (`whole_tray = "yes"` or `"no"`): boxes of trays that
    /// the picture cuts tell nothing of where a tray was found.
    pub whole_tray: Option<bool>,
    /// The tray that it shows; pictures of a set with one such name show the same tray, the same way up
    /// (`same_tray = "…"`).
    pub same_tray: Option<String>,
    /// Labels of its cells.
    pub cells: Option<Vec<CellLabel>>,
    /// Plant mask, 255 plant.
    pub mask: Option<PathBuf>,
    /// 16-bit plant ids.
    pub plants: Option<PathBuf>,
    /// Where each plant is rooted and what it is.
    pub plant_table: Option<PathBuf>,
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
    no_tray: bool,
    #[serde(default)]
    image: Vec<ManifestImage>,
}

#[derive(Deserialize)]
struct ManifestImage {
    file: String,
    tray_rows: Option<usize>,
    tray_cols: Option<usize>,
    group: Option<String>,
    no_tray: Option<bool>,
    whole_tray: Option<YesOrNo>,
    same_tray: Option<String>,
}

/// A plain answer, as sets write it.
#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum YesOrNo {
    Bool(bool),
    Word(Word),
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Yes,
    No,
}

impl From<YesOrNo> for bool {
    fn from(answer: YesOrNo) -> Self {
        matches!(answer, YesOrNo::Bool(true) | YesOrNo::Word(Word::Yes))
    }
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
        plant_table: beside("plants.csv"),
        semantic: beside("semantic.png"),
        boxes: beside("boxes.csv"),
        nodes: beside("nodes.csv"),
        group: image.group.clone().unwrap_or_else(|| id.clone()),
        no_tray: image.no_tray.unwrap_or(set.no_tray),
        whole_tray: image.whole_tray.map(bool::from),
        same_tray: image.same_tray.clone(),
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
    fn a_picture_says_for_itself_whether_it_shows_a_tray_and_which() {
        let toml = "name = 'n'\nuse = 'evaluate'\nno_tray = true\n[[image]]\nfile = 'trays/a.jpg'\n\
            [[image]]\nfile = 'trays/b.jpg'\nno_tray = false\nwhole_tray = 'no'\nsame_tray = 'x'\n";
        let set = read_set(folder(toml, "").path()).unwrap();
        let [a, b] = set.images.as_slice() else {
            panic!("two pictures")
        };
        assert_eq!(
            (a.no_tray, a.whole_tray, a.same_tray.as_deref()),
            (true, None, None)
        );
        assert_eq!(
            (b.no_tray, b.whole_tray, b.same_tray.as_deref()),
            (false, Some(false), Some("x"))
        );
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
