//! What an export holds, so that whoever takes it knows that it is whole: `manifest.json`.
//!
//! It is written last, when all other files are on the disk under their names. An export of a day may be made again into
//! the same folder: files are replaced one by one, whole, and only that day's; a reader takes the folder when the sums of
//! the files are those of the manifest.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, anyhow};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::archive::part_in;
use crate::statistics::TrayCounts;

/// The manifest's file.
pub const MANIFEST: &str = "manifest.json";
/// How the names of files begin that are not whole yet.
pub const PART: &str = ".part-";
/// The version of its form.
const SCHEMA: &str = "seedgrade.export/1";
/// The most bytes of a manifest that is read.
const MOST_BYTES: u64 = 1 << 20;

/// What an export is of: equal for exports that may replace each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportOf {
    /// `seedgrade.export/1`.
    pub schema: String,
    /// `csv`, `jsonl` or `parquet`.
    pub format: String,
    /// The day, in the site's zone; none of an export of all days.
    pub day: Option<String>,
    /// The site's zone, where there is a day.
    pub zone: Option<String>,
    /// The first moment of the day, ISO 8601 in UTC.
    pub seen_from: Option<String>,
    /// The first moment that is no longer of it.
    pub seen_before: Option<String>,
    /// The lot; none of an export of all lots.
    pub lot: Option<String>,
}

impl ExportOf {
    /// Of all days.
    pub fn everything(format: &str, lot: Option<String>) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            format: format.to_owned(),
            day: None,
            zone: None,
            seen_from: None,
            seen_before: None,
            lot,
        }
    }
}

/// What an export holds. There is no moment of writing in it: the same trays give the same bytes.
#[derive(Debug, Serialize)]
pub struct Manifest {
    /// What it is of.
    #[serde(flatten)]
    pub of: ExportOf,
    /// Stored passes of trays by what became of them.
    pub trays: TrayCounts,
    /// Cells of these.
    pub cells: u64,
    /// Moves of plugs, taken back or not.
    pub moves: u64,
    /// Its other files.
    pub files: Vec<WrittenFile>,
}

/// A file of an export.
#[derive(Debug, Serialize)]
pub struct WrittenFile {
    name: String,
    bytes: u64,
    sha256: String,
}

impl WrittenFile {
    /// Reads a file that was written.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(folder: &Path, name: &str) -> anyhow::Result<Self> {
        let path = folder.join(name);
        let unreadable = || format!("{}: cannot be read", path.display());
        let mut digest = Sha256::new();
        let mut file = File::open(&path).with_context(unreadable)?;
        let mut buffer = vec![0; 1 << 16];
        let mut bytes = 0;
        loop {
            let count = file.read(&mut buffer).with_context(unreadable)?;
            if count == 0 {
                break;
            }
            digest.update(&buffer[..count]);
            bytes += count as u64;
        }
        Ok(Self {
            name: name.to_owned(),
            bytes,
            sha256: hex::encode(digest.finalize()),
        })
    }
}

impl Manifest {
    /// Writes it and has the folder on the disk.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        write_synced(folder, MANIFEST, text.as_bytes())?;
        // Windows opens no folder as a file; its own journal keeps renames in order.
        #[cfg(unix)]
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .with_context(|| format!("{}: cannot be written", folder.display()))?;
        Ok(())
    }
}

/// Begins a file that gets its name when it is whole.
///
/// # Errors
/// The folder cannot be written.
pub fn begin(folder: &Path, name: &str) -> anyhow::Result<tempfile::NamedTempFile> {
    let part = part_in(folder, PART);
    part.with_context(|| format!("{}: cannot be written", folder.join(name).display()))
}

/// Has a file on the disk, whole, then under its name.
///
/// # Errors
/// The folder cannot be written.
pub fn write_synced(folder: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let wrong = || format!("{}: cannot be written", folder.join(name).display());
    let mut part = begin(folder, name)?;
    part.write_all(bytes).with_context(wrong)?;
    part.as_file().sync_all().with_context(wrong)?;
    part.persist(folder.join(name)).with_context(wrong)?;
    Ok(())
}

/// Makes the folder of an export: it is empty, or for a day it may hold what an export of the same left there, whole or not.
///
/// # Errors
/// It holds anything else, or cannot be made.
pub fn make_folder(folder: &Path, of: &ExportOf, names: &[String]) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
    let mut parts = Vec::new();
    for entry in folder.read_dir()? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        if of.day.is_some() && name.starts_with(PART) {
            parts.push(folder.join(&*name));
        } else if of.day.is_none() {
            return Err(anyhow!(
                "{}: expected an empty folder, found files",
                folder.display()
            ));
        } else if name != MANIFEST && !names.iter().any(|known| *known == name) {
            return Err(anyhow!(
                "{}: expected an empty folder or an export of the same day, found {name}",
                folder.display()
            ));
        }
    }
    let path = folder.join(MANIFEST);
    if path.exists() {
        let mut text = String::new();
        File::open(&path)?
            .take(MOST_BYTES)
            .read_to_string(&mut text)?;
        let known: Option<ExportOf> = serde_json::from_str(&text).ok();
        anyhow::ensure!(
            known.as_ref() == Some(of),
            "{}: expected an export of the same day, zone, lot and format, found another",
            path.display()
        );
    }
    for part in parts {
        fs::remove_file(&part).with_context(|| format!("{}: cannot be removed", part.display()))?;
    }
    Ok(())
}
