//! The one thread that writes the store, behind a bounded queue that never makes its caller wait.
//!
//! Policy when the queue is full: the record goes to a second bounded queue whose thread appends to the
//! spill file; when that is full too, the record is lost and counted. What the store refuses (locked,
//! disk full) is spilled by the same way. What the spill file refuses too waits in its queue until the disk
//! has room again ([`StoreWriter::is_failing`] says so meanwhile). Nothing here reads a clock: records carry
//! their moments.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;
use serde::Serialize;

use super::{Record, StoreError, intake, schema, spill};

/// Records stored in one transaction at most: what waits behind a disk that is slow to sync costs one sync.
const BATCH: usize = 256;
/// A disk that took nothing is tried again after this.
const PAUSE_WITHOUT_ROOM: Duration = Duration::from_millis(250);
/// When the writer is closed, a disk that takes nothing is tried so often more.
const LAST_TRIES: u32 = 4;

/// How a writer waits and how much it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriterParams {
    /// Records that wait for the store; a report of 200 cells takes about 60 KB.
    pub queue: usize,
    /// Records that wait for the spill file.
    pub spill_queue: usize,
    /// How long a transaction waits for another connection's lock before its records are spilled.
    pub wait_for_lock: Duration,
}

impl Default for WriterParams {
    /// 256 records are a quarter of an hour of a line at 1,000 trays an hour.
    fn default() -> Self {
        Self {
            queue: 256,
            spill_queue: 1024,
            wait_for_lock: Duration::from_secs(5),
        }
    }
}

/// Where every record went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct StoreCounters {
    /// In the store; what was there already counts too.
    pub written: u64,
    /// In the spill file, to be taken in when the store is next opened.
    pub spilled: u64,
    /// Nowhere: neither store nor spill file took it.
    pub lost: u64,
}

/// What takes batches of records: the store, or a stand-in that is slow or broken.
pub trait Sink: Send {
    /// Stores all of the records or none.
    ///
    /// # Errors
    /// They could not be stored; the writer then spills them.
    fn store(&mut self, records: &[Record]) -> Result<(), StoreError>;
}

impl Sink for Connection {
    fn store(&mut self, records: &[Record]) -> Result<(), StoreError> {
        intake::insert_all(self, records)
    }
}

#[derive(Debug, Default)]
struct Shared {
    written: AtomicU64,
    spilled: AtomicU64,
    lost: AtomicU64,
    /// Neither store nor spill file took the record that is in hand.
    failing: AtomicBool,
    /// No more records come.
    closing: AtomicBool,
    complaint: Mutex<Option<String>>,
}

impl Shared {
    fn complain(&self, complaint: String) {
        *self
            .complaint
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(complaint);
    }
}

/// A store that is being written.
#[derive(Debug)]
pub struct StoreWriter {
    queue: Option<SyncSender<Record>>,
    spill_queue: Option<SyncSender<Record>>,
    threads: Vec<JoinHandle<()>>,
    shared: Arc<Shared>,
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
        let shared = Arc::new(Shared::default());
        let (queue, records) = sync_channel(params.queue.max(1));
        let (spill_queue, spills) = sync_channel(params.spill_queue.max(1));
        let spiller = spawn("store spill", {
            let (shared, store): (_, PathBuf) = (Arc::clone(&shared), store.to_owned());
            move || write_spill(&spills, &store, &shared)
        })?;
        let writer = spawn("store writer", {
            let (shared, spill_queue) = (Arc::clone(&shared), spill_queue.clone());
            move || write_store(&records, sink, &spill_queue, &shared)
        })?;
        Ok(Self {
            queue: Some(queue),
            spill_queue: Some(spill_queue),
            threads: vec![writer, spiller],
            shared,
            taken_in: 0,
            damaged: 0,
        })
    }

    /// Hands a record over. Never waits: what finds no room is spilled, and lost only when even the
    /// spill file cannot keep up.
    pub fn write(&self, record: Record) {
        let (Some(queue), Some(spill_queue)) = (&self.queue, &self.spill_queue) else {
            return;
        };
        if let Err(TrySendError::Full(record) | TrySendError::Disconnected(record)) =
            queue.try_send(record)
        {
            shed(spill_queue, record, &self.shared);
        }
    }

    /// Where the records went so far; what still waits is in none of the counts.
    #[must_use]
    pub fn counters(&self) -> StoreCounters {
        StoreCounters {
            written: self.shared.written.load(Ordering::Acquire),
            spilled: self.shared.spilled.load(Ordering::Acquire),
            lost: self.shared.lost.load(Ordering::Acquire),
        }
    }

    /// Whether neither store nor spill file takes anything: records wait, and are lost when the queues are full.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.shared.failing.load(Ordering::Acquire)
    }

    /// Records of an earlier run's spill file that were stored at opening.
    #[must_use]
    pub fn taken_in(&self) -> u64 {
        self.taken_in
    }

    /// Lines of that file that did not parse; they are kept beside the store.
    #[must_use]
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// The latest reason why records were spilled or lost.
    #[must_use]
    pub fn complaint(&self) -> Option<String> {
        let complaint = self.shared.complaint.lock();
        complaint.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Empties the queues, waits for the disk, and says where every record went.
    #[must_use]
    pub fn close(mut self) -> StoreCounters {
        self.finish();
        self.counters()
    }

    fn finish(&mut self) {
        self.shared.closing.store(true, Ordering::Release);
        self.queue = None;
        self.spill_queue = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                self.shared
                    .complain("store's thread ended abnormally".to_owned());
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

fn write_store(
    records: &Receiver<Record>,
    mut sink: impl Sink,
    spill_queue: &SyncSender<Record>,
    shared: &Shared,
) {
    while let Ok(first) = records.recv() {
        let mut batch = vec![first];
        batch.extend(records.try_iter().take(BATCH - 1));
        match sink.store(&batch) {
            Ok(()) => {
                shared
                    .written
                    .fetch_add(batch.len() as u64, Ordering::AcqRel);
            }
            Err(error) => {
                shared.complain(error.to_string());
                for record in batch {
                    // This thread may wait for the spill file: only callers may not.
                    if spill_queue.send(record).is_err() {
                        shared.lost.fetch_add(1, Ordering::AcqRel);
                    }
                }
            }
        }
    }
}

fn shed(spill_queue: &SyncSender<Record>, record: Record, shared: &Shared) {
    if spill_queue.try_send(record).is_err() {
        shared.lost.fetch_add(1, Ordering::AcqRel);
        shared.complain("store and spill file are both behind: a record was lost".to_owned());
    }
}

fn write_spill(spills: &Receiver<Record>, store: &Path, shared: &Shared) {
    let mut last_tries = LAST_TRIES;
    for record in spills {
        let count = match keep_trying(&record, store, shared, &mut last_tries) {
            Ok(()) => &shared.spilled,
            Err(error) => {
                shared.complain(format!("spill file cannot be written: {error}"));
                &shared.lost
            }
        };
        count.fetch_add(1, Ordering::AcqRel);
    }
}

/// Spills a record. A disk that is full or gone is tried until it takes it, or the writer is closed.
fn keep_trying(
    record: &Record,
    store: &Path,
    shared: &Shared,
    last_tries: &mut u32,
) -> io::Result<()> {
    loop {
        let spilled = spill::append(store, record);
        let Err(error) = &spilled else {
            shared.failing.store(false, Ordering::Release);
            return spilled;
        };
        if error.kind() == io::ErrorKind::InvalidData {
            return spilled;
        }
        shared.complain(format!("spill file cannot be written: {error}"));
        shared.failing.store(true, Ordering::Release);
        if shared.closing.load(Ordering::Acquire) {
            if *last_tries == 0 {
                return spilled;
            }
            *last_tries -= 1;
        }
        std::thread::sleep(PAUSE_WITHOUT_ROOM);
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
