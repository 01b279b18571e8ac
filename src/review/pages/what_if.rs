//! What if the limits were others: how many trays and plants would change?

use std::collections::{BTreeMap, BTreeSet};

use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};

use crate::evaluate::Interval;
use crate::grade::GradingStandard;
use crate::review::access::Role;
use crate::review::answer::{Answer, Trouble};
use crate::review::house::Desk;
use crate::review::lots::{MOST_READ, newest, reports, spread, summary, trays_of};
use crate::review::numbers;
use crate::review::standard_versions::{reason, save_next};
use crate::review::what_if::{MOST_REASON, Outcome, limits, moved, moves, outcome, slider};
use crate::review::words::word;
use crate::statistics::BinomialRate;

use super::layout::{Place, form_token, page, part};
use super::terms;

/// The form's fields: `standard`, `lot`, and a field a limit.
pub type Fields = BTreeMap<String, String>;
/// Lots offered.
const MOST_LOTS: u32 = 30;
/// Trays that change, listed.
const MOST_LISTED: usize = 40;
/// In the list of lots: the trays without a lot's name.
const WITHOUT_NAME: &str = "";

/// The page.
pub fn whole(desk: &Desk, fields: Fields) -> Answer {
    let (standard, _) = chosen(desk, &fields)?;
    let lots: Vec<Option<String>> = newest(&desk.house, MOST_LOTS)?
        .into_iter()
        .map(|listed| listed.lot)
        .collect();
    let lot = match fields.get("lot") {
        Some(lot) => lot.clone(),
        None => lots.first().cloned().flatten().unwrap_or_default(),
    };
    let fields = Fields::from_iter(fields.into_iter().chain([("lot".to_owned(), lot.clone())]));
    let body = html! {
        h1 class="answer" { (desk.say("what-if")) span class="to" { " " (standard.name()) } }
        form action="/what-if" data-outcome="/what-if/outcome" id="limits" {
            input type="hidden" name="standard" value=(standard.digest());
            div class="pair what-if" {
                div {
                    label class="field" { (desk.say("lot"))
                        select name="lot" { @for name in &lots {
                            @let value = name.as_deref().unwrap_or(WITHOUT_NAME);
                            option value=(value) selected[value == lot] { (terms::lot(desk, name.as_deref())) }
                        } }
                    }
                    (sliders(desk, &standard, &fields))
                    noscript { button class="main" { (desk.say("what-if-again")) } }
                }
                aside id="outcome" aria-live="polite" { (drawn(desk, &fields)?) }
            }
        }
        (saving(desk, &standard, &fields))
    };
    Ok(page(desk, Place::Standards, &desk.say("what-if"), &body))
}

/// Only the outcome.
pub fn part_of(desk: &Desk, fields: Fields) -> Answer {
    Ok(part(drawn(desk, &fields)?))
}

fn chosen(desk: &Desk, fields: &Fields) -> Result<(GradingStandard, String), Trouble> {
    let digest = fields.get("standard").ok_or(Trouble::NotFound)?;
    desk.house.standard(digest).ok_or(Trouble::NotFound)
}

fn sliders(desk: &Desk, standard: &GradingStandard, fields: &Fields) -> Markup {
    html! { @for grade in standard.grades().iter().filter(|grade| !grade.all.is_empty()) {
        fieldset class="card limits" {
            legend { (desk.say("grade")) " " (grade.id) }
            @for (place, criterion) in limits(standard).filter(|(place, _)| standard.grades()[place.grade].id == grade.id) {
                @let name = place.name();
                @let (most, step) = slider(criterion.plant_trait, criterion.limit);
                @let now = fields.get(&name).cloned().unwrap_or_else(|| criterion.limit.to_string());
                @let word = desk.say(terms::plant_trait(criterion.plant_trait));
                div class="limit" {
                    label for=(name) { (word) " " (terms::comparison(criterion.comparison)) }
                    input type="number" inputmode="decimal" id=(name) name=(name) value=(now) step="any" data-twin=(format!("{name}-slider"));
                    input type="range" id=(format!("{name}-slider")) min="0" max=(most) step=(step) value=(now)
                        data-twin=(name) aria-label=(word);
                    span class="faint" { (desk.say("what-if-was")) " " (criterion.limit) }
                }
            }
        }
    } }
}

fn drawn(desk: &Desk, fields: &Fields) -> Result<Markup, Trouble> {
    let (standard, text) = chosen(desk, fields)?;
    let lot = fields
        .get("lot")
        .map(String::as_str)
        .filter(|lot| *lot != WITHOUT_NAME);
    let moves = moves(&standard, fields).map_err(|error| Trouble::Bad(error.to_string()))?;
    let after = match moved(&text, &moves, standard.version() + 1, None) {
        Ok((after, _)) => after,
        Err(error) => {
            return Ok(
                html! { p class="alarm" role="alert" { (desk.say("what-if-cannot")) p class="cause" lang="en" { (error) } } },
            );
        }
    };
    let listed = spread(&desk.house, lot, MOST_READ)?;
    let read = reports(&desk.house, &listed)?;
    let found = outcome(&read, &standard, &after);
    let of_all = trays_of(&summary(&desk.house, lot)?);
    Ok(html! {
        (answer(desk, &found))
        (before_and_after(desk, &found))
        @if of_all > listed.len() { p class="note" { (of_the_lot(desk, &found, of_all)) } }
        @if found.left_out > 0 { p class="faint" { (desk.say_with("what-if-left-out", &[("n", &numbers::whole(found.left_out))])) } }
        @if !found.changed.is_empty() { table class="changed" { @for change in found.changed.iter().take(MOST_LISTED) {
            @if let Some((key, tray)) = listed.get(change.index) { tr {
                td { a href=(format!("/tray?store={}&id={}", key.store.0, key.id)) { (tray.uid) } }
                td { (change.before) " → " strong { (change.after) } }
                td class="num faint" { (desk.say_with("what-if-cells", &[("n", &numbers::whole(change.cells))])) }
            } }
        } } }
    })
}

fn answer(desk: &Desk, found: &Outcome) -> Markup {
    let (was, is) = (
        found.before.marketable as i64,
        found.after.marketable as i64,
    );
    let difference = is - was;
    html! {
        p class="answer small-answer" {
            (desk.say_with("what-if-trays", &[("n", &numbers::whole(found.changed.len())), ("all", &numbers::whole(found.trays))]))
        }
        p class="lead" {
            (desk.say("what-if-plants")) " " strong { (if difference < 0 { "−" } else { "+" }) (numbers::whole(difference.unsigned_abs() as usize)) }
            " · " (desk.say_with("what-if-cells", &[("n", &numbers::whole(found.cells_changed))]))
        }
    }
}

/// What a sample says of the whole lot: as many of it change, with the exact binomial interval.
fn of_the_lot(desk: &Desk, found: &Outcome, of_all: usize) -> String {
    let rate = BinomialRate::of(found.changed.len() as u64, found.trays as u64);
    let Interval { lo, hi } = rate.ci95.unwrap_or(Interval { lo: 0.0, hi: 1.0 });
    let scaled = |share: f64| numbers::whole((share * of_all as f64).round() as usize);
    let (n, all) = (numbers::whole(found.trays), numbers::whole(of_all));
    let (about, lo, hi) = (scaled(rate.rate.unwrap_or(0.0)), scaled(lo), scaled(hi));
    let places = [
        ("n", n.as_str()),
        ("all", all.as_str()),
        ("about", about.as_str()),
        ("lo", lo.as_str()),
        ("hi", hi.as_str()),
    ];
    desk.say_with("what-if-sampled", &places)
}

fn before_and_after(desk: &Desk, found: &Outcome) -> Markup {
    let lines = |before: &BTreeMap<String, usize>, after: &BTreeMap<String, usize>| {
        let names: BTreeSet<String> = before.keys().chain(after.keys()).cloned().collect();
        let count = |of: &BTreeMap<String, usize>, name: &str| of.get(name).copied().unwrap_or(0);
        names
            .into_iter()
            .map(|name| (count(before, &name), count(after, &name), name))
            .collect::<Vec<_>>()
    };
    let plants = lines(&found.before.plants, &found.after.plants);
    let trays = lines(&found.before.tray_grades, &found.after.tray_grades);
    html! { table class="before-after" {
        thead { tr { th {} th class="num" { (desk.say("what-if-before")) } th class="num" { (desk.say("what-if-after")) } } }
        tr { th scope="row" { (desk.say("marketable-plants")) }
            td class="num" { (numbers::whole(found.before.marketable)) } td class="num" { strong { (numbers::whole(found.after.marketable)) } } }
        @for (word, of) in [(word!("axis-plants"), plants), (word!("trays"), trays)] { @for (before, after, name) in of {
            tr { th scope="row" { (desk.say(word)) " " (name) }
                td class="num" { (numbers::whole(before)) }
                td class="num" { @if before == after { (numbers::whole(after)) } @else { strong { (numbers::whole(after)) } } }
            }
        } }
    } }
}

fn saving(desk: &Desk, standard: &GradingStandard, fields: &Fields) -> Markup {
    html! { section class="card" {
        h2 { (desk.say("what-if-save")) }
        p { (desk.say("what-if-save-how")) }
        @if desk.may(Role::Manager) {
            // a form of its own: what this session proves itself by never stands in an address
            form method="post" action="/standards/save" data-copies="limits" {
                (form_token(desk))
                input type="hidden" name="standard" value=(standard.digest());
                @for (place, criterion) in limits(standard) {
                    @let name = place.name();
                    @let now = fields.get(&name).cloned().unwrap_or_else(|| criterion.limit.to_string());
                    input type="hidden" name=(name) value=(now);
                }
                label class="field" { (desk.say("what-if-reason")) input name="reason" required maxlength=(MOST_REASON); }
                p class="buttons" {
                    button class="main" { (desk.say_with("what-if-save-as", &[("id", standard.id())])) }
                }
            }
        } @else { p class="note" { (desk.say("managers-only")) } }
    } }
}

/// Saves the moved limits as the next version, beside all earlier ones.
pub fn save(desk: &Desk, fields: Fields) -> Answer {
    let (standard, text) = chosen(desk, &fields)?;
    let why = reason(fields.get("reason").map_or("", String::as_str))?;
    let bad = |error: crate::review::what_if::WhatIfError| Trouble::Bad(error.to_string());
    let moves = moves(&standard, &fields).map_err(bad)?;
    if moves.is_empty() {
        return Err(Trouble::Bad(
            "limits: none was moved, so there is nothing to save".to_owned(),
        ));
    }
    let saved = save_next(desk, &standard, |version| {
        moved(&text, &moves, version, Some(why))
    })?;
    saved.map_err(bad)?;
    Ok(Redirect::to("/standards").into_response())
}
