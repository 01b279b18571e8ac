//! A shift's report: what one shift hands over to the next, and that nothing in it is guessed.

use seedgrade::grade::GradingStandard;
use seedgrade::inspect::{TrayReport, rejudge};
use seedgrade::review::{ReviewServer, Role};
use seedgrade::statistics::Calendar;
use seedgrade::store::{
    CellPlace, CommandRecord, Correction, CorrectionKind, EventRecord, LATE, LinePart, PartHealth,
    Record, StatedVerdict, Statement, StoreWriter, WriterParams,
};
use serde_json::Value;

use crate::client::{Visitor, encoded};
use crate::nursery::{Nursery, PASSWORD, settings, tray};

/// The early shift of the site, by its clock and in UTC.
const EARLY: &str = "2026-11-24 14:00";

fn at(time: &str) -> String {
    format!("2026-11-24T{time}Z")
}

/// The embedded standard, with a budget for `unsure`.
fn with_budget() -> (GradingStandard, String) {
    let text = GradingStandard::embedded_text();
    let rest = text.split_once("[unsure]").unwrap();
    let lines = rest.1.lines().filter(|line| !line.starts_with("budget"));
    let text = format!(
        "{}[unsure]\nbudget = 0.1{}\n",
        rest.0,
        lines.collect::<Vec<_>>().join("\n")
    );
    (GradingStandard::parse(&text).unwrap(), text)
}

fn seen(number: u32, lot: &str, time: &str, standard: &GradingStandard) -> TrayReport {
    let mut report = tray(number, lot, |cell| if cell == 7 { 0.0 } else { 0.1 });
    report.facts.captured_at = Some(at(time));
    rejudge(report, standard).unwrap()
}

fn ended(number: u32, time: &str, outcome: &str, reason: Option<&str>) -> Record {
    Record::Command(CommandRecord {
        at: at(time),
        trigger: number,
        tray_uid: Some(format!("base1/line1/2026-11-24/{number:06}")),
        sequence: (outcome != "dropped").then_some(1),
        job: Some(7),
        gate: Some(1),
        fire_at: Some(1000),
        outcome: outcome.to_owned(),
        reason: reason.map(str::to_owned),
    })
}

fn said(col: u32, kind: CorrectionKind) -> Record {
    Record::Statement(Statement::Correction(Correction {
        at: at("09:00:00"),
        who: "Li Na".to_owned(),
        why: None,
        kind,
        tray_uid: "base1/line1/2026-11-24/000002".to_owned(),
        pass: 1,
        image_sha256: None,
        cell: CellPlace { row: 0, col },
        before: Some(StatedVerdict::Blank),
    }))
}

fn happened(time: &str, kind: &str, message: &str) -> Record {
    Record::Event(EventRecord {
        at: at(time),
        kind: kind.to_owned(),
        message: message.to_owned(),
        detail: None,
    })
}

/// What a line and people stored of a shift from 14:00 to 22:00 in Shanghai, and of those beside it.
fn shift() -> Vec<Record> {
    let trouble = PartHealth::InTrouble(
        LinePart::Camera,
        "the camera gave no frame within 500 ms".to_owned(),
    );
    let after = || StatedVerdict::Double;
    vec![
        happened(
            "05:50:00",
            "suspended",
            "5 trays in a row were not graded: stop and start the belt to go on",
        ),
        happened("06:05:00", "armed", "the line is armed"),
        happened(
            "06:05:30",
            "reference_tray",
            "camera and lamp are as they were recorded",
        ),
        Record::Event(trouble.event(&at("08:00:00"))),
        Record::Event(PartHealth::Fine(LinePart::Camera).event(&at("08:02:00"))),
        happened(
            "09:30:00",
            "job_changed",
            "job 8, lot b, standard x@1, net sha256:0",
        ),
        ended(1, "05:00:00", "dropped", Some("late")),
        ended(2, "07:00:05", "fired", None),
        ended(3, "07:10:05", "dropped", Some("late")),
        ended(
            4,
            "07:20:05",
            "refused",
            Some("late by the actuator's reckoning"),
        ),
        said(1, CorrectionKind::Override { after: after() }),
        said(2, CorrectionKind::AuditAnswer { after: after() }),
        said(
            3,
            CorrectionKind::AuditAnswer {
                after: StatedVerdict::Blank,
            },
        ),
        happened("15:00:00", "faulted", "of the next shift"),
    ]
}

/// A nursery with shifts and what its line stored.
fn nursery() -> (tempfile::TempDir, ReviewServer) {
    let standard = with_budget();
    let trays = [
        seen(1, "a", "05:00:00", &standard.0),
        seen(2, "a", "07:00:00", &standard.0),
        seen(3, "a", "07:10:00", &standard.0),
        seen(4, "b", "07:20:00", &standard.0),
        seen(5, "b", "14:00:00", &standard.0),
    ];
    let nursery = Nursery::with(&trays, true).unwrap();
    drop(nursery.server);
    let store = nursery.folder.path().join("line.db");
    let writer = StoreWriter::open(&store, WriterParams::default()).unwrap();
    shift().into_iter().for_each(|record| writer.write(record));
    assert_eq!(writer.close().lost, 0);
    let ledger = [
        ("05:00:00", "corrected"),
        ("09:00:00", "corrected"),
        ("09:01:00", "logged_in"),
    ];
    let ledger = ledger.map(|(time, did)| {
        let (at, detail) = (at(time), "base1/line1/2026-11-24/000002 r0 c1 double");
        format!("{{\"at\":\"{at}\",\"who\":\"Li Na\",\"from\":\"127.0.0.1\",\"did\":\"{did}\",\"detail\":\"{detail}\"}}\n")
    });
    std::fs::write(
        nursery.folder.path().join("line.db.ledger.jsonl"),
        ledger.concat(),
    )
    .unwrap();
    let mut settings = settings(vec![store], "127.0.0.1:0");
    let begin = ["06:00", "14:00", "22:00"].map(|shift| shift.parse().unwrap());
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    settings.calendar = Some(Calendar::new(zone, begin.to_vec()).unwrap());
    settings.standards = vec![standard];
    (nursery.folder, ReviewServer::start(settings).unwrap())
}

fn somebody(server: &ReviewServer, role: Role) -> Visitor {
    Visitor::named(server.address(), role.name(), PASSWORD)
}

fn told(visitor: &Visitor, shift: &str) -> Value {
    let reply = visitor.get(&format!("/api/v1/shift?shift={}", encoded(shift)));
    serde_json::from_str(&reply.is(200).body).unwrap()
}

#[test]
fn a_shift_has_its_own_trays_commands_stops_checks_and_corrections_and_no_others() {
    let (_folder, server) = nursery();
    let shift = told(&somebody(&server, Role::Operator), EARLY);
    assert_eq!(shift["begins"], at("06:00:00"));
    assert_eq!(shift["goes_on"], false);
    assert_eq!(shift["all"]["graded_trays"], 3);
    let lots: Vec<_> = shift["lots"].as_array().unwrap().iter().collect();
    assert_eq!(
        (lots[0]["group"].as_str(), lots[0]["graded_trays"].as_u64()),
        (Some("a"), Some(2))
    );
    assert_eq!(lots[1]["graded_trays"], 1);
    // 3 × 20 cells: one blank and one in doubt a tray
    assert_eq!(shift["all"]["emergence"]["of"], 57);
    assert_eq!(shift["unsure"][0]["unsure"]["hits"], 3);
    assert_eq!(shift["unsure"][0]["budget"], 0.1);
    let routes: u64 = shift["routes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| of["passes"].as_u64().unwrap())
        .sum();
    assert_eq!(routes, 3);
    let ends: Vec<_> = shift["commands"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| of["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(ends, ["dropped", "fired", "refused"]);
    assert_eq!(
        (&shift["late"], &shift["late_fired"]),
        (&2.into(), &0.into())
    );
    // the line stood when the shift began, and the camera was silent for two minutes
    let stops = shift["stops"].as_array().unwrap();
    assert_eq!(
        (stops[0]["kind"].as_str(), stops[0]["seconds"].as_u64()),
        (Some("suspended"), Some(300))
    );
    assert_eq!(
        (stops[1]["stood"].as_str(), stops[1]["seconds"].as_u64()),
        (Some("camera"), Some(120))
    );
    assert_eq!(stops.len(), 2);
    assert_eq!(shift["checks"][0]["kind"], "reference_tray");
    assert_eq!(shift["events"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&shift["overrides"], &shift["overrides_taken_back"]),
        (&1.into(), &0.into())
    );
    assert_eq!(
        (&shift["audited"]["hits"], &shift["audited"]["of"]),
        (&1.into(), &2.into())
    );
    assert_eq!(shift["changes"], Value::Null);
    let manager = told(&somebody(&server, Role::Manager), EARLY);
    let changes = manager["changes"].as_array().unwrap();
    assert_eq!(
        (changes.len(), changes[0]["did"].as_str()),
        (1, Some("corrected"))
    );
}

#[test]
fn the_page_of_a_shift_tells_the_same_in_both_languages_and_leads_to_those_beside_it() {
    let (_folder, server) = nursery();
    let mut manager = somebody(&server, Role::Manager);
    manager
        .get("/compare?by=shift")
        .is(200)
        .shows("href=\"/shift?shift=2026-11-24%2014%3A00\"");
    let address = format!("/shift?shift={}", encoded(EARLY));
    manager
        .get(&address)
        .is(200)
        .shows("Shift report")
        .shows("2026-11-24 14:00:00 – 2026-11-24 22:00:00")
        .shows("Came too late: 2. Accepted or fired all the same: 0.")
        .shows("class=\"state\"")
        .shows("The line did not sort for 0:05:00")
        .shows("10.0 %")
        .shows("Camera</strong>")
        .shows("camera and lamp are as they were recorded")
        .shows("blank → <strong>double</strong>")
        .shows("Who did what")
        .shows("Handed over by, date")
        .shows("shift=2026-11-24%2006%3A00")
        .shows("shift=2026-11-24%2022%3A00");
    somebody(&server, Role::Operator)
        .get(&address)
        .is(200)
        .hides("Who did what");
    manager.cookie = manager.cookie.replace("language=en", "language=zh-CN");
    manager
        .get(&address)
        .is(200)
        .shows("交接班记录")
        .shows("过迟：2 次")
        .shows("PLC 判定过迟")
        .shows("连续 5 盘未能分级")
        .hides("late by the actuator")
        .hides("the camera gave no frame");
}

#[test]
fn a_shift_without_anything_says_so_and_what_is_no_shift_is_not_found() {
    let (_folder, server) = nursery();
    let viewer = somebody(&server, Role::Viewer);
    viewer
        .get("/shift?shift=2026-11-20%2006:00")
        .is(200)
        .shows("The store holds nothing of this shift.");
    for none in [
        "2026-11-24%2007:00",
        "yesterday",
        "2026-11-24%2014:00&store=1",
    ] {
        viewer.get(&format!("/shift?shift={none}")).is(404);
        viewer.get(&format!("/api/v1/shift?shift={none}")).is(404);
    }
    // of a site without shifts, a day is one: from midnight there, which is 16:00 of the day before in UTC
    let day = told(&viewer, "2026-11-24");
    assert_eq!(day["all"]["graded_trays"], 5);
    assert_eq!(day["begins"], "2026-11-23T16:00:00Z");
    // without a name it is that of the last record
    viewer
        .get("/shift")
        .is(200)
        .shows("<strong>2026-11-24 14:00</strong>");
}

#[test]
fn what_the_line_calls_late_is_what_the_report_counts_as_late() {
    let line = ["src/line/ledger.rs", "src/line/control/trays.rs"];
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources: String = line
        .iter()
        .map(|file| std::fs::read_to_string(root.join(file)).unwrap())
        .collect();
    for late in LATE {
        assert!(sources.contains(&format!("\"{late}\"")), "{late}");
    }
}
