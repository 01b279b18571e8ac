//! One tray: why was it judged so?

use axum::http::header;
use axum::response::IntoResponse as _;
use maud::{Markup, html};
use serde::Deserialize;

use crate::inspect::{CellReport, ReportStatus, TrayReport};
use crate::review::answer::{Answer, Trouble, form_encoded};
use crate::review::corrections::of_tray;
use crate::review::house::Desk;
use crate::review::numbers;
use crate::review::stores::{StoreIndex, TrayKey};
use crate::store::{CorrectionKind, StatedVerdict, StoredTray};

use super::by_hand;
use super::cell_card::card;
use super::find::other_passes;
use super::layout::{Place, figure, page, part};
use super::moved::Moved;
use super::terms;
use super::view::{Viewed, answer, cell_address, cell_place, switches, tally, verdict_words, view};

/// Which tray, and which cell of it closely.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Asked {
    #[serde(default)]
    store: StoreIndex,
    id: i64,
    row: Option<usize>,
    col: Option<usize>,
}

impl Asked {
    fn key(self) -> TrayKey {
        TrayKey {
            store: self.store,
            id: self.id,
        }
    }

    fn chosen(self) -> Option<(usize, usize)> {
        Some((self.row?, self.col?))
    }
}

/// The page.
pub fn whole(desk: &Desk, asked: Asked) -> Answer {
    let (stored, report) = desk.house.tray(asked.key())?;
    let order = desk.house.grade_order(&report);
    let tray = Viewed {
        key: asked.key(),
        report: &report,
        order: &order,
        chosen: asked.chosen(),
    };
    let graded = report.status == ReportStatus::Graded;
    let moved = Moved::read(desk, tray.key, (&stored, &report))?;
    let body = html! {
        (answer(desk, &report))
        p class="sub" { (whence(desk, &stored)) }
        div class="pair" {
            div class="looked-at" {
                (switches(desk))
                (view(desk, tray))
                @if graded { (tray_figures(desk, &report)) }
            }
            @if graded { aside {
                section id="cell" class="card" aria-live="polite" { (cell_part(desk, tray, &moved)?) }
            } }
        }
        @if graded { section class="card" { h2 { (desk.say("counts")) } (tally(desk, &report, &order)) } }
        (other_passes(desk, asked.key(), &report)?)
        (moved.section()?)
        (by_hand::section(desk, tray)?)
        (history(desk, asked.key(), &report, &order)?)
        (judged_anew(desk, asked.key(), &report)?)
        (evidence(desk, asked.key(), &stored, &report)?)
    };
    Ok(page(desk, Place::Lots, &stored.uid, &body))
}

/// Only the card of a cell.
pub fn cell(desk: &Desk, asked: Asked) -> Answer {
    let (stored, report) = desk.house.tray(asked.key())?;
    let order = desk.house.grade_order(&report);
    let tray = Viewed {
        key: asked.key(),
        report: &report,
        order: &order,
        chosen: asked.chosen(),
    };
    let moved = Moved::read(desk, tray.key, (&stored, &report))?;
    Ok(part(cell_part(desk, tray, &moved)?))
}

/// The photograph.
pub fn picture(desk: &Desk, asked: Asked) -> Answer {
    let key = asked.key();
    let report = || Ok(desk.house.tray(key)?.1);
    let picture = desk.house.pictures.of_tray(key, report)?;
    // A tray's picture never changes: only the bytes that were judged are shown.
    let headers = [
        (header::CONTENT_TYPE, "image/jpeg"),
        (header::CACHE_CONTROL, "private, max-age=86400, immutable"),
    ];
    Ok((headers, picture.jpeg.clone()).into_response())
}

fn cell_part(desk: &Desk, tray: Viewed<'_>, moved: &Moved<'_>) -> Result<Markup, Trouble> {
    let Some(chosen) = tray.chosen else {
        return Ok(html! { p class="faint" { (desk.say("tap-a-cell")) } });
    };
    let cell = cell_at(tray.report, chosen).ok_or(Trouble::NotFound)?;
    let history = of_tray(&desk.house, tray.key, &tray.report.facts.tray_uid)?;
    Ok(card(desk, tray, cell, &history, &moved.of_cell(cell)?))
}

/// A cell by its place.
pub fn cell_at(report: &TrayReport, (row, col): (usize, usize)) -> Option<&CellReport> {
    report
        .cells
        .iter()
        .find(|cell| (cell.row, cell.col) == (row, col))
}

/// Lot, name and moment of a tray.
pub fn whence(desk: &Desk, stored: &StoredTray) -> Markup {
    let at = stored.seen_at();
    let lot = stored.lot.as_deref();
    html! {
        a href=(lot_address(lot)) { (desk.say("lot")) " " (terms::lot(desk, lot)) }
        " · " (stored.uid) " · " time datetime=(at) { (desk.moment(at)) }
        @if stored.pass > 1 { " · " (desk.say_with("pass", &[("n", &stored.pass.to_string())])) }
    }
}

/// The page of a lot.
pub fn lot_address(lot: Option<&str>) -> String {
    match lot {
        Some(lot) => format!("/lot?lot={}", form_encoded(lot)),
        None => "/lot".to_owned(),
    }
}

/// Emergence of the decided cells, plants to sell of all cells.
pub fn tray_figures(desk: &Desk, report: &TrayReport) -> Markup {
    let counts = report.counts.unwrap_or_default();
    let occupied = counts.graded + counts.double;
    let decided = occupied + counts.blank;
    let marketable = report.marketable.unwrap_or(0);
    let sown = report.rows * report.cols;
    html! {
        div class="figures" {
            (figure(&desk.say("emergence"), &numbers::percent(occupied, decided), &numbers::doubt(occupied, decided)))
            (figure(&desk.say("marketable"), &numbers::percent(marketable, sown), &numbers::doubt(marketable, sown)))
        }
    }
}

/// All that people said of the tray's cells, the newest first.
fn history(
    desk: &Desk,
    key: TrayKey,
    report: &TrayReport,
    order: &[String],
) -> Result<Markup, Trouble> {
    let all = of_tray(&desk.house, key, &report.facts.tray_uid)?;
    let words = |verdict: Option<&StatedVerdict>| {
        verdict.map_or_else(
            || "–".to_owned(),
            |verdict| verdict_words(desk, verdict, order),
        )
    };
    let overrides = all.iter().rev().filter_map(|said| match &said.kind {
        CorrectionKind::Override { after } => Some((said, after)),
        CorrectionKind::Audit | CorrectionKind::AuditAnswer { .. } => None,
    });
    let overrides: Vec<_> = overrides.collect();
    Ok(html! {
        @if !overrides.is_empty() { section class="card" {
            h2 { (desk.say("corrections")) }
            div class="scroll" { table class="stacked-rows" { @for (said, after) in overrides {
                @let (row, col) = (said.cell.row as usize, said.cell.col as usize);
                tr {
                    td { a href=(cell_address(key, row, col)) { (cell_place(desk, row, col)) } }
                    td { (words(said.before.as_ref())) " → " strong { (words(Some(after))) } }
                    td { (said.who) } td { (desk.moment(&said.at)) }
                    td class="wrap" { (terms::why(desk, said).unwrap_or_default()) }
                }
            } } }
        } }
    })
}

/// What other standards make of the tray's measurements, the newest first.
fn judged_anew(desk: &Desk, key: TrayKey, report: &TrayReport) -> Result<Markup, Trouble> {
    let facts = &report.facts;
    let store = desk.house.store(key.store)?;
    let mut all = store.read(|reader| reader.regradings(&facts.tray_uid))?;
    all.retain(|anew| anew.report.facts.pass == facts.pass);
    let grade = |report: &TrayReport| match (&report.grade, report.status) {
        (Some(grade), _) => grade.clone(),
        (None, ReportStatus::Refused) => desk.say("tray-refused"),
        (None, _) => "–".to_owned(),
    };
    Ok(html! {
        @if !all.is_empty() { section class="card" {
            h2 { (desk.say("judged-anew")) }
            div class="scroll" { table class="stacked-rows" { @for anew in all.iter().rev() {
                tr {
                    td { (anew.report.evidence.standard) }
                    td { (grade(report)) " → " strong { (grade(&anew.report)) } }
                    td { (anew.who) } td { (desk.moment(&anew.at)) }
                    td class="wrap" { (anew.why.as_deref().unwrap_or_default()) }
                }
            } } }
        } }
    })
}

fn evidence(
    desk: &Desk,
    key: TrayKey,
    stored: &StoredTray,
    report: &TrayReport,
) -> Result<Markup, Trouble> {
    let evidence = &report.evidence;
    let none = || desk.say("none");
    let known = if desk.house.standard_of(report).is_some() {
        desk.say("standard-known")
    } else {
        desk.say("standard-unknown")
    };
    let lines = [
        (
            desk.say("evidence-picture"),
            report.facts.image_sha256.clone().unwrap_or_else(none),
        ),
        (desk.say("evidence-source"), report.facts.source.clone()),
        (desk.say("evidence-network"), evidence.network.clone()),
        (desk.say("evidence-finder"), evidence.tray_finder.clone()),
        (
            desk.say("evidence-standard"),
            format!(
                "{} {} ({known})",
                evidence.standard, evidence.standard_digest
            ),
        ),
        (
            desk.say("evidence-calibration"),
            evidence.calibration.clone().unwrap_or_else(none),
        ),
        (desk.say("evidence-config"), evidence.config.clone()),
        (
            desk.say("evidence-software"),
            format!(
                "{} · {} · {}",
                evidence.software, evidence.backend, evidence.cpu_class
            ),
        ),
    ];
    let number = stored.id.to_string();
    let store = desk.house.store(key.store)?.label().to_owned();
    Ok(html! {
        details class="card" {
            summary { (desk.say("evidence")) }
            p class="faint" { (desk.say_with("evidence-row", &[("n", &number), ("store", &store)])) }
            table class="evidence" {
                @for (name, value) in lines { tr { th scope="row" { (name) } td { code { (value) } } } }
            }
        }
    })
}
