//! A line of a followed lattice in, whether cells go on beyond it out.
//!
//! Rows are told by the walls that divide them: along a row line's normal these come and go with every
//! row in the same way. That course is learnt over the block and compared with what lies beyond a line:
//! the same course at once (the block goes on), the same course after a gap (another tray), or none.

use std::ops::Range;

use super::grid::Grid;
use super::wall::WallMap;

/// What lies beyond a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Beyond {
    /// A row or column of the same lattice.
    Continues,
    /// A gap, then cells.
    Gap,
    /// No cells.
    Ends,
    /// Something between these.
    Doubtful,
    /// Too little of it is in view.
    Unseen,
}

/// Samples a pitch.
const STEPS: usize = 20;
/// How far beyond a line is looked, in steps.
const EXTENT: usize = 30;
/// How far a line may be off where its neighbours have it, in steps.
const SHIFT: isize = 1;
/// The narrowest gap that is told from drift, and the widest looked for, in steps.
const GAPS: [usize; 2] = [3, 24];

/// The walls that divide the rows (axis 1) or columns (axis 0) of a block.
pub(super) struct Divisions<'a> {
    map: &'a WallMap,
    all: &'a Grid,
    axis: usize,
    /// The block along `axis` and along the other.
    block: Range<usize>,
    other: Range<usize>,
    /// The usual course over one pitch.
    course: Vec<f64>,
    /// How much better than going on a gap explains what lies beyond the block's inner lines, at most,
    /// though none is there.
    usual_lead: f64,
}

/// What may lie beyond a line.
#[derive(Debug, Clone, Copy)]
enum Course {
    None,
    /// After a gap, in steps, cells to the end of what is looked at.
    Cells(usize),
    /// After a gap one cell, then nothing: the last row of a tray must not pass for a gap and a new one.
    OneCell(usize),
}

/// How much better than nothing beyond a line cells explain what is seen there: 1 where they look as
/// inside the block.
#[derive(Debug, Clone, Copy)]
struct Explained {
    continues: f64,
    gap: f64,
    /// Beyond the line, in pitches: what is in the picture, and what of it is bare.
    in_view: f64,
    bare: f64,
    /// In the pitch before the line.
    bare_inside: f64,
}

impl<'a> Divisions<'a> {
    /// Learns the usual course of a block of `all` (rows, columns); none when too little shows.
    pub fn of(
        map: &'a WallMap,
        all: &'a Grid,
        axis: usize,
        block: &[Range<usize>; 2],
    ) -> Option<Self> {
        let [along, other] = match axis {
            0 => [block[1].clone(), block[0].clone()],
            _ => [block[0].clone(), block[1].clone()],
        };
        let mut divisions = Self {
            map,
            all,
            axis,
            block: along.clone(),
            other,
            course: Vec::new(),
            usual_lead: 0.0,
        };
        divisions.course = divisions.usual_course()?;
        divisions.usual_lead = divisions.usual_lead();
        Some(divisions)
    }

    /// What lies beyond `line` on the side of higher lines, or of lower ones.
    pub fn beyond(&self, line: usize, is_up: bool) -> Beyond {
        const LEAST_SEEN: f64 = 0.5;
        const SOME: f64 = 0.12;
        const CELLS: f64 = 0.5;
        const OPEN: f64 = 0.6;
        const LEAST_LEAD: f64 = 0.15;
        let explained = self.explained(line, is_up);
        let lead = explained.gap - explained.continues;
        if explained.in_view < LEAST_SEEN {
            Beyond::Unseen
        } else if explained.bare < LEAST_SEEN && explained.bare_inside < OPEN {
            Beyond::Doubtful
        } else if explained.bare < LEAST_SEEN {
            // green all over beside open cells is ground: leaves do not close at once
            Beyond::Ends
        } else if explained.gap > SOME && lead > (1.5 * self.usual_lead).max(LEAST_LEAD) {
            Beyond::Gap
        } else if explained.continues > CELLS {
            Beyond::Continues
        } else if explained.continues < SOME {
            Beyond::Ends
        } else {
            Beyond::Doubtful
        }
    }

    /// Whether a whole other block of as many cells has room in the picture beyond a line.
    pub fn has_room_beyond(&self, line: usize, is_up: bool) -> bool {
        const CUT: f64 = 0.3;
        let room = self.block.len() as f64 - CUT;
        if is_up {
            self.is_in_view(line - 1, 1.0 + room)
        } else {
            self.is_in_view(line, -room)
        }
    }

    /// The median course over the block's cells along the axis; a place that leaves hide in all of them is
    /// as the place before it. None where that is more than half, or no wall divides anything.
    fn usual_course(&self) -> Option<Vec<f64>> {
        let at = |step: usize| {
            let t = (step as f64 + 0.5) / STEPS as f64;
            let known = self.block.clone().filter_map(|cell| self.division(cell, t));
            median(known.collect())
        };
        let known: Vec<Option<f64>> = (0..STEPS).map(at).collect();
        if 2 * known.iter().flatten().count() < STEPS {
            return None;
        }
        let mut last = known.iter().flatten().next().copied()?;
        let course = known.into_iter().map(|v| {
            last = v.unwrap_or(last);
            last
        });
        let course: Vec<f64> = course.collect();
        let energy: f64 = course.iter().map(|v| v * v).sum();
        (energy > 0.0).then_some(course)
    }

    fn usual_lead(&self) -> f64 {
        let inner = self.block.start + 2..=self.block.end.saturating_sub(2);
        let leads = inner
            .flat_map(|line| [true, false].map(|is_up| self.explained(line, is_up)))
            .map(|e| e.gap - e.continues);
        let mut leads: Vec<f64> = leads.collect();
        leads.sort_by(f64::total_cmp);
        // one gap may lie within the block: its two leads are not usual
        let kept = leads.len() * 3 / 4;
        leads
            .get(kept.saturating_sub(1))
            .copied()
            .unwrap_or(0.0)
            .max(0.0)
    }

    /// Compares what is seen from a pitch inside a line to [`EXTENT`] beyond it with the usual course.
    fn explained(&self, line: usize, is_up: bool) -> Explained {
        // a pitch inside: where the line itself was drawn depends on what lies beyond it
        let is_inner = |cell: usize| self.block.contains(&cell);
        let (cell, from) = match (is_up, line.checked_sub(2)) {
            (true, Some(cell)) if is_inner(cell) => (cell, 1.0),
            (true, _) => (line - 1, 0.0),
            (false, _) if is_inner(line + 1) => (line + 1, 0.0),
            (false, _) => (line, 1.0),
        };
        let places = (0..STEPS + EXTENT).map(|i| {
            let out = (i as f64 + 0.5) / STEPS as f64;
            if is_up { from + out } else { from - out }
        });
        let places: Vec<f64> = places.collect();
        let seen: Vec<Option<f64>> = places.iter().map(|&t| self.division(cell, t)).collect();
        let in_view = |&&t: &&f64| self.is_in_view(cell, t);
        let course = |course: Course, shift: isize| self.expected(course, shift, is_up);
        let whole: f64 = known(&seen, &course(Course::Cells(0), 0))
            .filter(|&(i, ..)| i >= STEPS)
            .map(|(_, _, e)| e * e)
            .sum();
        let best = |of: Course| {
            (-SHIFT..=SHIFT)
                .map(|shift| misfit(&seen, &course(of, shift)))
                .fold(f64::MAX, f64::min)
        };
        let none = best(Course::None);
        let cells = |gap: usize| best(Course::Cells(gap)).min(best(Course::OneCell(gap)));
        let gaps = (GAPS[0]..=GAPS[1]).map(cells);
        Explained {
            continues: (none - cells(0)) / whole.max(1e-9),
            gap: (none - gaps.fold(f64::MAX, f64::min)) / whole.max(1e-9),
            in_view: places[STEPS..].iter().filter(in_view).count() as f64 / STEPS as f64,
            bare_inside: seen[..STEPS].iter().flatten().count() as f64 / STEPS as f64,
            bare: seen[STEPS..].iter().flatten().count() as f64 / STEPS as f64,
        }
    }

    /// The course from a pitch inside a line on: one cell, then what is supposed.
    fn expected(&self, supposed: Course, shift: isize, is_up: bool) -> Vec<f64> {
        let pitch = STEPS as isize;
        let at = |at: isize| {
            let at = at.rem_euclid(pitch) as usize;
            self.course[if is_up { at } else { STEPS - 1 - at }]
        };
        let beyond = |out: isize| match supposed {
            Course::Cells(gap) if out >= gap as isize => at(out - gap as isize),
            Course::OneCell(gap) if (0..pitch).contains(&(out - gap as isize)) => {
                at(out - gap as isize)
            }
            _ => 0.0,
        };
        (0..pitch + EXTENT as isize)
            .map(|i| i - shift)
            .map(|i| if i < pitch { at(i) } else { beyond(i - pitch) })
            .collect()
    }

    /// Whether most of the block's width at `t` pitches from a cell's first line is in the picture.
    fn is_in_view(&self, cell: usize, t: f64) -> bool {
        let middles = self.other.clone().map(|other| match self.axis {
            0 => self.all.point(other, cell, t, 0.5),
            _ => self.all.point(cell, other, 0.5, t),
        });
        let inside = middles.filter(|p| self.map.is_inside(p[0], p[1])).count();
        2 * inside > self.other.len()
    }

    /// How much more the dividing walls look like wall than the cells between them, the median over the
    /// block, at `t` pitches from a cell's first line; none where too little is in view and bare.
    fn division(&self, cell: usize, t: f64) -> Option<f64> {
        const CORE: [f64; 2] = [0.3, 0.7];
        const WALL: f64 = 0.07;
        let dividing = 1 - self.axis;
        let mean = |other: usize, from: f64, to: f64| {
            let point = |s: f64| match self.axis {
                0 => self.all.point(other, cell, t, s),
                _ => self.all.point(cell, other, s, t),
            };
            let (a, b) = (point(from), point(to));
            let across = 0.5 * (a[self.axis] + b[self.axis]);
            let middle = [0, 1].map(|k| 0.5 * (a[k] + b[k]));
            self.map
                .is_inside(middle[0], middle[1])
                .then(|| self.map.mean(dividing, across, a[dividing], b[dividing]))
                .flatten()
        };
        let known: Vec<f64> = self
            .other
            .clone()
            .filter_map(|other| {
                let walls = [
                    mean(other, -WALL, WALL),
                    mean(other, 1.0 - WALL, 1.0 + WALL),
                ];
                let walls: Vec<f64> = walls.into_iter().flatten().collect();
                let wall = walls.iter().sum::<f64>() / walls.len() as f64;
                (!walls.is_empty()).then_some(0.5 * (wall - mean(other, CORE[0], CORE[1])?))
            })
            .collect();
        (3 * known.len() >= self.other.len())
            .then(|| median(known))
            .flatten()
    }
}

/// Place, value and expectation of what is known.
fn known<'s>(
    seen: &'s [Option<f64>],
    expected: &'s [f64],
) -> impl Iterator<Item = (usize, f64, f64)> + 's {
    let pairs = seen.iter().zip(expected).enumerate();
    pairs.filter_map(|(i, (s, &e))| Some((i, (*s)?, e)))
}

/// Sum of squares that an expected course leaves, at the best height that it may have beyond the line.
fn misfit(seen: &[Option<f64>], expected: &[f64]) -> f64 {
    const HEIGHTS: [f64; 2] = [0.3, 1.4];
    let (mut product, mut square) = (0.0, 0.0);
    for (_, s, e) in known(seen, expected).filter(|&(i, ..)| i >= STEPS) {
        product += s * e;
        square += e * e;
    }
    let height = (product / f64::max(square, 1e-9)).clamp(HEIGHTS[0], HEIGHTS[1]);
    known(seen, expected)
        .map(|(i, s, e)| s - if i < STEPS { e } else { height * e })
        .map(|rest| rest * rest)
        .sum()
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
