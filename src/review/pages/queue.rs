//! The review queue: which cell needs a person most?

use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use serde::Deserialize;

use crate::inspect::{CellReport, TrayReport};
use crate::review::access::Role;
use crate::review::answer::{Answer, Trouble};
use crate::review::corrections::{
    last_of, lately, name_of, of_tray, overrides_that_hold, spoken, taking_back, tray_of,
};
use crate::review::house::Desk;
use crate::review::numbers;
use crate::review::stores::{StoreIndex, TrayKey};
use crate::store::{
    Correction, CorrectionKind, StatedVerdict, Statement, StoredMoment, TAKEN_BACK,
};

use super::layout::{Place, form_token, page};
use super::terms;
use super::tray::cell_at;
use super::view::{Viewed, cell_address, cell_place, closeup, verdict_buttons, verdict_words};

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

/// Whose last word is taken back.
#[derive(Debug, Deserialize)]
pub struct Undone {
    #[serde(default)]
    store: StoreIndex,
    id: i64,
    row: usize,
    col: usize,
    /// Sent from the queue: it goes on there.
    skip: Option<usize>,
}

/// The longest reason, characters.
pub(super) const MOST_WHY: usize = 200;

/// A cell that needs a person.
pub struct Waiting {
    /// Its tray.
    pub key: TrayKey,
    /// The tray's report.
    pub report: std::rc::Rc<TrayReport>,
    /// The cell in it.
    pub cell: CellReport,
}

/// What needs a person, and what was done.
pub struct Queue {
    /// Least certain first.
    pub waiting: Vec<Waiting>,
    /// How many of these trays' cells have been looked at.
    pub done: usize,
    /// What who asks said last, in which store.
    pub last: Option<(StoreIndex, Correction)>,
}

/// The page.
pub fn whole(desk: &Desk, asked: Asked) -> Answer {
    let Queue {
        waiting,
        done,
        last,
    } = queue(desk)?;
    let undo = last.map(|(store, last)| undo_form(desk, store, &last, asked.skip));
    let audit = html! {
        @if let Some(undo) = undo { (undo?) }
        p class="buttons" { a class="button" href="/audit" { (desk.say("audit")) } }
    };
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
                (why_field(desk))
            }
        } @else { p class="note" { (desk.say("operators-only")) } }
        p class="buttons" {
            a class="button" data-key="n" href=(format!("/review?skip={}", skip + 1)) { (desk.say("queue-later")) kbd { "N" } }
        }
    }
}

/// A reason, for whoever has one. Enter ends a line in it: it must not send the first verdict.
pub(super) fn why_field(desk: &Desk) -> Markup {
    html! { label class="field" { (desk.say("correction-why"))
        textarea name="why" rows="1" maxlength=(MOST_WHY) autocomplete="off" {}
    } }
}

/// Takes back what who asks said last.
fn undo_form(
    desk: &Desk,
    store: StoreIndex,
    last: &Correction,
    skip: usize,
) -> Result<Markup, Trouble> {
    let (key, _) = tray_of(&desk.house, store, &last.tray_uid, last.pass)?;
    let (_, report) = desk.house.tray(key)?;
    let order = desk.house.grade_order(&report);
    let (row, col) = (last.cell.row as usize, last.cell.col as usize);
    let said = last.kind.after();
    let said = said.map_or_else(String::new, |after| verdict_words(desk, after, &order));
    Ok(
        html! { form method="post" action="/correct/undo" class="buttons" {
            (form_token(desk))
            input type="hidden" name="store" value=(store.0);
            input type="hidden" name="id" value=(key.id);
            input type="hidden" name="row" value=(row);
            input type="hidden" name="col" value=(col);
            input type="hidden" name="skip" value=(skip);
            button data-key="z" {
                (desk.say("correction-undo")) ": " (cell_place(desk, row, col)) " · " (said) kbd { "Z" }
            }
        } },
    )
}

/// The queue as it stands now.
///
/// # Errors
/// A store fails.
pub fn queue(desk: &Desk) -> Result<Queue, Trouble> {
    let mut waiting = Vec::new();
    let (mut done, mut last) = (0, None::<(StoreIndex, Correction)>);
    let who = desk.somebody.as_ref().map(|somebody| &somebody.name);
    for (store, open) in desk.house.stores.each() {
        let said = lately(&desk.house, store)?;
        let known = overrides_that_hold(&said);
        let mine = who.and_then(|who| last_of(&said, who)).cloned();
        let at = |said: &Correction| StoredMoment::of(&said.at);
        let is_later =
            |mine: &Correction| last.as_ref().is_none_or(|(_, known)| at(known) < at(mine));
        if let Some(mine) = mine.filter(is_later) {
            last = Some((store, mine));
        }
        for tray in open.read(|reader| reader.newest_trays(None, TRAYS))? {
            let report = std::rc::Rc::new(open.read(|reader| reader.report(tray.id))?);
            for cell in report.cells.iter().filter(|cell| doubt(cell) < NEAR_EVEN) {
                if name_of(&report, cell).is_some_and(|name| known.contains_key(&name)) {
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
    Ok(Queue {
        waiting,
        done,
        last,
    })
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
    stated(desk, &said)?;
    let key = TrayKey {
        store: said.store,
        id: said.id,
    };
    Ok(Redirect::to(&gone_on(key, (said.row, said.col), said.skip)).into_response())
}

/// Where whoever said something of a cell goes on.
fn gone_on(key: TrayKey, (row, col): (usize, usize), skip: Option<usize>) -> String {
    match skip {
        Some(skip) => format!("/review?skip={skip}"),
        None => cell_address(key, row, col),
    }
}

/// Stores what somebody says of a cell.
///
/// # Errors
/// No such cell, no verdict of its tray's standard, or a store that fails.
pub fn stated(desk: &Desk, said: &Said) -> Result<Correction, Trouble> {
    let key = TrayKey {
        store: said.store,
        id: said.id,
    };
    let (_, report) = desk.house.tray(key)?;
    let cell = cell_at(&report, (said.row, said.col)).ok_or(Trouble::NotFound)?;
    let after: StatedVerdict = allowed(desk, &report, &said.verdict)?;
    let why: String = said.why.trim().chars().take(MOST_WHY).collect();
    let why = Some(why).filter(|why| !why.is_empty() && why != TAKEN_BACK);
    let kind = CorrectionKind::Override { after };
    let correction = spoken(desk, &report, cell, kind, why)?;
    let told = format!(
        "{} r{} c{} {}",
        correction.tray_uid, said.row, said.col, said.verdict
    );
    kept(desk, key.store, correction, "corrected", &told)
}

/// Stores what was said, and in the ledger that it was.
fn kept(
    desk: &Desk,
    store: StoreIndex,
    correction: Correction,
    did: &str,
    told: &str,
) -> Result<Correction, Trouble> {
    let said = Statement::Correction(correction.clone());
    desk.house.state(store, &[said])?;
    if let Some(somebody) = &desk.somebody {
        desk.house
            .ledger
            .add(&somebody.name, desk.address, did, told);
    }
    Ok(correction)
}

/// Takes back the last override of a cell.
pub fn undo(desk: &Desk, undone: Undone) -> Answer {
    taken_back(desk, &undone)?;
    let key = TrayKey {
        store: undone.store,
        id: undone.id,
    };
    Ok(Redirect::to(&gone_on(key, (undone.row, undone.col), undone.skip)).into_response())
}

/// Stores that the last override of a cell is taken back: both stay on record, and what held before holds again.
///
/// # Errors
/// No such cell, nothing that could be taken back, or a store that fails.
pub fn taken_back(desk: &Desk, undone: &Undone) -> Result<Correction, Trouble> {
    let key = TrayKey {
        store: undone.store,
        id: undone.id,
    };
    let (_, report) = desk.house.tray(key)?;
    let cell = cell_at(&report, (undone.row, undone.col)).ok_or(Trouble::NotFound)?;
    let history = of_tray(&desk.house, key, &report.facts.tray_uid)?;
    let name = name_of(&report, cell).ok_or(Trouble::NotFound)?;
    let kind = taking_back(&history, &name).ok_or_else(|| {
        Trouble::Bad("cell: nothing is said of it that could be taken back".to_owned())
    })?;
    let correction = spoken(desk, &report, cell, kind, Some(TAKEN_BACK.to_owned()))?;
    let told = format!("{} r{} c{}", correction.tray_uid, undone.row, undone.col);
    kept(desk, key.store, correction, "took_back", &told)
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
