//! The style sheet and the script: one of each for all pages, from this machine alone.

use axum::http::header;
use axum::response::IntoResponse;

/// Changes with the program, so that no tablet keeps an old one.
pub const STYLE_PATH: &str = concat!("/style.css?v=", env!("CARGO_PKG_VERSION"));
/// The same for the script.
pub const SCRIPT_PATH: &str = concat!("/page.js?v=", env!("CARGO_PKG_VERSION"));

const ASK_AGAIN_AFTER_AN_HOUR: &str = "private, max-age=3600";

/// The style sheet.
pub async fn style() -> impl IntoResponse {
    (
        [
            (header::CONTENT_TYPE, "text/css; charset=utf-8"),
            (header::CACHE_CONTROL, ASK_AGAIN_AFTER_AN_HOUR),
        ],
        include_str!("page.css"),
    )
}

/// The script.
pub async fn script() -> impl IntoResponse {
    (
        [
            (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
            (header::CACHE_CONTROL, ASK_AGAIN_AFTER_AN_HOUR),
        ],
        concat!(include_str!("page.js"), include_str!("picture.js")),
    )
}
