//! Whether shares that sum to one can meet several linear limits at once.
//!
//! Let a tray be a mix of kinds of cells. Each limit has a slack that is linear in the mix, so the best
//! worst slack is the value of a matrix game between the mix and the limits, which the simplex method
//! finds: the limits can be met together exactly when that value is not negative.

/// Entries to pivot on below this are rounding.
const ROUNDING: f64 = 1e-11;
/// Gains below this are rounding: far below the margin, which must still be seen.
const LEAST_GAIN: f64 = 1e-14;
/// A value that is negative by less than this is rounding: half of the margin.
const VALUE_ROUNDING: f64 = 1e-13;
/// A strict limit must be met by at least this: limits are billionths and a tray has at most 4,096 cells,
/// so that a tray that meets one meets it by 2.4e-13 or more.
const STRICT_MARGIN: f64 = 2e-13;
/// The pivots after which the search gives up and assumes that a mix exists.
const MOST_PIVOTS: usize = 1000;

/// How far a limit is met by each kind of cell alone: negative where it is not.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Slack {
    /// Slack of a tray that is all of one kind, for every kind.
    pub of_kinds: Vec<f64>,
    /// Whether a slack of zero is too little.
    pub strict: bool,
}

/// Whether some mix of kinds meets all limits.
pub(super) fn some_mix_meets(limits: &[Slack]) -> bool {
    let rows: Vec<Vec<f64>> = limits.iter().map(Slack::with_margin).collect();
    let lowest = rows.iter().flatten().copied().fold(0.0, f64::min);
    let lift = 1.0 - lowest;
    let lifted: Vec<Vec<f64>> = rows
        .iter()
        .map(|row| row.iter().map(|v| v + lift).collect())
        .collect();
    match lifted.first().map(Vec::len) {
        None | Some(0) => true,
        Some(kinds) => game_value(&lifted, kinds).is_none_or(|v| v - lift >= -VALUE_ROUNDING),
    }
}

impl Slack {
    fn with_margin(&self) -> Vec<f64> {
        let margin = if self.strict { STRICT_MARGIN } else { 0.0 };
        self.of_kinds.iter().map(|v| v - margin).collect()
    }
}

/// The value of the game with these positive payoffs, a row a limit and a column a kind: what the
/// best mix of kinds is sure of against the worst limit. None when the search gives up.
fn game_value(payoffs: &[Vec<f64>], kinds: usize) -> Option<f64> {
    let limits = payoffs.len();
    let width = limits + kinds + 1;
    // Maximise Σ y over y ≥ 0 with Σ y·payoff ≤ 1 for every kind; the value is 1 ÷ that maximum.
    let mut tableau: Vec<Vec<f64>> = (0..kinds)
        .map(|kind| {
            let mut row = vec![0.0; width];
            for (entry, payoff) in row.iter_mut().zip(payoffs) {
                *entry = payoff[kind];
            }
            row[limits + kind] = 1.0;
            row[width - 1] = 1.0;
            row
        })
        .collect();
    let mut basis: Vec<usize> = (limits..limits + kinds).collect();
    let mut gain: Vec<f64> = (0..width)
        .map(|c| if c < limits { 1.0 } else { 0.0 })
        .collect();
    for _ in 0..MOST_PIVOTS {
        // Bland's rule: the first column that gains, the row that binds first, ties by lowest name.
        let Some(column) = (0..width - 1).find(|c| gain[*c] > LEAST_GAIN) else {
            return Some(-1.0 / gain[width - 1]);
        };
        let binding = |row: &usize| tableau[*row][width - 1] / tableau[*row][column];
        let row = (0..kinds)
            .filter(|r| tableau[*r][column] > ROUNDING)
            .min_by(|a, b| {
                binding(a)
                    .total_cmp(&binding(b))
                    .then_with(|| basis[*a].cmp(&basis[*b]))
            })?;
        pivot(&mut tableau, &mut gain, row, column);
        basis[row] = column;
    }
    None
}

fn pivot(tableau: &mut [Vec<f64>], gain: &mut [f64], row: usize, column: usize) {
    let scale = tableau[row][column];
    tableau[row].iter_mut().for_each(|entry| *entry /= scale);
    let chosen = tableau[row].clone();
    let others = tableau.iter_mut().enumerate().filter(|(r, _)| *r != row);
    for line in others.map(|(_, line)| line.as_mut_slice()).chain([gain]) {
        let factor = line[column];
        for (entry, by) in line.iter_mut().zip(&chosen) {
            *entry -= factor * by;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slack(of_kinds: [f64; 3], strict: bool) -> Slack {
        Slack {
            of_kinds: of_kinds.to_vec(),
            strict,
        }
    }

    #[test]
    fn limits_that_leave_room_are_met_by_some_mix() {
        let half_of_each = [
            slack([0.5, -0.5, -0.5], false),
            slack([-0.5, 0.5, -0.5], false),
        ];
        assert!(some_mix_meets(&half_of_each));
        assert!(some_mix_meets(&[]));
        assert!(some_mix_meets(&[slack([0.0, -1.0, -1.0], false)]));
    }

    #[test]
    fn limits_that_together_ask_for_more_than_a_whole_tray_are_met_by_none() {
        let too_much = [
            slack([0.4, -0.6, -0.6], false),
            slack([-0.5, 0.5, -0.5], false),
        ];
        assert!(!some_mix_meets(&too_much));
        assert!(!some_mix_meets(&[slack([0.0, -1.0, -1.0], true)]));
    }
}
