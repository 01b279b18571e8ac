//! A line in simulated time: the real control loop on a simulated plant, with reports from a shelf instead of a net.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use seedgrade::clock::Moment;
use seedgrade::geometry::EncoderCount;
use seedgrade::inspect::TrayReport;
use seedgrade::line::{Control, ControlParams, Happening, SortJob, TrayNames, Trigger, WallTime};
use seedgrade::machine::{
    GateEvent, GateOutcome, ModbusLink, ModbusServer, ModbusSettings, PlantSettings, PlcFault,
    PlcLink, PlcSettings, Readiness, ReceivedCommand, RefusalReason, RegisterMap, RehearsedLink,
    SharedPlant, SimulatedPlant,
};
use seedgrade::sorting::{
    CellBitmap, Gate, GateNumber, JobId, SortLayout, SortLayoutBuilder, TriggerId,
};
use seedgrade::store::CommandRecord;

pub const JOB: JobId = JobId(7);
pub const COUNTS_PER_SECOND: u32 = 800;
pub const COUNTS_BETWEEN_TRAYS: u32 = 3000;
pub const SAFE_GATE: u32 = 2900;
const LATE_MARGIN: u32 = 50;
/// The gate of the shelf's reports.
const MARKET: GateNumber = GateNumber(1);
const MARKET_COUNTS: u32 = 2000;
/// The loop looks this often.
pub const TICK: Duration = Duration::from_millis(10);

pub fn layout() -> SortLayout {
    layout_with_safe_gate(SAFE_GATE)
}

pub fn layout_with_safe_gate(safe_gate: u32) -> SortLayout {
    layout_with_gates(safe_gate, MARKET.0)
}

pub fn layout_with_gates(safe_gate: u32, market: u16) -> SortLayout {
    layout_with_margin(safe_gate, market, LATE_MARGIN)
}

fn layout_with_margin(safe_gate: u32, market: u16, late_margin_counts: u32) -> SortLayout {
    let gate = |route: &str, number, counts_from_camera| Gate {
        route: route.to_owned(),
        number: GateNumber(number),
        counts_from_camera,
    };
    SortLayoutBuilder {
        gates: vec![
            gate("hold", 0, safe_gate),
            gate("market", market, MARKET_COUNTS),
        ],
        late_margin_counts,
        ..SortLayoutBuilder::default()
    }
    .build(&["market", "hold"])
    .unwrap()
}

pub fn plant_settings() -> PlantSettings {
    PlantSettings {
        plc: PlcSettings {
            encoder: EncoderCount(10_000),
            late_margin_counts: LATE_MARGIN,
            safe_gate_counts: SAFE_GATE,
            ..PlcSettings::default()
        },
        counts_per_second: COUNTS_PER_SECOND,
        counts_between_trays: COUNTS_BETWEEN_TRAYS,
        ..PlantSettings::default()
    }
}

/// A job on this belt.
pub fn job(id: u16) -> SortJob {
    SortJob {
        id: JobId(id),
        layout: layout(),
        least_counts_between_trays: 2000,
    }
}

/// Trays that follow each other so closely that commands wait for each other, and an actuator that answers late: the
/// line leaves it the time that it takes.
pub fn crowded(
    counts_between_trays: u32,
    answers_after: Duration,
) -> (PlantSettings, ControlParams) {
    let belt = u128::from(COUNTS_PER_SECOND) * answers_after.as_millis() / 1000;
    // One more look, and what the belt does in it.
    let margin = LATE_MARGIN + belt as u32 + COUNTS_PER_SECOND / 50;
    let plant = PlantSettings {
        counts_between_trays,
        answers_after,
        ..plant_settings()
    };
    let params = ControlParams {
        job: SortJob {
            layout: layout_with_margin(SAFE_GATE, MARKET.0, margin),
            least_counts_between_trays: counts_between_trays * 2 / 3,
            ..job(JOB.0)
        },
        ..params()
    };
    (plant, params)
}

pub fn params() -> ControlParams {
    ControlParams {
        job: job(JOB.0),
        suspend_after: 5,
        names: TrayNames {
            base: "base1".to_owned(),
            line: "line1".to_owned(),
            last: 0,
        },
        last_trigger: None,
    }
}

/// The cells that the shelf's report for a tray takes out: they name the tray among many that follow each other.
pub fn cells_of(tray: TriggerId) -> CellBitmap {
    let mut cells = CellBitmap::default();
    (0..6).filter(|bit| tray.0 >> bit & 1 == 1).for_each(|bit| {
        cells.insert(bit);
    });
    cells
}

/// The report from the shelf for a tray.
pub fn report(trigger: &Trigger) -> TrayReport {
    let cells = cells_of(trigger.id);
    let cell = |index: usize| {
        serde_json::json!({
            "row": index / 3, "col": index % 3, "verdict": "graded", "grade": "A", "reason": null,
            "action": if cells.contains(index) { "remove" } else { "leave" },
            "occupied": 1.0, "several": 0.0, "plants": 1, "area_pitch2": 0.3, "area_mm2": null,
            "area_px": 100.0, "centre_px": null, "offset_pitch": null, "offset_mm": null,
            "chlorotic": 0.0, "necrotic": 0.0, "leaves": null, "overlap": 0.0,
        })
    };
    serde_json::from_value(serde_json::json!({
        "schema": "seedgrade.tray/1", "source": "shelf", "tray_uid": trigger.uid,
        "image_sha256": null, "captured_at": null, "job": trigger.job.0, "lot": null,
        "tray_code": null, "trigger": trigger.id.0, "encoder": trigger.latched.0, "pass": 1,
        "status": "graded", "reason": null, "rows": 2, "cols": 3, "orientation": "assumed",
        "corners_px": null, "px_per_pitch": null, "mm_per_px": null, "mm_known": false,
        "grade": "A", "route": "market", "counts": null, "grades": null, "marketable": null,
        "cells": (0..6).map(cell).collect::<Vec<_>>(),
        "evidence": {
            "software": "", "backend": "", "cpu_class": "", "network": "", "standard": "",
            "standard_digest": "", "config": "", "calibration": null,
        },
    }))
    .unwrap()
}

/// What the inspection does with a tray.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inspection {
    Takes(Duration),
    Fails,
}

pub const USUAL: Inspection = Inspection::Takes(Duration::from_millis(300));

/// A frame that waits for its judgement.
struct InHand {
    trigger: Trigger,
    ready: Duration,
}

/// A real socket and real time.
struct Wire {
    _server: ModbusServer,
    started: Moment,
}

/// A line that runs in simulated time, or over a real socket in real time.
pub struct Rig {
    pub plant: SharedPlant,
    control: Control,
    wire: Option<Wire>,
    time: Duration,
    clock_off_hours: i64,
    pub inspection: Inspection,
    in_hand: VecDeque<InHand>,
    pub readiness: Readiness,
    pub books: Books,
}

/// Everything that happened.
#[derive(Default)]
pub struct Books {
    pub rows: Vec<CommandRecord>,
    pub received: Vec<ReceivedCommand>,
    pub events: Vec<(Duration, GateEvent)>,
    pub happenings: Vec<Happening>,
    pub exposed: usize,
    /// Where the belt was when a tray came: the last one of each number.
    came: HashMap<TriggerId, EncoderCount>,
    /// Trays that came so far.
    trays: u64,
    /// Commands for another gate or place than that of their tray's plan, and trays that left there.
    misplaced: usize,
    /// Trays that came while the wire was broken.
    pub unheard_of: u64,
    /// Of those, the ones that the actuator forgot before it was heard again: nobody can know of them.
    pub unknowable: u64,
}

/// A plant on a socket of its own, and a link to it.
pub fn served(plant: &SharedPlant) -> (ModbusServer, ModbusLink) {
    let server = ModbusServer::start("127.0.0.1:0", plant.clone()).unwrap();
    let link = ModbusLink::new(ModbusSettings {
        address: server.address().to_string(),
        unit: 1,
        registers: RegisterMap::default(),
        longest_wait: ModbusSettings::USUAL_WAIT,
    });
    (server, link.unwrap())
}

impl Rig {
    pub fn new() -> Self {
        Self::with(plant_settings(), params())
    }

    pub fn with(settings: PlantSettings, params: ControlParams) -> Self {
        Self::behind(settings, params, |link| Box::new(link))
    }

    /// The same line behind a link that does something to requests.
    pub fn behind(
        settings: PlantSettings,
        params: ControlParams,
        link: impl FnOnce(RehearsedLink) -> Box<dyn PlcLink>,
    ) -> Self {
        let plant = SharedPlant::new(SimulatedPlant::new(settings).unwrap());
        let control = Control::new(params, link(RehearsedLink::new(plant.clone())));
        Self::of(plant, control, None)
    }

    /// The same line over Modbus on loopback, in real time.
    pub fn over_a_socket(settings: PlantSettings, params: ControlParams) -> Self {
        let plant = SharedPlant::new(SimulatedPlant::new(settings).unwrap());
        let (server, link) = served(&plant);
        let control = Control::new(params, Box::new(link));
        let wire = Wire {
            _server: server,
            started: Moment::now(),
        };
        Self::of(plant, control, Some(wire))
    }

    fn of(plant: SharedPlant, control: Control, wire: Option<Wire>) -> Self {
        Self {
            plant,
            control,
            wire,
            time: Duration::ZERO,
            clock_off_hours: 0,
            inspection: USUAL,
            in_hand: VecDeque::new(),
            readiness: Readiness::default(),
            books: Books::default(),
        }
    }

    pub fn time(&self) -> Duration {
        self.time
    }

    /// Another job from the next tray on.
    pub fn change_job(&mut self, job: SortJob) {
        self.control.change_job(job).unwrap();
    }

    /// Trays that fired so far.
    pub fn fired(&self) -> usize {
        let fired = |e: &GateEvent| matches!(e.outcome, GateOutcome::Fired { .. });
        self.books.events.iter().filter(|(_, e)| fired(e)).count()
    }

    pub fn control(&self) -> &Control {
        &self.control
    }

    /// The clock on the wall jumps; the belt takes no notice.
    pub fn clock_jumps(&mut self, hours: i64) {
        self.clock_off_hours += hours;
    }

    fn wall(&self) -> WallTime {
        let start: jiff::Timestamp = "2026-11-24T00:30:00Z".parse().unwrap();
        let off = jiff::SignedDuration::from_hours(self.clock_off_hours);
        let passed = jiff::SignedDuration::try_from(self.time).unwrap();
        WallTime {
            text: (start + off + passed).to_string(),
        }
    }

    pub fn run(&mut self, seconds: f64) {
        let end = self.time + Duration::from_secs_f64(seconds);
        while self.time < end {
            self.tick();
        }
    }

    pub fn disturb(&mut self, fault: PlcFault, seconds: f64) {
        let length = Duration::from_secs_f64(seconds);
        self.plant.lock().disturb(fault, length);
    }

    /// Goes on until something is so; a busy machine has time enough.
    #[track_caller]
    pub fn run_until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let latest = self.time + Duration::from_secs(60);
        while !is_so(self) {
            assert!(self.time < latest, "it never came: {what}");
            self.tick();
        }
    }

    /// Something goes wrong just after a tray was exposed, when the line knows of all trays that came.
    pub fn disturb_after_a_tray(&mut self, fault: PlcFault, length: Duration) {
        loop {
            let before = self.books.exposed;
            self.run_until("a tray", |rig| rig.books.exposed > before);
            let mut plant = self.plant.lock();
            if self.control.last_trigger() == Some(plant.status().trigger) {
                plant.disturb(fault, length);
                return;
            }
        }
    }

    fn tick(&mut self) {
        let now = self.let_time_pass();
        let at = self.wall();
        while let Some(done) = self.in_hand.pop_front_if(|tray| tray.ready <= self.time) {
            match self.inspection {
                Inspection::Fails => self.control.not_judged(&done.trigger, "no frame", &at),
                Inspection::Takes(_) => self.control.judged(&report(&done.trigger), &at),
            }
        }
        let step = self.control.step(now, &at, &self.readiness);
        self.books.rows.extend(step.rows);
        self.books.happenings.extend(step.happenings);
        for trigger in step.triggers {
            self.books.exposed += 1;
            self.take_in_hand(trigger);
        }
        let (received, events) = {
            let mut plant = self.plant.lock();
            (plant.take_received(), plant.take_events())
        };
        self.books.take(received, events, self.time);
    }

    /// A tick of the plant's time, or of everybody's.
    fn let_time_pass(&mut self) -> Moment {
        let Some(wire) = &self.wire else {
            self.time += TICK;
            self.pass();
            return Moment::after_start(self.time);
        };
        let passed = Moment::now().since(wire.started);
        std::thread::sleep((self.time + TICK).saturating_sub(passed));
        let now = Moment::now();
        self.time = now.since(wire.started);
        self.books.look_at_trays(&mut self.plant.lock());
        now
    }

    /// The plant goes on by a tick; books which trays nobody can know of.
    fn pass(&mut self) {
        let mut plant = self.plant.lock();
        let (before, was_off) = (plant.trays(), plant.is_wrong(PlcFault::Restart));
        plant.pass(TICK);
        self.books.look_at_trays(&mut plant);
        if plant.is_wrong(PlcFault::Restart) && !was_off {
            self.books.unknowable += std::mem::take(&mut self.books.unheard_of);
        }
        let wire = [
            PlcFault::Silent,
            PlcFault::Slow,
            PlcFault::Dropping,
            PlcFault::Garbled,
            PlcFault::LateWrites,
        ];
        if wire.iter().any(|fault| plant.is_wrong(*fault)) {
            self.books.unheard_of += plant.trays() - before;
        } else {
            self.books.unheard_of = 0;
        }
    }

    /// One tray at a time, as the inspection's thread does.
    fn take_in_hand(&mut self, trigger: Trigger) {
        let takes = match self.inspection {
            Inspection::Takes(takes) => takes,
            Inspection::Fails => Duration::from_millis(200),
        };
        let free = self.in_hand.back().map_or(self.time, |last| last.ready);
        let ready = free.max(self.time) + takes;
        // The frames' queue holds two beside the one in hand.
        if self.in_hand.len() >= 3 {
            let at = self.wall();
            self.control
                .not_judged(&trigger, "the inspection is behind the belt", &at);
            return;
        }
        self.in_hand.push_back(InHand { trigger, ready });
    }

    /// Ends the line and closes the books.
    pub fn end(mut self) -> (Books, SharedPlant) {
        if self.wire.is_some() {
            self.plant.lock().run_belt(false);
            self.run_until("the last tray was seen", |rig| {
                rig.control.last_trigger() == Some(rig.plant.lock().status().trigger)
            });
        }
        let at = self.wall();
        self.control.end(&at);
        loop {
            let now = match self.wire {
                Some(_) => Moment::now(),
                None => Moment::after_start(self.time),
            };
            let step = self.control.step(now, &at, &self.readiness);
            self.books.rows.extend(step.rows);
            if !self.control.ledger().has_rows() {
                break;
            }
        }
        assert!(self.control.ledger().open_trays().is_empty());
        (self.books, self.plant)
    }
}

impl Books {
    /// Of a run that nobody watched tray by tray: gates are held against the plan, and not where the belt was.
    pub fn of(
        rows: Vec<CommandRecord>,
        received: Vec<ReceivedCommand>,
        events: Vec<GateEvent>,
    ) -> Self {
        let mut books = Self {
            rows,
            ..Self::default()
        };
        books.take(received, events, Duration::ZERO);
        books
    }

    /// Keeps where the belt was when the last tray came.
    fn look_at_trays(&mut self, plant: &mut SimulatedPlant) {
        if std::mem::replace(&mut self.trays, plant.trays()) != plant.trays() {
            let status = plant.status();
            self.came.insert(status.trigger, status.latched);
        }
    }

    fn take(&mut self, received: Vec<ReceivedCommand>, events: Vec<GateEvent>, time: Duration) {
        let commands = received.iter().map(|received| received.command);
        let sent = commands.filter(|c| self.is_misplaced(c.tray, c.route, c.fire_at));
        let left = events.iter().filter(|event| match event.outcome {
            GateOutcome::Fired { gate, .. } => self.is_misplaced(event.tray, gate, event.at),
            _ => false,
        });
        self.misplaced += sent.count() + left.count();
        self.received.extend(received);
        self.events
            .extend(events.into_iter().map(|event| (time, event)));
    }

    /// Whether this is not the gate of the shelf's reports, so far from the camera as it is on this belt.
    fn is_misplaced(&self, tray: TriggerId, gate: GateNumber, at: EncoderCount) -> bool {
        let latched = self.came.get(&tray);
        gate != MARKET || latched.is_some_and(|latched| latched.advanced(MARKET_COUNTS) != at)
    }
}

/// The figures of a run: all but `fired` and `trays` must be zero.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub trays: u64,
    pub fired: usize,
    pub late: usize,
    pub wrong_tray: usize,
    pub misplaced: usize,
    pub unarmed: usize,
    pub twice: usize,
    pub breaches: usize,
    pub rows_missing_or_twice: usize,
    pub rows_that_contradict: usize,
    pub commands_without_row: usize,
}

impl Figures {
    /// Counts what must not be, from what the plant saw and what was stored.
    pub fn of(books: &Books, plant: &SharedPlant) -> Self {
        let plant = plant.lock();
        let fired = |(_, event): &&(Duration, GateEvent)| {
            matches!(event.outcome, GateOutcome::Fired { .. })
        };
        let wrong_content = |c: &&ReceivedCommand| {
            c.command.job != JOB || c.command.cells != cells_of(c.command.tray)
        };
        Self {
            trays: plant.trays(),
            fired: books.events.iter().filter(fired).count(),
            late: books
                .received
                .iter()
                .filter(|c| c.refusal == Some(RefusalReason::Late))
                .count(),
            wrong_tray: books.received.iter().filter(wrong_content).count()
                + books
                    .events
                    .iter()
                    .filter(|(_, e)| fired_wrongly(e))
                    .count(),
            misplaced: books.misplaced,
            unarmed: books
                .received
                .iter()
                .filter(|c| !c.vision.is_armed())
                .count(),
            twice: twice(books),
            breaches: plant.breaches().len(),
            rows_missing_or_twice: rows_missing_or_twice(books, plant.trays() - books.unknowable),
            rows_that_contradict: contradictions(books),
            commands_without_row: commands_without_row(books),
        }
    }

    /// Fails unless everything that must not be is zero; and trays fire at all.
    #[track_caller]
    pub fn are_clean(&self, what: &str) {
        let clean = Self {
            trays: self.trays,
            fired: self.fired,
            ..Self::default()
        };
        assert_eq!(*self, clean, "{what}");
        println!("{what}: {self:?}");
    }
}

fn fired_wrongly(event: &GateEvent) -> bool {
    match event.outcome {
        GateOutcome::Fired { removed, .. } => removed != cells_of(event.tray),
        _ => false,
    }
}

/// Commands for a tray that had one: the same number of a trigger at the same fire position, between two restarts
/// of the actuator, which put its encoder back.
fn twice(books: &Books) -> usize {
    let mut seen = HashMap::new();
    let (mut restarts, mut last) = (0, None);
    for received in &books.received {
        let went_on = |last: EncoderCount| last.counts_until(received.at) > 0;
        restarts += usize::from(!last.replace(received.at).is_none_or(went_on));
        let key = (restarts, received.command.tray, received.command.fire_at);
        *seen.entry(key).or_insert(0_usize) += 1;
    }
    seen.values().filter(|count| **count > 1).count()
}

/// Rows are one for every tray that came and one only, by the tray's name and by number.
fn rows_missing_or_twice(books: &Books, trays: u64) -> usize {
    let mut names = BTreeMap::new();
    for row in &books.rows {
        *names.entry(row.tray_uid.clone().unwrap()).or_insert(0_u64) += 1;
    }
    let doubled = names.values().filter(|count| **count > 1).count();
    doubled + usize::try_from(trays.abs_diff(names.len() as u64)).unwrap()
}

/// A dropped tray has no command; a commanded one has its number, gate and place; one that fired did.
fn contradictions(books: &Books) -> usize {
    let sent = |row: &CommandRecord| books.received.iter().any(|c| is_of(c, row));
    let fired = |row: &CommandRecord| {
        let of_row = |event: &GateEvent| match event.outcome {
            GateOutcome::Fired { command, .. } => Some(command.number()) == row.sequence,
            _ => false,
        };
        books.events.iter().any(|(_, event)| of_row(event))
    };
    let contradicts = |row: &&CommandRecord| match row.outcome.as_str() {
        "dropped" => row.sequence.is_some() || row.reason.is_none(),
        "fired" => !(sent(row) && fired(row)),
        "accepted" | "refused" => !sent(row),
        "missing" => row.sequence.is_none() || row.reason.is_none(),
        _ => true,
    };
    books.rows.iter().filter(contradicts).count()
}

/// What the actuator was told stands in the row of that tray: a tray that was dropped was told of nothing.
fn commands_without_row(books: &Books) -> usize {
    let has_row = |c: &&ReceivedCommand| books.rows.iter().any(|row| is_of(c, row));
    books.received.iter().filter(|c| !has_row(c)).count()
}

fn is_of(received: &ReceivedCommand, row: &CommandRecord) -> bool {
    let command = &received.command;
    let told = (
        Some(received.number.number()),
        u32::from(command.tray.0),
        Some(command.route.0),
        Some(command.fire_at.0),
    );
    told == (row.sequence, row.trigger, row.gate, row.fire_at)
}
