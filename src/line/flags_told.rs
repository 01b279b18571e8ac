//! The PLC's flags, told when they go up and when they are down again.
//!
//! They are the PLC's to act on: it stops its infeed, or refuses a command for a gate that is full. No tray is left
//! without its command for them. The register does not say which gate is full, and a tray without a command goes to the safe
//! gate: were commands held back, all trays would crowd there, those whose gate has room among them, and the safe
//! gate may be the one that is full.

use std::time::Duration;

use crate::clock::Moment;
use crate::store::PlcFlag;

/// A flag is over when it has been down for so long: a photo-eye that every passing tray covers must not fill the store.
const SETTLED: Duration = Duration::from_secs(5);

/// A flag as people know of it.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    is_up: bool,
    down_since: Option<Moment>,
}

/// What was told of every flag.
#[derive(Debug)]
pub struct FlagsTold([Told; PlcFlag::ALL.len()]);

impl FlagsTold {
    /// Flags of which an earlier run told that they are up, and not that they were over.
    pub fn left_up(flags: &[PlcFlag]) -> Self {
        Self(PlcFlag::ALL.map(|flag| Told {
            is_up: flags.contains(&flag),
            down_since: None,
        }))
    }

    /// What there is to tell when the PLC says these flags; while it is not heard nothing is.
    pub fn news(
        &mut self,
        said: Option<[bool; PlcFlag::ALL.len()]>,
        now: Moment,
    ) -> Vec<(PlcFlag, bool)> {
        let flags = PlcFlag::ALL.into_iter().zip(&mut self.0);
        let Some(said) = said else {
            flags.for_each(|(_, told)| told.down_since = None);
            return Vec::new();
        };
        let news = flags.zip(said).filter_map(|((flag, told), is_up)| {
            let changed = told.changes(is_up, now);
            changed.then_some((flag, is_up))
        });
        news.collect()
    }

    /// The flags of which people know that they are up.
    pub fn up(&self) -> Vec<PlcFlag> {
        let flags = PlcFlag::ALL.into_iter().zip(&self.0);
        let up = flags.filter(|(_, told)| told.is_up);
        up.map(|(flag, _)| flag).collect()
    }
}

impl Told {
    fn changes(&mut self, is_up: bool, now: Moment) -> bool {
        if is_up {
            self.down_since = None;
            return !std::mem::replace(&mut self.is_up, true);
        }
        if !self.is_up {
            return false;
        }
        let since = *self.down_since.get_or_insert(now);
        let is_over = now.since(since) >= SETTLED;
        self.is_up = !is_over;
        is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::after_start(Duration::from_secs(seconds))
    }

    #[test]
    fn a_gate_that_fills_up_is_told_at_once_and_that_it_is_free_when_it_has_been_for_a_while() {
        let mut told = FlagsTold::left_up(&[]);
        assert_eq!(told.news(Some([false, false]), at(0)), []);
        let full = Some([true, false]);
        assert_eq!(told.news(full, at(1)), [(PlcFlag::GateFull, true)]);
        assert_eq!(told.up(), [PlcFlag::GateFull]);
        assert_eq!(told.news(full, at(2)), []);
        let free = Some([false, false]);
        assert_eq!(told.news(free, at(3)), []);
        assert_eq!(told.news(free, at(7)), []);
        assert_eq!(told.news(free, at(8)), [(PlcFlag::GateFull, false)]);
        assert_eq!((told.news(free, at(20)), told.up()), (vec![], vec![]));
    }

    #[test]
    fn an_eye_that_every_tray_covers_is_told_of_once() {
        let mut told = FlagsTold::left_up(&[]);
        let changes = (0..1000).map(|i| told.news(Some([false, i % 4 < 2]), at(i)).len());
        assert_eq!(changes.sum::<usize>(), 1);
    }

    #[test]
    fn while_the_plc_is_not_heard_a_full_gate_is_neither_told_nor_over() {
        let mut told = FlagsTold::left_up(&[PlcFlag::GateFull]);
        assert_eq!(told.news(Some([false, false]), at(0)), []);
        assert_eq!(told.news(None, at(10)), []);
        assert_eq!(told.news(Some([false, false]), at(20)), []);
        let over = told.news(Some([false, false]), at(25));
        assert_eq!(
            over,
            [(PlcFlag::GateFull, false)],
            "of an earlier run's as well"
        );
    }
}
