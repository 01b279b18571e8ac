//! COCO: which files there are, and where their pictures lie.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::annotation::{ForeignLabels, ForeignPicture, ForeignSet, Origin, Stated};
use super::coco_file::{self, CocoImage};
use super::error::{ImportError, quoted};
use super::place::{self, ending, files_under, id_of, leads_out};
use super::request::{ImportRequest, Unannotated};
use super::summary::reason;

/// Reads a COCO file, or all of a folder. Pictures are looked for in `--images`, else beside the file, in `images`
/// beside it or beside its folder, in its folder's folder, and in the folder that `instances_<split>.json` names.
///
/// # Errors
/// There is no COCO file, or one is not as expected.
pub(super) fn read(request: &ImportRequest) -> Result<ForeignSet, ImportError> {
    let (root, files) = json_files(&request.source)?;
    let mut foreign = ForeignSet::default();
    for path in &files {
        let labels = coco_file::read(path)?;
        foreign.declared.extend(labels.categories);
        foreign.dropped.extend(labels.dropped);
        let file = FileOfSet {
            path,
            folders: folders(path, request.pictures.as_deref()),
            split: (files.len() > 1).then(|| split_of(path, &root)),
        };
        let mut listed = BTreeSet::new();
        for (image, annotations) in labels.images {
            let parts = file.parts(&image)?;
            if !listed.insert(parts.clone()) {
                let expected = "every picture listed once";
                let found = format!("{} twice", quoted(&image.file_name));
                return Err(ImportError::found(path.display(), expected, found));
            }
            let Some(picture) = file.find(&parts) else {
                foreign
                    .missing
                    .push(format!("{}: {}", path.display(), image.file_name));
                let lost = annotations.iter().map(|_| reason::MISSING_PICTURE);
                foreign.dropped.extend(lost);
                continue;
            };
            let unlabelled = request.unannotated == Unannotated::Unlabelled;
            let labels = if annotations.is_empty() && unlabelled {
                ForeignLabels::None
            } else {
                ForeignLabels::Shapes(annotations)
            };
            foreign
                .pictures
                .push(file.picture(&image, &parts, picture, labels));
        }
    }
    Ok(foreign)
}

/// The source's root and its JSON files: itself, or all in the folder.
fn json_files(source: &Path) -> Result<(PathBuf, Vec<PathBuf>), ImportError> {
    if !source.is_dir() {
        let root = source.parent().unwrap_or(Path::new("")).to_owned();
        return Ok((root, vec![source.to_owned()]));
    }
    let files: Vec<PathBuf> = files_under(source)?
        .into_iter()
        .filter(|(path, _)| ending(&path.to_string_lossy()) == "json")
        .map(|(path, _)| path)
        .collect();
    if files.is_empty() {
        let expected = "a COCO file (.json) in the folder";
        return Err(ImportError::found(source.display(), expected, "none"));
    }
    Ok((source.to_owned(), files))
}

/// Where a file's pictures may lie, the likeliest first.
fn folders(file: &Path, given: Option<&Path>) -> Vec<PathBuf> {
    if let Some(given) = given {
        return vec![given.to_owned()];
    }
    let beside = file.parent().unwrap_or(Path::new("")).to_owned();
    let above = beside.join("..");
    let mut folders = vec![beside.clone(), beside.join("images")];
    let stem = file.file_stem().map(|s| s.to_string_lossy().into_owned());
    let split = stem.as_deref().and_then(|s| s.strip_prefix("instances_"));
    if let Some(split) = split {
        folders.extend([
            above.join(split),
            above.join("images").join(split),
            beside.join(split),
        ]);
    }
    folders.extend([above.join("images"), above]);
    folders
}

/// The name of a file among several: `train` of `instances_train.json`, or its folder's.
fn split_of(path: &Path, root: &Path) -> String {
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned());
    let stem = stem.unwrap_or_default();
    if let Some(split) = stem.strip_prefix("instances_") {
        return split.to_owned();
    }
    let folder = path.parent().filter(|folder| *folder != root);
    let folder = folder.and_then(|f| f.file_name());
    folder.map_or(stem, |f| f.to_string_lossy().into_owned())
}

/// One file of the set and where its pictures are.
struct FileOfSet<'a> {
    path: &'a Path,
    folders: Vec<PathBuf>,
    split: Option<String>,
}

impl FileOfSet<'_> {
    fn parts(&self, image: &CocoImage) -> Result<Vec<String>, ImportError> {
        let name = &image.file_name;
        let climbs = name.split(['/', '\\']).any(|part| part == "..");
        let parts = place::parts(&[], name).filter(|_| !climbs);
        let place = || format!("{}: image {}", self.path.display(), image.id);
        parts.ok_or_else(|| leads_out(place(), name))
    }

    fn find(&self, parts: &[String]) -> Option<PathBuf> {
        let path: PathBuf = parts.iter().collect();
        let candidates = self.folders.iter().map(|folder| folder.join(&path));
        candidates.into_iter().find(|p| p.is_file())
    }

    fn picture(
        &self,
        image: &CocoImage,
        parts: &[String],
        path: PathBuf,
        labels: ForeignLabels,
    ) -> ForeignPicture {
        // among several files, a picture is called by its split: each has an "images/1.jpg" of its own
        let split = self.split.iter().filter(|s| parts.first() != Some(*s));
        let named: Vec<String> = split.chain(parts).cloned().collect();
        let size = image.width.zip(image.height);
        ForeignPicture {
            id: id_of(&named),
            name: named.join("/"),
            origin: Origin::File(path),
            stated: size.map(|size| Stated {
                size,
                place: format!("{}: image {}", self.path.display(), image.id),
            }),
            split: self.split.clone(),
            labels,
        }
    }
}
