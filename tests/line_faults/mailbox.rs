//! One command in hand: replies that are lost, writes that come late, and an actuator that takes its time to answer.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use seedgrade::machine::{
    Alarm, CommandSequence, LinkError, PlcFault, PlcLink, PlcStatus, RehearsedLink, VisionState,
};
use seedgrade::sorting::SortCommand;

use crate::rig::{COUNTS_PER_SECOND, Figures, Inspection, Rig, crowded};

/// Which way of a request is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lost {
    /// It does not reach the actuator.
    There,
    /// It is carried out, and its reply does not come back.
    Back,
}

/// A link that loses some of its requests, counted from the first, and its connection with each.
struct LosingLink {
    link: RehearsedLink,
    requests: u32,
    losses: BTreeMap<u32, Lost>,
    connections: u64,
}

impl LosingLink {
    fn pass<T>(
        &mut self,
        ask: impl FnOnce(&mut RehearsedLink) -> Result<T, LinkError>,
    ) -> Result<T, LinkError> {
        self.requests += 1;
        let lost = self.losses.get(&self.requests);
        if lost == Some(&Lost::There) {
            return Err(self.broken());
        }
        let answer = ask(&mut self.link)?;
        match lost {
            Some(_) => Err(self.broken()),
            None => Ok(answer),
        }
    }

    fn broken(&mut self) -> LinkError {
        self.connections += 1;
        LinkError::Broken {
            address: "simulated".to_owned(),
            why: "it was lost".to_owned(),
        }
    }
}

impl PlcLink for LosingLink {
    fn read_status(&mut self) -> Result<PlcStatus, LinkError> {
        self.pass(PlcLink::read_status)
    }

    fn read_own(&mut self) -> Result<(u16, Option<CommandSequence>), LinkError> {
        self.pass(PlcLink::read_own)
    }

    fn write_presence(&mut self, heartbeat: u16, state: VisionState) -> Result<(), LinkError> {
        self.pass(|link| link.write_presence(heartbeat, state))
    }

    fn write_alarm(&mut self, alarm: Alarm) -> Result<(), LinkError> {
        self.pass(|link| link.write_alarm(alarm))
    }

    fn write_command_body(&mut self, command: &SortCommand) -> Result<(), LinkError> {
        self.pass(|link| link.write_command_body(command))
    }

    fn write_command_number(&mut self, number: CommandSequence) -> Result<(), LinkError> {
        self.pass(|link| link.write_command_number(number))
    }

    fn connection(&self) -> u64 {
        self.connections
    }
}

fn milliseconds(time: u64) -> Duration {
    Duration::from_millis(time)
}

#[test]
fn a_command_whose_reply_is_lost_fires_once_and_is_not_sent_again() {
    for answers_after in [0, 300] {
        let (plant, params) = crowded(600, milliseconds(answers_after));
        let mut rig = Rig::with(plant, params);
        rig.run(3.0);
        rig.disturb(PlcFault::ReplyLost, 20.0);
        rig.run(25.0);
        let counts = rig.control().counts();
        let unsure = rig.books.happenings.iter();
        let unsure = unsure.filter(|happening| happening.kind == "command_unsure");
        assert!(unsure.count() >= 20, "replies were lost");
        assert_eq!(counts.faulted, 0, "what the actuator took is no fault");
        let (books, plant) = rig.end();
        let figures = Figures::of(&books, &plant);
        figures.are_clean(&format!("replies lost, answers after {answers_after} ms"));
        assert_eq!(books.received.len() as u64, counts.sent);
        // The last ones are on their way when the belt ends: 2.5 s of belt, a tray every 0.75 s.
        assert!(figures.fired as u64 >= figures.trays - 5, "{figures:?}");
    }
}

#[test]
fn a_command_waits_until_the_one_before_is_answered() {
    const ANSWERS_AFTER: u64 = 400;
    let (plant, params) = crowded(400, milliseconds(ANSWERS_AFTER));
    let mut rig = Rig::with(plant, params);
    // A tray every half second: one is judged slowly, and the next is judged right after it.
    for _ in 0..20 {
        for takes in [600, 50] {
            rig.inspection = Inspection::Takes(milliseconds(takes));
            rig.run(0.5);
        }
    }
    let (books, plant) = rig.end();
    let figures = Figures::of(&books, &plant);
    figures.are_clean("commands that wait for each other");
    assert!(figures.fired as u64 >= figures.trays - 7, "{figures:?}");
    // An answer takes that long, so that two which are answered so close to each other were due together.
    let waited = books.received.windows(2).filter(|pair| {
        let apart = pair[0].at.counts_until(pair[1].at).unsigned_abs();
        let least = COUNTS_PER_SECOND * ANSWERS_AFTER as u32 / 1000;
        apart < least + COUNTS_PER_SECOND / 25
    });
    assert!(waited.count() >= 10, "no command had to wait");
}

#[test]
fn a_write_that_comes_late_is_not_mixed_with_the_next_command() {
    let mut not_written = 0;
    for offset in 0..16 {
        // Trays come every 0.3 s: the second is judged before the first one's content comes late, 0.4 s after it was
        // sent, and the actuator reads what stands in its registers 0.2 s after the second one's number.
        let (plant, params) = crowded(240, milliseconds(200));
        let mut rig = Rig::with(plant, params);
        rig.inspection = Inspection::Takes(milliseconds(100));
        rig.run(4.0);
        let before = rig.books.exposed;
        rig.run_until("a tray", |rig| rig.books.exposed > before);
        rig.run(0.01 * f64::from(offset));
        rig.disturb(PlcFault::LateWrites, 0.02);
        rig.run(6.0);
        let (books, plant) = rig.end();
        Figures::of(&books, &plant).are_clean(&format!("late writes {offset} looks after a tray"));
        let reasons = books.rows.iter().filter_map(|row| row.reason.as_ref());
        let unwritten = reasons.filter(|reason| reason.contains("was not written"));
        not_written += unwritten.count();
    }
    assert!(not_written > 0, "no command's content came late");
}

#[test]
fn a_command_that_was_given_up_over_a_short_stop_is_not_overtaken_by_the_next() {
    // Longer than a fault needs to be over, shorter than an actuator may take.
    let (plant, params) = crowded(600, milliseconds(900));
    let mut rig = Rig::with(plant, params);
    // The next tray is judged before the answer.
    rig.inspection = Inspection::Takes(milliseconds(50));
    rig.run(5.0);
    for _ in 0..20 {
        let sent = rig.control().counts().sent;
        rig.run_until("a command is sent", |rig| {
            rig.control().counts().sent > sent
        });
        rig.disturb(PlcFault::EmergencyStop, 0.02);
        rig.run(4.0);
    }
    let (books, plant) = rig.end();
    let figures = Figures::of(&books, &plant);
    figures.are_clean("given up over a stop");
    assert!(books.received.len() > 20, "{figures:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases(), failure_persistence: None, ..ProptestConfig::default() })]

    /// A look is one request or two, a command two more and its number: some of each are lost.
    #[test]
    fn whichever_request_is_lost_there_or_back_no_tray_fires_twice_or_as_another(
        losses in proptest::collection::btree_map(1_u32..5000, proptest::sample::select(vec![Lost::There, Lost::Back]), 0..400),
        answers_after in 0_u64..400,
    ) {
        let (plant, params) = crowded(600, milliseconds(answers_after));
        let mut rig = Rig::behind(plant, params, |link| {
            Box::new(LosingLink { link, requests: 0, losses, connections: 1 })
        });
        rig.run(45.0);
        let (books, plant) = rig.end();
        let figures = Figures::of(&books, &plant);
        let clean = Figures { trays: figures.trays, fired: figures.fired, ..Figures::default() };
        prop_assert_eq!(figures, clean);
        prop_assert!(books.received.len() > 10);
    }
}
