//! Why nothing could be imported.

use std::path::{Path, PathBuf};

use super::super::DatasetError;

/// Why a source could not be turned into a set. Nothing is left behind.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file of the source could not be read.
    // a cause that is part of the sentence is not also the source, or it would be said twice
    #[error("{path}: {cause}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A JSON file is not as expected.
    #[error("{path}: expected {expected}, found: {cause}", path = path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
        /// What the parser said, with line and column.
        cause: serde_json::Error,
    },
    /// Something in the source is not as expected.
    #[error("{place}: expected {expected}, found {found}")]
    Found {
        /// The file, and the line or the annotation in it.
        place: String,
        /// What should stand there.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// Classes of the source mean nothing here.
    #[error(
        "{path}: expected classes that are known, found {}: say what they are with --class NAME=STATE \
         (STATE: healthy, chlorotic, necrotic, seedling, leaf, no_seedling, tray or ignore)",
        classes.join(", "), path = path.display()
    )]
    UnknownClasses {
        /// The source.
        path: PathBuf,
        /// Their names, quoted.
        classes: Vec<String>,
    },
    /// The set's folder is taken.
    #[error("{path}: expected a folder that is not there yet, found one that holds something", path = path.display())]
    Taken {
        /// The folder.
        path: PathBuf,
    },
    /// The set could not be written.
    #[error("{0}")]
    Unwritable(DatasetError),
    /// The caller wanted no more.
    #[error("interrupted: nothing was kept")]
    Interrupted,
}

impl From<DatasetError> for ImportError {
    fn from(error: DatasetError) -> Self {
        Self::Unwritable(error)
    }
}

impl ImportError {
    /// Something at a place of the source that is not as expected.
    pub(super) fn found(
        place: impl ToString,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Found {
            place: place.to_string(),
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// The set's own files: a folder or file that cannot be made.
    pub(super) fn unwritable(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Unwritable(DatasetError::Io { path, source })
    }
}

/// A word from the source, cut short and with control characters escaped.
pub(super) fn quoted(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        return format!("{text:?}");
    }
    let start: String = text.chars().take(MOST).collect();
    format!("{start:?}…")
}
