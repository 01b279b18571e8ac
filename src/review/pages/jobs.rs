//! Jobs: what does the line grade, and what comes next?

use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use serde::Deserialize;

use crate::review::access::Role;
use crate::review::answer::{Answer, Trouble};
use crate::review::house::Desk;
use crate::review::job_forms::{self, Ending, MOST_LETTERS, Meant, Scanned, Stated};
use crate::review::jobs::{Orders, Outcome, orders};
use crate::review::lot_sizes::MOST;
use crate::review::stores::StoreIndex;
use crate::review::words::word;
use crate::store::{ChangeOver, JobOrder, Ordered};

use super::layout::{Place, form_token, page, part};
use super::terms;

/// Trays that are usual (FIELD's own): offered, none is refused.
const USUAL_TRAYS: [&str; 4] = ["6x12", "8x16", "10x20", "12x24"];

/// Which line, and what was scanned that nobody knows.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    store: StoreIndex,
    unknown: Option<String>,
}

/// The page.
pub fn whole(desk: &Desk, asked: Asked) -> Answer {
    let orders = orders(&desk.house, asked.store)?;
    let unknown = asked.unknown.as_deref().filter(|code| !code.is_empty());
    let body = html! {
        p id="lost" class="alarm" role="alert" hidden { (desk.say("live-lost")) }
        div id="now" data-live="/live/events" data-part=(format!("/jobs/now?store={}", asked.store.0)) {
            (state(desk, &orders))
        }
        @if let Some(code) = unknown { p class="alarm" role="alert" {
            (desk.say_with("jobs-unknown", &[("code", code)]))
        } }
        @if desk.may(Role::Operator) {
            (scan(desk, asked.store))
            (end(desk, asked.store, &orders))
            (form(desk, asked.store, &orders, unknown)?)
        } @else { p class="note" { (desk.say("jobs-operators-only")) } }
        (lines(desk, asked.store))
        div data-part=(format!("/jobs/orders?store={}", asked.store.0)) { (told(desk, &orders)) }
    };
    Ok(page(desk, Place::Standards, &desk.say("jobs"), &body))
}

/// Only what the line says.
pub fn now(desk: &Desk, asked: Asked) -> Answer {
    Ok(part(state(desk, &orders(&desk.house, asked.store)?)))
}

/// Only the orders with what became of them, and the cards.
pub fn ordered(desk: &Desk, asked: Asked) -> Answer {
    Ok(part(told(desk, &orders(&desk.house, asked.store)?)))
}

fn told(desk: &Desk, orders: &Orders) -> Markup {
    html! { (history(desk, orders)) (cards(desk, orders)) }
}

fn state(desk: &Desk, orders: &Orders) -> Markup {
    let last = orders.listed.first();
    let ended = orders.stands();
    html! {
        h1 class="answer" { @match &orders.now {
            Some(now) if !ended => { (desk.say("lot")) " " (now.lot) },
            _ => (desk.say("jobs-none")),
        } }
        p class="sub" { @if let Some(now) = orders.now.as_ref().filter(|_| !ended) {
            (desk.say("job")) " " (now.job)
            @if let Some(standard) = &now.standard { " · " (standard) }
            " · " (desk.moment(&now.at))
        } @else if ended { (desk.say("line-consequence")) } @else { (desk.say("jobs-not-heard")) } }
        @if let Some((_, order, outcome)) = last { @match outcome {
            Outcome::Refused { why, stands } => div class="alarm" role="alert" {
                strong { (desk.say(refused_word(*stands))) } " " (in_words(desk, order))
                p class="cause" { (terms::cause(desk, why)) }
            },
            Outcome::Waits => p class="note" role="status" {
                (desk.say("jobs-waits")) " " (in_words(desk, order))
            },
            Outcome::Overtaken | Outcome::TakenUp | Outcome::Ended => {},
        } }
    }
}

/// An order in a line.
fn in_words(desk: &Desk, order: &JobOrder) -> Markup {
    html! { @match &order.ordered {
        Ordered::Begin { job, what } => { (desk.say("job")) " " (job) " · " (change_over(desk, what)) },
        Ordered::End => (desk.say("jobs-end")),
        Ordered::Configuration => (desk.say("jobs-configuration")),
    } }
}

fn change_over(desk: &Desk, what: &ChangeOver) -> Markup {
    let standard = desk.house.standard(&what.standard_digest);
    let name = standard.map_or_else(|| desk.say("not-known"), |(standard, _)| standard.name());
    html! { strong { (what.lot) } " · " (what.variety) " · " (name) " · " (tray_text(what)) }
}

fn tray_text(what: &ChangeOver) -> String {
    let pitch = what
        .pitch_mm
        .map_or_else(String::new, |[x, y]| format!(", {x} × {y} mm"));
    format!("{}×{}{pitch}", what.rows, what.cols)
}

/// A scanner types a code and ends it with Enter, which sends the form.
fn scan(desk: &Desk, store: StoreIndex) -> Markup {
    html! { form method="post" action="/jobs/scan" class="bench-choice" {
        (form_token(desk))
        input type="hidden" name="store" value=(store.0);
        label class="field" { (desk.say("jobs-scan"))
            input name="code" autofocus data-scanned required autocomplete="off" autocapitalize="none" maxlength=(MOST_LETTERS); }
        button class="main" { (desk.say("jobs-change-over")) }
    } }
}

fn end(desk: &Desk, store: StoreIndex, orders: &Orders) -> Markup {
    html! { @if orders.now.is_some() || !orders.listed.is_empty() { form method="post" action="/jobs/end" {
        (form_token(desk))
        input type="hidden" name="store" value=(store.0);
        p class="buttons" { button { (desk.say("jobs-end")) } }
        p class="faint" { (desk.say("jobs-end-how")) }
    } } }
}

/// The form that begins a job by hand, filled with what was ordered last.
fn form(
    desk: &Desk,
    store: StoreIndex,
    orders: &Orders,
    unknown: Option<&str>,
) -> Result<Markup, Trouble> {
    let standards = desk.house.all_standards()?;
    let before = orders.holding().map(|(_, what)| what);
    let text = |of: fn(&ChangeOver) -> String| before.map(of).unwrap_or_default();
    let chosen = text(|what| what.standard_digest.clone());
    let pitch = before.and_then(|what| what.pitch_mm);
    let pitch = pitch.map_or_else(String::new, |[x, y]| format!("{x}x{y}"));
    Ok(html! { details class="card" open[unknown.is_some()] {
        summary { (desk.say("jobs-by-hand")) }
        form method="post" action="/jobs/begin" class="stacked" {
            (form_token(desk))
            input type="hidden" name="store" value=(store.0);
            label { (desk.say("lot")) input name="lot" required maxlength=(MOST_LETTERS) value=(unknown.unwrap_or_default()); }
            label { (desk.say("variety")) input name="variety" required maxlength=(MOST_LETTERS) value=(text(|what| what.variety.clone())); }
            label { (desk.say("certificate-standard")) select name="standard" { @for known in &standards {
                option value=(known.standard.digest()) selected[known.standard.digest() == chosen] { (known.standard.name()) }
            } } }
            label { (desk.say("jobs-tray"))
                input name="tray" required list="usual-trays" value=(text(|what| format!("{}x{}", what.rows, what.cols))); }
            datalist id="usual-trays" { @for usual in USUAL_TRAYS { option value=(usual) {} } }
            label { (desk.say("jobs-pitch")) input name="pitch" inputmode="decimal" value=(pitch); }
            label { (desk.say("lot-size-trays")) input type="number" name="lot_trays" min="1" max=(MOST) step="1" inputmode="numeric"; }
            label { (desk.say("lot-size-ordered")) input type="number" name="ordered" min="1" max=(MOST) step="1" inputmode="numeric"; }
            label { (desk.say("jobs-card")) input name="card" autocomplete="off" maxlength=(MOST_LETTERS); }
            div class="buttons" {
                button class="main" { (desk.say("jobs-begin")) }
                button name="only" value="card" { (desk.say("jobs-record")) }
            }
        }
    } })
}

/// The other lines, where there are several.
fn lines(desk: &Desk, here: StoreIndex) -> Markup {
    html! { @if desk.house.stores.are_several() { p class="buttons" {
        @for (index, store) in desk.house.stores.each() {
            a class="button" href=(format!("/jobs?store={}", index.0)) aria-current=[(index == here).then_some("true")] { (store.label()) }
        }
    } } }
}

fn history(desk: &Desk, orders: &Orders) -> Markup {
    html! { @if !orders.listed.is_empty() { section class="card" {
        h2 { (desk.say("jobs-orders")) }
        div class="scroll" tabindex="0" { table class="stacked-rows" {
            @for (_, order, outcome) in &orders.listed { tr {
                td { (desk.moment(&order.at)) }
                td { (order.who) }
                td class="wrap" { (in_words(desk, order)) }
                td class="wrap" { (desk.say(outcome_word(outcome)))
                    @if let Outcome::Refused { why, .. } = outcome { p class="cause faint" { (terms::cause(desk, why)) } } }
            } }
        } }
    } } }
}

fn refused_word(stands: bool) -> &'static str {
    if stands {
        word!("jobs-refused-stands")
    } else {
        word!("jobs-refused")
    }
}

fn outcome_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Waits => word!("jobs-outcome-waits"),
        Outcome::Overtaken => word!("jobs-outcome-overtaken"),
        Outcome::TakenUp => word!("jobs-outcome-taken-up"),
        Outcome::Ended => word!("jobs-outcome-ended"),
        Outcome::Refused { stands, .. } => refused_word(*stands),
    }
}

fn cards(desk: &Desk, orders: &Orders) -> Markup {
    html! { @if !orders.cards.is_empty() { section class="card" {
        h2 { (desk.say("jobs-cards")) }
        div class="scroll" tabindex="0" { table {
            @for card in &orders.cards { tr {
                th scope="row" { code { (card.card) } }
                td class="wrap" { (change_over(desk, &card.what)) }
                td class="faint" { (card.who) " · " (desk.moment(&card.at)) }
            } }
        } }
    } } }
}

/// Begins a job, records a card, or both.
pub fn begin(desk: &Desk, stated: Stated) -> Answer {
    job_forms::begin(desk, &stated)?;
    Ok(back(stated.store))
}

/// Changes over to what a scanned code means; of one that nobody knows nothing changes and the form asks for the rest. That is
/// answered at once: in an address a code would stay that may be somebody's badge.
pub fn scan_card(desk: &Desk, scanned: Scanned) -> Answer {
    match job_forms::change_over(desk, &scanned)? {
        Meant::Known => Ok(back(scanned.store)),
        Meant::Unknown { code } => {
            let asked = Asked {
                store: scanned.store,
                unknown: Some(code),
            };
            // whoever changes the language there comes back to the page, not to the form's address
            let here = format!("/jobs?store={}", scanned.store.0);
            let desk = Desk {
                here,
                ..desk.clone()
            };
            whole(&desk, asked)
        }
    }
}

/// Ends the job.
pub fn end_job(desk: &Desk, ending: Ending) -> Answer {
    job_forms::end(desk, &ending)?;
    Ok(back(ending.store))
}

fn back(store: StoreIndex) -> axum::response::Response {
    Redirect::to(&format!("/jobs?store={}", store.0)).into_response()
}
