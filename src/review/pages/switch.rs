//! Another person at the line: by PIN or badge, on a device that a password has opened.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::html;
use serde::Deserialize;

use crate::clock::Moment;
use crate::review::answer::{Answer, Trouble};
use crate::review::house::{Desk, Somebody};
use crate::review::people::People;
use crate::review::words::word;

use super::layout::{Place, form_token, page};
use super::login::{onward, session_cookie};

/// Where to go afterwards.
#[derive(Debug, Deserialize)]
pub struct Then {
    #[serde(default)]
    then: String,
}

/// Who takes over, by PIN.
#[derive(Deserialize)]
pub struct ByPin {
    name: String,
    pin: String,
    #[serde(default)]
    then: String,
}

/// Who takes over, by badge.
#[derive(Deserialize)]
pub struct ByBadge {
    badge: String,
    #[serde(default)]
    then: String,
}

/// PINs stay out of logs.
impl std::fmt::Debug for ByPin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ByPin")
    }
}

/// Badges stay out of logs.
impl std::fmt::Debug for ByBadge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ByBadge")
    }
}

/// The page.
pub fn whole(desk: &Desk, asked: Then) -> Answer {
    somebody(desk)?;
    Ok(form(desk, &asked.then, None))
}

/// Switches to somebody by PIN.
pub fn by_pin(desk: &Desk, sent: ByPin) -> Answer {
    let name = sent.name.trim();
    let attempt = Attempt {
        limited: name,
        by: "pin",
        then: &sent.then,
    };
    attempt.make(desk, |people| {
        let admitted = people.admits_pin(name, sent.pin.trim());
        admitted.then(|| name.to_owned())
    })
}

/// Switches to whoever wears the badge.
pub fn by_badge(desk: &Desk, sent: ByBadge) -> Answer {
    let here = somebody(desk)?;
    let attempt = Attempt {
        limited: &here.opened_by,
        by: "badge",
        then: &sent.then,
    };
    attempt.make(desk, |people| {
        let person = people.wearing(sent.badge.trim());
        person.map(|person| person.name.clone())
    })
}

/// An attempt to take over a session.
struct Attempt<'a> {
    /// Under which name failures count.
    limited: &'a str,
    by: &'static str,
    then: &'a str,
}

impl Attempt<'_> {
    fn make(&self, desk: &Desk, who: impl FnOnce(&People) -> Option<String>) -> Answer {
        let (here, house, now) = (somebody(desk)?, &desk.house, Moment::now());
        if let Some(wait) = house.switch_limits.wait(self.limited, desk.address, now) {
            let seconds = (wait.as_secs() + 1).to_string();
            let said = desk.say_with("login-wait", &[("seconds", &seconds)]);
            let form = form(desk, self.then, Some(said));
            return Ok((StatusCode::TOO_MANY_REQUESTS, form).into_response());
        }
        let Some(name) = who(&house.people()?) else {
            house.switch_limits.failed(self.limited, desk.address, now);
            house
                .ledger
                .add(&here.name, desk.address, "switch_failed", self.by);
            let form = form(desk, self.then, Some(desk.say(word!("switch-wrong"))));
            return Ok((StatusCode::UNAUTHORIZED, form).into_response());
        };
        house.switch_limits.succeeded(self.limited);
        let broken = |error| Trouble::Broken(format!("no random numbers: {error}"));
        let secret = house
            .sessions
            .hand_over(&here.form_token, &here.opened_by, &name, now)
            .map_err(broken)?;
        let detail = format!(
            "by {} from {}, on a device that {} opened",
            self.by, here.name, here.opened_by
        );
        house.ledger.add(&name, desk.address, "switched", &detail);
        Ok(onward(self.then, &[session_cookie(house, &secret)]))
    }
}

fn somebody(desk: &Desk) -> Result<&Somebody, Trouble> {
    desk.somebody.as_ref().ok_or(Trouble::LogIn)
}

fn form(desk: &Desk, then: &str, complaint: Option<String>) -> Response {
    let people = desk.house.people();
    let with_pin: Vec<String> = people.map_or_else(
        |_| Vec::new(),
        |people| {
            let with_pin = people.all().iter().filter(|person| person.has_pin());
            with_pin.map(|person| person.name.clone()).collect()
        },
    );
    let here = desk
        .somebody
        .as_ref()
        .map(|somebody| somebody.name.as_str());
    let body = html! {
        h1 class="answer" { (desk.say("switch")) }
        @if let Some(complaint) = complaint { p class="alarm" role="alert" { (complaint) } }
        form method="post" action="/switch/badge" class="stacked" {
            (form_token(desk))
            input type="hidden" name="then" value=(then);
            label { (desk.say("switch-badge"))
                input name="badge" type="password" autofocus data-scanned required autocomplete="off"; }
            button class="main" { (desk.say("switch-to-badge")) }
        }
        @if with_pin.is_empty() { p class="note" { (desk.say("switch-no-pin")) } }
        @else {
            form method="post" action="/switch" class="stacked card" {
                (form_token(desk))
                input type="hidden" name="then" value=(then);
                label { (desk.say("login-name")) select name="name" { @for name in &with_pin {
                    option value=(name) selected[Some(name.as_str()) == here] { (name) }
                } } }
                label { "PIN" input name="pin" type="password" inputmode="numeric" required autocomplete="off"; }
                button class="main" { (desk.say("switch")) }
            }
        }
        p class="buttons" { a class="button" href="/account" { (desk.say("account")) } }
    };
    page(desk, Place::Elsewhere, &desk.say("switch"), &body)
}
