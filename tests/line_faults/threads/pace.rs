//! An inspection slower than the belt, a look at the belt that comes late, a clock on the wall that is wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::SignedDuration;

use seedgrade::clock;
use seedgrade::frame::Frame;
use seedgrade::inspect::{SourceFacts, TrayReport};
use seedgrade::line::{ControlParams, TrayJudge, WallTime, take_up};
use seedgrade::machine::{Alarm, PlantSettings, PlcFault};
use seedgrade::store::{CommandRecord, StoreReader, WriterParams};

use super::account::{fired, has_a_clean_account, have_fired, row_of, was_seen_too_late};
use super::{
    Changes, Conditions, Shelf, belt_that_goes_on, bench, fast_job, plant, run_under, stop_belt,
    wait_until,
};
use crate::rig::{self, Figures, Inspection, Rig, plant_settings};

/// The shelf, with a second for every tray while it is slow.
struct SlowShelf(Arc<AtomicBool>);

impl TrayJudge for SlowShelf {
    fn judge(&mut self, frame: &Frame, facts: SourceFacts) -> Result<TrayReport, String> {
        if self.0.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_secs(1));
        }
        Shelf.judge(frame, facts)
    }
}

#[test]
fn an_inspection_five_times_slower_than_the_belt_leaves_trays_to_the_safe_gate_and_catches_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let at = WallTime {
        text: "2026-11-24T08:00:00Z".to_owned(),
    };
    let taken = take_up(&path, WriterParams::default(), &at).unwrap();
    let (trays, plant) = (60, plant(60));
    let slow = Arc::new(AtomicBool::new(true));
    let done = AtomicBool::new(false);
    let changes = Changes {
        first: bench(SlowShelf(Arc::clone(&slow))),
        ..Changes::none(&done)
    };
    let conditions = Conditions {
        suspend_after: 0,
        ..Conditions::usual()
    };
    let mut over = 0;
    let summary = std::thread::scope(|scope| {
        let (store, journal) = (taken.store, taken.journal);
        let line = scope.spawn(|| run_under(store, journal, &plant, trays, conditions, changes));
        wait_until(|| plant.lock().trays() >= 30);
        slow.store(false, Ordering::SeqCst);
        over = plant.lock().trays() as u32;
        line.join().unwrap()
    });
    let books = has_a_clean_account("inspection slower than the belt", &summary, &plant, &path);
    let because = |says: &str| {
        let rows = books.rows.iter();
        rows.filter(|row| row.reason.as_deref() == Some(says))
            .count()
    };
    // One tray in hand and two that wait: of five that come the others go by, and those that waited are late.
    assert!(because("the inspection is behind the belt") >= 15);
    assert!(because("late") >= 1);
    assert!(summary.ungraded >= 15, "{summary:?}");
    assert!(summary.commands_sent >= 1);
    // What it had in hand when it became quick again takes it a second.
    have_fired(&books, over + 10..=trays as u32);
    assert!(over < 45, "trays are left that show it");
}

#[test]
fn a_tray_seen_too_late_leaves_none_of_those_before_it_without_a_row() {
    let close = PlantSettings {
        counts_between_trays: 400,
        ..plant_settings()
    };
    let job = ControlParams {
        job: fast_job(rig::JOB.0),
        ..rig::params()
    };
    let mut rig = Rig::with(close, job);
    rig.inspection = Inspection::Takes(Duration::from_millis(450));
    // A tray every half second: one is with the inspection, and the next comes while nothing is heard.
    rig.run(5.3);
    rig.disturb(PlcFault::Silent, 0.3);
    rig.run(10.0);
    assert!(rig.control().vision().is_armed());
    let gone = rig.plant.lock().trays() as u32 - 10;
    let rows: Vec<_> = rig.books.rows.iter().map(|row| row.trigger).collect();
    for tray in 1..=gone {
        assert!(rows.contains(&tray), "tray {tray} left long ago: {rows:?}");
    }
    let why = |row: &&CommandRecord| row.reason.as_deref().is_some_and(was_seen_too_late);
    assert_eq!(rig.books.rows.iter().filter(why).count(), 1);
    let (books, plant) = rig.end();
    Figures::of(&books, &plant).are_clean("a tray seen too late");
}

/// A moment so many hours from now, as a store keeps it.
fn hours_from_now(hours: i64) -> String {
    (clock::now() + SignedDuration::from_hours(hours)).to_string()
}

#[test]
fn a_clock_an_hour_behind_or_ahead_of_the_store_is_believed_and_every_tray_is_sorted() {
    let folder = tempfile::tempdir().unwrap();
    for hours in [1, -1] {
        let path = folder.path().join(format!("{hours}.db"));
        let at = WallTime {
            text: hours_from_now(hours),
        };
        let taken = take_up(&path, WriterParams::default(), &at).unwrap();
        let conditions = Conditions {
            newest_stored: Some(at.text),
            ..Conditions::usual()
        };
        let (plant, done) = (plant(8), AtomicBool::new(false));
        let (store, journal, unchanged) = (taken.store, taken.journal, Changes::none(&done));
        let summary = run_under(store, journal, &plant, 8, conditions, unchanged);
        let what = format!("the store is {hours} h ahead of the clock");
        let books = has_a_clean_account(&what, &summary, &plant, &path);
        have_fired(&books, 1..=8);
    }
}

#[test]
fn a_clock_two_days_behind_the_store_keeps_the_line_unarmed_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let at = WallTime {
        text: hours_from_now(48),
    };
    let taken = take_up(&path, WriterParams::default(), &at).unwrap();
    let conditions = Conditions {
        newest_stored: Some(at.text),
        ..Conditions::usual()
    };
    let (plant, done) = (belt_that_goes_on(), AtomicBool::new(false));
    let summary = std::thread::scope(|scope| {
        let (store, journal, unchanged) = (taken.store, taken.journal, Changes::none(&done));
        let line =
            scope.spawn(|| run_under(store, journal, &plant, u64::MAX, conditions, unchanged));
        wait_until(|| plant.lock().alarm() == Alarm::NotReady.number());
        wait_until(|| plant.lock().trays() >= 3);
        stop_belt(&plant);
        done.store(true, Ordering::SeqCst);
        line.join().unwrap()
    });
    let books = has_a_clean_account("the clock is two days behind", &summary, &plant, &path);
    assert!(books.received.is_empty() && fired(&books).is_empty());
    let events = StoreReader::open(&path).unwrap().events(0, 1000).unwrap();
    let said = |why: &str| events.iter().any(|(_, event)| event.message.contains(why));
    assert!(
        said("the line cannot be armed: clock: it says"),
        "{events:?}"
    );
    for tray in 1..=3 {
        assert!(row_of(&books, tray).sequence.is_none());
    }
}
