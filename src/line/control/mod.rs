//! The line's one decision loop: looks at the actuator, opens a trigger's account, plans, fires in time or drops.
//!
//! In: moments, judgements, readiness. Out: trays to be exposed, rows and happenings to be stored. It holds the
//! [`SortingLine`] in whatever state it is and is the only one that changes it. No thread, no socket of its own and
//! no clock: simulated time steps it as real time does.

mod arming;
mod commands;
mod jobs;
mod step;
mod trays;

use std::collections::VecDeque;
use std::sync::Arc;

use super::belt_watch::BeltWatch;
use super::ledger::{Ledger, WallTime};
use super::streak::Streak;
use crate::clock::Moment;
use crate::geometry::EncoderCount;
use crate::machine::{
    Alarm, Look, MachineState, PlcLink, PlcStatus, Readiness, SortingLine, VisionState,
};
use crate::sorting::{BeltTracker, SortLayout, TrackingLimits, TriggerId};
use crate::store::PlcFlag;
use arming::{Mode, unwell};
pub use step::{ControlCounts, ControlParams, Happening, JobRefused, SortJob, Step, Trigger};

/// Rows handed over in one step: the store's queue is bounded, and a jump of the trigger makes thousands.
const ROWS_A_STEP: usize = 32;

/// The control loop's state.
pub struct Control {
    mode: Option<Mode>,
    job: SortJob,
    /// The layouts of jobs whose trays are still on their way, oldest first, each with the number that its first
    /// tray was named with.
    layouts: VecDeque<(u64, Arc<SortLayout>)>,
    suspend_after: u32,
    tracker: BeltTracker,
    ledger: Ledger,
    watch: BeltWatch,
    streak: Streak,
    counts: ControlCounts,
    encoder: EncoderCount,
    /// The last trigger that has its account.
    last_trigger: Option<TriggerId>,
    /// The last trigger that was read, believed or not.
    seen_trigger: Option<TriggerId>,
    belt_stood: bool,
    /// What the actuator said last; none while it is not heard, or its heartbeat stands still.
    said: Option<PlcStatus>,
    not_armed: String,
    told_not_armed: arming::ToldReasons,
    ending: bool,
    /// The job was ended and no other has begun.
    job_ended: bool,
    out: Step,
}

impl Control {
    /// A disarmed line on an actuator.
    #[must_use]
    pub fn new(params: ControlParams, link: Box<dyn PlcLink>) -> Self {
        let job = params.job;
        let limits = TrackingLimits {
            late_margin_counts: job.layout.late_margin_counts(),
            farthest_counts: job.layout.farthest_counts(),
        };
        Self {
            mode: Some(Mode::Disarmed(SortingLine::connect(link))),
            tracker: BeltTracker::new(limits),
            ledger: Ledger::new(params.names),
            watch: BeltWatch::new(limits.farthest_counts, job.least_counts_between_trays),
            streak: Streak::new(params.suspend_after),
            counts: ControlCounts::default(),
            encoder: EncoderCount(0),
            last_trigger: params.last_trigger,
            seen_trigger: None,
            belt_stood: false,
            said: None,
            not_armed: "the line has just begun".to_owned(),
            told_not_armed: arming::ToldReasons::default(),
            ending: false,
            job_ended: false,
            out: Step::default(),
            layouts: VecDeque::from([(0, Arc::new(job.layout.clone()))]),
            suspend_after: params.suspend_after,
            job,
        }
    }

    /// Looks at the actuator and does what is due.
    pub fn step(&mut self, now: Moment, at: &WallTime, readiness: &Readiness) -> Step {
        let mode = self.mode.take();
        self.mode = mode.map(|mode| self.step_in(mode, now, at, readiness));
        self.out.rows = self.ledger.take_rows(ROWS_A_STEP);
        std::mem::take(&mut self.out)
    }

    fn step_in(&mut self, mode: Mode, now: Moment, at: &WallTime, readiness: &Readiness) -> Mode {
        let (mode, look, lost) = self.look(mode, now, at);
        let mode = match lost {
            Some(why) => self.fail(mode, why, Alarm::ActuatorSilent, at),
            None => self.after_look(mode, look, now, at),
        };
        self.settle(mode, now, at, readiness)
    }

    fn after_look(&mut self, mode: Mode, look: Look, now: Moment, at: &WallTime) -> Mode {
        match &look {
            Look::Status(status) => self.said = Some(*status),
            Look::Lost(_) | Look::Frozen(..) => self.said = None,
            Look::Missed(_) => {}
        }
        match look {
            Look::Status(status) => self.after_status(mode, &status, now, at),
            Look::Missed(_) => unwell(mode),
            Look::Lost(why) => self.fail(mode, why, Alarm::ActuatorSilent, at),
            Look::Frozen(status, why) => {
                self.see_trigger(&status, at);
                self.fail(mode, why, Alarm::ActuatorSilent, at)
            }
        }
    }

    fn after_status(&mut self, mode: Mode, status: &PlcStatus, now: Moment, at: &WallTime) -> Mode {
        self.see_trigger(status, at);
        if let Some(number) = status.finished {
            self.ledger.finished(number, status.ending, at);
        }
        let seen = self.watch.see(status, now);
        self.encoder = status.encoder;
        let mode = match seen {
            Ok(view) => {
                self.trays(&mode, status, view, now, at);
                mode
            }
            // Its numbers are not believed: whatever trays there are, the next look that is believed accounts for.
            Err(doubt) => self.fail(mode, doubt.to_string(), Alarm::EncoderDoubted, at),
        };
        self.pass_belt(at);
        self.acknowledge_by_belt(status);
        match (mode, status.state) {
            (mode, MachineState::Fault | MachineState::EmergencyStop) => {
                let why = format!("the actuator says {:?}", status.state);
                self.fail(mode, why, Alarm::None, at)
            }
            (Mode::Armed(line), _) => self.fire_due(line, now, at),
            (Mode::Faulted(line, since), _) => Mode::Faulted(line, Some(since.unwrap_or(now))),
            (mode, _) => mode,
        }
    }

    /// Keeps the trigger that was read, believed or not. One that goes back begins at zero.
    fn see_trigger(&mut self, status: &PlcStatus, at: &WallTime) {
        let known = [self.last_trigger, self.seen_trigger];
        let is_behind = |last: TriggerId| status.trigger.0.wrapping_sub(last.0).cast_signed() < 0;
        if known.into_iter().flatten().any(is_behind) {
            self.count_from_zero(at);
        }
        self.seen_trigger = Some(status.trigger);
    }

    /// The actuator lost its counters. Trays that it told of while its numbers were doubted are accounted for; what
    /// it counted while nothing was heard of it is known to nobody.
    fn count_from_zero(&mut self, at: &WallTime) {
        let Some(TriggerId(last)) = self.last_trigger else {
            return;
        };
        let seen = self.seen_trigger.take().map_or(last, |seen| seen.0);
        let doubted = seen.wrapping_sub(last).cast_signed().max(0);
        for offset in 1..=doubted.unsigned_abs() {
            let tray = TriggerId(last.wrapping_add(offset));
            self.counts.ungraded += 1;
            let why = "the actuator forgot it while its numbers were doubted";
            self.ledger.missed(tray, self.job_of_trays(), why, at);
        }
        self.last_trigger = Some(TriggerId(0));
        if seen != 0 {
            let why = format!(
                "the actuator counts trays from zero again: of those after trigger {seen} that it forgot before it \
                 was heard again nothing is known"
            );
            self.say("counted_anew", why);
        }
    }

    /// Whether a command waits for its answer.
    #[must_use]
    pub fn awaits_answer(&self) -> bool {
        matches!(&self.mode, Some(Mode::Armed(line)) if !line.may_fire())
    }

    fn say(&mut self, kind: &'static str, message: String) {
        match kind {
            "armed" | "recovered" | "resumed" => tracing::info!("{kind}: {message}"),
            _ => tracing::warn!("{kind}: {message}"),
        }
        self.out.happenings.push(Happening { kind, message });
    }

    /// Counters.
    #[must_use]
    pub fn counts(&self) -> ControlCounts {
        self.counts
    }

    /// Results that were not for the tray they named.
    #[must_use]
    pub fn mismatched(&self) -> u64 {
        self.tracker.counts().mismatched
    }

    /// The account of triggers.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The same, to ask whether it changed.
    pub fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    /// The last trigger that has its account.
    #[must_use]
    pub fn last_trigger(&self) -> Option<TriggerId> {
        self.last_trigger
    }

    /// Why the actuator is not trusted, while it is not.
    #[must_use]
    pub fn actuator_trouble(&self) -> Option<&str> {
        match &self.mode {
            Some(Mode::Faulted(line, _)) => Some(line.reason()),
            _ => None,
        }
    }

    /// Whether each of its flags is up, as the actuator said last; none while it is not heard.
    #[must_use]
    pub fn flags(&self) -> Option<[bool; PlcFlag::ALL.len()]> {
        let said = self.said.as_ref()?;
        Some(PlcFlag::ALL.map(|flag| match flag {
            PlcFlag::GateFull => said.gate_full,
            PlcFlag::InfeedStopped => said.infeed_stopped,
        }))
    }

    /// seedgrade's state as register 101 says it.
    #[must_use]
    pub fn vision(&self) -> VisionState {
        match &self.mode {
            Some(Mode::Armed(line)) => line.vision(),
            Some(Mode::Faulted(line, _)) => line.vision(),
            Some(Mode::Disarmed(line)) => line.vision(),
            None => VisionState::Error,
        }
    }
}
