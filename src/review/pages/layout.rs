//! What all pages share: the rail of five, the style, who is here.

use axum::response::{Html, IntoResponse as _, Response};
use maud::{DOCTYPE, Markup, html};

use super::find;
use super::made_of::{SCRIPT_PATH, STYLE_PATH};
use crate::review::answer::form_encoded;
use crate::review::house::Desk;
use crate::review::words::word;

/// Where on the rail a page belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Live,
    Lots,
    Review,
    Standards,
    System,
    /// On none of the five.
    Elsewhere,
}

/// An entry of the rail: its place, address, word and the strokes of its icon in a square of 24.
type Entry = (Place, &'static str, &'static str, &'static str);

const RAIL: [Entry; 5] = [
    (
        Place::Live,
        "/live",
        word!("nav-live"),
        "M4 6h16v12H4zM4 10h16M9 6v12M15 6v12M4 14h16",
    ),
    (
        Place::Lots,
        "/lots",
        word!("nav-lots"),
        "M4 19V11h4v8zM10 19V5h4v14zM16 19v-5h4v5z",
    ),
    (
        Place::Review,
        "/review",
        word!("nav-review"),
        "M4 12l5 6L20 5",
    ),
    (
        Place::Standards,
        "/standards",
        word!("nav-standards"),
        "M4 7h10M18 7h2M16 5v4M4 17h3M11 17h9M9 15v4M4 12h16",
    ),
    (
        Place::System,
        "/system",
        word!("nav-system"),
        "M3 12h5l3-8 4 16 3-8h3",
    ),
];

/// A whole page.
pub fn page(desk: &Desk, place: Place, title: &str, body: &Markup) -> Response {
    let other = desk.language.other();
    let back = form_encoded(&desk.here);
    let markup = html! {
        (DOCTYPE)
        html lang=(desk.language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · seedgrade" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href=(STYLE_PATH);
                script src=(SCRIPT_PATH) defer {}
            }
            body {
                a class="skip" href="#main" { (desk.say("skip")) }
                nav class="rail" aria-label="seedgrade" {
                    @for (at, address, word, strokes) in RAIL {
                        a href=(address) aria-current=[(at == place).then_some("page")] {
                            svg viewBox="0 0 24 24" aria-hidden="true" { path d=(strokes) {} }
                            span { (desk.say(word)) }
                        }
                    }
                }
                div class="sheet" {
                    @if desk.role.is_some() { (find::field(desk)) }
                    main id="main" { (body) }
                    footer {
                        a href=(format!("/language?to={}&then={back}", other.tag())) lang=(other.tag()) hreflang=(other.tag()) {
                            (other.own_name())
                        }
                        (who_is_here(desk))
                        span { (desk.say("zone")) " " (desk.house.calendar.zone_name()) }
                    }
                }
            }
        }
    };
    Html(markup.into_string()).into_response()
}

/// A part of a page, for the script to put in its place.
pub fn part(markup: Markup) -> Response {
    Html(markup.into_string()).into_response()
}

fn who_is_here(desk: &Desk) -> Markup {
    html! {
        @if let Some(somebody) = &desk.somebody {
            form method="post" action="/logout" {
                (form_token(desk))
                a href="/account" { (somebody.name) " · " (desk.say(super::terms::role(somebody.role))) }
                button { (desk.say("log-out")) }
            }
            a href=(format!("/switch?then={}", form_encoded(&desk.here))) { (desk.say("switch")) }
        } @else {
            a href=(format!("/login?then={}", form_encoded(&desk.here))) { (desk.say("log-in")) }
        }
    }
}

/// What every form carries.
pub fn form_token(desk: &Desk) -> Markup {
    html! {
        @if let Some(somebody) = &desk.somebody {
            input type="hidden" name="token" value=(somebody.form_token.text());
        }
    }
}

/// A figure: its name, its value in large type, and its doubt.
pub fn figure(name: &str, value: &str, doubt: &str) -> Markup {
    html! {
        div class="figure" {
            span class="name" { (name) }
            strong { (value) }
            // a count stays in one line with what it counts
            @if !doubt.is_empty() { span class="doubt" { (doubt.replace(" = ", "\u{a0}=\u{a0}")) } }
        }
    }
}
