//! The share of plants that are so, over whole trays, with the error of the judging that a blind audit knows.
//!
//! Trays are resampled (a bootstrap with a fixed seed), since plants of one tray are not independent. Where there is an
//! audit, every resample also draws how often people agree: of the plants that were judged so and of those that were
//! judged otherwise, each from the Beta distribution that Jeffreys' prior and the answers give. The share that people
//! would find is then p·a + (1 − p)·b, with p judged so, a and b the agreement drawn for either class.

use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, ContinuousCDF as _};

use super::bootstrap::RESAMPLES;
use super::interval::{CONFIDENCE, Interval};
use super::metric::quantile;

/// The same trays and answers give the same interval, on every machine.
const SEED: u64 = 0xCE27_1F1C;
/// Jeffreys' prior of a share.
const PRIOR: f64 = 0.5;
/// What is computed is rounded to this step, beyond which machines may differ.
const STEP: f64 = 1e-6;

/// Plants of one tray.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrayShare {
    /// Those judged so.
    pub hits: u64,
    /// All of them.
    pub of: u64,
}

/// Plants of one class that people judged blindly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditedClass {
    /// Of these people say that they are so.
    pub so: u64,
    /// Answers.
    pub of: u64,
}

impl AuditedClass {
    fn drawn(self, uniform: f64) -> f64 {
        let (so, otherwise) = (
            self.so.min(self.of) as f64,
            self.of.saturating_sub(self.so) as f64,
        );
        Beta::new(so + PRIOR, otherwise + PRIOR).map_or(0.5, |beta| beta.inverse_cdf(uniform))
    }

    fn mean(self) -> f64 {
        (self.so.min(self.of) as f64 + PRIOR) / (self.of as f64 + 2.0 * PRIOR)
    }
}

/// What a blind audit found, by what had been judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditedClasses {
    /// Plants that were judged so.
    pub judged_so: AuditedClass,
    /// Plants that were judged otherwise.
    pub judged_otherwise: AuditedClass,
}

/// A share and how far it can be trusted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShareEstimate {
    /// As people would find it where there is an audit, else as it was judged.
    pub share: f64,
    /// The 95 % interval.
    pub ci95: Interval,
    /// Whether trays could be resampled; else plants were taken for independent, which is too narrow.
    pub trays_resampled: bool,
}

/// The estimate; none without a plant.
#[must_use]
pub fn share_by_tray(trays: &[TrayShare], audit: Option<&AuditedClasses>) -> Option<ShareEstimate> {
    let trays: Vec<TrayShare> = trays.iter().copied().filter(|tray| tray.of > 0).collect();
    let sum = |of: fn(&TrayShare) -> u64| trays.iter().map(of).sum::<u64>();
    let all = AuditedClass {
        so: sum(|tray| tray.hits),
        of: sum(|tray| tray.of),
    };
    if all.of == 0 {
        return None;
    }
    // trays of one and the same share would claim that nothing is uncertain
    let differ = trays.iter().any(|tray| {
        u128::from(tray.hits) * u128::from(all.of) != u128::from(all.so) * u128::from(tray.of)
    });
    let mut random = Pcg64::seed_from_u64(SEED);
    let drawn = Drawn::of(&trays);
    let mut shares: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let judged = if differ {
                drawn.resampled(&mut random)
            } else {
                all.drawn(random.random())
            };
            audit.map_or(judged, |audit| {
                let agreed = audit.judged_so.drawn(random.random());
                let missed = audit.judged_otherwise.drawn(random.random());
                judged * agreed + (1.0 - judged) * missed
            })
        })
        .collect();
    shares.sort_by(f64::total_cmp);
    let tail = (1.0 - CONFIDENCE) / 2.0;
    let judged = all.so as f64 / all.of as f64;
    let share = audit.map_or(judged, |audit| {
        judged * audit.judged_so.mean() + (1.0 - judged) * audit.judged_otherwise.mean()
    });
    Some(ShareEstimate {
        share: rounded(share),
        ci95: Interval {
            lo: rounded(quantile(&shares, tail)),
            hi: rounded(quantile(&shares, 1.0 - tail)),
        },
        trays_resampled: differ,
    })
}

/// A tray as its hits and its plants in one number, so that a resample is one sum: 2³² plants are more than trays hold.
#[derive(Debug, Clone, Copy)]
struct Packed(u64);

impl Packed {
    fn of(tray: &TrayShare) -> Option<Self> {
        let part = |plants: u64| u32::try_from(plants).ok().map(u64::from);
        Some(Self(part(tray.hits)? << 32 | part(tray.of)?))
    }

    fn share(sum: u64) -> f64 {
        (sum >> 32) as f64 / (sum & u64::from(u32::MAX)) as f64
    }
}

/// Trays to draw from.
enum Drawn {
    /// Whose sums fit 32 bits each.
    Packed(Vec<Packed>),
    /// Of more plants than that.
    Large(Vec<TrayShare>),
}

impl Drawn {
    fn of(trays: &[TrayShare]) -> Self {
        // the largest resample is the largest tray over and over
        let largest = trays.iter().map(|tray| tray.of.max(tray.hits)).max();
        let most = u128::from(largest.unwrap_or(0)) * trays.len() as u128;
        let packed: Option<Vec<Packed>> = trays.iter().map(Packed::of).collect();
        match packed.filter(|_| most <= u128::from(u32::MAX)) {
            Some(packed) => Self::Packed(packed),
            None => Self::Large(trays.to_vec()),
        }
    }

    /// The share of as many trays as there are, each drawn from all.
    fn resampled(&self, random: &mut Pcg64) -> f64 {
        match self {
            Self::Packed(trays) => {
                Packed::share(side_by_side(trays, random).unwrap_or_else(|| {
                    let drawn = (0..trays.len()).map(|_| trays[place(trays.len(), random)].0);
                    drawn.sum()
                }))
            }
            Self::Large(trays) => {
                let (mut hits, mut of) = (0_u64, 0_u64);
                for _ in 0..trays.len() {
                    let tray = trays[place(trays.len(), random)];
                    hits += tray.hits;
                    of += tray.of;
                }
                hits as f64 / of as f64
            }
        }
    }
}

/// A place among so many. 32-bit draws come out alike on 32- and 64-bit machines.
fn place(trays: usize, random: &mut Pcg64) -> usize {
    random.random_range(0..trays as u32) as usize
}

/// The same trays that [`place`] draws one after another, drawn by several generators of which each takes up the sequence
/// further on: a processor does that side by side, and a lot of 20,000 trays is drawn from 40 million times. None, and the
/// generator as it was, where a draw takes two numbers of the sequence: that moves all that come after it, and is once in
/// some 200,000.
fn side_by_side(trays: &[Packed], random: &mut Pcg64) -> Option<u64> {
    const LANES: usize = 8;
    let count = trays.len() as u32;
    let part = trays.len() / LANES;
    let mut lanes: [Pcg64; LANES] = std::array::from_fn(|lane| {
        let mut further = random.clone();
        further.advance((lane * part) as u128);
        further
    });
    let (mut sum, mut takes_two) = (0, false);
    // the upper half of a number times the count is the place, as `random_range` has it
    let mut draw = |lane: &mut Pcg64| {
        let product = u64::from(lane.next_u32()) * u64::from(count);
        takes_two |= product as u32 > count.wrapping_neg();
        sum += trays[(product >> 32) as usize].0;
    };
    for _ in 0..part {
        lanes.iter_mut().for_each(&mut draw);
    }
    let mut last = lanes[LANES - 1].clone();
    for _ in LANES * part..trays.len() {
        draw(&mut last);
    }
    (!takes_two).then(|| {
        *random = last;
        sum
    })
}

fn rounded(share: f64) -> f64 {
    (share / STEP).round() * STEP
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trays(hits: &[u64]) -> Vec<TrayShare> {
        hits.iter()
            .map(|&hits| TrayShare { hits, of: 100 })
            .collect()
    }

    fn audit(so: (u64, u64), otherwise: (u64, u64)) -> AuditedClasses {
        let class = |(so, of)| AuditedClass { so, of };
        AuditedClasses {
            judged_so: class(so),
            judged_otherwise: class(otherwise),
        }
    }

    fn width(estimate: ShareEstimate) -> f64 {
        estimate.ci95.hi - estimate.ci95.lo
    }

    #[test]
    fn trays_that_differ_are_resampled_and_their_seed_is_fixed() {
        let of = trays(&[95, 95, 95, 95, 60, 60]);
        let found = share_by_tray(&of, None).unwrap();
        assert!(found.trays_resampled);
        assert!((found.share - 500.0 / 600.0).abs() < 1e-6);
        // of independent plants it would be some 0.06 wide
        assert!(width(found) > 0.2, "{found:?}");
        assert_eq!(share_by_tray(&of, None), Some(found));
    }

    /// Trays one after another, as the first certificates were drawn up.
    fn one_after_another(trays: &[TrayShare], random: &mut Pcg64) -> f64 {
        let (mut hits, mut of) = (0, 0);
        for _ in 0..trays.len() {
            let tray = trays[random.random_range(0..trays.len() as u32) as usize];
            hits += tray.hits;
            of += tray.of;
        }
        hits as f64 / of as f64
    }

    #[test]
    fn trays_drawn_side_by_side_are_those_that_are_drawn_one_after_another() {
        let mut random = Pcg64::seed_from_u64(1);
        for count in [2, 3, 7, 8, 9, 100, 20_011] {
            let trays: Vec<TrayShare> = (0..count)
                .map(|_| TrayShare {
                    hits: random.random_range(0..150),
                    of: random.random_range(150..200),
                })
                .collect();
            let (mut one, mut other) = (Pcg64::seed_from_u64(SEED), Pcg64::seed_from_u64(SEED));
            let drawn = Drawn::of(&trays);
            assert!(matches!(drawn, Drawn::Packed(_)));
            let (mut by_twos, packed) =
                (0, trays.iter().filter_map(Packed::of).collect::<Vec<_>>());
            for _ in 0..40 {
                by_twos += usize::from(side_by_side(&packed, &mut other.clone()).is_none());
                let (found, expected) = (
                    drawn.resampled(&mut other),
                    one_after_another(&trays, &mut one),
                );
                assert_eq!(found.to_bits(), expected.to_bits(), "{count} trays");
            }
            // of the large lot some draw took two numbers, so that both ways were gone
            assert!(count < 20_000 || (1..40).contains(&by_twos), "{by_twos}");
        }
    }

    #[test]
    fn trays_of_more_plants_than_a_packed_sum_holds_are_drawn_too() {
        let of = [(1, 3), (2, 3), (3, 3)].map(|(hits, of)| TrayShare {
            hits: hits << 31,
            of: of << 31,
        });
        assert!(matches!(Drawn::of(&of), Drawn::Large(_)));
        let small = [(1, 3), (2, 3), (3, 3)].map(|(hits, of)| TrayShare { hits, of });
        assert_eq!(share_by_tray(&of, None), share_by_tray(&small, None));
    }

    #[test]
    fn one_tray_or_trays_alike_still_leave_doubt_and_say_that_none_was_resampled() {
        for of in [trays(&[90]), trays(&[90, 90]), trays(&[100, 100])] {
            let found = share_by_tray(&of, None).unwrap();
            assert!(!found.trays_resampled && width(found) > 0.005, "{found:?}");
        }
        assert_eq!(share_by_tray(&[TrayShare { hits: 0, of: 0 }], None), None);
    }

    #[test]
    fn an_audit_moves_the_share_to_what_people_find_and_few_answers_widen_it() {
        let of = trays(&[90, 88, 92, 91, 89, 90]);
        let bare = share_by_tray(&of, None).unwrap();
        let many = share_by_tray(&of, Some(&audit((9000, 10_000), (1000, 10_000)))).unwrap();
        assert!((many.share - 0.82).abs() < 0.001, "{many:?}");
        assert!(many.ci95.lo < 0.82 && 0.82 < many.ci95.hi);
        let few = share_by_tray(&of, Some(&audit((18, 20), (0, 2)))).unwrap();
        assert!(width(few) > 2.0 * width(many) && width(few) > 3.0 * width(bare));
        let agreed = share_by_tray(&of, Some(&audit((10_000, 10_000), (0, 10_000)))).unwrap();
        assert!((agreed.share - bare.share).abs() < 0.001);
    }
}
