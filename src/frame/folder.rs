//! Pictures from folders, in name order.

use std::path::{Path, PathBuf};

use super::{DecodeError, DecodeLimits, Frame, decode};

/// Why a path gives no frame.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The file or folder cannot be read.
    #[error("{path}: cannot be read: {source}", path = path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no picture.
    #[error("{path}: {source}", path = path.display())]
    Decode {
        /// Which.
        path: PathBuf,
        /// Why.
        source: DecodeError,
    },
    /// The file is larger than any picture within the limits.
    #[error("{path}: file of {bytes} bytes is larger than the limit of {limit} bytes", path = path.display())]
    FileTooLarge {
        /// Which.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
}

impl FolderError {
    /// The same failure of a picture that is called `name`.
    #[must_use]
    pub fn at(self, name: &Path) -> Self {
        let path = name.to_owned();
        match self {
            Self::Read { source, .. } => Self::Read { path, source },
            Self::Decode { source, .. } => Self::Decode { path, source },
            Self::FileTooLarge { bytes, limit, .. } => Self::FileTooLarge { path, bytes, limit },
        }
    }
}

/// The largest file that is read, bytes: a 150-MP PNG stays below.
pub(crate) const MOST_FILE_BYTES: u64 = 1 << 30;

/// Paths of the pictures under `path`: itself when it is a file, else the files below it, sub-folders
/// included, whose name ends in `.jpg`, `.jpeg` or `.png`, in name order.
///
/// # Errors
/// A path that does not exist or a folder that cannot be listed.
pub fn picture_paths(path: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let read = |source| FolderError::Read {
        path: path.to_owned(),
        source,
    };
    let kind = std::fs::metadata(path).map_err(read)?;
    if !kind.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut entries: Vec<_> = std::fs::read_dir(path)
        .map_err(read)?
        .collect::<Result<_, _>>()
        .map_err(read)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // `file_type` does not follow links, so that a link to a parent is no endless folder
        let is_folder = entry.file_type().is_ok_and(|t| t.is_dir());
        if is_folder {
            // one that cannot be listed stands for itself, so that it is named and the others are read
            found.extend(picture_paths(&path).unwrap_or_else(|_| vec![path]));
        } else if has_picture_name(&path) && !path.is_dir() {
            found.push(path);
        }
    }
    Ok(found)
}

/// Names that stand beside a picture and are labels of it, not pictures of trays.
const LABEL_ENDINGS: [&str; 3] = [".mask.png", ".plants.png", ".semantic.png"];

pub(crate) fn has_picture_name(path: &Path) -> bool {
    let name = path
        .file_name()
        .map(|n| n.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    [".jpg", ".jpeg", ".png"].iter().any(|e| name.ends_with(e))
        && !LABEL_ENDINGS.iter().any(|e| name.ends_with(e))
        && !name.starts_with('.')
}

/// A picture's bytes, for whoever hashes them, and its frame.
pub type Picture = (Vec<u8>, Frame);

/// Reads and decodes one picture; gives its bytes too, for whoever hashes them.
///
/// # Errors
/// The file cannot be read, is too large, or is no picture.
pub fn read_picture(path: &Path, limits: DecodeLimits) -> Result<Picture, FolderError> {
    let bytes = read_bytes(path)?;
    let frame = decode(&bytes, limits).map_err(|source| FolderError::Decode {
        path: path.to_owned(),
        source,
    })?;
    Ok((bytes, frame))
}

/// Reads a picture's bytes.
///
/// # Errors
/// The file cannot be read, or is too large.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, FolderError> {
    let read = |source| FolderError::Read {
        path: path.to_owned(),
        source,
    };
    let about = std::fs::metadata(path).map_err(read)?;
    if !about.is_file() {
        // a pipe may never end, a device has no end
        return Err(read(std::io::Error::other(
            "it is no file, nor a folder that can be listed",
        )));
    }
    let bytes = about.len();
    if bytes > MOST_FILE_BYTES {
        return Err(FolderError::FileTooLarge {
            path: path.to_owned(),
            bytes,
            limit: MOST_FILE_BYTES,
        });
    }
    std::fs::read(path).map_err(read)
}

/// A folder as a camera: one frame a trigger, in name order, then from the start again.
#[derive(Debug)]
pub struct FrameFolder {
    paths: Vec<PathBuf>,
    next: usize,
    limits: DecodeLimits,
}

impl FrameFolder {
    /// The pictures under `path`.
    ///
    /// # Errors
    /// A path that cannot be listed.
    pub fn open(path: &Path, limits: DecodeLimits) -> Result<Self, FolderError> {
        Ok(Self {
            paths: picture_paths(path)?,
            next: 0,
            limits,
        })
    }

    /// Pictures in the folder.
    #[must_use]
    pub fn len(&self) -> usize {
        self.paths.len()
    }

    /// Whether the folder holds no picture.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// The next picture with its path, bytes and frame; none when the folder is empty.
    pub fn trigger(&mut self) -> Option<(PathBuf, Result<Picture, FolderError>)> {
        let path = self.paths.get(self.next)?.clone();
        self.next = (self.next + 1) % self.paths.len();
        let frame = read_picture(&path, self.limits);
        Some((path, frame))
    }
}
