//! What the PLC tells of its gates and its infeed: a gate that is full waits for people, an infeed that is stopped for the PLC.

use maud::{Markup, html};

use crate::review::answer::Trouble;
use crate::review::house::Desk;
use crate::review::words::word;
use crate::store::PlcFlag;

/// The flags that are up, line by line; nothing where none is.
pub fn of_all_lines(desk: &Desk) -> Result<Markup, Trouble> {
    let (house, mut up) = (&desk.house, Vec::new());
    for (index, store) in house.stores.each() {
        let parts = house.line_parts(index)?;
        let flags = parts
            .flags_up()
            .map(|(flag, since)| (store.label().to_owned(), flag, since.to_owned()));
        up.extend(flags);
    }
    let several = house.stores.are_several();
    Ok(html! { @for (label, flag, since) in &up {
        p class="state told" role="status" {
            strong {
                @if several { (label) ": " }
                (desk.say_with(happened(*flag), &[("at", &desk.time_of_day(since))]))
            }
            " " (desk.say(next(*flag)))
        }
    } })
}

fn happened(flag: PlcFlag) -> &'static str {
    match flag {
        PlcFlag::GateFull => word!("flag-gate-full"),
        PlcFlag::InfeedStopped => word!("flag-infeed-stopped"),
    }
}

fn next(flag: PlcFlag) -> &'static str {
    match flag {
        PlcFlag::GateFull => word!("flag-gate-full-next"),
        PlcFlag::InfeedStopped => word!("flag-infeed-stopped-next"),
    }
}
