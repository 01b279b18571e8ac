//! What others script against: the lines of JSON, the files that are written, the exit codes of `eval`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

mod common;

use std::fs;
use std::process::Command;

use common::{TRAYS, embedded, grade_json, graded, run, sample, samples};
use seedgrade::grade::GradingStandard;
use serde_json::Value;

/// Fields that are null rather than guessed where nothing is known.
const MAY_BE_NULL: [&str; 9] = [
    "grade",
    "reason",
    "area_mm2",
    "centre_px",
    "offset_pitch",
    "offset_mm",
    "leaves",
    "calibration",
    "mm_per_px",
];

/// What every line has, whatever became of the picture.
#[track_caller]
fn is_a_report(line: &Value) {
    assert_eq!(line["schema"], "seedgrade.tray/1");
    assert_eq!(line["pass"], 1);
    for unknown in [
        "captured_at",
        "job",
        "lot",
        "tray_code",
        "trigger",
        "encoder",
    ] {
        assert!(line[unknown].is_null(), "{unknown}: {}", line[unknown]);
    }
    let hash = line["image_sha256"].as_str().unwrap();
    assert_eq!(hash.len(), 64);
    assert_eq!(line["tray_uid"], format!("sha256:{hash}"));
    let evidence = line["evidence"].as_object().unwrap();
    for key in ["software", "backend", "cpu_class", "standard"] {
        assert!(!evidence[key].as_str().unwrap().is_empty(), "{key}");
    }
    for key in ["network", "tray_finder", "standard_digest", "config"] {
        let digest = evidence[key].as_str().unwrap();
        assert_eq!((&digest[..7], digest.len()), ("sha256:", 71), "{key}");
    }
    for stage in ["decode", "locate", "rectify", "infer", "measure", "total"] {
        let took = line["timing_ms"][stage].as_f64().unwrap();
        assert!(took >= 0.0, "{stage}: {took}");
    }
}

/// A number that is not finite would be written as null: only what may be unknown is.
#[track_caller]
fn has_no_hidden_nan(cell: &Value) {
    for (key, value) in cell.as_object().unwrap() {
        assert!(
            !value.is_null() || MAY_BE_NULL.contains(&key.as_str()),
            "{key} is null in {cell}"
        );
        let numbers = match value {
            Value::Array(numbers) => numbers.as_slice(),
            other => std::slice::from_ref(other),
        };
        assert!(
            numbers
                .iter()
                .all(|n| n.as_f64().is_none_or(f64::is_finite))
        );
    }
    for share in ["occupied", "several", "chlorotic", "necrotic", "overlap"] {
        let value = cell[share].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&value), "{share}: {value}");
    }
    for size in ["area_pitch2", "area_px"] {
        assert!(cell[size].as_f64().unwrap() >= 0.0, "{size} in {cell}");
    }
}

#[test]
fn every_shipped_tray_is_graded_cell_by_cell() {
    for (name, rows, cols) in TRAYS {
        let line = graded(&format!("{rows}x{cols}"), sample(name));
        is_a_report(&line);
        assert_eq!(line["status"], "graded", "{name}: {}", line["reason"]);
        assert!(line["reason"].is_null());
        assert_eq!(line["orientation"], "assumed");
        let cells = line["cells"].as_array().unwrap();
        assert_eq!(cells.len(), rows * cols, "{name}");
        for (i, cell) in cells.iter().enumerate() {
            assert_eq!(cell["row"], i / cols);
            assert_eq!(cell["col"], i % cols);
            has_no_hidden_nan(cell);
            let verdict = cell["verdict"].as_str().unwrap();
            assert!(["blank", "graded", "double", "unsure"].contains(&verdict));
            assert_eq!(cell["grade"].is_string(), verdict == "graded", "{cell}");
            assert!(verdict != "unsure" || cell["reason"].is_string(), "{cell}");
            assert!(verdict != "unsure" || cell["action"] == "leave", "{cell}");
        }
        for (verdict, count) in line["counts"].as_object().unwrap() {
            let of = cells.iter().filter(|c| c["verdict"] == *verdict).count();
            assert_eq!(*count, of, "{name}: {verdict}");
        }
        let grades = line["grades"].as_object().unwrap().values();
        let sum: u64 = grades.map(|n| n.as_u64().unwrap()).sum();
        assert_eq!(line["counts"]["graded"], sum, "{name}");
        assert!(line["marketable"].as_u64().unwrap() <= sum);
        assert_eq!(line["corners_px"].as_array().unwrap().len(), 4);
        assert!(line["px_per_pitch"].as_f64().unwrap() > 0.0);
        assert_eq!(line["mm_known"], false);
        assert!(
            cells
                .iter()
                .all(|c| c["area_mm2"].is_null() && c["offset_mm"].is_null())
        );
    }
}

#[test]
fn a_pitch_in_millimetres_gives_every_length_its_millimetres() {
    let run = run(grade_json("6x12")
        .args(["--pitch-mm", "32x31.5"])
        .arg(sample("rendered-72.jpg")));
    run.ends_with(0);
    let line = &run.lines()[0];
    assert_eq!(line["mm_known"], true);
    assert!(line["mm_per_px"].as_f64().unwrap() > 0.0);
    for cell in line["cells"].as_array().unwrap() {
        assert!(cell["area_mm2"].is_number(), "{cell}");
        assert_eq!(cell["offset_pitch"].is_null(), cell["offset_mm"].is_null());
    }
}

#[test]
fn heights_shrink_areas_and_state_how_far_places_may_be_off() {
    let heights = ["--camera-height-mm", "1000", "--canopy-height-mm", "100"];
    let asked = |more: &[&str]| {
        let run = run(grade_json("6x12").args(more).arg(sample("rendered-72.jpg")));
        run.ends_with(0);
        run.lines().remove(0)
    };
    let (flat, high) = (asked(&[]), asked(&heights));
    let cells = |line: &Value| line["cells"].as_array().unwrap().clone();
    let mut plants = 0;
    for (flat, high) in cells(&flat).iter().zip(&cells(&high)) {
        let area = |cell: &Value| cell["area_pitch2"].as_f64().unwrap();
        assert!((area(high) - 0.81 * area(flat)).abs() < 2e-4, "{high}");
        assert!(flat.get("area_deviation_pitch2").is_none());
        assert_eq!(high["centre_px"], flat["centre_px"]);
        if high["offset_pitch"].is_number() {
            plants += 1;
            assert!(high["offset_deviation_pitch"].is_number());
        }
    }
    assert!(plants > 10);
    let mut too_high = grade_json("6x12");
    let low_camera = ["--camera-height-mm", "150", "--canopy-height-mm", "100"];
    run(too_high.args(low_camera).arg(sample("rendered-72.jpg")))
        .ends_with(2)
        .says(&["160", "150"]);
}

/// The lines without the times, which are last in each.
fn without_times(stdout: &str) -> Vec<&str> {
    stdout
        .lines()
        .map(|line| &line[..line.rfind(",\"timing_ms\":").unwrap()])
        .collect()
}

#[test]
fn the_same_pictures_give_the_same_bytes_whoever_judges_them() {
    let judged = |jobs| {
        let run = run(grade_json("6x12").args(["--jobs", jobs]).arg(samples()));
        run.ends_with(0);
        run
    };
    let (once, again, side_by_side) = (judged("1"), judged("1"), judged("2"));
    assert_eq!(without_times(&once.stdout), without_times(&again.stdout));
    assert_eq!(
        without_times(&once.stdout),
        without_times(&side_by_side.stdout)
    );
    let lines = once.lines();
    assert_eq!(lines.len(), TRAYS.len() + 1);
    for line in &lines {
        is_a_report(line);
        if line["status"] == "refused" {
            assert!(!line["reason"].as_str().unwrap().is_empty());
            assert_eq!(line["cells"], Value::Array(Vec::new()));
            for unknown in ["corners_px", "counts", "grade", "marketable"] {
                assert!(line[unknown].is_null(), "{unknown}");
            }
        }
    }
    let of = |status: &str| lines.iter().filter(|l| l["status"] == status).count();
    assert_eq!((of("graded"), of("refused")), (1, TRAYS.len()));
}

#[test]
fn eval_prints_the_contracts_keys_for_the_shipped_set() {
    let run = run(embedded().args(["eval", "--json"]).arg(samples()));
    run.ends_with(0);
    let lines = run.lines();
    assert_eq!(lines.len(), 1);
    let set = lines[0].as_object().unwrap();
    for key in [
        "set",
        "images",
        "refused",
        "cells",
        "unsure",
        "occupancy",
        "emergence_mae_points",
        "mask_iou",
        "area_mape",
        "corner_error_pitch",
        "grade",
        "ms_per_tray",
        "evidence",
    ] {
        assert!(set.contains_key(key), "{key}");
    }
    assert_eq!(set["set"], "samples");
    let manifest = fs::read_to_string(samples().join("dataset.toml")).unwrap();
    assert_eq!(set["images"], manifest.matches("[[image]]").count());
    assert!(set["refused"].as_u64() < set["images"].as_u64());
    assert!(set["unsure"].as_u64() <= set["cells"].as_u64());
    let occupancy = set["occupancy"].as_object().unwrap();
    for key in [
        "accuracy",
        "ci95",
        "seedling_recall",
        "no_seedling_recall",
        "confusion",
        "selective_accuracy",
    ] {
        assert!(occupancy.contains_key(key), "{key}");
    }
    let share = |v: &Value| (0.0..=1.0).contains(&v.as_f64().unwrap());
    assert!(share(&occupancy["accuracy"]));
    let ci95 = occupancy["ci95"].as_array().unwrap();
    assert!(ci95.len() == 2 && ci95.iter().all(share));
    for key in ["median", "p99"] {
        assert!(set["ms_per_tray"][key].as_f64().unwrap() > 0.0, "{key}");
    }
}

/// A set of the bare tray whose labels say that all of it has come up.
fn wrong_set(name: &str) -> tempfile::TempDir {
    let set = tempfile::tempdir().unwrap();
    let trays = set.path().join("trays");
    fs::create_dir(&trays).unwrap();
    fs::copy(sample("ippn-bare.png"), trays.join("bare.png")).unwrap();
    let cells = (0..45).map(|i| format!("{},{},seedling\n", i / 5, i % 5));
    let cells = format!("row,col,state\n{}", cells.collect::<String>());
    fs::write(trays.join("bare.cells.csv"), cells).unwrap();
    let manifest = format!(
        "name = \"{name}\"\nuse = \"evaluate\"\ntray_rows = 9\ntray_cols = 5\n\
         [[image]]\nfile = \"trays/bare.png\"\n"
    );
    fs::write(set.path().join("dataset.toml"), manifest).unwrap();
    set
}

#[test]
fn eval_ends_with_1_below_what_was_asked_and_with_4_for_a_picture_that_cannot_be_read() {
    let set = wrong_set("wrong");
    run(embedded()
        .args(["eval", "--min-accuracy", "1"])
        .arg(set.path()))
    .ends_with(1);
    fs::write(set.path().join("trays/bare.png"), "no picture").unwrap();
    run(embedded().args(["eval", "--json"]).arg(set.path()))
        .ends_with(4)
        .says(&["bare.png"]);
}

#[test]
fn eval_refuses_what_is_no_set_and_no_share() {
    let empty = tempfile::tempdir().unwrap();
    run(embedded().arg("eval").arg(empty.path()))
        .ends_with(2)
        .says(&["dataset.toml"]);
    for share in ["nan", "1.1", "-1", "most"] {
        run(embedded()
            .args(["eval", &format!("--min-accuracy={share}")])
            .arg(empty.path()))
        .ends_with(2)
        .says(&["expected a share from 0 to 1"]);
    }
    let set = wrong_set("wrong");
    for (line, says) in [
        ("0,0,sprouted", "seedling"),
        ("0,0", "seedling"),
        ("a,0,seedling", "row"),
    ] {
        let cells = set.path().join("trays/bare.cells.csv");
        fs::write(&cells, format!("row,col,state\n{line}\n")).unwrap();
        run(embedded().arg("eval").arg(set.path()))
            .ends_with(2)
            .says(&["bare.cells.csv:2", says]);
    }
}

#[test]
fn the_name_of_a_set_does_not_lead_its_contact_sheet_out_of_the_folder() {
    let (set, out) = (wrong_set("../../escaped"), tempfile::tempdir().unwrap());
    let errors = out.path().join("a/b");
    fs::create_dir_all(&errors).unwrap();
    run(embedded()
        .arg("eval")
        .arg("--errors")
        .arg(&errors)
        .arg(set.path()))
    .ends_with(0);
    assert!(!out.path().join("escaped.png").exists());
    assert_eq!(fs::read_dir(&errors).unwrap().count(), 1);
}

#[test]
fn the_embedded_standard_is_shown_and_passes_its_own_check() {
    let shown = run(embedded().args(["standard", "show"]));
    shown.ends_with(0);
    assert_eq!(shown.stdout, GradingStandard::embedded_text());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    fs::write(&path, &shown.stdout).unwrap();
    let checked = run(embedded().args(["standard", "check"]).arg(&path));
    checked.ends_with(0);
    let standard = GradingStandard::embedded();
    for part in [&standard.name(), "valid", standard.digest(), "A, B, weak"] {
        assert!(checked.stdout.contains(part), "{part}: {checked:#?}");
    }
}

#[test]
fn a_copied_program_shows_its_work_in_an_empty_folder() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("bin").join("seedgrade");
    let cwd = folder.path().join("empty");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    fs::create_dir_all(&cwd).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_seedgrade"), &program).unwrap();
    let demo = run(Command::new(&program)
        .current_dir(&cwd)
        .env("NO_COLOR", "1")
        .args(["--backend", "embedded", "demo"]));
    demo.ends_with(0);
    let out = cwd.join("seedgrade-demo");
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    let lines = fs::read_to_string(out.join("trays.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), TRAYS.len() + 1);
    assert!(fs::metadata(out.join("seedgrade.db")).unwrap().len() > 0);
    // who opens the pages afterwards sees the last one first: that is a tray
    let mut names: Vec<&str> = TRAYS.iter().map(|t| t.0).collect();
    names.insert(names.len() - 1, "not-a-tray.jpg");
    for (name, line) in names.into_iter().zip(lines.lines()) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["source"], format!("samples/{name}"));
        assert!(page.contains(name), "{name} is not in the report");
        assert!(
            demo.stdout.contains(name.split('.').next().unwrap()),
            "{demo:#?}"
        );
        let graded = name != "not-a-tray.jpg";
        assert_eq!(line["status"], if graded { "graded" } else { "refused" });
    }
    for outside in [
        "src=\"http",
        "href=\"http",
        "url(http",
        "src=\"//",
        "@import",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(demo.stdout.contains("seedgrade grade"), "{demo:#?}");
    for left in fs::read_dir(&cwd).unwrap() {
        assert_eq!(left.unwrap().file_name(), "seedgrade-demo");
    }
}

#[test]
fn every_command_explains_itself() {
    for command in [
        "demo",
        "grade",
        "eval",
        "render",
        "standard",
        "runtime",
        "line",
        "simulate-plc",
        "doctor",
    ] {
        let help = run(embedded().args([command, "--help"]));
        help.ends_with(0);
        assert!(help.stdout.contains("Usage: seedgrade "), "{help:#?}");
    }
    let version = run(embedded().arg("--version"));
    version.ends_with(0);
    assert_eq!(
        version.stdout,
        concat!("seedgrade ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn rows_and_columns_that_nobody_names_are_counted_in_every_picture() {
    // in the two of Arabidopsis a row of another tray lies in line with the tray's three: nobody can count them
    let is_one_tray = |(name, ..): &(&str, usize, usize)| !name.starts_with("arabidopsis");
    let trays = TRAYS.into_iter().filter(is_one_tray);
    let pictures: Vec<_> = trays
        .map(|(name, rows, cols)| (sample(name), rows, cols))
        .collect();
    let graded = run(embedded()
        .args(["grade", "--json"])
        .args(pictures.iter().map(|(path, ..)| path))
        .arg(sample("not-a-tray.jpg")));
    graded.ends_with(0);
    let lines = graded.lines();
    assert_eq!(lines.len(), pictures.len() + 1);
    for (line, (_, rows, cols)) in lines.iter().zip(&pictures) {
        assert_eq!(line["status"], "graded", "{line}");
        assert_eq!(line["rows"], *rows, "{line}");
        assert_eq!(line["cols"], *cols, "{line}");
    }
    let refused = &lines[pictures.len()];
    assert_eq!(refused["status"], "refused");
    assert_eq!(refused["rows"], 0);
    assert_eq!(refused["cells"].as_array().unwrap().len(), 0);
}
