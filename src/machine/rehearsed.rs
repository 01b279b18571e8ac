//! A link straight into a simulated plant, without socket or clock: for rehearsals in simulated time.

use super::contract::{Alarm, CommandSequence, PlcStatus, VisionState};
use super::link::{LinkError, PlcLink};
use super::plant::{AddressError, PlcFault};
use super::registers::{
    self, ALARM, COMMAND_BODY, COMMAND_NUMBER, HEARTBEAT, RegisterMap, STATUS_REGISTERS,
};
use super::server::SharedPlant;
use crate::sorting::SortCommand;

/// The link.
#[derive(Debug)]
pub struct RehearsedLink {
    plant: SharedPlant,
    registers: RegisterMap,
    connections: u64,
    broken: bool,
}

impl RehearsedLink {
    /// A link to a plant with the usual registers.
    #[must_use]
    pub fn new(plant: SharedPlant) -> Self {
        Self {
            plant,
            registers: RegisterMap::default(),
            connections: 1,
            broken: false,
        }
    }

    /// The faults of the wire, as far as they can be without one: an answer that comes too late is none.
    fn check(&mut self) -> Result<(), LinkError> {
        let address = || "simulated".to_owned();
        let plant = self.plant.lock();
        let wrong = |fault| plant.is_wrong(fault);
        let error = if wrong(PlcFault::Silent) || wrong(PlcFault::Slow) {
            LinkError::Silent {
                address: address(),
                milliseconds: PlcFault::SLOW.as_millis(),
            }
        } else if wrong(PlcFault::Dropping) || wrong(PlcFault::Garbled) {
            LinkError::Broken {
                address: address(),
                why: "as was asked for".to_owned(),
            }
        } else {
            drop(plant);
            self.connections += u64::from(std::mem::take(&mut self.broken));
            return Ok(());
        };
        drop(plant);
        self.broken = true;
        Err(error)
    }

    fn read(&mut self, register: u16, count: usize) -> Result<Vec<u16>, LinkError> {
        self.check()?;
        let address = self.registers.address(register);
        let read = self.plant.lock().read(address, count as u16);
        read.map_err(refused)
    }

    fn write(&mut self, register: u16, words: &[u16]) -> Result<(), LinkError> {
        self.check()?;
        let address = self.registers.address(register);
        self.plant.lock().write(address, words).map_err(refused)
    }
}

fn refused(error: AddressError) -> LinkError {
    LinkError::Exception {
        address: "simulated".to_owned(),
        why: error.to_string(),
    }
}

impl PlcLink for RehearsedLink {
    fn read_status(&mut self) -> Result<PlcStatus, LinkError> {
        let words = self.read(0, STATUS_REGISTERS)?;
        Ok(self.registers.status(&words)?)
    }

    fn read_own(&mut self) -> Result<(u16, Option<CommandSequence>), LinkError> {
        let words = self.read(HEARTBEAT, usize::from(COMMAND_NUMBER - HEARTBEAT) + 1)?;
        Ok(registers::own(&words))
    }

    fn write_presence(&mut self, heartbeat: u16, state: VisionState) -> Result<(), LinkError> {
        self.write(HEARTBEAT, &[heartbeat, state.number()])
    }

    fn write_alarm(&mut self, alarm: Alarm) -> Result<(), LinkError> {
        self.write(ALARM, &[alarm.number()])
    }

    fn write_command_body(&mut self, command: &SortCommand) -> Result<(), LinkError> {
        let words = self.registers.body_words(command);
        self.write(COMMAND_BODY, &words)
    }

    fn write_command_number(&mut self, number: CommandSequence) -> Result<(), LinkError> {
        self.write(COMMAND_NUMBER, &[number.number()])
    }

    fn connection(&self) -> u64 {
        self.connections
    }
}
