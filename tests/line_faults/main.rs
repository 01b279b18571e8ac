//! The line under faults. For every row of the table: late fires 0, fires for a wrong tray 0, commands while
//! disarmed or doubted 0, every trigger one row, and the line back by itself where the fault ends by itself.
//!
//! In simulated time: the control loop, the plan, the tracking and the actuator's logic are the real ones; the
//! reports come from a shelf, since the net is not what is tested. `-- --nocapture` prints the figures.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod jobs;
mod mailbox;
mod rig;
mod threads;
mod wire;

use std::time::Duration;

use proptest::prelude::*;
use rig::{
    COUNTS_BETWEEN_TRAYS, Figures, Inspection, Rig, SAFE_GATE, USUAL, crowded, job,
    layout_with_gates, params, plant_settings,
};
use seedgrade::geometry::EncoderCount;
use seedgrade::line::{ControlParams, SortJob};
use seedgrade::machine::{GateOutcome, PlantSettings, PlcFault, PlcSettings, ScheduledFault};
use seedgrade::sorting::TriggerId;

/// Runs a line through something that goes wrong, and on until it must be back.
#[track_caller]
fn survives(what: &str, disturb: impl FnOnce(&mut Rig)) -> Figures {
    survives_on(Rig::new(), what, disturb)
}

#[track_caller]
fn survives_on(mut rig: Rig, what: &str, disturb: impl FnOnce(&mut Rig)) -> Figures {
    rig.run(12.0);
    disturb(&mut rig);
    let over = rig.time();
    rig.run(30.0);
    assert!(rig.control().vision().is_armed(), "{what}: not back");
    let (books, plant) = rig.end();
    let fired_after = books
        .events
        .iter()
        .any(|(at, e)| *at > over && matches!(e.outcome, GateOutcome::Fired { .. }));
    assert!(fired_after, "{what}: nothing fired afterwards");
    let figures = Figures::of(&books, &plant);
    figures.are_clean(what);
    figures
}

#[test]
fn nothing_goes_wrong_and_every_tray_but_the_last_ones_fires() {
    let mut rig = Rig::new();
    rig.run(100.0);
    let (books, plant) = rig.end();
    let figures = Figures::of(&books, &plant);
    figures.are_clean("no fault");
    assert!(figures.fired as u64 >= figures.trays - 1, "{figures:?}");
}

#[test]
fn every_fault_of_the_actuator_is_survived_whether_it_answers_at_once_or_late() {
    for (fault, answers_after) in PlcFault::all().flat_map(|fault| [(fault, 0), (fault, 300)]) {
        for seconds in [0.3, 3.0, 12.0] {
            let late = Duration::from_millis(answers_after);
            let (plant, params) = crowded(COUNTS_BETWEEN_TRAYS, late);
            let what = format!("{fault:?} for {seconds} s, answers after {answers_after} ms");
            survives_on(Rig::with(plant, params), &what, |rig| {
                rig.disturb(fault, seconds);
                rig.run(seconds);
            });
        }
    }
}

#[test]
fn an_actuator_that_starts_anew_is_told_from_one_that_counts_on() {
    for (fault, last) in [(PlcFault::RestartKept, 40_005), (PlcFault::Restart, 4)] {
        // Both counters are beyond the half of their range: zero is ahead of them.
        let settings = PlantSettings {
            plc: PlcSettings {
                encoder: EncoderCount(3_000_000_000),
                trigger: TriggerId(40_000),
                ..plant_settings().plc
            },
            ..plant_settings()
        };
        let mut rig = Rig::with(settings, params());
        rig.run(5.0);
        assert_eq!(rig.control().last_trigger(), Some(TriggerId(40_001)));
        rig.disturb(fault, 0.3);
        rig.run(1.0);
        let said = |rig: &Rig, what: &str| {
            let mut happenings = rig.books.happenings.iter();
            happenings.any(|happening| happening.message.contains(what))
        };
        assert!(said(&rig, "started anew"), "{fault:?} was not seen");
        rig.run(15.0);
        assert_eq!(rig.control().last_trigger(), Some(TriggerId(last)));
        let (books, plant) = rig.end();
        let figures = Figures::of(&books, &plant);
        figures.are_clean(&format!("{fault:?} far from zero"));
        assert!(figures.fired >= 3, "{figures:?}");
    }
}

#[test]
fn the_encoder_and_the_trigger_wrap_unnoticed() {
    let settings = PlantSettings {
        plc: PlcSettings {
            encoder: EncoderCount(u32::MAX - 20_000),
            trigger: TriggerId(u16::MAX - 5),
            ..plant_settings().plc
        },
        ..plant_settings()
    };
    let mut rig = Rig::with(settings, params());
    rig.run(100.0);
    let (books, plant) = rig.end();
    let figures = Figures::of(&books, &plant);
    figures.are_clean("wrap");
    assert!(figures.fired as u64 >= figures.trays - 1, "{figures:?}");
}

#[test]
fn an_inspection_slower_than_the_belt_sends_trays_to_the_safe_gate_and_catches_up() {
    let patient = ControlParams {
        suspend_after: 0,
        ..params()
    };
    let rig = Rig::with(plant_settings(), patient);
    survives_on(rig, "inspection slower than the belt for 30 s", |rig| {
        rig.inspection = Inspection::Takes(Duration::from_secs(8));
        rig.run(30.0);
        rig.inspection = USUAL;
        // What was begun slowly ends slowly.
        rig.run(10.0);
    });
}

#[test]
fn a_suspended_line_stays_so_until_a_person_stops_and_starts_the_belt() {
    let figures = survives("no frames for 30 s, acknowledged", |rig| {
        rig.inspection = Inspection::Fails;
        rig.run(30.0);
        assert!(!rig.control().vision().is_armed(), "suspended");
        assert_eq!(rig.plant.lock().alarm(), 1);
        rig.inspection = USUAL;
        let before = rig.fired();
        rig.run(60.0);
        assert_eq!(rig.fired(), before, "good trays are no person");
        assert_eq!(rig.plant.lock().alarm(), 1);
        rig.plant.lock().run_belt(false);
        rig.run(1.0);
        rig.plant.lock().run_belt(true);
        rig.run(1.0);
        assert!(rig.control().vision().is_armed());
    });
    assert!(figures.fired < figures.trays as usize);
}

#[test]
fn a_store_that_takes_nothing_disarms_the_line_until_it_does() {
    survives("disk full for 20 s", |rig| {
        rig.readiness.store = Some("records wait for room".to_owned());
        rig.run(1.0);
        assert!(!rig.control().vision().is_armed());
        assert_eq!(rig.plant.lock().alarm(), 4);
        let before = rig.fired();
        rig.run(19.0);
        assert_eq!(rig.fired(), before);
        rig.readiness.store = None;
    });
}

#[test]
fn a_tray_keeps_the_job_and_the_gates_that_it_came_under() {
    let mut rig = Rig::new();
    rig.inspection = Inspection::Takes(Duration::from_secs(1));
    // Trays come every 3.75 s: the third is with the inspection.
    rig.run(12.0);
    rig.change_job(SortJob {
        layout: layout_with_gates(SAFE_GATE, 2),
        ..job(8)
    });
    rig.run(10.0);
    let (books, _) = rig.end();
    let sorted = books.received.iter().map(|received| received.command);
    let sorted: Vec<_> = sorted.map(|c| (c.tray.0, c.job.0, c.route.0)).collect();
    assert_eq!(
        sorted,
        [(1, 7, 1), (2, 7, 1), (3, 7, 1), (4, 8, 2), (5, 8, 2)]
    );
    let jobs: Vec<_> = books.rows.iter().map(|row| row.job).collect();
    assert_eq!(jobs, [7, 7, 7, 8, 8].map(Some));
}

#[test]
fn a_clock_that_jumps_an_hour_changes_nothing_but_names() {
    let figures = survives("clock jumps an hour back and forth", |rig| {
        for hours in [-1, 1, 1, -1] {
            rig.clock_jumps(hours);
            rig.run(5.0);
        }
    });
    assert!(figures.fired as u64 >= figures.trays - 1, "{figures:?}");
}

#[test]
fn a_line_that_is_not_ready_says_why_and_fires_nothing() {
    let mut rig = Rig::new();
    rig.readiness.judge = Some("the challenge set differs".to_owned());
    rig.run(20.0);
    assert!(!rig.control().vision().is_armed());
    let said = |h: &seedgrade::line::Happening| h.message.contains("the challenge set differs");
    assert_eq!(rig.books.happenings.iter().filter(|h| said(h)).count(), 1);
    let (books, plant) = rig.end();
    let figures = Figures::of(&books, &plant);
    figures.are_clean("not ready");
    assert_eq!((figures.fired, books.received.len()), (0, 0));
    assert!(books.exposed > 3, "trays are judged all the same");
}

#[test]
fn three_hours_of_belt_lose_nothing() {
    let mut rig = Rig::new();
    rig.run(3.0 * 3600.0);
    let (books, plant) = rig.end();
    let figures = Figures::of(&books, &plant);
    figures.are_clean("three hours");
    assert!(figures.fired as u64 >= figures.trays - 1, "{figures:?}");
}

fn fault() -> impl Strategy<Value = ScheduledFault> {
    (
        proptest::sample::select(PlcFault::all().collect::<Vec<_>>()),
        // A tray that came before the very first look was never this line's.
        500_u64..60_000,
        10_u64..8000,
    )
        .prop_map(|(fault, start, length)| ScheduledFault {
            fault,
            start: Duration::from_millis(start),
            length: Some(Duration::from_millis(length)),
        })
}

/// A belt and what comes over it.
#[derive(Debug, Clone, Copy)]
struct Course {
    /// How long an inspection takes, in milliseconds.
    takes: u64,
    encoder: u32,
    trigger: u16,
    between_trays: u32,
    /// In milliseconds.
    answers_after: u64,
}

fn course() -> impl Strategy<Value = Course> {
    (
        50_u64..4000,
        any::<u32>(),
        // Neither zero nor the end: where the trigger wraps while power is off, nobody can tell what it did.
        1000_u16..65_000,
        proptest::sample::select(vec![COUNTS_BETWEEN_TRAYS, 600]),
        0_u64..400,
    )
        .prop_map(
            |(takes, encoder, trigger, between_trays, answers_after)| Course {
                takes,
                encoder,
                trigger,
                between_trays,
                answers_after,
            },
        )
}

/// What a line did while these faults came.
fn judged(faults: Vec<ScheduledFault>, course: Course) -> Figures {
    let late = Duration::from_millis(course.answers_after);
    let (plant, params) = crowded(course.between_trays, late);
    let settings = PlantSettings {
        plc: PlcSettings {
            encoder: EncoderCount(course.encoder),
            trigger: TriggerId(course.trigger),
            ..plant.plc
        },
        faults,
        ..plant
    };
    let mut rig = Rig::with(settings, params);
    rig.inspection = Inspection::Takes(Duration::from_millis(course.takes));
    rig.run(75.0);
    let (books, plant) = rig.end();
    Figures::of(&books, &plant)
}

/// More by `PROPTEST_CASES`.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(32)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_goes_wrong_together_nothing_fires_that_should_not_and_no_tray_is_lost(
        faults in proptest::collection::vec(fault(), 0..6),
        course in course(),
    ) {
        let faults = faults.into_iter().filter(|f| f.fault != PlcFault::Restart).collect();
        let figures = judged(faults, course);
        let clean = Figures { trays: figures.trays, fired: figures.fired, ..Figures::default() };
        prop_assert_eq!(figures, clean);
    }

    /// Trays that come while nothing is heard of an actuator that then forgets them are known to nobody; every other
    /// has its row.
    #[test]
    fn an_actuator_that_starts_anew_amid_other_faults_fires_nothing_that_it_should_not_and_loses_no_tray_it_told_of(
        faults in proptest::collection::vec(fault(), 0..6),
        restart in 1_000_u64..60_000,
        course in course(),
    ) {
        // Of trays that come amid late writes some are heard of and some are not: the books cannot tell.
        // An actuator that counts from zero twice may have come as far as it was before while nothing was heard of it.
        let others = faults.into_iter().filter(|f| !matches!(f.fault, PlcFault::LateWrites | PlcFault::Restart));
        let mut faults: Vec<_> = others.collect();
        faults.push(ScheduledFault {
            fault: PlcFault::Restart,
            start: Duration::from_millis(restart),
            length: Some(Duration::from_millis(500)),
        });
        let figures = judged(faults, course);
        let clean = Figures { trays: figures.trays, fired: figures.fired, ..Figures::default() };
        prop_assert_eq!(figures, clean);
    }
}
