//! Now: what became of the tray that just passed, and is all well?

use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse as _, Redirect};
use futures_util::Stream;
use futures_util::stream::unfold;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::inspect::ReportStatus;
use crate::picture::{Mark, mark_key};
use crate::review::answer::{Answer, Trouble};
use crate::review::house::Desk;
use crate::review::line_state::{LineState, state_of};
use crate::review::live::Seen;
use crate::review::lot_sizes::size_of;
use crate::review::lots::{summary, trays_of};
use crate::review::numbers;
use crate::review::stores::TrayKey;
use crate::store::{EventRecord, StoredTray};

use super::compare::By;
use super::layout::{Place, page};
use super::line_parts;
use super::lot_size::{missing, of_order, of_trays};
use super::plc_flags;
use super::terms;
use super::tray::{lot_address, tray_figures, whence};
use super::view::{Viewed, answer, switches, tally, view};

/// Trays in the strip of those before.
const STRIP: u32 = 9;
/// The rate is that of so many trays, as long as they are of this hour.
const RATE_TRAYS: u32 = 60;
const RATE_SPAN_SECONDS: i64 = 3600;
/// Trays that came within less tell no rate.
const LEAST_RATE_SPAN_SECONDS: i64 = 10;
/// Events looked through for the line's state.
const EVENTS_BACK: u32 = 200;
/// Connections that nothing passes over are closed by some networks.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// Nothing is asked.
#[derive(Debug, Deserialize)]
pub struct Nothing {}

/// From the address alone to the page that people watch.
pub fn to_live(_: &Desk, _: Nothing) -> Answer {
    Ok(Redirect::to("/live").into_response())
}

/// The page.
pub fn whole(desk: &Desk, _: Nothing) -> Answer {
    let body = html! {
        p id="lost" class="alarm" role="alert" hidden { (desk.say("live-lost")) }
        div id="now" data-live="/live/events" data-part="/live/now" { (drawn(desk)?) }
        (switches(desk))
    };
    Ok(page(desk, Place::Live, &desk.say("nav-live"), &body))
}

/// Only what changes, which all who look share.
pub fn now(desk: &Desk, _: Nothing) -> Answer {
    let seen = Seen::of(&desk.house.stores, &desk.house.silent);
    let draw = || drawn(desk).map(Markup::into_string);
    let part = desk.house.live_parts.since(seen, desk.language, draw)?;
    Ok(Html(part.to_string()).into_response())
}

/// Tells whenever something new is stored.
pub async fn events(
    Extension(desk): Extension<Desk>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut news = desk.house.news.clone();
    news.mark_unchanged();
    let stream = unfold(news, |mut news| async move {
        news.changed().await.ok()?;
        let count = news.borrow_and_update().0;
        Some((
            Ok(Event::default().event("news").data(count.to_string())),
            news,
        ))
    });
    Sse::new(stream).keep_alive(KeepAlive::new().interval(SIGN_OF_LIFE))
}

fn drawn(desk: &Desk) -> Result<Markup, Trouble> {
    let Some((key, stored)) = desk.house.stores.newest_tray()? else {
        return Ok(html! {
            h1 class="answer" { (desk.say("live-nothing")) }
            p class="lead" { (desk.say("live-nothing-next")) }
            (plc_flags::of_all_lines(desk)?)
            (line_parts::of_all_lines(desk)?)
        });
    };
    let (_, report) = desk.house.tray(key)?;
    let order = desk.house.grade_order(&report);
    let tray = Viewed {
        key,
        report: &report,
        order: &order,
        chosen: None,
    };
    Ok(html! {
        (alarms(desk)?)
        (plc_flags::of_all_lines(desk)?)
        (answer(desk, &report))
        p class="sub" { (whence(desk, &stored)) }
        div class="pair live" {
            div class="looked-at" { (view(desk, tray)) }
            aside {
                @if report.status == ReportStatus::Graded {
                    (tally(desk, &report, &order))
                    (tray_figures(desk, &report))
                }
                (lot_progress(desk, key, &stored)?)
                (line_parts::of_all_lines(desk)?)
            }
        }
        (strip(desk, key)?)
    })
}

fn lot_progress(desk: &Desk, key: TrayKey, stored: &StoredTray) -> Result<Markup, Trouble> {
    let lot = stored.lot.as_deref();
    let store = desk.house.store(key.store)?;
    let lot_now = summary(&desk.house, lot)?;
    let recent = store.read(|reader| reader.newest_trays(None, RATE_TRAYS))?;
    let rate = trays_an_hour(&recent, clock::now());
    let (trays, plants) = (trays_of(&lot_now), lot_now.marketable.hits as usize);
    let size = size_of(&desk.house, lot)?;
    let size = size.as_ref();
    let (of_trays, of_order) = (of_trays(desk, size), of_order(desk, size));
    let missing = missing(desk, size, plants as u64);
    Ok(html! {
        div class="figures" {
            a class="figure" href=(lot_address(lot)) {
                span class="name" { (desk.say("lot")) " " (terms::lot(desk, lot)) }
                strong { (numbers::whole(trays)) " " span class="unit" {
                    @if let Some(all) = of_trays { (all) " " }
                    (desk.say("trays"))
                } }
                span class="doubt" {
                    (desk.say_with("plants-to-sell", &[("n", &numbers::whole(plants))]))
                    @if let Some(ordered) = of_order { " " (ordered) }
                }
                @if let Some(missing) = missing { span class="doubt" { (missing) } }
            }
            a class="figure" href=(By::Hour.address()) {
                span class="name" { (desk.say("rate")) }
                strong { (rate.map_or_else(|| "–".to_owned(), |r| format!("{r:.0}"))) }
                span class="doubt" { (desk.say("trays-an-hour")) }
            }
        }
        p class="buttons" { a class="button" href=(format!("/jobs?store={}", key.store.0)) { (desk.say("jobs-change-over")) } }
    })
}

/// Trays an hour by those of this hour, newest first; none while fewer than two passed, or all within a moment.
fn trays_an_hour(recent: &[StoredTray], now: Timestamp) -> Option<f64> {
    let moments = recent
        .iter()
        .filter_map(|tray| tray.received_at.parse::<Timestamp>().ok());
    let of_this_hour: Vec<i64> = moments
        .map(|at| at.as_millisecond())
        .take_while(|at| now.as_millisecond() - at <= RATE_SPAN_SECONDS * 1000)
        .collect();
    let (newest, oldest) = (of_this_hour.first()?, of_this_hour.last()?);
    let span = newest - oldest;
    (span >= LEAST_RATE_SPAN_SECONDS * 1000)
        .then(|| (of_this_hour.len() - 1) as f64 * 3_600_000.0 / span as f64)
}

/// Trays before this one, the newest first.
fn strip(desk: &Desk, key: TrayKey) -> Result<Markup, Trouble> {
    let store = desk.house.store(key.store)?;
    let before = store.read(|reader| reader.newest_trays(Some(key.id), STRIP))?;
    Ok(html! {
        @if !before.is_empty() {
            h2 { (desk.say("before")) }
            div class="strip" {
                @for tray in &before {
                    a class="button" href=(format!("/tray?store={}&id={}", key.store.0, tray.id)) {
                        strong { @match &tray.grade {
                            Some(grade) => (grade),
                            None => { (mark_key(Mark::Unsure)) }
                        } }
                        span { (tray.route.as_deref().unwrap_or("–")) }
                        span class="faint" { (desk.time_of_day(&tray.received_at)) }
                    }
                }
            }
        }
    })
}

/// A line that does not sort, or is gone: what happened, what follows, what to do; and a line that does.
fn alarms(desk: &Desk) -> Result<Markup, Trouble> {
    let (mut states, mut gone) = (Vec::new(), Vec::new());
    for (index, store) in desk.house.stores.each() {
        if let Some(at) = desk.house.line_parts(index)?.silent {
            gone.push((store.label().to_owned(), at));
            continue;
        }
        let events = store.read(|reader| reader.newest_events(EVENTS_BACK))?;
        let state = events
            .into_iter()
            .find_map(|(_, event)| Some((state_of(&event.kind)?, event)));
        states.extend(state.map(|(state, event)| (store.label().to_owned(), state, event)));
    }
    let named = |label: &str| match desk.house.stores.are_several() {
        true => format!("{label}: "),
        false => String::new(),
    };
    Ok(html! {
        @for (label, at) in &gone {
            div class="alarm" role="alert" {
                strong { (named(label)) (desk.say_with("line-silent", &[("at", &desk.time_of_day(at))])) }
                " " (desk.say("line-consequence")) " " (desk.say("line-silent-next"))
            }
        }
        @for (label, state, event) in &states {
            @let name = named(label);
            @match state {
                LineState::Sorting => p class="state" {
                    (name) (desk.say_with("line-armed", &[("at", &desk.time_of_day(&event.at))]))
                },
                LineState::Stands { happened, next } => div class="alarm" role="alert" {
                    strong { (name) (desk.say_with(happened, &[("at", &desk.time_of_day(&event.at))])) }
                    " " (desk.say("line-consequence")) " " (desk.say(next))
                    (cause(desk, event))
                },
            }
        }
    })
}

fn cause(desk: &Desk, event: &EventRecord) -> Markup {
    html! { p class="cause" { (terms::cause(desk, &event.message)) } }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn tray(received_at: &str) -> StoredTray {
        StoredTray {
            id: 1,
            uid: String::new(),
            pass: 1,
            source: String::new(),
            captured_at: None,
            received_at: received_at.to_owned(),
            lot: None,
            status: "graded".to_owned(),
            reason: None,
            grade: None,
            route: None,
            tray_code: None,
        }
    }

    #[test]
    fn the_rate_is_of_this_hours_trays() {
        let now: Timestamp = "2026-11-24T08:30:00Z".parse().unwrap();
        let every_half_minute = [
            "2026-11-24T08:29:30Z",
            "2026-11-24T08:29:00Z",
            "2026-11-24T08:28:30Z",
        ]
        .map(tray);
        assert_eq!(trays_an_hour(&every_half_minute, now), Some(120.0));
        assert_eq!(trays_an_hour(&every_half_minute[..1], now), None);
        let yesterday = [tray("2026-11-23T08:29:30Z"), tray("2026-11-23T08:29:00Z")];
        assert_eq!(trays_an_hour(&yesterday, now), None);
        assert_eq!(trays_an_hour(&[], now), None);
        let at_once = [tray("2026-11-24T08:29:30.4Z"), tray("2026-11-24T08:29:30Z")];
        assert_eq!(
            trays_an_hour(&at_once, now),
            None,
            "a batch that was taken in, no belt"
        );
    }
}
