//! Rows back into reports.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Row, named_params, params};

use crate::inspect::TrayReport;

use super::{CommandRecord, EventRecord, StoreError, intake, schema};

/// How long a reader waits while the store is being migrated or checkpointed.
const WAIT_FOR_LOCK: Duration = Duration::from_secs(2);

/// A store that is read; the line may write it meanwhile.
#[derive(Debug)]
pub struct StoreReader {
    pub(super) connection: Connection,
}

/// Which trays to list; the default lists all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrayFilter {
    /// Of this lot only.
    pub lot: Option<String>,
    /// With this status only: `graded`, `refused` or `failed`.
    pub status: Option<String>,
    /// Stored after the tray of this number.
    pub after: Option<i64>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// A tray's line in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTray {
    /// Its number in this store, in the order of storing.
    pub id: i64,
    /// Names the tray for ever.
    pub uid: String,
    /// How often it had passed.
    pub pass: u32,
    /// Its picture.
    pub source: String,
    /// Exposure time.
    pub captured_at: Option<String>,
    /// When the store got it.
    pub received_at: String,
    /// Its lot.
    pub lot: Option<String>,
    /// `graded`, `refused` or `failed`.
    pub status: String,
    /// Why not graded.
    pub reason: Option<String>,
    /// Its grade.
    pub grade: Option<String>,
    /// Its route.
    pub route: Option<String>,
    /// The code that was read from it.
    pub tray_code: Option<String>,
}

impl StoredTray {
    /// When it was seen: exposed, else received.
    #[must_use]
    pub fn seen_at(&self) -> &str {
        self.captured_at.as_deref().unwrap_or(&self.received_at)
    }
}

/// The end of a store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Newest {
    /// The name of the tray that was stored last.
    pub name: Option<String>,
    /// When.
    pub at: Option<String>,
}

const LIST: &str =
    "SELECT id, uid, pass, source, captured_at, received_at, lot, status, reason, grade, route, tray_code
FROM trays
WHERE (:lot IS NULL OR lot = :lot) AND (:status IS NULL OR status = :status) AND id > :after
ORDER BY id LIMIT :limit";

impl StoreReader {
    /// Opens a store that exists, for reading only.
    ///
    /// # Errors
    /// No file, no store, or a newer one.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            connection: schema::open_for_reading(path, WAIT_FOR_LOCK)?,
        })
    }

    /// The trays that pass a filter, in the order of storing.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn trays(&self, filter: &TrayFilter) -> Result<Vec<StoredTray>, StoreError> {
        let mut statement = self.connection.prepare_cached(LIST)?;
        let rows = statement.query_map(
            named_params! {
                ":lot": filter.lot,
                ":status": filter.status,
                ":after": filter.after.unwrap_or(0),
                ":limit": filter.limit.map_or(-1, i64::from),
            },
            stored_tray,
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Every pass of the trays that a name means: a uid, or a code that was read from the tray. In the order of storing.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn trays_named(&self, name: &str) -> Result<Vec<StoredTray>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, uid, pass, source, captured_at, received_at, lot, status, reason, grade, route, tray_code
             FROM trays WHERE id IN (SELECT id FROM trays WHERE uid = ?1 UNION SELECT id FROM trays WHERE tray_code = ?1)
             ORDER BY id",
        )?;
        let rows = statement.query_map([name], stored_tray)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A report, equal to the one that was written.
    ///
    /// # Errors
    /// No such tray, or a row that is damaged.
    pub fn report(&self, id: i64) -> Result<TrayReport, StoreError> {
        let row: Option<(String, Vec<u8>)> = self
            .connection
            .prepare_cached("SELECT report, cells FROM trays WHERE id = ?1")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (head, blob) = row.ok_or(StoreError::NoTray(id))?;
        intake::unite(&head, &blob)
    }

    /// A report without its cells, which are most of the time of reading one.
    ///
    /// # Errors
    /// No such tray, or a row that is damaged.
    pub fn report_without_cells(&self, id: i64) -> Result<TrayReport, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT report FROM trays WHERE id = ?1")?;
        let head: Option<String> = statement.query_row([id], |row| row.get(0)).optional()?;
        Ok(serde_json::from_str(&head.ok_or(StoreError::NoTray(id))?)?)
    }

    /// The bytes that the cells and traits of a tray take.
    ///
    /// # Errors
    /// No such tray, or SQLite failed.
    pub fn cells_bytes(&self, id: i64) -> Result<usize, StoreError> {
        let bytes: Option<i64> = self
            .connection
            .prepare_cached("SELECT length(cells) FROM trays WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        Ok(bytes.ok_or(StoreError::NoTray(id))? as usize)
    }

    /// Events with their numbers, in the order of storing, after the given number and at most so many.
    ///
    /// # Errors
    /// SQLite failed, or a row is damaged.
    pub fn events(&self, after: i64, limit: u32) -> Result<Vec<(i64, EventRecord)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, at, kind, message, detail FROM events WHERE id > ?1 ORDER BY id LIMIT ?2",
        )?;
        statement
            .query_and_then(params![after, limit], stored_event)?
            .collect()
    }

    /// Ends of commands with their numbers, as [`Self::events`].
    ///
    /// # Errors
    /// SQLite failed.
    pub fn commands(
        &self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(i64, CommandRecord)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, at, trigger_sequence, tray_uid, sequence, job, gate, fire_at, outcome, reason
             FROM commands WHERE id > ?1 ORDER BY id LIMIT ?2",
        )?;
        let rows = statement.query_map(params![after, limit], stored_command)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The trays of a job whose code was read, each with the last of its passes.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn passes_of(&self, job: u32) -> Result<Vec<(String, u32)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT tray_code, max(pass) FROM trays WHERE job = ?1 AND tray_code IS NOT NULL GROUP BY tray_code",
        )?;
        let rows = statement.query_map([job], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How a tray's trigger ended.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn commands_of(&self, tray_uid: &str) -> Result<Vec<CommandRecord>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, at, trigger_sequence, tray_uid, sequence, job, gate, fire_at, outcome, reason
             FROM commands WHERE tray_uid = ?1 ORDER BY id",
        )?;
        let rows = statement.query_map([tray_uid], stored_command)?;
        Ok(rows
            .map(|row| row.map(|(_, command)| command))
            .collect::<Result<_, _>>()?)
    }

    /// Whether a tray's report is stored.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn has_report_of(&self, tray_uid: &str) -> Result<bool, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM trays WHERE uid = ?1)")?;
        Ok(statement.query_row([tray_uid], |row| row.get(0))?)
    }

    /// Whether the end of a tray's trigger is stored.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn has_command_of(&self, tray_uid: &str) -> Result<bool, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM commands WHERE tray_uid = ?1)")?;
        Ok(statement.query_row([tray_uid], |row| row.get(0))?)
    }

    /// What was stored last.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn newest(&self) -> Result<Newest, StoreError> {
        let one = |query: &str| -> Result<Option<(Option<String>, String)>, StoreError> {
            let row = self
                .connection
                .query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?)));
            Ok(row.optional()?)
        };
        let ends = [
            one("SELECT tray_uid, at FROM commands ORDER BY id DESC LIMIT 1")?,
            one("SELECT uid, received_at FROM trays ORDER BY id DESC LIMIT 1")?,
        ];
        let ends = || ends.iter().flatten();
        Ok(Newest {
            name: ends().filter_map(|(name, _)| name.clone()).max(),
            at: ends().map(|(_, at)| at.clone()).max(),
        })
    }

    /// How many trays, events and commands the store holds.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn counts(&self) -> Result<(u64, u64, u64), StoreError> {
        let count = |table: &str| -> Result<u64, StoreError> {
            let query = format!("SELECT count(*) FROM {table}");
            let rows: i64 = self.connection.query_row(&query, [], |row| row.get(0))?;
            Ok(rows as u64)
        };
        Ok((count("trays")?, count("events")?, count("commands")?))
    }
}

fn stored_command(row: &Row<'_>) -> rusqlite::Result<(i64, CommandRecord)> {
    let command = CommandRecord {
        at: row.get(1)?,
        trigger: row.get(2)?,
        tray_uid: row.get(3)?,
        sequence: row.get(4)?,
        job: row.get(5)?,
        gate: row.get(6)?,
        fire_at: row.get(7)?,
        outcome: row.get(8)?,
        reason: row.get(9)?,
    };
    Ok((row.get(0)?, command))
}

pub(super) fn stored_event(row: &Row<'_>) -> Result<(i64, EventRecord), StoreError> {
    let detail: Option<String> = row.get(4)?;
    let event = EventRecord {
        at: row.get(1)?,
        kind: row.get(2)?,
        message: row.get(3)?,
        detail: detail.map(|json| serde_json::from_str(&json)).transpose()?,
    };
    Ok((row.get(0)?, event))
}

pub(super) fn stored_tray(row: &Row<'_>) -> rusqlite::Result<StoredTray> {
    Ok(StoredTray {
        id: row.get(0)?,
        uid: row.get(1)?,
        pass: row.get(2)?,
        source: row.get(3)?,
        captured_at: row.get(4)?,
        received_at: row.get(5)?,
        lot: row.get(6)?,
        status: row.get(7)?,
        reason: row.get(8)?,
        grade: row.get(9)?,
        route: row.get(10)?,
        tray_code: row.get(11)?,
    })
}
