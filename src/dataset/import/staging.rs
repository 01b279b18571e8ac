//! A set that is not there until it is whole: made in a folder beside, then given its name.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::error::ImportError;

/// A folder beside the set's; gone with everything in it unless it is published.
pub(super) struct Staging {
    // removed on drop
    _folder: TempDir,
    set: PathBuf,
    out: PathBuf,
}

impl Staging {
    /// Makes the folder.
    ///
    /// # Errors
    /// `out` holds something already, or the folder cannot be made.
    pub fn beside(out: &Path) -> Result<Self, ImportError> {
        check_free(out)?;
        let parent = match out.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(parent).map_err(ImportError::unwritable(parent))?;
        let folder = tempfile::Builder::new()
            .prefix(".seedgrade-import-")
            .tempdir_in(parent)
            .map_err(ImportError::unwritable(parent))?;
        // a temporary folder is for its owner only, a set for everybody who may read its parent
        let set = folder.path().join("set");
        std::fs::create_dir(&set).map_err(ImportError::unwritable(&set))?;
        Ok(Self {
            _folder: folder,
            set,
            out: out.to_owned(),
        })
    }

    /// Where the set is made.
    pub fn set(&self) -> &Path {
        &self.set
    }

    /// Gives the set its name.
    ///
    /// # Errors
    /// Something has come there meanwhile, or the disk fails.
    pub fn publish(self) -> Result<(), ImportError> {
        std::fs::rename(&self.set, &self.out).map_err(ImportError::unwritable(&self.out))
    }
}

/// Whether a set may be made there: nothing is there, or an empty folder.
///
/// # Errors
/// Something is.
pub(super) fn check_free(out: &Path) -> Result<(), ImportError> {
    let taken = match std::fs::read_dir(out) {
        Ok(mut entries) => entries.next().is_some(),
        // a file, or a link that leads nowhere
        Err(_) => out.symlink_metadata().is_ok(),
    };
    if taken {
        return Err(ImportError::Taken {
            path: out.to_owned(),
        });
    }
    Ok(())
}
