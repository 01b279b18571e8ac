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
        "images",
        "trays",
        "groups",
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
    ];
    expected.sort_unstable();
    let mut found = keys.clone();
    found.sort_unstable();
    assert_eq!(found, expected);
    for key in [
        "occupancy",
        "emergence_mae_points",
        "mask_iou",
        "area_mape",
        "corner_error_pitch",
        "grade",
    ] {
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
    tray.grade_labels = grades.iter().map(|g| g.map(String::from)).collect();
    let grade = SetReport::new("set", &[tray]).grade.unwrap();
    assert_eq!((grade.correct, grade.cells, grade.accuracy), (2, 4, 0.5));
    assert_eq!(grade.confusion["A"]["B"], 1);
    assert_eq!(grade.confusion["B"]["blank"], 1);
}

#[test]
fn people_read_the_interval_the_count_and_what_limits_them() {
    let judged = judged();
    let trays = [
        JudgedTray::new("a", "1", labels("ssss.s?"), &judged, 10.0),
        JudgedTray::new("b", "1", labels("ss?s..?"), &judged, 14.0),
    ];
    let text = set_table(&[SetReport::new("luodi", &trays)]);
    let expected = "\
luodi: 2 pictures (0 refused), 2 trays with labels in 1 group, 11 labelled cells (0 unsure)
  occupancy accuracy         90.91 % (80.00–100.00, n = 11)
                             interval: one group: trays resampled within it
    of decided cells         90.91 %
    seedlings found          100.00 %
    blanks found             66.67 %
  emergence error, points    10.00
  ms a tray, median / p99    12 / 14

";
    assert_eq!(text, expected);
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
