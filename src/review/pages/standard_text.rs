//! A standard's text: edited, checked, saved as the next version.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use serde::Deserialize;

use crate::grade::GradingStandard;
use crate::review::access::Role;
use crate::review::answer::{Answer, Trouble};
use crate::review::house::Desk;
use crate::review::standard_versions::{
    EditError, Saved, edited, lines_as_written, newest_version, reason, save_next,
};
use crate::review::what_if::MOST_REASON;

use super::layout::{Place, form_token, page};

/// Which version is opened.
#[derive(Debug, Deserialize)]
pub struct Asked {
    digest: String,
}

/// A text as somebody edited it.
#[derive(Debug, Deserialize)]
pub struct Edited {
    /// The version that it was made of.
    digest: String,
    text: String,
    #[serde(default)]
    reason: String,
    /// The newest version when the text was shown.
    newest: Option<u32>,
}

/// What is said above the text.
enum Said {
    Nothing,
    /// It may be saved.
    Fits,
    Bad(EditError),
    /// This version came meanwhile.
    Newer(String),
}

/// The text of a version, to be read by all and edited by managers.
pub fn open(desk: &Desk, asked: Asked) -> Answer {
    let (standard, text) = known(desk, &asked.digest)?;
    drawn(desk, &standard, (&text, ""), &Said::Nothing)
}

/// Says whether a text may be saved; nothing is.
pub fn check(desk: &Desk, sent: Edited) -> Answer {
    let (standard, _) = known(desk, &sent.digest)?;
    let text = lines_as_written(&sent.text);
    let written = (text.as_str(), sent.reason.as_str());
    match edited(&standard, &text, standard.version(), None) {
        Ok(_) => drawn(desk, &standard, written, &Said::Fits),
        Err(error) => not_saved(desk, &standard, written, &Said::Bad(error)),
    }
}

/// Saves a text as the next version; of one that does not fit nothing is lost.
pub fn save(desk: &Desk, sent: Edited) -> Answer {
    let (standard, _) = known(desk, &sent.digest)?;
    let text = lines_as_written(&sent.text);
    let why = reason(&sent.reason)?;
    let saved = save_next(desk, &standard, sent.newest, |version| {
        edited(&standard, &text, version, Some(why))
    })?;
    let written = (text.as_str(), sent.reason.as_str());
    match saved {
        Ok(Saved::As(_)) => Ok(Redirect::to("/standards").into_response()),
        Ok(Saved::Newer(name)) => not_saved(desk, &standard, written, &Said::Newer(name)),
        Err(error) => not_saved(desk, &standard, written, &Said::Bad(error)),
    }
}

fn known(desk: &Desk, digest: &str) -> Result<(GradingStandard, String), Trouble> {
    desk.house.standard(digest).ok_or(Trouble::NotFound)
}

fn not_saved(
    desk: &Desk,
    standard: &GradingStandard,
    written: (&str, &str),
    said: &Said,
) -> Answer {
    let status = match said {
        Said::Newer(_) => StatusCode::CONFLICT,
        _ => StatusCode::BAD_REQUEST,
    };
    Ok((status, drawn(desk, standard, written, said)?).into_response())
}

/// The page with a text and the reason for it.
fn drawn(
    desk: &Desk,
    standard: &GradingStandard,
    (text, why): (&str, &str),
    said: &Said,
) -> Answer {
    let lines = text.lines().count() + 2;
    let name = standard.name();
    let newest = newest_version(&desk.house, standard.id())?;
    let body = html! {
        h1 class="answer" { (desk.say("standard-text")) span class="to" { " " (name) } }
        (told(desk, text, said))
        (older(desk, standard, newest.as_ref()))
        @if desk.may(Role::Manager) {
            form method="post" action="/standards/edit/check" class="stacked" {
                (form_token(desk))
                input type="hidden" name="digest" value=(standard.digest());
                input type="hidden" name="newest" value=[newest.as_ref().map(GradingStandard::version)];
                label { (desk.say("standard-toml"))
                    textarea name="text" rows=(lines) spellcheck="false" autocapitalize="none" required
                        aria-invalid=[matches!(said, Said::Bad(_)).then_some("true")] { "\n" (text) } }
                label { (desk.say("what-if-reason")) input name="reason" maxlength=(MOST_REASON) value=(why); }
                p class="faint" { (desk.say("standard-save-how")) }
                div class="buttons" {
                    button { (desk.say("standard-check")) }
                    button class="main" formaction="/standards/edit/save" {
                        (desk.say_with("what-if-save-as", &[("id", standard.id())])) }
                }
            }
        } @else {
            p class="note" { (desk.say("managers-only")) }
            pre class="scroll" tabindex="0" { (text) }
        }
    };
    Ok(page(desk, Place::Standards, &name, &body))
}

/// Where a version is not the newest: what is saved from it takes back what came later.
pub fn older(desk: &Desk, standard: &GradingStandard, newest: Option<&GradingStandard>) -> Markup {
    let newer = newest.filter(|newest| newest.version() > standard.version());
    html! { @if let Some(newest) = newer { p class="note" {
        (desk.say_with("standard-older", &[("this", &standard.name()), ("newest", &newest.name())])) " "
        a href=(format!("/standards/edit?digest={}", newest.digest())) { (newest.name()) }
    } } }
}

fn told(desk: &Desk, text: &str, said: &Said) -> Markup {
    html! { @match said {
        Said::Nothing => {},
        Said::Fits => p class="state" role="status" { (desk.say("standard-fits")) },
        Said::Newer(name) => p class="alarm" role="alert" { (desk.say_with("standard-newer", &[("newest", name)])) },
        Said::Bad(error) => div class="alarm" role="alert" {
            strong { (where_it_is(desk, error)) }
            p class="cause" { (desk.language.why_not_saved(error)) }
            @if let Some(line) = error.place().and_then(|(line, _)| text.lines().nth(line - 1)) {
                pre { (line) }
            }
        },
    } }
}

fn where_it_is(desk: &Desk, error: &EditError) -> String {
    match error.place() {
        Some((line, column)) => {
            let (line, column) = (line.to_string(), column.to_string());
            desk.say_with("standard-bad-at", &[("line", &line), ("column", &column)])
        }
        None => desk.say("standard-bad"),
    }
}
