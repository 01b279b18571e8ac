//! What is counted: lots, lines read as one, shifts, a tray by its code, a delivery.

use std::fs;
use std::path::Path;

use seedgrade::store::{
    CellPlace, HandMeasurement, Record, StandardText, StatedVerdict, Statement, StoreWriter,
    TrayRecord, WriterParams,
};
use serde_json::Value;

use crate::common::{Run, run, seedgrade};
use crate::{corrected, judged, lot, say, stats, store};

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

fn deliver(store: &Path, number: &str, more: &[&str]) -> Run {
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
