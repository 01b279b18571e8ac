//! Intervals of a share: how far k of n can be trusted.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, ContinuousCDF};

/// The confidence that every printed interval has.
pub const CONFIDENCE: f64 = 0.95;
/// The standard normal's quantile at 0.975: so many deviations to either side are an interval of 95 %.
pub const NORMAL_QUANTILE: f64 = 1.959_963_984_540_054;

/// An interval within 0–1, written `[lo, hi]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 2]", into = "[f64; 2]")]
pub struct Interval {
    /// Lower end.
    pub lo: f64,
    /// Upper end.
    pub hi: f64,
}

impl From<[f64; 2]> for Interval {
    fn from([lo, hi]: [f64; 2]) -> Self {
        Self { lo, hi }
    }
}

impl From<Interval> for [f64; 2] {
    fn from(interval: Interval) -> Self {
        [interval.lo, interval.hi]
    }
}

/// The exact (Clopper–Pearson) 95 % interval of `hits` of `n`; everything is possible of nothing.
#[must_use]
pub fn clopper_pearson(hits: usize, n: usize) -> Interval {
    let tail = (1.0 - CONFIDENCE) / 2.0;
    let hits = hits.min(n);
    let (k, rest) = (hits as f64, (n - hits) as f64);
    let quantile = |a: f64, b: f64, p: f64, none: f64| {
        Beta::new(a, b).map_or(none, |beta| beta.inverse_cdf(p))
    };
    Interval {
        lo: if hits == 0 {
            0.0
        } else {
            quantile(k, rest + 1.0, tail, 0.0)
        },
        hi: if hits == n {
            1.0
        } else {
            quantile(k + 1.0, rest, 1.0 - tail, 1.0)
        },
    }
}

/// Wilson's 95 % score interval of `hits` of `n`: shorter than the exact one, right on average.
#[must_use]
pub fn wilson(hits: usize, n: usize) -> Interval {
    if n == 0 {
        return Interval { lo: 0.0, hi: 1.0 };
    }
    let (n, z2) = (n as f64, NORMAL_QUANTILE * NORMAL_QUANTILE);
    let p = (hits as f64 / n).min(1.0);
    let centre = p + z2 / (2.0 * n);
    let half = NORMAL_QUANTILE * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    Interval {
        lo: ((centre - half) / scale).clamp(0.0, 1.0),
        hi: ((centre + half) / scale).clamp(0.0, 1.0),
    }
}

/// `hits` of `n` with its exact interval, for people: `94.5 % (90.4–97.2, n = 200)`.
#[must_use]
pub fn rate_words(hits: usize, n: usize) -> String {
    if n == 0 {
        return "unknown (n = 0)".to_owned();
    }
    let Interval { lo, hi } = clopper_pearson(hits, n);
    format!(
        "{:.1} % ({:.1}–{:.1}, n = {n})",
        100.0 * hits as f64 / n as f64,
        100.0 * lo,
        100.0 * hi
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(found: Interval, lo: f64, hi: f64) {
        assert!(
            (found.lo - lo).abs() < 5e-5 && (found.hi - hi).abs() < 5e-5,
            "expected {lo}–{hi}, found {found:?}"
        );
    }

    #[test]
    fn the_exact_interval_agrees_with_published_values() {
        // binom.test of R: 189 of 200, 8 of 10, 0 of 20 (the rule of three's exact form).
        assert_close(clopper_pearson(189, 200), 0.903_77, 0.972_23);
        assert_close(clopper_pearson(8, 10), 0.443_90, 0.974_79);
        assert_close(
            clopper_pearson(0, 20),
            0.0,
            1.0 - 0.025_f64.powf(1.0 / 20.0),
        );
        assert_close(clopper_pearson(20, 20), 0.025_f64.powf(1.0 / 20.0), 1.0);
    }

    #[test]
    fn wilson_agrees_with_published_values() {
        assert_close(wilson(8, 10), 0.490_16, 0.943_32);
    }

    #[test]
    fn nothing_seen_leaves_everything_possible() {
        assert_close(clopper_pearson(0, 0), 0.0, 1.0);
        assert_close(wilson(0, 0), 0.0, 1.0);
        assert_eq!(rate_words(0, 0), "unknown (n = 0)");
    }

    #[test]
    fn a_rate_is_written_with_its_interval_and_count() {
        assert_eq!(rate_words(189, 200), "94.5 % (90.4–97.2, n = 200)");
    }
}
