//! A lot's size and its order, for programs.

use std::num::NonZeroU32;

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::review::answer::Answer;
use crate::review::house::Desk;
use crate::review::lot_sizes::{Stated, history, state};
use crate::store::LotSize;

/// What somebody stated of a lot.
#[derive(Debug, Serialize, ToSchema)]
pub struct SizeLine {
    /// When, ISO 8601 in UTC.
    at: String,
    /// Who.
    who: String,
    /// Trays of the lot, sown or delivered; null where nobody knows.
    trays: Option<u32>,
    /// Plants that are ordered of it; null where nobody knows.
    ordered: Option<u32>,
}

impl From<LotSize> for SizeLine {
    fn from(size: LotSize) -> Self {
        Self {
            at: size.at,
            who: size.who,
            trays: size.trays.map(NonZeroU32::get),
            ordered: size.ordered.map(NonZeroU32::get),
        }
    }
}

/// A lot's size.
#[derive(Debug, Serialize, ToSchema)]
pub struct LotSizes {
    /// What holds; null where nothing was stated.
    holds: Option<SizeLine>,
    /// All that was stated, the last first.
    stated: Vec<SizeLine>,
    /// The session's token, for stating more; null where nobody is logged in.
    token: Option<String>,
}

/// Which lot.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SizeAsked {
    /// Its name.
    lot: String,
}

/// A lot's size.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "says in the document what the form's fields are")]
pub struct SizeForm {
    /// The session's token.
    token: String,
    /// The store that it is stated in before the lot's first tray, from 0; 0 when absent.
    store: Option<usize>,
    /// The lot.
    lot: String,
    /// Trays of it, sown or delivered; empty or absent where nobody knows.
    trays: Option<u32>,
    /// Plants that are ordered of it; empty or absent where nobody knows.
    ordered: Option<u32>,
}

/// How many trays a lot has and how many plants are ordered of it, and who stated that.
#[utoipa::path(get, path = "/api/v1/lot/size", params(SizeAsked), responses(
    (status = 200, description = "the lot's size", body = LotSizes),
    (status = 400, description = "no lot is named")))]
pub fn stated_of(desk: &Desk, asked: SizeAsked) -> Answer {
    let stated = history(&desk.house, &asked.lot)?;
    let sizes = LotSizes {
        holds: stated.first().cloned().map(SizeLine::from),
        stated: stated.into_iter().map(SizeLine::from).collect(),
        token: desk.token_for_programs(),
    };
    Ok(Json(sizes).into_response())
}

/// States how many trays a lot has and how many plants are ordered of it. The last statement holds, whole; the earlier ones stay.
#[utoipa::path(post, path = "/api/v1/lot/size",
    request_body(content = SizeForm, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 201, description = "stored", body = SizeLine),
    (status = 400, description = "a field does not fit"),
    (status = 403, description = "the role is less than operator, or the token is not of this session"),
    (status = 404, description = "no such store")))]
pub fn add(desk: &Desk, stated: Stated) -> Answer {
    let size = SizeLine::from(state(desk, &stated)?);
    Ok((StatusCode::CREATED, Json(size)).into_response())
}
