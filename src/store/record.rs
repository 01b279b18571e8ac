//! What is stored: a judged tray, an event, the end of a command.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::inspect::TrayReport;

use super::statements::Statement;
use super::{StoreError, intake};

/// A judgement and when the store got it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrayRecord {
    /// When it was handed over, ISO 8601 in UTC.
    pub received_at: String,
    /// The judgement.
    pub report: TrayReport,
}

/// Something that people should be able to look up: armed, camera silent, store spilling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRecord {
    /// When, ISO 8601 in UTC.
    pub at: String,
    /// What kind, such as `camera_silent`.
    pub kind: String,
    /// The event in words.
    pub message: String,
    /// Further facts.
    pub detail: Option<serde_json::Value>,
}

/// Reasons that say that a command came too late: by the line's reckoning, when it was dropped and never sent, and by the
/// actuator's, when it was refused.
pub const LATE: [&str; 2] = ["late", "late by the actuator's reckoning"];

/// How one trigger ended: a command with its outcome, or the reason why there was none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandRecord {
    /// When it ended, ISO 8601 in UTC.
    pub at: String,
    /// The PLC's trigger sequence.
    pub trigger: u32,
    /// The tray, where one was seen.
    pub tray_uid: Option<String>,
    /// The command's sequence; none when it was dropped.
    pub sequence: Option<u16>,
    /// The job.
    pub job: Option<u32>,
    /// The gate that it named.
    pub gate: Option<u16>,
    /// The encoder count that it was to fire at.
    pub fire_at: Option<u32>,
    /// `accepted`, `refused`, `fired`, `missing` or `dropped`.
    pub outcome: String,
    /// Why refused, missing or dropped.
    pub reason: Option<String>,
}

/// One row of the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// A judged, refused or failed tray.
    Tray(Box<TrayRecord>),
    /// An event.
    Event(EventRecord),
    /// The end of a trigger.
    Command(CommandRecord),
    /// Something said beside a judgement.
    Statement(Statement),
}

impl Record {
    /// Names the content: the same judgement has the same digest however often it is handed over, so
    /// that a record taken in twice is stored once. Of a tray it covers the report without its timing
    /// and not the moment of receipt.
    ///
    /// # Errors
    /// A record without a JSON form.
    pub fn digest(&self) -> Result<[u8; 32], StoreError> {
        let json = match self {
            Self::Tray(tray) => return intake::digest(&tray.report),
            Self::Statement(statement) => return Ok(statement.digest()?),
            Self::Event(_) | Self::Command(_) => serde_json::to_vec(self)?,
        };
        Ok(Sha256::digest(json).into())
    }
}
