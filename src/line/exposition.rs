//! The figures for Prometheus, over HTTP on a port of their own. They are read by anybody who reaches the port and
//! change nothing: keep it on the plant's network.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::serving::BackgroundServer;

/// Readers served at once; more are turned away.
const MOST_READERS: usize = 8;
/// A reader that takes longer is cut off.
const LONGEST_VISIT: Duration = Duration::from_secs(5);

/// Where the latest figures hang.
#[derive(Debug, Clone, Default)]
pub struct Board(Arc<Mutex<String>>);

impl Board {
    /// Hangs up other figures.
    pub fn show(&self, text: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }

    fn text(&self) -> String {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Serves `/metrics` until it is dropped.
#[derive(Debug)]
pub struct MetricsServer(BackgroundServer);

impl MetricsServer {
    /// Listens at an address.
    ///
    /// # Errors
    /// It cannot be listened at, or no thread could be started.
    pub fn start(listen: &str, board: Board) -> io::Result<Self> {
        BackgroundServer::start("metrics", listen, |listener| serve(listener, board)).map(Self)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }
}

async fn serve(listener: TcpListener, board: Board) {
    /// Between two attempts when the system has no more sockets.
    const PAUSE_WITHOUT_SOCKETS: Duration = Duration::from_millis(200);
    let places = Arc::new(Semaphore::new(MOST_READERS));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PAUSE_WITHOUT_SOCKETS).await;
            continue;
        };
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            let board = board.clone();
            tokio::spawn(async move {
                visit(stream, board).await;
                drop(place);
            });
        }
    }
}

async fn visit(stream: TcpStream, board: Board) {
    let service = service_fn(move |request| {
        let response = answer(&request, &board);
        async move { Ok::<_, Infallible>(response) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    match tokio::time::timeout(LONGEST_VISIT, served).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!("a reader of the metrics went away: {error}"),
        Err(_) => tracing::debug!("a reader of the metrics was too slow"),
    }
}

fn answer<B>(request: &Request<B>, board: &Board) -> Response<Full<Bytes>> {
    let known = request.method() == Method::GET && request.uri().path() == "/metrics";
    let text = if known {
        board.text()
    } else {
        "expected GET /metrics\n".to_owned()
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    if !known {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    let plain = hyper::header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    fn get(server: &MetricsServer, path: &str) -> String {
        let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: line\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn what_hangs_on_the_board_is_served_and_nothing_else() {
        let board = Board::default();
        let server = MetricsServer::start("127.0.0.1:0", board.clone()).unwrap();
        board.show("seedgrade_trays_total 4\n".to_owned());
        let text = get(&server, "/metrics");
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        assert!(
            text.ends_with("\r\n\r\nseedgrade_trays_total 4\n"),
            "{text}"
        );
        assert!(get(&server, "/").starts_with("HTTP/1.1 404"));
    }
}
