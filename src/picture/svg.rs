//! Marks as SVG over a picture, so that a page can hide them and say what a cell measures.

use std::fmt::Write as _;

use maud::{Markup, html};

use crate::inspect::{CellReport, TrayReport};

use super::mark::{Drawing, Mark, OUTLINE, Quad, Stroke, draw_key, draw_mark, is_removed};

/// A colour as a page writes it.
pub(super) fn hex(colour: [u8; 3]) -> String {
    format!("#{:02X}{:02X}{:02X}", colour[0], colour[1], colour[2])
}

/// The marks of a tray over a picture of `width` × `height` px.
pub(super) fn marks(
    report: &TrayReport,
    quads: &[Quad],
    (width, height): (usize, usize),
    grade_order: &[String],
) -> Markup {
    html! {
        svg viewBox=(format!("0 0 {width} {height}")) role="img" aria-label="verdicts" {
            @for (cell, quad) in report.cells.iter().zip(quads) {
                g class="cell" tabindex="-1" {
                    title { (measurements(cell)) }
                    (marked_cell(cell, quad, grade_order))
                }
            }
        }
    }
}

/// A cell's mark over the area that is pointed at or tapped.
#[must_use]
pub fn marked_cell(cell: &CellReport, quad: &Quad, grade_order: &[String]) -> Markup {
    html! {
        polygon class="hit" points=(outline_of(quad)) {}
        (drawing(&draw_mark(Mark::of_cell(cell, grade_order), is_removed(cell), quad, 1.0)))
    }
}

/// A mark alone, for a legend.
#[must_use]
pub fn mark_key(mark: Mark) -> Markup {
    const SIDE: f64 = 28.0;
    html! {
        svg class="key" viewBox="0 0 28 28" aria-hidden="true" {
            (drawing(&draw_key(mark, 0.0, 0.0, SIDE)))
        }
    }
}

fn drawing(drawing: &Drawing) -> Markup {
    let (path, dots) = paths(drawing);
    let colour = hex(drawing.colour);
    let width = format!("{:.1}", drawing.width);
    let outlined = format!("{:.1}", drawing.width + 2.0 * drawing.outline);
    html! {
        g class="mark" {
            @if !path.is_empty() {
                path d=(path) stroke=(hex(OUTLINE)) stroke-width=(outlined) {}
                path d=(path) stroke=(colour) stroke-width=(width) {}
            }
            @if !dots.is_empty() {
                path d=(dots) stroke=(hex(OUTLINE)) stroke-width=(format!("{:.1}", 2.0 * drawing.outline)) {}
                path d=(dots) fill=(colour) {}
            }
        }
    }
}

/// The lines and rings as one path, the dots as another.
fn paths(drawing: &Drawing) -> (String, String) {
    let (mut lines, mut dots) = (String::new(), String::new());
    let mut pen: Option<crate::geometry::FramePoint> = None;
    for stroke in &drawing.strokes {
        match *stroke {
            Stroke::Line(a, b) => {
                if pen != Some(a) {
                    let _ = write!(lines, "M{:.1} {:.1}", a.x, a.y);
                }
                let _ = write!(lines, "L{:.1} {:.1}", b.x, b.y);
                pen = Some(b);
            }
            Stroke::Dot(c, r) => circle(&mut dots, c.x, c.y, r),
            Stroke::Ring(c, r) => circle(&mut lines, c.x, c.y, r),
        }
    }
    (lines, dots)
}

fn circle(path: &mut String, x: f64, y: f64, r: f64) {
    let d = 2.0 * r;
    let _ = write!(
        path,
        "M{:.1} {y:.1}a{r:.1} {r:.1} 0 1 0 {d:.1} 0a{r:.1} {r:.1} 0 1 0 -{d:.1} 0",
        x - r
    );
}

fn outline_of(quad: &Quad) -> String {
    let point = |p: &crate::geometry::FramePoint| format!("{:.0},{:.0}", p.x, p.y);
    quad.0.iter().map(point).collect::<Vec<_>>().join(" ")
}

/// What is known of a cell, a line each.
pub(super) fn measurements(cell: &CellReport) -> String {
    let mut text = format!("row {}, column {}: {}", cell.row, cell.col, cell.verdict);
    if let Some(grade) = &cell.grade {
        let _ = write!(text, " {grade}");
    }
    if let Some(reason) = &cell.reason {
        let _ = write!(text, "\nbecause {reason}");
    }
    let _ = write!(
        text,
        "\naction {}\noccupied {:.3}, several {:.3}",
        cell.action, cell.occupied, cell.several
    );
    if cell.plants == 0 {
        return text;
    }
    let _ = write!(
        text,
        "\nplants {}\narea {:.2} pitch²",
        cell.plants, cell.area_pitch2
    );
    if let Some(area) = cell.area_mm2 {
        let _ = write!(text, ", {area:.0} mm²");
    }
    if let Some(offset) = cell.offset_pitch {
        let _ = write!(text, "\noff centre {offset:.2} pitch");
    }
    if let Some(offset) = cell.offset_mm {
        let _ = write!(text, ", {offset:.1} mm");
    }
    let _ = write!(
        text,
        "\nchlorotic {:.0} %, necrotic {:.0} %\noverlap {:.0} %",
        100.0 * cell.chlorotic,
        100.0 * cell.necrotic,
        100.0 * cell.overlap
    );
    if let Some(leaves) = cell.leaves {
        let _ = write!(text, "\nleaves {leaves}");
    }
    text
}
