//! What a line that was killed left behind, taken up by the next one.

use super::*;
use crate::evaluate::samples;
use crate::line::ledger::OpenTray;
use crate::store::TrayRecord;

fn at() -> WallTime {
    WallTime {
        text: "2026-11-24T08:00:00Z".to_owned(),
    }
}

fn tray(trigger: u16) -> OpenTray {
    OpenTray {
        trigger,
        uid: format!("b/l/2026-11-24/{trigger:06}"),
        job: Some(7),
        latched: 0,
        command: None,
    }
}

#[test]
fn a_row_whose_report_was_in_hand_says_so_and_one_whose_report_is_stored_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let mut report = samples::graded(2, 3, 1.0, 0.5);
    report.facts.tray_uid = tray(1).uid;
    let store = StoreWriter::open(&path, WriterParams::default()).unwrap();
    store.write(Record::Tray(Box::new(TrayRecord {
        received_at: at().text,
        report,
    })));
    drop(store);
    let (_, journal) = Journal::open(&path).unwrap();
    journal.keep(InHand {
        last_name: 3,
        open: vec![tray(3)],
        rows: [1, 2]
            .map(|trigger| row(&tray(trigger), "dropped", Some("late"), &at()))
            .to_vec(),
        reports: [1, 2, 3].map(|trigger| tray(trigger).uid).to_vec(),
        ..InHand::default()
    });
    drop(journal);
    let taken = take_up(&path, WriterParams::default(), &at()).unwrap();
    assert_eq!(taken.marked, 1);
    drop(taken.store);
    let rows = StoreReader::open(&path).unwrap().commands(0, 9).unwrap();
    let told = rows.iter().map(|(_, row)| row.reason.as_deref().unwrap());
    let told: Vec<_> = told.collect();
    let marked = "late; seedgrade was ended before this tray's report was stored";
    let in_hand = "seedgrade was ended while this tray was in hand";
    assert_eq!(told, ["late", marked, in_hand]);
}
