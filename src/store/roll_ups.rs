//! Sums of the stored trays, kept in the transaction that stores them.
//!
//! A tray that passed more than once is counted once: the last of its graded passes decides (of trays without one the
//! last pass). Passes belong to the same tray when they have the same tray code within the same lot, else when they have
//! the same uid. Invariant: the sums equal those that [`recomputed`] finds in the trays.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::inspect::{ReportStatus, TrayReport};
use crate::statistics::{AreaSums, BlankMap, Tally, TallyKey, TrayCounts, VerdictSums};

use super::{StoreError, StoreReader, intake};

/// An absent job in the table, whose unique keys take no NULL.
const NO_JOB: i64 = -1;

/// Sums that a transaction has in hand.
#[derive(Debug, Default)]
pub(super) struct Changes(HashMap<TallyKey, Tally>);

/// Which of two passes decides: the larger.
type Order = (bool, i64, i64);

const OTHER_PASS: &str =
    "SELECT id, status = 'graded', pass, received_at, report, cells FROM trays";

impl Changes {
    /// Counts a tray that has just been stored under the number `id`.
    pub(super) fn count(
        &mut self,
        connection: &Connection,
        id: i64,
        report: &TrayReport,
        received_at: &str,
    ) -> Result<(), StoreError> {
        let graded = report.status == ReportStatus::Graded;
        let order: Order = (graded, i64::from(report.facts.pass), id);
        if let Some((earlier, key, tally)) = decided_before(connection, id, report)? {
            if earlier > order {
                return Ok(());
            }
            self.sums(connection, key)?.subtract(&tally);
        }
        let sums = self.sums(connection, TallyKey::of(report, received_at))?;
        sums.add(&Tally::of(report));
        Ok(())
    }

    fn sums(&mut self, connection: &Connection, key: TallyKey) -> Result<&mut Tally, StoreError> {
        use std::collections::hash_map::Entry;
        Ok(match self.0.entry(key) {
            Entry::Occupied(sums) => sums.into_mut(),
            Entry::Vacant(place) => {
                let stored = stored_sums(connection, place.key())?;
                place.insert(stored.unwrap_or_default())
            }
        })
    }

    /// Writes the sums; to be called before the transaction ends.
    pub(super) fn write(self, connection: &Connection) -> Result<(), StoreError> {
        for (key, tally) in &self.0 {
            write_sums(connection, key, tally)?;
        }
        Ok(())
    }
}

/// The pass that decided about a tray until the pass `id` came, if there was one.
fn decided_before(
    connection: &Connection,
    id: i64,
    report: &TrayReport,
) -> Result<Option<(Order, TallyKey, Tally)>, StoreError> {
    let last = "ORDER BY status = 'graded' DESC, pass DESC, id DESC LIMIT 1";
    let (facts, row) = (&report.facts, |row: &Row<'_>| {
        let order: Order = (row.get(1)?, row.get(2)?, row.get(0)?);
        let parts: (String, String, Vec<u8>) = (row.get(3)?, row.get(4)?, row.get(5)?);
        Ok((order, parts))
    });
    let found = match (&facts.lot, &facts.tray_code) {
        (Some(lot), Some(code)) => connection
            .prepare_cached(&format!(
                "{OTHER_PASS} WHERE tray_code = ?1 AND lot = ?2 AND id <> ?3 {last}"
            ))?
            .query_row(params![code, lot, id], row),
        _ => connection
            .prepare_cached(&format!(
                "{OTHER_PASS} WHERE uid = ?1 AND (tray_code IS NULL OR lot IS NULL) AND id <> ?2 {last}"
            ))?
            .query_row(params![facts.tray_uid, id], row),
    };
    let Some((order, (received_at, head, cells))) = found.optional()? else {
        return Ok(None);
    };
    let earlier = intake::unite(&head, &cells)?;
    let key = TallyKey::of(&earlier, &received_at);
    Ok(Some((order, key, Tally::of(&earlier))))
}

const COLUMNS: &str = "lot, job, quarter, standard, standard_digest, rows, cols, graded_trays, refused_trays, failed_trays,
    blank, graded, double, unsure, marketable, area_count, area_sum, area_square_sum, grades, tray_grades, blanks";

fn stored_sums(connection: &Connection, key: &TallyKey) -> Result<Option<Tally>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM roll_ups WHERE lot = ?1 AND job = ?2 AND quarter = ?3 AND standard_digest = ?4
         AND rows = ?5 AND cols = ?6"
    ))?;
    let mut rows = statement.query(params![
        key.lot.as_deref().unwrap_or_default(),
        key.job.map_or(NO_JOB, i64::from),
        key.quarter,
        key.standard_digest,
        key.rows as i64,
        key.cols as i64,
    ])?;
    let row = rows.next()?;
    row.map(|row| Ok(read_sums(row)?.1)).transpose()
}

fn write_sums(connection: &Connection, key: &TallyKey, tally: &Tally) -> Result<(), StoreError> {
    let Tally {
        trays,
        cells,
        areas,
        ..
    } = tally;
    let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let counts = tally.blanks.blanks.iter().flat_map(|n| n.to_le_bytes());
    let squares = (tally.blanks.line_squares.iter()).flat_map(|n| n.to_le_bytes());
    let blanks: Vec<u8> = counts.chain(squares).collect();
    connection
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO roll_ups ({COLUMNS})
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)"
        ))?
        .execute(params![
            key.lot.as_deref().unwrap_or_default(),
            key.job.map_or(NO_JOB, i64::from),
            key.quarter,
            key.standard,
            key.standard_digest,
            key.rows as i64,
            key.cols as i64,
            whole(trays.graded),
            whole(trays.refused),
            whole(trays.failed),
            whole(cells.blank),
            whole(cells.graded),
            whole(cells.double),
            whole(cells.unsure),
            whole(tally.marketable),
            whole(areas.plants),
            whole(areas.sum),
            whole(areas.square_sum),
            serde_json::to_string(&tally.grades)?,
            serde_json::to_string(&tally.tray_grades)?,
            blanks,
        ])?;
    Ok(())
}

fn read_sums(row: &Row<'_>) -> Result<(TallyKey, Tally), StoreError> {
    let whole = |column: usize| -> rusqlite::Result<u64> {
        Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
    };
    let (lot, job): (String, i64) = (row.get(0)?, row.get(1)?);
    let (rows, cols) = (whole(5)? as usize, whole(6)? as usize);
    let key = TallyKey {
        lot: (!lot.is_empty()).then_some(lot),
        job: u32::try_from(job).ok(),
        quarter: row.get(2)?,
        standard: row.get(3)?,
        standard_digest: row.get(4)?,
        rows,
        cols,
    };
    let (grades, tray_grades): (String, String) = (row.get(18)?, row.get(19)?);
    let blanks: Vec<u8> = row.get(20)?;
    let (counts, squares) = blanks.split_at_checked(4 * rows * cols).unwrap_or_default();
    let (counts, squares) = (counts.as_chunks::<4>().0, squares.as_chunks::<8>().0);
    let trays = TrayCounts {
        graded: whole(7)?,
        refused: whole(8)?,
        failed: whole(9)?,
    };
    let tally = Tally {
        trays,
        cells: VerdictSums {
            blank: whole(10)?,
            graded: whole(11)?,
            double: whole(12)?,
            unsure: whole(13)?,
        },
        marketable: whole(14)?,
        areas: AreaSums {
            plants: whole(15)?,
            sum: whole(16)?,
            square_sum: whole(17)?,
        },
        grades: serde_json::from_str(&grades)?,
        tray_grades: serde_json::from_str(&tray_grades)?,
        blanks: BlankMap {
            rows,
            cols,
            trays: trays.graded,
            blanks: counts.iter().copied().map(u32::from_le_bytes).collect(),
            line_squares: squares.iter().copied().map(u64::from_le_bytes).collect(),
        },
    };
    Ok((key, tally))
}

/// Every sum that the table holds, without those of which all trays were taken away again.
pub(super) fn kept(
    connection: &Connection,
    lot: Option<&str>,
) -> Result<BTreeMap<TallyKey, Tally>, StoreError> {
    // Two statements: with one, SQLite would not look the lot up by its index.
    let of_lot = lot.map_or("", |_| "WHERE lot = ?1");
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM roll_ups {of_lot}"))?;
    let rows = match lot {
        Some(lot) => statement.query([lot])?,
        None => statement.query([])?,
    };
    kept_in(rows)
}

/// The sums of a lot's trays that were seen within a span, whose ends are quarters of an hour as the table writes them.
pub(super) fn kept_within(
    connection: &Connection,
    lot: Option<&str>,
    [from, before]: [&str; 2],
) -> Result<BTreeMap<TallyKey, Tally>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM roll_ups WHERE lot = ?1 AND quarter >= ?2 AND quarter < ?3"
    ))?;
    kept_in(statement.query([lot.unwrap_or_default(), from, before])?)
}

/// The sums of these rows, without those of which all trays were taken away again.
fn kept_in(mut rows: rusqlite::Rows<'_>) -> Result<BTreeMap<TallyKey, Tally>, StoreError> {
    let mut sums = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (key, tally) = read_sums(row)?;
        if !tally.is_empty() {
            sums.insert(key, tally);
        }
    }
    Ok(sums)
}

/// The same from the trays themselves, without looking at the table.
pub(super) fn recomputed(connection: &Connection) -> Result<BTreeMap<TallyKey, Tally>, StoreError> {
    let mut sums: BTreeMap<TallyKey, Tally> = BTreeMap::new();
    let mut statement =
        connection.prepare("SELECT received_at, report, cells FROM trays WHERE id = ?1")?;
    for id in deciding(connection)? {
        let (received_at, head, cells): (String, String, Vec<u8>) =
            statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let report = intake::unite(&head, &cells)?;
        let key = TallyKey::of(&report, &received_at);
        sums.entry(key).or_default().add(&Tally::of(&report));
    }
    Ok(sums)
}

/// The numbers of the trays that decide, each physical tray once.
fn deciding(connection: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut last: HashMap<(Option<String>, String), Order> = HashMap::new();
    let mut statement = connection.prepare(
        "SELECT id, status = 'graded', pass, uid, lot, tray_code FROM trays ORDER BY id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let order: Order = (row.get(1)?, row.get(2)?, row.get(0)?);
        let (lot, code): (Option<String>, Option<String>) = (row.get(4)?, row.get(5)?);
        let tray = match (lot, code) {
            (Some(lot), Some(code)) => (Some(lot), code),
            _ => (None, row.get(3)?),
        };
        let known = last.entry(tray).or_insert(order);
        *known = order.max(*known);
    }
    Ok(last.into_values().map(|(.., id)| id).collect())
}

/// Makes all sums anew.
pub(super) fn make_anew(connection: &Connection) -> Result<(), StoreError> {
    let sums = recomputed(connection)?;
    connection.execute("DELETE FROM roll_ups", [])?;
    for (key, tally) in &sums {
        write_sums(connection, key, tally)?;
    }
    Ok(())
}

impl StoreReader {
    /// Sums of the stored trays, every physical tray counted once; of one lot where one is named, of the trays without a
    /// lot where that name is empty.
    ///
    /// # Errors
    /// SQLite failed, or a row is damaged.
    pub fn tallies(&self, lot: Option<&str>) -> Result<Vec<(TallyKey, Tally)>, StoreError> {
        Ok(kept(&self.connection, lot)?.into_iter().collect())
    }

    /// The same from the trays themselves: slow, for checking.
    ///
    /// # Errors
    /// SQLite failed, or a row is damaged.
    pub fn tallies_recomputed(&self) -> Result<Vec<(TallyKey, Tally)>, StoreError> {
        Ok(recomputed(&self.connection)?.into_iter().collect())
    }
}

#[cfg(test)]
#[path = "roll_ups_tests.rs"]
mod tests;
