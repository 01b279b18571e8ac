//! The faults as they are on a real wire: the whole control loop over Modbus on loopback, in real time. What the
//! simulated wire only stands in for (an answer that comes too late, numbers that make no sense, a socket that breaks
//! when power was off) is real here.

use std::time::Duration;

use seedgrade::line::{ControlCounts, ControlParams};
use seedgrade::machine::{PlantSettings, PlcFault, PlcSettings};

use crate::rig::{Books, Figures, Inspection, Rig, crowded};

/// Longer than the line bears: it must be disarmed, and come back.
const LENGTH: Duration = Duration::from_millis(1500);

/// A tray every 0.75 s, judged long before it is at its gate; the actuator itself finds nothing late but what is
/// behind, so that a machine that stalls is not taken for a command that does.
fn belt() -> (PlantSettings, ControlParams) {
    let (plant, params) = crowded(600, Duration::from_millis(50));
    let plant = PlantSettings {
        plc: PlcSettings {
            late_margin_counts: 1,
            ..plant.plc
        },
        ..plant
    };
    let params = ControlParams {
        suspend_after: 0,
        ..params
    };
    (plant, params)
}

/// Runs a line until it sorts, through a fault, and on until it sorts again.
#[track_caller]
fn survives(fault: PlcFault) -> (Figures, Books, ControlCounts) {
    let (plant, params) = belt();
    let mut rig = Rig::over_a_socket(plant, params);
    rig.inspection = Inspection::Takes(Duration::from_millis(100));
    rig.run_until("trays fire", |rig| rig.fired() >= 2);
    rig.disturb_after_a_tray(fault, LENGTH);
    rig.run(LENGTH.as_secs_f64());
    let before = rig.fired();
    rig.run_until("trays fire again", |rig| rig.fired() >= before + 4);
    let counts = rig.control().counts();
    let (books, plant) = rig.end();
    (Figures::of(&books, &plant), books, counts)
}

#[test]
fn every_fault_of_the_actuator_is_survived_over_a_real_socket() {
    std::thread::scope(|scope| {
        for fault in PlcFault::all().filter(|fault| *fault != PlcFault::ReplyLost) {
            scope.spawn(move || {
                let (figures, _, counts) = survives(fault);
                figures.are_clean(&format!("{fault:?} over a socket"));
                assert!(counts.faulted > 0, "{fault:?} was not met");
            });
        }
    });
}

#[test]
fn a_reply_that_is_lost_with_its_socket_is_not_asked_for_by_a_second_command() {
    let (figures, books, counts) = survives(PlcFault::ReplyLost);
    figures.are_clean("replies lost over a socket");
    let mut happenings = books.happenings.iter();
    let lost = happenings.any(|happening| happening.kind == "command_unsure");
    assert!(lost, "no reply was lost: {counts:?}");
    assert_eq!(books.received.len() as u64, counts.sent);
}
