//! What pages list: the newest first.

use rusqlite::params;

use super::reader::{StoreReader, StoredTray, stored_tray};
use super::statements::table::last_where_kept;
use super::{EventRecord, JobOrder, LotSize, StoreError};

/// A lot and the number of its newest tray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLot {
    /// Its name; none for trays without one.
    pub lot: Option<String>,
    /// The tray of it that was stored last.
    pub newest: i64,
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
    /// The last order of a job.
    pub order: i64,
    /// The last statement of a lot's size.
    pub lot_size: i64,
}

const TRAY_COLUMNS: &str =
    "id, uid, pass, source, captured_at, received_at, lot, status, reason, grade, route, tray_code";
/// Only the pass of a standing tray that counts, as the sums have it: the last graded one, of trays without one the last.
/// Passes are of one tray that have its code within its lot, else its uid.
const COUNTS: &str = "NOT EXISTS (
     SELECT 1 FROM trays AS other WHERE other.tray_code = trays.tray_code AND other.lot = trays.lot
     AND (other.status = 'graded', other.pass, other.id) > (trays.status = 'graded', trays.pass, trays.id))
 AND (trays.tray_code IS NOT NULL AND trays.lot IS NOT NULL OR NOT EXISTS (
     SELECT 1 FROM trays AS other WHERE other.uid = trays.uid AND (other.tray_code IS NULL OR other.lot IS NULL)
     AND (other.status = 'graded', other.pass, other.id) > (trays.status = 'graded', trays.pass, trays.id)))";
/// The passes that a name means.
const NAMED: &str =
    "id IN (SELECT id FROM trays WHERE uid = ?1 UNION SELECT id FROM trays WHERE tray_code = ?1)";

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
            order: last_where_kept::<JobOrder>(&self.connection)?,
            lot_size: last_where_kept::<LotSize>(&self.connection)?,
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

    /// A lot's trays before the one of this number, or all, newest first: each once, by the pass that counts.
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
             WHERE lot IS ?1 AND id < ?2 AND {COUNTS} ORDER BY id DESC LIMIT ?3"
        );
        let mut statement = self.connection.prepare_cached(&query)?;
        let place = params![lot, before.unwrap_or(i64::MAX), limit];
        let rows = statement.query_map(place, stored_tray)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Trays of a lot, each by the pass that counts, spread over the time in which they were stored: at most so many, oldest
    /// first. It costs as many looks as it gives, however large the lot.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn spread_of_lot(
        &self,
        lot: Option<&str>,
        limit: u32,
    ) -> Result<Vec<StoredTray>, StoreError> {
        let ends = "SELECT min(id), max(id) FROM trays WHERE lot IS ?1";
        let mut ends = self.connection.prepare_cached(ends)?;
        let (first, last): (Option<i64>, Option<i64>) =
            ends.query_row(params![lot], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (Some(first), Some(last)) = (first, last) else {
            return Ok(Vec::new());
        };
        let query = format!(
            "SELECT {TRAY_COLUMNS} FROM trays
             WHERE lot IS ?1 AND id >= ?2 AND {COUNTS} ORDER BY id LIMIT 1"
        );
        let mut statement = self.connection.prepare_cached(&query)?;
        let mut spread: Vec<StoredTray> = Vec::new();
        for step in 0..i64::from(limit) {
            let from =
                first + (i128::from(last - first) * i128::from(step) / i128::from(limit)) as i64;
            let next = spread.last().map_or(from, |known| from.max(known.id + 1));
            match statement.query_row(params![lot, next], stored_tray) {
                Ok(tray) => spread.push(tray),
                Err(rusqlite::Error::QueryReturnedNoRows) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(spread)
    }

    /// The newest passes of the trays that a name means, at most so many, newest first: a uid, or a code that was read.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn newest_named(&self, name: &str, limit: u32) -> Result<Vec<StoredTray>, StoreError> {
        let query =
            format!("SELECT {TRAY_COLUMNS} FROM trays WHERE {NAMED} ORDER BY id DESC LIMIT ?2");
        let mut statement = self.connection.prepare_cached(&query)?;
        let rows = statement.query_map(params![name, limit], stored_tray)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The pass that counts of the tray of a lot on which a code was read.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn counting_pass(&self, lot: &str, code: &str) -> Result<Option<StoredTray>, StoreError> {
        let query = format!(
            "SELECT {TRAY_COLUMNS} FROM trays WHERE tray_code = ?1 AND lot = ?2
             ORDER BY status = 'graded' DESC, pass DESC, id DESC LIMIT 1"
        );
        let mut statement = self.connection.prepare_cached(&query)?;
        let mut rows = statement.query_map([code, lot], stored_tray)?;
        Ok(rows.next().transpose()?)
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

    /// When a lot's first and last trays were stored; none of no tray. It costs two looks, whatever the lot holds.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn lot_span(&self, lot: Option<&str>) -> Result<Option<(String, String)>, StoreError> {
        let end = |order: &str| -> Result<Option<String>, StoreError> {
            let query = format!(
                "SELECT received_at FROM trays WHERE lot IS ?1 ORDER BY id {order} LIMIT 1"
            );
            let mut statement = self.connection.prepare_cached(&query)?;
            let mut rows = statement.query_map([lot], |row| row.get(0))?;
            Ok(rows.next().transpose()?)
        };
        Ok(end("ASC")?.zip(end("DESC")?))
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

#[allow(clippy::unwrap_used)]
#[cfg(test)]
mod tests {
    use super::super::{Record, StoreWriter, TrayRecord, WriterParams};
    use super::*;
    use crate::evaluate::samples;

    fn store(trays: &[(&str, u32, Option<&str>)]) -> (tempfile::TempDir, StoreReader) {
        let passes = trays.iter().map(|(uid, pass, lot)| {
            let mut report = samples::graded(2, 4, 400.0, 200.0);
            report.facts.tray_uid = (*uid).to_owned();
            report.facts.pass = *pass;
            report.facts.lot = lot.map(str::to_owned);
            report
        });
        stored(passes)
    }

    fn stored(
        passes: impl Iterator<Item = crate::inspect::TrayReport>,
    ) -> (tempfile::TempDir, StoreReader) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lists.db");
        let writer = StoreWriter::open(&path, WriterParams::default()).unwrap();
        for (i, report) in passes.enumerate() {
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
    fn a_tray_that_passed_twice_is_listed_once_as_it_passed_last() {
        let (_folder, reader) = store(&[
            ("t1", 1, Some("a")),
            ("t2", 1, Some("a")),
            ("t1", 2, Some("a")),
        ]);
        let sums = reader.tallies(Some("a")).unwrap();
        assert_eq!((sums.len(), sums[0].1.trays.graded), (1, 2));
        let span = reader.lot_span(Some("a")).unwrap().unwrap();
        assert_eq!(span.0.as_str(), "2026-11-24T08:00:00Z");
        assert_eq!(span.1.as_str(), "2026-11-24T08:00:02Z");
        assert_eq!(reader.lot_span(Some("none")).unwrap(), None);
        let listed = reader.newest_of_lot(Some("a"), None, 10).unwrap();
        let passes: Vec<_> = listed.iter().map(|t| (t.uid.as_str(), t.pass)).collect();
        assert_eq!(passes, [("t1", 2), ("t2", 1)]);
        assert_eq!(reader.last_rows().unwrap().tray, 3);
    }

    /// A pass of a coded tray, with a uid of its own as every pass has; one that was refused has no grade.
    fn coded(
        uid: &str,
        code: &str,
        pass: u32,
        lot: &str,
        graded: bool,
    ) -> crate::inspect::TrayReport {
        let mut report = match graded {
            true => samples::graded(2, 4, 400.0, 200.0),
            false => samples::refused("too dark"),
        };
        report.facts.tray_uid = uid.to_owned();
        report.facts.tray_code = Some(code.to_owned());
        report.facts.pass = pass;
        report.facts.lot = Some(lot.to_owned());
        report
    }

    #[test]
    fn a_coded_tray_is_listed_once_a_lot_by_the_pass_that_its_sums_count() {
        let passes = [
            coded("u1", "T1", 1, "a", true),
            coded("u2", "T2", 1, "a", true),
            coded("u3", "T1", 2, "a", true),
            coded("u4", "T2", 2, "a", false),
            coded("u5", "T1", 1, "b", true),
        ];
        let (_folder, reader) = stored(passes.into_iter());
        let uids = |lot| -> Vec<String> {
            let listed = reader.newest_of_lot(Some(lot), None, 10).unwrap();
            listed.into_iter().map(|tray| tray.uid).collect()
        };
        assert_eq!(
            (uids("a"), uids("b")),
            (
                vec!["u3".to_owned(), "u2".to_owned()],
                vec!["u5".to_owned()]
            )
        );
        let sums = reader.tallies(Some("a")).unwrap();
        assert_eq!((sums.len(), sums[0].1.trays.graded), (1, 2));
        assert_eq!(reader.spread_of_lot(Some("a"), 10).unwrap().len(), 2);
        assert_eq!(reader.counting_pass("a", "T2").unwrap().unwrap().uid, "u2");
        let named = reader.newest_named("T1", 2).unwrap();
        let named: Vec<_> = named.iter().map(|tray| tray.uid.as_str()).collect();
        assert_eq!(named, ["u5", "u3"]);
        assert_eq!(
            reader.newest_named("u4", 9).unwrap()[0]
                .tray_code
                .as_deref(),
            Some("T2")
        );
        assert!(reader.newest_named("t1", 9).unwrap().is_empty());
    }

    #[test]
    fn a_name_a_lots_trays_and_its_span_are_looked_up_by_index_and_nothing_is_scanned() {
        let (_folder, reader) = stored([coded("u1", "T1", 1, "a", true)].into_iter());
        let searches = [
            format!("SELECT {TRAY_COLUMNS} FROM trays WHERE {NAMED} ORDER BY id DESC LIMIT 31"),
            "SELECT received_at FROM trays WHERE lot IS ?1 ORDER BY id ASC LIMIT 1".to_owned(),
            format!(
                "SELECT {TRAY_COLUMNS} FROM trays WHERE tray_code = ?1 AND lot = 'a' ORDER BY pass DESC LIMIT 1"
            ),
            format!(
                "SELECT {TRAY_COLUMNS} FROM trays WHERE lot IS ?1 AND id < 9 AND {COUNTS} ORDER BY id DESC LIMIT 60"
            ),
        ];
        for query in searches {
            let mut statement = (reader.connection)
                .prepare(&format!("EXPLAIN QUERY PLAN {query}"))
                .unwrap();
            let plan = statement.query_map(["T1"], |row| row.get::<_, String>(3));
            let plan: Vec<String> = plan.unwrap().collect::<Result<_, _>>().unwrap();
            let scans = plan.iter().filter(|step| step.starts_with("SCAN"));
            assert_eq!(scans.count(), 0, "{query}: {plan:#?}");
            assert!(plan.iter().any(|step| step.contains("USING")), "{plan:#?}");
        }
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
    #[test]
    fn a_spread_of_a_lot_reaches_from_its_first_to_its_last_trays_and_has_each_once() {
        let names: Vec<String> = (0..40).map(|i| format!("t{i}")).collect();
        let lot = |i: usize| Some(if i.is_multiple_of(2) { "a" } else { "b" });
        let rows: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(i, uid)| (uid.as_str(), 1, lot(i)))
            .collect();
        let (_folder, reader) = store(&rows);
        let ids = |limit| -> Vec<i64> {
            let spread = reader.spread_of_lot(Some("a"), limit).unwrap();
            spread.iter().map(|tray| tray.id).collect()
        };
        assert_eq!(ids(4), [1, 11, 21, 29]);
        assert_eq!(ids(20), (0..20).map(|i| 2 * i + 1).collect::<Vec<_>>());
        assert!(reader.spread_of_lot(Some("none"), 4).unwrap().is_empty());
    }
}
