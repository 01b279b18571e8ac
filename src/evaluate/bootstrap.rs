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

/// A tray's right and labelled cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TrayTally<'a> {
    pub group: &'a str,
    pub correct: usize,
    pub cells: usize,
}

/// An interval and what limits it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bounds {
    pub interval: Interval,
    pub note: Option<String>,
}

/// Resamples groups, then trays within each; of one group its trays. Where there is nothing to resample
/// (one tray, or all cells right or all wrong) the exact binomial interval over cells stands in, which
/// is too narrow as it takes cells for independent; the note says so.
pub(super) fn accuracy_interval(trays: &[TrayTally<'_>]) -> Option<Bounds> {
    let correct = trays.iter().map(|tray| tray.correct).sum();
    let cells: usize = trays.iter().map(|tray| tray.cells).sum();
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
        return exact(if correct == 0 {
            "all cells wrong"
        } else {
            "no cell wrong"
        });
    }
    let groups = grouped(trays);
    let note = (groups.len() == 1).then(|| "one group: trays resampled within it".to_owned());
    Some(Bounds {
        interval: percentiles(resample(&groups)),
        note,
    })
}

fn grouped<'a>(trays: &[TrayTally<'a>]) -> Vec<Vec<TrayTally<'a>>> {
    let mut groups: BTreeMap<&str, Vec<TrayTally<'a>>> = BTreeMap::new();
    for tray in trays {
        groups.entry(tray.group).or_default().push(*tray);
    }
    groups.into_values().collect()
}

fn resample(groups: &[Vec<TrayTally<'_>>]) -> Vec<f64> {
    let mut random = Pcg64::seed_from_u64(SEED);
    // 32-bit draws come out alike on 32- and 64-bit machines.
    let mut pick = |n: usize| random.random_range(0..n.max(1) as u32) as usize;
    (0..RESAMPLES)
        .map(|_| {
            let (mut correct, mut cells) = (0, 0);
            for _ in 0..groups.len() {
                let group = &groups[if groups.len() == 1 {
                    0
                } else {
                    pick(groups.len())
                }];
                for _ in 0..group.len() {
                    let tray = group[pick(group.len())];
                    correct += tray.correct;
                    cells += tray.cells;
                }
            }
            correct as f64 / cells.max(1) as f64
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

    fn tray(group: &str, correct: usize) -> TrayTally<'_> {
        TrayTally {
            group,
            correct,
            cells: 100,
        }
    }

    #[test]
    fn trays_that_differ_give_a_wider_interval_than_independent_cells() {
        let alike: Vec<_> = (0..10).map(|_| tray("a", 90)).collect();
        let differing: Vec<_> = (0..10)
            .map(|i| tray("a", if i < 5 { 100 } else { 80 }))
            .collect();
        let width = |trays: &[TrayTally<'_>]| {
            let Interval { lo, hi } = accuracy_interval(trays).unwrap().interval;
            hi - lo
        };
        let independent = clopper_pearson(900, 1000);
        assert_eq!(width(&alike), 0.0);
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
        let note = |trays: &[TrayTally<'_>]| accuracy_interval(trays).unwrap().note.unwrap();
        assert!(note(&[tray("a", 90), tray("a", 80)]).starts_with("one group"));
        assert!(note(&[tray("a", 90)]).starts_with("one tray"));
        assert!(note(&[tray("a", 100), tray("b", 100)]).starts_with("no cell wrong"));
        assert_eq!(accuracy_interval(&[]), None);
    }
}
