//! The block as a machine has it: inputs, registers, gates.

use std::rc::Rc;

use seedgrade::machine::{PlcStatus, RegisterMap};

use crate::execution::Instance;
use crate::history::Start;
use crate::program::Program;
use crate::surroundings::{Letter, Surroundings};

/// What a gate and its nozzles are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gating {
    pub tray: u16,
    pub gate: u16,
    pub cells: [u16; 50],
}

/// An instance of the block in its machine.
#[derive(Debug, Clone)]
pub struct SortingBlock {
    instance: Instance,
}

impl SortingBlock {
    /// A machine that is switched on. Its trigger and its belt's position are where a maker's memory kept them.
    pub fn new(program: &Rc<Program>, start: &Start) -> Self {
        let mut instance = Instance::new(program);
        instance.set("SafeGateCounts", start.safe_gate);
        instance.set("LateMarginCounts", start.late_margin);
        instance.set("Trigger", start.trigger);
        instance.set("Latched", start.encoder);
        Self { instance }
    }

    /// Writes registers 102 to 160.
    pub fn write(&mut self, letter: &Letter) {
        for (register, word) in (103..).zip(letter.body) {
            self.instance.set_element("Registers", register, word);
        }
        self.instance.set_element("Registers", 102, letter.number);
    }

    /// Sets what the block sees in its next scan.
    pub fn see(&mut self, around: &Surroundings, encoder: u32, latched: u32) {
        let block = &mut self.instance;
        block.set("Encoder", encoder);
        block.set("LatchedAtCamera", latched);
        block.set("TrayAtCamera", around.tray_at_camera);
        block.set("TrayAtGate", around.tray_at_gate);
        block.set("BeltRuns", around.belt_runs);
        block.set("FaultPresent", around.fault);
        block.set("EmergencyStopPressed", around.emergency_stop);
        block.set("Acknowledge", around.acknowledge);
        block.set("GateIsFull", around.gate_is_full);
        block.set("InfeedIsStopped", around.infeed_is_stopped);
        block.set_element("Registers", 100, around.heartbeat);
        block.set_element("Registers", 101, around.vision.number());
        block.set_element("Registers", 161, around.alarm);
    }

    /// One scan, and what it tells the gates.
    pub fn scan(&mut self, milliseconds: u32) -> Result<Option<Gating>, String> {
        self.instance.scan(milliseconds)?;
        let fires = self.instance.get("Fire") != 0;
        Ok(fires.then(|| Gating {
            tray: self.instance.get("FireTrigger") as u16,
            gate: self.instance.get("FireGate") as u16,
            cells: self.instance.words("FireCells"),
        }))
    }

    /// What registers 0 to 12 say.
    pub fn status(&self) -> Result<PlcStatus, String> {
        let words: [u16; 13] = self.instance.words("Registers");
        let status = RegisterMap::default().status(&words);
        status.map_err(|error| error.to_string())
    }

    /// What it tells lamp and horn.
    pub fn alarm(&self) -> i64 {
        self.instance.get("Alarm")
    }

    /// Whether it holds seedgrade for armed and alive.
    pub fn is_armed(&self) -> bool {
        self.instance.get("Armed") != 0
    }
}
