//! A run of rows or columns longer than asked for in, the part of it that gaps and ends set apart out.

use std::ops::Range;

use super::continuation::{Beyond, Divisions};
use super::grid::Grid;
use super::wall::WallMap;

/// A part of a run that is set apart from the rest.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    /// As many rows or columns as asked for.
    Whole(Range<usize>),
    /// It begins at a line and goes on past the last line looked at.
    From(usize),
    /// It comes from before the first line looked at and ends at a line.
    To(usize),
}

/// The one part of a block's run of rows (axis 0) or columns (axis 1) that can be the `asked` ones. None when
/// the run is no longer than asked for, or when several parts can or no part.
pub(super) fn asked_part(
    map: &WallMap,
    all: &Grid,
    axis: usize,
    block: &[Range<usize>; 2],
    asked: usize,
) -> Option<Part> {
    let run = &block[axis];
    if run.len() <= asked {
        return None;
    }
    let divisions = Divisions::of(map, all, 1 - axis, block)?;
    let is_apart = |line: usize, is_up: bool| match divisions.beyond(line, is_up) {
        Beyond::Ends => true,
        Beyond::Gap => is_gap_from_beyond(&divisions, run, line, is_up),
        _ => false,
    };
    let begins = |line: usize| line == run.start || is_apart(line, false);
    let ends = |line: usize| line == run.end || is_apart(line, true);
    let whole = (run.start..=run.end - asked)
        .map(|start| start..start + asked)
        .filter(|part| begins(part.start) && ends(part.end))
        .map(Part::Whole);
    let whole: Vec<Part> = whole.collect();
    if !whole.is_empty() {
        return only(whole);
    }
    let count = [all.rows, all.cols][axis];
    let from = (run.end + 1 - asked..run.end)
        .filter(|&line| run.end == count && line > run.start && is_apart(line, false))
        .map(Part::From);
    let to = (run.start + 1..run.start + asked)
        .filter(|&line| run.start == 0 && is_apart(line, true))
        .map(Part::To);
    only(from.chain(to).collect())
}

/// Whether a gap beyond a line is one seen from its other side too, where enough cells lie there to tell: it
/// may be as wide as a cell.
fn is_gap_from_beyond(
    divisions: &Divisions<'_>,
    run: &Range<usize>,
    line: usize,
    is_up: bool,
) -> bool {
    const ENOUGH: usize = 4;
    let (cells, next) = if is_up {
        (run.end - line, line + 1)
    } else {
        (line - run.start, line - 1)
    };
    cells < ENOUGH
        || [line, next]
            .iter()
            .any(|&line| matches!(divisions.beyond(line, !is_up), Beyond::Gap | Beyond::Ends))
}

fn only(mut parts: Vec<Part>) -> Option<Part> {
    parts.pop().filter(|_| parts.is_empty())
}
