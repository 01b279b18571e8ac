//! Whether a store is whole, a copy of it while it is written, and the room that it gives back.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use serde::Serialize;

use super::{StoreError, StoreReader, intake, roll_ups, schema, spill};

/// What looking through a store found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Health {
    /// Trays that were read and unpacked.
    pub trays: u64,
    /// Records in the spill file: the line takes them in when the store takes records again, or the next writer does.
    pub waiting: u64,
    /// What is wrong, a sentence each; empty when nothing is.
    pub faults: Vec<String>,
}

/// How long a copy waits while the store is being checkpointed.
const WAIT_FOR_LOCK: Duration = Duration::from_secs(2);
/// Faults of one kind that are named.
const MOST_NAMED: usize = 20;

/// Looks through a store: SQLite's own check, every judgement unpacked and compared with its digest's uid, and the
/// roll-ups against the trays.
///
/// # Errors
/// No store, or SQLite cannot go on reading.
pub fn check(path: &Path) -> Result<Health, StoreError> {
    let reader = StoreReader::open(path)?;
    let connection = &reader.connection;
    let mut health = Health {
        waiting: spill::waiting(path)?,
        ..Health::default()
    };
    health.faults.extend(damaged_pages(connection)?);
    check_trays(connection, &mut health)?;
    if health.faults.is_empty()
        && roll_ups::kept(connection, None)? != roll_ups::recomputed(connection)?
    {
        let said = "roll-ups: expected the sums of the stored trays, found others; `store compact` makes them anew";
        health.faults.push(said.to_owned());
    }
    Ok(health)
}

fn damaged_pages(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut faults = Vec::new();
    for pragma in ["integrity_check(20)", "foreign_key_check"] {
        let mut statement = connection.prepare(&format!("PRAGMA {pragma}"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let said: String = row.get(0)?;
            if said != "ok" {
                faults.push(format!("{pragma}: {said}"));
            }
        }
    }
    Ok(faults)
}

fn check_trays(connection: &Connection, health: &mut Health) -> Result<(), StoreError> {
    let mut statement = connection
        .prepare("SELECT id, uid, report, cells, status, blank FROM trays ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, uid): (i64, String) = (row.get(0)?, row.get(1)?);
        let (head, cells): (String, Vec<u8>) = (row.get(2)?, row.get(3)?);
        let (status, blank): (String, Option<i64>) = (row.get(4)?, row.get(5)?);
        health.trays += 1;
        let fault = match intake::unite(&head, &cells) {
            Err(error) => Some(error.to_string()),
            Ok(report) => {
                let blanks = report
                    .cells
                    .iter()
                    .filter(|cell| cell.verdict == "blank")
                    .count();
                let same = report.facts.tray_uid == uid
                    && intake::status_word(report.status) == status
                    && blank.is_none_or(|blank| blank == blanks as i64);
                (!same).then(|| "its columns and its report differ".to_owned())
            }
        };
        if let Some(fault) = fault.filter(|_| health.faults.len() < MOST_NAMED) {
            health
                .faults
                .push(format!("tray number {id} ({uid}): {fault}"));
        }
    }
    Ok(())
}

/// Copies a store as it is at one moment, of its own version, while the line may go on writing it. The copy appears whole, or not at all.
///
/// # Errors
/// No store, a copy that is there already, or a place that cannot be written.
pub fn back_up(path: &Path, copy: &Path) -> Result<(), StoreError> {
    let (connection, _) = schema::open_as_it_is(path, WAIT_FOR_LOCK)?;
    let cannot = |source| StoreError::Copy {
        path: copy.to_owned(),
        source,
    };
    if copy.exists() {
        return Err(cannot(std::io::ErrorKind::AlreadyExists.into()));
    }
    let folder = copy
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let beside = tempfile::Builder::new()
        .prefix(".seedgrade-backup-")
        .tempdir_in(folder.unwrap_or(Path::new(".")))
        .map_err(cannot)?;
    let part = beside.path().join("store.db");
    let place = part.to_string_lossy();
    connection.execute("VACUUM INTO ?1", [place.as_ref()])?;
    // What could not be read again is no copy.
    schema::open_as_it_is(&part, WAIT_FOR_LOCK)?;
    File::open(&part)
        .and_then(|file| file.sync_all())
        .map_err(cannot)?;
    // Not over a file that came meanwhile.
    std::fs::hard_link(&part, copy)
        .or_else(|_| std::fs::rename(&part, copy))
        .map_err(cannot)
}

/// The bytes of a store before and after [`compact`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Compacted {
    /// Before.
    pub bytes_before: u64,
    /// After.
    pub bytes_after: u64,
}

/// Brings an older store up to date, makes the roll-ups anew from the trays, and gives room that the store no longer needs back to the disk. Waits for its
/// turn for as long as `wait`.
///
/// # Errors
/// No store, one that is being written all the time, or no room for a second copy of it.
pub fn compact(path: &Path, wait: Duration) -> Result<Compacted, StoreError> {
    if !path.exists() {
        return Err(StoreError::Missing {
            path: path.to_owned(),
        });
    }
    let bytes_before = bytes_of(path);
    let mut connection = schema::open_for_writing(path, wait)?;
    let change = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    roll_ups::make_anew(&change)?;
    change.commit()?;
    connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")?;
    drop(connection);
    Ok(Compacted {
        bytes_before,
        bytes_after: bytes_of(path),
    })
}

/// The store and its write-ahead log.
fn bytes_of(path: &Path) -> u64 {
    let log = PathBuf::from(format!("{}-wal", path.display()));
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |facts| facts.len());
    size(path) + size(&log)
}

#[cfg(test)]
#[path = "health_tests.rs"]
mod tests;
