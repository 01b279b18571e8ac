//! A store that stands still, is held by another program, or is full: no tray waits for it, and it has them all in the end.

use std::path::Path;
use std::sync::Arc;
#[cfg(target_os = "linux")]
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use seedgrade::line::{Journal, Summary, WallTime, take_up};
use seedgrade::store::{
    Record, Sink, StoreError, StoreReader, StoreWriter, TrayFilter, WriterParams, spill_path,
};

use super::account::{has_a_clean_account, have_fired};
use super::{has_a_row_for_each, plant_at, run_into, wait_until};

/// As long as the fault lasts.
const TEN_SECONDS: Duration = Duration::from_secs(10);
/// Three trays a second.
const THREE_A_SECOND: u32 = 480;
/// Trays that come in the ten seconds, and after them.
const TRAYS: u64 = 38;

/// A store whose disk stands still for a while, once.
struct Stalled {
    stall: Option<Duration>,
    disk: rusqlite::Connection,
}

impl Sink for Stalled {
    fn store(&mut self, records: &[Arc<Record>]) -> Result<(), StoreError> {
        if let Some(stall) = self.stall.take() {
            std::thread::sleep(stall);
        }
        self.disk.store(records)
    }
}

/// Records were spilled, none was lost, and all are in the store while the line still has it: trays and rows in the order
/// in which they came, each once.
#[track_caller]
fn has_taken_in_what_was_spilled(summary: &Summary, path: &Path) {
    let stored = summary.store;
    assert!(stored.lost == 0 && stored.spilled > 0, "{summary:?}");
    assert_eq!(stored.taken_in, stored.spilled, "{summary:?}");
    assert!(!spill_path(path).exists());
    has_a_row_for_each(path, summary.trays);
    let trays = StoreReader::open(path).unwrap();
    let trays = trays.trays(&TrayFilter::default()).unwrap();
    let names: Vec<_> = trays.iter().map(|tray| &tray.uid).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    assert!(!names.is_empty());
}

#[test]
fn a_disk_that_stalls_for_ten_seconds_at_three_trays_a_second_costs_no_command() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    drop(StoreWriter::open(&path, WriterParams::default()).unwrap());
    let sink = Stalled {
        stall: Some(TEN_SECONDS),
        disk: rusqlite::Connection::open(&path).unwrap(),
    };
    let store = StoreWriter::start(&path, sink, WriterParams::default()).unwrap();
    let (_, journal) = Journal::open(&path).unwrap();
    let plant = plant_at(THREE_A_SECOND, TRAYS);
    let summary = run_into(store, journal, &plant, TRAYS);
    has_taken_in_what_was_spilled(&summary, &path);
    let books = has_a_clean_account("disk stalled for 10 s", &summary, &plant, &path);
    have_fired(&books, 1..=TRAYS as u32);
}

#[test]
fn a_database_that_another_program_locks_for_ten_seconds_costs_no_command_and_has_every_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let at = WallTime {
        text: "2026-11-24T08:00:00Z".to_owned(),
    };
    let taken = take_up(&path, WriterParams::default(), &at).unwrap();
    let plant = plant_at(THREE_A_SECOND, TRAYS);
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let summary = std::thread::scope(|scope| {
        let line = scope.spawn(|| run_into(taken.store, taken.journal, &plant, TRAYS));
        wait_until(|| plant.lock().trays() >= 1);
        std::thread::sleep(TEN_SECONDS);
        other.execute_batch("ROLLBACK").unwrap();
        line.join().unwrap()
    });
    has_taken_in_what_was_spilled(&summary, &path);
    let books = has_a_clean_account("database locked for 10 s", &summary, &plant, &path);
    have_fired(&books, 1..=TRAYS as u32);
}

/// A disk that is full while it is said so: the database takes nothing, and neither does the spill file, which
/// `/dev/full` stands in for.
#[cfg(target_os = "linux")]
struct FullDisk {
    full: Arc<AtomicBool>,
    disk: rusqlite::Connection,
}

#[cfg(target_os = "linux")]
impl Sink for FullDisk {
    fn store(&mut self, records: &[Arc<Record>]) -> Result<(), StoreError> {
        if self.full.load(Ordering::SeqCst) {
            let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
            return Err(rusqlite::Error::SqliteFailure(code, None).into());
        }
        self.disk.store(records)
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_disarms_the_line_and_every_tray_has_its_row_when_there_is_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    drop(StoreWriter::open(&path, WriterParams::default()).unwrap());
    let full = Arc::new(AtomicBool::new(false));
    let sink = FullDisk {
        full: Arc::clone(&full),
        disk: rusqlite::Connection::open(&path).unwrap(),
    };
    let store = StoreWriter::start(&path, sink, WriterParams::default()).unwrap();
    let (_, journal) = Journal::open(&path).unwrap();
    let (trays, plant) = (40, super::plant(40));
    let mut before = 0;
    let summary = std::thread::scope(|scope| {
        let line = scope.spawn(|| run_into(store, journal, &plant, trays));
        wait_until(|| plant.lock().trays() >= 10);
        // A file that was spilled before must not lie where the full disk's is to be.
        let put_full = || std::os::unix::fs::symlink("/dev/full", spill_path(&path)).is_ok();
        wait_until(put_full);
        full.store(true, Ordering::SeqCst);
        wait_until(|| plant.lock().alarm() == 4);
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(plant.lock().alarm(), 4, "it stays so");
        assert!(!plant.lock().vision().is_armed());
        before = plant.lock().trays();
        std::fs::remove_file(spill_path(&path)).unwrap();
        full.store(false, Ordering::SeqCst);
        wait_until(|| plant.lock().vision().is_armed());
        assert_eq!(plant.lock().alarm(), 0);
        line.join().unwrap()
    });
    assert_eq!(summary.trays, trays);
    let books = has_a_clean_account("disk full", &summary, &plant, &path);
    have_fired(&books, before as u32 + 1..=trays as u32);
}
