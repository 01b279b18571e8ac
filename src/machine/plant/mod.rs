//! A plant to rehearse with: belt, trays and an actuator behind its registers, moved by the time it is given.
//!
//! In: spans of time and register writes. Out: registers, what happened at the gates, and every command that came,
//! with what the actuator thought of it. No clock and no socket: [`super::ModbusServer`] gives it both.

mod fault;
mod plc;

pub use fault::{FaultError, PlcFault, ScheduledFault};
pub use plc::{GateEvent, GateOutcome, PlcSettings, SettingsError, SimulatedPlc};

use std::time::Duration;

use super::contract::{CommandSequence, PlcStatus, RefusalReason, VisionState};
use super::registers::{
    ALARM, BODY_REGISTERS, COMMAND_BODY, COMMAND_NUMBER, END, HEARTBEAT, RegisterMap,
    STATUS_REGISTERS,
};
use super::sorting_line::PowerCut;
use crate::geometry::EncoderCount;
use crate::sorting::SortCommand;

/// The actuator's own heartbeat: the contract asks for every 500 ms.
const HEARTBEAT_PERIOD: Duration = Duration::from_millis(100);
/// seedgrade's heartbeat standing still for so long sends everything to the safe gate.
const LONGEST_SILENCE: Duration = Duration::from_secs(1);

/// How the plant is built and how fast it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlantSettings {
    /// The actuator.
    pub plc: PlcSettings,
    /// Base address and word order.
    pub registers: RegisterMap,
    /// The belt's speed, encoder counts a second.
    pub counts_per_second: u32,
    /// From tray to tray.
    pub counts_between_trays: u32,
    /// Trays that come; without end when none.
    pub trays: Option<u64>,
    /// Trays come only while seedgrade is armed: a rehearsal that begins with its first tray judged.
    pub waits_for_armed: bool,
    /// A command is read and answered so long after its number was written, as by an actuator that scans slowly.
    pub answers_after: Duration,
    /// What goes wrong, and when.
    pub faults: Vec<ScheduledFault>,
}

impl Default for PlantSettings {
    /// 200 mm a second at 4 counts a millimetre, a 540-mm tray and a gap of 210 mm.
    fn default() -> Self {
        Self {
            plc: PlcSettings::default(),
            registers: RegisterMap::default(),
            counts_per_second: 800,
            counts_between_trays: 3000,
            trays: None,
            waits_for_armed: false,
            answers_after: Duration::ZERO,
            faults: Vec::new(),
        }
    }
}

/// A command as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivedCommand {
    /// Its number.
    pub number: CommandSequence,
    /// Its content.
    pub command: SortCommand,
    /// The belt's position when its number was written.
    pub at: EncoderCount,
    /// What seedgrade said of itself then.
    pub vision: VisionState,
    /// Why it was refused, if it was.
    pub refusal: Option<RefusalReason>,
}

/// A command's number from when it is written until it is acted on.
#[derive(Debug, Clone, Copy)]
struct WrittenNumber {
    due: Duration,
    at: EncoderCount,
    vision: VisionState,
}

/// A write that the contract does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Breach {
    /// Register 102 was written together with others.
    NumberNotAlone,
    /// A command's number or content was written before the command before was answered.
    NotAwaited,
    /// A command's content cannot be.
    UnreadableCommand,
    /// A state that register 101 does not have.
    UnknownState,
}

/// An address that holds no register, or one that seedgrade may not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("registers {address} to {last}: expected {expected}")]
pub struct AddressError {
    /// The first address.
    pub address: u16,
    /// The last.
    pub last: u32,
    /// What may be asked for.
    pub expected: &'static str,
}

/// The plant.
#[derive(Debug, Clone)]
pub struct SimulatedPlant {
    settings: PlantSettings,
    plc: SimulatedPlc,
    words: [u16; END as usize],
    vision: VisionState,
    time: Duration,
    heartbeat: u16,
    presence_at: Duration,
    /// The number that was written and is not acted on yet.
    written: Option<WrittenNumber>,
    power_cuts: u64,
    to_next_tray: u32,
    /// Thousandths of a count that the belt moved beyond the last whole one.
    rest: u64,
    trays: u64,
    active: Vec<PlcFault>,
    events: Vec<GateEvent>,
    received: Vec<ReceivedCommand>,
    breaches: Vec<Breach>,
}

impl SimulatedPlant {
    /// A plant whose belt starts at once.
    ///
    /// # Errors
    /// An actuator that cannot be built so.
    pub fn new(settings: PlantSettings) -> Result<Self, SettingsError> {
        let mut plc = SimulatedPlc::new(settings.plc)?;
        plc.start();
        let mut plant = Self {
            plc,
            words: [0; END as usize],
            vision: VisionState::Preoperational,
            time: Duration::ZERO,
            heartbeat: 0,
            presence_at: Duration::ZERO,
            written: None,
            power_cuts: 0,
            to_next_tray: settings.counts_between_trays.max(1),
            rest: 0,
            trays: 0,
            active: Vec::new(),
            events: Vec::new(),
            received: Vec::new(),
            breaches: Vec::new(),
            settings,
        };
        // A fault that is there from the start is there for whoever connects before time has passed.
        plant.change_faults();
        Ok(plant)
    }

    /// Lets time pass: the belt moves, trays come, heartbeats are watched, faults begin and end.
    pub fn pass(&mut self, by: Duration) {
        /// Short enough that a fault begins and a tray comes where it should.
        const STEP: Duration = Duration::from_millis(10);
        let mut left = by;
        while !left.is_zero() {
            let step = left.min(STEP);
            self.step(step);
            left -= step;
        }
    }

    fn step(&mut self, by: Duration) {
        let before = self.time;
        self.time += by;
        self.change_faults();
        if !self.is_wrong(PlcFault::FrozenHeartbeat) {
            let beats = |at: Duration| at.as_millis() / HEARTBEAT_PERIOD.as_millis();
            self.heartbeat = self
                .heartbeat
                .wrapping_add((beats(self.time) - beats(before)) as u16);
        }
        if self.time - self.presence_at >= LONGEST_SILENCE && self.vision.is_armed() {
            self.vision = VisionState::Preoperational;
            self.plc.lose_heartbeat();
        }
        self.act_when_due();
        self.move_belt(by);
    }

    fn move_belt(&mut self, by: Duration) {
        let moved = u128::from(self.settings.counts_per_second) * by.as_micros() / 1000;
        let thousandths = self.rest + u64::try_from(moved).unwrap_or(u64::MAX / 2);
        self.rest = thousandths % 1000;
        let mut counts = (thousandths / 1000) as u32;
        let runs = self.plc.read().state == super::MachineState::Running;
        if !runs {
            return;
        }
        while counts > 0 {
            let step = counts.min(self.to_next_tray);
            if !self.is_wrong(PlcFault::EncoderStill) {
                self.events.extend(self.plc.advance(step));
            }
            counts -= step;
            if self.settings.waits_for_armed && !self.vision.is_armed() {
                continue;
            }
            self.to_next_tray -= step;
            if self.to_next_tray == 0 {
                self.to_next_tray = self.settings.counts_between_trays.max(1);
                self.tray_comes();
            }
        }
    }

    fn tray_comes(&mut self) {
        if self.settings.trays.is_none_or(|most| self.trays < most) {
            self.trays += 1;
            self.plc.tray_arrives();
        }
    }

    fn change_faults(&mut self) {
        let now = self.time;
        let due = self.settings.faults.iter().filter(|f| f.is_on(now));
        let due: Vec<PlcFault> = due.map(|f| f.fault).collect();
        for fault in &due {
            if !self.active.contains(fault) {
                self.begin(*fault);
            }
        }
        let ended: Vec<_> = self
            .active
            .iter()
            .filter(|f| !due.contains(f))
            .copied()
            .collect();
        if ended.contains(&PlcFault::EmergencyStop) {
            self.plc.acknowledge();
            self.plc.start();
        }
        self.active = due;
    }

    fn begin(&mut self, fault: PlcFault) {
        match fault {
            PlcFault::EmergencyStop => self.plc.emergency_stop(),
            PlcFault::Restart => self.restart(PowerCut::CountersLost),
            PlcFault::RestartKept => self.restart(PowerCut::CountersKept),
            _ => {}
        }
    }

    /// Power off and on: registers begin at zero.
    fn restart(&mut self, cut: PowerCut) {
        self.plc.restart(cut);
        self.words = [0; END as usize];
        self.vision = VisionState::Preoperational;
        self.heartbeat = 0;
        self.written = None;
        self.power_cuts += 1;
    }

    /// Adds a fault that begins now.
    pub fn disturb(&mut self, fault: PlcFault, length: Duration) {
        let start = self.time;
        self.settings.faults.push(ScheduledFault {
            fault,
            start,
            length: Some(length),
        });
    }

    /// The time that has passed since the plant's start.
    #[must_use]
    pub fn time(&self) -> Duration {
        self.time
    }

    /// How often power was off: every connection from before is broken.
    #[must_use]
    pub fn power_cuts(&self) -> u64 {
        self.power_cuts
    }

    /// Whether this is going wrong now.
    #[must_use]
    pub fn is_wrong(&self, fault: PlcFault) -> bool {
        self.active.contains(&fault)
    }

    /// Stops or starts the belt, as an operator does.
    pub fn run_belt(&mut self, runs: bool) {
        if runs {
            self.plc.start();
        } else {
            self.plc.stop();
        }
    }

    /// Says whether a gate is full and whether the infeed is stopped. Trays come all the same.
    pub fn set_flags(&mut self, gate_full: bool, infeed_stopped: bool) {
        self.plc.set_flags(gate_full, infeed_stopped);
    }

    /// What the actuator says.
    pub fn status(&mut self) -> PlcStatus {
        let heartbeat = self.heartbeat;
        PlcStatus {
            heartbeat,
            ..self.plc.read()
        }
    }

    /// Reads registers by their address.
    ///
    /// # Errors
    /// There are no such registers.
    pub fn read(&mut self, address: u16, count: u16) -> Result<Vec<u16>, AddressError> {
        let status = self.status();
        let map = self.settings.registers;
        self.words[..STATUS_REGISTERS].copy_from_slice(&map.status_words(&status));
        let range = self.range(address, usize::from(count), 0)?;
        Ok(self.words[range].to_vec())
    }

    /// Writes registers by their address; a change of register 102 is acted on.
    ///
    /// # Errors
    /// There are no such registers, or they are the actuator's own.
    pub fn write(&mut self, address: u16, words: &[u16]) -> Result<(), AddressError> {
        let range = self.range(address, words.len(), HEARTBEAT)?;
        let covers = |register: u16| range.contains(&usize::from(register));
        let before = (self.words[100], self.words[102]);
        let covers_content =
            range.start < usize::from(ALARM) && range.end > usize::from(COMMAND_BODY);
        self.words[range.clone()].copy_from_slice(words);
        let has_number = covers(COMMAND_NUMBER) && self.words[102] != before.1;
        if self.written.is_some() && (has_number || covers_content) {
            self.breaches.push(Breach::NotAwaited);
        }
        if covers(HEARTBEAT) && self.words[100] != before.0 {
            self.presence_at = self.time;
        }
        if covers(HEARTBEAT + 1) {
            self.take_state();
        }
        if covers(COMMAND_NUMBER) {
            if words.len() > 1 {
                self.breaches.push(Breach::NumberNotAlone);
            }
            if has_number {
                let written = WrittenNumber {
                    due: self.time + self.settings.answers_after,
                    at: self.plc.read().encoder,
                    vision: self.vision,
                };
                self.written.get_or_insert(written);
                self.act_when_due();
            }
        }
        Ok(())
    }

    /// Acts on the command that stands in the registers then: what was written over it meanwhile counts.
    fn act_when_due(&mut self) {
        let now = self.time;
        if let Some(written) = self.written.take_if(|written| written.due <= now) {
            self.take_command(written);
        }
    }

    /// The register of the contract at an address.
    #[must_use]
    pub fn register(&self, address: u16) -> Option<u16> {
        self.settings.registers.register(address)
    }

    fn range(
        &self,
        address: u16,
        count: usize,
        first: u16,
    ) -> Result<std::ops::Range<usize>, AddressError> {
        let register = self.register(address);
        let start = register.filter(|r| *r >= first).map(usize::from);
        let range = start.map(|start| start..start + count);
        let fits = |r: &std::ops::Range<usize>| r.end <= usize::from(END) && !r.is_empty();
        range.filter(fits).ok_or(AddressError {
            address,
            last: u32::from(address) + (count as u32).saturating_sub(1),
            expected: "0 to 161, of which seedgrade writes 100 to 161, from the base register on",
        })
    }

    fn take_state(&mut self) {
        let known = [
            VisionState::Preoperational,
            VisionState::Halted,
            VisionState::Error,
            VisionState::Initialized,
            VisionState::Ready,
            VisionState::Executing,
        ];
        match known.into_iter().find(|s| s.number() == self.words[101]) {
            Some(vision) => {
                self.vision = vision;
                self.plc.write_state(vision);
            }
            None => self.breaches.push(Breach::UnknownState),
        }
    }

    fn take_command(&mut self, written: WrittenNumber) {
        let mut body = [0; BODY_REGISTERS];
        let first = usize::from(COMMAND_BODY);
        body.copy_from_slice(&self.words[first..first + BODY_REGISTERS]);
        let number = CommandSequence::from_register(self.words[usize::from(COMMAND_NUMBER)]);
        let (Some(number), Some(command)) = (number, self.settings.registers.command(&body)) else {
            self.breaches.push(Breach::UnreadableCommand);
            return;
        };
        self.plc.write(number, &command);
        let status = self.plc.read();
        let refusal = (status.refused == Some(number)).then_some(status.refusal);
        self.received.push(ReceivedCommand {
            number,
            command,
            at: written.at,
            vision: written.vision,
            refusal,
        });
    }

    /// What happened at the gates since this was last asked.
    pub fn take_events(&mut self) -> Vec<GateEvent> {
        std::mem::take(&mut self.events)
    }

    /// The commands that came since this was last asked.
    pub fn take_received(&mut self) -> Vec<ReceivedCommand> {
        std::mem::take(&mut self.received)
    }

    /// What broke the contract so far.
    #[must_use]
    pub fn breaches(&self) -> &[Breach] {
        &self.breaches
    }

    /// Trays that came so far.
    #[must_use]
    pub fn trays(&self) -> u64 {
        self.trays
    }

    /// What seedgrade last said of itself; armed and then silent for a second is preoperational.
    #[must_use]
    pub fn vision(&self) -> VisionState {
        self.vision
    }

    /// What lamp and horn say.
    #[must_use]
    pub fn alarm(&self) -> u16 {
        self.words[usize::from(ALARM)]
    }
}
