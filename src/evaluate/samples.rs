//! Reports made by hand, for tests.

use std::collections::BTreeMap;

use crate::frame::Frame;
use crate::grade::VerdictCounts;
use crate::inspect::{
    CellReport, Evidence, ReportStatus, SourceFacts, StageTimes, TRAY_SCHEMA, TrayReport,
};
use crate::tray::Orientation;

/// Verdict, grade and action of the cells, column after column.
const CELLS: [(&str, Option<&str>, &str); 7] = [
    ("graded", Some("A"), "leave"),
    ("graded", Some("B"), "leave"),
    ("graded", Some("C"), "leave"),
    ("graded", Some("weak"), "remove"),
    ("blank", None, "leave"),
    ("double", None, "thin"),
    ("unsure", None, "leave"),
];

pub fn grade_order() -> Vec<String> {
    ["A", "B", "C", "weak"].map(String::from).to_vec()
}

pub fn grey_frame(width: usize, height: usize) -> Frame {
    Frame::from_rgb(width, height, vec![128; width * height * 3]).unwrap()
}

pub fn cell(row: usize, col: usize, kind: usize) -> CellReport {
    let (verdict, grade, action) = CELLS[kind % CELLS.len()];
    let blank = verdict == "blank";
    CellReport {
        row,
        col,
        verdict: verdict.into(),
        grade: grade.map(Into::into),
        reason: (verdict == "unsure").then(|| "overlap".into()),
        action: action.into(),
        occupied: if blank { 0.012 } else { 0.998 },
        several: if verdict == "double" { 0.97 } else { 0.013 },
        plants: u32::from(!blank) + u32::from(verdict == "double"),
        area_pitch2: if blank { 0.0 } else { 0.41 },
        area_deviation_pitch2: None,
        offset_deviation_pitch: None,
        area_mm2: (!blank).then_some(412.5),
        area_px: if blank { 0.0 } else { 1650.0 },
        centre_px: (!blank).then_some([0.1 + 0.2, 7.25]),
        offset_pitch: (!blank).then_some(0.08),
        offset_mm: (!blank).then_some(2.1),
        chlorotic: 0.01,
        necrotic: 0.0,
        leaves: (!blank).then_some(4),
        overlap: 0.02,
    }
}

pub fn graded(rows: usize, cols: usize, width: f64, height: f64) -> TrayReport {
    let cells: Vec<CellReport> = (0..rows * cols)
        .map(|i| cell(i / cols, i % cols, i % cols))
        .collect();
    of_cells(
        rows,
        cols,
        cells,
        [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]],
    )
}

pub fn of_cells(
    rows: usize,
    cols: usize,
    cells: Vec<CellReport>,
    corners: [[f64; 2]; 4],
) -> TrayReport {
    let count = |name: &str| cells.iter().filter(|cell| cell.verdict == name).count();
    let mut grades: BTreeMap<String, usize> = grade_order().into_iter().map(|g| (g, 0)).collect();
    for grade in cells.iter().filter_map(|cell| cell.grade.as_ref()) {
        *grades.entry(grade.to_string()).or_default() += 1;
    }
    TrayReport {
        status: ReportStatus::Graded,
        reason: None,
        orientation: Some(Orientation::Assumed),
        corners_px: Some(corners),
        px_per_pitch: Some(80.2),
        mm_per_px: Some(0.5),
        mm_known: true,
        grade: Some("A".to_owned()),
        route: Some("market".to_owned()),
        counts: Some(VerdictCounts {
            blank: count("blank"),
            graded: count("graded"),
            double: count("double"),
            unsure: count("unsure"),
        }),
        marketable: Some(count("graded") - grades["weak"]),
        grades: Some(grades),
        rows,
        cols,
        cells,
        ..refused("")
    }
}

pub fn refused(reason: &str) -> TrayReport {
    TrayReport {
        schema: TRAY_SCHEMA.to_owned(),
        facts: SourceFacts {
            source: "refused.jpg".to_owned(),
            tray_uid: "base1/line1/2026-11-24/000123".to_owned(),
            image_sha256: Some("9f".repeat(32)),
            captured_at: Some("2026-11-24T08:00:00.000Z".to_owned()),
            lot: Some("2026-11-A".to_owned()),
            pass: 1,
            ..SourceFacts::default()
        },
        status: ReportStatus::Refused,
        reason: Some(reason.to_owned()),
        rows: 10,
        cols: 20,
        orientation: None,
        corners_px: None,
        px_per_pitch: None,
        mm_per_px: None,
        mm_known: false,
        grade: None,
        route: Some("hold".to_owned()),
        counts: None,
        grades: None,
        marketable: None,
        cells: Vec::new(),
        evidence: Evidence {
            software: "0.1.0".to_owned(),
            backend: "onnxruntime 1.31.1".to_owned(),
            cpu_class: "x86-64-v4+vnni".to_owned(),
            network: format!("sha256:{}", "ab".repeat(32)),
            tray_finder: format!("sha256:{}", "ba".repeat(32)),
            standard: "vegetable-plug@1".to_owned(),
            standard_digest: format!("sha256:{}", "cd".repeat(32)),
            config: format!("sha256:{}", "ef".repeat(32)),
            calibration: None,
        },
        timing_ms: Some(StageTimes {
            decode: 12.1,
            locate: 21.0,
            rectify: 8.4,
            infer: 31.7,
            measure: 3.3,
            total: 76.5,
        }),
    }
}
