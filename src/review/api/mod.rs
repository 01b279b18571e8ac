//! The pages' data for programs, under `/api/v1`, with a document that is made from this code.

pub mod cells;
pub mod decisions;
pub mod find;
pub mod jobs;
pub mod lot_size;
pub mod moves;
pub mod shift;

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use axum::Json;
use axum::extract::Path;
use axum::response::IntoResponse as _;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, OpenApi, ToSchema};

use super::answer::{Answer, Trouble};
use super::house::Desk;
use super::lot_figures::{PositionMap, TrendPoint, figures};
use super::lot_sizes::size_of;
use super::lots::{newest, span, summary, tallies};
use super::pages::live::Nothing;
use super::pages::{bench, certificate};
use super::stores::{StoreIndex, TrayKey};
use crate::statistics::{BinomialRate, Summary, Uniformity};
use crate::store::{LotSize, StoredTray};

/// The most that one answer lists.
const MOST_LISTED: u32 = 200;
const USUALLY_LISTED: u32 = 50;

/// A tray's line in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrayLine {
    /// The store, by its place on the command line, from 0.
    store: usize,
    /// The tray's number in it.
    id: i64,
    /// Names the tray for ever.
    tray_uid: String,
    /// The code that was read from it.
    tray_code: Option<String>,
    /// How often it had passed, from 1.
    pass: u32,
    /// When the store got it, ISO 8601 in UTC.
    received_at: String,
    /// Its lot.
    lot: Option<String>,
    /// `graded`, `refused` or `failed`.
    status: String,
    /// Why not graded.
    reason: Option<String>,
    /// Its grade.
    grade: Option<String>,
    /// Where it went.
    route: Option<String>,
}

impl TrayLine {
    fn of(key: TrayKey, tray: StoredTray) -> Self {
        Self {
            store: key.store.0,
            id: key.id,
            tray_uid: tray.uid,
            tray_code: tray.tray_code,
            pass: tray.pass,
            received_at: tray.received_at,
            lot: tray.lot,
            status: tray.status,
            reason: tray.reason,
            grade: tray.grade,
            route: tray.route,
        }
    }
}

/// A share with its exact binomial 95 % interval.
#[derive(Debug, Serialize, ToSchema)]
pub struct Share {
    /// How many.
    hits: u64,
    /// Of how many.
    of: u64,
    /// Hits ÷ of; null of nothing.
    share: Option<f64>,
    /// The interval's ends; null of nothing.
    ci95: Option<[f64; 2]>,
}

impl From<BinomialRate> for Share {
    fn from(rate: BinomialRate) -> Self {
        Self {
            hits: rate.hits,
            of: rate.of,
            share: rate.rate,
            ci95: rate.ci95.map(Into::into),
        }
    }
}

/// How even a lot's plants are.
#[derive(Debug, Serialize, ToSchema)]
pub struct Evenness {
    /// Plants that got a grade.
    plants: u64,
    /// Their mean canopy area, square pitches.
    mean_area_pitch2: f64,
    /// The coefficient of variation of their areas; null of fewer than two.
    cv: Option<f64>,
}

/// A lot's totals.
#[derive(Debug, Serialize, ToSchema)]
pub struct LotLine {
    /// Its name; null for the trays without one.
    lot: Option<String>,
    /// Judged trays.
    graded_trays: u64,
    /// Refused or unreadable trays.
    other_trays: u64,
    /// Judged trays by their grade.
    tray_grades: BTreeMap<String, u64>,
    /// Plants by their grade.
    grades: BTreeMap<String, u64>,
    /// Occupied of decided cells.
    emergence: Share,
    /// Plants of a marketable grade of all cells.
    marketable: Share,
    /// Spread of the canopy areas; null without plants.
    uniformity: Option<Evenness>,
    /// The 95 % interval of its coefficient of variation; null where it has none.
    uniformity_ci95: Option<[f64; 2]>,
    /// Undecided cells.
    unsure: u64,
    /// Trays of the lot, sown or delivered, as was stated last; null where nobody knows.
    lot_trays: Option<u32>,
    /// Plants that are ordered of it, as was stated last; null where nobody knows.
    ordered: Option<u32>,
    /// When its last tray was stored.
    last_at: Option<String>,
}

impl From<Uniformity> for Evenness {
    fn from(found: Uniformity) -> Self {
        Self {
            plants: found.plants,
            mean_area_pitch2: found.mean_area_pitch2,
            cv: found.cv,
        }
    }
}

impl LotLine {
    fn of(
        lot: Option<String>,
        last_at: Option<String>,
        of: Summary,
        size: Option<LotSize>,
    ) -> Self {
        let ci95 = of.uniformity.and_then(|found| found.cv_ci95());
        Self {
            lot,
            graded_trays: of.trays.graded,
            other_trays: of.trays.refused + of.trays.failed,
            tray_grades: of.tray_grades,
            grades: of.grades,
            emergence: of.emergence.into(),
            marketable: of.marketable.into(),
            uniformity: of.uniformity.map(Evenness::from),
            uniformity_ci95: ci95.map(Into::into),
            unsure: of.cells.unsure,
            lot_trays: size
                .as_ref()
                .and_then(|size| size.trays)
                .map(NonZeroU32::get),
            ordered: size.and_then(|size| size.ordered).map(NonZeroU32::get),
            last_at,
        }
    }
}

/// Which trays.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TraysAsked {
    /// Of this lot only; an absent lot lists all trays.
    lot: Option<String>,
    /// The store, from 0.
    #[serde(default)]
    store: usize,
    /// Stored before the tray of this number: for the next page.
    before: Option<i64>,
    /// At most so many, 200 at the most.
    limit: Option<u32>,
}

/// Which tray.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TrayAsked {
    /// The store, from 0.
    #[serde(default)]
    store: usize,
    /// The tray's number in it.
    id: i64,
}

/// Which lot.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LotAsked {
    /// Its name; absent: the trays without one.
    lot: Option<String>,
}

/// Trays, newest first; of a lot every tray once, by the pass that counts.
#[utoipa::path(get, path = "/api/v1/trays", params(TraysAsked), responses(
    (status = 200, description = "trays, newest first", body = Vec<TrayLine>),
    (status = 400, description = "a parameter does not fit"),
    (status = 404, description = "no such store")))]
pub fn list_trays(desk: &Desk, asked: TraysAsked) -> Answer {
    let limit = asked.limit.unwrap_or(USUALLY_LISTED).min(MOST_LISTED);
    let store = StoreIndex(asked.store);
    let open = desk.house.store(store)?;
    let listed = open.read(|reader| match asked.lot.as_deref() {
        Some(lot) => reader.newest_of_lot(Some(lot), asked.before, limit),
        None => reader.newest_trays(asked.before, limit),
    })?;
    let line = |tray: StoredTray| TrayLine::of(TrayKey { store, id: tray.id }, tray);
    Ok(Json(listed.into_iter().map(line).collect::<Vec<_>>()).into_response())
}

/// One tray's report, as `grade --json` writes it.
#[utoipa::path(get, path = "/api/v1/tray", params(TrayAsked), responses(
    (status = 200, description = "the report, schema seedgrade.tray/1", content_type = "application/json"),
    (status = 404, description = "no such tray")))]
pub fn one_tray(desk: &Desk, asked: TrayAsked) -> Answer {
    let key = TrayKey {
        store: StoreIndex(asked.store),
        id: asked.id,
    };
    let (_, report) = desk.house.tray(key)?;
    Ok(Json(report).into_response())
}

/// Lots of all stores, the one with the newest tray first; 50 at the most.
#[utoipa::path(get, path = "/api/v1/lots", responses(
    (status = 200, description = "lots", body = Vec<LotLine>)))]
pub fn list_lots(desk: &Desk, _: Nothing) -> Answer {
    let lots = newest(&desk.house, USUALLY_LISTED)?;
    let lines = lots
        .into_iter()
        .map(|of| LotLine::of(of.lot, Some(of.last_at), of.summary, of.size));
    Ok(Json(lines.collect::<Vec<_>>()).into_response())
}

/// One lot's totals.
#[utoipa::path(get, path = "/api/v1/lot", params(LotAsked), responses(
    (status = 200, description = "the lot", body = LotLine),
    (status = 404, description = "no tray of that lot")))]
pub fn one_lot(desk: &Desk, asked: LotAsked) -> Answer {
    let (_, last_at) = span(&desk.house, asked.lot.as_deref())?.ok_or(Trouble::NotFound)?;
    let summary = summary(&desk.house, asked.lot.as_deref())?;
    let size = size_of(&desk.house, asked.lot.as_deref())?;
    Ok(Json(LotLine::of(asked.lot, Some(last_at), summary, size)).into_response())
}

/// Emergence of a lot in an hour or on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrendLine {
    /// In UTC: `2026-11-24T08`, or `2026-11-24` of a lot that took many hours.
    when: String,
    /// Occupied of decided cells.
    emergence: Share,
}

/// A lot's blanks by their place in the tray, of one tray format.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlacesLine {
    /// Trays of this format.
    trays: u64,
    /// Rows of cells.
    rows: usize,
    /// Columns.
    cols: usize,
    /// Row by row, in how many of these trays the place was blank.
    blanks: Vec<Vec<u64>>,
    /// Rows, from 0, whose nozzle looks blocked; with a row the opposite one where turned trays leave it open which.
    flagged_rows: Vec<usize>,
    /// The same of columns.
    flagged_cols: Vec<usize>,
    /// The same of single places, row and column.
    flagged_cells: Vec<(usize, usize)>,
}

/// A lot's emergence in the order of time.
#[utoipa::path(get, path = "/api/v1/lot/trend", params(LotAsked), responses(
    (status = 200, description = "by the hour or the day", body = Vec<TrendLine>),
    (status = 404, description = "no tray of that lot")))]
pub fn lot_over_time(desk: &Desk, asked: LotAsked) -> Answer {
    let lot = asked.lot.as_deref();
    span(&desk.house, lot)?.ok_or(Trouble::NotFound)?;
    let found = figures(&tallies(&desk.house, lot)?);
    let line = |point: TrendPoint| TrendLine {
        when: point.when,
        emergence: point.emergence.into(),
    };
    Ok(Json(found.trend.into_iter().map(line).collect::<Vec<_>>()).into_response())
}

/// Where in its trays a lot's blanks are, the format of the most trays first.
#[utoipa::path(get, path = "/api/v1/lot/places", params(LotAsked), responses(
    (status = 200, description = "blanks by place", body = Vec<PlacesLine>),
    (status = 404, description = "no tray of that lot")))]
pub fn lot_by_place(desk: &Desk, asked: LotAsked) -> Answer {
    let lot = asked.lot.as_deref();
    span(&desk.house, lot)?.ok_or(Trouble::NotFound)?;
    let found = figures(&tallies(&desk.house, lot)?);
    let line = |of: PositionMap| {
        let map = &of.map;
        let row = |row| (0..map.cols).map(|col| map.at(row, col)).collect();
        PlacesLine {
            trays: map.trays,
            rows: map.rows,
            cols: map.cols,
            blanks: (0..map.rows).map(row).collect(),
            flagged_rows: of.flagged_rows,
            flagged_cols: of.flagged_cols,
            flagged_cells: of.flagged_cells,
        }
    };
    Ok(Json(found.maps.into_iter().map(line).collect::<Vec<_>>()).into_response())
}

/// A lot's inspection report; it reads every tray of the lot.
#[utoipa::path(get, path = "/api/v1/lots/{lot}/certificate",
    params(("lot" = String, Path, description = "the lot's name")), responses(
    (status = 200, description = "the report, schema seedgrade.certificate/1", content_type = "application/json"),
    (status = 404, description = "no tray of that lot")))]
pub fn certificate_of_lot(desk: &Desk, lot: Path<certificate::Asked>) -> Answer {
    certificate::json(desk, lot)
}

/// The fewest moves that make the most full trays of a lot's newest ones; a moved plug's origin is its donor and cell.
#[utoipa::path(get, path = "/api/v1/refill", params(
    ("lot" = Option<String>, Query, description = "the lot; absent: that of the newest tray"),
    ("trays" = Option<u32>, Query, description = "the newest so many trays stand at the bench, 60 at the most"),
    ("with" = Option<String>, Query, description = "another lot, to the mixing with which a manager consented: who, when and why is in the plan"),
    ("belt" = Option<String>, Query, description = "uids or codes of trays in the order in which the belt brings them, with commas between"),
    ("fingers" = Option<u32>, Query, description = "fingers of the gripper, 1 to 32: the plan then comes stroke by stroke, in the order of the belt"),
    ("step" = Option<u32>, Query, description = "cells from one finger to the next, 1 to 16")), responses(
    (status = 200, description = "the plan", content_type = "application/json"),
    (status = 400, description = "a parameter does not fit"),
    (status = 404, description = "no tray of that lot")))]
pub fn refill_plan(desk: &Desk, asked: bench::Asked) -> Answer {
    bench::json(desk, asked)
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "seedgrade",
        description = "Judged trays and lots, what people decide by, and the jobs of lines."
    ),
    paths(
        list_trays,
        one_tray,
        list_lots,
        one_lot,
        certificate_of_lot,
        refill_plan,
        lot_over_time,
        lot_by_place,
        lot_size::stated_of,
        lot_size::add,
        moves::of_tray,
        moves::add,
        moves::undo,
        cells::waiting,
        cells::said,
        cells::add,
        cells::undo,
        decisions::compared,
        decisions::standards,
        decisions::what_if,
        decisions::audited,
        decisions::events,
        shift::told,
        find::found,
        jobs::now,
        jobs::begin,
        jobs::change_over,
        jobs::end
    ),
    components(schemas(
        TrayLine,
        LotLine,
        Share,
        Evenness,
        TrendLine,
        PlacesLine,
        cells::WaitingCells,
        cells::CorrectionLine,
        lot_size::LotSizes,
        moves::Moves,
        moves::StoredMoves,
        jobs::Jobs,
        decisions::GroupLine,
        decisions::StandardLine,
        decisions::WhatIf,
        decisions::EventLine,
        shift::ShiftLine,
        find::FoundLine
    ))
)]
struct Document;

/// The document of this interface.
pub fn document(_: &Desk, _: Nothing) -> Answer {
    Ok(Json(Document::openapi()).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::route_rules;

    #[test]
    fn every_route_for_programs_is_in_the_document_and_no_other() {
        let documented: Vec<String> = Document::openapi().paths.paths.keys().cloned().collect();
        let mut served: Vec<String> = route_rules()
            .iter()
            .map(|rule| rule.path.to_owned())
            .filter(|path| path.starts_with("/api/v1/") && !path.ends_with("openapi.json"))
            .collect();
        // one path may be read and written
        served.sort_unstable();
        served.dedup();
        assert_eq!(documented, served);
    }
}
