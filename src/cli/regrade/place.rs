//! Where an archive lies: a folder, or a bucket.

use std::path::{Path, PathBuf};

use crate::archive::{PictureFolder, Pictures};

/// How the address of a bucket begins.
const BUCKET: &str = "s3://";

/// The archive at a path or an address.
///
/// # Errors
/// A bucket that cannot be opened, or a program without buckets.
pub fn open(archive: &Path) -> anyhow::Result<Box<dyn Pictures>> {
    match bucket(archive) {
        Some(address) => open_bucket(address),
        None => Ok(Box::new(PictureFolder::new(archive))),
    }
}

/// The whole path or the address of an archive, which is the same on every machine that sees it.
#[must_use]
pub fn whole(archive: &Path) -> PathBuf {
    match bucket(archive) {
        Some(_) => archive.to_owned(),
        None => archive
            .canonicalize()
            .unwrap_or_else(|_| archive.to_owned()),
    }
}

/// Whether this machine sees it; of a bucket only reading tells.
#[must_use]
pub fn is_here(archive: &Path) -> bool {
    bucket(archive).is_some() || archive.is_dir()
}

fn bucket(archive: &Path) -> Option<&str> {
    archive.to_str().filter(|text| text.starts_with(BUCKET))
}

#[cfg(feature = "s3")]
fn open_bucket(address: &str) -> anyhow::Result<Box<dyn Pictures>> {
    Ok(Box::new(crate::archive::PictureBucket::open(address)?))
}

#[cfg(not(feature = "s3"))]
fn open_bucket(address: &str) -> anyhow::Result<Box<dyn Pictures>> {
    anyhow::bail!(
        "archive {address}: this seedgrade was built without buckets: build it with `cargo build --release --features s3`"
    )
}
