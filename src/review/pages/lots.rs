//! Lots: how many plants does each give, and where are the blanks?

use std::collections::BTreeSet;
use std::fmt::Write as _;

use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use crate::picture::{Mark, mark_key};
use crate::review::answer::{Answer, Trouble, download, form_encoded};
use crate::review::charts::{AxisNames, histogram, trend};
use crate::review::house::Desk;
use crate::review::lot_figures::{LotFigures, PositionMap, figures};
use crate::review::lots::{LotTotals, MOST_READ, newest, reports, totals, trays};
use crate::review::numbers;
use crate::review::stores::TrayKey;
use crate::store::StoredTray;

use super::layout::{Place, figure, page};
use super::live::Nothing;
use super::terms;
use super::tray::lot_address;

/// Lots on the page of lots.
const MOST_LOTS: u32 = 50;
/// Trays listed on a lot's page.
const MOST_LISTED: usize = 60;

/// Which lot; none is that of the trays without a lot's name.
#[derive(Debug, Deserialize)]
pub struct Asked {
    pub lot: Option<String>,
}

/// All lots.
pub fn all(desk: &Desk, _: Nothing) -> Answer {
    let lots = newest(&desk.house, MOST_LOTS)?;
    let grades: BTreeSet<&String> = lots
        .iter()
        .flat_map(|(_, t)| t.tray_grades.keys())
        .collect();
    let body = html! {
        h1 class="answer" { (desk.say("nav-lots")) }
        @if lots.is_empty() { p class="lead" { (desk.say("live-nothing")) } }
        @else {
            div class="scroll" { table class="lots" {
                thead { tr {
                    th { (desk.say("lot")) } th class="num" { (desk.say("trays")) }
                    @for grade in &grades { th class="num" { (desk.say("grade")) " " (grade) } }
                    th class="num" { (desk.say("not-judged")) }
                    th { (desk.say("emergence")) } th { (desk.say("marketable")) } th { (desk.say("newest")) }
                } }
                tbody { @for (lot, sums) in &lots { tr {
                    th scope="row" { a href=(lot_address(lot.as_deref())) { (terms::lot(desk, lot.as_deref())) } }
                    td class="num" { (numbers::whole(sums.graded_trays + sums.other_trays)) }
                    @for grade in &grades {
                        td class="num" { (numbers::whole(sums.tray_grades.get(*grade).copied().unwrap_or(0))) }
                    }
                    td class="num" { (numbers::whole(sums.other_trays)) }
                    td { (share(sums.occupied(), sums.decided())) }
                    td { (share(sums.marketable, sums.cells)) }
                    td { (sums.last_at.as_deref().map_or_else(|| "–".to_owned(), numbers::moment)) }
                } } }
            } }
            p class="faint" { (desk.say("shares-of")) }
        }
    };
    Ok(page(desk, Place::Lots, &desk.say("nav-lots"), &body))
}

/// A share with its doubt.
fn share(hits: usize, of: usize) -> Markup {
    html! { strong { (numbers::percent(hits, of)) } " " span class="doubt" { (numbers::doubt(hits, of)) } }
}

/// One lot.
pub fn one(desk: &Desk, asked: Asked) -> Answer {
    let lot = asked.lot.as_deref();
    let sums = totals(&desk.house, lot)?;
    let listed = trays(&desk.house, lot, MOST_READ)?;
    if listed.is_empty() {
        return Err(Trouble::NotFound);
    }
    let mut read = reports(&desk.house, &listed)?;
    read.reverse();
    let found = figures(&read);
    let order = read
        .last()
        .map(|report| desk.house.grade_order(report))
        .unwrap_or_default();
    let name = terms::lot(desk, lot);
    let query = lot
        .map(|lot| format!("?lot={}", form_encoded(lot)))
        .unwrap_or_default();
    let body = html! {
        h1 class="answer" {
            (numbers::percent(sums.marketable, sums.cells))
            span class="to" { " " (desk.say("marketable")) }
        }
        p class="sub" {
            strong { (desk.say("lot")) " " (name) } " · "
            (sums.first_at.as_deref().map_or_else(String::new, numbers::moment)) " – "
            (sums.last_at.as_deref().map_or_else(String::new, numbers::moment))
        }
        (lot_figures(desk, &sums, &found))
        p class="buttons" {
            a class="button" href=(format!("/lot/table{query}")) { (desk.say("table-download")) }
        }
        (sample_note(desk, &sums, listed.len()))
        section class="card" {
            h2 { (desk.say("plants-by-grade")) }
            (grades(desk, &found, &order))
        }
        (map_card(desk, found.map.as_ref()))
        section class="card" {
            h2 { (desk.say("trend")) }
            (trend(&found.trays, &AxisNames { across: desk.say("axis-tray"), up: desk.say("axis-emergence") }))
        }
        @if found.areas.plants > 0 { section class="card" {
            h2 { (desk.say("areas")) }
            (histogram(&found.areas, &AxisNames { across: desk.say("axis-area"), up: desk.say("axis-plants") }))
        } }
        (tray_list(desk, &listed))
    };
    Ok(page(desk, Place::Lots, &name, &body))
}

fn lot_figures(desk: &Desk, sums: &LotTotals, found: &LotFigures) -> Markup {
    let variation = found.areas.variation;
    let uniformity = variation.map_or_else(|| "–".to_owned(), |cv| format!("{:.1} %", 100.0 * cv));
    let plants = desk.say_with(
        "variation-of",
        &[("n", &numbers::whole(found.areas.plants))],
    );
    html! {
        div class="figures" {
            (figure(&desk.say("marketable-plants"), &numbers::whole(sums.marketable), &numbers::doubt(sums.marketable, sums.cells)))
            (figure(&desk.say("emergence"), &numbers::percent(sums.occupied(), sums.decided()), &numbers::doubt(sums.occupied(), sums.decided())))
            (figure(&desk.say("uniformity"), &uniformity, &plants))
            (figure(&desk.say("trays"), &numbers::whole(sums.graded_trays + sums.other_trays),
                &desk.say_with("of-them-not-judged", &[("n", &numbers::whole(sums.other_trays))])))
        }
    }
}

fn sample_note(desk: &Desk, sums: &LotTotals, read: usize) -> Markup {
    let all = sums.graded_trays + sums.other_trays;
    html! { @if all > read { p class="note" {
        (desk.say_with("of-the-newest", &[("n", &numbers::whole(read)), ("all", &numbers::whole(all))]))
    } } }
}

fn grades(desk: &Desk, found: &LotFigures, order: &[String]) -> Markup {
    let plants: usize = found.grades.values().sum();
    html! { table class="tally" { @for grade in order {
        @let mark = Mark::of_grade(grade, order);
        @let count = found.grades.get(grade).copied().unwrap_or(0);
        tr {
            th scope="row" { (mark_key(mark)) (grade) @if let Some(key) = terms::verdict(mark) { " " (desk.say(key)) } }
            td class="num" { (numbers::whole(count)) }
            td class="num" { (numbers::percent(count, plants)) }
            td class="faint" { (numbers::doubt(count, plants)) }
        }
    } } }
}

fn map_card(desk: &Desk, map: Option<&PositionMap>) -> Markup {
    let counted = |places: &[usize]| {
        places
            .iter()
            .map(|at| (at + 1).to_string())
            .collect::<Vec<_>>()
            .join(", ")
    };
    html! { @if let Some(map) = map { section class="card" {
        h2 { (desk.say("position-map")) }
        p class="faint" { (desk.say_with("position-map-of", &[("n", &numbers::whole(map.trays))])) }
        @if !map.flagged_cols.is_empty() {
            p class="alarm" { (desk.say_with("flagged-cols", &[("cols", &counted(&map.flagged_cols))])) }
        }
        @if !map.flagged_rows.is_empty() {
            p class="alarm" { (desk.say_with("flagged-rows", &[("rows", &counted(&map.flagged_rows))])) }
        }
        (map_picture(desk, map))
    } } }
}

/// A square a place: the darker, the more often it was blank; the number says how often of a hundred.
fn map_picture(desk: &Desk, map: &PositionMap) -> Markup {
    const SIDE: usize = 40;
    const EDGE: usize = 30;
    let share = |at: usize| {
        let decided = map.decided.get(at).copied().unwrap_or(0);
        let blanks = map.blanks.get(at).copied().unwrap_or(0);
        (decided > 0).then(|| blanks as f64 / decided as f64)
    };
    html! { svg class="map" role="img" aria-label=(desk.say("position-map"))
        width=(map.cols * SIDE + EDGE) height=(map.rows * SIDE + EDGE)
        viewBox=(format!("0 0 {} {}", map.cols * SIDE + EDGE, map.rows * SIDE + EDGE)) {
        @for col in 0..map.cols {
            text x=(EDGE + col * SIDE + SIDE / 2) y="20" class=(if map.flagged_cols.contains(&col) { "flagged" } else { "" }) { (col + 1) }
        }
        @for row in 0..map.rows {
            text x="14" y=(EDGE + row * SIDE + 26) class=(if map.flagged_rows.contains(&row) { "flagged" } else { "" }) { (row + 1) }
            @for col in 0..map.cols {
                @let (x, y) = (EDGE + col * SIDE, EDGE + row * SIDE);
                rect class="place" x=(x + 1) y=(y + 1) width=(SIDE - 2) height=(SIDE - 2) rx="3" {}
                @if let Some(share) = share(row * map.cols + col) {
                    rect class="blanks" x=(x + 1) y=(y + 1) width=(SIDE - 2) height=(SIDE - 2) rx="3" fill-opacity=(format!("{share:.2}")) {}
                    @if share > 0.0 {
                        text class=(if share > 0.5 { "on-dark" } else { "" }) x=(x + SIDE / 2) y=(y + 26) { (format!("{:.0}", 100.0 * share)) }
                    }
                }
            }
        }
        @for col in &map.flagged_cols {
            rect class="flag" x=(EDGE + col * SIDE) y=(EDGE) width=(SIDE) height=(map.rows * SIDE) rx="4" {}
        }
        @for row in &map.flagged_rows {
            rect class="flag" x=(EDGE) y=(EDGE + row * SIDE) width=(map.cols * SIDE) height=(SIDE) rx="4" {}
        }
    } }
}

fn tray_list(desk: &Desk, listed: &[(TrayKey, StoredTray)]) -> Markup {
    html! { section class="card" {
        h2 { (desk.say("trays")) }
        div class="scroll" { table {
            thead { tr { th { (desk.say("tray")) } th { (desk.say("grade")) } th { (desk.say("route")) } th { (desk.say("moment")) } } }
            tbody { @for (key, tray) in listed.iter().take(MOST_LISTED) { tr {
                th scope="row" { a href=(format!("/tray?store={}&id={}", key.store.0, key.id)) { (tray.uid) } }
                td { strong { (tray.grade.as_deref().unwrap_or("–")) } @if let Some(reason) = &tray.reason { " " span class="faint" { (reason) } } }
                td { (tray.route.as_deref().unwrap_or("–")) }
                td { (numbers::moment(&tray.received_at)) }
            } } }
        } }
        @if listed.len() > MOST_LISTED { p class="faint" { (desk.say("rest-in-table")) } }
    } }
}

/// A lot's trays as CSV.
pub fn table(desk: &Desk, asked: Asked) -> Answer {
    let lot = asked.lot.as_deref();
    let listed = trays(&desk.house, lot, MOST_READ)?;
    let read = reports(&desk.house, &listed)?;
    let mut csv = String::from(
        "tray_uid,pass,received_at,status,reason,grade,route,rows,cols,blank,graded,double,unsure,marketable,standard\r\n",
    );
    for ((_, tray), report) in listed.iter().zip(&read) {
        let counts = report.counts.unwrap_or_default();
        let text = |t: Option<&str>| csv_field(t.unwrap_or_default());
        let _ = write!(
            csv,
            "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
            csv_field(&tray.uid),
            tray.pass,
            csv_field(&tray.received_at),
            csv_field(&tray.status),
            text(tray.reason.as_deref()),
            text(tray.grade.as_deref()),
            text(tray.route.as_deref()),
            report.rows,
            report.cols,
            counts.blank,
            counts.graded,
            counts.double,
            counts.unsure,
            report.marketable.unwrap_or(0),
            csv_field(&report.evidence.standard),
        );
    }
    let name = format!("lot-{}.csv", lot.unwrap_or("without-name"));
    Ok::<Response, Trouble>(download("text/csv; charset=utf-8", &name, csv))
}

/// A field of a table; one that a spreadsheet would calculate is marked as text.
fn csv_field(text: &str) -> String {
    let text = match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t') => format!("'{text}"),
        _ => text.to_owned(),
    };
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_never_a_formula_and_never_breaks_the_table() {
        assert_eq!(csv_field("=1+1"), "'=1+1");
        assert_eq!(csv_field("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(csv_field("plain"), "plain");
    }
}
