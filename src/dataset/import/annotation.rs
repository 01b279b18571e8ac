//! What all the readers hand over: pictures of the source with what people drew on them.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// A source that was read, before anything is written.
#[derive(Debug, Default)]
pub(super) struct ForeignSet {
    /// Its pictures in the order of the source.
    pub pictures: Vec<ForeignPicture>,
    /// Classes that the source declares, used or not.
    pub declared: BTreeSet<String>,
    /// Pictures that the source names and that are not there.
    pub missing: Vec<String>,
    /// Annotations that belong to nothing, by reason.
    pub dropped: Vec<&'static str>,
}

/// A picture and what is known of it.
#[derive(Debug)]
pub(super) struct ForeignPicture {
    /// The id that it would have: its path in the source without its ending.
    pub id: String,
    /// How messages and the manifest call it: its path in the source.
    pub name: String,
    /// Where its bytes are.
    pub origin: Origin,
    /// Width and height by the label file, px, and that file's name.
    pub stated: Option<Stated>,
    /// `train`, `val` or `test`, where the source says.
    pub split: Option<String>,
    /// Its labels.
    pub labels: ForeignLabels,
}

/// What a label file says of the picture's size.
#[derive(Debug, Clone)]
pub(super) struct Stated {
    /// Width and height, px.
    pub size: (f64, f64),
    /// The file, and the entry in it.
    pub place: String,
}

/// Where a picture's bytes are.
#[derive(Debug)]
pub(super) enum Origin {
    /// In a file of their own.
    File(PathBuf),
    /// In a labelme file.
    Embedded(PathBuf),
}

/// What there is of labels.
#[derive(Debug)]
pub(super) enum ForeignLabels {
    /// Nobody labelled the picture: not the same as a picture without plants.
    None,
    /// Shapes; none at all means that there is no plant.
    Shapes(Vec<Annotation>),
    /// Pictures of ids (CVPPP).
    Maps(LabelMaps),
}

/// The label pictures beside an RGB picture.
#[derive(Debug, Default)]
pub(super) struct LabelMaps {
    pub label: Option<PathBuf>,
    pub foreground: Option<PathBuf>,
    pub centres: Option<PathBuf>,
}

/// One thing that was drawn. Coordinates are in pixels of the picture, or shares of its size.
#[derive(Debug, Clone, Default)]
pub(super) struct Annotation {
    /// The file and the line or number in it.
    pub place: String,
    /// The source's class.
    pub class: String,
    /// Whether coordinates are shares of the picture's width and height.
    pub shares: bool,
    /// Left, top, right, bottom.
    pub edges: Option<[f64; 4]>,
    /// What is known of its pixels.
    pub outline: Option<Outline>,
    /// A point in it, when that is all there is.
    pub point: Option<[f64; 2]>,
    /// Whether it may be several things at once.
    pub crowd: bool,
}

/// The pixels of a thing.
#[derive(Debug, Clone)]
pub(super) enum Outline {
    /// The union of polygons, each filled by the even-odd rule.
    Polygons(Vec<Vec<[f64; 2]>>),
    /// Lengths of runs down the columns, background first (COCO).
    ColumnRuns {
        /// Width and height that they were made for, px.
        size: (u32, u32),
        /// Their lengths, px.
        counts: Vec<u32>,
    },
    /// A window of pixels, row by row (labelme).
    Window {
        /// Its top-left corner, px.
        at: [u32; 2],
        /// Its width, px.
        width: u32,
        /// Which of its pixels belong to the thing.
        inside: Vec<bool>,
    },
}

impl Annotation {
    /// Takes in the shapes of another part of the same thing.
    pub fn join(&mut self, other: Self) {
        self.edges = match (self.edges, other.edges) {
            (Some(a), Some(b)) => Some([
                a[0].min(b[0]),
                a[1].min(b[1]),
                a[2].max(b[2]),
                a[3].max(b[3]),
            ]),
            (a, b) => a.or(b),
        };
        self.outline = match (self.outline.take(), other.outline) {
            (Some(Outline::Polygons(mut a)), Some(Outline::Polygons(b))) => {
                a.extend(b);
                Some(Outline::Polygons(a))
            }
            // one part without an outline: the whole has none
            _ => None,
        };
        self.point = self.point.or(other.point);
    }
}

/// The box around points; none around nothing.
pub(super) fn around<'a>(points: impl IntoIterator<Item = &'a [f64; 2]>) -> Option<[f64; 4]> {
    points.into_iter().fold(None, |edges, &[x, y]| {
        let [x0, y0, x1, y1] = edges.unwrap_or([x, y, x, y]);
        Some([x0.min(x), y0.min(y), x1.max(x), y1.max(y)])
    })
}
