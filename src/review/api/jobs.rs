//! Jobs for programs, under `/api/v1/jobs`: what the line grades, what was ordered, and orders as the pages give them.
//!
//! An order is a form as the pages send it, with the session's cookie and its token in the field `token`; the token is
//! in the answer to `GET /api/v1/jobs`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::review::answer::{Answer, Trouble};
use crate::review::house::Desk;
use crate::review::job_forms::{self, Ending, Meant, Scanned, Stated};
use crate::review::jobs::{Outcome, orders};
use crate::review::stores::StoreIndex;
use crate::store::{ChangeOver, JobOrder, Ordered};

/// What stands on a trolley.
#[derive(Debug, Serialize, ToSchema)]
pub struct OnTrolley {
    /// The lot.
    lot: String,
    /// Its variety.
    variety: String,
    /// `sha256:…` of the standard.
    standard_digest: String,
    /// Rows of cells of a tray.
    rows: u32,
    /// Columns.
    cols: u32,
    /// Pitch along the columns and along the rows, mm; null where nobody said it.
    pitch_mm: Option<[f64; 2]>,
}

impl From<ChangeOver> for OnTrolley {
    fn from(what: ChangeOver) -> Self {
        Self {
            lot: what.lot,
            variety: what.variety,
            standard_digest: what.standard_digest,
            rows: what.rows,
            cols: what.cols,
            pitch_mm: what.pitch_mm,
        }
    }
}

/// What the line graded last, as it says itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobNow {
    /// The job's number.
    job: u32,
    /// Its lot.
    lot: String,
    /// The standard, `id@version`; null where the line did not say it.
    standard: Option<String>,
    /// When the line said so, ISO 8601 in UTC.
    at: String,
}

/// An order and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderLine {
    /// Its number in the store.
    number: i64,
    /// When it was given, ISO 8601 in UTC.
    at: String,
    /// Who gave it.
    who: String,
    /// `begin`, `end` or `configuration`.
    ordered: &'static str,
    /// The job's number; null unless it begins one.
    job: Option<u16>,
    /// What it is of; null unless it begins one.
    what: Option<OnTrolley>,
    /// `waits`, `overtaken`, `taken_up`, `ended` or `refused`.
    outcome: &'static str,
    /// Why it was refused; else null.
    why: Option<String>,
}

impl OrderLine {
    fn of(number: i64, order: JobOrder, outcome: Outcome) -> Self {
        let (ordered, job, what) = match order.ordered {
            Ordered::Begin { job, what } => ("begin", Some(job), Some(what.into())),
            Ordered::End => ("end", None, None),
            Ordered::Configuration => ("configuration", None, None),
        };
        let (outcome, why) = match outcome {
            Outcome::Waits => ("waits", None),
            Outcome::Overtaken => ("overtaken", None),
            Outcome::TakenUp => ("taken_up", None),
            Outcome::Ended => ("ended", None),
            Outcome::Refused { why, .. } => ("refused", Some(why)),
        };
        Self {
            number,
            at: order.at,
            who: order.who,
            ordered,
            job,
            what,
            outcome,
            why,
        }
    }
}

/// A line's jobs.
#[derive(Debug, Serialize, ToSchema)]
pub struct Jobs {
    /// What the line graded last; null where it never said so.
    now: Option<JobNow>,
    /// Whether it stands without a job: the last one was ended, or what was ordered when it started cannot be followed.
    stands: bool,
    /// The last orders, newest first; 40 at the most.
    orders: Vec<OrderLine>,
    /// What an order must carry in its field `token`; null where nobody is logged in.
    token: Option<String>,
}

/// Which line.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct JobsAsked {
    /// Its store, from 0.
    #[serde(default)]
    store: usize,
}

/// A job to begin, a card to record, or both.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "says in the document what the form's fields are")]
pub struct JobForm {
    /// The session's token.
    token: String,
    /// The line's store, from 0; 0 when absent.
    store: Option<usize>,
    /// The lot.
    lot: String,
    /// Its variety.
    variety: String,
    /// `sha256:…` of a standard that is known here.
    standard: String,
    /// Rows x columns of a tray, such as `10x20`.
    tray: String,
    /// Pitch, mm: one for both ways or two such as `26x27`; empty or absent where it is not known.
    pitch: Option<String>,
    /// Trays of the lot, sown or delivered; empty or absent: what was stated of it before holds.
    lot_trays: Option<u32>,
    /// Plants that are ordered of the lot, likewise.
    ordered: Option<u32>,
    /// A trolley's card that stands for it from now on; empty or absent: none.
    card: Option<String>,
    /// `card`: the card is recorded and no job begins.
    only: Option<String>,
}

/// A scanned code.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "says in the document what the form's fields are")]
pub struct CodeForm {
    /// The session's token.
    token: String,
    /// The line's store, from 0; 0 when absent.
    store: Option<usize>,
    /// A trolley's card, or a lot by its own name.
    code: String,
}

/// A job to end.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "says in the document what the form's fields are")]
pub struct EndForm {
    /// The session's token.
    token: String,
    /// The line's store, from 0; 0 when absent.
    store: Option<usize>,
}

/// What a line grades, what was ordered of it and what it said.
#[utoipa::path(get, path = "/api/v1/jobs", params(JobsAsked), responses(
    (status = 200, description = "the line's jobs", body = Jobs),
    (status = 404, description = "no such store")))]
pub fn now(desk: &Desk, asked: JobsAsked) -> Answer {
    Ok(Json(jobs(desk, StoreIndex(asked.store))?).into_response())
}

/// Orders a job, records a card, or both. The line takes it up between two trays, or refuses it: `GET /api/v1/jobs` says.
/// Where the line grades so already nothing is ordered.
#[utoipa::path(post, path = "/api/v1/jobs/begin",
    request_body(content = JobForm, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 202, description = "ordered; the line's jobs", body = Jobs),
    (status = 400, description = "a field does not fit, or the standard is not known"),
    (status = 403, description = "the role is less than operator, or the token is not of this session"),
    (status = 404, description = "no such store")))]
pub fn begin(desk: &Desk, stated: Stated) -> Answer {
    job_forms::begin(desk, &stated)?;
    taken(desk, stated.store)
}

/// Changes over to what a scanned code means; of a code that nobody knows nothing changes.
#[utoipa::path(post, path = "/api/v1/jobs/change-over",
    request_body(content = CodeForm, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 202, description = "ordered; the line's jobs", body = Jobs),
    (status = 400, description = "the code does not fit"),
    (status = 403, description = "the role is less than operator, or the token is not of this session"),
    (status = 404, description = "no such store, or nobody knows the code")))]
pub fn change_over(desk: &Desk, scanned: Scanned) -> Answer {
    match job_forms::change_over(desk, &scanned)? {
        Meant::Known => taken(desk, scanned.store),
        Meant::Unknown { .. } => Err(Trouble::NotFound),
    }
}

/// Orders the job's end: trays that come after it go to the safe gate until another begins.
#[utoipa::path(post, path = "/api/v1/jobs/end",
    request_body(content = EndForm, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 202, description = "ordered; the line's jobs", body = Jobs),
    (status = 403, description = "the role is less than operator, or the token is not of this session"),
    (status = 404, description = "no such store")))]
pub fn end(desk: &Desk, ending: Ending) -> Answer {
    job_forms::end(desk, &ending)?;
    taken(desk, ending.store)
}

fn taken(desk: &Desk, store: StoreIndex) -> Answer {
    Ok((StatusCode::ACCEPTED, Json(jobs(desk, store)?)).into_response())
}

fn jobs(desk: &Desk, store: StoreIndex) -> Result<Jobs, Trouble> {
    let orders = orders(&desk.house, store)?;
    let stands = orders.stands();
    let now = orders.now.map(|now| JobNow {
        job: now.job,
        lot: now.lot,
        standard: now.standard,
        at: now.at,
    });
    let listed = orders.listed.into_iter();
    Ok(Jobs {
        now,
        stands,
        orders: listed
            .map(|(number, order, outcome)| OrderLine::of(number.0, order, outcome))
            .collect(),
        token: desk.token_for_programs(),
    })
}
