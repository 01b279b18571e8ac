//! What can go wrong with a rehearsed actuator, and when.

use std::str::FromStr;
use std::time::Duration;

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlcFault {
    /// Requests are taken and never answered.
    Silent,
    /// Every answer takes 400 ms.
    Slow,
    /// Answers carry numbers that make no sense.
    Garbled,
    /// Connections break as soon as something is asked.
    Dropping,
    /// Power off and on: counters and registers begin at zero.
    Restart,
    /// Power off and on: registers begin at zero, counters go on from where they were, as some makers keep them.
    RestartKept,
    /// A command's number is taken, and the connection breaks before the reply.
    ReplyLost,
    /// Writes are carried out 400 ms later, when nobody waits for their reply any more; reads are answered.
    LateWrites,
    /// Trays come, but the encoder counts no further.
    EncoderStill,
    /// The emergency stop is pressed; when the fault ends, a person acknowledges it and starts the belt.
    EmergencyStop,
    /// The actuator answers, but its heartbeat stands still.
    FrozenHeartbeat,
}

impl PlcFault {
    /// How long an answer takes while [`PlcFault::Slow`] or, to a write, [`PlcFault::LateWrites`].
    pub const SLOW: Duration = Duration::from_millis(400);

    const NAMED: [(&'static str, Self); 11] = [
        ("silent", Self::Silent),
        ("slow", Self::Slow),
        ("garbled", Self::Garbled),
        ("dropping", Self::Dropping),
        ("restart", Self::Restart),
        ("restart-kept", Self::RestartKept),
        ("reply-lost", Self::ReplyLost),
        ("late-writes", Self::LateWrites),
        ("encoder-still", Self::EncoderStill),
        ("emergency-stop", Self::EmergencyStop),
        ("frozen-heartbeat", Self::FrozenHeartbeat),
    ];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::NAMED.into_iter().map(|(_, fault)| fault)
    }

    /// The names that [`ScheduledFault`] reads.
    #[must_use]
    pub fn names() -> String {
        Self::NAMED.map(|(name, _)| name).join(", ")
    }
}

/// A fault with its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduledFault {
    /// What.
    pub fault: PlcFault,
    /// When it begins, counted from the plant's start.
    pub start: Duration,
    /// How long it lasts; for ever when none.
    pub length: Option<Duration>,
}

impl ScheduledFault {
    /// Whether it is on at this time.
    #[must_use]
    pub fn is_on(&self, time: Duration) -> bool {
        let end = self.length.map(|length| self.start.saturating_add(length));
        time >= self.start && end.is_none_or(|end| time < end)
    }
}

/// A text that names no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "fault {found:?}: expected NAME, NAME@START or NAME@START+LENGTH in seconds; NAME is one of {names}"
)]
pub struct FaultError {
    /// The text.
    pub found: String,
    /// What it could have named.
    pub names: String,
}

impl FromStr for ScheduledFault {
    type Err = FaultError;

    /// Reads `slow`, `slow@20` or `slow@20+5`.
    fn from_str(text: &str) -> Result<Self, FaultError> {
        let wrong = || FaultError {
            found: text.to_owned(),
            names: PlcFault::names(),
        };
        let seconds = |text: &str| {
            let seconds: Option<f64> = text.parse().ok();
            seconds
                .and_then(|s| Duration::try_from_secs_f64(s).ok())
                .ok_or_else(wrong)
        };
        let (name, when) = text.split_once('@').unwrap_or((text, "0"));
        let (start, length) = match when.split_once('+') {
            Some((start, length)) => (start, Some(seconds(length)?)),
            None => (when, None),
        };
        let named = PlcFault::NAMED.iter().find(|(known, _)| *known == name);
        Ok(Self {
            fault: named.ok_or_else(wrong)?.1,
            start: seconds(start)?,
            length,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_with_its_time() {
        let fault: ScheduledFault = "slow@20+5.5".parse().unwrap();
        let on = |seconds| fault.is_on(Duration::from_secs(seconds));
        assert!(!on(19) && on(20) && on(25) && !on(26));
        let fault: ScheduledFault = "silent".parse().unwrap();
        assert_eq!((fault.fault, fault.length), (PlcFault::Silent, None));
        for wrong in ["", "slwo", "slow@", "slow@-1", "slow@1+", "slow@nan"] {
            let error = wrong.parse::<ScheduledFault>().unwrap_err();
            assert!(error.to_string().contains("frozen-heartbeat"), "{error}");
        }
    }
}
