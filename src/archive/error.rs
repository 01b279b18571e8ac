//! What can go wrong with an archive or a run over it.

use std::path::{Path, PathBuf};

/// Why an archive was not judged, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Not a folder.
    #[error("archive {0}: expected a folder of pictures")]
    NoFolder(PathBuf),
    /// A bucket that cannot be opened or listed.
    #[error("archive {place}: {reason}")]
    Bucket {
        /// Its address.
        place: String,
        /// Why.
        reason: String,
    },
    /// A folder without pictures.
    #[error("archive {0}: expected .jpg, .jpeg or .png files, found none")]
    Empty(PathBuf),
    /// The archive cannot be listed.
    #[error(transparent)]
    Listing(#[from] crate::frame::FolderError),
    /// A manifest whose text is not what was written.
    #[error("manifest {path}: {found}; a manifest is never edited: take another --out")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        found: String,
    },
    /// A folder of results without a manifest.
    #[error("{0}: expected a folder that `seedgrade regrade` wrote, found no manifest.jsonl")]
    NoRun(PathBuf),
    /// A folder that already holds a run.
    #[error("{0} already holds a run: give --resume to go on with it, or another --out")]
    Begun(PathBuf),
    /// A run that was begun with something else.
    #[error("{path} was begun with {what} {expected}, found {found}: take another --out")]
    OtherRecipe {
        /// The run's folder.
        path: PathBuf,
        /// What differs.
        what: &'static str,
        /// What the run was begun with.
        expected: String,
        /// What is there now.
        found: String,
    },
    /// The archive is not what the manifest lists.
    #[error(
        "archive {archive} has changed since its manifest was made: {what}; what is graded is kept"
    )]
    Changed {
        /// The archive.
        archive: PathBuf,
        /// What changed, as a clause.
        what: String,
    },
    /// Another process works on the same share in the same folder.
    #[error("{0} is at work for another seedgrade: one process a share")]
    Busy(PathBuf),
    /// Results that are not what was written.
    #[error("{path}: {found}")]
    Results {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        found: String,
    },
    /// A share that does not exist.
    #[error("shard {0:?}: expected I/N such as 3/8, with I from 1 to N")]
    Share(String),
    /// Runs that do not belong together.
    #[error(
        "{path} is no part of the same run: its manifest has digest {found}, expected {expected}"
    )]
    OtherRun {
        /// The folder.
        path: PathBuf,
        /// Its manifest's digest.
        found: String,
        /// The first folder's.
        expected: String,
    },
    /// The disk failed.
    #[error("{path}: {doing}: {source}")]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What failed.
        doing: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The server between coordinator and workers.
    #[error(transparent)]
    Broker(#[from] crate::broker::BrokerError),
    /// Another process gathers the same run.
    #[error(
        "run {0} is gathered by another seedgrade already: the same archive under the same recipe is one run"
    )]
    Claimed(String),
    /// What a run hands out is not what it says.
    #[error("run {run} is refused: {found}")]
    Handout {
        /// The run.
        run: String,
        /// What is wrong.
        found: String,
    },
    /// A worker could not go on.
    #[error("worker {worker}: {reason}")]
    Worker {
        /// Which.
        worker: String,
        /// Why.
        reason: String,
    },
    /// Shards that ended every worker that had them.
    #[error(
        "{shards} shards were handed out {times} times each and never done, shard {first:06} first"
    )]
    NeverDone {
        /// How many.
        shards: usize,
        /// The first one's number.
        first: usize,
        /// How often.
        times: u32,
    },
    /// Whoever judges could not.
    #[error("the inspection failed: {0}")]
    Judge(String),
}

impl ArchiveError {
    /// A failure of the disk at `path`.
    pub(super) fn disk(path: &Path, doing: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Disk {
            path,
            doing,
            source,
        }
    }
}
