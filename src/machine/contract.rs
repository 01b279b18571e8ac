//! The actuator's registers, as types that name their numbers.

use std::num::NonZeroU16;

use crate::geometry::EncoderCount;
use crate::sorting::TriggerId;

/// A register holds a number that the contract does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("register {register} ({meaning}): expected {expected}, found {found}")]
pub struct UnknownNumber {
    /// The register.
    pub register: u16,
    /// What it means.
    pub meaning: &'static str,
    /// The numbers that it can hold.
    pub expected: &'static str,
    /// The number found.
    pub found: u16,
}

/// The actuator's state. Register 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum MachineState {
    /// The belt stands.
    Stopped = 0,
    /// The belt runs; commands are taken.
    Running = 1,
    /// Something is broken.
    Fault = 2,
    /// The emergency stop is pressed, or was and is not acknowledged.
    EmergencyStop = 3,
}

impl TryFrom<u16> for MachineState {
    type Error = UnknownNumber;
    fn try_from(found: u16) -> Result<Self, UnknownNumber> {
        let all = [
            Self::Stopped,
            Self::Running,
            Self::Fault,
            Self::EmergencyStop,
        ];
        let expected = UnknownNumber {
            register: 1,
            meaning: "state",
            expected: "0 to 3",
            found,
        };
        all.into_iter()
            .find(|state| state.number() == found)
            .ok_or(expected)
    }
}

impl MachineState {
    /// The register's value.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }
}

/// Why the actuator refused a command. Register 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum RefusalReason {
    /// Nothing was refused.
    None = 0,
    /// Its fire position is behind, or too near.
    Late = 1,
    /// No such tray is on the way to the gates, or it has its command already.
    UnknownTray = 2,
    /// The actuator does not run, or seedgrade does not execute.
    NotReady = 3,
    /// No room for one more command.
    QueueFull = 4,
}

impl TryFrom<u16> for RefusalReason {
    type Error = UnknownNumber;
    fn try_from(found: u16) -> Result<Self, UnknownNumber> {
        let all = [
            Self::None,
            Self::Late,
            Self::UnknownTray,
            Self::NotReady,
            Self::QueueFull,
        ];
        let expected = UnknownNumber {
            register: 8,
            meaning: "refusal",
            expected: "0 to 4",
            found,
        };
        all.into_iter()
            .find(|reason| reason.number() == found)
            .ok_or(expected)
    }
}

impl RefusalReason {
    /// The register's value.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }
}

/// How a command ended at its gate. Register 11.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum CommandEnding {
    /// Not said.
    Unknown = 0,
    /// Gate and nozzles acted.
    Fired = 1,
    /// No tray was there.
    NoTray = 2,
    /// The tray was there too early or too late.
    OutOfWindow = 3,
    /// Forgotten before it got there.
    Flushed = 4,
}

impl TryFrom<u16> for CommandEnding {
    type Error = UnknownNumber;
    fn try_from(found: u16) -> Result<Self, UnknownNumber> {
        let all = [
            Self::Unknown,
            Self::Fired,
            Self::NoTray,
            Self::OutOfWindow,
            Self::Flushed,
        ];
        let expected = UnknownNumber {
            register: 11,
            meaning: "ending",
            expected: "0 to 4",
            found,
        };
        all.into_iter()
            .find(|ending| ending.number() == found)
            .ok_or(expected)
    }
}

impl CommandEnding {
    /// The register's value.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }
}

/// seedgrade's own state, numbered as OPC 40100-1 does. Register 101.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum VisionState {
    /// Nothing is configured yet.
    Preoperational = 1,
    /// Stopped by a person.
    Halted = 2,
    /// Something failed.
    Error = 3,
    /// Configured, not armed.
    Initialized = 5,
    /// Armed, no tray yet.
    Ready = 6,
    /// Armed and judging.
    Executing = 7,
}

impl VisionState {
    /// The register's value.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// Whether commands may be sent.
    #[must_use]
    pub const fn is_armed(self) -> bool {
        matches!(self, Self::Ready | Self::Executing)
    }
}

/// What lamp and horn say. Register 161.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u16)]
pub enum Alarm {
    /// Nothing.
    #[default]
    None = 0,
    /// Too many trays in a row were not graded: the line is suspended.
    Suspended = 1,
    /// The camera gives no frames.
    CameraSilent = 2,
    /// The encoder contradicts the trays.
    EncoderDoubted = 3,
    /// The store takes nothing and its spill file neither.
    StoreFailing = 4,
    /// Arming is refused for another reason, which the log and the store name.
    NotReady = 5,
    /// The actuator does not answer commands or its heartbeat stands still.
    ActuatorSilent = 6,
}

impl Alarm {
    /// The register's value.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }
}

/// The number of a command: 1 to 65535, then 1 again. Register 102.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CommandSequence(NonZeroU16);

impl CommandSequence {
    /// The first number.
    pub const FIRST: Self = Self(NonZeroU16::MIN);

    /// A register's number; none for 0, which numbers no command.
    #[must_use]
    pub fn from_register(number: u16) -> Option<Self> {
        NonZeroU16::new(number).map(Self)
    }

    /// The register's value.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0.get()
    }

    /// The next number, which skips 0.
    #[must_use]
    pub fn next(self) -> Self {
        self.0.checked_add(1).map_or(Self::FIRST, Self)
    }
}

/// What the actuator says in one read: registers 0 to 12.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlcStatus {
    /// Changes while the actuator lives.
    pub heartbeat: u16,
    /// Its state.
    pub state: MachineState,
    /// The belt's position.
    pub encoder: EncoderCount,
    /// The last tray at the camera.
    pub trigger: TriggerId,
    /// The belt's position then.
    pub latched: EncoderCount,
    /// The last command that was accepted.
    pub accepted: Option<CommandSequence>,
    /// Why the last refused command was refused.
    pub refusal: RefusalReason,
    /// The last command that was refused.
    pub refused: Option<CommandSequence>,
    /// The last command that ended.
    pub finished: Option<CommandSequence>,
    /// How it ended.
    pub ending: CommandEnding,
    /// A gate takes no more trays: register 12, bit 0. Commands are sent as before, and the actuator decides.
    pub gate_full: bool,
    /// No trays are let in: register 12, bit 1.
    pub infeed_stopped: bool,
}

impl PlcStatus {
    /// Whether the mailbox is free after this command: it was accepted or refused.
    #[must_use]
    pub fn has_answered(&self, command: CommandSequence) -> bool {
        self.accepted == Some(command) || self.refused == Some(command)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn command_numbers_skip_zero() {
        let last = CommandSequence::from_register(u16::MAX).unwrap();
        assert_eq!(last.next(), CommandSequence::FIRST);
        assert_eq!(CommandSequence::FIRST.next().number(), 2);
        assert_eq!(CommandSequence::from_register(0), None);
    }

    #[test]
    fn numbers_that_the_contract_does_not_name_are_refused_by_register() {
        assert_eq!(MachineState::try_from(3), Ok(MachineState::EmergencyStop));
        assert_eq!(RefusalReason::try_from(4), Ok(RefusalReason::QueueFull));
        assert_eq!(CommandEnding::try_from(2), Ok(CommandEnding::NoTray));
        let error = MachineState::try_from(9).unwrap_err();
        assert_eq!(
            error.to_string(),
            "register 1 (state): expected 0 to 3, found 9"
        );
        assert!(RefusalReason::try_from(5).is_err() && CommandEnding::try_from(5).is_err());
    }
}
