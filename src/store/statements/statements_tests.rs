//! Statements beside judgements: added, read back, never altered, while the line writes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::*;
use crate::evaluate::samples;
use crate::grade::GradingStandard;
use crate::store::{Record, StoreReader, StoreWriter, TrayRecord, WriterParams};

const AT: &str = "2026-11-24T08:00:00.000Z";
const TRAY: &str = "base1/line1/2026-11-24/000123";
const WAIT: Duration = Duration::from_secs(5);

fn new_store(folder: &Path) -> PathBuf {
    let path = folder.join("store.db");
    drop(StoreWriter::open(&path, WriterParams::default()).unwrap());
    path
}

fn lot(variety: &str) -> LotFacts {
    LotFacts {
        at: AT.to_owned(),
        who: "Li Na".to_owned(),
        lot: "2026-11-A".to_owned(),
        variety: Some(variety.to_owned()),
        seeder: Some("drum 2".to_owned()),
        sown_on: Some("2026-11-20".to_owned()),
        seed_lot: Some("S-77".to_owned()),
        note: None,
    }
}

fn correction(kind: CorrectionKind) -> Correction {
    Correction {
        at: AT.to_owned(),
        who: "王芳".to_owned(),
        why: Some("two leaves under the neighbour's".to_owned()),
        kind,
        tray_uid: TRAY.to_owned(),
        pass: 1,
        image_sha256: Some("9f".repeat(32)),
        cell: CellPlace { row: 3, col: 17 },
        before: Some(StatedVerdict::Blank),
    }
}

fn picture() -> KeptPicture {
    KeptPicture {
        at: AT.to_owned(),
        tray_uid: TRAY.to_owned(),
        pass: 1,
        path: "2026-11-24/000123.png".to_owned(),
        bytes: 2_000_000,
        image_sha256: "9f".repeat(32),
        why: KeptBecause::Refused,
    }
}

#[test]
fn the_last_word_about_a_lot_holds_and_the_earlier_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = new_store(folder.path());
    let mut writer = StatementWriter::open(&path, WAIT).unwrap();
    for variety in ["tomato", "pepper"] {
        assert!(writer.add(&Statement::Lot(lot(variety))).unwrap());
    }
    assert!(!writer.add(&Statement::Lot(lot("pepper"))).unwrap());
    let reader = StoreReader::open(&path).unwrap();
    assert_eq!(reader.lot("2026-11-A").unwrap(), Some(lot("pepper")));
    assert_eq!(reader.lots().unwrap(), [lot("pepper")]);
    assert_eq!(reader.lot("2026-11-B").unwrap(), None);
    let rows: i64 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT count(*) FROM lots", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 2);
}

#[test]
fn jobs_nets_standards_and_calibrations_come_back_as_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = new_store(folder.path());
    let job = JobFacts {
        at: AT.to_owned(),
        who: "line".to_owned(),
        job: 7,
        lot: "2026-11-A".to_owned(),
        standard: Some("vegetable-plug@1".to_owned()),
        note: None,
    };
    let text = GradingStandard::embedded_text();
    let standard = StandardText::of(AT, "line", text).unwrap();
    let net = NetCard {
        at: AT.to_owned(),
        network: format!("sha256:{}", "ab".repeat(32)),
        name: "plug-tray".to_owned(),
        card: "name = \"plug-tray\"".to_owned(),
    };
    let calibration = CalibrationText {
        at: AT.to_owned(),
        who: "Li Na".to_owned(),
        calibration: format!("sha256:{}", "cd".repeat(32)),
        text: "camera_height_mm = 1000".to_owned(),
    };
    let all = [
        Statement::Job(job.clone()),
        Statement::Standard(standard.clone()),
        Statement::Net(net.clone()),
        Statement::Calibration(calibration.clone()),
    ];
    let mut writer = StatementWriter::open(&path, WAIT).unwrap();
    assert_eq!(writer.add_all(&all).unwrap(), 4);
    let again = StandardText::of("2026-12-01T00:00:00Z", "another", text).unwrap();
    assert!(
        !writer.add(&Statement::Standard(again)).unwrap(),
        "same text"
    );
    let reader = StoreReader::open(&path).unwrap();
    assert_eq!(reader.jobs().unwrap(), [job]);
    assert_eq!(reader.standards().unwrap().len(), 1);
    let digest = GradingStandard::embedded().digest().to_owned();
    assert_eq!(reader.standard(&digest).unwrap(), Some(standard));
    assert_eq!(reader.nets().unwrap(), [net]);
    assert_eq!(reader.calibrations().unwrap(), [calibration]);
    assert!(StandardText::of(AT, "x", "schema = 1").is_err());
}

#[test]
fn what_people_say_of_a_tray_stands_beside_its_judgement() {
    let folder = tempfile::tempdir().unwrap();
    let path = new_store(folder.path());
    let stem = HandMeasurement {
        at: AT.to_owned(),
        who: "Li Na".to_owned(),
        tray_uid: TRAY.to_owned(),
        cell: Some(CellPlace { row: 0, col: 4 }),
        measured_trait: "stem_diameter".to_owned(),
        value: 0.1 + 0.2,
        unit: "mm".to_owned(),
        method: Some("callipers".to_owned()),
    };
    let said = [
        CorrectionKind::Override {
            after: StatedVerdict::Graded("B".to_owned()),
        },
        CorrectionKind::Audit,
        CorrectionKind::AuditAnswer {
            after: StatedVerdict::Double,
        },
    ]
    .map(correction);
    let mut report = samples::graded(2, 7, 140.0, 40.0);
    report.evidence.standard = "vegetable-plug@2".to_owned();
    let regrading = Regrading {
        at: AT.to_owned(),
        who: "Li Na".to_owned(),
        why: Some("new standard".to_owned()),
        report,
    };
    let mut writer = StatementWriter::open(&path, WAIT).unwrap();
    for correction in &said {
        writer
            .add(&Statement::Correction(correction.clone()))
            .unwrap();
    }
    let rest = [
        Statement::HandMeasurement(stem.clone()),
        Statement::Regrading(Box::new(regrading.clone())),
        Statement::Picture(picture()),
    ];
    assert_eq!(writer.add_all(&rest).unwrap(), 3);

    let reader = StoreReader::open(&path).unwrap();
    let of_tray = CorrectionFilter {
        tray_uid: Some(TRAY.to_owned()),
        ..CorrectionFilter::default()
    };
    let found = reader.corrections(&of_tray).unwrap();
    assert_eq!(
        found.iter().map(|(_, c)| c).collect::<Vec<_>>(),
        said.iter().collect::<Vec<_>>()
    );
    let newer = CorrectionFilter {
        after: Some(found[1].0),
        limit: Some(9),
        ..CorrectionFilter::default()
    };
    assert_eq!(reader.corrections(&newer).unwrap().len(), 1);
    assert_eq!(reader.hand_measurements(TRAY).unwrap(), [stem]);
    assert_eq!(reader.regradings(TRAY).unwrap(), [regrading]);
    assert_eq!(reader.pictures_of(TRAY).unwrap()[0].1, picture());
}

#[test]
fn a_removed_picture_is_no_longer_listed() {
    let folder = tempfile::tempdir().unwrap();
    let path = new_store(folder.path());
    let mut writer = StatementWriter::open(&path, WAIT).unwrap();
    writer.add(&Statement::Picture(picture())).unwrap();
    let reader = StoreReader::open(&path).unwrap();
    let removal = PictureRemoval {
        at: AT.to_owned(),
        picture: reader.pictures().unwrap()[0].0,
        why: "size cap".to_owned(),
    };
    writer.add(&Statement::PictureRemoval(removal)).unwrap();
    assert!(reader.pictures().unwrap().is_empty());
    assert!(reader.pictures_of(TRAY).unwrap().is_empty());
}

#[test]
fn corrections_are_added_while_the_line_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = new_store(folder.path());
    let line = StoreWriter::open(&path, WriterParams::default()).unwrap();
    let people = std::thread::spawn({
        let path = path.clone();
        move || {
            let mut writer = StatementWriter::open(&path, WAIT).unwrap();
            for row in 0..50 {
                let mut said = correction(CorrectionKind::Audit);
                said.cell.row = row;
                assert!(writer.add(&Statement::Correction(said)).unwrap());
            }
        }
    });
    for sequence in 0..200 {
        let mut report = samples::graded(2, 7, 140.0, 40.0);
        report.facts.tray_uid = format!("base1/line1/2026-11-24/{sequence:06}");
        line.write(Record::Tray(Box::new(TrayRecord {
            received_at: AT.to_owned(),
            report,
        })));
    }
    people.join().unwrap();
    let counters = line.close();
    assert_eq!((counters.written, counters.lost), (200, 0));
    let reader = StoreReader::open(&path).unwrap();
    assert_eq!(reader.counts().unwrap().0, 200);
    assert_eq!(
        reader
            .corrections(&CorrectionFilter::default())
            .unwrap()
            .len(),
        50
    );
}

#[test]
fn what_cannot_be_stored_faithfully_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = new_store(folder.path());
    let mut writer = StatementWriter::open(&path, WAIT).unwrap();
    let nan = HandMeasurement {
        at: AT.to_owned(),
        who: "Li Na".to_owned(),
        tray_uid: TRAY.to_owned(),
        cell: None,
        measured_trait: "dry_weight".to_owned(),
        value: f64::NAN,
        unit: "g".to_owned(),
        method: None,
    };
    let error = writer.add(&Statement::HandMeasurement(nan)).unwrap_err();
    assert!(error.to_string().contains("finite"), "{error}");
    for text in ["graded:", "Blank", "", "graded"] {
        assert!(text.parse::<StatedVerdict>().is_err(), "{text:?}");
    }
    let missing = StatementWriter::open(&folder.path().join("none.db"), WAIT).unwrap_err();
    assert!(missing.to_string().ends_with("does not exist"), "{missing}");
}

#[test]
fn a_statement_that_was_spilled_is_taken_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = new_store(folder.path());
    let record = Record::Statement(Statement::Correction(correction(CorrectionKind::Audit)));
    let line = serde_json::to_string(&record).unwrap();
    std::fs::write(crate::store::spill_path(&path), format!("{line}\n{line}\n")).unwrap();
    let writer = StoreWriter::open(&path, WriterParams::default()).unwrap();
    assert_eq!((writer.taken_in(), writer.damaged()), (2, 0));
    drop(writer);
    let reader = StoreReader::open(&path).unwrap();
    assert_eq!(
        reader
            .corrections(&CorrectionFilter::default())
            .unwrap()
            .len(),
        1
    );
}

fn tomatoes() -> ChangeOver {
    ChangeOver {
        lot: "2026-11-B".to_owned(),
        variety: "tomato".to_owned(),
        standard_digest: GradingStandard::embedded().digest().to_owned(),
        rows: 10,
        cols: 20,
        pitch_mm: Some([26.0, 26.5]),
    }
}

#[test]
fn of_orders_the_last_holds_and_a_card_stands_for_what_was_said_of_it_last() {
    let folder = tempfile::tempdir().unwrap();
    let path = new_store(folder.path());
    let mut writer = StatementWriter::open(&path, WAIT).unwrap();
    let order = |ordered| JobOrder {
        at: AT.to_owned(),
        who: "Li Na".to_owned(),
        ordered,
    };
    let (job, what) = (8, tomatoes());
    let begin = order(Ordered::Begin { job, what });
    let reader = StoreReader::open(&path).unwrap();
    assert_eq!(reader.last_job_order().unwrap(), None);
    assert_eq!(reader.highest_job().unwrap(), 0);
    let ends = [Ordered::End, Ordered::Configuration].map(order);
    for given in [&begin, &ends[0], &ends[1]] {
        assert!(writer.add(&Statement::JobOrder(given.clone())).unwrap());
        let (_, last) = reader.last_job_order().unwrap().unwrap();
        assert_eq!(last, *given);
    }
    let listed = reader.newest_job_orders(2).unwrap();
    assert_eq!(listed.len(), 2);
    assert!(listed[0].0 > listed[1].0, "newest first");
    assert_eq!(reader.last_order_of_lot("2026-11-B").unwrap(), Some(begin));
    assert_eq!(reader.last_order_of_lot("2026-11-A").unwrap(), None);
    assert_eq!(reader.highest_job().unwrap(), 8);

    let card = |what| TrolleyCard {
        at: AT.to_owned(),
        who: "Li Na".to_owned(),
        card: "TR-0042".to_owned(),
        what,
    };
    let other = ChangeOver {
        lot: "2026-11-C".to_owned(),
        pitch_mm: None,
        ..tomatoes()
    };
    for what in [tomatoes(), other.clone()] {
        writer.add(&Statement::TrolleyCard(card(what))).unwrap();
    }
    assert_eq!(
        reader.trolley_card("TR-0042").unwrap(),
        Some(card(other.clone()))
    );
    assert_eq!(reader.newest_trolley_cards(9).unwrap(), [card(other)]);
    assert_eq!(reader.trolley_card("TR-0043").unwrap(), None);
}

#[test]
fn lots_are_mixed_from_a_consent_on_until_it_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = new_store(folder.path());
    let mut writer = StatementWriter::open(&path, WAIT).unwrap();
    let reader = StoreReader::open(&path).unwrap();
    let others = |lot: &str| -> Vec<String> {
        let consents = reader.lot_consents(lot).unwrap();
        let other = consents
            .iter()
            .map(|consent| consent.lots.beside(lot).to_owned());
        other.collect()
    };
    let mut say = |one: &str, other: &str, mixed| {
        let consent = LotConsent {
            at: AT.to_owned(),
            who: "Li Na".to_owned(),
            lots: TwoLots::of(one, other).unwrap(),
            mixed,
            why: "same seed lot".to_owned(),
        };
        writer.add(&Statement::LotConsent(consent)).unwrap();
    };
    assert_eq!(
        TwoLots::of("a", "a"),
        None,
        "a lot is not mixed with itself"
    );
    say("b", "a", true);
    say("a", "c", true);
    assert_eq!(others("a"), ["b", "c"]);
    assert_eq!(
        (others("b"), others("c")),
        (vec!["a".to_owned()], vec!["a".to_owned()])
    );
    say("a", "b", false);
    assert_eq!(others("a"), ["c"]);
    assert!(others("b").is_empty());
}

#[test]
fn a_store_of_before_there_were_orders_holds_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = new_store(folder.path());
    Connection::open(&path)
        .unwrap()
        .execute_batch("DROP TABLE job_orders; DROP TABLE trolley_cards; DROP TABLE lot_consents;")
        .unwrap();
    let reader = StoreReader::open(&path).unwrap();
    assert_eq!(reader.last_job_order().unwrap(), None);
    assert_eq!(reader.last_order_of_lot("2026-11-A").unwrap(), None);
    assert_eq!(reader.trolley_card("TR-0042").unwrap(), None);
    assert!(reader.newest_trolley_cards(9).unwrap().is_empty());
    assert!(reader.lot_consents("2026-11-A").unwrap().is_empty());
    assert_eq!(reader.highest_job().unwrap(), 0);
}
