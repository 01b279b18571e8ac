//! Drawing on pixels: strokes with smooth edges on a dark outline, text, flat colours.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

use crate::frame::{Frame, FrameSizeError};
use crate::geometry::FramePoint;

use super::mark::{Drawing, OUTLINE, Stroke};

/// Height of the stored glyphs, px.
const GLYPH_HEIGHT: f64 = 32.0;
/// How much of what lies under an outline it hides.
const OUTLINE_OPACITY: f64 = 0.85;

/// A picture that is being drawn on.
#[derive(Debug, Clone)]
pub(super) struct Canvas {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

/// A rectangle of whole pixels, half open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Area {
    pub x0: usize,
    pub y0: usize,
    pub x1: usize,
    pub y1: usize,
}

/// Where text starts (top-left), its height and colour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lettering {
    pub x: f64,
    pub y: f64,
    pub height: f64,
    pub colour: [u8; 3],
}

impl Canvas {
    /// A canvas of one colour.
    pub fn filled(width: usize, height: usize, colour: [u8; 3]) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        Self {
            width,
            height,
            rgb: colour.repeat(width * height),
        }
    }

    pub fn into_frame(self) -> Result<Frame, FrameSizeError> {
        Frame::from_rgb(self.width, self.height, self.rgb)
    }

    /// Copies a picture to a place; what reaches beyond the canvas is cut.
    pub fn paste(&mut self, frame: &Frame, x: usize, y: usize) {
        let columns = frame.width().min(self.width.saturating_sub(x));
        let rows = frame.height().min(self.height.saturating_sub(y));
        for row in 0..rows {
            let from = row * frame.width() * 3;
            let to = ((y + row) * self.width + x) * 3;
            self.rgb[to..to + columns * 3].copy_from_slice(&frame.rgb()[from..from + columns * 3]);
        }
    }

    /// Covers an area with a colour, `opacity` 0–1.
    pub fn fill(&mut self, area: Area, colour: [u8; 3], opacity: f64) {
        for y in area.y0..area.y1.min(self.height) {
            for x in area.x0..area.x1.min(self.width) {
                self.blend(x, y, colour, opacity);
            }
        }
    }

    /// The whole canvas.
    pub fn area(&self) -> Area {
        Area {
            x0: 0,
            y0: 0,
            x1: self.width,
            y1: self.height,
        }
    }

    /// Draws strokes, outline first; joints are smooth as each pixel is blended once.
    pub fn draw(&mut self, drawing: &Drawing) {
        let area = self.reach(drawing);
        for y in area.y0..area.y1 {
            for x in area.x0..area.x1 {
                let point = FramePoint::new(x as f64 + 0.5, y as f64 + 0.5);
                let distance = drawing
                    .strokes
                    .iter()
                    .map(|stroke| distance_to(stroke, drawing.width, point))
                    .fold(f64::INFINITY, f64::min);
                let coverage = |reach: f64| (reach + 0.5 - distance).clamp(0.0, 1.0);
                if coverage(drawing.outline) > 0.0 {
                    self.blend(x, y, OUTLINE, coverage(drawing.outline) * OUTLINE_OPACITY);
                    self.blend(x, y, drawing.colour, coverage(0.0));
                }
            }
        }
    }

    /// Writes one line of text. What the font lacks appears as `?`.
    pub fn write(&mut self, text: &str, lettering: Lettering) {
        let advance = advance(lettering.height);
        for (i, character) in text.chars().enumerate() {
            let x = lettering.x + advance * i as f64;
            self.write_glyph(plain(character), Lettering { x, ..lettering });
        }
    }

    fn write_glyph(&mut self, character: char, at: Lettering) {
        let Some(glyph) = get_raster(character, FontWeight::Bold, RasterHeight::Size32)
            .or_else(|| get_raster('?', FontWeight::Bold, RasterHeight::Size32))
        else {
            return;
        };
        let scale = at.height / GLYPH_HEIGHT;
        let (x0, y0) = (at.x.max(0.0) as usize, at.y.max(0.0) as usize);
        let x1 = ((at.x + glyph.width() as f64 * scale).ceil().max(0.0) as usize).min(self.width);
        let y1 = ((at.y + at.height).ceil().max(0.0) as usize).min(self.height);
        for y in y0..y1 {
            for x in x0..x1 {
                let u = (x as f64 + 0.5 - at.x) / scale;
                let v = (y as f64 + 0.5 - at.y) / scale;
                self.blend(x, y, at.colour, ink(glyph.raster(), u, v, scale));
            }
        }
    }

    fn blend(&mut self, x: usize, y: usize, colour: [u8; 3], opacity: f64) {
        let i = (y * self.width + x) * 3;
        for (below, above) in self.rgb[i..i + 3].iter_mut().zip(colour) {
            let mixed = f64::from(*below) + (f64::from(above) - f64::from(*below)) * opacity;
            *below = mixed.round().clamp(0.0, 255.0) as u8;
        }
    }

    /// The pixels that a drawing can touch.
    fn reach(&self, drawing: &Drawing) -> Area {
        let (mut lo, mut hi) = (FramePoint::splat(f64::INFINITY), FramePoint::splat(-1.0));
        for stroke in &drawing.strokes {
            let (a, b, radius) = match *stroke {
                Stroke::Line(a, b) => (a, b, 0.0),
                Stroke::Dot(c, r) | Stroke::Ring(c, r) => (c, c, r),
            };
            let radius = radius + drawing.width + drawing.outline + 1.0;
            let radius = euclid::Vector2D::splat(radius);
            lo = lo.min(a.min(b) - radius);
            hi = hi.max(a.max(b) + radius);
        }
        let clamp = |value: f64, most: usize| (value.max(0.0) as usize).min(most);
        Area {
            x0: clamp(lo.x, self.width),
            y0: clamp(lo.y, self.height),
            x1: clamp(hi.x.ceil(), self.width),
            y1: clamp(hi.y.ceil(), self.height),
        }
    }
}

/// Width of a line of text, px.
pub(super) fn text_width(text: &str, height: f64) -> f64 {
    text.chars().count() as f64 * advance(height)
}

fn advance(height: f64) -> f64 {
    get_raster_width(FontWeight::Bold, RasterHeight::Size32) as f64 * height / GLYPH_HEIGHT
}

/// A character that the font has for one that it lacks.
fn plain(character: char) -> char {
    match character {
        '–' | '—' | '−' => '-',
        '’' | '‘' => '\'',
        '“' | '”' => '"',
        '→' => '>',
        other => other,
    }
}

/// How much ink lies at a place of a glyph; averaged over a pixel's width where it is drawn smaller.
fn ink(raster: &[&[u8]], u: f64, v: f64, scale: f64) -> f64 {
    let steps = (1.0 / scale).ceil().clamp(1.0, 4.0) as usize;
    let span = (1.0 / scale - 1.0).max(0.0);
    let mut sum = 0.0;
    for j in 0..steps {
        for i in 0..steps {
            let shift = |k: usize| span * ((k as f64 + 0.5) / steps as f64 - 0.5);
            sum += ink_at(raster, u + shift(i), v + shift(j));
        }
    }
    sum / (steps * steps) as f64
}

fn ink_at(raster: &[&[u8]], u: f64, v: f64) -> f64 {
    let at = |row: f64, column: f64| {
        if row < 0.0 || column < 0.0 {
            return 0.0;
        }
        raster
            .get(row as usize)
            .and_then(|line| line.get(column as usize))
            .map_or(0.0, |&value| f64::from(value) / 255.0)
    };
    let (column, row) = ((u - 0.5).floor(), (v - 0.5).floor());
    let (a, b) = (u - 0.5 - column, v - 0.5 - row);
    let top = at(row, column) * (1.0 - a) + at(row, column + 1.0) * a;
    let bottom = at(row + 1.0, column) * (1.0 - a) + at(row + 1.0, column + 1.0) * a;
    top * (1.0 - b) + bottom * b
}

/// Distance from a stroke's edge, negative within.
fn distance_to(stroke: &Stroke, width: f64, point: FramePoint) -> f64 {
    match *stroke {
        Stroke::Dot(centre, radius) => point.distance_to(centre) - radius,
        Stroke::Ring(centre, radius) => (point.distance_to(centre) - radius).abs() - 0.5 * width,
        Stroke::Line(a, b) => {
            let (along, to) = (b - a, point - a);
            let length2 = along.square_length();
            let share = if length2 > 0.0 {
                to.dot(along) / length2
            } else {
                0.0
            };
            point.distance_to(a.lerp(b, share.clamp(0.0, 1.0))) - 0.5 * width
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stroke_beyond_the_canvas_is_cut_not_an_error() {
        let mut canvas = Canvas::filled(10, 10, [255; 3]);
        canvas.draw(&Drawing {
            strokes: vec![Stroke::Line(
                FramePoint::new(-50.0, 5.0),
                FramePoint::new(50.0, 5.0),
            )],
            width: 2.0,
            outline: 1.0,
            colour: [200, 0, 0],
        });
        let frame = canvas.into_frame().unwrap();
        assert_eq!(frame.pixel(0, 5), [200, 0, 0]);
        assert_eq!(frame.pixel(9, 0), [255; 3]);
    }

    #[test]
    fn text_beyond_the_canvas_is_cut_and_unknown_letters_still_leave_ink() {
        let mut canvas = Canvas::filled(24, 24, [0; 3]);
        let lettering = Lettering {
            x: 2.0,
            y: 2.0,
            height: 20.0,
            colour: [255; 3],
        };
        canvas.write("穴盘 far beyond the edge", lettering);
        assert!(canvas.rgb.iter().any(|&value| value > 200));
    }
}
