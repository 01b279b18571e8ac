//! How far several judges agree beyond chance, where not everybody judges everything.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::interval::{Interval, NORMAL_QUANTILE};

/// What several judges said of the same things.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupAgreement {
    /// Things that two or more judged; only these tell of agreement.
    pub n: usize,
    /// Of them those that all who judged them judged alike.
    pub unanimous: usize,
    /// Fleiss' kappa (1971), a thing's pairs weighted as one thing; none where all ever gave the same answer.
    pub kappa: Option<f64>,
    /// Its 95 % interval by the jackknife over things; none of fewer than three.
    pub kappa_ci95: Option<Interval>,
}

/// Answers to one thing: how often each.
type Counts = BTreeMap<String, usize>;

/// Compares answers, a list for each thing, in any order of judges.
#[must_use]
pub fn group_agreement(answers: &[Vec<String>]) -> GroupAgreement {
    let of_several = answers.iter().filter(|said| said.len() > 1);
    let things: Vec<Counts> = of_several.map(|said| counts(said)).collect();
    let kappa = kappa(&Sums::of(&things));
    GroupAgreement {
        n: things.len(),
        unanimous: things.iter().filter(|counts| counts.len() == 1).count(),
        kappa,
        kappa_ci95: kappa.and_then(|kappa| jackknife(&things, kappa)),
    }
}

fn counts(said: &[String]) -> Counts {
    let mut counts = Counts::new();
    for answer in said {
        *counts.entry(answer.clone()).or_insert(0) += 1;
    }
    counts
}

/// What kappa is made of, so that a thing can be taken away again.
#[derive(Debug, Clone, Default)]
struct Sums<'a> {
    things: f64,
    /// Sum over things of the share of pairs that are alike.
    alike: f64,
    answers: BTreeMap<&'a str, f64>,
}

impl<'a> Sums<'a> {
    fn of(things: &'a [Counts]) -> Self {
        let mut sums = Self::default();
        things.iter().for_each(|thing| sums.add(thing, 1.0));
        sums
    }

    /// Adds a thing, or with `sign` −1 takes it away.
    fn add(&mut self, thing: &'a Counts, sign: f64) {
        let judges: usize = thing.values().sum();
        let alike: usize = thing.values().map(|count| count * (count - 1)).sum();
        self.things += sign;
        self.alike += sign * alike as f64 / (judges * (judges - 1)) as f64;
        for (answer, count) in thing {
            *self.answers.entry(answer).or_insert(0.0) += sign * *count as f64;
        }
    }
}

fn kappa(sums: &Sums<'_>) -> Option<f64> {
    let all: f64 = sums.answers.values().sum();
    if sums.things < 1.0 {
        return None;
    }
    let observed = sums.alike / sums.things;
    let chance: f64 = sums.answers.values().map(|n| (n / all).powi(2)).sum();
    (chance < 1.0 - 1e-12).then(|| (observed - chance) / (1.0 - chance))
}

/// Pseudo-values of the things; one without which nothing can be said counts as the whole.
fn jackknife(things: &[Counts], whole: f64) -> Option<Interval> {
    const FEWEST: usize = 3;
    if things.len() < FEWEST {
        return None;
    }
    let n = things.len() as f64;
    let mut sums = Sums::of(things);
    let mut pseudo = Vec::with_capacity(things.len());
    for thing in things {
        sums.add(thing, -1.0);
        let without = kappa(&sums).unwrap_or(whole);
        pseudo.push(n * whole - (n - 1.0) * without);
        sums.add(thing, 1.0);
    }
    let mean = pseudo.iter().sum::<f64>() / n;
    let spread: f64 = pseudo.iter().map(|value| (value - mean).powi(2)).sum();
    let deviation = (spread / (n * (n - 1.0))).sqrt();
    Some(Interval {
        lo: (whole - NORMAL_QUANTILE * deviation).max(-1.0),
        hi: (whole + NORMAL_QUANTILE * deviation).min(1.0),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn thing(counts: &[usize]) -> Vec<String> {
        let answers = counts.iter().enumerate();
        answers
            .flat_map(|(answer, count)| vec![format!("answer {answer}"); *count])
            .collect()
    }

    #[test]
    fn kappa_of_many_judges_agrees_with_a_published_example() {
        // Fourteen judges, ten things, five answers: kappa 0.210 (the worked example of Fleiss' kappa on Wikipedia).
        let found = group_agreement(
            &[
                [0, 0, 0, 0, 14],
                [0, 2, 6, 4, 2],
                [0, 0, 3, 5, 6],
                [0, 3, 9, 2, 0],
                [2, 2, 8, 1, 1],
                [7, 7, 0, 0, 0],
                [3, 2, 6, 3, 0],
                [2, 5, 3, 2, 2],
                [6, 5, 2, 1, 0],
                [0, 2, 2, 3, 7],
            ]
            .map(|counts| thing(&counts)),
        );
        assert_eq!((found.n, found.unanimous), (10, 1));
        assert!((found.kappa.unwrap() - 0.210).abs() < 5e-4, "{found:?}");
        let Interval { lo, hi } = found.kappa_ci95.unwrap();
        assert!(lo < 0.210 && 0.210 < hi && hi - lo < 0.5, "{lo} {hi}");
    }

    #[test]
    fn judges_who_always_agree_have_kappa_one_and_what_one_alone_judged_tells_nothing() {
        let mut answers = vec![thing(&[2, 0]), thing(&[0, 3]), thing(&[2, 0])];
        let alike = group_agreement(&answers);
        assert_eq!(alike.kappa, Some(1.0));
        assert_eq!((alike.unanimous, alike.n), (3, 3));
        answers.push(thing(&[0, 1]));
        assert_eq!(group_agreement(&answers), alike);
        assert_eq!(group_agreement(&[thing(&[9])]).kappa, None, "one answer");
        assert_eq!(group_agreement(&[]).kappa, None);
    }
}
