//! What is seen along one way of the lattice in, where the asked rows (or columns) begin out.

use std::ops::Range;

use super::perspective::Perspective;

/// A row or column of which less than this share is in view belongs to no block.
const LEAST_IN_VIEW: f64 = 0.25;
/// One of which at least this share is in view counts as wholly in view.
const WHOLE: f64 = 0.85;
/// Of two outermost rows that the picture's edges cut, one is clearly the more visible by this share.
const CLEARLY: f64 = 0.25;
/// A row beside the found ones from which on it may belong to the block, where the asked number wants it: a block may be
/// spread over two trays of which the net takes one, or its outer row hidden by leaves. The least probability of belonging
/// and the least agreement with the lattice: what was rendered beside blocks stays below 0.17, a second tray's row in line
/// reaches 0.4 and 0.9, one below tall plants 0.46 and 0.29.
const PERHAPS: f64 = 0.25;
const LEAST_AGREEMENT: f64 = 0.25;
/// From this agreement on the lattice goes on in a row. Inside blocks it is 0.93 and more in 99 of 100 rows; beside them the
/// phases go on a little and reach the same, so that it counts only between rows of the block, or where the block's probability
/// has something to say as well ([`HARDLY`], which what lies beside blocks stays below) and nothing else is in view.
const FOLLOWS: f64 = 0.75;
const HARDLY: f64 = 0.15;
/// What is seen along one way, row by row (or column by column).
pub(super) struct Profile {
    /// The whole cell that entry 0 stands for.
    first: i64,
    rows: Vec<Row>,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    /// Mean probability of its pixels of belonging to the block.
    block: f64,
    /// How well the lattice goes on in it: the mean cosine of the phases' residuals.
    agreement: f64,
    /// The share of it that the picture shows.
    in_view: f64,
}

/// What is needed of a sample.
pub(super) struct Seen {
    /// The column and row that it lies in.
    pub cell: [i64; 2],
    /// Its probability of belonging to the block, 0–1.
    pub block: f64,
    /// How well the lattice goes on at it, see [`super::perspective::agreement`].
    pub agreement: f64,
}

impl Profile {
    /// Sums up what is seen in `reach` along way `k`, of what lies in `across` along the other.
    pub fn of(seen: &[Seen], k: usize, reach: &Range<i64>, across: &Range<i64>) -> Self {
        let mut sums = vec![(0.0, 0.0, 0_usize); (reach.end - reach.start).max(1) as usize];
        for seen in seen {
            if reach.contains(&seen.cell[k]) && across.contains(&seen.cell[1 - k]) {
                let sum = &mut sums[(seen.cell[k] - reach.start) as usize];
                sum.0 += seen.block;
                sum.1 += seen.agreement;
                sum.2 += 1;
            }
        }
        let row = |&(block, agreement, count): &(f64, f64, usize)| Row {
            block: block / count.max(1) as f64,
            agreement: agreement / count.max(1) as f64,
            in_view: 0.0,
        };
        Self {
            first: reach.start,
            rows: sums.iter().map(row).collect(),
        }
    }

    /// Finds what share of every row the picture shows, from five lines along it.
    pub fn view(&mut self, map: &Perspective, k: usize, across: &Range<i64>, size: [usize; 2]) {
        const LINES: usize = 5;
        let is_shown = |along: f64, cell: i64| {
            let mut at = [0.0; 2];
            at[k] = along;
            at[1 - k] = cell as f64 + 0.5;
            map.place(at)
                .is_some_and(|place| (0..2).all(|k| place[k] >= 0.0 && place[k] <= size[k] as f64))
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
    pub fn longest_run(&self) -> Range<i64> {
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
    pub fn origin(&self, found: &Range<i64>, asked: usize) -> Option<i64> {
        let count = found.end - found.start;
        let asked = asked as i64;
        if count == asked {
            return Some(found.start);
        }
        let (first, last) = (found.start, found.end - 1);
        let cut = |cell: i64| i64::from(self.in_view(cell) < WHOLE);
        let whole = first + cut(first)..found.end - cut(last);
        if whole.end - whole.start == asked {
            return Some(whole.start);
        }
        if count == asked + 1 && whole.end - whole.start == asked - 1 {
            let lead = self.in_view(first) - self.in_view(last);
            return (lead.abs() > CLEARLY).then_some(if lead > 0.0 { first } else { first + 1 });
        }
        let may_belong = |cell: i64| {
            self.at(cell).is_some_and(|row| {
                row.in_view >= LEAST_IN_VIEW
                    && row.block >= PERHAPS
                    && row.agreement >= LEAST_AGREEMENT
            })
        };
        let missing = asked - count;
        // where the picture's edge cuts the block, the missing rows may lie beyond it
        let goes_on = |cell: i64| self.in_view(cell) < WHOLE;
        let before = missing > 0 && !goes_on(last) && (first - missing..first).all(may_belong);
        let after =
            missing > 0 && !goes_on(first) && (found.end..found.end + missing).all(may_belong);
        // where both sides could give the missing rows, nobody knows which are meant
        (before != after).then_some(if before { first - missing } else { first })
    }

    /// The first of the asked rows where another number was found and the lattice tells why.
    pub fn origin_by_lattice(&self, found: &Range<i64>, asked: usize) -> Option<i64> {
        let asked = asked as i64;
        self.bridged(asked)
            .or_else(|| self.filling_the_picture(found, asked))
    }

    /// The first of the asked rows where they are all from the first to the last that rather belong to the block, and the
    /// lattice goes on between these: a hose or a shadow lies across.
    fn bridged(&self, asked: i64) -> Option<i64> {
        let belongs = |row: &Row| row.block > 0.5 && row.in_view >= LEAST_IN_VIEW;
        let start = self.rows.iter().position(belongs)?;
        let end = self.rows.iter().rposition(belongs)? + 1;
        let is_whole = self.rows[start..end]
            .iter()
            .all(|row| belongs(row) || (row.agreement >= FOLLOWS && row.in_view >= WHOLE));
        ((end - start) as i64 == asked && is_whole).then_some(self.first + start as i64)
    }

    /// The first of the asked rows where they are all that the picture shows wholly, from its one edge to the other: the
    /// lattice goes on over all of them, and of what the edges cut beyond them nothing may belong to the block.
    fn filling_the_picture(&self, found: &Range<i64>, asked: i64) -> Option<i64> {
        let is_shown = |cell: i64| {
            self.at(cell).is_some_and(|row| {
                row.in_view >= WHOLE && row.agreement >= FOLLOWS && row.block >= HARDLY
            })
        };
        let cut = |cell: i64| i64::from(self.in_view(cell) < WHOLE);
        let found = found.start + cut(found.start)..found.end - cut(found.end - 1);
        let start = (0..asked)
            .map(|k| found.start - k)
            .take_while(|&cell| is_shown(cell - 1));
        let start = found.start - start.count() as i64;
        let end = (0..asked).take_while(|k| is_shown(found.end + k)).count() as i64 + found.end;
        let is_beyond = |cell: i64| {
            self.at(cell)
                .is_some_and(|row| row.in_view < WHOLE && row.block < PERHAPS)
        };
        let is_filled = is_beyond(start - 1) && is_beyond(end);
        (end - start == asked && is_filled).then_some(start)
    }

    /// Whether the picture's edge cuts an outermost one of the found rows.
    pub fn is_cut(&self, found: &Range<i64>) -> bool {
        [found.start, found.end - 1]
            .iter()
            .any(|&end| self.in_view(end) < WHOLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(rows: &[(f64, f64)]) -> Profile {
        let rows = rows.iter().map(|&(block, in_view)| Row {
            block,
            agreement: 0.9,
            in_view,
        });
        Profile {
            first: -2,
            rows: rows.collect(),
        }
    }

    #[test]
    fn rows_are_counted_where_they_belong_to_the_block() {
        let seen = profile(&[(0.1, 1.0), (0.9, 1.0), (0.95, 1.0), (0.8, 1.0), (0.2, 1.0)]);
        let found = seen.longest_run();
        assert_eq!(found, -1..2);
        assert_eq!(seen.origin(&found, 3), Some(-1));
        assert_eq!(seen.origin(&found, 2), None, "three rows are no two");
        assert_eq!(seen.origin(&found, 4), None);
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
            profile(&[
                (0.0, 0.0),
                (0.9, left),
                (0.95, 1.0),
                (0.9, 1.0),
                (0.9, right),
            ])
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
    fn a_row_of_a_second_tray_in_line_belongs_to_the_block_where_it_is_asked_for() {
        let seen = |before: f64| {
            profile(&[
                (before, 1.0),
                (0.9, 1.0),
                (0.95, 1.0),
                (0.4, 1.0),
                (0.1, 1.0),
            ])
        };
        let first = |before: f64, asked| {
            let seen = seen(before);
            seen.origin(&seen.longest_run(), asked)
        };
        assert_eq!(first(0.1, 2), Some(-1), "it is not in the way");
        assert_eq!(first(0.1, 3), Some(-1));
        assert_eq!(
            first(0.4, 3),
            None,
            "one on either side: nobody knows which"
        );
    }

    #[test]
    fn what_lies_beside_a_block_is_no_row_of_it_where_the_picture_cuts_its_other_side() {
        let seen =
            |left: f64| profile(&[(0.0, 0.0), (0.9, left), (0.95, 1.0), (0.9, 1.0), (0.4, 1.0)]);
        let first = |left: f64| {
            let seen = seen(left);
            seen.origin(&seen.longest_run(), 4)
        };
        assert_eq!(first(1.0), Some(-1));
        assert_eq!(first(0.5), None, "the missing one may be out of view");
    }

    #[test]
    fn rows_below_a_hose_belong_to_the_block_on_both_its_sides() {
        let hidden = |agreement: f64| {
            let mut seen = profile(&[
                (0.1, 1.0),
                (0.9, 1.0),
                (0.9, 1.0),
                (0.2, 1.0),
                (0.1, 1.0),
                (0.7, 1.0),
            ]);
            for row in &mut seen.rows[3..5] {
                row.agreement = agreement;
            }
            seen
        };
        let first = |agreement: f64, asked| {
            let seen = hidden(agreement);
            seen.origin_by_lattice(&seen.longest_run(), asked)
        };
        assert_eq!(first(0.8, 5), Some(-1));
        assert_eq!(first(0.8, 4), None, "five rows are no four");
        assert_eq!(first(0.6, 5), None, "two trays with a gap between them");
    }

    #[test]
    fn a_picture_filled_filling_the_picture_shows_the_rows_asked_for() {
        let filled = |faint: f64, beyond: f64, view: f64| {
            profile(&[
                (beyond, 0.4),
                (faint, 1.0),
                (0.9, 1.0),
                (0.8, 1.0),
                (faint, 1.0),
                (0.04, view),
            ])
        };
        let first = |seen: &Profile| seen.origin_by_lattice(&seen.longest_run(), 4);
        assert_eq!(first(&filled(0.16, 0.04, 0.4)), Some(-1));
        assert_eq!(
            first(&filled(0.08, 0.04, 0.4)),
            None,
            "ground beside the block"
        );
        assert_eq!(
            first(&filled(0.16, 0.4, 0.4)),
            None,
            "the cut row may be one of them"
        );
        assert_eq!(
            first(&filled(0.16, 0.04, 1.0)),
            None,
            "there is room for another"
        );
    }

    #[test]
    fn a_row_out_of_view_is_never_made_up() {
        let seen = profile(&[(0.0, 0.0), (0.0, 0.1), (0.95, 1.0), (0.9, 1.0), (0.1, 1.0)]);
        assert_eq!(seen.origin(&seen.longest_run(), 3), None);
    }
}
