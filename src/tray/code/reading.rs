//! A small grey picture in, the codes that `rxing` finds and decodes in it out.

use rxing::common::HybridBinarizer;
use rxing::datamatrix::DataMatrixReader;
use rxing::qrcode::QRCodeReader;
use rxing::{BinaryBitmap, DecodeHints, Exceptions, Luma8Source, RXingResult, Reader as _};

use super::spots::Luma;

/// A kind of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symbol {
    Qr,
    DataMatrix,
}

/// A code in a picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    /// What it says.
    pub text: String,
    /// Its middle, pixels of the picture: to a sixth of its side, as a QR code has a pattern in three of its corners only.
    pub middle: [f64; 2],
}

/// What one picture gave.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// The codes that were read.
    pub codes: Vec<Seen>,
    /// Whether a code was found that cannot be read.
    pub damaged: bool,
}

/// Codes that are looked for in one piece: a second one that differs is enough to doubt.
const MOST_CODES: usize = 3;
/// The longest text that names a tray; others are no tray's code.
const MOST_CHARACTERS: usize = 256;
/// Share of a code's side that is blotted out around it before the next is looked for.
const MARGIN: f32 = 0.2;

/// Reads the codes of one kind.
pub(super) fn read(picture: &Luma, symbol: Symbol) -> Reading {
    let mut picture = picture.clone();
    let mut reading = Reading::default();
    for _ in 0..MOST_CODES {
        match read_one(&picture, symbol) {
            Ok(found) => {
                blot_out(&mut picture, &found);
                let text = found.getText();
                if !text.is_empty() && text.chars().count() <= MOST_CHARACTERS {
                    reading.codes.push(Seen {
                        text: text.to_owned(),
                        middle: middle(&found),
                    });
                }
            }
            Err(error) => {
                reading.damaged = symbol == Symbol::Qr && was_found(&error);
                break;
            }
        }
    }
    reading
}

fn read_one(picture: &Luma, symbol: Symbol) -> Result<RXingResult, Exceptions> {
    let (width, height) = (picture.width as u32, picture.height as u32);
    let source = Luma8Source::new_with_slice(&picture.values, width, height)?;
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let hints = DecodeHints {
        TryHarder: Some(true),
        ..DecodeHints::default()
    };
    match symbol {
        Symbol::Qr => QRCodeReader.decode_with_hints(&mut bitmap, &hints),
        Symbol::DataMatrix => DataMatrixReader.decode_with_hints(&mut bitmap, &hints),
    }
}

/// Three finder patterns were there, and what lies between them is no code. (The finder of Data Matrix codes, an L of
/// straight edges, is met in many a picture without a code.)
fn was_found(error: &Exceptions) -> bool {
    matches!(
        error,
        Exceptions::ChecksumException(_) | Exceptions::ReedSolomonException(_)
    )
}

fn middle(found: &RXingResult) -> [f64; 2] {
    let points = found.getPoints();
    let mean = |of: fn(&rxing::Point) -> f32| {
        points.iter().map(|p| f64::from(of(p))).sum::<f64>() / points.len().max(1) as f64
    };
    [mean(|p| p.x), mean(|p| p.y)]
}

/// Makes a code that was read unreadable.
fn blot_out(picture: &mut Luma, found: &RXingResult) {
    let ends = |of: fn(&rxing::Point) -> f32, most: usize| {
        let values = found.getPoints().iter().map(of);
        let (low, high) = values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), v| {
            (low.min(v), high.max(v))
        });
        let margin = MARGIN * (high - low);
        let inside = |v: f32| v.clamp(0.0, most as f32) as usize;
        inside(low - margin)..inside(high + margin)
    };
    let columns = ends(|p| p.x, picture.width);
    for y in ends(|p| p.y, picture.height) {
        let line = &mut picture.values[y * picture.width..][..picture.width];
        line[columns.clone()].fill(128);
    }
}
