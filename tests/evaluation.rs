//! `eval` over whole sets: the same figures whatever the number of workers, masks without a tray, pictures without a
//! tray, doubtful labels, repeated pictures, contact sheets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

mod common;

use std::fs;
use std::path::Path;

use common::{embedded, run, sample};
use serde_json::Value;
use tempfile::TempDir;

/// Three small rendered trays with every label that there is.
fn rendered() -> TempDir {
    let set = tempfile::tempdir().unwrap();
    let mut render = embedded();
    render.args([
        "render", "--trays", "3", "--seed", "12", "--tray", "4x5", "--out",
    ]);
    run(render.arg(set.path())).ends_with(0);
    set
}

/// A set of pictures that are copied from the samples, each with lines of its own in the manifest.
fn set_of(name: &str, pictures: &[(&str, &str)]) -> TempDir {
    let set = tempfile::tempdir().unwrap();
    let trays = set.path().join("trays");
    fs::create_dir(&trays).unwrap();
    let mut manifest = format!("name = \"{name}\"\nuse = \"evaluate\"\n");
    for (i, (picture, keys)) in pictures.iter().enumerate() {
        let ending = Path::new(picture).extension().unwrap().to_str().unwrap();
        fs::copy(sample(picture), trays.join(format!("p{i}.{ending}"))).unwrap();
        let labels = sample(picture).with_extension("cells.csv");
        if labels.is_file() {
            fs::copy(labels, trays.join(format!("p{i}.cells.csv"))).unwrap();
        }
        manifest += &format!("[[image]]\nfile = \"trays/p{i}.{ending}\"\n{keys}\n");
    }
    fs::write(set.path().join("dataset.toml"), manifest).unwrap();
    set
}

#[track_caller]
fn evaluated(arguments: &[&str], set: &Path) -> Value {
    let run = run(embedded().args(["eval", "--json"]).args(arguments).arg(set));
    run.ends_with(0);
    run.lines().remove(0)
}

#[test]
fn the_number_of_workers_changes_no_figure() {
    let set = rendered();
    for stage in ["whole", "segment"] {
        let figures = |jobs: &str| {
            let mut report = evaluated(&["--stage", stage, "--jobs", jobs], set.path());
            report.as_object_mut().unwrap().remove("ms_per_tray");
            report
        };
        assert_eq!(figures("1"), figures("3"), "{stage}");
    }
}

#[test]
fn a_rendered_set_has_every_metric_and_no_number_that_is_none() {
    let set = rendered();
    let report = evaluated(&[], set.path());
    for key in [
        "occupancy",
        "emergence_mae_points",
        "blanks_passed",
        "healthy_removed",
        "mask_iou",
        "area_mape",
        "centre",
        "attribution",
        "corner_error_pitch",
        "location",
        "grade",
        "calibration",
    ] {
        assert!(!report[key].is_null(), "{key}: {report:#}");
    }
    for key in ["no_tray_refused", "repeatability", "without_suspects"] {
        assert!(report[key].is_null(), "{key}");
    }
    assert!(report["attribution"]["by_height_pitch"].is_array());
    let share = |value: &Value| (0.0..=1.0).contains(&value.as_f64().unwrap());
    assert!(share(&report["mask_iou"]) && share(&report["masks"]["pooled_iou"]));
}

#[test]
fn masks_are_scored_without_a_tray_where_there_are_some() {
    let set = rendered();
    let report = evaluated(&["--stage", "segment"], set.path());
    assert_eq!(
        (&report["stage"], &report["images"]),
        (&"segment".into(), &3.into())
    );
    assert!(report["occupancy"].is_null() && report["location"].is_null());
    assert_eq!(report["masks"]["per_picture"].as_array().unwrap().len(), 3);
    let none = set_of("none", &[("ippn-bare.png", "tray_rows = 9\ntray_cols = 5")]);
    let segment = |more: &[&str], set: &Path| {
        run(embedded()
            .args(["eval", "--stage", "segment"])
            .args(more)
            .arg(set))
    };
    segment(&[], none.path())
        .ends_with(2)
        .says(&["no picture has a mask"]);
    segment(&["--repeat"], set.path())
        .ends_with(2)
        .says(&["--repeat: is about verdicts"]);
    segment(&["--cells-in-view", "1x1"], set.path()).ends_with(0);
    fs::write(set.path().join("trays/t000000.plants.png"), "no picture").unwrap();
    segment(&[], set.path())
        .ends_with(2)
        .says(&["t000000.plants.png"]);
}

#[test]
fn refusing_a_picture_without_a_tray_is_right() {
    let grid = "tray_rows = 9\ntray_cols = 5";
    let set = set_of(
        "mixed",
        &[
            ("ippn-bare.png", grid),
            ("not-a-tray.jpg", "no_tray = true"),
        ],
    );
    let report = evaluated(&[], set.path());
    assert_eq!(
        (&report["images"], &report["refused"]),
        (&2.into(), &0.into())
    );
    let refused = &report["no_tray_refused"];
    assert_eq!((&refused["hits"], &refused["of"]), (&1.into(), &1.into()));
    // one of one: the exact interval's lower end is 2.5 %
    assert!((refused["ci95"][0].as_f64().unwrap() - 0.025).abs() < 1e-6);
    assert_eq!(report["location"]["refused"]["of"], 1);
}

#[test]
fn doubtful_labels_are_left_out_beside_the_full_figures() {
    let set = set_of("bare", &[("ippn-bare.png", "tray_rows = 9\ntray_cols = 5")]);
    let suspects = set.path().join("suspects.csv");
    let text = "tray,row,col,label,seen_by_eye\np0,0,0,no_seedling,\"a, b\"\nq,0,1,seedling,\n";
    fs::write(&suspects, text).unwrap();
    let report = evaluated(&["--without", suspects.to_str().unwrap()], set.path());
    assert_eq!(report["cells"], 45);
    let without = &report["without_suspects"];
    assert_eq!(
        (&without["left_out"], &without["cells"]),
        (&1.into(), &44.into())
    );
    fs::write(&suspects, "cell\n1\n").unwrap();
    run(embedded()
        .arg("eval")
        .arg("--without")
        .arg(&suspects)
        .arg(set.path()))
    .ends_with(2)
    .says(&["suspects.csv:1"]);
}

#[test]
fn one_tray_seen_twice_is_judged_alike() {
    let keys = "tray_rows = 9\ntray_cols = 5\nsame_tray = \"x\"";
    let twice = set_of("twice", &[("ippn-bare.png", keys), ("ippn-bare.png", keys)]);
    let found = &evaluated(&["--repeat"], twice.path())["repeatability"];
    assert_eq!(
        (&found["trays"], &found["pictures"]),
        (&1.into(), &2.into())
    );
    assert_eq!(found["equal_verdicts"]["share"], 1.0);
    let once = set_of("once", &[("ippn-bare.png", keys)]);
    run(embedded().args(["eval", "--repeat"]).arg(once.path()))
        .ends_with(2)
        .says(&["once", "same_tray"]);
}

#[test]
fn sets_of_one_name_keep_their_sheets_and_an_earlier_runs_are_taken_away() {
    let grid = "tray_rows = 9\ntray_cols = 5";
    let [a, b] = ["bed", "bed"].map(|name| set_of(name, &[("ippn-bare.png", grid)]));
    let cells = (0..45).map(|i| format!("{},{},seedling\n", i / 5, i % 5));
    let wrong = format!("row,col,state\n{}", cells.collect::<String>());
    fs::write(b.path().join("trays/p0.cells.csv"), wrong).unwrap();
    let out = tempfile::tempdir().unwrap();
    let stale = out.path().join("bed/double.png");
    fs::create_dir_all(stale.parent().unwrap()).unwrap();
    fs::write(&stale, "old").unwrap();
    let mut eval = embedded();
    eval.arg("eval").arg("--errors").arg(out.path());
    run(eval.arg(a.path()).arg(b.path())).ends_with(0);
    assert!(!stale.exists());
    assert!(out.path().join("bed.2/missed-seedling.png").is_file());
    assert!(!out.path().join("bed/missed-seedling.png").exists());
}
