//! What was judged stays findable, provable and countable: `stats`, `store`, `export`, `verify` on stores.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "common/mod.rs"]
mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use common::{embedded, graded, run, sample, samples, seedgrade};
use seedgrade::grade::GradingStandard;
use seedgrade::inspect::TrayReport;
use seedgrade::store::{
    CellPlace, Correction, CorrectionKind, HandMeasurement, LotFacts, Record, StandardText,
    StatedVerdict, Statement, StatementWriter, StoreWriter, TrayRecord, WriterParams,
};
use serde_json::Value;

/// A shipped picture of 45 bare cells, as it was judged.
fn judged() -> TrayReport {
    let picture = sample("ippn-bare.png");
    let mut report: TrayReport = serde_json::from_value(graded("9x5", &picture)).unwrap();
    report.facts.source = "trays/ippn-bare.png".to_owned();
    report
}

/// A store of so many passes of different trays of a lot, on one line.
fn store(folder: &Path, line: &str, trays: usize, report: &TrayReport) -> PathBuf {
    let path = folder.join(format!("{line}.db"));
    let writer = StoreWriter::open(&path, WriterParams::default()).unwrap();
    for number in 0..trays {
        let mut report = report.clone();
        report.facts.tray_uid = format!("base1/{line}/2026-11-24/{number:06}");
        report.facts.lot = Some("2026-11-A".to_owned());
        report.facts.tray_code = Some(format!("T-{line}-{number}"));
        report.facts.captured_at = Some("2026-11-24T08:00:00.000Z".to_owned());
        writer.write(Record::Tray(Box::new(TrayRecord {
            received_at: "2026-11-24T08:00:01.000Z".to_owned(),
            report,
        })));
    }
    assert_eq!(writer.close().written, trays as u64);
    path
}

fn say(path: &Path, statements: &[Statement]) {
    let mut writer = StatementWriter::open(path, Duration::from_secs(5)).unwrap();
    writer.add_all(statements).unwrap();
}

fn lot(variety: &str) -> Statement {
    Statement::Lot(LotFacts {
        at: "2026-11-24T07:00:00Z".to_owned(),
        who: "Li Na".to_owned(),
        lot: "2026-11-A".to_owned(),
        variety: Some(variety.to_owned()),
        seeder: Some("drum 2".to_owned()),
        ..LotFacts::default()
    })
}

fn corrected(uid: &str, row: u32, after: StatedVerdict) -> Statement {
    Statement::Correction(Correction {
        at: "2026-11-24T09:00:00Z".to_owned(),
        who: "王芳".to_owned(),
        why: None,
        kind: CorrectionKind::Override { after },
        tray_uid: uid.to_owned(),
        pass: 1,
        image_sha256: None,
        cell: CellPlace { row, col: 0 },
        before: Some(StatedVerdict::Blank),
    })
}

fn stats(stores: &[&Path]) -> Command {
    let mut command = seedgrade();
    command.arg("stats").arg("--store").args(stores);
    command
}

#[test]
fn two_lines_are_read_as_one_and_a_tray_on_both_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let report = judged();
    let one = store(folder.path(), "line1", 3, &report);
    let two = store(folder.path(), "line2", 2, &report);
    say(&one, &[lot("tomato")]);
    let counted = |stores: &[&Path], by: &str| -> Value {
        let run = run(stats(stores).args(["--json", "--by", by]));
        run.ends_with(0);
        let mut lines = run.lines();
        assert_eq!(lines.len(), 1, "{run:?}");
        lines.remove(0)
    };
    let both = counted(&[&one, &two], "lot");
    assert_eq!(both["group"], "2026-11-A");
    assert_eq!(both["trays"]["graded"], 5);
    assert_eq!(both["sown"], 5 * 45);
    assert_eq!(both["lot_facts"]["seeder"], "drum 2");
    assert_eq!(
        both["emergence"]["of"].as_u64().unwrap() + both["cells"]["unsure"].as_u64().unwrap(),
        225
    );
    assert_eq!(both["emergence_of_sown"]["of"], both["sown"]);
    assert_eq!(both["emergence_of_sown"]["hits"], both["emergence"]["hits"]);
    assert_eq!(both["undecided"], both["cells"]["unsure"]);
    let day = &both["trend"][0];
    assert_eq!(day["emergence_of_sown"], both["emergence_of_sown"]);
    assert!(
        both["emergence"]["ci95"][1].as_f64().unwrap() < 0.1,
        "bare cells: {both}"
    );
    assert_eq!(counted(&[&one, &two], "variety")["group"], "tomato");
    assert_eq!(counted(&[&one, &two], "day")["group"], "2026-11-24");

    // A tray of the first line comes to the second.
    let writer = StoreWriter::open(&two, WriterParams::default()).unwrap();
    let mut again = report;
    again.facts.tray_uid = "base1/line2/2026-11-24/000009".to_owned();
    again.facts.lot = Some("2026-11-A".to_owned());
    again.facts.tray_code = Some("T-line1-0".to_owned());
    writer.write(Record::Tray(Box::new(TrayRecord {
        received_at: "2026-11-24T10:00:01.000Z".to_owned(),
        report: again,
    })));
    drop(writer);
    assert_eq!(counted(&[&two], "lot")["trays"]["graded"], 3);
    assert_eq!(counted(&[&one, &two], "lot")["trays"]["graded"], 5);

    let table = run(stats(&[&one, &two]).args(["--lot", "2026-11-A"]));
    table.ends_with(0);
    for said in ["emergence", "variety: tomato", "2026-11-24"] {
        assert!(table.stdout.contains(said), "{said}: {table:?}");
    }
    run(stats(&[&one]).args(["--lot", "none"]))
        .ends_with(2)
        .says(&["lot none: no tray of it is stored"]);
    run(&mut stats(&[&one, &one]))
        .ends_with(2)
        .says(&["found it twice"]);
    run(&mut stats(&[Path::new("no.db")]))
        .ends_with(2)
        .says(&["no.db does not exist"]);
}

#[test]
fn the_night_shifts_trays_are_counted_on_the_evening_when_it_began() {
    let folder = tempfile::tempdir().unwrap();
    let report = judged();
    let path = folder.path().join("line.db");
    let writer = StoreWriter::open(&path, WriterParams::default()).unwrap();
    // 22:30 and 01:50 in Shanghai, then 06:00, when the morning shift begins.
    for (number, seen) in ["24T14:30", "24T17:50", "24T22:00"].into_iter().enumerate() {
        let mut report = report.clone();
        report.facts.tray_uid = format!("base1/line1/2026-11-24/{number:06}");
        report.facts.captured_at = Some(format!("2026-11-{seen}:00.000Z"));
        writer.write(Record::Tray(Box::new(TrayRecord {
            received_at: "2026-11-26T08:00:01.000Z".to_owned(),
            report,
        })));
    }
    assert_eq!(writer.close().written, 3);
    let config = folder.path().join("site.toml");
    let site = "[site]\nzone = \"Asia/Shanghai\"\nshifts = [\"06:00\", \"14:00\", \"22:00\"]\n";
    fs::write(&config, site).unwrap();
    let by = |by: &str| -> Vec<(Value, Value)> {
        let mut stats = stats(&[&path]);
        let run = run(stats.args(["--json", "--by", by, "--config"]).arg(&config));
        run.ends_with(0);
        let of = |line: &Value| (line["group"].clone(), line["trays"]["graded"].clone());
        run.lines().iter().map(of).collect()
    };
    let shifts = [("2026-11-24 22:00", 2), ("2026-11-25 06:00", 1)];
    assert_eq!(by("shift"), shifts.map(|(name, n)| (name.into(), n.into())));
    let days = [("2026-11-24", 1), ("2026-11-25", 2)];
    assert_eq!(by("day"), days.map(|(name, n)| (name.into(), n.into())));
    let words = run(stats(&[&path])
        .args(["--by", "shift", "--config"])
        .arg(&config));
    assert!(words.stdout.contains("2026-11-24 22:00"), "{words:?}");
    let mut nowhere = stats(&[&path]);
    run(nowhere.args(["--by", "shift"]).current_dir(folder.path()))
        .ends_with(2)
        .says(&["expected [site] shifts"]);
}

#[test]
fn a_trays_code_gives_its_picture_counts_standard_and_what_was_measured_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let report = judged();
    let path = store(folder.path(), "line1", 2, &report);
    let uid = "base1/line1/2026-11-24/000001";
    let text = seedgrade::grade::GradingStandard::embedded_text();
    say(
        &path,
        &[
            Statement::Standard(StandardText::of("2026-11-24T07:00:00Z", "line", text).unwrap()),
            Statement::HandMeasurement(HandMeasurement {
                at: "2026-11-24T11:00:00Z".to_owned(),
                who: "Li Na".to_owned(),
                tray_uid: uid.to_owned(),
                cell: Some(CellPlace { row: 3, col: 1 }),
                measured_trait: "stem_diameter".to_owned(),
                value: 2.4,
                unit: "mm".to_owned(),
                method: None,
            }),
            corrected(uid, 2, StatedVerdict::Double),
        ],
    );
    let found = run(stats(&[&path]).args(["--tray", "T-line1-1", "--json"]));
    found.ends_with(0);
    let tray = &found.lines()[0];
    assert_eq!(tray["report"]["tray_uid"], uid);
    assert_eq!(tray["report"]["source"], "trays/ippn-bare.png");
    assert_eq!(tray["report"]["cells"].as_array().unwrap().len(), 45);
    assert_eq!(tray["hand_measurements"][0]["value"], 2.4);
    assert_eq!(tray["standard_text"], text);
    assert_eq!(
        tray["corrections"][0]["kind"]["override"]["after"],
        "double"
    );
    let words = run(stats(&[&path]).args(["--tray", uid]));
    words.ends_with(0);
    for said in [
        "trays/ippn-bare.png",
        "stem_diameter 2.4 mm",
        "blank → double",
    ] {
        assert!(words.stdout.contains(said), "{said}: {words:?}");
    }
    run(stats(&[&path]).args(["--tray", "T-none"]))
        .ends_with(2)
        .says(&["no such uid or code"]);
}

fn deliver(store: &Path, number: &str, more: &[&str]) -> common::Run {
    let mut command = seedgrade();
    command.args(["store", "delivery", "--who", "Li Na", "--delivery", number]);
    run(command.arg("--store").arg(store).args(more))
}

#[test]
fn a_delivery_number_gives_every_trays_picture_counts_standard_and_hand_measures() {
    let folder = tempfile::tempdir().unwrap();
    let report = judged();
    let one = store(folder.path(), "line1", 3, &report);
    let two = store(folder.path(), "line2", 2, &report);
    let uid = "base1/line1/2026-11-24/000001";
    let measured = Statement::HandMeasurement(HandMeasurement {
        at: "2026-11-24T11:00:00Z".to_owned(),
        who: "Li Na".to_owned(),
        tray_uid: uid.to_owned(),
        cell: None,
        measured_trait: "plant_height".to_owned(),
        value: 91.5,
        unit: "mm".to_owned(),
        method: None,
    });
    let text = seedgrade::grade::GradingStandard::embedded_text();
    let standard = StandardText::of("2026-11-24T07:00:00Z", "line", text).unwrap();
    say(&one, &[measured, Statement::Standard(standard)]);
    let to = ["--lot", "2026-11-A", "--customer", "Zhang farm"];
    deliver(&one, "D-1", &to).ends_with(0);
    let given = |stores: &[&Path], number: &str| {
        let run = run(stats(stores).args(["--json", "--delivery", number]));
        run.ends_with(0);
        run.lines()
    };
    let lines = given(&[&one, &two], "D-1");
    assert_eq!(lines.len(), 1 + 5, "{lines:?}");
    let head = &lines[0];
    assert_eq!(head["said"][0]["customer"], "Zhang farm");
    assert_eq!(head["said"][0]["delivered"]["lot"], "2026-11-A");
    assert_eq!(head["trays"]["graded"], 5);
    assert_eq!(head["standards"][0]["text"], text);
    let counts = serde_json::to_value(report.counts.unwrap()).unwrap();
    let blank = counts["blank"].as_u64().unwrap();
    assert_eq!(head["cells"]["blank"], 5 * blank);
    let tray = lines.iter().find(|line| line["tray_uid"] == uid).unwrap();
    assert_eq!(tray["counts"], counts);
    assert_eq!(tray["source"], "trays/ippn-bare.png");
    assert_eq!(tray["image_sha256"], report.facts.image_sha256.unwrap());
    assert_eq!(
        tray["standard_digest"],
        head["standards"][0]["standard_digest"]
    );
    assert_eq!(tray["hand_measurements"][0]["value"], 91.5);

    deliver(&one, "D-2", &["--tray", "T-line1-0", uid]).ends_with(0);
    assert_eq!(given(&[&one, &two], "D-2").len(), 1 + 2);
    let words = run(stats(&[&one]).args(["--delivery", "D-2"]));
    assert!(words.stdout.contains("plant_height 91.5 mm"), "{words:?}");
    run(stats(&[&one]).args(["--delivery", "D-3"]))
        .ends_with(2)
        .says(&["delivery D-3: nothing is stored"]);
    deliver(&one, "D-4", &[]).ends_with(2);
}

#[test]
fn what_is_said_of_a_lot_adds_to_what_was_said_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = store(folder.path(), "line1", 1, &judged());
    let say = |more: &[&str]| {
        let mut command = seedgrade();
        command.args([
            "store",
            "lot",
            "--lot",
            "2026-11-A",
            "--who",
            "Li Na",
            "--store",
        ]);
        run(command.arg(&path).args(more)).ends_with(0);
    };
    say(&["--variety", "tomato", "--sown-on", "2026-11-20"]);
    say(&["--seeder", "drum 2"]);
    let told = run(stats(&[&path]).args(["--lot", "2026-11-A"]));
    for said in ["variety: tomato", "sown on: 2026-11-20", "seeder: drum 2"] {
        assert!(told.stdout.contains(said), "{said}: {told:?}");
    }
    let standard = folder.path().join("standard.toml");
    fs::write(
        &standard,
        seedgrade::grade::GradingStandard::embedded_text(),
    )
    .unwrap();
    let mut keep = seedgrade();
    keep.args(["store", "standard", "--who", "Li Na", "--store"])
        .arg(&path)
        .arg(&standard);
    run(&mut keep).ends_with(0);
    let tray = run(stats(&[&path]).args(["--tray", "T-line1-0", "--json"]));
    assert!(tray.lines()[0]["standard_text"].is_string());
}

#[test]
fn a_stores_health_is_told_and_a_copy_is_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = store(folder.path(), "line1", 3, &judged());
    let health = |path: &Path| run(seedgrade().args(["store", "check", "--store"]).arg(path));
    health(&path).ends_with(0);
    let copy = folder.path().join("copy.db");
    let back_up = || {
        let mut command = seedgrade();
        command
            .args(["store", "backup", "--store"])
            .arg(&path)
            .arg("--out")
            .arg(&copy);
        run(&mut command)
    };
    back_up().ends_with(0);
    back_up().ends_with(3).says(&["copy.db cannot be made"]);
    health(&copy).ends_with(0);
    run(seedgrade().args(["store", "compact", "--store"]).arg(&copy)).ends_with(0);
    assert!(health(&copy).stdout.starts_with("3 trays read"));

    let mut bytes = fs::read(&copy).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0x5a);
    fs::write(&copy, bytes).unwrap();
    let damaged = health(&copy);
    assert!(matches!(damaged.code, Some(1 | 3)), "{damaged:?}");

    let text = folder.path().join("notes.txt");
    fs::write(
        &text,
        "no database at all, and long enough to be looked at. ".repeat(30),
    )
    .unwrap();
    health(&text).ends_with(2).says(&["is no store"]);
}

#[test]
fn trays_and_cells_are_exported_with_the_meaning_of_every_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = store(folder.path(), "line1", 3, &judged());
    say(
        &path,
        &[
            lot("番茄, 大果"),
            corrected("base1/line1/2026-11-24/000001", 2, StatedVerdict::Double),
        ],
    );
    let export = |format: &str, out: &Path, more: &[&str]| {
        let mut command = seedgrade();
        command
            .args(["export", "--format", format, "--store"])
            .arg(&path);
        command.arg("--out").arg(out).args(more);
        run(&mut command)
    };
    let (csv, jsonl) = (folder.path().join("csv"), folder.path().join("jsonl"));
    export("csv", &csv, &[]).ends_with(0);
    export("jsonl", &jsonl, &[]).ends_with(0);
    let lines = |file: PathBuf| fs::read_to_string(file).unwrap().lines().count();
    assert_eq!(
        (lines(csv.join("trays.csv")), lines(csv.join("cells.csv"))),
        (4, 1 + 135)
    );
    assert_eq!(
        (
            lines(jsonl.join("trays.jsonl")),
            lines(jsonl.join("cells.jsonl"))
        ),
        (3, 135)
    );
    let trays = fs::read_to_string(csv.join("trays.csv")).unwrap();
    assert!(trays.contains("\"番茄, 大果\""), "{trays}");
    let cells = fs::read_to_string(jsonl.join("cells.jsonl")).unwrap();
    assert_eq!(cells.matches("\"corrected\":\"double\"").count(), 1);
    let columns = fs::read_to_string(csv.join("columns.csv")).unwrap();
    assert!(
        columns.contains("cells,area_mm2,canopy area,one RGB picture from above,mm2"),
        "{columns}"
    );
    export("csv", &csv, &[])
        .ends_with(2)
        .says(&["expected an empty folder"]);
    let day = folder.path().join("day");
    export("jsonl", &day, &["--day", "2026-11-25"]).ends_with(0);
    assert_eq!(lines(day.join("trays.jsonl")), 0);
}

#[test]
fn what_people_said_of_cells_is_a_set_that_eval_scores() {
    let folder = tempfile::tempdir().unwrap();
    let path = store(folder.path(), "line1", 2, &judged());
    let uid = "base1/line1/2026-11-24/000000";
    // Somebody is wrong about one of the bare cells.
    let said = [
        corrected(uid, 0, StatedVerdict::Blank),
        corrected(uid, 1, StatedVerdict::Graded("A".to_owned())),
        corrected(uid, 2, StatedVerdict::Unsure),
    ];
    say(&path, &said);
    let set = folder.path().join("corrected");
    let export = |pictures: &Path, out: &Path| {
        let mut command = seedgrade();
        command
            .args(["export", "--format", "labels", "--store"])
            .arg(&path);
        run(command
            .arg("--pictures")
            .arg(pictures)
            .arg("--out")
            .arg(out))
    };
    export(&samples(), &set).ends_with(0);
    let scored = run(embedded().args(["eval", "--json"]).arg(&set));
    scored.ends_with(0);
    let line = &scored.lines()[0];
    assert_eq!(line["cells"], 2, "two cells are labelled: {line}");
    assert_eq!(line["occupancy"]["accuracy"], 0.5);
    export(folder.path(), &folder.path().join("none"))
        .ends_with(2)
        .says(&["found none"]);
}

#[test]
fn a_stored_tray_is_verified_from_its_picture() {
    let folder = tempfile::tempdir().unwrap();
    let mut report = judged();
    let path = store(folder.path(), "line1", 2, &report);
    let verify = |path: &Path| {
        let mut command = embedded();
        run(command
            .arg("verify")
            .arg(path)
            .arg("--pictures")
            .arg(samples()))
    };
    let verified = verify(&path);
    verified.ends_with(0);
    assert!(verified.stdout.starts_with("2 bit for bit"), "{verified:?}");

    report.cells[7].verdict = "double".into();
    let other = store(folder.path(), "line2", 1, &report);
    let told = verify(&other);
    told.ends_with(1);
    assert!(told.stdout.contains("expected double"), "{told:?}");
}

#[test]
fn a_stored_tray_is_verified_by_the_standard_that_the_store_keeps() {
    let folder = tempfile::tempdir().unwrap();
    let version = seedgrade::grade::GradingStandard::embedded().version();
    let text = seedgrade::grade::GradingStandard::embedded_text()
        .replace(&format!("version = {version}"), "version = 7")
        .replace("id = \"vegetable-plug\"", "id = \"house-plug\"");
    let file = folder.path().join("house.toml");
    fs::write(&file, &text).unwrap();
    let mut grade = embedded();
    grade.args(["grade", "--json", "--tray", "9x5", "--standard"]);
    let judged = run(grade.arg(&file).arg(sample("ippn-bare.png")));
    let mut report: TrayReport = serde_json::from_value(judged.lines().remove(0)).unwrap();
    assert_eq!(report.evidence.standard, "house-plug@7");
    report.facts.source = "trays/ippn-bare.png".to_owned();
    let path = store(folder.path(), "line1", 1, &report);
    let verify = || {
        let mut command = embedded();
        let verify = command.arg("verify").arg(&path).arg("--pictures");
        run(verify.arg(samples()))
    };
    let unknown = verify();
    unknown.ends_with(1);
    assert!(
        unknown.stdout.contains("expected house-plug@7"),
        "{unknown:?}"
    );
    let standard = StandardText::of("2026-11-24T07:00:00Z", "line", &text).unwrap();
    say(&path, &[Statement::Standard(standard)]);
    let known = verify();
    known.ends_with(0);
    assert!(known.stdout.starts_with("1 bit for bit"), "{known:?}");
}

#[test]
fn the_demos_store_knows_what_its_trays_were_graded_by() {
    let folder = tempfile::tempdir().unwrap();
    run(embedded().arg("demo").arg("--out").arg(folder.path())).ends_with(0);
    let reader = seedgrade::store::StoreReader::open(&folder.path().join("seedgrade.db")).unwrap();
    let text = seedgrade::grade::GradingStandard::embedded_text();
    assert_eq!(reader.standards().unwrap()[0].text, text);
    assert_eq!(reader.lots().unwrap()[0].lot, "demo");
    assert_eq!(reader.jobs().unwrap()[0].lot, "demo");
    let judged = reader.report(1).unwrap().evidence;
    let nets = reader.nets().unwrap();
    assert!(nets.iter().any(|net| net.network == judged.network));
}

#[test]
fn stored_trays_judged_by_another_standard_stand_beside_their_first_judgement() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), "line1", 3, &judged());
    // bare cells: whatever the embedded standard routes them by, this one has another name and route
    let text = GradingStandard::embedded_text().replacen("version = ", "version = 10", 1);
    let text = text.replace("grade = \"reject\"", "grade = \"waste\"");
    let standard = folder.path().join("stricter.toml");
    fs::write(&standard, &text).unwrap();
    let regrade = |more: &[&str]| {
        let mut command = seedgrade();
        command
            .args(["store", "regrade", "--store"])
            .arg(&store)
            .arg("--standard")
            .arg(&standard)
            .args(more);
        run(&mut command)
    };
    let histories = || -> Vec<Value> {
        let uid = "base1/line1/2026-11-24/000001";
        let run = run(stats(&[&store]).args(["--json", "--tray", uid]));
        run.ends_with(0);
        run.lines()
    };
    let before = histories();
    let dry = regrade(&["--dry-run"]);
    dry.ends_with(0);
    assert_eq!(histories(), before, "a dry run stores nothing");
    let said = ["--who", "Li Na", "--why", "the buyer asks for more"];
    let done = regrade(&said);
    done.ends_with(0);
    assert_eq!(done.stdout, dry.stdout, "a dry run says what will be");
    let judged_anew = histories()[0]["regradings"].clone();
    assert_eq!(judged_anew.as_array().unwrap().len(), 1, "{judged_anew}");
    assert_eq!(judged_anew[0]["who"], "Li Na");
    assert_eq!(judged_anew[0]["why"], "the buyer asks for more");

    // Once more: nothing is judged twice, and the first judgements are as they were.
    let again = regrade(&said);
    again.ends_with(0);
    assert!(
        again
            .stderr
            .contains("3 trays were judged by this standard already"),
        "{again:?}"
    );
    assert_eq!(histories()[0]["regradings"], judged_anew);
    run(seedgrade().args(["store", "check", "--store"]).arg(&store)).ends_with(0);
    let other = regrade(&["--dry-run", "--lot", "2026-11-B"]);
    other
        .ends_with(2)
        .says(&["no tray of lot 2026-11-B is stored"]);
}

#[test]
fn a_store_is_not_judged_anew_without_a_name_and_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), "line1", 1, &judged());
    let mut command = seedgrade();
    command.args(["store", "regrade", "--store"]).arg(&store);
    let run = run(command.args(["--standard", "none.toml"]));
    run.ends_with(2);
    assert!(
        run.stderr.contains("--who") && run.stderr.contains("--why"),
        "{run:?}"
    );
}
