//! How far two judges agree beyond chance.

use std::collections::BTreeMap;

use serde::Serialize;

use super::interval::{Interval, NORMAL_QUANTILE};

/// Two judges' answers on the same things.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// Things judged by both.
    pub n: usize,
    /// Of them judged alike.
    pub alike: usize,
    /// Cohen's kappa; none where one of them only ever gave one answer: that tells nothing of agreement.
    pub kappa: Option<f64>,
    /// Its 95 % interval by the large-sample variance of Fleiss, Cohen and Everitt (1969).
    pub kappa_ci95: Option<Interval>,
    /// How often the first said this and the second that.
    pub confusion: BTreeMap<String, BTreeMap<String, usize>>,
}

/// Compares answers, each pair of the same thing.
#[must_use]
pub fn agreement(pairs: &[(String, String)]) -> Agreement {
    let mut confusion: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for (first, second) in pairs {
        let of_first = confusion.entry(first.clone()).or_default();
        *of_first.entry(second.clone()).or_insert(0) += 1;
    }
    let found = kappa(pairs);
    Agreement {
        n: pairs.len(),
        alike: pairs
            .iter()
            .filter(|(first, second)| first == second)
            .count(),
        kappa: found.map(|(kappa, _)| kappa),
        kappa_ci95: found.map(|(kappa, deviation)| Interval {
            lo: (kappa - NORMAL_QUANTILE * deviation).max(-1.0),
            hi: (kappa + NORMAL_QUANTILE * deviation).min(1.0),
        }),
        confusion,
    }
}

/// Kappa and its standard deviation.
fn kappa(pairs: &[(String, String)]) -> Option<(f64, f64)> {
    let n = pairs.len() as f64;
    let share =
        |of: &dyn Fn(&(String, String)) -> bool| pairs.iter().filter(|p| of(p)).count() as f64 / n;
    let mut answers: Vec<&String> = pairs.iter().flat_map(|(a, b)| [a, b]).collect();
    answers.sort_unstable();
    answers.dedup();
    let margins: BTreeMap<&String, (f64, f64)> = answers
        .iter()
        .map(|answer| {
            (
                *answer,
                (share(&|p| p.0 == **answer), share(&|p| p.1 == **answer)),
            )
        })
        .collect();
    let margin = |answer: &String| margins.get(answer).copied().unwrap_or_default();
    let observed = share(&|p| p.0 == p.1);
    let chance: f64 = margins.values().map(|(first, second)| first * second).sum();
    let one_answer = |of: fn(&(f64, f64)) -> f64| margins.values().any(|m| of(m) >= 1.0);
    if pairs.is_empty() || one_answer(|m| m.0) || one_answer(|m| m.1) {
        return None;
    }
    let kappa = (observed - chance) / (1.0 - chance);
    // Each pair adds 1/n to the sums over the table's cells.
    let (mut alike, mut apart) = (0.0, 0.0);
    for (first, second) in pairs {
        if first == second {
            let (row, col) = margin(first);
            alike += (1.0 - (row + col) * (1.0 - kappa)).powi(2) / n;
        } else {
            let across = margin(first).1 + margin(second).0;
            apart += (across * (1.0 - kappa)).powi(2) / n;
        }
    }
    let less = (kappa - chance * (1.0 - kappa)).powi(2);
    let variance = (alike + apart - less).max(0.0) / (n * (1.0 - chance).powi(2));
    Some((kappa, variance.sqrt()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn table(counts: &[(&str, &str, usize)]) -> Vec<(String, String)> {
        let many = |&(a, b, n): &(&str, &str, usize)| vec![(a.to_owned(), b.to_owned()); n];
        counts.iter().flat_map(many).collect()
    }

    #[test]
    fn kappa_and_its_interval_agree_with_the_published_example() {
        // Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, 3rd ed., table 18.1:
        // kappa 0.68, standard error of a non-zero kappa 0.087.
        let found = agreement(&table(&[
            ("psychotic", "psychotic", 75),
            ("psychotic", "neurotic", 1),
            ("psychotic", "organic", 4),
            ("neurotic", "psychotic", 5),
            ("neurotic", "neurotic", 4),
            ("neurotic", "organic", 1),
            ("organic", "organic", 10),
        ]));
        assert_eq!((found.n, found.alike), (100, 89));
        assert!((found.kappa.unwrap() - 0.676).abs() < 0.001, "{found:?}");
        let Interval { lo, hi } = found.kappa_ci95.unwrap();
        assert!(
            ((hi - lo) / 2.0 / NORMAL_QUANTILE - 0.088).abs() < 0.002,
            "{lo} {hi}"
        );
        assert_eq!(found.confusion["psychotic"]["organic"], 4);
    }

    #[test]
    fn judges_who_agree_wholly_have_kappa_one_and_of_one_answer_there_is_none() {
        let alike = agreement(&table(&[("blank", "blank", 5), ("A", "A", 5)]));
        assert_eq!(alike.kappa, Some(1.0));
        assert_eq!(agreement(&table(&[("A", "A", 50)])).kappa, None);
        let constant = agreement(&table(&[("A", "A", 30), ("blank", "A", 20)]));
        assert_eq!(constant.kappa, None, "the second never said anything else");
        assert_eq!(agreement(&[]).kappa, None);
    }
}
