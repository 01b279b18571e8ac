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

/// A reason is told again after this at the earliest: where two take turns with every look, a night must not fill the store.
const BETWEEN_TELLINGS: Duration = Duration::from_secs(30);
/// Different reasons that are told within that time.
const MOST_REASONS: usize = 8;

/// Reasons why the line is not armed that people were told.
#[derive(Debug, Default)]
pub(super) struct ToldReasons {
    /// The one that they know of.
    last: String,
    /// Those that were told lately.
    lately: Vec<(String, Moment)>,
}

impl ToldReasons {
    /// Whether people are to be told of this one now; they are taken to be.
    fn is_news(&mut self, why: &str, now: Moment) -> bool {
        if self.last == why {
            return false;
        }
        self.lately
            .retain(|(_, at)| now.since(*at) < BETWEEN_TELLINGS);
        let told = self.lately.iter().any(|(told, _)| told == why);
        if told || self.lately.len() >= MOST_REASONS {
            return false;
        }
        why.clone_into(&mut self.last);
        self.lately.push((why.to_owned(), now));
        true
    }
}

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
            Mode::Armed(mut line) => match &readiness.store {
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
                // A tray without a frame gets no command; lamp and horn call people before several are lost.
                None => {
                    line.set_alarm(match readiness.camera {
                        Some(_) => Alarm::CameraSilent,
                        None => Alarm::None,
                    });
                    Mode::Armed(line)
                }
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
                self.told_not_armed = ToldReasons::default();
                self.say("armed", "the line is armed".to_owned());
                Mode::Armed(line)
            }
            Err((line, why)) => {
                if self.told_not_armed.is_news(&why.0, now) {
                    self.say("not_armed", why.to_string());
                }
                self.not_armed = why.0;
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
                self.told_not_armed.last = why.to_owned();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_that_take_turns_are_told_once_in_a_while_and_the_one_that_stays_in_the_end() {
        let mut told = ToldReasons::default();
        let at = |ms| Moment::after_start(Duration::from_millis(ms));
        let turns = (0..600_u64).filter(|i| {
            let why = if i % 2 == 0 { "disk" } else { "spill file" };
            told.is_news(why, at(i * 400))
        });
        assert_eq!(turns.count(), 16, "two in every half of 240 s");
        let stays = (601..800_u64).filter(|i| told.is_news("disk", at(i * 400)));
        assert!(stays.count() <= 1);
        assert_eq!(told.last, "disk");
    }
}
