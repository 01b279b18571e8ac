//! The review queue: which cell needs a person most?

use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use serde::Deserialize;

use crate::inspect::{CellReport, TrayReport};
use crate::review::access::Role;
use crate::review::answer::{Answer, Trouble};
use crate::review::corrections::{CellName, lately, overridden, spoken};
use crate::review::house::Desk;
use crate::review::numbers;
use crate::review::stores::{StoreIndex, TrayKey};
use crate::store::{CellPlace, CorrectionKind, StatedVerdict, Statement};

use super::layout::{Place, form_token, page};
use super::terms;
use super::tray::cell_at;
use super::view::{Viewed, cell_address, cell_place, closeup, verdict_buttons};

/// The newest trays whose cells are in the queue, of each store.
const TRAYS: u32 = 24;
/// A cell is in the queue when its occupancy is nearer to even odds than this, or when it is unsure.
const NEAR_EVEN: f64 = 0.25;

/// Where in the queue; a cell that is put off comes later.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    skip: usize,
}

/// What somebody says of a cell.
#[derive(Debug, Deserialize)]
pub struct Said {
    #[serde(default)]
    store: StoreIndex,
    id: i64,
    row: usize,
    col: usize,
    verdict: String,
    #[serde(default)]
    why: String,
    /// Sent from the queue: it goes on with the next.
    skip: Option<usize>,
}

/// The longest reason, characters.
const MOST_WHY: usize = 200;

struct Waiting {
    key: TrayKey,
    report: std::rc::Rc<TrayReport>,
    cell: CellReport,
}

/// The page.
pub fn whole(desk: &Desk, asked: Asked) -> Answer {
    let (waiting, done) = queue(desk)?;
    let audit =
        html! { p class="buttons" { a class="button" href="/audit" { (desk.say("audit")) } } };
    let Some(next) = waiting.get(asked.skip) else {
        let body = html! {
            h1 class="answer" { (desk.say("queue-empty")) }
            p class="lead" { (desk.say_with("queue-done", &[("n", &numbers::whole(done))])) }
            @if asked.skip > 0 { p class="buttons" { a class="button main" href="/review" { (desk.say("queue-again")) } } }
            (audit)
        };
        return Ok(page(desk, Place::Review, &desk.say("nav-review"), &body));
    };
    let order = desk.house.grade_order(&next.report);
    let tray = Viewed {
        key: next.key,
        report: &next.report,
        order: &order,
        chosen: None,
    };
    let body = html! {
        h1 class="answer" {
            (terms::cell_verdict(desk, &next.cell, &order)) "?"
        }
        p class="sub" {
            (desk.say_with("queue-left", &[("n", &numbers::whole(waiting.len() - asked.skip)), ("done", &numbers::whole(done))]))
            " · " a href=(cell_address(next.key, next.cell.row, next.cell.col)) {
                (next.report.facts.tray_uid) " · " (cell_place(desk, next.cell.row, next.cell.col))
            }
        }
        div class="pair queue" {
            div class="looked-at" { (closeup(desk, tray, &next.cell, false).unwrap_or_else(|| no_closeup(desk))) }
            aside { (choice(desk, next, &order, asked.skip)) }
        }
        (audit)
    };
    Ok(page(desk, Place::Review, &desk.say("nav-review"), &body))
}

fn no_closeup(desk: &Desk) -> Markup {
    html! { p class="note" { (desk.say("closeup-none")) } }
}

fn choice(desk: &Desk, next: &Waiting, order: &[String], skip: usize) -> Markup {
    let doubt = format!("{:.1} %", 100.0 * next.cell.occupied);
    html! {
        p { (desk.say("trait-occupied")) " " strong { (doubt) } }
        @if let Some(reason) = next.cell.reason.as_deref().filter(|_| next.cell.verdict == "unsure") {
            p { (desk.say(terms::unsure_reason(reason))) }
        }
        @if desk.may(Role::Operator) {
            form method="post" action="/correct" {
                (form_token(desk))
                input type="hidden" name="store" value=(next.key.store.0);
                input type="hidden" name="id" value=(next.key.id);
                input type="hidden" name="row" value=(next.cell.row);
                input type="hidden" name="col" value=(next.cell.col);
                input type="hidden" name="skip" value=(skip);
                (verdict_buttons(desk, order, None))
            }
        } @else { p class="note" { (desk.say("operators-only")) } }
        p class="buttons" {
            a class="button" data-key="n" href=(format!("/review?skip={}", skip + 1)) { (desk.say("queue-later")) kbd { "N" } }
        }
    }
}

/// What needs a person, least certain first, and how many of these trays' cells have been looked at.
fn queue(desk: &Desk) -> Result<(Vec<Waiting>, usize), Trouble> {
    let mut waiting = Vec::new();
    let mut done = 0;
    for (store, open) in desk.house.stores.each() {
        let known = overridden(&lately(&desk.house, store)?);
        for tray in open.read(|reader| reader.newest_trays(None, TRAYS))? {
            let report = std::rc::Rc::new(open.read(|reader| reader.report(tray.id))?);
            for cell in report.cells.iter().filter(|cell| doubt(cell) < NEAR_EVEN) {
                if name(&report, cell).is_some_and(|name| known.contains_key(&name)) {
                    done += 1;
                    continue;
                }
                waiting.push(Waiting {
                    key: TrayKey { store, id: tray.id },
                    report: std::rc::Rc::clone(&report),
                    cell: cell.clone(),
                });
            }
        }
    }
    waiting.sort_by(|a, b| doubt(&a.cell).total_cmp(&doubt(&b.cell)));
    Ok((waiting, done))
}

fn name(report: &TrayReport, cell: &CellReport) -> Option<CellName> {
    let place = CellPlace {
        row: u32::try_from(cell.row).ok()?,
        col: u32::try_from(cell.col).ok()?,
    };
    Some((report.facts.tray_uid.clone(), report.facts.pass, place))
}

/// How far from even odds; what is unsure for another reason comes with the least certain.
fn doubt(cell: &CellReport) -> f64 {
    let distance = (cell.occupied - 0.5).abs();
    if cell.verdict == "unsure" {
        distance.min(NEAR_EVEN / 2.0)
    } else {
        distance
    }
}

/// Adds what somebody says.
pub fn correct(desk: &Desk, said: Said) -> Answer {
    let key = TrayKey {
        store: said.store,
        id: said.id,
    };
    let (_, report) = desk.house.tray(key)?;
    let cell = cell_at(&report, (said.row, said.col)).ok_or(Trouble::NotFound)?;
    let after: StatedVerdict = allowed(desk, &report, &said.verdict)?;
    let why: String = said.why.trim().chars().take(MOST_WHY).collect();
    let kind = CorrectionKind::Override { after };
    let correction = spoken(desk, &report, cell, kind, (!why.is_empty()).then_some(why))?;
    let told = format!(
        "{} r{} c{} {}",
        correction.tray_uid, said.row, said.col, said.verdict
    );
    desk.house
        .state(key.store, &[Statement::Correction(correction)])?;
    if let Some(somebody) = &desk.somebody {
        desk.house
            .ledger
            .add(&somebody.name, desk.address, "corrected", &told);
    }
    let next = match said.skip {
        Some(skip) => format!("/review?skip={skip}"),
        None => cell_address(key, said.row, said.col),
    };
    Ok(Redirect::to(&next).into_response())
}

/// A verdict that can be said of this tray's cells.
///
/// # Errors
/// It is none, or a grade that the tray's standard does not have.
pub fn allowed(desk: &Desk, report: &TrayReport, text: &str) -> Result<StatedVerdict, Trouble> {
    let verdict: StatedVerdict = text
        .parse()
        .map_err(|error| Trouble::Bad(format!("{error}")))?;
    if let StatedVerdict::Graded(grade) = &verdict
        && !desk.house.grade_order(report).contains(grade)
    {
        return Err(Trouble::Bad(format!(
            "grade {grade:?}: is not in this tray's standard"
        )));
    }
    Ok(verdict)
}
