//! Texts that judgements rest on: standards, nets' cards, calibrations. Each has a digest that evidence names.

use rusqlite::Row;
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

use super::table::{Table, select_rows};
use crate::grade::GradingStandard;
use crate::store::{StoreError, StoreReader};

/// A grading standard as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandardText {
    /// When it came into the store, ISO 8601 in UTC.
    pub at: String,
    /// Who brought it.
    pub who: String,
    /// Its id, such as `vegetable-plug`.
    pub standard: String,
    /// Its version.
    pub version: u32,
    /// `sha256:…` of the text, as evidence names it.
    pub standard_digest: String,
    /// The TOML, byte for byte.
    pub text: String,
}

impl StandardText {
    /// A standard's text, read and checked.
    ///
    /// # Errors
    /// The text is no valid standard.
    pub fn of(at: &str, who: &str, text: &str) -> Result<Self, StoreError> {
        let standard = GradingStandard::parse(text)
            .map_err(|error| StoreError::Statement(format!("standard: {error}")))?;
        Ok(Self::read_before(at, who, &standard))
    }

    /// The text of a standard that was read before.
    #[must_use]
    pub fn read_before(at: &str, who: &str, standard: &GradingStandard) -> Self {
        Self {
            at: at.to_owned(),
            who: who.to_owned(),
            standard: standard.id().to_owned(),
            version: standard.version(),
            standard_digest: standard.digest().to_owned(),
            text: standard.text().to_owned(),
        }
    }
}

impl Table for StandardText {
    const NAME: &'static str = "standards";
    const COLUMNS: &'static [&'static str] = &[
        "at",
        "who",
        "standard",
        "version",
        "standard_digest",
        "text",
    ];

    fn values(&self) -> Vec<Value> {
        vec![
            self.at.clone().into(),
            self.who.clone().into(),
            self.standard.clone().into(),
            self.version.into(),
            self.standard_digest.clone().into(),
            self.text.clone().into(),
        ]
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            at: row.get(1)?,
            who: row.get(2)?,
            standard: row.get(3)?,
            version: row.get(4)?,
            standard_digest: row.get(5)?,
            text: row.get(6)?,
        })
    }
}

/// A net's card as it was shipped with the net.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetCard {
    /// When it came into the store, ISO 8601 in UTC.
    pub at: String,
    /// `sha256:…` of the net, as evidence names it.
    pub network: String,
    /// The net's name.
    pub name: String,
    /// The card's TOML.
    pub card: String,
}

impl Table for NetCard {
    const NAME: &'static str = "nets";
    const COLUMNS: &'static [&'static str] = &["at", "network", "name", "card"];

    fn values(&self) -> Vec<Value> {
        let texts = [&self.at, &self.network, &self.name, &self.card];
        texts.map(|text| text.clone().into()).into()
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            at: row.get(1)?,
            network: row.get(2)?,
            name: row.get(3)?,
            card: row.get(4)?,
        })
    }
}

/// A calibration as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalibrationText {
    /// When it came into the store, ISO 8601 in UTC.
    pub at: String,
    /// Who brought it.
    pub who: String,
    /// `sha256:…` of the text, as evidence names it.
    pub calibration: String,
    /// The text.
    pub text: String,
}

impl Table for CalibrationText {
    const NAME: &'static str = "calibrations";
    const COLUMNS: &'static [&'static str] = &["at", "who", "calibration", "text"];

    fn values(&self) -> Vec<Value> {
        let texts = [&self.at, &self.who, &self.calibration, &self.text];
        texts.map(|text| text.clone().into()).into()
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            at: row.get(1)?,
            who: row.get(2)?,
            calibration: row.get(3)?,
            text: row.get(4)?,
        })
    }
}

impl StoreReader {
    /// All standards, in the order of storing.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn standards(&self) -> Result<Vec<StandardText>, StoreError> {
        select_rows(&self.connection, "ORDER BY id", [])
    }

    /// The standard that evidence names by its digest.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn standard(&self, standard_digest: &str) -> Result<Option<StandardText>, StoreError> {
        let named = "WHERE standard_digest = ?1";
        Ok(select_rows(&self.connection, named, [standard_digest])?.pop())
    }

    /// All nets' cards, in the order of storing.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn nets(&self) -> Result<Vec<NetCard>, StoreError> {
        select_rows(&self.connection, "ORDER BY id", [])
    }

    /// All calibrations, in the order of storing.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn calibrations(&self) -> Result<Vec<CalibrationText>, StoreError> {
        select_rows(&self.connection, "ORDER BY id", [])
    }
}
