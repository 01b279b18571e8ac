//! What people decide by, for programs: comparisons, standards, what-if, the audit, events.

use std::collections::BTreeMap;

use axum::Json;
use axum::response::IntoResponse as _;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::evaluate::{Agreement, GroupAgreement};
use crate::review::answer::{Answer, Trouble};
use crate::review::house::Desk;
use crate::review::pages::compare::{self, groups};
use crate::review::pages::live::Nothing;
use crate::review::pages::what_if::{Fields, chosen};
use crate::review::pages::{audit, what_if_outcome};
use crate::review::saleable::Saleable;
use crate::review::stores::StoreIndex;
use crate::statistics::Summary;
use crate::store::EventRecord;

use super::{Evenness, MOST_LISTED, Share, USUALLY_LISTED};

/// Trays that belong together.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupLine {
    /// The lot, variety, day, hour or shift; null where it is not known.
    group: Option<String>,
    /// Judged trays.
    graded_trays: u64,
    /// Judged trays by their grade.
    tray_grades: BTreeMap<String, u64>,
    /// Occupied of decided cells.
    emergence: Share,
    /// Plants of a marketable grade of all cells.
    marketable: Share,
    /// Spread of the canopy areas; null without plants.
    uniformity: Option<Evenness>,
    /// The 95 % interval of its coefficient of variation; null where it has none.
    uniformity_ci95: Option<[f64; 2]>,
}

impl GroupLine {
    pub(super) fn of(group: Option<String>, of: Summary) -> Self {
        let ci95 = of.uniformity.and_then(|found| found.cv_ci95());
        Self {
            group,
            graded_trays: of.trays.graded,
            tray_grades: of.tray_grades,
            emergence: of.emergence.into(),
            marketable: of.marketable.into(),
            uniformity: of.uniformity.map(Evenness::from),
            uniformity_ci95: ci95.map(Into::into),
        }
    }
}

/// The newest 50 lots, put together.
#[utoipa::path(get, path = "/api/v1/compare", params(
    ("by" = Option<String>, Query, description = "`lot` (where nothing is said), `variety`, `day`, `hour` or `shift`")), responses(
    (status = 200, description = "the groups", body = Vec<GroupLine>),
    (status = 400, description = "a parameter does not fit")))]
pub fn compared(desk: &Desk, asked: compare::Asked) -> Answer {
    let groups = groups(&desk.house, asked.by())?.into_iter();
    let lines = groups.map(|(name, of)| GroupLine::of(name, Summary::of(&of.tally)));
    Ok(Json(lines.collect::<Vec<_>>()).into_response())
}

/// A version of a standard.
#[derive(Debug, Serialize, ToSchema)]
pub struct StandardLine {
    /// Its name.
    id: String,
    /// Its version.
    version: u32,
    /// `sha256:…` of its text.
    digest: String,
    /// Who brought it into a store; null where it came with the program or its configuration.
    who: Option<String>,
    /// When, ISO 8601 in UTC.
    at: Option<String>,
    /// Its text, byte for byte.
    text: String,
}

/// Every version of every standard that is known, the newest of each first.
#[utoipa::path(get, path = "/api/v1/standards", responses(
    (status = 200, description = "the standards", body = Vec<StandardLine>)))]
pub fn standards(desk: &Desk, _: Nothing) -> Answer {
    let known = desk.house.all_standards()?.into_iter();
    let lines = known.map(|known| {
        let (who, at) = known.brought.unzip();
        StandardLine {
            id: known.standard.id().to_owned(),
            version: known.standard.version(),
            digest: known.standard.digest().to_owned(),
            who,
            at,
            text: known.text,
        }
    });
    Ok(Json(lines.collect::<Vec<_>>()).into_response())
}

/// Sums under one standard.
#[derive(Debug, Serialize, ToSchema)]
pub struct Side {
    /// Trays by their grade, of those that were judged both ways.
    tray_grades: BTreeMap<String, usize>,
    /// Their plants by grade.
    plants: BTreeMap<String, usize>,
    /// Their plants to sell.
    marketable: usize,
    /// Plants to sell of the whole lot; of a lot of which only some trays were judged, by these.
    of_lot: f64,
    /// Its 95 % interval; null where every tray was judged.
    of_lot_ci95: Option<[Option<f64>; 2]>,
    /// Plants missing to what was ordered; null where nothing was.
    missing: Option<f64>,
}

/// A tray that changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeLine {
    /// The store, from 0.
    store: usize,
    /// The tray's number in it.
    id: i64,
    /// Names the tray for ever.
    tray_uid: String,
    /// Its grade by the standard as it is.
    before: String,
    /// By the moved one.
    after: String,
    /// Its cells that change: row and column, from 0.
    cells: Vec<(usize, usize)>,
}

/// What moved limits would do.
#[derive(Debug, Serialize, ToSchema)]
pub struct WhatIf {
    /// Trays of the lot, judged or not.
    trays_of_lot: usize,
    /// Trays that were judged both ways: all, or some that are spread over the lot.
    trays: usize,
    /// Trays without measurements.
    left_out: usize,
    /// Trays whose grade changes.
    trays_changed: usize,
    /// Cells that change, of all.
    cells_changed: Share,
    /// Under the standard as it is.
    before: Side,
    /// Under the moved one.
    after: Side,
    /// The trays of which something changes.
    changed: Vec<ChangeLine>,
}

/// A lot under a standard of which limits are moved: nothing is saved.
#[utoipa::path(get, path = "/api/v1/what-if", params(
    ("standard" = String, Query, description = "the standard's digest, `sha256:…`"),
    ("lot" = Option<String>, Query, description = "the lot; absent: the trays without one"),
    ("ordered" = Option<u32>, Query, description = "plants that somebody ordered; absent: what was stated to be ordered of the lot"),
    ("g0c0" = Option<f64>, Query, description = "the limit of the first criterion of the best grade; `g1c2` is the third of the second, and so on")),
    responses(
    (status = 200, description = "the outcome", body = WhatIf),
    (status = 400, description = "a parameter does not fit, or these limits cannot hold"),
    (status = 404, description = "no such standard")))]
pub fn what_if(desk: &Desk, fields: Fields) -> Answer {
    let (standard, text) = chosen(desk, &fields)?;
    let found = what_if_outcome::find(desk, &standard, &text, &fields)?;
    let found = found.map_err(|error| Trouble::Bad(error.to_string()))?;
    let lots = found.saleable();
    let of = found.outcome;
    let [before, after] = [(of.before, lots[0]), (of.after, lots[1])].map(|(sums, lot)| Side {
        tray_grades: sums.tray_grades,
        plants: sums.plants,
        marketable: sums.marketable,
        of_lot: lot.plants,
        of_lot_ci95: ends(&lot),
        missing: found.ordered.map(|ordered| lot.missing_to(ordered).plants),
    });
    let changed = of.changed.into_iter().filter_map(|change| {
        let (key, tray) = found.listed.get(change.index)?;
        Some(ChangeLine {
            store: key.store.0,
            id: key.id,
            tray_uid: tray.uid.clone(),
            before: change.before,
            after: change.after,
            cells: change.cells,
        })
    });
    let line = WhatIf {
        trays_of_lot: found.all,
        trays: of.trays,
        left_out: of.left_out,
        trays_changed: of.trays_changed,
        cells_changed: crate::statistics::BinomialRate::of(
            of.cells_changed as u64,
            of.cells as u64,
        )
        .into(),
        before,
        after,
        changed: changed.collect(),
    };
    Ok(Json(line).into_response())
}

/// JSON has no infinity: an end that is none is null.
fn ends(lot: &Saleable) -> Option<[Option<f64>; 2]> {
    lot.ci95
        .map(|ends| ends.map(|end| Some(end).filter(|end| end.is_finite())))
}

/// What blind audits came to.
#[derive(Debug, Serialize)]
struct AuditLine {
    /// People against the inspection: what it said, what they said.
    inspection: Agreement,
    /// Every pair of people.
    people: Vec<PairLine>,
    /// All people among each other: the ceiling that a label can teach.
    among_people: GroupAgreement,
}

/// Two people on the cells that both answered.
#[derive(Debug, Serialize)]
struct PairLine {
    people: [String; 2],
    #[serde(flatten)]
    agreement: Agreement,
}

/// What blind audits came to: accuracy, and people's agreement among themselves, with their intervals.
#[utoipa::path(get, path = "/api/v1/audit", responses(
    (status = 200, description = "agreement of people with the inspection, of pairs of people, of all people", content_type = "application/json")))]
pub fn audited(desk: &Desk, _: Nothing) -> Answer {
    let found = audit::found(desk)?;
    let pair = |(first, second, agreement)| PairLine {
        people: [first, second],
        agreement,
    };
    let line = AuditLine {
        inspection: found.inspection,
        people: found.people.into_iter().map(pair).collect(),
        among_people: found.among_people,
    };
    Ok(Json(line).into_response())
}

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsAsked {
    /// The store, from 0.
    #[serde(default)]
    store: usize,
    /// At most so many, 200 at the most.
    limit: Option<u32>,
}

/// An event of a line.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventLine {
    /// Its number in the store.
    number: i64,
    /// When, ISO 8601 in UTC.
    at: String,
    /// What kind, such as `part_in_trouble`.
    kind: String,
    /// In words.
    message: String,
}

impl EventLine {
    pub(super) fn of(number: i64, event: EventRecord) -> Self {
        Self {
            number,
            at: event.at,
            kind: event.kind,
            message: event.message,
        }
    }
}

/// Events of a line, newest first: armed and disarmed, faults, parts in trouble, jobs.
#[utoipa::path(get, path = "/api/v1/events", params(EventsAsked), responses(
    (status = 200, description = "events, newest first", body = Vec<EventLine>),
    (status = 400, description = "a parameter does not fit"),
    (status = 404, description = "no such store")))]
pub fn events(desk: &Desk, asked: EventsAsked) -> Answer {
    let limit = asked.limit.unwrap_or(USUALLY_LISTED).min(MOST_LISTED);
    let store = desk.house.store(StoreIndex(asked.store))?;
    let events = store.read(|reader| reader.newest_events(limit))?;
    let lines = events.into_iter();
    let lines = lines.map(|(number, event)| EventLine::of(number, event));
    Ok(Json(lines.collect::<Vec<_>>()).into_response())
}
