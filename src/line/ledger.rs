//! Every trigger's account: opened when a tray is at the camera, closed exactly once with one stored row.
//!
//! A row is either a command with what the actuator said of it, or a drop with its reason; never both.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::geometry::EncoderCount;
use crate::machine::{Answer, CommandEnding, CommandSequence, RefusalReason};
use crate::sorting::{JobId, SortCommand, TriggerId};
use crate::store::CommandRecord;

/// What a tray is called for ever: base, line, day, and a number that never starts again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrayNames {
    /// The base.
    pub base: String,
    /// The line.
    pub line: String,
    /// The number last given.
    pub last: u64,
}

impl TrayNames {
    /// The next tray's name, on a day written as `2026-11-24`.
    fn next(&mut self, day: &str) -> String {
        self.last += 1;
        format!("{}/{}/{day}/{:06}", self.base, self.line, self.last)
    }

    /// The number at the end of a name.
    #[must_use]
    pub fn number_of(name: &str) -> Option<u64> {
        name.rsplit('/').next()?.parse().ok()
    }
}

/// A command that was sent for a tray.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentCommand {
    /// Its number.
    pub number: u16,
    /// The gate.
    pub gate: u16,
    /// Where it fires.
    pub fire_at: u32,
    /// Whether the actuator accepted it.
    pub accepted: bool,
}

/// A trigger whose row is not written yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenTray {
    /// The actuator's number.
    pub trigger: u16,
    /// The tray's name.
    pub uid: String,
    /// Its job; none of a tray that came while no job held.
    pub job: Option<u16>,
    /// The belt's position at the trigger.
    pub latched: u32,
    /// Its command, once register 102 may have been written.
    pub command: Option<SentCommand>,
}

/// The moment on the wall, for names and rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WallTime {
    /// ISO 8601 in UTC.
    pub text: String,
}

impl WallTime {
    fn day(&self) -> &str {
        self.text.get(..10).unwrap_or(&self.text)
    }
}

/// The account of all triggers.
#[derive(Debug)]
pub struct Ledger {
    names: TrayNames,
    open: VecDeque<OpenTray>,
    rows: VecDeque<CommandRecord>,
    opened: u64,
    changed: bool,
}

impl Ledger {
    /// An empty account that goes on naming trays where an earlier one stopped.
    #[must_use]
    pub fn new(names: TrayNames) -> Self {
        Self {
            names,
            open: VecDeque::new(),
            rows: VecDeque::new(),
            opened: 0,
            changed: true,
        }
    }

    /// A tray is at the camera, of a job or of none. Gives its name.
    pub fn open(
        &mut self,
        trigger: TriggerId,
        job: Option<JobId>,
        latched: EncoderCount,
        at: &WallTime,
    ) -> String {
        self.drop_tray(trigger, "another tray came with its number", at);
        let uid = self.names.next(at.day());
        self.opened += 1;
        self.changed = true;
        self.open.push_back(OpenTray {
            trigger: trigger.0,
            uid: uid.clone(),
            job: job.map(|job| job.0),
            latched: latched.0,
            command: None,
        });
        uid
    }

    /// A tray passed that nobody saw: it ends at once.
    pub fn missed(&mut self, trigger: TriggerId, job: Option<JobId>, reason: &str, at: &WallTime) {
        self.open(trigger, job, EncoderCount(0), at);
        self.drop_tray(trigger, reason, at);
    }

    /// Register 102 was written for a tray, or may have been.
    pub fn sent(&mut self, number: CommandSequence, command: &SortCommand) {
        if let Some(tray) = self.find(command.tray) {
            tray.command = Some(SentCommand {
                number: number.number(),
                gate: command.route.0,
                fire_at: command.fire_at.0,
                accepted: false,
            });
            self.changed = true;
        }
    }

    /// The actuator answered a command.
    pub fn answered(&mut self, number: CommandSequence, answer: Answer, at: &WallTime) {
        match answer {
            Answer::Accepted => {
                if let Some(command) = self.commanded(number) {
                    command.accepted = true;
                    self.changed = true;
                }
            }
            Answer::Refused(reason) => {
                self.close_command(number, "refused", Some(refusal_words(reason)), at);
            }
            Answer::Unanswered => {
                let reason = "the actuator did not answer: what it did is not known";
                self.close_command(number, "missing", Some(reason), at);
            }
        }
    }

    /// A command ended at its gate, as far as the actuator says.
    pub fn finished(&mut self, number: CommandSequence, ending: CommandEnding, at: &WallTime) {
        let (outcome, reason) = match ending {
            CommandEnding::Unknown => ("accepted", Some("the actuator does not say how it ended")),
            CommandEnding::Fired => ("fired", None),
            CommandEnding::NoTray => ("missing", Some("no tray was at the gate")),
            CommandEnding::OutOfWindow => {
                ("missing", Some("the tray was out of the gate's window"))
            }
            CommandEnding::Flushed => ("missing", Some("the actuator forgot it before the gate")),
        };
        self.close_command(number, outcome, reason, at);
    }

    /// Closes accepted commands whose gate lies so far behind that nothing more will be said of them.
    pub fn passed(&mut self, now: EncoderCount, beyond_counts: u32, at: &WallTime) {
        let gone = |sent: &SentCommand| {
            sent.accepted
                && i64::from(EncoderCount(sent.fire_at).counts_until(now))
                    > i64::from(beyond_counts)
        };
        let trays = self.open.iter().filter_map(|tray| tray.command);
        let numbers: Vec<_> = trays.filter(gone).map(|sent| sent.number).collect();
        for number in numbers
            .into_iter()
            .filter_map(CommandSequence::from_register)
        {
            let reason = "nothing was heard of its end at the gate";
            self.close_command(number, "accepted", Some(reason), at);
        }
    }

    /// Ends a tray without a command. One that has a command keeps it; returns whether it was ended.
    pub fn drop_tray(&mut self, trigger: TriggerId, reason: &str, at: &WallTime) -> bool {
        let found = self
            .open
            .iter()
            .position(|tray| tray.trigger == trigger.0 && tray.command.is_none());
        let tray = found.and_then(|index| self.open.remove(index));
        if let Some(tray) = &tray {
            self.write_row(tray, "dropped", Some(reason), at);
        }
        tray.is_some()
    }

    /// Ends all trays: those with a command as far as it is known, the others without one.
    pub fn close_all(&mut self, reason: &str, at: &WallTime) {
        for tray in std::mem::take(&mut self.open) {
            let outcome = match tray.command {
                None => "dropped",
                Some(sent) if sent.accepted => "accepted",
                Some(_) => "missing",
            };
            self.write_row(&tray, outcome, Some(reason), at);
        }
    }

    /// Rows to be stored, oldest first and at most so many: a jump of the trigger makes thousands.
    pub fn take_rows(&mut self, most: usize) -> Vec<CommandRecord> {
        let count = most.min(self.rows.len());
        self.rows.drain(..count).collect()
    }

    /// Rows that wait to be taken.
    pub fn rows(&self) -> impl Iterator<Item = &CommandRecord> {
        self.rows.iter()
    }

    /// Triggers opened so far.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.opened
    }

    /// Triggers without a row.
    #[must_use]
    pub fn open_trays(&self) -> &VecDeque<OpenTray> {
        &self.open
    }

    /// Whether rows wait to be taken.
    #[must_use]
    pub fn has_rows(&self) -> bool {
        !self.rows.is_empty()
    }

    /// The number that the last tray was named with.
    #[must_use]
    pub fn last_name(&self) -> u64 {
        self.names.last
    }

    /// Whether the open trays changed since this was last asked.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    fn find(&mut self, trigger: TriggerId) -> Option<&mut OpenTray> {
        self.open.iter_mut().find(|tray| tray.trigger == trigger.0)
    }

    fn commanded(&mut self, number: CommandSequence) -> Option<&mut SentCommand> {
        let mut commands = self
            .open
            .iter_mut()
            .filter_map(|tray| tray.command.as_mut());
        commands.find(|sent| sent.number == number.number())
    }

    fn close_command(
        &mut self,
        number: CommandSequence,
        outcome: &str,
        reason: Option<&str>,
        at: &WallTime,
    ) {
        let has = |tray: &OpenTray| tray.command.is_some_and(|s| s.number == number.number());
        let found = self.open.iter().position(has);
        if let Some(tray) = found.and_then(|index| self.open.remove(index)) {
            self.write_row(&tray, outcome, reason, at);
        }
    }

    fn write_row(&mut self, tray: &OpenTray, outcome: &str, reason: Option<&str>, at: &WallTime) {
        self.changed = true;
        self.rows.push_back(row(tray, outcome, reason, at));
    }
}

/// A tray's row.
#[must_use]
pub fn row(tray: &OpenTray, outcome: &str, reason: Option<&str>, at: &WallTime) -> CommandRecord {
    CommandRecord {
        at: at.text.clone(),
        trigger: u32::from(tray.trigger),
        tray_uid: Some(tray.uid.clone()),
        sequence: tray.command.map(|sent| sent.number),
        job: tray.job.map(u32::from),
        gate: tray.command.map(|sent| sent.gate),
        fire_at: tray.command.map(|sent| sent.fire_at),
        outcome: outcome.to_owned(),
        reason: reason.map(str::to_owned),
    }
}

fn refusal_words(reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::None => "the actuator gave no reason",
        RefusalReason::Late => "late by the actuator's reckoning",
        RefusalReason::UnknownTray => "the actuator knows no such tray, or it has its command",
        RefusalReason::NotReady => "the actuator was not ready",
        RefusalReason::QueueFull => "the actuator's queue was full",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sorting::{CellBitmap, CommandResult, GateNumber};

    fn at() -> WallTime {
        WallTime {
            text: "2026-11-24T08:00:00Z".to_owned(),
        }
    }

    fn ledger() -> Ledger {
        Ledger::new(TrayNames {
            base: "b".to_owned(),
            line: "l".to_owned(),
            last: 41,
        })
    }

    fn command(tray: u16) -> SortCommand {
        SortCommand {
            tray: TriggerId(tray),
            job: JobId(7),
            route: GateNumber(1),
            fire_at: EncoderCount(1000),
            result: CommandResult::Graded,
            rows: 1,
            cols: 1,
            cells: CellBitmap::default(),
        }
    }

    #[test]
    fn names_go_on_and_carry_their_number() {
        let name = ledger().open(TriggerId(1), Some(JobId(7)), EncoderCount(0), &at());
        assert_eq!(name, "b/l/2026-11-24/000042");
        assert_eq!(TrayNames::number_of(&name), Some(42));
        assert_eq!(TrayNames::number_of("b/l/day/x"), None);
    }

    #[test]
    fn a_row_says_how_the_actuator_ended_its_command() {
        let missing = |ending, reason| (ending, "missing", Some(reason));
        let unsaid = Some("the actuator does not say how it ended");
        let out = "the tray was out of the gate's window";
        let told = [
            (CommandEnding::Unknown, "accepted", unsaid),
            (CommandEnding::Fired, "fired", None),
            missing(CommandEnding::NoTray, "no tray was at the gate"),
            missing(CommandEnding::OutOfWindow, out),
            missing(
                CommandEnding::Flushed,
                "the actuator forgot it before the gate",
            ),
        ];
        for (ending, outcome, reason) in told {
            let mut ledger = ledger();
            ledger.open(TriggerId(1), Some(JobId(7)), EncoderCount(0), &at());
            ledger.sent(CommandSequence::FIRST, &command(1));
            ledger.answered(CommandSequence::FIRST, Answer::Accepted, &at());
            ledger.finished(CommandSequence::FIRST, ending, &at());
            let rows = ledger.take_rows(9);
            assert_eq!(rows.len(), 1, "{ending:?}");
            let row = &rows[0];
            assert_eq!(
                (row.outcome.as_str(), row.reason.as_deref()),
                (outcome, reason)
            );
            assert_eq!(
                (row.sequence, row.gate, row.fire_at),
                (Some(1), Some(1), Some(1000))
            );
            ledger.finished(CommandSequence::FIRST, CommandEnding::Fired, &at());
            assert!(!ledger.has_rows(), "a row is written once");
        }
    }

    #[test]
    fn a_tray_with_a_command_is_not_dropped_any_more() {
        let mut ledger = ledger();
        ledger.open(TriggerId(1), Some(JobId(7)), EncoderCount(0), &at());
        ledger.sent(CommandSequence::FIRST, &command(1));
        assert!(!ledger.drop_tray(TriggerId(1), "late", &at()));
        ledger.answered(CommandSequence::FIRST, Answer::Accepted, &at());
        ledger.passed(EncoderCount(1100), 50, &at());
        let rows = ledger.take_rows(9);
        assert_eq!((rows.len(), rows[0].outcome.as_str()), (1, "accepted"));
    }

    proptest! {
        #[test]
        fn whatever_happens_every_tray_has_one_row(
            events in proptest::collection::vec((0_u8..6, 1_u16..12), 0..80),
        ) {
            let mut ledger = ledger();
            for (what, n) in events {
                let number = CommandSequence::from_register(n).unwrap();
                match what {
                    0 | 1 => { ledger.open(TriggerId(n), Some(JobId(7)), EncoderCount(0), &at()); }
                    2 => ledger.sent(number, &command(n)),
                    3 => { ledger.drop_tray(TriggerId(n), "late", &at()); }
                    4 => ledger.answered(number, if n % 2 == 0 { Answer::Accepted } else { Answer::Unanswered }, &at()),
                    _ => ledger.finished(number, CommandEnding::Fired, &at()),
                }
            }
            ledger.close_all("over", &at());
            let rows = ledger.take_rows(usize::MAX);
            let mut names: Vec<_> = rows.iter().map(|row| row.tray_uid.clone().unwrap()).collect();
            names.sort();
            names.dedup();
            prop_assert_eq!(names.len() as u64, ledger.opened());
            prop_assert_eq!(rows.len() as u64, ledger.opened());
            for row in rows {
                prop_assert_eq!(row.outcome == "dropped", row.sequence.is_none());
            }
        }
    }
}
