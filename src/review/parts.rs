//! How camera, actuator, store and net of every line are, and which of the PLC's flags are up, as their lines said last.

use std::sync::{Mutex, PoisonError};

use crate::store::{EventRecord, LinePart, PartHealth, PlcFlag, StoreError, StoreReader};

use super::stores::{StoreIndex, Stores};

/// Events that are looked through when a store is looked at for the first time, and at a time.
const EVENTS_BACK: u32 = 2000;

/// What a line said last of its parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LineParts {
    /// When the line ended, if that is what it said last.
    pub ended: Option<String>,
    /// Since when nothing is heard of a line that did not say that it ended, if so.
    pub silent: Option<String>,
    said: [Option<PartState>; LinePart::ALL.len()],
    /// Since when each flag of the PLC is up, ISO 8601 in UTC, if it is.
    flags: [Option<String>; PlcFlag::ALL.len()],
}

/// What was said of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartState {
    /// Since when it is so, ISO 8601 in UTC.
    pub since: String,
    /// Why it is in trouble, if it is.
    pub trouble: Option<String>,
}

impl LineParts {
    /// Every part with what was said of it; nothing of one that the line never spoke of.
    pub fn each(&self) -> impl Iterator<Item = (LinePart, Option<&PartState>)> {
        LinePart::ALL
            .into_iter()
            .zip(self.said.iter().map(Option::as_ref))
    }

    /// Whether anything was said of any of them.
    pub fn is_known(&self) -> bool {
        self.said.iter().any(Option::is_some)
    }

    /// The PLC's flags that are up, and since when; of a line that ended or is not heard of none is known to be.
    pub fn flags_up(&self) -> impl Iterator<Item = (PlcFlag, &str)> {
        let is_heard = self.ended.is_none() && self.silent.is_none();
        let flags = PlcFlag::ALL.into_iter().zip(&self.flags);
        flags.filter_map(move |(flag, since)| Some((flag, since.as_deref().filter(|_| is_heard)?)))
    }

    fn hear(&mut self, event: &EventRecord) {
        if let Some((flag, is_up)) = PlcFlag::of(event) {
            let place = PlcFlag::ALL.iter().position(|of| *of == flag);
            if let Some(since) = place.and_then(|place| self.flags.get_mut(place)) {
                *since = is_up.then(|| event.at.clone());
            }
            return;
        }
        let (part, trouble) = match PartHealth::of(event) {
            Some(PartHealth::Fine(part)) => (part, None),
            Some(PartHealth::InTrouble(part, why)) => (part, Some(why)),
            Some(PartHealth::LineEnded) => {
                self.ended = Some(event.at.clone());
                self.flags = Default::default();
                return;
            }
            None => return,
        };
        if self.ended.take().is_some() {
            // a line that began anew: what an earlier one said of other parts does not hold
            self.said = Default::default();
        }
        let place = LinePart::ALL.iter().position(|of| *of == part);
        if let Some(said) = place.and_then(|place| self.said.get_mut(place)) {
            *said = Some(PartState {
                since: event.at.clone(),
                trouble,
            });
        }
    }
}

/// What the lines said, kept so that no event is read twice however many look.
#[derive(Debug, Default)]
pub struct PartsHeard(Mutex<Vec<Heard>>);

#[derive(Debug, Clone, Default)]
struct Heard {
    /// The last event that was read; none before the first look.
    last: Option<i64>,
    parts: LineParts,
}

impl PartsHeard {
    /// How the parts of a store's line are.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn of(&self, stores: &Stores, index: StoreIndex) -> Result<LineParts, StoreError> {
        let Some(store) = stores.get(index) else {
            return Ok(LineParts::default());
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() <= index.0 {
            all.resize_with(index.0 + 1, Heard::default);
        }
        let heard = &mut all[index.0];
        store.read(|reader| heard.listen(reader))?;
        Ok(heard.parts.clone())
    }
}

impl Heard {
    fn listen(&mut self, reader: &StoreReader) -> Result<(), StoreError> {
        let newest = reader.last_rows()?.event;
        // a store with fewer events than were read is another one
        let known = self.last.filter(|last| *last <= newest);
        if known.is_none() {
            *self = Self::default();
        }
        let mut after = known.unwrap_or_else(|| (newest - i64::from(EVENTS_BACK)).max(0));
        loop {
            let events = reader.events(after, EVENTS_BACK)?;
            for (id, event) in &events {
                self.parts.hear(event);
                after = *id;
            }
            self.last = Some(after);
            if events.len() < EVENTS_BACK as usize {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn heard(said: &[PartHealth]) -> LineParts {
        let mut parts = LineParts::default();
        for (minute, health) in said.iter().enumerate() {
            parts.hear(&health.event(&format!("2026-11-24T08:{minute:02}:00Z")));
        }
        parts
    }

    fn trouble(parts: &LineParts) -> Vec<(LinePart, Option<String>)> {
        let known = parts.each().filter_map(|(part, said)| Some((part, said?)));
        known
            .map(|(part, said)| (part, said.trouble.clone()))
            .collect()
    }

    #[test]
    fn of_every_part_what_was_said_last_holds_and_since_then() {
        let silent = PartHealth::InTrouble(LinePart::Camera, "cable".to_owned());
        let parts = heard(&[
            PartHealth::Fine(LinePart::Camera),
            PartHealth::Fine(LinePart::Store),
            silent,
        ]);
        let expected = [
            (LinePart::Camera, Some("cable".to_owned())),
            (LinePart::Store, None),
        ];
        assert_eq!(trouble(&parts), expected);
        let (_, camera) = parts.each().next().unwrap();
        assert_eq!(camera.unwrap().since, "2026-11-24T08:02:00Z");
        assert!(!heard(&[]).is_known());
    }

    #[test]
    fn of_a_line_that_ended_nothing_holds_once_another_begins() {
        let ended = [PartHealth::Fine(LinePart::Net), PartHealth::LineEnded];
        let parts = heard(&ended);
        assert_eq!(parts.ended.as_deref(), Some("2026-11-24T08:01:00Z"));
        let again = [&ended[..], &[PartHealth::Fine(LinePart::Camera)]].concat();
        let parts = heard(&again);
        assert_eq!(parts.ended, None);
        assert_eq!(trouble(&parts), [(LinePart::Camera, None)]);
    }

    #[test]
    fn a_full_gate_is_so_since_it_was_told_until_it_is_free_or_the_line_ends() {
        let at = |minute: u32| format!("2026-11-24T08:{minute:02}:00Z");
        let up = |parts: &LineParts| {
            let flags = parts.flags_up();
            flags
                .map(|(flag, since)| (flag, since.to_owned()))
                .collect::<Vec<_>>()
        };
        let mut parts = heard(&[PartHealth::Fine(LinePart::Actuator)]);
        parts.hear(&PlcFlag::GateFull.event(true, &at(1)));
        parts.hear(&PlcFlag::InfeedStopped.event(true, &at(2)));
        let both = [(PlcFlag::GateFull, at(1)), (PlcFlag::InfeedStopped, at(2))];
        assert_eq!(up(&parts), both);
        let silent = LineParts {
            silent: Some(at(3)),
            ..parts.clone()
        };
        assert_eq!(
            up(&silent),
            [],
            "nothing is known of a line that is not heard of"
        );
        parts.hear(&PlcFlag::GateFull.event(false, &at(3)));
        assert_eq!(up(&parts), both[1..]);
        parts.hear(&PartHealth::LineEnded.event(&at(4)));
        parts.hear(&PartHealth::Fine(LinePart::Actuator).event(&at(5)));
        assert_eq!(up(&parts), []);
    }
}
