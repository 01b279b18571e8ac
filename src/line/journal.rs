//! The trays in hand, on the disk: what is found there after a power cut or a kill is marked, not missing.
//!
//! Beside the store lies `<store>.in-hand.json`. A thread of its own writes the latest state, whole or not at all;
//! states that come faster than the disk are skipped, and whoever gives one never waits.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use serde::{Deserialize, Serialize};

use super::ledger::OpenTray;
use crate::store::{CommandRecord, PlcFlag};

/// What is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct InHand {
    /// The last trigger with an account.
    pub last_trigger: Option<u16>,
    /// The number that the last tray was named with.
    pub last_name: u64,
    /// Trays whose row was not written.
    pub open: Vec<OpenTray>,
    /// Rows that may not have reached the disk.
    pub rows: Vec<CommandRecord>,
    /// Names of judged trays whose report may not have reached it.
    #[serde(default)]
    pub reports: Vec<String>,
    /// Flags of the PLC that people were told are up, and not yet that they are over.
    #[serde(default)]
    pub flags: Vec<PlcFlag>,
}

/// The journal of a line that runs.
#[derive(Debug)]
pub struct Journal {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    slot: Mutex<Slot>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Slot {
    latest: Option<InHand>,
    ended: bool,
    complaint: Option<String>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a store's trays in hand are kept.
#[must_use]
pub fn journal_path(store: &Path) -> PathBuf {
    let mut name: OsString = store.as_os_str().to_owned();
    name.push(".in-hand.json");
    PathBuf::from(name)
}

impl Journal {
    /// What an earlier run left behind, and the journal of this one.
    ///
    /// A file that cannot be understood is kept under another name for people to look at.
    ///
    /// # Errors
    /// The file cannot be read, or no thread could be started.
    pub fn open(store: &Path) -> io::Result<(InHand, Self)> {
        let path = journal_path(store);
        let left = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).or_else(|error| {
                tracing::warn!("{}: not understood: {error}", path.display());
                std::fs::rename(&path, path.with_extension("damaged"))?;
                Ok::<_, io::Error>(InHand::default())
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => InHand::default(),
            Err(error) => return Err(error),
        };
        let shared = Arc::new(Shared::default());
        let thread = std::thread::Builder::new()
            .name("trays in hand".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || keep_writing(&shared, &path)
            })?;
        let thread = Some(thread);
        Ok((left, Self { shared, thread }))
    }

    /// Gives the latest state. Never waits for the disk.
    pub fn keep(&self, in_hand: InHand) {
        self.shared.lock().latest = Some(in_hand);
        self.shared.changed.notify_one();
    }

    /// Why the last state could not be written, if so.
    #[must_use]
    pub fn complaint(&self) -> Option<String> {
        self.shared.lock().complaint.clone()
    }
}

impl Drop for Journal {
    /// Writes what was given last, then ends.
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the journal of trays in hand ended abnormally");
        }
    }
}

fn keep_writing(shared: &Shared, path: &Path) {
    loop {
        let mut slot = shared.lock();
        while slot.latest.is_none() && !slot.ended {
            slot = shared
                .changed
                .wait(slot)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let Some(latest) = slot.latest.take() else {
            return;
        };
        drop(slot);
        let written = write_whole(path, &latest);
        shared.lock().complaint = written.err().map(|error| error.to_string());
    }
}

fn write_whole(path: &Path, in_hand: &InHand) -> io::Result<()> {
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
    let mut part = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    serde_json::to_writer(&mut part, in_hand)?;
    part.as_file().sync_data()?;
    part.persist(path)?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_last_is_found_again_and_rubbish_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("line.db");
        let (left, journal) = Journal::open(&store).unwrap();
        assert_eq!(left, InHand::default());
        for last_name in 1..50 {
            journal.keep(InHand {
                last_name,
                ..InHand::default()
            });
        }
        drop(journal);
        let (left, journal) = Journal::open(&store).unwrap();
        assert_eq!(left.last_name, 49);
        drop(journal);
        std::fs::write(journal_path(&store), "{\"last").unwrap();
        let (left, _journal) = Journal::open(&store).unwrap();
        assert_eq!(left, InHand::default());
        assert!(folder.path().join("line.db.in-hand.damaged").exists());
    }
}
