//! What a page's drawing gives: a response, or a trouble that is told in the language of who asked.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::html;

use crate::certificate::CertificateError;
use crate::store::StoreError;

use super::house::Desk;
use super::pages::layout::{Place, page};
use super::people::PeopleError;
use super::report::{NoLetters, ReportError};
use super::words::word;

/// What drawing a page comes to.
pub type Answer = Result<Response, Trouble>;

/// Why a page is not drawn.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// No such page, tray or lot.
    #[error("not found")]
    NotFound,
    /// Something in the address or form does not fit.
    #[error("{0}")]
    Bad(String),
    /// What was told cannot be so; why, in the language of who asks.
    #[error("{0}")]
    CannotBe(String),
    /// The role does not allow it.
    #[error("the role does not allow it")]
    Refused,
    /// The form is not from these pages, or from an earlier session.
    #[error("the form is not of this session")]
    ForeignForm,
    /// Nobody is logged in.
    #[error("nobody is logged in")]
    LogIn,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file of people failed.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// No font to print a report with.
    #[error(transparent)]
    NoLetters(#[from] NoLetters),
    /// Something that should not fail did.
    #[error("{0}")]
    Broken(String),
}

impl From<ReportError> for Trouble {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Store(error)
            | ReportError::Certificate(CertificateError::Store(error)) => Self::Store(error),
            ReportError::Certificate(CertificateError::NoTray(_)) => Self::NotFound,
            ReportError::Certificate(other) => Self::Broken(other.to_string()),
        }
    }
}

impl Trouble {
    /// The status code.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::Store(StoreError::NoTray(_)) => StatusCode::NOT_FOUND,
            Self::Bad(_) => StatusCode::BAD_REQUEST,
            Self::CannotBe(_) => StatusCode::CONFLICT,
            Self::Refused | Self::ForeignForm => StatusCode::FORBIDDEN,
            Self::LogIn => StatusCode::UNAUTHORIZED,
            Self::Store(_) | Self::NoLetters(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::People(_) | Self::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whether the store's file is not there any more, or is another one.
    fn is_of_another_file(&self) -> bool {
        let Self::Store(error) = self else {
            return false;
        };
        matches!(
            error,
            StoreError::Replaced { .. } | StoreError::Missing { .. }
        )
    }

    /// What happened, and what to do.
    fn words(&self) -> (&'static str, &'static str) {
        match self.status() {
            StatusCode::NOT_FOUND => (word!("trouble-not-found"), word!("trouble-not-found-next")),
            StatusCode::BAD_REQUEST => (word!("trouble-bad"), word!("trouble-bad-next")),
            StatusCode::CONFLICT => (word!("trouble-cannot-be"), word!("trouble-cannot-be-next")),
            StatusCode::UNAUTHORIZED => (word!("trouble-log-in"), word!("trouble-log-in-next")),
            StatusCode::FORBIDDEN if matches!(self, Self::ForeignForm) => {
                (word!("trouble-form"), word!("trouble-form-next"))
            }
            StatusCode::FORBIDDEN => (word!("trouble-refused"), word!("trouble-refused-next")),
            StatusCode::SERVICE_UNAVAILABLE if matches!(self, Self::NoLetters(_)) => {
                (word!("trouble-letters"), word!("trouble-letters-next"))
            }
            StatusCode::SERVICE_UNAVAILABLE if self.is_of_another_file() => (
                word!("trouble-store-replaced"),
                word!("trouble-store-replaced-next"),
            ),
            StatusCode::SERVICE_UNAVAILABLE => {
                (word!("trouble-store"), word!("trouble-store-next"))
            }
            _ => (word!("trouble-broken"), word!("trouble-broken-next")),
        }
    }

    /// The page, or for the interface of programs a line of JSON.
    pub fn told(&self, desk: &Desk) -> Response {
        let status = self.status();
        if status.is_server_error() {
            tracing::error!("{}: {self}", desk.here);
        }
        if desk.here.starts_with("/api/") {
            let json = serde_json::json!({ "error": self.to_string() });
            return (status, axum::Json(json)).into_response();
        }
        if matches!(self, Self::LogIn) {
            return to_log_in(desk);
        }
        let (what, next) = self.words();
        let what = desk.say(what);
        let body = html! {
            p class="answer" { (what) }
            @if let Self::CannotBe(why) = self { p class="lead" { strong { (why) } } }
            p class="lead" { (desk.say(next)) }
            @if let Self::Bad(detail) = self { p class="faint" { (detail) } }
            p { a class="button" href="/live" { (desk.say("nav-live")) } }
        };
        (status, page(desk, Place::Elsewhere, &what, &body)).into_response()
    }
}

/// The way in, and from there back.
fn to_log_in(desk: &Desk) -> Response {
    let then: String = form_encoded(&desk.here);
    Redirect::to(&format!("/login?then={then}")).into_response()
}

/// A text as a part of a query.
pub fn form_encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// A file to save.
pub fn download(
    content_type: &'static str,
    name: &str,
    body: impl Into<axum::body::Body>,
) -> Response {
    (file_headers(content_type, name), body.into()).into_response()
}

/// Letters of a file's name: systems take 255 bytes, a letter has up to four.
const MOST_NAMED: usize = 60;

/// A file's name with its ending and as much of what stands before as every system takes.
fn shortened(name: &str) -> String {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let stem: String = stem.chars().take(MOST_NAMED).collect();
    format!("{stem}.{ending}")
}

/// The headers of a file to save.
pub fn file_headers(content_type: &'static str, name: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let name = shortened(&name.replace(['/', '\\'], "-"));
    let safe: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        })
        .collect();
    if let Ok(content_type) = content_type.parse() {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    // the name as it is goes beside it, by RFC 6266
    let full = form_encoded(&name);
    let disposition = format!("attachment; filename=\"{safe}\"; filename*=UTF-8''{full}");
    if let Ok(disposition) = disposition.parse() {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    headers
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_to_save_is_called_as_its_lot_where_the_browser_can_write_it() {
        let named = |name: &str| {
            let headers = file_headers("text/csv", name);
            headers[header::CONTENT_DISPOSITION]
                .to_str()
                .unwrap()
                .to_owned()
        };
        let lot = named("lot-番茄/11.csv");
        assert_eq!(
            lot,
            "attachment; filename=\"lot----11.csv\"; filename*=UTF-8''lot-%E7%95%AA%E8%8C%84-11.csv"
        );
        let long = named(&format!("lot-{}.csv", "🍅".repeat(450)));
        assert!(long.ends_with("%8D%85.csv") && long.matches("%F0").count() < 60);
    }

    #[test]
    fn a_lots_name_survives_a_query_whatever_it_holds() {
        assert_eq!(form_encoded("a b&c=<批>"), "a%20b%26c%3D%3C%E6%89%B9%3E");
    }
}
