//! Moves of plugs for programs: what a transplanter made, and where a tray's plugs came from.

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::review::answer::{Answer, Trouble};
use crate::review::house::Desk;
use crate::review::moves::{history, judged_tray, take_back, tell};
use crate::review::told_moves::Told;
use crate::store::{PlugHistory, PlugMove, StandingCell};

/// A cell of a tray.
#[derive(Debug, Serialize, ToSchema)]
pub struct CellOfTray {
    /// Names a pass of the tray for ever.
    tray_uid: String,
    /// The code on it.
    tray_code: Option<String>,
    /// Its lot.
    lot: Option<String>,
    /// The cell's row, from 0.
    row: u32,
    /// Its column, from 0.
    col: u32,
}

impl From<&StandingCell> for CellOfTray {
    fn from(of: &StandingCell) -> Self {
        Self {
            tray_uid: of.tray.uid.clone(),
            tray_code: of.tray.code.clone(),
            lot: of.tray.lot.clone(),
            row: of.cell.row,
            col: of.cell.col,
        }
    }
}

/// A move that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct MoveLine {
    /// When it was told, ISO 8601 in UTC.
    at: String,
    /// Who told it.
    who: String,
    /// Names all that was told at once.
    key: String,
    /// Its place among these, from 0.
    number: u32,
    /// The cell that was filled, or cleared.
    cell: CellOfTray,
    /// Where the plug was; null of a cell that was only cleared.
    from: Option<CellOfTray>,
    /// Where the same plug had been before, the last place first.
    before: Vec<CellOfTray>,
}

impl MoveLine {
    fn of(made: &PlugMove, all: &PlugHistory) -> Self {
        let before = all.way_before(made).into_iter();
        Self {
            at: made.at.clone(),
            who: made.who.clone(),
            key: made.key.clone(),
            number: made.number,
            cell: made.done.at().into(),
            from: made.done.from().map(CellOfTray::from),
            before: before
                .filter_map(|earlier| earlier.done.from().map(CellOfTray::from))
                .collect(),
        }
    }
}

/// The moves of a tray.
#[derive(Debug, Serialize, ToSchema)]
pub struct Moves {
    /// Those that hold, in the order in which they were told.
    moves: Vec<MoveLine>,
    /// The session's token, for telling more; null where nobody is logged in.
    token: Option<String>,
}

/// What was stored of what was told.
#[derive(Debug, Serialize, ToSchema)]
pub struct StoredMoves {
    /// The key.
    key: String,
    /// How many moves are stored under it.
    moves: usize,
    /// Whether they were told before: nothing is stored twice.
    before: bool,
    /// When they were taken back, ISO 8601 in UTC; null where they hold.
    taken_back_at: Option<String>,
}

/// Of which tray.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MovesAsked {
    /// Its uid, or the code on it.
    tray: String,
}

/// Moves that were made.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "says in the document what the form's fields are")]
pub struct MovesForm {
    /// The session's token.
    token: String,
    /// Names these moves, 80 letters at the most: told again under the same key they are stored once.
    key: String,
    /// JSON, a list of at most 1000 in the order in which they were made:
    /// `{"donor": "T2", "from": {"row": 2, "col": 4}, "tray": "T3", "into": {"row": 0, "col": 3}}`, or of a cell that was
    /// only cleared `{"tray": "T3", "cleared": {"row": 0, "col": 3}}`. A tray is named by its uid or the code on it.
    moves: String,
}

/// Moves that were not made after all.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "says in the document what the form's fields are")]
pub struct KeyForm {
    /// The session's token.
    token: String,
    /// Under which they were told.
    key: String,
}

/// Which.
#[derive(Debug, Deserialize)]
pub struct Key {
    key: String,
}

/// The moves into and out of a tray that hold, each with where the plug had been before.
#[utoipa::path(get, path = "/api/v1/moves", params(MovesAsked), responses(
    (status = 200, description = "the moves", body = Moves),
    (status = 400, description = "no tray is named"),
    (status = 404, description = "no judged tray of that name")))]
pub fn of_tray(desk: &Desk, asked: MovesAsked) -> Answer {
    let judged = judged_tray(&desk.house, asked.tray.trim())?;
    let tray = judged.ok_or(Trouble::NotFound)?.tray;
    let all = history(&desk.house, std::slice::from_ref(&tray))?;
    let moves = all.of_tray(tray.identity());
    let moves = Moves {
        moves: moves.map(|made| MoveLine::of(made, &all)).collect(),
        token: desk.token_for_programs(),
    };
    Ok(Json(moves).into_response())
}

/// Tells moves that were made: all of them are stored, or none. A plug cannot be given twice, a cell not be filled twice unless
/// it was cleared or its plug moved since, and lots are mixed with a manager's consent alone.
#[utoipa::path(post, path = "/api/v1/moves",
    request_body(content = MovesForm, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 200, description = "they were stored before, under the same key", body = StoredMoves),
    (status = 201, description = "stored", body = StoredMoves),
    (status = 400, description = "a field does not fit"),
    (status = 403, description = "the role is less than operator, or the token is not of this session"),
    (status = 409, description = "they cannot have been made: why is told in the language of who asks")))]
pub fn add(desk: &Desk, told: Told) -> Answer {
    let stored = tell(desk, &told)?;
    let status = match stored.before {
        true => StatusCode::OK,
        false => StatusCode::CREATED,
    };
    let line = StoredMoves {
        key: told.key.trim().to_owned(),
        moves: stored.moves.len(),
        before: stored.before,
        taken_back_at: stored.taken_back.map(|back| back.at),
    };
    Ok((status, Json(line)).into_response())
}

/// Takes back all moves of a key; they stay on record.
#[utoipa::path(post, path = "/api/v1/moves/undo",
    request_body(content = KeyForm, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 201, description = "taken back"),
    (status = 403, description = "the role is less than operator, or the token is not of this session"),
    (status = 404, description = "nothing was told under that key"),
    (status = 409, description = "a later move rests on them, or they are taken back already")))]
pub fn undo(desk: &Desk, asked: Key) -> Answer {
    let back = take_back(desk, asked.key.trim())?;
    let line = serde_json::json!({ "key": back.key, "taken_back_at": back.at });
    Ok((StatusCode::CREATED, Json(line)).into_response())
}
