//! How many trays a lot has and how many plants are ordered of it: on its page, beside its figures, with a form.

use std::num::NonZeroU32;

use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};

use crate::review::access::Role;
use crate::review::answer::{Answer, Trouble};
use crate::review::house::Desk;
use crate::review::lot_sizes::{MOST, Stated, history, state};
use crate::review::numbers;
use crate::store::LotSize;

use super::layout::form_token;
use super::tray::lot_address;

/// What of several statements holds, the earlier ones, and for operators the form.
pub(super) fn section(desk: &Desk, lot: &str) -> Result<Markup, Trouble> {
    let stated = history(&desk.house, lot)?;
    let now = stated.first();
    let value = |of: fn(&LotSize) -> Option<NonZeroU32>| now.and_then(of);
    let (trays, ordered) = (value(|size| size.trays), value(|size| size.ordered));
    Ok(html! { section class="card" id="size" {
        h2 { (desk.say("lot-size")) }
        @if stated.is_empty() { p class="faint" { (desk.say("lot-size-none")) } }
        @else { div class="scroll" tabindex="0" { table {
            thead { tr {
                th class="num" { (desk.say("lot-size-trays-short")) } th class="num" { (desk.say("lot-size-ordered-short")) }
                th { (desk.say("stated-by")) }
            } }
            tbody { @for (place, size) in stated.iter().enumerate() { tr class=[(place > 0).then_some("faint")] {
                td class="num" { (number(size.trays)) }
                td class="num" { (number(size.ordered)) }
                td { (size.who) " · " (desk.moment(&size.at)) }
            } } }
        } } }
        @if desk.may(Role::Operator) { details open[stated.is_empty()] {
            summary { (desk.say("lot-size-state")) }
            form method="post" action="/lot/size" class="stacked" {
                (form_token(desk))
                input type="hidden" name="lot" value=(lot);
                label { (desk.say("lot-size-trays"))
                    input type="number" name="trays" min="1" max=(MOST) step="1" inputmode="numeric" value=[trays]; }
                label { (desk.say("lot-size-ordered"))
                    input type="number" name="ordered" min="1" max=(MOST) step="1" inputmode="numeric" value=[ordered]; }
                div class="buttons" { button class="main" { (desk.say("account-save")) } }
            }
        } }
    } })
}

fn number(number: Option<NonZeroU32>) -> String {
    number.map_or_else(|| "–".to_owned(), |n| numbers::whole(n.get() as usize))
}

/// Of how many trays of the lot; nothing where nobody knows.
pub(super) fn of_trays(desk: &Desk, size: Option<&LotSize>) -> Option<String> {
    let trays = size?.trays?;
    Some(desk.say_with("of-all", &[("n", &numbers::whole(trays.get() as usize))]))
}

/// Of how many plants ordered; likewise.
pub(super) fn of_order(desk: &Desk, size: Option<&LotSize>) -> Option<String> {
    let ordered = size?.ordered?;
    let ordered = numbers::whole(ordered.get() as usize);
    Some(desk.say_with("of-order", &[("n", &ordered)]))
}

/// What an order lacks, or that it is met; nothing where none is known.
pub(super) fn missing(desk: &Desk, size: Option<&LotSize>, plants: u64) -> Option<String> {
    let ordered = u64::from(size?.ordered?.get());
    let missing = ordered.saturating_sub(plants);
    Some(if missing > 0 {
        desk.say_with("order-missing", &[("n", &numbers::whole(missing as usize))])
    } else {
        desk.say("order-met")
    })
}

/// States it.
pub fn stated(desk: &Desk, said: Stated) -> Answer {
    let size = state(desk, &said)?;
    let back = format!("{}#size", lot_address(Some(&size.lot)));
    Ok(Redirect::to(&back).into_response())
}
