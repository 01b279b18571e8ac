//! The blind audit: how often does seedgrade err, and how far do people agree?

use std::collections::BTreeMap;

use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use serde::Deserialize;

use crate::evaluate::{Agreement, GroupAgreement, Interval};
use crate::inspect::ReportStatus;
use crate::review::access::Role;
use crate::review::answer::{Answer, Trouble};
use crate::review::audit::{
    AuditResult, CELLS, answered_by_others, chance, place, result, waiting,
};
use crate::review::corrections::{CellName, lately, spoken, tray_of};
use crate::review::house::Desk;
use crate::review::numbers;
use crate::review::stores::{StoreIndex, TrayKey};
use crate::store::{CorrectionKind, Statement, StoreReader};

use super::layout::{Place, figure, form_token, page};
use super::live::Nothing;
use super::queue::allowed;
use super::tray::cell_at;
use super::view::{Viewed, closeup, verdict_buttons};

/// The newest trays that cells are drawn from.
const TRAYS: u32 = 200;
/// Draws until there are enough cells with a picture, for each cell.
const DRAWS_A_CELL: usize = 20;

/// What somebody says of the cell that they were shown.
#[derive(Debug, Deserialize)]
pub struct Said {
    #[serde(default)]
    store: StoreIndex,
    id: i64,
    row: usize,
    col: usize,
    verdict: String,
}

/// The page: the next cell, else what the answers come to.
pub fn whole(desk: &Desk, _: Nothing) -> Answer {
    for (store, _) in desk.house.stores.each() {
        let all = lately(&desk.house, store)?;
        let who = desk.somebody.as_ref().map(|somebody| somebody.name.clone());
        let mine = who.map(|who| waiting(&all, &who)).unwrap_or_default();
        if let Some(next) = mine.first() {
            return asked(desk, store, next, mine.len());
        }
    }
    let body = html! {
        (results(desk)?)
        @if desk.may(Role::Operator) {
            form method="post" action="/audit/draw" { (form_token(desk))
                button class="main" { (desk.say_with("audit-begin", &[("n", &CELLS.to_string())])) } }
        } @else { p class="note" { (desk.say("operators-only")) } }
        p class="faint" { (desk.say("audit-why")) }
    };
    Ok(page(desk, Place::Review, &desk.say("audit"), &body))
}

/// A cell without its verdict.
fn asked(desk: &Desk, store: StoreIndex, next: &CellName, left: usize) -> Answer {
    let (uid, pass, cell) = next;
    let (key, _) = tray_of(&desk.house, store, uid, *pass)?;
    let (_, report) = desk.house.tray(key)?;
    let place = (cell.row as usize, cell.col as usize);
    let cell = cell_at(&report, place).ok_or(Trouble::NotFound)?;
    let order = desk.house.grade_order(&report);
    let tray = Viewed {
        key,
        report: &report,
        order: &order,
        chosen: None,
    };
    let body = html! {
        h1 class="answer" { (desk.say("audit-question")) }
        p class="sub" { (desk.say_with("audit-left", &[("n", &numbers::whole(left))])) }
        div class="pair queue" {
            div class="looked-at" {
                (closeup(desk, tray, cell, true).unwrap_or_else(|| html! { p class="note" { (desk.say("closeup-none")) } }))
            }
            aside { form method="post" action="/audit/answer" {
                (form_token(desk))
                input type="hidden" name="store" value=(key.store.0);
                input type="hidden" name="id" value=(key.id);
                input type="hidden" name="row" value=(place.0);
                input type="hidden" name="col" value=(place.1);
                (verdict_buttons(desk, &order, None))
            } }
        }
    };
    Ok(page(desk, Place::Review, &desk.say("audit"), &body))
}

/// Draws the cells of an audit for who asks, over all lines: each of the newest trays as likely as the others.
pub fn draw(desk: &Desk, _: Nothing) -> Answer {
    let who = desk.somebody.as_ref().ok_or(Trouble::LogIn)?.name.clone();
    let last = |reader: &StoreReader| reader.newest_trays(None, TRAYS);
    let of_all = (desk.house.stores).newest_first(last, |tray| &tray.received_at)?;
    let keys = of_all.into_iter().map(|(key, _)| key);
    let newest: Vec<TrayKey> = keys.take(TRAYS as usize).collect();
    let mut shares: BTreeMap<StoreIndex, usize> = BTreeMap::new();
    for _ in 0..CELLS.min(CELLS * newest.len()) {
        *shares
            .entry(newest[chance(newest.len())?].store)
            .or_default() += 1;
    }
    let mut all = 0;
    for (store, cells) in shares {
        // a second tap waits here, and then finds cells that wait for an answer
        let held = desk.house.hold(store)?;
        if all == 0 && has_cells_waiting(desk, &who)? {
            break;
        }
        let trays: Vec<i64> = newest
            .iter()
            .filter(|key| key.store == store)
            .map(|key| key.id)
            .collect();
        let drawn = draw_of_store(desk, store, &trays, cells, &who)?;
        let statements = drawn.iter().map(|cell| ask(desk, store, cell));
        let statements = statements.collect::<Result<Vec<_>, Trouble>>()?;
        held.add_all(&statements)?;
        all += drawn.len();
    }
    if all > 0 {
        let ledger = &desk.house.ledger;
        ledger.add(&who, desk.address, "audit_drawn", &all.to_string());
    }
    Ok(Redirect::to("/audit").into_response())
}

fn has_cells_waiting(desk: &Desk, who: &str) -> Result<bool, Trouble> {
    for (store, _) in desk.house.stores.each() {
        if !waiting(&lately(&desk.house, store)?, who).is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// So many cells of one line, as far as there are some: of these trays, and half of them of those that others answered.
fn draw_of_store(
    desk: &Desk,
    store: StoreIndex,
    trays: &[i64],
    cells: usize,
    who: &str,
) -> Result<Vec<CellName>, Trouble> {
    let mut drawn: Vec<CellName> = Vec::new();
    let mut others = answered_by_others(&lately(&desk.house, store)?, who);
    while drawn.len() < cells / 2 && !others.is_empty() {
        drawn.push(others.swap_remove(chance(others.len())?));
    }
    for _ in 0..DRAWS_A_CELL * cells {
        if drawn.len() >= cells {
            break;
        }
        let id = trays[chance(trays.len())?];
        let (_, report) = desk.house.tray(TrayKey { store, id })?;
        if report.status != ReportStatus::Graded || desk.house.pictures.of(&report).is_err() {
            continue;
        }
        let number = chance(report.rows * report.cols)?;
        let cell = place(report.cols, number).ok_or(Trouble::NotFound)?;
        let name = (report.facts.tray_uid.clone(), report.facts.pass, cell);
        if !drawn.contains(&name) {
            drawn.push(name);
        }
    }
    // not in the order of shared and new: nobody can tell which is which
    for i in (1..drawn.len()).rev() {
        drawn.swap(i, chance(i + 1)?);
    }
    Ok(drawn)
}

fn ask(desk: &Desk, store: StoreIndex, (uid, pass, cell): &CellName) -> Result<Statement, Trouble> {
    let (key, _) = tray_of(&desk.house, store, uid, *pass)?;
    let (_, report) = desk.house.tray(key)?;
    let cell = cell_at(&report, (cell.row as usize, cell.col as usize)).ok_or(Trouble::NotFound)?;
    Ok(Statement::Correction(spoken(
        desk,
        &report,
        cell,
        CorrectionKind::Audit,
        None,
    )?))
}

/// Adds what somebody says of a cell that they were asked about.
pub fn answer(desk: &Desk, said: Said) -> Answer {
    let who = desk.somebody.as_ref().ok_or(Trouble::LogIn)?.name.clone();
    let key = TrayKey {
        store: said.store,
        id: said.id,
    };
    let (_, report) = desk.house.tray(key)?;
    let cell = cell_at(&report, (said.row, said.col)).ok_or(Trouble::NotFound)?;
    let after = allowed(desk, &report, &said.verdict)?;
    let answered = spoken(
        desk,
        &report,
        cell,
        CorrectionKind::AuditAnswer { after },
        None,
    )?;
    let name = (answered.tray_uid.clone(), answered.pass, answered.cell);
    // only of cells that were drawn: a chosen cell would say nothing
    if waiting(&lately(&desk.house, key.store)?, &who).contains(&name) {
        desk.house
            .state(key.store, &[Statement::Correction(answered)])?;
    }
    Ok(Redirect::to("/audit").into_response())
}

/// What the audits of all stores come to.
pub fn found(desk: &Desk) -> Result<AuditResult, Trouble> {
    let mut all = Vec::new();
    for (store, _) in desk.house.stores.each() {
        all.extend(lately(&desk.house, store)?);
    }
    Ok(result(&all))
}

fn results(desk: &Desk) -> Result<Markup, Trouble> {
    let found = found(desk)?;
    let all = &found.inspection;
    if all.n == 0 {
        return Ok(html! { h1 class="answer" { (desk.say("audit-none")) } });
    }
    Ok(html! {
        h1 class="answer" {
            (numbers::percent(all.alike, all.n))
            span class="to" { " " (desk.say("audit-accuracy")) }
        }
        p class="sub" { (numbers::doubt(all.alike, all.n)) " · " (ceiling(desk, &found.among_people)) }
        (agreement_figures(desk, &found))
        section class="card" {
            h2 { (desk.say("audit-confusion")) }
            (confusion(desk, all))
        }
    })
}

/// How far people agree with the inspection and with each other beyond chance.
pub(super) fn agreement_figures(desk: &Desk, found: &AuditResult) -> Markup {
    let all = &found.inspection;
    html! { div class="figures" {
        (figure(&desk.say("audit-kappa"), &kappa(all.kappa), &kappa_doubt(all.kappa_ci95, all.n)))
        @if found.among_people.n > 0 {
            (figure(&desk.say("audit-fleiss"), &kappa(found.among_people.kappa),
                &kappa_doubt(found.among_people.kappa_ci95, found.among_people.n)))
        }
        @for (first, second, of) in &found.people {
            (figure(&format!("{first} · {second}"), &numbers::percent(of.alike, of.n),
                &format!("{} · κ {} {}", numbers::doubt(of.alike, of.n), kappa(of.kappa), kappa_interval(of.kappa_ci95))))
        }
    } }
}

/// How far people agree among themselves: no label teaches more than that.
fn ceiling(desk: &Desk, among: &GroupAgreement) -> String {
    if among.n == 0 {
        return desk.say("audit-no-ceiling");
    }
    let (share, doubt) = (
        numbers::percent(among.unanimous, among.n),
        numbers::doubt(among.unanimous, among.n),
    );
    desk.say_with("audit-ceiling", &[("share", &share), ("doubt", &doubt)])
}

fn kappa(kappa: Option<f64>) -> String {
    kappa.map_or_else(|| "–".to_owned(), |kappa| format!("{kappa:.2}"))
}

fn kappa_interval(ci95: Option<Interval>) -> String {
    ci95.map_or_else(String::new, |ci| format!("{:.2}–{:.2}", ci.lo, ci.hi))
}

fn kappa_doubt(ci95: Option<Interval>, n: usize) -> String {
    ci95.map_or_else(String::new, |_| {
        format!("{}, n = {n}", kappa_interval(ci95))
    })
}

fn confusion(desk: &Desk, agreement: &Agreement) -> Markup {
    let mut answers: Vec<&String> = agreement
        .confusion
        .iter()
        .flat_map(|(said, of)| std::iter::once(said).chain(of.keys()))
        .collect();
    answers.sort_unstable();
    answers.dedup();
    let short = |answer: &str| answer.strip_prefix("graded:").unwrap_or(answer).to_owned();
    html! {
        div class="scroll" { table {
            tr { th { (desk.say("audit-rows")) } @for answer in &answers { th class="num" { (short(answer)) } } }
            @for said in &answers { tr {
                th scope="row" { (short(said)) }
                @for answer in &answers {
                    @let count = agreement.confusion.get(*said).and_then(|of| of.get(*answer)).copied().unwrap_or(0);
                    td class=(if said == answer { "num agreed" } else { "num" }) { @if count > 0 { (count) } @else { "·" } }
                }
            } }
        } }
    }
}
