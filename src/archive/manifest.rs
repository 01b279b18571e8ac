//! What an archive holds, fixed before anything is judged: the pictures with their sizes and hashes, in shards.
//!
//! The file is JSON Lines: a head, a line a shard, and last the digest of all that stands before it, so that a
//! manifest that was edited or cut is known. Nothing in it depends on where the archive is mounted or on the machine:
//! the same archive and the same recipe give the same bytes everywhere.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::frame::picture_paths;

use super::ArchiveError;

/// The schema that manifests name.
const SCHEMA: &str = "seedgrade.manifest/1";
/// Shards that a large archive is cut into, at least: what a killed run repeats is a small part of it.
const SHARDS: usize = 256;
/// Pictures a shard: fewer cost more in files than they save in repeated work, more take too long to repeat.
const FEWEST_A_SHARD: usize = 4;
const MOST_A_SHARD: usize = 256;

/// What a run judges with: all that its reports depend on but the engine and the CPU, which may differ between the
/// machines of a run and stand in every report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgedBy {
    /// seedgrade's version.
    pub software: String,
    /// SHA-256 of the net.
    pub network: String,
    /// SHA-256 of the standard.
    pub standard: String,
    /// SHA-256 of everything else that was configured.
    pub config: String,
}

impl JudgedBy {
    /// The first thing that differs: what, ours, theirs.
    fn difference<'a>(&'a self, other: &'a Self) -> Option<(&'static str, &'a str, &'a str)> {
        [
            ("software", &self.software, &other.software),
            ("network", &self.network, &other.network),
            ("standard", &self.standard, &other.standard),
            ("configuration", &self.config, &other.config),
        ]
        .into_iter()
        .find(|(_, ours, theirs)| ours != theirs)
        .map(|(what, ours, theirs)| (what, ours.as_str(), theirs.as_str()))
    }
}

/// A picture of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchivedPicture {
    /// Its path within the archive, `/` between folders.
    pub path: String,
    /// Its size; none when it could not be read.
    pub bytes: Option<u64>,
    /// SHA-256 of its bytes, lower-case hex; none when it could not be read.
    pub sha256: Option<String>,
}

/// Pictures that are judged and written together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// Its number, from 0.
    pub number: usize,
    /// Its pictures, in the archive's order.
    pub pictures: Vec<ArchivedPicture>,
}

/// The pictures of an archive in shards, and what they are judged with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    judged_by: JudgedBy,
    shards: Vec<Shard>,
    text: String,
    digest: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    schema: String,
    pictures: usize,
    shards: usize,
    judged_by: JudgedBy,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Foot {
    digest: String,
}

impl Manifest {
    fn of(pictures: Vec<ArchivedPicture>, judged_by: JudgedBy) -> Result<Self, ArchiveError> {
        Self::new(pictures, judged_by).map_err(|error| ArchiveError::Manifest {
            path: PathBuf::from("manifest.jsonl"),
            found: error.to_string(),
        })
    }

    /// A manifest of these pictures, in their order.
    fn new(pictures: Vec<ArchivedPicture>, judged_by: JudgedBy) -> Result<Self, serde_json::Error> {
        let a_shard = (pictures.len() / SHARDS).clamp(FEWEST_A_SHARD, MOST_A_SHARD);
        let shards: Vec<Shard> = pictures
            .chunks(a_shard)
            .enumerate()
            .map(|(number, pictures)| Shard {
                number,
                pictures: pictures.to_vec(),
            })
            .collect();
        let head = Head {
            schema: SCHEMA.to_owned(),
            pictures: pictures.len(),
            shards: shards.len(),
            judged_by: judged_by.clone(),
        };
        let mut text = serde_json::to_string(&head)? + "\n";
        for shard in &shards {
            text += &(serde_json::to_string(shard)? + "\n");
        }
        let digest = digest(&text);
        let foot = Foot {
            digest: digest.clone(),
        };
        text += &(serde_json::to_string(&foot)? + "\n");
        Ok(Self {
            judged_by,
            shards,
            text,
            digest,
        })
    }

    /// Reads a manifest back.
    ///
    /// # Errors
    /// What is wrong with the text, as a clause.
    pub fn parse(text: String) -> Result<Self, String> {
        let cut = || "expected its digest in the last line: it is cut or edited".to_owned();
        let body = text.trim_end().rfind('\n').map_or(0, |at| at + 1);
        let foot: Foot = serde_json::from_str(&text[body..]).map_err(|_| cut())?;
        let found = digest(&text[..body]);
        if found != foot.digest {
            return Err(format!(
                "expected the digest {}, found {found}: it was edited",
                foot.digest
            ));
        }
        let mut lines = text[..body].lines();
        let head = lines.next().ok_or_else(cut)?;
        let head: Head = serde_json::from_str(head)
            .map_err(|error| format!("its head does not parse: {error}"))?;
        if head.schema != SCHEMA {
            return Err(format!("expected schema {SCHEMA}, found {}", head.schema));
        }
        let shards: Vec<Shard> = lines
            .map(|line| serde_json::from_str(line).map_err(|error| format!("a shard: {error}")))
            .collect::<Result<_, _>>()?;
        let pictures: usize = shards.iter().map(|shard| shard.pictures.len()).sum();
        let in_order = shards.iter().enumerate().all(|(i, s)| s.number == i);
        if (shards.len(), pictures) != (head.shards, head.pictures) || !in_order {
            return Err(format!(
                "expected {} shards with {} pictures in order, found {} with {pictures}",
                head.shards,
                head.pictures,
                shards.len()
            ));
        }
        Ok(Self {
            judged_by: head.judged_by,
            shards,
            digest: foot.digest,
            text,
        })
    }

    /// What its run judges with.
    #[must_use]
    pub fn recipe(&self) -> &JudgedBy {
        &self.judged_by
    }

    /// The manifest of a run over the same pictures that judges with something else.
    ///
    /// # Errors
    /// [`ArchiveError::Manifest`] where it has no JSON form.
    pub fn judged_anew(self, judged_by: JudgedBy) -> Result<Self, ArchiveError> {
        let pictures = self.shards.into_iter().flat_map(|shard| shard.pictures);
        Self::of(pictures.collect(), judged_by)
    }

    /// Its shards, in the order of their numbers.
    #[must_use]
    pub fn shards(&self) -> &[Shard] {
        &self.shards
    }

    /// All pictures, in the archive's order.
    pub fn pictures(&self) -> impl Iterator<Item = &ArchivedPicture> {
        self.shards.iter().flat_map(|shard| &shard.pictures)
    }

    /// SHA-256 over what it lists, `sha256:…`.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Its file's text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Refuses to go on with another recipe; `folder` is named.
    ///
    /// # Errors
    /// [`ArchiveError::OtherRecipe`].
    pub fn judged_by(&self, now: &JudgedBy, folder: &Path) -> Result<(), ArchiveError> {
        match self.judged_by.difference(now) {
            None => Ok(()),
            Some((what, expected, found)) => Err(ArchiveError::OtherRecipe {
                path: folder.to_owned(),
                what,
                expected: expected.to_owned(),
                found: found.to_owned(),
            }),
        }
    }

    /// Refuses an archive whose pictures or their sizes are not those of the manifest. Their bytes are checked when
    /// they are judged.
    ///
    /// # Errors
    /// [`ArchiveError::Changed`] with what changed, or the archive cannot be listed.
    pub fn still_lists(&self, archive: &Path) -> Result<(), ArchiveError> {
        let now = list(archive)?;
        let changed = |what: String| ArchiveError::Changed {
            archive: archive.to_owned(),
            what,
        };
        let names: std::collections::BTreeSet<&str> =
            now.iter().map(|(name, _)| name.as_str()).collect();
        let listed: std::collections::BTreeSet<&str> =
            self.pictures().map(|p| p.path.as_str()).collect();
        if let Some(gone) = listed.difference(&names).next() {
            return Err(changed(format!("{gone} is gone")));
        }
        if let Some(new) = names.difference(&listed).next() {
            return Err(changed(format!("{new} is new")));
        }
        for picture in self.pictures() {
            let path = archive.join(&picture.path);
            let size = std::fs::metadata(&path).map(|about| about.len());
            match (picture.bytes, size) {
                (Some(expected), Ok(found)) if expected != found => {
                    let what =
                        format!("{}: expected {expected} bytes, found {found}", picture.path);
                    return Err(changed(what));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn digest(text: &str) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(text)))
}

/// Lists and hashes the pictures of an archive, side by side in the caller's pool. None when
/// `stop` said so.
///
/// # Errors
/// No folder, a folder without pictures, or one that cannot be listed. A picture that cannot be read is listed without
/// its hash.
pub fn survey(
    archive: &Path,
    judged_by: JudgedBy,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Option<Manifest>, ArchiveError> {
    let listed = list(archive)?;
    if listed.is_empty() {
        return Err(ArchiveError::Empty(archive.to_owned()));
    }
    let pictures: Option<Vec<ArchivedPicture>> = listed
        .into_par_iter()
        .map(|(name, path)| (!stop()).then(|| looked_at(name, &path)))
        .collect();
    pictures
        .map(|pictures| Manifest::of(pictures, judged_by))
        .transpose()
}

/// The pictures' names within the archive and their paths, in name order.
fn list(archive: &Path) -> Result<Vec<(String, PathBuf)>, ArchiveError> {
    if archive.is_file() {
        return Err(ArchiveError::NoFolder(archive.to_owned()));
    }
    let paths = picture_paths(archive)?;
    let named = |path: PathBuf| {
        let inside = path.strip_prefix(archive).unwrap_or(&path);
        let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
        (parts.join("/"), path)
    };
    Ok(paths.into_iter().map(named).collect())
}

fn looked_at(path: String, file: &Path) -> ArchivedPicture {
    let read = hash(file).ok();
    let (bytes, sha256) = read.unzip();
    ArchivedPicture {
        path,
        bytes,
        sha256,
    }
}

/// Size and SHA-256 of a file.
fn hash(path: &Path) -> std::io::Result<(u64, String)> {
    if !std::fs::metadata(path)?.is_file() {
        // a pipe may never end
        return Err(std::io::Error::other("no file"));
    }
    let mut file = std::fs::File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    let (mut hasher, mut bytes) = (Sha256::new(), 0);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((bytes, hex::encode(hasher.finalize())));
        }
        hasher.update(&buffer[..read]);
        bytes += read as u64;
    }
}
