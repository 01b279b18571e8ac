//! Serving: who is admitted, what every response says to browsers, and how long anybody may take.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Router};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::certificate::KnownLots;
use crate::clock::Moment;
use crate::grade::GradingStandard;
use crate::serving::BackgroundServer;
use crate::statistics::Calendar;
use crate::store::StoreError;

use super::access::{Admission, Needs, Role};
use super::answer::Trouble;
use super::house::{Desk, House, Somebody};
use super::ledger::Ledger;
use super::live::{LiveParts, LiveWatch};
use super::login_limits::LoginLimits;
use super::parts::PartsHeard;
use super::patience::Patient;
use super::people::{People, PeopleError, beside, people_path};
use super::pictures::{BuiltIn, Pictures};
use super::routes::router;
use super::sessions::{SESSION_COOKIE, Sessions};
use super::silence::SilentLines;
use super::standards::Standards;
use super::stores::Stores;
use super::words::Language;

/// The cookie that holds the language.
pub const LANGUAGE_COOKIE: &str = "seedgrade-language";
/// Connections at a time; more wait in the system's queue.
const MOST_CONNECTIONS: usize = 256;
/// Pages drawn at a time: fifty tablets that hear of a tray at once would take fifty threads and as many newly opened stores,
/// on the processors that the line needs.
const MOST_DRAWN: usize = 4;
/// Whoever takes longer to say what they want, to send a form, or to take anything of what is sent, is cut off.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// The largest form, bytes: a standard's text and a reason.
const MOST_FORM_BYTES: usize = 256 << 10;
/// Nothing from elsewhere, no script or style in the page itself, in no other page's frame.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Why the pages cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// A store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file of people cannot be read.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// No store was named.
    #[error("pages: expected a store, found none")]
    NoStore,
    /// Others than this machine would look without anybody having to log in.
    #[error(
        "pages: {0} is reached from other machines: expected a user first; `seedgrade review user add NAME --role \
         manager --store FILE` makes one"
    )]
    NobodyMayLogIn(SocketAddr),
    /// The address cannot be listened at.
    #[error("pages: {listen} cannot be listened at: {source}")]
    Listen {
        /// The address.
        listen: String,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// What the pages are served from.
#[derive(Debug, Clone)]
pub struct ReviewSettings {
    /// The stores; people and the ledger lie beside the first.
    pub stores: Vec<PathBuf>,
    /// Address and port.
    pub listen: String,
    /// Where pictures are looked for besides their own path and the stores' folders.
    pub pictures: Vec<PathBuf>,
    /// Pictures that are part of the program.
    pub built_in: BuiltIn,
    /// Standards with their texts, besides the embedded one.
    pub standards: Vec<(GradingStandard, String)>,
    /// The font of reports on paper; without it the best of the machine with Chinese letters.
    pub font: Option<PathBuf>,
    /// A proxy in front speaks TLS.
    pub behind_https: bool,
    /// The site's days and shifts; without it days are those of the machine's zone, and there are no shifts.
    pub calendar: Option<Calendar>,
}

/// The pages, served until this is dropped.
#[derive(Debug)]
pub struct ReviewServer {
    // in this order: what hears of news ends before what tells it
    server: BackgroundServer,
    _watch: LiveWatch,
}

impl ReviewServer {
    /// Opens the stores and serves them.
    ///
    /// # Errors
    /// [`ReviewError`]: a store, the people or the address do not allow it.
    pub fn start(settings: ReviewSettings) -> Result<Self, ReviewError> {
        Self::start_with_patience(settings, LONGEST_WAIT)
    }

    /// As [`Self::start`], but whoever is slower than `longest_wait` is cut off.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_with_patience(
        settings: ReviewSettings,
        longest_wait: Duration,
    ) -> Result<Self, ReviewError> {
        let first = settings.stores.first().ok_or(ReviewError::NoStore)?;
        let stores = Arc::new(Stores::open(&settings.stores)?);
        for (one, other, line) in stores.of_one_line()? {
            tracing::warn!(
                "{} and {} both hold trays of {line}: trays of one name are taken for the same; give each line a name of its own",
                one.display(),
                other.display()
            );
        }
        let people_file = people_path(first);
        let ledger = Ledger::at(beside(first, ".ledger.jsonl"));
        let nobody = People::read(&people_file)?.all().is_empty();
        let cannot_listen = |source| ReviewError::Listen {
            listen: settings.listen.clone(),
            source,
        };
        let address = resolved(&settings.listen).map_err(cannot_listen)?;
        let loopback = address.ip().is_loopback();
        if nobody && (!loopback || settings.behind_https) {
            return Err(ReviewError::NobodyMayLogIn(address));
        }
        let silent = Arc::new(SilentLines::default());
        let (watch, news) =
            LiveWatch::start(Arc::clone(&stores), Arc::clone(&silent)).map_err(cannot_listen)?;
        let house = Arc::new(House {
            pictures: Pictures::beside(
                Arc::clone(&stores),
                settings.pictures.clone(),
                settings.built_in,
            ),
            standards: Standards::new(Arc::clone(&stores), settings.standards.clone()),
            font: settings.font.clone(),
            letters: Mutex::default(),
            saving_moves: Mutex::default(),
            parts: PartsHeard::default(),
            silent,
            reported_lots: KnownLots::default(),
            stores,
            people_file,
            sessions: Sessions::default(),
            limits: LoginLimits::default(),
            switch_limits: LoginLimits::default(),
            ledger,
            news,
            live_parts: LiveParts::default(),
            drawing: Semaphore::new(MOST_DRAWN),
            longest_wait,
            behind_https: settings.behind_https,
            calendar: settings.calendar.unwrap_or_else(Calendar::of_machine),
            loopback: loopback && !settings.behind_https,
        });
        let listen = address.to_string();
        let server = BackgroundServer::start("pages", &listen, move |listener| {
            serve(listener, router(&house), longest_wait)
        })
        .map_err(cannot_listen)?;
        Ok(Self {
            server,
            _watch: watch,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }
}

fn resolved(listen: &str) -> std::io::Result<SocketAddr> {
    use std::net::ToSocketAddrs as _;
    let none = || std::io::Error::new(std::io::ErrorKind::InvalidInput, "expected ADDRESS:PORT");
    listen.to_socket_addrs()?.next().ok_or_else(none)
}

async fn serve(listener: TcpListener, router: Router, longest_wait: Duration) {
    /// Between two attempts when the system has no more sockets.
    const PAUSE_WITHOUT_SOCKETS: Duration = Duration::from_millis(200);
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let Ok((stream, peer)) = listener.accept().await else {
            tokio::time::sleep(PAUSE_WITHOUT_SOCKETS).await;
            continue;
        };
        let router = router.clone();
        tokio::spawn(async move {
            visit(Patient::new(stream, longest_wait), peer.ip(), router).await;
            drop(place);
        });
    }
}

/// The address that a request came from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(IpAddr);

async fn visit(stream: Patient, peer: IpAddr, router: Router) {
    let longest_wait = stream.longest();
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        TowerToHyperService::new(router.clone()).call(request)
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(longest_wait)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = served.await {
        tracing::debug!("a visitor of the pages went away: {error}");
    }
}

/// Lets a request in, or answers it: who asks, in which language, with which role, and for a form whether it
/// is one of ours.
pub(super) async fn admit(
    State((house, needs)): State<(Arc<House>, Needs)>,
    Extension(Peer(address)): Extension<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut desk = Desk {
        language: language_of(request.headers()),
        somebody: None,
        role: None,
        address,
        here: request
            .uri()
            .path_and_query()
            .map_or_else(String::new, ToString::to_string),
        house,
    };
    if desk.house.loopback && !names_this_machine(request.headers()) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    if let Err(trouble) = recognise(&mut desk, request.headers()) {
        return trouble.told(&desk);
    }
    match needs.admits(desk.role) {
        Admission::Granted => {}
        Admission::LogIn if request.method() == Method::POST => return Trouble::LogIn.told(&desk),
        Admission::LogIn => return Trouble::LogIn.told(&desk),
        Admission::Refused => return Trouble::Refused.told(&desk),
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        request = match of_these_pages(request, &desk).await {
            Ok(request) => request,
            Err(trouble) => return trouble.told(&desk),
        };
    }
    request.extensions_mut().insert(desk);
    next.run(request).await
}

/// Who asks. As long as nobody has an account, everybody on this machine may look and nobody may write.
fn recognise(desk: &mut Desk, headers: &HeaderMap) -> Result<(), Trouble> {
    let people = desk.house.people()?;
    if people.all().is_empty() {
        desk.role = Some(Role::Viewer);
        return Ok(());
    }
    let session = cookie(headers, SESSION_COOKIE)
        .and_then(|secret| desk.house.sessions.of(secret, Moment::now()));
    // who opened a session by password and is gone since takes with them all who switched to their name there
    let person = session
        .as_ref()
        .filter(|session| people.named(&session.opened_by).is_some())
        .and_then(|session| people.named(&session.name));
    if let (Some(session), Some(person)) = (&session, person) {
        desk.role = Some(person.role);
        desk.somebody = Some(Somebody {
            name: person.name.clone(),
            opened_by: session.opened_by.clone(),
            role: person.role,
            form_token: session.form_token.clone(),
        });
    }
    Ok(())
}

/// Reads a form whole, in time, and looks whether it was sent from one of these pages in this session.
async fn of_these_pages(request: Request, desk: &Desk) -> Result<Request, Trouble> {
    if !is_same_origin(request.headers()) {
        return Err(Trouble::ForeignForm);
    }
    let (head, body) = request.into_parts();
    let whole = to_bytes(body, MOST_FORM_BYTES);
    let read = tokio::time::timeout(desk.house.longest_wait, whole).await;
    let bytes = read
        .map_err(|_| Trouble::Bad("the form took too long".to_owned()))?
        .map_err(|_| Trouble::Bad(format!("the form is larger than {MOST_FORM_BYTES} bytes")))?;
    if let Some(somebody) = &desk.somebody {
        // the token is hex: it stands in a form as it is
        let text = String::from_utf8_lossy(&bytes);
        let token = text
            .split('&')
            .find_map(|field| field.strip_prefix("token="));
        if !token.is_some_and(|token| somebody.form_token.is(token)) {
            return Err(Trouble::ForeignForm);
        }
    }
    Ok(Request::from_parts(head, Body::from(bytes)))
}

/// Browsers say where a form comes from; a program that says nothing has no cookies of anybody either.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin" || site == "none";
    }
    match (text(header::ORIGIN), text(header::HOST)) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, at)| at == host),
        (Some(_), None) => false,
        (None, _) => true,
    }
}

/// A page elsewhere cannot make a browser read these pages under a name of its own.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let Some(host) = host else { return false };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse::<IpAddr>().is_ok()
}

fn language_of(headers: &HeaderMap) -> Language {
    let accepted = || {
        let header = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        Language::accepted(header)
    };
    cookie(headers, LANGUAGE_COOKIE)
        .and_then(Language::of_tag)
        .or_else(accepted)
        .unwrap_or_default()
}

/// A cookie's value.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter();
    all.filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// What every response says to browsers.
pub(super) async fn give_headers(
    State(house): State<Arc<House>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed = [
        ("content-security-policy", CONTENT_POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), microphone=(), geolocation=()",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if house.behind_https {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Where nothing is.
pub(super) async fn refuse_unknown(Extension(desk): Extension<Desk>) -> Response {
    Trouble::NotFound.told(&desk)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |&(name, value): &(&'static str, &'static str)| {
            (name.parse().unwrap(), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn a_form_of_another_site_is_foreign() {
        let same = |pairs: &[(&'static str, &'static str)]| is_same_origin(&headers(pairs));
        assert!(same(&[("sec-fetch-site", "same-origin")]));
        assert!(!same(&[("sec-fetch-site", "cross-site")]));
        assert!(!same(&[("sec-fetch-site", "same-site")]));
        assert!(same(&[("origin", "http://line:80"), ("host", "line:80")]));
        assert!(!same(&[("origin", "http://evil"), ("host", "line:80")]));
        assert!(!same(&[("origin", "null"), ("host", "line:80")]));
    }

    #[test]
    fn on_this_machine_only_its_own_names_are_answered() {
        let named = |host: &'static str| names_this_machine(&headers(&[("host", host)]));
        assert!(named("localhost:8080") && named("127.0.0.1") && named("[::1]:80"));
        assert!(!named("evil.example:8080") && !named("localhost.evil.example"));
        assert!(!names_this_machine(&HeaderMap::new()));
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let headers = headers(&[("cookie", "a=1; seedgrade-language=en; seedgrade=xyz")]);
        assert_eq!(cookie(&headers, LANGUAGE_COOKIE), Some("en"));
        assert_eq!(cookie(&headers, SESSION_COOKIE), Some("xyz"));
        assert_eq!(language_of(&headers), Language::English);
    }
}
