//! What sums say: rates with their exact intervals, uniformity.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF as _};

use crate::evaluate::{Interval, clopper_pearson};

use super::tally::{AREA_STEP_PITCH2, AreaSums, Tally, TrayCounts, VerdictSums};

/// A share with its exact 95 % binomial interval (Clopper and Pearson 1934). It takes cells for independent, as tests of
/// emergence do; cells of one tray are not quite, so for few trays it is too short.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BinomialRate {
    /// Hits ÷ of, 0–1; none of nothing.
    pub rate: Option<f64>,
    /// Its interval; none of nothing.
    pub ci95: Option<Interval>,
    /// How many were so.
    pub hits: u64,
    /// Of how many.
    pub of: u64,
}

impl BinomialRate {
    /// `hits` of `of`.
    #[must_use]
    pub fn of(hits: u64, of: u64) -> Self {
        let known = of > 0;
        Self {
            rate: known.then(|| hits as f64 / of as f64),
            ci95: known.then(|| clopper_pearson(hits as usize, of as usize)),
            hits,
            of,
        }
    }
}

/// The spread of canopy areas among the plants that got a grade.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Uniformity {
    /// Plants.
    pub plants: u64,
    /// Their mean canopy area, square pitches.
    pub mean_area_pitch2: f64,
    /// The coefficient of variation: sample standard deviation ÷ mean. None of fewer than two plants.
    pub cv: Option<f64>,
}

impl Uniformity {
    /// Of summed areas; none without plants.
    #[must_use]
    pub fn of(areas: &AreaSums) -> Option<Self> {
        if areas.plants == 0 {
            return None;
        }
        let (n, sum) = (areas.plants as f64, areas.sum as f64);
        let mean = sum / n;
        // Whole numbers until the last step: nothing cancels.
        let spread = u128::from(areas.plants) * u128::from(areas.square_sum);
        let spread = spread.saturating_sub(u128::from(areas.sum) * u128::from(areas.sum));
        let variance = (areas.plants > 1).then(|| spread as f64 / (n * (n - 1.0)));
        Some(Self {
            plants: areas.plants,
            mean_area_pitch2: mean * AREA_STEP_PITCH2,
            cv: variance.filter(|_| mean > 0.0).map(|v| v.sqrt() / mean),
        })
    }

    /// The 95 % interval of [`Self::cv`] by the modified McKay method (Vangel 1996). It takes plants for independent and their
    /// areas for normally distributed; of plants that differ by more than a third it is a rough one. None of a spread so
    /// large among so few that it has no upper end.
    #[must_use]
    pub fn cv_ci95(&self) -> Option<Interval> {
        let (cv, n) = (self.cv?, self.plants as f64);
        let chi_squared = ChiSquared::new(n - 1.0).ok()?;
        let end = |quantile: f64| {
            let chi = chi_squared.inverse_cdf(quantile);
            let under = ((chi + 2.0) / n - 1.0) * cv * cv + chi / (n - 1.0);
            (under > 0.0).then(|| cv / under.sqrt())
        };
        Some(Interval {
            lo: end(0.975)?,
            hi: end(0.025)?,
        })
    }
}

/// What sums over trays say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Trays by what became of them.
    pub trays: TrayCounts,
    /// Trays per tray grade.
    pub tray_grades: BTreeMap<String, u64>,
    /// Sown cells of graded trays.
    pub sown: u64,
    /// These by their verdict.
    pub cells: VerdictSums,
    /// Plants per grade.
    pub grades: BTreeMap<String, u64>,
    /// Occupied ÷ decided: of unsure cells nothing is assumed.
    pub emergence: BinomialRate,
    /// The emergence rate of the field's standards: occupied ÷ sown. An undecided cell is sown and not counted as
    /// occupied: were all of [`Self::undecided`] occupied, that many more would have emerged.
    pub emergence_of_sown: BinomialRate,
    /// Sown cells of which it is not decided whether they are occupied.
    pub undecided: u64,
    /// Plants of a marketable grade ÷ sown.
    pub marketable: BinomialRate,
    /// Spread of canopy areas.
    pub uniformity: Option<Uniformity>,
}

impl Summary {
    /// Of sums.
    #[must_use]
    pub fn of(tally: &Tally) -> Self {
        let cells = tally.cells;
        Self {
            trays: tally.trays,
            tray_grades: tally.tray_grades.clone(),
            sown: cells.sown(),
            cells,
            grades: tally.grades.clone(),
            emergence: BinomialRate::of(cells.occupied(), cells.decided()),
            emergence_of_sown: BinomialRate::of(cells.occupied(), cells.sown()),
            undecided: cells.unsure,
            marketable: BinomialRate::of(tally.marketable, cells.sown()),
            uniformity: Uniformity::of(&tally.areas),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emergence_has_its_exact_interval_of_sown_and_of_decided_cells() {
        let tally = Tally {
            cells: VerdictSums {
                blank: 11,
                graded: 180,
                double: 9,
                unsure: 50,
            },
            ..Tally::default()
        };
        let summary = Summary::of(&tally);
        let emergence = summary.emergence;
        assert_eq!((emergence.hits, emergence.of), (189, 200));
        // binom.test(189, 200) of R.
        let interval = emergence.ci95.unwrap();
        assert!((interval.lo - 0.903_77).abs() < 5e-5 && (interval.hi - 0.972_23).abs() < 5e-5);
        let of_sown = summary.emergence_of_sown;
        assert_eq!(
            (of_sown.hits, of_sown.of, summary.undecided),
            (189, 250, 50)
        );
        // Exact (Clopper and Pearson), by bisection of the binomial sums.
        let interval = of_sown.ci95.unwrap();
        assert!((interval.lo - 0.69790).abs() < 5e-5 && (interval.hi - 0.80792).abs() < 5e-5);
    }

    #[test]
    fn uniformity_is_the_coefficient_of_variation_of_area() {
        // 0.1, 0.2, 0.3 square pitches: mean 0.2, sample standard deviation 0.1.
        let areas = AreaSums {
            plants: 3,
            sum: 6000,
            square_sum: 1_000_000 + 4_000_000 + 9_000_000,
        };
        let uniformity = Uniformity::of(&areas).unwrap();
        assert!((uniformity.mean_area_pitch2 - 0.2).abs() < 1e-12);
        assert!((uniformity.cv.unwrap() - 0.5).abs() < 1e-12);
        let one = AreaSums {
            plants: 1,
            sum: 10,
            square_sum: 100,
        };
        assert_eq!(Uniformity::of(&one).unwrap().cv, None);
        assert_eq!(Uniformity::of(&AreaSums::default()), None);
    }

    #[test]
    fn uniformity_has_an_interval_that_narrows_with_the_plants() {
        let of = |plants: u64, cv: f64| Uniformity {
            plants,
            mean_area_pitch2: 0.2,
            cv: Some(cv),
        };
        // by the table's quantiles of chi squared with 9 degrees of freedom, 19.0228 and 2.7004
        let Interval { lo, hi } = of(10, 0.1).cv_ci95().unwrap();
        assert!(
            (lo - 0.0686).abs() < 5e-4 && (hi - 0.1842).abs() < 2e-3,
            "{lo} {hi}"
        );
        let Interval { lo, hi } = of(10_000, 0.1).cv_ci95().unwrap();
        assert!(
            0.098 < lo && lo < 0.1 && 0.1 < hi && hi < 0.102,
            "{lo} {hi}"
        );
        assert_eq!(
            of(3, 3.0).cv_ci95(),
            None,
            "three plants that differ so much"
        );
        let none = Uniformity {
            cv: None,
            ..of(1, 0.0)
        };
        assert_eq!(none.cv_ci95(), None);
    }

    #[test]
    fn nothing_seen_has_no_rate() {
        let summary = Summary::of(&Tally::default());
        assert_eq!(
            (summary.emergence.rate, summary.marketable.ci95),
            (None, None)
        );
    }
}
