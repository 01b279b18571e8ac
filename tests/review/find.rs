//! A name that is scanned leads to its tray or its lot; a tray shows its other passes.

use seedgrade::inspect::TrayReport;
use seedgrade::review::Role;

use crate::client::{Visitor, encoded};
use crate::nursery::{Nursery, tray};

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
