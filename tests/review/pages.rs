//! What the pages show.

use seedgrade::grade::GradingStandard;
use seedgrade::review::{Language, ReviewServer, Role};
use seedgrade::statistics::Calendar;
use seedgrade::store::{
    EventRecord, LinePart, PartHealth, PlcFlag, Record, StoreWriter, WriterParams,
};
use seedgrade::tray::Refusal;
use serde_json::json;

use crate::client::Visitor;
use crate::nursery::{Nursery, PASSWORD, settings, tray};

#[test]
fn the_live_page_answers_first_with_grade_and_route() {
    let nursery = Nursery::with(&[tray(1, "lot 7", |_| 0.10)], false).unwrap();
    let page = nursery.nobody().get("/live");
    page.is(200)
        .shows("lot 7")
        .shows("<image href=\"/tray/picture?store=0&amp;id=1\"");
    let answer = page.body.find("class=\"answer\"").unwrap();
    let picture = page.body.find("<image").unwrap();
    assert!(answer < picture);
    assert!(page.body.matches("<g class=\"mark\"").count() >= 20);
}

#[test]
fn the_picture_is_shown_while_it_is_the_one_that_was_judged_and_else_a_map_says_why() {
    let nursery = Nursery::open();
    let viewer = nursery.visitor(Role::Viewer);
    let picture = viewer.get("/tray/picture?id=2");
    picture.is(200);
    assert_eq!(picture.header("content-type"), Some("image/jpeg"));
    drop(nursery.server);
    let file = nursery.folder.path().join("arabidopsis-tray.jpg");
    std::fs::write(&file, "another picture").unwrap();
    let again = seedgrade::review::ReviewServer::start(crate::nursery::settings(
        vec![nursery.folder.path().join("line.db")],
        "127.0.0.1:0",
    ));
    let again = again.unwrap();
    let viewer = crate::client::Visitor::named(again.address(), "viewer", crate::nursery::PASSWORD);
    let page = viewer.get("/tray?id=2");
    page.is(200)
        .shows("changed since")
        .shows("class=\"canopy\"")
        .hides("<image");
    viewer.get("/tray/picture?id=2").is(404);
}

#[test]
fn what_another_standard_makes_of_a_tray_stands_beside_its_judgement() {
    let nursery = Nursery::open();
    let viewer = nursery.visitor(Role::Viewer);
    viewer.get("/tray?id=2").hides("Judged by other standards");
    let text = GradingStandard::embedded_text().replacen("version = ", "version = 10", 1);
    let standard = nursery.folder.path().join("stricter.toml");
    std::fs::write(&standard, text).unwrap();
    let mut command = crate::common::seedgrade();
    command
        .args(["store", "regrade", "--who", "Li Na", "--why"])
        .args(["smaller <plants>", "--store"])
        .arg(nursery.store())
        .arg("--standard")
        .arg(&standard);
    crate::common::run(&mut command).ends_with(0);
    viewer
        .get("/tray?id=2")
        .shows("Judged by other standards")
        .shows("vegetable-plug@102")
        .shows("Li Na")
        .shows("smaller &lt;plants&gt;");
}

#[test]
fn a_cell_shows_the_criterion_that_decided() {
    let nursery = Nursery::open();
    let viewer = nursery.visitor(Role::Viewer);
    // tray 3 of the store has every second plant too small for the best grade
    let card = viewer.get("/tray/cell?id=3&row=0&col=1");
    card.is(200)
        .shows("class=\"missed\"")
        .shows("0.05")
        .shows("≥ 0.08");
    viewer
        .get("/tray/cell?id=3&row=0&col=3")
        .shows("Whether there is a seedling is open");
    viewer
        .get("/tray/cell?id=4&row=1&col=2")
        .shows("below 40.0 %: blank");
    viewer.get("/tray/cell?id=3&row=9&col=0").is(404);
}

#[test]
fn both_languages_are_spoken_chinese_first() {
    let nursery = Nursery::with(&[tray(1, "a", |_| 0.1)], false).unwrap();
    let mut nobody = nursery.nobody();
    nobody
        .get("/live")
        .shows("lang=\"en\"")
        .shows("Marketable rate");
    nobody.cookie.clear();
    nobody
        .get("/live")
        .shows("lang=\"zh-CN\"")
        .shows("成苗率")
        .shows("实时");
    let chosen = nobody.get("/language?to=en&then=/lots");
    chosen.is(303);
    assert!(
        chosen
            .header("set-cookie")
            .unwrap()
            .starts_with("seedgrade-language=en;")
    );
    assert_eq!(chosen.header("location"), Some("/lots"));
}

/// 330 trays of a lot, the first thirty emptier than all later ones, and one of another lot.
pub fn large_lot() -> Vec<seedgrade::inspect::TrayReport> {
    let numbered = |sample: &seedgrade::inspect::TrayReport, number: u32| {
        let mut report = sample.clone();
        report.facts.tray_uid = format!("base1/line1/2026-11-24/{number:06}");
        report.facts.captured_at = Some(format!("2026-11-24T{:02}:00:00Z", number / 60));
        report
    };
    let early = tray(1, "large", |cell| if cell < 10 { 0.0 } else { 0.10 });
    let late = tray(1, "large", |cell| if cell == 7 { 0.0 } else { 0.12 });
    let mut trays: Vec<_> = (0..30).map(|n| numbered(&early, n)).collect();
    trays.extend((30..330).map(|n| numbered(&late, n)));
    trays.push(numbered(&tray(1, "other", |_| 0.1), 999));
    trays
}

#[test]
fn a_lot_of_more_trays_than_a_page_shows_has_the_figures_of_stats_and_a_whole_table() {
    let nursery = Nursery::with(&large_lot(), false).unwrap();
    let nobody = nursery.nobody();
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let lot = json(&nobody.get("/api/v1/lot?lot=large").is(200).body);
    let trend = json(&nobody.get("/api/v1/lot/trend?lot=large").is(200).body);
    let points = trend.as_array().unwrap().iter();
    let hits = points.map(|point| point["emergence"]["hits"].as_u64().unwrap());
    assert_eq!(hits.sum::<u64>(), lot["emergence"]["hits"]);
    let places = json(&nobody.get("/api/v1/lot/places?lot=large").is(200).body);
    assert_eq!(places[0]["trays"], 330);
    let cols = places[0]["cols"].as_u64().unwrap() as usize;
    let blanks = |cell: usize| &places[0]["blanks"][cell / cols][cell % cols];
    assert_eq!((blanks(7), blanks(4)), (&330.into(), &30.into()));
    nobody.get("/api/v1/lot/places?lot=none").is(404);
    let mut command = crate::common::seedgrade();
    command.args(["stats", "--lot", "large", "--json", "--store"]);
    let stats = crate::common::run(command.arg(nursery.store()));
    let stats = json(&stats.stdout);
    for rate in ["emergence", "marketable"] {
        for (of_page, of_stats) in [
            ("hits", "hits"),
            ("of", "of"),
            ("share", "rate"),
            ("ci95", "ci95"),
        ] {
            assert_eq!(
                lot[rate][of_page], stats[rate][of_stats],
                "{rate} {of_page}"
            );
        }
    }
    assert_eq!(lot["uniformity"], stats["uniformity"]);
    assert_eq!(lot["grades"], stats["grades"]);
    assert_eq!(lot["graded_trays"], 330);
    let page = nobody.get("/lot?lot=large");
    // two kinds of trays: 30 of 10 plants of 0.10 square pitches, 300 of 18 of 0.12
    page.shows("Uniformity (CV of area)")
        .shows("3.8 %")
        .shows("n = 5,700");
    let share = format!(
        "{:.1} %",
        100.0 * stats["emergence"]["rate"].as_f64().unwrap()
    );
    page.is(200).shows(&share).shows("330 trays of one format");
    assert!(page.body.matches("href=\"/tray?").count() <= 60);
    let table = nobody.get("/lot/table?lot=large");
    table.is(200);
    let trays = table
        .body
        .lines()
        .filter(|line| line.contains("base1/line1/"));
    assert_eq!(trays.count(), 330);
    nobody.get("/lot/table?lot=none").is(404);
}

#[test]
fn a_lot_counts_its_trays_and_leaves_the_refused_out_of_its_rates() {
    let nursery = Nursery::open();
    let viewer = nursery.visitor(Role::Viewer);
    let lot: serde_json::Value =
        serde_json::from_str(&viewer.get("/api/v1/lot?lot=2026-11-A").is(200).body).unwrap();
    assert_eq!(
        (lot["graded_trays"].as_u64(), lot["other_trays"].as_u64()),
        (Some(3), Some(1))
    );
    // 3 × 20 cells: one blank, one in doubt a tray
    assert_eq!(lot["emergence"]["of"], 57);
    assert_eq!(lot["emergence"]["hits"], 56);
    viewer
        .get("/lot?lot=2026-11-A")
        .is(200)
        .shows("<svg class=\"chart\"")
        .shows("class=\"map\"")
        .shows(" · 4 trays · ");
    let table = viewer.get("/lot/table?lot=2026-11-A").body;
    assert_eq!(table.lines().count(), 5, "{table}");
    viewer.get("/lot?lot=none").is(404);
    viewer
        .get("/api/v1/lot?lot=none")
        .is(404)
        .shows("\"error\"");
}

#[test]
fn a_lots_page_shows_how_large_its_plants_are_and_gives_its_trays_as_parquet() {
    let nursery = Nursery::open();
    let viewer = nursery.visitor(Role::Viewer);
    // three judged trays of 20 cells: one blank, and cell 3 of each undecided
    viewer
        .get("/lot?lot=2026-11-A")
        .is(200)
        .shows("56 graded plants of 4 trays")
        .shows("data-print");
    let table = viewer.get("/lot/trays.parquet?lot=2026-11-A");
    table.is(200).shows("seedgrade.columns");
    assert!(table.body.starts_with("PAR1") && table.body.ends_with("PAR1"));
    viewer.get("/lot/trays.parquet?lot=none").is(404);
    viewer.get("/lot/trays.parquet").is(404);
}

#[test]
fn lots_varieties_and_days_are_compared_with_their_intervals() {
    let trays = [
        tray(1, "a", |_| 0.1),
        tray(2, "b", |cell| if cell < 10 { 0.1 } else { 0.0 }),
        tray(3, "c", |_| 0.1),
    ];
    let nursery = Nursery::with(&trays, false).unwrap();
    let said = |lot: &str| {
        seedgrade::store::Statement::Lot(seedgrade::store::LotFacts {
            at: "2026-11-24T08:00:00Z".to_owned(),
            who: "Li Na".to_owned(),
            lot: lot.to_owned(),
            variety: Some("pepper".to_owned()),
            ..seedgrade::store::LotFacts::default()
        })
    };
    let wait = std::time::Duration::from_secs(5);
    seedgrade::store::StatementWriter::open(&nursery.store(), wait)
        .unwrap()
        .add_all(&[said("a"), said("b")])
        .unwrap();
    let nobody = nursery.nobody();
    let rows = |by: &str| {
        let page = nobody.get(&format!("/compare?by={by}"));
        page.is(200).shows("<svg class=\"chart\"");
        page.body.matches("<th scope=\"row\">").count()
    };
    assert_eq!((rows("lot"), rows("day"), rows("hour")), (3, 1, 1));
    nobody
        .get("/compare?by=lot")
        .shows("<a href=\"/lot?lot=a\">a</a>")
        .shows("<th class=\"num\">Grade ");
    assert_eq!(
        rows("variety"),
        2,
        "pepper, and a lot whose variety nobody said"
    );
    // 19 decided cells a tray: of lots a and b 19 and 9 or 10 with a seedling
    nobody
        .get("/compare?by=variety")
        .shows("pepper")
        .shows("not known")
        .shows("n = 38");
    nobody.get("/compare?by=week").is(400);
    let json: serde_json::Value =
        serde_json::from_str(&nobody.get("/api/v1/compare?by=variety").is(200).body).unwrap();
    assert_eq!(json[1]["group"], "pepper");
    assert_eq!(json[1]["emergence"]["of"], 38);
    // all plants are of one size
    assert_eq!(json[1]["uniformity_ci95"], serde_json::json!([0.0, 0.0]));
}

#[test]
fn every_refusal_is_told_in_the_language_of_the_page_with_what_to_do() {
    let (found, limit) = (1.0, 2.0);
    let refusals = [
        (Refusal::NoTray("no lattice".to_owned()), "没有找到穴盘"),
        (
            Refusal::WrongGrid {
                expected: "10x20".to_owned(),
                found: "found 8x16".to_owned(),
            },
            "行列数与作业不符",
        ),
        (Refusal::Blurred { found, limit }, "清洁镜头"),
        (Refusal::Dark { found, limit }, "检查灯光"),
        (Refusal::OverExposed { found, limit }, "图像过亮"),
        (Refusal::TooSmall { found, limit }, "调近相机"),
        (Refusal::WhichWayRound("no code".to_owned()), "盘边的编码"),
        (Refusal::NoScale, "标定相机"),
    ];
    let refused = |(at, (refusal, _)): (usize, &(Refusal, &str))| {
        let mut report = tray(at as u32 + 1, "a", |_| 0.1);
        report.status = seedgrade::inspect::ReportStatus::Refused;
        report.reason = Some(refusal.to_string());
        report.cells.clear();
        (report.counts, report.grade) = (None, None);
        report
    };
    let trays: Vec<_> = refusals.iter().enumerate().map(refused).collect();
    let nursery = Nursery::with(&trays, false).unwrap();
    let mut nobody = nursery.nobody();
    nobody.cookie = "seedgrade-language=zh-CN".to_owned();
    let lot = nobody.get("/lot?lot=a");
    for (at, (refusal, words)) in refusals.iter().enumerate() {
        nobody
            .get(&format!("/tray?id={}", at + 1))
            .is(200)
            .shows(words)
            .shows(&Language::Chinese.cause(&refusal.to_string()).unwrap());
        lot.shows(words);
    }
}

/// What a line says of its parts, from a minute on.
fn say(nursery: &Nursery, from: usize, said: &[PartHealth]) {
    let writer = StoreWriter::open(&nursery.store(), WriterParams::default()).unwrap();
    for (minute, health) in said.iter().enumerate() {
        let at = format!("2026-11-24T08:{:02}:00Z", from + minute);
        writer.write(Record::Event(health.event(&at)));
    }
    assert_eq!(writer.close().lost, 0);
}

#[test]
fn the_live_page_tells_camera_plc_store_and_net_one_by_one_in_both_languages() {
    let nursery = Nursery::open();
    let mut viewer = nursery.visitor(Role::Viewer);
    let live = |viewer: &Visitor| viewer.get("/live/now");
    live(&viewer).is(200).hides("class=\"card parts\"");
    let fine = LinePart::ALL.map(PartHealth::Fine);
    let silent = PartHealth::InTrouble(LinePart::Camera, "no frame <b>".to_owned());
    say(&nursery, 0, &[&fine[..], &[silent]].concat());
    let page = live(&viewer);
    page.is(200)
        .shows("<strong>Camera</strong> in trouble since ")
        .shows("Check the camera")
        .shows("no frame &lt;b&gt;");
    for part in ["PLC", "Store", "Net"] {
        page.shows(&format!("<strong>{part}</strong> fine since "));
    }
    assert_eq!(page.body.matches("class=\"in-trouble\"").count(), 1);
    viewer.cookie = viewer.cookie.replace("language=en", "language=zh-CN");
    live(&viewer)
        .is(200)
        .shows("<strong>相机</strong> 故障，自 ")
        .shows("请检查相机")
        .shows("<strong>识别网络</strong> 正常，自 ")
        .shows("<q lang=\"en\">no frame &lt;b&gt;</q>");
    viewer
        .get("/system")
        .is(200)
        .shows("相机出图正常")
        .hides("the camera gives frames");
    say(&nursery, 10, &[PartHealth::Fine(LinePart::Camera)]);
    live(&viewer).is(200).hides("class=\"in-trouble\"");
    say(&nursery, 11, &[PartHealth::LineEnded]);
    live(&viewer)
        .is(200)
        .shows("设备状态未知")
        .hides("<strong>相机</strong>");
}

#[test]
fn the_live_page_tells_that_a_gate_is_full_and_that_the_infeed_stands_until_they_are_over() {
    let nursery = Nursery::open();
    let mut viewer = nursery.visitor(Role::Viewer);
    let store = |flag: PlcFlag, is_up, at: &str| {
        let writer = StoreWriter::open(&nursery.store(), WriterParams::default()).unwrap();
        writer.write(Record::Event(flag.event(is_up, at)));
        assert_eq!(writer.close().lost, 0);
    };
    let live = |viewer: &Visitor| viewer.get("/live/now");
    live(&viewer).is(200).hides("role=\"status\"");
    store(PlcFlag::GateFull, true, "2026-11-24T08:02:00Z");
    live(&viewer)
        .is(200)
        .shows("a gate is full, since ")
        .shows("Take trays away there")
        .hides("role=\"alert\"")
        .hides("stopped the infeed");
    store(PlcFlag::InfeedStopped, true, "2026-11-24T08:03:00Z");
    viewer.cookie = viewer.cookie.replace("language=en", "language=zh-CN");
    live(&viewer)
        .is(200)
        .shows("有分拣口已满，自 ")
        .shows("PLC 已停止进盘，自 ");
    viewer
        .get("/system")
        .is(200)
        .shows("PLC 已停止进盘")
        .hides("the actuator has stopped");
    store(PlcFlag::GateFull, false, "2026-11-24T08:04:00Z");
    store(PlcFlag::InfeedStopped, false, "2026-11-24T08:05:00Z");
    live(&viewer).is(200).hides("role=\"status\"");
}

#[test]
fn what_the_looks_at_the_reference_tray_said_is_drawn_over_time() {
    let nursery = Nursery::open();
    let viewer = nursery.visitor(Role::Viewer);
    viewer.get("/system").is(200).hides("Camera and lamp");
    let writer = StoreWriter::open(&nursery.store(), WriterParams::default()).unwrap();
    let look = |day: u32, lamp: f64| {
        let drift = json!({
            "scale_percent": 0.3, "edge_factor": 1.1, "white_level": 190.0, "clipped": 0.0, "lamp_percent": lamp,
            "evenness_percent": 0.0, "cast_percent": 1.0, "colour": 0.01, "patch": "green",
        });
        Record::Event(EventRecord {
            at: format!("2026-11-{day}T06:00:00Z"),
            kind: if lamp < -10.0 {
                "reference_tray_refused"
            } else {
                "reference_tray"
            }
            .to_owned(),
            message: "camera and lamp are as they were recorded".to_owned(),
            detail: Some(json!({ "calibration": "sha256:1", "drift": drift })),
        })
    };
    for (day, lamp) in [(24, -2.0), (25, -7.0), (26, -13.0)] {
        writer.write(look(day, lamp));
    }
    assert_eq!(writer.close().lost, 0);
    let page = viewer.get("/system");
    page.is(200)
        .shows("Camera and lamp")
        .shows("of what is allowed, %")
        .shows("the reference tray has changed too much");
    assert_eq!(page.body.matches("class=\"chart\"").count(), 1);
    // three looks and the legend have a disc, a dot and a ring each
    assert_eq!(page.body.matches("<circle").count(), 12);
}

#[test]
fn shifts_are_compared_by_when_they_began_and_a_site_without_any_is_told_how_to_say_them() {
    let nursery = Nursery::open();
    let viewer = nursery.visitor(Role::Viewer);
    viewer
        .get("/compare?by=shift")
        .is(200)
        .shows("No shifts are configured");
    drop(nursery.server);
    let mut with_shifts = settings(vec![nursery.folder.path().join("line.db")], "127.0.0.1:0");
    let begin = ["06:00", "14:00"].map(|shift| shift.parse().unwrap());
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    with_shifts.calendar = Some(Calendar::new(zone, begin.to_vec()).unwrap());
    let server = ReviewServer::start(with_shifts).unwrap();
    // stored at 08:00 in UTC, which is 16:00 there
    Visitor::named(server.address(), "viewer", PASSWORD)
        .get("/compare?by=shift")
        .is(200)
        .shows(">2026-11-24 14:00</a></th>")
        .shows("Asia/Shanghai")
        .hides("No shifts");
    // every moment is in that zone, not in the machine's
    Visitor::named(server.address(), "viewer", PASSWORD)
        .get("/lots")
        .shows("2026-11-24 16:00:01");
}
