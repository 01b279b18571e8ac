//! From a judged tray to the gate: what fires, what never does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;

use proptest::prelude::*;
use seedgrade::geometry::EncoderCount;
use seedgrade::inspect::TrayReport;
use seedgrade::machine::{CommandSequence, GateOutcome, PlcSettings, SimulatedPlc, VisionState};
use seedgrade::sorting::{
    BeltTracker, CommandResult, Corner, DropReason, Gate, GateNumber, JobId, LayoutError,
    PlanError, SortLayout, SortLayoutBuilder, SortPlan, TrackingLimits, Travel, TriggerId,
};

const MARGIN: u32 = 50;
const FARTHEST: u32 = 2000;
const LIMITS: TrackingLimits = TrackingLimits {
    late_margin_counts: MARGIN,
    farthest_counts: FARTHEST,
};
const JOB: JobId = JobId(7);

fn gate(route: &str, number: u16, counts_from_camera: u32) -> Gate {
    Gate {
        route: route.to_owned(),
        number: GateNumber(number),
        counts_from_camera,
    }
}

fn builder() -> SortLayoutBuilder {
    SortLayoutBuilder {
        gates: vec![
            gate("hold", 0, FARTHEST),
            gate("market", 1, 1500),
            gate("second", 2, 1800),
        ],
        late_margin_counts: MARGIN,
        ..SortLayoutBuilder::default()
    }
}

fn layout() -> SortLayout {
    builder().build(&["market", "hold"]).unwrap()
}

/// A report of a tray of 2 × 3 cells; those named are to be removed.
fn report(status: &str, orientation: &str, remove: &[(usize, usize)]) -> TrayReport {
    let cell = |row: usize, col: usize| {
        let action = if remove.contains(&(row, col)) {
            "remove"
        } else {
            "leave"
        };
        serde_json::json!({
            "row": row, "col": col, "verdict": "graded", "grade": "A", "reason": null,
            "action": action, "occupied": 1.0, "several": 0.0, "plants": 1, "area_pitch2": 0.3,
            "area_mm2": null, "area_px": 100.0, "centre_px": null, "offset_pitch": null,
            "offset_mm": null, "chlorotic": 0.0, "necrotic": 0.0, "leaves": null, "overlap": 0.0,
        })
    };
    let cells: Vec<_> = (0..6).map(|index| cell(index / 3, index % 3)).collect();
    let graded = status == "graded";
    serde_json::from_value(serde_json::json!({
        "schema": "seedgrade.tray/1", "source": "camera", "tray_uid": "base/line/day/1",
        "image_sha256": null, "captured_at": null, "job": 7, "lot": null, "tray_code": null,
        "trigger": 123, "encoder": 4_294_967_000_u32, "pass": 1, "status": status,
        "reason": if graded { None } else { Some("no tray") }, "rows": 2, "cols": 3,
        "orientation": orientation,
        // The tray lies turned by half: its first row runs to the left, at the bottom.
        "corners_px": [[100.0, 100.0], [0.0, 99.0], [0.0, 0.0], [100.0, 1.0]],
        "px_per_pitch": null, "mm_per_px": null, "mm_known": false,
        "grade": if graded { Some("A") } else { None },
        "route": if graded { Some("market") } else { None }, "counts": null, "grades": null,
        "marketable": null, "cells": if graded { cells } else { Vec::new() },
        "evidence": {
            "software": "", "backend": "", "cpu_class": "", "network": "", "standard": "",
            "standard_digest": "", "config": "", "calibration": null,
        },
    }))
    .unwrap()
}

#[test]
fn a_judged_tray_fires_at_its_gate_over_the_wrap_of_the_encoder() {
    let plan = SortPlan::for_tray(&report("graded", "assumed", &[(1, 2)]), &layout()).unwrap();
    let command = plan.command;
    assert_eq!(plan.route.as_deref(), Some("market"));
    assert_eq!(
        (command.tray, command.job, command.route),
        (TriggerId(123), JOB, GateNumber(1))
    );
    assert_eq!(command.fire_at, EncoderCount(1204));
    assert_eq!(command.result, CommandResult::Graded);
    assert_eq!((command.rows, command.cols), (2, 3));
    assert!(command.cells.contains(5));
    assert_eq!(command.cells.count(), 1);
}

#[test]
fn a_refused_or_failed_tray_goes_to_the_safe_gate_with_nothing_taken_out() {
    for status in ["refused", "failed"] {
        let plan = SortPlan::for_tray(&report(status, "assumed", &[(0, 0)]), &layout()).unwrap();
        assert_eq!(plan.command.route, GateNumber::SAFE, "{status}");
        assert_eq!(plan.command.result, CommandResult::Ungraded);
        assert_eq!((plan.command.cells.count(), plan.route), (0, None));
    }
}

#[test]
fn an_unsure_cell_is_never_taken_out_whatever_its_action_says() {
    let mut doubted = report("graded", "assumed", &[(0, 0), (0, 1)]);
    doubted.cells[0].verdict = "unsure".into();
    let plan = SortPlan::for_tray(&doubted, &layout()).unwrap();
    assert!(!plan.command.cells.contains(0) && plan.command.cells.contains(1));
}

#[test]
fn cells_are_numbered_as_the_tray_lies_on_the_belt() {
    let first = |orientation: &str, travel: Travel, first_cell: Corner| {
        let layout = SortLayoutBuilder {
            travel,
            first_cell,
            ..builder()
        }
        .build(&[])
        .unwrap();
        let plan = SortPlan::for_tray(&report("graded", orientation, &[(0, 0)]), &layout).unwrap();
        let bit = (0..6).find(|bit| plan.command.cells.contains(*bit));
        (bit.unwrap(), plan.command.rows, plan.command.cols)
    };
    assert_eq!(
        first("configured", Travel::Right, Corner::TopLeft),
        (0, 2, 3)
    );
    assert_eq!(
        first("configured", Travel::Left, Corner::TopLeft),
        (5, 2, 3)
    );
    assert_eq!(
        first("configured", Travel::Right, Corner::BottomRight),
        (5, 2, 3)
    );
    assert_eq!(
        first("configured", Travel::Down, Corner::TopLeft),
        (4, 3, 2)
    );
    // A mark on the tray is believed over the layout; a numbering that follows the picture is that.
    assert_eq!(first("marked", Travel::Right, Corner::TopLeft), (5, 2, 3));
    assert_eq!(
        first("assumed", Travel::Right, Corner::BottomRight),
        (0, 2, 3)
    );
}

#[test]
fn a_report_that_contradicts_itself_gets_no_plan_but_the_safe_gate() {
    let mut short = report("graded", "assumed", &[]);
    short.cells.pop();
    let mut turned = report("graded", "assumed", &[]);
    turned.cells.swap(0, 1);
    for broken in [short, turned] {
        let error = SortPlan::for_tray(&broken, &layout()).unwrap_err();
        assert!(matches!(error, PlanError::Cells { .. }), "{error}");
        let safe = SortPlan::to_safe_gate(&broken, &layout()).unwrap();
        assert_eq!(safe.command.route, GateNumber::SAFE);
    }
    let mut elsewhere = report("graded", "assumed", &[]);
    elsewhere.route = Some("moon".to_owned());
    assert!(matches!(
        SortPlan::for_tray(&elsewhere, &layout()),
        Err(PlanError::NoGate(_))
    ));
    let mut archived = report("graded", "assumed", &[]);
    archived.facts.encoder = None;
    let error = SortPlan::for_tray(&archived, &layout()).unwrap_err();
    assert_eq!(error, PlanError::NotOfALine("encoder count"));
}

#[test]
fn a_layout_needs_the_safe_gate_and_one_gate_for_every_route() {
    let refused = |gates: Vec<Gate>, routes: &[&str]| {
        SortLayoutBuilder { gates, ..builder() }
            .build(routes)
            .unwrap_err()
    };
    let no_gate = refused(vec![gate("hold", 0, 1500)], &["hold", "market"]);
    assert!(
        no_gate
            .to_string()
            .contains("route \"market\" of the standard has no gate")
    );
    let no_safe = refused(vec![gate("market", 1, 1500)], &["market"]);
    assert!(matches!(no_safe, LayoutError::NoSafeGate { .. }));
    let two = refused(vec![gate("hold", 0, 1500), gate("hold", 1, 1500)], &[]);
    assert!(matches!(two, LayoutError::TwoGates { .. }));
    let moved = refused(vec![gate("hold", 0, 1500), gate("rework", 0, 1600)], &[]);
    assert!(matches!(moved, LayoutError::TwoPlaces { .. }));
    let near = refused(vec![gate("hold", 0, MARGIN)], &[]);
    assert!(near.to_string().contains("expected 51 to"), "{near}");
    let shared = vec![gate("hold", 0, 1500), gate("rework", 0, 1500)];
    assert!(
        SortLayoutBuilder {
            gates: shared,
            ..builder()
        }
        .build(&["rework"])
        .is_ok()
    );
}

/// A plan for a tray that was triggered there.
fn plan(tray: u16, triggered_at: EncoderCount, distance: u32) -> SortPlan {
    let mut plan = SortPlan::to_safe_gate(&report("refused", "assumed", &[]), &layout()).unwrap();
    plan.triggered_at = triggered_at;
    plan.command.tray = TriggerId(tray);
    plan.command.fire_at = triggered_at.advanced(distance);
    plan
}

#[test]
fn a_late_result_never_fires() {
    let start = EncoderCount(u32::MAX - 700);
    let mut belt = BeltTracker::new(LIMITS);
    belt.tray_at_camera(TriggerId(1), JOB, start);
    let late = belt
        .plan(&plan(1, start, 1500), start.advanced(1500 - MARGIN + 1))
        .unwrap_err();
    assert_eq!(late.reason, DropReason::Late);
    assert_eq!(
        belt.next_due(start.advanced(100)),
        None,
        "not even if the belt goes back"
    );
    assert_eq!(belt.counts().late, 1);
}

#[test]
fn a_result_on_the_margin_fires_and_one_that_waited_beyond_it_does_not() {
    let start = EncoderCount(10);
    let deadline = start.advanced(1500 - MARGIN);
    let mut belt = BeltTracker::new(LIMITS);
    belt.tray_at_camera(TriggerId(1), JOB, start);
    belt.plan(&plan(1, start, 1500), deadline).unwrap();
    assert_eq!(belt.clone().next_due(deadline.advanced(1)), None);
    assert_eq!(
        belt.clone().advance(deadline.advanced(1))[0].reason,
        DropReason::Late
    );
    assert_eq!(
        belt.next_due(deadline).map(|command| command.tray),
        Some(TriggerId(1))
    );
    assert_eq!(belt.next_due(deadline), None, "once");
}

#[test]
fn a_result_for_another_job_place_or_tray_is_dropped_and_the_right_one_still_taken() {
    let start = EncoderCount(10);
    let mut belt = BeltTracker::new(LIMITS);
    belt.tray_at_camera(TriggerId(1), JOB, start);
    let reason =
        |belt: &mut BeltTracker, plan: &SortPlan| belt.plan(plan, start).unwrap_err().reason;
    let mut other_job = plan(1, start, 1500);
    other_job.command.job = JobId(8);
    assert_eq!(reason(&mut belt, &other_job), DropReason::Mismatched);
    assert_eq!(
        reason(&mut belt, &plan(1, EncoderCount(11), 1500)),
        DropReason::Mismatched
    );
    assert_eq!(
        reason(&mut belt, &plan(2, start, 1500)),
        DropReason::UnknownTray
    );
    belt.plan(&plan(1, start, 1500), start).unwrap();
    assert_eq!(
        reason(&mut belt, &plan(1, start, 1500)),
        DropReason::AlreadyAnswered
    );
}

#[test]
fn a_trigger_that_jumps_names_the_trays_between_and_one_that_goes_back_forgets() {
    let mut belt = BeltTracker::new(LIMITS);
    belt.tray_at_camera(TriggerId(u16::MAX), JOB, EncoderCount(0));
    assert_eq!(
        belt.tray_at_camera(TriggerId(u16::MAX), JOB, EncoderCount(0))
            .missed,
        0
    );
    assert_eq!(
        belt.tray_at_camera(TriggerId(2), JOB, EncoderCount(500))
            .missed,
        2
    );
    let restarted = belt.tray_at_camera(TriggerId(1), JOB, EncoderCount(0));
    assert_eq!((restarted.missed, restarted.dropped.len()), (0, 2));
    assert_eq!(restarted.dropped[0].reason, DropReason::Forgotten);
}

/// An armed actuator that shares the tracker's margin.
fn armed_plc() -> SimulatedPlc {
    let settings = PlcSettings {
        encoder: EncoderCount(u32::MAX - 3000),
        trigger: TriggerId(u16::MAX - 3),
        late_margin_counts: MARGIN,
        safe_gate_counts: FARTHEST,
        ..PlcSettings::default()
    };
    let mut plc = SimulatedPlc::new(settings).unwrap();
    plc.start();
    plc.write_state(VisionState::Executing);
    plc
}

#[test]
fn what_the_tracker_gives_out_the_actuator_accepts_and_fires_over_every_wrap() {
    let mut plc = armed_plc();
    let mut belt = BeltTracker::new(LIMITS);
    let mut number = CommandSequence::FIRST;
    let (mut fired, mut uncommanded) = (0, 0);
    for tray in 0..12_u32 {
        let trigger = plc.tray_arrives();
        let status = plc.read();
        assert_eq!(belt.tray_at_camera(trigger, JOB, status.latched).missed, 0);
        // Every third inspection takes until just beyond the deadline.
        let takes = if tray % 3 == 2 {
            1500 - MARGIN + 1
        } else {
            1500 - MARGIN
        };
        let mut events = plc.advance(takes);
        let now = plc.read().encoder;
        let planned = belt.plan(&plan(trigger.0, status.latched, 1500), now);
        assert_eq!(planned.is_err(), tray % 3 == 2);
        if let Some(command) = belt.next_due(now) {
            number = number.next();
            plc.write(number, &command);
            assert_eq!(plc.read().accepted, Some(number));
        }
        events.extend(plc.advance(FARTHEST));
        belt.advance(plc.read().encoder);
        assert_eq!(events.len(), 1, "one end a tray");
        match events[0].outcome {
            GateOutcome::Fired { .. } => fired += 1,
            _ => uncommanded += 1,
        }
    }
    assert_eq!((fired, uncommanded, belt.counts().late), (8, 4, 4));
}

#[derive(Debug, Clone)]
enum Event {
    Arrive {
        skipped: u16,
    },
    Move(u32),
    Result {
        back: u16,
        distance: u32,
        job: u16,
        off: u32,
    },
    Send,
    Advance,
    Forget,
}

fn event() -> impl Strategy<Value = Event> {
    let off = prop_oneof![9 => Just(0), 1 => 1..100_u32];
    let job = prop_oneof![9 => Just(JOB.0), 1 => Just(8)];
    prop_oneof![
        4 => (0..2_u16).prop_map(|skipped| Event::Arrive { skipped }),
        4 => (0..900_u32).prop_map(Event::Move),
        6 => (0..6_u16, 1..2200_u32, job, off)
            .prop_map(|(back, distance, job, off)| Event::Result { back, distance, job, off }),
        4 => Just(Event::Send),
        2 => Just(Event::Advance),
        1 => Just(Event::Forget),
    ]
}

/// A belt, and what is known of it from outside.
struct Rehearsal {
    belt: BeltTracker,
    now: EncoderCount,
    last: u16,
    latched: HashMap<u16, EncoderCount>,
    planned: HashMap<u16, SortPlan>,
    ends: HashMap<u16, usize>,
}

impl Rehearsal {
    fn new(start: u32, last: u16) -> Self {
        Self {
            belt: BeltTracker::new(LIMITS),
            now: EncoderCount(start),
            last,
            latched: HashMap::new(),
            planned: HashMap::new(),
            ends: HashMap::new(),
        }
    }

    fn end(&mut self, tray: TriggerId) {
        *self.ends.entry(tray.0).or_default() += 1;
    }

    fn happens(&mut self, event: &Event) -> Result<(), TestCaseError> {
        match *event {
            Event::Arrive { skipped } => {
                let skipped = if self.latched.is_empty() { 0 } else { skipped };
                self.last = self.last.wrapping_add(1 + skipped);
                let arrival = self
                    .belt
                    .tray_at_camera(TriggerId(self.last), JOB, self.now);
                prop_assert_eq!(arrival.missed, skipped);
                arrival.dropped.iter().for_each(|drop| self.end(drop.tray));
                self.latched.insert(self.last, self.now);
            }
            Event::Move(counts) => self.now = self.now.advanced(counts),
            Event::Result {
                back,
                distance,
                job,
                off,
            } => self.result(back, distance, job, off),
            Event::Send => self.send()?,
            Event::Advance => {
                let dropped = self.belt.advance(self.now);
                dropped.iter().for_each(|drop| self.end(drop.tray));
            }
            Event::Forget => {
                let dropped = self.belt.forget();
                dropped.iter().for_each(|drop| self.end(drop.tray));
            }
        }
        Ok(())
    }

    fn result(&mut self, back: u16, distance: u32, job: u16, off: u32) {
        let tray = self.last.wrapping_sub(back);
        let latched = self.latched.get(&tray).copied().unwrap_or(self.now);
        let mut plan = plan(tray, latched.advanced(off), distance);
        plan.command.job = JobId(job);
        match self.belt.plan(&plan, self.now) {
            Ok(()) => {
                self.planned.insert(tray, plan);
            }
            Err(drop) if drop.reason == DropReason::Late => self.end(drop.tray),
            Err(_) => {}
        }
    }

    fn send(&mut self) -> Result<(), TestCaseError> {
        if let Some(command) = self.belt.next_due(self.now) {
            let left = self.now.counts_until(command.fire_at);
            prop_assert!(left >= MARGIN.cast_signed(), "late: {left} counts left");
            let plan = self.planned.get(&command.tray.0);
            prop_assert_eq!(plan.map(|plan| plan.command), Some(command));
            prop_assert_eq!(
                plan.map(|plan| plan.triggered_at),
                self.latched.get(&command.tray.0).copied()
            );
            prop_assert_eq!(command.job, JOB);
            self.end(command.tray);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_nothing_fires_late_twice_or_for_another_tray(
        start in prop_oneof![any::<u32>(), Just(u32::MAX - 1000)],
        last in prop_oneof![any::<u16>(), Just(u16::MAX - 2)],
        events in proptest::collection::vec(event(), 0..120),
    ) {
        let mut rehearsal = Rehearsal::new(start, last);
        for event in &events {
            rehearsal.happens(event)?;
            prop_assert!(rehearsal.ends.values().all(|ends| *ends == 1), "{event:?}");
        }
        rehearsal.happens(&Event::Move(FARTHEST + 1))?;
        rehearsal.happens(&Event::Advance)?;
        for tray in rehearsal.latched.keys() {
            prop_assert_eq!(rehearsal.ends.get(tray), Some(&1), "tray {} has one end", tray);
        }
    }
}
