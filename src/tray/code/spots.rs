//! A grey picture in, the few places of it where a 2D code may lie out.
//!
//! A code is dark and bright in equal parts and changes between the two many times along every line and every
//! column. Peat with perlite does so too here and there, though seldom over a square of several tiles: what is looked
//! at closely is bounded by number, so that a picture without a code costs a bounded time.

/// A picture of brightness, row-major.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Luma {
    pub width: usize,
    pub height: usize,
    pub values: Vec<u8>,
}

impl Luma {
    /// A picture of these brightnesses by column and row.
    pub fn from_fn(width: usize, height: usize, value: impl Fn(usize, usize) -> u8) -> Self {
        let values = (0..width * height).map(|i| value(i % width, i / width));
        Self {
            width,
            height,
            values: values.collect(),
        }
    }

    /// Half as wide and high, four pixels averaged to one.
    pub fn halved(&self) -> Self {
        Self::from_fn(self.width / 2, self.height / 2, |x, y| {
            let i = 2 * y * self.width + 2 * x;
            let four = [i, i + 1, i + self.width, i + self.width + 1];
            let sum: u32 = four.iter().map(|&i| u32::from(self.values[i])).sum();
            (sum / 4) as u8
        })
    }

    /// Twice as wide and high, between pixels by linear interpolation.
    pub fn doubled(&self) -> Self {
        Self::from_fn(self.width * 2, self.height * 2, |x, y| {
            let (x0, y0) = ((x.max(1) - 1) / 2, (y.max(1) - 1) / 2);
            let (x1, y1) = ((x0 + 1).min(self.width - 1), (y0 + 1).min(self.height - 1));
            // a pixel's centre lies a quarter from the nearer of the two, or on it at the edge
            let (u, v) = (
                if x % 2 == 1 { 1 } else { 3 },
                if y % 2 == 1 { 1 } else { 3 },
            );
            let at = |x: usize, y: usize| u32::from(self.values[y * self.width + x]);
            let top = at(x0, y0) * (4 - u) + at(x1, y0) * u;
            let bottom = at(x0, y1) * (4 - u) + at(x1, y1) * u;
            ((top * (4 - v) + bottom * v + 8) / 16) as u8
        })
    }

    /// A piece of it.
    pub fn piece(&self, spot: Spot) -> Self {
        Self::from_fn(spot.width, spot.height, |x, y| {
            self.values[(spot.y + y) * self.width + spot.x + x]
        })
    }
}

/// A rectangle of pixels: from the first column and row, as wide and as high.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub x: usize,
    pub y: usize,
    pub width: usize,
    pub height: usize,
}

impl Spot {
    /// The same place where every pixel has become `scale` by `scale`.
    pub fn enlarged(self, scale: usize) -> Self {
        Self {
            x: self.x * scale,
            y: self.y * scale,
            width: self.width * scale,
            height: self.height * scale,
        }
    }
}

/// Side of a tile, px.
const TILE: usize = 16;
/// Lines of a tile that are looked at, and columns.
const LINES: usize = 4;
/// Bright and dark of a printed code differ by at least so much, grey levels.
const LEAST_CONTRAST: u8 = 50;
/// Changes between bright and dark along four lines of a tile: a code's modules of 5 px give 3 a line or so.
const LEAST_CHANGES: u32 = 7;
/// Of the 64 looked at, pixels as good as ink or paper: blurred modules of 2 px leave half.
const LEAST_PLAIN: u32 = 28;
/// Tiles beside each other that make a spot: a code of 12 modules of 2 px fills one and its half beside it.
const LEAST_TILES: usize = 2;
/// Tiles along a side beyond which it is no code but the substrate.
const MOST_TILES_ASIDE: usize = 12;
/// Spots that are looked at closely.
const MOST_SPOTS: usize = 3;

/// The places that look most like a code, the likeliest first; `may_hold` says of a pixel whether a code may lie there.
pub(super) fn spots(luma: &Luma, may_hold: impl Fn(usize, usize) -> bool) -> Vec<Spot> {
    let (cols, rows) = (luma.width / TILE, luma.height / TILE);
    let scored = |tile: usize| {
        let (x, y) = (tile % cols * TILE, tile / cols * TILE);
        if may_hold(x + TILE / 2, y + TILE / 2) {
            score(luma, x, y)
        } else {
            0
        }
    };
    let scores: Vec<u32> = (0..rows * cols).map(scored).collect();
    let mut found = groups(&scores, cols);
    found.retain(|group| {
        group.tiles >= LEAST_TILES && group.cols().max(group.rows()) <= MOST_TILES_ASIDE
    });
    // by the mean of its tiles: a code is dense, a fringe of leaves long
    let density = |group: &Group| u64::from(group.score) * 1000 / group.tiles as u64;
    found.sort_by_key(|group| (std::cmp::Reverse(density(group)), group.top, group.left));
    found.truncate(MOST_SPOTS);
    found.iter().map(|group| group.spot(luma)).collect()
}

/// How much a tile looks like a piece of code: its changes times the share of its pixels that are as good as the darkest
/// or as the brightest; 0 where it does not.
fn score(luma: &Luma, x0: usize, y0: usize) -> u32 {
    let at = |x: usize, y: usize| luma.values[(y0 + y) * luma.width + x0 + x];
    let line = |n: usize| n * TILE / LINES + 1;
    let samples = || (0..LINES).flat_map(|n| (0..TILE).map(move |i| (i, line(n))));
    let (low, high) = samples().fold((u8::MAX, u8::MIN), |(low, high), (x, y)| {
        (low.min(at(x, y)), high.max(at(x, y)))
    });
    let contrast = high - low;
    if contrast < LEAST_CONTRAST {
        return 0;
    }
    let middle = low + contrast / 2;
    let changes = |bright: &dyn Fn(usize, usize) -> bool| {
        let along = |y: usize| {
            (1..TILE)
                .filter(|&i| bright(i, y) != bright(i - 1, y))
                .count()
        };
        (0..LINES).map(|n| along(line(n)) as u32).sum::<u32>()
    };
    let along_rows = changes(&|i, line| at(i, line) > middle);
    let fewest = along_rows.min(changes(&|i, line| at(line, i) > middle));
    if fewest < LEAST_CHANGES {
        return 0;
    }
    // ink and paper, and little between them: leaves and substrate have all shades
    let near = contrast / 4;
    let plain = |(x, y): &(usize, usize)| at(*x, *y) <= low + near || at(*x, *y) >= high - near;
    let plain = samples().filter(plain).count() as u32;
    if plain < LEAST_PLAIN {
        return 0;
    }
    fewest * plain
}

/// Tiles beside each other.
struct Group {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
    tiles: usize,
    score: u32,
}

impl Group {
    fn cols(&self) -> usize {
        self.right - self.left + 1
    }
    fn rows(&self) -> usize {
        self.bottom - self.top + 1
    }

    /// Its pixels with two tiles around them: a code's edge may change too little in its tile.
    fn spot(&self, luma: &Luma) -> Spot {
        let (x, y) = (
            self.left.saturating_sub(2) * TILE,
            self.top.saturating_sub(2) * TILE,
        );
        Spot {
            x,
            y,
            width: ((self.right + 3) * TILE).min(luma.width) - x,
            height: ((self.bottom + 3) * TILE).min(luma.height) - y,
        }
    }
}

/// Tiles with a score, joined where they touch.
fn groups(scores: &[u32], cols: usize) -> Vec<Group> {
    let mut seen = vec![false; scores.len()];
    let mut groups = Vec::new();
    for start in 0..scores.len() {
        if scores[start] == 0 || seen[start] {
            continue;
        }
        let mut group = Group {
            left: start % cols,
            right: start % cols,
            top: start / cols,
            bottom: start / cols,
            tiles: 0,
            score: 0,
        };
        let mut open = vec![start];
        seen[start] = true;
        while let Some(tile) = open.pop() {
            let (x, y) = (tile % cols, tile / cols);
            group.left = group.left.min(x);
            group.right = group.right.max(x);
            group.bottom = group.bottom.max(y);
            group.tiles += 1;
            group.score += scores[tile];
            let beside = [
                (x > 0).then(|| tile - 1),
                (x + 1 < cols).then_some(tile + 1),
                tile.checked_sub(cols),
                Some(tile + cols).filter(|&t| t < scores.len()),
            ];
            for next in beside.into_iter().flatten() {
                if scores[next] > 0 && !seen[next] {
                    seen[next] = true;
                    open.push(next);
                }
            }
        }
        groups.push(group);
    }
    groups
}
