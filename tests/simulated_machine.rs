//! The simulated actuator keeps the register contract.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod common;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use proptest::prelude::*;
use seedgrade::clock::Moment;
use seedgrade::geometry::EncoderCount;
use seedgrade::machine::registers::{COMMAND_BODY, COMMAND_NUMBER};
use seedgrade::machine::{
    Breach, CommandEnding, CommandSequence, GateOutcome, LinkError, MachineState, ModbusLink,
    ModbusSettings, PlantSettings, PlcFault, PlcLink, PlcSettings, PlcStatus, PowerCut,
    RefusalReason, RegisterMap, SimulatedPlant, SimulatedPlc, VisionState,
};
use seedgrade::sorting::{CellBitmap, CommandResult, GateNumber, JobId, SortCommand, TriggerId};

/// A running actuator and an armed line, just before the encoder wraps.
fn armed() -> SimulatedPlc {
    let settings = PlcSettings {
        encoder: EncoderCount(u32::MAX - 600),
        late_margin_counts: 50,
        queue: 2,
        ..PlcSettings::default()
    };
    let mut plc = SimulatedPlc::new(settings).unwrap();
    assert!(plc.start());
    plc.write_state(VisionState::Executing);
    plc
}

/// A command for a tray that fires that far from now, through gate 1.
fn command(plc: &mut SimulatedPlc, tray: TriggerId, counts: u32) -> SortCommand {
    let mut cells = CellBitmap::default();
    cells.insert(3);
    SortCommand {
        tray,
        job: JobId(7),
        route: GateNumber(1),
        fire_at: plc.read().encoder.advanced(counts),
        result: CommandResult::Graded,
        rows: 2,
        cols: 3,
        cells,
    }
}

fn number(number: u16) -> CommandSequence {
    CommandSequence::from_register(number).unwrap()
}

/// Writes a command and says why it was refused, if it was.
fn answer(plc: &mut SimulatedPlc, n: u16, command: &SortCommand) -> Option<RefusalReason> {
    plc.write(number(n), command);
    let status = plc.read();
    assert!(status.has_answered(number(n)), "every command is answered");
    (status.refused == Some(number(n))).then_some(status.refusal)
}

#[test]
fn a_trigger_counts_on_and_latches_the_belt() {
    let mut plc = armed();
    assert_eq!(plc.tray_arrives(), TriggerId(1));
    plc.advance(700);
    assert_eq!(plc.read().latched, EncoderCount(u32::MAX - 600));
    assert_eq!(plc.tray_arrives(), TriggerId(2));
    assert_eq!(
        (plc.read().trigger, plc.read().latched),
        (TriggerId(2), EncoderCount(99))
    );
}

#[test]
fn an_accepted_command_fires_once_at_its_place_and_takes_its_cells_out() {
    let mut plc = armed();
    let tray = plc.tray_arrives();
    let sent = command(&mut plc, tray, 1500);
    assert_eq!(answer(&mut plc, 1, &sent), None);
    assert!(plc.advance(1499).is_empty());
    let events = plc.advance(1);
    assert_eq!(
        (events.len(), events[0].at, events[0].tray),
        (1, sent.fire_at, tray)
    );
    let fired = GateOutcome::Fired {
        command: number(1),
        gate: GateNumber(1),
        removed: sent.cells,
    };
    assert_eq!(events[0].outcome, fired);
    let status = plc.read();
    assert_eq!(
        (status.finished, status.ending),
        (Some(number(1)), CommandEnding::Fired)
    );
    assert!(plc.advance(10_000).is_empty());
}

#[test]
fn a_late_result_never_fires() {
    let mut plc = armed();
    let tray = plc.tray_arrives();
    let sent = command(&mut plc, tray, 1500);
    plc.advance(1451);
    assert_eq!(answer(&mut plc, 1, &sent), Some(RefusalReason::Late));
    let events = plc.advance(5000);
    assert_eq!(events.len(), 1);
    assert_eq!(
        events[0].outcome,
        GateOutcome::Uncommanded,
        "it goes to the safe gate"
    );
    assert_eq!(plc.read().finished, None);
}

#[test]
fn a_command_is_refused_with_its_reason() {
    let mut plc = armed();
    let first = plc.tray_arrives();
    let sent = command(&mut plc, first, 1500);
    let stranger = command(&mut plc, TriggerId(9), 1500);
    assert_eq!(
        answer(&mut plc, 1, &stranger),
        Some(RefusalReason::UnknownTray)
    );
    assert_eq!(answer(&mut plc, 2, &sent), None);
    assert_eq!(
        answer(&mut plc, 3, &sent),
        Some(RefusalReason::UnknownTray),
        "one a trigger"
    );
    let (second, third) = (plc.tray_arrives(), plc.tray_arrives());
    let beyond = command(&mut plc, second, 4001);
    assert_eq!(answer(&mut plc, 4, &beyond), Some(RefusalReason::Late));
    let fits = command(&mut plc, second, 1600);
    assert_eq!(answer(&mut plc, 5, &fits), None);
    let more = command(&mut plc, third, 1700);
    assert_eq!(answer(&mut plc, 6, &more), Some(RefusalReason::QueueFull));
    plc.stop();
    assert_eq!(answer(&mut plc, 7, &more), Some(RefusalReason::NotReady));
}

#[test]
fn only_a_change_of_the_number_acts() {
    let mut plc = armed();
    let (first, second) = (plc.tray_arrives(), plc.tray_arrives());
    let sent = command(&mut plc, first, 1500);
    let other = command(&mut plc, second, 1500);
    assert_eq!(answer(&mut plc, 1, &sent), None);
    plc.write(number(1), &other);
    let outcomes: Vec<_> = plc
        .advance(5000)
        .iter()
        .map(|event| (event.tray, event.outcome))
        .collect();
    assert_eq!(outcomes[1], (second, GateOutcome::Uncommanded));
}

#[test]
fn a_tray_that_was_lifted_off_is_missed_at_its_gate() {
    let mut plc = armed();
    let tray = plc.tray_arrives();
    let sent = command(&mut plc, tray, 1500);
    assert_eq!(answer(&mut plc, 1, &sent), None);
    assert!(plc.lift_off(tray) && !plc.lift_off(tray));
    assert_eq!(
        plc.advance(1500)[0].outcome,
        GateOutcome::NoTray { command: number(1) }
    );
    assert_eq!(plc.read().ending, CommandEnding::NoTray);
}

#[test]
fn an_emergency_stop_forgets_what_was_planned_and_the_trays_go_to_the_safe_gate() {
    let mut plc = armed();
    let (first, second) = (plc.tray_arrives(), plc.tray_arrives());
    let sent = command(&mut plc, first, 1500);
    let unsent = command(&mut plc, second, 1600);
    assert_eq!(answer(&mut plc, 1, &sent), None);
    plc.emergency_stop();
    assert_eq!(plc.read().state, MachineState::EmergencyStop);
    assert_eq!(
        (plc.read().finished, plc.read().ending),
        (Some(number(1)), CommandEnding::Flushed)
    );
    assert!(plc.advance(5000).is_empty(), "the belt stands");
    assert!(!plc.start(), "until a person acknowledges");
    plc.acknowledge();
    assert!(plc.start());
    assert_eq!(
        answer(&mut plc, 2, &unsent),
        Some(RefusalReason::UnknownTray)
    );
    let outcomes: Vec<_> = plc
        .advance(5000)
        .iter()
        .map(|event| event.outcome)
        .collect();
    assert_eq!(outcomes, [GateOutcome::Uncommanded; 2]);
}

#[test]
fn disarming_a_fault_or_a_lost_heartbeat_forgets_as_well() {
    let losses: [fn(&mut SimulatedPlc); 3] = [
        |plc| plc.write_state(VisionState::Halted),
        |plc| {
            plc.fail();
            plc.acknowledge();
            plc.start();
        },
        SimulatedPlc::lose_heartbeat,
    ];
    for lose in losses {
        let mut plc = armed();
        let tray = plc.tray_arrives();
        let sent = command(&mut plc, tray, 1500);
        assert_eq!(answer(&mut plc, 1, &sent), None);
        lose(&mut plc);
        assert_eq!(plc.read().ending, CommandEnding::Flushed);
        assert_eq!(plc.advance(5000)[0].outcome, GateOutcome::Uncommanded);
    }
}

#[test]
fn a_tray_that_comes_while_nothing_is_planned_gets_no_command_later() {
    let troubles: [fn(&mut SimulatedPlc); 3] = [
        |plc| plc.write_state(VisionState::Halted),
        SimulatedPlc::fail,
        SimulatedPlc::emergency_stop,
    ];
    for trouble in troubles {
        let mut plc = armed();
        trouble(&mut plc);
        let tray = plc.tray_arrives();
        plc.acknowledge();
        plc.start();
        plc.write_state(VisionState::Ready);
        let sent = command(&mut plc, tray, 1500);
        let refusal = answer(&mut plc, 1, &sent);
        assert_eq!(refusal, Some(RefusalReason::UnknownTray));
        assert_eq!(plc.advance(5000)[0].outcome, GateOutcome::Uncommanded);
    }
}

#[test]
fn a_stopped_belt_keeps_what_was_planned() {
    let mut plc = armed();
    let tray = plc.tray_arrives();
    let sent = command(&mut plc, tray, 1500);
    assert_eq!(answer(&mut plc, 1, &sent), None);
    plc.stop();
    assert!(plc.advance(5000).is_empty());
    assert!(plc.start());
    assert!(matches!(
        plc.advance(1500)[0].outcome,
        GateOutcome::Fired { .. }
    ));
}

#[test]
fn a_power_cut_forgets_commands_and_trays_and_the_counters_only_where_they_are_not_kept() {
    for (cut, trigger, encoder) in [
        (PowerCut::CountersLost, 0, 0),
        (PowerCut::CountersKept, 1, 99),
    ] {
        let mut plc = armed();
        let tray = plc.tray_arrives();
        let sent = command(&mut plc, tray, 1500);
        assert_eq!(answer(&mut plc, 1, &sent), None);
        plc.advance(700);
        plc.restart(cut);
        let status = plc.read();
        assert_eq!(
            (status.trigger.0, status.encoder.0, status.accepted),
            (trigger, encoder, None)
        );
        assert!(
            plc.advance(5000).is_empty(),
            "a tray from before is a stranger"
        );
        let late = command(&mut plc, tray, 1500);
        assert_eq!(answer(&mut plc, 1, &late), Some(RefusalReason::NotReady));
    }
}

#[test]
fn a_command_that_is_written_before_the_last_one_is_answered_is_a_breach_and_stands_in_its_place() {
    let mut plant = SimulatedPlant::new(PlantSettings {
        answers_after: Duration::from_millis(200),
        ..PlantSettings::default()
    })
    .unwrap();
    let content = command(&mut armed(), TriggerId(1), 1500);
    let write = |plant: &mut SimulatedPlant, tray: u16, number: u16| {
        let tray = TriggerId(tray);
        let words = RegisterMap::default().body_words(&SortCommand { tray, ..content });
        plant.write(COMMAND_BODY, &words).unwrap();
        plant.write(COMMAND_NUMBER, &[number]).unwrap();
    };
    write(&mut plant, 1, 1);
    plant.pass(Duration::from_millis(100));
    assert_eq!(
        (plant.take_received().len(), plant.breaches().len()),
        (0, 0)
    );
    write(&mut plant, 2, 2);
    assert_eq!(
        plant.breaches(),
        [Breach::NotAwaited; 2],
        "content and number"
    );
    plant.pass(Duration::from_millis(100));
    let received = plant.take_received();
    let told: Vec<_> = received
        .iter()
        .map(|r| (r.number, r.command.tray))
        .collect();
    assert_eq!(told, [(number(2), TriggerId(2))]);
    write(&mut plant, 3, 3);
    assert_eq!(plant.breaches().len(), 2, "the one before was answered");
}

/// The program's own actuator, which counts from here and has four trays a second.
struct PlcProcess {
    process: Child,
    address: String,
}

const FIRST_COUNT: u32 = 1_000_000;
/// Every fault has begun by then, and shows.
const PATIENCE: Duration = Duration::from_secs(8);
/// An actuator that answers does so within this, on a busy machine too.
const LONG: Duration = Duration::from_secs(3);

impl PlcProcess {
    fn start(fault: Option<&str>) -> Self {
        let mut command = common::seedgrade();
        command.args(["simulate-plc", "--listen", "127.0.0.1:0"]);
        command.args(["--encoder", &FIRST_COUNT.to_string()]);
        command.args(["--counts-between-trays", "200"]);
        command.args(fault.iter().flat_map(|fault| ["--fault", fault]));
        let mut process = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = said
            .map_while(Result::ok)
            .find_map(|said| Some(said.split_once("simulated PLC at ")?.1.to_owned()));
        Self {
            process,
            address: address.expect("where it listens"),
        }
    }

    /// A new connection that waits so long for answers.
    fn link(&self, longest_wait: Duration) -> ModbusLink {
        let settings = ModbusSettings {
            address: self.address.clone(),
            unit: 1,
            registers: RegisterMap::default(),
            longest_wait,
        };
        ModbusLink::new(settings).unwrap()
    }

    fn patient_link(&self) -> ModbusLink {
        self.link(LONG)
    }

    /// What so many new connections hear first, where it is heard within this time.
    fn first_answers(&self, count: usize, wait: Duration) -> Vec<Result<PlcStatus, LinkError>> {
        let ask = |_| self.link(wait).read_status();
        let answers = (0..count).map(ask).collect();
        println!("{} after {wait:?}: {answers:?}", self.address);
        answers
    }

    /// Reads until a status is as is asked for; none where it never is.
    fn status_where(&self, is_so: impl Fn(&PlcStatus) -> bool) -> Option<PlcStatus> {
        let mut link = self.patient_link();
        until(|| link.read_status().ok().filter(&is_so))
    }
}

impl Drop for PlcProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn until<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let started = Moment::now();
    while Moment::now().since(started) < PATIENCE {
        let seen = look();
        if seen.is_some() {
            return seen;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}

/// Whether whoever speaks Modbus with the actuator finds this fault.
fn shows(fault: PlcFault, plc: &PlcProcess) -> bool {
    match fault {
        PlcFault::Silent => {
            let answers = plc.first_answers(1, LONG);
            matches!(answers[..], [Err(LinkError::Silent { .. })])
        }
        PlcFault::Slow => answers_slowly(plc),
        PlcFault::Garbled => {
            let answers = plc.first_answers(8, LONG);
            let makes_no_sense =
                |answer: &Result<_, _>| matches!(answer, Err(LinkError::Registers(_)));
            answers.iter().all(makes_no_sense)
        }
        PlcFault::Dropping => {
            let answers = plc.first_answers(3, LONG);
            let is_broken = |answer: &Result<_, _>| matches!(answer, Err(LinkError::Broken { .. }));
            answers.iter().all(is_broken)
        }
        PlcFault::Restart => {
            after_power_was_off(plc).is_some_and(|status| status.encoder.0 < FIRST_COUNT)
        }
        PlcFault::RestartKept => {
            after_power_was_off(plc).is_some_and(|status| status.encoder.0 > FIRST_COUNT)
        }
        PlcFault::ReplyLost => takes_a_command_and_does_not_reply(plc),
        PlcFault::LateWrites => writes_late(plc),
        PlcFault::EncoderStill => {
            let first = plc.status_where(|_| true).unwrap();
            let later = plc.status_where(|now| now.trigger != first.trigger);
            later.is_some_and(|later| {
                later.encoder == first.encoder && later.state == MachineState::Running
            })
        }
        PlcFault::EmergencyStop => {
            let is_in = |state| plc.status_where(|now| now.state == state).is_some();
            is_in(MachineState::EmergencyStop) && is_in(MachineState::Running)
        }
        PlcFault::FrozenHeartbeat => {
            let first = plc.status_where(|_| true).unwrap();
            let later = plc.status_where(|now| first.encoder.counts_until(now.encoder) > 400);
            later.is_some_and(|later| later.heartbeat == first.heartbeat)
        }
    }
}

fn answers_slowly(plc: &PlcProcess) -> bool {
    let mut link = plc.patient_link();
    let mut took = (0..3).map(|_| {
        let asked = Moment::now();
        link.read_status().unwrap();
        Moment::now().since(asked)
    });
    took.all(|took| took >= PlcFault::SLOW)
}

/// What it says when seedgrade's registers are zero again.
fn after_power_was_off(plc: &PlcProcess) -> Option<PlcStatus> {
    let mut link = plc.patient_link();
    link.write_presence(7, VisionState::Initialized).unwrap();
    assert_eq!(link.read_own().unwrap().0, 7);
    until(|| {
        link.read_own()
            .ok()
            .filter(|(heartbeat, _)| *heartbeat == 0)
    })?;
    link.read_status().ok()
}

fn takes_a_command_and_does_not_reply(plc: &PlcProcess) -> bool {
    let mut link = plc.patient_link();
    let content = command(&mut armed(), TriggerId(1), 1500);
    link.write_command_body(&content).unwrap();
    let written = link.write_command_number(number(1));
    let was_taken = plc.status_where(|now| now.refused == Some(number(1)));
    matches!(written, Err(LinkError::Broken { .. })) && was_taken.is_some()
}

fn writes_late(plc: &PlcProcess) -> bool {
    let heartbeat_of = |own: Result<(u16, _), _>| own.map_or(0, |(heartbeat, _)| heartbeat);
    let written = plc
        .link(PlcFault::SLOW / 2)
        .write_presence(7, VisionState::Initialized);
    println!("{written:?}");
    let mut link = plc.patient_link();
    let was_written = until(|| (heartbeat_of(link.read_own()) == 7).then_some(()));
    matches!(written, Err(LinkError::Silent { .. })) && was_written.is_some()
}

/// As `--fault` takes it: what must be seen to begin begins a while after the start.
fn asked_for(name: &str, fault: PlcFault) -> String {
    match fault {
        PlcFault::Restart | PlcFault::RestartKept => format!("{name}@2"),
        PlcFault::EmergencyStop => format!("{name}@2+2"),
        _ => name.to_owned(),
    }
}

#[test]
fn every_fault_that_the_rehearsal_plc_offers_is_there_over_the_wire_and_none_without_being_asked_for()
 {
    let help = common::run(common::seedgrade().args(["simulate-plc", "--help"]));
    let names = PlcFault::names();
    std::thread::scope(|scope| {
        for (name, fault) in names.split(", ").zip(PlcFault::all()) {
            assert!(help.stdout.contains(name), "{name} in {}", help.stdout);
            scope.spawn(move || {
                let plc = PlcProcess::start(Some(&asked_for(name, fault)));
                assert!(shows(fault, &plc), "{name} was asked for and is not there");
            });
            scope.spawn(move || {
                let sound = PlcProcess::start(None);
                assert!(
                    !shows(fault, &sound),
                    "{name} is there, and was not asked for"
                );
            });
        }
    });
}

#[test]
fn a_rehearsal_plc_that_is_interrupted_says_what_came_and_a_fault_that_is_none_is_refused() {
    let mut plc = PlcProcess::start(None);
    plc.status_where(|now| now.trigger.0 >= 1).unwrap();
    common::signal(&plc.process, "-INT");
    assert_eq!(plc.process.wait().unwrap().code(), Some(130));
    let listen = ["simulate-plc", "--listen", "127.0.0.1:0", "--fault", "mute"];
    common::run(common::seedgrade().args(listen))
        .ends_with(2)
        .says(&["mute", "frozen-heartbeat"]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_tray_leaves_the_belt_exactly_once(
        moves in proptest::collection::vec((0..3000_u32, 0..6_u8, 1..4200_u32), 1..80),
    ) {
        let mut plc = armed();
        let (mut arrived, mut left, mut n) = (0, Vec::new(), CommandSequence::FIRST);
        for (counts, what, distance) in moves {
            match what {
                0 | 1 => { plc.tray_arrives(); arrived += 1; }
                2 | 3 => {
                    let tray = plc.read().trigger;
                    let sent = command(&mut plc, tray, distance);
                    n = n.next();
                    plc.write(n, &sent);
                    prop_assert!(plc.read().has_answered(n));
                }
                4 => {
                    plc.emergency_stop();
                    plc.acknowledge();
                    plc.start();
                }
                _ => left.extend(plc.advance(counts).iter().map(|event| event.tray.0)),
            }
        }
        left.extend(plc.advance(5000).iter().map(|event| event.tray.0));
        left.sort_unstable();
        prop_assert_eq!(left, (1..=arrived).collect::<Vec<u16>>());
    }
}
