//! Writing a labelled set: picture and label files at once, `dataset.toml` at the end.

use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, GrayImage, ImageBuffer, ImageEncoder, ImageError, Luma, RgbImage};
use serde::Serialize;

use super::{
    CellLabel, DatasetError, Node, PlantLabel, write_cells, write_corners, write_nodes,
    write_plants, write_text,
};
use crate::geometry::FramePoint;

/// A picture with all its labels, to be written.
pub struct NewImage<'a> {
    /// Its id: the file's name without ending.
    pub id: &'a str,
    /// The picture.
    pub frame: &'a RgbImage,
    /// Plant ids.
    pub plants: &'a ImageBuffer<Luma<u16>, Vec<u16>>,
    /// Classes.
    pub semantic: &'a GrayImage,
    /// Labels of its cells.
    pub cells: &'a [CellLabel],
    /// Where its plants are rooted.
    pub rooted: &'a [PlantLabel],
    /// Lattice nodes.
    pub nodes: &'a [Node],
    /// The tray's corners, px.
    pub corners: &'a [FramePoint; 4],
    /// Rows and columns of cells.
    pub grid: (usize, usize),
    /// What it was made from.
    pub seed: u64,
    /// How it was seen.
    pub view: &'a str,
}

/// A line of `dataset.toml`.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    file: String,
    width: u32,
    height: u32,
    tray_rows: usize,
    tray_cols: usize,
    group: String,
    view: String,
    seed: String,
}

#[derive(Serialize)]
struct Manifest<'a> {
    name: &'a str,
    #[serde(rename = "use")]
    usage: &'a str,
    licence: &'a str,
    labels: &'a str,
    image: &'a [Entry],
}

/// How pictures are stored; labels are always PNG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Exact, about 3 MB a megapixel.
    Png,
    /// Smaller by a factor of about four, at quality 96.
    Jpeg,
}

impl Encoding {
    fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
        }
    }
}

/// Writes a set into a folder.
pub struct SetWriter {
    root: PathBuf,
    encoding: Encoding,
}

impl SetWriter {
    /// Makes the folder.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn create(root: &Path, encoding: Encoding) -> Result<Self, DatasetError> {
        let trays = root.join("trays");
        std::fs::create_dir_all(&trays).map_err(|source| DatasetError::Io {
            path: trays,
            source,
        })?;
        Ok(Self {
            root: root.to_owned(),
            encoding,
        })
    }

    /// Writes one picture and its labels; may be called from many threads for different ids.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn add(&self, image: &NewImage<'_>) -> Result<Entry, DatasetError> {
        let file = |ending: &str| self.root.join(format!("trays/{}.{ending}", image.id));
        let (width, height) = image.frame.dimensions();
        self.frame(&file(self.encoding.ending()), image.frame)?;
        let ids: Vec<u8> = image
            .plants
            .as_raw()
            .iter()
            .flat_map(|v| v.to_ne_bytes())
            .collect();
        png(
            &file("plants.png"),
            &ids,
            (width, height),
            ExtendedColorType::L16,
        )?;
        png(
            &file("semantic.png"),
            image.semantic.as_raw(),
            (width, height),
            ExtendedColorType::L8,
        )?;
        write_cells(&file("cells.csv"), image.cells)?;
        write_plants(&file("plants.csv"), image.rooted)?;
        write_corners(&file("corners.csv"), image.corners)?;
        write_nodes(&file("nodes.csv"), image.nodes)?;
        Ok(Entry {
            file: format!("trays/{}.{}", image.id, self.encoding.ending()),
            width,
            height,
            tray_rows: image.grid.0,
            tray_cols: image.grid.1,
            group: image.id.to_owned(),
            view: image.view.to_owned(),
            seed: image.seed.to_string(),
        })
    }

    fn frame(&self, path: &Path, frame: &RgbImage) -> Result<(), DatasetError> {
        if self.encoding == Encoding::Png {
            return png(
                path,
                frame.as_raw(),
                frame.dimensions(),
                ExtendedColorType::Rgb8,
            );
        }
        let io = |source| DatasetError::Io {
            path: path.to_owned(),
            source,
        };
        let mut out = std::io::BufWriter::new(std::fs::File::create(path).map_err(io)?);
        JpegEncoder::new_with_quality(&mut out, 96)
            .encode_image(frame)
            .map_err(|source| DatasetError::Picture {
                path: path.to_owned(),
                source,
            })
    }

    /// Writes `dataset.toml`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(&self, name: &str, entries: &[Entry]) -> Result<(), DatasetError> {
        let path = self.root.join("dataset.toml");
        let manifest = Manifest {
            name,
            usage: "train",
            licence: "MIT OR Apache-2.0",
            labels: "exact, from the renderer: cells, plant ids, classes, corners, lattice nodes",
            image: entries,
        };
        let text = toml::to_string(&manifest).map_err(|source| DatasetError::Unwritable {
            path: path.clone(),
            source,
        })?;
        write_text(&path, &text)
    }
}

fn png(
    path: &Path,
    bytes: &[u8],
    size: (u32, u32),
    colour: ExtendedColorType,
) -> Result<(), DatasetError> {
    let io = |source| DatasetError::Io {
        path: path.to_owned(),
        source,
    };
    let out = std::io::BufWriter::new(std::fs::File::create(path).map_err(io)?);
    let filter = if colour == ExtendedColorType::Rgb8 {
        FilterType::Sub
    } else {
        FilterType::NoFilter
    };
    PngEncoder::new_with_quality(out, CompressionType::Fast, filter)
        .write_image(bytes, size.0, size.1, colour)
        .map_err(|source: ImageError| DatasetError::Picture {
            path: path.to_owned(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::super::{CellState, Use, read_nodes, read_set};
    use super::*;

    #[test]
    fn a_written_set_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let writer = SetWriter::create(folder.path(), Encoding::Png).unwrap();
        let (frame, plants, semantic) = (
            RgbImage::new(8, 4),
            ImageBuffer::new(8, 4),
            GrayImage::new(8, 4),
        );
        let cell = |col, state, plants| CellLabel {
            row: 0,
            col,
            state,
            grade: None,
            plants,
        };
        let cells = [
            cell(0, CellState::Seedling, Some(2)),
            cell(1, CellState::NoSeedling, None),
        ];
        let nodes: Vec<Node> = (0..6)
            .map(|i| Node {
                row: i / 3,
                col: i % 3,
                at: FramePoint::new((i % 3) as f64 * 4.0, (i / 3) as f64 * 4.0),
            })
            .collect();
        let corners = [0, 2, 5, 3].map(|i| nodes[i].at);
        let entry = writer
            .add(&NewImage {
                rooted: &[],
                id: "a",
                frame: &frame,
                plants: &plants,
                semantic: &semantic,
                cells: &cells,
                nodes: &nodes,
                corners: &corners,
                grid: (1, 2),
                seed: u64::MAX,
                view: "rectified",
            })
            .unwrap();
        writer.finish("small", &[entry]).unwrap();
        let set = read_set(folder.path()).unwrap();
        assert_eq!((set.name.as_str(), set.usage), ("small", Use::Train));
        let image = &set.images[0];
        assert_eq!((image.id.as_str(), image.grid()), ("a", Some((1, 2))));
        assert_eq!(image.cells.as_deref(), Some(&cells[..]));
        assert_eq!(image.corners, Some(corners));
        assert_eq!(read_nodes(image.nodes.as_ref().unwrap()).unwrap(), nodes);
        assert!(image.plants.is_some() && image.semantic.is_some() && image.mask.is_none());
    }
}
