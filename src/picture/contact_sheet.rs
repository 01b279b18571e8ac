//! A grid of cells with captions: what was judged wrong or with doubt, to look at in one go.

use crate::frame::Frame;
use crate::inspect::CellReport;

use super::canvas::{Canvas, Lettering, text_width};
use super::mark::{Mark, Quad, draw_mark, is_removed};

/// Side of a cell's picture, px.
const SIDE: usize = 192;
/// How much of the neighbours is shown around a cell, in pitches.
const MARGIN: f64 = 0.22;
const GAP: usize = 12;
const LETTER_HEIGHT: f64 = 17.0;
const LINE: f64 = 22.0;
const PAPER: [u8; 3] = [0x16, 0x18, 0x1A];
const INK: [u8; 3] = [0xF6, 0xF6, 0xF2];

/// A cell's picture with what is said of it, a line each.
#[derive(Debug, Clone, PartialEq)]
pub struct CellCrop {
    picture: Frame,
    captions: Vec<String>,
}

/// Cuts a cell out of its frame, upright and with its mark, so that the frame may be dropped.
#[must_use]
pub fn crop_cell(
    frame: &Frame,
    quad: &Quad,
    cell: &CellReport,
    grade_order: &[String],
    captions: Vec<String>,
) -> CellCrop {
    let span = 1.0 + 2.0 * MARGIN;
    let share = |pixel: usize| (pixel as f64 + 0.5) / SIDE as f64 * span - MARGIN;
    let mut rgb = Vec::with_capacity(SIDE * SIDE * 3);
    for y in 0..SIDE {
        for x in 0..SIDE {
            let colour = frame.bilinear(quad.at(share(x), share(y)));
            rgb.extend(colour.map(|value| value.round().clamp(0.0, 255.0) as u8));
        }
    }
    let mut canvas = Canvas::filled(SIDE, SIDE, PAPER);
    if let Ok(upright) = Frame::from_rgb(SIDE, SIDE, rgb) {
        canvas.paste(&upright, 0, 0);
    }
    let cell_side = SIDE as f64 / span;
    let place = Quad::square(MARGIN * cell_side, MARGIN * cell_side, cell_side);
    canvas.draw(&draw_mark(
        Mark::of_cell(cell, grade_order),
        is_removed(cell),
        &place,
        1.0,
    ));
    CellCrop {
        picture: canvas.into_frame().unwrap_or_else(|_| frame.clone()),
        captions,
    }
}

/// Lays crops out in a grid of at most `columns`, in their order; none gives none.
#[must_use]
pub fn contact_sheet(crops: &[CellCrop], columns: usize) -> Option<Frame> {
    let columns = columns.clamp(1, crops.len().max(1));
    let lines = crops.iter().map(|crop| crop.captions.len()).max()?;
    let tile_height = SIDE + (lines as f64 * LINE) as usize + GAP;
    let rows = crops.len().div_ceil(columns);
    let width = GAP + columns * (SIDE + GAP);
    let mut canvas = Canvas::filled(width, GAP + rows * tile_height, PAPER);
    for (i, crop) in crops.iter().enumerate() {
        let x = GAP + i % columns * (SIDE + GAP);
        let y = GAP + i / columns * tile_height;
        canvas.paste(&crop.picture, x, y);
        for (j, caption) in crop.captions.iter().enumerate() {
            let lettering = Lettering {
                x: x as f64,
                y: (y + SIDE) as f64 + 4.0 + j as f64 * LINE,
                height: LETTER_HEIGHT,
                colour: INK,
            };
            canvas.write(&fitted(caption), lettering);
        }
    }
    canvas.into_frame().ok()
}

/// A caption that fits under its picture; a longer one keeps its end, which tells names apart.
fn fitted(caption: &str) -> String {
    let room = (SIDE as f64 / text_width("0", LETTER_HEIGHT)) as usize;
    let letters: Vec<char> = caption.chars().collect();
    if letters.len() <= room {
        return caption.to_owned();
    }
    let tail = &letters[letters.len() - room.saturating_sub(2)..];
    format!("..{}", tail.iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::samples;

    #[test]
    fn a_sheet_holds_every_crop_in_a_grid() {
        let frame = samples::grey_frame(400, 400);
        let report = samples::graded(2, 2, 400.0, 400.0);
        let crops: Vec<CellCrop> = report
            .cells
            .iter()
            .map(|cell| {
                let quad = Quad::square(100.0, 100.0, 200.0);
                crop_cell(
                    &frame,
                    &quad,
                    cell,
                    &samples::grade_order(),
                    vec!["a".into(), "b".into()],
                )
            })
            .chain([])
            .take(3)
            .collect();
        let sheet = contact_sheet(&crops, 2).unwrap();
        assert_eq!(sheet.width(), GAP + 2 * (SIDE + GAP));
        assert_eq!(sheet.height(), GAP + 2 * (SIDE + 44 + GAP));
        assert!(contact_sheet(&[], 4).is_none());
    }

    #[test]
    fn a_long_caption_keeps_its_end() {
        let caption = "a-very-long-name-of-a-picture-(12, 7)";
        assert!(fitted(caption).ends_with("(12, 7)"));
        assert!(text_width(&fitted(caption), LETTER_HEIGHT) <= SIDE as f64);
    }
}
