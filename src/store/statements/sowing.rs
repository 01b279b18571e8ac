//! What was sown and what a job grades.

use rusqlite::Row;
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

use super::table::{Table, select_rows};
use crate::store::{StoreError, StoreReader};

/// Trays of one variety sown together, and where they come from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LotFacts {
    /// When this was said, ISO 8601 in UTC.
    pub at: String,
    /// Who said it: a person's name, or `line` where the line's configuration does.
    pub who: String,
    /// The lot.
    pub lot: String,
    /// Its variety.
    pub variety: Option<String>,
    /// The seeder that sowed it.
    pub seeder: Option<String>,
    /// The day of sowing, such as `2026-11-24`.
    pub sown_on: Option<String>,
    /// The lot of the seed, as its seller names it.
    pub seed_lot: Option<String>,
    /// Anything else.
    pub note: Option<String>,
}

impl Table for LotFacts {
    const NAME: &'static str = "lots";
    const COLUMNS: &'static [&'static str] = &[
        "at", "who", "lot", "variety", "seeder", "sown_on", "seed_lot", "note",
    ];

    fn values(&self) -> Vec<Value> {
        let text = |text: &Option<String>| Value::from(text.clone());
        vec![
            self.at.clone().into(),
            self.who.clone().into(),
            self.lot.clone().into(),
            text(&self.variety),
            text(&self.seeder),
            text(&self.sown_on),
            text(&self.seed_lot),
            text(&self.note),
        ]
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            at: row.get(1)?,
            who: row.get(2)?,
            lot: row.get(3)?,
            variety: row.get(4)?,
            seeder: row.get(5)?,
            sown_on: row.get(6)?,
            seed_lot: row.get(7)?,
            note: row.get(8)?,
        })
    }
}

/// What a job grades.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JobFacts {
    /// When this was said, ISO 8601 in UTC.
    pub at: String,
    /// Who said it.
    pub who: String,
    /// The job's number.
    pub job: u32,
    /// Its lot.
    pub lot: String,
    /// Its standard, `id@version`.
    pub standard: Option<String>,
    /// Anything else.
    pub note: Option<String>,
}

impl Table for JobFacts {
    const NAME: &'static str = "jobs";
    const COLUMNS: &'static [&'static str] = &["at", "who", "job", "lot", "standard", "note"];

    fn values(&self) -> Vec<Value> {
        vec![
            self.at.clone().into(),
            self.who.clone().into(),
            self.job.into(),
            self.lot.clone().into(),
            self.standard.clone().into(),
            self.note.clone().into(),
        ]
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            at: row.get(1)?,
            who: row.get(2)?,
            job: row.get(3)?,
            lot: row.get(4)?,
            standard: row.get(5)?,
            note: row.get(6)?,
        })
    }
}

impl StoreReader {
    /// What holds of every lot that somebody said anything of: the last statement of each, by name.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn lots(&self) -> Result<Vec<LotFacts>, StoreError> {
        let last = "WHERE id IN (SELECT max(id) FROM lots GROUP BY lot) ORDER BY lot";
        select_rows(&self.connection, last, [])
    }

    /// What holds of a lot.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn lot(&self, lot: &str) -> Result<Option<LotFacts>, StoreError> {
        let last = "WHERE lot = ?1 ORDER BY id DESC LIMIT 1";
        Ok(select_rows(&self.connection, last, [lot])?.pop())
    }

    /// What holds of every job that somebody said anything of, by number.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn jobs(&self) -> Result<Vec<JobFacts>, StoreError> {
        let last = "WHERE id IN (SELECT max(id) FROM jobs GROUP BY job) ORDER BY job";
        select_rows(&self.connection, last, [])
    }
}
