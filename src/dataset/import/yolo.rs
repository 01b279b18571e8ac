//! YOLO: a text file a picture, each line a class number with a box or a polygon as shares of the picture.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::annotation::{Annotation, ForeignLabels, ForeignPicture, ForeignSet, Origin, Outline};
use super::error::{ImportError, quoted};
use super::place::{ending, files_under, id_of, is_other_picture, is_picture, read_text};
use super::yolo_names;

/// Reads a folder: `images/<split>` with `labels/<split>`, `<split>/images` with `<split>/labels`, or labels
/// beside their pictures.
///
/// A picture with an empty label file has no plant; one without a label file is unlabelled.
///
/// # Errors
/// A label file or the class names are not as expected.
pub(super) fn read(source: &Path) -> Result<ForeignSet, ImportError> {
    let files = files_under(source)?;
    let names = class_names(&files)?;
    let mut texts: BTreeSet<Vec<String>> = files
        .iter()
        .filter(|(_, parts)| is_label_file(parts))
        .map(|(_, parts)| parts.clone())
        .collect();
    let mut foreign = ForeignSet::default();
    foreign.declared.extend(names.iter().flatten().cloned());
    for (path, parts) in &files {
        let name = parts.join("/");
        if is_other_picture(&name) {
            foreign.missing.push(format!("{name}: not a JPEG or PNG"));
        }
        if !is_picture(&name) {
            continue;
        }
        let labels = match label_parts(parts) {
            label if texts.remove(&label) => {
                let path = label.iter().fold(source.to_owned(), |p, part| p.join(part));
                ForeignLabels::Shapes(read_labels(&path, names.as_deref())?)
            }
            _ => ForeignLabels::None,
        };
        foreign.pictures.push(ForeignPicture {
            id: id_of(&without_images(parts)),
            name,
            origin: Origin::File(path.clone()),
            stated: None,
            split: split_of(parts),
            labels,
        });
    }
    // beside pictures, a text of another name may be anything; under labels it is a label file
    let lost = texts.iter().filter(|t| t.iter().any(|p| p == "labels"));
    let lost = lost.map(|t| format!("{}: no picture of this name", t.join("/")));
    foreign.missing.extend(lost);
    Ok(foreign)
}

/// Names by number; none where the source has no list, then a class is called by its number.
fn class_names(files: &[(PathBuf, Vec<String>)]) -> Result<Option<Vec<String>>, ImportError> {
    let mut found: Option<(String, Vec<String>)> = None;
    for (path, parts) in files {
        let file = parts.last().map(String::as_str).unwrap_or_default();
        let names = match (ending(file).as_str(), parts.len()) {
            ("yaml" | "yml", 1) => yolo_names::from_yaml(path)?,
            _ if file == "classes.txt" || file == "obj.names" => {
                Some(yolo_names::from_lines(path)?)
            }
            _ => None,
        };
        let Some(names) = names else { continue };
        match &found {
            Some((_, before)) if *before == names => {}
            Some((place, before)) => {
                let expected = format!("the class names of {place}, {before:?}");
                let other = format!("{names:?}");
                return Err(ImportError::found(path.display(), expected, other));
            }
            None => found = Some((path.display().to_string(), names)),
        }
    }
    Ok(found.map(|(_, names)| names))
}

fn is_label_file(parts: &[String]) -> bool {
    let file = parts.last().map(String::as_str).unwrap_or_default();
    ending(file) == "txt" && file != "classes.txt"
}

/// Where a picture's labels lie: the last folder `images` is `labels` for them, else they lie beside it.
fn label_parts(picture: &[String]) -> Vec<String> {
    let mut parts = picture.to_vec();
    let folders = parts.len().saturating_sub(1);
    if let Some(at) = parts[..folders].iter().rposition(|p| p == "images") {
        "labels".clone_into(&mut parts[at]);
    }
    if let Some(file) = parts.last_mut() {
        *file = format!("{}.txt", id_stem(file));
    }
    parts
}

fn id_stem(file: &str) -> &str {
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

fn without_images(parts: &[String]) -> Vec<String> {
    let last = parts.len().saturating_sub(1);
    let kept = parts.iter().enumerate();
    let kept = kept.filter(|(i, p)| *i == last || *p != "images");
    kept.map(|(_, p)| p.clone()).collect()
}

fn split_of(parts: &[String]) -> Option<String> {
    let mut folders = parts.iter().take(parts.len().saturating_sub(1));
    let known = |p: &&String| matches!(p.as_str(), "train" | "val" | "valid" | "test");
    folders.find(known).cloned()
}

fn read_labels(path: &Path, names: Option<&[String]>) -> Result<Vec<Annotation>, ImportError> {
    let text = read_text(path)?;
    let lines = text.lines().enumerate();
    let filled = lines.filter(|(_, line)| !line.trim().is_empty());
    filled
        .map(|(at, line)| annotation(line, format!("{}:{}", path.display(), at + 1), names))
        .collect()
}

fn annotation(
    line: &str,
    place: String,
    names: Option<&[String]>,
) -> Result<Annotation, ImportError> {
    let wrong = |expected: &str, found: &str| ImportError::found(&place, expected, quoted(found));
    let mut fields = line.split_whitespace();
    let class = fields.next().unwrap_or_default();
    let number =
        class_number(class).ok_or_else(|| wrong("a class number before the coordinates", class))?;
    let class = match names {
        None => number.to_string(),
        Some(names) => names.get(number).cloned().ok_or_else(|| {
            let expected = format!("a class number below {}", names.len());
            wrong(&expected, &number.to_string())
        })?,
    };
    let shares: Vec<f64> = fields
        .map(|field| {
            let share = field.parse().ok().filter(|s| (0.0..=1.0).contains(s));
            share.ok_or_else(|| wrong("a share of the picture from 0 to 1", field))
        })
        .collect::<Result<_, _>>()?;
    let (edges, outline) = match *shares.as_slice() {
        [x, y, width, height] => {
            let (half, high) = (width / 2.0, height / 2.0);
            (Some([x - half, y - high, x + half, y + high]), None)
        }
        _ if shares.len() >= 6 && shares.len().is_multiple_of(2) => {
            let points = shares.chunks_exact(2).map(|p| [p[0], p[1]]).collect();
            (None, Some(Outline::Polygons(vec![points])))
        }
        _ => {
            let expected = "x, y, width, height or a polygon of at least 3 points after the class";
            let found = format!("{} numbers", shares.len());
            return Err(ImportError::found(&place, expected, found));
        }
    };
    Ok(Annotation {
        place,
        class,
        shares: true,
        edges,
        outline,
        ..Annotation::default()
    })
}

/// A class number; some writers give it a decimal point.
fn class_number(field: &str) -> Option<usize> {
    let whole = field.strip_suffix(".0").unwrap_or(field);
    whole.parse().ok()
}
