//! What people order of the line: a job to begin, or that the one it has ends; and the cards of trolleys that stand for
//! a job. The line reads the last order of its own store between two trays.

use rusqlite::Row;
use rusqlite::types::{Type, Value};
use serde::{Deserialize, Serialize};

use super::JobFacts;
use super::table::{Table, select_rows, select_where_kept};
use crate::store::{StoreError, StoreReader};

/// Names an order in its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderNumber(pub i64);

/// What trays are from a change-over on, and what they are graded by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeOver {
    /// The lot.
    pub lot: String,
    /// Its variety.
    pub variety: String,
    /// `sha256:…` of the standard's text, which is in the same store.
    pub standard_digest: String,
    /// Rows of cells.
    pub rows: u32,
    /// Columns of cells.
    pub cols: u32,
    /// Pitch along the columns and along the rows, mm, where somebody said it.
    pub pitch_mm: Option<[f64; 2]>,
}

/// What is ordered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ordered {
    /// A job, from the next tray on.
    Begin {
        /// Its number.
        job: u16,
        /// What it grades.
        what: ChangeOver,
    },
    /// The job ends: the next tray belongs to none.
    End,
    /// The line's configuration, which was read anew, says what is graded.
    Configuration,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobOrder {
    /// When it was given, ISO 8601 in UTC.
    pub at: String,
    /// Who gave it.
    pub who: String,
    /// What is ordered.
    pub ordered: Ordered,
}

/// What a trolley's card stands for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrolleyCard {
    /// When this was said, ISO 8601 in UTC.
    pub at: String,
    /// Who said it.
    pub who: String,
    /// What a scanner reads from the card.
    pub card: String,
    /// What stands on the trolley.
    pub what: ChangeOver,
}

const CHANGE_OVER: usize = 7;

fn values_of(what: Option<&ChangeOver>) -> [Value; CHANGE_OVER] {
    let text = |of: fn(&ChangeOver) -> &String| Value::from(what.map(|what| of(what).clone()));
    let pitch = |at: usize| Value::from(what.and_then(|what| what.pitch_mm).map(|p| p[at]));
    [
        text(|what| &what.lot),
        text(|what| &what.variety),
        text(|what| &what.standard_digest),
        what.map(|what| what.rows).into(),
        what.map(|what| what.cols).into(),
        pitch(0),
        pitch(1),
    ]
}

fn change_over(row: &Row<'_>, first: usize) -> rusqlite::Result<ChangeOver> {
    let pitch: (Option<f64>, Option<f64>) = (row.get(first + 5)?, row.get(first + 6)?);
    Ok(ChangeOver {
        lot: row.get(first)?,
        variety: row.get(first + 1)?,
        standard_digest: row.get(first + 2)?,
        rows: row.get(first + 3)?,
        cols: row.get(first + 4)?,
        pitch_mm: pitch.0.zip(pitch.1).map(<[f64; 2]>::from),
    })
}

impl Table for JobOrder {
    const NAME: &'static str = "job_orders";
    const COLUMNS: &'static [&'static str] = &[
        "at",
        "who",
        "what",
        "job",
        "lot",
        "variety",
        "standard_digest",
        "rows",
        "cols",
        "pitch_cols_mm",
        "pitch_rows_mm",
    ];

    fn values(&self) -> Vec<Value> {
        let (word, job, what) = match &self.ordered {
            Ordered::Begin { job, what } => ("begin", Some(*job), Some(what)),
            Ordered::End => ("end", None, None),
            Ordered::Configuration => ("configuration", None, None),
        };
        let head = [
            self.at.clone().into(),
            self.who.clone().into(),
            word.to_owned().into(),
            job.into(),
        ];
        head.into_iter().chain(values_of(what)).collect()
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let word: String = row.get(3)?;
        let ordered = match word.as_str() {
            "begin" => Ordered::Begin {
                job: row.get(4)?,
                what: change_over(row, 5)?,
            },
            "end" => Ordered::End,
            "configuration" => Ordered::Configuration,
            _ => {
                let name = "what".to_owned();
                return Err(rusqlite::Error::InvalidColumnType(3, name, Type::Text));
            }
        };
        Ok(Self {
            at: row.get(1)?,
            who: row.get(2)?,
            ordered,
        })
    }
}

impl Table for TrolleyCard {
    const NAME: &'static str = "trolley_cards";
    const COLUMNS: &'static [&'static str] = &[
        "at",
        "who",
        "card",
        "lot",
        "variety",
        "standard_digest",
        "rows",
        "cols",
        "pitch_cols_mm",
        "pitch_rows_mm",
    ];

    fn values(&self) -> Vec<Value> {
        let head = [&self.at, &self.who, &self.card].map(|text| text.clone().into());
        head.into_iter()
            .chain(values_of(Some(&self.what)))
            .collect()
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            at: row.get(1)?,
            who: row.get(2)?,
            card: row.get(3)?,
            what: change_over(row, 4)?,
        })
    }
}

impl StoreReader {
    /// The orders that were given last, at most so many, newest first.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn newest_job_orders(
        &self,
        limit: u32,
    ) -> Result<Vec<(OrderNumber, JobOrder)>, StoreError> {
        let rows = select_where_kept(&self.connection, "ORDER BY id DESC LIMIT ?1", [limit])?;
        Ok(rows
            .into_iter()
            .map(|(id, order)| (OrderNumber(id), order))
            .collect())
    }

    /// The order that holds.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn last_job_order(&self) -> Result<Option<(OrderNumber, JobOrder)>, StoreError> {
        Ok(self.newest_job_orders(1)?.pop())
    }

    /// What a lot was last ordered as.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn last_order_of_lot(&self, lot: &str) -> Result<Option<JobOrder>, StoreError> {
        let last = "WHERE lot = ?1 ORDER BY id DESC LIMIT 1";
        let found = select_where_kept(&self.connection, last, [lot])?;
        Ok(found.into_iter().next().map(|(_, order)| order))
    }

    /// What a card stands for, as was said last.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn trolley_card(&self, card: &str) -> Result<Option<TrolleyCard>, StoreError> {
        let last = "WHERE card = ?1 ORDER BY id DESC LIMIT 1";
        let found = select_where_kept(&self.connection, last, [card])?;
        Ok(found.into_iter().next().map(|(_, card)| card))
    }

    /// What the cards stand for of which something was said last, at most so many, newest first.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn newest_trolley_cards(&self, limit: u32) -> Result<Vec<TrolleyCard>, StoreError> {
        let last = "WHERE id IN (SELECT max(id) FROM trolley_cards GROUP BY card) ORDER BY id DESC LIMIT ?1";
        let found = select_where_kept(&self.connection, last, [limit])?;
        Ok(found.into_iter().map(|(_, card)| card).collect())
    }

    /// What the line graded last, as it says itself.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn last_job(&self) -> Result<Option<JobFacts>, StoreError> {
        Ok(select_rows(&self.connection, "ORDER BY id DESC LIMIT 1", [])?.pop())
    }

    /// The highest number that a job has or was ordered with; 0 of none.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn highest_job(&self) -> Result<u32, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT coalesce(max(job), 0) FROM jobs")?;
        let graded: u32 = statement.query_row([], |row| row.get(0))?;
        let highest = "WHERE job IS NOT NULL ORDER BY job DESC LIMIT 1";
        let ordered: Vec<(i64, JobOrder)> = select_where_kept(&self.connection, highest, [])?;
        let ordered = ordered.first().and_then(|(_, order)| match order.ordered {
            Ordered::Begin { job, .. } => Some(u32::from(job)),
            Ordered::End | Ordered::Configuration => None,
        });
        Ok(graded.max(ordered.unwrap_or(0)))
    }
}
