//! What a line says of its parts in its events: each fine, or in trouble and why. Of each the last event holds.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::EventRecord;

/// A part that is well again, or was when the line began.
const FINE: &str = "part_fine";
/// A part that is in trouble.
const IN_TROUBLE: &str = "part_in_trouble";
/// The line ended as it was asked to: nothing is known of its parts any more.
const ENDED: &str = "line_ended";

/// A part of a line that people look after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinePart {
    /// It gives frames, and sees the reference tray as it was recorded.
    Camera,
    /// The PLC: it answers, counts as belts do, and says neither fault nor emergency stop.
    Actuator,
    /// It takes records.
    Store,
    /// Net and standard were verified, and judge.
    Net,
}

impl LinePart {
    /// All of them, in the order in which people are told.
    pub const ALL: [Self; 4] = [Self::Camera, Self::Actuator, Self::Store, Self::Net];

    /// Its name for programs, as events have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Actuator => "actuator",
            Self::Store => "store",
            Self::Net => "net",
        }
    }

    const fn fine(self) -> &'static str {
        match self {
            Self::Camera => "the camera gives frames",
            Self::Actuator => "the actuator answers",
            Self::Store => "the store takes records",
            Self::Net => "net and standard judge",
        }
    }
}

/// What an event says of a line's parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartHealth {
    /// A part is fine.
    Fine(LinePart),
    /// A part is in trouble: why.
    InTrouble(LinePart, String),
    /// The line ended: of no part anything is known.
    LineEnded,
}

impl PartHealth {
    /// The event that says so.
    #[must_use]
    pub fn event(&self, at: &str) -> EventRecord {
        let (kind, message, part) = match self {
            Self::Fine(part) => (FINE, part.fine().to_owned(), Some(part)),
            Self::InTrouble(part, why) => (IN_TROUBLE, why.clone(), Some(part)),
            Self::LineEnded => (ENDED, "the line ended".to_owned(), None),
        };
        EventRecord {
            at: at.to_owned(),
            kind: kind.to_owned(),
            message,
            detail: part.map(|part| json!({ "part": part })),
        }
    }

    /// What an event says; none of one of another kind, or of a part that is not known here.
    #[must_use]
    pub fn of(event: &EventRecord) -> Option<Self> {
        let part = || {
            let part = event.detail.as_ref()?.get("part")?;
            serde_json::from_value(part.clone()).ok()
        };
        match event.kind.as_str() {
            FINE => Some(Self::Fine(part()?)),
            IN_TROUBLE => Some(Self::InTrouble(part()?, event.message.clone())),
            ENDED => Some(Self::LineEnded),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_part_is_read_from_its_event() {
        let at = "2026-11-24T08:00:00Z";
        let mut said = vec![PartHealth::LineEnded];
        for part in LinePart::ALL {
            assert_eq!(json!(part), part.name());
            said.push(PartHealth::Fine(part));
            said.push(PartHealth::InTrouble(part, "cable".to_owned()));
        }
        for health in said {
            assert_eq!(PartHealth::of(&health.event(at)), Some(health));
        }
        let mut other = PartHealth::Fine(LinePart::Net).event(at);
        other.detail = Some(json!({ "part": "conveyor" }));
        assert_eq!(PartHealth::of(&other), None);
        other.kind = "armed".to_owned();
        assert_eq!(PartHealth::of(&other), None);
    }
}
