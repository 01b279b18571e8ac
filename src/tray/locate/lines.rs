//! A wall map and a comb in, every wall line of one axis out.
//!
//! Each line is straight on the canvas but has its own place and slope, so that perspective and a gap
//! between two trays need no model. Lines are followed from the middle outwards, each expected one
//! spacing beyond the last.

use std::ops::Range;

use super::apart::Part;
use super::comb::Comb;
use super::grid::Grid;
use super::wall::{WallMap, mean_between};

/// A wall line: its place along its axis at both ends of the run, canvas px.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    pub ends: [f64; 2],
}

/// The wall lines of one axis.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    /// 0: lines that cross x (walls between columns); 1: lines that cross y.
    pub axis: usize,
    /// The stretch of the other axis along which lines were followed, canvas px.
    pub run: [f64; 2],
    pub lines: Vec<Line>,
}

impl Line {
    fn at(&self, run: [f64; 2], along: f64) -> f64 {
        let share = (along - run[0]) / (run[1] - run[0]);
        self.ends[0] + (self.ends[1] - self.ends[0]) * share
    }

    fn moved(&self, by: [f64; 2]) -> Self {
        Self {
            ends: [self.ends[0] + by[0], self.ends[1] + by[1]],
        }
    }

    fn middle(&self) -> f64 {
        0.5 * (self.ends[0] + self.ends[1])
    }
}

/// How far a line may lie from where it is expected, in pitches.
const REACH: f64 = 0.32;

impl Lines {
    /// Follows `cells` cells and `beyond` more on both sides. `run` is the stretch of the other axis
    /// that the block covers, `run_pitch` its pitch there.
    pub fn follow(
        map: &WallMap,
        axis: usize,
        comb: Comb,
        (cells, beyond): (usize, usize),
        (run, run_pitch): ([f64; 2], f64),
    ) -> Self {
        let run = [run[0].max(0.0), run[1].min(map.length(1 - axis))];
        let count = cells + 2 * beyond + 1;
        let middle = count / 2;
        let start = comb.start + (middle as f64 - beyond as f64) * comb.pitch;
        let search = Search::new(map, axis, run, run_pitch / 8.0, comb.pitch);
        let first = search.nearest(Line { ends: [start; 2] });
        let mut lines = vec![first; count];
        for direction in [1_isize, -1] {
            let mut spacing = [direction as f64 * comb.pitch; 2];
            let mut last = first;
            let mut i = middle as isize + direction;
            while (0..count as isize).contains(&i) {
                let found = search.nearest(last.moved(spacing));
                for (s, (new, old)) in spacing.iter_mut().zip(found.ends.iter().zip(last.ends)) {
                    *s += 0.5 * (new - old - *s);
                }
                lines[i as usize] = found;
                last = found;
                i += direction;
            }
        }
        Self { axis, run, lines }
    }

    /// Half a wall's width and the shift to its middle for every line, read from the mean profile
    /// across it; `outer` lines are placed half a usual wall outside their opening. Moves the lines.
    pub fn centred(&mut self, map: &WallMap, pitch: f64) -> Vec<f64> {
        let last = self.lines.len() - 1;
        let profiles: Vec<Vec<f64>> = self
            .lines
            .iter()
            .map(|line| {
                let steps = ((self.run[1] - self.run[0]) / 2.0).max(1.0) as usize;
                let points = (0..steps).map(|s| {
                    let along = along(self.run, s, steps);
                    (line.at(self.run, along), along)
                });
                across_profile(map, self.axis, points, pitch)
            })
            .collect();
        let edges: Vec<[Option<f64>; 2]> = profiles.iter().map(|p| wall_edges(p)).collect();
        let mut halves: Vec<f64> = edges[1..last.max(1)]
            .iter()
            .filter_map(|e| Some(0.5 * (e[1]? - e[0]?)))
            .collect();
        halves.sort_by(f64::total_cmp);
        let usual = halves.get(halves.len() / 2).copied().unwrap_or(0.1);
        let usual = usual.clamp(LEAST_HALF, MOST_HALF);
        let mut found = Vec::new();
        for (i, edge) in edges.iter().enumerate() {
            let (shift, half) = match edge {
                [_, Some(inner)] if i == 0 => (inner - usual, usual),
                [Some(inner), _] if i == last => (inner + usual, usual),
                [Some(a), Some(b)] if i > 0 && i < last => (0.5 * (a + b), 0.5 * (b - a)),
                _ => (0.0, usual),
            };
            self.lines[i] = self.lines[i].moved([shift * pitch; 2]);
            found.push(half.max(LEAST_HALF));
        }
        found
    }

    /// The comb whose `cells` cells begin (or end) with the block that was found, or with the part of it that
    /// goes on past the lines followed; to be followed again.
    pub fn recentred(
        &self,
        block: &Range<usize>,
        part: Option<&Part>,
        cells: usize,
        comb: Comb,
    ) -> Comb {
        if block.is_empty() {
            return comb;
        }
        let pitch = (self.lines[block.end].middle() - self.lines[block.start].middle())
            / block.len() as f64;
        // a block cut by the first line looked at may go on there: hold its other end
        let start = match part {
            Some(&Part::From(line)) => self.lines[line].middle(),
            Some(&Part::To(line)) => self.lines[line].middle() - cells as f64 * pitch,
            _ if block.start == 0 => self.lines[block.end].middle() - cells as f64 * pitch,
            _ => self.lines[block.start].middle(),
        };
        Comb {
            pitch,
            start,
            ..comb
        }
    }

    /// Lines at the borders of a block's cells whose middle lies in the picture.
    pub fn in_view(&self, map: &WallMap, block: &Range<usize>) -> usize {
        self.lines[block.start..=block.end]
            .iter()
            .filter(|line| (0.0..map.length(self.axis)).contains(&line.middle()))
            .count()
    }

    /// How much of the stretch between a line and the next lies in the picture, 0–1.
    pub fn share_in_view(&self, map: &WallMap, line: usize) -> f64 {
        let (from, to) = (self.lines[line].middle(), self.lines[line + 1].middle());
        let length = map.length(self.axis);
        (to.clamp(0.0, length) - from.clamp(0.0, length)) / (to - from)
    }

    /// Median distance of neighbouring lines, canvas px.
    pub fn pitch(&self) -> f64 {
        let mut gaps: Vec<f64> = self
            .lines
            .windows(2)
            .map(|w| w[1].middle() - w[0].middle())
            .collect();
        gaps.sort_by(f64::total_cmp);
        gaps.get(gaps.len() / 2).copied().unwrap_or(1.0)
    }
}

/// Mean wall-likeness across a line from −½ to ½ pitch.
const PROFILE: usize = 48;

fn across_profile(
    map: &WallMap,
    axis: usize,
    points: impl Iterator<Item = (f64, f64)>,
    pitch: f64,
) -> Vec<f64> {
    let width = pitch / PROFILE as f64;
    let mut sums = [(0.0, 0.0); PROFILE];
    for (at, along) in points {
        for (i, (sum, count)) in sums.iter_mut().enumerate() {
            let at = at + ((i as f64 + 0.5) / PROFILE as f64 - 0.5) * pitch;
            if let Some(m) = map.mean(axis, along, at - width, at + width) {
                *sum += m;
                *count += 1.0;
            }
        }
    }
    sums.iter()
        .map(|&(sum, count)| if count > 0.0 { sum / count } else { f64::NAN })
        .collect()
}

/// Half a wall's width in pitches for every line of an axis, measured along the grid's own, drifted
/// lines; a line that does not show it keeps the width it `had`, the outermost take the usual one.
pub(super) fn half_widths(
    map: &WallMap,
    grid: &Grid,
    axis: usize,
    pitch: f64,
    had: &[f64],
) -> Vec<f64> {
    const STEPS: usize = 8;
    let pieces = [grid.rows, grid.cols][axis];
    let node = |line: usize, i: usize| match axis {
        0 => grid.node(i, line),
        _ => grid.node(line, i),
    };
    let last = had.len() - 1;
    let mut halves = had.to_vec();
    let mut known = Vec::new();
    for (line, half) in halves.iter_mut().enumerate().take(last).skip(1) {
        let points = (0..pieces * STEPS).map(|s| {
            let share = (s % STEPS) as f64 / STEPS as f64;
            let (a, b) = (node(line, s / STEPS), node(line, s / STEPS + 1));
            let mix = |k: usize| a[k] + (b[k] - a[k]) * share;
            (mix(axis), mix(1 - axis))
        });
        if let [Some(a), Some(b)] = wall_edges(&across_profile(map, axis, points, pitch)) {
            *half = (0.5 * (b - a)).max(LEAST_HALF);
            known.push(*half);
        }
    }
    known.sort_by(f64::total_cmp);
    if let Some(&usual) = known.get(known.len() / 2) {
        halves[0] = usual.min(MOST_HALF);
        halves[last] = usual.min(MOST_HALF);
    }
    halves
}

/// Walls of trays are this thick at least and at most, as half widths in pitches.
const LEAST_HALF: f64 = 0.03;
const MOST_HALF: f64 = 0.25;

/// Where a profile leaves the cell before the wall and enters the cell after it, in pitches from its middle.
fn wall_edges(profile: &[f64]) -> [Option<f64>; 2] {
    let half = profile.len() / 2;
    let known = || profile.iter().copied().filter(|v| v.is_finite());
    let (low, high) = (
        known().fold(f64::MAX, f64::min),
        known().fold(f64::MIN, f64::max),
    );
    let level = 0.5 * (low + high);
    let crossing = |indices: &mut dyn Iterator<Item = usize>| -> Option<f64> {
        let mut previous: Option<usize> = None;
        for i in indices {
            let v = profile[i];
            if let Some(p) = previous
                && profile[p] < level
                && v >= level
            {
                let share = (level - profile[p]) / (v - profile[p]);
                let at = p as f64 + (i as f64 - p as f64) * share + 0.5;
                return Some(at / profile.len() as f64 - 0.5);
            }
            previous = v.is_finite().then_some(i);
        }
        None
    };
    // the middle of a cell lies half a pitch off; its plant must not be taken for a wall
    let margin = profile.len() / 12;
    [
        crossing(&mut (margin..half + margin)),
        crossing(&mut (half - margin..profile.len() - margin).rev()),
    ]
}

/// The search for one line among responses that are computed once for all lines of an axis.
struct Search {
    length: f64,
    run: [f64; 2],
    pitch: f64,
    /// For every step along the run, the response at every canvas pixel of the axis.
    responses: Vec<Vec<f32>>,
}

impl Search {
    fn new(map: &WallMap, axis: usize, run: [f64; 2], step: f64, pitch: f64) -> Self {
        let steps = ((run[1] - run[0]) / step).max(1.0) as usize;
        let length = map.length(axis);
        let responses = (0..steps)
            .map(|s| along(run, s, steps))
            .map(|across| responses(map, axis, pitch, across))
            .collect();
        Self {
            length,
            run,
            pitch,
            responses,
        }
    }

    /// The line of best response near an expected one, or the expected one where nothing is in view.
    fn nearest(&self, expected: Line) -> Line {
        const FIRST: i32 = 4;
        const ROUNDS: u32 = 3;
        if expected.middle() < 0.0 || expected.middle() > self.length {
            return expected;
        }
        let mut step = REACH * self.pitch / f64::from(FIRST);
        let mut best = (expected, self.score(expected, expected));
        let mut reach = FIRST;
        for _ in 0..=ROUNDS {
            let from = best.0;
            for i in -reach..=reach {
                for j in -reach..=reach {
                    let line = from.moved([f64::from(i) * step, f64::from(j) * step]);
                    let score = self.score(line, expected);
                    if score > best.1 {
                        best = (line, score);
                    }
                }
            }
            reach = 1;
            step *= 0.5;
        }
        best.0
    }

    /// Response along a line less a price for straying.
    fn score(&self, line: Line, expected: Line) -> f64 {
        const PRICE: f64 = 0.2;
        let stray: f64 = (0..2)
            .map(|k| ((line.ends[k] - expected.ends[k]) / (REACH * self.pitch)).powi(2))
            .sum();
        let steps = self.responses.len();
        let sum: f32 = self
            .responses
            .iter()
            .enumerate()
            .map(|(s, responses)| {
                let at = line.at(self.run, along(self.run, s, steps));
                let at = at.clamp(0.0, self.length - 1.0);
                let i = at as usize;
                responses[i] + (responses[i + 1] - responses[i]) * (at - i as f64) as f32
            })
            .sum();
        f64::from(sum) / steps as f64 - PRICE * stray
    }
}

/// The place of a step along a run.
fn along(run: [f64; 2], step: usize, steps: usize) -> f64 {
    run[0] + (step as f64 + 0.5) / steps as f64 * (run[1] - run[0])
}

/// Wall between cells at every canvas pixel of a line across: the band against its flanks, half a pitch to
/// either side.
fn responses(map: &WallMap, axis: usize, pitch: f64, across: f64) -> Vec<f32> {
    const EDGES: [f64; 6] = [-0.5, -0.25, -0.18, 0.18, 0.25, 0.5];
    let length = map.length(axis);
    let edges = EDGES.map(|e| e * pitch);
    let sums = edges.map(|edge| map.sums_beyond(axis, across, edge));
    let [Some(a), Some(b), Some(c), Some(d), Some(e), Some(f)] = sums else {
        return vec![0.0; length as usize + 1];
    };
    let sums = [a, b, c, d, e, f];
    (0..=length as usize)
        .map(|at| {
            let place = |edge: usize| (at as f64 + edges[edge]).clamp(0.0, length);
            let mean = |from: usize| {
                let seen = place(from + 1) - place(from);
                mean_between(sums[from][at], sums[from + 1][at], seen)
            };
            let Some(band) = mean(2) else {
                return 0.0;
            };
            let flank = match (mean(0), mean(4)) {
                (Some(a), Some(b)) => 0.5 * (a + b),
                (Some(a), None) | (None, Some(a)) => a,
                (None, None) => return 0.0,
            };
            (band - flank) as f32
        })
        .collect()
}

/// The crossings of column lines and row lines.
pub(super) fn crossings(columns: &Lines, rows: &Lines) -> Grid {
    let mut nodes = Vec::with_capacity(columns.lines.len() * rows.lines.len());
    for row in &rows.lines {
        for column in &columns.lines {
            let (mut x, mut y) = (column.middle(), row.middle());
            // slopes are small: a few rounds settle to far below a pixel
            for _ in 0..4 {
                x = column.at(columns.run, y);
                y = row.at(rows.run, x);
            }
            nodes.push([x, y]);
        }
    }
    Grid {
        rows: rows.lines.len() - 1,
        cols: columns.lines.len() - 1,
        nodes,
    }
}
