//! The pixels of a thing as runs along the rows, from polygons or from runs down the columns.

use std::ops::Range;

/// Pixels `x0..x1` of row `y`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Run {
    pub y: u32,
    pub x0: u32,
    pub x1: u32,
}

/// Fills polygons by the even-odd rule and unites them; a pixel is in when its centre is.
///
/// Vertices are in pixels (the top-left pixel covers 0 to 1), finite, and may lie outside the picture.
pub(super) fn fill(polygons: &[Vec<[f64; 2]>], (width, height): (u32, u32)) -> Vec<Run> {
    let mut runs = Vec::new();
    for polygon in polygons {
        for (y, mut crossings) in (0..height).zip(crossings(polygon, height)) {
            crossings.sort_by(f64::total_cmp);
            for pair in crossings.chunks_exact(2) {
                let first = |x: f64| (x - 0.5).ceil().clamp(0.0, f64::from(width)) as u32;
                let (x0, x1) = (first(pair[0]), first(pair[1]));
                if x0 < x1 {
                    runs.push(Run { y, x0, x1 });
                }
            }
        }
    }
    united(runs)
}

/// Where a polygon's edges cross the middle of every row.
fn crossings(polygon: &[[f64; 2]], height: u32) -> Vec<Vec<f64>> {
    let mut rows = vec![Vec::new(); height as usize];
    let next = polygon.iter().cycle().skip(1);
    for (&[ax, ay], &[bx, by]) in polygon.iter().zip(next) {
        for y in rows_between(ay, by, height) {
            let along = (y as f64 + 0.5 - ay) / (by - ay);
            rows[y].push(ax + along * (bx - ax));
        }
    }
    rows
}

fn united(mut runs: Vec<Run>) -> Vec<Run> {
    runs.sort_unstable();
    let mut whole: Vec<Run> = Vec::with_capacity(runs.len());
    for run in runs {
        match whole.last_mut() {
            Some(last) if last.y == run.y && run.x0 <= last.x1 => last.x1 = last.x1.max(run.x1),
            _ => whole.push(run),
        }
    }
    whole
}

/// How many times polygons cross the middle of a row of the picture: what filling them costs.
pub(super) fn crossing_count(polygons: &[Vec<[f64; 2]>], height: u32) -> u64 {
    let edges = polygons.iter().flat_map(|polygon| {
        let next = polygon.iter().cycle().skip(1);
        polygon.iter().zip(next)
    });
    edges
        .map(|(a, b)| rows_between(a[1], b[1], height).len() as u64)
        .sum()
}

/// Rows whose middle lies between two heights: a vertex on a middle counts once.
fn rows_between(a: f64, b: f64, height: u32) -> Range<usize> {
    let row = |y: f64| (y - 0.5).ceil().clamp(0.0, f64::from(height)) as usize;
    row(a.min(b))..row(a.max(b))
}

/// Turns runs down the columns, background first, into runs along the rows.
///
/// `counts` must add up to the picture's pixels.
pub(super) fn from_columns(counts: &[u32], (width, height): (u32, u32)) -> Vec<Run> {
    let (columns, rows) = (width as usize, height as usize);
    let mut inside = vec![false; columns * rows];
    let mut at = 0;
    for (i, count) in counts.iter().enumerate() {
        let end = (at + *count as usize).min(inside.len());
        if i % 2 == 1 {
            for place in at..end {
                inside[place % rows * columns + place / rows] = true;
            }
        }
        at = end;
    }
    from_window([0, 0], width, &inside, (width, height))
}

/// Turns a window of pixels, row by row, with its top-left corner at `[x, y]`, into runs inside the picture.
pub(super) fn from_window(
    [left, top]: [u32; 2],
    width: u32,
    inside: &[bool],
    picture: (u32, u32),
) -> Vec<Run> {
    let mut runs = Vec::new();
    let rows = inside.chunks(width.max(1) as usize);
    for (y, row) in (top..picture.1).zip(rows) {
        let mut x0 = left;
        for run in row.chunk_by(|a, b| a == b) {
            let x1 = x0.saturating_add(run.len() as u32);
            let end = x1.min(picture.0);
            if run[0] && x0 < end {
                runs.push(Run { y, x0, x1: end });
            }
            x0 = x1;
        }
    }
    runs
}

/// The number of pixels.
pub(super) fn area(runs: &[Run]) -> u64 {
    runs.iter().map(|r| u64::from(r.x1 - r.x0)).sum()
}

/// The middle of the pixels, px; none of none.
pub(super) fn centre(runs: &[Run]) -> Option<[f64; 2]> {
    let area = area(runs) as f64;
    let sum = runs.iter().fold([0.0, 0.0], |[x, y], run| {
        let length = f64::from(run.x1 - run.x0);
        let middle = f64::from(run.x0 + run.x1) / 2.0;
        [x + length * middle, y + length * (f64::from(run.y) + 0.5)]
    });
    (area > 0.0).then(|| sum.map(|s| s / area))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn picture(runs: &[Run], width: usize, height: usize) -> Vec<String> {
        let mut rows = vec![vec!['.'; width]; height];
        for run in runs {
            rows[run.y as usize][run.x0 as usize..run.x1 as usize].fill('#');
        }
        rows.into_iter().map(|r| r.into_iter().collect()).collect()
    }

    #[test]
    fn a_pixel_is_in_when_its_centre_is() {
        let square = vec![[1.0, 1.0], [3.0, 1.0], [3.0, 3.0], [1.0, 3.0]];
        assert_eq!(
            picture(&fill(&[square], (4, 4)), 4, 4),
            ["....", ".##.", ".##.", "...."]
        );
        let sliver = vec![[0.6, 0.0], [1.4, 0.0], [1.4, 4.0], [0.6, 4.0]];
        assert_eq!(area(&fill(&[sliver], (4, 4))), 0);
    }

    #[test]
    fn what_lies_outside_is_cut_away_and_parts_are_united() {
        let left = vec![[-1e6, -5.0], [2.0, -5.0], [2.0, 9.0], [-1e6, 9.0]];
        let top = vec![[1.0, 0.0], [4.0, 0.0], [4.0, 1.0], [1.0, 1.0]];
        let runs = fill(&[left, top], (4, 2));
        assert_eq!(picture(&runs, 4, 2), ["####", "##.."]);
        assert_eq!(area(&runs), 6);
    }

    #[test]
    fn a_ring_drawn_in_one_line_has_a_hole() {
        let mut line = vec![[0.0, 0.0], [5.0, 0.0], [5.0, 5.0], [0.0, 5.0], [0.0, 0.0]];
        line.extend([[1.0, 1.0], [1.0, 4.0], [4.0, 4.0], [4.0, 1.0], [1.0, 1.0]]);
        assert_eq!(picture(&fill(&[line], (5, 5)), 5, 5)[2], "#...#");
    }

    #[test]
    fn runs_down_the_columns_begin_with_background() {
        // columns of two: .#  #.  ##
        let runs = from_columns(&[1, 2, 1, 2], (3, 2));
        assert_eq!(picture(&runs, 3, 2), [".##", "#.#"]);
        assert_eq!(centre(&from_columns(&[0, 6], (3, 2))), Some([1.5, 1.0]));
    }

    proptest! {
        #[test]
        fn no_polygon_leaves_the_picture(points in prop::collection::vec(prop::array::uniform2(-1e7..1e7f64), 0..9)) {
            for run in fill(&[points], (7, 5)) {
                prop_assert!(run.y < 5 && run.x0 < run.x1 && run.x1 <= 7);
            }
        }
    }
}
