//! Commands on their way: sent when due, answered, or given up.

use super::Control;
use super::arming::Mode;
use crate::clock::Moment;
use crate::line::ledger::WallTime;
use crate::machine::{
    Answer, Armed, CommandSequence, Firing, LineState, Look, MachineState, PowerCut, RefusalReason,
    SortingLine,
};
use crate::sorting::TriggerId;

impl Control {
    /// Looks at the actuator, whatever the line's state. Why an armed line cannot go on, if so.
    pub(super) fn look(
        &mut self,
        mode: Mode,
        now: Moment,
        at: &WallTime,
    ) -> (Mode, Look, Option<String>) {
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
        if let Some(cut) = line.take_restarted() {
            if cut == PowerCut::CountersLost {
                self.count_from_zero(at);
            }
            return (look, Some("the actuator started anew".to_owned()));
        }
        (look, lost)
    }

    /// Sends what is due, one command at a time.
    pub(super) fn fire_due(
        &mut self,
        mut line: SortingLine<Armed>,
        now: Moment,
        at: &WallTime,
    ) -> Mode {
        let running = line
            .last_status()
            .is_some_and(|status| status.state == MachineState::Running);
        if !running || !line.may_fire() || line.may_be_overwritten(now) {
            return Mode::Armed(line);
        }
        let margin = self.job.layout.late_margin_counts();
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

    /// Takes what the actuator said to commands. Why the line cannot go on, if one was not answered.
    pub(super) fn take_answers(
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
}
