//! The tray's photograph with every verdict marked on its cell, under a band with the answer.

use crate::frame::Frame;
use crate::inspect::{ReportStatus, TrayReport};
use crate::tray::Lattice;

use super::canvas::{Area, Canvas, Lettering, text_width};
use super::mark::{Drawing, Mark, Quad, draw_cross, draw_key, draw_mark, is_removed};
use super::quads::cell_quads;
use super::words;

const BAND: [u8; 3] = [0x16, 0x18, 0x1A];
const INK: [u8; 3] = [0xF6, 0xF6, 0xF2];
const FAINT: [u8; 3] = [0xB4, 0xB6, 0xB8];
const VEIL: [u8; 3] = [0x80, 0x80, 0x80];
const VEIL_OPACITY: f64 = 0.72;
/// Body text as a share of the picture's width, and the least that is legible, px.
const TEXT_SHARE: f64 = 1.0 / 52.0;
const LEAST_TEXT_PX: f64 = 15.0;
/// Title, reason and line spacing as multiples of the body text.
const REASON: f64 = 2.1;
const TITLE: f64 = 2.6;
const SPACING: f64 = 1.4;
/// Marks are drawn bolder where they are as small as text.
const LEGEND_WEIGHT: f64 = 2.2;

/// Draws a report over its picture. `grade_order` is the standard's grades, best first, the weak last;
/// without a lattice cells are laid out between the report's corners. The result is higher than the
/// frame by the band above it; a tray without verdicts gets a grey veil and the reason in words.
#[must_use]
pub fn overlay(
    frame: &Frame,
    report: &TrayReport,
    lattice: Option<&Lattice>,
    grade_order: &[String],
) -> Frame {
    let band = Band::lay_out(report, grade_order, frame.width() as f64);
    let top = band.height.ceil() as usize;
    let mut canvas = Canvas::filled(frame.width(), frame.height() + top, BAND);
    band.draw(&mut canvas);
    let mut picture = Canvas::filled(frame.width(), frame.height(), BAND);
    picture.paste(frame, 0, 0);
    if report.status == ReportStatus::Graded {
        for drawing in cell_marks(report, lattice, grade_order) {
            picture.draw(&drawing);
        }
    } else {
        veil(&mut picture, report, band.text);
    }
    match picture.into_frame() {
        Ok(marked) => canvas.paste(&marked, 0, top),
        Err(_) => canvas.paste(frame, 0, top),
    }
    canvas.into_frame().unwrap_or_else(|_| frame.clone())
}

/// The marks of all cells, in the frame's pixels.
fn cell_marks(
    report: &TrayReport,
    lattice: Option<&Lattice>,
    grade_order: &[String],
) -> Vec<Drawing> {
    let quads = cell_quads(report, lattice).unwrap_or_default();
    report
        .cells
        .iter()
        .zip(&quads)
        .map(|(cell, quad)| {
            draw_mark(
                Mark::of_cell(cell, grade_order),
                is_removed(cell),
                quad,
                1.0,
            )
        })
        .collect()
}

/// A grey veil over the picture and, large in its middle, why it was not judged.
fn veil(picture: &mut Canvas, report: &TrayReport, text: f64) {
    let area = picture.area();
    picture.fill(area, VEIL, VEIL_OPACITY);
    let (width, height) = (area.x1 as f64, area.y1 as f64);
    let size = REASON * text;
    let lines = wrap(&words::refusal(report), 0.85 * width, size);
    let block = lines.len() as f64 * size * SPACING;
    let first = (0.5 * (height - block)).max(0.0);
    let plate = Area {
        x0: 0,
        y0: (first - 0.6 * size).max(0.0) as usize,
        x1: area.x1,
        y1: (first + block + 0.4 * size) as usize,
    };
    picture.fill(plate, BAND, 0.85);
    for (i, line) in lines.iter().enumerate() {
        let lettering = Lettering {
            x: 0.5 * (width - text_width(line, size)),
            y: first + i as f64 * size * SPACING,
            height: size,
            colour: INK,
        };
        picture.write(line, lettering);
    }
}

/// Breaks a sentence at spaces so that every line fits; a longer word stands alone and is cut.
fn wrap(sentence: &str, width: f64, size: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in sentence.split_whitespace() {
        match lines.last_mut() {
            Some(line) if text_width(line, size) + text_width(word, size) + size < width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A piece of the band: text, and before it a mark where it explains one.
struct Item {
    mark: Option<Key>,
    text: String,
    size: f64,
    colour: [u8; 3],
}

#[derive(Clone, Copy)]
enum Key {
    Verdict(Mark),
    Removed,
}

/// The band above the picture, laid out for its width.
struct Band {
    text: f64,
    height: f64,
    items: Vec<(f64, f64, Item)>,
}

impl Band {
    fn lay_out(report: &TrayReport, grade_order: &[String], width: f64) -> Self {
        let text = (width * TEXT_SHARE).max(LEAST_TEXT_PX);
        let mut band = Self {
            text,
            height: 0.6 * text,
            items: Vec::new(),
        };
        let line = |content: String, size: f64, colour| Item {
            mark: None,
            text: content,
            size,
            colour,
        };
        band.flow(vec![line(words::answer(report), TITLE * text, INK)], width);
        if report.status == ReportStatus::Graded {
            band.flow(legend(report, grade_order, text), width);
            let rate = format!("emergence {}", words::emergence_words(report));
            let marketable = format!(
                "marketable {} of {}",
                report.marketable.unwrap_or(0),
                report.rows * report.cols
            );
            band.flow(
                vec![line(rate, text, INK), line(marketable, text, INK)],
                width,
            );
        }
        band.flow(
            vec![line(words::tray_name(report).to_owned(), 0.8 * text, FAINT)],
            width,
        );
        band.height += 0.3 * text;
        band
    }

    /// Sets items from left to right and goes on in the next line where they do not fit.
    fn flow(&mut self, items: Vec<Item>, width: f64) {
        let margin = self.text;
        let mut x = margin;
        let mut tallest: f64 = 0.0;
        for item in items {
            let taken = item.width();
            if x > margin && x + taken > width - margin {
                x = margin;
                self.height += tallest * SPACING;
            }
            tallest = tallest.max(item.size);
            self.items.push((x, self.height, item));
            x += taken + 1.4 * self.text;
        }
        // Large letters need less room in proportion.
        self.height += 0.75 * tallest + 0.65 * self.text;
    }

    fn draw(&self, canvas: &mut Canvas) {
        for (x, y, item) in &self.items {
            let mut text_at = *x;
            if let Some(key) = item.mark {
                let side = item.key_side();
                let top = y + 0.5 * (item.size - side);
                canvas.draw(&match key {
                    Key::Verdict(mark) => draw_key(mark, *x, top, side),
                    Key::Removed => draw_cross(&Quad::square(*x, top, side), INK, LEGEND_WEIGHT),
                });
                text_at += side + 0.4 * item.size;
            }
            let lettering = Lettering {
                x: text_at,
                y: *y,
                height: item.size,
                colour: item.colour,
            };
            canvas.write(&item.text, lettering);
        }
    }
}

impl Item {
    fn key_side(&self) -> f64 {
        1.25 * self.size
    }

    fn width(&self) -> f64 {
        let key = self.mark.map_or(0.0, |_| self.key_side() + 0.4 * self.size);
        key + text_width(&self.text, self.size)
    }
}

/// Every mark with its meaning and count; what does not occur is faint.
fn legend(report: &TrayReport, grade_order: &[String], size: f64) -> Vec<Item> {
    let item = |mark: Key, name: &str, count: usize| Item {
        mark: Some(mark),
        text: format!("{name} {count}"),
        size,
        colour: if count == 0 { FAINT } else { INK },
    };
    let mut items: Vec<Item> = words::tallies(report, grade_order)
        .iter()
        .map(|tally| item(Key::Verdict(tally.mark), &tally.name, tally.count))
        .collect();
    let removed = words::removed(report);
    if removed > 0 {
        items.push(item(Key::Removed, "to remove", removed));
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::samples;

    #[test]
    fn an_overlay_is_the_frame_under_a_band_with_the_middle_of_cells_untouched() {
        let frame = samples::grey_frame(800, 640);
        let report = samples::graded(4, 5, 800.0, 640.0);
        let drawn = overlay(&frame, &report, None, &samples::grade_order());
        let band = drawn.height() - frame.height();
        assert_eq!(drawn.width(), 800);
        assert!(band > 60, "band of {band} px");
        for row in 0..4 {
            for col in 0..5 {
                let (x, y) = (col * 160 + 80, row * 160 + 80);
                assert_eq!(
                    drawn.pixel(x, band + y),
                    frame.pixel(x, y),
                    "({row}, {col})"
                );
            }
        }
        assert_eq!(drawn.pixel(12, band + 80), Mark::Best.colour());
    }

    #[test]
    fn a_refused_tray_is_veiled() {
        let frame = Frame::from_rgb(400, 300, vec![250; 400 * 300 * 3]).unwrap();
        let report = samples::refused("too blurred: sharpness 0.2, expected at least 0.5");
        let drawn = overlay(&frame, &report, None, &samples::grade_order());
        assert_ne!(drawn.pixel(2, drawn.height() - 2), frame.pixel(2, 298));
    }

    #[test]
    fn the_tiniest_picture_is_drawn_too() {
        let frame = samples::grey_frame(1, 1);
        let report = samples::graded(10, 20, 1.0, 1.0);
        assert_eq!(
            overlay(&frame, &report, None, &samples::grade_order()).width(),
            1
        );
    }
}
