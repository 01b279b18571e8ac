//! What stands around the block: switches, photo-eyes, and seedgrade with its registers.

use seedgrade::geometry::EncoderCount;
use seedgrade::machine::{CommandSequence, RegisterMap, VisionState};
use seedgrade::sorting::{CellBitmap, CommandResult, GateNumber, JobId, SortCommand, TriggerId};

use crate::history::{FirePlace, Happening, Order, OrderNumber, OrderedTray, Scan};

/// Registers 103 to 160.
pub type Body = [u16; 58];

/// What is on and off in one scan.
#[derive(Debug, Clone)]
pub struct Surroundings {
    pub tray_at_camera: bool,
    pub tray_at_gate: bool,
    pub belt_runs: bool,
    pub fault: bool,
    pub emergency_stop: bool,
    pub acknowledge: bool,
    pub acknowledge_is_held: bool,
    pub gate_is_full: bool,
    pub infeed_is_stopped: bool,
    pub vision: VisionState,
    pub heartbeat_lives: bool,
    pub heartbeat: u16,
    pub alarm: u16,
    pub order: Option<Order>,
}

impl Surroundings {
    /// The belt runs, and seedgrade is armed.
    pub fn in_order() -> Self {
        Self {
            tray_at_camera: false,
            tray_at_gate: true,
            belt_runs: true,
            fault: false,
            emergency_stop: false,
            acknowledge: false,
            acknowledge_is_held: false,
            gate_is_full: false,
            infeed_is_stopped: false,
            vision: VisionState::Executing,
            heartbeat_lives: true,
            heartbeat: 0,
            alarm: 0,
            order: None,
        }
    }

    /// What this scan finds.
    pub fn pass(&mut self, scan: &Scan) {
        *self = Self {
            belt_runs: self.belt_runs,
            acknowledge_is_held: self.acknowledge_is_held,
            vision: self.vision,
            heartbeat_lives: self.heartbeat_lives,
            heartbeat: self.heartbeat,
            alarm: self.alarm,
            ..Self::in_order()
        };
        for happening in &scan.happenings {
            self.happen(happening);
        }
        self.acknowledge |= self.acknowledge_is_held;
        if self.heartbeat_lives {
            self.heartbeat = self.heartbeat.wrapping_add(1);
        }
    }

    fn happen(&mut self, happening: &Happening) {
        match happening {
            Happening::TrayAtCamera => self.tray_at_camera = true,
            Happening::NoTrayAtGate => self.tray_at_gate = false,
            Happening::BeltRuns(runs) => self.belt_runs = *runs,
            Happening::Fault => self.fault = true,
            Happening::EmergencyStop => self.emergency_stop = true,
            Happening::Acknowledge => self.acknowledge = true,
            Happening::AcknowledgeIsHeld(held) => self.acknowledge_is_held = *held,
            Happening::Vision(vision) => self.vision = *vision,
            Happening::HeartbeatLives(lives) => self.heartbeat_lives = *lives,
            Happening::GateIsFull => self.gate_is_full = true,
            Happening::InfeedIsStopped => self.infeed_is_stopped = true,
            Happening::Alarm(alarm) => self.alarm = *alarm,
            Happening::Order(order) => self.order = Some(order.clone()),
        }
    }
}

/// What stands in registers 102 to 160.
#[derive(Debug, Clone)]
pub struct Letter {
    pub number: u16,
    pub body: Body,
}

impl Letter {
    /// The trigger that it answers, where it is one.
    pub fn tray(&self) -> Option<u16> {
        (self.body[1] == 0).then_some(self.body[2])
    }
}

/// seedgrade's side of the mailbox.
#[derive(Debug)]
pub struct Sender {
    number: u16,
    arrived: Vec<(TriggerId, EncoderCount)>,
}

impl Sender {
    /// One whose last command had this number.
    pub fn after(number: u16) -> Self {
        Self {
            number,
            arrived: Vec::new(),
        }
    }

    /// A tray was at the camera.
    pub fn saw(&mut self, tray: TriggerId, latched: EncoderCount) {
        self.arrived.push((tray, latched));
    }

    /// Writes a command.
    pub fn letter(&mut self, order: &Order, now: EncoderCount) -> Letter {
        let unseen = (TriggerId(0), now);
        let last = self.arrived.last().copied().unwrap_or(unseen);
        let (tray, latched) = match order.tray {
            OrderedTray::Before(count) => {
                let seen = self.arrived.iter().rev().nth(usize::from(count));
                seen.copied().unwrap_or(last)
            }
            OrderedTray::ToCome(count) => (TriggerId(last.0.0.wrapping_add(count)), now),
            OrderedTray::BeyondSixteenBits => last,
        };
        let fire_at = match order.place {
            FirePlace::FromCamera(counts) => latched.advanced(counts),
            FirePlace::FromHere(counts) => EncoderCount(now.0.wrapping_add_signed(counts)),
        };
        let mut body = body(tray, order.gate, fire_at, order.cells);
        body[1] = matches!(order.tray, OrderedTray::BeyondSixteenBits).into();
        let number = self.next_number(&order.number);
        Letter { number, body }
    }

    fn next_number(&mut self, asked: &OrderNumber) -> u16 {
        let before = CommandSequence::from_register(self.number);
        let next = before.map_or(CommandSequence::FIRST, CommandSequence::next);
        let number = match asked {
            OrderNumber::Next => next.number(),
            OrderNumber::Again => self.number,
            OrderNumber::Zero => 0,
            OrderNumber::Other(number) => *number,
        };
        if number != 0 {
            self.number = number;
        }
        number
    }
}

fn body(tray: TriggerId, gate: u16, fire_at: EncoderCount, marks: [u16; 2]) -> Body {
    let mut cells = CellBitmap::default();
    for (mark, first) in marks.into_iter().zip([0, 784]) {
        let set = (0..16).filter(|bit| mark & (1 << bit) != 0);
        set.for_each(|bit| {
            cells.insert(first + bit);
        });
    }
    RegisterMap::default().body_words(&SortCommand {
        tray,
        job: JobId(7),
        route: GateNumber(gate),
        fire_at,
        result: CommandResult::Graded,
        rows: 40,
        cols: 20,
        cells,
    })
}
