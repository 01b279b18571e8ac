//! The simulated actuator keeps the register contract.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use proptest::prelude::*;
use seedgrade::geometry::EncoderCount;
use seedgrade::machine::registers::{COMMAND_BODY, COMMAND_NUMBER};
use seedgrade::machine::{
    Breach, CommandEnding, CommandSequence, GateOutcome, MachineState, PlantSettings, PlcSettings,
    PowerCut, RefusalReason, RegisterMap, SimulatedPlant, SimulatedPlc, VisionState,
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
