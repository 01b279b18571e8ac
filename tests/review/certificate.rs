//! A lot's inspection report: what it says, and whether it still holds.

use std::path::{Path, PathBuf};
use std::time::Duration;

use seedgrade::certificate::{Certificate, DrawnUp, KnownLots, draw_up, holding, recomputed};
use seedgrade::grade::GradingStandard;
use seedgrade::inspect::TrayReport;
use seedgrade::review::Role;
use seedgrade::statistics::{Summary, Tally};
use seedgrade::store::{
    CellPlace, Correction, CorrectionKind, HandMeasurement, StatedVerdict, Statement,
    StatementWriter, StoreReader, tallies_of,
};
use serde_json::Value;

use crate::common::{Run, run, seedgrade};
use crate::nursery::{Nursery, add, tray};

const ADDRESS: &str = "/api/v1/lots/2026-11-A/certificate";

fn handed_over(nursery: &Nursery) -> (PathBuf, Value) {
    let reply = nursery.visitor(Role::Viewer).get(ADDRESS);
    let file = nursery.folder.path().join("certificate.json");
    std::fs::write(&file, &reply.is(200).body).unwrap();
    (file, serde_json::from_str(&reply.body).unwrap())
}

fn verified(certificate: &Path, store: &Path) -> Run {
    run(seedgrade()
        .arg("verify")
        .arg(certificate)
        .arg("--store")
        .arg(store))
}

fn say(nursery: &Nursery, statements: &[Statement]) {
    let wait = Duration::from_secs(2);
    let mut writer = StatementWriter::open(&nursery.store(), wait).unwrap();
    writer.add_all(statements).unwrap();
}

/// A blind answer to a cell that had been judged to be of grade A.
fn answered(cell: u32, after: StatedVerdict) -> Statement {
    Statement::Correction(Correction {
        at: format!("2026-11-24T09:00:{cell:02}Z"),
        who: "li".to_owned(),
        why: None,
        kind: CorrectionKind::AuditAnswer { after },
        tray_uid: "base1/line1/2026-11-24/000001".to_owned(),
        pass: 1,
        image_sha256: None,
        cell: CellPlace {
            row: cell / 5,
            col: cell % 5,
        },
        before: Some(StatedVerdict::Graded("A".to_owned())),
    })
}

#[test]
fn a_certificate_has_the_lots_figures_and_says_what_it_is_not() {
    let nursery = Nursery::open();
    let (_, of) = handed_over(&nursery);
    assert_eq!(of["schema"], "seedgrade.certificate/1");
    assert_eq!(of["title"]["zh-CN"], "检测报告");
    assert!(
        of["is_not"]["en"]
            .as_str()
            .unwrap()
            .contains("neither a statutory")
    );
    let viewer = nursery.visitor(Role::Viewer);
    let lot: Value = serde_json::from_str(&viewer.get("/api/v1/lot?lot=2026-11-A").body).unwrap();
    for rate in ["emergence", "marketable"] {
        assert_eq!(of["summary"][rate]["hits"], lot[rate]["hits"]);
        assert_eq!(of["summary"][rate]["ci95"], lot[rate]["ci95"]);
    }
    assert_eq!(of["summary"]["trays"]["refused"], 1);
    assert_eq!(of["meets"]["audit"], Value::Null);
    assert!(
        of["meets"]["method"]
            .as_str()
            .unwrap()
            .contains("no audit yet")
    );
    viewer
        .get("/api/v1/lots/none/certificate")
        .is(404)
        .shows("\"error\"");
    viewer.get("/certificate?lot=none").is(404);
}

#[test]
fn the_page_shows_measurements_and_evidence_and_that_nobody_audited_in_both_languages() {
    let nursery = Nursery::open();
    say(
        &nursery,
        &[Statement::HandMeasurement(HandMeasurement {
            at: "2026-11-24T10:00:00Z".to_owned(),
            who: "chen".to_owned(),
            tray_uid: "base1/line1/2026-11-24/000001".to_owned(),
            cell: None,
            measured_trait: "stem_diameter".to_owned(),
            value: 3.25,
            unit: "mm".to_owned(),
            method: Some("callipers <at> the cotyledons".to_owned()),
        })],
    );
    let mut viewer = nursery.visitor(Role::Viewer);
    viewer
        .get("/certificate?lot=2026-11-A")
        .is(200)
        .shows("Inspection report")
        .shows("No audit yet")
        .shows("3.25 mm")
        .shows("callipers &lt;at&gt; the cotyledons")
        .shows(GradingStandard::embedded().digest())
        .shows("quarantine");
    viewer.cookie = viewer.cookie.replace("language=en", "language=zh-CN");
    viewer
        .get("/certificate?lot=2026-11-A")
        .is(200)
        .shows("检测报告")
        .shows("尚无盲审")
        .shows("植物检疫证书");
}

#[test]
fn an_audit_widens_the_interval_and_moves_the_share_to_what_people_find() {
    let nursery = Nursery::open();
    let (_, before) = handed_over(&nursery);
    let plants = (4..14).map(|cell| {
        let after = if cell < 8 {
            StatedVerdict::Blank
        } else {
            StatedVerdict::Graded("A".to_owned())
        };
        answered(cell, after)
    });
    let cannot_tell = answered(19, StatedVerdict::Unsure);
    say(&nursery, &plants.chain([cannot_tell]).collect::<Vec<_>>());
    let (_, after) = handed_over(&nursery);
    let meets = &after["meets"];
    assert_eq!(meets["audit"]["judged_so"]["of"], 10);
    assert_eq!(meets["audit"]["judged_so"]["so"], 6);
    assert_eq!(meets["answers_left_out"], 1);
    let number = |of: &Value| of.as_f64().unwrap();
    assert!(number(&meets["share"]) < number(&before["meets"]["share"]) - 0.1);
    let width = |of: &Value| number(&of["meets"]["ci95"][1]) - number(&of["meets"]["ci95"][0]);
    assert!(width(&after) > width(&before));
    nursery
        .visitor(Role::Viewer)
        .get("/certificate?lot=2026-11-A")
        .shows("people agree with 6 of 10")
        .shows("6 of 6 plants meet it");
    // six cells that people saw plants in, whatever had been judged there: the exact binomial interval
    let singly = &meets["drawn_singly"];
    assert_eq!(
        (&singly["meets"], &singly["plants"]),
        (&6.into(), &6.into())
    );
    assert!((number(&singly["ci95"][0]) - 0.025_f64.powf(1.0 / 6.0)).abs() < 1e-6);
    assert_eq!(before["meets"].get("drawn_singly"), None);
}

#[test]
fn a_report_says_how_far_people_agree_among_themselves_where_two_judged_the_same_cells() {
    let nursery = Nursery::open();
    let grade_a = || StatedVerdict::Graded("A".to_owned());
    let by = |who: &str, cell: u32, after: StatedVerdict| match answered(cell, after) {
        Statement::Correction(said) => Statement::Correction(Correction {
            who: who.to_owned(),
            ..said
        }),
        other => other,
    };
    let said = |cells: std::ops::Range<u32>, who: &'static str, blank: u32| {
        cells.map(move |cell| {
            let after = if cell < blank {
                StatedVerdict::Blank
            } else {
                grade_a()
            };
            by(who, cell, after)
        })
    };
    // one alone judged the last cell: it tells nothing of agreement
    let answers: Vec<Statement> = said(4..15, "li", 8).chain(said(4..14, "wang", 9)).collect();
    say(&nursery, &answers);
    let (file, of) = handed_over(&nursery);
    let among = &of["meets"]["among_people"];
    assert_eq!((&among["n"], &among["unanimous"]), (&10.into(), &9.into()));
    // nine of ten pairs are alike; of twenty answers 9 are blank, 11 are A
    let chance = (0.45_f64).powi(2) + (0.55_f64).powi(2);
    let kappa = (0.9 - chance) / (1.0 - chance);
    assert!(
        (among["kappa"].as_f64().unwrap() - kappa).abs() < 1e-9,
        "{among}"
    );
    verified(&file, &nursery.store()).ends_with(0);
    let mut viewer = nursery.visitor(Role::Viewer);
    let page = |viewer: &crate::client::Visitor| viewer.get("/certificate?lot=2026-11-A");
    page(&viewer)
        .shows("10 cells were judged by two or more, of which 9 alike by all")
        .shows(&format!("κ {kappa:.2} (95 %: "));
    viewer.cookie = viewer.cookie.replace("language=en", "language=zh-CN");
    page(&viewer).shows(&format!("Fleiss κ {kappa:.2}（95 % 区间 "));
    // a report that was handed over before this was told still holds
    let mut earlier = Certificate::parse(&std::fs::read(&file).unwrap()).unwrap();
    earlier.meets.among_people = None;
    earlier.digest = earlier.digest_of_content().unwrap();
    let stores = [StoreReader::open(&nursery.store()).unwrap()];
    let found = holding(&earlier, &stores, &known).unwrap();
    assert_eq!(found.differences, Vec::<String>::new());
}

#[test]
fn a_certificate_holds_while_its_rows_are_there_and_says_when_trays_came_since() {
    let nursery = Nursery::open();
    say(&nursery, &[answered(4, StatedVerdict::Double)]);
    let (file, _) = handed_over(&nursery);
    let holds = verified(&file, &nursery.store());
    holds.ends_with(0);
    assert!(
        holds.stdout.contains("certificate of lot 2026-11-A holds"),
        "{holds:?}"
    );
    add(&nursery.store(), &[tray(70, "2026-11-A", |_| 0.0)]);
    say(&nursery, &[answered(5, StatedVerdict::Blank)]);
    let later = verified(&file, &nursery.store());
    later.ends_with(0);
    assert!(
        later.stdout.contains("1 passes were stored since"),
        "{later:?}"
    );
}

#[test]
fn a_certificate_whose_text_or_whose_store_is_another_does_not_hold() {
    let nursery = Nursery::open();
    let (file, of) = handed_over(&nursery);
    let altered = of.to_string().replacen("\"hits\":", "\"hits\":1", 1);
    let forged = nursery.folder.path().join("forged.json");
    std::fs::write(&forged, altered).unwrap();
    let found = verified(&forged, &nursery.store());
    found.ends_with(1);
    assert!(found.stdout.contains("its text was altered"), "{found:?}");
    let other = Nursery::with(&[tray(1, "2026-11-A", |_| 0.05)], false).unwrap();
    let found = verified(&file, &other.store());
    found.ends_with(1);
    assert!(
        found.stdout.contains("rows.0.digest: expected"),
        "{found:?}"
    );
    verified(&nursery.store(), &nursery.store())
        .ends_with(2)
        .says(&["line.db", "expected a certificate"]);
}

#[test]
fn a_tray_that_passed_twice_or_on_two_lines_counts_once_as_in_the_stores_sums() {
    let coded = |number: u32, code: &str, pass: u32, area: f64| {
        let mut report: TrayReport = tray(number, "a", move |_| area);
        report.facts.tray_code = Some(code.to_owned());
        report.facts.pass = pass;
        report.facts.captured_at = Some(format!("2026-11-24T08:{number:02}:00Z"));
        report
    };
    let first = [
        coded(1, "T1", 1, 0.1),
        coded(2, "T2", 1, 0.1),
        coded(3, "T1", 2, 0.0),
    ];
    let second = [
        coded(4, "T2", 1, 0.0),
        coded(5, "T3", 1, 0.1),
        tray(6, "a", |_| 0.1),
    ];
    let nurseries = [first.as_slice(), &second].map(|trays| Nursery::with(trays, false).unwrap());
    let stores = nurseries
        .each_ref()
        .map(|of| StoreReader::open(&of.store()).unwrap());
    let known = |_: &str| Some(GradingStandard::embedded());
    let certificate = draw_up(&stores, "a", &known).unwrap().certificate;
    let mut sum = Tally::default();
    for (_, tally) in tallies_of(&stores, Some("a")).unwrap() {
        sum.add(&tally);
    }
    assert_eq!(certificate.summary, Summary::of(&sum));
    assert_eq!(certificate.summary.trays.graded, 4);
    assert_eq!(
        certificate
            .rows
            .iter()
            .map(|rows| rows.trays)
            .collect::<Vec<_>>(),
        [1, 3]
    );
}

fn known(digest: &str) -> Option<GradingStandard> {
    let embedded = GradingStandard::embedded();
    (embedded.digest() == digest).then_some(embedded)
}

#[test]
fn a_certificate_that_an_earlier_seedgrade_handed_over_holds_and_comes_out_the_same() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stores");
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("line.db");
    std::fs::copy(fixtures.join("version-3.db"), &store).unwrap();
    let handed_over = std::fs::read(fixtures.join("version-3.certificate.json")).unwrap();
    let handed_over = Certificate::parse(&handed_over).unwrap();
    let stores = [StoreReader::open(&store).unwrap()];
    let found = holding(&handed_over, &stores, &known).unwrap();
    assert_eq!((found.differences, found.passes_since), (Vec::new(), 0));
    let again = draw_up(&stores, "demo", &known).unwrap().certificate;
    assert_eq!(again.digest, handed_over.digest);
}

/// Two lines' stores: trays that passed both, twice, ungraded first, under one name in two lots; answers and a measurement.
fn two_lines(folder: &Path) -> [PathBuf; 2] {
    let lot = "2026-11-A";
    let of = |number: u32, pass: u32, code: Option<&str>| {
        let mut tray = tray(
            number,
            lot,
            |cell| {
                if cell < number as usize { 0.0 } else { 0.1 }
            },
        );
        tray.facts.pass = pass;
        tray.facts.tray_code = code.map(str::to_owned);
        tray
    };
    let mut dark = of(4, 1, Some("T4"));
    dark.status = seedgrade::inspect::ReportStatus::Refused;
    dark.cells.clear();
    (dark.counts, dark.marketable, dark.grades, dark.grade) = (None, None, None, None);
    let mut other_recipe = of(5, 1, None);
    other_recipe.evidence.config = "sha256:1".to_owned();
    let mut other_lot = of(2, 2, None);
    other_lot.facts.lot = Some("2026-11-B".to_owned());
    let first = [
        of(1, 1, Some("T1")),
        of(2, 1, None),
        dark,
        of(4, 2, Some("T4")),
        other_recipe,
        other_lot,
    ];
    let mut later = of(6, 1, Some("T1"));
    later.facts.captured_at = Some("2026-11-25T08:00:00Z".to_owned());
    let second = [later, of(7, 1, Some("T7")), of(2, 1, None)];
    let paths = ["first.db", "second.db"].map(|name| folder.join(name));
    add(&paths[0], &first);
    add(&paths[1], &second);
    paths
}

#[test]
fn a_certificate_of_the_stores_sums_is_the_one_of_every_report_read_whole() {
    let folder = tempfile::tempdir().unwrap();
    let paths = two_lines(folder.path());
    let wait = Duration::from_secs(2);
    let mut writer = StatementWriter::open(&paths[0], wait).unwrap();
    let answers = [
        answered(4, StatedVerdict::Blank),
        answered(5, StatedVerdict::Double),
    ];
    writer.add_all(&answers).unwrap();
    let open = |path: &PathBuf| StoreReader::open(path).unwrap();
    for (lot, trays) in [("2026-11-A", 6), ("2026-11-B", 1)] {
        let stores: Vec<StoreReader> = paths.iter().map(open).collect();
        let drawn = draw_up(&stores, lot, &known).unwrap();
        let whole = recomputed(&drawn.certificate, &stores, &known).unwrap();
        assert_eq!(drawn, whole);
        let counted: u64 = drawn.certificate.rows.iter().map(|rows| rows.trays).sum();
        assert_eq!(counted, trays, "{lot}");
    }
}

#[test]
fn a_lot_that_is_known_is_read_on_and_another_store_in_its_place_is_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let paths = two_lines(folder.path());
    let known_lots = KnownLots::default();
    let drawn = |path: &PathBuf| -> [DrawnUp; 2] {
        let stores = [StoreReader::open(path).unwrap()];
        let kept = known_lots.draw_up(&stores, "2026-11-A", &known).unwrap();
        [kept, draw_up(&stores, "2026-11-A", &known).unwrap()]
    };
    let [kept, anew] = drawn(&paths[0]);
    assert_eq!(kept, anew);
    // said of a tray that is stored only afterwards
    let wait = Duration::from_secs(2);
    let mut writer = StatementWriter::open(&paths[0], wait).unwrap();
    let measured = Statement::HandMeasurement(HandMeasurement {
        at: "2026-11-24T10:00:00Z".to_owned(),
        who: "chen".to_owned(),
        tray_uid: "base1/line1/2026-11-24/000011".to_owned(),
        cell: None,
        measured_trait: "height".to_owned(),
        value: 91.0,
        unit: "mm".to_owned(),
        method: None,
    });
    writer
        .add_all(&[measured, answered(4, StatedVerdict::Blank)])
        .unwrap();
    let [kept, anew] = drawn(&paths[0]);
    assert_eq!(kept, anew);
    assert!(kept.certificate.hand_measurements.is_empty());
    let mut again = tray(5, "2026-11-A", |_| 0.0);
    again.facts.pass = 2;
    add(&paths[0], &[tray(11, "2026-11-A", |_| 0.2), again]);
    let [kept, anew] = drawn(&paths[0]);
    assert_eq!(kept, anew);
    assert_eq!(kept.certificate.hand_measurements.len(), 1);
    let [kept, anew] = drawn(&paths[1]);
    assert_eq!(kept, anew);
}
