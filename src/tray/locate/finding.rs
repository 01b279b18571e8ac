//! A guess in, its walls followed, its rows and columns counted, its nodes out.

use std::ops::Range;

use crate::frame::Frame;
use crate::geometry::FramePoint;
use crate::tray::{Lattice, Orientation, Refusal, TrayFormat, TrayLocation};

use super::LocateParams;
use super::apart::{self, Part};
use super::comb::Comb;
use super::drift;
use super::evidence::Evidence;
use super::features::{Canvas, Features};
use super::grid::Grid;
use super::guess::Guess;
use super::lines::{self, Lines};
use super::wall::{Pixels, WallMap, WallModel};

/// Rows and columns beyond the asked block that are looked at on every side.
const BEYOND: usize = 2;

/// Times that walls are learnt and followed: once from the guess, once from what was followed, once more
/// when that showed the block to lie a line further.
const PASSES: usize = 3;

/// A guess followed to its walls, with what speaks for it.
pub(super) struct Finding {
    pub canvas: Canvas,
    /// What the map was learnt from.
    pub pixels: Pixels,
    pub map: WallMap,
    pub columns: Lines,
    pub rows: Lines,
    /// Rows and columns of cells found among the lines followed.
    pub block: [Range<usize>; 2],
    /// How many rows and columns of cells were seen at even spacing, those of other trays among them.
    pub run: [usize; 2],
    /// Share of the block's cells of which leaves let see enough.
    pub known: f64,
    pub support: f64,
    pub weakest_line: f64,
    /// How well walls and cells separate over the asked block.
    pub separation: f64,
}

impl Finding {
    /// Follows the walls of a guess, learning twice what they look like.
    pub fn follow(
        frame: &Frame,
        fine: &Features,
        format: TrayFormat,
        guess: &Guess,
        (pixels, params): (Pixels, &LocateParams),
    ) -> Option<Self> {
        let guess = guess.scaled(2.0);
        let canvas = Canvas::turned(fine, guess.angle, frame);
        let mut combs = guess.combs;
        let mut grid = guess.grid(format);
        let asked = [format.rows(), format.cols()];
        let mut last = None;
        for pass in 1..=PASSES {
            let model = WallModel::learn(&canvas, &grid, pixels)?;
            let map = WallMap::of(&canvas, &model);
            let [columns, rows] = follow_lines(&map, format, combs);
            let all = lines::crossings(&columns, &rows);
            let evidence = Evidence::of(&map, &all);
            let mut block = cells_in_view(&evidence, &all, format, params.least_evidence);
            let run = [block[0].len(), block[1].len()];
            for axis in [1, 0] {
                let lines = [&rows, &columns][axis];
                let part = apart::asked_part(&map, &all, axis, &block, asked[axis]);
                if let Some(Part::Whole(part)) = &part {
                    block[axis] = part.clone();
                }
                let comb = &mut combs[1 - axis];
                *comb = lines.recentred(&block[axis], part.as_ref(), asked[axis], *comb);
            }
            grid = all.block(
                BEYOND..BEYOND + format.rows(),
                BEYOND..BEYOND + format.cols(),
            );
            let is_settled = block[0] == (BEYOND..BEYOND + format.rows())
                && block[1] == (BEYOND..BEYOND + format.cols());
            last = Some((model, map, columns, rows, all, block, run));
            if is_settled && pass > 1 {
                break;
            }
        }
        let (model, map, columns, rows, all, block, run) = last?;
        let found = Evidence::of(&map, &all.block(block[0].clone(), block[1].clone()));
        Some(Self {
            known: found.known(),
            support: found.support(),
            weakest_line: found.weakest_line(),
            separation: model.separation,
            canvas,
            pixels,
            map,
            columns,
            rows,
            block,
            run,
        })
    }

    pub fn has_counts_of(&self, format: TrayFormat) -> bool {
        self.block[0].len() == format.rows() && self.block[1].len() == format.cols()
    }

    /// Whether another finding puts nearly the same lines through the picture, whichever it counts first.
    pub fn is_along(&self, other: &Self) -> bool {
        /// In pitches: of places, and of the pitch itself.
        const NEAR: f64 = 0.25;
        let (mine, theirs) = (self.frame_nodes(), other.frame_nodes());
        let at = |(grid, nodes): &(Grid, Vec<FramePoint>), row: usize, col: usize| {
            nodes[row * (grid.cols + 1) + col]
        };
        let [row, col] = [mine.0.rows / 2, mine.0.cols / 2];
        let middle = at(&mine, row, col);
        let steps = [[1, 0], [0, 1]].map(|[r, c]| at(&mine, row + r, col + c));
        let pitch = (steps[0] - middle)
            .length()
            .min((steps[1] - middle).length());
        let is_met = |p: FramePoint| {
            let distances = theirs.1.iter().map(|&q| (q - p).length());
            distances.fold(f64::MAX, f64::min) < NEAR * pitch
        };
        let pitches = [&self.columns, &self.rows].map(Lines::pitch);
        let others = [&other.columns, &other.rows].map(Lines::pitch);
        let is_alike = |(a, b): (&f64, &f64)| (a / b).ln().abs() < NEAR;
        pitches.iter().zip(&others).all(is_alike) && is_met(middle) && steps.into_iter().all(is_met)
    }

    /// All crossings followed, in the frame.
    fn frame_nodes(&self) -> (Grid, Vec<FramePoint>) {
        let grid = lines::crossings(&self.columns, &self.rows);
        let nodes = grid.nodes.iter();
        let nodes = nodes.map(|&[x, y]| self.canvas.frame_point(x, y)).collect();
        (grid, nodes)
    }

    /// Cells of the runs that the block was taken from.
    pub fn cells(&self) -> usize {
        self.run[0] * self.run[1]
    }

    /// Nodes with local drift.
    pub fn locate(
        &self,
        format: TrayFormat,
        params: &LocateParams,
    ) -> Result<TrayLocation, Refusal> {
        let take = |lines: &Lines, range: &Range<usize>| Lines {
            lines: lines.lines[range.start..=range.end].to_vec(),
            ..lines.clone()
        };
        let mut columns = take(&self.columns, &self.block[1]);
        let mut rows = take(&self.rows, &self.block[0]);
        let pitches = [columns.pitch(), rows.pitch()];
        let halves = [
            columns.centred(&self.map, pitches[0]),
            rows.centred(&self.map, pitches[1]),
        ];
        let grid = lines::crossings(&columns, &rows);
        let follow = |grid: &Grid, halves: &[Vec<f64>; 2]| {
            let walls = [0, 1].map(|axis| drift::Walls {
                halves: &halves[axis],
                pitch: pitches[axis],
            });
            drift::follow(&self.map, grid, walls)
        };
        // drift blurs the mean wall: its width is known only once the drift is
        let grid = follow(&grid, &halves);
        let halves = [0, 1]
            .map(|axis| lines::half_widths(&self.map, &grid, axis, pitches[axis], &halves[axis]));
        let grid = follow(&grid, &halves);
        let corner = Evidence::of(&self.map, &grid).weakest_corner();
        if corner < 0.5 * params.least_evidence {
            return Err(Refusal::NoTray(
                "the walls found end before a corner of the block".to_owned(),
            ));
        }
        let nodes = grid
            .nodes
            .iter()
            .map(|&[x, y]| self.canvas.frame_point(x, y))
            .collect();
        let lattice = Lattice::new(format, nodes)
            .map_err(|e| Refusal::NoTray(format!("the walls make no lattice: {e}")))?;
        let pitch = lattice.px_per_pitch();
        if pitch < params.least_pitch_px {
            return Err(Refusal::TooSmall {
                found: pitch,
                limit: params.least_pitch_px,
            });
        }
        Ok(TrayLocation {
            lattice,
            orientation: Orientation::Assumed,
            support: self.support.clamp(0.0, 1.0),
        })
    }
}

/// Lines between columns, then lines between rows, over the asked block and [`BEYOND`] on every side.
fn follow_lines(map: &WallMap, format: TrayFormat, [x, y]: [Comb; 2]) -> [Lines; 2] {
    let (cols, rows) = (format.cols(), format.rows());
    let over_rows = [y.start, y.start + rows as f64 * y.pitch];
    let over_cols = [x.start, x.start + cols as f64 * x.pitch];
    [
        Lines::follow(map, 0, x, (cols, BEYOND), (over_rows, y.pitch)),
        Lines::follow(map, 1, y, (rows, BEYOND), (over_cols, x.pitch)),
    ]
}

/// The rows and columns that are cells, counted along one axis over what was found along the other.
fn cells_in_view(
    evidence: &Evidence,
    all: &Grid,
    format: TrayFormat,
    least: f64,
) -> [Range<usize>; 2] {
    let mut rows = BEYOND..BEYOND + format.rows();
    let mut cols = BEYOND..BEYOND + format.cols();
    // a block that was guessed a line off settles in one round; a second makes sure
    for _ in 0..2 {
        rows = longest_run(all.rows, |row| evidence.row(row, cols.clone()), least);
        cols = longest_run(all.cols, |col| evidence.col(col, rows.clone()), least);
        if rows.is_empty() || cols.is_empty() {
            break;
        }
    }
    [rows, cols]
}

/// The longest run of rows or columns with enough evidence. One that leaves hide (or that is out of view)
/// belongs to a run only between others that do.
fn longest_run(count: usize, evidence: impl Fn(usize) -> Option<f64>, least: f64) -> Range<usize> {
    let mut best = 0..0;
    let mut run = 0..0;
    for i in 0..count {
        match evidence(i) {
            Some(e) if e >= least && run.is_empty() => run = i..i + 1,
            Some(e) if e >= least => run.end = i + 1,
            Some(_) => run = 0..0,
            None => {}
        }
        if run.len() > best.len() {
            best = run.clone();
        }
    }
    best
}
