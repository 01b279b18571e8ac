//! A name that is scanned leads to its tray or its lot; a tray that passed several times is listed once.

use seedgrade::inspect::TrayReport;
use seedgrade::review::{ReviewServer, Role};

use crate::client::{Visitor, encoded};
use crate::nursery::{Nursery, add, settings, tray};

/// A pass of the tray with this code; every pass has a uid of its own.
fn pass(number: u32, code: &str, pass: u32, lot: &str) -> TrayReport {
    let mut report = tray(number, lot, |cell| if cell == 7 { 0.0 } else { 0.1 });
    report.facts.tray_code = Some(code.to_owned());
    report.facts.pass = pass;
    report
}

fn refused(mut report: TrayReport) -> TrayReport {
    report.status = seedgrade::inspect::ReportStatus::Refused;
    report.reason = Some("too dark".to_owned());
    report.cells.clear();
    (report.counts, report.grade, report.route) = (None, None, None);
    report
}

/// Two trays with codes, of which one passed twice and then once more for another lot, and the other was refused at last.
fn passes() -> Vec<TrayReport> {
    vec![
        pass(1, "T1", 1, "a"),
        pass(2, "T2", 1, "a"),
        pass(3, "T1", 2, "a"),
        refused(pass(4, "T2", 2, "a")),
        pass(5, "T1", 3, "b"),
        tray(6, "T2", |_| 0.1),
    ]
}

#[track_caller]
fn leads(visitor: &Visitor, name: &str, to: &str) {
    let reply = visitor.get(&format!("/find?called={}", encoded(name)));
    assert_eq!(reply.is(303).header("location"), Some(to), "{name}");
}

#[test]
fn a_scanned_code_leads_to_the_latest_pass_a_uid_to_its_own_and_a_lots_name_to_the_lot() {
    let nursery = Nursery::with(&passes(), true).unwrap();
    let viewer = nursery.visitor(Role::Viewer);
    leads(&viewer, "T1", "/tray?store=0&id=5");
    leads(&viewer, " T1\r\n", "/tray?store=0&id=5");
    leads(
        &viewer,
        "base1/line1/2026-11-24/000001",
        "/tray?store=0&id=1",
    );
    leads(&viewer, "b", "/lot?lot=b");
    // as a scanner types where Chinese is written
    leads(&viewer, "Ｔ１　", "/tray?store=0&id=5");
    leads(&viewer, "ｂ", "/lot?lot=b");
    // a tray's code and a lot's name
    viewer
        .get("/find?called=T2")
        .is(200)
        .shows("href=\"/lot?lot=T2\"")
        .shows("href=\"/tray?store=0&amp;id=4\"")
        .shows("T2 means several");
    viewer.get("/find").is(200).shows("Scan or type");
    viewer
        .get(&format!("/find?called={}", encoded("<b>T9")))
        .is(404)
        .shows("Nothing is called &lt;b&gt;T9");
    viewer
        .get(&format!("/find?called={}", "x".repeat(500)))
        .is(400);
    for page in ["/live", "/lots", "/tray?id=1", "/system", "/find"] {
        viewer.get(page).shows("role=\"search\"");
    }
    let nobody = nursery.nobody();
    nobody.get("/find?called=T1").is(303);
    nobody.get("/login").is(200).hides("role=\"search\"");
    let found: serde_json::Value =
        serde_json::from_str(&viewer.get("/api/v1/find?called=T1").is(200).body).unwrap();
    let uids = found["passes"].as_array().unwrap().iter();
    let uids: Vec<_> = uids
        .map(|of| &of["tray_uid"].as_str().unwrap()[23..])
        .collect();
    assert_eq!(uids, ["000005", "000003", "000001"]);
    assert_eq!(
        (&found["lot"], &found["older"]),
        (&false.into(), &false.into())
    );
}

#[test]
fn a_tray_shows_its_other_passes_and_those_in_which_its_code_stood_for_another_lot() {
    let nursery = Nursery::with(&passes(), true).unwrap();
    let viewer = nursery.visitor(Role::Viewer);
    let page = viewer.get("/tray?id=5");
    page.is(200).shows("Other passes · T1").shows("this one");
    for other in [1, 3] {
        page.shows(&format!("href=\"/tray?store=0&amp;id={other}\""));
    }
    viewer.get("/tray?id=6").is(200).hides("Other passes");
}

#[test]
fn a_lots_list_and_table_have_a_coded_tray_once_by_the_pass_that_counts() {
    let nursery = Nursery::with(&passes(), false).unwrap();
    let nobody = nursery.nobody();
    let lot = nobody.get("/lot?lot=a");
    lot.is(200)
        .shows("id=3\"")
        .shows("id=2\"")
        .hides("id=1\"")
        .hides("id=4\"");
    lot.shows("T1 · base1/line1/2026-11-24/000003 · pass 2");
    let table = nobody.get("/lot/table?lot=a").is(200).body.clone();
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(
        table
            .lines()
            .next()
            .unwrap()
            .ends_with(",standard,tray_code")
    );
    assert!(table.contains("000003,2,") && table.lines().nth(1).unwrap().ends_with(",T1"));
    // the sums count as the list does
    nobody.get("/api/v1/lot?lot=a").shows("\"graded_trays\":2");
    nobody
        .get("/api/v1/trays?lot=a")
        .shows("000003")
        .hides("000001");
}

#[test]
fn a_coded_tray_that_passed_two_lines_is_listed_once_as_the_sums_of_both_count_it() {
    let at = |mut report: TrayReport, hour: u32| {
        report.facts.captured_at = Some(format!("2026-11-24T{hour:02}:00:00Z"));
        report
    };
    let first = [at(pass(1, "T1", 1, "a"), 7), at(pass(2, "T2", 1, "a"), 10)];
    let nursery = Nursery::with(&first, false).unwrap();
    drop(nursery.server);
    let store = nursery.folder.path().join("line.db");
    let other = nursery.folder.path().join("line2.db");
    let mut again = at(pass(11, "T1", 1, "a"), 9);
    again.facts.tray_uid = "base1/line2/2026-11-24/000011".to_owned();
    let mut earlier = at(pass(12, "T2", 1, "a"), 8);
    earlier.facts.tray_uid = "base1/line2/2026-11-24/000012".to_owned();
    add(&other, &[again, earlier]);
    let server = ReviewServer::start(settings(vec![store, other], "127.0.0.1:0")).unwrap();
    let nobody = Visitor::nobody(server.address());
    nobody.get("/api/v1/lot?lot=a").shows("\"graded_trays\":2");
    let table = nobody.get("/lot/table?lot=a").is(200).body.clone();
    assert!(
        table.contains("line2/2026-11-24/000011") && table.contains("line1/2026-11-24/000002"),
        "{table}"
    );
    assert_eq!(table.lines().count(), 3, "{table}");
    let lot = nobody.get("/lot?lot=a");
    lot.is(200)
        .shows("000011")
        .hides("000012")
        .hides("line1/2026-11-24/000001");
    // scanned, its latest pass is on the second line
    leads(&nobody, "T1", "/tray?store=1&id=1");
    nobody
        .get("/tray?store=1&id=1")
        .shows("href=\"/tray?store=0&amp;id=1\"");
}
