//! A store with judged trays of a real picture, its people, and the pages over it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::LazyLock;

use seedgrade::grade::GradingStandard;
use seedgrade::inspect::{TrayReport, rejudge};
use seedgrade::review::{People, ReviewServer, ReviewSettings, Role, people_path};
use seedgrade::store::{Record, StoreWriter, TrayRecord, WriterParams};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::client::Visitor;
use crate::common::sample;

pub const PASSWORD: &str = "wet-gloves-1";
const PICTURE: &str = "arabidopsis-tray.jpg";

/// The file of people with one person a role: passwords are hashed once for all nurseries, since that costs as it should.
static ONE_A_ROLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let file = people_path(&folder.path().join("line.db"));
    let mut all = People::read(&file).unwrap();
    for role in Role::ALL {
        all.add(role.name(), role, PASSWORD).unwrap();
    }
    std::fs::read(file).unwrap()
});

/// The pages and what is behind them.
pub struct Nursery {
    pub folder: tempfile::TempDir,
    pub server: ReviewServer,
}

impl Nursery {
    /// Three trays of lot `2026-11-A`, one refused, and one person a role.
    pub fn open() -> Self {
        let nursery = Self::with(&trays(), true);
        nursery.expect("the pages are served")
    }

    /// These trays; with people or without.
    pub fn with(trays: &[TrayReport], people: bool) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("line.db");
        let writer = StoreWriter::open(&store, WriterParams::default()).unwrap();
        assert_eq!(writer.close().lost, 0);
        add(&store, trays);
        std::fs::copy(sample(PICTURE), folder.path().join(PICTURE)).unwrap();
        if people {
            std::fs::write(people_path(&store), &*ONE_A_ROLE).unwrap();
        }
        let server = ReviewServer::start(settings(vec![store], "127.0.0.1:0")).ok()?;
        Some(Self { folder, server })
    }

    pub fn store(&self) -> PathBuf {
        self.folder.path().join("line.db")
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub fn nobody(&self) -> Visitor {
        Visitor::nobody(self.address())
    }

    pub fn visitor(&self, role: Role) -> Visitor {
        Visitor::named(self.address(), role.name(), PASSWORD)
    }
}

pub fn settings(stores: Vec<PathBuf>, listen: &str) -> ReviewSettings {
    ReviewSettings {
        stores,
        listen: listen.to_owned(),
        pictures: Vec::new(),
        built_in: |_| None,
        standards: Vec::new(),
        font: None,
        behind_https: false,
        calendar: None,
    }
}

/// Adds trays to a store as the line would.
pub fn add(store: &std::path::Path, trays: &[TrayReport]) {
    // fewer at once than the writer's queue holds: none is spilled
    for some in trays.chunks(100) {
        let writer = StoreWriter::open(store, WriterParams::default()).unwrap();
        for report in some {
            writer.write(Record::Tray(Box::new(TrayRecord {
                received_at: format!("2026-11-24T08:00:{:02}Z", report.facts.pass),
                report: report.clone(),
            })));
        }
        assert_eq!(writer.close().lost, 0);
    }
}

fn trays() -> Vec<TrayReport> {
    let mut refused = tray(9, "2026-11-A", |_| 0.0);
    refused.status = seedgrade::inspect::ReportStatus::Refused;
    refused.reason = Some("too dark".to_owned());
    refused.cells.clear();
    refused.counts = None;
    refused.grade = None;
    vec![
        refused,
        tray(1, "2026-11-A", |_| 0.10),
        tray(
            2,
            "2026-11-A",
            |cell| if cell % 2 == 0 { 0.10 } else { 0.05 },
        ),
        tray(3, "2026-11-A", |cell| if cell == 7 { 0.0 } else { 0.12 }),
    ]
}

/// A tray of 4 × 5 cells with the canopy area of each; one without canopy is blank, and cell 3 is in doubt.
pub fn tray(number: u32, lot: &str, area: impl Fn(usize) -> f64) -> TrayReport {
    let standard = GradingStandard::embedded();
    let picture = std::fs::read(sample(PICTURE)).unwrap();
    let cells: Vec<Value> = (0..20)
        .map(|i| {
            let area = area(i);
            let occupied = match (i, area > 0.0) {
                (3, _) => 0.5,
                (_, true) => 0.99,
                (_, false) => 0.01,
            };
            json!({"row": i / 5, "col": i % 5, "verdict": "blank", "grade": null, "reason": null,
                "action": "leave", "occupied": occupied, "several": 0.0, "plants": u32::from(area > 0.0),
                "area_pitch2": area, "area_mm2": null, "area_px": area * 1e4,
                "centre_px": [100.0, 100.0], "offset_pitch": 0.1, "offset_mm": null, "chlorotic": 0.0,
                "necrotic": 0.0, "leaves": null, "overlap": 0.0})
        })
        .collect();
    let report = json!({"schema": "seedgrade.tray/1", "source": PICTURE,
        "tray_uid": format!("base1/line1/2026-11-24/{number:06}"),
        "image_sha256": hex::encode(Sha256::digest(&picture)), "captured_at": null, "job": 7, "lot": lot,
        "tray_code": null, "trigger": number, "encoder": 0, "pass": 1, "status": "graded", "reason": null,
        "rows": 4, "cols": 5, "orientation": "assumed",
        "corners_px": [[79.1, -13.1], [1226.6, 1.2], [1222.6, 951.9], [68.4, 949.9]], "px_per_pitch": 230.0,
        "mm_per_px": null, "mm_known": false, "grade": null, "route": null, "counts": null, "grades": null,
        "marketable": null, "cells": cells,
        "evidence": {"software": "0.1.0", "backend": "none", "cpu_class": "none", "network": "sha256:0",
            "standard": standard.name(), "standard_digest": standard.digest(), "config": "sha256:0",
            "calibration": null}});
    rejudge(serde_json::from_value(report).unwrap(), &standard).unwrap()
}
