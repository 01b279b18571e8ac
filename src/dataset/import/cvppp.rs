//! CVPPP: `<name>_rgb.png` with `<name>_label.png`, `<name>_fg.png` and `<name>_centers.png` beside.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::annotation::{ForeignLabels, ForeignPicture, ForeignSet, LabelMaps, Origin};
use super::error::ImportError;
use super::place::{files_under, id_of, is_picture};

/// What belongs to one name.
#[derive(Default)]
struct Files {
    picture: Option<(PathBuf, Vec<String>)>,
    maps: LabelMaps,
}

/// Reads a folder. A picture with no label picture beside it is unlabelled.
///
/// # Errors
/// The folder cannot be read.
pub(super) fn read(source: &Path) -> Result<ForeignSet, ImportError> {
    let mut by_name: BTreeMap<Vec<String>, Files> = BTreeMap::new();
    for (path, parts) in files_under(source)? {
        let Some((kind, name)) = kind(&parts) else {
            continue;
        };
        let files = by_name.entry(name).or_default();
        match kind {
            Kind::Picture => files.picture = Some((path, parts)),
            Kind::Label => files.maps.label = Some(path),
            Kind::Foreground => files.maps.foreground = Some(path),
            Kind::Centres => files.maps.centres = Some(path),
        }
    }
    let mut foreign = ForeignSet::default();
    for (name, files) in by_name {
        let Some((path, parts)) = files.picture else {
            let lost = format!("{}_rgb.png: only its labels are there", name.join("/"));
            foreign.missing.push(lost);
            continue;
        };
        let maps = files.maps;
        let any = maps.label.is_some() || maps.foreground.is_some() || maps.centres.is_some();
        // the id is that of a file of this name: a name may hold dots
        let mut as_file = name;
        if let Some(last) = as_file.last_mut() {
            last.push_str(".png");
        }
        foreign.pictures.push(ForeignPicture {
            id: id_of(&as_file),
            name: parts.join("/"),
            origin: Origin::File(path),
            stated: None,
            split: None,
            labels: if any {
                ForeignLabels::Maps(maps)
            } else {
                ForeignLabels::None
            },
        });
    }
    Ok(foreign)
}

enum Kind {
    Picture,
    Label,
    Foreground,
    Centres,
}

/// What a file is by the end of its name, and the name before that.
fn kind(parts: &[String]) -> Option<(Kind, Vec<String>)> {
    let (file, folders) = parts.split_last()?;
    if !is_picture(file) {
        return None;
    }
    let (stem, _) = file.rsplit_once('.')?;
    let (name, kind) = stem.rsplit_once('_')?;
    let kind = match kind {
        "rgb" => Kind::Picture,
        "label" | "labels" => Kind::Label,
        "fg" => Kind::Foreground,
        "centers" | "centres" => Kind::Centres,
        _ => return None,
    };
    let mut parts = folders.to_vec();
    parts.push(name.to_owned());
    Some((kind, parts))
}
