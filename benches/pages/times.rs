//! How long the operators' pages take over a store: the first asking, then p50, p95 and the longest, of every page, in milliseconds.
//!
//! `cargo run --release --example store_scale -- 1000000 big.db`, then
//! `cargo run --release --example page_times -- big.db [TIMES]`. Over loopback, one visitor, every page so many times after
//! it was asked for once. Figures are of this machine, its disk and what its cache holds.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use seedgrade::grade::GradingStandard;
use seedgrade::review::{ReviewServer, ReviewSettings};
use seedgrade::statistics::Calendar;
use seedgrade::store::StoreReader;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let store = PathBuf::from(arguments.next().unwrap_or_else(|| "big.db".to_owned()));
    let times: usize = arguments.next().map_or(20, |n| n.parse().unwrap());
    let reader = StoreReader::open(&store).unwrap();
    let trays = reader.last_rows().unwrap().tray;
    let lots = reader.newest_lots(u32::MAX).unwrap();
    let lot = lots[0].lot.clone().unwrap_or_default();
    let trays_of = |lot: &str| -> u64 {
        let sums = reader.tallies(Some(lot)).unwrap();
        sums.iter().map(|(_, tally)| tally.trays.graded).sum()
    };
    let named = lots.iter().filter_map(|listed| listed.lot.clone());
    let largest = named.max_by_key(|lot| trays_of(lot)).unwrap_or_default();
    let shifts = ["06:00", "14:00", "22:00"].map(|shift| shift.parse().unwrap());
    let calendar = Calendar::new(jiff::tz::TimeZone::UTC, shifts.to_vec()).unwrap();
    let server = ReviewServer::start(ReviewSettings {
        stores: vec![store],
        listen: "127.0.0.1:0".to_owned(),
        pictures: Vec::new(),
        built_in: |_| None,
        standards: Vec::new(),
        font: None,
        behind_https: false,
        calendar: Some(calendar.clone()),
    })
    .unwrap();
    println!(
        "{trays} trays, {times} times each; ms: the first, then p50, p95, longest; bytes; page"
    );
    println!("the largest lot, {largest}: {} trays", trays_of(&largest));
    let mut all = pages(&lot, trays / 2);
    let in_the_middle = reader.tray(trays / 2).unwrap();
    let quarter = in_the_middle.seen_at().get(..16).unwrap_or_default();
    let shift = calendar.shift_of(quarter).unwrap().replace(' ', "%20");
    all.push(format!("/shift?shift={shift}"));
    all.push(format!("/find?called={}", in_the_middle.uid));
    all.push("/find?called=nothing".to_owned());
    all.push(format!("/certificate?lot={}", largest.replace(' ', "%20")));
    for page in all {
        let begun = Instant::now();
        let (status, _) = asked(server.address(), &page);
        let first = begun.elapsed().as_secs_f64() * 1e3;
        let mut took: Vec<Duration> = Vec::new();
        let mut bytes = 0;
        for _ in 0..times {
            let begun = Instant::now();
            bytes = asked(server.address(), &page).1;
            took.push(begun.elapsed());
        }
        took.sort();
        let at = |share: f64| {
            took[((took.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1e3
        };
        println!(
            "{first:8.1} {:8.1} {:8.1} {:8.1} {bytes:8}  {status} {page}",
            at(0.5),
            at(0.95),
            at(1.0)
        );
    }
}

fn pages(lot: &str, tray: i64) -> Vec<String> {
    let lot = lot.replace(' ', "%20");
    let digest = GradingStandard::embedded().digest().to_owned();
    let of_lot = |page: &str| format!("/{page}?lot={lot}");
    let mut pages: Vec<String> = [
        "live",
        "live/now",
        "lots",
        "review",
        "audit",
        "standards",
        "system",
    ]
    .map(|page| format!("/{page}"))
    .to_vec();
    pages.push(format!("/tray?id={tray}&row=1&col=1"));
    pages.extend(["lot", "bench", "certificate"].map(of_lot));
    pages.push(format!("/what-if?standard={digest}&lot={lot}"));
    pages.extend(["trays", "lots"].map(|what| format!("/api/v1/{what}")));
    pages.push(format!("/api/v1/lot?lot={lot}"));
    pages
}

/// The status and the bytes of an answer.
fn asked(address: SocketAddr, page: &str) -> (String, usize) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {page} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let head = String::from_utf8_lossy(&answer[..answer.len().min(64)]).into_owned();
    let status = head.split(' ').nth(1).unwrap_or("?").to_owned();
    (status, answer.len())
}
