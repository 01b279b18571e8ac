//! Cells that need a person, and what people said of cells, for programs.

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::review::answer::Answer;
use crate::review::corrections::of_tray;
use crate::review::house::Desk;
use crate::review::pages::live::Nothing;
use crate::review::pages::queue::{Said, Undone, Waiting, queue, stated, taken_back};
use crate::review::stores::{StoreIndex, TrayKey};
use crate::store::{Correction, CorrectionKind};

use super::MOST_LISTED;

/// A cell that needs a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct WaitingCell {
    /// The store, from 0.
    store: usize,
    /// The tray's number in it.
    id: i64,
    /// Names the tray for ever.
    tray_uid: String,
    /// Which pass of it.
    pass: u32,
    /// The cell's row, from 0.
    row: usize,
    /// Its column, from 0.
    col: usize,
    /// `blank`, `graded`, `double` or `unsure`.
    verdict: String,
    /// Its grade, where it has one.
    grade: Option<String>,
    /// Why it is unsure, or what kept it from a better grade.
    reason: Option<String>,
    /// How probable a seedling is, 0–1.
    occupied: f64,
}

impl WaitingCell {
    fn of(waiting: &Waiting) -> Self {
        let (facts, cell) = (&waiting.report.facts, &waiting.cell);
        Self {
            store: waiting.key.store.0,
            id: waiting.key.id,
            tray_uid: facts.tray_uid.clone(),
            pass: facts.pass,
            row: cell.row,
            col: cell.col,
            verdict: cell.verdict.to_string(),
            grade: cell.grade.as_ref().map(ToString::to_string),
            reason: cell.reason.as_ref().map(ToString::to_string),
            occupied: cell.occupied,
        }
    }
}

/// What needs a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct WaitingCells {
    /// Least certain first, 200 at the most.
    waiting: Vec<WaitingCell>,
    /// How many there are.
    left: usize,
    /// How many of these trays' cells people have looked at.
    done: usize,
    /// The session's token, for corrections; null where nobody is logged in.
    token: Option<String>,
}

/// What somebody said of a cell.
#[derive(Debug, Serialize, ToSchema)]
pub struct CorrectionLine {
    /// When, ISO 8601 in UTC.
    at: String,
    /// Who.
    who: String,
    /// Why; `taken back` where the one before is.
    why: Option<String>,
    /// `override`; `audit` where the cell was drawn, `audit_answer` what was said of it without the verdict being shown.
    kind: String,
    /// The tray.
    tray_uid: String,
    /// Its pass.
    pass: u32,
    /// The cell's row, from 0.
    row: u32,
    /// Its column, from 0.
    col: u32,
    /// What the inspection had said; null where it had refused the tray.
    before: Option<String>,
    /// What the person says; null of a cell that was drawn.
    after: Option<String>,
}

impl From<Correction> for CorrectionLine {
    fn from(said: Correction) -> Self {
        let kind = match said.kind {
            CorrectionKind::Override { .. } => "override",
            CorrectionKind::Audit => "audit",
            CorrectionKind::AuditAnswer { .. } => "audit_answer",
        };
        let after = said.kind.after().map(ToString::to_string);
        Self {
            at: said.at,
            who: said.who,
            why: said.why,
            kind: kind.to_owned(),
            tray_uid: said.tray_uid,
            pass: said.pass,
            row: said.cell.row,
            col: said.cell.col,
            before: said.before.map(|before| before.to_string()),
            after,
        }
    }
}

/// Of which tray.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CorrectionsAsked {
    /// The store, from 0.
    #[serde(default)]
    store: usize,
    /// The tray's number in it.
    id: i64,
}

/// A correction.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "says in the document what the form's fields are")]
pub struct CorrectionForm {
    /// The session's token.
    token: String,
    /// The store, from 0; 0 when absent.
    store: Option<usize>,
    /// The tray's number in it.
    id: i64,
    /// The cell's row, from 0.
    row: usize,
    /// Its column, from 0.
    col: usize,
    /// `blank`, `double`, `unsure`, or a grade of the tray's standard as `graded:A`.
    verdict: String,
    /// Why, 200 characters at the most.
    why: Option<String>,
}

/// A cell.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "says in the document what the form's fields are")]
pub struct CellForm {
    /// The session's token.
    token: String,
    /// The store, from 0; 0 when absent.
    store: Option<usize>,
    /// The tray's number in it.
    id: i64,
    /// The cell's row, from 0.
    row: usize,
    /// Its column, from 0.
    col: usize,
}

/// Cells of the newest trays that need a person, least certain first.
#[utoipa::path(get, path = "/api/v1/queue", responses(
    (status = 200, description = "the queue", body = WaitingCells)))]
pub fn waiting(desk: &Desk, _: Nothing) -> Answer {
    let queue = queue(desk)?;
    let first = queue.waiting.iter().take(MOST_LISTED as usize);
    let cells = WaitingCells {
        waiting: first.map(WaitingCell::of).collect(),
        left: queue.waiting.len(),
        done: queue.done,
        token: desk.token_for_programs(),
    };
    Ok(Json(cells).into_response())
}

/// All that people said of a tray's cells, in the order of storing.
#[utoipa::path(get, path = "/api/v1/corrections", params(CorrectionsAsked), responses(
    (status = 200, description = "what people said", body = Vec<CorrectionLine>),
    (status = 404, description = "no such tray")))]
pub fn said(desk: &Desk, asked: CorrectionsAsked) -> Answer {
    let key = TrayKey {
        store: StoreIndex(asked.store),
        id: asked.id,
    };
    let (_, report) = desk.house.tray(key)?;
    let said = of_tray(&desk.house, key, &report.facts.tray_uid)?;
    let lines = said.into_iter().map(CorrectionLine::from);
    Ok(Json(lines.collect::<Vec<_>>()).into_response())
}

/// Says otherwise of a cell. What the inspection said stays, and is never altered.
#[utoipa::path(post, path = "/api/v1/corrections/add",
    request_body(content = CorrectionForm, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 201, description = "stored", body = CorrectionLine),
    (status = 400, description = "a field does not fit"),
    (status = 403, description = "the role is less than operator, or the token is not of this session"),
    (status = 404, description = "no such cell")))]
pub fn add(desk: &Desk, said: Said) -> Answer {
    let stored = CorrectionLine::from(stated(desk, &said)?);
    Ok((StatusCode::CREATED, Json(stored)).into_response())
}

/// Takes back what was last said of a cell; both stay on record.
#[utoipa::path(post, path = "/api/v1/corrections/undo",
    request_body(content = CellForm, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 201, description = "stored", body = CorrectionLine),
    (status = 400, description = "nothing is said that could be taken back"),
    (status = 403, description = "the role is less than operator, or the token is not of this session"),
    (status = 404, description = "no such cell")))]
pub fn undo(desk: &Desk, undone: Undone) -> Answer {
    let stored = CorrectionLine::from(taken_back(desk, &undone)?);
    Ok((StatusCode::CREATED, Json(stored)).into_response())
}
