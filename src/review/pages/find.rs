//! Where is the tray or the lot of this name? A scanner types it into the field that stands on every page.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use serde::Deserialize;

use crate::inspect::TrayReport;
use crate::review::answer::{Answer, Trouble};
use crate::review::find::{Meant, meant, passes_named};
use crate::review::house::Desk;
use crate::review::stores::TrayKey;
use crate::store::StoredTray;

use super::layout::{Place, page};
use super::terms;
use super::tray::lot_address;

/// The longest name that is looked for: no code and no lot is as long.
const MOST_LETTERS: usize = 400;

/// What is looked for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// A tray's code or uid, or a lot's name.
    #[serde(default)]
    pub called: String,
}

impl Asked {
    /// The name, without what a scanner or a thumb left around it.
    pub fn name(&self) -> Result<&str, Trouble> {
        let name = self.called.trim();
        if name.chars().count() > MOST_LETTERS {
            let most = format!("called: expected at most {MOST_LETTERS} letters");
            return Err(Trouble::Bad(most));
        }
        Ok(name)
    }
}

/// A name whose letters are as narrow as codes have them: where Chinese is typed, a scanner's letters come out full width.
fn narrow(name: &str) -> String {
    /// From a full-width letter to that of ASCII.
    const WIDE: u32 = 0xFEE0;
    let narrow = |letter: char| match letter {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(letter as u32 - WIDE).unwrap_or(letter),
        _ => letter,
    };
    name.chars()
        .map(narrow)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// The field that stands on every page.
pub fn field(desk: &Desk) -> Markup {
    let what = desk.say("find-what");
    html! { form class="find" role="search" action="/find" {
        input type="search" name="called" aria-label=(what) title=(what) autocomplete="off"
            autocapitalize="off" spellcheck="false" enterkeyhint="search" maxlength=(MOST_LETTERS);
        button { (desk.say("find")) }
    } }
}

/// Leads to the tray or the lot where the name means one of them.
pub fn whole(desk: &Desk, asked: Asked) -> Answer {
    let name = asked.name()?;
    if name.is_empty() {
        let title = desk.say("find");
        let body =
            html! { h1 class="answer" { (title) } p class="lead" { (desk.say("find-how")) } };
        return Ok(page(desk, Place::Elsewhere, &title, &body));
    }
    let narrow = narrow(name);
    let (name, found) = match meant(&desk.house, name)? {
        found if found.is_nothing() && narrow != name => {
            (narrow.as_str(), meant(&desk.house, &narrow)?)
        }
        found => (name, found),
    };
    match (found.passes.first(), found.lot) {
        (None, false) => Ok(nothing(desk, name)),
        (None, true) => Ok(Redirect::to(&lot_address(Some(name))).into_response()),
        (Some((key, _)), false) => Ok(Redirect::to(&tray_address(*key)).into_response()),
        (Some(_), true) => Ok(several(desk, name, &found)),
    }
}

fn nothing(desk: &Desk, name: &str) -> axum::response::Response {
    let title = desk.say_with("find-nothing", &[("what", name)]);
    let body = html! {
        h1 class="answer" { (title) }
        p class="lead" { (desk.say("find-nothing-next")) }
        p { (desk.say("find-how")) }
    };
    let page = page(desk, Place::Elsewhere, &title, &body);
    (StatusCode::NOT_FOUND, page).into_response()
}

/// A tray and a lot are called the same.
fn several(desk: &Desk, name: &str, found: &Meant) -> axum::response::Response {
    let title = desk.say_with("find-several", &[("what", name)]);
    let body = html! {
        h1 class="answer" { (title) }
        p class="buttons" { a class="button main" href=(lot_address(Some(name))) { (desk.say("lot")) " " (name) } }
        section class="card" { h2 { (desk.say("tray")) " " (name) } (passes(desk, &found.passes, found.older, None)) }
    };
    page(desk, Place::Elsewhere, &title, &body)
}

/// A tray's other passes, where there are any: those in which the same code was read, else those of the same uid.
pub fn other_passes(desk: &Desk, key: TrayKey, report: &TrayReport) -> Result<Markup, Trouble> {
    let facts = &report.facts;
    let name = facts.tray_code.as_deref().unwrap_or(&facts.tray_uid);
    let (all, older) = passes_named(&desk.house, name)?;
    if all.iter().all(|(other, _)| *other == key) {
        return Ok(html! {});
    }
    Ok(html! { section class="card" id="passes" {
        h2 { (desk.say("passes-others")) @if let Some(code) = &facts.tray_code { " · " (code) } }
        (passes(desk, &all, older, Some(key)))
        @if facts.tray_code.is_some() { p class="faint" { (desk.say("passes-of-code")) } }
    } })
}

fn passes(
    desk: &Desk,
    all: &[(TrayKey, StoredTray)],
    older: bool,
    here: Option<TrayKey>,
) -> Markup {
    let several = desk.house.stores.are_several();
    let line = |key: TrayKey| desk.house.stores.get(key.store).map(|open| open.label());
    html! {
        div class="scroll" tabindex="0" { table { @for (key, tray) in all { tr {
            th scope="row" { @if Some(*key) == here { strong { (desk.moment(tray.seen_at())) " · " (desk.say("passes-this")) } }
                @else { a href=(tray_address(*key)) { (desk.moment(tray.seen_at())) } } }
            td { (desk.say("lot")) " " (terms::lot(desk, tray.lot.as_deref())) }
            td { (desk.say_with("pass", &[("n", &tray.pass.to_string())])) }
            td { strong { @match &tray.grade { Some(grade) => (grade), None => (desk.say("not-judged")) } } }
            td { (tray.route.as_deref().unwrap_or("–")) }
            @if several { td { (line(*key).unwrap_or_default()) } }
        } } } }
        @if older { p class="faint" { (desk.say("passes-more")) } }
    }
}

/// The page of a pass.
pub fn tray_address(key: TrayKey) -> String {
    format!("/tray?store={}&id={}", key.store.0, key.id)
}
