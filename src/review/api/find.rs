//! What a name means, for programs.

use axum::Json;
use axum::response::IntoResponse as _;
use serde::Serialize;
use utoipa::ToSchema;

use crate::review::answer::Answer;
use crate::review::find::meant;
use crate::review::house::Desk;
use crate::review::pages::find::Asked;

use super::TrayLine;

/// What a name means.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundLine {
    /// Passes of the trays with this code or uid, the newest first; 30 at the most.
    passes: Vec<TrayLine>,
    /// Whether there are older ones.
    older: bool,
    /// Whether a lot is called so.
    lot: bool,
}

/// The passes of a tray by its code or its uid, and whether a lot is called so; looked up by index in all stores.
#[utoipa::path(get, path = "/api/v1/find", params(
    ("called" = Option<String>, Query, description = "a tray's code or uid, or a lot's name")), responses(
    (status = 200, description = "what is called so; nothing, where nothing is", body = FoundLine),
    (status = 400, description = "a parameter does not fit")))]
pub fn found(desk: &Desk, asked: Asked) -> Answer {
    let found = meant(&desk.house, asked.name()?)?;
    let passes = found.passes.into_iter();
    let line = FoundLine {
        passes: passes.map(|(key, tray)| TrayLine::of(key, tray)).collect(),
        older: found.older,
        lot: found.lot,
    };
    Ok(Json(line).into_response())
}
