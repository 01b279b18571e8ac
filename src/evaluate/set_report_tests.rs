use crate::evaluate::samples;
use crate::inspect::TrayReport;

use super::super::{SaidCounts, abstention_curve, calibration_error, reliability};
use super::*;

/// Seven cells: four graded, a blank, a double, an unsure one.
fn judged() -> TrayReport {
    samples::graded(1, 7, 700.0, 100.0)
}

fn labels(text: &str) -> Vec<Option<bool>> {
    let label = |letter| match letter {
        's' => Some(true),
        '.' => Some(false),
        _ => None,
    };
    text.chars().map(label).collect()
}

#[test]
fn unsure_and_refused_cells_are_wrong_and_unlabelled_ones_left_out() {
    let (judged, refused) = (judged(), samples::refused("too dark"));
    let trays = [
        JudgedTray::new("a", "1", labels("ss.s.s."), &judged, 10.0), // one wrong, one unsure
        JudgedTray::new("b", "1", labels("s?s?.?s"), &judged, 20.0), // one unsure
        JudgedTray::new("c", "2", labels("ss?"), &refused, 30.0),
    ];
    let report = SetReport::new("set", &trays);
    let occupancy = report.occupancy.as_ref().unwrap();
    assert_eq!(
        (report.images, report.trays, report.groups, report.refused),
        (3, 3, 2, 1)
    );
    assert_eq!((report.cells, report.unsure), (13, 2));
    assert_eq!(
        (occupancy.correct, occupancy.decided, occupancy.cells),
        (8, 9, 13)
    );
    assert_eq!(occupancy.accuracy, Some(8.0 / 13.0));
    assert_eq!(occupancy.selective_accuracy, Some(8.0 / 9.0));
    assert_eq!(occupancy.confusion.seedling.refused, 2);
    assert_eq!(
        occupancy.confusion.no_seedling,
        SaidCounts {
            seedling: 1,
            no_seedling: 2,
            unsure: 1,
            refused: 0
        }
    );
    assert_eq!(occupancy.seedling_recall, Some(6.0 / 9.0));
    assert_eq!(occupancy.no_seedling_recall, Some(0.5));
    let ci = occupancy.ci95.unwrap();
    assert!(ci.lo <= 8.0 / 13.0 && 8.0 / 13.0 <= ci.hi && ci.lo < ci.hi);
    // a: 5 of 6 decided against 4 of 7 labelled; b: 2 of 3 against 3 of 4; c decided nothing.
    let expected = 100.0 * ((5.0 / 6.0 - 4.0 / 7.0) + (3.0 / 4.0 - 2.0 / 3.0)) / 2.0;
    assert!((report.emergence_mae_points.unwrap() - expected).abs() < 1e-9);
    assert_eq!(report.ms_per_tray.unwrap().median, 20.0);
}

/// What is null where nothing is labelled.
const UNLABELLED: [&str; 17] = [
    "occupancy",
    "emergence_mae_points",
    "blanks_passed",
    "healthy_removed",
    "kept_healthy_removed",
    "mask_iou",
    "masks",
    "area_mape",
    "area",
    "centre",
    "attribution",
    "corner_error_pitch",
    "no_tray_refused",
    "grade",
    "calibration",
    "repeatability",
    "without_suspects",
];

#[test]
fn the_json_has_the_contracts_keys_and_null_where_nothing_is_labelled() {
    let judged = judged();
    let trays = [JudgedTray::new("a", "1", vec![None; 7], &judged, 10.0)];
    let json = serde_json::to_value(SetReport::new("set", &trays)).unwrap();
    let keys: Vec<&str> = json
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let mut expected = [
        "set",
        "stage",
        "images",
        "trays",
        "groups",
        "refused",
        "cells",
        "unsure",
        "ms_per_tray",
        "evidence",
        "location",
    ]
    .to_vec();
    expected.extend(UNLABELLED);
    expected.sort_unstable();
    let mut found = keys.clone();
    found.sort_unstable();
    assert_eq!(found, expected);
    for key in UNLABELLED {
        assert!(json[key].is_null(), "{key}");
    }
    let empty = SetReport::new("none", &[]);
    assert_eq!((empty.ms_per_tray, empty.evidence), (None, None));
}

#[test]
fn an_interval_is_two_numbers_and_the_same_each_time() {
    let judged = judged();
    let trays: Vec<JudgedTray<'_>> = (0..6)
        .map(|i| {
            let text = if i % 2 == 0 { "ssss.s?" } else { "ssss..." };
            JudgedTray::new(format!("{i}"), "one", labels(text), &judged, 10.0)
        })
        .collect();
    let json = serde_json::to_string(&SetReport::new("set", &trays)).unwrap();
    assert_eq!(
        json,
        serde_json::to_string(&SetReport::new("set", &trays)).unwrap()
    );
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["occupancy"]["ci95"].as_array().unwrap().len(), 2);
    assert!(
        value["occupancy"]["ci_note"]
            .as_str()
            .unwrap()
            .starts_with("one group")
    );
    let back: SetReport = serde_json::from_str(&json).unwrap();
    assert_eq!(back.set, "set");
}

#[test]
fn grades_are_compared_where_people_gave_them() {
    let judged = judged();
    let mut tray = JudgedTray::new("a", "1", labels("ssss..."), &judged, 10.0);
    let grades = [
        Some("A"),
        Some("A"),
        None,
        Some("weak"),
        Some("B"),
        None,
        None,
    ];
    tray.compared.grade_labels = grades.iter().map(|g| g.map(String::from)).collect();
    let grade = SetReport::new("set", &[tray]).grade.unwrap();
    assert_eq!((grade.correct, grade.cells, grade.accuracy), (2, 4, 0.5));
    assert_eq!(grade.confusion["A"]["B"], 1);
    assert_eq!(grade.confusion["B"]["blank"], 1);
}

#[test]
fn calibration_and_abstention_read_the_probabilities() {
    let mut judged = judged();
    for (cell, p) in judged
        .cells
        .iter_mut()
        .zip([0.95, 0.95, 0.95, 0.95, 0.05, 0.55, 0.45])
    {
        cell.occupied = p;
    }
    let trays = [JudgedTray::new("a", "1", labels("sss...s"), &judged, 10.0)];
    let bins = reliability(&trays, 10);
    assert_eq!((bins[9].cells, bins[9].observed), (4, Some(0.75)));
    assert_eq!((bins[2].cells, bins[2].observed), (0, None));
    let expected = (4.0 * 0.2 + 0.05 + 0.55 + 0.55) / 7.0;
    assert!((calibration_error(&bins).unwrap() - expected).abs() < 1e-9);
    let curve = abstention_curve(&trays, &[0.0, 2.0 / 7.0, 1.0]);
    assert_eq!(curve.len(), 2, "nothing is left at 100 %");
    assert_eq!((curve[0].accuracy, curve[1].accuracy), (4.0 / 7.0, 0.8));
}

#[test]
fn an_empty_set_and_one_of_refused_trays_have_nulls_and_no_nan() {
    let refused = samples::refused("too dark: x");
    let trays = [
        JudgedTray::new("a", "1", labels("s."), &refused, 10.0),
        JudgedTray::new("b", "2", labels("s."), &refused, 10.0),
    ];
    for pictures in [&[][..], &trays[..1], &trays[..]] {
        let report = SetReport::new("set", pictures);
        let json = serde_json::to_string(&report).unwrap();
        assert!(!json.contains("NaN"));
        assert_eq!(serde_json::from_str::<SetReport>(&json).unwrap(), report);
        assert_eq!((report.mask_iou, report.area_mape), (None, None));
        assert_eq!((report.calibration, report.blanks_passed), (None, None));
        let Some(occupancy) = report.occupancy else {
            continue;
        };
        assert_eq!(occupancy.accuracy, Some(0.0));
        assert_eq!(occupancy.selective_accuracy, None);
        assert_eq!(occupancy.seedling_recall_ci95.unwrap().lo, 0.0);
    }
}

#[test]
fn a_picture_without_a_tray_is_no_refused_tray() {
    let (judged, refused) = (judged(), samples::refused("no tray: x"));
    let mut none = JudgedTray::new("b", "1", labels("s."), &refused, 10.0);
    none.shows_tray = false;
    let trays = [
        JudgedTray::new("a", "1", labels("ssss..."), &judged, 10.0),
        none,
    ];
    let report = SetReport::new("set", &trays);
    assert_eq!((report.images, report.trays, report.refused), (2, 1, 0));
    assert_eq!(
        (report.cells, report.no_tray_refused.unwrap().share),
        (7, Some(1.0))
    );
    assert_eq!(report.location.unwrap().refused.of, 1);
}

#[test]
fn recalls_have_intervals_and_blanks_that_pass_are_counted() {
    let judged = judged();
    let trays = [
        JudgedTray::new("a", "1", labels("ss..ss."), &judged, 10.0),
        JudgedTray::new("b", "2", labels("s...s.."), &judged, 10.0),
    ];
    let report = SetReport::new("set", &trays);
    // of the blanks two and four were said to be seedlings, the last was unsure each time, one was found
    let passed = report.blanks_passed.unwrap();
    assert_eq!((passed.hits, passed.of), (6, 8));
    let occupancy = report.occupancy.unwrap();
    assert_eq!(occupancy.seedling_recall, Some(4.0 / 6.0));
    let interval = occupancy.seedling_recall_ci95.unwrap();
    assert_eq!((interval.lo, interval.hi), (0.5, 0.75));
    assert_eq!(occupancy.no_seedling_recall, Some(0.0));
}

#[test]
fn labels_that_look_wrong_are_left_out_beside_the_full_figures() {
    let judged = judged();
    let trays = [
        JudgedTray::new("a", "1", labels(".sss.s?"), &judged, 10.0),
        JudgedTray::new("b", "1", labels("ssss.s?"), &judged, 10.0),
    ];
    let report = SetReport::new("set", &trays).with_suspects_left_out(&trays, |tray, cell| {
        tray.id == "a" && [0, 6].contains(&cell)
    });
    let without = report.without_suspects.unwrap();
    assert_eq!((without.left_out, without.cells, report.cells), (1, 11, 12));
    assert_eq!(without.occupancy.unwrap().accuracy, Some(1.0));
    assert_eq!(report.occupancy.unwrap().accuracy, Some(11.0 / 12.0));
}

#[test]
fn masks_of_a_set_stand_without_a_tray() {
    let picture = |id: &str, common_px| ScoredMask {
        id: id.to_owned(),
        group: "one".to_owned(),
        counts: super::super::MaskCounts {
            common_px,
            found_px: 10,
            truth_px: 10,
        },
        milliseconds: 5.0,
    };
    let report = SetReport::of_masks("pots", &[picture("a", 10), picture("b", 5)], None);
    assert_eq!(
        (report.stage, report.images, report.groups),
        (SetStage::Segment, 2, 1)
    );
    let expected = (1.0 + 1.0 / 3.0) / 2.0;
    assert!((report.mask_iou.unwrap() - expected).abs() < 1e-12);
    assert_eq!((report.area_mape, report.occupancy), (Some(0.0), None));
    let empty = SetReport::of_masks("pots", &[], None);
    assert_eq!(
        (empty.mask_iou, empty.ms_per_tray, empty.area),
        (None, None, None)
    );
}
