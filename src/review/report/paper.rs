//! A certificate as PDF: the only file that knows how one is written.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Size, Transform};
use krilla::image::Image;
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, LineCap, LineJoin, Paint, Stroke as Pen};
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};
use krilla::{Document, SerializeSettings};
use ttf_parser::Face;

use crate::certificate::Certificate;
use crate::picture::{Drawing, Mark, OUTLINE, Stroke, cell_quads, draw_mark, is_removed};
use crate::review::words::Language;
use crate::statistics::Calendar;

use super::layout::{PAGE, Piece, lay_out};
use super::letters::Letters;
use super::photographs::Photograph;
use super::sheet::Sheet;

const INK: [u8; 3] = [0, 0, 0];
const FAINT: [u8; 3] = [0x44, 0x44, 0x44];
const RULE_WIDTH: f32 = 0.7;
/// A circle by four cubic curves: the handles' length of a radius of one.
const ROUND: f32 = 0.552_284_8;

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// The font is one that cannot be embedded.
    #[error("report on paper: the font cannot be embedded")]
    Font,
    /// A picture that cannot be embedded.
    #[error("report on paper: the picture of tray {tray_uid} cannot be embedded: {reason}")]
    Picture {
        /// Which tray's.
        tray_uid: String,
        /// Why.
        reason: String,
    },
    /// The writer's own complaint.
    #[error("report on paper: {0}")]
    Writer(String),
}

/// Prints a certificate with its photographs, its moments in the zone of a site's `calendar`: the same input gives the same bytes.
///
/// # Errors
/// [`PaperError`]: the font or a picture does not fit into a PDF.
pub fn paper(
    certificate: &Certificate,
    photographs: &[Photograph],
    language: Language,
    calendar: &Calendar,
    letters: &Letters,
) -> Result<Vec<u8>, PaperError> {
    let sheet = Sheet::of(certificate, photographs, language, calendar);
    let (bytes, index) = letters.face();
    let face = Face::parse(bytes, index).map_err(|_| PaperError::Font)?;
    let font = Font::new(bytes.to_vec().into(), index).ok_or(PaperError::Font)?;
    let foot = format!(
        "{} · {} · {}",
        sheet.title, certificate.lot, certificate.digest
    );
    let images = photographs
        .iter()
        .map(image)
        .collect::<Result<Vec<_>, _>>()?;
    let mut document = Document::new_with(SerializeSettings::default());
    document.set_metadata(metadata(certificate, &sheet, language));
    for pieces in lay_out(&sheet, photographs, language, &face, &foot) {
        let size = PageSettings::from_wh(PAGE.0, PAGE.1);
        let size = size.ok_or_else(|| PaperError::Writer("no page of that size".to_owned()))?;
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        for piece in pieces {
            match piece {
                Piece::Text {
                    x,
                    y,
                    size,
                    faint,
                    text,
                } => {
                    surface.set_stroke(None);
                    surface.set_fill(Some(fill(if faint { FAINT } else { INK })));
                    let start = Point::from_xy(x, y);
                    surface.draw_text(start, font.clone(), size, &text, false, TextDirection::Auto);
                }
                Piece::Rule { x, y, width } => rule(&mut surface, x, y, width),
                Piece::Picture {
                    x,
                    y,
                    width,
                    height,
                    photograph,
                } => {
                    let Some(size) = Size::from_wh(width, height) else {
                        continue;
                    };
                    surface.push_transform(&Transform::from_translate(x, y));
                    surface.draw_image(images[photograph].clone(), size);
                    marks(&mut surface, &photographs[photograph], width);
                    surface.pop();
                }
            }
        }
    }
    let written = document.finish();
    written.map_err(|error| PaperError::Writer(format!("{error:?}")))
}

fn image(photograph: &Photograph) -> Result<Image, PaperError> {
    let jpeg = photograph.picture.jpeg.to_vec();
    Image::from_jpeg(jpeg.into(), true).map_err(|reason| PaperError::Picture {
        tray_uid: photograph.report.facts.tray_uid.clone(),
        reason,
    })
}

fn metadata(certificate: &Certificate, sheet: &Sheet, language: Language) -> Metadata {
    let metadata = Metadata::new()
        .title(format!("{} {}", sheet.title, certificate.lot))
        .description(certificate.digest.clone())
        .document_id(certificate.digest.clone())
        .language(language.tag().to_owned())
        .creator(concat!("seedgrade ", env!("CARGO_PKG_VERSION")).to_owned());
    match moment(&certificate.issued_at) {
        Some(moment) => metadata.creation_date(moment),
        None => metadata,
    }
}

/// A stored moment, in UTC, as a PDF has it.
fn moment(stored: &str) -> Option<DateTime> {
    let at = stored.parse::<Timestamp>().ok()?;
    let at = at.to_zoned_datetime(TimeZone::UTC);
    let part = |value: i8| u8::try_from(value).ok();
    let day = DateTime::new(u16::try_from(at.year()).ok()?)
        .month(part(at.month())?)
        .day(part(at.day())?);
    let time = day.hour(part(at.hour())?).minute(part(at.minute())?);
    Some(time.second(part(at.second())?).utc_offset_hour(0))
}

fn paint([r, g, b]: [u8; 3]) -> Paint {
    rgb::Color::new(r, g, b).into()
}

fn fill(colour: [u8; 3]) -> Fill {
    Fill {
        paint: paint(colour),
        ..Fill::default()
    }
}

fn pen(colour: [u8; 3], width: f32) -> Pen {
    Pen {
        paint: paint(colour),
        width,
        line_cap: LineCap::Round,
        line_join: LineJoin::Round,
        opacity: NormalizedF32::ONE,
        ..Pen::default()
    }
}

fn rule(surface: &mut Surface<'_>, x: f32, y: f32, width: f32) {
    let mut path = PathBuilder::new();
    path.move_to(x, y);
    path.line_to(x + width, y);
    if let Some(path) = path.finish() {
        surface.set_fill(None);
        surface.set_stroke(Some(pen(FAINT, RULE_WIDTH)));
        surface.draw_path(&path);
    }
}

/// Every cell's mark over a photograph that is `width` points wide.
fn marks(surface: &mut Surface<'_>, photograph: &Photograph, width: f32) {
    let scale = width / photograph.picture.width as f32;
    let report = &photograph.report;
    let quads = cell_quads(report, None).unwrap_or_default();
    for (cell, quad) in report.cells.iter().zip(&quads) {
        let mark = Mark::of_cell(cell, &photograph.grade_order);
        draw(
            surface,
            &draw_mark(mark, is_removed(cell), quad, 1.0),
            scale,
        );
    }
}

fn draw(surface: &mut Surface<'_>, drawing: &Drawing, scale: f32) {
    let (outline, colour) = (OUTLINE, drawing.colour);
    let (mut lines, mut dots) = (PathBuilder::new(), PathBuilder::new());
    for stroke in &drawing.strokes {
        match *stroke {
            Stroke::Line(a, b) => {
                lines.move_to(a.x as f32 * scale, a.y as f32 * scale);
                lines.line_to(b.x as f32 * scale, b.y as f32 * scale);
            }
            Stroke::Dot(c, r) => circle(&mut dots, (c.x, c.y), r, scale),
            Stroke::Ring(c, r) => circle(&mut lines, (c.x, c.y), r, scale),
        }
    }
    let (width, beyond) = (drawing.width as f32 * scale, drawing.outline as f32 * scale);
    if let Some(lines) = lines.finish() {
        surface.set_fill(None);
        for (colour, width) in [(outline, width + 2.0 * beyond), (colour, width)] {
            surface.set_stroke(Some(pen(colour, width)));
            surface.draw_path(&lines);
        }
    }
    if let Some(dots) = dots.finish() {
        surface.set_fill(Some(fill(colour)));
        surface.set_stroke(Some(pen(outline, beyond)));
        surface.draw_path(&dots);
    }
}

fn circle(path: &mut PathBuilder, (x, y): (f64, f64), radius: f64, scale: f32) {
    let (x, y, r) = (x as f32 * scale, y as f32 * scale, radius as f32 * scale);
    let h = ROUND * r;
    path.move_to(x + r, y);
    path.cubic_to(x + r, y + h, x + h, y + r, x, y + r);
    path.cubic_to(x - h, y + r, x - r, y + h, x - r, y);
    path.cubic_to(x - r, y - h, x - h, y - r, x, y - r);
    path.cubic_to(x + h, y - r, x + r, y - h, x + r, y);
    path.close();
}
