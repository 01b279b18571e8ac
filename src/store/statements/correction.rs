//! What people say of a cell, beside what the inspection said.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, Value, ValueRef};
use serde::{Deserialize, Serialize};

use super::table::{Table, select};
use crate::inspect::CellReport;
use crate::store::{StoreError, StoreReader};

/// A cell of a tray, from (0, 0) at the tray's top left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CellPlace {
    /// Row, from 0.
    pub row: u32,
    /// Column, from 0.
    pub col: u32,
}

/// What is said of a cell. In text: `blank`, `double`, `unsure`, or `graded:A`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum StatedVerdict {
    /// No visible seedling.
    Blank,
    /// One seedling, of this grade.
    Graded(String),
    /// Two or more seedlings.
    Double,
    /// Not decided: by the inspection, or by a person who cannot tell either.
    Unsure,
}

impl StatedVerdict {
    /// What a report says of a cell; none where its verdict is no known word.
    #[must_use]
    pub fn of(cell: &CellReport) -> Option<Self> {
        match (cell.verdict.as_str(), &cell.grade) {
            ("graded", Some(grade)) => Some(Self::Graded(grade.to_string())),
            (word, _) => word.parse().ok(),
        }
    }
}

impl fmt::Display for StatedVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => f.write_str("blank"),
            Self::Graded(grade) => write!(f, "graded:{grade}"),
            Self::Double => f.write_str("double"),
            Self::Unsure => f.write_str("unsure"),
        }
    }
}

impl FromStr for StatedVerdict {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        match (text, text.strip_prefix("graded:")) {
            ("blank", _) => Ok(Self::Blank),
            ("double", _) => Ok(Self::Double),
            ("unsure", _) => Ok(Self::Unsure),
            (_, Some(grade)) if !grade.is_empty() => Ok(Self::Graded(grade.to_owned())),
            _ => Err(StoreError::Statement(format!(
                "verdict: expected blank, double, unsure or graded:ID, found {text:?}"
            ))),
        }
    }
}

impl TryFrom<String> for StatedVerdict {
    type Error = StoreError;

    fn try_from(text: String) -> Result<Self, StoreError> {
        text.parse()
    }
}

impl From<StatedVerdict> for String {
    fn from(verdict: StatedVerdict) -> Self {
        verdict.to_string()
    }
}

impl FromSql for StatedVerdict {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let parsed = value.as_str()?.parse::<Self>();
        parsed.map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

/// Why a person spoke of a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CorrectionKind {
    /// A person who saw the verdict replaces it. Says nothing about how often the inspection errs: people correct
    /// what catches their eye.
    Override {
        /// What the person says.
        after: StatedVerdict,
    },
    /// A cell was drawn at random, to be judged by a person who does not see the verdict.
    Audit,
    /// What that person says of it: these estimate the inspection's accuracy.
    AuditAnswer {
        /// What the person says.
        after: StatedVerdict,
    },
}

impl CorrectionKind {
    /// What the person says, where one has spoken.
    #[must_use]
    pub fn after(&self) -> Option<&StatedVerdict> {
        match self {
            Self::Override { after } | Self::AuditAnswer { after } => Some(after),
            Self::Audit => None,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Override { .. } => "override",
            Self::Audit => "audit",
            Self::AuditAnswer { .. } => "audit_answer",
        }
    }

    fn read(word: &str, after: Option<StatedVerdict>) -> Result<Self, StoreError> {
        match (word, after) {
            ("override", Some(after)) => Ok(Self::Override { after }),
            ("audit", None) => Ok(Self::Audit),
            ("audit_answer", Some(after)) => Ok(Self::AuditAnswer { after }),
            (word, after) => Err(StoreError::Statement(format!(
                "correction: expected a kind with its verdict, found {word} with {after:?}"
            ))),
        }
    }
}

/// The reason of an override that takes back the last one of its cell: nothing is deleted, and what held before holds again.
pub const TAKEN_BACK: &str = "taken back";

/// What a person says of a cell, or that somebody is asked to. The judgement stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// When, ISO 8601 in UTC.
    pub at: String,
    /// Who.
    pub who: String,
    /// Why, in the person's words.
    pub why: Option<String>,
    /// In what way, and what is said.
    pub kind: CorrectionKind,
    /// The tray.
    pub tray_uid: String,
    /// Its pass.
    pub pass: u32,
    /// The picture that was judged, lower-case hex.
    pub image_sha256: Option<String>,
    /// The cell.
    pub cell: CellPlace,
    /// What the inspection had said of it; none where it had refused the tray.
    pub before: Option<StatedVerdict>,
}

impl Correction {
    /// Whether it takes back what was last said of its cell, other than in an audit.
    #[must_use]
    pub fn takes_back(&self) -> bool {
        let is_override = matches!(self.kind, CorrectionKind::Override { .. });
        is_override && self.why.as_deref() == Some(TAKEN_BACK)
    }
}

impl Table for Correction {
    const NAME: &'static str = "corrections";
    const COLUMNS: &'static [&'static str] = &[
        "at",
        "who",
        "why",
        "kind",
        "tray_uid",
        "pass",
        "image_sha256",
        "cell_row",
        "cell_col",
        "before",
        "after",
    ];

    fn values(&self) -> Vec<Value> {
        let verdict = |v: Option<&StatedVerdict>| Value::from(v.map(ToString::to_string));
        vec![
            self.at.clone().into(),
            self.who.clone().into(),
            self.why.clone().into(),
            self.kind.word().to_owned().into(),
            self.tray_uid.clone().into(),
            self.pass.into(),
            self.image_sha256.clone().into(),
            self.cell.row.into(),
            self.cell.col.into(),
            verdict(self.before.as_ref()),
            verdict(self.kind.after()),
        ]
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let kind = CorrectionKind::read(&row.get::<_, String>(4)?, row.get(11)?)
            .map_err(|error| FromSqlError::Other(Box::new(error)))?;
        Ok(Self {
            at: row.get(1)?,
            who: row.get(2)?,
            why: row.get(3)?,
            kind,
            tray_uid: row.get(5)?,
            pass: row.get(6)?,
            image_sha256: row.get(7)?,
            cell: CellPlace {
                row: row.get(8)?,
                col: row.get(9)?,
            },
            before: row.get(10)?,
        })
    }
}

/// Which corrections to list; the default lists all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CorrectionFilter {
    /// Of this tray only.
    pub tray_uid: Option<String>,
    /// Stored after the correction of this number.
    pub after: Option<i64>,
    /// At most so many.
    pub limit: Option<u32>,
}

impl StoreReader {
    /// What people last said of the cells of a tray's pass, overrides and audit answers, less what was taken back.
    ///
    /// # Errors
    /// SQLite failed, or a row is damaged.
    pub fn said_of_cells(
        &self,
        tray_uid: &str,
        pass: u32,
    ) -> Result<BTreeMap<(u32, u32), StatedVerdict>, StoreError> {
        let filter = CorrectionFilter {
            tray_uid: Some(tray_uid.to_owned()),
            ..CorrectionFilter::default()
        };
        let of_pass = self.corrections(&filter)?.into_iter();
        let of_pass = of_pass.filter(|(_, correction)| correction.pass == pass);
        let mut said: BTreeMap<(u32, u32), Vec<CorrectionKind>> = BTreeMap::new();
        for (_, correction) in of_pass.filter(|(_, said)| said.kind.after().is_some()) {
            let of_cell = said
                .entry((correction.cell.row, correction.cell.col))
                .or_default();
            if correction.takes_back() {
                let is_override =
                    |kind: &CorrectionKind| matches!(kind, CorrectionKind::Override { .. });
                if let Some(last) = of_cell.iter().rposition(is_override) {
                    of_cell.remove(last);
                }
            } else {
                of_cell.push(correction.kind);
            }
        }
        let last = |(cell, of_cell): ((u32, u32), Vec<CorrectionKind>)| {
            Some((cell, of_cell.last()?.after()?.clone()))
        };
        Ok(said.into_iter().filter_map(last).collect())
    }

    /// Corrections and audits with their numbers, in the order of storing.
    ///
    /// # Errors
    /// SQLite failed, or a row is damaged.
    pub fn corrections(
        &self,
        filter: &CorrectionFilter,
    ) -> Result<Vec<(i64, Correction)>, StoreError> {
        let (after, limit) = (
            filter.after.unwrap_or(0),
            filter.limit.map_or(-1, i64::from),
        );
        match &filter.tray_uid {
            Some(uid) => select(
                &self.connection,
                "WHERE tray_uid = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
                (uid, after, limit),
            ),
            None => select(
                &self.connection,
                "WHERE id > ?1 ORDER BY id LIMIT ?2",
                (after, limit),
            ),
        }
    }
}
