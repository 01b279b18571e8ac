//! A frame and where the tray lies in it in, the 2D code on its rim or on a label beside the block out.
//!
//! Codes are found and decoded by `rxing` on a few small pieces of the picture ([`spots`]); their own error
//! correction decides whether they are read. Invariant: nothing is guessed; two codes that differ give none.

mod reading;
mod spots;

use serde::{Deserialize, Serialize};

use crate::frame::Frame;
use crate::geometry::{FramePoint, FrameSpace, Homography, TrayPoint, TraySpace};

use super::Lattice;
use reading::{Seen, Symbol, read};
use spots::{Luma, spots};

/// Which codes trays carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodeKind {
    /// None is looked for.
    #[default]
    Off,
    /// QR codes.
    Qr,
    /// Data Matrix codes (ECC 200).
    DataMatrix,
    /// Either.
    Any,
}

impl CodeKind {
    /// Whether none is looked for.
    #[must_use]
    pub fn is_off(&self) -> bool {
        *self == Self::Off
    }

    fn symbols(self) -> &'static [Symbol] {
        match self {
            Self::Off => &[],
            Self::Qr => &[Symbol::Qr],
            Self::DataMatrix => &[Symbol::DataMatrix],
            Self::Any => &[Symbol::Qr, Symbol::DataMatrix],
        }
    }
}

/// A code that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadCode {
    /// What it says.
    pub text: String,
    /// The middles of the labels that say so, frame px; at least one, and one label may be there more than once, a few pixels
    /// apart.
    pub places: Vec<FramePoint>,
}

/// What is known of a tray's code.
#[derive(Debug, Clone, PartialEq)]
pub enum TrayCode {
    /// None was looked for, or none is in view.
    None,
    /// It was read.
    Read(ReadCode),
    /// A QR code lies there that its error correction cannot restore.
    Damaged,
    /// Codes that differ: which one is the tray's is not known. In the order of their text.
    Several(Vec<String>),
}

impl TrayCode {
    /// The code, where exactly one was read.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Read(code) => Some(&code.text),
            Self::None | Self::Damaged | Self::Several(_) => None,
        }
    }

    /// Where it was read; empty where none was.
    #[must_use]
    pub fn places(&self) -> &[FramePoint] {
        match self {
            Self::Read(code) => &code.places,
            Self::None | Self::Damaged | Self::Several(_) => &[],
        }
    }

    /// Why there is no code although something was seen.
    #[must_use]
    pub fn doubt(&self) -> Option<String> {
        match self {
            Self::None | Self::Read(_) => None,
            Self::Damaged => Some("a QR code is there that cannot be read".to_owned()),
            Self::Several(codes) => Some(format!("several codes: {}", codes.join(", "))),
        }
    }
}

/// Pitches around the block in which a code may lie.
pub(super) const OUTSIDE_PITCHES: f64 = 2.0;
/// Pitches from the block's edge inwards to which a label on the rim may reach. Further in, plants of the outer cells are
/// all that is met.
const INSIDE_PITCHES: f64 = 0.1;
/// The finest scale at which codes are looked for, px a pitch: modules are seldom smaller than a fortieth of a pitch.
const FINEST_PX_PER_PITCH: f64 = 100.0;
/// A spot up to so many pixels a side is looked at twice as large too: modules under 2 px are not told apart else.
const MOST_DOUBLED: usize = 160;

/// Reads the tray's code.
#[must_use]
pub fn read_code(frame: &Frame, lattice: &Lattice, kind: CodeKind) -> TrayCode {
    let symbols = kind.symbols();
    let Some(surroundings) = (!symbols.is_empty())
        .then(|| Surroundings::of(frame, lattice))
        .flatten()
    else {
        return TrayCode::None;
    };
    let fine = surroundings.luma(frame);
    let (mut codes, damaged) = surroundings.read(&fine, (&fine, 1), symbols);
    // modules of 4 px and more change too seldom within a tile of the fine picture to be noticed in it
    let half = (&fine.halved(), 2);
    let (larger, larger_damaged) = surroundings.read(&fine, half, symbols);
    codes.extend(larger);
    let mut texts: Vec<String> = codes.iter().map(|(text, _)| text.clone()).collect();
    texts.sort_unstable();
    texts.dedup();
    match (texts.len(), damaged || larger_damaged) {
        (0, false) => TrayCode::None,
        (0, true) => TrayCode::Damaged,
        (1, _) => TrayCode::Read(ReadCode {
            text: texts.remove(0),
            places: codes.into_iter().map(|(_, place)| place).collect(),
        }),
        _ => TrayCode::Several(texts),
    }
}

/// The part of a frame in which a tray's code may lie.
struct Surroundings {
    /// First column and row of the frame.
    x: usize,
    y: usize,
    /// Size, pixels of the frame.
    width: usize,
    height: usize,
    /// Pixels of the frame to one of the fine picture, along either side.
    step: usize,
    tray_from_frame: Homography<FrameSpace, TraySpace>,
    rows: f64,
    cols: f64,
}

impl Surroundings {
    /// Around a located tray; none where its corners determine no plane.
    fn of(frame: &Frame, lattice: &Lattice) -> Option<Self> {
        let (rows, cols) = (lattice.rows() as f64, lattice.cols() as f64);
        let ends = [(0.0, 0.0), (cols, 0.0), (cols, rows), (0.0, rows)];
        let corners = lattice.corners();
        let pairs: Vec<_> = corners
            .into_iter()
            .zip(ends.map(|(x, y)| TrayPoint::new(x, y)))
            .collect();
        let reach = OUTSIDE_PITCHES * lattice.px_per_pitch();
        let range = |of: fn(&FramePoint) -> f64, end: usize| {
            let (low, high) = corners
                .iter()
                .map(of)
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                    (low.min(value), high.max(value))
                });
            let inside = |value: f64| value.clamp(0.0, end as f64) as usize;
            (inside(low - reach), inside(high + reach))
        };
        let (left, right) = range(|p| p.x, frame.width());
        let (top, bottom) = range(|p| p.y, frame.height());
        Some(Self {
            x: left,
            y: top,
            width: right - left,
            height: bottom - top,
            step: ((lattice.px_per_pitch() / FINEST_PX_PER_PITCH) as usize).max(1),
            tray_from_frame: Homography::fit(&pairs).ok()?,
            rows,
            cols,
        })
    }

    /// Its brightness at the finest scale that codes are looked for at.
    fn luma(&self, frame: &Frame) -> Luma {
        let (step, rgb) = (self.step, frame.rgb());
        Luma::from_fn(self.width / step, self.height / step, |x, y| {
            let (mut sum, mut count) = (0, 0);
            for row in 0..step {
                let first = (self.y + y * step + row) * frame.width() + self.x + x * step;
                for pixel in rgb[3 * first..3 * (first + step)].chunks_exact(3) {
                    let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
                    sum += 77 * r + 150 * g + 29 * b;
                    count += 256;
                }
            }
            (sum / count) as u8
        })
    }

    /// The codes that `fine` shows with their places in the frame, and whether one is there that cannot be read. Where they lie is looked for at a
    /// `scale` of pixels of the fine picture to one of `luma`.
    fn read(
        &self,
        fine: &Luma,
        (luma, scale): (&Luma, usize),
        symbols: &[Symbol],
    ) -> (Vec<(String, FramePoint)>, bool) {
        let (mut codes, mut damaged) = (Vec::new(), false);
        for spot in spots(luma, |x, y| self.may_hold(x * scale, y * scale)) {
            let piece = fine.piece(spot.enlarged(scale));
            for &symbol in symbols {
                let (mut reading, mut magnified) = (read(&piece, symbol), 1.0);
                if reading.codes.is_empty() && piece.width.max(piece.height) <= MOST_DOUBLED {
                    let doubled = read(&piece.doubled(), symbol);
                    (reading.codes, magnified) = (doubled.codes, 2.0);
                    reading.damaged |= doubled.damaged;
                }
                damaged |= reading.damaged && reading.codes.is_empty();
                let corner = spot.enlarged(scale);
                codes.extend(reading.codes.into_iter().map(|Seen { text, middle }| {
                    let [x, y] = middle.map(|v| v / magnified);
                    (text, self.place(corner.x as f64 + x, corner.y as f64 + y))
                }));
            }
        }
        (codes, damaged)
    }

    /// Where a place of the fine picture lies in the frame.
    fn place(&self, x: f64, y: f64) -> FramePoint {
        let at = |first: usize, place: f64| first as f64 + place * self.step as f64;
        FramePoint::new(at(self.x, x), at(self.y, y))
    }

    /// Whether a code may lie at a place of the fine picture: on the rim or beside the block, not amid the cells.
    fn may_hold(&self, x: usize, y: usize) -> bool {
        let at = self.tray_from_frame.map(self.place(x as f64, y as f64));
        let inside = |value: f64, end: f64| value > INSIDE_PITCHES && value < end - INSIDE_PITCHES;
        !(inside(at.x, self.cols) && inside(at.y, self.rows))
    }
}
