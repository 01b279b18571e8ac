//! Which lots may stand in one tray: lots never mix unless somebody says so, with a reason.

use rusqlite::Row;
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

use super::table::{Table, select_where_kept};
use crate::store::{StoreError, StoreReader};

/// Two lots, by name, of which the one is not the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TwoLots {
    lesser: String,
    greater: String,
}

impl TwoLots {
    /// These two, in whichever order; none where they are one.
    #[must_use]
    pub fn of(one: &str, other: &str) -> Option<Self> {
        (one != other).then(|| Self {
            lesser: one.min(other).to_owned(),
            greater: one.max(other).to_owned(),
        })
    }

    /// The one that is not `lot`.
    #[must_use]
    pub fn beside(&self, lot: &str) -> &str {
        if self.lesser == lot {
            &self.greater
        } else {
            &self.lesser
        }
    }
}

/// That plugs of two lots may stand in one tray, or that they may no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotConsent {
    /// When this was said, ISO 8601 in UTC.
    pub at: String,
    /// Who said it.
    pub who: String,
    /// The lots.
    pub lots: TwoLots,
    /// Whether they may; a consent is taken back by a later statement.
    pub mixed: bool,
    /// Why.
    pub why: String,
}

impl Table for LotConsent {
    const NAME: &'static str = "lot_consents";
    const COLUMNS: &'static [&'static str] = &["at", "who", "lot", "other_lot", "mixed", "why"];

    fn values(&self) -> Vec<Value> {
        vec![
            self.at.clone().into(),
            self.who.clone().into(),
            self.lots.lesser.clone().into(),
            self.lots.greater.clone().into(),
            self.mixed.into(),
            self.why.clone().into(),
        ]
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            at: row.get(1)?,
            who: row.get(2)?,
            lots: TwoLots {
                lesser: row.get(3)?,
                greater: row.get(4)?,
            },
            mixed: row.get(5)?,
            why: row.get(6)?,
        })
    }
}

impl StoreReader {
    /// The consents that hold of a lot: of every other lot what was said last, where that is a consent.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn lot_consents(&self, lot: &str) -> Result<Vec<LotConsent>, StoreError> {
        let last = "WHERE id IN (SELECT max(id) FROM lot_consents WHERE lot = ?1 OR other_lot = ?1
                                 GROUP BY lot, other_lot) AND mixed = 1 ORDER BY id";
        let found = select_where_kept(&self.connection, last, [lot])?;
        Ok(found.into_iter().map(|(_, consent)| consent).collect())
    }
}
