//! What pages list: the newest first, and the totals of a lot.

use rusqlite::{Row, params};

use super::reader::{StoreReader, StoredTray, stored_tray};
use super::{EventRecord, StoreError};

/// A lot and the number of its newest tray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLot {
    /// Its name; none for trays without one.
    pub lot: Option<String>,
    /// The tray of it that was stored last.
    pub newest: i64,
}

/// Trays of a lot that ended alike, summed up. Of a tray that passed more than once the last pass counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrayTotals {
    /// `graded`, `refused` or `failed`.
    pub status: String,
    /// The trays' grade.
    pub grade: Option<String>,
    /// The trays' route.
    pub route: Option<String>,
    /// Trays.
    pub trays: usize,
    /// Their cells.
    pub cells: usize,
    /// Blank cells.
    pub blank: usize,
    /// Cells with one graded plant.
    pub graded: usize,
    /// Cells with two or more.
    pub double: usize,
    /// Undecided cells.
    pub unsure: usize,
    /// Plants of a marketable grade.
    pub marketable: usize,
    /// When the first of them was stored.
    pub first_at: String,
    /// When the last of them was stored.
    pub last_at: String,
}

/// The numbers of a store's last rows: they change when anything is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LastRows {
    /// The last tray.
    pub tray: i64,
    /// The last event.
    pub event: i64,
    /// The last end of a command.
    pub command: i64,
}

const TRAY_COLUMNS: &str =
    "id, uid, pass, source, captured_at, received_at, lot, status, reason, grade, route";
/// Only the last pass of a tray.
const LAST_PASS: &str = "NOT EXISTS (SELECT 1 FROM trays AS later WHERE later.uid = trays.uid AND later.pass > trays.pass)";

impl StoreReader {
    /// The numbers of the last rows.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn last_rows(&self) -> Result<LastRows, StoreError> {
        let last = |table: &str| -> Result<i64, StoreError> {
            let query = format!("SELECT coalesce(max(id), 0) FROM {table}");
            let mut statement = self.connection.prepare_cached(&query)?;
            Ok(statement.query_row([], |row| row.get(0))?)
        };
        Ok(LastRows {
            tray: last("trays")?,
            event: last("events")?,
            command: last("commands")?,
        })
    }

    /// The line of one tray.
    ///
    /// # Errors
    /// No such tray, or SQLite failed.
    pub fn tray(&self, id: i64) -> Result<StoredTray, StoreError> {
        let query = format!("SELECT {TRAY_COLUMNS} FROM trays WHERE id = ?1");
        let mut statement = self.connection.prepare_cached(&query)?;
        let mut rows = statement.query_map([id], stored_tray)?;
        rows.next()
            .ok_or(StoreError::NoTray(id))?
            .map_err(Into::into)
    }

    /// The line of a tray by its name and pass; where it was stored more than once, the last.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn tray_of(&self, uid: &str, pass: u32) -> Result<Option<StoredTray>, StoreError> {
        let query = format!(
            "SELECT {TRAY_COLUMNS} FROM trays WHERE uid = ?1 AND pass = ?2 ORDER BY id DESC LIMIT 1"
        );
        let mut statement = self.connection.prepare_cached(&query)?;
        let mut rows = statement.query_map(params![uid, pass], stored_tray)?;
        Ok(rows.next().transpose()?)
    }

    /// The number of the last correction; nought of none.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn last_correction(&self) -> Result<i64, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT coalesce(max(id), 0) FROM corrections")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// Trays stored before the one of this number, or all, newest first.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn newest_trays(
        &self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredTray>, StoreError> {
        let query =
            format!("SELECT {TRAY_COLUMNS} FROM trays WHERE id < ?1 ORDER BY id DESC LIMIT ?2");
        let mut statement = self.connection.prepare_cached(&query)?;
        let rows = statement.query_map(params![before.unwrap_or(i64::MAX), limit], stored_tray)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The last passes of a lot's trays before the one of this number, or all, newest first.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn newest_of_lot(
        &self,
        lot: Option<&str>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredTray>, StoreError> {
        let query = format!(
            "SELECT {TRAY_COLUMNS} FROM trays
             WHERE lot IS ?1 AND id < ?2 AND {LAST_PASS} ORDER BY id DESC LIMIT ?3"
        );
        let mut statement = self.connection.prepare_cached(&query)?;
        let place = params![lot, before.unwrap_or(i64::MAX), limit];
        let rows = statement.query_map(place, stored_tray)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The lots, at most so many, the one with the newest tray first. It costs a look a lot, not a look a tray.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn newest_lots(&self, limit: u32) -> Result<Vec<StoredLot>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "WITH RECURSIVE names (lot) AS (
                 SELECT min(lot) FROM trays
                 UNION ALL
                 SELECT (SELECT min(lot) FROM trays WHERE lot > names.lot) FROM names WHERE lot IS NOT NULL
             )
             SELECT lot, (SELECT max(id) FROM trays WHERE trays.lot IS names.lot) AS newest
             FROM names WHERE newest IS NOT NULL ORDER BY newest DESC LIMIT ?1",
        )?;
        let rows = statement.query_map([limit], |row| {
            Ok(StoredLot {
                lot: row.get(0)?,
                newest: row.get(1)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A lot's trays, summed up by how they ended.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn lot_totals(&self, lot: Option<&str>) -> Result<Vec<TrayTotals>, StoreError> {
        let query = format!(
            "SELECT status, grade, route, count(*), sum(rows * cols * (status = 'graded')),
                    sum(coalesce(blank, 0)), sum(coalesce(graded, 0)), sum(coalesce(double, 0)),
                    sum(coalesce(unsure, 0)), sum(coalesce(marketable, 0)), min(received_at), max(received_at)
             FROM trays WHERE lot IS ?1 AND {LAST_PASS} GROUP BY status, grade, route"
        );
        let mut statement = self.connection.prepare_cached(&query)?;
        let rows = statement.query_map([lot], totals)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Events, at most so many, newest first.
    ///
    /// # Errors
    /// SQLite failed, or a row is damaged.
    pub fn newest_events(&self, limit: u32) -> Result<Vec<(i64, EventRecord)>, StoreError> {
        let last = self.last_rows()?.event;
        let mut events = self.events(last - i64::from(limit), limit)?;
        events.reverse();
        Ok(events)
    }
}

fn totals(row: &Row<'_>) -> rusqlite::Result<TrayTotals> {
    let count = |i: usize| {
        row.get::<_, i64>(i)
            .map(|n| usize::try_from(n).unwrap_or(0))
    };
    Ok(TrayTotals {
        status: row.get(0)?,
        grade: row.get(1)?,
        route: row.get(2)?,
        trays: count(3)?,
        cells: count(4)?,
        blank: count(5)?,
        graded: count(6)?,
        double: count(7)?,
        unsure: count(8)?,
        marketable: count(9)?,
        first_at: row.get(10)?,
        last_at: row.get(11)?,
    })
}

#[allow(clippy::unwrap_used)]
#[cfg(test)]
mod tests {
    use super::super::{Record, StoreWriter, TrayRecord, WriterParams};
    use super::*;
    use crate::evaluate::samples;

    fn store(trays: &[(&str, u32, Option<&str>)]) -> (tempfile::TempDir, StoreReader) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lists.db");
        let writer = StoreWriter::open(&path, WriterParams::default()).unwrap();
        for (i, (uid, pass, lot)) in trays.iter().enumerate() {
            let mut report = samples::graded(2, 4, 400.0, 200.0);
            report.facts.tray_uid = (*uid).to_owned();
            report.facts.pass = *pass;
            report.facts.lot = lot.map(str::to_owned);
            writer.write(Record::Tray(Box::new(TrayRecord {
                received_at: format!("2026-11-24T08:00:{i:02}Z"),
                report,
            })));
        }
        assert_eq!(writer.close().lost, 0);
        let reader = StoreReader::open(&path).unwrap();
        (folder, reader)
    }

    #[test]
    fn a_tray_that_passed_twice_counts_once_as_it_passed_last() {
        let (_folder, reader) = store(&[
            ("t1", 1, Some("a")),
            ("t2", 1, Some("a")),
            ("t1", 2, Some("a")),
        ]);
        let totals = reader.lot_totals(Some("a")).unwrap();
        assert_eq!((totals.len(), totals[0].trays, totals[0].cells), (1, 2, 16));
        let listed = reader.newest_of_lot(Some("a"), None, 10).unwrap();
        let passes: Vec<_> = listed.iter().map(|t| (t.uid.as_str(), t.pass)).collect();
        assert_eq!(passes, [("t1", 2), ("t2", 1)]);
        assert_eq!(reader.last_rows().unwrap().tray, 3);
    }

    #[test]
    fn lots_come_newest_first_and_those_without_a_name_are_one() {
        let (_folder, reader) = store(&[
            ("t1", 1, Some("b")),
            ("t2", 1, Some("a")),
            ("t3", 1, None),
            ("t4", 1, Some("b")),
        ]);
        let lots = reader.newest_lots(10).unwrap();
        let names: Vec<_> = lots.iter().map(|l| l.lot.as_deref()).collect();
        assert_eq!(names, [Some("b"), None, Some("a")]);
        assert_eq!(reader.newest_lots(1).unwrap().len(), 1);
        let before = reader.newest_trays(Some(3), 10).unwrap();
        assert_eq!(before.iter().map(|t| t.id).collect::<Vec<_>>(), [2, 1]);
        assert!(matches!(reader.tray(9), Err(StoreError::NoTray(9))));
    }
}
