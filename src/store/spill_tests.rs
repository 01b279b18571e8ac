//! What was spilled comes into the store: in order, once, whatever happens in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rusqlite::Connection;

use super::SpillIntake;
use crate::store::writer::tests::{
    event, full, holds_in_order, locked_by_another, small, stored, tray, wait_until,
};
use crate::store::{Record, Sink, StoreError, StoreWriter, spill_path};

#[test]
fn what_was_spilled_is_in_the_store_before_what_came_after_it_and_then_nothing_is_spilled_any_more()
{
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let (writer, other) = locked_by_another(&path);
    for sequence in 0..40 {
        writer.write(tray(sequence));
    }
    wait_until(|| writer.counters().spilled == 40);
    other.execute_batch("COMMIT").unwrap();
    // new ones come while the others are taken in
    for sequence in 40..60 {
        writer.write(tray(sequence));
        std::thread::sleep(Duration::from_millis(2));
    }
    wait_until(|| {
        let counters = writer.counters();
        counters.written + counters.spilled == 60 && counters.taken_in == counters.spilled
    });
    wait_until(|| !spill_path(&path).exists());
    let straight = writer.counters().written;
    wait_until(|| {
        writer.write(event(&format!("{:?}", std::time::Instant::now())));
        std::thread::sleep(Duration::from_millis(20));
        writer.counters().written > straight
    });
    assert_eq!(writer.close().lost, 0);
    holds_in_order(&path, 60);
}

#[test]
fn a_store_that_stays_locked_leaves_what_was_spilled_to_the_next_opening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let (writer, other) = locked_by_another(&path);
    for sequence in 0..50 {
        writer.write(tray(sequence));
    }
    let counters = writer.close();
    assert_eq!((counters.spilled, counters.taken_in), (50, 0));
    other.execute_batch("COMMIT").unwrap();
    let writer = StoreWriter::open(&path, small()).unwrap();
    assert_eq!(writer.taken_in(), 50);
    drop(writer);
    holds_in_order(&path, 50);
    assert!(!spill_path(&path).exists());
}

/// A store whose process is killed after so many batches: the last one is on the disk, and nobody heard of it.
struct Killed {
    disk: Connection,
    batches: usize,
}

impl Sink for Killed {
    fn store(&mut self, records: &[Arc<Record>]) -> Result<(), StoreError> {
        if self.batches == 0 {
            return Err(full());
        }
        self.batches -= 1;
        self.disk.store(records)?;
        if self.batches == 0 {
            Err(full())
        } else {
            Ok(())
        }
    }
}

#[test]
fn a_line_killed_while_it_takes_in_stores_every_record_once_with_the_next_opening() {
    let line = |sequence| serde_json::to_string(&tray(sequence)).unwrap();
    let lines: Vec<_> = (0..50).map(line).collect();
    for batches in 1..=4 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        drop(StoreWriter::open(&path, small()).unwrap());
        std::fs::write(spill_path(&path), lines.join("\n")).unwrap();
        let disk = Connection::open(&path).unwrap();
        let mut killed = Killed { disk, batches };
        let mut intake = SpillIntake::of(&path);
        for _ in 1..batches {
            assert!(intake.step(&mut killed).unwrap().is_none());
        }
        assert!(intake.step(&mut killed).is_err());
        assert!(spill_path(&path).exists());
        drop(StoreWriter::open(&path, small()).unwrap());
        holds_in_order(&path, 50);
        assert!(!spill_path(&path).exists());
    }
}

#[test]
fn another_file_that_took_the_place_of_one_half_taken_in_is_taken_in_from_its_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(StoreWriter::open(&path, small()).unwrap());
    let lines = |sequences: std::ops::Range<usize>| {
        let lines: Vec<_> = sequences
            .map(|sequence| serde_json::to_string(&tray(sequence)).unwrap())
            .collect();
        lines.join("\n")
    };
    std::fs::write(spill_path(&path), lines(0..20)).unwrap();
    let mut disk = Connection::open(&path).unwrap();
    let mut intake = SpillIntake::of(&path);
    assert!(intake.step(&mut disk).unwrap().is_none());
    // another process takes the file in, and this one spills again
    drop(StoreWriter::open(&path, small()).unwrap());
    std::fs::write(spill_path(&path), lines(20..60)).unwrap();
    while intake.step(&mut disk).unwrap().is_none() {}
    holds_in_order(&path, 60);
}

/// A store that takes no event.
struct WithoutEvents {
    disk: Connection,
    refused: Arc<AtomicUsize>,
}

impl Sink for WithoutEvents {
    fn store(&mut self, records: &[Arc<Record>]) -> Result<(), StoreError> {
        if records.iter().any(|r| matches!(**r, Record::Event(_))) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return Err(StoreError::Statement("an event".to_owned()));
        }
        self.disk.store(records)
    }
}

#[test]
fn a_record_that_no_store_takes_is_put_aside_and_keeps_no_other_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(StoreWriter::open(&path, small()).unwrap());
    let refused = Arc::new(AtomicUsize::new(0));
    let sink = WithoutEvents {
        disk: Connection::open(&path).unwrap(),
        refused: Arc::clone(&refused),
    };
    let writer = StoreWriter::start(&path, sink, small()).unwrap();
    writer.write(event("armed"));
    for sequence in 0..20 {
        writer.write(tray(sequence));
    }
    let counters = writer.close();
    assert_eq!(
        (counters.lost, counters.written + counters.taken_in),
        (0, 20)
    );
    assert!(refused.load(Ordering::SeqCst) > 0);
    holds_in_order(&path, 20);
    let aside = std::fs::read_to_string(folder.path().join("store.db.spill.damaged")).unwrap();
    assert_eq!(
        serde_json::from_str::<Record>(&aside).unwrap(),
        event("armed")
    );
}

#[test]
fn a_store_that_is_well_again_is_written_though_no_spill_file_can_be_made() {
    /// Takes nothing once.
    struct Once {
        disk: Connection,
        refused: bool,
    }
    impl Sink for Once {
        fn store(&mut self, records: &[Arc<Record>]) -> Result<(), StoreError> {
            if std::mem::replace(&mut self.refused, true) {
                return self.disk.store(records);
            }
            Err(full())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(StoreWriter::open(&path, small()).unwrap());
    // what was made by another user: a folder stands in, since root writes any file
    std::fs::create_dir(folder.path().join("store.db.spill.lock")).unwrap();
    let disk = Connection::open(&path).unwrap();
    let sink = Once {
        disk,
        refused: false,
    };
    let writer = StoreWriter::start(&path, sink, small()).unwrap();
    for sequence in 0..20 {
        writer.write(tray(sequence));
    }
    wait_until(|| writer.counters().written == 20);
    assert!(!writer.is_failing());
    drop(writer);
    holds_in_order(&path, 20);
}

#[test]
fn a_line_torn_by_a_crash_is_kept_and_the_others_are_taken_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let whole = serde_json::to_string(&tray(1)).unwrap();
    let text = format!("{whole}\n{whole}\n{}", &whole[..whole.len() / 2]);
    std::fs::write(spill_path(&path), text).unwrap();
    let writer = StoreWriter::open(&path, small()).unwrap();
    assert_eq!((writer.taken_in(), writer.damaged()), (2, 1));
    drop(writer);
    assert_eq!(stored(&path), 1);
    assert!(folder.path().join("store.db.spill.damaged").exists());
}
