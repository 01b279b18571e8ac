//! The interval of an accuracy whose cells are not independent: cells of a tray share its light, its
//! variety and its labeller, trays of a group share more.

use std::collections::BTreeMap;

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;

use super::interval::{CONFIDENCE, Interval, clopper_pearson};

/// Resamples; 2.5 % of them lie beyond each end.
pub const RESAMPLES: usize = 2000;
/// The same trays give the same interval, on every machine.
const SEED: u64 = 0x5EED_67AD;

/// How many of a tray's cells were right, or whatever else is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally<'a> {
    pub group: &'a str,
    pub hits: usize,
    pub of: usize,
}

/// A sum over a tray and how much it is of: a mean over many trays is sum ÷ of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part<'a> {
    pub group: &'a str,
    pub sum: f64,
    pub of: f64,
}

/// An interval and what limits it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bounds {
    pub interval: Interval,
    pub note: Option<String>,
}

/// Resamples groups, then trays within each; of one group its trays. Where there is nothing to resample
/// (one tray, trays of one share, or all cells right or all wrong) the exact binomial interval over cells
/// stands in, which is too narrow as it takes cells for independent; the note says so.
pub(super) fn accuracy_interval(trays: &[Tally<'_>]) -> Option<Bounds> {
    let correct = trays.iter().map(|tray| tray.hits).sum();
    let cells: usize = trays.iter().map(|tray| tray.of).sum();
    if cells == 0 {
        return None;
    }
    let exact = |why: &str| {
        Some(Bounds {
            interval: clopper_pearson(correct, cells),
            note: Some(format!(
                "{why}: exact binomial over cells, as if they were independent"
            )),
        })
    };
    if trays.len() == 1 {
        return exact("one tray");
    }
    if correct == 0 || correct == cells {
        return exact("all cells alike");
    }
    let parts: Vec<Part<'_>> = trays
        .iter()
        .map(|tray| Part {
            group: tray.group,
            sum: tray.hits as f64,
            of: tray.of as f64,
        })
        .collect();
    let (interval, note) = resampled(&parts, "tray");
    // trays of one and the same share: resampling them would claim that nothing is uncertain
    if interval.lo == interval.hi {
        return exact("all trays alike");
    }
    Some(Bounds { interval, note })
}

/// The interval of a mean of values that are no shares of counted things, such as overlaps or errors; `what` names
/// what is resampled within groups. Of one tray nothing can be resampled: the note says so, and no interval stands.
pub(super) fn mean_interval(parts: &[Part<'_>], what: &str) -> (Option<Interval>, Option<String>) {
    let counted: Vec<Part<'_>> = parts.iter().copied().filter(|p| p.of > 0.0).collect();
    match counted.len() {
        0 => (None, None),
        1 => (None, Some(format!("one {what}: no interval"))),
        _ => {
            let (interval, note) = resampled(&counted, what);
            (Some(interval), note)
        }
    }
}

fn resampled(parts: &[Part<'_>], what: &str) -> (Interval, Option<String>) {
    let groups = grouped(parts);
    let note = (groups.len() == 1).then(|| format!("one group: {what}s resampled within it"));
    (percentiles(resample(&groups)), note)
}

fn grouped<'a>(trays: &[Part<'a>]) -> Vec<Vec<Part<'a>>> {
    let mut groups: BTreeMap<&str, Vec<Part<'a>>> = BTreeMap::new();
    for tray in trays {
        groups.entry(tray.group).or_default().push(*tray);
    }
    groups.into_values().collect()
}

fn resample(groups: &[Vec<Part<'_>>]) -> Vec<f64> {
    let mut random = Pcg64::seed_from_u64(SEED);
    // 32-bit draws come out alike on 32- and 64-bit machines.
    let mut pick = |n: usize| random.random_range(0..n.max(1) as u32) as usize;
    (0..RESAMPLES)
        .map(|_| {
            let (mut sum, mut of) = (0.0, 0.0);
            for _ in 0..groups.len() {
                let group = &groups[if groups.len() == 1 {
                    0
                } else {
                    pick(groups.len())
                }];
                for _ in 0..group.len() {
                    let tray = group[pick(group.len())];
                    sum += tray.sum;
                    of += tray.of;
                }
            }
            if of > 0.0 { sum / of } else { 0.0 }
        })
        .collect()
}

fn percentiles(mut shares: Vec<f64>) -> Interval {
    shares.sort_by(f64::total_cmp);
    let tail = (1.0 - CONFIDENCE) / 2.0;
    Interval {
        lo: super::metric::quantile(&shares, tail),
        hi: super::metric::quantile(&shares, 1.0 - tail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tray(group: &str, correct: usize) -> Tally<'_> {
        Tally {
            group,
            hits: correct,
            of: 100,
        }
    }

    #[test]
    fn trays_that_differ_give_a_wider_interval_than_independent_cells() {
        let alike: Vec<_> = (0..10).map(|_| tray("a", 90)).collect();
        let differing: Vec<_> = (0..10)
            .map(|i| tray("a", if i < 5 { 100 } else { 80 }))
            .collect();
        let width = |trays: &[Tally<'_>]| {
            let Interval { lo, hi } = accuracy_interval(trays).unwrap().interval;
            hi - lo
        };
        let independent = clopper_pearson(900, 1000);
        assert_eq!(width(&alike), independent.hi - independent.lo);
        assert!(width(&differing) > 2.0 * (independent.hi - independent.lo));
    }

    #[test]
    fn whole_groups_are_resampled_not_only_their_trays() {
        let trays = [tray("a", 100), tray("a", 100), tray("b", 50), tray("b", 50)];
        let bounds = accuracy_interval(&trays).unwrap();
        assert_eq!(bounds.interval, Interval { lo: 0.5, hi: 1.0 });
        assert_eq!(bounds.note, None);
        assert_eq!(accuracy_interval(&trays), Some(bounds), "the seed is fixed");
    }

    #[test]
    fn what_limits_an_interval_is_said() {
        let note = |trays: &[Tally<'_>]| accuracy_interval(trays).unwrap().note.unwrap();
        assert!(note(&[tray("a", 90), tray("a", 80)]).starts_with("one group"));
        assert!(note(&[tray("a", 90)]).starts_with("one tray"));
        assert!(note(&[tray("a", 90), tray("b", 90)]).starts_with("all trays alike"));
        assert!(note(&[tray("a", 100), tray("b", 100)]).starts_with("all cells alike"));
        assert_eq!(accuracy_interval(&[]), None);
    }

    #[test]
    fn a_mean_has_an_interval_from_two_pictures_on() {
        let part = |group, sum| Part {
            group,
            sum,
            of: 1.0,
        };
        assert_eq!(mean_interval(&[], "picture"), (None, None));
        let (interval, note) = mean_interval(&[part("a", 0.5)], "picture");
        assert_eq!(
            (interval, note.unwrap().as_str()),
            (None, "one picture: no interval")
        );
        let (interval, note) = mean_interval(&[part("a", 0.5), part("a", 0.9)], "picture");
        assert_eq!(interval, Some(Interval { lo: 0.5, hi: 0.9 }));
        assert!(note.unwrap().starts_with("one group: pictures"));
    }
}
