//! Outcomes counted and printed.

use std::collections::BTreeMap;

use seedgrade::tray::Refusal;

/// A node this far off, in pitches, is wrong: a plant near its cell's border may change cells.
const MOST_ERROR: f64 = 0.25;
/// A node this far off, in pitches, gives its cell another number.
const MISNUMBERED: f64 = 0.5;

/// What became of one picture.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Distance of the worst node from the truth, pitches; infinite where there is no such tray.
    Located { worst: f64 },
    /// Reason without its numbers, and in full.
    Refused { reason: String, full: String },
}

impl Outcome {
    pub fn located(worst: f64) -> Self {
        Self::Located { worst }
    }

    pub fn refused(refusal: &Refusal) -> Self {
        let full = refusal.to_string();
        let numbers = |c: char| c.is_ascii_digit() || c == '.';
        let words = full.split_whitespace().filter(|w| !w.contains(numbers));
        Self::Refused {
            reason: words.collect::<Vec<_>>().join(" "),
            full,
        }
    }
}

/// Outcomes of one kind of picture.
pub struct Tally {
    right: usize,
    imprecise: Vec<String>,
    misnumbered: Vec<String>,
    refused: Vec<String>,
    reasons: BTreeMap<String, usize>,
    worst: Vec<f64>,
}

impl Tally {
    pub fn of<'a>(outcomes: impl Iterator<Item = (&'a str, &'a Outcome)>) -> Self {
        let mut tally = Self {
            right: 0,
            imprecise: Vec::new(),
            misnumbered: Vec::new(),
            refused: Vec::new(),
            reasons: BTreeMap::new(),
            worst: Vec::new(),
        };
        for (id, outcome) in outcomes {
            tally.add(id, outcome);
        }
        tally
    }

    fn add(&mut self, id: &str, outcome: &Outcome) {
        match outcome {
            Outcome::Located { worst } if *worst <= MOST_ERROR => {
                self.right += 1;
                self.worst.push(*worst);
            }
            Outcome::Located { worst } if *worst <= MISNUMBERED => {
                self.imprecise
                    .push(format!("{id}: worst node {worst:.2} pitches off"));
            }
            Outcome::Located { worst } => {
                self.misnumbered
                    .push(format!("{id}: worst node {worst:.2} pitches off"));
            }
            Outcome::Refused { reason, full } => {
                *self.reasons.entry(reason.clone()).or_default() += 1;
                self.refused.push(format!("{id}: {full}"));
            }
        }
    }

    pub fn print(mut self, title: &str, misses: bool) {
        let wrong = self.imprecise.len() + self.misnumbered.len();
        let all = self.right + wrong + self.refused.len();
        if all == 0 {
            return;
        }
        let percent = |n: usize| 100.0 * n as f64 / all as f64;
        println!("{title}: {all}");
        println!(
            "  right {} ({:.1} %), wrong {wrong} ({:.2} %; misnumbered {}), refused {} ({:.1} %)",
            self.right,
            percent(self.right),
            percent(wrong),
            self.misnumbered.len(),
            self.refused.len(),
            percent(self.refused.len()),
        );
        self.worst.sort_by(f64::total_cmp);
        if let Some(median) = self.worst.get(self.worst.len() / 2) {
            let high = self.worst[self.worst.len() * 95 / 100];
            println!("  worst node of those right: median {median:.3}, 95 % {high:.3} pitches");
        }
        for (reason, count) in &self.reasons {
            println!("  {count:5}  {reason}");
        }
        if misses {
            let expect_refusal = self.right == 0 && self.refused.len() > wrong;
            let lists = [&self.misnumbered, &self.imprecise];
            let refused = (!expect_refusal).then_some(&self.refused);
            for miss in lists.into_iter().chain(refused).flatten() {
                println!("    ! {miss}");
            }
        }
    }
}
