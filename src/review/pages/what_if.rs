//! What if the limits were others: how many trays and plants would change?

use std::collections::BTreeMap;

use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};

use crate::grade::GradingStandard;
use crate::review::access::Role;
use crate::review::answer::{Answer, Trouble};
use crate::review::house::Desk;
use crate::review::lots::newest;
use crate::review::standard_versions::{Saved, newest_version, reason, save_next};
use crate::review::what_if::{MOST_REASON, limits, moved, moves, slider};

use super::layout::{Place, form_token, page, part};
use super::standard_text::older;
use super::terms;
use super::what_if_outcome::{self, ORDERED, WITHOUT_NAME, stated_order};

/// The form's fields: `standard`, `lot`, and a field a limit.
pub type Fields = BTreeMap<String, String>;
/// The field with the newest version when the limits were shown.
const NEWEST: &str = "newest";
/// Lots offered.
const MOST_LOTS: u32 = 30;
/// The most plants that somebody may order.
const MOST_ORDERED: u32 = 1_000_000_000;

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
                    label class="field" { (desk.say("what-if-ordered"))
                        input type="number" name=(ORDERED) min="1" max=(MOST_ORDERED) step="1" inputmode="numeric"
                            value=[fields.get(ORDERED)] placeholder=[stated_order(desk, Some(lot.as_str()).filter(|lot| *lot != WITHOUT_NAME))?];
                    }
                    (sliders(desk, &standard, &fields))
                    noscript { button class="main" { (desk.say("what-if-again")) } }
                }
                aside id="outcome" aria-live="polite" { (drawn(desk, &fields)?) }
            }
        }
        (saving(desk, &standard, &fields)?)
    };
    Ok(page(desk, Place::Standards, &desk.say("what-if"), &body))
}

/// Only the outcome.
pub fn part_of(desk: &Desk, fields: Fields) -> Answer {
    Ok(part(drawn(desk, &fields)?))
}

/// The standard that is asked about, with its text.
pub fn chosen(desk: &Desk, fields: &Fields) -> Result<(GradingStandard, String), Trouble> {
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
    what_if_outcome::drawn(desk, &standard, &text, fields)
}

fn saving(desk: &Desk, standard: &GradingStandard, fields: &Fields) -> Result<Markup, Trouble> {
    let newest = newest_version(&desk.house, standard.id())?;
    Ok(html! { section class="card" {
        h2 { (desk.say("what-if-save")) }
        p { (desk.say("what-if-save-how")) }
        (older(desk, standard, newest.as_ref()))
        @if desk.may(Role::Manager) {
            // a form of its own: what this session proves itself by never stands in an address
            form method="post" action="/standards/save" data-copies="limits" {
                (form_token(desk))
                input type="hidden" name="standard" value=(standard.digest());
                input type="hidden" name=(NEWEST) value=[newest.as_ref().map(GradingStandard::version)];
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
    } })
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
    let seen = fields.get(NEWEST).and_then(|seen| seen.parse().ok());
    let saved = save_next(desk, &standard, seen, |version| {
        moved(&text, &moves, version, Some(why))
    })?;
    if let Saved::Newer(newest) = saved.map_err(bad)? {
        let told = desk.say_with("standard-newer", &[("newest", &newest)]);
        return Err(Trouble::CannotBe(told));
    }
    Ok(Redirect::to("/standards").into_response())
}
