//! The one thread that writes the store, behind a bounded queue that never makes its caller wait.
//!
//! Policy when the store lags or refuses (locked, disk full): records are spilled to a file beside it by a second thread, and
//! so are all that follow, until the store takes records again: whoever kills the program meanwhile finds on the disk what is
//! older than a moment. Then the store takes in what was spilled, in order, while new records go on being spilled behind it, and
//! when the file is empty they go into the store again. What the spill file refuses too waits until the disk has room
//! ([`StoreWriter::is_failing`] says so meanwhile); a record that finds no room among those that wait is lost and counted. What
//! is still in the file when the writer is closed is taken in when the store is next opened. No time of day is read here:
//! records carry their moments.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;
use serde::Serialize;

use super::spill::SpillIntake;
use super::waiting::{Next, Waiting};
use super::{Record, StoreError, intake, schema, spill};

/// A disk that took nothing is tried again after this.
const PAUSE_WITHOUT_ROOM: Duration = Duration::from_millis(250);
/// A store that did not take what was spilled is tried again after this.
const PAUSE_BEFORE_TAKING_IN: Duration = Duration::from_millis(250);
/// Between two lots of spilled records that are taken in: a line's inspection needs the processor too.
const PAUSE_BETWEEN_LOTS: Duration = Duration::from_millis(10);
/// When the writer is closed, a disk that takes nothing is tried so often more.
const LAST_TRIES: u32 = 4;

/// How a writer waits and how much it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriterParams {
    /// Records that wait for the store before they are spilled; a report of 200 cells takes about 60 KB.
    pub queue: usize,
    /// How long the store may be busy with what it was given before that is spilled, and all that waits behind it. Whatever
    /// is not spilled is lost when the program is killed.
    pub wait_for_store: Duration,
    /// Further records that wait for the spill file.
    pub spill_queue: usize,
    /// How long a transaction waits for another connection's lock before its records are spilled.
    pub wait_for_lock: Duration,
}

impl Default for WriterParams {
    /// 256 records are a quarter of an hour of a line at 1,000 trays an hour. In a quarter of a second no second tray comes,
    /// at three a second: a kill costs one report at most, whatever the store does.
    fn default() -> Self {
        Self {
            queue: 256,
            wait_for_store: Duration::from_millis(250),
            spill_queue: 1024,
            wait_for_lock: Duration::from_secs(5),
        }
    }
}

/// Where every record went: the sum of `written`, `spilled` and `lost` is what was handed over and waits no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct StoreCounters {
    /// Straight into the store; what was there already counts too.
    pub written: u64,
    /// Into the spill file.
    pub spilled: u64,
    /// Out of that file into the store since; the others are taken in when the store is next opened.
    pub taken_in: u64,
    /// Nowhere: neither store nor spill file took it.
    pub lost: u64,
}

/// What takes batches of records: the store, or a stand-in that is slow or broken.
pub trait Sink: Send {
    /// Stores all of the records or none.
    ///
    /// # Errors
    /// They could not be stored; the writer then spills them.
    fn store(&mut self, records: &[Arc<Record>]) -> Result<(), StoreError>;
}

impl Sink for Connection {
    fn store(&mut self, records: &[Arc<Record>]) -> Result<(), StoreError> {
        intake::insert_all(self, records)
    }
}

/// A store that is being written.
#[derive(Debug)]
pub struct StoreWriter {
    waiting: Arc<Waiting>,
    threads: Vec<JoinHandle<()>>,
    taken_in: u64,
    damaged: u64,
}

impl StoreWriter {
    /// Opens or makes a store, takes in what an earlier run spilled, and starts to write.
    ///
    /// # Errors
    /// No store, a newer one, a place that cannot be written, or a spill file that cannot be read.
    pub fn open(path: &Path, params: WriterParams) -> Result<Self, StoreError> {
        let mut connection = schema::open_for_writing(path, params.wait_for_lock)?;
        let taken = spill::take_in(path, &mut connection)?;
        let mut writer = Self::start(path, connection, params)?;
        (writer.taken_in, writer.damaged) = (taken.records, taken.damaged);
        Ok(writer)
    }

    /// Writes to a sink of the caller's, with the spill file beside `store`.
    ///
    /// # Errors
    /// A thread could not be started.
    pub fn start(
        store: &Path,
        sink: impl Sink + 'static,
        params: WriterParams,
    ) -> Result<Self, StoreError> {
        let waiting = Arc::new(Waiting::new(params));
        let mut writer = Self {
            waiting: Arc::clone(&waiting),
            threads: Vec::new(),
            taken_in: 0,
            damaged: 0,
        };
        let (of_spiller, path): (_, PathBuf) = (Arc::clone(&waiting), store.to_owned());
        let spiller = spawn("store spill", move || write_spill(&of_spiller, &path))?;
        writer.threads.push(spiller);
        let path = store.to_owned();
        let store = spawn("store writer", move || write_store(&waiting, &path, sink));
        match store {
            Ok(store) => writer.threads.insert(0, store),
            Err(error) => {
                writer.waiting.store_has_ended();
                return Err(error);
            }
        }
        Ok(writer)
    }

    /// Hands a record over. Never waits for a disk: what finds no room is lost and counted.
    pub fn write(&self, record: Record) {
        self.waiting.add(record);
    }

    /// Where the records went so far; what still waits is in none of the counts.
    #[must_use]
    pub fn counters(&self) -> StoreCounters {
        self.waiting.counters()
    }

    /// Whether neither store nor spill file takes anything: records wait, and are lost when too many do.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.waiting.is_failing()
    }

    /// Records of an earlier run's spill file that were stored at opening.
    #[must_use]
    pub fn taken_in(&self) -> u64 {
        self.taken_in
    }

    /// Lines of that file that did not parse, or that no store takes; they are kept beside the store.
    #[must_use]
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// The latest reason why records were spilled or lost.
    #[must_use]
    pub fn complaint(&self) -> Option<String> {
        self.waiting.complaint()
    }

    /// Stores or spills all that waits, takes in what was spilled where the store takes it now, and says where every record
    /// went.
    #[must_use]
    pub fn close(mut self) -> StoreCounters {
        self.finish();
        self.counters()
    }

    fn finish(&mut self) {
        self.waiting.close();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                let said = "store's thread ended abnormally".to_owned();
                self.waiting.complain(said);
            }
        }
    }
}

impl Drop for StoreWriter {
    fn drop(&mut self) {
        self.finish();
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(StoreError::Thread)
}

/// Tells the spiller that the store's thread has ended, however it did.
struct Ending<'a>(&'a Waiting);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store_has_ended();
    }
}

fn write_store(waiting: &Waiting, store: &Path, mut sink: impl Sink) {
    let _ending = Ending(waiting);
    let mut spilled = SpillIntake::of(store);
    loop {
        match waiting.next() {
            Next::Store(batch) => match sink.store(&batch) {
                Ok(()) => waiting.stored(),
                Err(error) => waiting.refused(error.to_string()),
            },
            Next::TakeIn => take_in_some(waiting, &mut spilled, &mut sink),
            Next::End => return,
        }
    }
}

/// Takes in the next of the spilled records, if there are any and the store takes them.
fn take_in_some(waiting: &Waiting, spilled: &mut SpillIntake, sink: &mut impl Sink) {
    let damaged = spilled.taken.damaged;
    let step = spilled.step(sink);
    waiting.taken_in(spilled.taken.records);
    if spilled.taken.damaged > damaged {
        waiting.complain("spilled records that cannot be stored are put aside".to_owned());
    }
    match step {
        Ok(None) if waiting.is_closing() => {}
        Ok(None) => std::thread::sleep(PAUSE_BETWEEN_LOTS),
        Ok(Some(file)) => {
            let stores = waiting.file_is_empty();
            drop(file);
            if !stores {
                waiting.wait_for_change(PAUSE_BEFORE_TAKING_IN);
            }
        }
        Err(error) => {
            waiting.not_taken_in(error.to_string());
            std::thread::sleep(PAUSE_BEFORE_TAKING_IN);
        }
    }
}

/// Spills what there is to spill. A disk that is full or gone is tried until it takes it, or the writer is closed.
fn write_spill(waiting: &Waiting, store: &Path) {
    let mut last_tries = LAST_TRIES;
    while let Some(records) = waiting.to_spill() {
        let all = records.len() as u64;
        let (lines, lost) = lines_of(waiting, &records);
        let appended = match lost == all {
            true => Ok(()),
            false => spill::append(store, &lines),
        };
        let Err(error) = appended else {
            waiting.spilled(all - lost, lost);
            continue;
        };
        let why = format!("spill file cannot be written: {error}");
        if waiting.is_closing() && last_tries == 0 {
            waiting.complain(why);
            waiting.spilled(0, all);
            continue;
        }
        last_tries -= u32::from(waiting.is_closing());
        waiting.not_spilled(records, why);
        std::thread::sleep(PAUSE_WITHOUT_ROOM);
    }
}

/// The records' lines, and how many of them no file can hold.
fn lines_of(waiting: &Waiting, records: &[Arc<Record>]) -> (Vec<u8>, u64) {
    let (mut lines, mut lost) = (Vec::new(), 0);
    for record in records {
        match spill::line_of(record) {
            Ok(line) => lines.extend(line),
            Err(error) => {
                waiting.complain(format!("spill file cannot hold a record: {error}"));
                lost += 1;
            }
        }
    }
    (lines, lost)
}

#[cfg(test)]
#[path = "writer_tests.rs"]
pub(super) mod tests;
