//! The client and the simulated actuator over real sockets on loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use seedgrade::clock::Moment;
use seedgrade::geometry::EncoderCount;
use seedgrade::machine::{
    Answer, Armed, CommandEnding, Disarmed, Firing, GateOutcome, LineState, Look, MachineState,
    ModbusLink, ModbusServer, ModbusSettings, PlantSettings, PlcFault, PlcSettings, PlcStatus,
    Readiness, RegisterMap, SharedPlant, SimulatedPlant, SortingLine, VisionState, WordOrder,
};
use seedgrade::sorting::{CellBitmap, CommandResult, GateNumber, JobId, SortCommand};

/// Enough for any of these on a busy machine; nothing waits for it unless it fails.
const PATIENCE: Duration = Duration::from_secs(20);
const MARGIN: u32 = 50;

struct Rig {
    plant: SharedPlant,
    server: ModbusServer,
    registers: RegisterMap,
}

impl Rig {
    fn new() -> Self {
        Self::with(PlantSettings {
            plc: PlcSettings {
                encoder: EncoderCount(u32::MAX - 1000),
                late_margin_counts: MARGIN,
                safe_gate_counts: 2000,
                ..PlcSettings::default()
            },
            counts_per_second: 1200,
            counts_between_trays: 1500,
            ..PlantSettings::default()
        })
    }

    fn with(settings: PlantSettings) -> Self {
        let registers = settings.registers;
        let plant = SharedPlant::new(SimulatedPlant::new(settings).unwrap());
        let server = ModbusServer::start("127.0.0.1:0", plant.clone()).unwrap();
        Self {
            plant,
            server,
            registers,
        }
    }

    fn line(&self) -> SortingLine<Disarmed> {
        let settings = ModbusSettings {
            address: self.server.address().to_string(),
            unit: 1,
            registers: self.registers,
            longest_wait: ModbusSettings::USUAL_WAIT,
        };
        SortingLine::connect(Box::new(ModbusLink::new(settings).unwrap()))
    }

    fn armed(&self) -> SortingLine<Armed> {
        let mut line = self.line();
        let start = Moment::now();
        loop {
            until_status(&mut line, |_| true);
            let clearance = Readiness::default().clear().unwrap();
            match line.arm(clearance, Moment::now()) {
                Ok(armed) => return armed,
                Err((back, why)) => {
                    assert!(Moment::now().since(start) < PATIENCE, "{why}");
                    line = back;
                }
            }
        }
    }
}

/// Looks again and again, as the line does, until a status is as wanted.
#[track_caller]
fn until_status<State: LineState>(
    line: &mut SortingLine<State>,
    wanted: impl Fn(&PlcStatus) -> bool,
) -> PlcStatus {
    let start = Moment::now();
    loop {
        if let Look::Status(status) = line.look(Moment::now())
            && wanted(&status)
        {
            return status;
        }
        assert!(Moment::now().since(start) < PATIENCE, "it never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[track_caller]
fn until_lost<State: LineState>(line: &mut SortingLine<State>) -> String {
    let start = Moment::now();
    loop {
        if let Look::Lost(why) | Look::Frozen(_, why) = line.look(Moment::now()) {
            return why;
        }
        assert!(Moment::now().since(start) < PATIENCE, "it was never lost");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn command(status: &PlcStatus, counts: u32) -> SortCommand {
    let mut cells = CellBitmap::default();
    cells.insert(3);
    SortCommand {
        tray: status.trigger,
        job: JobId(7),
        route: GateNumber(1),
        fire_at: status.latched.advanced(counts),
        result: CommandResult::Graded,
        rows: 2,
        cols: 3,
        cells,
    }
}

/// Fires for the next tray and waits for the answer.
#[track_caller]
fn fire_for_next_tray(line: &mut SortingLine<Armed>) -> (u16, SortCommand) {
    let last = until_status(line, |_| true).trigger;
    let status = until_status(line, |status| status.trigger != last);
    let sent = command(&status, 1800);
    let Firing::Written(number) = line.fire(&sent, MARGIN, Moment::now()) else {
        panic!("not written");
    };
    assert!(!line.may_fire(), "one command in hand");
    let start = Moment::now();
    while !line.may_fire() {
        until_status(line, |_| true);
        assert!(Moment::now().since(start) < PATIENCE);
    }
    assert_eq!(line.take_answers(), [(number, Answer::Accepted)]);
    (number.number(), sent)
}

#[test]
fn a_command_crosses_the_wire_and_fires_whatever_the_makers_registers() {
    for (base, order) in [(0, WordOrder::HighFirst), (4000, WordOrder::LowFirst)] {
        let rig = Rig::with(PlantSettings {
            registers: RegisterMap::new(base, order).unwrap(),
            counts_per_second: 1200,
            counts_between_trays: 1500,
            ..PlantSettings::default()
        });
        let mut line = rig.armed();
        let (number, sent) = fire_for_next_tray(&mut line);
        let ended = until_status(&mut line, |s| s.finished.is_some());
        assert_eq!(ended.finished.unwrap().number(), number);
        assert_eq!(ended.ending, CommandEnding::Fired);
        let mut plant = rig.plant.lock();
        assert!(plant.breaches().is_empty(), "{:?}", plant.breaches());
        let fired = plant.take_events().into_iter().any(|event| {
            event.tray == sent.tray
                && event.at == sent.fire_at
                && matches!(event.outcome, GateOutcome::Fired { removed, .. } if removed == sent.cells)
        });
        assert!(fired);
        assert_eq!(plant.vision(), VisionState::Executing);
    }
}

#[test]
fn numbers_go_on_over_a_dropped_connection_and_over_a_restart_of_either_side() {
    let rig = Rig::new();
    let mut line = rig.armed();
    let (first, _) = fire_for_next_tray(&mut line);
    rig.plant
        .lock()
        .disturb(PlcFault::Dropping, Duration::from_millis(300));
    assert!(matches!(miss(&mut line), Look::Missed(_) | Look::Lost(_)));
    let (second, _) = fire_for_next_tray(&mut line);
    assert_eq!(second, first + 1);
    drop(line);
    let mut line = rig.armed();
    let (third, _) = fire_for_next_tray(&mut line);
    assert_eq!(third, second + 1, "a new program reads what stands in 102");
    rig.plant
        .lock()
        .disturb(PlcFault::Restart, Duration::from_millis(10));
    let zero = until_status(&mut line, |status| status.accepted.is_none());
    assert_eq!(zero.refused, None);
    let (fourth, _) = fire_for_next_tray(&mut line);
    assert_eq!(fourth, third + 1);
}

/// Looks until one goes wrong.
#[track_caller]
fn miss(line: &mut SortingLine<Armed>) -> Look {
    let start = Moment::now();
    loop {
        match line.look(Moment::now()) {
            Look::Status(_) => std::thread::sleep(Duration::from_millis(5)),
            missed => return missed,
        }
        assert!(Moment::now().since(start) < PATIENCE);
    }
}

#[test]
fn an_actuator_that_cannot_be_relied_on_is_lost_and_comes_back() {
    for fault in [
        PlcFault::Silent,
        PlcFault::Slow,
        PlcFault::Garbled,
        PlcFault::Dropping,
        PlcFault::FrozenHeartbeat,
    ] {
        let rig = Rig::new();
        let mut line = rig.armed();
        rig.plant.lock().disturb(fault, Duration::from_millis(1500));
        let why = until_lost(&mut line);
        assert!(!why.is_empty(), "{fault:?}");
        let mut line = line.fail(why).recover();
        until_status(&mut line, |status| status.state == MachineState::Running);
        fire_for_next_tray(&mut rearm(line));
    }
}

fn rearm(mut line: SortingLine<Disarmed>) -> SortingLine<Armed> {
    let start = Moment::now();
    loop {
        line = match line.arm(Readiness::default().clear().unwrap(), Moment::now()) {
            Ok(armed) => return armed,
            Err((back, _)) => back,
        };
        until_status(&mut line, |_| true);
        assert!(Moment::now().since(start) < PATIENCE);
    }
}

#[test]
fn a_command_whose_deadline_passes_on_the_way_is_never_written() {
    let rig = Rig::new();
    let mut line = rig.armed();
    let status = until_status(&mut line, |status| status.trigger.0 > 0);
    let mut late = command(&status, 1800);
    late.fire_at = status.encoder.advanced(1);
    assert!(matches!(
        line.fire(&late, MARGIN, Moment::now()),
        Firing::TooLate
    ));
    assert!(line.may_fire());
    assert!(rig.plant.lock().take_received().is_empty());
}

#[test]
fn an_actuator_that_is_not_there_is_named_and_tried_again_later() {
    let address = Rig::new().server.address().to_string();
    let settings = ModbusSettings {
        address: address.clone(),
        unit: 1,
        registers: RegisterMap::default(),
        longest_wait: ModbusSettings::USUAL_WAIT,
    };
    let mut line = SortingLine::connect(Box::new(ModbusLink::new(settings).unwrap()));
    let why = until_lost(&mut line);
    assert!(why.contains(&address), "{why}");
    let clearance = Readiness::default().clear().unwrap();
    let (_, why) = line.arm(clearance, Moment::now()).err().unwrap();
    assert!(why.to_string().contains("has not answered"), "{why}");
    let readiness = Readiness {
        camera: Some("no picture".to_owned()),
        ..Readiness::default()
    };
    let why = readiness.clear().unwrap_err();
    assert!(why.to_string().contains("camera: no picture"), "{why}");
}
