//! A gate that is full and an infeed that stands are told, and change nothing of what is sent.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use seedgrade::line::{InHand, Journal, WallTime, take_up};
use seedgrade::store::{PlcFlag, StoreReader, WriterParams};

use super::account::{has_a_clean_account, have_fired};
use super::{Changes, Conditions, EndsWhenDropped, plant, run_under, wait_until};
use crate::rig::{Rig, params, plant_settings};
use seedgrade::machine::PlantSettings;

const MORE_THAN_COME: u64 = 1000;

fn start() -> WallTime {
    WallTime {
        text: "2026-11-24T08:00:00Z".to_owned(),
    }
}

/// What a store was told of the PLC's flags, in the order of storing.
fn told(store: &Path) -> Vec<(PlcFlag, bool)> {
    let events = StoreReader::open(store).unwrap().events(0, 10_000).unwrap();
    let events = events.iter();
    events.filter_map(|(_, event)| PlcFlag::of(event)).collect()
}

#[test]
fn a_full_gate_and_a_stopped_infeed_are_stored_when_they_begin_and_end_and_every_tray_is_commanded()
{
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let taken = take_up(&path, WriterParams::default(), &start()).unwrap();
    let (plant, done) = (plant(45), AtomicBool::new(false));
    let summary = std::thread::scope(|scope| {
        let (changes, usual) = (Changes::none(&done), Conditions::usual());
        let (store, journal) = (taken.store, taken.journal);
        let line =
            scope.spawn(|| run_under(store, journal, &plant, MORE_THAN_COME, usual, changes));
        let ends = EndsWhenDropped(&done);
        wait_until(|| plant.lock().trays() >= 5);
        assert_eq!(told(&path), [], "most makers leave register 12 at zero");
        plant.lock().set_flags(true, false);
        wait_until(|| told(&path).len() == 1);
        plant.lock().set_flags(false, true);
        wait_until(|| told(&path).len() == 3);
        plant.lock().set_flags(false, false);
        wait_until(|| told(&path).len() == 4);
        wait_until(|| {
            StoreReader::open(&path)
                .unwrap()
                .commands(0, 100)
                .unwrap()
                .len()
                == 45
        });
        drop(ends);
        line.join().unwrap()
    });
    let expected = [
        (PlcFlag::GateFull, true),
        (PlcFlag::InfeedStopped, true),
        (PlcFlag::GateFull, false),
        (PlcFlag::InfeedStopped, false),
    ];
    assert_eq!(told(&path), expected);
    let books = has_a_clean_account("gate full", &summary, &plant, &path);
    have_fired(&books, 1..=45);
}

#[test]
fn a_gate_that_was_full_when_the_line_was_killed_is_told_to_be_free_by_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let (_, journal) = Journal::open(&path).unwrap();
    journal.keep(InHand {
        flags: vec![PlcFlag::GateFull],
        ..InHand::default()
    });
    drop(journal);
    let taken = take_up(&path, WriterParams::default(), &start()).unwrap();
    let conditions = Conditions {
        flags: taken.flags,
        ..Conditions::usual()
    };
    let (plant, done) = (plant(1), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let changes = Changes::none(&done);
        let (store, journal) = (taken.store, taken.journal);
        scope.spawn(|| run_under(store, journal, &plant, MORE_THAN_COME, conditions, changes));
        let _ends = EndsWhenDropped(&done);
        wait_until(|| told(&path) == [(PlcFlag::GateFull, false)]);
    });
    let (left, _journal) = Journal::open(&path).unwrap();
    assert_eq!(left.flags, []);
}

#[test]
fn an_infeed_that_stands_for_half_an_hour_alarms_nobody_and_the_line_stays_armed() {
    let settings = PlantSettings {
        trays: Some(3),
        ..plant_settings()
    };
    let mut rig = Rig::with(settings, params());
    rig.run(20.0);
    assert_eq!(rig.fired(), 3);
    let said = rig.books.happenings.len();
    rig.plant.lock().set_flags(false, true);
    rig.run(1800.0);
    assert_eq!(rig.control().flags(), Some([false, true]));
    assert!(rig.control().vision().is_armed());
    assert_eq!(rig.plant.lock().alarm(), 0);
    assert_eq!(rig.books.happenings.len(), said);
}
