//! The rows that speak of a lot, up to numbers that were the last at a time: what a certificate rests on.

use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::statements::table::select;
use super::{Correction, HandMeasurement, StoreError, StoreReader};

/// The last rows of a store at a time. Rows are never altered, so what they bound stays as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowBound {
    /// The last tray.
    pub tray: i64,
    /// The last correction or audit.
    pub correction: i64,
    /// The last measurement by hand.
    pub hand_measurement: i64,
}

/// One pass of a tray, as far as it decides which pass counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPass {
    /// The tray's number in its store.
    pub id: i64,
    /// Names the tray for ever.
    pub uid: String,
    /// The code read from it.
    pub tray_code: Option<String>,
    /// Whether it was judged.
    pub graded: bool,
    /// How often it had passed, from 1.
    pub pass: u32,
    /// Its exposure, else its receipt.
    pub at: String,
}

const OF_A_TRAY_OF_THE_LOT: &str = "WHERE id <= ?2 AND EXISTS (SELECT 1 FROM trays WHERE trays.uid = tray_uid AND trays.lot = ?1 AND trays.id <= ?3)";

impl StoreReader {
    /// The last rows now.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn row_bound(&self) -> Result<RowBound, StoreError> {
        let last = |table: &str| -> Result<i64, StoreError> {
            let query = format!("SELECT coalesce(max(id), 0) FROM {table}");
            Ok(self.connection.query_row(&query, [], |row| row.get(0))?)
        };
        Ok(RowBound {
            tray: last("trays")?,
            correction: last("corrections")?,
            hand_measurement: last("hand_measurements")?,
        })
    }

    /// Every pass of a lot's trays within the bound, in the order of storing.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn passes_of_lot(&self, lot: &str, bound: RowBound) -> Result<Vec<StoredPass>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, uid, tray_code, status = 'graded', pass, coalesce(captured_at, received_at)
             FROM trays WHERE lot = ?1 AND id <= ?2 ORDER BY id",
        )?;
        let rows = statement.query_map(params![lot, bound.tray], |row| {
            Ok(StoredPass {
                id: row.get(0)?,
                uid: row.get(1)?,
                tray_code: row.get(2)?,
                graded: row.get(3)?,
                pass: row.get(4)?,
                at: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What people answered in blind audits of a lot's trays within the bound, with the rows' numbers.
    ///
    /// # Errors
    /// SQLite failed, or a row is damaged.
    pub fn audit_answers_of_lot(
        &self,
        lot: &str,
        bound: RowBound,
    ) -> Result<Vec<(i64, Correction)>, StoreError> {
        let condition = format!("{OF_A_TRAY_OF_THE_LOT} AND kind = 'audit_answer' ORDER BY id");
        let of_lot = params![lot, bound.correction, bound.tray];
        select(&self.connection, &condition, of_lot)
    }

    /// What was measured by hand of a lot's trays within the bound, with the rows' numbers.
    ///
    /// # Errors
    /// SQLite failed, or a row is damaged.
    pub fn hand_measurements_of_lot(
        &self,
        lot: &str,
        bound: RowBound,
    ) -> Result<Vec<(i64, HandMeasurement)>, StoreError> {
        let condition = format!("{OF_A_TRAY_OF_THE_LOT} ORDER BY id");
        let of_lot = params![lot, bound.hand_measurement, bound.tray];
        select(&self.connection, &condition, of_lot)
    }
}
