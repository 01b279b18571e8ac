//! What carries the registers: a connection that may be lost and comes back.

use super::contract::{Alarm, CommandSequence, PlcStatus, VisionState};
use super::registers::RegisterError;
use crate::sorting::SortCommand;

/// Why a request got no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// No connection, and it is not yet time for another attempt.
    #[error("actuator {address} is not connected: {why}")]
    NotConnected {
        /// Its address.
        address: String,
        /// Why not.
        why: String,
    },
    /// No answer in time.
    #[error("actuator {address} did not answer within {milliseconds} ms")]
    Silent {
        /// Its address.
        address: String,
        /// How long was waited.
        milliseconds: u128,
    },
    /// The connection broke, or what came is no Modbus.
    #[error("connection to actuator {address} failed: {why}")]
    Broken {
        /// Its address.
        address: String,
        /// What happened.
        why: String,
    },
    /// It refused the request itself, not a command.
    #[error("actuator {address} refused a request: {why}")]
    Exception {
        /// Its address.
        address: String,
        /// The exception in words.
        why: String,
    },
    /// Its answer makes no sense.
    #[error("actuator's registers make no sense: {0}")]
    Registers(#[from] RegisterError),
}

/// The actuator's registers, over whatever carries them. Every call ends within a time that the link sets.
pub trait PlcLink: Send {
    /// Reads registers 0 to 12 in one request. Connects first where there is no connection.
    ///
    /// # Errors
    /// No usable answer.
    fn read_status(&mut self) -> Result<PlcStatus, LinkError>;

    /// Reads what stands in seedgrade's own registers: its heartbeat in 100 and the command's number in 102.
    ///
    /// # Errors
    /// No usable answer.
    fn read_own(&mut self) -> Result<(u16, Option<CommandSequence>), LinkError>;

    /// Writes seedgrade's heartbeat and state.
    ///
    /// # Errors
    /// The write was not confirmed.
    fn write_presence(&mut self, heartbeat: u16, state: VisionState) -> Result<(), LinkError>;

    /// Writes the alarm code.
    ///
    /// # Errors
    /// The write was not confirmed.
    fn write_alarm(&mut self, alarm: Alarm) -> Result<(), LinkError>;

    /// Writes a command's content, which does nothing yet.
    ///
    /// # Errors
    /// The write was not confirmed.
    fn write_command_body(&mut self, command: &SortCommand) -> Result<(), LinkError>;

    /// Writes register 102 alone: the actuator acts.
    ///
    /// # Errors
    /// The write was not confirmed; the actuator may have acted all the same.
    fn write_command_number(&mut self, number: CommandSequence) -> Result<(), LinkError>;

    /// Counts the connections: another number than before is another connection.
    fn connection(&self) -> u64;
}
