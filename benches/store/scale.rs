//! What the store takes and gives at scale: trays a second, bytes a tray, the time of a lot's statistics.
//!
//! `cargo run --release --example store_scale -- TRAYS [FILE]`; without a file in a temporary folder. 200 cells a tray, 50
//! lots, one tray in twenty unlike the others in what is blank. Figures are of this machine and its disk.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use seedgrade::grade::VerdictCounts;
use seedgrade::inspect::{
    CellReport, Evidence, ReportStatus, SourceFacts, TRAY_SCHEMA, TrayReport,
};
use seedgrade::statistics::{Calendar, GroupBy, Summary, group, suspects};
use seedgrade::store::{
    Delivered, DeliveryFacts, HandMeasurement, KeptBecause, KeptPicture, Record, Statement,
    StatementWriter, StoreReader, StoreWriter, TrayFilter, TrayRecord, WriterParams, delivery_of,
    tallies_of,
};

const ROWS: usize = 10;
const COLS: usize = 20;
const LOTS: u64 = 50;
/// Trays an hour, for the hours that the roll-ups are kept by.
const TRAYS_AN_HOUR: u64 = 500;
/// Different trays; what differs between two with the same cells is only their name.
const DIFFERENT: usize = 256;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let trays: u64 = arguments.next().map_or(10_000, |n| n.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = arguments
        .next()
        .map_or_else(|| folder.path().join("store.db"), PathBuf::from);
    let seconds = insert(&path, trays);
    let bytes = std::fs::metadata(&path).unwrap().len();
    println!("{trays} trays of {} cells", ROWS * COLS);
    println!("insert: {:.0} trays/s", trays as f64 / seconds);
    println!("file: {:.0} bytes a tray", bytes as f64 / trays as f64);
    let packed = cells_bytes(&path);
    println!("of these cells and traits: {packed:.0} bytes a tray");
    let (lot, all) = (statistics(&path, Some("lot 7")), statistics(&path, None));
    println!(
        "statistics of a lot: {:.1} ms; of all: {:.1} ms",
        lot * 1e3,
        all * 1e3
    );
    println!("statistics by shift: {:.1} ms", by_shift(&path) * 1e3);
    let kept = deliver(&path, trays);
    let (count, seconds) = delivery(&path, "D-LOT");
    println!(
        "delivery of a lot: {count} trays, {kept} of them with picture and hand measure, {:.1} ms",
        seconds * 1e3
    );
    let (_, seconds) = delivery(&path, "D-TRAY");
    println!("delivery of a tray: {:.1} ms", seconds * 1e3);
    println!("a tray by its name: {:.1} ms", tray(&path, trays / 2) * 1e3);
}

fn uid(number: u64) -> String {
    format!("base1/line1/2026-11-24/{number:06}")
}

/// Says what left under two numbers, and keeps a picture and a measure of every tray of the lot. How many.
fn deliver(path: &Path, trays: u64) -> usize {
    let facts = |delivery: &str, delivered| {
        Statement::Delivery(DeliveryFacts {
            at: "2026-11-27T08:00:00Z".to_owned(),
            who: "Li Na".to_owned(),
            delivery: delivery.to_owned(),
            delivered,
            customer: None,
            delivered_on: None,
            note: None,
        })
    };
    let mut said = vec![
        facts("D-LOT", Delivered::Lot("lot 7".to_owned())),
        facts("D-TRAY", Delivered::Tray(uid(trays / 2))),
    ];
    let of_lot = (0..trays).filter(|number| number * LOTS / trays == 7);
    for number in of_lot.clone() {
        said.push(Statement::Picture(KeptPicture {
            at: "2026-11-24T08:00:00Z".to_owned(),
            tray_uid: uid(number),
            pass: 1,
            path: format!("pictures/{number:06}.jpg"),
            bytes: 400_000,
            image_sha256: "9f".repeat(32),
            why: KeptBecause::All,
        }));
        said.push(Statement::HandMeasurement(HandMeasurement {
            at: "2026-11-24T09:00:00Z".to_owned(),
            who: "Li Na".to_owned(),
            tray_uid: uid(number),
            cell: None,
            measured_trait: "plant_height".to_owned(),
            value: 91.5,
            unit: "mm".to_owned(),
            method: None,
        }));
    }
    let mut writer = StatementWriter::open(path, Duration::from_secs(5)).unwrap();
    writer.add_all(&said).unwrap();
    of_lot.count()
}

/// All that is known of a delivery's trays: how many, and the seconds.
fn delivery(path: &Path, number: &str) -> (usize, f64) {
    let begun = Instant::now();
    let stores = [StoreReader::open(path).unwrap()];
    let delivery = delivery_of(&stores, number).unwrap().unwrap();
    (delivery.trays.len(), begun.elapsed().as_secs_f64())
}

/// A tray with its cells, by its name.
fn tray(path: &Path, number: u64) -> f64 {
    let begun = Instant::now();
    let store = StoreReader::open(path).unwrap();
    let found = store.trays_named(&uid(number)).unwrap();
    assert_eq!(store.report(found[0].id).unwrap().cells.len(), ROWS * COLS);
    begun.elapsed().as_secs_f64()
}

fn by_shift(path: &Path) -> f64 {
    let begun = Instant::now();
    let shifts = ["06:00", "14:00", "22:00"].map(|shift| shift.parse().unwrap());
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    let calendar = Calendar::new(zone, shifts.to_vec()).unwrap();
    let stores = [StoreReader::open(path).unwrap()];
    let tallies = tallies_of(&stores, None).unwrap();
    let groups = group(&tallies, GroupBy::Shift, |_| None, &calendar);
    assert!(
        groups
            .values()
            .all(|group| Summary::of(&group.tally).sown > 0)
    );
    begun.elapsed().as_secs_f64()
}

/// Inserts through the line's own writer, as fast as it takes them without shedding. Seconds.
fn insert(path: &Path, trays: u64) -> f64 {
    let mut chance = Pcg64Mcg::seed_from_u64(7);
    let different: Vec<TrayReport> = (0..DIFFERENT).map(|_| report(&mut chance)).collect();
    let writer = StoreWriter::open(path, WriterParams::default()).unwrap();
    let begun = Instant::now();
    for number in 0..trays {
        while number - writer.counters().written > 200 {
            std::thread::sleep(Duration::from_micros(200));
        }
        let mut report = different[number as usize % DIFFERENT].clone();
        let hour = number / TRAYS_AN_HOUR;
        report.facts.tray_uid = uid(number);
        report.facts.lot = Some(format!("lot {}", number * LOTS / trays));
        report.facts.captured_at = Some(format!(
            "{}-{:02}-{:02}T{:02}:00:00.000Z",
            2026 + hour / 24 / 28 / 12,
            1 + hour / 24 / 28 % 12,
            1 + hour / 24 % 28,
            hour % 24
        ));
        writer.write(Record::Tray(Box::new(TrayRecord {
            received_at: "2026-11-24T08:00:01.000Z".to_owned(),
            report,
        })));
    }
    let counters = writer.close();
    assert_eq!(counters.written, trays, "{counters:?}");
    begun.elapsed().as_secs_f64()
}

fn cells_bytes(path: &Path) -> f64 {
    let store = StoreReader::open(path).unwrap();
    let some = TrayFilter {
        limit: Some(100),
        ..TrayFilter::default()
    };
    let trays = store.trays(&some).unwrap();
    let bytes: usize = trays
        .iter()
        .map(|tray| store.cells_bytes(tray.id).unwrap())
        .sum();
    bytes as f64 / trays.len() as f64
}

fn statistics(path: &Path, lot: Option<&str>) -> f64 {
    let begun = Instant::now();
    let stores = [StoreReader::open(path).unwrap()];
    let tallies = tallies_of(&stores, lot).unwrap();
    for group in group(&tallies, GroupBy::Lot, |_| None, &Calendar::default()).values() {
        assert!(Summary::of(&group.tally).sown > 0);
        let _ = group.blanks.iter().map(suspects).count();
    }
    begun.elapsed().as_secs_f64()
}

fn report(chance: &mut Pcg64Mcg) -> TrayReport {
    let cells: Vec<CellReport> = (0..ROWS * COLS)
        .map(|index| cell(chance, index / COLS, index % COLS))
        .collect();
    let count = |verdict: &str| cells.iter().filter(|cell| cell.verdict == verdict).count();
    let of_grade = |grade: &str| {
        let mut with = cells.iter().filter_map(|cell| cell.grade.as_ref());
        with.by_ref().filter(|id| *id == grade).count()
    };
    let grades = ["A", "B", "weak"].map(|grade| (grade.to_owned(), of_grade(grade)));
    let sha = |byte: &str| format!("sha256:{}", byte.repeat(32));
    TrayReport {
        schema: TRAY_SCHEMA.to_owned(),
        facts: SourceFacts {
            source: "trays/2026-11-24/000123.jpg".to_owned(),
            image_sha256: Some("9f".repeat(32)),
            job: Some(7),
            trigger: Some(123),
            encoder: Some(456_789),
            pass: 1,
            ..SourceFacts::default()
        },
        status: ReportStatus::Graded,
        reason: None,
        rows: ROWS,
        cols: COLS,
        orientation: None,
        corners_px: Some([
            [100.3, 80.1],
            [1700.2, 82.4],
            [1698.0, 880.5],
            [98.7, 879.9],
        ]),
        px_per_pitch: Some(80.2),
        mm_per_px: Some(0.324),
        mm_known: true,
        grade: Some("A".to_owned()),
        route: Some("market".to_owned()),
        counts: Some(VerdictCounts {
            blank: count("blank"),
            graded: count("graded"),
            double: count("double"),
            unsure: count("unsure"),
        }),
        marketable: Some(grades[0].1 + grades[1].1),
        grades: Some(grades.into_iter().collect()),
        cells,
        evidence: Evidence {
            software: "0.1.0".to_owned(),
            backend: "onnxruntime 1.32.0".to_owned(),
            cpu_class: "x86-64-v3".to_owned(),
            network: sha("ab"),
            tray_finder: sha("ba"),
            standard: "vegetable-plug@1".to_owned(),
            standard_digest: sha("cd"),
            config: sha("ef"),
            calibration: None,
        },
        timing_ms: None,
    }
}

/// A cell whose numbers scatter as those of real trays do, so that they pack no better.
fn cell(chance: &mut Pcg64Mcg, row: usize, col: usize) -> CellReport {
    let mut step = |most: u32, steps: f64| f64::from(chance.random_range(0..=most)) / steps;
    let (blank, double) = (step(99, 1.0) < 6.0, step(99, 1.0) < 2.0);
    let area = if blank { 0.0 } else { step(3000, 1e4) };
    let grade = if area >= 0.08 {
        "A"
    } else if area >= 0.03 {
        "B"
    } else {
        "weak"
    };
    let graded = !blank && !double;
    let next = if grade == "B" { "0.08" } else { "0.03" };
    let seen = |value: f64| (!blank).then_some(value);
    CellReport {
        row,
        col,
        verdict: (if blank {
            "blank"
        } else if double {
            "double"
        } else {
            "graded"
        })
        .into(),
        grade: graded.then(|| grade.into()),
        reason: (graded && grade != "A").then(|| format!("area_pitch2 >= {next} ({area})").into()),
        action: (if grade == "weak" && graded {
            "remove"
        } else {
            "leave"
        })
        .into(),
        occupied: if blank {
            step(40, 1e3)
        } else {
            1.0 - step(60, 1e3)
        },
        several: step(if double { 900 } else { 90 }, 1e3),
        plants: u32::from(!blank) + u32::from(double),
        area_pitch2: area,
        area_deviation_pitch2: None,
        area_mm2: seen((area * 6760.0).round() / 10.0),
        area_px: (area * 64_000.0).round() / 10.0,
        centre_px: (!blank).then(|| {
            [
                col as f64 * 80.2 + step(300, 10.0),
                row as f64 * 80.2 + step(300, 10.0),
            ]
            .map(|px| (px * 10.0).round() / 10.0)
        }),
        offset_pitch: seen(step(300, 1e3)),
        offset_deviation_pitch: None,
        offset_mm: seen(step(78, 10.0)),
        chlorotic: step(9, 1.0).max(6.0).mul_add(4.0, -24.0).round() / 1e3,
        necrotic: 0.0,
        leaves: None,
        overlap: if step(9, 1.0) < 3.0 {
            step(80, 1e3)
        } else {
            0.0
        },
    }
}
