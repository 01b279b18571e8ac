//! What left the nursery under which number.

use rusqlite::Row;
use rusqlite::types::{Type, Value};
use serde::{Deserialize, Serialize};

use super::table::{Table, select_rows};
use crate::store::{StoreError, StoreReader};

/// What a delivery holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivered {
    /// All trays of a lot.
    Lot(String),
    /// One tray, by its uid or by the code read from it.
    Tray(String),
}

/// Trays that left together, under the number of the delivery note. A delivery of several lots or trays is several of
/// these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryFacts {
    /// When this was said, ISO 8601 in UTC.
    pub at: String,
    /// Who said it.
    pub who: String,
    /// The delivery's number, as the nursery writes it.
    pub delivery: String,
    /// What was delivered.
    pub delivered: Delivered,
    /// To whom.
    pub customer: Option<String>,
    /// The day, such as `2026-11-27`.
    pub delivered_on: Option<String>,
    /// Anything else.
    pub note: Option<String>,
}

impl Table for DeliveryFacts {
    const NAME: &'static str = "deliveries";
    const COLUMNS: &'static [&'static str] = &[
        "at",
        "who",
        "delivery",
        "lot",
        "tray",
        "customer",
        "delivered_on",
        "note",
    ];

    fn values(&self) -> Vec<Value> {
        let (lot, tray) = match &self.delivered {
            Delivered::Lot(lot) => (Some(lot.clone()), None),
            Delivered::Tray(tray) => (None, Some(tray.clone())),
        };
        vec![
            self.at.clone().into(),
            self.who.clone().into(),
            self.delivery.clone().into(),
            lot.into(),
            tray.into(),
            self.customer.clone().into(),
            self.delivered_on.clone().into(),
            self.note.clone().into(),
        ]
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let delivered = match (row.get(4)?, row.get(5)?) {
            (Some(lot), None) => Delivered::Lot(lot),
            (None, Some(tray)) => Delivered::Tray(tray),
            (None, None) | (Some(_), Some::<String>(_)) => {
                let name = "lot".to_owned();
                return Err(rusqlite::Error::InvalidColumnType(4, name, Type::Null));
            }
        };
        Ok(Self {
            at: row.get(1)?,
            who: row.get(2)?,
            delivery: row.get(3)?,
            delivered,
            customer: row.get(6)?,
            delivered_on: row.get(7)?,
            note: row.get(8)?,
        })
    }
}

impl StoreReader {
    /// What was said of a delivery, in the order of storing.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn deliveries(&self, number: &str) -> Result<Vec<DeliveryFacts>, StoreError> {
        let of_number = "WHERE delivery = ?1 ORDER BY id";
        select_rows(&self.connection, of_number, [number])
    }
}
