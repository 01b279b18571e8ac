//! A link straight into a simulated plant, without socket or clock: for rehearsals in simulated time.

use std::collections::VecDeque;
use std::time::Duration;

use super::contract::{Alarm, CommandSequence, PlcStatus, VisionState};
use super::link::{LinkError, PlcLink};
use super::plant::{AddressError, PlcFault};
use super::registers::{
    self, ALARM, COMMAND_BODY, COMMAND_NUMBER, HEARTBEAT, RegisterMap, STATUS_REGISTERS,
};
use super::server::SharedPlant;
use crate::sorting::SortCommand;

/// A write that nobody waits for any more and that is carried out all the same.
#[derive(Debug)]
struct LateWrite {
    due: Duration,
    /// As it was counted then: a power cut since means that it is gone.
    power_cuts: u64,
    address: u16,
    words: Vec<u16>,
}

/// What the wire does to a request.
enum Passage {
    /// It is carried out and answered.
    Answered,
    /// It is carried out, and its reply does not come.
    Unconfirmed(LinkError),
    /// It is carried out when nobody waits for it any more.
    Late(LinkError),
    /// It does not arrive.
    Lost(LinkError),
}

/// The link. Its connections outlast a restart of the plant, as those of an actuator whose program alone starts anew.
#[derive(Debug)]
pub struct RehearsedLink {
    plant: SharedPlant,
    registers: RegisterMap,
    connections: u64,
    broken: bool,
    late: VecDeque<LateWrite>,
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
            late: VecDeque::new(),
        }
    }

    /// The faults of the wire, as far as they can be without one: an answer that comes too late is none.
    fn passage(&self, written: Option<u16>) -> Passage {
        let address = || "simulated".to_owned();
        let plant = self.plant.lock();
        let wrong = |fault| plant.is_wrong(fault);
        let silent = || LinkError::Silent {
            address: address(),
            milliseconds: PlcFault::SLOW.as_millis(),
        };
        let broken = || LinkError::Broken {
            address: address(),
            why: "as was asked for".to_owned(),
        };
        if wrong(PlcFault::Silent) {
            Passage::Lost(silent())
        } else if wrong(PlcFault::Dropping) {
            Passage::Lost(broken())
        } else if wrong(PlcFault::Slow) || written.is_some() && wrong(PlcFault::LateWrites) {
            Passage::Late(silent())
        } else if wrong(PlcFault::Garbled)
            || written == Some(COMMAND_NUMBER) && wrong(PlcFault::ReplyLost)
        {
            Passage::Unconfirmed(broken())
        } else {
            Passage::Answered
        }
    }

    fn read(&mut self, register: u16, count: usize) -> Result<Vec<u16>, LinkError> {
        self.carry_out_what_was_late();
        match self.passage(None) {
            Passage::Answered => {
                self.connect();
                let address = self.registers.address(register);
                let read = self.plant.lock().read(address, count as u16);
                read.map_err(refused)
            }
            Passage::Unconfirmed(error) | Passage::Late(error) | Passage::Lost(error) => {
                self.broken = true;
                Err(error)
            }
        }
    }

    fn write(&mut self, register: u16, words: &[u16]) -> Result<(), LinkError> {
        self.carry_out_what_was_late();
        let address = self.registers.address(register);
        let error = match self.passage(Some(register)) {
            Passage::Answered => {
                self.connect();
                return self.plant.lock().write(address, words).map_err(refused);
            }
            Passage::Unconfirmed(error) => {
                self.plant.lock().write(address, words).map_err(refused)?;
                error
            }
            Passage::Late(error) => {
                let plant = self.plant.lock();
                self.late.push_back(LateWrite {
                    due: plant.time() + PlcFault::SLOW,
                    power_cuts: plant.power_cuts(),
                    address,
                    words: words.to_vec(),
                });
                error
            }
            Passage::Lost(error) => error,
        };
        self.broken = true;
        Err(error)
    }

    /// A request that goes well over a wire that was broken is the first of another connection.
    fn connect(&mut self) {
        self.connections += u64::from(std::mem::take(&mut self.broken));
    }

    fn carry_out_what_was_late(&mut self) {
        let mut plant = self.plant.lock();
        let (now, power_cuts) = (plant.time(), plant.power_cuts());
        while let Some(late) = self.late.pop_front_if(|late| late.due <= now) {
            if late.power_cuts == power_cuts {
                // Where it is refused, nobody is left to be told.
                plant.write(late.address, &late.words).ok();
            }
        }
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
