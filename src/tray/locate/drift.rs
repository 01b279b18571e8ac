//! A grid of straight lines in, the same grid with local drift out.
//!
//! Every piece of wall between two crossings is looked for along its normal; the crossings then follow
//! a field that is smooth, and from which single pieces (under leaves or moss) can stray at little cost.

use super::grid::Grid;
use super::wall::WallMap;

/// How far a piece of wall may lie from its straight line, in pitches.
const REACH: f64 = 0.22;

/// The stretches of a wall that are looked for on their own, as shares of its length: two, so that the
/// slope of a wall tells its ends apart; clear of the crossings.
const STRETCHES: [[f64; 2]; 2] = [[0.12, 0.5], [0.5, 0.88]];

/// What a stretch of wall says: how far off its middle lies, canvas px, and how clearly.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// Indices of the crossings at its ends.
    ends: [usize; 2],
    /// How much each end decides the middle's place; sums to 1.
    shares: [f64; 2],
    offset: f64,
    weight: f64,
}

impl Piece {
    /// How far the middle lies from where the crossings' offsets would have it.
    fn miss(&self, offsets: &[f64]) -> f64 {
        self.offset
            - self.shares[0] * offsets[self.ends[0]]
            - self.shares[1] * offsets[self.ends[1]]
    }
}

/// Walls of one axis: half widths a line and the pitch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walls<'a> {
    /// Half the width of each line's wall, in pitches.
    pub halves: &'a [f64],
    /// Canvas px.
    pub pitch: f64,
}

/// Moves the crossings to where the walls are: `walls[0]` those between columns, `walls[1]` between rows.
pub(super) fn follow(map: &WallMap, grid: &Grid, walls: [Walls<'_>; 2]) -> Grid {
    let mut moved = grid.clone();
    for (axis, walls) in walls.into_iter().enumerate() {
        let pieces = pieces(map, grid, axis, walls);
        let offsets = smooth(grid, axis, &pieces, walls.pitch);
        let offsets = near_surface(grid, &pieces, offsets, walls.pitch);
        for (node, offset) in moved.nodes.iter_mut().zip(offsets) {
            node[axis] += offset;
        }
    }
    moved
}

fn pieces(map: &WallMap, grid: &Grid, axis: usize, walls: Walls<'_>) -> Vec<Piece> {
    let (lines, lengths) = match axis {
        0 => (grid.cols + 1, grid.rows),
        _ => (grid.rows + 1, grid.cols),
    };
    let index = |line: usize, at: usize| match axis {
        0 => at * (grid.cols + 1) + line,
        _ => line * (grid.cols + 1) + at,
    };
    let mut pieces = Vec::with_capacity(lines * lengths);
    for line in 0..lines {
        let sides = [line > 0, line + 1 < lines];
        for at in 0..lengths {
            let ends = [index(line, at), index(line, at + 1)];
            let points = ends.map(|e| grid.nodes[e]);
            let band = Band {
                half: walls.halves[line] * walls.pitch,
                flank: 0.2 * walls.pitch,
                sides,
            };
            for stretch in STRETCHES {
                let parts = stretch
                    .map(|t| [0, 1].map(|k| points[0][k] + (points[1][k] - points[0][k]) * t));
                let (offset, weight) = strongest(map, axis, parts, band, walls.pitch);
                let middle = 0.5 * (stretch[0] + stretch[1]);
                pieces.push(Piece {
                    ends,
                    shares: [1.0 - middle, middle],
                    offset,
                    weight,
                });
            }
        }
    }
    pieces
}

/// A wall's band and the cells on its sides that it is compared with, canvas px.
#[derive(Debug, Clone, Copy)]
struct Band {
    half: f64,
    flank: f64,
    /// Whether there is a cell before it and after it.
    sides: [bool; 2],
}

/// Where along its normal a piece of wall answers best, and how much.
fn strongest(
    map: &WallMap,
    axis: usize,
    ends: [[f64; 2]; 2],
    band: Band,
    pitch: f64,
) -> (f64, f64) {
    const STEPS: i32 = 9;
    /// Price of the farthest offset, as wall-likeness: the nearer of two equal walls wins.
    const PRICE: f64 = 0.1;
    let step = REACH * pitch / f64::from(STEPS);
    let scores: Vec<Option<f64>> = (-STEPS..=STEPS)
        .map(|i| response(map, axis, ends, band, f64::from(i) * step))
        .collect();
    let priced = |i: usize| {
        let share = (i as f64 - f64::from(STEPS)) / f64::from(STEPS);
        scores[i].map(|s| s - PRICE * share * share)
    };
    let best = (0..scores.len())
        .filter_map(|i| Some((i, priced(i)?)))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    let Some((i, score)) = best else {
        return (0.0, 0.0);
    };
    let is_end = i == 0 || i + 1 == scores.len();
    let mut place = i as f64 - f64::from(STEPS);
    if !is_end && let (Some(a), Some(b)) = (priced(i - 1), priced(i + 1)) {
        let bend = a - 2.0 * score + b;
        if bend < -1e-9 {
            place += 0.5 * (a - b) / bend;
        }
    }
    // a best place at the end of the reach is no peak: it says little
    let trust = if is_end { 0.1 } else { 1.0 };
    (place * step, trust * score.clamp(0.0, 2.0))
}

fn response(
    map: &WallMap,
    axis: usize,
    ends: [[f64; 2]; 2],
    band: Band,
    offset: f64,
) -> Option<f64> {
    const ALONG: usize = 6;
    let (mut sum, mut count) = (0.0, 0);
    for s in 0..ALONG {
        let share = (s as f64 + 0.5) / ALONG as f64;
        let mix = |k: usize| ends[0][k] + (ends[1][k] - ends[0][k]) * share;
        let (at, across) = (mix(axis) + offset, mix(1 - axis));
        let mean = |from: f64, to: f64| map.mean(axis, across, at + from, at + to);
        let Some(wall) = mean(-band.half, band.half) else {
            continue;
        };
        let before = mean(-band.half - band.flank, -band.half).filter(|_| band.sides[0]);
        let after = mean(band.half, band.half + band.flank).filter(|_| band.sides[1]);
        let cell = match (before, after) {
            (Some(a), Some(b)) => 0.5 * (a + b),
            (Some(a), None) | (None, Some(a)) => a,
            (None, None) => continue,
        };
        sum += wall - cell;
        count += 1;
    }
    (2 * count >= ALONG).then(|| sum / f64::from(count as u32))
}

/// Offsets of the crossings that agree with the pieces and with each other.
///
/// Minimises Σ w miss² + Σ λ (difference of neighbours)² by Gauss–Seidel;
/// the weights w are lowered for pieces that stray (Huber).
fn smooth(grid: &Grid, axis: usize, pieces: &[Piece], pitch: f64) -> Vec<f64> {
    const ROUNDS: u32 = 4;
    const SWEEPS: u32 = 40;
    const STRAYS: f64 = 0.05;
    let mut offsets = vec![0.0; grid.nodes.len()];
    for _ in 0..ROUNDS {
        let weights: Vec<f64> = pieces
            .iter()
            .map(|p| {
                let stray = p.miss(&offsets).abs();
                p.weight * (STRAYS * pitch / stray.max(1e-9)).min(1.0)
            })
            .collect();
        for _ in 0..SWEEPS {
            sweep(grid, axis, pieces, &weights, &mut offsets);
        }
    }
    offsets
}

/// Terms of a cubic surface.
const TERMS: usize = 10;

/// Powers of the place along the columns and along the rows.
const POWERS: [[i32; 2]; TERMS] = [
    [0, 0],
    [1, 0],
    [0, 1],
    [2, 0],
    [1, 1],
    [0, 2],
    [3, 0],
    [2, 1],
    [1, 2],
    [0, 3],
];

/// Offsets kept near a cubic surface through them: perspective, lens and a sagging tray move crossings in
/// long waves, and only a little each for itself; leaves pull at single ones.
///
/// The surface is fitted by least squares, iteratively reweighted (Huber), each crossing weighing as its
/// pieces of wall do.
fn near_surface(grid: &Grid, pieces: &[Piece], offsets: Vec<f64>, pitch: f64) -> Vec<f64> {
    const ROUNDS: usize = 4;
    const STRAYS: f64 = 0.03;
    /// What a crossing may stray from the surface, in pitches.
    const OWN: f64 = 0.06;
    let mut trust = vec![1e-3; offsets.len()];
    for piece in pieces {
        for (end, share) in piece.ends.into_iter().zip(piece.shares) {
            trust[end] += share * piece.weight;
        }
    }
    let terms: Vec<Terms> = (0..offsets.len()).map(|i| terms_at(grid, i)).collect();
    let mut surface = Terms::zeros();
    for _ in 0..ROUNDS {
        let mut square = Square::identity() * 1e-6;
        let mut product = Terms::zeros();
        for (i, t) in terms.iter().enumerate() {
            let stray = (offsets[i] - surface.dot(t)).abs();
            let weight = trust[i] * (STRAYS * pitch / stray.max(1e-9)).min(1.0);
            square += t * t.transpose() * weight;
            product += t * (weight * offsets[i]);
        }
        match square.cholesky() {
            Some(factors) => surface = factors.solve(&product),
            None => return offsets,
        }
    }
    let own = OWN * pitch;
    terms
        .iter()
        .zip(offsets)
        .map(|(t, offset)| {
            let on_surface = surface.dot(t);
            on_surface + (offset - on_surface).clamp(-own, own)
        })
        .collect()
}

type Terms = nalgebra::SVector<f64, TERMS>;
type Square = nalgebra::SMatrix<f64, TERMS, TERMS>;

/// The surface's terms at a crossing; higher powers than the grid has lines for are left out.
fn terms_at(grid: &Grid, i: usize) -> Terms {
    let (x, y) = (i % (grid.cols + 1), i / (grid.cols + 1));
    let place = |at: usize, cells: usize| 2.0 * at as f64 / cells as f64 - 1.0;
    let (u, v) = (place(x, grid.cols), place(y, grid.rows));
    let most = |cells: usize| (cells / 2) as i32;
    Terms::from_fn(|k, _| {
        let [p, q] = POWERS[k];
        if p > most(grid.cols).max(1) || q > most(grid.rows).max(1) {
            return 0.0;
        }
        u.powi(p) * v.powi(q)
    })
}

/// One Gauss–Seidel sweep.
fn sweep(grid: &Grid, axis: usize, pieces: &[Piece], weights: &[f64], offsets: &mut [f64]) {
    /// Stiffness along a line and between lines: a wall bends little, neighbouring walls shift together.
    const ALONG: f64 = 0.12;
    const BETWEEN: f64 = 0.06;
    let (across_count, down_count) = (grid.cols + 1, grid.rows + 1);
    let (right, down) = match axis {
        0 => (BETWEEN, ALONG),
        _ => (ALONG, BETWEEN),
    };
    // the slope of the sum of squares: each end takes its share of the miss
    let mut pull = vec![(0.0, 0.0); offsets.len()];
    for (piece, &w) in pieces.iter().zip(weights) {
        let miss = piece.miss(offsets);
        for (end, share) in piece.ends.into_iter().zip(piece.shares) {
            pull[end].0 += w * share * (offsets[end] + miss);
            pull[end].1 += w * share;
        }
    }
    for i in 0..offsets.len() {
        let (x, y) = (i % across_count, i / across_count);
        let (mut sum, mut weight) = pull[i];
        let mut neighbour = |j: usize, stiffness: f64, offsets: &[f64]| {
            sum += stiffness * offsets[j];
            weight += stiffness;
        };
        if x > 0 {
            neighbour(i - 1, right, offsets);
        }
        if x + 1 < across_count {
            neighbour(i + 1, right, offsets);
        }
        if y > 0 {
            neighbour(i - across_count, down, offsets);
        }
        if y + 1 < down_count {
            neighbour(i + across_count, down, offsets);
        }
        offsets[i] = sum / weight.max(1e-9);
    }
}
