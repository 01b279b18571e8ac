//! No page reads more of a store than it shows: what a process of the pages reads from its files is counted by the system.
#![cfg(target_os = "linux")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use seedgrade::grade::GradingStandard;

use crate::client::{Visitor, encoded};
use crate::common::seedgrade;
use crate::nursery::{Nursery, add, tray};

/// Trays of the store, all of one lot.
const TRAYS: u32 = 3_000;
/// A tray of 20 cells costs at most so much to read: its row's page of the file and those on the way to it.
const OF_A_TRAY: u64 = 16 << 10;
/// What every page may read besides: the schema, sums, events, what people said.
const BESIDES: u64 = 256 << 10;

/// `seedgrade review` over a store.
struct Pages(Child);

impl Pages {
    fn over(store: &std::path::Path) -> (Self, Visitor) {
        let mut command = seedgrade();
        command.arg("review").arg("--store").arg(store);
        let command = command.args(["--listen", "127.0.0.1:0"]);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        stderr.read_line(&mut said).unwrap();
        let address = said.split("http://").nth(1).unwrap();
        let address = address.trim_end_matches("/\n").parse().unwrap();
        (Self(child), Visitor::nobody(address))
    }

    /// Bytes that it has read since it began, from disk or the system's cache.
    fn read_so_far(&self) -> u64 {
        let told = std::fs::read_to_string(format!("/proc/{}/io", self.0.id())).unwrap();
        let line = told.lines().find_map(|line| line.strip_prefix("rchar: "));
        line.unwrap().parse().unwrap()
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn no_page_reads_more_of_a_large_store_than_it_shows() {
    let sample = tray(1, "large", |cell| if cell == 7 { 0.0 } else { 0.1 });
    let trays: Vec<_> = (0..TRAYS)
        .map(|number| {
            let mut report = sample.clone();
            report.facts.tray_uid = format!("base1/line1/2026-11-24/{number:06}");
            report.facts.captured_at =
                Some(format!("2026-11-24T{:02}:00:00Z", number * 24 / TRAYS));
            report
        })
        .collect();
    let nursery = Nursery::with(&[], false).unwrap();
    add(&nursery.store(), &trays);
    let standard = encoded(GradingStandard::embedded().digest());
    // each page with the trays that it shows, or that it says it rests on
    let pages = [
        ("/live".to_owned(), 70),
        ("/live/now".to_owned(), 70),
        ("/tray?id=1500".to_owned(), 1),
        ("/tray/cell?id=1501&row=1&col=1".to_owned(), 1),
        ("/lots".to_owned(), 0),
        ("/lot?lot=large".to_owned(), 60 + 40),
        ("/compare?by=day".to_owned(), 0),
        ("/compare?by=lot".to_owned(), 0),
        ("/shift?shift=2026-11-25".to_owned(), 0),
        ("/find".to_owned(), 0),
        ("/api/v1/find?called=large".to_owned(), 0),
        (
            "/api/v1/find?called=base1/line1/2026-11-24/001500".to_owned(),
            1,
        ),
        ("/bench?lot=large".to_owned(), 20),
        ("/review".to_owned(), 24),
        ("/audit".to_owned(), 0),
        ("/standards".to_owned(), 0),
        ("/jobs".to_owned(), 0),
        ("/system".to_owned(), 0),
        ("/api/v1/trays".to_owned(), 50),
        ("/api/v1/lots".to_owned(), 0),
        ("/api/v1/lot?lot=large".to_owned(), 0),
        ("/api/v1/refill?lot=large".to_owned(), 20),
        (format!("/what-if?standard={standard}&lot=large"), 300),
    ];
    let size = std::fs::metadata(nursery.store()).unwrap().len();
    let picture = nursery.folder.path().join("arabidopsis-tray.jpg");
    let picture = std::fs::metadata(picture).unwrap().len();
    assert!(
        size > 2 * BESIDES,
        "what a page may read is less than the store"
    );
    let mut wrong = Vec::new();
    for (page, shown) in &pages {
        // a process that has read nothing yet: none of its memory hides what a page reads
        let (process, visitor) = Pages::over(&nursery.store());
        let before = process.read_so_far();
        visitor.get(page).is(200);
        let read = process.read_so_far() - before;
        // a photograph is shown only while its bytes are those that were judged
        let shows_picture = ["/live", "/tray", "/review"]
            .iter()
            .any(|with| page.starts_with(with));
        let most = shown * OF_A_TRAY + BESIDES + if shows_picture { picture } else { 0 };
        if read > most {
            wrong.push(format!(
                "{page} read {read} bytes, expected at most {most} of {size}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
