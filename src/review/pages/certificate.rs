//! A lot's inspection report, for a screen and for paper.

use axum::Json;
use axum::extract::Path;
use axum::response::IntoResponse as _;
use maud::{Markup, html};
use serde::Deserialize;

use crate::certificate::{Certificate, DrawnUp};
use crate::clock;
use crate::picture::{cell_quads, marked_cell};
use crate::review::answer::{Answer, Trouble, download, form_encoded};
use crate::review::house::Desk;
use crate::review::report::of_stores::drawn_up;
use crate::review::report::{
    Fact, PaperError, Part, Photograph, Section, Sheet, caption, choose, paper,
};

use super::layout::{Place, page};
use super::view::picture_address;

/// Which lot; one without a name gets no report.
#[derive(Debug, Deserialize)]
pub struct Asked {
    pub lot: String,
}

/// The report of a lot as it stands now.
fn now(desk: &Desk, lot: &str) -> Result<DrawnUp, Trouble> {
    let house = &desk.house;
    let mut drawn = drawn_up(&house.stores, &house.standards, &house.reported_lots, lot)?;
    drawn.certificate.issued_at = clock::now().to_string();
    drawn.certificate.issued_by = desk.somebody.as_ref().map(|somebody| somebody.name.clone());
    Ok(drawn)
}

/// As JSON, which `seedgrade verify` lays beside the store again.
pub fn json(desk: &Desk, Path(asked): Path<Asked>) -> Answer {
    Ok(Json(now(desk, &asked.lot)?.certificate).into_response())
}

fn photographs(desk: &Desk, of: &DrawnUp) -> Result<Vec<Photograph>, Trouble> {
    let house = &desk.house;
    let order = |report: &_| house.grade_order(report);
    Ok(choose(&of.graded, &house.stores, &house.pictures, &order)?)
}

/// As PDF.
pub fn pdf(desk: &Desk, asked: Asked) -> Answer {
    let letters = desk.house.letters()?;
    let drawn = now(desk, &asked.lot)?;
    let photographs = photographs(desk, &drawn)?;
    let broken = |error: PaperError| Trouble::Broken(error.to_string());
    let bytes = paper(
        &drawn.certificate,
        &photographs,
        desk.language,
        &desk.house.calendar,
        &letters,
    )
    .map_err(broken)?;
    let name = format!("certificate-{}.pdf", drawn.certificate.lot);
    Ok(download("application/pdf", &name, bytes))
}

/// The page.
pub fn whole(desk: &Desk, asked: Asked) -> Answer {
    let drawn = now(desk, &asked.lot)?;
    let photographs = photographs(desk, &drawn)?;
    let sheet = Sheet::of(
        &drawn.certificate,
        &photographs,
        desk.language,
        &desk.house.calendar,
    );
    let body = html! {
        article class="report" {
            h1 class="answer" { (sheet.title) }
            p class="lead" { (sheet.is_not) }
            (buttons(desk, &drawn.certificate))
            @for part in &sheet.sections { (section(part)) }
            section class="card" {
                h2 { (sheet.photographs) }
                p class="faint" { (sheet.photographs_rule) }
                @for photograph in &photographs { (photographed(desk, photograph)) }
            }
            (section(&sheet.evidence))
            section class="card signatures" {
                p { (sheet.issued) }
                div class="pair" { @for over in &sheet.signatures { p class="signature" { (over) } } }
            }
        }
    };
    Ok(page(desk, Place::Lots, &sheet.title, &body))
}

fn buttons(desk: &Desk, of: &Certificate) -> Markup {
    let json = format!("/api/v1/lots/{}/certificate", path_part(&of.lot));
    let pdf = format!("/certificate.pdf?lot={}", form_encoded(&of.lot));
    html! { p class="buttons" {
        a class="button" href=(pdf) download=(format!("certificate-{}.pdf", of.lot)) { (desk.say("certificate-pdf")) }
        a class="button" href=(json) download=(format!("certificate-{}.json", of.lot)) { (desk.say("certificate-json")) }
        button type="button" data-print { (desk.say("certificate-print")) }
    } }
}

/// A text as one part of a path.
fn path_part(text: &str) -> String {
    form_encoded(text).replace('/', "%2F")
}

fn section(of: &Section) -> Markup {
    html! { section class="card" {
        @if let Some(heading) = &of.heading { h2 { (heading) } }
        @for part in &of.parts { @match part {
            Part::Answer(figure, doubt) => p class="answer small-answer" { (figure) span class="to" { " " (doubt) } },
            Part::Facts(facts) => (table_of(facts)),
            Part::Table(heads, rows) => (table(heads, rows)),
            Part::Text(text) => p { (text) },
            Part::Note(text) => p class="faint" { (text) },
        } }
    } }
}

fn table_of(facts: &[Fact]) -> Markup {
    html! { table { @for fact in facts { tr {
        th scope="row" { (fact.name) }
        td {
            @if !fact.strong.is_empty() { strong { (fact.strong) } " " }
            (fact.text)
            @if !fact.code.is_empty() { " " code { (fact.code) } }
        }
    } } } }
}

/// The first column names the row, the second is a number.
fn table(heads: &[String], rows: &[Vec<String>]) -> Markup {
    html! { div class="scroll" { table {
        thead { tr { @for (i, head) in heads.iter().enumerate() { th scope="col" class=[(i == 1).then_some("num")] { (head) } } } }
        tbody { @for row in rows { tr { @for (i, cell) in row.iter().enumerate() {
            @if i == 0 { th scope="row" { (cell) } } @else { td class=[(i == 1).then_some("num")] { (cell) } }
        } } } }
    } } }
}

fn photographed(desk: &Desk, of: &Photograph) -> Markup {
    let (width, height) = (of.picture.width, of.picture.height);
    let quads = cell_quads(&of.report, None).unwrap_or_default();
    let caption = caption(of, desk.language);
    let said = caption.heading.clone().unwrap_or_default();
    html! { figure {
        div class="pic" { svg viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(said) {
            image href=(picture_address(of.key)) width=(width) height=(height) {}
            @for (cell, quad) in of.report.cells.iter().zip(&quads) { (marked_cell(cell, quad, &of.grade_order)) }
        } }
        figcaption {
            strong { (said) }
            @for part in &caption.parts { @if let Part::Facts(facts) = part { (table_of(facts)) } }
        }
    } }
}
