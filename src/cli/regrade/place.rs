//! Where an archive lies.

use std::path::{Path, PathBuf};

use crate::archive::{PictureFolder, Pictures};

/// The archive at a path.
///
/// # Errors
/// An address of a bucket, which no folder is.
pub fn open(archive: &Path) -> anyhow::Result<Box<dyn Pictures>> {
    let text = archive.to_string_lossy();
    anyhow::ensure!(
        !text.starts_with("s3://"),
        "archive {text}: expected a folder of pictures, found the address of a bucket, which is not read"
    );
    Ok(Box::new(PictureFolder::new(archive)))
}

/// The whole path of an archive, which is the same on every machine that sees it.
#[must_use]
pub fn whole(archive: &Path) -> PathBuf {
    archive
        .canonicalize()
        .unwrap_or_else(|_| archive.to_owned())
}

/// Whether this machine sees it.
#[must_use]
pub fn is_here(archive: &Path) -> bool {
    archive.is_dir()
}
