//! A grid and a wall map in, how much every cell looks like a cell out: open inside, walled around.

use super::grid::Grid;
use super::wall::WallMap;

/// Wall-likeness of one cell's middle and of its four walls, where in view.
#[derive(Debug, Clone, Copy)]
struct CellEvidence {
    /// None when too little of the cell's middle is in view.
    core: Option<f64>,
    /// Left, right, top, bottom.
    walls: [Option<f64>; 4],
}

/// Evidence for every cell of a grid.
#[derive(Debug)]
pub(super) struct Evidence {
    rows: usize,
    cols: usize,
    cells: Vec<CellEvidence>,
}

impl Evidence {
    pub fn of(map: &WallMap, grid: &Grid) -> Self {
        let cells = (0..grid.rows * grid.cols)
            .map(|i| cell_evidence(map, grid, i / grid.cols, i % grid.cols))
            .collect();
        Self {
            rows: grid.rows,
            cols: grid.cols,
            cells,
        }
    }

    /// How much row `row` is a row of cells, by the walls that divide it: 1 as usual, 0 not at all.
    /// The median over `cols`; none when it is out of view.
    pub fn row(&self, row: usize, cols: std::ops::Range<usize>) -> Option<f64> {
        usual(cols.map(|col| self.cells[row * self.cols + col].by_walls([0, 1])))
    }

    /// The same for a column, by the walls between its rows.
    pub fn col(&self, col: usize, rows: std::ops::Range<usize>) -> Option<f64> {
        usual(rows.map(|row| self.cells[row * self.cols + col].by_walls([2, 3])))
    }

    /// The weakest inner wall line of either kind, 1 as usual: low where a claimed line is no wall.
    pub fn weakest_line(&self) -> f64 {
        let columns = (1..self.cols).filter_map(|col| {
            median((0..self.rows).filter_map(|row| {
                self.between(row * self.cols + col - 1, row * self.cols + col, 1)
            }))
        });
        let rows = (1..self.rows).filter_map(|row| {
            median((0..self.cols).filter_map(|col| {
                self.between((row - 1) * self.cols + col, row * self.cols + col, 3)
            }))
        });
        columns.chain(rows).fold(1.0, f64::min)
    }

    /// Mean over the cells that leaves let see, 0–1; where these are few, the rest counts as none.
    pub fn support(&self) -> f64 {
        const LEAST_SEEN: f64 = 0.6;
        let known: Vec<f64> = self
            .cells
            .iter()
            .filter_map(|c| c.by_walls([0, 1, 2, 3]))
            .map(|e| e.clamp(0.0, 1.0))
            .collect();
        let least = LEAST_SEEN * self.cells.len() as f64;
        known.iter().sum::<f64>() / least.max(known.len() as f64).max(1.0)
    }

    /// Share of cells of which enough is in view and free of leaves.
    pub fn known(&self) -> f64 {
        let known = self.cells.iter().filter(|c| c.core.is_some()).count();
        known as f64 / self.cells.len().max(1) as f64
    }

    /// The least of the four corners' usual evidence, a third of the rows by a third of the columns each: a
    /// lattice that slides off the walls does so towards a corner. Corners under leaves say nothing.
    pub fn weakest_corner(&self) -> f64 {
        let (rows, cols) = (self.rows.div_ceil(3), self.cols.div_ceil(3));
        let corner = |top: usize, left: usize| {
            let cells = (0..rows * cols).map(|i| (top + i / cols) * self.cols + left + i % cols);
            let evidence = cells.map(|cell| self.cells[cell].by_walls([0, 1, 2, 3]));
            usual(evidence.collect::<Vec<_>>().into_iter())
        };
        [0, self.rows - rows]
            .into_iter()
            .flat_map(|top| [0, self.cols - cols].map(|left| corner(top, left)))
            .flatten()
            .fold(1.0, f64::min)
    }

    fn between(&self, first: usize, second: usize, wall: usize) -> Option<f64> {
        let cores = mean([self.cells[first].core, self.cells[second].core])?;
        Some(0.5 * (self.cells[first].walls[wall]? - cores))
    }
}

impl CellEvidence {
    fn by_walls<const N: usize>(&self, walls: [usize; N]) -> Option<f64> {
        Some(0.5 * (mean(walls.map(|w| self.walls[w]))? - self.core?))
    }
}

fn mean<const N: usize>(values: [Option<f64>; N]) -> Option<f64> {
    let known = values.iter().flatten().count();
    (known > 0).then(|| values.iter().flatten().sum::<f64>() / known as f64)
}

/// The median of what is known; none when that is less than a third.
fn usual(values: impl ExactSizeIterator<Item = Option<f64>>) -> Option<f64> {
    let all = values.len();
    let known: Vec<f64> = values.flatten().collect();
    (3 * known.len() >= all)
        .then(|| median(known.into_iter()))
        .flatten()
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn cell_evidence(map: &WallMap, grid: &Grid, row: usize, col: usize) -> CellEvidence {
    const CORE: [f64; 5] = [0.3, 0.4, 0.5, 0.6, 0.7];
    let core = sampled(
        map,
        CORE.iter()
            .map(|&v| (grid.point(row, col, 0.3, v), grid.point(row, col, 0.7, v))),
        0,
    );
    let side = |axis: usize, line: f64| strongest_wall(map, grid, (row, col), axis, line);
    CellEvidence {
        core,
        walls: [side(0, 0.0), side(0, 1.0), side(1, 0.0), side(1, 1.0)],
    }
}

/// Mean wall-likeness along the wall of a cell at `line` (0 or 1) of an axis, at the best of a few
/// places near it: walls drift by about their own width.
fn strongest_wall(
    map: &WallMap,
    grid: &Grid,
    (row, col): (usize, usize),
    axis: usize,
    line: f64,
) -> Option<f64> {
    const NEAR: [f64; 5] = [-0.1, -0.05, 0.0, 0.05, 0.1];
    const ALONG: [f64; 4] = [0.2, 0.4, 0.6, 0.8];
    let point = |across: f64, along: f64| match axis {
        0 => grid.point(row, col, across, along),
        _ => grid.point(row, col, along, across),
    };
    NEAR.iter()
        .filter_map(|near| {
            let stretches = ALONG
                .windows(2)
                .map(|w| (point(line + near, w[0]), point(line + near, w[1])));
            sampled(map, stretches, 1 - axis)
        })
        .max_by(f64::total_cmp)
}

/// Mean wall-likeness over stretches that run along `axis`; none when less than two fifths are
/// in view and free of leaves.
fn sampled(
    map: &WallMap,
    stretches: impl Iterator<Item = ([f64; 2], [f64; 2])>,
    axis: usize,
) -> Option<f64> {
    const LEAST_SEEN: f64 = 0.4;
    let (mut sum, mut known, mut count) = (0.0, 0.0, 0.0);
    for (from, to) in stretches {
        count += 1.0;
        let middle = [0, 1].map(|k| 0.5 * (from[k] + to[k]));
        if map.is_inside(middle[0], middle[1])
            && let Some(m) = map.mean(axis, middle[1 - axis], from[axis], to[axis])
        {
            sum += m;
            known += 1.0;
        }
    }
    (known >= LEAST_SEEN * count).then(|| sum / known)
}
