//! A COCO instances file: its images and their annotations, checked against each other.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Deserialize;

use super::annotation::{Annotation, Outline};
use super::error::{ImportError, quoted};
use super::place::read_text;
use super::run_length::decompress;
use super::summary::reason;

/// The file as it is written. Keys that are not needed are passed over.
#[derive(Debug, Deserialize)]
pub(super) struct CocoFile {
    pub images: Vec<CocoImage>,
    #[serde(default)]
    annotations: Vec<CocoAnnotation>,
    #[serde(default)]
    categories: Vec<CocoCategory>,
}

/// An id: a number by the format, a text in some exports. No order and no first number is assumed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(untagged)]
pub(super) enum CocoId {
    Number(i64),
    Text(String),
}

impl fmt::Display for CocoId {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(to, "{number}"),
            Self::Text(text) => to.write_str(&quoted(text)),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct CocoImage {
    pub id: CocoId,
    pub file_name: String,
    pub width: Option<f64>,
    pub height: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct CocoCategory {
    id: CocoId,
    name: String,
}

#[derive(Debug, Deserialize)]
struct CocoAnnotation {
    id: Option<CocoId>,
    image_id: CocoId,
    category_id: CocoId,
    bbox: Option<Vec<f64>>,
    segmentation: Option<Segmentation>,
    #[serde(default)]
    iscrowd: Option<u8>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Segmentation {
    Polygons(Vec<Vec<f64>>),
    Runs { size: [u32; 2], counts: Counts },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Counts {
    Plain(Vec<u32>),
    Compressed(String),
}

/// A COCO file's content by image.
#[derive(Debug)]
pub(super) struct CocoLabels {
    /// Its images in their order, each with its annotations in theirs.
    pub images: Vec<(CocoImage, Vec<Annotation>)>,
    /// The names of its categories.
    pub categories: Vec<String>,
    /// Annotations that belong to nothing, by reason.
    pub dropped: Vec<&'static str>,
}

/// Reads a COCO instances file.
///
/// # Errors
/// It is no such JSON, an id stands twice, a category is not listed, or a shape is not as expected.
pub(super) fn read(path: &Path) -> Result<CocoLabels, ImportError> {
    let text = read_text(path)?;
    let file: CocoFile = serde_json::from_str(&text).map_err(|cause| ImportError::Json {
        path: path.to_owned(),
        expected: "COCO instances (images, annotations, categories)",
        cause,
    })?;
    let name = path.display().to_string();
    let categories = categories(file.categories, &name)?;
    let mut places = BTreeMap::new();
    let mut images = Vec::with_capacity(file.images.len());
    for image in file.images {
        if places.insert(image.id.clone(), images.len()).is_some() {
            let found = format!("id {} twice", image.id);
            return Err(ImportError::found(
                &name,
                "an id of its own for every image",
                found,
            ));
        }
        images.push((image, Vec::new()));
    }
    let mut dropped = Vec::new();
    for (number, annotation) in file.annotations.into_iter().enumerate() {
        match places.get(&annotation.image_id) {
            Some(place) => {
                let taken = taken(annotation, number, &categories, &name)?;
                images[*place].1.push(taken);
            }
            None => dropped.push(reason::UNKNOWN_PICTURE),
        }
    }
    Ok(CocoLabels {
        images,
        categories: categories.into_values().collect(),
        dropped,
    })
}

fn categories(
    list: Vec<CocoCategory>,
    file: &str,
) -> Result<BTreeMap<CocoId, String>, ImportError> {
    let mut names = BTreeMap::new();
    for category in list {
        let found = format!("id {} twice", category.id);
        if names.insert(category.id, category.name).is_some() {
            let expected = "an id of its own for every category";
            return Err(ImportError::found(file, expected, found));
        }
    }
    Ok(names)
}

fn taken(
    annotation: CocoAnnotation,
    number: usize,
    categories: &BTreeMap<CocoId, String>,
    file: &str,
) -> Result<Annotation, ImportError> {
    let place = match &annotation.id {
        Some(id) => format!("{file}: annotation {id}"),
        None => format!("{file}: annotation at place {number}"),
    };
    let Some(class) = categories.get(&annotation.category_id) else {
        let found = format!("category {}", annotation.category_id);
        return Err(ImportError::found(
            place,
            "a category that is listed",
            found,
        ));
    };
    let outline = match annotation.segmentation {
        None => None,
        Some(Segmentation::Polygons(polygons)) => polygons_of(&polygons, &place)?,
        Some(Segmentation::Runs { size, counts }) => Some(runs_of(size, counts, &place)?),
    };
    let mut edges = annotation.bbox.map(|b| edges_of(&b, &place)).transpose()?;
    // some writers leave the box at 0 where there is an outline, which says more
    if outline.is_some() && edges.is_some_and(|[x0, y0, x1, y1]| x1 <= x0 || y1 <= y0) {
        edges = None;
    }
    if edges.is_none() && outline.is_none() {
        return Err(ImportError::found(
            place,
            "a bbox or a segmentation",
            "neither",
        ));
    }
    Ok(Annotation {
        place,
        class: class.clone(),
        edges,
        outline,
        crowd: annotation.iscrowd.unwrap_or(0) != 0,
        ..Annotation::default()
    })
}

fn edges_of(bbox: &[f64], place: &str) -> Result<[f64; 4], ImportError> {
    match *bbox {
        [x, y, width, height] => Ok([x, y, x + width, y + height]),
        _ => {
            let found = format!("{} numbers", bbox.len());
            Err(ImportError::found(
                place,
                "a bbox of x, y, width, height",
                found,
            ))
        }
    }
}

/// Polygons of at least three points; parts with fewer cover nothing and are known to occur.
fn polygons_of(polygons: &[Vec<f64>], place: &str) -> Result<Option<Outline>, ImportError> {
    let mut parts = Vec::new();
    for numbers in polygons {
        if !numbers.len().is_multiple_of(2) {
            let found = format!("{} numbers", numbers.len());
            return Err(ImportError::found(place, "a polygon of pairs x, y", found));
        }
        if numbers.len() >= 6 {
            parts.push(numbers.chunks_exact(2).map(|p| [p[0], p[1]]).collect());
        }
    }
    Ok((!parts.is_empty()).then_some(Outline::Polygons(parts)))
}

fn runs_of([height, width]: [u32; 2], counts: Counts, place: &str) -> Result<Outline, ImportError> {
    let counts = match counts {
        Counts::Plain(counts) => counts,
        Counts::Compressed(text) => decompress(&text).ok_or_else(|| {
            ImportError::found(place, "a compressed run-length mask", quoted(&text))
        })?,
    };
    let size = (width, height);
    Ok(Outline::ColumnRuns { size, counts })
}
