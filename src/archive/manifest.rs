//! What an archive holds, fixed before anything is judged: the pictures with their sizes and hashes, in shards.
//!
//! The file is JSON Lines: a head, a line a shard, and last the digest of all that stands before it, so that a
//! manifest that was edited or cut is known. Nothing in it depends on where the archive is mounted or on the machine:
//! the same archive and the same recipe give the same bytes everywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{ArchiveError, Pictures};

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
    pub fn still_lists(&self, archive: &dyn Pictures) -> Result<(), ArchiveError> {
        let listed = archive.list()?;
        let changed = |what: String| ArchiveError::Changed {
            archive: archive.place(),
            what,
        };
        let now: BTreeMap<&str, Option<u64>> = listed
            .iter()
            .map(|(name, bytes)| (name.as_str(), *bytes))
            .collect();
        let before: BTreeSet<&str> = self.pictures().map(|p| p.path.as_str()).collect();
        if let Some(gone) = before.iter().find(|name| !now.contains_key(*name)) {
            return Err(changed(format!("{gone} is gone")));
        }
        if let Some(new) = now.keys().find(|name| !before.contains(*name)) {
            return Err(changed(format!("{new} is new")));
        }
        for picture in self.pictures() {
            match (picture.bytes, now.get(picture.path.as_str())) {
                (Some(expected), Some(Some(found))) if expected != *found => {
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
    archive: &dyn Pictures,
    judged_by: JudgedBy,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Option<Manifest>, ArchiveError> {
    let listed = archive.list()?;
    if listed.is_empty() {
        return Err(ArchiveError::Empty(archive.place()));
    }
    let pictures: Option<Vec<ArchivedPicture>> = listed
        .into_par_iter()
        .map(|(name, _)| (!stop()).then(|| looked_at(archive, name)))
        .collect();
    pictures
        .map(|pictures| Manifest::of(pictures, judged_by))
        .transpose()
}

fn looked_at(archive: &dyn Pictures, path: String) -> ArchivedPicture {
    let read = archive.read(&path).ok();
    let known = read.map(|bytes| (bytes.len() as u64, hex::encode(Sha256::digest(&bytes))));
    let (bytes, sha256) = known.unzip();
    ArchivedPicture {
        path,
        bytes,
        sha256,
    }
}
