//! Which pictures a command works on, and what they tell of themselves.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::frame::picture_paths;
use crate::inspect::SourceFacts;

/// One picture to judge and the name of its overlay.
#[derive(Debug)]
pub struct Source {
    /// The picture.
    pub path: PathBuf,
    /// Its overlay's name within the folder of overlays.
    pub overlay: PathBuf,
}

/// The pictures under the paths asked for, and the paths that gave none.
#[derive(Debug, Default)]
pub struct Sources {
    /// In the order of arguments and names.
    pub pictures: Vec<Source>,
    /// Why a path gave no picture, a sentence each.
    pub missing: Vec<String>,
}

impl Sources {
    /// The pictures under `paths`, sub-folders included.
    #[must_use]
    pub fn collect(paths: &[PathBuf]) -> Self {
        let mut sources = Self::default();
        let mut names = BTreeSet::new();
        for root in paths {
            match picture_paths(root) {
                Ok(found) => {
                    for path in found {
                        let inside = path.strip_prefix(root).unwrap_or(&path);
                        let name = if inside.as_os_str().is_empty() {
                            PathBuf::from(path.file_name().unwrap_or_default())
                        } else {
                            inside.to_owned()
                        };
                        let overlay = overlay_name(&name, &mut names);
                        sources.pictures.push(Source { path, overlay });
                    }
                }
                Err(error) => sources.missing.push(error.to_string()),
            }
        }
        sources
    }

    /// Refuses a folder of overlays in which one would take the place of a picture to judge.
    ///
    /// # Errors
    /// An overlay's path is a picture's path.
    pub fn keep_from(&self, folder: &Path) -> anyhow::Result<()> {
        for source in &self.pictures {
            let overlay = folder.join(&source.overlay);
            let same = |there: PathBuf| source.path.canonicalize().is_ok_and(|p| p == there);
            anyhow::ensure!(
                !overlay.canonicalize().is_ok_and(same),
                "--overlay {}: {} would be overwritten: name another folder",
                folder.display(),
                source.path.display()
            );
        }
        Ok(())
    }
}

/// The overlay's name: the picture's, ending in `.png`; one that is taken gets a number.
fn overlay_name(name: &Path, taken: &mut BTreeSet<PathBuf>) -> PathBuf {
    let mut free = name.with_extension("png");
    let mut number = 2;
    while !taken.insert(free.clone()) {
        free = name.with_extension(format!("{number}.png"));
        number += 1;
    }
    free
}

/// What a picture from a folder tells of itself: its name and the hash of its bytes.
#[must_use]
pub fn picture_facts(source: String, bytes: &[u8]) -> SourceFacts {
    let hash = hex::encode(Sha256::digest(bytes));
    SourceFacts {
        source,
        tray_uid: format!("sha256:{hash}"),
        image_sha256: Some(hash),
        pass: 1,
        ..SourceFacts::default()
    }
}
