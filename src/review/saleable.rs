//! How many plants a lot gives for sale, and what is missing to an order: pure.

use crate::evaluate::NORMAL_QUANTILE;

/// Plants for sale in a lot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Saleable {
    /// How many; of a lot of which only some trays were judged so, by these.
    pub plants: f64,
    /// Between what; none where all trays were counted.
    pub ci95: Option<[f64; 2]>,
}

/// What an order still lacks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Missing {
    /// Plants; 0 where there are enough.
    pub plants: f64,
    /// Between what; none where all trays were counted.
    pub ci95: Option<[f64; 2]>,
}

impl Saleable {
    /// Of a lot of `trays` judged trays, by the plants of some or all of them. The interval of 95 % is that of a mean over
    /// trays that were drawn without putting them back (Cochran, Sampling Techniques, 3rd ed., 2.8).
    #[must_use]
    pub fn of_lot(counted: &[usize], trays: usize) -> Self {
        let seen = counted.iter().sum::<usize>() as f64;
        let (n, all) = (counted.len() as f64, trays as f64);
        if counted.is_empty() || counted.len() >= trays {
            return Self {
                plants: seen,
                ci95: None,
            };
        }
        let mean = seen / n;
        let squares: f64 = counted.iter().map(|p| (*p as f64 - mean).powi(2)).sum();
        // one tray tells nothing of how trays differ: it may stand for any number
        let half = if counted.len() > 1 {
            let deviation = (squares / (n - 1.0) / n * (1.0 - n / all)).sqrt();
            NORMAL_QUANTILE * deviation * all
        } else {
            f64::INFINITY
        };
        let plants = mean * all;
        Self {
            plants,
            ci95: Some([(plants - half).max(seen), plants + half]),
        }
    }

    /// What is missing to an order of so many plants.
    #[must_use]
    pub fn missing_to(&self, ordered: u32) -> Missing {
        let missing = |plants: f64| (f64::from(ordered) - plants).max(0.0);
        Missing {
            plants: missing(self.plants),
            ci95: self.ci95.map(|[lo, hi]| [missing(hi), missing(lo)]),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_lot_whose_trays_were_all_counted_has_that_many_plants_and_an_order_lacks_the_rest() {
        let lot = Saleable::of_lot(&[180, 190, 170], 3);
        assert_eq!((lot.plants, lot.ci95), (540.0, None));
        assert_eq!(lot.missing_to(600).plants, 60.0);
        assert_eq!(lot.missing_to(500).plants, 0.0);
    }

    #[test]
    fn a_lot_of_which_some_trays_were_counted_has_an_interval_that_holds_as_often_as_it_says() {
        // 400 trays whose plants differ in a way that repeats; every tenth beginning anywhere is a sample
        let plants: Vec<usize> = (0..400).map(|tray| 150 + (tray * 7919) % 47).collect();
        let all: usize = plants.iter().sum();
        let samples = (0..200).map(|seed: usize| {
            let place = |draw: usize| (seed * 131 + draw * 4_177 + draw * draw * 13) % 400;
            let drawn: std::collections::BTreeSet<usize> = (0..40).map(place).collect();
            let counted: Vec<usize> = drawn.iter().map(|tray| plants[*tray]).collect();
            Saleable::of_lot(&counted, 400)
        });
        let holds = samples.filter(|lot| {
            let [lo, hi] = lot.ci95.unwrap();
            lo <= all as f64 && all as f64 <= hi
        });
        let held = holds.count();
        assert!((180..=200).contains(&held), "{held} of 200");
    }

    #[test]
    fn what_is_missing_is_between_the_ends_that_the_plants_are_between_and_one_tray_tells_no_end() {
        let lot = Saleable::of_lot(&[100, 120], 10);
        let [lo, hi] = lot.ci95.unwrap();
        let missing = lot.missing_to(2_000);
        let of_order = missing.ci95.unwrap();
        assert!((of_order[0] - (2_000.0 - hi)).abs() < 1e-9);
        assert!((of_order[1] - (2_000.0 - lo)).abs() < 1e-9);
        assert_eq!(Saleable::of_lot(&[100], 10).ci95.unwrap()[1], f64::INFINITY);
        assert_eq!(Saleable::of_lot(&[], 10).plants, 0.0);
    }
}
