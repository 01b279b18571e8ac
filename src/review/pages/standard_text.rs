//! A standard's text: edited, checked, saved as the next version.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use serde::Deserialize;

use crate::grade::GradingStandard;
use crate::review::access::Role;
use crate::review::answer::{Answer, Trouble};
use crate::review::house::Desk;
use crate::review::standard_versions::{EditError, edited, lines_as_written, reason, save_next};
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
}

/// What is said above the text.
enum Said {
    Nothing,
    /// It may be saved.
    Fits,
    Bad(EditError),
}

/// The text of a version, to be read by all and edited by managers.
pub fn open(desk: &Desk, asked: Asked) -> Answer {
    let (standard, text) = known(desk, &asked.digest)?;
    Ok(drawn(desk, &standard, &text, "", &Said::Nothing))
}

/// Says whether a text may be saved; nothing is.
pub fn check(desk: &Desk, sent: Edited) -> Answer {
    let (standard, _) = known(desk, &sent.digest)?;
    let text = lines_as_written(&sent.text);
    let version = standard.version();
    match edited(&standard, &text, version, None) {
        Ok(_) => Ok(drawn(desk, &standard, &text, &sent.reason, &Said::Fits)),
        Err(error) => Ok(refused(desk, &standard, &text, &sent.reason, error)),
    }
}

/// Saves a text as the next version; of one that does not fit nothing is lost.
pub fn save(desk: &Desk, sent: Edited) -> Answer {
    let (standard, _) = known(desk, &sent.digest)?;
    let text = lines_as_written(&sent.text);
    let why = reason(&sent.reason)?;
    let saved = save_next(desk, &standard, |version| {
        edited(&standard, &text, version, Some(why))
    })?;
    match saved {
        Ok(_) => Ok(Redirect::to("/standards").into_response()),
        Err(error) => Ok(refused(desk, &standard, &text, &sent.reason, error)),
    }
}

fn known(desk: &Desk, digest: &str) -> Result<(GradingStandard, String), Trouble> {
    desk.house.standard(digest).ok_or(Trouble::NotFound)
}

fn refused(
    desk: &Desk,
    standard: &GradingStandard,
    text: &str,
    why: &str,
    error: EditError,
) -> axum::response::Response {
    let drawn = drawn(desk, standard, text, why, &Said::Bad(error));
    (StatusCode::BAD_REQUEST, drawn).into_response()
}

fn drawn(
    desk: &Desk,
    standard: &GradingStandard,
    text: &str,
    why: &str,
    said: &Said,
) -> axum::response::Response {
    let lines = text.lines().count() + 2;
    let name = standard.name();
    let body = html! {
        h1 class="answer" { (desk.say("standard-text")) span class="to" { " " (name) } }
        (told(desk, text, said))
        @if desk.may(Role::Manager) {
            form method="post" action="/standards/edit/check" class="stacked" {
                (form_token(desk))
                input type="hidden" name="digest" value=(standard.digest());
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
    page(desk, Place::Standards, &name, &body)
}

fn told(desk: &Desk, text: &str, said: &Said) -> Markup {
    html! { @match said {
        Said::Nothing => {},
        Said::Fits => p class="state" role="status" { (desk.say("standard-fits")) },
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
