//! One's own account: which PIN and which badge switch to it at the line?

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock::Moment;
use crate::review::answer::{Answer, Trouble};
use crate::review::house::{Desk, Somebody};
use crate::review::people::{People, PeopleError};
use crate::review::words::word;

use super::layout::{Place, form_token, page};
use super::live::Nothing;
use super::terms;

/// A PIN or a badge, with the password of who sets it; an empty one takes it away.
#[derive(Deserialize)]
pub struct Secret {
    password: String,
    secret: String,
}

/// Secrets stay out of logs.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// The page.
pub fn whole(desk: &Desk, _: Nothing) -> Answer {
    somebody(desk)?;
    drawn(desk, None)
}

/// Sets one's own PIN.
pub fn set_pin(desk: &Desk, sent: Secret) -> Answer {
    set(desk, &sent, "set_pin", People::set_pin)
}

/// Sets one's own badge.
pub fn set_badge(desk: &Desk, sent: Secret) -> Answer {
    set(desk, &sent, "set_badge", People::set_badge)
}

/// Whoever holds the tablet does not yet hold the account: the password is asked for again, and guessing it must wait.
fn set(
    desk: &Desk,
    sent: &Secret,
    did: &str,
    change: impl FnOnce(&mut People, &str, Option<&str>) -> Result<(), PeopleError>,
) -> Answer {
    let (somebody, house, now) = (somebody(desk)?, &desk.house, Moment::now());
    let name = &somebody.name;
    if let Some(wait) = house.limits.wait(name, desk.address, now) {
        let seconds = (wait.as_secs() + 1).to_string();
        let said = desk.say_with("login-wait", &[("seconds", &seconds)]);
        return Ok((StatusCode::TOO_MANY_REQUESTS, drawn(desk, Some(said))?).into_response());
    }
    let mut people = house.people()?;
    if !people.admits(name, &sent.password) {
        house.limits.failed(name, desk.address, now);
        house.ledger.add(name, desk.address, "login_failed", did);
        let said = Some(desk.say("account-wrong"));
        return Ok((StatusCode::UNAUTHORIZED, drawn(desk, said)?).into_response());
    }
    house.limits.succeeded(name);
    let secret = sent.secret.trim();
    let secret = (!secret.is_empty()).then_some(secret);
    let changed = change(&mut people, name, secret);
    if let Err(error @ (PeopleError::Pin { .. } | PeopleError::Badge | PeopleError::BadgeTaken)) =
        &changed
    {
        let said = Some(complaint(desk, error));
        return Ok((StatusCode::BAD_REQUEST, drawn(desk, said)?).into_response());
    }
    changed?;
    let detail = if secret.is_some() { "" } else { "taken away" };
    house.ledger.add(name, desk.address, did, detail);
    Ok(Redirect::to("/account").into_response())
}

fn complaint(desk: &Desk, error: &PeopleError) -> String {
    match error {
        PeopleError::Pin { least } => {
            desk.say_with("account-pin-unfit", &[("least", &least.to_string())])
        }
        PeopleError::BadgeTaken => desk.say(word!("account-badge-taken")),
        _ => desk.say(word!("account-badge-unfit")),
    }
}

fn somebody(desk: &Desk) -> Result<&Somebody, Trouble> {
    desk.somebody.as_ref().ok_or(Trouble::LogIn)
}

fn drawn(desk: &Desk, complaint: Option<String>) -> Result<Response, Trouble> {
    let somebody = somebody(desk)?;
    let people = desk.house.people()?;
    let person = people.named(&somebody.name);
    let has = |there: bool| {
        desk.say(if there {
            word!("account-set")
        } else {
            word!("none")
        })
    };
    let body = html! {
        h1 class="answer" { (somebody.name) }
        p class="sub" { (desk.say(terms::role(somebody.role))) }
        @if let Some(complaint) = complaint { p class="alarm" role="alert" { (complaint) } }
        p { (desk.say("account-how")) }
        div class="pair" {
            (form(desk, "/account/pin", "PIN", &has(person.is_some_and(|p| p.has_pin())), true))
            (form(desk, "/account/badge", &desk.say("account-badge"), &has(person.is_some_and(|p| p.has_badge())), false))
        }
        p class="buttons" { a class="button" href="/switch" { (desk.say("switch")) } }
    };
    Ok(page(desk, Place::Elsewhere, &desk.say("account"), &body))
}

fn form(desk: &Desk, action: &str, what: &str, now: &str, digits: bool) -> Markup {
    html! { form method="post" action=(action) class="stacked card" {
        h2 { (what) " · " (now) }
        (form_token(desk))
        label { (desk.say("login-password")) input name="password" type="password" autocomplete="current-password" required; }
        label { (desk.say_with("account-new", &[("what", what)]))
            input name="secret" type="password" autocomplete="off" inputmode=[digits.then_some("numeric")]; }
        button class="main" { (desk.say("account-save")) }
    } }
}
