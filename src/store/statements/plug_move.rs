//! Moves of plugs that were made, at the patching bench or by a transplanter, and what of them was taken back.

use rusqlite::Row;
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

use super::CellPlace;
use super::table::{Table, select_where_kept};
use crate::inspect::SourceFacts;
use crate::store::{StoreError, StoreReader};

/// A tray as it stands in the nursery, whatever pass of it is spoken of.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StandingTray {
    /// The uid of a pass of it.
    pub uid: String,
    /// The code on it.
    pub code: Option<String>,
    /// Its lot.
    pub lot: Option<String>,
}

/// What makes two of them one tray: the code within the lot, else the uid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TrayIdentity<'a> {
    /// The code on it, within its lot: trays are used again for another.
    Coded {
        /// The lot.
        lot: &'a str,
        /// The code.
        code: &'a str,
    },
    /// The uid, of a tray without a code or a lot.
    Uid(&'a str),
}

impl StandingTray {
    /// The tray of a picture.
    #[must_use]
    pub fn of(facts: &SourceFacts) -> Self {
        Self {
            uid: facts.tray_uid.clone(),
            code: facts.tray_code.clone(),
            lot: facts.lot.clone(),
        }
    }

    /// Names the tray.
    #[must_use]
    pub fn identity(&self) -> TrayIdentity<'_> {
        match (&self.lot, &self.code) {
            (Some(lot), Some(code)) => TrayIdentity::Coded { lot, code },
            _ => TrayIdentity::Uid(&self.uid),
        }
    }

    /// What is read on the tray, else its uid.
    #[must_use]
    pub fn shown_name(&self) -> &str {
        self.code.as_deref().unwrap_or(&self.uid)
    }
}

/// A cell of a standing tray.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StandingCell {
    /// The tray.
    pub tray: StandingTray,
    /// The cell.
    pub cell: CellPlace,
}

impl StandingCell {
    /// Names the cell.
    #[must_use]
    pub fn identity(&self) -> (TrayIdentity<'_>, CellPlace) {
        (self.tray.identity(), self.cell)
    }
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// A plug went from one cell into another; what had been there was taken out first.
    Moved {
        /// Where it was.
        from: StandingCell,
        /// Where it is.
        into: StandingCell,
    },
    /// What was in a cell was taken out, and nothing was put in.
    Cleared {
        /// The cell.
        cell: StandingCell,
    },
}

impl Done {
    /// The cell that was filled or cleared.
    #[must_use]
    pub fn at(&self) -> &StandingCell {
        match self {
            Self::Moved { into, .. } => into,
            Self::Cleared { cell } => cell,
        }
    }

    /// Where the plug was, where one was moved.
    #[must_use]
    pub fn from(&self) -> Option<&StandingCell> {
        match self {
            Self::Moved { from, .. } => Some(from),
            Self::Cleared { .. } => None,
        }
    }

    /// The cells that are no longer as they were.
    pub fn cells(&self) -> impl Iterator<Item = &StandingCell> {
        std::iter::once(self.at()).chain(self.from())
    }
}

/// A move that somebody made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlugMove {
    /// When it was told, ISO 8601 in UTC.
    pub at: String,
    /// Who told it.
    pub who: String,
    /// Names all that was told at once.
    pub key: String,
    /// Its place among these.
    pub number: u32,
    /// What was done.
    pub done: Done,
}

/// All moves of a key are taken back: they were not made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovesTakenBack {
    /// When this was said, ISO 8601 in UTC.
    pub at: String,
    /// Who said it.
    pub who: String,
    /// The key.
    pub key: String,
}

/// Columns of a cell.
const CELL: usize = 5;

fn cell_values(of: Option<&StandingCell>) -> [Value; CELL] {
    [
        of.map(|of| of.tray.uid.clone()).into(),
        of.and_then(|of| of.tray.code.clone()).into(),
        of.and_then(|of| of.tray.lot.clone()).into(),
        of.map(|of| of.cell.row).into(),
        of.map(|of| of.cell.col).into(),
    ]
}

fn cell(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<StandingCell>> {
    let uid: Option<String> = row.get(first)?;
    let Some(uid) = uid else { return Ok(None) };
    Ok(Some(StandingCell {
        tray: StandingTray {
            uid,
            code: row.get(first + 1)?,
            lot: row.get(first + 2)?,
        },
        cell: CellPlace {
            row: row.get(first + 3)?,
            col: row.get(first + 4)?,
        },
    }))
}

impl Table for PlugMove {
    const NAME: &'static str = "moves";
    const COLUMNS: &'static [&'static str] = &[
        "at",
        "who",
        "key",
        "number",
        "tray_uid",
        "tray_code",
        "lot",
        "cell_row",
        "cell_col",
        "donor_uid",
        "donor_code",
        "donor_lot",
        "donor_row",
        "donor_col",
    ];

    fn values(&self) -> Vec<Value> {
        let head = [
            self.at.clone().into(),
            self.who.clone().into(),
            self.key.clone().into(),
            self.number.into(),
        ];
        let cells = [Some(self.done.at()), self.done.from()];
        head.into_iter()
            .chain(cells.into_iter().flat_map(cell_values))
            .collect()
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let at = cell(row, 5)?.ok_or(rusqlite::Error::InvalidQuery)?;
        Ok(Self {
            at: row.get(1)?,
            who: row.get(2)?,
            key: row.get(3)?,
            number: row.get(4)?,
            done: match cell(row, 5 + CELL)? {
                Some(from) => Done::Moved { from, into: at },
                None => Done::Cleared { cell: at },
            },
        })
    }
}

impl Table for MovesTakenBack {
    const NAME: &'static str = "moves_taken_back";
    const COLUMNS: &'static [&'static str] = &["at", "who", "key"];

    fn values(&self) -> Vec<Value> {
        [&self.at, &self.who, &self.key]
            .map(|text| text.clone().into())
            .to_vec()
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            at: row.get(1)?,
            who: row.get(2)?,
            key: row.get(3)?,
        })
    }
}

/// How far a store's moves are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoveBound {
    /// The last move.
    pub moved: i64,
    /// The last that was taken back.
    pub taken_back: i64,
}

impl MoveBound {
    /// All that there are.
    pub const ALL: Self = Self {
        moved: i64::MAX,
        taken_back: i64::MAX,
    };
}

/// Within the bound, and not taken back within it.
const HOLDS: &str = "id <= ?1 AND NOT EXISTS (
    SELECT 1 FROM moves_taken_back AS back WHERE back.key = moves.key AND back.id <= ?2)";

impl StoreReader {
    /// The moves of which a tray gave or got a plug, or a cell was cleared, and that hold; in the order of storing.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn moves_of_tray(
        &self,
        tray: TrayIdentity<'_>,
        bound: MoveBound,
    ) -> Result<Vec<(i64, PlugMove)>, StoreError> {
        let found = match tray {
            TrayIdentity::Coded { lot, code } => {
                let of_tray = format!(
                    "WHERE id IN (SELECT id FROM moves WHERE tray_code = ?3 AND lot = ?4
                         UNION SELECT id FROM moves WHERE donor_code = ?3 AND donor_lot = ?4) AND {HOLDS} ORDER BY id"
                );
                let asked = (bound.moved, bound.taken_back, code, lot);
                select_where_kept(&self.connection, &of_tray, asked)?
            }
            TrayIdentity::Uid(uid) => {
                let of_tray = format!(
                    "WHERE id IN (SELECT id FROM moves WHERE tray_uid = ?3
                         UNION SELECT id FROM moves WHERE donor_uid = ?3) AND {HOLDS} ORDER BY id"
                );
                let asked = (bound.moved, bound.taken_back, uid);
                select_where_kept(&self.connection, &of_tray, asked)?
            }
        };
        let is_of = |made: &PlugMove| {
            let mut cells = made.done.cells();
            cells.any(|cell| cell.tray.identity() == tray)
        };
        // a uid may be that of a tray that is known by its code
        Ok(found.into_iter().filter(|(_, made)| is_of(made)).collect())
    }

    /// The moves into and out of trays of a lot that hold, in the order of storing.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn moves_of_lot(
        &self,
        lot: &str,
        bound: MoveBound,
    ) -> Result<Vec<(i64, PlugMove)>, StoreError> {
        let of_lot = format!(
            "WHERE id IN (SELECT id FROM moves WHERE lot = ?3
                 UNION SELECT id FROM moves WHERE donor_uid IS NOT NULL AND donor_lot = ?3) AND {HOLDS} ORDER BY id"
        );
        let asked = (bound.moved, bound.taken_back, lot);
        select_where_kept(&self.connection, &of_lot, asked)
    }

    /// What was told under a key, taken back or not, in its order.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn moves_told(&self, key: &str) -> Result<Vec<PlugMove>, StoreError> {
        let told = "WHERE key = ?1 ORDER BY number";
        let found = select_where_kept(&self.connection, told, [key])?;
        Ok(found.into_iter().map(|(_, made)| made).collect())
    }

    /// Who took back what was told under a key, and when.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn moves_taken_back(&self, key: &str) -> Result<Option<MovesTakenBack>, StoreError> {
        let found = select_where_kept(&self.connection, "WHERE key = ?1", [key])?;
        Ok(found.into_iter().next().map(|(_, back)| back))
    }
}
