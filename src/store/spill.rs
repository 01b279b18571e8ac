//! The spill file: records that the store could not take, a line of JSON each, beside the store.
//!
//! Taken in when the store is next opened. A record taken in twice is stored once (its digest names it),
//! so a crash between taking in and clearing away does no harm.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{Record, StoreError, intake};

/// Records stored in one transaction while taking in.
const BATCH: usize = 256;

/// Where a store's records go when the store cannot take them: `<store>.spill.jsonl`.
#[must_use]
pub fn spill_path(store: &Path) -> PathBuf {
    beside(store, ".spill.jsonl")
}

fn beside(store: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = store.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Keeps writers of the same store from clearing the spill file away under one another. Held until the
/// returned file is dropped.
fn lock(store: &Path) -> io::Result<File> {
    let path = beside(store, ".spill.lock");
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    file.lock()?;
    Ok(file)
}

/// Appends a record and has it on the disk before returning.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] for a record that no file can hold; else the disk took none of it.
pub(super) fn append(store: &Path, record: &Record) -> io::Result<()> {
    // A line torn by a crash must not swallow this one.
    let mut lines = vec![b'\n'];
    serde_json::to_writer(&mut lines, record)?;
    if serde_json::from_slice::<Record>(&lines)? != *record {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "record would come back altered: a number is not finite",
        ));
    }
    lines.push(b'\n');
    let _lock = lock(store)?;
    let path = spill_path(store);
    let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
    let before = file.metadata()?.len();
    let written = file.write_all(&lines).and_then(|()| file.sync_data());
    let written = match written {
        // A file that has just got its name has it on the disk only when its folder is.
        Ok(()) if before == 0 => sync_folder_of(&path),
        other => other,
    };
    if written.is_err() {
        // Half a line on a full disk is no record, and what cannot be cut off is told apart when it is taken in.
        file.set_len(before).ok();
    }
    written
}

/// Has the names in a file's folder on the disk; nothing to do where a folder is no file that could be synced.
pub(super) fn sync_folder_of(file: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = file.parent().filter(|folder| *folder != Path::new(""));
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// Lines that wait to be taken in.
pub(super) fn waiting(store: &Path) -> Result<u64, StoreError> {
    let path = spill_path(store);
    let failed = |source| StoreError::Spill {
        path: path.clone(),
        source,
    };
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(failed(error)),
    };
    let mut lines = 0;
    for line in BufReader::new(file).split(b'\n') {
        lines += u64::from(!line.map_err(failed)?.iter().all(u8::is_ascii_whitespace));
    }
    Ok(lines)
}

/// What taking in found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct TakenIn {
    pub records: u64,
    pub damaged: u64,
}

/// Stores what an earlier run spilled and clears the file away. Lines that do not parse (torn by a
/// crash) are kept in `<store>.spill.damaged` for people to look at.
pub(super) fn take_in(store: &Path, connection: &mut Connection) -> Result<TakenIn, StoreError> {
    let path = spill_path(store);
    let failed = |source| StoreError::Spill {
        path: path.clone(),
        source,
    };
    if !path.exists() {
        return Ok(TakenIn::default());
    }
    let _lock = lock(store).map_err(failed)?;
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(TakenIn::default()),
        Err(error) => return Err(failed(error)),
    };
    let mut taken = TakenIn::default();
    let mut batch = Vec::new();
    for line in BufReader::new(file).split(b'\n') {
        let line = line.map_err(failed)?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice::<Record>(&line) {
            Ok(record) => batch.push(record),
            Err(_) => {
                keep_damaged(store, &line).map_err(failed)?;
                taken.damaged += 1;
            }
        }
        if batch.len() == BATCH {
            taken.records += store_batch(connection, &mut batch)?;
        }
    }
    taken.records += store_batch(connection, &mut batch)?;
    std::fs::remove_file(&path).map_err(failed)?;
    Ok(taken)
}

fn store_batch(connection: &mut Connection, batch: &mut Vec<Record>) -> Result<u64, StoreError> {
    intake::insert_all(connection, batch)?;
    Ok(batch.drain(..).len() as u64)
}

fn keep_damaged(store: &Path, line: &[u8]) -> io::Result<()> {
    let path = beside(store, ".spill.damaged");
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(line)?;
    file.write_all(b"\n")
}
