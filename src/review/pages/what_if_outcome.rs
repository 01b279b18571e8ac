//! What moved limits would do to a lot: its trays and plants, the cells that change, and what an order still lacks.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use maud::{Markup, html};

use crate::evaluate::Interval;
use crate::grade::GradingStandard;
use crate::review::answer::Trouble;
use crate::review::house::Desk;
use crate::review::lot_sizes::size_of;
use crate::review::lots::{MOST_READ, reports, spread, summary, trays_of};
use crate::review::numbers;
use crate::review::outcome::{Outcome, TrayChange, outcome};
use crate::review::saleable::Saleable;
use crate::review::stores::TrayKey;
use crate::review::what_if::{WhatIfError, moved, moves};
use crate::review::words::word;
use crate::statistics::BinomialRate;
use crate::store::StoredTray;

use super::view::{cell_address, cell_place};
use super::what_if::Fields;

/// The field of the plants that somebody ordered.
pub(super) const ORDERED: &str = "ordered";
/// In the list of lots: the trays without a lot's name.
pub(super) const WITHOUT_NAME: &str = "";
/// Trays that change, listed.
const MOST_LISTED: usize = 40;
/// Cells of a tray that change, listed.
const MOST_CELLS: usize = 60;

/// A lot as it would be.
pub struct Found {
    pub outcome: Outcome,
    /// The trays that were asked about.
    pub listed: Vec<(TrayKey, StoredTray)>,
    /// Trays of the lot, judged or not.
    pub all: usize,
    /// Of them judged.
    pub graded: usize,
    /// Plants that somebody ordered.
    pub ordered: Option<u32>,
}

impl Found {
    /// The lot's plants to sell by all its judged trays, before and after.
    pub fn saleable(&self) -> [Saleable; 2] {
        [0, 1].map(|side: usize| {
            let all = self.outcome.marketable_by_tray.iter();
            let plants: Vec<usize> = all.map(|of_tray| of_tray[side]).collect();
            Saleable::of_lot(&plants, self.graded)
        })
    }
}

/// What a form's fields ask: the outcome, or why these limits cannot hold.
pub fn find(
    desk: &Desk,
    standard: &GradingStandard,
    text: &str,
    fields: &Fields,
) -> Result<Result<Found, WhatIfError>, Trouble> {
    let lot = fields
        .get("lot")
        .map(String::as_str)
        .filter(|lot| *lot != WITHOUT_NAME);
    let ordered = match ordered(fields)? {
        Some(ordered) => Some(ordered),
        None => stated_order(desk, lot)?,
    };
    let moves = moves(standard, fields).map_err(|error| Trouble::Bad(error.to_string()))?;
    let after = match moved(text, &moves, standard.version() + 1, None) {
        Ok((after, _)) => after,
        Err(error) => return Ok(Err(error)),
    };
    let listed = spread(&desk.house, lot, MOST_READ)?;
    let read = reports(&desk.house, &listed)?;
    let of_lot = summary(&desk.house, lot)?;
    Ok(Ok(Found {
        outcome: outcome(&read, standard, &after),
        listed,
        all: trays_of(&of_lot),
        graded: of_lot.trays.graded as usize,
        ordered,
    }))
}

/// The outcome of a form's fields.
pub(super) fn drawn(
    desk: &Desk,
    standard: &GradingStandard,
    text: &str,
    fields: &Fields,
) -> Result<Markup, Trouble> {
    let found = match find(desk, standard, text, fields)? {
        Ok(found) => found,
        Err(error) => {
            let why = desk.language.why_not_moved(&error);
            return Ok(
                html! { div class="alarm" role="alert" { (desk.say("what-if-cannot")) p class="cause" { (why) } } },
            );
        }
    };
    let left_out = found.outcome.left_out;
    Ok(html! {
        (answer(desk, &found.outcome))
        (before_and_after(desk, &found))
        @if found.all > found.listed.len() { p class="note" { (of_the_lot(desk, &found)) } }
        @if left_out > 0 { p class="faint" { (desk.say_with("what-if-left-out", &[("n", &numbers::whole(left_out))])) } }
        (changes(desk, &found))
    })
}

fn ordered(fields: &Fields) -> Result<Option<u32>, Trouble> {
    let text = fields.get(ORDERED).map_or("", |text| text.trim());
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |_| {
        Trouble::Bad(format!(
            "{ORDERED}: expected a whole number of plants, found {text:?}"
        ))
    };
    text.parse().map(Some).map_err(wrong)
}

/// The plants that were stated to be ordered of a lot.
pub(super) fn stated_order(desk: &Desk, lot: Option<&str>) -> Result<Option<u32>, Trouble> {
    let size = size_of(&desk.house, lot)?;
    Ok(size.and_then(|size| size.ordered).map(NonZeroU32::get))
}

fn answer(desk: &Desk, found: &Outcome) -> Markup {
    let (was, is) = (
        found.before.marketable as i64,
        found.after.marketable as i64,
    );
    let difference = is - was;
    let cells = BinomialRate::of(found.cells_changed as u64, found.cells as u64);
    html! {
        p class="answer small-answer" {
            (desk.say_with("what-if-trays", &[("n", &numbers::whole(found.trays_changed)), ("all", &numbers::whole(found.trays))]))
        }
        p class="lead" {
            (desk.say("what-if-plants")) " " strong { (if difference < 0 { "−" } else { "+" }) (numbers::whole(difference.unsigned_abs() as usize)) }
            " · " (desk.say_with("what-if-cells", &[("n", &numbers::whole(found.cells_changed))]))
        }
        p class="sub" { (numbers::share(&cells)) " " (numbers::interval(&cells)) }
    }
}

/// What a sample says of the whole lot: as many of it change, with the exact binomial interval.
fn of_the_lot(desk: &Desk, found: &Found) -> String {
    let judged = found.outcome.trays;
    let rate = BinomialRate::of(found.outcome.trays_changed as u64, judged as u64);
    let Interval { lo, hi } = rate.ci95.unwrap_or(Interval { lo: 0.0, hi: 1.0 });
    let scaled = |share: f64| numbers::whole((share * found.all as f64).round() as usize);
    let (n, all) = (numbers::whole(judged), numbers::whole(found.all));
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

fn before_and_after(desk: &Desk, found: &Found) -> Markup {
    let of = &found.outcome;
    let lines = |before: &BTreeMap<String, usize>, after: &BTreeMap<String, usize>| {
        let names: BTreeSet<String> = before.keys().chain(after.keys()).cloned().collect();
        let count = |of: &BTreeMap<String, usize>, name: &str| of.get(name).copied().unwrap_or(0);
        names
            .into_iter()
            .map(|name| (count(before, &name), count(after, &name), name))
            .collect::<Vec<_>>()
    };
    let plants = lines(&of.before.plants, &of.after.plants);
    let trays = lines(&of.before.tray_grades, &of.after.tray_grades);
    html! { table class="before-after" {
        thead { tr { th {} th class="num" { (desk.say("what-if-before")) } th class="num" { (desk.say("what-if-after")) } } }
        (of_whole_lot(desk, found))
        tr { th scope="row" { (desk.say("marketable-plants")) }
            td class="num" { (numbers::whole(of.before.marketable)) } td class="num" { strong { (numbers::whole(of.after.marketable)) } } }
        @for (word, of) in [(word!("axis-plants"), plants), (word!("trays"), trays)] { @for (before, after, name) in of {
            tr { th scope="row" { (desk.say(word)) " " (name) }
                td class="num" { (numbers::whole(before)) }
                td class="num" { @if before == after { (numbers::whole(after)) } @else { strong { (numbers::whole(after)) } } }
            }
        } }
    } }
}

/// The lot's plants to sell by all its judged trays, and what they lack to the order.
fn of_whole_lot(desk: &Desk, found: &Found) -> Markup {
    let lots = found.saleable();
    let sampled = lots.iter().any(|lot| lot.ci95.is_some());
    html! {
        @if sampled || found.ordered.is_some() { tr {
            th scope="row" { (desk.say("what-if-whole-lot")) }
            @for lot in &lots { td class="num" { strong { (plants(lot.plants)) } (between(lot.ci95)) } }
        } }
        @if let Some(ordered) = found.ordered { tr class="missing" {
            th scope="row" { (desk.say_with("what-if-missing", &[("n", &numbers::whole(ordered as usize))])) }
            @for missing in lots.map(|lot| lot.missing_to(ordered)) { td class="num" {
                @if missing.plants > 0.0 { strong { (plants(missing.plants)) } }
                @else { (desk.say("what-if-enough")) }
                (between(missing.ci95))
            } }
        } }
    }
}

fn plants(count: f64) -> String {
    numbers::whole(count.round() as usize)
}

/// An interval of plants; of one without an upper end its lower one.
fn between(ci95: Option<[f64; 2]>) -> Markup {
    html! { @if let Some([lo, hi]) = ci95 { span class="doubt" {
        @if hi.is_finite() { (plants(lo)) "–" (plants(hi)) } @else { "≥ " (plants(lo)) }
    } } }
}

/// The trays that change, those whose own grade does first, each with its cells.
fn changes(desk: &Desk, found: &Found) -> Markup {
    let (of_grade, of_cells): (Vec<&TrayChange>, Vec<&TrayChange>) = found
        .outcome
        .changed
        .iter()
        .partition(|change| change.is_of_grade());
    let listed = of_grade.into_iter().chain(of_cells).take(MOST_LISTED);
    html! { @if !found.outcome.changed.is_empty() { div class="changed" { @for change in listed {
        @if let Some((key, tray)) = found.listed.get(change.index) { (change_of(desk, *key, tray, change)) }
    } } } }
}

fn change_of(desk: &Desk, key: TrayKey, tray: &StoredTray, change: &TrayChange) -> Markup {
    let count = numbers::whole(change.cells.len());
    html! { details {
        summary {
            span { (tray.uid) }
            @if change.is_of_grade() { span { (change.before) " → " strong { (change.after) } } }
            span class="faint" { (desk.say_with("what-if-cells", &[("n", &count)])) }
        }
        p class="cells" {
            a class="button" href=(format!("/tray?store={}&id={}", key.store.0, key.id)) { (desk.say("tray")) }
            @for (row, col) in change.cells.iter().take(MOST_CELLS) {
                a class="button" href=(cell_address(key, *row, *col)) { (cell_place(desk, *row, *col)) }
            }
            @if change.cells.len() > MOST_CELLS { "…" }
        }
    } }
}
