//! What people measured by hand on a tray, and a form for more.

use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::review::access::Role;
use crate::review::answer::{Answer, Trouble};
use crate::review::hand_traits::{HAND_TRAITS, HandTrait, hand_trait};
use crate::review::house::Desk;
use crate::review::stores::{StoreIndex, TrayKey};
use crate::store::{CellPlace, HandMeasurement, Statement};

use super::layout::form_token;
use super::tray::cell_at;
use super::view::{Viewed, cell_place};

/// The longest description of a method.
const MOST_METHOD: usize = 200;

/// What somebody measured.
#[derive(Debug, Deserialize)]
pub struct Measured {
    #[serde(default)]
    store: StoreIndex,
    id: i64,
    /// The cell's row and column as people count, from 1; empty for the whole tray.
    #[serde(default)]
    row: String,
    #[serde(default)]
    col: String,
    #[serde(rename = "trait")]
    of: String,
    value: String,
    #[serde(default)]
    method: String,
}

/// What was measured, newest first, and for operators the form.
pub(super) fn section(desk: &Desk, tray: Viewed<'_>) -> Result<Markup, Trouble> {
    let store = desk.house.store(tray.key.store)?;
    let all = store.read(|reader| reader.hand_measurements(&tray.report.facts.tray_uid))?;
    let place = |cell: CellPlace| cell_place(desk, cell.row as usize, cell.col as usize);
    Ok(html! { section class="card" id="by-hand" {
        h2 { (desk.say("certificate-measured")) }
        @if all.is_empty() { p class="faint" { (desk.say("certificate-none-measured")) } }
        @else { div class="scroll" tabindex="0" { table class="stacked-rows" { @for measured in all.iter().rev() { tr {
            th scope="row" { @match hand_trait(&measured.measured_trait) {
                Some(known) => (desk.say(known.word)), None => (measured.measured_trait) } }
            td class="num" { strong { (measured.value) } " " (measured.unit) }
            td { (measured.cell.map_or_else(|| desk.say("hand-whole-tray"), place)) }
            td class="wrap" { (measured.method.as_deref().unwrap_or("–")) }
            td class="faint" { (measured.who) " · " (desk.moment(&measured.at)) }
        } } } } }
        @if desk.may(Role::Operator) { details {
            summary { (desk.say("hand-add")) }
            (form(desk, tray))
        } } @else { p class="faint" { (desk.say("operators-only")) } }
    } })
}

fn form(desk: &Desk, tray: Viewed<'_>) -> Markup {
    let chosen = tray.chosen.map(|(row, col)| (row + 1, col + 1));
    html! { form method="post" action="/tray/measured" class="stacked" {
        (form_token(desk))
        input type="hidden" name="store" value=(tray.key.store.0);
        input type="hidden" name="id" value=(tray.key.id);
        label { (desk.say("certificate-trait")) select name="trait" { @for known in &HAND_TRAITS {
            option value=(known.name) { (desk.say(known.word)) @if !known.unit.is_empty() { ", " (known.unit) } }
        } } }
        label { (desk.say("certificate-value")) input name="value" inputmode="decimal" required autocomplete="off"; }
        label { (desk.say("hand-row")) input type="number" name="row" min="1" max=(tray.report.rows) value=[chosen.map(|at| at.0)]; }
        label { (desk.say("hand-col")) input type="number" name="col" min="1" max=(tray.report.cols) value=[chosen.map(|at| at.1)]; }
        label { (desk.say("certificate-method")) input name="method" maxlength=(MOST_METHOD); }
        div class="buttons" { button class="main" { (desk.say("account-save")) } }
    } }
}

/// Adds what somebody measured.
pub fn add(desk: &Desk, said: Measured) -> Answer {
    let somebody = desk.somebody.as_ref().ok_or(Trouble::LogIn)?;
    let key = TrayKey {
        store: said.store,
        id: said.id,
    };
    let (_, report) = desk.house.tray(key)?;
    let of = hand_trait(&said.of).ok_or_else(|| {
        Trouble::Bad(format!(
            "trait: expected one of the form, found {:?}",
            said.of
        ))
    })?;
    let cell = cell(&said)?;
    if let Some(cell) = cell {
        let place = (cell.row as usize, cell.col as usize);
        cell_at(&report, place).ok_or(Trouble::NotFound)?;
    }
    let method: String = said.method.trim().chars().take(MOST_METHOD).collect();
    let measured = HandMeasurement {
        at: clock::now().to_string(),
        who: somebody.name.clone(),
        tray_uid: report.facts.tray_uid.clone(),
        cell,
        measured_trait: of.name.to_owned(),
        value: value(&said.value, of)?,
        unit: of.unit.to_owned(),
        method: Some(method).filter(|method| !method.is_empty()),
    };
    let told = format!("{} {} {}", measured.tray_uid, of.name, measured.value);
    desk.house
        .state(key.store, &[Statement::HandMeasurement(measured)])?;
    desk.house
        .ledger
        .add(&somebody.name, desk.address, "measured", &told);
    let back = format!("/tray?store={}&id={}#by-hand", key.store.0, key.id);
    Ok(Redirect::to(&back).into_response())
}

/// The cell that was named as people count; none where the whole tray was measured.
fn cell(said: &Measured) -> Result<Option<CellPlace>, Trouble> {
    let number = |name: &str, text: &str| {
        let number = text.trim().parse::<u32>().ok();
        let number = number.and_then(|number| number.checked_sub(1));
        number.ok_or_else(|| {
            Trouble::Bad(format!(
                "{name}: expected a whole number from 1, found {text:?}"
            ))
        })
    };
    if said.row.trim().is_empty() && said.col.trim().is_empty() {
        return Ok(None);
    }
    Ok(Some(CellPlace {
        row: number("row", &said.row)?,
        col: number("column", &said.col)?,
    }))
}

fn value(text: &str, of: &HandTrait) -> Result<f64, Trouble> {
    let [least, most] = of.believed;
    let value = text.trim().parse::<f64>().ok();
    value
        .filter(|value| (least..=most).contains(value))
        .ok_or_else(|| {
            let name = of.name;
            Trouble::Bad(format!(
                "{name}: expected a number of {least} to {most}, found {text:?}"
            ))
        })
}
