//! Whoever is slow holds nobody up, and is cut off.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use seedgrade::review::{ReviewServer, Role};

use crate::client::Visitor;
use crate::nursery::{Nursery, PASSWORD, settings};

/// How long these pages wait.
const PATIENCE: Duration = Duration::from_millis(300);
/// A server that has not let go by then never will.
const FOR_EVER: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// The pages of a nursery by a server that waits a little only, and an operator.
fn impatient(nursery: &Nursery) -> (ReviewServer, Visitor) {
    let settings = settings(vec![nursery.store()], "127.0.0.1:0");
    let server = ReviewServer::start_with_patience(settings, PATIENCE).unwrap();
    let operator = Visitor::named(server.address(), Role::Operator.name(), PASSWORD);
    (server, operator)
}

fn connection(server: &ReviewServer) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(FOR_EVER)).unwrap();
    stream
}

#[test]
fn whoever_never_says_what_they_want_or_never_sends_their_form_is_cut_off() {
    let nursery = Nursery::open();
    let (server, operator) = impatient(&nursery);
    let mut half_a_head = connection(&server);
    half_a_head
        .write_all(b"GET /live HTTP/1.1\r\nHost: ")
        .unwrap();
    let mut half_a_form = connection(&server);
    let head = format!(
        "POST /correct HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: 90\r\nConnection: close\r\n\r\ntoken={}&id=2",
        server.address(),
        operator.cookie,
        operator.token
    );
    half_a_form.write_all(head.as_bytes()).unwrap();
    // meanwhile the others are served
    operator.get("/live").is(200);
    let mut told = String::new();
    half_a_form.read_to_string(&mut told).unwrap();
    assert!(told.starts_with("HTTP/1.1 400"), "{told}");
    let mut nothing = Vec::new();
    // a server that closes while bytes are under way resets the connection
    let _ = half_a_head.read_to_end(&mut nothing);
    assert!(!nothing.starts_with(b"HTTP/1.1 200"));
    operator
        .get("/tray?id=2&row=0&col=0")
        .shows("Nobody has corrected it");
}

#[test]
fn whoever_takes_nothing_of_what_is_sent_is_cut_off() {
    /// Pictures of a few hundred KiB: more than the system keeps for who does not read.
    const PICTURES: usize = 400;
    let nursery = Nursery::open();
    let (server, operator) = impatient(&nursery);
    let ask = format!(
        "GET /tray/picture?id=2 HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n",
        server.address(),
        operator.cookie
    );
    let mut greedy = connection(&server);
    greedy.set_write_timeout(Some(FOR_EVER)).unwrap();
    let asked = greedy.write_all(ask.repeat(PICTURES).as_bytes());
    // what is written to a connection that the other end has given up fails
    let start = std::time::Instant::now();
    let mut given_up = asked.is_err();
    while !given_up {
        assert!(start.elapsed() < FOR_EVER, "the connection is still held");
        std::thread::sleep(BETWEEN_LOOKS);
        given_up = greedy.write_all(b"G").is_err();
    }
    operator.get("/live").is(200);
}
