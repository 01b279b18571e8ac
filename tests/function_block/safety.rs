//! What must never happen, by a witness who knows the contract and looks at the block from outside.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use seedgrade::geometry::EncoderCount;
use seedgrade::machine::{CommandSequence, MachineState};

use crate::block::Gating;
use crate::history::{Happening, History, OrderNumber, Scan};
use crate::machine::{Machine, Outcome};
use crate::program::Program;
use crate::surroundings::Letter;

/// Runs a machine through a history before the witness.
///
/// # Errors
/// What it saw that must not happen. Otherwise the trays that were sorted.
pub fn watch(program: &Rc<Program>, history: &History) -> Result<usize, String> {
    let mut machine = Machine::new(program, &history.start);
    let mut witness = Witness::new(history.start.late_margin);
    for (number, scan) in history.scans.iter().enumerate() {
        let mut scan = scan.clone();
        number_in_turn(&mut scan);
        let outcome = machine.scan(&scan)?;
        let saw = |what| format!("scan {number}, {scan:?}: {what} ({:?})", outcome.status);
        witness.look(&machine, &scan, &outcome).map_err(saw)?;
    }
    Ok(witness.sorted.len())
}

/// Which of two commands of one number was accepted cannot be seen: here none takes another's number.
fn number_in_turn(scan: &mut Scan) {
    for happening in &mut scan.happenings {
        if let Happening::Order(order) = happening
            && let OrderNumber::Other(_) = order.number
        {
            order.number = OrderNumber::Next;
        }
    }
}

struct Witness {
    late_margin: u32,
    time: u32,
    heard_at: Option<u32>,
    /// The last command's number.
    number: u16,
    /// Commands that were accepted, by their tray.
    planned: BTreeMap<u16, Letter>,
    /// Trays that had a command.
    commanded: BTreeSet<u16>,
    /// Trays that were past the camera when everything was forgotten, or came while nothing was planned.
    forgotten: BTreeSet<u16>,
    on_belt: BTreeSet<u16>,
    sorted: BTreeSet<u16>,
    /// The block's heartbeat, and for how long it has stood still.
    heartbeat: (u16, u32),
}

impl Witness {
    fn new(late_margin: u32) -> Self {
        Self {
            late_margin,
            time: 0,
            heard_at: None,
            number: 0,
            planned: BTreeMap::new(),
            commanded: BTreeSet::new(),
            forgotten: BTreeSet::new(),
            on_belt: BTreeSet::new(),
            sorted: BTreeSet::new(),
            heartbeat: (0, 0),
        }
    }

    fn look(&mut self, machine: &Machine, scan: &Scan, outcome: &Outcome) -> Result<(), String> {
        if self.forgets(machine, scan) {
            self.planned.clear();
            self.forgotten.append(&mut self.on_belt);
            self.forgotten.insert(machine.trigger);
            check(outcome.gating.is_none(), "sorted what was to be forgotten")?;
        }
        if machine.around.tray_at_camera {
            self.on_belt.insert(machine.trigger);
        }
        self.look_at_life(scan, outcome)?;
        let alarm = i64::from(machine.around.alarm);
        check(machine.block.alarm() == alarm, "another alarm")?;
        if let Some(letter) = &outcome.letter {
            self.look_at_answer(letter, outcome)?;
        }
        match &outcome.gating {
            Some(gating) => self.look_at_gate(gating, machine, outcome),
            None => Ok(()),
        }
    }

    /// Emergency stop, fault, disarming, or a second without a heartbeat.
    fn forgets(&mut self, machine: &Machine, scan: &Scan) -> bool {
        let around = &machine.around;
        self.time += scan.milliseconds;
        if around.heartbeat_lives || self.heard_at.is_none() {
            self.heard_at = Some(self.time);
        }
        let is_silent = self.heard_at.is_some_and(|at| self.time - at >= 1000);
        around.emergency_stop || around.fault || is_silent || !around.vision.is_armed()
    }

    /// Its heartbeat changes twice a second and more often, but for the time that a scan itself takes too long.
    fn look_at_life(&mut self, scan: &Scan, outcome: &Outcome) -> Result<(), String> {
        let (before, stood) = self.heartbeat;
        let now = outcome.status.heartbeat;
        let stood = if now == before {
            stood + scan.milliseconds.min(10)
        } else {
            0
        };
        self.heartbeat = (now, stood);
        check(stood < 500, "no life")
    }

    fn look_at_answer(&mut self, letter: &Letter, outcome: &Outcome) -> Result<(), String> {
        let is_new = letter.number != 0 && letter.number != self.number;
        if !is_new {
            return Ok(());
        }
        self.number = letter.number;
        let number = CommandSequence::from_register(letter.number).expect("it is not 0");
        check(
            outcome.status.has_answered(number),
            "a command without an answer",
        )?;
        if outcome.status.accepted != Some(number) {
            return Ok(());
        }
        let tray = letter.tray().ok_or("a command for no tray was accepted")?;
        check(
            outcome.status.state == MachineState::Running,
            "accepted while not running",
        )?;
        check(
            !self.forgotten.contains(&tray),
            "a command for a forgotten tray",
        )?;
        check(
            self.on_belt.contains(&tray),
            "a command for a tray that never came",
        )?;
        check(self.commanded.insert(tray), "two commands for one tray")?;
        self.planned.insert(tray, letter.clone());
        Ok(())
    }

    fn look_at_gate(
        &mut self,
        gating: &Gating,
        machine: &Machine,
        outcome: &Outcome,
    ) -> Result<(), String> {
        let around = &machine.around;
        let runs = outcome.status.state == MachineState::Running && around.belt_runs;
        check(runs, "sorted while not running")?;
        check(machine.block.is_armed(), "sorted while not armed")?;
        check(around.tray_at_gate, "sorted what is not there")?;
        check(self.sorted.insert(gating.tray), "one tray sorted twice")?;
        let letter = self.planned.remove(&gating.tray);
        let letter = letter.ok_or("sorted without a command")?;
        check(letter.body[3] == gating.gate, "another gate")?;
        check(letter.body[8..] == gating.cells, "other cells")?;
        let fire_at = u32::from(letter.body[4]) << 16 | u32::from(letter.body[5]);
        let over = EncoderCount(fire_at).counts_until(machine.encoder);
        check(over >= 0, "too early")?;
        check(i64::from(over) <= i64::from(self.late_margin), "too late")
    }
}

fn check(holds: bool, otherwise: &str) -> Result<(), String> {
    holds.then_some(()).ok_or_else(|| otherwise.to_owned())
}
