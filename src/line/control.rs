//! The line's one decision loop: looks at the actuator, opens a trigger's account, plans, fires in time or drops.
//!
//! In: moments, judgements, readiness. Out: trays to be exposed, rows and happenings to be stored. It holds the
//! [`SortingLine`] in whatever state it is and is the only one that changes it. No thread, no socket of its own and
//! no clock: simulated time steps it as real time does.

use std::time::Duration;

use super::belt_watch::{BeltView, BeltWatch};
use super::ledger::{Ledger, TrayNames, WallTime};
use super::streak::{Streak, Turn};
use crate::clock::Moment;
use crate::geometry::EncoderCount;
use crate::inspect::{ReportStatus, TrayReport};
use crate::machine::{
    Alarm, Answer, Armed, CommandSequence, Disarmed, Faulted, Firing, LineState, Look,
    MachineState, PlcLink, PlcStatus, Readiness, RefusalReason, SortingLine, VisionState,
};
use crate::sorting::{
    BeltTracker, DropReason, Dropped, JobId, SortLayout, SortPlan, TrackingLimits, TriggerId,
};
use crate::store::CommandRecord;

/// The actuator must answer well for so long before a fault counts as over.
const SETTLING: Duration = Duration::from_millis(500);
/// Rows handed over in one step: the store's queue is bounded, and a jump of the trigger makes thousands.
const ROWS_A_STEP: usize = 32;

/// What the line is set up with.
#[derive(Debug, Clone)]
pub struct ControlParams {
    /// Gates and how trays lie on the belt.
    pub layout: SortLayout,
    /// The job of all trays.
    pub job: JobId,
    /// Trays in a row that may be ungraded before the line is suspended; any number when 0.
    pub suspend_after: u32,
    /// Two triggers nearer to each other than this cannot be two trays.
    pub least_counts_between_trays: u32,
    /// How trays are named.
    pub names: TrayNames,
    /// The last trigger that an earlier run accounted for.
    pub last_trigger: Option<TriggerId>,
}

/// A tray at the camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// The actuator's number.
    pub id: TriggerId,
    /// The tray's name.
    pub uid: String,
    /// Its job.
    pub job: JobId,
    /// The belt's position then.
    pub latched: EncoderCount,
    /// When it was seen.
    pub seen: Moment,
}

/// Something that people want to look up later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// What kind, such as `armed`.
    pub kind: &'static str,
    /// In words.
    pub message: String,
}

/// What a step asks for.
#[derive(Debug, Default)]
pub struct Step {
    /// Trays to be exposed now.
    pub triggers: Vec<Trigger>,
    /// Rows to be stored.
    pub rows: Vec<CommandRecord>,
    /// Happenings to be stored and logged.
    pub happenings: Vec<Happening>,
    /// Trays whose command was written in this step.
    pub written: Vec<TriggerId>,
    /// Trays whose command was accepted in this step.
    pub accepted: Vec<TriggerId>,
}

/// The line in one of its states.
enum Mode {
    Disarmed(SortingLine<Disarmed>),
    Armed(SortingLine<Armed>),
    Faulted(SortingLine<Faulted>, Option<Moment>),
}

/// How often what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ControlCounts {
    /// Commands written into register 102.
    pub sent: u64,
    /// Commands that the actuator refused.
    pub refused: u64,
    /// Of those, late by its reckoning: the belt went on while the command was on its way.
    pub refused_late: u64,
    /// Commands whose deadline passed before register 102 was written: dropped.
    pub late: u64,
    /// Trays graded.
    pub graded: u64,
    /// Trays not graded, for whatever reason.
    pub ungraded: u64,
    /// Times that the line was armed.
    pub armed: u64,
    /// Times that it faulted.
    pub faulted: u64,
}

/// The control loop's state.
pub struct Control {
    mode: Option<Mode>,
    params: ControlParams,
    tracker: BeltTracker,
    ledger: Ledger,
    watch: BeltWatch,
    streak: Streak,
    counts: ControlCounts,
    encoder: EncoderCount,
    last_trigger: Option<TriggerId>,
    belt_stood: bool,
    not_armed: String,
    ending: bool,
    out: Step,
}

impl Control {
    /// A disarmed line on an actuator.
    #[must_use]
    pub fn new(params: ControlParams, link: Box<dyn PlcLink>) -> Self {
        let limits = TrackingLimits {
            late_margin_counts: params.layout.late_margin_counts(),
            farthest_counts: params.layout.farthest_counts(),
        };
        Self {
            mode: Some(Mode::Disarmed(SortingLine::connect(link))),
            tracker: BeltTracker::new(limits),
            ledger: Ledger::new(params.names.clone()),
            watch: BeltWatch::new(limits.farthest_counts, params.least_counts_between_trays),
            streak: Streak::new(params.suspend_after),
            counts: ControlCounts::default(),
            encoder: EncoderCount(0),
            last_trigger: params.last_trigger,
            belt_stood: false,
            not_armed: "the line has just begun".to_owned(),
            ending: false,
            out: Step::default(),
            params,
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

    /// Looks at the actuator, whatever the line's state. Why an armed line cannot go on, if so.
    fn look(&mut self, mode: Mode, now: Moment, at: &WallTime) -> (Mode, Look, Option<String>) {
        match mode {
            Mode::Disarmed(mut line) => {
                let (look, _) = self.look_at(&mut line, now, at);
                (Mode::Disarmed(line), look, None)
            }
            Mode::Armed(mut line) => {
                line.set_executing(!self.ledger.open_trays().is_empty());
                let (look, lost) = self.look_at(&mut line, now, at);
                (Mode::Armed(line), look, lost)
            }
            Mode::Faulted(mut line, well_since) => {
                let (look, _) = self.look_at(&mut line, now, at);
                (Mode::Faulted(line, well_since), look, None)
            }
        }
    }

    fn look_at<State: LineState>(
        &mut self,
        line: &mut SortingLine<State>,
        now: Moment,
        at: &WallTime,
    ) -> (Look, Option<String>) {
        let look = line.look(now);
        let lost = self.take_answers(&line.take_answers(), at);
        if line.take_restarted() {
            // It counts from zero, even if by now it has counted as far as before.
            self.last_trigger = Some(TriggerId(0));
            return (look, Some("the actuator started anew".to_owned()));
        }
        (look, lost)
    }

    /// Arms or recovers what may be.
    fn settle(&mut self, mode: Mode, now: Moment, at: &WallTime, readiness: &Readiness) -> Mode {
        match mode {
            Mode::Faulted(line, Some(since))
                if now.since(since) >= SETTLING && self.watch.is_believed() =>
            {
                self.say("recovered", format!("over: {}", line.reason()));
                Mode::Disarmed(line.recover())
            }
            Mode::Disarmed(line) if !self.ending && !self.streak.is_suspended() => {
                self.try_to_arm(line, now, at, readiness)
            }
            mode => mode,
        }
    }

    fn try_to_arm(
        &mut self,
        mut line: SortingLine<Disarmed>,
        now: Moment,
        at: &WallTime,
        readiness: &Readiness,
    ) -> Mode {
        let tried = match readiness.clear() {
            Err(why) => {
                line.set_alarm(Alarm::NotReady);
                Err((line, why))
            }
            Ok(clearance) => line.arm(clearance, now),
        };
        match tried {
            Ok(mut line) => {
                line.set_alarm(Alarm::None);
                // What is on the belt came while nothing was armed: it belongs to the safe gate.
                let forgotten = self.tracker.forget();
                self.drop_all(&forgotten, at);
                self.counts.armed += 1;
                self.not_armed.clear();
                self.say("armed", "the line is armed".to_owned());
                Mode::Armed(line)
            }
            Err((line, why)) => {
                if self.not_armed != why.0 {
                    self.say("not_armed", why.to_string());
                    self.not_armed = why.0;
                }
                Mode::Disarmed(line)
            }
        }
    }

    fn after_look(&mut self, mode: Mode, look: Look, now: Moment, at: &WallTime) -> Mode {
        match look {
            Look::Status(status) => self.after_status(mode, &status, now, at),
            Look::Missed(_) => unwell(mode),
            Look::Lost(why) => self.fail(mode, why, Alarm::ActuatorSilent, at),
        }
    }

    fn after_status(&mut self, mode: Mode, status: &PlcStatus, now: Moment, at: &WallTime) -> Mode {
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

    /// The belt went on: what is late is dropped, what has passed its gate is closed.
    fn pass_belt(&mut self, at: &WallTime) {
        let dropped = self.tracker.advance(self.encoder);
        self.drop_all(&dropped, at);
        let beyond = self.params.layout.farthest_counts();
        self.ledger.passed(self.encoder, beyond, at);
    }

    /// A person who stops and starts the belt acknowledges a suspension.
    fn acknowledge_by_belt(&mut self, status: &PlcStatus) {
        let stands = status.state != MachineState::Running;
        if std::mem::replace(&mut self.belt_stood, stands) && !stands && self.streak.acknowledge() {
            self.say(
                "resumed",
                "the belt was stopped and started: the line goes on".to_owned(),
            );
        }
    }

    /// Accounts for every trigger since the last one: the trays between were never seen.
    fn trays(
        &mut self,
        mode: &Mode,
        status: &PlcStatus,
        view: BeltView,
        now: Moment,
        at: &WallTime,
    ) {
        let job = self.params.job;
        let Some(last) = self.last_trigger.replace(status.trigger) else {
            // What passed before the very first look was never this line's.
            return;
        };
        let mut last = last.0;
        let mut step = status.trigger.0.wrapping_sub(last);
        if step.cast_signed() < 0 {
            // The actuator started anew and counts from zero.
            last = 0;
            step = status.trigger.0;
        }
        if step == 0 {
            return;
        }
        for offset in 1..step {
            let missed = TriggerId(last.wrapping_add(offset));
            self.counts.ungraded += 1;
            self.ledger
                .missed(missed, job, "its trigger was never seen", at);
        }
        self.tray(mode, status, view.stale || !view.tray, now, at);
    }

    fn tray(&mut self, mode: &Mode, status: &PlcStatus, stale: bool, now: Moment, at: &WallTime) {
        let (id, job, latched) = (status.trigger, self.params.job, status.latched);
        let arrival = self.tracker.tray_at_camera(id, job, latched);
        self.drop_all(&arrival.dropped, at);
        let uid = self.ledger.open(id, job, latched, at);
        if let Some(why) = self.why_unarmed(mode, stale) {
            self.tracker.forget();
            self.ledger.drop_tray(id, &why, at);
        }
        if stale || self.ending {
            self.counts.ungraded += 1;
            return;
        }
        self.out.triggers.push(Trigger {
            id,
            uid,
            job,
            latched,
            seen: now,
        });
    }

    /// Why a tray that is at the camera now gets no command, whatever it is judged.
    fn why_unarmed(&self, mode: &Mode, stale: bool) -> Option<String> {
        match mode {
            Mode::Faulted(line, _) => Some(format!("the line is faulted: {}", line.reason())),
            _ if stale => Some("its trigger was seen too late".to_owned()),
            Mode::Armed(_) => None,
            Mode::Disarmed(_) if self.ending => Some("the line is ending".to_owned()),
            Mode::Disarmed(_) if self.streak.is_suspended() => {
                Some("the line is suspended".to_owned())
            }
            Mode::Disarmed(_) => Some(format!("the line is not armed: {}", self.not_armed)),
        }
    }

    /// Sends what is due, one command at a time.
    fn fire_due(&mut self, mut line: SortingLine<Armed>, now: Moment, at: &WallTime) -> Mode {
        let running = line
            .last_status()
            .is_some_and(|status| status.state == MachineState::Running);
        if !running || !line.may_fire() {
            return Mode::Armed(line);
        }
        let margin = self.params.layout.late_margin_counts();
        let Some(command) = self.tracker.next_due(self.encoder) else {
            return Mode::Armed(line);
        };
        match line.fire(&command, margin, now) {
            Firing::Written(number) => {
                self.counts.sent += 1;
                self.ledger.sent(number, &command);
                self.out.written.push(command.tray);
            }
            Firing::Unsure(number, why) => {
                self.counts.sent += 1;
                self.ledger.sent(number, &command);
                self.say("command_unsure", format!("tray {}: {why}", command.tray.0));
            }
            Firing::TooLate => {
                self.counts.late += 1;
                self.ledger.drop_tray(command.tray, "late", at);
            }
            Firing::NotWritten(why) => {
                let why = format!("the command was not written: {why}");
                self.ledger.drop_tray(command.tray, &why, at);
            }
        }
        Mode::Armed(line)
    }

    /// Takes a judgement. It is planned where its tray is still awaited by an armed line.
    pub fn judged(&mut self, report: &TrayReport, at: &WallTime) {
        let graded = report.status == ReportStatus::Graded;
        self.count_judged(graded, at);
        let trigger = report.facts.trigger.and_then(|t| u16::try_from(t).ok());
        let Some(trigger) = trigger.map(TriggerId) else {
            return;
        };
        let is_open = self.ledger.open_trays().iter().any(|tray| {
            tray.trigger == trigger.0 && tray.uid == report.facts.tray_uid && tray.command.is_none()
        });
        if !is_open || !matches!(self.mode, Some(Mode::Armed(_))) {
            return;
        }
        let planned = SortPlan::for_tray(report, &self.params.layout).or_else(|error| {
            tracing::warn!("tray {}: {error}; it goes to the safe gate", trigger.0);
            SortPlan::to_safe_gate(report, &self.params.layout)
        });
        match planned {
            Ok(plan) => {
                if let Err(dropped) = self.tracker.plan(&plan, self.encoder) {
                    self.drop_all(&[dropped], at);
                }
            }
            Err(error) => {
                self.ledger.drop_tray(trigger, &error.to_string(), at);
            }
        }
    }

    /// A tray that was not judged at all: no frame, a torn one, no time.
    pub fn not_judged(&mut self, trigger: &Trigger, reason: &str, at: &WallTime) {
        let is_open = self
            .ledger
            .open_trays()
            .iter()
            .any(|tray| tray.trigger == trigger.id.0 && tray.uid == trigger.uid);
        if is_open {
            self.ledger.drop_tray(trigger.id, reason, at);
        }
        self.count_judged(false, at);
    }

    fn count_judged(&mut self, graded: bool, at: &WallTime) {
        if graded {
            self.counts.graded += 1;
        } else {
            self.counts.ungraded += 1;
        }
        match self.streak.see(graded) {
            Turn::None => {}
            Turn::Suspend => {
                let count = self.params.suspend_after;
                let why = format!("{count} trays in a row were not graded");
                self.disarm(&format!("suspended: {why}"), Some(Alarm::Suspended), at);
                self.say("suspended", why);
            }
            Turn::Resume => {
                let count = self.params.suspend_after;
                let why = format!("{count} trays in a row were graded again: the line goes on");
                self.say("resumed", why);
            }
        }
    }

    /// Disarms for good: nothing fires any more, and every tray's account is closed.
    pub fn end(&mut self, at: &WallTime) {
        self.ending = true;
        self.disarm("the line ended", Some(Alarm::None), at);
        self.ledger.close_all("the line ended", at);
    }

    fn disarm(&mut self, why: &str, halted: Option<Alarm>, at: &WallTime) {
        self.mode = self.mode.take().map(|mode| match mode {
            Mode::Armed(line) => {
                let mut line = line.disarm(halted.is_some());
                line.set_alarm(halted.unwrap_or_default());
                self.forget(why, at);
                self.not_armed = why.to_owned();
                Mode::Disarmed(line)
            }
            Mode::Disarmed(mut line) => {
                line.halt(halted.is_some());
                line.set_alarm(halted.unwrap_or_default());
                Mode::Disarmed(line)
            }
            faulted @ Mode::Faulted(..) => faulted,
        });
    }

    fn fail(&mut self, mode: Mode, why: String, alarm: Alarm, at: &WallTime) -> Mode {
        let mut line = match mode {
            Mode::Faulted(line, _) => return Mode::Faulted(line, None),
            Mode::Armed(line) => line.fail(why.clone()),
            Mode::Disarmed(line) => line.fail(why.clone()),
        };
        line.set_alarm(alarm);
        if let Some(number) = line.abandon() {
            self.ledger.answered(number, Answer::Unanswered, at);
        }
        self.forget(&why, at);
        self.counts.faulted += 1;
        self.say("faulted", why);
        Mode::Faulted(line, None)
    }

    /// Nothing that was planned is sent any more, and what was sent is not waited for.
    fn forget(&mut self, why: &str, at: &WallTime) {
        self.tracker.forget();
        self.ledger.close_all(why, at);
    }

    /// Takes what the actuator said to commands. Why the line cannot go on, if one was not answered.
    fn take_answers(
        &mut self,
        answers: &[(CommandSequence, Answer)],
        at: &WallTime,
    ) -> Option<String> {
        let mut lost = None;
        for (number, answer) in answers {
            match answer {
                Answer::Accepted => {
                    let trays = self.ledger.open_trays().iter();
                    let tray = trays
                        .filter(|tray| tray.command.is_some_and(|s| s.number == number.number()))
                        .map(|tray| TriggerId(tray.trigger));
                    self.out.accepted.extend(tray);
                }
                Answer::Refused(reason) => {
                    self.counts.refused += 1;
                    self.counts.refused_late += u64::from(*reason == RefusalReason::Late);
                }
                Answer::Unanswered => {
                    lost = Some("the actuator did not answer a command".to_owned());
                }
            }
            self.ledger.answered(*number, *answer, at);
        }
        lost
    }

    fn drop_all(&mut self, dropped: &[Dropped], at: &WallTime) {
        for Dropped { tray, reason } in dropped {
            match reason {
                // A result that was not for its tray says nothing of the tray: it may still be judged.
                DropReason::UnknownTray | DropReason::AlreadyAnswered | DropReason::Mismatched => {}
                DropReason::Late => {
                    self.counts.late += 1;
                    self.ledger.drop_tray(*tray, "late", at);
                }
                DropReason::NoResult => {
                    self.ledger.drop_tray(*tray, "it left without a result", at);
                }
                DropReason::BeltFull => {
                    self.ledger
                        .drop_tray(*tray, "too many trays on the belt", at);
                }
                DropReason::Forgotten => {
                    self.ledger.drop_tray(*tray, "forgotten", at);
                }
            }
        }
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

/// A fault is over only when every look goes well.
fn unwell(mode: Mode) -> Mode {
    match mode {
        Mode::Faulted(line, _) => Mode::Faulted(line, None),
        mode => mode,
    }
}
