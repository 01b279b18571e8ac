//! Label files of other programs become a set that reads back: what they say is kept, what they leave open is not
//! guessed, and what is wrong with them is said.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

#[path = "../common/mod.rs"]
mod common;

mod coco;
mod command;
mod cvppp;
mod labelme;
mod orientation;
mod yolo;

use std::fs;
use std::path::PathBuf;

use image::{GrayImage, ImageBuffer, Luma, Rgb, RgbImage};
use seedgrade::dataset::import::{
    Block, ClassMeaning, ForeignFormat, ImportRequest, ImportSummary, LabelFrame, LabelledThing,
    Unannotated, import,
};
use seedgrade::dataset::{CellState, LabelledImage, LabelledSet, read_set};
use tempfile::TempDir;

/// A source folder with what a test puts into it, and room for the set beside.
struct Source {
    folder: TempDir,
}

impl Source {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("source")).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("source").join(name)
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("set")
    }

    fn bytes(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    /// A picture of 8x6 px whose colour tells it from others.
    fn picture(self, name: &str, colour: u8) -> Self {
        let picture = RgbImage::from_pixel(8, 6, Rgb([colour, 90, 30]));
        self.bytes(name, png(&picture))
    }

    fn request(&self, format: ForeignFormat, name: &str) -> ImportRequest {
        ImportRequest::new(format, self.path(name), self.out())
    }

    #[track_caller]
    fn imported(&self, request: &ImportRequest) -> (LabelledSet, ImportSummary) {
        let summary = import(request, || true).unwrap_or_else(|e| panic!("{e}"));
        let set = read_set(&self.out()).unwrap();
        assert_eq!(set.images.len(), summary.pictures);
        assert!(set.images.iter().all(|i| i.path.is_file()));
        self.nothing_else_is_left(&["set", "source"]);
        (set, summary)
    }

    /// The import fails with all of these said, and leaves nothing behind.
    #[track_caller]
    fn refused(&self, request: &ImportRequest, said: &[&str]) {
        let error = import(request, || true).unwrap_err().to_string();
        for part in said {
            assert!(error.contains(part), "no {part:?} in {error:?}");
        }
        self.nothing_else_is_left(&["source"]);
    }

    #[track_caller]
    fn nothing_else_is_left(&self, names: &[&str]) {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut left: Vec<_> = entries.map(|e| e.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, names);
    }
}

fn png<P, C>(picture: &ImageBuffer<P, C>) -> Vec<u8>
where
    P: image::PixelWithColorType,
    [P::Subpixel]: image::EncodableLayout,
    C: std::ops::Deref<Target = [P::Subpixel]>,
{
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, image::ImageFormat::Jpeg)
        .unwrap();
    bytes.into_inner()
}

#[track_caller]
fn image<'a>(set: &'a LabelledSet, id: &str) -> &'a LabelledImage {
    let found = set.images.iter().find(|i| i.id == id);
    found.unwrap_or_else(|| {
        let ids: Vec<_> = set.images.iter().map(|i| &i.id).collect();
        panic!("no {id} among {ids:?}")
    })
}

/// A label picture as text, a row a line: `.` is 0, 255 is `#`, others are their last digit.
fn drawn(path: Option<&PathBuf>) -> Vec<String> {
    let ids = image::open(path.unwrap()).unwrap();
    let wide = matches!(ids, image::DynamicImage::ImageLuma16(_));
    let value = |v: u16| match v {
        0 => '.',
        255 if !wide => '#',
        v => char::from_digit(u32::from(v) % 10, 10).unwrap(),
    };
    // a conversion to 16 bits stretches 8-bit values
    let pixels: Vec<u16> = match &ids {
        image::DynamicImage::ImageLuma16(ids) => ids.as_raw().clone(),
        other => other
            .to_luma8()
            .as_raw()
            .iter()
            .map(|v| u16::from(*v))
            .collect(),
    };
    let rows = pixels.chunks(ids.width() as usize);
    rows.map(|row| row.iter().map(|v| value(*v)).collect())
        .collect()
}

fn boxes(image: &LabelledImage) -> Vec<String> {
    let text = fs::read_to_string(image.boxes.as_ref().unwrap()).unwrap();
    text.lines().skip(1).map(str::to_owned).collect()
}

/// States of cells, row-major: `s`, `n` or `?`, with the number of plants where it is known.
fn states(image: &LabelledImage) -> String {
    let cells = image.cells.as_ref().unwrap().iter();
    let word = |state| match state {
        CellState::Seedling => 's',
        CellState::NoSeedling => 'n',
        CellState::Unlabelled => '?',
    };
    let plants = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
    let words = cells.map(|c| format!("{}{}", word(c.state), plants(c.plants)));
    words.collect::<Vec<_>>().join(" ")
}

fn block(rows: usize, cols: usize) -> Option<Block> {
    Some(Block {
        rows,
        cols,
        fills_picture: true,
    })
}

fn notes(summary: &ImportSummary) -> String {
    summary.notes.join("; ")
}
