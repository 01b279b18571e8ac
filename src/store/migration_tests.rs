//! Stores of every older version, kept as they were written, brought up to date.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::schema::STORE_VERSION;
use super::{
    CorrectionFilter, MoveBound, StatementWriter, StoreError, StoreReader, StoreWriter, TrayFilter,
    WriterParams, back_up, compact,
};

/// A copy of the store that a seedgrade of that time wrote: `demo`, seven trays.
fn older(version: i64, folder: &Path) -> PathBuf {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(format!("tests/fixtures/stores/version-{version}.db"));
    let path = folder.join("store.db");
    std::fs::copy(kept, &path).unwrap();
    path
}

fn version_of(path: &Path) -> i64 {
    Connection::open(path)
        .unwrap()
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap()
}

/// Every stored value of the tables that the first version had.
fn judgements(path: &Path) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let mut values = Vec::new();
    for table in ["trays", "events", "commands"] {
        let mut statement = connection
            .prepare(&format!("SELECT * FROM {table} ORDER BY id"))
            .unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            values.extend((0..columns).map(|i| format!("{:?}", row.get_ref_unwrap(i))));
        }
    }
    values
}

#[test]
fn every_older_store_opens_with_all_that_it_held() {
    for version in 1..STORE_VERSION {
        for open in [
            |path: &Path| compact(path, Duration::from_secs(1)).map(drop),
            |path: &Path| StoreWriter::open(path, WriterParams::default()).map(drop),
            |path: &Path| StatementWriter::open(path, Duration::from_secs(1)).map(drop),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = older(version, folder.path());
            let before = judgements(&path);
            assert_eq!(version_of(&path), version);
            open(&path).unwrap();
            assert_eq!(version_of(&path), STORE_VERSION);
            assert_eq!(judgements(&path), before);
            let reader = StoreReader::open(&path).unwrap();
            let trays = reader.trays(&TrayFilter::default()).unwrap();
            assert_eq!(trays.len(), 7);
            for tray in &trays {
                let report = reader.report(tray.id).unwrap();
                assert_eq!(report.facts.tray_uid, tray.uid);
            }
            assert!(
                reader
                    .corrections(&CorrectionFilter::default())
                    .unwrap()
                    .is_empty()
            );
            assert_eq!(reader.lots().unwrap().len(), lots_in(version));
            assert_eq!(reader.last_job_order().unwrap(), None);
            assert_eq!(reader.lot_sizes("demo").unwrap(), []);
            let moves = reader.moves_of_lot("demo", MoveBound::ALL).unwrap();
            assert_eq!(moves, []);
            let tallies = reader.tallies(None).unwrap();
            assert_eq!(tallies, reader.tallies_recomputed().unwrap());
            let graded: u64 = tallies.iter().map(|(_, t)| t.trays.graded).sum();
            assert_eq!(graded, 6);
        }
    }
}

/// `demo` says since version 3 what it grades as.
fn lots_in(version: i64) -> usize {
    usize::from(version >= 3)
}

#[test]
fn reading_an_older_store_gives_what_it_holds_or_says_what_it_needs_and_alters_nothing() {
    for version in 1..STORE_VERSION {
        let folder = tempfile::tempdir().unwrap();
        let path = older(version, folder.path());
        let before = std::fs::read(&path).unwrap();
        match StoreReader::open(&path) {
            Ok(reader) => {
                assert!(version >= 3);
                let trays = reader.trays(&TrayFilter::default()).unwrap();
                assert_eq!(trays.len(), 7);
                for tray in &trays {
                    assert_eq!(reader.report(tray.id).unwrap().facts.tray_uid, tray.uid);
                }
                let tallies = reader.tallies(None).unwrap();
                assert_eq!(tallies, reader.tallies_recomputed().unwrap());
                assert_eq!(reader.lots().unwrap().len(), lots_in(version));
                assert_eq!(reader.lot_sizes("demo").unwrap(), []);
                assert_eq!(reader.last_rows().unwrap().lot_size, 0);
                assert_eq!(reader.row_bound().unwrap().plug_move, 0);
                let moves = reader.moves_of_lot("demo", MoveBound::ALL).unwrap();
                assert_eq!(moves, []);
            }
            Err(error @ StoreError::Older { .. }) => {
                assert!(version < 3);
                let said = error.to_string();
                for part in ["store.db is of version", "expected 3", "store compact"] {
                    assert!(said.contains(part), "{said}");
                }
            }
            Err(error) => panic!("{error}"),
        }
        assert_eq!(std::fs::read(&path).unwrap(), before, "version {version}");
    }
}

#[test]
fn a_copy_of_an_older_store_is_of_its_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = older(1, folder.path());
    let copy = folder.path().join("copy.db");
    back_up(&path, &copy).unwrap();
    assert_eq!((version_of(&path), version_of(&copy)), (1, 1));
    assert_eq!(judgements(&copy), judgements(&path));
}
