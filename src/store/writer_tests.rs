//! The writer under a healthy, a locked, a slow and a broken disk.

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use rusqlite::Connection;

use crate::evaluate::samples;
use crate::store::{
    CommandRecord, EventRecord, Record, Sink, StoreCounters, StoreError, StoreReader, StoreWriter,
    TrayFilter, TrayRecord, WriterParams, spill, spill_path,
};

pub(in crate::store) fn tray(sequence: usize) -> Record {
    let mut report = samples::graded(2, 7, 0.1 + 0.2, 200.0 / 3.0);
    report.facts.tray_uid = format!("base1/line1/2026-11-24/{sequence:06}");
    Record::Tray(Box::new(TrayRecord {
        received_at: "2026-11-24T08:00:01.000Z".to_owned(),
        report,
    }))
}

pub(in crate::store) fn event(message: &str) -> Record {
    Record::Event(EventRecord {
        at: "2026-11-24T08:00:00.000Z".to_owned(),
        kind: "armed".to_owned(),
        message: message.to_owned(),
        detail: Some(serde_json::json!({"job": 7})),
    })
}

fn command(trigger: u32) -> Record {
    Record::Command(CommandRecord {
        at: "2026-11-24T08:00:02.000Z".to_owned(),
        trigger,
        tray_uid: None,
        sequence: Some(3),
        job: Some(7),
        gate: Some(1),
        fire_at: Some(u32::MAX),
        outcome: "fired".to_owned(),
        reason: None,
    })
}

/// Few records wait, and those for as long as they must: a busy machine has nothing spilled.
pub(in crate::store) fn small() -> WriterParams {
    WriterParams {
        queue: 4,
        wait_for_store: Duration::from_mins(1),
        spill_queue: 1000,
        wait_for_lock: Duration::from_millis(30),
    }
}

pub(in crate::store) fn stored(path: &Path) -> usize {
    uids(path).len()
}

/// The names of the trays, in the order in which they were stored.
fn uids(path: &Path) -> Vec<String> {
    let reader = StoreReader::open(path).unwrap();
    let trays = reader.trays(&TrayFilter::default()).unwrap();
    trays.into_iter().map(|tray| tray.uid).collect()
}

/// Trays `0..count` are in the store, each once and in the order in which they were handed over.
#[track_caller]
pub(in crate::store) fn holds_in_order(path: &Path, count: usize) {
    let expected: Vec<_> = (0..count)
        .map(|sequence| format!("base1/line1/2026-11-24/{sequence:06}"))
        .collect();
    assert_eq!(uids(path), expected);
}

pub(in crate::store) fn full() -> StoreError {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
    StoreError::Sqlite(rusqlite::Error::SqliteFailure(code, None))
}

pub(in crate::store) fn wait_until(mut done: impl FnMut() -> bool) {
    while !done() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_report_comes_back_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let mut graded = samples::graded(10, 20, 1234.5 / 7.0, 0.1 + 0.2);
    graded.facts.source = "tray 'x'; DROP TABLE trays --.jpg".to_owned();
    graded.facts.encoder = Some(u32::MAX);
    graded.px_per_pitch = Some(f64::MIN_POSITIVE);
    graded.cells[0].occupied = 1.0 / 3.0;
    graded.cells[1].chlorotic = -0.0;
    let refused = samples::refused("too dark");
    let writer = StoreWriter::open(&path, small()).unwrap();
    for report in [&graded, &refused] {
        writer.write(Record::Tray(Box::new(TrayRecord {
            received_at: "2026-11-24T08:00:01.000Z".to_owned(),
            report: report.clone(),
        })));
    }
    writer.write(event("armed"));
    writer.write(command(1));
    let counters = StoreCounters {
        written: 4,
        ..StoreCounters::default()
    };
    assert_eq!(writer.close(), counters);

    let reader = StoreReader::open(&path).unwrap();
    assert_eq!(reader.counts().unwrap(), (2, 1, 1));
    let (events, commands) = (reader.events(0, 9).unwrap(), reader.commands(0, 9).unwrap());
    assert_eq!(Record::Event(events[0].1.clone()), event("armed"));
    assert_eq!(Record::Command(commands[0].1.clone()), command(1));
    let listed = reader.trays(&TrayFilter::default()).unwrap();
    for (line, written) in listed.iter().zip([&graded, &refused]) {
        let read = reader.report(line.id).unwrap();
        assert_eq!(&read, written);
        let text = |report| serde_json::to_string(report).unwrap();
        assert_eq!(text(&read), text(written));
    }
    assert!(matches!(reader.report(99), Err(StoreError::NoTray(99))));
    let only = TrayFilter {
        status: Some("refused".to_owned()),
        ..TrayFilter::default()
    };
    assert_eq!(
        reader.trays(&only).unwrap()[0].reason.as_deref(),
        Some("too dark")
    );
    let rest = TrayFilter {
        after: Some(listed[0].id),
        limit: Some(5),
        ..TrayFilter::default()
    };
    assert_eq!(reader.trays(&rest).unwrap().len(), 1);
}

#[test]
fn the_same_judgement_is_stored_once_and_another_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let writer = StoreWriter::open(&path, small()).unwrap();
    writer.write(tray(1));
    let Record::Tray(mut again) = tray(1) else {
        unreachable!()
    };
    again.report.timing_ms = None;
    again.received_at = "2026-11-25T08:00:00.000Z".to_owned();
    writer.write(Record::Tray(again.clone()));
    again.report.evidence.standard = "vegetable-plug@2".to_owned();
    writer.write(Record::Tray(again));
    assert_eq!(writer.close().written, 3);
    assert_eq!(stored(&path), 2);
}

/// A writer, and another program that holds its store until it commits.
pub(in crate::store) fn locked_by_another(path: &Path) -> (StoreWriter, Connection) {
    let writer = StoreWriter::open(path, small()).unwrap();
    let other = Connection::open(path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    (writer, other)
}

#[test]
fn a_lock_held_by_another_connection_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let (writer, other) = locked_by_another(&path);
    for sequence in 0..50 {
        writer.write(tray(sequence));
    }
    writer.write(event("locked"));
    let complaint = |writer: &StoreWriter| writer.complaint().unwrap_or_default();
    wait_until(|| !complaint(&writer).is_empty());
    assert!(
        complaint(&writer).contains("locked"),
        "{}",
        complaint(&writer)
    );
    other.execute_batch("COMMIT").unwrap();
    let counters = writer.close();
    assert_eq!(counters.lost, 0);
    assert!(counters.spilled > 0);
    assert_eq!(counters.written + counters.spilled, 51);
    assert_eq!(counters.taken_in, counters.spilled);
    holds_in_order(&path, 50);
    assert!(!spill_path(&path).exists());
}

/// A disk that takes nothing until it is told to go on.
struct Stalled {
    go_on: mpsc::Receiver<()>,
    disk: Connection,
}

impl Sink for Stalled {
    fn store(&mut self, records: &[Arc<Record>]) -> Result<(), StoreError> {
        let _ = self.go_on.recv();
        self.disk.store(records)
    }
}

#[test]
fn a_stalled_disk_neither_delays_the_caller_nor_loses_a_tray() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(StoreWriter::open(&path, small()).unwrap());
    let (resume, go_on) = mpsc::channel();
    let disk = Connection::open(&path).unwrap();
    let writer = StoreWriter::start(&path, Stalled { go_on, disk }, small()).unwrap();
    for sequence in 0..100 {
        writer.write(tray(sequence)); // Would never return if it waited for the disk.
    }
    wait_until(|| writer.counters().spilled >= 90);
    assert_eq!(writer.counters().written, 0);
    drop(resume);
    let counters = writer.close();
    assert_eq!(
        (counters.lost, counters.written + counters.spilled),
        (0, 100)
    );
    assert_eq!(counters.taken_in, counters.spilled);
    holds_in_order(&path, 100);
}

#[test]
fn what_waits_for_a_busy_store_is_on_the_disk_before_a_second_tray_comes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(StoreWriter::open(&path, small()).unwrap());
    let (resume, go_on) = mpsc::channel();
    let disk = Connection::open(&path).unwrap();
    let shipped = WriterParams::default();
    let writer = StoreWriter::start(&path, Stalled { go_on, disk }, shipped).unwrap();
    writer.write(tray(0));
    // Not one of many that wait: the store is slow, and that is all.
    wait_until(|| writer.counters().spilled == 1);
    for sequence in 1..4 {
        writer.write(tray(sequence));
    }
    wait_until(|| writer.counters().spilled == 4);
    // Whoever is killed now leaves this file; the next opening finds all of them in it.
    assert_eq!(spill::waiting(&path).unwrap(), 4);
    assert_eq!(stored(&path), 0);
    drop(resume);
    assert_eq!(writer.close().lost, 0);
    holds_in_order(&path, 4);
}

#[test]
fn a_store_that_is_quick_enough_has_nothing_spilled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let patient = WriterParams {
        queue: 1000,
        ..small()
    };
    let writer = StoreWriter::open(&path, patient).unwrap();
    for sequence in 0..20 {
        writer.write(tray(sequence));
        wait_until(|| writer.counters().written == sequence as u64 + 1);
    }
    assert_eq!(writer.close().spilled, 0);
}

#[test]
fn what_even_the_spill_file_refuses_is_counted_as_lost() {
    struct Broken;
    impl Sink for Broken {
        fn store(&mut self, _: &[Arc<Record>]) -> Result<(), StoreError> {
            Err(full())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gone").join("store.db");
    let writer = StoreWriter::start(&path, Broken, small()).unwrap();
    writer.write(tray(0));
    assert_eq!(
        writer.close(),
        StoreCounters {
            lost: 1,
            ..StoreCounters::default()
        }
    );
}

/// `/dev/full` takes nothing, as a full disk does.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_keeps_records_waiting_until_it_has_room() {
    struct Full;
    impl Sink for Full {
        fn store(&mut self, _: &[Arc<Record>]) -> Result<(), StoreError> {
            Err(full())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    std::os::unix::fs::symlink("/dev/full", spill_path(&path)).unwrap();
    let writer = StoreWriter::start(&path, Full, small()).unwrap();
    for sequence in 0..50 {
        writer.write(tray(sequence));
    }
    wait_until(|| writer.is_failing());
    assert_eq!(writer.counters(), StoreCounters::default(), "all wait");
    std::fs::remove_file(spill_path(&path)).unwrap();
    wait_until(|| !writer.is_failing());
    let counters = writer.close();
    assert_eq!((counters.spilled, counters.lost), (50, 0));
    assert_eq!(StoreWriter::open(&path, small()).unwrap().taken_in(), 50);
}

#[test]
fn a_number_that_json_cannot_hold_is_counted_as_lost_not_stored_as_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let writer = StoreWriter::open(&path, small()).unwrap();
    let Record::Tray(mut bad) = tray(1) else {
        unreachable!()
    };
    bad.report.cells[0].area_mm2 = Some(f64::NAN);
    writer.write(Record::Tray(bad));
    let refused = StoreCounters {
        lost: 1,
        ..StoreCounters::default()
    };
    assert_eq!(writer.close(), refused);
}
