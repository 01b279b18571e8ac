//! Lots: how many plants does each give, and where are the blanks?

use std::collections::BTreeSet;

use maud::{Markup, html};
use serde::Deserialize;

use crate::picture::{Mark, mark_key};
use crate::review::answer::{Answer, Trouble, form_encoded};
use crate::review::areas::histogram;
use crate::review::charts::{AxisNames, areas, trend};
use crate::review::house::Desk;
use crate::review::lot_figures::{PositionMap, figures};
use crate::review::lot_sizes::size_of;
use crate::review::lots::{ListedLot, newest, reports, span, spread, tallies, trays, trays_of};
use crate::review::numbers;
use crate::review::stores::TrayKey;
use crate::statistics::{BinomialRate, Group, GroupBy, Summary, Tally, TallyKey, group};
use crate::store::{LotSize, StoredTray};

use super::compare::By;
use super::find::tray_address;
use super::layout::{Place, figure, page};
use super::live::Nothing;
use super::lot_size::{self, missing, of_order, of_trays};
use super::terms;
use super::tray::lot_address;
use super::view::cell_place;

/// Lots on the page of lots.
const MOST_LOTS: u32 = 50;
/// Trays listed on a lot's page.
const MOST_LISTED: u32 = 60;
/// Trays whose plants' areas are read.
const MOST_MEASURED: u32 = 40;

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
        .flat_map(|listed| listed.summary.tray_grades.keys())
        .collect();
    let body = html! {
        h1 class="answer" { (desk.say("nav-lots")) }
        p class="buttons" {
            @for by in By::ALL { a class="button" href=(by.address()) {
                (desk.say_with("compare-by", &[("what", &desk.say(by.word()))]))
            } }
            a class="button" href="/shift" { (desk.say("shift-report")) }
            button type="button" data-print { (desk.say("certificate-print")) }
        }
        @if lots.is_empty() { p class="lead" { (desk.say("live-nothing")) } }
        @else {
            div class="scroll" { table class="lots" {
                thead { tr {
                    th { (desk.say("lot")) } th class="num" { (desk.say("trays")) }
                    @for grade in &grades { th class="num" { (desk.say("grade")) " " (grade) } }
                    th class="num" { (desk.say("not-judged")) }
                    th { (desk.say("emergence")) } th { (desk.say("marketable")) }
                    th class="num" { (desk.say("lot-size-ordered-short")) } th { (desk.say("newest")) }
                } }
                tbody { @for listed in &lots { (lot_row(desk, listed, &grades)) } }
            } }
            p class="faint" { (desk.say("shares-of")) }
        }
    };
    Ok(page(desk, Place::Lots, &desk.say("nav-lots"), &body))
}

fn lot_row(desk: &Desk, listed: &ListedLot, grades: &BTreeSet<&String>) -> Markup {
    let (lot, of, size) = (listed.lot.as_deref(), &listed.summary, listed.size.as_ref());
    let count = |grade: &str| of.tray_grades.get(grade).copied().unwrap_or(0) as usize;
    html! { tr {
        th scope="row" { a href=(lot_address(lot)) { (terms::lot(desk, lot)) } }
        td class="num" { (numbers::whole(trays_of(of))) @if let Some(all) = size.and_then(|size| size.trays) {
            " / " (numbers::whole(all.get() as usize))
        } }
        @for grade in grades { td class="num" { (numbers::whole(count(grade))) } }
        td class="num" { (numbers::whole(not_judged(of))) }
        td { (share(&of.emergence)) }
        td { (share(&of.marketable)) }
        td class="num" { @match size.and_then(|size| size.ordered) {
            Some(ordered) => { (numbers::whole(ordered.get() as usize))
                @if let Some(missing) = missing(desk, size, of.marketable.hits) { " " span class="doubt" { (missing) } } }
            None => "–",
        } }
        td { (desk.moment(&listed.last_at)) }
    } }
}

/// A share with its doubt.
fn share(rate: &BinomialRate) -> Markup {
    html! { strong { (numbers::share(rate)) } " " span class="doubt" { (numbers::interval(rate)) } }
}

fn not_judged(summary: &Summary) -> usize {
    (summary.trays.refused + summary.trays.failed) as usize
}

/// One lot: the figures of all its trays, and its newest trays.
pub fn one(desk: &Desk, asked: Asked) -> Answer {
    let lot = asked.lot.as_deref();
    let (first_at, last_at) = span(&desk.house, lot)?.ok_or(Trouble::NotFound)?;
    let tallies = tallies(&desk.house, lot)?;
    let found = figures(&tallies);
    let listed = trays(&desk.house, lot, MOST_LISTED)?;
    let order = grade_order(desk, &listed, &found.summary)?;
    let name = terms::lot(desk, lot);
    let query = lot
        .map(|lot| format!("?lot={}", form_encoded(lot)))
        .unwrap_or_default();
    let zone = desk.house.calendar.zone();
    let axes = AxisNames {
        across: desk.say("axis-moment"),
        up: desk.say("axis-emergence"),
    };
    let body = html! {
        h1 class="answer" {
            (numbers::share(&found.summary.marketable))
            span class="to" { " " (desk.say("marketable")) }
        }
        p class="sub" {
            strong { (desk.say("lot")) " " (name) } " · "
            (desk.moment(&first_at)) " – " (desk.moment(&last_at))
        }
        (lot_figures(desk, &found.summary, size_of(&desk.house, lot)?.as_ref()))
        p class="buttons" {
            a class="button" href=(format!("/lot/table{query}")) { (desk.say("table-download")) }
            @if lot.is_some() { a class="button" href=(format!("/lot/trays.parquet{query}")) { (desk.say("parquet-download")) } }
            a class="button" href=(format!("/bench{query}")) { (desk.say("bench")) }
            @if lot.is_some() { a class="button" href=(format!("/certificate{query}")) { (desk.say("certificate")) } }
            button type="button" data-print { (desk.say("certificate-print")) }
        }
        div class="cards" {
        section class="card" {
            h2 { (desk.say("plants-by-grade")) }
            (grades(desk, &found.summary, &order))
        }
        @for map in &found.maps { (map_card(desk, map)) }
        section class="card" {
            h2 { (desk.say("trend")) }
            div class="scroll" tabindex="0" { (trend(&found.trend, &axes, |when| numbers::hour_or_day(when, zone))) }
        }
        @if let Some(lot) = lot { (lot_size::section(desk, lot)?) }
        (area_card(desk, lot)?)
        (tray_list(desk, &listed, &tallies, trays_of(&found.summary)))
        }
    };
    Ok(page(desk, Place::Lots, &name, &body))
}

/// How large the plants are, from the stored areas of trays that are spread over the lot.
fn area_card(desk: &Desk, lot: Option<&str>) -> Result<Markup, Trouble> {
    let spread = spread(&desk.house, lot, MOST_MEASURED)?;
    let found = histogram(&reports(&desk.house, &spread)?);
    let axes = AxisNames {
        across: desk.say("trait-area"),
        up: desk.say("axis-plants"),
    };
    let [trays, plants] = [found.trays, found.plants].map(numbers::whole);
    let of = [("trays", trays.as_str()), ("plants", plants.as_str())];
    Ok(html! { @if found.plants > 0 { section class="card" {
        h2 { (desk.say("areas")) }
        div class="scroll" tabindex="0" { (areas(&found, &axes)) }
        p class="faint" { (desk.say_with("areas-of", &of)) }
    } } })
}

/// A lot's grades, best first: by the standard of its newest tray, those of earlier standards after them.
fn grade_order(
    desk: &Desk,
    listed: &[(TrayKey, StoredTray)],
    summary: &Summary,
) -> Result<Vec<String>, Trouble> {
    let mut order = Vec::new();
    if let Some((key, _)) = listed.iter().find(|(_, tray)| tray.status == "graded") {
        let (_, report) = desk.house.tray(*key)?;
        order = desk.house.grade_order(&report);
    }
    for grade in summary.grades.keys() {
        if !order.contains(grade) {
            order.push(grade.clone());
        }
    }
    Ok(order)
}

/// Plants to sell, emergence, uniformity and trays.
pub(super) fn lot_figures(desk: &Desk, of: &Summary, size: Option<&LotSize>) -> Markup {
    let (plants, trays) = (of.marketable.hits as usize, numbers::whole(trays_of(of)));
    let trays = match of_trays(desk, size) {
        Some(all) => format!("{trays} {all}"),
        None => trays,
    };
    let missing = missing(desk, size, of.marketable.hits);
    let doubt_of_plants = match of_order(desk, size).zip(missing) {
        Some((ordered, missing)) => format!("{ordered} · {missing}"),
        None => numbers::interval(&of.marketable),
    };
    let (cv, doubt) = numbers::uniformity(of.uniformity.as_ref());
    html! {
        div class="figures" {
            (figure(&desk.say("marketable-plants"), &numbers::whole(plants), &doubt_of_plants))
            (figure(&desk.say("emergence"), &numbers::share(&of.emergence), &numbers::interval(&of.emergence)))
            (figure(&desk.say("uniformity"), &cv, &doubt))
            (figure(&desk.say("trays"), &trays,
                &desk.say_with("of-them-not-judged", &[("n", &numbers::whole(not_judged(of)))])))
        }
    }
}

/// Plants by grade.
pub(super) fn grades(desk: &Desk, of: &Summary, order: &[String]) -> Markup {
    let plants: u64 = of.grades.values().sum();
    html! { table class="tally" { @for grade in order {
        @let mark = Mark::of_grade(grade, order);
        @let rate = BinomialRate::of(of.grades.get(grade).copied().unwrap_or(0), plants);
        tr {
            th scope="row" { (mark_key(mark)) (grade) @if let Some(key) = terms::verdict(mark) { " " (desk.say(key)) } }
            td class="num" { (numbers::whole(rate.hits as usize)) }
            td class="num" { (numbers::share(&rate)) }
            td class="faint" { (numbers::interval(&rate)) }
        }
    } } }
}

/// Where the blanks lie in trays of one format, and which places look blocked.
pub(super) fn map_card(desk: &Desk, map: &PositionMap) -> Markup {
    let counted = |places: &[usize]| {
        places
            .iter()
            .map(|at| (at + 1).to_string())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let places = map.flagged_cells.iter();
    let places: Vec<String> = places
        .map(|(row, col)| cell_place(desk, *row, *col))
        .collect();
    let cells = places.join("; ");
    html! { section class="card" {
        h2 { (desk.say("position-map")) " · " (map.map.rows) "×" (map.map.cols) }
        p class="faint" { (desk.say_with("position-map-of", &[("n", &numbers::whole(map.map.trays as usize))])) }
        @if !map.flagged_cols.is_empty() {
            p class="alarm" { (desk.say_with("flagged-cols", &[("cols", &counted(&map.flagged_cols))])) }
        }
        @if !map.flagged_rows.is_empty() {
            p class="alarm" { (desk.say_with("flagged-rows", &[("rows", &counted(&map.flagged_rows))])) }
        }
        @if !map.flagged_cells.is_empty() {
            p class="alarm" { (desk.say_with("flagged-cells", &[("cells", &cells)])) }
        }
        div class="scroll" tabindex="0" { (map_picture(desk, map)) }
    } }
}

/// A square a place: the darker, the more often it was blank; the number says how often of a hundred.
fn map_picture(desk: &Desk, found: &PositionMap) -> Markup {
    const SIDE: usize = 40;
    const EDGE: usize = 30;
    let map = &found.map;
    let share = |row, col| map.at(row, col) as f64 / map.trays as f64;
    html! { svg class="map" role="img" aria-label=(desk.say("position-map"))
        width=(map.cols * SIDE + EDGE) height=(map.rows * SIDE + EDGE)
        viewBox=(format!("0 0 {} {}", map.cols * SIDE + EDGE, map.rows * SIDE + EDGE)) {
        @for col in 0..map.cols {
            text x=(EDGE + col * SIDE + SIDE / 2) y="20" class=(if found.flagged_cols.contains(&col) { "flagged" } else { "" }) { (col + 1) }
        }
        @for row in 0..map.rows {
            text x="14" y=(EDGE + row * SIDE + 26) class=(if found.flagged_rows.contains(&row) { "flagged" } else { "" }) { (row + 1) }
            @for col in 0..map.cols {
                @let (x, y) = (EDGE + col * SIDE, EDGE + row * SIDE);
                rect class="place" x=(x + 1) y=(y + 1) width=(SIDE - 2) height=(SIDE - 2) rx="3" {}
                @let share = share(row, col);
                @if share > 0.0 {
                    rect class="blanks" x=(x + 1) y=(y + 1) width=(SIDE - 2) height=(SIDE - 2) rx="3" fill-opacity=(format!("{share:.2}")) {}
                    text class=(if share > 0.5 { "on-dark" } else { "" }) x=(x + SIDE / 2) y=(y + 26) { (format!("{:.0}", 100.0 * share)) }
                }
            }
        }
        @for col in &found.flagged_cols {
            rect class="flag" x=(EDGE + col * SIDE) y=(EDGE) width=(SIDE) height=(map.rows * SIDE) rx="4" {}
        }
        @for (row, col) in &found.flagged_cells {
            rect class="flag" x=(EDGE + col * SIDE) y=(EDGE + row * SIDE) width=(SIDE) height=(SIDE) rx="4" {}
        }
        @for row in &found.flagged_rows {
            rect class="flag" x=(EDGE) y=(EDGE + row * SIDE) width=(map.cols * SIDE) height=(SIDE) rx="4" {}
        }
    } }
}

fn why_not(desk: &Desk, reason: &str) -> Markup {
    html! { @match terms::refusal(reason) {
        Some(key) => span class="faint" { (desk.say(key)) },
        None => span class="faint" { (terms::cause(desk, reason)) },
    } }
}

/// The newest trays hour by hour; of every hour all that passed is said, however many of them are listed.
fn tray_list(
    desk: &Desk,
    listed: &[(TrayKey, StoredTray)],
    tallies: &[(TallyKey, Tally)],
    of_all: usize,
) -> Markup {
    let hours = group(tallies, GroupBy::Hour, |_| None, &desk.house.calendar);
    let hour = |tray: &(TrayKey, StoredTray)| Some(desk.hour(tray.1.seen_at()));
    html! { section class="card" {
        h2 { (desk.say("trays")) }
        div class="scroll" { table {
            thead { tr { th { (desk.say("tray")) } th { (desk.say("grade")) } th { (desk.say("route")) } th { (desk.say("moment")) } } }
            @for of_hour in listed.chunk_by(|a, b| hour(a) == hour(b)) { tbody {
                @if let Some((begins, all)) = of_hour.first().and_then(|tray| hours.get_key_value(&hour(tray))) {
                    (hour_row(desk, begins.as_deref().unwrap_or_default(), all))
                }
                @for (key, tray) in of_hour { (tray_row(desk, *key, tray)) }
            } }
        } }
        @if of_all > listed.len() { p class="faint" { (desk.say("rest-in-table")) } }
    } }
}

fn hour_row(desk: &Desk, begins: &str, all: &Group) -> Markup {
    let of = Summary::of(&all.tally);
    html! { tr class="hour" { th colspan="4" scope="rowgroup" {
        (begins) " · " (desk.say_with("hour-trays", &[("n", &numbers::whole(trays_of(&of)))]))
        " · " (desk.say_with("plants-to-sell", &[("n", &numbers::whole(of.marketable.hits as usize))]))
        " · " (desk.say("emergence")) " " (numbers::share(&of.emergence))
    } } }
}

fn tray_row(desk: &Desk, key: TrayKey, tray: &StoredTray) -> Markup {
    html! { tr {
        th scope="row" { a href=(tray_address(key)) {
            @if let Some(code) = &tray.tray_code { (code) " · " } (tray.uid)
            @if tray.pass > 1 { " · " (desk.say_with("pass", &[("n", &tray.pass.to_string())])) }
        } }
        td { strong { (tray.grade.as_deref().unwrap_or("–")) } @if let Some(reason) = &tray.reason { " " (why_not(desk, reason)) } }
        td { (tray.route.as_deref().unwrap_or("–")) }
        td { (desk.moment(&tray.received_at)) }
    } }
}
