//! Is everything there: stores, events, people.

use std::cmp::Reverse;

use maud::{Markup, html};

use crate::review::access::Role;
use crate::review::answer::{Answer, Trouble};
use crate::review::camera_looks::{Look, looks};
use crate::review::charts::{AxisNames, used_up};
use crate::review::house::Desk;
use crate::review::numbers;
use crate::review::words::word;
use crate::store::{EventRecord, StoredMoment};

use super::layout::{Place, page};
use super::live::Nothing;
use super::terms;

/// Events listed.
const EVENTS: u32 = 40;
/// Looks at the reference tray that are told in words.
const LOOKS: usize = 3;
/// Entries of the ledger listed.
const ENTRIES: usize = 40;

/// The page.
pub fn whole(desk: &Desk, _: Nothing) -> Answer {
    let body = html! {
        h1 class="answer" { (desk.say("nav-system")) }
        (stores(desk)?)
        (camera_and_lamp(desk)?)
        (events(desk)?)
        (people(desk)?)
        (ledger(desk)?)
        p class="faint" { "seedgrade " (env!("CARGO_PKG_VERSION")) }
    };
    Ok(page(desk, Place::System, &desk.say("nav-system"), &body))
}

fn stores(desk: &Desk) -> Result<Markup, Trouble> {
    let mut lines = Vec::new();
    for (_, store) in desk.house.stores.each() {
        let rows = store.read(|reader| reader.last_rows())?;
        let newest = store.read(|reader| reader.newest())?;
        lines.push((store.path().display().to_string(), rows, newest.at));
    }
    Ok(html! {
        section class="card" {
            h2 { (desk.say("stores")) }
            div class="scroll" { table {
                tr { th { (desk.say("store")) } th class="num" { (desk.say("trays")) }
                    th class="num" { (desk.say("events")) } th { (desk.say("newest")) } }
                @for (path, rows, at) in lines { tr {
                    td { code { (path) } }
                    td class="num" { (numbers::whole(usize::try_from(rows.tray).unwrap_or(0))) }
                    td class="num" { (numbers::whole(usize::try_from(rows.event).unwrap_or(0))) }
                    td { (at.as_deref().map_or_else(|| "–".to_owned(), |at| desk.moment(at))) }
                } }
            } }
        }
    })
}

/// What camera and lamp have changed since they were recorded, by the looks at the reference tray; nothing where none was.
fn camera_and_lamp(desk: &Desk) -> Result<Markup, Trouble> {
    let mut all = Vec::new();
    for (_, store) in desk.house.stores.each() {
        all.push((store.path().display().to_string(), store.read(looks)?));
    }
    all.retain(|(_, looks)| !looks.is_empty());
    let names = AxisNames {
        across: desk.say("axis-look"),
        up: desk.say("axis-of-limit"),
    };
    let several = all.len() > 1;
    Ok(html! { @if !all.is_empty() { section class="card" {
        h2 { (desk.say("camera-and-lamp")) }
        p class="faint" { (desk.say("camera-and-lamp-told")) }
        @for (path, looks) in &all {
            @if several { h3 { code { (path) } } }
            div class="scroll" tabindex="0" { (used_up(&moments(desk, looks), &LIMITS.map(|key| desk.say(key)), &names)) }
            (event_table(desk, looks.iter().rev().take(LOOKS).map(|look| &look.event)))
        }
    } } })
}

/// The words of what a look is held against, in the order of [`Drift::used`].
const LIMITS: [&str; 5] = [
    word!("drift-scale"),
    word!("drift-focus"),
    word!("drift-exposure"),
    word!("drift-lamp"),
    word!("drift-colour"),
];

fn moments(desk: &Desk, looks: &[Look]) -> Vec<(String, Option<[f64; 5]>)> {
    let moment = |look: &Look| {
        let shares = look.used.map(|used| used.map(|used| used.share));
        (desk.moment(&look.event.at), shares)
    };
    looks.iter().map(moment).collect()
}

fn events(desk: &Desk) -> Result<Markup, Trouble> {
    let mut all = Vec::new();
    for (_, store) in desk.house.stores.each() {
        let events = store.read(|reader| reader.newest_events(EVENTS))?;
        all.extend(events.into_iter().map(|(_, event)| event));
    }
    all.sort_by_cached_key(|event| Reverse(StoredMoment::of(&event.at)));
    Ok(html! {
        section class="card" {
            h2 { (desk.say("events")) }
            @if all.is_empty() { p class="faint" { (desk.say("none")) } }
            (event_table(desk, all.iter().take(EVENTS as usize)))
        }
    })
}

/// When what happened, and why.
pub(super) fn event_table<'a>(
    desk: &Desk,
    events: impl Iterator<Item = &'a EventRecord>,
) -> Markup {
    html! { div class="scroll" { table class="stacked-rows" {
        @for event in events { tr {
            td { (desk.moment(&event.at)) }
            td class="wrap" { @match terms::event(&event.kind) { Some(key) => (desk.say(key)), None => code { (event.kind) } } }
            td class="wrap" { (terms::cause(desk, &event.message)) }
        } }
    } } }
}

/// Who did what on these pages, for managers.
fn ledger(desk: &Desk) -> Result<Markup, Trouble> {
    if !desk.may(Role::Manager) {
        return Ok(html! {});
    }
    let broken = |error| Trouble::Broken(format!("ledger: {error}"));
    let entries = desk.house.ledger.newest(ENTRIES).map_err(broken)?;
    Ok(html! { section class="card" {
        h2 { (desk.say("ledger")) }
        p class="faint" { (desk.say("ledger-newest")) }
        div class="scroll" tabindex="0" { table class="stacked-rows" { @for entry in &entries { tr {
            td { (desk.moment(&entry.at)) }
            td { (entry.who) }
            td { @match terms::did(&entry.did) { Some(key) => (desk.say(key)), None => code { (entry.did) } } }
            td class="wrap" { (entry.detail) }
            td class="faint" { (entry.from) }
        } } } }
    } })
}

fn people(desk: &Desk) -> Result<Markup, Trouble> {
    let people = desk.house.people()?;
    Ok(html! {
        section class="card" {
            h2 { (desk.say("people")) }
            @if people.all().is_empty() {
                p { (desk.say("login-nobody")) }
                pre { "seedgrade review user add NAME --role manager --store FILE" }
            } @else if desk.may(Role::Manager) {
                table { @for person in people.all() { tr {
                    td { (person.name) } td { (desk.say(terms::role(person.role))) }
                } } }
            } @else {
                p class="faint" { (desk.say("people-for-managers")) }
            }
        }
    })
}
