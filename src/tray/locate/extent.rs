//! Where the block begins and ends: its rows and columns counted, and how clearly.

use std::ops::Range;

use super::perspective::Perspective;
use super::reading::Sample;

/// A row or column of which less than this share is in view belongs to no block.
const LEAST_IN_VIEW: f64 = 0.25;
/// One of which at least this share is in view counts as wholly in view.
const WHOLE: f64 = 0.85;
/// Of two outermost rows that the picture's edges cut, one is clearly the more visible by this share.
const CLEARLY: f64 = 0.25;
/// Rows or columns that are looked at beyond the block's pixels.
const BEYOND: i64 = 3;
/// Rounds of counting along one way over what was found along the other.
const ROUNDS: usize = 3;

/// Where the block lies among the cells of a [`Perspective`], along x and along y.
#[derive(Debug, Clone)]
pub(super) struct Extent {
    /// The columns, and the rows, that were found to belong to the block.
    pub found: [Range<i64>; 2],
    /// The first of the asked columns, and of the asked rows; `None` where another number is in view.
    pub origin: [Option<i64>; 2],
    /// The least probability of an outermost row or column of these, 0–1.
    pub inside: f64,
    /// The greatest of a row or column just beyond them that is wholly in view, 0–1.
    pub outside: f64,
}

/// What is seen along one way, row by row (or column by column).
struct Profile {
    /// The whole cell that entry 0 stands for.
    first: i64,
    rows: Vec<Row>,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    /// Mean probability of its pixels of belonging to the block.
    block: f64,
    /// The share of it that the picture shows.
    in_view: f64,
}

/// Counts the rows and columns of a picture of `size` px. `None` where none stands out.
pub(super) fn measure(
    all: &[Sample],
    block: &[Sample],
    map: &Perspective,
    asked: [usize; 2],
    size: [usize; 2],
) -> Option<Extent> {
    let cell_of = |sample: &Sample| {
        let cells = map.cells_at(sample.at);
        cells.map(|c| c.clamp(-1e6, 1e6).floor() as i64)
    };
    let cells: Vec<[i64; 2]> = all.iter().map(cell_of).collect();
    let mut of_block = [0, 1].map(|k| -> Vec<i64> {
        block.iter().map(|sample| cell_of(sample)[k]).collect()
    });
    let mut reach = [0..0, 0..0];
    let mut found = [0..0, 0..0];
    for k in 0..2 {
        of_block[k].sort_unstable();
        let (last, tenth) = (of_block[k].len() - 1, of_block[k].len() / 10);
        reach[k] = of_block[k][0] - BEYOND..of_block[k][last] + 1 + BEYOND;
        found[k] = of_block[k][tenth]..of_block[k][last - tenth] + 1;
    }
    if reach.iter().any(|r| r.end - r.start > 1000) {
        return None;
    }
    let mut profiles = None;
    for _ in 0..ROUNDS {
        let counted = [0, 1].map(|k| {
            let across = found[1 - k].clone();
            let mut profile = Profile::of(all, &cells, k, &reach[k], &across);
            profile.view(map, k, &across, size);
            found[k] = profile.longest_run();
            profile
        });
        if found.iter().any(Range::is_empty) {
            return None;
        }
        profiles = Some(counted);
    }
    let profiles = profiles?;
    let origin = [0, 1].map(|k| profiles[k].origin(&found[k], asked[k]));
    let mut ends = (1.0_f64, 0.0_f64);
    for k in 0..2 {
        let first = origin[k].unwrap_or(found[k].start);
        let (inside, outside) = profiles[k].ends(first, asked[k]);
        ends = (ends.0.min(inside), ends.1.max(outside));
    }
    Some(Extent {
        found,
        origin,
        inside: ends.0,
        outside: ends.1,
    })
}

impl Profile {
    fn of(
        all: &[Sample],
        cells: &[[i64; 2]],
        k: usize,
        reach: &Range<i64>,
        across: &Range<i64>,
    ) -> Self {
        let mut sums = vec![(0.0, 0_usize); (reach.end - reach.start).max(1) as usize];
        for (sample, cell) in all.iter().zip(cells) {
            if reach.contains(&cell[k]) && across.contains(&cell[1 - k]) {
                let sum = &mut sums[(cell[k] - reach.start) as usize];
                sum.0 += sample.block;
                sum.1 += 1;
            }
        }
        let row = |&(mass, count): &(f64, usize)| Row {
            block: mass / count.max(1) as f64,
            in_view: 0.0,
        };
        Self {
            first: reach.start,
            rows: sums.iter().map(row).collect(),
        }
    }

    /// Finds what share of every row the picture shows, from five lines along it.
    fn view(&mut self, map: &Perspective, k: usize, across: &Range<i64>, size: [usize; 2]) {
        const LINES: usize = 5;
        let is_shown = |along: f64, cell: i64| {
            let mut at = [0.0; 2];
            at[k] = along;
            at[1 - k] = cell as f64 + 0.5;
            map.place(at).is_some_and(|place| {
                (0..2).all(|k| place[k] >= 0.0 && place[k] <= size[k] as f64)
            })
        };
        for (i, row) in self.rows.iter_mut().enumerate() {
            let start = (self.first + i as i64) as f64;
            let lines = (0..LINES).map(|line| start + (line as f64 + 0.5) / LINES as f64);
            let shown = lines
                .map(|along| across.clone().filter(|&c| is_shown(along, c)).count())
                .sum::<usize>();
            row.in_view = shown as f64 / (LINES * across.clone().count().max(1)) as f64;
        }
    }

    fn at(&self, cell: i64) -> Option<&Row> {
        self.rows.get(usize::try_from(cell - self.first).ok()?)
    }

    fn in_view(&self, cell: i64) -> f64 {
        self.at(cell).map_or(0.0, |row| row.in_view)
    }

    /// The longest run of rows that rather belong to the block than not.
    fn longest_run(&self) -> Range<i64> {
        let mut best = 0..0;
        let mut start = 0;
        for (i, row) in self.rows.iter().enumerate() {
            if row.block <= 0.5 || row.in_view < LEAST_IN_VIEW {
                start = i + 1;
            } else if i + 1 - start > best.len() {
                best = start..i + 1;
            }
        }
        self.first + best.start as i64..self.first + best.end as i64
    }

    /// The first of `asked` rows among the found ones. Rows that the picture's edge cuts may belong to the block or,
    /// where it is part of a larger tray, lie beside it: the asked number says which.
    fn origin(&self, found: &Range<i64>, asked: usize) -> Option<i64> {
        let count = found.end - found.start;
        let asked = asked as i64;
        if count == asked {
            return Some(found.start);
        }
        let is_cut = |cell: i64| self.in_view(cell) < WHOLE;
        let (first, last) = (found.start, found.end - 1);
        let whole = found.start + i64::from(is_cut(first))..found.end - i64::from(is_cut(last));
        if whole.end - whole.start == asked {
            return Some(whole.start);
        }
        let is_between = count == asked + 1 && whole.end - whole.start == asked - 1;
        let lead = self.in_view(first) - self.in_view(last);
        (is_between && lead.abs() > CLEARLY).then_some(if lead > 0.0 { first } else { first + 1 })
    }

    /// The lower probability of the outermost of `count` rows, and the higher of those just beyond.
    fn ends(&self, first: i64, count: usize) -> (f64, f64) {
        let end = first + count as i64;
        let inside = [first, end - 1].map(|c| self.at(c).map_or(0.0, |row| row.block));
        let beyond = [first - 1, end].map(|c| {
            let row = self.at(c).filter(|row| row.in_view >= WHOLE);
            row.map_or(0.0, |row| row.block)
        });
        (inside[0].min(inside[1]), beyond[0].max(beyond[1]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(rows: &[(f64, f64)]) -> Profile {
        let rows = rows.iter().map(|&(block, in_view)| Row { block, in_view });
        Profile {
            first: -2,
            rows: rows.collect(),
        }
    }

    #[test]
    fn rows_are_counted_where_they_belong_to_the_block() {
        let seen = profile(&[(0.1, 1.0), (0.9, 1.0), (0.95, 1.0), (0.8, 1.0), (0.3, 1.0)]);
        let found = seen.longest_run();
        assert_eq!(found, -1..2);
        assert_eq!(seen.origin(&found, 3), Some(-1));
        assert_eq!(seen.origin(&found, 2), None, "three rows are no two");
        assert_eq!(seen.origin(&found, 4), None);
        assert_eq!(seen.ends(-1, 3), (0.8, 0.3));
    }

    #[test]
    fn a_row_that_the_picture_cuts_belongs_to_the_block_or_lies_beside_it_as_asked() {
        let seen = profile(&[(0.0, 0.0), (0.9, 0.5), (0.95, 1.0), (0.9, 1.0), (0.2, 1.0)]);
        let found = seen.longest_run();
        assert_eq!(seen.origin(&found, 3), Some(-1));
        assert_eq!(seen.origin(&found, 2), Some(0));
    }

    #[test]
    fn of_two_cut_rows_one_is_taken_only_where_clearly_more_of_it_is_seen() {
        let seen = |left: f64, right: f64| {
            profile(&[(0.0, 0.0), (0.9, left), (0.95, 1.0), (0.9, 1.0), (0.9, right)])
        };
        let first = |left, right| {
            let seen = seen(left, right);
            seen.origin(&seen.longest_run(), 3)
        };
        assert_eq!(first(0.8, 0.4), Some(-1));
        assert_eq!(first(0.3, 0.8), Some(0));
        assert_eq!(first(0.6, 0.7), None);
    }

    #[test]
    fn a_row_out_of_view_is_never_made_up() {
        let seen = profile(&[(0.0, 0.0), (0.0, 0.1), (0.95, 1.0), (0.9, 1.0), (0.1, 1.0)]);
        assert_eq!(seen.origin(&seen.longest_run(), 3), None);
    }
}
