//! A run's folder: its manifest, its shards, and who is at work in it.

use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{ArchiveError, JudgedBy, Manifest, Pictures, Share};

const MANIFEST: &str = "manifest.jsonl";
const SHARDS: &str = "shards";
/// Shards that are being written begin with this: hidden, and no shard's name.
const PART: &str = ".part-";

/// A folder that holds a run over an archive.
#[derive(Debug, Clone)]
pub struct RunFolder {
    folder: PathBuf,
}

/// Keeps others out of a share while it lives; the system takes it back from a process that was killed.
#[derive(Debug)]
pub struct ShareLock(#[allow(dead_code, reason = "held, never read")] File);

/// A temporary file whose name begins with `prefix`, for those for whom the process makes files: temporary ones are their
/// owner's alone by default.
///
/// # Errors
/// The disk failed.
pub fn part_in(folder: &Path, prefix: &str) -> std::io::Result<tempfile::NamedTempFile> {
    let mut part = tempfile::Builder::new();
    part.prefix(prefix);
    #[cfg(unix)]
    let usual = {
        use std::os::unix::fs::PermissionsExt as _;
        // less what the process' umask takes away
        fs::Permissions::from_mode(0o666)
    };
    #[cfg(unix)]
    part.permissions(usual);
    part.tempfile_in(folder)
}

impl RunFolder {
    /// The run in, or to be in, a folder.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// The run's manifest; none when no run has begun here.
    ///
    /// # Errors
    /// It cannot be read, or was edited.
    pub fn manifest(&self) -> Result<Option<Manifest>, ArchiveError> {
        let path = self.folder.join(MANIFEST);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ArchiveError::disk(&path, "cannot be read")(error)),
        };
        let text = String::from_utf8(bytes).map_err(|_| "expected UTF-8: it was edited".to_owned());
        text.and_then(Manifest::parse)
            .map(Some)
            .map_err(|found| ArchiveError::Manifest { path, found })
    }

    /// The run's manifest, where there must be one.
    ///
    /// # Errors
    /// As [`Self::manifest`], and where there is none.
    pub fn begun(&self) -> Result<Manifest, ArchiveError> {
        self.manifest()?
            .ok_or_else(|| ArchiveError::NoRun(self.folder.clone()))
    }

    /// Begins a run: writes its manifest, unless another process has just written it.
    ///
    /// # Errors
    /// The disk failed, or the other's manifest is not the same.
    pub fn begin(&self, manifest: &Manifest) -> Result<(), ArchiveError> {
        let shards = self.folder.join(SHARDS);
        fs::create_dir_all(&shards).map_err(ArchiveError::disk(&shards, "cannot be made"))?;
        let path = self.folder.join(MANIFEST);
        let written = self
            .write_part(&self.folder, MANIFEST, manifest.text().as_bytes())
            .and_then(|part| match part.persist_noclobber(&path) {
                Ok(_) => Ok(true),
                Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
                Err(error) => Err(error.error),
            })
            .map_err(ArchiveError::disk(&path, "cannot be written"))?;
        sync(&self.folder)?;
        // the run's own name is in the folder above
        let above = self
            .folder
            .parent()
            .filter(|above| !above.as_os_str().is_empty());
        sync(above.unwrap_or(Path::new(".")))?;
        if !written && self.begun()? != *manifest {
            return Err(ArchiveError::Begun(self.folder.clone()));
        }
        Ok(())
    }

    /// Where a shard's lines are, or will be.
    #[must_use]
    pub fn shard(&self, number: usize) -> PathBuf {
        self.folder.join(SHARDS).join(format!("{number:06}.jsonl"))
    }

    /// Whether a shard is there, whole.
    #[must_use]
    pub fn holds(&self, number: usize) -> bool {
        self.shard(number).exists()
    }

    /// A shard's lines.
    ///
    /// # Errors
    /// The disk failed.
    pub fn read_shard(&self, number: usize) -> Result<String, ArchiveError> {
        let path = self.shard(number);
        fs::read_to_string(&path).map_err(ArchiveError::disk(&path, "cannot be read"))
    }

    /// Writes a shard, whole or not at all: it is on the disk before it has its name.
    ///
    /// # Errors
    /// The disk failed.
    pub fn write_shard(&self, number: usize, lines: &[u8]) -> Result<(), ArchiveError> {
        let path = self.shard(number);
        let folder = self.folder.join(SHARDS);
        self.write_part(&folder, &format!("{number:06}-"), lines)
            .and_then(|part| part.persist(&path).map_err(|error| error.error))
            .map_err(ArchiveError::disk(&path, "cannot be written"))?;
        sync(&folder)
    }

    fn write_part(
        &self,
        folder: &Path,
        name: &str,
        bytes: &[u8],
    ) -> std::io::Result<tempfile::NamedTempFile> {
        let mut part = part_in(folder, &format!("{PART}{name}"))?;
        part.write_all(bytes)?;
        part.as_file().sync_all()?;
        Ok(part)
    }

    /// Takes a share for this process and clears away what a killed one left of it half written.
    ///
    /// # Errors
    /// Another process has it, or the disk failed.
    pub fn take(&self, share: Share) -> Result<ShareLock, ArchiveError> {
        let name = share.to_string().replace('/', "-of-");
        let path = self.folder.join(format!(".share-{name}.lock"));
        let file = File::create(&path).map_err(ArchiveError::disk(&path, "cannot be written"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ArchiveError::Busy(self.folder.clone())),
            // a file system without locks: one process a share is then up to whoever starts them
            Err(TryLockError::Error(_)) => {}
        }
        self.clear_parts(share)?;
        Ok(ShareLock(file))
    }

    fn clear_parts(&self, share: Share) -> Result<(), ArchiveError> {
        let folder = self.folder.join(SHARDS);
        let listed =
            fs::read_dir(&folder).map_err(ArchiveError::disk(&folder, "cannot be listed"))?;
        for entry in listed.flatten() {
            let name = entry.file_name();
            let number = name
                .to_str()
                .and_then(|name| name.strip_prefix(PART)?.split('-').next()?.parse().ok());
            if number.is_some_and(|number| share.holds(number)) {
                let gone = fs::remove_file(entry.path());
                gone.map_err(ArchiveError::disk(&entry.path(), "cannot be removed"))?;
            }
        }
        Ok(())
    }

    /// The manifest to work by: the one that is here, if it is of the same recipe and archive; else a new one, by
    /// `survey`. None when the survey was stopped.
    ///
    /// # Errors
    /// A run is here and was not to be resumed, it is another one's, the archive changed, or the disk failed.
    pub fn take_up(
        &self,
        archive: &dyn Pictures,
        judged_by: &JudgedBy,
        resume: bool,
        survey: impl FnOnce() -> Result<Option<Manifest>, ArchiveError>,
    ) -> Result<Option<Manifest>, ArchiveError> {
        if let Some(manifest) = self.manifest()? {
            if !resume {
                return Err(ArchiveError::Begun(self.folder.clone()));
            }
            manifest.judged_by(judged_by, &self.folder)?;
            manifest.still_lists(archive)?;
            return Ok(Some(manifest));
        }
        let Some(manifest) = survey()? else {
            return Ok(None);
        };
        self.begin(&manifest)?;
        Ok(Some(manifest))
    }
}

/// A name that is in a folder is on the disk only when the folder is.
fn sync(folder: &Path) -> Result<(), ArchiveError> {
    #[cfg(unix)]
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(ArchiveError::disk(folder, "cannot be written"))?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}
