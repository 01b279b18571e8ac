//! A shift's report (交接班记录): what does one shift hand over to the next?

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::review::access::Role;
use crate::review::answer::{Answer, Trouble, form_encoded};
use crate::review::house::Desk;
use crate::review::ledger::Entered;
use crate::review::lot_figures::position_maps;
use crate::review::numbers;
use crate::review::shift::{ShiftReport, UnsureUse, named, report};
use crate::review::stops::{Stood, Stop, stood_for};
use crate::review::stores::StoreIndex;
use crate::review::words::word;
use crate::statistics::{BinomialRate, Shift, Summary};
use crate::store::{CommandEnds, EventRecord, StatedVerdict};

use super::audit::agreement_figures;
use super::compare::{By, Summed, table};
use super::layout::{Place, figure, page};
use super::line_parts;
use super::lots::{grades, lot_figures, map_card};
use super::system::event_table;
use super::terms;
use super::tray::lot_address;
use super::view::verdict_words;

/// Ends of commands that are listed; reasons may name what differs from tray to tray.
const MOST_ENDS: usize = 20;
/// Stops and events that are listed.
const MOST_LISTED: usize = 60;
/// Entries of the ledger that are read of a shift.
pub const MOST_ENTRIES: usize = 5000;

/// Which shift of which line; without a name the last one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    #[serde(default)]
    pub store: StoreIndex,
    /// As comparisons by shift name it, `2026-11-24 22:00`, or a day, `2026-11-24`.
    pub shift: Option<String>,
}

/// The page of a shift of the first line; the others are reached from there.
pub fn shift_address(name: &str) -> String {
    format!("/shift?shift={}", form_encoded(name))
}

/// The report that is asked for, as of now.
pub fn asked_for(desk: &Desk, asked: &Asked) -> Result<ShiftReport, Trouble> {
    let shift = named(&desk.house, asked.store, asked.shift.as_deref())?;
    report(&desk.house, asked.store, shift, clock::now())
}

/// What people changed in a shift, for those who may see it.
pub fn changes(desk: &Desk, shift: &Shift) -> Result<Option<Vec<Entered>>, Trouble> {
    if !desk.may(Role::Manager) {
        return Ok(None);
    }
    let broken = |error| Trouble::Broken(format!("ledger: {error}"));
    let entries = desk.house.ledger.within(shift.span(), MOST_ENTRIES);
    let entries = entries.map_err(broken)?.into_iter();
    Ok(Some(entries.filter(Entered::is_change).collect()))
}

/// The page.
pub fn whole(desk: &Desk, asked: Asked) -> Answer {
    let of = asked_for(desk, &asked)?;
    let title = desk.say("shift-report");
    let line = desk.house.store(asked.store)?.label();
    let body = html! { article class="report" {
        h1 class="answer" { (title) }
        p class="lead" { strong { (of.shift.name) } " · " (line) }
        p class="sub" {
            (desk.moment(&of.shift.begins.to_string())) " – " (desk.moment(&of.shift.ends.to_string()))
            " · " (desk.house.calendar.zone_name())
        }
        @if of.goes_on { p class="note" role="status" { (desk.say("shift-goes-on")) } }
        (buttons(desk, asked.store, &of.shift))
        @if of.is_empty() { p class="lead" { (desk.say("shift-nothing")) } }
        @else {
            @if of.passes() > 0 { (judged(desk, &of)) }
            (commands(desk, &of))
            (stops(desk, &of.stops))
            (told(desk, word!("shift-checks"), &of.checks))
            (by_people(desk, &of))
            (told(desk, word!("events"), &of.events))
        }
        @if let Some(entries) = changes(desk, &of.shift)? { (who_did_what(desk, &entries)) }
        section class="card signatures" { div class="pair" {
            p class="signature" { (desk.say("shift-handed-over")) }
            p class="signature" { (desk.say("shift-taken-over")) }
        } }
    } };
    Ok(page(desk, Place::Lots, &title, &body))
}

fn buttons(desk: &Desk, store: StoreIndex, shift: &Shift) -> Markup {
    let address = |store: StoreIndex, name: &str| {
        format!("/shift?store={}&shift={}", store.0, form_encoded(name))
    };
    let beside = desk
        .house
        .calendar
        .beside(shift)
        .map(|of| of.map(|of| of.name));
    let words = [desk.say("shift-before"), desk.say("shift-after")];
    let stores = desk.house.stores.each();
    let others = stores.filter(|(index, _)| *index != store);
    html! { p class="buttons" {
        @for (word, name) in words.iter().zip(&beside) { @if let Some(name) = name {
            a class="button" href=(address(store, name)) { (word) }
        } }
        @for (index, other) in others { a class="button" href=(address(index, &shift.name)) { (other.label()) } }
        a class="button" href=(By::Shift.address()) { (desk.say_with("compare-by", &[("what", &desk.say("shift"))])) }
        button type="button" data-print { (desk.say("certificate-print")) }
    } }
}

/// Trays by lot and grade, plants, places that look blocked, routes, and what was left undecided.
fn judged(desk: &Desk, of: &ShiftReport) -> Markup {
    let by_lot: Vec<Summed> = of
        .lots
        .iter()
        .map(|(lot, group)| Summed {
            name: terms::lot(desk, lot.as_deref()),
            address: Some(lot_address(lot.as_deref())),
            of: Summary::of(&group.tally),
        })
        .collect();
    let order: Vec<String> = grade_order(desk, of);
    html! {
        (lot_figures(desk, &of.all, None))
        section class="card" {
            h2 { (desk.say("lots-of-shift")) }
            (table(desk, By::Lot, &by_lot))
            p class="faint" { (desk.say("shares-of")) }
        }
        div class="cards" {
            section class="card" { h2 { (desk.say("plants-by-grade")) } (grades(desk, &of.all, &order)) }
            (routes(desk, of))
            (unsure(desk, &of.unsure))
            (suspects(desk, of))
        }
    }
}

/// The grades, best first by the standard that judged most trays of the shift; those of others after them.
fn grade_order(desk: &Desk, of: &ShiftReport) -> Vec<String> {
    let mut uses: Vec<&UnsureUse> = of.unsure.iter().collect();
    uses.sort_by_key(|used| std::cmp::Reverse(used.unsure.of));
    let known = uses
        .into_iter()
        .filter_map(|used| desk.house.standard(&used.digest));
    let ordered = known.flat_map(|(standard, _)| {
        let ids = standard.grades().iter().map(|grade| grade.id.to_string());
        ids.collect::<Vec<_>>()
    });
    let mut order: Vec<String> = Vec::new();
    for grade in ordered.chain(of.all.grades.keys().cloned()) {
        if !order.contains(&grade) {
            order.push(grade);
        }
    }
    order
}

fn routes(desk: &Desk, of: &ShiftReport) -> Markup {
    let all = of.passes();
    html! { section class="card" {
        h2 { (desk.say("shift-passes")) }
        table { @for (route, passes) in &of.routes {
            @let rate = BinomialRate::of(*passes, all);
            tr {
                th scope="row" { @match route { Some(route) => (route), None => (desk.say("not-judged")) } }
                td class="num" { (numbers::whole(*passes as usize)) }
                td class="num" { (numbers::share(&rate)) }
            }
        } }
        p class="faint" { (desk.say("shift-passes-count")) }
    } }
}

fn unsure(desk: &Desk, uses: &[UnsureUse]) -> Markup {
    html! { @if !uses.is_empty() { section class="card" {
        h2 { (desk.say("shift-unsure")) }
        div class="scroll" tabindex="0" { table {
            thead { tr { th { (desk.say("evidence-standard")) } th { (desk.say("verdict-unsure")) } th { (desk.say("shift-budget")) } } }
            tbody { @for used in uses { tr {
                th scope="row" { (used.standard) }
                td { strong { (numbers::share(&used.unsure)) } " " span class="doubt" { (numbers::interval(&used.unsure)) } }
                td { (used.budget.map_or_else(|| desk.say("shift-no-budget"), numbers::of_hundred)) }
            } } }
        } }
        @if uses.iter().any(|used| used.budget.is_some()) { p class="faint" { (desk.say("shift-budget-of")) } }
    } } }
}

/// Of every lot the maps on which a place looks blocked.
fn suspects(desk: &Desk, of: &ShiftReport) -> Markup {
    let mut flagged = Vec::new();
    for (lot, group) in &of.lots {
        let maps = position_maps(group).into_iter();
        flagged.extend(maps.filter(|map| map.is_flagged()).map(|map| (lot, map)));
    }
    html! {
        @if flagged.is_empty() { section class="card" {
            h2 { (desk.say("position-map")) }
            p { (desk.say("shift-no-suspects")) }
        } }
        @for (lot, map) in &flagged { div {
            h2 { (desk.say("lot")) " " (terms::lot(desk, lot.as_deref())) }
            (map_card(desk, map))
        } }
    }
}

fn commands(desk: &Desk, of: &ShiftReport) -> Markup {
    if of.commands.is_empty() {
        return html! {};
    }
    let [late, fired] = [of.late.late, of.late.fired].map(|n| numbers::whole(n as usize));
    let late = desk.say_with("shift-late", &[("late", &late), ("fired", &fired)]);
    html! { section class="card" {
        h2 { (desk.say("shift-commands")) }
        p class=(if of.late.fired > 0 { "alarm" } else { "state" }) { (late) }
        div class="scroll" tabindex="0" { table class="stacked-rows" { @for end in of.commands.iter().take(MOST_ENDS) { (ended(desk, end)) } } }
        (more(desk, of.commands.len(), MOST_ENDS))
    } }
}

fn ended(desk: &Desk, end: &CommandEnds) -> Markup {
    html! { tr {
        td class="num" { strong { (numbers::whole(end.triggers as usize)) } }
        td { @match outcome(&end.outcome) { Some(key) => (desk.say(key)), None => code { (end.outcome) } } }
        td class="wrap" { @if let Some(reason) = &end.reason { (terms::cause(desk, reason)) } }
    } }
}

/// How a trigger ended; none of what pages have no word for.
fn outcome(outcome: &str) -> Option<&'static str> {
    Some(match outcome {
        "accepted" => word!("outcome-accepted"),
        "fired" => word!("outcome-fired"),
        "refused" => word!("outcome-refused"),
        "missing" => word!("outcome-missing"),
        "dropped" => word!("outcome-dropped"),
        _ => return None,
    })
}

fn stops(desk: &Desk, stops: &[Stop]) -> Markup {
    let stood = numbers::duration(stood_for(stops));
    html! { section class="card" {
        h2 { (desk.say("shift-stops")) }
        @if stops.is_empty() { p class="faint" { (desk.say("none")) } } @else {
            p { (desk.say_with("shift-stood", &[("time", &stood)])) }
            div class="scroll" tabindex="0" { table class="stacked-rows" { @for stop in stops.iter().take(MOST_LISTED) { tr {
                td { (desk.moment(&stop.began)) " – " @match &stop.over {
                    Some(at) => (desk.time_of_day(at)),
                    None => (desk.say("shift-not-over")),
                } }
                td class="num" { strong { (numbers::duration(stop.seconds)) } }
                td class="wrap" { strong { (what_stood(desk, &stop.stood)) } " " (terms::cause(desk, &stop.why)) }
            } } } }
            (more(desk, stops.len(), MOST_LISTED))
        }
    } }
}

/// How many of all are not listed.
fn more(desk: &Desk, all: usize, listed: usize) -> Markup {
    let left = all.saturating_sub(listed);
    html! { @if left > 0 { p class="faint" { (desk.say_with("shift-more", &[("n", &numbers::whole(left))])) } } }
}

fn what_stood(desk: &Desk, stood: &Stood) -> String {
    match stood {
        Stood::Part(part) => desk.say(line_parts::name(*part)),
        Stood::Line(kind) => terms::event(kind).map_or_else(|| kind.clone(), |key| desk.say(key)),
    }
}

/// Events under a heading.
fn told(desk: &Desk, heading: &str, events: &[(i64, EventRecord)]) -> Markup {
    html! { @if !events.is_empty() { section class="card" {
        h2 { (desk.say(heading)) }
        (event_table(desk, events.iter().take(MOST_LISTED).map(|(_, event)| event)))
        (more(desk, events.len(), MOST_LISTED))
    } } }
}

/// Overrides, and what the blind audit of the shift came to.
fn by_people(desk: &Desk, of: &ShiftReport) -> Markup {
    let (over, audited) = (&of.overrides, &of.audit.inspection);
    let order = grade_order(desk, of);
    let words = |said: &str| match said.parse::<StatedVerdict>() {
        Ok(verdict) => verdict_words(desk, &verdict, &order),
        Err(_) => said.to_owned(),
    };
    let back = desk.say_with(
        "shift-taken-back",
        &[("n", &numbers::whole(over.taken_back))],
    );
    html! { section class="card" {
        h2 { (desk.say("corrections")) " · " (desk.say("audit")) }
        div class="figures" {
            (figure(&desk.say("corrections"), &numbers::whole(over.made), &back))
            @if audited.n > 0 {
                (figure(&desk.say("audit-accuracy"), &numbers::percent(audited.alike, audited.n),
                    &numbers::doubt(audited.alike, audited.n)))
            }
        }
        @if audited.n > 0 { (agreement_figures(desk, &of.audit)) }
        @else { p class="faint" { (desk.say("shift-no-audit")) } }
        @if !over.hold.is_empty() { table { @for ((before, after), cells) in &over.hold { tr {
            td class="num" { strong { (numbers::whole(*cells)) } }
            td { (before.as_deref().map_or_else(|| "–".to_owned(), words)) " → " strong { (words(after)) } }
        } } } }
    } }
}

/// What one person did of one kind: how often, the first and the last time, and what it was done to where that was once.
struct Done<'a> {
    times: usize,
    first: &'a Entered,
    last: &'a Entered,
}

fn who_did_what(desk: &Desk, entries: &[Entered]) -> Markup {
    let mut all: BTreeMap<(&str, &str), Done<'_>> = BTreeMap::new();
    for entry in entries {
        let of = all
            .entry((entry.who.as_str(), entry.did.as_str()))
            .or_insert(Done {
                times: 0,
                first: entry,
                last: entry,
            });
        of.times += 1;
        of.last = entry;
    }
    html! { section class="card" {
        h2 { (desk.say("ledger")) }
        @if all.is_empty() { p class="faint" { (desk.say("none")) } }
        div class="scroll" tabindex="0" { table class="stacked-rows" { @for ((who, did), done) in &all { tr {
            td { strong { (who) } }
            td { @match terms::did(did) { Some(key) => (desk.say(key)), None => code { (did) } } }
            td class="num" { (numbers::whole(done.times)) " ×" }
            td { (desk.time_of_day(&done.first.at)) @if done.times > 1 { " – " (desk.time_of_day(&done.last.at)) } }
            td class="wrap" { @if done.times == 1 { (done.first.detail) } }
        } } } }
    } }
}
