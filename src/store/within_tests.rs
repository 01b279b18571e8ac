use super::*;
use crate::evaluate::samples;
use crate::store::{
    CellPlace, CommandRecord, CorrectionKind, Record, StatedVerdict, Statement, StoreWriter,
    TrayRecord, WriterParams,
};

/// The shift that is looked at.
fn span() -> [Timestamp; 2] {
    ["2026-11-24T06:00:00Z", "2026-11-24T14:00:00Z"].map(|moment| moment.parse().unwrap())
}

fn stored(records: Vec<Record>) -> (tempfile::TempDir, StoreReader) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let writer = StoreWriter::open(&path, WriterParams::default()).unwrap();
    for record in records {
        writer.write(record);
    }
    assert_eq!(writer.close().lost, 0);
    let reader = StoreReader::open(&path).unwrap();
    (folder, reader)
}

fn tray(uid: &str, at: &str, lot: Option<&str>, route: &str) -> Record {
    let mut report = samples::graded(2, 4, 400.0, 200.0);
    report.facts.tray_uid = uid.to_owned();
    report.facts.lot = lot.map(str::to_owned);
    report.facts.captured_at = Some(at.to_owned());
    report.route = Some(route.to_owned());
    Record::Tray(Box::new(TrayRecord {
        received_at: at.to_owned(),
        report,
    }))
}

fn end(uid: &str, at: &str, outcome: &str, reason: Option<&str>) -> Record {
    Record::Command(CommandRecord {
        at: at.to_owned(),
        trigger: 1,
        tray_uid: Some(uid.to_owned()),
        sequence: (outcome != "dropped").then_some(1),
        job: None,
        gate: None,
        fire_at: None,
        outcome: outcome.to_owned(),
        reason: reason.map(str::to_owned),
    })
}

#[test]
fn a_shift_has_the_passes_and_sums_that_were_seen_in_it_to_the_second() {
    let (_folder, reader) = stored(vec![
        tray("t1", "2026-11-24T05:59:59.999Z", Some("a"), "market"),
        tray("t2", "2026-11-24T06:00:00.000Z", Some("a"), "market"),
        tray("t3", "2026-11-24T13:59:59.999Z", Some("a"), "rework"),
        tray("t4", "2026-11-24T07:00:00Z", None, "market"),
        tray("t5", "2026-11-24T14:00:00Z", Some("a"), "market"),
    ]);
    let routes = reader.routes_within(span()).unwrap();
    let told: Vec<_> = routes
        .iter()
        .map(|of| (of.lot.as_deref(), of.route.as_deref(), of.passes))
        .collect();
    assert_eq!(
        told,
        [
            (None, Some("market"), 1),
            (Some("a"), Some("market"), 1),
            (Some("a"), Some("rework"), 1)
        ]
    );
    let trays = |lot| -> u64 {
        let sums = reader.tallies_within(lot, span()).unwrap();
        sums.iter().map(|(_, tally)| tally.trays.graded).sum()
    };
    assert_eq!((trays(Some("a")), trays(None), trays(Some("b"))), (2, 1, 0));
}

#[test]
fn ends_of_commands_are_counted_by_their_reason_and_a_late_one_that_fired_is_found() {
    let late = "late by the actuator's reckoning";
    let mut rows: Vec<_> = (0..300)
        .map(|n| {
            let at = format!("2026-11-23T{:02}:{:02}:00Z", n / 60, n % 60);
            end(&format!("before{n}"), &at, "fired", None)
        })
        .collect();
    rows.extend([
        end("t1", "2026-11-24T06:00:00Z", "fired", None),
        end("t2", "2026-11-24T07:00:00Z", "fired", None),
        end("t3", "2026-11-24T08:00:00Z", "dropped", Some("late")),
        // stored after a later one
        end("t4", "2026-11-24T07:30:00Z", "refused", Some(late)),
        end("t5", "2026-11-24T14:00:00Z", "dropped", Some("late")),
    ]);
    let (_folder, reader) = stored(rows);
    let ends = reader.command_ends_within(span()).unwrap();
    let told: Vec<_> = ends
        .iter()
        .map(|of| (of.outcome.as_str(), of.reason.as_deref(), of.triggers))
        .collect();
    assert_eq!(
        told,
        [
            ("fired", None, 2),
            ("dropped", Some("late"), 1),
            ("refused", Some(late), 1)
        ]
    );
    let found = reader.late_within(span()).unwrap();
    assert_eq!((found.late, found.fired), (2, 0));
    // what must never be is seen, whenever the command of that tray was carried out
    let (_folder, reader) = stored(vec![
        end("t3", "2026-11-24T08:00:00Z", "dropped", Some("late")),
        end("t3", "2026-11-24T15:00:00Z", "fired", None),
    ]);
    let found = reader.late_within(span()).unwrap();
    assert_eq!((found.late, found.fired), (1, 1));
}

#[test]
fn events_and_corrections_of_a_shift_and_what_was_said_last_before_it() {
    let event = |at: &str, kind: &str| {
        Record::Event(EventRecord {
            at: at.to_owned(),
            kind: kind.to_owned(),
            message: String::new(),
            detail: None,
        })
    };
    let said = |at: &str| {
        Record::Statement(Statement::Correction(Correction {
            at: at.to_owned(),
            who: "li".to_owned(),
            why: None,
            kind: CorrectionKind::Override {
                after: StatedVerdict::Blank,
            },
            tray_uid: "t1".to_owned(),
            pass: 1,
            image_sha256: None,
            cell: CellPlace { row: 0, col: 0 },
            before: None,
        }))
    };
    let (_folder, reader) = stored(vec![
        event("2026-11-24T04:00:00Z", "armed"),
        event("2026-11-24T05:00:00Z", "faulted"),
        event("2026-11-24T06:00:00Z", "recovered"),
        event("2026-11-24T14:00:00Z", "armed"),
        said("2026-11-24T05:00:00Z"),
        said("2026-11-24T07:00:00Z"),
    ]);
    let within = reader.events_within(span()).unwrap();
    let kinds: Vec<_> = within.iter().map(|(_, of)| of.kind.as_str()).collect();
    assert_eq!(kinds, ["recovered"]);
    let before = reader.events_before(span()[0], 1).unwrap();
    assert_eq!((before.len(), before[0].kind.as_str()), (1, "faulted"));
    assert_eq!(reader.corrections_within(span()).unwrap().len(), 1);
    let nothing = ["2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z"];
    let nothing = nothing.map(|moment| moment.parse().unwrap());
    assert!(reader.corrections_within(nothing).unwrap().is_empty());
    assert!(reader.command_ends_within(nothing).unwrap().is_empty());
}
