//! A camera that errs, hangs or is silent: its trays go ungraded to the safe gate, no others do, and the line goes on.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use seedgrade::line::{CameraPresence, WallTime, take_up};
use seedgrade::machine::Alarm;
use seedgrade::sorting::TriggerId;
use seedgrade::store::{StoreReader, WriterParams};

use super::account::{
    fired, has_a_clean_account, have_fired, row_of, was_seen_too_late, why_dropped,
};
use super::{
    Changes, Conditions, Wrong, belt_that_goes_on, plant, run_under, run_with_changes, stop_belt,
    wait_until,
};

fn at() -> WallTime {
    WallTime {
        text: "2026-11-24T08:00:00Z".to_owned(),
    }
}

/// Every third tray's frame is wrong, in turn in each of the ways.
fn in_turn(tray: TriggerId) -> Option<Wrong> {
    match tray.0 % 15 {
        3 => Some(Wrong::Torn),
        6 => Some(Wrong::Silent),
        9 => Some(Wrong::Twice),
        12 => Some(Wrong::Stray),
        0 => Some(Wrong::Late),
        _ => None,
    }
}

#[test]
fn a_camera_that_errs_leaves_its_own_trays_ungraded_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let taken = take_up(&path, WriterParams::default(), &at()).unwrap();
    let (trays, plant) = (35, plant(35));
    let done = AtomicBool::new(false);
    let (store, journal, unchanged) = (taken.store, taken.journal, Changes::none(&done));
    let summary = run_with_changes(store, journal, &plant, trays, in_turn, unchanged);
    let books = has_a_clean_account("a camera errs", &summary, &plant, &path);
    for (kind, says) in [
        (3, "the frame is torn"),
        (6, "the camera gave no frame"),
        (9, "the camera gave two frames"),
        (0, "the camera gave no frame"),
    ] {
        let of_kind = (1..=trays as u32).filter(|tray| tray % 15 == kind);
        let told: Vec<_> = of_kind.map(|tray| why_dropped(&books, tray)).collect();
        // A machine that stands still itself has no frame made at all; it does not do so every time.
        let others = |why: &&&str| !why.starts_with(says);
        assert!(
            told.iter().filter(others).all(|why| was_seen_too_late(why)),
            "{says}: {told:?}"
        );
        assert!(told.iter().any(|why| why.starts_with(says)), "{told:?}");
    }
    // Neither a stray frame nor the late frame of the tray before harms a tray.
    let sound = (1..=trays as u32).filter(|tray| tray % 3 != 0 || tray % 15 == 12);
    have_fired(&books, sound);
}

#[test]
fn a_camera_that_does_not_answer_holds_up_no_look_at_the_belt_and_goes_on_with_the_tray_that_is_there()
 {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let taken = take_up(&path, WriterParams::default(), &at()).unwrap();
    let (trays, plant) = (40, plant(40));
    let hangs =
        |tray: TriggerId| (tray.0 == 6).then_some(Wrong::Hangs(Duration::from_millis(2500)));
    let conditions = Conditions {
        camera: Box::new(hangs),
        suspend_after: 0,
        ..Conditions::usual()
    };
    let done = AtomicBool::new(false);
    let (store, journal, unchanged) = (taken.store, taken.journal, Changes::none(&done));
    let summary = run_under(store, journal, &plant, trays, conditions, unchanged);
    let books = has_a_clean_account("a camera hangs for 2.5 s", &summary, &plant, &path);
    let because = |says: &str| {
        let rows = books.rows.iter();
        let told = rows.filter(|row| row.reason.as_deref().is_some_and(|why| why.contains(says)));
        told.map(|row| row.trigger).collect::<Vec<_>>()
    };
    // One in its hands, four that wait: what it shows them when it is back is another place of the belt.
    let shown_another = because("no frame");
    assert!((1..=5).contains(&shown_another.len()), "{shown_another:?}");
    assert_eq!(shown_another[0], 6);
    let behind = because("the camera is behind the belt");
    assert!(behind.len() >= 5, "{behind:?}");
    assert!(behind.iter().all(|tray| *tray > 10), "{behind:?}");
    let after = behind.last().unwrap() + 1;
    have_fired(&books, (1..6).chain(after..=trays as u32));
    assert!(
        after < 30,
        "it answered again after a dozen trays: {behind:?}"
    );
}

#[test]
fn a_silent_camera_suspends_the_line_which_is_armed_again_once_a_person_and_the_camera_have_answered()
 {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let taken = take_up(&path, WriterParams::default(), &at()).unwrap();
    let plant = belt_that_goes_on();
    let silent = Arc::new(AtomicBool::new(false));
    let camera = {
        let silent = Arc::clone(&silent);
        move |_| silent.load(Ordering::SeqCst).then_some(Wrong::Silent)
    };
    let done = AtomicBool::new(false);
    let alarm = |alarm: Alarm| plant.lock().alarm() == alarm.number();
    let (mut from, mut until) = (0, 0);
    let summary = std::thread::scope(|scope| {
        let unchanged = Changes::none(&done);
        let line = scope.spawn(|| {
            let (store, journal) = (taken.store, taken.journal);
            run_with_changes(store, journal, &plant, u64::MAX, camera, unchanged)
        });
        wait_until(|| plant.lock().vision().is_armed() && plant.lock().trays() >= 5);
        silent.store(true, Ordering::SeqCst);
        wait_until(|| alarm(Alarm::Suspended));
        assert!(!plant.lock().vision().is_armed());
        from = plant.lock().trays() as u32 + 1;
        // A person looks after it: the belt is stopped and started, but the camera is silent still.
        stop_belt(&plant);
        plant.lock().run_belt(true);
        wait_until(|| alarm(Alarm::CameraSilent));
        assert!(!plant.lock().vision().is_armed());
        until = plant.lock().trays() as u32;
        silent.store(false, Ordering::SeqCst);
        wait_until(|| plant.lock().vision().is_armed());
        assert!(alarm(Alarm::None));
        let armed = plant.lock().trays();
        wait_until(|| plant.lock().trays() >= armed + 12);
        stop_belt(&plant);
        done.store(true, Ordering::SeqCst);
        line.join().unwrap()
    });
    let books = has_a_clean_account("a camera is silent", &summary, &plant, &path);
    assert!((from..=until).all(|tray| row_of(&books, tray).sequence.is_none()));
    let fired = fired(&books);
    assert!(fired.first().is_some_and(|tray| *tray < from), "{fired:?}");
    assert!(fired.last().is_some_and(|tray| *tray > until), "{fired:?}");
}

/// Messages of a kind of event.
fn said(store: &Path, kind: &str) -> Vec<String> {
    let events = StoreReader::open(store).and_then(|reader| reader.events(0, 10_000));
    let events = events.unwrap_or_default().into_iter();
    let of_kind = events.filter(|(_, event)| event.kind == kind);
    of_kind.map(|(_, event)| event.message).collect()
}

#[test]
fn a_camera_that_vanishes_between_two_trays_is_told_at_once_and_without_one_no_line_is_armed() {
    const WHY: &str = "camera A has vanished";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let taken = take_up(&path, WriterParams::default(), &at()).unwrap();
    let plant = plant(u64::MAX);
    let presence = CameraPresence::default();
    presence.set(Some(WHY.to_owned()));
    let conditions = Conditions {
        presence: Some(presence.clone()),
        ..Conditions::usual()
    };
    let done = AtomicBool::new(false);
    let alarm = |alarm: Alarm| plant.lock().alarm() == alarm.number();
    let summary = std::thread::scope(|scope| {
        let unchanged = Changes::none(&done);
        let line = scope.spawn(|| {
            let (store, journal) = (taken.store, taken.journal);
            run_under(store, journal, &plant, u64::MAX, conditions, unchanged)
        });
        wait_until(|| {
            said(&path, "not_armed")
                .iter()
                .any(|said| said.contains(WHY))
        });
        assert!(said(&path, "armed").is_empty(), "no camera, no arming");
        wait_until(|| alarm(Alarm::CameraSilent));
        presence.set(None);
        wait_until(|| plant.lock().trays() > 2);
        assert!(alarm(Alarm::None));
        for round in 2..=3 {
            presence.set(Some(WHY.to_owned()));
            wait_until(|| alarm(Alarm::CameraSilent));
            wait_until(|| said(&path, "part_in_trouble").len() == round);
            presence.set(None);
            wait_until(|| alarm(Alarm::None));
        }
        let before = plant.lock().trays();
        wait_until(|| plant.lock().trays() > before + 2);
        stop_belt(&plant);
        done.store(true, Ordering::SeqCst);
        line.join().unwrap()
    });
    has_a_clean_account("a camera vanishes and is back", &summary, &plant, &path);
    let for_the_camera = said(&path, "disarmed");
    let for_the_camera = for_the_camera.iter().filter(|said| said.contains("camera"));
    assert_eq!(for_the_camera.count(), 0, "what was judged is sorted");
    assert!(summary.commands_sent > 0, "{summary:?}");
}
