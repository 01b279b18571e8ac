//! Reduced features in, ranked guesses of where an even grid of rows × columns lies.

use crate::frame::Frame;
use crate::tray::TrayFormat;

use super::comb::{self, Comb};
use super::features::{CHANNELS, Canvas, Features, is_vegetation};
use super::grid::Grid;
use super::profile::Profiles;
use super::wall::WallModel;

/// An even grid on a canvas turned by `angle`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guess {
    /// Radians, clockwise in the picture.
    pub angle: f64,
    /// Lines between columns (place along x) and between rows, canvas px.
    pub combs: [Comb; 2],
    /// How well walls and cells of the guess separate ([`WallModel::separation`]).
    pub separation: f64,
}

impl Guess {
    /// The same guess on a canvas of another scale.
    pub fn scaled(&self, by: f64) -> Self {
        let combs = self.combs.map(|c| Comb {
            pitch: c.pitch * by,
            start: c.start * by,
            ..c
        });
        Self { combs, ..*self }
    }

    /// The guess whose lines run half-way between this one's.
    pub fn between(&self) -> Self {
        let combs = self.combs.map(|c| Comb {
            start: c.start + 0.5 * c.pitch,
            ..c
        });
        Self { combs, ..*self }
    }

    /// Its crossings.
    pub fn grid(&self, format: TrayFormat) -> Grid {
        let [x, y] = self.combs;
        Grid::even(
            format.rows(),
            format.cols(),
            [x.start, y.start],
            [x.pitch, y.pitch],
        )
    }

    /// Whether both put nearly the same lines through the picture, whichever line they count as the first.
    fn is_like(&self, other: &Self) -> bool {
        const ALIKE: f64 = 0.2;
        let angle = (self.angle - other.angle).abs() < 0.02;
        angle
            && self.combs.iter().zip(&other.combs).all(|(a, b)| {
                let periods = (a.start - b.start) / a.pitch;
                (a.pitch / b.pitch).ln().abs() < 0.04 && (periods - periods.round()).abs() < ALIKE
            })
    }
}

/// The smallest part of the picture's width or height that a block takes.
const LEAST_SHARE: f64 = 0.3;
/// The most that a block's width or height may exceed the picture: its outer cells may be cut.
const MOST_CUT_CELLS: f64 = 0.8;
/// Cells are at most this much longer one way than the other.
const MOST_ASPECT: f64 = 1.7;

/// The least share of vegetation in a picture for which lines are also looked for between it.
const MUCH_VEGETATION: f64 = 0.15;
/// What a vegetation pixel counts there: it still speaks where it hides all else.
const BETWEEN_VEGETATION: f32 = 0.02;

/// What a vegetation pixel counts, for every time that lines are looked for.
fn vegetation_weights(coarse: &Features) -> Vec<f32> {
    let green = coarse.pixels.iter().filter(|f| is_vegetation(f)).count();
    if green as f64 > MUCH_VEGETATION * coarse.pixels.len() as f64 {
        vec![1.0, BETWEEN_VEGETATION]
    } else {
        vec![1.0]
    }
}

/// The best guesses, best first, no two alike.
pub(super) fn best_guesses(
    frame: &Frame,
    coarse: &Features,
    format: TrayFormat,
    most_angle: f64,
) -> Vec<Guess> {
    const KEPT: usize = 3;
    let usual = (coarse.width as f64 / format.cols() as f64)
        .min(coarse.height as f64 / format.rows() as f64);
    let variance = coarse.variance();
    let weights = vegetation_weights(coarse);
    let mut guesses = Vec::new();
    for angle in comb::likely_angles(coarse, most_angle, 0.8 * usual) {
        let canvas = Canvas::turned(coarse, angle, frame);
        let pairs = weights
            .iter()
            .flat_map(|&weight| comb_pairs(&Profiles::of(&canvas, weight), &variance, format));
        for pair in pairs {
            let phases = [[0.0, 0.0], [0.5, 0.0], [0.0, 0.5], [0.5, 0.5]];
            let rated = phases.iter().filter_map(|phase| {
                let combs = [0, 1].map(|axis| Comb {
                    start: pair[axis].start + phase[axis] * pair[axis].pitch,
                    ..pair[axis]
                });
                let mut guess = Guess {
                    angle,
                    combs,
                    separation: 0.0,
                };
                guess.separation = WallModel::rough_separation(&canvas, &guess.grid(format))?;
                Some(guess)
            });
            guesses.extend(rated);
        }
    }
    guesses.sort_by(|a, b| b.separation.total_cmp(&a.separation));
    let mut kept: Vec<Guess> = Vec::new();
    for guess in guesses {
        if kept.len() < KEPT && !kept.iter().any(|k| k.is_like(&guess)) {
            kept.push(guess);
        }
    }
    kept
}

/// Combs along x with combs along y in the stretch that they cover.
fn comb_pairs(
    profiles: &Profiles,
    variance: &[f64; CHANNELS],
    format: TrayFormat,
) -> Vec<[Comb; 2]> {
    let size = profiles.size();
    let cells = [format.cols(), format.rows()];
    let widest = [0, 1].map(|axis| size[axis] / (cells[axis] as f64 - MOST_CUT_CELLS));
    let limit = widest[0].min(widest[1] * MOST_ASPECT).min(widest[0]);
    let across = profiles.mean(0, [0.0, size[1]]);
    let columns = comb::best_combs(&across, variance, cells[0], [LEAST_SHARE * limit, limit]);
    let mut pairs = vec![whole_frame(size, cells)];
    for column in columns {
        let over = [column.start, column.start + cells[0] as f64 * column.pitch];
        let down = profiles.mean(1, over);
        let range = [
            column.pitch / MOST_ASPECT,
            (column.pitch * MOST_ASPECT).min(widest[1]),
        ];
        for row in comb::best_combs(&down, variance, cells[1], range) {
            let over = [row.start, row.start + cells[1] as f64 * row.pitch];
            let across = profiles.mean(0, over);
            let near = [0.95 * column.pitch, 1.05 * column.pitch];
            let again = comb::best_combs(&across, variance, cells[0], near);
            pairs.push([again.first().copied().unwrap_or(column), row]);
        }
    }
    pairs
}

/// The block that fills the picture, as in pictures that somebody has cropped or rectified.
fn whole_frame(size: [f64; 2], cells: [usize; 2]) -> [Comb; 2] {
    [0, 1].map(|axis| Comb {
        pitch: size[axis] / cells[axis] as f64,
        start: 0.0,
        score: 0.0,
    })
}
