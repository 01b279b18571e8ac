//! A tray as people see it: its photograph, or a map of its cells, with the verdicts' marks.

use maud::{Markup, html};

use crate::inspect::{CellReport, ReportStatus, TrayReport};
use crate::picture::{Mark, Quad, cell_quads, mark_key, marked_cell};
use crate::review::corrections::{choices, mark_of};
use crate::review::house::Desk;
use crate::review::numbers;
use crate::review::pictures::NoPicture;
use crate::review::stores::TrayKey;
use crate::review::words::word;
use crate::store::StatedVerdict;

use super::terms;

/// Side of a cell on a map, in the map's units.
const MAP_CELL: f64 = 100.0;
/// A seedling of this area fills its cell on a map, square pitches.
const FULL_CELL: f64 = 1.0;

/// A tray to look at.
#[derive(Debug, Clone, Copy)]
pub struct Viewed<'a> {
    pub key: TrayKey,
    pub report: &'a TrayReport,
    pub order: &'a [String],
    /// The cell that is looked at closely.
    pub chosen: Option<(usize, usize)>,
}

/// The picture or the map; where it is a map, why.
pub fn view(desk: &Desk, tray: Viewed<'_>) -> Markup {
    let report = tray.report;
    let picture = desk.house.pictures.of(report);
    let judged = report.status == ReportStatus::Graded;
    match picture {
        Ok(picture) => {
            let quads = cell_quads(report, None).unwrap_or_default();
            let size = (picture.width as f64, picture.height as f64);
            let photograph = html! {
                image href=(picture_address(tray.key)) width=(size.0) height=(size.1) {}
            };
            html! {
                div class=(if judged { "pic" } else { "pic refused" }) {
                    (drawn(desk, tray, size, &quads, &photograph))
                }
            }
        }
        Err(why) if judged => html! {
            (why_no_picture(desk, why, report))
            (map(desk, tray))
        },
        Err(why) => why_no_picture(desk, why, report),
    }
}

/// The photograph alone.
pub fn picture_address(key: TrayKey) -> String {
    format!("/tray/picture?store={}&id={}", key.store.0, key.id)
}

fn why_no_picture(desk: &Desk, why: NoPicture, report: &TrayReport) -> Markup {
    html! { p class="note" {
        (desk.say(terms::no_picture(why))) " " code { (report.facts.source) }
    } }
}

/// The tray's cells side by side, a disc as large as the canopy that was measured.
fn map(desk: &Desk, tray: Viewed<'_>) -> Markup {
    let (rows, cols) = (tray.report.rows, tray.report.cols);
    let size = (cols as f64 * MAP_CELL, rows as f64 * MAP_CELL);
    let place = |cell: &CellReport| (cell.col as f64 * MAP_CELL, cell.row as f64 * MAP_CELL);
    let square = |cell: &CellReport| {
        let (x, y) = place(cell);
        Quad::square(x, y, MAP_CELL)
    };
    let quads: Vec<Quad> = tray.report.cells.iter().map(square).collect();
    let discs = html! {
        rect class="soil" width=(size.0) height=(size.1) {}
        @for cell in &tray.report.cells {
            @let (x, y) = place(cell);
            @let share = (cell.area_pitch2 / FULL_CELL).clamp(0.0, 1.0);
            circle class="canopy" cx=(x + MAP_CELL / 2.0) cy=(y + MAP_CELL / 2.0)
                r=(format!("{:.1}", share.sqrt() * MAP_CELL / 2.0)) {}
        }
    };
    html! { div class="pic" { (drawn(desk, tray, size, &quads, &discs)) } }
}

fn drawn(
    desk: &Desk,
    tray: Viewed<'_>,
    (width, height): (f64, f64),
    quads: &[Quad],
    ground: &Markup,
) -> Markup {
    html! {
        svg viewBox=(format!("0 0 {width} {height}")) role="group" aria-label=(desk.say("tray")) {
            (ground)
            @for (cell, quad) in tray.report.cells.iter().zip(quads) {
                @let name = cell_name(desk, cell, tray.order);
                a class=(if tray.chosen == Some((cell.row, cell.col)) { "cell chosen" } else { "cell" })
                    href=(cell_address(tray.key, cell.row, cell.col)) aria-label=(name) {
                    title { (name) }
                    (marked_cell(cell, quad, tray.order))
                }
            }
        }
    }
}

/// One cell with what stands around it, as large as the page allows; blind, it shows no verdict.
pub fn closeup(desk: &Desk, tray: Viewed<'_>, cell: &CellReport, blind: bool) -> Option<Markup> {
    /// What is seen around a cell, in its sides.
    const AROUND: f64 = 1.1;
    let picture = desk.house.pictures.of(tray.report).ok()?;
    let quads = cell_quads(tray.report, None)?;
    let quad = quads.get(cell.row * tray.report.cols + cell.col)?;
    let (middle, side) = (quad.at(0.5, 0.5), quad.side());
    let (half, size) = (side * (0.5 + AROUND), side * (1.0 + 2.0 * AROUND));
    let corner = |at: usize| format!("{:.1},{:.1}", quad.0[at].x, quad.0[at].y);
    let outline = (0..4).map(corner).collect::<Vec<_>>().join(" ");
    Some(html! {
        div class="pic closeup" {
            svg viewBox=(format!("{:.1} {:.1} {size:.1} {size:.1}", middle.x - half, middle.y - half))
                role="img" aria-label=(cell_place(desk, cell.row, cell.col)) {
                image href=(picture_address(tray.key)) width=(picture.width) height=(picture.height) {}
                @if blind { polygon class="asked" points=(outline) {} }
                @else { (marked_cell(cell, quad, tray.order)) }
            }
        }
    })
}

/// What can be said of a cell, a button each with its mark; the form's other fields are the caller's.
pub fn verdict_buttons(desk: &Desk, order: &[String], said: Option<&StatedVerdict>) -> Markup {
    html! {
        div class="verdicts" {
            @for (verdict, key) in choices(order) {
                @let mark = mark_of(&verdict, order);
                @let chosen = said == Some(&verdict);
                button name="verdict" value=(verdict.to_string()) data-key=(key) aria-pressed=(chosen.to_string()) {
                    (mark_key(mark))
                    span { (verdict_words(desk, &verdict, order)) }
                    kbd { (key.to_uppercase()) }
                }
            }
        }
    }
}

/// What a person says, in words.
pub fn verdict_words(desk: &Desk, verdict: &StatedVerdict, order: &[String]) -> String {
    let word = terms::verdict(mark_of(verdict, order)).map(|key| desk.say(key));
    match (verdict, word) {
        (StatedVerdict::Graded(grade), Some(word)) => format!("{grade} {word}"),
        (StatedVerdict::Graded(grade), None) => grade.clone(),
        (_, word) => word.unwrap_or_else(|| verdict.to_string()),
    }
}

/// The page of a tray on which a cell is looked at closely.
pub fn cell_address(key: TrayKey, row: usize, col: usize) -> String {
    format!(
        "/tray?store={}&id={}&row={row}&col={col}#cell",
        key.store.0, key.id
    )
}

fn cell_name(desk: &Desk, cell: &CellReport, order: &[String]) -> String {
    let place = cell_place(desk, cell.row, cell.col);
    format!("{place}: {}", terms::cell_verdict(desk, cell, order))
}

/// A cell's place as people count: from one. The files count from nought.
pub fn cell_place(desk: &Desk, row: usize, col: usize) -> String {
    desk.say_with(
        "cell-place",
        &[
            ("row", &(row + 1).to_string()),
            ("col", &(col + 1).to_string()),
        ],
    )
}

/// Switches beside a picture: marks on or off, and how large; fingers, wheel and keys enlarge it as well (`picture.js`).
pub fn switches(desk: &Desk) -> Markup {
    html! {
        div class="switches" {
            label { input type="checkbox" id="marks" checked; span { (desk.say("marks")) } }
            fieldset {
                legend class="hidden" { (desk.say("zoom")) }
                @for times in [1, 2, 4] {
                    label { input type="radio" name="zoom" id=(format!("zoom-{times}")) value=(times) checked[times == 1]; span { (times) "×" } }
                }
            }
        }
    }
}

/// Cells per grade and verdict with their marks: grades best first, then double, blank, unsure.
pub fn tally(desk: &Desk, report: &TrayReport, order: &[String]) -> Markup {
    let counts = report.counts.unwrap_or_default();
    let grades = report.grades.clone().unwrap_or_default();
    let of_grades = order.iter().map(|grade| {
        let mark = Mark::of_grade(grade, order);
        let count = grades.get(grade).copied().unwrap_or(0);
        (mark, grade.clone(), count)
    });
    let others = [
        (Mark::Double, counts.double),
        (Mark::Blank, counts.blank),
        (Mark::Unsure, counts.unsure),
    ];
    let others = others.map(|(mark, count)| (mark, String::new(), count));
    let sown = report.rows * report.cols;
    html! {
        table class="tally" {
            @for (mark, grade, count) in of_grades.chain(others) {
                tr {
                    th scope="row" {
                        (mark_key(mark)) (grade)
                        @if let Some(key) = terms::verdict(mark) { " " span { (desk.say(key)) } }
                    }
                    td class="num" { (numbers::whole(count)) }
                    td class="num faint" { (numbers::percent(count, sown)) }
                }
            }
        }
    }
}

/// Why a tray was not judged and what to do, behind it as the inspection tells it.
fn why_not(desk: &Desk, reason: Option<&str>) -> Markup {
    let reason = reason.unwrap_or("–");
    html! { @match terms::refusal(reason) {
        Some(key) => {
            p class="lead" { (desk.say(key)) }
            p class="cause faint" { (terms::cause(desk, reason)) }
        }
        None => p class="lead" { (terms::cause(desk, reason)) },
    } }
}

/// Grade and route in the largest type, or that the tray was not judged and why.
pub fn answer(desk: &Desk, report: &TrayReport) -> Markup {
    let route = report.route.as_deref().unwrap_or("–");
    html! {
        @match report.status {
            ReportStatus::Graded => h1 class="answer" {
                span class="hidden" { (desk.say("grade")) " " }
                (report.grade.as_deref().unwrap_or("–"))
                span class="to" { " → " span class="hidden" { (desk.say("route")) } } (route)
            },
            ReportStatus::Refused | ReportStatus::Failed => {
                h1 class="answer" {
                    (desk.say(if report.status == ReportStatus::Refused { word!("tray-refused") } else { word!("tray-failed") }))
                    span class="to" { " → " } (route)
                }
                (why_not(desk, report.reason.as_deref()))
            }
        }
    }
}
