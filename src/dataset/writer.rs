//! Writing a labelled set: picture and label files at once, `dataset.toml` at the end.

use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, GrayImage, ImageBuffer, ImageEncoder, ImageError, Luma, RgbImage};
use serde::Serialize;

use super::{
    BoxLabel, CellLabel, DatasetError, Entry, Node, PlantLabel, SetAbout, Use, write_boxes,
    write_cells, write_corners, write_nodes, write_plants, write_text,
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
    /// The name that all pictures of its tray share, where there are several.
    pub same_tray: Option<&'a str>,
    /// Whether it shows no tray: then only the picture and its plant maps are written.
    pub no_tray: bool,
}

/// A picture that keeps its bytes, with what labels there are of it, to be written.
pub struct CopiedImage<'a> {
    /// Its id: the path under `trays` without ending; may hold folders.
    pub id: &'a str,
    /// The file's bytes.
    pub bytes: &'a [u8],
    /// What they are.
    pub encoding: Encoding,
    /// Width and height, px.
    pub size: (u32, u32),
    /// Its labels.
    pub labels: &'a PictureLabels,
    /// Where it comes from.
    pub source: &'a str,
    /// The part of the source that it belongs to, such as `train` or `val`.
    pub split: Option<&'a str>,
    /// How its bytes differ from the source's, where they do.
    pub changed: Option<&'a str>,
}

/// The labels of one picture; what is `None` nobody says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PictureLabels {
    /// Boxes, px.
    pub boxes: Option<Vec<BoxLabel>>,
    /// Plant pixels, 255 plant.
    pub mask: Option<GrayImage>,
    /// Plant ids, 0 background.
    pub plants: Option<ImageBuffer<Luma<u16>, Vec<u16>>>,
    /// Classes: 0 background, 1 healthy, 2 chlorotic, 3 necrotic.
    pub semantic: Option<GrayImage>,
    /// States of cells.
    pub cells: Option<Vec<CellLabel>>,
    /// The corners of the block of cells in view, px: top-left, top-right, bottom-right, bottom-left.
    pub corners: Option<[FramePoint; 4]>,
    /// The number of leaves in the picture.
    pub leaves: Option<u32>,
}

#[derive(Serialize)]
struct Manifest<'a> {
    #[serde(flatten)]
    about: &'a SetAbout,
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
        plant_ids(&file("plants.png"), image.plants)?;
        png(
            &file("semantic.png"),
            image.semantic.as_raw(),
            (width, height),
            ExtendedColorType::L8,
        )?;
        if !image.no_tray {
            write_cells(&file("cells.csv"), image.cells)?;
            write_plants(&file("plants.csv"), image.rooted)?;
            write_corners(&file("corners.csv"), image.corners)?;
            write_nodes(&file("nodes.csv"), image.nodes)?;
        }
        Ok(Entry {
            file: format!("trays/{}.{}", image.id, self.encoding.ending()),
            width,
            height,
            tray_rows: Some(image.grid.0),
            tray_cols: Some(image.grid.1),
            group: image.same_tray.unwrap_or(image.id).to_owned(),
            view: Some(image.view.to_owned()),
            seed: Some(image.seed.to_string()),
            source: None,
            split: None,
            encoding: None,
            leaves: None,
            same_tray: image.same_tray.map(str::to_owned),
            no_tray: image.no_tray,
        })
    }

    /// Writes one picture byte for byte and the labels that there are; may be called from many threads for
    /// different ids. The entry's group is its id.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn add_copied(&self, image: &CopiedImage<'_>) -> Result<Entry, DatasetError> {
        let name = format!("trays/{}.{}", image.id, image.encoding.ending());
        let path = self.root.join(&name);
        let io = |source| DatasetError::Io {
            path: path.clone(),
            source,
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        std::fs::write(&path, image.bytes).map_err(io)?;
        self.labels(image.id, image.labels)?;
        Ok(Entry {
            file: name,
            width: image.size.0,
            height: image.size.1,
            tray_rows: None,
            tray_cols: None,
            group: image.id.to_owned(),
            view: None,
            seed: None,
            source: Some(image.source.to_owned()),
            split: image.split.map(str::to_owned),
            encoding: image.changed.map(str::to_owned),
            leaves: image.labels.leaves,
            same_tray: None,
            no_tray: false,
        })
    }

    fn labels(&self, id: &str, labels: &PictureLabels) -> Result<(), DatasetError> {
        let file = |ending: &str| self.root.join(format!("trays/{id}.{ending}"));
        let grey = |ending: &str, map: &Option<GrayImage>| {
            let Some(map) = map else { return Ok(()) };
            let (size, bytes) = (map.dimensions(), map.as_raw());
            png(&file(ending), bytes, size, ExtendedColorType::L8)
        };
        grey("mask.png", &labels.mask)?;
        grey("semantic.png", &labels.semantic)?;
        if let Some(plants) = &labels.plants {
            plant_ids(&file("plants.png"), plants)?;
        }
        if let Some(boxes) = &labels.boxes {
            write_boxes(&file("boxes.csv"), boxes)?;
        }
        if let Some(cells) = &labels.cells {
            write_cells(&file("cells.csv"), cells)?;
        }
        if let Some(corners) = &labels.corners {
            write_corners(&file("corners.csv"), corners)?;
        }
        Ok(())
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

    /// Writes `dataset.toml` of a rendered set.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(&self, name: &str, entries: &[Entry]) -> Result<(), DatasetError> {
        let labels = "exact, from the renderer: cells, plant ids, classes, corners, lattice nodes";
        let about = SetAbout {
            name: name.to_owned(),
            usage: Use::Train,
            licence: "MIT OR Apache-2.0".to_owned(),
            source: None,
            tray_rows: None,
            tray_cols: None,
            labels: labels.to_owned(),
            label_traps: None,
        };
        self.finish_about(&about, entries)
    }

    /// Writes `dataset.toml`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish_about(&self, about: &SetAbout, entries: &[Entry]) -> Result<(), DatasetError> {
        let path = self.root.join("dataset.toml");
        let manifest = Manifest {
            about,
            image: entries,
        };
        let text = toml::to_string(&manifest).map_err(|source| DatasetError::Unwritable {
            path: path.clone(),
            source,
        })?;
        write_text(&path, &text)
    }
}

fn plant_ids(path: &Path, plants: &ImageBuffer<Luma<u16>, Vec<u16>>) -> Result<(), DatasetError> {
    let ids: Vec<u8> = plants
        .as_raw()
        .iter()
        .flat_map(|v| v.to_ne_bytes())
        .collect();
    png(path, &ids, plants.dimensions(), ExtendedColorType::L16)
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
                same_tray: None,
                no_tray: false,
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
