//! When the line is armed, when it is not, and why.

use std::time::Duration;

use super::Control;
use crate::clock::Moment;
use crate::line::ledger::WallTime;
use crate::machine::{
    Alarm, Answer, Armed, Disarmed, Faulted, MachineState, PlcStatus, Readiness, SortingLine,
};

/// The actuator must answer well for so long before a fault counts as over.
const SETTLING: Duration = Duration::from_millis(500);

/// Who lets a disarmed line go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// Nobody need do anything: it is armed again when everything is ready.
    ByItself,
    /// A person must do something first, or the line ends.
    ByPeople,
}

/// The line in one of its states.
pub(super) enum Mode {
    Disarmed(SortingLine<Disarmed>),
    Armed(SortingLine<Armed>),
    Faulted(SortingLine<Faulted>, Option<Moment>),
}

impl Control {
    /// Arms or recovers what may be.
    pub(super) fn settle(
        &mut self,
        mode: Mode,
        now: Moment,
        at: &WallTime,
        readiness: &Readiness,
    ) -> Mode {
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
            Mode::Armed(line) => match &readiness.store {
                // What happens to a tray must be kept somewhere: without a store nothing fires.
                Some(why) => {
                    let why = format!("store: {why}");
                    self.say("disarmed", why.clone());
                    self.disarm(
                        Mode::Armed(line),
                        &why,
                        Halt::ByItself,
                        Alarm::StoreFailing,
                        at,
                    )
                }
                None if self.is_run_empty() => {
                    let why = "the job was ended";
                    self.say("disarmed", why.to_owned());
                    self.disarm(Mode::Armed(line), why, Halt::ByPeople, Alarm::None, at)
                }
                None => Mode::Armed(line),
            },
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
                line.set_alarm(readiness.alarm());
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

    /// A person who stops and starts the belt acknowledges a suspension.
    pub(super) fn acknowledge_by_belt(&mut self, status: &PlcStatus) {
        let stands = status.state != MachineState::Running;
        if std::mem::replace(&mut self.belt_stood, stands) && !stands && self.streak.acknowledge() {
            self.say(
                "resumed",
                "the belt was stopped and started: the line goes on".to_owned(),
            );
        }
    }

    /// Disarms for good: nothing fires any more, and every tray's account is closed.
    pub fn end(&mut self, at: &WallTime) {
        self.ending = true;
        self.disarm_in_hand("the line ended", Halt::ByPeople, Alarm::None, at);
        self.ledger.close_all("the line ended", at);
    }

    /// Disarms the line as it is now, between two steps.
    pub(super) fn disarm_in_hand(&mut self, why: &str, halt: Halt, alarm: Alarm, at: &WallTime) {
        let mode = self.mode.take();
        self.mode = mode.map(|mode| self.disarm(mode, why, halt, alarm, at));
    }

    fn disarm(&mut self, mode: Mode, why: &str, halt: Halt, alarm: Alarm, at: &WallTime) -> Mode {
        let halted = halt == Halt::ByPeople;
        match mode {
            Mode::Armed(line) => {
                let mut line = line.disarm(halted);
                line.set_alarm(alarm);
                self.forget(why, at);
                self.not_armed = why.to_owned();
                Mode::Disarmed(line)
            }
            Mode::Disarmed(mut line) => {
                line.halt(halted);
                line.set_alarm(alarm);
                Mode::Disarmed(line)
            }
            faulted @ Mode::Faulted(..) => faulted,
        }
    }

    pub(super) fn fail(&mut self, mode: Mode, why: String, alarm: Alarm, at: &WallTime) -> Mode {
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
    pub(super) fn forget(&mut self, why: &str, at: &WallTime) {
        self.tracker.forget();
        self.ledger.close_all(why, at);
    }
}

/// A fault is over only when every look goes well.
pub(super) fn unwell(mode: Mode) -> Mode {
    match mode {
        Mode::Faulted(line, _) => Mode::Faulted(line, None),
        mode => mode,
    }
}
