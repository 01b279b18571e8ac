//! What the PLC's flags said in a line's events: a gate full, the infeed stopped, and when each was over.

use serde::{Deserialize, Serialize};

use super::EventRecord;

/// A flag of register 12.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlcFlag {
    /// A gate takes no more trays; the register does not say which.
    GateFull,
    /// No trays are let in.
    InfeedStopped,
}

impl PlcFlag {
    /// All of them, in the order of their bits.
    pub const ALL: [Self; 2] = [Self::GateFull, Self::InfeedStopped];

    /// Its name for programs, as figures have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GateFull => "gate_full",
            Self::InfeedStopped => "infeed_stopped",
        }
    }

    /// What is stored when the flag goes up, and when it is down again.
    #[must_use]
    pub fn event(self, is_up: bool, at: &str) -> EventRecord {
        let (kind, message) = self.told(is_up);
        EventRecord {
            at: at.to_owned(),
            kind: kind.to_owned(),
            message: message.to_owned(),
            detail: None,
        }
    }

    /// The flag that an event tells of, and whether it is up; none of an event of another kind.
    #[must_use]
    pub fn of(event: &EventRecord) -> Option<(Self, bool)> {
        Self::ALL
            .into_iter()
            .flat_map(|flag| [(flag, true), (flag, false)])
            .find(|(flag, is_up)| flag.told(*is_up).0 == event.kind)
    }

    const fn told(self, is_up: bool) -> (&'static str, &'static str) {
        match (self, is_up) {
            (Self::GateFull, true) => ("gate_full", "the actuator says that a gate is full"),
            (Self::GateFull, false) => ("gate_free", "no gate is full any more"),
            (Self::InfeedStopped, true) => {
                ("infeed_stopped", "the actuator has stopped the infeed")
            }
            (Self::InfeedStopped, false) => ("infeed_resumed", "the infeed goes on"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whether_a_gate_is_full_and_the_infeed_stopped_is_read_from_their_events() {
        for flag in PlcFlag::ALL {
            for is_up in [true, false] {
                let event = flag.event(is_up, "2026-11-24T08:00:00Z");
                assert_eq!(PlcFlag::of(&event), Some((flag, is_up)), "{}", event.kind);
            }
            assert_eq!(serde_json::json!(flag), flag.name());
        }
        let mut other = PlcFlag::GateFull.event(true, "");
        other.kind = "armed".to_owned();
        assert_eq!(PlcFlag::of(&other), None);
    }
}
