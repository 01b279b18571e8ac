//! What is asked of an import.

use std::path::PathBuf;

use super::super::Use;
use super::ClassMeaning;

/// The format of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignFormat {
    /// COCO instances: JSON files with boxes, polygons and run-length masks.
    Coco,
    /// YOLO: a text file a picture, boxes or polygons as shares of the picture.
    Yolo,
    /// labelme: a JSON file a picture.
    Labelme,
    /// CVPPP: `*_rgb.png` with pictures of label ids beside.
    Cvppp,
}

impl ForeignFormat {
    /// The word on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Coco => "coco",
            Self::Yolo => "yolo",
            Self::Labelme => "labelme",
            Self::Cvppp => "cvppp",
        }
    }
}

/// On which picture labels were drawn where an EXIF orientation turns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LabelFrame {
    /// Nobody says: a turned picture is refused.
    #[default]
    Unstated,
    /// On the pixels as they are stored; the picture is written without its orientation.
    Stored,
    /// On the turned picture, as viewers and labelme show it; the picture is written turned.
    Turned,
}

/// What an id of a CVPPP label picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LabelledThing {
    /// A leaf: many to a plant.
    #[default]
    Leaf,
    /// A plant.
    Plant,
}

/// What a COCO picture without annotations is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unannotated {
    /// A picture that nobody labelled.
    #[default]
    Unlabelled,
    /// A picture without plants.
    NoPlants,
}

/// The block of cells in view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Rows of cells.
    pub rows: usize,
    /// Columns of cells.
    pub cols: usize,
    /// Whether the block fills every picture from edge to edge; else only an annotated tray says where it lies.
    pub fills_picture: bool,
}

/// What is asked of an import.
#[derive(Debug, Clone)]
pub struct ImportRequest {
    /// The format of the source.
    pub format: ForeignFormat,
    /// A folder; for COCO it may be the JSON file.
    pub source: PathBuf,
    /// Where COCO's pictures lie, when not where they are expected.
    pub pictures: Option<PathBuf>,
    /// The folder of the new set.
    pub out: PathBuf,
    /// The set's name; that of the folder when absent.
    pub name: Option<String>,
    /// The licence of pictures and labels.
    pub licence: Option<String>,
    /// What the set may be used for.
    pub usage: Use,
    /// The block of cells in view, where it is known.
    pub block: Option<Block>,
    /// Meanings of classes that go before the known names.
    pub classes: Vec<(String, ClassMeaning)>,
    /// What an id of a CVPPP label picture is.
    pub labelled: LabelledThing,
    /// On which picture labels were drawn where an EXIF orientation turns it.
    pub label_frame: LabelFrame,
    /// The coordinate of the left edge of the first pixel: 1 where the source counts from 1 (MATLAB, Pascal VOC), else 0.
    pub first_pixel: u8,
    /// What a COCO picture without annotations is.
    pub unannotated: Unannotated,
}

impl ImportRequest {
    /// A request with nothing but the defaults: an evaluation set without a grid.
    #[must_use]
    pub fn new(format: ForeignFormat, source: impl Into<PathBuf>, out: impl Into<PathBuf>) -> Self {
        Self {
            format,
            source: source.into(),
            pictures: None,
            out: out.into(),
            name: None,
            licence: None,
            usage: Use::Evaluate,
            block: None,
            classes: Vec::new(),
            labelled: LabelledThing::default(),
            label_frame: LabelFrame::default(),
            first_pixel: 0,
            unannotated: Unannotated::default(),
        }
    }
}
