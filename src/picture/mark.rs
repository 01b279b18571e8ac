//! The mark of a verdict: its shape, colour, sign in a terminal and words.
//!
//! In: a cell's verdict and the quadrilateral that it covers. Out: strokes, which pictures and pages
//! draw alike. Invariant: no stroke crosses the middle of a cell, where the plant stands; a blank's
//! circle runs around it.

use anstyle::AnsiColor;

use crate::geometry::FramePoint;
use crate::inspect::CellReport;

/// What is drawn for a verdict; of grades by their rank in the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mark {
    /// Graded, best grade: a thin frame.
    Best,
    /// Graded, second: a frame with a cut corner.
    Second,
    /// Graded, lower: a dotted frame.
    Lower,
    /// The last grade, not marketable: a frame with a diagonal.
    Weak,
    /// No seedling: an empty circle.
    Blank,
    /// Two or more: two dots.
    Double,
    /// Undecided: a question mark.
    Unsure,
}

impl Mark {
    /// The mark of a grade; `order` is the standard's grades, best first, the weak last.
    #[must_use]
    pub fn of_grade(grade: &str, order: &[String]) -> Self {
        match order.iter().position(|g| g == grade) {
            Some(rank) if rank + 1 == order.len() => Self::Weak,
            Some(0) => Self::Best,
            Some(1) => Self::Second,
            _ => Self::Lower,
        }
    }

    /// The mark of a judged cell.
    #[must_use]
    pub fn of_cell(cell: &CellReport, order: &[String]) -> Self {
        match cell.verdict.as_str() {
            "blank" => Self::Blank,
            "double" => Self::Double,
            "graded" => Self::of_grade(cell.grade.as_deref().unwrap_or_default(), order),
            _ => Self::Unsure,
        }
    }

    /// Its colour, from Okabe and Ito's palette.
    #[must_use]
    pub fn colour(self) -> [u8; 3] {
        match self {
            Self::Best => [0x00, 0x9E, 0x73],
            Self::Second => [0x56, 0xB4, 0xE9],
            Self::Lower => [0xF0, 0xE4, 0x42],
            Self::Weak => [0xD5, 0x5E, 0x00],
            Self::Blank => [0xBB, 0xBB, 0xBB],
            Self::Double => [0xE6, 0x9F, 0x00],
            Self::Unsure => [0xCC, 0x79, 0xA7],
        }
    }

    /// Its sign in a terminal and in tables.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Best => '■',
            Self::Second => '◪',
            Self::Lower => '□',
            Self::Weak => '◇',
            Self::Blank => '·',
            Self::Double => ':',
            Self::Unsure => '?',
        }
    }

    /// Its colour in a terminal, where it has one.
    #[must_use]
    pub fn terminal_colour(self) -> Option<AnsiColor> {
        match self {
            Self::Best => Some(AnsiColor::Green),
            Self::Second => Some(AnsiColor::Cyan),
            Self::Lower => Some(AnsiColor::Yellow),
            Self::Weak => Some(AnsiColor::Red),
            Self::Unsure => Some(AnsiColor::Magenta),
            Self::Blank | Self::Double => None,
        }
    }
}

/// The sign of a cell that the actuator takes out.
pub const REMOVE_SIGN: char = '×';

/// Whether the actuator takes the cell's plug out.
#[must_use]
pub fn is_removed(cell: &CellReport) -> bool {
    cell.action == "remove"
}

/// A cell's corners in a picture: top-left, top-right, bottom-right, bottom-left of the tray.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quad(pub [FramePoint; 4]);

impl Quad {
    /// An upright square.
    #[must_use]
    pub fn square(x: f64, y: f64, side: f64) -> Self {
        let p = FramePoint::new;
        Self([
            p(x, y),
            p(x + side, y),
            p(x + side, y + side),
            p(x, y + side),
        ])
    }

    /// The point at a share `u` along the columns and `v` along the rows.
    #[must_use]
    pub fn at(&self, u: f64, v: f64) -> FramePoint {
        let [a, b, c, d] = self.0;
        a.lerp(b, u).lerp(d.lerp(c, u), v)
    }

    /// The side of a square of the same area, px.
    #[must_use]
    pub fn side(&self) -> f64 {
        let [a, b, c, d] = self.0;
        (0.5 * (c - a).cross(d - b).abs()).sqrt()
    }
}

/// A piece of a mark. Lines and rings take the drawing's width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stroke {
    /// A straight line.
    Line(FramePoint, FramePoint),
    /// A filled disc with its radius.
    Dot(FramePoint, f64),
    /// A circle with its radius.
    Ring(FramePoint, f64),
}

/// Strokes of one colour on a dark outline that keeps them legible on white and on dark.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// The strokes.
    pub strokes: Vec<Stroke>,
    /// Width of lines, px.
    pub width: f64,
    /// How far the outline reaches beyond the strokes, px.
    pub outline: f64,
    /// The strokes' colour.
    pub colour: [u8; 3],
}

/// The outline's colour.
pub const OUTLINE: [u8; 3] = [0x12, 0x12, 0x12];
/// Line width as a share of the cell's side; the best grade's is thin so that what differs stands
/// out, a question mark's is bold as it is small.
const WIDTH_SHARE: f64 = 0.038;
const THIN_SHARE: f64 = 0.024;
const BOLD_SHARE: f64 = 0.056;
/// Outline as a share of the cell's side.
const OUTLINE_SHARE: f64 = 0.014;
/// Thinnest line and outline that survive on a screen, px.
const LEAST_WIDTH_PX: f64 = 1.4;
const LEAST_OUTLINE_PX: f64 = 0.8;
/// Distance of a frame from the cell's edge, so that neighbours' frames stay apart.
const INSET: f64 = 0.075;

/// The mark on a cell; `weight` 1 on a picture, more where it is drawn small.
#[must_use]
pub fn draw_mark(mark: Mark, removed: bool, quad: &Quad, weight: f64) -> Drawing {
    let side = quad.side();
    let share = match mark {
        Mark::Best => THIN_SHARE,
        Mark::Unsure => BOLD_SHARE,
        _ => WIDTH_SHARE,
    };
    let width = (side * share * weight).max(LEAST_WIDTH_PX);
    let mut strokes = shape(mark, quad, width);
    if removed {
        strokes.extend(cross(quad));
    }
    Drawing {
        strokes,
        width,
        outline: (side * OUTLINE_SHARE * weight).max(LEAST_OUTLINE_PX),
        colour: mark.colour(),
    }
}

/// A mark as a legend's key: signs that fill only a corner of a cell fill the whole square.
#[must_use]
pub fn draw_key(mark: Mark, x: f64, y: f64, side: f64) -> Drawing {
    const WEIGHT: f64 = 2.6;
    // Where in a cell the sign's middle lies, and how much larger a cell whose sign fills the key is.
    let (u, v, scale) = match mark {
        Mark::Double => (0.5, 0.15, 2.1),
        Mark::Unsure => (0.2, 0.28, 2.1),
        _ => return draw_mark(mark, false, &Quad::square(x, y, side), WEIGHT),
    };
    let whole = scale * side;
    let quad = Quad::square(
        x + 0.5 * side - u * whole,
        y + 0.5 * side - v * whole,
        whole,
    );
    draw_mark(mark, false, &quad, 1.0)
}

/// The cross of a removed cell alone, for the legend.
#[must_use]
pub fn draw_cross(quad: &Quad, colour: [u8; 3], weight: f64) -> Drawing {
    Drawing {
        strokes: cross(quad),
        width: (quad.side() * WIDTH_SHARE * weight).max(LEAST_WIDTH_PX),
        outline: LEAST_OUTLINE_PX,
        colour,
    }
}

fn shape(mark: Mark, quad: &Quad, width: f64) -> Vec<Stroke> {
    const CUT: f64 = 0.28;
    let (lo, hi) = (INSET, 1.0 - INSET);
    let square = [(lo, lo), (hi, lo), (hi, hi), (lo, hi), (lo, lo)];
    match mark {
        Mark::Best => path(quad, &square),
        Mark::Second => path(
            quad,
            &[
                (lo, lo),
                (hi - CUT, lo),
                (hi, lo + CUT),
                (hi, hi),
                (lo, hi),
                (lo, lo),
            ],
        ),
        Mark::Lower => dotted(quad, &square, width),
        Mark::Weak => {
            let mut strokes = path(quad, &square);
            strokes.extend(path(quad, &[(lo, hi), (lo + CUT, hi - CUT)]));
            strokes.extend(path(quad, &[(hi - CUT, lo + CUT), (hi, lo)]));
            strokes
        }
        Mark::Blank => vec![Stroke::Ring(quad.at(0.5, 0.5), 0.29 * quad.side())],
        Mark::Double => {
            let radius = 0.085 * quad.side();
            vec![
                Stroke::Dot(quad.at(0.38, 0.15), radius),
                Stroke::Dot(quad.at(0.62, 0.15), radius),
            ]
        }
        Mark::Unsure => question(quad, width),
    }
}

fn path(quad: &Quad, corners: &[(f64, f64)]) -> Vec<Stroke> {
    let point = |&(u, v): &(f64, f64)| quad.at(u, v);
    corners
        .windows(2)
        .map(|pair| Stroke::Line(point(&pair[0]), point(&pair[1])))
        .collect()
}

fn dotted(quad: &Quad, corners: &[(f64, f64)], width: f64) -> Vec<Stroke> {
    const DOTS_A_SIDE: usize = 7;
    let side = |pair: &[(f64, f64)]| {
        let (a, b) = (quad.at(pair[0].0, pair[0].1), quad.at(pair[1].0, pair[1].1));
        (0..DOTS_A_SIDE)
            .map(move |i| Stroke::Dot(a.lerp(b, i as f64 / DOTS_A_SIDE as f64), 0.85 * width))
    };
    corners.windows(2).flat_map(side).collect()
}

/// Four arms that come in from the corners and leave the middle free.
fn cross(quad: &Quad) -> Vec<Stroke> {
    let (from, to) = (INSET, 0.31);
    [(from, to), (1.0 - from, 1.0 - to)]
        .iter()
        .flat_map(|&(u0, u1)| {
            [(from, to), (1.0 - from, 1.0 - to)]
                .map(|(v0, v1)| Stroke::Line(quad.at(u0, v0), quad.at(u1, v1)))
        })
        .collect()
}

/// A question mark in the top-left corner, not half of the cell high.
fn question(quad: &Quad, width: f64) -> Vec<Stroke> {
    const ARC_STEPS: usize = 10;
    let (centre, radius) = ((0.2, 0.19), 0.115);
    let mut corners: Vec<(f64, f64)> = (0..=ARC_STEPS)
        .map(|i| {
            // From the left over the top to straight down: 180° to 450°, clockwise in the picture.
            let angle = (180.0 + 270.0 * i as f64 / ARC_STEPS as f64).to_radians();
            (
                centre.0 + radius * angle.cos(),
                centre.1 + radius * angle.sin(),
            )
        })
        .collect();
    corners.push((centre.0, 0.36));
    let mut strokes = path(quad, &corners);
    strokes.push(Stroke::Dot(quad.at(centre.0, 0.475), 0.65 * width));
    strokes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_grade_is_the_weak_one_whatever_its_name() {
        let order: Vec<String> = ["A", "B", "C", "rest"].map(String::from).to_vec();
        let marks: Vec<Mark> = order.iter().map(|g| Mark::of_grade(g, &order)).collect();
        assert_eq!(marks, [Mark::Best, Mark::Second, Mark::Lower, Mark::Weak]);
        assert_eq!(Mark::of_grade("unheard of", &order), Mark::Lower);
    }

    #[test]
    fn no_mark_covers_the_middle_of_a_cell() {
        let quad = Quad::square(0.0, 0.0, 100.0);
        let middle = FramePoint::new(50.0, 50.0);
        let all = [
            Mark::Best,
            Mark::Second,
            Mark::Lower,
            Mark::Weak,
            Mark::Blank,
            Mark::Double,
            Mark::Unsure,
        ];
        for mark in all {
            for stroke in draw_mark(mark, true, &quad, 1.0).strokes {
                let distance = match stroke {
                    Stroke::Line(a, b) => (0..=20)
                        .map(|i| a.lerp(b, f64::from(i) / 20.0).distance_to(middle))
                        .fold(f64::INFINITY, f64::min),
                    Stroke::Dot(c, r) => c.distance_to(middle) - r,
                    Stroke::Ring(c, r) => (c.distance_to(middle) - r).abs(),
                };
                assert!(distance > 19.0, "{mark:?}: {stroke:?} at {distance}");
            }
        }
    }
}
