//! What people measure with a ruler, callipers or a balance: what no camera above sees.

use rusqlite::Row;
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

use super::CellPlace;
use super::table::{Table, select_rows};
use crate::store::{StoreError, StoreReader};

/// A trait measured by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HandMeasurement {
    /// When, ISO 8601 in UTC.
    pub at: String,
    /// Who measured.
    pub who: String,
    /// The tray.
    pub tray_uid: String,
    /// The cell; none for the whole tray.
    pub cell: Option<CellPlace>,
    /// The trait, such as `stem_diameter`.
    #[serde(rename = "trait")]
    pub measured_trait: String,
    /// Its value; finite.
    pub value: f64,
    /// Its unit, such as `mm`.
    pub unit: String,
    /// How, such as `callipers at the cotyledons`.
    pub method: Option<String>,
}

/// A number that JSON and SQLite would turn into another is refused.
pub(super) fn check(measurement: &HandMeasurement) -> Result<(), StoreError> {
    if measurement.value.is_finite() {
        return Ok(());
    }
    Err(StoreError::Statement(format!(
        "{} of tray {}: expected a finite number, found {}",
        measurement.measured_trait, measurement.tray_uid, measurement.value
    )))
}

impl Table for HandMeasurement {
    const NAME: &'static str = "hand_measurements";
    const COLUMNS: &'static [&'static str] = &[
        "at", "who", "tray_uid", "cell_row", "cell_col", "trait", "value", "unit", "method",
    ];

    fn values(&self) -> Vec<Value> {
        vec![
            self.at.clone().into(),
            self.who.clone().into(),
            self.tray_uid.clone().into(),
            self.cell.map(|cell| cell.row).into(),
            self.cell.map(|cell| cell.col).into(),
            self.measured_trait.clone().into(),
            self.value.into(),
            self.unit.clone().into(),
            self.method.clone().into(),
        ]
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let place: (Option<u32>, Option<u32>) = (row.get(4)?, row.get(5)?);
        Ok(Self {
            at: row.get(1)?,
            who: row.get(2)?,
            tray_uid: row.get(3)?,
            cell: place
                .0
                .zip(place.1)
                .map(|(row, col)| CellPlace { row, col }),
            measured_trait: row.get(6)?,
            value: row.get(7)?,
            unit: row.get(8)?,
            method: row.get(9)?,
        })
    }
}

impl StoreReader {
    /// What was measured by hand of a tray, in the order of storing.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn hand_measurements(&self, tray_uid: &str) -> Result<Vec<HandMeasurement>, StoreError> {
        let of_tray = "WHERE tray_uid = ?1 ORDER BY id";
        select_rows(&self.connection, of_tray, [tray_uid])
    }
}
