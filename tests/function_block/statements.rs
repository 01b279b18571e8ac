//! What the block does, one thing at a time.

use seedgrade::machine::{
    CommandEnding, CommandSequence, MachineState, PlcStatus, RefusalReason, VisionState,
};

use crate::block::Gating;
use crate::history::{FirePlace, Happening, Order, OrderNumber, OrderedTray, Scan, Start};
use crate::machine::Machine;
use crate::shipped;

const START: Start = Start {
    encoder: 0,
    trigger: 0,
    number: 0,
    late_margin: 20,
    safe_gate: 400,
};

fn armed(start: &Start) -> Machine {
    let mut machine = Machine::new(&shipped(), start);
    scan(&mut machine, 0, vec![]);
    machine
}

fn scan(machine: &mut Machine, counts: u32, happenings: Vec<Happening>) -> Option<Gating> {
    let scan = Scan {
        milliseconds: 10,
        counts,
        latched_ago: 0,
        happenings,
    };
    machine.scan(&scan).expect("a scan").gating
}

/// The belt moves in scans of 10 counts; what is sorted on the way.
fn move_belt(machine: &mut Machine, counts: u32) -> Vec<Gating> {
    let scans = 0..counts / 10;
    scans.filter_map(|_| scan(machine, 10, vec![])).collect()
}

fn tray_comes(machine: &mut Machine) {
    scan(machine, 0, vec![Happening::TrayAtCamera]);
    scan(machine, 0, vec![]);
}

/// A command for the last tray, so far from the camera.
fn command(machine: &mut Machine, counts: u32) -> PlcStatus {
    let order = Order {
        number: OrderNumber::Next,
        tray: OrderedTray::Before(0),
        gate: 2,
        place: FirePlace::FromCamera(counts),
        cells: [5, 6],
    };
    scan(machine, 0, vec![Happening::Order(order)]);
    status(machine)
}

fn status(machine: &Machine) -> PlcStatus {
    machine.block.status().expect("a status")
}

fn number(number: u16) -> Option<CommandSequence> {
    CommandSequence::from_register(number)
}

fn refusal(status: &PlcStatus) -> (Option<CommandSequence>, RefusalReason) {
    (status.refused, status.refusal)
}

#[test]
fn a_tray_with_a_command_in_time_is_sorted_once_at_its_place() {
    let mut machine = armed(&START);
    tray_comes(&mut machine);
    assert_eq!(command(&mut machine, 200).accepted, number(1));
    assert_eq!(move_belt(&mut machine, 190), []);
    let sorted = move_belt(&mut machine, 10);
    assert_eq!((sorted[0].tray, sorted[0].gate), (1, 2));
    assert_eq!((sorted[0].cells[0], sorted[0].cells[49]), (5, 6));
    let status = status(&machine);
    assert_eq!(
        (status.finished, status.ending),
        (number(1), CommandEnding::Fired)
    );
    assert_eq!(move_belt(&mut machine, 1000), []);
}

#[test]
fn a_tray_whose_command_came_late_leaves_at_the_safe_gate() {
    let mut machine = armed(&START);
    tray_comes(&mut machine);
    move_belt(&mut machine, 190);
    let answer = command(&mut machine, 200);
    assert_eq!(refusal(&answer), (number(1), RefusalReason::Late));
    assert_eq!(move_belt(&mut machine, 1000), []);
}

#[test]
fn a_tray_gets_one_command_and_no_second() {
    let mut machine = armed(&START);
    tray_comes(&mut machine);
    command(&mut machine, 200);
    let answer = command(&mut machine, 300);
    assert_eq!(refusal(&answer), (number(2), RefusalReason::UnknownTray));
    assert_eq!(move_belt(&mut machine, 1000).len(), 1);
}

#[test]
fn a_tray_that_is_not_at_its_gate_is_said_to_be_missing() {
    let mut machine = armed(&START);
    tray_comes(&mut machine);
    command(&mut machine, 200);
    move_belt(&mut machine, 190);
    assert_eq!(scan(&mut machine, 10, vec![Happening::NoTrayAtGate]), None);
    assert_eq!(status(&machine).ending, CommandEnding::NoTray);
}

#[test]
fn the_encoders_wrap_between_camera_and_gate_makes_no_difference() {
    let start = Start {
        encoder: u32::MAX - 100,
        ..START
    };
    let mut machine = armed(&start);
    tray_comes(&mut machine);
    assert_eq!(command(&mut machine, 200).accepted, number(1));
    assert_eq!(move_belt(&mut machine, 190), []);
    assert_eq!(move_belt(&mut machine, 10).len(), 1);
}

#[test]
fn a_scan_that_comes_after_the_window_sorts_nothing() {
    for (jump, ending) in [(20, CommandEnding::Fired), (21, CommandEnding::OutOfWindow)] {
        let mut machine = armed(&START);
        tray_comes(&mut machine);
        command(&mut machine, 200);
        let sorted = scan(&mut machine, 200 + jump, vec![]);
        assert_eq!(sorted.is_some(), ending == CommandEnding::Fired, "{jump}");
        assert_eq!(status(&machine).ending, ending);
    }
}

#[test]
fn a_belt_that_coasts_past_a_trays_place_sorts_nothing_when_it_starts() {
    let mut machine = armed(&START);
    tray_comes(&mut machine);
    command(&mut machine, 200);
    scan(&mut machine, 10, vec![Happening::BeltRuns(false)]);
    assert_eq!(move_belt(&mut machine, 250), []);
    assert_eq!(scan(&mut machine, 0, vec![Happening::BeltRuns(true)]), None);
    assert_eq!(status(&machine).ending, CommandEnding::OutOfWindow);
}

#[test]
fn what_was_planned_before_an_emergency_stop_is_forgotten_after_it() {
    let mut machine = armed(&START);
    tray_comes(&mut machine);
    command(&mut machine, 200);
    scan(&mut machine, 10, vec![Happening::EmergencyStop]);
    assert_eq!(status(&machine).ending, CommandEnding::Flushed);
    scan(&mut machine, 0, vec![Happening::Acknowledge]);
    let answer = command(&mut machine, 300);
    assert_eq!(refusal(&answer), (number(2), RefusalReason::UnknownTray));
    assert_eq!(move_belt(&mut machine, 1000), []);
}

#[test]
fn a_button_that_is_held_since_before_an_emergency_stop_starts_nothing() {
    let mut machine = armed(&START);
    scan(&mut machine, 0, vec![Happening::AcknowledgeIsHeld(true)]);
    scan(&mut machine, 0, vec![Happening::EmergencyStop]);
    scan(&mut machine, 0, vec![]);
    assert_eq!(status(&machine).state, MachineState::EmergencyStop);
    scan(&mut machine, 0, vec![Happening::AcknowledgeIsHeld(false)]);
    scan(&mut machine, 0, vec![Happening::Acknowledge]);
    scan(&mut machine, 0, vec![]);
    assert_eq!(status(&machine).state, MachineState::Running);
}

#[test]
fn a_tray_that_came_while_seedgrade_was_not_armed_leaves_at_the_safe_gate() {
    let mut machine = armed(&START);
    scan(
        &mut machine,
        0,
        vec![Happening::Vision(VisionState::Halted)],
    );
    tray_comes(&mut machine);
    scan(&mut machine, 0, vec![Happening::Vision(VisionState::Ready)]);
    let answer = command(&mut machine, 200);
    assert_eq!(refusal(&answer), (number(1), RefusalReason::UnknownTray));
    assert_eq!(move_belt(&mut machine, 1000), []);
}

#[test]
fn a_second_without_seedgrades_heartbeat_disarms_the_machine() {
    let mut machine = armed(&START);
    tray_comes(&mut machine);
    command(&mut machine, 200);
    scan(&mut machine, 0, vec![Happening::HeartbeatLives(false)]);
    for _ in 0..98 {
        scan(&mut machine, 0, vec![]);
    }
    assert!(machine.block.is_armed(), "0.99 s");
    scan(&mut machine, 0, vec![]);
    assert!(!machine.block.is_armed(), "1 s");
    assert_eq!(status(&machine).ending, CommandEnding::Flushed);
}

#[test]
fn a_seventeenth_command_is_refused_until_one_has_ended() {
    let mut machine = armed(&START);
    for _ in 0..17 {
        tray_comes(&mut machine);
        command(&mut machine, 200);
    }
    assert_eq!(
        refusal(&status(&machine)),
        (number(17), RefusalReason::QueueFull)
    );
    assert_eq!(move_belt(&mut machine, 220).len(), 3, "one a scan");
    assert_eq!(command(&mut machine, 300).accepted, number(18));
}

#[test]
fn a_thirty_third_tray_on_the_belt_leaves_at_the_safe_gate() {
    let mut machine = armed(&START);
    for _ in 0..33 {
        tray_comes(&mut machine);
    }
    let answer = command(&mut machine, 200);
    assert_eq!(answer.trigger.0, 33);
    assert_eq!(refusal(&answer), (number(1), RefusalReason::UnknownTray));
    assert_eq!(move_belt(&mut machine, 1000), []);
    tray_comes(&mut machine);
    assert_eq!(
        command(&mut machine, 200).accepted,
        number(2),
        "there is room again"
    );
}
