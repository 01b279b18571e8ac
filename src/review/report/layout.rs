//! A sheet and its photographs → pieces on pages: text with its place, lines, pictures. No PDF yet.

use ttf_parser::Face;
use unicode_linebreak::{BreakOpportunity, linebreaks};

use crate::review::words::Language;

use super::photographs::Photograph;
use super::sheet::{Fact, Part, Section, Sheet};
use super::worded::caption;

/// A4, in points.
pub const PAGE: (f32, f32) = (595.276, 841.89);
const MARGIN: f32 = 51.0;
const WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;
/// Room for the line at a page's foot.
const FOOT: f32 = 22.0;
const BOTTOM: f32 = PAGE.1 - MARGIN - FOOT;

const TITLE: f32 = 22.0;
const ANSWER: f32 = 20.0;
const HEADING: f32 = 13.0;
const BODY: f32 = 10.0;
const SMALL: f32 = 8.0;
/// Distance of lines and of paragraphs, as multiples of the letters' size.
const LINE: f32 = 1.4;
const GAP: f32 = 0.6;
/// The column of the facts' names.
const NAMES: f32 = 150.0;
/// Shares of the width of a table's columns, of which reports have five.
const COLUMNS: [f32; 5] = [0.19, 0.13, 0.24, 0.22, 0.22];
const BETWEEN_COLUMNS: f32 = 8.0;
/// The most of a page that a photograph takes.
const MOST_PHOTOGRAPH: f32 = 270.0;
/// Room over a line that is signed.
const TO_SIGN: f32 = 52.0;

/// Something on a page; places in points from its top left.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// Letters from the left end of their base line.
    Text {
        x: f32,
        y: f32,
        size: f32,
        faint: bool,
        text: String,
    },
    /// A level line.
    Rule { x: f32, y: f32, width: f32 },
    /// The photograph of this place in the list, marks over it.
    Picture {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        photograph: usize,
    },
}

/// Lays a report out, one list of pieces a page.
pub fn lay_out(
    sheet: &Sheet,
    photographs: &[Photograph],
    language: Language,
    face: &Face<'_>,
    foot: &str,
) -> Vec<Vec<Piece>> {
    let mut setter = Setter {
        face,
        pages: vec![Vec::new()],
        y: MARGIN,
    };
    setter.paragraph(&sheet.title, TITLE, false);
    setter.paragraph(&sheet.is_not, BODY, false);
    for section in &sheet.sections {
        setter.section(section);
    }
    setter.rule();
    setter.paragraph(&sheet.photographs, HEADING, false);
    setter.paragraph(&sheet.photographs_rule, BODY, true);
    for (index, photograph) in photographs.iter().enumerate() {
        setter.photograph(index, photograph, language);
    }
    setter.section(&sheet.evidence);
    setter.signatures(sheet);
    setter.feet(foot)
}

struct Setter<'a> {
    face: &'a Face<'a>,
    pages: Vec<Vec<Piece>>,
    /// The top of what comes next.
    y: f32,
}

impl Setter<'_> {
    fn put(&mut self, piece: Piece) {
        if let Some(page) = self.pages.last_mut() {
            page.push(piece);
        }
    }

    /// Goes on to the next page where so much has no room.
    fn need(&mut self, height: f32) {
        if self.y + height > BOTTOM && self.y > MARGIN {
            self.pages.push(Vec::new());
            self.y = MARGIN;
        }
    }

    fn line_at(&mut self, x: f32, y: f32, size: f32, faint: bool, text: &str) {
        self.put(Piece::Text {
            x,
            y: y + size,
            size,
            faint,
            text: text.to_owned(),
        });
    }

    fn paragraph(&mut self, text: &str, size: f32, faint: bool) {
        for line in self.lines(text, size, WIDTH) {
            self.need(size * LINE);
            self.line_at(MARGIN, self.y, size, faint, &line);
            self.y += size * LINE;
        }
        self.y += size * GAP;
    }

    fn rule(&mut self) {
        self.y += BODY * GAP;
        self.put(Piece::Rule {
            x: MARGIN,
            y: self.y,
            width: WIDTH,
        });
        self.y += BODY * GAP;
    }

    fn section(&mut self, section: &Section) {
        // a heading is not left alone at a page's end
        self.need(4.0 * HEADING * LINE);
        self.rule();
        if let Some(heading) = &section.heading {
            self.paragraph(heading, HEADING, false);
        }
        for part in &section.parts {
            match part {
                Part::Answer(figure, doubt) => {
                    self.paragraph(&format!("{figure}   {doubt}"), ANSWER, false);
                }
                Part::Facts(facts) => self.facts(facts, MARGIN, WIDTH),
                Part::Table(heads, rows) => self.table(heads, rows),
                Part::Text(text) => self.paragraph(text, BODY, false),
                Part::Note(text) => self.paragraph(text, BODY, true),
            }
        }
    }

    fn facts(&mut self, facts: &[Fact], x: f32, width: f32) {
        for fact in facts {
            let names = NAMES.min(0.4 * width);
            let values = [&fact.strong, &fact.text];
            let said: Vec<&str> = values.into_iter().map(String::as_str).collect();
            let said = said.join("  ");
            let name = self.lines(&fact.name, BODY, names - BETWEEN_COLUMNS);
            let mut value: Vec<(f32, String)> = Vec::new();
            let room = width - names;
            let said = self.lines(said.trim(), BODY, room);
            value.extend(said.into_iter().map(|line| (BODY, line)));
            let code = self.lines(&fact.code, SMALL, room);
            value.extend(code.into_iter().map(|line| (SMALL, line)));
            let rows = name.len().max(value.len()) as f32;
            self.need(rows * BODY * LINE);
            for (i, line) in name.iter().enumerate() {
                let y = self.y + i as f32 * BODY * LINE;
                self.line_at(x, y, BODY, true, line);
            }
            for (i, (size, line)) in value.iter().enumerate() {
                let y = self.y + i as f32 * BODY * LINE + (BODY - size);
                self.line_at(x + names, y, *size, false, line);
            }
            self.y += rows * BODY * LINE;
        }
        self.y += BODY * GAP;
    }

    fn table(&mut self, heads: &[String], rows: &[Vec<String>]) {
        self.row(heads, true);
        for row in rows {
            self.row(row, false);
        }
        self.y += BODY * GAP;
    }

    fn row(&mut self, cells: &[String], faint: bool) {
        let wrapped: Vec<Vec<String>> = cells
            .iter()
            .zip(COLUMNS)
            .map(|(cell, share)| self.lines(cell, SMALL, share * WIDTH - BETWEEN_COLUMNS))
            .collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(0) as f32 * SMALL * LINE;
        self.need(height);
        let mut x = MARGIN;
        for (lines, share) in wrapped.iter().zip(COLUMNS) {
            for (i, line) in lines.iter().enumerate() {
                let y = self.y + i as f32 * SMALL * LINE;
                self.line_at(x, y, SMALL, faint, line);
            }
            x += share * WIDTH;
        }
        self.y += height + SMALL * GAP;
    }

    fn photograph(&mut self, index: usize, photograph: &Photograph, language: Language) {
        let (width, height) = (photograph.picture.width, photograph.picture.height);
        let scale = (WIDTH / width as f32).min(MOST_PHOTOGRAPH / height as f32);
        let (width, height) = (width as f32 * scale, height as f32 * scale);
        let caption = caption(photograph, language);
        self.need(height + 7.0 * BODY * LINE);
        self.put(Piece::Picture {
            x: MARGIN,
            y: self.y,
            width,
            height,
            photograph: index,
        });
        self.y += height + BODY * GAP;
        self.paragraph(&caption.heading.unwrap_or_default(), BODY, false);
        for part in &caption.parts {
            if let Part::Facts(facts) = part {
                self.facts(facts, MARGIN, WIDTH);
            }
        }
    }

    fn signatures(&mut self, sheet: &Sheet) {
        self.need(TO_SIGN + 4.0 * BODY * LINE);
        self.rule();
        self.paragraph(&sheet.issued, BODY, false);
        self.y += TO_SIGN;
        let half = 0.5 * (WIDTH - 3.0 * BETWEEN_COLUMNS);
        for (i, over) in sheet.signatures.iter().enumerate() {
            let x = MARGIN + i as f32 * (WIDTH - half);
            self.put(Piece::Rule {
                x,
                y: self.y,
                width: half,
            });
            self.line_at(x, self.y + BODY * GAP, BODY, true, over);
        }
    }

    /// Every page with what it belongs to and its number.
    fn feet(mut self, foot: &str) -> Vec<Vec<Piece>> {
        let all = self.pages.len();
        let y = PAGE.1 - MARGIN - SMALL;
        let mut pages = std::mem::take(&mut self.pages);
        for (i, page) in pages.iter_mut().enumerate() {
            let number = format!("{} / {all}", i + 1);
            let room = WIDTH - self.width(&number, SMALL) - BETWEEN_COLUMNS;
            let foot = self.lines(foot, SMALL, room).into_iter().next();
            let mut put = |x, text: String| {
                page.push(Piece::Text {
                    x,
                    y: y + SMALL,
                    size: SMALL,
                    faint: true,
                    text,
                });
            };
            put(MARGIN, foot.unwrap_or_default());
            put(MARGIN + WIDTH - self.width(&number, SMALL), number);
        }
        pages
    }

    /// How wide letters are without their kerning, which makes lines a little shorter than this.
    fn width(&self, text: &str, size: f32) -> f32 {
        let units = f32::from(self.face.units_per_em());
        let advance = |letter| {
            let glyph = self.face.glyph_index(letter)?;
            self.face.glyph_hor_advance(glyph)
        };
        let sum: u32 = text.chars().filter_map(advance).map(u32::from).sum();
        sum as f32 * size / units
    }

    /// A text in lines of at most this width, its letters those that the font has.
    fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let text = self.printable(text);
        let mut lines: Vec<String> = Vec::new();
        let mut line = String::new();
        let mut start = 0;
        for (end, opportunity) in linebreaks(&text) {
            let piece = &text[start..end];
            start = end;
            let fits = |line: &str| self.width(line.trim_end(), size) <= width;
            if !fits(&format!("{line}{piece}")) && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for letter in piece.chars() {
                // a digest is longer than a line and has no place to break
                if !line.is_empty() && !fits(&format!("{line}{letter}")) {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(letter);
            }
            if opportunity == BreakOpportunity::Mandatory {
                lines.push(std::mem::take(&mut line));
            }
        }
        let trimmed = lines.iter().map(|line| line.trim_end().to_owned());
        trimmed.filter(|line| !line.is_empty()).collect()
    }

    /// What people named may have letters that the font does not have: those are printed as their numbers.
    fn printable(&self, text: &str) -> String {
        let mut printable = String::new();
        for letter in text.chars() {
            if letter.is_control() || letter.is_whitespace() {
                printable.push(' ');
            } else if self.face.glyph_index(letter).is_some() {
                printable.push(letter);
            } else {
                printable += &format!("[U+{:04X}]", u32::from(letter));
            }
        }
        printable
    }
}
