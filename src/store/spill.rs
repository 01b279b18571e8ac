//! The spill file: records that the store could not take, a line of JSON each, beside the store.
//!
//! Taken in, in order, as soon as the store takes records again, by the line that runs or when the store is next opened. A
//! record taken in twice is stored once (its digest names it), so a crash between taking in and clearing away does no harm.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::writer::Sink;
use super::{Record, StoreError};

/// Records taken in with one transaction where nothing else is done meanwhile.
const AT_OPENING: usize = 256;
/// The same while a line runs: fewer than are prepared on many threads, which its inspection needs.
const WHILE_RUNNING: usize = 15;

/// Where a store's records go when the store cannot take them: `<store>.spill.jsonl`.
#[must_use]
pub fn spill_path(store: &Path) -> PathBuf {
    beside(store, ".spill.jsonl")
}

pub(super) fn beside(store: &Path, ending: &str) -> PathBuf {
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

/// A record's line.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] for a record that no file can hold.
pub(super) fn line_of(record: &Record) -> io::Result<Vec<u8>> {
    // A line torn by a crash must not swallow this one.
    let mut line = vec![b'\n'];
    serde_json::to_writer(&mut line, record)?;
    if serde_json::from_slice::<Record>(&line)? != *record {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "record would come back altered: a number is not finite",
        ));
    }
    line.push(b'\n');
    Ok(line)
}

/// Appends lines and has them on the disk before returning.
///
/// # Errors
/// The disk took none of them.
pub(super) fn append(store: &Path, lines: &[u8]) -> io::Result<()> {
    let _lock = lock(store)?;
    let path = spill_path(store);
    let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
    let before = file.metadata()?.len();
    let written = file.write_all(lines).and_then(|()| file.sync_data());
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
        lines += u64::from(!is_blank(&line.map_err(failed)?));
    }
    Ok(lines)
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

/// What taking in found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct TakenIn {
    pub records: u64,
    pub damaged: u64,
}

/// Stores all that an earlier run spilled and clears the file away.
pub(super) fn take_in(store: &Path, sink: &mut impl Sink) -> Result<TakenIn, StoreError> {
    let mut intake = SpillIntake {
        at_a_time: AT_OPENING,
        ..SpillIntake::of(store)
    };
    if spill_path(store).exists() {
        while intake.step(sink)?.is_none() {}
    }
    Ok(intake.taken)
}

/// Takes in what a store's spill file holds, some records at a time, in the order in which they were spilled. Lines that do
/// not parse (torn by a crash), and records that no store takes, are kept in `<store>.spill.damaged` for people to look at.
#[derive(Debug)]
pub(super) struct SpillIntake {
    store: PathBuf,
    at_a_time: usize,
    /// Read and not yet stored.
    batch: Vec<Arc<Record>>,
    /// Where the next line begins.
    place: u64,
    /// The line before: where it is not found again, another process has taken the file in.
    last: Vec<u8>,
    /// What was found so far.
    pub taken: TakenIn,
}

/// The spill file holds nothing, and nobody can write to it until this is dropped.
pub(super) struct EmptyFile {
    _held: File,
}

impl SpillIntake {
    /// That of a store whose line runs.
    pub(super) fn of(store: &Path) -> Self {
        Self {
            store: store.to_owned(),
            at_a_time: WHILE_RUNNING,
            batch: Vec::new(),
            place: 0,
            last: Vec::new(),
            taken: TakenIn::default(),
        }
    }

    /// Stores the next records; none are left where the empty file is given. The file is held only while it is read, never
    /// while the store is waited for.
    ///
    /// # Errors
    /// The file cannot be read, or the store takes none of them: they are tried again with the next step.
    pub(super) fn step(&mut self, sink: &mut impl Sink) -> Result<Option<EmptyFile>, StoreError> {
        if self.batch.is_empty() {
            let read = self.read();
            let empty = read.map_err(|source| StoreError::Spill {
                path: spill_path(&self.store),
                source,
            })?;
            if empty.is_some() {
                return Ok(empty);
            }
        }
        match sink.store(&self.batch) {
            Ok(()) => self.taken.records += self.batch.drain(..).len() as u64,
            Err(error) if error.is_of_the_record() => self.store_one_by_one(sink)?,
            Err(error) => return Err(error),
        }
        Ok(None)
    }

    /// Reads the next records. Where there are none, all are in the store: the file goes.
    fn read(&mut self) -> io::Result<Option<EmptyFile>> {
        let held = lock(&self.store)?;
        let path = spill_path(&self.store);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(self.ends(held)),
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        let mut file = BufReader::new(file);
        if !self.goes_on(&mut file, length)? {
            (self.place, self.last) = (0, Vec::new());
        }
        file.seek(SeekFrom::Start(self.place))?;
        let mut rest = file.take(length - self.place);
        let (mut place, mut line) = (self.place, Vec::new());
        while self.batch.len() < self.at_a_time && rest.read_until(b'\n', &mut line)? > 0 {
            place += line.len() as u64;
            if !is_blank(&line) {
                match serde_json::from_slice::<Record>(&line) {
                    Ok(record) => self.batch.push(Arc::new(record)),
                    Err(_) => self.keep_damaged(&line)?,
                }
                (self.place, self.last) = (place, std::mem::take(&mut line));
            }
            line.clear();
        }
        if !self.batch.is_empty() {
            return Ok(None);
        }
        if length > 0 {
            std::fs::remove_file(&path)?;
        }
        Ok(self.ends(held))
    }

    fn ends(&mut self, held: File) -> Option<EmptyFile> {
        (self.place, self.last) = (0, Vec::new());
        Some(EmptyFile { _held: held })
    }

    /// Whether this is the file that was read before, and not one that came after it.
    fn goes_on(&self, file: &mut (impl io::Read + io::Seek), length: u64) -> io::Result<bool> {
        if self.place > length {
            return Ok(false);
        }
        let mut found = vec![0; self.last.len()];
        file.seek(SeekFrom::Start(self.place - self.last.len() as u64))?;
        file.read_exact(&mut found)?;
        Ok(found == self.last)
    }

    /// One that no store takes must not keep the others out.
    fn store_one_by_one(&mut self, sink: &mut impl Sink) -> Result<(), StoreError> {
        while let Some(record) = self.batch.first() {
            match sink.store(std::slice::from_ref(record)) {
                Ok(()) => self.taken.records += 1,
                Err(error) if error.is_of_the_record() => {
                    let line = serde_json::to_vec(&**record)?;
                    let kept = self.keep_damaged(&line);
                    kept.map_err(|source| StoreError::Spill {
                        path: spill_path(&self.store),
                        source,
                    })?;
                }
                Err(error) => return Err(error),
            }
            self.batch.remove(0);
        }
        Ok(())
    }

    fn keep_damaged(&mut self, line: &[u8]) -> io::Result<()> {
        let path = beside(&self.store, ".spill.damaged");
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        file.write_all(line.trim_ascii_end())?;
        file.write_all(b"\n")?;
        self.taken.damaged += 1;
        Ok(())
    }
}

#[cfg(test)]
#[path = "spill_tests.rs"]
mod tests;
