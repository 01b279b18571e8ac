//! The calibration file: what was recorded, and how far from it is still well.
//!
//! ```toml
//! schema = "seedgrade.calibration/1"
//! recorded_at = "2026-11-24T08:00:00Z"
//! source = "gige/Maker-00012345/frame-17@1ns"
//! [readings]                      # of the reference tray, as recorded
//! [limits]                        # may be changed by hand; the file's digest names what was held against
//! ```

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::readings::Readings;

/// The schema that files name.
const SCHEMA: &str = "seedgrade.calibration/1";

/// How far from what was recorded is still well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Change of scale, percent.
    pub scale_percent: f64,
    /// An edge may be so many times as wide as recorded.
    pub edge_factor: f64,
    /// Brightness of bare paper, least and most, 0–255: between too dark and clipped.
    pub white: [f64; 2],
    /// Share of bare paper that may be clipped.
    pub clipped: f64,
    /// Change of the paper's brightness, percent.
    pub lamp_percent: f64,
    /// Change of the lamp's evenness, percent.
    pub evenness_percent: f64,
    /// Change of the paper's colour: red or blue over green, percent.
    pub cast_percent: f64,
    /// Change of a patch's colour, as a share of white.
    pub colour: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            scale_percent: 1.5,
            edge_factor: 1.5,
            white: [120.0, 252.0],
            clipped: 0.02,
            lamp_percent: 10.0,
            evenness_percent: 10.0,
            cast_percent: 5.0,
            colour: 0.06,
        }
    }
}

/// A recorded state of camera and lamp.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    schema: String,
    /// When, ISO 8601 in UTC.
    pub recorded_at: String,
    /// The picture.
    pub source: String,
    /// What it said.
    pub readings: Readings,
    /// What may change.
    #[serde(default)]
    pub limits: Limits,
}

/// Why a file is no calibration.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    /// Not TOML, a missing or unknown key, a wrong type.
    #[error("calibration: {0}")]
    Toml(String),
    /// Another kind of file.
    #[error("calibration: schema: expected {SCHEMA:?}, found {0:?}")]
    Schema(String),
    /// A number that cannot be.
    #[error("calibration: {key}: expected {expected}, found {found}")]
    Value {
        /// The key.
        key: &'static str,
        /// What it can be.
        expected: &'static str,
        /// What it is.
        found: f64,
    },
}

impl Calibration {
    /// A calibration that keeps these readings, with the usual limits.
    #[must_use]
    pub fn new(readings: Readings, recorded_at: String, source: String) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            recorded_at,
            source,
            readings,
            limits: Limits::default(),
        }
    }

    /// Reads a calibration file.
    ///
    /// # Errors
    /// It is none, or holds numbers that cannot be.
    pub fn parse(text: &str) -> Result<Self, CalibrationError> {
        let calibration: Self = toml::from_str(text)
            .map_err(|e| CalibrationError::Toml(e.to_string().trim_end().to_owned()))?;
        if calibration.schema != SCHEMA {
            return Err(CalibrationError::Schema(calibration.schema));
        }
        calibration.check().map(|()| calibration)
    }

    /// The file's text.
    ///
    /// # Errors
    /// It has no TOML form.
    pub fn to_toml(&self) -> Result<String, CalibrationError> {
        toml::to_string(self).map_err(|e| CalibrationError::Toml(e.to_string()))
    }

    /// Names a file's text: `sha256:…`.
    #[must_use]
    pub fn digest(text: &str) -> String {
        format!("sha256:{}", hex::encode(Sha256::digest(text)))
    }

    fn check(&self) -> Result<(), CalibrationError> {
        let (read, limits) = (&self.readings, &self.limits);
        let positive = [
            ("readings.mm_per_px", read.mm_per_px),
            ("readings.edge_px", read.edge_px),
            (
                "readings.white",
                read.white.into_iter().fold(f64::INFINITY, f64::min),
            ),
            ("readings.evenness", read.evenness),
            ("limits.scale_percent", limits.scale_percent),
            ("limits.edge_factor", limits.edge_factor),
            ("limits.lamp_percent", limits.lamp_percent),
            ("limits.evenness_percent", limits.evenness_percent),
            ("limits.cast_percent", limits.cast_percent),
            ("limits.colour", limits.colour),
        ];
        let colours = read.colours.iter().flat_map(|colour| colour.share_of_white);
        let not_negative = colours
            .map(|share| ("readings.colours", share))
            .chain(read.white.map(|level| ("readings.white", level)))
            .chain(limits.white.map(|level| ("limits.white", level)))
            .chain([
                ("limits.clipped", limits.clipped),
                ("readings.clipped", read.clipped),
            ]);
        let wrong = |expected, (key, found): (&'static str, f64)| CalibrationError::Value {
            key,
            expected,
            found,
        };
        let is_positive = |(_, value): &(&str, f64)| value.is_finite() && *value > 0.0;
        if let Some(found) = positive.into_iter().find(|value| !is_positive(value)) {
            return Err(wrong("a number above 0", found));
        }
        let is_number = |(_, value): &(&str, f64)| value.is_finite() && *value >= 0.0;
        match not_negative.into_iter().find(|value| !is_number(value)) {
            Some(found) => Err(wrong("a number of at least 0", found)),
            None => Ok(()),
        }
    }
}
