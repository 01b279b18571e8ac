//! Where an archive's pictures are: a folder here, or whatever else gives them by name.

use std::path::{Path, PathBuf};

use crate::frame::{FolderError, picture_paths, read_bytes};

use super::ArchiveError;

/// The pictures of an archive.
pub trait Pictures: Sync {
    /// What the archive is called in messages.
    fn place(&self) -> PathBuf;

    /// Their names within the archive, `/` between folders, in the archive's order, with their sizes in bytes where
    /// those are known without reading.
    ///
    /// # Errors
    /// The archive cannot be listed.
    fn list(&self) -> Result<Vec<(String, Option<u64>)>, ArchiveError>;

    /// The bytes of one, or why they cannot be read.
    ///
    /// # Errors
    /// What the picture's row will say.
    fn read(&self, name: &str) -> Result<Vec<u8>, FolderError>;
}

/// A folder of pictures, sub-folders included.
#[derive(Debug, Clone)]
pub struct PictureFolder(PathBuf);

impl PictureFolder {
    /// The pictures below a folder.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }
}

impl Pictures for PictureFolder {
    fn place(&self) -> PathBuf {
        self.0.clone()
    }

    fn list(&self) -> Result<Vec<(String, Option<u64>)>, ArchiveError> {
        if self.0.is_file() {
            return Err(ArchiveError::NoFolder(self.0.clone()));
        }
        let named = |path: PathBuf| {
            let inside = path.strip_prefix(&self.0).unwrap_or(&path);
            let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
            let bytes = std::fs::metadata(&path).map(|about| about.len()).ok();
            (parts.join("/"), bytes)
        };
        Ok(picture_paths(&self.0)?.into_iter().map(named).collect())
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, FolderError> {
        read_bytes(&self.0.join(name))
    }
}
