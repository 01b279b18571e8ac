//! The share of plants that are so, over whole trays, with the error of the judging that a blind audit knows.
//!
//! Trays are resampled (a bootstrap with a fixed seed), since plants of one tray are not independent. Where there is an
//! audit, every resample also draws how often people agree: of the plants that were judged so and of those that were
//! judged otherwise, each from the Beta distribution that Jeffreys' prior and the answers give. The share that people
//! would find is then p·a + (1 − p)·b, with p judged so, a and b the agreement drawn for either class.

use rand::{RngExt as _, SeedableRng as _};
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
    let mut shares: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let judged = if differ {
                resampled(&trays, &mut random)
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

fn resampled(trays: &[TrayShare], random: &mut Pcg64) -> f64 {
    let (mut hits, mut of) = (0, 0);
    for _ in 0..trays.len() {
        // 32-bit draws come out alike on 32- and 64-bit machines
        let tray = trays[random.random_range(0..trays.len() as u32) as usize];
        hits += tray.hits;
        of += tray.of;
    }
    hits as f64 / of as f64
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
