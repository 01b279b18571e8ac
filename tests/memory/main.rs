//! What was judged stays findable, provable and countable: `stats`, `store`, `export`, `verify` on stores.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../common/mod.rs"]
mod common;

mod exports;
mod proof;
mod regrading;
mod statistics;
mod upkeep;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use common::{graded, sample, seedgrade};
use seedgrade::inspect::TrayReport;
use seedgrade::store::{
    CellPlace, Correction, CorrectionKind, LotFacts, Record, StatedVerdict, Statement,
    StatementWriter, StoreWriter, TrayRecord, WriterParams,
};

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
