//! A store that is whole, one that is damaged, a copy while the line writes.

use std::path::{Path, PathBuf};

use super::*;
use crate::evaluate::samples;
use crate::store::{Record, StoreWriter, TrayFilter, TrayRecord, WriterParams, spill_path};

fn tray(sequence: usize) -> Record {
    let mut report = samples::graded(2, 7, 140.0, 40.0);
    report.facts.tray_uid = format!("base1/line1/2026-11-24/{sequence:06}");
    Record::Tray(Box::new(TrayRecord {
        received_at: "2026-11-24T08:00:01.000Z".to_owned(),
        report,
    }))
}

fn store_of(folder: &Path, trays: usize) -> PathBuf {
    let path = folder.join("store.db");
    let writer = StoreWriter::open(&path, WriterParams::default()).unwrap();
    for sequence in 0..trays {
        writer.write(tray(sequence));
    }
    assert_eq!(writer.close().written, trays as u64);
    path
}

#[test]
fn a_sound_store_has_no_faults_and_says_what_waits() {
    let folder = tempfile::tempdir().unwrap();
    let path = store_of(folder.path(), 5);
    let line = serde_json::to_string(&tray(9)).unwrap();
    std::fs::write(spill_path(&path), format!("\n{line}\n\n{line}\n")).unwrap();
    let health = check(&path).unwrap();
    assert_eq!((health.trays, health.waiting), (5, 2));
    assert!(health.faults.is_empty(), "{health:?}");
}

#[test]
fn altered_rows_and_sums_are_found_and_sums_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = store_of(folder.path(), 5);
    let hand = Connection::open(&path).unwrap();
    hand.execute("UPDATE roll_ups SET blank = blank + 1", [])
        .unwrap();
    let health = check(&path).unwrap();
    assert!(
        health.faults.len() == 1 && health.faults[0].starts_with("roll-ups"),
        "{health:?}"
    );
    drop(hand);
    compact(&path, Duration::from_secs(1)).unwrap();
    assert!(check(&path).unwrap().faults.is_empty());

    let hand = Connection::open(&path).unwrap();
    hand.execute_batch(
        "DROP TRIGGER trays_keep_values; UPDATE trays SET uid = 'another' WHERE id = 2;
        UPDATE trays SET cells = x'02ff' WHERE id = 3",
    )
    .unwrap();
    let faults = check(&path).unwrap().faults;
    assert!(faults.iter().any(|f| f.contains("number 2")), "{faults:?}");
    assert!(faults.iter().any(|f| f.contains("number 3")), "{faults:?}");
}

#[test]
fn a_file_with_damaged_pages_is_never_called_sound() {
    let folder = tempfile::tempdir().unwrap();
    let path = store_of(folder.path(), 40);
    let sound = std::fs::read(&path).unwrap();
    for page in 1..sound.len() / 4096 {
        let mut bytes = sound.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0x5a);
        std::fs::write(&path, &bytes).unwrap();
        if let Ok(health) = check(&path) {
            assert!(!health.faults.is_empty(), "page {page}");
        }
    }
}

#[test]
fn a_copy_is_whole_while_the_line_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = store_of(folder.path(), 20);
    let line = StoreWriter::open(&path, WriterParams::default()).unwrap();
    for sequence in 20..120 {
        line.write(tray(sequence));
    }
    let copy = folder.path().join("copy.db");
    back_up(&path, &copy).unwrap();
    drop(line);
    let trays = StoreReader::open(&copy)
        .unwrap()
        .trays(&TrayFilter::default())
        .unwrap();
    assert!((20..=120).contains(&trays.len()));
    assert!(check(&copy).unwrap().faults.is_empty());
    let error = back_up(&path, &copy).unwrap_err();
    assert!(error.to_string().contains("copy.db"), "{error}");
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .flatten()
        .map(|e| e.file_name())
        .collect();
    assert!(
        left.iter()
            .all(|name| !name.to_string_lossy().starts_with(".seedgrade")),
        "{left:?}"
    );
}
