//! What the perspective leaves of the phases in, nodes that follow the lattice's local drift out.

use super::perspective::{self, Perspective, fitness};
use super::reading::Sample;

/// Columns and rows that a block has here, and its first cell among those of the [`Perspective`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    /// The first column and the first row.
    pub origin: [i64; 2],
    /// Columns and rows.
    pub cells: [usize; 2],
}

/// How well the lattice holds the block's phases: mean cosines of the residuals, 1 where all agree, 0 for chance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Agreement {
    /// Over the whole block.
    pub mean: f64,
    /// Of the row or column that agrees least.
    pub worst: f64,
}

/// What speaks for no drift at every node, in samples: where little is seen, at corners, a phase or two moves nothing.
const LEAST_WEIGHT: f64 = 16.0;

/// Weight, and weighted residuals along x and y, gathered at a node.
type Gathered = [f64; 3];

/// Nodes in the shrunk picture, px, row by row, `cells[0] + 1` a row; `None` where one lies beyond the horizon.
///
/// Smoothing takes a quarter of a drift that waves over seven pitches; what it leaves is smoothed and added once more
/// (twicing: Tukey, *Exploratory Data Analysis*, 1977, §16).
pub(super) fn nodes(all: &[Sample], map: &Perspective, block: Block) -> Option<Vec<[f64; 2]>> {
    let [columns, rows] = block.cells.map(|count| count + 1);
    let mut drift = vec![[0.0; 2]; columns * rows];
    for _ in 0..2 {
        let left = smoothed(&gather(all, map, block, &drift), columns, rows);
        for (drift, [weight, du, dv]) in drift.iter_mut().zip(left) {
            drift[0] += du / (weight + LEAST_WEIGHT);
            drift[1] += dv / (weight + LEAST_WEIGHT);
        }
    }
    let node = |(i, drift): (usize, &[f64; 2])| {
        let at = [i % columns, i / columns];
        map.place([0, 1].map(|k| (block.origin[k] + at[k] as i64) as f64 - drift[k]))
    };
    drift.iter().enumerate().map(node).collect()
}

/// What the residuals of the block's samples leave of the nodes' drift, shared out among the four nodes around each.
fn gather(all: &[Sample], map: &Perspective, block: Block, drift: &[[f64; 2]]) -> Vec<Gathered> {
    let columns = block.cells[0] + 1;
    let mut nodes = vec![[0.0; 3]; drift.len()];
    for sample in all {
        let Some((cell, within)) = block.cell_of(map.cells_at(sample.at)) else {
            continue;
        };
        let residual = map.residual(sample);
        let corners = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(right, below)| {
            let near = |k: usize, far: usize| if far == 1 { within[k] } else { 1.0 - within[k] };
            let node = (cell[1] + below) * columns + cell[0] + right;
            (node, near(0, right) * near(1, below))
        });
        let left = [0, 1].map(|k| {
            let known = corners.map(|(node, share)| share * drift[node][k]);
            residual[k] - known.iter().sum::<f64>()
        });
        // A phase that fits the drift known so far is no stray, however far it is from the map.
        let weight = sample.weight * fitness(left);
        for (node, share) in corners {
            let share = weight * share;
            nodes[node][0] += share;
            nodes[node][1] += share * left[0];
            nodes[node][2] += share * left[1];
        }
    }
    nodes
}

impl Block {
    /// The column and row of a place among the map's cells, and its place within that cell, 0–1.
    fn cell_of(&self, at: [f64; 2]) -> Option<([usize; 2], [f64; 2])> {
        let from = [0, 1].map(|k| at[k] - self.origin[k] as f64);
        let is_inside = (0..2).all(|k| from[k] >= 0.0 && from[k] < self.cells[k] as f64);
        is_inside.then(|| (from.map(|c| c as usize), from.map(f64::fract)))
    }
}

/// Every node with its eight neighbours, weighed 1, 2, 1 along both ways.
fn smoothed(nodes: &[Gathered], columns: usize, rows: usize) -> Vec<Gathered> {
    let pass =
        |nodes: &[Gathered], apart: usize, count: usize, index: fn(usize, usize) -> usize| {
            let mut out = nodes.to_vec();
            for (i, sum) in out.iter_mut().enumerate() {
                let place = index(i, columns);
                for k in 0..3 {
                    let before = if place > 0 { nodes[i - apart][k] } else { 0.0 };
                    let after = if place + 1 < count {
                        nodes[i + apart][k]
                    } else {
                        0.0
                    };
                    sum[k] = before + 2.0 * nodes[i][k] + after;
                }
            }
            out
        };
    let along = pass(nodes, 1, columns, |i, columns| i % columns);
    pass(&along, columns, rows, |i, columns| i / columns)
}

/// How well the map holds the phases of the block's samples.
pub(super) fn agreement(all: &[Sample], map: &Perspective, block: Block) -> Agreement {
    let mut sums = block.cells.map(|count| vec![(0.0, 0_usize); count]);
    let (mut total, mut count) = (0.0, 0_usize);
    for sample in all {
        let Some((cell, _)) = block.cell_of(map.cells_at(sample.at)) else {
            continue;
        };
        let agreement = perspective::agreement(map, sample);
        total += agreement;
        count += 1;
        for k in 0..2 {
            let sum = &mut sums[k][cell[k]];
            sum.0 += agreement;
            sum.1 += 1;
        }
    }
    let means = sums.iter().flatten().filter(|(_, count)| *count > 0);
    let worst = means.map(|(sum, count)| sum / *count as f64);
    Agreement {
        mean: total / count.max(1) as f64,
        worst: worst.fold(1.0, f64::min),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::perspective::{fit, phase_steps, wrapped};
    use super::super::reading::STRIDE;
    use super::*;

    /// Samples of a straight tray of 14 x 7 cells of 16 px, whose rows wave by `drift` pitches.
    fn waving(drift: f64) -> Vec<Sample> {
        let (columns, rows) = (64, 36);
        let sample = |i: usize| {
            let at = [i % columns, i / columns].map(|c| (c as f64 + 0.5) * STRIDE);
            let [u, v] = at.map(|c| (c - 16.0) / 16.0);
            let v = v + drift * (0.8 * u).sin();
            let inside = (0.0..=14.0).contains(&u) && (0.0..=7.0).contains(&v);
            Sample {
                at,
                phase: [wrapped(u), wrapped(v)],
                share: [u / 14.0, v / 7.0],
                block: f64::from(u8::from(inside)),
                weight: f64::from(u8::from(inside)),
            }
        };
        (0..columns * rows).map(sample).collect()
    }

    #[test]
    fn nodes_follow_rows_that_wave() {
        let all = waving(0.12);
        let samples: Vec<Sample> = all.iter().copied().filter(|s| s.block > 0.5).collect();
        let map = fit(&samples, phase_steps(&all, 64), [14, 7], 256).unwrap();
        let origin = map.cells_at([24.0, 24.0]).map(|c| c.floor() as i64);
        let block = Block {
            origin,
            cells: [14, 7],
        };
        assert!(agreement(&all, &map, block).worst > 0.6);
        for (i, [x, y]) in nodes(&all, &map, block).unwrap().into_iter().enumerate() {
            let [u, v] = [i % 15, i / 15].map(|c| c as f64);
            let truth = [16.0 + 16.0 * u, 16.0 + 16.0 * (v - 0.12 * (0.8 * u).sin())];
            let off = (x - truth[0]).hypot(y - truth[1]) / 16.0;
            assert!(off < 0.06, "node {i}: {off:.3} pitches off");
        }
    }

    #[test]
    fn chance_agrees_with_no_lattice() {
        let mut all = waving(0.0);
        let samples: Vec<Sample> = all.iter().copied().filter(|s| s.block > 0.5).collect();
        let map = fit(&samples, phase_steps(&all, 64), [14, 7], 256).unwrap();
        let origin = map.cells_at([24.0, 24.0]).map(|c| c.floor() as i64);
        let block = Block {
            origin,
            cells: [14, 7],
        };
        for (i, sample) in all.iter_mut().enumerate() {
            sample.phase = [wrapped(i as f64 * 0.618), wrapped(i as f64 * 0.414)];
        }
        assert!(agreement(&all, &map, block).mean.abs() < 0.1);
    }
}
