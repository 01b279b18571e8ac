//! How many trays a lot has, and how many plants are ordered of it.

use std::num::NonZeroU32;

use rusqlite::Row;
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

use super::table::{Table, select_where_kept};
use crate::store::{StoreError, StoreReader};

/// What somebody stated of a lot's size. Of several statements the last holds; it holds whole, so that a number that is no
/// longer known is left out of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotSize {
    /// When this was said, ISO 8601 in UTC.
    pub at: String,
    /// Who said it: a person's name, or `line` where the line's configuration does.
    pub who: String,
    /// The lot.
    pub lot: String,
    /// Trays of it, sown or delivered, whether they were judged or not; none where nobody knows.
    pub trays: Option<NonZeroU32>,
    /// Plants that are ordered of it; none where nobody knows.
    pub ordered: Option<NonZeroU32>,
}

impl Table for LotSize {
    const NAME: &'static str = "lot_sizes";
    const COLUMNS: &'static [&'static str] = &["at", "who", "lot", "trays", "ordered"];

    fn values(&self) -> Vec<Value> {
        let number = |number: Option<NonZeroU32>| Value::from(number.map(NonZeroU32::get));
        vec![
            self.at.clone().into(),
            self.who.clone().into(),
            self.lot.clone().into(),
            number(self.trays),
            number(self.ordered),
        ]
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let number = |column: usize| -> rusqlite::Result<Option<NonZeroU32>> {
            let number: Option<u32> = row.get(column)?;
            Ok(number.and_then(NonZeroU32::new))
        };
        Ok(Self {
            at: row.get(1)?,
            who: row.get(2)?,
            lot: row.get(3)?,
            trays: number(4)?,
            ordered: number(5)?,
        })
    }
}

impl StoreReader {
    /// What was stated of a lot's size, the last statement first.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn lot_sizes(&self, lot: &str) -> Result<Vec<LotSize>, StoreError> {
        let of_lot = "WHERE lot = ?1 ORDER BY id DESC";
        let found = select_where_kept(&self.connection, of_lot, [lot])?;
        Ok(found.into_iter().map(|(_, size)| size).collect())
    }

    /// What held of a lot's size when the statement of this number was the store's last; none of an older one.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn lot_size_up_to(&self, lot: &str, last: i64) -> Result<Option<LotSize>, StoreError> {
        let condition = "WHERE lot = ?1 AND id <= ?2 ORDER BY id DESC LIMIT 1";
        let found = select_where_kept(&self.connection, condition, (lot, last))?;
        Ok(found.into_iter().next().map(|(_, size)| size))
    }
}
