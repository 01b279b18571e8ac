//! Camera, PLC, store and net, one by one: fine, or in trouble since when and why, and what to do.

use maud::{Markup, html};

use crate::review::answer::Trouble;
use crate::review::house::Desk;
use crate::review::parts::{LineParts, PartState};
use crate::review::words::word;
use crate::store::LinePart;

use super::terms;

/// The parts of every line that speaks of them.
pub fn of_all_lines(desk: &Desk) -> Result<Markup, Trouble> {
    let (house, mut lines) = (&desk.house, Vec::new());
    for (index, store) in house.stores.each() {
        let parts = house.line_parts(index)?;
        if parts.is_known() {
            lines.push((store.label().to_owned(), parts));
        }
    }
    let several = house.stores.are_several();
    Ok(html! { @for (label, parts) in &lines {
        section class="card parts" {
            h2 { (desk.say("parts")) @if several { ": " (label) } }
            (of_line(desk, parts))
        }
    } })
}

fn of_line(desk: &Desk, parts: &LineParts) -> Markup {
    html! { @match (&parts.ended, &parts.silent) {
        (Some(at), _) => p class="faint" { (desk.say_with("parts-line-ended", &[("at", &desk.moment(at))])) },
        (None, Some(at)) => p class="faint" { (desk.say_with("parts-line-silent", &[("at", &desk.moment(at))])) },
        (None, None) => ul { @for (part, said) in parts.each() { (one(desk, part, said)) } },
    } }
}

fn one(desk: &Desk, part: LinePart, said: Option<&PartState>) -> Markup {
    let at = said.map_or_else(String::new, |said| desk.moment(&said.since));
    let trouble = said.and_then(|said| said.trouble.as_deref());
    let (mark, state) = match (said, trouble) {
        (None, _) => ("–", desk.say("part-not-known")),
        (Some(_), None) => ("✓", desk.say_with("part-fine", &[("at", &at)])),
        (Some(_), Some(_)) => ("!", desk.say_with("part-in-trouble", &[("at", &at)])),
    };
    html! { li class=(if trouble.is_some() { "in-trouble" } else { "fine" }) {
        span class="mark" aria-hidden="true" { (mark) }
        strong { (desk.say(name(part))) } " " (state)
        @if let Some(why) = trouble {
            " " (desk.say(next(part)))
            p class="cause" { (terms::cause(desk, why)) }
        }
    } }
}

/// A part's name.
pub(super) fn name(part: LinePart) -> &'static str {
    match part {
        LinePart::Camera => word!("part-camera"),
        LinePart::Actuator => word!("part-actuator"),
        LinePart::Store => word!("part-store"),
        LinePart::Net => word!("part-net"),
    }
}

fn next(part: LinePart) -> &'static str {
    match part {
        LinePart::Camera => word!("part-camera-next"),
        LinePart::Actuator => word!("part-actuator-next"),
        LinePart::Store => word!("part-store-next"),
        LinePart::Net => word!("part-net-next"),
    }
}
