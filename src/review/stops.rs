//! When a line did not sort and when its parts were in trouble, within a span of time: from its events. Pure.
//!
//! What no event tells is left out: a line that lost its power says neither that it stopped nor since when.

use jiff::Timestamp;

use crate::store::{EventRecord, LinePart, PartHealth, StoredMoment};

use super::line_state::{LineState, state_of};

/// The kind of event by which a line says that it ended.
const LINE_ENDED: &str = "line_ended";

/// What stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stood {
    /// The line did not sort; the kind of the event by which it stopped, such as `suspended`.
    Line(String),
    /// A part was in trouble.
    Part(LinePart),
}

/// A stop of the line, or the trouble of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// What stood.
    pub stood: Stood,
    /// Why, as the line worded it.
    pub why: String,
    /// When it began, ISO 8601 in UTC; it may be before the span.
    pub began: String,
    /// When it was over; none where it was not within the span.
    pub over: Option<String>,
    /// How many seconds of the span it took.
    pub seconds: u64,
}

/// The stops that reach into a span, in the order in which they began: by the events before it, as far as they are looked
/// at, and then those in it, in the order of time.
pub fn stops<'a>(events: impl Iterator<Item = &'a EventRecord>, span: [Timestamp; 2]) -> Vec<Stop> {
    let mut stops = Stops {
        span,
        open: Vec::new(),
        over: Vec::new(),
    };
    for event in events {
        stops.hear(event);
    }
    let Stops {
        mut over, mut open, ..
    } = stops;
    for stop in &mut open {
        stop.seconds = seconds(span, &stop.began, None);
    }
    over.append(&mut open);
    over.sort_by_cached_key(|stop| StoredMoment::of(&stop.began));
    over
}

/// How long the line did not sort, seconds.
pub fn stood_for(stops: &[Stop]) -> u64 {
    let of_line = stops
        .iter()
        .filter(|stop| matches!(stop.stood, Stood::Line(_)));
    of_line.map(|stop| stop.seconds).sum()
}

struct Stops {
    span: [Timestamp; 2],
    open: Vec<Stop>,
    over: Vec<Stop>,
}

impl Stops {
    fn hear(&mut self, event: &EventRecord) {
        match PartHealth::of(event) {
            Some(PartHealth::Fine(part)) => self.ends(&event.at, |of| *of == Stood::Part(part)),
            Some(PartHealth::InTrouble(part, why)) => {
                self.begins(Stood::Part(part), why, &event.at);
            }
            Some(PartHealth::LineEnded) => {
                // of no part anything is known any more
                self.ends(&event.at, |of| matches!(of, Stood::Part(_)));
                let line = Stood::Line(LINE_ENDED.to_owned());
                self.begins(line, event.message.clone(), &event.at);
            }
            None => match state_of(&event.kind) {
                Some(LineState::Sorting) => self.ends(&event.at, |of| matches!(of, Stood::Line(_))),
                Some(LineState::Stands { .. }) => {
                    let line = Stood::Line(event.kind.clone());
                    self.begins(line, event.message.clone(), &event.at);
                }
                None => {}
            },
        }
    }

    /// What stands already goes on standing for the reason for which it stopped.
    fn begins(&mut self, stood: Stood, why: String, at: &str) {
        let same = |of: &Stop| match (&of.stood, &stood) {
            (Stood::Line(_), Stood::Line(_)) => true,
            (of, stood) => of == stood,
        };
        if !self.open.iter().any(same) {
            self.open.push(Stop {
                stood,
                why,
                began: at.to_owned(),
                over: None,
                seconds: 0,
            });
        }
    }

    fn ends(&mut self, at: &str, which: impl Fn(&Stood) -> bool) {
        let span = self.span;
        let ended = self.open.extract_if(.., |stop| which(&stop.stood));
        for mut stop in ended {
            stop.seconds = seconds(span, &stop.began, Some(at));
            stop.over = Some(at.to_owned());
            let reaches_in = at
                .parse::<Timestamp>()
                .is_ok_and(|at: Timestamp| at >= span[0]);
            if reaches_in {
                self.over.push(stop);
            }
        }
    }
}

/// Seconds of a span between two moments; none ends it with the span.
fn seconds(span: [Timestamp; 2], began: &str, over: Option<&str>) -> u64 {
    let began = began.parse().unwrap_or(span[0]).max(span[0]);
    let over = over.and_then(|over| over.parse().ok()).unwrap_or(span[1]);
    let over = over.min(span[1]);
    u64::try_from(over.duration_since(began).as_secs()).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn event(at: &str, kind: &str, why: &str) -> EventRecord {
        EventRecord {
            at: format!("2026-11-24T{at}Z"),
            kind: kind.to_owned(),
            message: why.to_owned(),
            detail: None,
        }
    }

    fn of(before: &[EventRecord], within: &[EventRecord]) -> Vec<(Stood, String, u64, bool)> {
        let span = ["2026-11-24T06:00:00Z", "2026-11-24T14:00:00Z"];
        let events = before.iter().chain(within);
        let found = stops(events, span.map(|moment| moment.parse().unwrap()));
        let told = found.into_iter();
        told.map(|stop| (stop.stood, stop.why, stop.seconds, stop.over.is_some()))
            .collect()
    }

    fn line(kind: &str) -> Stood {
        Stood::Line(kind.to_owned())
    }

    #[test]
    fn a_line_stands_from_the_first_cause_until_it_is_armed_again() {
        let within = [
            event("07:00:00", "faulted", "emergency stop"),
            event("07:10:00", "recovered", "over"),
            event("07:10:01", "not_armed", "camera"),
            event("07:15:00", "armed", ""),
            event("09:00:00", "suspended", "5 trays"),
        ];
        let expected = [
            (line("faulted"), "emergency stop".to_owned(), 900, true),
            (line("suspended"), "5 trays".to_owned(), 5 * 3600, false),
        ];
        assert_eq!(of(&[], &within), expected);
    }

    #[test]
    fn what_began_before_the_shift_counts_from_its_beginning_and_what_was_over_then_not_at_all() {
        let before = [
            event("04:00:00", "faulted", "first"),
            event("05:00:00", "armed", ""),
            event("05:30:00", "disarmed", "second"),
        ];
        let within = [event("06:01:00", "armed", "")];
        assert_eq!(
            of(&before, &within),
            [(line("disarmed"), "second".to_owned(), 60, true)]
        );
        assert_eq!(of(&before[..2], &[]), []);
    }

    #[test]
    fn parts_are_in_trouble_each_by_itself_until_they_are_fine_or_the_line_ends() {
        let said = |at: &str, health: PartHealth| health.event(&format!("2026-11-24T{at}Z"));
        let trouble = |part| PartHealth::InTrouble(part, "why".to_owned());
        let within = [
            said("07:00:00", trouble(LinePart::Camera)),
            said("07:01:00", trouble(LinePart::Store)),
            said("07:02:00", PartHealth::Fine(LinePart::Camera)),
            said("07:05:00", PartHealth::LineEnded),
        ];
        let found = of(&[], &within);
        let part = |part, seconds| (Stood::Part(part), "why".to_owned(), seconds, true);
        assert_eq!(found[0], part(LinePart::Camera, 120));
        assert_eq!(found[1], part(LinePart::Store, 240));
        assert_eq!(found[2].0, line("line_ended"));
        assert_eq!(found.len(), 3);
    }
}
