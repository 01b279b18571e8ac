//! The parts of a run, from several folders, joined; what is missing, named.

use super::run::count;
use super::{ArchiveError, Manifest, RunFolder, Tally};

/// A run as its parts give it.
#[derive(Debug)]
pub struct Gathered {
    /// The manifest that all parts share.
    pub manifest: Manifest,
    /// What the parts hold, and which shards none of them does.
    pub tally: Tally,
}

/// Joins the parts of a run: `take` gets every shard that is there, in order, once. Parts that hold the same shard must
/// agree on it byte for byte.
///
/// # Errors
/// Folders of different runs, shards that are not what was written or differ, the disk, or `take`.
pub fn gather<E: From<ArchiveError>>(
    parts: &[RunFolder],
    mut take: impl FnMut(&Manifest, usize, &str) -> Result<(), E>,
) -> Result<Gathered, E> {
    let mut manifest: Option<Manifest> = None;
    for part in parts {
        let found = part.begun()?;
        match &manifest {
            None => manifest = Some(found),
            Some(first) if first.digest() != found.digest() => {
                return Err(E::from(ArchiveError::OtherRun {
                    path: part.path().to_owned(),
                    found: found.digest().to_owned(),
                    expected: first.digest().to_owned(),
                }));
            }
            Some(_) => {}
        }
    }
    let manifest = manifest.ok_or_else(|| ArchiveError::NoRun(std::path::PathBuf::new()))?;
    let mut tally = Tally::default();
    for shard in manifest.shards() {
        let mut lines: Option<String> = None;
        for part in parts.iter().filter(|part| part.holds(shard.number)) {
            let found = part.read_shard(shard.number)?;
            let wrong = |found: String| ArchiveError::Results {
                path: part.shard(shard.number),
                found,
            };
            let counted = count(shard, &found).map_err(wrong)?;
            match &lines {
                Some(first) if *first != found => {
                    let differs = "expected the same lines as in the parts before, found others";
                    return Err(E::from(wrong(differs.to_owned())));
                }
                Some(_) => {}
                None => {
                    tally = tally.and(counted);
                    lines = Some(found);
                }
            }
        }
        match lines {
            Some(lines) => take(&manifest, shard.number, &lines)?,
            None => tally.missing.push(shard.number),
        }
    }
    Ok(Gathered { manifest, tally })
}
