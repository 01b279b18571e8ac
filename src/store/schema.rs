//! The store's tables and how an older store becomes a current one.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{StoreError, roll_ups};

/// The version that this program writes.
pub const STORE_VERSION: i64 = MIGRATIONS.len() as i64;
/// The oldest version that is read as it is: what came since is nothing that readers ask for.
const READ_FROM: i64 = 3;
/// The version whose sums are those of today.
const SUMS_SINCE: i64 = 3;
/// Pages that a writer keeps in memory, KiB: digests come at random, and their index is looked up for every tray.
const CACHE_KIB: i64 = 16 << 10;
/// Marks the file as seedgrade's in SQLite's header: "SGDT".
const APPLICATION_ID: i64 = 0x5347_4454;

/// A step from its index in [`MIGRATIONS`] to the next version.
struct Migration {
    tables: &'static str,
    /// Those of its tables whose rows are never altered; the first version's have their triggers in its text.
    append_only: &'static [&'static str],
}

const MIGRATIONS: [Migration; 5] = [
    Migration {
        tables: include_str!("schema_1.sql"),
        append_only: &[],
    },
    Migration {
        tables: include_str!("schema_2.sql"),
        append_only: &[
            "jobs",
            "lots",
            "standards",
            "nets",
            "calibrations",
            "corrections",
            "regradings",
            "hand_measurements",
            "pictures",
            "picture_removals",
        ],
    },
    Migration {
        tables: include_str!("schema_3.sql"),
        append_only: &["deliveries"],
    },
    Migration {
        tables: include_str!("schema_4.sql"),
        append_only: &["job_orders", "trolley_cards", "lot_consents"],
    },
    Migration {
        tables: include_str!("schema_5.sql"),
        append_only: &["lot_sizes", "moves", "moves_taken_back"],
    },
];

/// Refuses what would alter a table's rows. REPLACE deletes without firing DELETE triggers, so inserting over a row is
/// refused too; the same content is there already.
fn append_only_triggers(table: &str) -> String {
    let refuse = format!("BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END;");
    format!(
        "CREATE TRIGGER {table}_keep_rows BEFORE DELETE ON {table} {refuse}
         CREATE TRIGGER {table}_keep_values BEFORE UPDATE ON {table} {refuse}
         CREATE TRIGGER {table}_keep_places BEFORE INSERT ON {table}
         WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) {refuse}
         CREATE TRIGGER {table}_keep_first BEFORE INSERT ON {table}
         WHEN EXISTS (SELECT 1 FROM {table} WHERE digest = NEW.digest AND id <> NEW.id)
         BEGIN SELECT RAISE(IGNORE); END;"
    )
}

/// Opens a store for writing; a new or empty file becomes one, an older one is brought up to date.
pub(super) fn open_for_writing(
    path: &Path,
    wait_for_lock: Duration,
) -> Result<Connection, StoreError> {
    let cannot = |source| StoreError::Open {
        path: path.to_owned(),
        source,
    };
    let mut connection = Connection::open(path).map_err(cannot)?;
    connection.busy_timeout(wait_for_lock).map_err(cannot)?;
    let version = check(&connection, path, true)?;
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .map_err(cannot)?;
    // A tray takes seconds to pass: there is time to have each commit on the disk.
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(cannot)?;
    connection
        .pragma_update(None, "cache_size", -CACHE_KIB)
        .map_err(cannot)?;
    connection
        .pragma_update(None, "foreign_keys", true)
        .map_err(cannot)?;
    if version < STORE_VERSION {
        migrate(&mut connection, version).map_err(|error| match error {
            StoreError::Sqlite(source) => cannot(source),
            other => other,
        })?;
    }
    Ok(connection)
}

/// Opens a store for reading only: nothing of it is altered, whatever its version. An older one that cannot be read as it is
/// is refused: whoever writes it next brings it up to date, and a line of that time may be writing it now.
pub(super) fn open_for_reading(
    path: &Path,
    wait_for_lock: Duration,
) -> Result<Connection, StoreError> {
    let (connection, version) = open_as_it_is(path, wait_for_lock)?;
    if version < READ_FROM {
        return Err(StoreError::Older {
            path: path.to_owned(),
            found: version,
            expected: READ_FROM,
        });
    }
    Ok(connection)
}

/// Opens a store of any version up to this program's for reading only; the version beside it.
pub(super) fn open_as_it_is(
    path: &Path,
    wait_for_lock: Duration,
) -> Result<(Connection, i64), StoreError> {
    open_there(path, OpenFlags::SQLITE_OPEN_READ_ONLY, wait_for_lock)
}

/// Opens a store of any version up to this program's so that others can be kept from writing it; it stays of its version.
pub(super) fn open_to_hold(path: &Path, wait_for_lock: Duration) -> Result<Connection, StoreError> {
    let (connection, _) = open_there(path, OpenFlags::SQLITE_OPEN_READ_WRITE, wait_for_lock)?;
    Ok(connection)
}

fn open_there(
    path: &Path,
    access: OpenFlags,
    wait_for_lock: Duration,
) -> Result<(Connection, i64), StoreError> {
    if !path.exists() {
        return Err(StoreError::Missing {
            path: path.to_owned(),
        });
    }
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|source| StoreError::Open {
            path: path.to_owned(),
            source,
        })?;
    connection.busy_timeout(wait_for_lock)?;
    let version = check(&connection, path, false)?;
    Ok((connection, version))
}

/// The store's version; `new_is_fine` lets an empty file pass as version 0.
fn check(connection: &Connection, path: &Path, new_is_fine: bool) -> Result<i64, StoreError> {
    let not_a_store = |found: String| StoreError::NotAStore {
        path: path.to_owned(),
        found,
    };
    let number =
        |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let id = number("application_id").map_err(|source| match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => not_a_store("a file of another kind".to_owned()),
        _ => StoreError::Open {
            path: path.to_owned(),
            source,
        },
    })?;
    let version = number("user_version")?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if id == 0 && version == 0 && tables == 0 {
        return if new_is_fine {
            Ok(0)
        } else {
            Err(not_a_store("an empty file".to_owned()))
        };
    }
    if id != APPLICATION_ID {
        return Err(not_a_store("another program's database".to_owned()));
    }
    if version > STORE_VERSION {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found: version,
            expected: STORE_VERSION,
        });
    }
    Ok(version)
}

fn migrate(connection: &mut Connection, from: i64) -> Result<(), StoreError> {
    let change = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // Another process may have migrated while this one waited for the lock.
    let now: i64 = change.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for step in MIGRATIONS.iter().skip(from.max(now) as usize) {
        change.execute_batch(step.tables)?;
        for table in step.append_only {
            change.execute_batch(&append_only_triggers(table))?;
        }
    }
    change.pragma_update(None, "application_id", APPLICATION_ID)?;
    change.pragma_update(None, "user_version", STORE_VERSION)?;
    if from.max(now) < SUMS_SINCE {
        // Sums say nothing that the trays do not: whatever the step changed of them, they are made anew.
        roll_ups::make_anew(&change)?;
    }
    change.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_WAIT: Duration = Duration::from_millis(50);

    #[test]
    fn a_newer_store_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let connection = open_for_writing(&path, NO_WAIT).unwrap();
        connection
            .pragma_update(None, "user_version", STORE_VERSION + 1)
            .unwrap();
        drop(connection);
        for error in [
            open_for_writing(&path, NO_WAIT).unwrap_err(),
            open_for_reading(&path, NO_WAIT).unwrap_err(),
        ] {
            assert!(
                error
                    .to_string()
                    .contains("is of version 6: expected at most 5"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_no_store_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("notes.txt");
        let content = "not a database, but long enough to be read as one. ".repeat(40);
        std::fs::write(&text, &content).unwrap();
        let error = open_for_writing(&text, NO_WAIT).unwrap_err();
        assert!(matches!(error, StoreError::NotAStore { .. }), "{error}");
        assert_eq!(std::fs::read_to_string(&text).unwrap(), content);

        let other = folder.path().join("other.db");
        Connection::open(&other)
            .unwrap()
            .execute_batch("CREATE TABLE bulbs (id)")
            .unwrap();
        let error = open_for_writing(&other, NO_WAIT).unwrap_err();
        assert!(
            error.to_string().contains("another program's database"),
            "{error}"
        );
        let error = open_for_reading(&folder.path().join("none.db"), NO_WAIT).unwrap_err();
        assert!(
            error.to_string().ends_with("none.db does not exist"),
            "{error}"
        );
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = open_for_writing(&file.join("store.db"), NO_WAIT).unwrap_err();
        assert!(
            error.to_string().contains("store.db cannot be opened"),
            "{error}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_read_only_folder_is_named() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o555)).unwrap();
        if std::fs::write(folder.path().join("probe"), "").is_ok() {
            return; // Root writes anywhere: nothing to see.
        }
        let error = open_for_writing(&folder.path().join("store.db"), NO_WAIT).unwrap_err();
        assert!(
            error.to_string().contains("store.db cannot be opened"),
            "{error}"
        );
    }

    #[test]
    fn judgements_are_neither_altered_nor_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = open_for_writing(&folder.path().join("store.db"), NO_WAIT).unwrap();
        let record = super::super::Record::Event(super::super::EventRecord {
            at: "2026-11-24T08:00:00.000Z".to_owned(),
            kind: "armed".to_owned(),
            message: "armed".to_owned(),
            detail: None,
        });
        super::super::intake::insert_all(&mut connection, &[record]).unwrap();
        for change in [
            "UPDATE events SET message = 'disarmed'",
            "DELETE FROM events",
            "INSERT OR REPLACE INTO events SELECT * FROM events",
        ] {
            let error = connection.execute(change, []).unwrap_err();
            assert!(
                error.to_string().contains("append-only"),
                "{change}: {error}"
            );
        }
        let over = "INSERT OR REPLACE INTO events (digest, at, kind, message)
                    SELECT digest, at, kind, 'disarmed' FROM events";
        assert_eq!(connection.execute(over, []).unwrap(), 0);
        let first = ["trays", "events", "commands"];
        let later = MIGRATIONS.iter().flat_map(|step| step.append_only);
        for table in first.iter().chain(later) {
            let triggers: i64 = connection
                .query_row(
                    "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1",
                    [*table],
                    |row| row.get(0),
                )
                .unwrap();
            assert_eq!(triggers, 4, "{table}");
        }
    }
}
