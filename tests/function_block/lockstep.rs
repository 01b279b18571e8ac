//! The block and the simulated PLC, side by side: what they say and what they do must be the same after every scan.
//!
//! They differ in these ways, which are no faults:
//!
//! - **Heartbeat.** The block counts time, the simulated PLC counts requests. Register 0 is not compared.
//! - **One tray a scan.** The simulated PLC handles all that happens on the belt's way at once. The block gets as many
//!   scans in the same instant as trays leave, and a command that comes with them is written after these.
//! - **The window.** The simulated PLC fires at the very count. A scan that comes later than the margin allows is out
//!   of the block's window: it must say so and not fire.
//! - **Endings together.** Of commands that end at once register 10 can name only one, and neither promises which.
//! - **Places.** The block knows 32 trays between camera and belt's end. No 33rd comes here.
//! - **Tray numbers beyond 16 bits.** They cannot be said in the simulated PLC's types: it is asked for a stranger.
//! - **Inertia.** The simulated belt moves only while it runs.

use std::collections::BTreeSet;
use std::rc::Rc;

use seedgrade::geometry::EncoderCount;
use seedgrade::machine::{
    CommandEnding, CommandSequence, GateEvent, GateOutcome, MachineState, PlcSettings, PlcStatus,
    RegisterMap, SimulatedPlc,
};
use seedgrade::sorting::TriggerId;

use crate::block::{Gating, SortingBlock};
use crate::history::{History, Scan};
use crate::program::Program;
use crate::surroundings::{Letter, Sender, Surroundings};

/// Trays that the block has room for.
const PLACES: usize = 32;
/// seedgrade's heartbeat standing still for so long disarms the machine.
const LONGEST_SILENCE: u32 = 1000;

/// What a history showed, of both.
#[derive(Debug, Default)]
pub struct Shown {
    /// Trays that were sorted.
    pub sorted: usize,
    /// What register 8 said.
    pub refusals: BTreeSet<u16>,
    /// What register 11 said.
    pub endings: BTreeSet<u16>,
}

/// Runs both through a history.
///
/// # Errors
/// Where they differ, in words.
pub fn compare(program: &Rc<Program>, history: &History) -> Result<Shown, String> {
    let mut pair = Pair::new(program, history);
    let mut shown = Shown::default();
    for (number, scan) in history.scans.iter().enumerate() {
        let differs = |why| format!("scan {number}, {scan:?}: {why}");
        let (sorted, status) = pair.scan(scan).map_err(differs)?;
        shown.sorted += sorted;
        shown.refusals.insert(status.refusal.number());
        shown.endings.insert(status.ending.number());
    }
    Ok(shown)
}

struct Pair {
    block: SortingBlock,
    plc: SimulatedPlc,
    around: Surroundings,
    before: Surroundings,
    sender: Sender,
    late_margin: u32,
    time: u32,
    heard_at: Option<u32>,
    trays: usize,
    /// The last command's number.
    number: Option<CommandSequence>,
    /// Commands that were accepted and have not ended.
    planned: Vec<CommandSequence>,
    /// Commands that ended with the last one.
    ended: Vec<CommandSequence>,
    /// Whether they ended later than the margin allows.
    late: bool,
}

/// What the simulated belt did in a scan.
struct Passage {
    /// Trays that left the belt.
    trays: usize,
    events: Vec<GateEvent>,
}

impl Pair {
    fn new(program: &Rc<Program>, history: &History) -> Self {
        let start = &history.start;
        let settings = PlcSettings {
            encoder: EncoderCount(start.encoder),
            trigger: TriggerId(start.trigger),
            queue: 16,
            late_margin_counts: start.late_margin,
            safe_gate_counts: start.safe_gate,
        };
        Self {
            block: SortingBlock::new(program, start),
            plc: SimulatedPlc::new(settings).expect("a machine that can be built"),
            around: Surroundings::in_order(),
            before: Surroundings::in_order(),
            sender: Sender::after(start.number),
            late_margin: start.late_margin,
            time: 0,
            heard_at: None,
            trays: 0,
            number: None,
            planned: Vec::new(),
            ended: Vec::new(),
            late: false,
        }
    }

    /// How many trays were sorted, and what both say.
    fn scan(&mut self, scan: &Scan) -> Result<(usize, PlcStatus), String> {
        self.before = self.around.clone();
        self.around.pass(scan);
        self.around.tray_at_camera &= self.trays < PLACES;
        self.time += scan.milliseconds;
        self.change_state();
        self.hear_vision();
        let passage = self.move_belt(scan);
        let status = self.plc.read();
        let order = self.around.order.take();
        let letter = order.map(|order| self.sender.letter(&order, status.encoder));
        if let Some(letter) = &letter {
            self.write(letter);
        }
        let told = self.scan_block(scan, passage.trays, letter.as_ref())?;
        let sorted = told.len();
        let status = self.compare(told, &passage.events)?;
        Ok((sorted, status))
    }

    /// What the switches do to the simulated machine.
    fn change_state(&mut self) {
        let (around, plc) = (&self.around, &mut self.plc);
        let state = plc.read().state;
        let acknowledges = around.acknowledge && !self.before.acknowledge;
        if around.emergency_stop {
            plc.emergency_stop();
        } else if around.fault && state != MachineState::EmergencyStop {
            plc.fail();
        } else if matches!(state, MachineState::Fault | MachineState::EmergencyStop) {
            if acknowledges {
                plc.acknowledge();
            }
        } else if around.belt_runs {
            plc.start();
        } else {
            plc.stop();
        }
        plc.set_flags(around.gate_is_full, around.infeed_is_stopped);
    }

    /// What seedgrade says of itself, or that it is silent.
    fn hear_vision(&mut self) {
        if self.around.heartbeat_lives || self.heard_at.is_none() {
            self.heard_at = Some(self.time);
        }
        let silence = self.time - self.heard_at.unwrap_or(self.time);
        let is_armed = silence < LONGEST_SILENCE && self.around.vision.is_armed();
        if silence < LONGEST_SILENCE {
            self.plc.write_state(self.around.vision);
        } else {
            self.plc.lose_heartbeat();
        }
        let state = self.plc.read().state;
        let stands = matches!(state, MachineState::Fault | MachineState::EmergencyStop);
        if (stands || !is_armed) && !self.planned.is_empty() {
            self.ended = std::mem::take(&mut self.planned);
        }
    }

    fn move_belt(&mut self, scan: &Scan) -> Passage {
        let runs = self.plc.read().state == MachineState::Running;
        let (counts, ago) = if runs {
            (scan.counts, scan.latched_ago)
        } else {
            (0, 0)
        };
        let leaving = self.plc.clone().advance(counts);
        if !self.around.tray_at_gate {
            for event in &leaving {
                self.plc.lift_off(event.tray);
            }
        }
        let mut events = self.plc.advance(counts - ago);
        if self.around.tray_at_camera && !self.before.tray_at_camera {
            let tray = self.plc.tray_arrives();
            self.sender.saw(tray, self.plc.read().latched);
            self.trays += 1;
        }
        events.extend(self.plc.advance(ago));
        self.trays -= leaving.len();
        self.note_endings(&events);
        Passage {
            trays: leaving.len(),
            events,
        }
    }

    fn note_endings(&mut self, events: &[GateEvent]) {
        let commanded: Vec<_> = events
            .iter()
            .filter_map(|event| Some((event.at, command_of(event)?)))
            .collect();
        for (_, ended) in &commanded {
            // One only: a number may be held twice.
            let at = self.planned.iter().position(|number| number == ended);
            at.map(|at| self.planned.remove(at));
        }
        if let Some((last, _)) = commanded.last() {
            let together = commanded.iter().filter(|(at, _)| at == last);
            self.ended = together.map(|(_, number)| *number).collect();
            self.late = self.is_late(*last);
        }
    }

    fn is_late(&mut self, fire_at: EncoderCount) -> bool {
        let over = fire_at.counts_until(self.plc.read().encoder);
        i64::from(over) > i64::from(self.late_margin)
    }

    /// Hands a command to the simulated PLC.
    fn write(&mut self, letter: &Letter) {
        let Some(number) = CommandSequence::from_register(letter.number) else {
            return;
        };
        let mut body = letter.body;
        if letter.tray().is_none() {
            let stranger = self.plc.read().trigger.0.wrapping_add(20_000);
            (body[1], body[2]) = (0, stranger);
        }
        let command = RegisterMap::default().command(&body);
        let command = command.expect("a command that can be");
        let before = self.plc.read();
        self.plc.write(number, &command);
        let after = self.plc.read();
        let is_new = self.number.replace(number) != Some(number);
        let is_refused = after.refused == Some(number) && before.refused != after.refused;
        if is_new && !is_refused && after.accepted == Some(number) {
            self.planned.push(number);
        }
    }

    fn scan_block(
        &mut self,
        scan: &Scan,
        leaving: usize,
        letter: Option<&Letter>,
    ) -> Result<Vec<Gating>, String> {
        let status = self.plc.read();
        let block = &mut self.block;
        block.see(&self.around, status.encoder.0, status.latched.0);
        let mut told = Vec::new();
        if let Some(letter) = letter.filter(|_| leaving == 0) {
            block.write(letter);
        }
        told.extend(block.scan(scan.milliseconds)?);
        for _ in 1..leaving {
            told.extend(block.scan(0)?);
        }
        if let Some(letter) = letter.filter(|_| leaving > 0) {
            block.write(letter);
            told.extend(block.scan(0)?);
        }
        Ok(told)
    }

    fn compare(
        &mut self,
        mut told: Vec<Gating>,
        events: &[GateEvent],
    ) -> Result<PlcStatus, String> {
        let mut expected = Vec::new();
        for event in events {
            if let (Some(gating), false) = (gating_of(event), self.is_late(event.at)) {
                expected.push(gating);
            }
        }
        told.sort_unstable();
        expected.sort_unstable();
        if told != expected {
            return Err(format!("gates: expected {expected:?}, found {told:?}"));
        }
        let (expected, mut found) = (self.expected(), self.block.status()?);
        found.heartbeat = 0;
        let is_among = |number: Option<_>| number.is_some_and(|n| self.ended.contains(&n));
        if is_among(found.finished) && is_among(expected.finished) {
            found.finished = expected.finished;
        }
        if found != expected {
            return Err(format!("expected {expected:?}, found {found:?}"));
        }
        Ok(found)
    }

    /// What the block should say by what the simulated PLC says.
    fn expected(&mut self) -> PlcStatus {
        let status = PlcStatus {
            heartbeat: 0,
            ..self.plc.read()
        };
        let at_gate = matches!(status.ending, CommandEnding::Fired | CommandEnding::NoTray);
        let ending = if at_gate && self.late {
            CommandEnding::OutOfWindow
        } else {
            status.ending
        };
        PlcStatus { ending, ..status }
    }
}

fn command_of(event: &GateEvent) -> Option<CommandSequence> {
    match event.outcome {
        GateOutcome::Fired { command, .. } | GateOutcome::NoTray { command } => Some(command),
        GateOutcome::Uncommanded => None,
    }
}

fn gating_of(event: &GateEvent) -> Option<Gating> {
    match event.outcome {
        GateOutcome::Fired { gate, removed, .. } => Some(Gating {
            tray: event.tray.0,
            gate: gate.0,
            cells: *removed.registers(),
        }),
        _ => None,
    }
}
