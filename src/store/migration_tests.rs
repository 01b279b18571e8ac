//! Stores of every older version, kept as they were written, brought up to date.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::schema::STORE_VERSION;
use super::{
    CorrectionFilter, StatementWriter, StoreError, StoreReader, StoreWriter, TrayFilter,
    WriterParams,
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
            |path: &Path| StoreReader::open(path).map(drop),
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
            // the demo says its lot since version 3
            let lots = usize::from(version >= 3);
            assert_eq!(reader.lots().unwrap().len(), lots);
            assert_eq!(reader.last_job_order().unwrap(), None);
            let tallies = reader.tallies(None).unwrap();
            assert_eq!(tallies, reader.tallies_recomputed().unwrap());
            let graded: u64 = tallies.iter().map(|(_, t)| t.trays.graded).sum();
            assert_eq!(graded, 6);
        }
    }
}

#[cfg(unix)]
#[test]
fn an_older_store_that_cannot_be_written_says_what_it_needs() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = older(1, folder.path());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
    match StoreReader::open(&path) {
        Err(error @ StoreError::Older { .. }) => {
            assert!(
                error.to_string().contains("is of version 1: expected 4"),
                "{error}"
            );
        }
        // Root writes anywhere.
        Ok(_) => assert_eq!(version_of(&path), STORE_VERSION),
        Err(error) => panic!("{error}"),
    }
}
