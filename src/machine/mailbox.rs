//! The mailbox's discipline: one command in hand, numbers that go on over reconnects and restarts.

use std::time::Duration;

use super::contract::{CommandSequence, PlcStatus, RefusalReason};
use crate::clock::Moment;

/// An actuator that leaves a command unanswered for so long is not to be relied on.
pub const LONGEST_WAIT_FOR_ANSWER: Duration = Duration::from_secs(1);

/// What the actuator said to the command in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It will act.
    Accepted,
    /// It will not.
    Refused(RefusalReason),
    /// The command did not reach it, or it did not answer in time: what it does is not known.
    Unanswered,
}

/// A command that the actuator was not seen to have answered.
#[derive(Debug, Clone, Copy)]
struct InHand {
    number: CommandSequence,
    since: Moment,
    /// Nobody waits for its answer any more. The actuator may act on it all the same, so that it still keeps the next
    /// command back.
    given_up: bool,
}

impl InHand {
    fn said(self, answer: Answer) -> Option<(CommandSequence, Answer)> {
        (!self.given_up).then_some((self.number, answer))
    }
}

/// seedgrade's side of register 102.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mailbox {
    last: Option<CommandSequence>,
    in_hand: Option<InHand>,
}

impl Mailbox {
    /// Whether the last command is answered, so that the next may be written.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.in_hand.is_none()
    }

    /// A connection begins. `content` is what stands in register 102: a program that starts anew goes on from
    /// there, and a command in hand that does not stand there never arrived.
    pub fn connected(
        &mut self,
        content: Option<CommandSequence>,
        status: &PlcStatus,
    ) -> Option<(CommandSequence, Answer)> {
        self.last = self.last.or(content).or(status.accepted);
        let in_hand = self.in_hand?;
        if content == Some(in_hand.number) || status.has_answered(in_hand.number) {
            return None;
        }
        self.in_hand = None;
        in_hand.said(Answer::Unanswered)
    }

    /// The number for the next command: none that the actuator shows anywhere, since it acts on change.
    pub fn begin(&mut self, status: &PlcStatus, now: Moment) -> CommandSequence {
        let shown = [status.accepted, status.refused, status.finished];
        let first = self
            .last
            .map_or(CommandSequence::FIRST, CommandSequence::next);
        let mut number = first;
        while shown.contains(&Some(number)) {
            number = number.next();
        }
        self.last = Some(number);
        self.in_hand = Some(InHand {
            number,
            since: now,
            given_up: false,
        });
        number
    }

    /// What a status says of the command in hand; once said, the mailbox is free.
    pub fn answered(
        &mut self,
        status: &PlcStatus,
        now: Moment,
    ) -> Option<(CommandSequence, Answer)> {
        let in_hand = self.in_hand?;
        let answer = if status.accepted == Some(in_hand.number) {
            Answer::Accepted
        } else if status.refused == Some(in_hand.number) {
            Answer::Refused(status.refusal)
        } else if now.since(in_hand.since) >= LONGEST_WAIT_FOR_ANSWER {
            Answer::Unanswered
        } else {
            return None;
        };
        self.in_hand = None;
        in_hand.said(answer)
    }

    /// Gives the command in hand up, whatever becomes of it. The mailbox is free when the actuator has answered it, or
    /// has had the time that it may take.
    pub fn abandon(&mut self) -> Option<CommandSequence> {
        let in_hand = self.in_hand.as_mut().filter(|command| !command.given_up)?;
        in_hand.given_up = true;
        Some(in_hand.number)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::geometry::EncoderCount;
    use crate::machine::{CommandEnding, MachineState};
    use crate::sorting::TriggerId;

    fn status(accepted: u16, refused: u16, finished: u16) -> PlcStatus {
        PlcStatus {
            heartbeat: 1,
            state: MachineState::Running,
            encoder: EncoderCount(0),
            trigger: TriggerId(0),
            latched: EncoderCount(0),
            accepted: CommandSequence::from_register(accepted),
            refusal: RefusalReason::Late,
            refused: CommandSequence::from_register(refused),
            finished: CommandSequence::from_register(finished),
            ending: CommandEnding::Unknown,
            gate_full: false,
            infeed_stopped: false,
        }
    }

    fn at(milliseconds: u64) -> Moment {
        Moment::after_start(Duration::from_millis(milliseconds))
    }

    #[test]
    fn the_next_number_is_none_that_the_actuator_shows() {
        let mut mailbox = Mailbox::default();
        let shown = status(8, 9, 10);
        mailbox.connected(CommandSequence::from_register(7), &shown);
        assert_eq!(mailbox.begin(&shown, at(0)).number(), 11);
        assert!(!mailbox.is_free());
        assert_eq!(mailbox.answered(&shown, at(999)), None);
        let number = CommandSequence::from_register(11).unwrap();
        let refused = Answer::Refused(RefusalReason::Late);
        assert_eq!(
            mailbox.answered(&status(8, 11, 10), at(999)),
            Some((number, refused))
        );
        assert!(mailbox.is_free());
    }

    #[test]
    fn a_command_that_was_given_up_keeps_the_next_one_back_until_the_actuator_has_done_with_it() {
        let nothing = status(0, 0, 0);
        let given_up = || {
            let mut mailbox = Mailbox::default();
            let number = mailbox.begin(&nothing, at(0));
            assert_eq!(mailbox.abandon(), Some(number));
            assert_eq!(mailbox.abandon(), None, "it is given up once");
            assert_eq!(mailbox.connected(Some(number), &nothing), None);
            assert_eq!(mailbox.answered(&nothing, at(999)), None);
            assert!(!mailbox.is_free());
            mailbox
        };
        let (mut answered, mut silent, mut restarted) = (given_up(), given_up(), given_up());
        assert_eq!(answered.answered(&status(1, 0, 0), at(999)), None);
        assert_eq!(silent.answered(&nothing, at(1000)), None);
        assert_eq!(restarted.connected(None, &nothing), None);
        assert!(answered.is_free() && silent.is_free() && restarted.is_free());
    }

    #[test]
    fn a_command_without_an_answer_is_given_up_and_its_number_never_used_again() {
        let mut mailbox = Mailbox::default();
        let nothing = status(0, 0, 0);
        let first = mailbox.begin(&nothing, at(0));
        assert_eq!(
            mailbox.answered(&nothing, at(1000)),
            Some((first, Answer::Unanswered))
        );
        let second = mailbox.begin(&nothing, at(1001));
        assert_eq!(second, first.next());
        // After a reconnect register 102 shows the first: the second never arrived.
        assert_eq!(
            mailbox.connected(Some(first), &nothing),
            Some((second, Answer::Unanswered))
        );
        assert_eq!(mailbox.begin(&nothing, at(1002)), second.next());
    }
}
