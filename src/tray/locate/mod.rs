//! A frame and a tray format in, the tray's lattice in the frame out, or a refusal with its reason.
//!
//! The way: reduce the picture to wall-telling [`features`]; guess angle, pitch and phase from
//! [`comb`]s of lines ([`guess`]); learn from a guess what walls look like here ([`wall`]); follow every
//! wall [`lines`]; count rows and columns by [`evidence`]; follow local [`drift`].
//!
//! Invariant: rows and columns are counted in the picture and only then compared with the format. A
//! block with another row or column of cells beside it, or with one too few, is refused.

mod comb;
mod drift;
mod evidence;
mod features;
mod grid;
mod guess;
mod lines;
mod profile;
mod wall;

use std::ops::Range;

use crate::frame::Frame;

use super::{Lattice, Orientation, Refusal, TrayFormat, TrayLocation};
use comb::Comb;
use evidence::Evidence;
use features::{Canvas, Features};
use grid::Grid;
use guess::Guess;
use lines::Lines;
use wall::{WallMap, WallModel};

/// What the search for a tray may assume.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocateParams {
    /// The most that a tray is turned in the picture, radians.
    pub most_angle: f64,
    /// The fewest frame pixels a cell pitch.
    pub least_pitch_px: f64,
    /// The least evidence for a row or column of cells, 0 to 1: half-way between none and usual.
    pub least_evidence: f64,
}

impl Default for LocateParams {
    /// 15°, 16 px, 0.4.
    fn default() -> Self {
        Self {
            most_angle: 15.0_f64.to_radians(),
            least_pitch_px: 16.0,
            least_evidence: 0.4,
        }
    }
}

/// Finds the block of cells in a frame. Numbering follows the picture: row 0 at its top, column 0 at
/// its left.
///
/// # Errors
/// [`Refusal::NoTray`], [`Refusal::WrongGrid`] or [`Refusal::TooSmall`], with a reason for operators.
pub fn locate(
    frame: &Frame,
    format: TrayFormat,
    params: &LocateParams,
) -> Result<TrayLocation, Refusal> {
    refuse_hopeless(frame, format, params)?;
    let fine = Features::of_frame(frame, long_side(format));
    let coarse = fine.halved();
    let guesses = guess::best_guesses(frame, &coarse, format, params.most_angle);
    let best = best_finding(frame, &fine, format, &guesses, params)
        .ok_or_else(|| Refusal::NoTray("no even lines that could be walls".to_owned()))?;
    best.refuse_doubtful(format, params)?;
    best.locate(format, params)
}

/// The guess that separates walls from cells best once followed. Others than the first are followed only
/// where it leaves a doubt.
fn best_finding(
    frame: &Frame,
    fine: &Features,
    format: TrayFormat,
    guesses: &[Guess],
    params: &LocateParams,
) -> Option<Finding> {
    const CLEARLY: f64 = 2.0;
    const GOOD_SUPPORT: f64 = 0.8;
    let follow = |guess: &Guess| Finding::follow(frame, fine, format, guess, params);
    let first = guesses.first()?;
    let found = follow(first);
    let others = &guesses[1..];
    let stands_out = others
        .first()
        .is_none_or(|second| first.separation > CLEARLY * second.separation);
    let is_good = |f: &Finding| f.support > GOOD_SUPPORT && f.has_counts_of(format);
    if stands_out && found.as_ref().is_some_and(is_good) {
        return found;
    }
    most_cells(
        found
            .into_iter()
            .chain(others.iter().filter_map(follow))
            .collect(),
    )
}

/// The finding that separates best, or one nearly as good that sees more cells: a row that another
/// guess has seen is never passed over in silence.
fn most_cells(findings: Vec<Finding>) -> Option<Finding> {
    const NEARLY: f64 = 0.8;
    const COMPARABLE: f64 = 0.5;
    let best = findings
        .iter()
        .max_by(|a, b| a.separation.total_cmp(&b.separation))?;
    let least = [NEARLY * best.support, COMPARABLE * best.separation];
    findings
        .into_iter()
        .filter(|f| f.support >= least[0] && f.separation >= least[1])
        .max_by(|a, b| {
            a.cells()
                .cmp(&b.cells())
                .then(a.separation.total_cmp(&b.separation))
        })
}

/// Longer side of the reduced picture: at least 20 px a pitch for blocks that take half of it.
fn long_side(format: TrayFormat) -> usize {
    (40 * format.rows().max(format.cols())).clamp(640, 1600)
}

/// Refuses what no picture of this size can show.
fn refuse_hopeless(
    frame: &Frame,
    format: TrayFormat,
    params: &LocateParams,
) -> Result<(), Refusal> {
    if format.rows() < 2 || format.cols() < 2 {
        return Err(Refusal::NoTray(format!(
            "a block of {format} cells has no walls on both ways to be found by"
        )));
    }
    let most = (frame.width() as f64 / (format.cols() as f64 - 1.0))
        .min(frame.height() as f64 / (format.rows() as f64 - 1.0));
    if most < params.least_pitch_px {
        return Err(Refusal::TooSmall {
            found: most,
            limit: params.least_pitch_px,
        });
    }
    Ok(())
}

/// Rows and columns beyond the asked block that are looked at on every side.
const BEYOND: usize = 2;

/// Times that walls are learnt and followed: once from the guess, once from what was followed, once more
/// when that showed the block to lie a line further.
const PASSES: usize = 3;

/// A guess followed to its walls, with what speaks for it.
struct Finding {
    canvas: Canvas,
    map: WallMap,
    columns: Lines,
    rows: Lines,
    /// Rows and columns of cells found among the lines followed.
    block: [Range<usize>; 2],
    support: f64,
    weakest_line: f64,
    /// How well walls and cells separate over the asked block.
    separation: f64,
}

impl Finding {
    /// Follows the walls of a guess, learning twice what they look like.
    fn follow(
        frame: &Frame,
        fine: &Features,
        format: TrayFormat,
        guess: &Guess,
        params: &LocateParams,
    ) -> Option<Self> {
        let guess = guess.scaled(2.0);
        let canvas = Canvas::turned(fine, guess.angle, frame);
        let mut combs = guess.combs;
        let mut grid = guess.grid(format);
        let mut last = None;
        for pass in 1..=PASSES {
            let model = WallModel::learn(&canvas, &grid)?;
            let map = WallMap::of(&canvas, &model);
            let [columns, rows] = follow_lines(&map, format, combs);
            let all = lines::crossings(&columns, &rows);
            let evidence = Evidence::of(&map, &all);
            let block = cells_in_view(&evidence, &all, format, params.least_evidence);
            combs = [
                columns.recentred(&block[1], format.cols(), combs[0]),
                rows.recentred(&block[0], format.rows(), combs[1]),
            ];
            grid = all.block(
                BEYOND..BEYOND + format.rows(),
                BEYOND..BEYOND + format.cols(),
            );
            let is_settled = block[0] == (BEYOND..BEYOND + format.rows())
                && block[1] == (BEYOND..BEYOND + format.cols());
            last = Some((model, map, columns, rows, all, block));
            if is_settled && pass > 1 {
                break;
            }
        }
        let (model, map, columns, rows, all, block) = last?;
        let found = Evidence::of(&map, &all.block(block[0].clone(), block[1].clone()));
        Some(Self {
            support: found.support(),
            weakest_line: found.weakest_line(),
            separation: model.separation,
            canvas,
            map,
            columns,
            rows,
            block,
        })
    }

    fn has_counts_of(&self, format: TrayFormat) -> bool {
        self.block[0].len() == format.rows() && self.block[1].len() == format.cols()
    }

    fn cells(&self) -> usize {
        self.block[0].len() * self.block[1].len()
    }

    /// Refuses weak evidence and other counts than the format's.
    fn refuse_doubtful(&self, format: TrayFormat, params: &LocateParams) -> Result<(), Refusal> {
        let [rows, cols] = [self.block[0].len(), self.block[1].len()];
        if self.support < params.least_evidence {
            return Err(Refusal::NoTray(format!(
                "walls and cells do not stand out: support {:.2}, at least {:.2} needed",
                self.support.max(0.0),
                params.least_evidence
            )));
        }
        if rows < 2 || cols < 2 {
            let found = "fewer than two rows or columns of cells stand out";
            return Err(Refusal::NoTray(found.to_owned()));
        }
        let wrong = |found: String| Refusal::WrongGrid {
            expected: format.to_string(),
            found,
        };
        if !self.has_counts_of(format) {
            let more = |found: usize, asked: usize| if found > asked { "at least " } else { "" };
            return Err(wrong(format!(
                "found {}{rows} rows and {}{cols} columns of cells",
                more(rows, format.rows()),
                more(cols, format.cols()),
            )));
        }
        if let Some(axis) = (0..2).find(|&axis| !self.shows_its_lines(axis)) {
            let lines = ["columns", "rows"][axis];
            return Err(Refusal::NoTray(format!(
                "too few walls between {lines} are in view"
            )));
        }
        if let Some(line) = self.doubtful_edge(params) {
            return Err(wrong(format!(
                "it is unsure whether {line} more is in view"
            )));
        }
        if self.is_shifted() {
            return Err(Refusal::NoTray(
                "the lines found run through cells, not along walls".to_owned(),
            ));
        }
        if let Some([rows, cols]) = self.better_counts() {
            return Err(wrong(format!(
                "the same ground divides better into {rows} rows and {cols} columns"
            )));
        }
        if self.weakest_line < 0.5 * params.least_evidence {
            return Err(wrong(
                "found a line without a wall inside the block".to_owned(),
            ));
        }
        Ok(())
    }

    /// Whether enough lines of an axis (0: between columns) lie in the picture: all but the outermost
    /// two, and never fewer than two.
    fn shows_its_lines(&self, axis: usize) -> bool {
        let (lines, block) = [
            (&self.columns, &self.block[1]),
            (&self.rows, &self.block[0]),
        ][axis];
        let seen = lines.in_view(&self.map, block);
        seen >= (block.len() - 1).max(2)
    }

    /// What cannot be counted for sure beside the block: a row or column with some but not enough
    /// evidence, or one of which about half is in the picture.
    fn doubtful_edge(&self, params: &LocateParams) -> Option<&'static str> {
        const HALF_SEEN: Range<f64> = 0.4..0.6;
        /// Of the least evidence: what is nearer to it than to none is not surely nothing.
        const SOME: f64 = 0.75;
        let [rows, cols] = self.block.clone();
        let all = lines::crossings(&self.columns, &self.rows);
        let evidence = Evidence::of(&self.map, &all);
        let some = |e: Option<f64>| e.is_some_and(|e| e >= SOME * params.least_evidence);
        let is_doubtful =
            |lines: &Lines, block: &Range<usize>, of: &dyn Fn(usize) -> Option<f64>| {
                let last = (lines.lines.len() - 2).min(block.end);
                (block.start.saturating_sub(1)..=last).any(|i| {
                    let is_half_seen = HALF_SEEN.contains(&lines.share_in_view(&self.map, i));
                    (is_half_seen || !block.contains(&i)) && some(of(i))
                })
            };
        if is_doubtful(&self.rows, &rows, &|r| evidence.row(r, cols.clone())) {
            Some("a row")
        } else if is_doubtful(&self.columns, &cols, &|c| evidence.col(c, rows.clone())) {
            Some("a column")
        } else {
            None
        }
    }

    /// Whether the ground divides better with lines where the middles of cells were found.
    fn is_shifted(&self) -> bool {
        let all = lines::crossings(&self.columns, &self.rows);
        let block = all.block(self.block[0].clone(), self.block[1].clone());
        [
            [0.5, 0.0],
            [0.0, 0.5],
            [-0.5, 0.0],
            [0.0, -0.5],
            [0.5, 0.5],
            [-0.5, -0.5],
        ]
        .into_iter()
        .filter_map(|[u, v]| WallModel::learn(&self.canvas, &block.shifted(u, v)))
        .any(|model| model.separation > self.separation)
    }

    /// Counts of rows and columns that explain the block's ground better than those found: a lattice
    /// with twice or half, or half again, as many lines has many in common with the true one.
    fn better_counts(&self) -> Option<[usize; 2]> {
        const CLEARLY: f64 = 1.25;
        let all = lines::crossings(&self.columns, &self.rows);
        let block = all.block(self.block[0].clone(), self.block[1].clone());
        let separation = |rows: usize, cols: usize| {
            WallModel::learn(&self.canvas, &block.divided(rows, cols)).map_or(0.0, |m| m.separation)
        };
        let limit = CLEARLY * self.separation.max(separation(block.rows, block.cols));
        let others = |n: usize| {
            let mut counts = vec![
                n / 2,
                2 * n / 3,
                3 * n / 4,
                n - 1,
                n + 1,
                4 * n / 3,
                3 * n / 2,
                2 * n,
            ];
            counts.retain(|&m| m > 0 && m != n);
            counts.dedup();
            counts
        };
        others(block.rows)
            .into_iter()
            .map(|rows| [rows, block.cols])
            .chain(
                others(block.cols)
                    .into_iter()
                    .map(|cols| [block.rows, cols]),
            )
            .chain([
                [block.rows.div_ceil(2), block.cols.div_ceil(2)],
                [2 * block.rows, 2 * block.cols],
            ])
            .map(|counts| (counts, separation(counts[0], counts[1])))
            .filter(|&(_, separation)| separation > limit)
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(counts, _)| counts)
    }

    /// Nodes with local drift.
    fn locate(&self, format: TrayFormat, params: &LocateParams) -> Result<TrayLocation, Refusal> {
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
