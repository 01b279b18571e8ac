//! A condition on a whole tray, such as `share(A) + share(B) >= 0.80 and blank <= 0.05`: decided, and
//! checked for whether any tray could meet it.
//!
//! Shares are decided in whole numbers (cells × 10⁻⁹), so that 184 of 200 cells is exactly 0.92.

use super::criterion::Comparison;
use super::error::{Fault, StandardProblem, shortened};
use super::feasible::{Slack, some_mix_meets};

/// Numbers in rules are kept in billionths.
const BILLION: f64 = 1e9;
/// A condition with more alternatives than this is not searched for contradictions.
const MOST_ALTERNATIVES: usize = 256;

/// The cells of a tray that were sown, by what became of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SownCells {
    /// Sown cells.
    pub sown: usize,
    /// Sown cells with a plant of each grade, as the standard orders them.
    pub graded: Vec<usize>,
    /// Sown cells that are blank.
    pub blank: usize,
    /// Sown cells with two or more plants.
    pub double: usize,
    /// Sown cells without a decision.
    pub unsure: usize,
}

/// A condition on the shares of a tray.
#[derive(Debug, Clone, PartialEq)]
pub struct TrayCondition(Condition);

impl TrayCondition {
    /// Whether the tray meets it. A tray without sown cells has no shares and meets none.
    #[must_use]
    pub fn holds(&self, tray: &SownCells) -> bool {
        tray.sown > 0 && self.0.holds(tray)
    }

    /// Reads a rule; spans are bytes of `text`.
    pub(super) fn parse(text: &str, grades: &[&str]) -> Result<Self, Fault> {
        let condition = super::rule_text::read(text, grades)?;
        if condition.may_hold() {
            return Ok(Self(condition));
        }
        let subject = format!("tray rule {:?}", shortened(text));
        let why = "the shares of a tray lie between 0 and 1 and sum to 1".to_owned();
        Err(Fault::new(
            0..text.len(),
            StandardProblem::NeverHolds { subject, why },
        ))
    }
}

/// The tree of a condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    /// Every part holds.
    All(Vec<Condition>),
    /// At least one part holds.
    Any(Vec<Condition>),
    /// One comparison.
    Compare(Compared),
}

impl Condition {
    fn holds(&self, tray: &SownCells) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(tray)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(tray)),
            Self::Compare(compared) => compared.holds(tray),
        }
    }

    /// Whether some tray could meet it; true too where that is too long to find out.
    fn may_hold(&self) -> bool {
        let meets = |all: &Vec<&Compared>| {
            some_mix_meets(&all.iter().map(|c| c.slack()).collect::<Vec<_>>())
        };
        self.alternatives()
            .is_none_or(|ways| ways.iter().any(meets))
    }

    /// The comparisons that must hold together, for each way to meet the condition; none when there
    /// are too many ways.
    fn alternatives(&self) -> Option<Vec<Vec<&Compared>>> {
        match self {
            Self::Compare(compared) => Some(vec![vec![compared]]),
            Self::Any(parts) => {
                let each: Option<Vec<_>> = parts.iter().map(Self::alternatives).collect();
                Some(each?.concat()).filter(|ways| ways.len() <= MOST_ALTERNATIVES)
            }
            Self::All(parts) => parts.iter().try_fold(vec![Vec::new()], |ways, part| {
                let more = part.alternatives()?;
                (ways.len() * more.len() <= MOST_ALTERNATIVES).then(|| joined(&ways, &more))
            }),
        }
    }
}

/// Every way of `a` together with every way of `b`.
fn joined<'a>(a: &[Vec<&'a Compared>], b: &[Vec<&'a Compared>]) -> Vec<Vec<&'a Compared>> {
    let pairs = a
        .iter()
        .flat_map(|first| b.iter().map(move |second| (first, second)));
    pairs
        .map(|(first, second)| [first.as_slice(), second].concat())
        .collect()
}

/// A sum of shares against zero.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Compared {
    /// Left side less right side.
    pub difference: ShareSum,
    /// How it is compared with zero.
    pub comparison: Comparison,
}

impl Compared {
    fn holds(&self, tray: &SownCells) -> bool {
        self.comparison
            .holds(self.difference.billionths_of_cells(tray), 0)
    }

    /// How far the comparison is met by a tray that is all of one kind, for every kind.
    fn slack(&self) -> Slack {
        let sign = match self.comparison {
            Comparison::AtLeast | Comparison::Above => 1.0,
            Comparison::AtMost | Comparison::Below => -1.0,
        };
        let constant = self.difference.billionths as f64 / BILLION;
        let weights = self.difference.weights();
        Slack {
            of_kinds: weights.map(|w| sign * (w as f64 + constant)).collect(),
            strict: matches!(self.comparison, Comparison::Above | Comparison::Below),
        }
    }
}

/// A weighted sum of shares and a constant.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ShareSum {
    /// Weight of each grade's share.
    pub graded: Vec<i64>,
    /// Weight of the share of blanks.
    pub blank: i64,
    /// Weight of the share of doubles.
    pub double: i64,
    /// Weight of the share of unsure cells.
    pub unsure: i64,
    /// The constant.
    pub billionths: i64,
}

impl ShareSum {
    /// Nothing, over this many grades.
    pub fn zero(grades: usize) -> Self {
        Self {
            graded: vec![0; grades],
            blank: 0,
            double: 0,
            unsure: 0,
            billionths: 0,
        }
    }

    /// A number, which is rounded to billionths.
    pub fn number(grades: usize, value: f64) -> Self {
        Self {
            billionths: (value * BILLION).round() as i64,
            ..Self::zero(grades)
        }
    }

    /// `self + sign × other`.
    pub fn plus(mut self, sign: i64, other: &Self) -> Self {
        for (mine, theirs) in self.graded.iter_mut().zip(&other.graded) {
            *mine += sign * theirs;
        }
        self.blank += sign * other.blank;
        self.double += sign * other.double;
        self.unsure += sign * other.unsure;
        self.billionths += sign * other.billionths;
        self
    }

    /// Weights of all kinds of cells.
    fn weights(&self) -> impl Iterator<Item = i64> + '_ {
        self.graded
            .iter()
            .copied()
            .chain([self.blank, self.double, self.unsure])
    }

    /// The sum over this tray, times its sown cells, in billionths.
    fn billionths_of_cells(&self, tray: &SownCells) -> i128 {
        let counts = tray
            .graded
            .iter()
            .copied()
            .chain([tray.blank, tray.double, tray.unsure]);
        let cells: i128 = self
            .weights()
            .zip(counts)
            .map(|(w, n)| i128::from(w) * n as i128)
            .sum();
        cells * BILLION as i128 + i128::from(self.billionths) * tray.sown as i128
    }
}
