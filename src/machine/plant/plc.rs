//! An actuator to rehearse with, in the same process and without a clock: it moves when it is told to.
//!
//! It keeps the register contract at the level of its types: it acts on the change of a command's
//! number, answers every command by accepting or refusing it, and ends every accepted one at its gate.
//! A tray without a command leaves at the safe gate. An emergency stop, a fault, disarming or a lost
//! heartbeat makes it forget all that was planned: the trays past the camera then go to the safe gate.

use std::collections::VecDeque;

use crate::geometry::EncoderCount;
use crate::machine::contract::{
    CommandEnding, CommandSequence, MachineState, PlcStatus, RefusalReason, VisionState,
};
use crate::machine::sorting_line::PowerCut;
use crate::sorting::{CellBitmap, GateNumber, SortCommand, TriggerId};

/// The greatest distance that is simulated: well within what wrapping counts can compare.
const MOST_COUNTS: u32 = 1 << 30;

/// The simulated actuator's build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlcSettings {
    /// The belt's position at first.
    pub encoder: EncoderCount,
    /// The trigger number before the first tray.
    pub trigger: TriggerId,
    /// Commands that it can hold.
    pub queue: usize,
    /// It refuses commands that fire in less than this.
    pub late_margin_counts: u32,
    /// Counts from the camera to the safe gate, at the belt's end: no command fires beyond.
    pub safe_gate_counts: u32,
}

impl Default for PlcSettings {
    fn default() -> Self {
        Self {
            encoder: EncoderCount(0),
            trigger: TriggerId(0),
            queue: 16,
            late_margin_counts: 1,
            safe_gate_counts: 4000,
        }
    }
}

/// A build that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("safe gate {found} counts from the camera: expected {least} to {most}")]
pub struct SettingsError {
    /// The distance asked for.
    pub found: u32,
    /// The least: beyond the late margin.
    pub least: u32,
    /// The most.
    pub most: u32,
}

/// What happened at a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateEvent {
    /// The belt's position then.
    pub at: EncoderCount,
    /// The tray.
    pub tray: TriggerId,
    /// What happened.
    pub outcome: GateOutcome,
}

/// What a gate did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateOutcome {
    /// A command's tray went through its gate and cells were taken out.
    Fired {
        /// The command.
        command: CommandSequence,
        /// The gate.
        gate: GateNumber,
        /// The cells, as the tray lies on the belt.
        removed: CellBitmap,
    },
    /// A command's tray was not there.
    NoTray {
        /// The command.
        command: CommandSequence,
    },
    /// A tray without a command went through the safe gate.
    Uncommanded,
}

#[derive(Debug, Clone, Copy)]
struct BeltTray {
    trigger: TriggerId,
    latched: EncoderCount,
    /// Whether it is still there: a person may have lifted it off.
    present: bool,
    /// Whether a command was accepted for it at any time, or it was forgotten, or came while nothing was planned.
    answered: bool,
    command: Option<(CommandSequence, SortCommand)>,
}

/// The simulated actuator.
#[derive(Debug, Clone)]
pub struct SimulatedPlc {
    settings: PlcSettings,
    status: PlcStatus,
    vision: VisionState,
    /// The last number seen in the mailbox: only a change acts.
    mailbox: Option<CommandSequence>,
    trays: VecDeque<BeltTray>,
}

impl SimulatedPlc {
    /// An actuator at rest with an empty belt.
    ///
    /// # Errors
    /// The safe gate is within the late margin or too far for counts to compare.
    pub fn new(settings: PlcSettings) -> Result<Self, SettingsError> {
        let least = settings.late_margin_counts.saturating_add(1);
        let found = settings.safe_gate_counts;
        if !(least..=MOST_COUNTS).contains(&found) {
            return Err(SettingsError {
                found,
                least,
                most: MOST_COUNTS,
            });
        }
        Ok(Self {
            settings,
            status: status_at_rest(&settings),
            vision: VisionState::Preoperational,
            mailbox: None,
            trays: VecDeque::new(),
        })
    }

    /// Power off and on: the belt starts at once, and trays on it are strangers. Counters begin at zero where they are
    /// not kept.
    pub fn restart(&mut self, cut: PowerCut) {
        let counters = match cut {
            PowerCut::CountersLost => (EncoderCount(0), TriggerId(0), EncoderCount(0)),
            PowerCut::CountersKept => {
                let status = &self.status;
                (status.encoder, status.trigger, status.latched)
            }
        };
        let (encoder, trigger, latched) = counters;
        self.status = PlcStatus {
            encoder,
            trigger,
            latched,
            ..status_at_rest(&self.settings)
        };
        self.vision = VisionState::Preoperational;
        self.mailbox = None;
        self.trays.clear();
        self.start();
    }

    /// Reads all that the actuator says; every read finds another heartbeat.
    pub fn read(&mut self) -> PlcStatus {
        self.status.heartbeat = self.status.heartbeat.wrapping_add(1);
        self.status
    }

    /// Writes a command into the mailbox. The same number again changes nothing.
    pub fn write(&mut self, number: CommandSequence, command: &SortCommand) {
        if self.mailbox == Some(number) {
            return;
        }
        self.mailbox = Some(number);
        match self.refusal(command) {
            Some(reason) => {
                self.status.refused = Some(number);
                self.status.refusal = reason;
            }
            None => {
                let tray = self
                    .trays
                    .iter_mut()
                    .rev()
                    .find(|tray| tray.trigger == command.tray);
                if let Some(tray) = tray {
                    tray.answered = true;
                    tray.command = Some((number, *command));
                }
                self.status.accepted = Some(number);
            }
        }
    }

    /// Writes seedgrade's state. One that is not armed makes the actuator forget what was planned.
    pub fn write_state(&mut self, vision: VisionState) {
        self.vision = vision;
        if !vision.is_armed() {
            self.flush();
        }
    }

    /// seedgrade was silent for too long.
    pub fn lose_heartbeat(&mut self) {
        self.write_state(VisionState::Preoperational);
    }

    /// The belt starts, unless a fault or an emergency stop stands. Returns whether it runs.
    pub fn start(&mut self) -> bool {
        if self.status.state == MachineState::Stopped {
            self.status.state = MachineState::Running;
        }
        self.status.state == MachineState::Running
    }

    /// The belt stops; what was planned stays planned.
    pub fn stop(&mut self) {
        if self.status.state == MachineState::Running {
            self.status.state = MachineState::Stopped;
        }
    }

    /// Something breaks: the belt stands and what was planned is forgotten.
    pub fn fail(&mut self) {
        if self.status.state != MachineState::EmergencyStop {
            self.status.state = MachineState::Fault;
        }
        self.flush();
    }

    /// The emergency stop is pressed: the belt stands and what was planned is forgotten.
    pub fn emergency_stop(&mut self) {
        self.status.state = MachineState::EmergencyStop;
        self.flush();
    }

    /// A person acknowledges a fault or an emergency stop; the belt still stands.
    pub fn acknowledge(&mut self) {
        if matches!(
            self.status.state,
            MachineState::Fault | MachineState::EmergencyStop
        ) {
            self.status.state = MachineState::Stopped;
        }
    }

    /// Says whether the gates are full and whether trays come in.
    pub fn set_flags(&mut self, gate_full: bool, infeed_stopped: bool) {
        self.status.gate_full = gate_full;
        self.status.infeed_stopped = infeed_stopped;
    }

    /// A tray reaches the camera: the trigger counts on and the belt's position is latched. One that comes while
    /// seedgrade is not armed, or while a fault or an emergency stop stands, goes to the safe gate whatever is sent.
    pub fn tray_arrives(&mut self) -> TriggerId {
        let trigger = TriggerId(self.status.trigger.0.wrapping_add(1));
        let latched = self.status.encoder;
        self.status.trigger = trigger;
        self.status.latched = latched;
        let tray = BeltTray {
            trigger,
            latched,
            present: true,
            answered: !self.plans(),
            command: None,
        };
        self.trays.push_back(tray);
        trigger
    }

    /// A person lifts a tray off the belt. Returns whether it was there.
    pub fn lift_off(&mut self, tray: TriggerId) -> bool {
        let found = self
            .trays
            .iter_mut()
            .rev()
            .find(|t| t.trigger == tray && t.present);
        found.map(|tray| tray.present = false).is_some()
    }

    /// The belt moves on, if it runs. What happens at the gates on the way, in the belt's order.
    pub fn advance(&mut self, counts: u32) -> Vec<GateEvent> {
        if self.status.state != MachineState::Running {
            return Vec::new();
        }
        let from = self.status.encoder;
        let settings = self.settings;
        let is_due = |tray: &BeltTray| {
            i64::from(from.counts_until(tray.leaves_at(&settings))) <= i64::from(counts)
        };
        let (mut due, rest): (Vec<_>, Vec<_>) = self.trays.drain(..).partition(is_due);
        self.trays = rest.into();
        due.sort_by_key(|tray| from.counts_until(tray.leaves_at(&settings)));
        self.status.encoder = from.advanced(counts);
        due.into_iter()
            .filter_map(|tray| self.leave(&tray))
            .collect()
    }

    /// Whether trays can get commands: a belt that merely stands keeps what was planned.
    fn plans(&self) -> bool {
        let is_broken = matches!(
            self.status.state,
            MachineState::Fault | MachineState::EmergencyStop
        );
        self.vision.is_armed() && !is_broken
    }

    /// Why the command is refused, if it is.
    fn refusal(&self, command: &SortCommand) -> Option<RefusalReason> {
        if self.status.state != MachineState::Running || !self.vision.is_armed() {
            return Some(RefusalReason::NotReady);
        }
        let tray = self
            .trays
            .iter()
            .rev()
            .find(|tray| tray.trigger == command.tray);
        let Some(tray) = tray.filter(|tray| !tray.answered) else {
            return Some(RefusalReason::UnknownTray);
        };
        let left = i64::from(self.status.encoder.counts_until(command.fire_at));
        let distance = i64::from(tray.latched.counts_until(command.fire_at));
        let on_the_way = (1..=i64::from(self.settings.safe_gate_counts)).contains(&distance);
        if left < i64::from(self.settings.late_margin_counts).max(1) || !on_the_way {
            return Some(RefusalReason::Late);
        }
        let queued = self
            .trays
            .iter()
            .filter(|tray| tray.command.is_some())
            .count();
        (queued >= self.settings.queue).then_some(RefusalReason::QueueFull)
    }

    /// A tray, or the place where it was, reaches its gate.
    fn leave(&mut self, tray: &BeltTray) -> Option<GateEvent> {
        let event = |outcome| GateEvent {
            at: tray.leaves_at(&self.settings),
            tray: tray.trigger,
            outcome,
        };
        match (tray.command, tray.present) {
            (Some((number, command)), true) => {
                let (gate, removed) = (command.route, command.cells);
                let event = event(GateOutcome::Fired {
                    command: number,
                    gate,
                    removed,
                });
                self.finish(number, CommandEnding::Fired);
                Some(event)
            }
            (Some((number, _)), false) => {
                let event = event(GateOutcome::NoTray { command: number });
                self.finish(number, CommandEnding::NoTray);
                Some(event)
            }
            (None, true) => Some(event(GateOutcome::Uncommanded)),
            (None, false) => None,
        }
    }

    fn finish(&mut self, command: CommandSequence, ending: CommandEnding) {
        self.status.finished = Some(command);
        self.status.ending = ending;
    }

    /// Forgets what was planned. The trays stay answered: a command for one of them comes too late.
    fn flush(&mut self) {
        let mut flushed = Vec::new();
        for tray in &mut self.trays {
            tray.answered = true;
            flushed.extend(tray.command.take().map(|(number, _)| number));
        }
        flushed
            .into_iter()
            .for_each(|number| self.finish(number, CommandEnding::Flushed));
    }
}

/// What an actuator says that has done nothing yet.
fn status_at_rest(settings: &PlcSettings) -> PlcStatus {
    PlcStatus {
        heartbeat: 0,
        state: MachineState::Stopped,
        encoder: settings.encoder,
        trigger: settings.trigger,
        latched: settings.encoder,
        accepted: None,
        refusal: RefusalReason::None,
        refused: None,
        finished: None,
        ending: CommandEnding::Unknown,
        gate_full: false,
        infeed_stopped: false,
    }
}

impl BeltTray {
    /// Where it leaves the belt: at its command's gate, else at the safe one.
    fn leaves_at(&self, settings: &PlcSettings) -> EncoderCount {
        let safe = self.latched.advanced(settings.safe_gate_counts);
        self.command.map_or(safe, |(_, command)| command.fire_at)
    }
}
