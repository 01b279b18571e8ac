//! The pictures of a share through whoever judges, side by side, into shards.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::frame::FolderError;
use crate::inspect::{ReportStatus, TrayReport};

use super::{ArchiveError, ArchivedPicture, Manifest, Pictures, RunFolder, Shard, Share};

/// Judges a picture of this name: its bytes, or why they cannot be read.
pub type JudgePicture<'a> =
    dyn Fn(&str, Result<Vec<u8>, FolderError>) -> Result<TrayReport, String> + Sync + 'a;

/// Whoever follows a run.
pub trait Watch: Sync {
    /// Whether to stop after the pictures in hand.
    fn stop(&self) -> bool;
    /// A picture is judged.
    fn judged(&self);
}

/// How a run ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEnd {
    /// Its share is done.
    Done,
    /// It was asked to stop; whole shards are kept.
    Stopped,
}

/// Judges what of a share is not done yet, in the caller's pool: a worker takes a shard, picture by picture.
///
/// # Errors
/// The archive changed, the disk or the inspection failed; whole shards are kept.
pub fn run(
    archive: &dyn Pictures,
    manifest: &Manifest,
    (folder, share): (&RunFolder, Share),
    judge: &JudgePicture<'_>,
    watch: &dyn Watch,
) -> Result<RunEnd, ArchiveError> {
    let open: Vec<&Shard> = manifest
        .shards()
        .iter()
        .filter(|shard| share.holds(shard.number) && !folder.holds(shard.number))
        .collect();
    let broken = AtomicBool::new(false);
    let stop = || watch.stop() || broken.load(Ordering::Relaxed);
    // one shard at a time a worker: what is split further would leave more shards in flight than there are workers
    let ends: Result<Vec<RunEnd>, ArchiveError> = open
        .par_iter()
        .with_max_len(1)
        .map(|shard| {
            let lines = lines(archive, shard, judge, &stop, watch);
            let end = lines.and_then(|lines| match lines {
                Some(lines) => folder
                    .write_shard(shard.number, &lines)
                    .map(|()| RunEnd::Done),
                None => Ok(RunEnd::Stopped),
            });
            if end.is_err() {
                broken.store(true, Ordering::Relaxed);
            }
            end
        })
        .collect();
    let stopped = ends?.contains(&RunEnd::Stopped);
    Ok(if stopped {
        RunEnd::Stopped
    } else {
        RunEnd::Done
    })
}

/// A shard's lines; none when stopped.
pub(super) fn lines(
    archive: &dyn Pictures,
    shard: &Shard,
    judge: &JudgePicture<'_>,
    stop: &dyn Fn() -> bool,
    watch: &dyn Watch,
) -> Result<Option<Vec<u8>>, ArchiveError> {
    let mut lines = Vec::new();
    for picture in &shard.pictures {
        if stop() {
            return Ok(None);
        }
        let bytes = unchanged(archive, picture)?;
        let report = judge(&picture.path, bytes).map_err(ArchiveError::Judge)?;
        serde_json::to_writer(&mut lines, &report)
            .map_err(|error| ArchiveError::Judge(format!("{}: {error}", picture.path)))?;
        lines.push(b'\n');
        watch.judged();
    }
    Ok(Some(lines))
}

/// A picture's bytes, if they are those of the manifest; the reason where it cannot be read, if the manifest knows no
/// bytes either.
fn unchanged(
    archive: &dyn Pictures,
    picture: &ArchivedPicture,
) -> Result<Result<Vec<u8>, FolderError>, ArchiveError> {
    let read = archive.read(&picture.path);
    let changed = |found: &str| ArchiveError::Changed {
        archive: archive.place(),
        what: format!("{}: {found}", picture.path),
    };
    match (&read, &picture.sha256) {
        (Ok(bytes), Some(expected)) => {
            let found = hex::encode(Sha256::digest(bytes));
            if found == *expected {
                Ok(read)
            } else {
                Err(changed("its bytes are others"))
            }
        }
        (Ok(_), None) => Err(changed("it can be read now")),
        (Err(FolderError::Read { source, .. }), Some(_)) => {
            Err(changed(&format!("it can no longer be read ({source})")))
        }
        (Err(_), _) => Ok(read.map_err(|error| error.at(Path::new(&picture.path)))),
    }
}

/// What became of the pictures of shards that are done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Judged.
    pub graded: usize,
    /// Refused.
    pub refused: usize,
    /// Why each picture failed that could not be read.
    pub failed: Vec<String>,
    /// Numbers of the shards that are not there.
    pub missing: Vec<usize>,
}

impl Tally {
    /// Pictures that have their line.
    #[must_use]
    pub fn pictures(&self) -> usize {
        self.graded + self.refused + self.failed.len()
    }

    /// The two together.
    #[must_use]
    pub fn and(mut self, mut other: Self) -> Self {
        self.graded += other.graded;
        self.refused += other.refused;
        self.failed.append(&mut other.failed);
        self.missing.append(&mut other.missing);
        self
    }
}

/// Counts what a share's shards hold, and checks that every picture has its line, in order.
///
/// # Errors
/// A shard that is not what was written, or the disk failed.
pub fn tally(manifest: &Manifest, folder: &RunFolder, share: Share) -> Result<Tally, ArchiveError> {
    let mine = manifest
        .shards()
        .par_iter()
        .filter(|shard| share.holds(shard.number));
    mine.map(|shard| {
        if folder.holds(shard.number) {
            let lines = folder.read_shard(shard.number)?;
            count(shard, &lines).map_err(|found| ArchiveError::Results {
                path: folder.shard(shard.number),
                found,
            })
        } else {
            Ok(Tally {
                missing: vec![shard.number],
                ..Tally::default()
            })
        }
    })
    .try_reduce(Tally::default, |one, other| Ok(one.and(other)))
}

/// What is read of a line to count it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LineFacts {
    /// The picture's name within the archive.
    pub source: String,
    /// SHA-256 of its bytes, lower-case hex.
    pub image_sha256: Option<String>,
    /// What became of it.
    pub status: ReportStatus,
    /// Why, where it was not judged.
    pub reason: Option<String>,
}

/// Counts the lines of a shard, which must be those of its pictures.
pub(super) fn count(shard: &Shard, lines: &str) -> Result<Tally, String> {
    as_many(shard, lines.lines().count(), lines.ends_with('\n'))?;
    let facts = lines.lines().map(|line| {
        serde_json::from_str(line)
            .map_err(|error| format!("holds a line that is no report: {error}"))
    });
    counted(shard, &facts.collect::<Result<Vec<LineFacts>, _>>()?)
}

fn as_many(shard: &Shard, found: usize, are_whole: bool) -> Result<(), String> {
    let expected = shard.pictures.len();
    if found == expected && are_whole {
        return Ok(());
    }
    Err(format!(
        "expected {expected} whole lines, found {found}: it was edited or damaged"
    ))
}

/// Counts what became of a shard's pictures, of which every one must have its line, in order.
///
/// # Errors
/// What is not as the manifest says, as a clause.
pub fn counted(shard: &Shard, lines: &[LineFacts]) -> Result<Tally, String> {
    as_many(shard, lines.len(), true)?;
    let mut tally = Tally::default();
    for (picture, line) in shard.pictures.iter().zip(lines) {
        if (&line.source, &line.image_sha256) != (&picture.path, &picture.sha256) {
            return Err(format!(
                "expected the line of {}, found that of {}",
                picture.path, line.source
            ));
        }
        match line.status {
            ReportStatus::Graded => tally.graded += 1,
            ReportStatus::Refused => tally.refused += 1,
            ReportStatus::Failed => {
                let reason = line.reason.as_ref().unwrap_or(&line.source);
                tally.failed.push(reason.clone());
            }
        }
    }
    Ok(tally)
}
