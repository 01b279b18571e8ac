//! A share with its interval and its counts: no rate stands without them.

use serde::{Deserialize, Serialize};

use super::bootstrap::{Tally, accuracy_interval};
use super::interval::{Interval, clopper_pearson};
use super::occupancy::share;

/// `hits` of `of`, with the 95 % interval of that share. Of nothing the share is null, never a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Hits ÷ of, 0–1.
    pub share: Option<f64>,
    /// Its 95 % interval.
    pub ci95: Option<Interval>,
    /// What limits the interval: one group, one tray, or nothing to resample.
    pub ci_note: Option<String>,
    /// How many were so.
    pub hits: usize,
    /// Of how many.
    pub of: usize,
}

impl Rate {
    /// Of cells or plants, counted tray by tray: resampled by tray within group, since those of one tray are not
    /// independent.
    #[must_use]
    pub(super) fn by_tray(tallies: &[Tally<'_>]) -> Self {
        let hits = tallies.iter().map(|tally| tally.hits).sum();
        let of = tallies.iter().map(|tally| tally.of).sum();
        let counted: Vec<Tally<'_>> = tallies.iter().copied().filter(|t| t.of > 0).collect();
        let bounds = accuracy_interval(&counted);
        Self {
            share: share(hits, of),
            ci95: bounds.as_ref().map(|bounds| bounds.interval),
            ci_note: bounds.and_then(|bounds| bounds.note),
            hits,
            of,
        }
    }

    /// Of whole pictures: the exact binomial interval (Clopper and Pearson 1934).
    #[must_use]
    pub fn of_pictures(hits: usize, of: usize) -> Self {
        Self {
            share: share(hits, of),
            ci95: (of > 0).then(|| clopper_pearson(hits, of)),
            ci_note: None,
            hits,
            of,
        }
    }

    /// The rate where there is anything to count.
    #[must_use]
    pub(super) fn known(self) -> Option<Self> {
        (self.of > 0).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_nothing_there_is_no_share_and_no_interval() {
        for rate in [Rate::by_tray(&[]), Rate::of_pictures(0, 0)] {
            assert_eq!((rate.share, rate.ci95, rate.of), (None, None, 0));
            assert_eq!(rate.known(), None);
        }
    }

    #[test]
    fn pictures_have_the_exact_interval() {
        let rate = Rate::of_pictures(8, 10);
        assert_eq!(rate.share, Some(0.8));
        assert!((rate.ci95.unwrap().lo - 0.443_90).abs() < 5e-5);
    }

    #[test]
    fn trays_with_nothing_to_count_are_not_resampled() {
        let tally = |group, hits, of| Tally { group, hits, of };
        let rate = Rate::by_tray(&[tally("a", 1, 2), tally("b", 0, 0), tally("c", 2, 2)]);
        assert_eq!((rate.hits, rate.of), (3, 4));
        let interval = rate.ci95.unwrap();
        assert_eq!((interval.lo, interval.hi), (0.5, 1.0));
    }
}
