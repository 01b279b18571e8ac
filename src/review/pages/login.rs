//! In, out, and in which language.

use axum::http::header::{HeaderValue, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::html;
use serde::Deserialize;

use crate::clock::Moment;
use crate::review::answer::{Answer, Trouble};
use crate::review::house::{Desk, House};
use crate::review::server::LANGUAGE_COOKIE;
use crate::review::sessions::{SESSION_COOKIE, Secret};
use crate::review::words::{Language, word};

use super::layout::{Place, page};

/// A year, in seconds: the tablet at the line keeps its language.
const LANGUAGE_LASTS: u32 = 31_536_000;

/// Where to go afterwards.
#[derive(Debug, Deserialize)]
pub struct Then {
    #[serde(default)]
    then: String,
}

/// Who wants in.
#[derive(Deserialize)]
pub struct Credentials {
    name: String,
    password: String,
    #[serde(default)]
    then: String,
}

/// Passwords stay out of logs.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

/// Another language.
#[derive(Debug, Deserialize)]
pub struct OtherLanguage {
    to: String,
    #[serde(default)]
    then: String,
}

/// The way in.
pub fn way_in(desk: &Desk, asked: Then) -> Answer {
    Ok(form(desk, &asked.then, None))
}

/// Lets somebody in.
pub fn log_in(desk: &Desk, sent: Credentials) -> Answer {
    let house = &desk.house;
    let (name, now) = (sent.name.trim(), Moment::now());
    if let Some(wait) = house.limits.wait(name, desk.address, now) {
        let seconds = (wait.as_secs() + 1).to_string();
        let said = desk.say_with("login-wait", &[("seconds", &seconds)]);
        return Ok((
            StatusCode::TOO_MANY_REQUESTS,
            form(desk, &sent.then, Some(said)),
        )
            .into_response());
    }
    if !house.people()?.admits(name, &sent.password) {
        house.limits.failed(name, desk.address, now);
        house.ledger.add(name, desk.address, "login_failed", "");
        let said = desk.say("login-wrong");
        return Ok((StatusCode::UNAUTHORIZED, form(desk, &sent.then, Some(said))).into_response());
    }
    house.limits.succeeded(name);
    house.ledger.add(name, desk.address, "logged_in", "");
    let broken = |error| Trouble::Broken(format!("no random numbers: {error}"));
    let secret = house.sessions.begin(name, now).map_err(broken)?;
    Ok(onward(&sent.then, &[session_cookie(house, &secret)]))
}

/// The cookie of a session, for this browser and these pages alone.
pub(super) fn session_cookie(house: &House, secret: &Secret) -> String {
    let secure = if house.behind_https { "; Secure" } else { "" };
    let secret = secret.text();
    format!("{SESSION_COOKIE}={secret}; Path=/; HttpOnly; SameSite=Strict{secure}")
}

/// Only the token, which was looked at before.
#[derive(Debug, Deserialize)]
pub struct Leaving {}

/// Lets somebody out.
pub fn log_out(desk: &Desk, _: Leaving) -> Answer {
    if let Some(somebody) = &desk.somebody {
        desk.house.sessions.end_of(&somebody.form_token);
        desk.house
            .ledger
            .add(&somebody.name, desk.address, "logged_out", "");
    }
    let gone = format!("{SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    Ok(onward("/live", &[gone]))
}

/// Speaks another language from now on.
pub fn change_language(_: &Desk, asked: OtherLanguage) -> Answer {
    let language = Language::of_tag(&asked.to)
        .ok_or_else(|| Trouble::Bad(format!("language {:?}: expected zh-CN or en", asked.to)))?;
    let cookie = format!(
        "{LANGUAGE_COOKIE}={}; Path=/; SameSite=Lax; Max-Age={LANGUAGE_LASTS}",
        language.tag()
    );
    Ok(onward(&asked.then, &[cookie]))
}

/// Only to a page of ours.
pub(super) fn onward(then: &str, cookies: &[String]) -> Response {
    let ours = then.starts_with('/')
        && !then.starts_with("//")
        && !then.contains(['\\', '\r', '\n', '\0'])
        && !then.starts_with("/log")
        && !then.starts_with("/switch");
    let mut headers = HeaderMap::new();
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(cookie) {
            headers.append(SET_COOKIE, value);
        }
    }
    (headers, Redirect::to(if ours { then } else { "/live" })).into_response()
}

fn form(desk: &Desk, then: &str, complaint: Option<String>) -> Response {
    let nobody = desk
        .house
        .people()
        .is_ok_and(|people| people.all().is_empty());
    let body = html! {
        h1 class="answer" { (desk.say("log-in")) }
        @if let Some(complaint) = complaint { p class="alarm" role="alert" { (complaint) } }
        @if nobody {
            p class="lead" { (desk.say("login-nobody")) }
            pre { "seedgrade review user add NAME --role manager --store FILE" }
        } @else {
            form method="post" action="/login" class="stacked" {
                input type="hidden" name="then" value=(then);
                label { (desk.say("login-name")) input name="name" autocomplete="username" required autocapitalize="none"; }
                label { (desk.say("login-password"))
                    input name="password" type="password" autocomplete="current-password" required; }
                button class="main" { (desk.say("log-in")) }
            }
        }
    };
    page(desk, Place::Elsewhere, &desk.say(word!("log-in")), &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_way_in_only_our_own_pages_follow() {
        let goes = |then: &str| {
            let response = onward(then, &[]);
            let location = response
                .headers()
                .get("location")
                .map(HeaderValue::as_bytes);
            String::from_utf8_lossy(location.unwrap_or_default()).into_owned()
        };
        assert_eq!(goes("/tray?id=3"), "/tray?id=3");
        for foreign in [
            "//evil",
            "http://evil",
            "/\\evil",
            "",
            "/login?then=/login",
            "/switch",
        ] {
            assert_eq!(goes(foreign), "/live", "{foreign}");
        }
    }
}
