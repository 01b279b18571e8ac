//! The reference tray: what is printed where, as shapes in millimetres; as SVG for a printer, as pixels for tests and
//! for the simulated camera.

use std::fmt::Write as _;

use euclid::Point2D;

use crate::frame::{Frame, FrameSizeError};

/// The sheet's own plane, mm from its top-left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetSpace {}

/// A place on the sheet, mm.
pub type SheetPoint = Point2D<f64, SheetSpace>;

/// Width of the sheet, mm: A4 across, less what printers leave white.
pub const WIDTH_MM: f64 = 260.0;
/// Height of the sheet, mm.
pub const HEIGHT_MM: f64 = 170.0;

/// Centres of the four rings: top-left, top-right, bottom-right, bottom-left. The first has a dot.
pub(super) const RINGS: [[f64; 2]; 4] =
    [[18.0, 18.0], [242.0, 18.0], [242.0, 152.0], [18.0, 152.0]];
/// Outer radius of a ring, mm.
pub(super) const RING_MM: f64 = 10.0;
/// Inner radius of a ring as a share of the outer.
pub(super) const RING_HOLE: f64 = 0.6;
/// Radius of the dot in the first ring, mm.
pub(super) const DOT_MM: f64 = 2.5;

/// Side of a patch, mm.
pub(super) const PATCH_MM: f64 = 26.0;
/// Grey and coloured patches: name, top-left corner, printed colour.
pub(super) const PATCHES: [(&str, [f64; 2], [u8; 3]); 10] = [
    ("black", [40.0, 46.0], [20, 20, 20]),
    ("dark", [70.0, 46.0], [80, 80, 80]),
    ("grey", [100.0, 46.0], [140, 140, 140]),
    ("light", [130.0, 46.0], [200, 200, 200]),
    ("red", [40.0, 98.0], [190, 50, 45]),
    ("leaf", [70.0, 98.0], [70, 140, 50]),
    ("blue", [100.0, 98.0], [50, 80, 170]),
    ("yellow", [130.0, 98.0], [225, 200, 50]),
    ("pale", [160.0, 98.0], [170, 195, 110]),
    ("soil", [190.0, 98.0], [95, 65, 45]),
];

/// Top-left corner of the checker, mm.
pub(super) const CHECKER: [f64; 2] = [172.0, 42.0];
/// Side of a checker's square, mm.
pub(super) const SQUARE_MM: f64 = 8.0;
/// Squares along each side of the checker.
pub(super) const SQUARES: usize = 6;

/// Places where the paper is bare, spread evenly around the middle of the sheet: they show the lamp's evenness.
pub(super) const BARE: [[f64; 2]; 5] = [
    [130.0, 18.0],
    [18.0, 85.0],
    [242.0, 85.0],
    [130.0, 152.0],
    [130.0, 85.0],
];

/// Ink that lies on the sheet.
const INK: [u8; 3] = [20, 20, 20];
const PAPER: [u8; 3] = [235, 235, 235];

/// A shape, in mm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SheetShape {
    /// From a corner, with its sides.
    Rectangle {
        /// Top-left corner.
        corner: [f64; 2],
        /// Width and height.
        sides: [f64; 2],
        /// Colour.
        colour: [u8; 3],
    },
    /// A disc.
    Disc {
        /// Centre.
        centre: [f64; 2],
        /// Radius.
        radius: f64,
        /// Colour.
        colour: [u8; 3],
    },
}

impl SheetShape {
    fn covers(&self, [x, y]: [f64; 2]) -> Option<[u8; 3]> {
        let (inside, colour) = match *self {
            Self::Rectangle {
                corner: [left, top],
                sides: [width, height],
                colour,
            } => (
                (left..left + width).contains(&x) && (top..top + height).contains(&y),
                colour,
            ),
            Self::Disc {
                centre: [cx, cy],
                radius,
                colour,
            } => ((x - cx).hypot(y - cy) < radius, colour),
        };
        inside.then_some(colour)
    }
}

/// All shapes in the order of printing: what comes later lies on what came before.
#[must_use]
pub fn shapes() -> Vec<SheetShape> {
    let disc = |centre, radius, colour| SheetShape::Disc {
        centre,
        radius,
        colour,
    };
    let mut shapes = vec![SheetShape::Rectangle {
        corner: [0.0, 0.0],
        sides: [WIDTH_MM, HEIGHT_MM],
        colour: PAPER,
    }];
    for centre in RINGS {
        shapes.push(disc(centre, RING_MM, INK));
        shapes.push(disc(centre, RING_MM * RING_HOLE, PAPER));
    }
    shapes.push(disc(RINGS[0], DOT_MM, INK));
    shapes.extend(PATCHES.map(|(_, corner, colour)| SheetShape::Rectangle {
        corner,
        sides: [PATCH_MM; 2],
        colour,
    }));
    let squares = (0..SQUARES).flat_map(|row| (0..SQUARES).map(move |col| (row, col)));
    shapes.extend(
        squares
            .filter(|(row, col)| (row + col) % 2 == 0)
            .map(|(row, col)| SheetShape::Rectangle {
                corner: [
                    CHECKER[0] + col as f64 * SQUARE_MM,
                    CHECKER[1] + row as f64 * SQUARE_MM,
                ],
                sides: [SQUARE_MM; 2],
                colour: INK,
            }),
    );
    shapes
}

/// The printed colour at a place; none beside the sheet.
#[must_use]
pub fn colour_at(shapes: &[SheetShape], place: SheetPoint) -> Option<[u8; 3]> {
    let at = [place.x, place.y];
    shapes.iter().rev().find_map(|shape| shape.covers(at))
}

/// The sheet as a picture, edges smoothed over 4 × 4 places a pixel.
///
/// # Errors
/// Less than a pixel.
pub fn picture(px_per_mm: f64) -> Result<Frame, FrameSizeError> {
    const SUB: usize = 4;
    let shapes = shapes();
    let [width, height] = [WIDTH_MM, HEIGHT_MM].map(|mm| (mm * px_per_mm).round() as usize);
    let mut rgb = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            let mut sum = [0_u32; 3];
            for sub in 0..SUB * SUB {
                let at = |px: usize, sub: usize| {
                    (px as f64 + (sub as f64 + 0.5) / SUB as f64) / px_per_mm
                };
                let place = SheetPoint::new(at(x, sub % SUB), at(y, sub / SUB));
                let colour = colour_at(&shapes, place).unwrap_or(PAPER);
                for (sum, value) in sum.iter_mut().zip(colour) {
                    *sum += u32::from(value);
                }
            }
            rgb.extend(sum.map(|sum| (sum / (SUB * SUB) as u32) as u8));
        }
    }
    Frame::from_rgb(width, height, rgb)
}

/// The sheet for a printer, in millimetres, with what a person must know written on it.
#[must_use]
pub fn svg() -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH_MM}mm\" height=\"{HEIGHT_MM}mm\" \
         viewBox=\"0 0 {WIDTH_MM} {HEIGHT_MM}\">\n"
    );
    for (index, shape) in shapes().into_iter().enumerate() {
        let line = match shape {
            // The paper's own white is the white that is measured.
            SheetShape::Rectangle { .. } if index == 0 => continue,
            SheetShape::Rectangle {
                corner: [x, y],
                sides: [width, height],
                colour,
            } => format!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{}\"/>",
                css(colour)
            ),
            SheetShape::Disc {
                centre: [x, y],
                radius,
                colour,
            } => {
                let colour = if colour == PAPER {
                    "white".to_owned()
                } else {
                    css(colour)
                };
                format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{colour}\"/>")
            }
        };
        let _ = writeln!(svg, "{line}");
    }
    let across = RINGS[1][0] - RINGS[0][0];
    let _ = writeln!(
        svg,
        "<text x=\"40\" y=\"38\" font-family=\"sans-serif\" font-size=\"5\">seedgrade reference tray 1: print on matt \
         paper at 100 %; ring centres {across} mm apart</text>\n</svg>"
    );
    svg
}

fn css([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}
