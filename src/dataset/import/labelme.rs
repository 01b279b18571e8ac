//! labelme: a JSON file a picture, with polygons, rectangles, circles and points.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::annotation::{
    Annotation, ForeignLabels, ForeignPicture, ForeignSet, Origin, Outline, Stated, around,
};
use super::error::{ImportError, quoted};
use super::id_picture::ids_in;
use super::place::{self, ending, files_under, id_of, is_picture, leads_out, read_text};
use super::summary::reason;

/// The file as it is written. Keys that are not needed are passed over.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LabelmeFile {
    shapes: Vec<Shape>,
    image_path: String,
    // megabytes of text: read only where the picture's own file is missing
    image_data: Option<IgnoredAny>,
    image_width: Option<f64>,
    image_height: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Shape {
    label: String,
    points: Vec<[f64; 2]>,
    group_id: Option<i64>,
    /// A PNG in base64: the pixels between the two points, both of them included.
    mask: Option<String>,
    #[serde(default = "polygon")]
    shape_type: String,
}

/// Files from before shapes had a type hold polygons only.
fn polygon() -> String {
    "polygon".to_owned()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EmbeddedPicture {
    image_data: String,
}

/// Reads a folder, or one file. A picture that no file names is unlabelled; a file without shapes says that there
/// is no plant.
///
/// # Errors
/// A file is not as expected, or names a picture outside the source and brings none with it.
pub(super) fn read(source: &Path) -> Result<ForeignSet, ImportError> {
    let (root, files) = if source.is_dir() {
        (source.to_owned(), files_under(source)?)
    } else {
        let file = source.file_name().map(|n| n.to_string_lossy().into_owned());
        let root = source.parent().unwrap_or(Path::new("")).to_owned();
        (root, vec![(source.to_owned(), file.into_iter().collect())])
    };
    let mut foreign = ForeignSet::default();
    let mut named = BTreeSet::new();
    for (path, parts) in files.iter().filter(|(_, p)| is_json(p)) {
        let picture = read_file(path, parts, &root, &mut foreign)?;
        if let Some(picture) = picture {
            named.insert(picture.name.clone());
            foreign.pictures.push(picture);
        }
    }
    for (path, parts) in &files {
        let name = parts.join("/");
        if is_picture(&name) && !named.contains(&name) {
            foreign.pictures.push(ForeignPicture {
                id: id_of(parts),
                name,
                origin: Origin::File(path.clone()),
                stated: None,
                split: None,
                labels: ForeignLabels::None,
            });
        }
    }
    Ok(foreign)
}

fn is_json(parts: &[String]) -> bool {
    parts.last().is_some_and(|file| ending(file) == "json")
}

fn read_file(
    path: &Path,
    parts: &[String],
    root: &Path,
    foreign: &mut ForeignSet,
) -> Result<Option<ForeignPicture>, ImportError> {
    let file: LabelmeFile = parse(path, "a labelme file (shapes, imagePath)")?;
    let place = path.display().to_string();
    let (picture, origin) = match find_picture(&file, path, parts, root)? {
        Some(found) => found,
        None => {
            let lost = file.shapes.iter().map(|_| reason::MISSING_PICTURE);
            foreign.dropped.extend(lost);
            foreign
                .missing
                .push(format!("{place}: {}", file.image_path));
            return Ok(None);
        }
    };
    let size = file.image_width.zip(file.image_height);
    Ok(Some(ForeignPicture {
        id: id_of(&picture),
        name: picture.join("/"),
        origin,
        stated: size.map(|size| Stated {
            size,
            place: place.clone(),
        }),
        split: None,
        labels: ForeignLabels::Shapes(annotations(file.shapes, &place, &mut foreign.dropped)?),
    }))
}

/// The picture's parts and bytes: its own file inside the source, else what the file brings with it.
fn find_picture(
    file: &LabelmeFile,
    path: &Path,
    parts: &[String],
    root: &Path,
) -> Result<Option<(Vec<String>, Origin)>, ImportError> {
    let folders = &parts[..parts.len().saturating_sub(1)];
    let picture = place::parts(folders, &file.image_path);
    let own = picture
        .as_ref()
        .map(|p| root.join(p.iter().collect::<PathBuf>()));
    match (picture, own) {
        (Some(picture), Some(own)) if own.is_file() => Ok(Some((picture, Origin::File(own)))),
        // named by the label file: where its picture would lie is not followed
        _ if file.image_data.is_some() => {
            Ok(Some((parts.to_vec(), Origin::Embedded(path.to_owned()))))
        }
        (None, _) => Err(leads_out(path.display(), &file.image_path)),
        _ => Ok(None),
    }
}

fn parse<T: serde::de::DeserializeOwned>(
    path: &Path,
    expected: &'static str,
) -> Result<T, ImportError> {
    serde_json::from_str(&read_text(path)?).map_err(|cause| ImportError::Json {
        path: path.to_owned(),
        expected,
        cause,
    })
}

/// The picture that a labelme file brings with it.
///
/// # Errors
/// The file is not as expected, or its `imageData` is no base64.
pub(super) fn embedded_picture(path: &Path) -> Result<Vec<u8>, ImportError> {
    let file: EmbeddedPicture = parse(path, "a labelme file with imageData")?;
    base64_of(&file.image_data, &format!("{}: imageData", path.display()))
}

fn base64_of(text: &str, place: &str) -> Result<Vec<u8>, ImportError> {
    let decoded = base64::engine::general_purpose::STANDARD.decode(text.trim());
    decoded.map_err(|e| ImportError::found(place, "a picture in base64", e.to_string()))
}

/// The pixels of a mask shape.
fn window(png: &str, first: [f64; 2], last: [f64; 2], place: &str) -> Result<Outline, ImportError> {
    let ids = ids_in(&base64_of(png, place)?, place)?;
    let side = |from: f64, to: f64| to.round() - from.round() + 1.0;
    let stated = (side(first[0], last[0]), side(first[1], last[1]));
    let (width, height) = ids.size;
    if stated != (f64::from(width), f64::from(height)) || first.iter().any(|v| *v <= -0.5) {
        let expected = format!("a mask of {}x{} px as its points say", stated.0, stated.1);
        let found = format!("one of {width}x{height} px from {}, {}", first[0], first[1]);
        return Err(ImportError::found(place, expected, found));
    }
    Ok(Outline::Window {
        at: first.map(|v| v.round() as u32),
        width,
        inside: ids.ids.iter().map(|id| *id > 0).collect(),
    })
}

/// Shapes of one label and group are parts of one thing; it stands where its first part stands.
fn annotations(
    shapes: Vec<Shape>,
    file: &str,
    dropped: &mut Vec<&'static str>,
) -> Result<Vec<Annotation>, ImportError> {
    let mut things: Vec<Annotation> = Vec::new();
    let mut groups: BTreeMap<(String, i64), usize> = BTreeMap::new();
    for (number, shape) in shapes.into_iter().enumerate() {
        let place = format!("{file}: shape {} of {}", number + 1, quoted(&shape.label));
        let group = shape.group_id.map(|g| (shape.label.clone(), g));
        let Some(annotation) = annotation(shape, place, dropped)? else {
            continue;
        };
        match group {
            Some(key) if groups.contains_key(&key) => things[groups[&key]].join(annotation),
            group => {
                groups.extend(group.map(|key| (key, things.len())));
                things.push(annotation);
            }
        }
    }
    Ok(things)
}

fn annotation(
    shape: Shape,
    place: String,
    dropped: &mut Vec<&'static str>,
) -> Result<Option<Annotation>, ImportError> {
    let points = shape.points;
    let wrong = |expected: &str| {
        let found = format!("{} points", points.len());
        ImportError::found(
            &place,
            format!("{expected} of a {}", shape.shape_type),
            found,
        )
    };
    let mut annotation = Annotation {
        place: place.clone(),
        class: shape.label,
        ..Annotation::default()
    };
    match (shape.shape_type.as_str(), points.as_slice()) {
        ("polygon", [_, _, _, ..]) => {
            annotation.outline = Some(Outline::Polygons(vec![points]));
        }
        ("polygon", _) => return Err(wrong("3 points or more")),
        // two corners, or all four of them
        ("rectangle", [_, _] | [_, _, _, _]) => annotation.edges = around(&points),
        ("rectangle", _) => return Err(wrong("2 or 4 points")),
        ("circle", &[[x, y], [at_x, at_y]]) => {
            let radius = (at_x - x).hypot(at_y - y);
            annotation.edges = Some([x - radius, y - radius, x + radius, y + radius]);
        }
        ("circle", _) => return Err(wrong("2 points")),
        ("point", &[point]) => annotation.point = Some(point),
        ("point", _) => return Err(wrong("1 point")),
        ("line" | "linestrip", _) => {
            dropped.push(reason::NOT_AN_AREA);
            return Ok(None);
        }
        ("mask", [first, last]) => {
            let png = shape.mask.as_deref().unwrap_or_default();
            annotation.outline = Some(window(png, *first, *last, &place)?);
        }
        ("mask", _) => return Err(wrong("2 points")),
        (other, _) => {
            let expected = "a polygon, rectangle, circle or point";
            return Err(ImportError::found(place, expected, quoted(other)));
        }
    }
    Ok(Some(annotation))
}
