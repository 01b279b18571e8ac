//! Jobs: what does the line grade, and what comes next?

use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::review::access::Role;
use crate::review::answer::{Answer, Trouble, form_encoded};
use crate::review::house::{Desk, Somebody};
use crate::review::jobs::{Orders, Outcome, begin as ordered, meant_by, orders, standard_of};
use crate::review::numbers;
use crate::review::stores::StoreIndex;
use crate::review::words::word;
use crate::store::{ChangeOver, JobOrder, Ordered, Statement, TrolleyCard};

use super::layout::{Place, form_token, page, part};

/// The longest name of a lot, a variety or a card.
const MOST_LETTERS: usize = 80;
/// Trays that are usual (FIELD's own): offered, none is refused.
const USUAL_TRAYS: [&str; 4] = ["6x12", "8x16", "10x20", "12x24"];

/// Which line, and what was scanned that nobody knows.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    store: StoreIndex,
    unknown: Option<String>,
}

/// What stands on a trolley, as a form says it.
#[derive(Debug, Deserialize)]
pub struct Stated {
    #[serde(default)]
    store: StoreIndex,
    lot: String,
    variety: String,
    standard: String,
    tray: String,
    #[serde(default)]
    pitch: String,
    /// The card that stands for it from now on.
    #[serde(default)]
    card: String,
    /// `card`: the card is recorded and no job begins.
    #[serde(default)]
    only: String,
}

/// What a scanner typed.
#[derive(Debug, Deserialize)]
pub struct Scanned {
    #[serde(default)]
    store: StoreIndex,
    code: String,
}

/// The line whose job ends.
#[derive(Debug, Deserialize)]
pub struct Ending {
    #[serde(default)]
    store: StoreIndex,
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
        (history(desk, &orders))
        (cards(desk, &orders))
    };
    Ok(page(desk, Place::Standards, &desk.say("jobs"), &body))
}

/// Only what the line says.
pub fn now(desk: &Desk, asked: Asked) -> Answer {
    Ok(part(state(desk, &orders(&desk.house, asked.store)?)))
}

fn state(desk: &Desk, orders: &Orders) -> Markup {
    let last = orders.listed.first();
    let ended = last.is_some_and(|(_, order, outcome)| match outcome {
        Outcome::Ended => order.ordered == Ordered::End,
        Outcome::Refused { stands, .. } => *stands,
        Outcome::Waits | Outcome::Overtaken | Outcome::TakenUp => false,
    });
    html! {
        h1 class="answer" { @match &orders.now {
            Some(now) if !ended => { (desk.say("lot")) " " (now.lot) },
            _ => (desk.say("jobs-none")),
        } }
        p class="sub" { @if let Some(now) = orders.now.as_ref().filter(|_| !ended) {
            (desk.say("job")) " " (now.job)
            @if let Some(standard) = &now.standard { " · " (standard) }
            " · " (numbers::moment(&now.at))
        } @else if ended { (desk.say("line-consequence")) } @else { (desk.say("jobs-not-heard")) } }
        @if let Some((_, order, outcome)) = last { @match outcome {
            Outcome::Refused { why, stands } => div class="alarm" role="alert" {
                strong { (desk.say(refused_word(*stands))) } " " (in_words(desk, order))
                p class="cause" lang="en" { (why) }
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
            input name="code" autofocus required autocomplete="off" autocapitalize="none" maxlength=(MOST_LETTERS); }
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
        div class="scroll" tabindex="0" { table {
            @for (_, order, outcome) in &orders.listed { tr {
                td { (numbers::moment(&order.at)) }
                td { (order.who) }
                td class="wrap" { (in_words(desk, order)) }
                td class="wrap" { (desk.say(outcome_word(outcome)))
                    @if let Outcome::Refused { why, .. } = outcome { p class="cause faint" lang="en" { (why) } } }
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
                td class="faint" { (card.who) " · " (numbers::moment(&card.at)) }
            } }
        } }
    } } }
}

/// Begins a job, records a card, or both.
pub fn begin(desk: &Desk, stated: Stated) -> Answer {
    let somebody = somebody(desk)?;
    let what = ChangeOver {
        lot: named("lot", &stated.lot)?,
        variety: named("variety", &stated.variety)?,
        standard_digest: stated.standard.clone(),
        rows: 0,
        cols: 0,
        pitch_mm: pitch(&stated.pitch)?,
    };
    let (rows, cols) = tray(&stated.tray)?;
    let what = ChangeOver { rows, cols, ..what };
    let at = clock::now().to_string();
    let mut said = Vec::new();
    if stated.only == "card" || !stated.card.trim().is_empty() {
        let card = named("card", &stated.card)?;
        desk.house
            .ledger
            .add(&somebody.name, desk.address, "recorded_card", &card);
        said.push(standard_of(&desk.house, &what, &somebody.name, &at)?);
        said.push(Statement::TrolleyCard(TrolleyCard {
            at: at.clone(),
            who: somebody.name.clone(),
            card,
            what: what.clone(),
        }));
    }
    if stated.only != "card" {
        let order = ordered(&desk.house, stated.store, what.clone(), &somebody.name, &at)?;
        said.extend(order);
    }
    desk.house.state(stated.store, &said)?;
    if stated.only != "card" {
        note(desk, somebody, "ordered_job", &what.lot);
    }
    Ok(back(stated.store))
}

/// Changes over to what a scanned code means; of one that nobody knows nothing changes and the form asks for the rest.
pub fn scan_card(desk: &Desk, scanned: Scanned) -> Answer {
    let somebody = somebody(desk)?;
    let code = named("code", &scanned.code)?;
    let Some(what) = meant_by(&desk.house, scanned.store, &code)? else {
        let to = format!(
            "/jobs?store={}&unknown={}",
            scanned.store.0,
            form_encoded(&code)
        );
        return Ok(Redirect::to(&to).into_response());
    };
    let at = clock::now().to_string();
    let said = ordered(&desk.house, scanned.store, what, &somebody.name, &at)?;
    desk.house.state(scanned.store, &said)?;
    note(desk, somebody, "scanned_card", &code);
    Ok(back(scanned.store))
}

/// Ends the job.
pub fn end_job(desk: &Desk, ending: Ending) -> Answer {
    let somebody = somebody(desk)?;
    let order = Statement::JobOrder(JobOrder {
        at: clock::now().to_string(),
        who: somebody.name.clone(),
        ordered: Ordered::End,
    });
    desk.house.state(ending.store, &[order])?;
    note(desk, somebody, "ended_job", "");
    Ok(back(ending.store))
}

fn somebody(desk: &Desk) -> Result<&Somebody, Trouble> {
    desk.somebody.as_ref().ok_or(Trouble::LogIn)
}

fn note(desk: &Desk, somebody: &Somebody, did: &str, detail: &str) {
    let ledger = &desk.house.ledger;
    ledger.add(&somebody.name, desk.address, did, detail);
}

fn back(store: StoreIndex) -> axum::response::Response {
    Redirect::to(&format!("/jobs?store={}", store.0)).into_response()
}

/// A name as people and scanners write it.
fn named(field: &str, text: &str) -> Result<String, Trouble> {
    let text = text.trim();
    let fits =
        (1..=MOST_LETTERS).contains(&text.chars().count()) && !text.contains(char::is_control);
    match fits {
        true => Ok(text.to_owned()),
        false => Err(Trouble::Bad(format!(
            "{field}: expected 1 to {MOST_LETTERS} letters, found {text:?}"
        ))),
    }
}

/// Rows and columns, such as `10x20`.
fn tray(text: &str) -> Result<(u32, u32), Trouble> {
    let of = |part: &str| part.trim().parse::<u32>().ok().filter(|lines| *lines > 0);
    let parts = text.split_once(['x', 'X', '×']);
    parts
        .and_then(|(rows, cols)| of(rows).zip(of(cols)))
        .ok_or_else(|| {
            Trouble::Bad(format!(
                "tray: expected rows x columns such as 10x20, found {text:?}"
            ))
        })
}

/// None, one pitch for both ways, or two such as `26x27`, mm.
fn pitch(text: &str) -> Result<Option<[f64; 2]>, Trouble> {
    let of = |part: &str| {
        part.trim()
            .parse::<f64>()
            .ok()
            .filter(|mm| mm.is_finite() && *mm > 0.0)
    };
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let read = match text.split_once(['x', 'X', '×']) {
        Some((x, y)) => of(x).zip(of(y)).map(<[f64; 2]>::from),
        None => of(text).map(|both| [both, both]),
    };
    let bad = || {
        Trouble::Bad(format!(
            "pitch: expected mm such as 26 or 26x27, found {text:?}"
        ))
    };
    read.map(Some).ok_or_else(bad)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn trays_pitches_and_names_are_read_as_people_write_them() {
        assert_eq!(tray("10x20").unwrap(), (10, 20));
        assert_eq!(tray(" 6 × 12 ").unwrap(), (6, 12));
        for bad in ["", "10", "0x4", "-1x4", "10x20x3", "axb"] {
            assert!(tray(bad).is_err(), "{bad}");
        }
        assert_eq!(pitch("").unwrap(), None);
        assert_eq!(pitch("26").unwrap(), Some([26.0, 26.0]));
        assert_eq!(pitch("26x27.5").unwrap(), Some([26.0, 27.5]));
        for bad in ["0", "-1", "nan", "inf", "26x", "x"] {
            assert!(pitch(bad).is_err(), "{bad}");
        }
        assert_eq!(named("lot", " 2026-11-A ").unwrap(), "2026-11-A");
        for bad in ["", "  ", "a\nb", &"x".repeat(MOST_LETTERS + 1)] {
            assert!(named("lot", bad).is_err(), "{bad:?}");
        }
    }
}
