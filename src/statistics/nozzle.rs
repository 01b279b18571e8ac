//! Which of a seeder's nozzles look blocked: lines or single positions that are blank more often than they should.
//!
//! Trays get turned by half a turn between seeder and camera, so a nozzle shows at its place and at the place opposite:
//! every cell is taken together with the one opposite ("folded"). Two things are looked at.
//!
//! *Excess.* Edges dry out, so a cell is compared with cells as far from the edge as itself only (0, 1, or 2 and more
//! cells). The blanks of a line or position are compared with what they would be if the blanks of each such class had
//! fallen anywhere in it: a hypergeometric mean and variance, summed over the classes. The tail is that of a Poisson
//! count scaled to that mean and variance, since blanks are few and a normal tail would raise false alarms.
//!
//! *Difference*, of lines only. What dries an edge out reaches both opposite lines; a nozzle reaches one of them in each
//! tray, whichever way the tray is turned. So the squared difference of their blanks, summed over the trays, is compared
//! with what it would be if each blank of the two had fallen on either (a gamma tail of the same mean and variance). It
//! is nearly independent of the excess, and both are put together as Fisher (1925) does.
//!
//! Blanks that come in patches make everything vary more, which is measured on the other places and allowed for. The
//! surest suspect is taken out first, so that it does not hide others; all places that are looked at share a bound on
//! false alarms (Bonferroni).

use serde::{Deserialize, Serialize};
use statrs::function::gamma::{gamma_lr, gamma_ur};

use super::BlankMap;

/// The share of lots without a blocked nozzle in which something is flagged, at most. Half of it is for lines, half for
/// single positions.
pub const FALSE_ALARMS_PER_LOT: f64 = 0.009_5;
/// Fewer trays say nothing.
const FEWEST_TRAYS: u64 = 4;
/// Suspects that are named at most.
const MOST_SUSPECTS: usize = 8;
/// Cells this far from the edge and farther dry alike.
const INNER: usize = 2;
/// The mean of a χ² variable with one degree of freedom below its upper quartile, 1.3233: of a normal variable z
/// between ±c = 1.1503, 1 − 2 c φ(c) / 0.75.
const CHI_SQUARE_LOWER_MEAN: f64 = 0.368_4;
/// When one of two opposite places has this share of their excess, trays are taken not to have been turned.
const ONE_SIDED: f64 = 0.9;

/// A place in the tray; in trays that may have been turned, it and the one opposite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SuspectPlace {
    /// A row.
    Row {
        /// Row, from 0.
        row: usize,
    },
    /// A column.
    Column {
        /// Column, from 0.
        col: usize,
    },
    /// A single cell.
    Position {
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        col: usize,
    },
}

impl SuspectPlace {
    fn holds(self, row: usize, col: usize) -> bool {
        match self {
            Self::Row { row: r } => r == row,
            Self::Column { col: c } => c == col,
            Self::Position { row: r, col: c } => (r, c) == (row, col),
        }
    }

    fn opposite(self, rows: usize, cols: usize) -> Self {
        match self {
            Self::Row { row } => Self::Row {
                row: rows - 1 - row,
            },
            Self::Column { col } => Self::Column {
                col: cols - 1 - col,
            },
            Self::Position { row, col } => Self::Position {
                row: rows - 1 - row,
                col: cols - 1 - col,
            },
        }
    }

    fn is_line(self) -> bool {
        !matches!(self, Self::Position { .. })
    }
}

/// A nozzle, or a row or column of nozzles, that looks blocked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// Where; of two opposite places the one with more blanks.
    #[serde(flatten)]
    pub place: SuspectPlace,
    /// The opposite place too, where trays were turned and one cannot tell.
    pub or_opposite: bool,
    /// Whether it is an edge of the tray, which may be drier than the other edges instead.
    pub at_edge: bool,
    /// Blanks at both places.
    pub blanks: u64,
    /// Blanks that would be expected there.
    pub expected: f64,
    /// The share of seeds that the nozzle misses, as far as the blanks tell.
    pub missed: f64,
    /// The probability of so many blanks without a blocked nozzle, times the places that were looked at.
    pub p_value: f64,
}

/// The suspects of a lot's trays, the surest first. None of fewer than four trays.
#[must_use]
pub fn suspects(map: &BlankMap) -> Vec<Suspect> {
    let (rows, cols) = (map.rows, map.cols);
    if map.trays < FEWEST_TRAYS || rows == 0 || cols == 0 || map.blanks.len() != rows * cols {
        return Vec::new();
    }
    let places = places(rows, cols);
    let mut cells = Cells::of(map);
    let mut found: Vec<Suspect> = Vec::new();
    while found.len() < MOST_SUSPECTS {
        let Some((suspect, places)) = surest(map, &cells, &places) else {
            break;
        };
        cells.take_out(places);
        found.push(suspect);
    }
    found
}

/// Every line and cell, with of each two opposite ones only the first.
fn places(rows: usize, cols: usize) -> Vec<SuspectPlace> {
    let lines = (0..rows.div_ceil(2))
        .map(|row| SuspectPlace::Row { row })
        .chain((0..cols.div_ceil(2)).map(|col| SuspectPlace::Column { col }));
    let folded = (rows * cols).div_ceil(2);
    let positions = (0..folded).map(|index| SuspectPlace::Position {
        row: index / cols,
        col: index % cols,
    });
    lines.chain(positions).collect()
}

/// The cells that are still looked at, by how far from the edge they are.
#[derive(Clone)]
struct Cells {
    rows: usize,
    cols: usize,
    trays: u64,
    there: Vec<bool>,
    blanks: Vec<u64>,
    classes: [Class; INNER + 1],
}

/// Cells equally far from the edge.
#[derive(Clone, Copy, Default)]
struct Class {
    looks: f64,
    blanks: f64,
}

/// What a place has and should have.
#[derive(Clone, Copy)]
struct Excess {
    blanks: f64,
    mean: f64,
    variance: f64,
}

impl Excess {
    fn squared(self) -> f64 {
        (self.blanks - self.mean).powi(2) / self.variance
    }

    /// The probability of at least so many blanks, where all vary `dispersion` times as much as they should.
    fn tail(self, dispersion: f64) -> f64 {
        let unit = (self.variance * dispersion / self.mean).max(f64::MIN_POSITIVE);
        if self.blanks <= self.mean {
            return 1.0;
        }
        gamma_lr(self.blanks / unit, self.mean / unit)
    }
}

impl Cells {
    fn of(map: &BlankMap) -> Self {
        let mut cells = Self {
            rows: map.rows,
            cols: map.cols,
            trays: map.trays,
            there: vec![true; map.rows * map.cols],
            blanks: map.blanks.iter().map(|n| u64::from(*n)).collect(),
            classes: [Class::default(); INNER + 1],
        };
        cells.sum();
        cells
    }

    fn class(&self, row: usize, col: usize) -> usize {
        let sides = [row, col, self.rows - 1 - row, self.cols - 1 - col];
        sides.into_iter().min().unwrap_or(0).min(INNER)
    }

    fn sum(&mut self) {
        let mut classes = [Class::default(); INNER + 1];
        for (index, blanks) in self.blanks.iter().enumerate() {
            if self.there[index] {
                let class = &mut classes[self.class(index / self.cols, index % self.cols)];
                class.looks += self.trays as f64;
                class.blanks += *blanks as f64;
            }
        }
        self.classes = classes;
    }

    fn take_out(&mut self, places: [SuspectPlace; 2]) {
        for index in 0..self.there.len() {
            let (row, col) = (index / self.cols, index % self.cols);
            if places.iter().any(|place| place.holds(row, col)) {
                self.there[index] = false;
            }
        }
        self.sum();
    }

    /// Cells of the places that are still looked at, each once.
    fn within(&self, places: [SuspectPlace; 2]) -> impl Iterator<Item = (usize, u64)> + '_ {
        (0..self.there.len()).filter_map(move |index| {
            let (row, col) = (index / self.cols, index % self.cols);
            let inside = places.iter().any(|place| place.holds(row, col));
            (inside && self.there[index]).then(|| (self.class(row, col), self.blanks[index]))
        })
    }

    /// Of a line with another opposite; none of other places, or where no blank or nothing else is in them.
    fn difference(&self, map: &BlankMap, place: SuspectPlace) -> Option<Difference> {
        let index = match place {
            SuspectPlace::Row { row } if row != self.rows - 1 - row => row,
            SuspectPlace::Column { col } if col != self.cols - 1 - col => {
                self.rows.div_ceil(2) + col
            }
            _ => return None,
        };
        let opposite = place.opposite(self.rows, self.cols);
        let inside = (0..self.blanks.len()).filter(|index| {
            let (row, col) = (index / self.cols, index % self.cols);
            place.holds(row, col) || opposite.holds(row, col)
        });
        // Its own rate: whatever dries both out is no matter.
        let (cells, blanks) = inside.fold((0.0, 0.0), |(cells, blanks), index| {
            (cells + 1.0, blanks + self.blanks[index] as f64)
        });
        let trays = self.trays as f64;
        let rate = blanks / (cells * trays);
        let spread = cells * rate * (1.0 - rate);
        let fourth_cumulant = (spread * (1.0 - 6.0 * rate * (1.0 - rate))).max(0.0);
        (spread > 0.0).then(|| Difference {
            squares: map.line_squares.get(index).copied().unwrap_or(0) as f64,
            mean: trays * spread,
            variance: trays * (2.0 * spread * spread + fourth_cumulant),
        })
    }

    /// None where nothing is left to compare with.
    fn excess(&self, places: [SuspectPlace; 2]) -> Option<Excess> {
        let mut inside = [Class::default(); INNER + 1];
        for (class, blanks) in self.within(places) {
            inside[class].looks += self.trays as f64;
            inside[class].blanks += blanks as f64;
        }
        let mut excess = Excess {
            blanks: 0.0,
            mean: 0.0,
            variance: 0.0,
        };
        for (part, whole) in inside.iter().zip(&self.classes) {
            if part.looks == 0.0 || part.looks >= whole.looks {
                continue;
            }
            let (share, rate) = (part.looks / whole.looks, whole.blanks / whole.looks);
            excess.blanks += part.blanks;
            excess.mean += share * whole.blanks;
            excess.variance +=
                part.looks * rate * (1.0 - rate) * (whole.looks - part.looks) / (whole.looks - 1.0);
        }
        (excess.variance > 0.0).then_some(excess)
    }
}

/// The surest suspect, if any is sure enough. How much more than by chance places of its kind vary is measured without
/// it, or the surest would hide behind its own excess.
fn surest(
    map: &BlankMap,
    cells: &Cells,
    places: &[SuspectPlace],
) -> Option<(Suspect, [SuspectPlace; 2])> {
    let both = |place: SuspectPlace| [place, place.opposite(map.rows, map.cols)];
    let seen = |cells: &Cells| -> Vec<Seen> {
        let seen = |place: &SuspectPlace| {
            Some(Seen {
                place: *place,
                excess: cells.excess(both(*place))?,
                difference: cells.difference(map, *place),
            })
        };
        places.iter().filter_map(seen).collect()
    };
    let all = seen(cells);
    let looked_at = |place: SuspectPlace| {
        let alike = all
            .iter()
            .filter(|other| other.place.is_line() == place.is_line());
        alike.count() as f64
    };
    let by_chance = |seen: &Seen| seen.tail(1.0, 1.0) * looked_at(seen.place);
    let candidate = all
        .iter()
        .min_by(|a, b| by_chance(a).total_cmp(&by_chance(b)))
        .filter(|candidate| by_chance(candidate) < FALSE_ALARMS_PER_LOT / 2.0)?;
    let mut others = cells.clone();
    others.take_out(both(candidate.place));
    let others = seen(&others);
    let alike = || {
        others
            .iter()
            .filter(|other| other.place.is_line() == candidate.place.is_line())
    };
    let excesses = lower_mean(alike().map(|other| other.excess.squared()).collect());
    let differences = lower_mean(
        alike()
            .filter_map(|other| other.difference.map(Difference::ratio))
            .collect(),
    );
    let p_value = candidate.tail(
        (excesses / CHI_SQUARE_LOWER_MEAN).max(1.0),
        differences.max(1.0),
    ) * looked_at(candidate.place);
    (p_value < FALSE_ALARMS_PER_LOT / 2.0).then(|| {
        let place = candidate.place;
        (
            described(map, cells, place, candidate.excess, p_value),
            both(place),
        )
    })
}

/// What is seen of a place.
struct Seen {
    place: SuspectPlace,
    excess: Excess,
    difference: Option<Difference>,
}

impl Seen {
    /// The probability of as much, where excesses and differences vary so many times as much as by chance.
    fn tail(&self, excesses: f64, differences: f64) -> f64 {
        let excess = self.excess.tail(excesses);
        self.difference.map_or(excess, |difference| {
            let product = (excess * difference.tail(differences)).max(f64::MIN_POSITIVE);
            product * (1.0 - product.ln())
        })
    }
}

/// The squared differences of two opposite lines over the trays, and what they would be by chance.
#[derive(Clone, Copy)]
struct Difference {
    squares: f64,
    mean: f64,
    variance: f64,
}

impl Difference {
    fn ratio(self) -> f64 {
        self.squares / self.mean
    }

    fn tail(self, dispersion: f64) -> f64 {
        let (mean, variance) = (self.mean * dispersion, self.variance * dispersion.powi(2));
        if self.squares <= mean {
            return 1.0;
        }
        gamma_ur(mean * mean / variance, self.squares * mean / variance)
    }
}

/// The mean of the lower three quarters: what is out of the way does not count.
fn lower_mean(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.truncate((values.len() * 3).div_ceil(4));
    let count = values.len().max(1) as f64;
    values.iter().sum::<f64>() / count
}

fn described(
    map: &BlankMap,
    cells: &Cells,
    place: SuspectPlace,
    excess: Excess,
    p_value: f64,
) -> Suspect {
    let opposite = place.opposite(map.rows, map.cols);
    let of = |place| {
        let single = cells.excess([place, place]);
        single.map_or(0.0, |e| (e.blanks - e.mean).max(0.0))
    };
    let (here, there) = (of(place), of(opposite));
    let (larger, one) = if there > here {
        (there, opposite)
    } else {
        (here, place)
    };
    let turned = place != opposite && larger < ONE_SIDED * (here + there);
    // Of two opposite places one nozzle reaches one a tray.
    let reached = cells.within([one, one]).count() as f64 * cells.trays as f64;
    let looks = cells.within([place, opposite]).count() as f64 * cells.trays as f64;
    let emerging = reached * (1.0 - excess.mean / looks);
    let at_edge = match place {
        SuspectPlace::Row { row } => row == 0,
        SuspectPlace::Column { col } => col == 0,
        SuspectPlace::Position { .. } => false,
    };
    Suspect {
        place: one,
        or_opposite: turned,
        at_edge,
        blanks: excess.blanks as u64,
        expected: excess.mean,
        missed: ((excess.blanks - excess.mean) / emerging).clamp(0.0, 1.0),
        p_value,
    }
}

#[cfg(test)]
#[path = "nozzle_tests.rs"]
mod tests;
