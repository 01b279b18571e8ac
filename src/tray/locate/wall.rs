//! What walls look like in this picture: a linear discriminant learnt from a guessed grid.
//!
//! Pixels near the guessed lines against pixels in the middle of the guessed cells (Fisher, *The use of
//! multiple measurements in taxonomic problems*, 1936). A good guess separates them well, so the
//! separation ranks guesses; the discriminant then says of every pixel how much it looks like wall.

use nalgebra::{SMatrix, SVector};

use super::features::{CHANNELS, Canvas, Feature, is_vegetation};
use super::grid::Grid;

type Vector = SVector<f64, CHANNELS>;
type Matrix = SMatrix<f64, CHANNELS, CHANNELS>;

/// Which side of the discriminant a feature lies on: +1 as the mean wall, −1 as the mean cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct WallModel {
    weights: Vector,
    offset: f64,
    /// Whether it was learnt without vegetation and knows nothing of it.
    is_bare: bool,
    /// Squared Mahalanobis distance between wall and cell.
    pub separation: f64,
}

/// What walls and cells are told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pixels {
    /// All that show no vegetation, as far as there are enough: a pattern of plants is no tray.
    Bare,
    /// All: where moss or green light makes most of the tray look like leaves.
    All,
}

/// The most samples a side of a cell that a model learns from.
const MOST_SAMPLES: usize = 14;
/// The fewest: one row of samples lies within [`WALL`] of each line.
const LEAST_SAMPLES: usize = 8;
/// Samples that are enough for a model.
const ENOUGH_SAMPLES: usize = 16_000;
/// A sample this near to a line, in pitches, is wall.
const WALL: f64 = 0.08;
/// A sample at least this far from every line, in pitches, is cell.
const CELL: f64 = 0.24;

/// Sums over one class.
#[derive(Clone)]
struct Moments {
    count: f64,
    sum: Vector,
    square: Matrix,
}

/// Sums over the samples of one cell in one class: few enough for single precision, which adds four
/// channels at once.
#[derive(Clone, Copy, Default)]
struct CellSums {
    count: f32,
    sum: Feature,
    square: [Feature; CHANNELS],
}

impl CellSums {
    #[inline]
    fn add(&mut self, feature: &Feature) {
        self.count += 1.0;
        for (k, row) in self.square.iter_mut().enumerate() {
            self.sum[k] += feature[k];
            for (square, f) in row.iter_mut().zip(feature) {
                *square += feature[k] * f;
            }
        }
    }
}

impl Moments {
    fn new() -> Self {
        Self {
            count: 0.0,
            sum: Vector::zeros(),
            square: Matrix::zeros(),
        }
    }
    fn add(&mut self, cell: &CellSums) {
        self.count += f64::from(cell.count);
        self.sum += Vector::from_fn(|k, _| f64::from(cell.sum[k]));
        self.square += Matrix::from_fn(|i, k| f64::from(cell.square[i][k]));
    }
    fn plus(&self, other: &Self) -> Self {
        Self {
            count: self.count + other.count,
            sum: self.sum + other.sum,
            square: self.square + other.square,
        }
    }
    fn mean(&self) -> Vector {
        self.sum / self.count
    }
    fn covariance(&self) -> Matrix {
        let mean = self.mean();
        self.square / self.count - mean * mean.transpose()
    }
}

impl WallModel {
    /// Learns from a guessed grid; none when too little of it lies within the picture.
    pub fn learn(canvas: &Canvas, grid: &Grid, pixels: Pixels) -> Option<Self> {
        Self::learn_from(canvas, grid, pixels, 1)
    }

    /// How well a guess separates walls from cells ([`Self::separation`]), by a part of its cells:
    /// enough to rank guesses by.
    pub fn rough_separation(canvas: &Canvas, grid: &Grid) -> Option<f64> {
        let model = Self::learn_from(canvas, grid, Pixels::Bare, thinning(grid))?;
        Some(model.separation)
    }

    /// Learns from every `every`-th cell in reading order.
    fn learn_from(canvas: &Canvas, grid: &Grid, pixels: Pixels, every: usize) -> Option<Self> {
        const LEAST_SHARE: f64 = 0.5;
        /// Sensor and compression noise, squared grey levels of 255 as a share: keeps the inverse stable.
        const NOISE: f64 = (1.5 / 255.0) * (1.5 / 255.0);
        let cells = grid.rows * grid.cols;
        let samples = samples(samples_a_side(cells));
        let mut classes = Classes::new();
        let chosen = (0..cells).step_by(every);
        let of_all = (chosen.len() * samples.len()) as f64;
        for cell in chosen {
            classes.add_cell(canvas, grid, (cell / grid.cols, cell % grid.cols), &samples);
        }
        if classes.seen < LEAST_SHARE * of_all {
            return None;
        }
        let is_bare = pixels == Pixels::Bare && classes.is_bare();
        let [wall, cell] = if is_bare { classes.bare } else { classes.all() };
        if wall.count * cell.count == 0.0 {
            return None;
        }
        let (wall_mean, cell_mean) = (wall.mean(), cell.mean());
        let within = 0.5 * (wall.covariance() + cell.covariance()) + Matrix::identity() * NOISE;
        let apart = wall_mean - cell_mean;
        let weights = within.try_inverse()? * apart;
        let separation = weights.dot(&apart);
        let scale = 2.0 / separation.max(1e-9);
        let weights = weights * scale;
        let offset = -weights.dot(&((wall_mean + cell_mean) * 0.5));
        Some(Self {
            weights,
            offset,
            is_bare,
            separation,
        })
    }

    /// How much a pixel looks like wall, ±[`CLIP`]; none for leaves, which hide what is below.
    fn value(&self, feature: &Feature) -> Option<f32> {
        if self.is_bare && is_vegetation(feature) {
            return None;
        }
        let mut value = self.offset;
        for (k, &f) in feature.iter().enumerate() {
            value += self.weights[k] * f64::from(f);
        }
        Some((value as f32).clamp(-CLIP, CLIP))
    }
}

/// Fewer samples a cell where there are many cells.
fn samples_a_side(cells: usize) -> usize {
    let side = (ENOUGH_SAMPLES as f64 / cells as f64).sqrt() as usize;
    side.clamp(LEAST_SAMPLES, MOST_SAMPLES)
}

/// The step through a grid's cells that leaves about [`ROUGH_SAMPLES`], so that every column is met.
fn thinning(grid: &Grid) -> usize {
    const ROUGH_SAMPLES: usize = 4_000;
    let cells = grid.rows * grid.cols;
    let side = samples_a_side(cells);
    let mut every = (cells * side * side / ROUGH_SAMPLES).max(1);
    while every > 1 && shares_a_factor(every, grid.cols) {
        every += 1;
    }
    every
}

fn shares_a_factor(a: usize, b: usize) -> bool {
    let (mut a, mut b) = (a, b);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a > 1
}

/// A place within a cell and whether it belongs to the cell (1) or to the wall round it (0).
struct Sample {
    u: f64,
    v: f64,
    class: usize,
}

/// The places of a cell that are learnt from, `side` × `side` less those between wall and cell.
fn samples(side: usize) -> Vec<Sample> {
    let place = |i: usize| (i as f64 + 0.5) / side as f64;
    let mut samples = Vec::with_capacity(side * side);
    for (i, j) in (0..side * side).map(|k| (k % side, k / side)) {
        let (u, v) = (place(i), place(j));
        let to_line = u.min(1.0 - u).min(v.min(1.0 - v));
        if !(WALL..CELL).contains(&to_line) {
            let class = usize::from(to_line >= WALL);
            samples.push(Sample { u, v, class });
        }
    }
    samples
}

/// Wall and cell, each without vegetation and of vegetation alone.
struct Classes {
    /// Samples in view.
    seen: f64,
    /// Wall, cell: samples that are no vegetation.
    bare: [Moments; 2],
    /// Wall, cell: samples that are vegetation.
    green: [Moments; 2],
}

impl Classes {
    fn new() -> Self {
        let empty = || [Moments::new(), Moments::new()];
        Self {
            seen: 0.0,
            bare: empty(),
            green: empty(),
        }
    }

    fn add_cell(
        &mut self,
        canvas: &Canvas,
        grid: &Grid,
        (row, col): (usize, usize),
        samples: &[Sample],
    ) {
        let [a, b] = [grid.node(row, col), grid.node(row, col + 1)];
        let [c, d] = [grid.node(row + 1, col), grid.node(row + 1, col + 1)];
        let [right, down] = [[b[0] - a[0], b[1] - a[1]], [c[0] - a[0], c[1] - a[1]]];
        let twist = [d[0] - c[0] - right[0], d[1] - c[1] - right[1]];
        // bare and green of wall and cell
        let mut sums = [[CellSums::default(); 2]; 2];
        for &Sample { u, v, class } in samples {
            let at = |k: usize| a[k] + right[k] * u + (down[k] + twist[k] * u) * v;
            if let Some(feature) = feature_at(canvas, at(0), at(1)) {
                sums[class][usize::from(is_vegetation(feature))].add(feature);
            }
        }
        for (class, [bare, green]) in sums.iter().enumerate() {
            self.seen += f64::from(bare.count + green.count);
            self.bare[class].add(bare);
            if green.count > 0.0 {
                self.green[class].add(green);
            }
        }
    }

    /// Wall, cell: all samples.
    fn all(&self) -> [Moments; 2] {
        [0, 1].map(|k| self.bare[k].plus(&self.green[k]))
    }

    /// Whether to learn from bare samples, so that a pattern of plants is no tray; under a closed canopy
    /// too few are left.
    fn is_bare(&self) -> bool {
        const LEAST_BARE: f64 = 0.1;
        (0..2).all(|k| {
            let bare = self.bare[k].count;
            bare >= LEAST_BARE * (bare + self.green[k].count)
        })
    }
}

#[inline]
fn feature_at(canvas: &Canvas, x: f64, y: f64) -> Option<&Feature> {
    let features = &canvas.features;
    if x < 0.0 || y < 0.0 || x >= features.width as f64 || y >= features.height as f64 {
        return None;
    }
    let i = y as usize * features.width + x as usize;
    canvas.inside[i].then(|| &features.pixels[i])
}

/// The most that one pixel may say: glare, tags and plants count no more than twice a wall.
const CLIP: f32 = 2.0;

/// A sum of wall-likeness and the pixels that had any to say.
pub(super) type Sum = [f32; 2];

/// Less of an interval in view, px, says nothing.
const LEAST_PX: f64 = 0.25;

/// Mean over an interval of `length` px by the running sums at its ends; none where less than half of it is
/// free of leaves.
#[inline]
pub(super) fn mean_between(from: Sum, to: Sum, length: f64) -> Option<f64> {
    const LEAST_KNOWN: f64 = 0.5;
    let known = f64::from(to[1] - from[1]);
    (length >= LEAST_PX && known >= LEAST_KNOWN * length)
        .then(|| f64::from(to[0] - from[0]) / known)
}

/// Wall-likeness of every canvas pixel, with running sums along both axes.
#[derive(Debug)]
pub(super) struct WallMap {
    pub width: usize,
    pub height: usize,
    /// Running sums along x, a line of `width + 1` for every y.
    along_x: Vec<Sum>,
    /// Running sums along y, a line of `height + 1` for every x.
    along_y: Vec<Sum>,
    inside: Vec<bool>,
}

impl WallMap {
    /// Applies a model to a canvas; pixels outside the frame say nothing.
    pub fn of(canvas: &Canvas, model: &WallModel) -> Self {
        let (width, height) = (canvas.features.width, canvas.features.height);
        let mut along_x = Vec::with_capacity((width + 1) * height);
        let mut along_y = vec![[0.0_f32; 2]; (height + 1) * width];
        for y in 0..height {
            let mut sum = [0.0, 0.0];
            along_x.push(sum);
            for x in 0..width {
                let i = y * width + x;
                let value = canvas.inside[i]
                    .then(|| model.value(&canvas.features.pixels[i]))
                    .flatten();
                let [v, known] = value.map_or([0.0, 0.0], |v| [v, 1.0]);
                sum = [sum[0] + v, sum[1] + known];
                along_x.push(sum);
                let column = x * (height + 1) + y;
                let [a, b] = along_y[column];
                along_y[column + 1] = [a + v, b + known];
            }
        }
        Self {
            width,
            height,
            along_x,
            along_y,
            inside: canvas.inside.clone(),
        }
    }

    /// Length of the map along an axis (0: x).
    pub fn length(&self, axis: usize) -> f64 {
        [self.width, self.height][axis] as f64
    }

    /// Whether a point shows the frame.
    pub fn is_inside(&self, x: f64, y: f64) -> bool {
        x >= 0.0
            && y >= 0.0
            && x < self.width as f64
            && y < self.height as f64
            && self.inside[y as usize * self.width + x as usize]
    }

    /// Running sums of the line at `across` along `axis`, read at every whole place and `offset` beyond it,
    /// 0 to the map's length; none where the line is out of view.
    pub fn sums_beyond(&self, axis: usize, across: f64, offset: f64) -> Option<Vec<Sum>> {
        if across < 0.0 || across >= self.length(1 - axis) {
            return None;
        }
        let steps = self.length(axis) as usize + 1;
        let line = &[&self.along_x, &self.along_y][axis][across as usize * steps..][..steps];
        let whole = offset.floor();
        let rest = (offset - whole) as f32;
        let last = steps - 1;
        let read = |at: usize| {
            let i = at as isize + whole as isize;
            match usize::try_from(i) {
                Ok(i) if i < last => {
                    let (a, b) = (line[i], line[i + 1]);
                    [a[0] + (b[0] - a[0]) * rest, a[1] + (b[1] - a[1]) * rest]
                }
                Ok(_) => line[last],
                Err(_) => line[0],
            }
        };
        Some((0..steps).map(read).collect())
    }

    /// Mean over an interval along `axis` at `across` on the other; none where too little of it
    /// is in view and free of leaves.
    pub fn mean(&self, axis: usize, across: f64, from: f64, to: f64) -> Option<f64> {
        let length = self.length(axis);
        let (from, to) = (from.clamp(0.0, length), to.clamp(0.0, length));
        if to - from < LEAST_PX || across < 0.0 || across >= self.length(1 - axis) {
            return None;
        }
        let sums = [&self.along_x, &self.along_y][axis];
        let steps = length as usize + 1;
        let line = &sums[across as usize * steps..][..steps];
        let at = |x: f64| -> Sum {
            let i = (x as usize).min(steps - 2);
            let rest = (x - i as f64) as f32;
            [0, 1].map(|k| line[i][k] + (line[i + 1][k] - line[i][k]) * rest)
        };
        mean_between(at(from), at(to), to - from)
    }
}
