//! A shift's report for programs.

use std::collections::BTreeMap;

use axum::Json;
use axum::response::IntoResponse as _;
use serde::Serialize;
use utoipa::ToSchema;

use crate::review::answer::Answer;
use crate::review::house::Desk;
use crate::review::lot_figures::{PositionMap, position_maps};
use crate::review::pages::shift::{Asked, asked_for, changes};
use crate::review::shift::ShiftReport;
use crate::review::stops::{Stood, Stop};
use crate::statistics::{BinomialRate, Group, Summary};
use crate::store::{EventRecord, LinePart};

use super::Share;
use super::decisions::{EventLine, GroupLine};

/// A shift of one line.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShiftLine {
    /// The store, from 0.
    store: usize,
    /// The day on which it began and when, by the site's clock; or a day.
    shift: String,
    /// When it began, ISO 8601 in UTC.
    begins: String,
    /// When the next one begins.
    ends: String,
    /// Whether it goes on still.
    goes_on: bool,
    /// Its trays by their lot.
    lots: Vec<LotOfShift>,
    /// All of its trays; `group` is null.
    all: GroupLine,
    /// Where passes went; of a tray that passed twice both count.
    routes: Vec<RouteLine>,
    /// How often cells were left undecided, by the standard.
    unsure: Vec<UnsureLine>,
    /// How triggers ended, the most frequent end first.
    commands: Vec<EndLine>,
    /// Triggers that ended because their command was late.
    late: u64,
    /// Of them those for whose tray a command was accepted or fired: nought, or something is wrong.
    late_fired: u64,
    /// Stops of the line and troubles of its parts, in the order in which they began.
    stops: Vec<StopLine>,
    /// Looks at the reference tray, and challenge sets that were judged otherwise.
    checks: Vec<EventLine>,
    /// What else the line said.
    events: Vec<EventLine>,
    /// Verdicts that people replaced.
    overrides: usize,
    /// How often they took one back.
    overrides_taken_back: usize,
    /// Cells on which people, asked blindly, said what the inspection had said.
    audited: Share,
    /// Cohen's kappa of that; null where nothing can be said.
    audited_kappa: Option<f64>,
    /// Cells that several people answered, and those on which they agreed.
    people: Share,
    /// Fleiss' kappa among people; null where nothing can be said.
    people_kappa: Option<f64>,
    /// What people changed, in the order of time; null unless a manager asks.
    changes: Option<Vec<ChangeMade>>,
}

/// A lot's trays of the shift.
#[derive(Debug, Serialize, ToSchema)]
pub struct LotOfShift {
    #[serde(flatten)]
    of: GroupLine,
    /// Refused or unreadable trays.
    other_trays: u64,
    /// Plants by their grade.
    grades: BTreeMap<String, u64>,
    /// Where the seeder looks blocked, of every format on which it does.
    suspects: Vec<SuspectLine>,
}

/// Places of a tray format that have far more blanks than the others.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuspectLine {
    /// Rows of cells.
    rows: usize,
    /// Columns.
    cols: usize,
    /// Rows, from 0.
    flagged_rows: Vec<usize>,
    /// Columns, from 0.
    flagged_cols: Vec<usize>,
    /// Single places: row and column, from 0.
    flagged_cells: Vec<(usize, usize)>,
}

/// Passes that went one way.
#[derive(Debug, Serialize, ToSchema)]
pub struct RouteLine {
    /// Where; null of those that were not graded.
    route: Option<String>,
    /// How many.
    passes: u64,
}

/// Undecided cells under a standard.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnsureLine {
    /// The standard, `id@version`.
    standard: String,
    /// `sha256:…` of its text.
    standard_digest: String,
    /// Undecided cells of all.
    unsure: Share,
    /// The share of a tray's cells that the standard leaves undecided for their occupancy; null where it states none, or where
    /// its text is not known.
    budget: Option<f64>,
}

/// Ends of triggers that are alike.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndLine {
    /// `accepted`, `refused`, `fired`, `missing` or `dropped`.
    outcome: String,
    /// Why.
    reason: Option<String>,
    /// How many triggers ended so.
    triggers: u64,
}

/// A stop of the line, or the trouble of a part.
#[derive(Debug, Serialize, ToSchema)]
pub struct StopLine {
    /// `line`, or the part: `camera`, `actuator`, `store` or `net`.
    stood: String,
    /// The kind of the event by which the line stopped; null of a part.
    kind: Option<String>,
    /// Why, in words.
    why: String,
    /// When it began, ISO 8601 in UTC; it may be before the shift.
    began: String,
    /// When it was over; null where it was not within the shift.
    over: Option<String>,
    /// How many seconds of the shift it took.
    seconds: u64,
}

/// Something that somebody changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeMade {
    /// When, ISO 8601 in UTC.
    at: String,
    /// Who.
    who: String,
    /// What, such as `corrected`.
    did: String,
    /// What it was done to.
    detail: String,
}

/// A shift of one line: trays, routes, undecided cells, commands, stops, audits. What its store does not tell is left out.
#[utoipa::path(get, path = "/api/v1/shift", params(
    ("store" = Option<usize>, Query, description = "the store, from 0"),
    ("shift" = Option<String>, Query, description = "the day on which it began and when, as `/api/v1/compare?by=shift` names it, or a day; absent: the last one")), responses(
    (status = 200, description = "the shift", body = ShiftLine),
    (status = 400, description = "a parameter does not fit"),
    (status = 404, description = "no such store, or no such shift at this site")))]
pub fn told(desk: &Desk, asked: Asked) -> Answer {
    let of = asked_for(desk, &asked)?;
    let changes = changes(desk, &of.shift)?;
    let changes = changes.map(|entries| {
        let made = entries.into_iter().map(|entry| ChangeMade {
            at: entry.at,
            who: entry.who,
            did: entry.did,
            detail: entry.detail,
        });
        made.collect()
    });
    let line = ShiftLine {
        changes,
        ..ShiftLine::of(asked.store.0, of)
    };
    Ok(Json(line).into_response())
}

impl ShiftLine {
    fn of(store: usize, of: ShiftReport) -> Self {
        let (inspection, among) = (&of.audit.inspection, &of.audit.among_people);
        let share = |hits: usize, of: usize| BinomialRate::of(hits as u64, of as u64).into();
        let routes = of.routes.into_iter();
        let used = of.unsure.into_iter().map(|used| UnsureLine {
            standard: used.standard,
            standard_digest: used.digest,
            unsure: used.unsure.into(),
            budget: used.budget,
        });
        let ends = of.commands.into_iter().map(|end| EndLine {
            outcome: end.outcome,
            reason: end.reason,
            triggers: end.triggers,
        });
        Self {
            store,
            shift: of.shift.name,
            begins: of.shift.begins.to_string(),
            ends: of.shift.ends.to_string(),
            goes_on: of.goes_on,
            lots: of.lots.into_iter().map(LotOfShift::of).collect(),
            all: GroupLine::of(None, of.all),
            routes: routes
                .map(|(route, passes)| RouteLine { route, passes })
                .collect(),
            unsure: used.collect(),
            commands: ends.collect(),
            late: of.late.late,
            late_fired: of.late.fired,
            stops: of.stops.into_iter().map(StopLine::of).collect(),
            checks: lines(of.checks),
            events: lines(of.events),
            overrides: of.overrides.made,
            overrides_taken_back: of.overrides.taken_back,
            audited: share(inspection.alike, inspection.n),
            audited_kappa: inspection.kappa,
            people: share(among.unanimous, among.n),
            people_kappa: among.kappa,
            changes: None,
        }
    }
}

fn lines(events: Vec<(i64, EventRecord)>) -> Vec<EventLine> {
    let lines = events.into_iter();
    lines
        .map(|(number, event)| EventLine::of(number, event))
        .collect()
}

impl LotOfShift {
    fn of((lot, group): (Option<String>, Group)) -> Self {
        let of = Summary::of(&group.tally);
        let maps = position_maps(&group).into_iter();
        Self {
            other_trays: of.trays.refused + of.trays.failed,
            grades: of.grades.clone(),
            suspects: maps
                .filter(PositionMap::is_flagged)
                .map(|map| SuspectLine {
                    rows: map.map.rows,
                    cols: map.map.cols,
                    flagged_rows: map.flagged_rows,
                    flagged_cols: map.flagged_cols,
                    flagged_cells: map.flagged_cells,
                })
                .collect(),
            of: GroupLine::of(lot, of),
        }
    }
}

impl StopLine {
    fn of(stop: Stop) -> Self {
        let (stood, kind) = match stop.stood {
            Stood::Line(kind) => ("line".to_owned(), Some(kind)),
            Stood::Part(part) => (name(part).to_owned(), None),
        };
        Self {
            stood,
            kind,
            why: stop.why,
            began: stop.began,
            over: stop.over,
            seconds: stop.seconds,
        }
    }
}

fn name(part: LinePart) -> &'static str {
    match part {
        LinePart::Camera => "camera",
        LinePart::Actuator => "actuator",
        LinePart::Store => "store",
        LinePart::Net => "net",
    }
}
