//! Sums that the writer keeps against sums of the trays themselves.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rusqlite::Connection;

use crate::evaluate::samples;
use crate::inspect::TrayReport;
use crate::store::{Record, StoreReader, TrayRecord, intake, schema};

/// A tray as a stream of trays may bring it.
#[derive(Debug, Clone)]
struct Passing {
    number: u8,
    pass: u32,
    coded: bool,
    lot: Option<u8>,
    standard: u8,
    refused: bool,
    blanks_from: usize,
    quarter: u8,
}

/// When trays are seen: not known, in another hour, in two quarters of one hour.
const SEEN: [Option<&str>; 4] = [
    None,
    Some("2026-11-24T01:20:00Z"),
    Some("2026-11-24T02:20:00Z"),
    Some("2026-11-24T02:35:00Z"),
];

fn passing() -> impl Strategy<Value = Passing> {
    (
        0..6_u8,
        1..4_u32,
        any::<bool>(),
        prop::option::of(0..2_u8),
        0..2_u8,
        prop::bool::weighted(0.2),
        0..14_usize,
        0..4_u8,
    )
        .prop_map(
            |(number, pass, coded, lot, standard, refused, blanks_from, quarter)| Passing {
                number,
                pass,
                coded,
                lot,
                standard,
                refused,
                blanks_from,
                quarter,
            },
        )
}

fn report(tray: &Passing) -> TrayReport {
    let cells = (0..14)
        .map(|i| {
            let mut cell = samples::cell(i / 7, i % 7, if i < tray.blanks_from { i } else { 4 });
            cell.area_pitch2 = (i * tray.blanks_from) as f64 / 1e4;
            cell
        })
        .collect();
    let mut report = if tray.refused {
        samples::refused("too dark")
    } else {
        samples::of_cells(2, 7, cells, [[0.0; 2]; 4])
    };
    let facts = &mut report.facts;
    facts.tray_uid = format!("base1/line1/2026-11-24/{:06}", tray.number);
    facts.pass = tray.pass;
    facts.tray_code = tray.coded.then(|| format!("T{}", tray.number % 3));
    facts.lot = tray.lot.map(|lot| format!("lot {lot}"));
    facts.captured_at = SEEN[usize::from(tray.quarter)].map(str::to_owned);
    report.evidence.standard = format!("tomato@{}", tray.standard);
    report.evidence.standard_digest = format!("sha256:{}", tray.standard);
    report
}

fn record(report: TrayReport) -> Record {
    Record::Tray(Box::new(TrayRecord {
        received_at: "2026-11-24T08:00:01.000Z".to_owned(),
        report,
    }))
}

fn store(folder: &Path) -> (PathBuf, Connection) {
    let path = folder.join("store.db");
    let connection = schema::open_for_writing(&path, std::time::Duration::from_secs(1)).unwrap();
    (path, connection)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn sums_that_were_kept_equal_sums_of_the_trays(trays in prop::collection::vec(passing(), 0..40), batch in 1..9_usize) {
        let folder = tempfile::tempdir().unwrap();
        let (path, mut connection) = store(folder.path());
        let records: Vec<Record> = trays.iter().map(|tray| record(report(tray))).collect();
        for records in records.chunks(batch) {
            intake::insert_all(&mut connection, records).unwrap();
            // What a crash hands over again changes nothing.
            intake::insert_all(&mut connection, &records[..1]).unwrap();
        }
        let reader = StoreReader::open(&path).unwrap();
        prop_assert_eq!(reader.tallies(None).unwrap(), reader.tallies_recomputed().unwrap());
    }
}

fn sown(path: &Path) -> (u64, u64, u64) {
    let tallies = StoreReader::open(path).unwrap().tallies(None).unwrap();
    let sum = |of: fn(&crate::statistics::Tally) -> u64| tallies.iter().map(|(_, t)| of(t)).sum();
    (
        sum(|t| t.cells.sown()),
        sum(|t| t.cells.blank),
        sum(|t| t.trays.refused),
    )
}

fn tray(pass: u32, blanks_from: usize) -> Passing {
    Passing {
        number: 1,
        pass,
        coded: false,
        lot: Some(1),
        standard: 1,
        refused: false,
        blanks_from,
        quarter: 1,
    }
}

#[test]
fn a_second_pass_never_counts_sown_cells_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mut connection) = store(folder.path());
    let mut pass = |tray: &Passing| {
        intake::insert_all(&mut connection, &[record(report(tray))]).unwrap();
        sown(&path)
    };
    assert_eq!(pass(&tray(2, 0)), (14, 14, 0));
    // An earlier pass that comes later, as from a spill file, does not decide.
    assert_eq!(pass(&tray(1, 4)), (14, 14, 0));
    // A later pass does, in another hour and under another standard too.
    let another = Passing {
        quarter: 2,
        standard: 0,
        ..tray(3, 4)
    };
    assert_eq!(pass(&another), (14, 10, 0));
    // A pass in which nothing could be judged leaves what was seen.
    let refused = Passing {
        refused: true,
        ..tray(4, 4)
    };
    assert_eq!(pass(&refused), (14, 10, 0));
}

#[test]
fn a_tray_refused_first_and_graded_later_is_a_graded_tray() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mut connection) = store(folder.path());
    let refused = Passing {
        refused: true,
        ..tray(1, 4)
    };
    for passing in [refused, tray(2, 4)] {
        intake::insert_all(&mut connection, &[record(report(&passing))]).unwrap();
    }
    assert_eq!(sown(&path), (14, 10, 0));
}

#[test]
fn trays_with_codes_are_told_apart_by_code_within_their_lot() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mut connection) = store(folder.path());
    let coded = |number: u8, lot: u8| {
        let passing = Passing {
            number,
            coded: true,
            lot: Some(lot),
            ..tray(1, 4)
        };
        record(report(&passing))
    };
    // Trays 0 and 3 bear the same code; the line names every passing tray anew.
    intake::insert_all(&mut connection, &[coded(0, 1), coded(3, 1)]).unwrap();
    assert_eq!(sown(&path).0, 14);
    // In another lot the same tray was sown again.
    intake::insert_all(&mut connection, &[coded(3, 0)]).unwrap();
    assert_eq!(sown(&path).0, 28);
}
