//! A followed finding in, a refusal for every doubt that what it shows is the block asked for.

use std::ops::Range;

use crate::tray::{Refusal, TrayFormat};

use super::LocateParams;
use super::continuation::{Beyond, Divisions};
use super::evidence::Evidence;
use super::finding::Finding;
use super::lines;
use super::wall::WallModel;

/// The least that walls must differ from cells, squared Mahalanobis distance: of 50 rendered camera views
/// (split `train`, seed 7101) those located right have 1.1 and more, a heap of boxes taken for a tray 0.25; a
/// tray of ippn-germination (training set) under seedlings, located right, has 0.52.
const LEAST_SEPARATION: f64 = 0.4;

/// Of what rows of cells show, 1 as usual: a row where walls end shows less.
const MUCH: f64 = 0.7;

/// Whether a block goes on beyond where it was found to end.
enum Open {
    No,
    Unsure,
    AnotherTray,
}

/// Both ends of a block along one axis, with what is to be seen around them.
struct Edges<'a> {
    divisions: Divisions<'a>,
    block: Range<usize>,
    /// Evidence of a row or column; none where it is out of view.
    shown: Box<dyn Fn(usize) -> Option<f64> + 'a>,
}

impl Edges<'_> {
    /// What lies beyond the block's first (`is_up` false) or last line.
    fn beyond(&self, line: usize, is_up: bool) -> Open {
        /// Evidence of a row that is nearer to none than this is none.
        const SOME: f64 = 0.15;
        let shown = |i: usize| (self.shown)(i);
        let first = shown(self.block.start).unwrap_or(1.0);
        let last = shown(self.block.end - 1).unwrap_or(1.0);
        let weakest = first.min(last).min(1.0);
        let next = if is_up {
            Some(line)
        } else {
            line.checked_sub(1)
        };
        let beyond = next.and_then(shown).unwrap_or(0.0);
        match self.divisions.beyond(line, is_up) {
            Beyond::Continues => Open::Unsure,
            Beyond::Doubtful if beyond > SOME => Open::Unsure,
            // as on both sides of lines that run through the middles of cells
            Beyond::Ends if beyond > MUCH * weakest => Open::Unsure,
            Beyond::Gap if self.divisions.has_room_beyond(line, is_up) => Open::AnotherTray,
            _ => Open::No,
        }
    }
}

impl Finding {
    /// Refuses weak evidence and other counts than the format's.
    pub fn refuse_doubtful(
        &self,
        format: TrayFormat,
        params: &LocateParams,
    ) -> Result<(), Refusal> {
        let [rows, cols] = [self.block[0].len(), self.block[1].len()];
        if self.support < params.least_evidence {
            return Err(Refusal::NoTray(format!(
                "walls and cells do not stand out: support {:.2}, at least {:.2} needed",
                self.support.max(0.0),
                params.least_evidence
            )));
        }
        if self.separation < LEAST_SEPARATION {
            return Err(Refusal::NoTray("walls hardly differ from cells".to_owned()));
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
        self.refuse_open_edges(format)?;
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

    /// Refuses a block of which it is unsure whether it ends where it was found to end: a row or column
    /// beyond it looks somewhat like cells, about half of one is in the picture, or another whole tray is.
    fn refuse_open_edges(&self, format: TrayFormat) -> Result<(), Refusal> {
        let all = lines::crossings(&self.columns, &self.rows);
        let evidence = Evidence::of(&self.map, &all);
        let [rows, cols] = self.block.clone();
        let shown = |axis: usize, i: usize| match axis {
            0 if i < all.cols => evidence.col(i, rows.clone()),
            1 if i < all.rows => evidence.row(i, cols.clone()),
            _ => None,
        };
        let wrong = |found: String| Refusal::WrongGrid {
            expected: format.to_string(),
            found,
        };
        for (axis, name) in [(1, "a row"), (0, "a column")] {
            let divisions = Divisions::of(&self.map, &all, axis, &self.block);
            let edges = divisions.map(|divisions| Edges {
                divisions,
                block: self.block[1 - axis].clone(),
                shown: Box::new(|i| shown(axis, i)),
            });
            match edges.map_or(Open::Unsure, |edges| self.openness(axis, &edges)) {
                Open::No => {}
                Open::Unsure => {
                    return Err(wrong(format!(
                        "it is unsure whether {name} more is in view"
                    )));
                }
                Open::AnotherTray => {
                    return Err(wrong("more than one such tray may be in view".to_owned()));
                }
            }
        }
        Ok(())
    }

    /// Whether a block goes on beyond its first or last row (axis 1) or column (axis 0).
    fn openness(&self, axis: usize, edges: &Edges<'_>) -> Open {
        /// Of a row of cells at the picture's edge.
        const HALF_SEEN: Range<f64> = 0.4..0.6;
        let lines = [&self.columns, &self.rows][axis];
        let block = &edges.block;
        let is_half_seen = |i: usize| HALF_SEEN.contains(&lines.share_in_view(&self.map, i));
        if is_half_seen(block.start) || is_half_seen(block.end - 1) {
            return Open::Unsure;
        }
        let outermost = [
            (block.start, block.start + 1, false),
            (block.end - 1, block.end - 1, true),
        ];
        // a row beyond which walls end shows less than a row of cells
        let ends_within = |&(row, line, is_up): &(usize, usize, bool)| {
            edges.divisions.beyond(line, is_up) == Beyond::Ends
                && (edges.shown)(row).is_none_or(|shown| shown < MUCH)
        };
        if outermost.iter().any(ends_within) {
            return Open::Unsure;
        }
        match edges.beyond(block.start, false) {
            Open::No => edges.beyond(block.end, true),
            open => open,
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
        .filter_map(|[u, v]| WallModel::learn(&self.canvas, &block.shifted(u, v), self.pixels))
        .any(|model| model.separation > self.separation)
    }

    /// Counts of rows and columns that explain the block's ground better than those found: a lattice
    /// with twice or half, or half again, as many lines has many in common with the true one.
    fn better_counts(&self) -> Option<[usize; 2]> {
        const CLEARLY: f64 = 1.25;
        let all = lines::crossings(&self.columns, &self.rows);
        let block = all.block(self.block[0].clone(), self.block[1].clone());
        let separation = |rows: usize, cols: usize| {
            WallModel::learn(&self.canvas, &block.divided(rows, cols), self.pixels)
                .map_or(0.0, |m| m.separation)
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
}
