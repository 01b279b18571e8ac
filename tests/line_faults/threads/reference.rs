//! A look at the reference tray that is too long ago: it is told, stops nothing, and keeps a line from being armed anew.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use seedgrade::clock::Moment;
use seedgrade::line::{NextLook, ReferenceLook, WallTime, take_up};
use seedgrade::machine::{Alarm, PlcFault, SharedPlant};
use seedgrade::store::{EventRecord, LinePart, PartHealth, StoreReader, WriterParams};

use super::account::has_a_clean_account;
use super::{Changes, Conditions, EndsWhenDropped, belt_that_goes_on, run_under, wait_until};

const OVERDUE: &str = "the reference tray was looked at too long ago";

fn events(store: &Path) -> Vec<EventRecord> {
    let events = StoreReader::open(store).and_then(|reader| reader.events(0, 10_000));
    events
        .unwrap_or_default()
        .into_iter()
        .map(|(_, event)| event)
        .collect()
}

fn how_often(store: &Path, kind: &str) -> usize {
    let events = events(store);
    events.iter().filter(|event| event.kind == kind).count()
}

/// Runs a line whose look is overdue after two seconds, until it is; then as long as is asked for.
fn run_until_overdue(is_required: bool, then: impl FnOnce(&Path, &SharedPlant)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let at = WallTime {
        text: "2026-11-24T08:00:00Z".to_owned(),
    };
    let taken = take_up(&path, WriterParams::default(), &at).unwrap();
    let conditions = Conditions {
        reference: ReferenceLook {
            next: Some(NextLook {
                due: Moment::now().later(Duration::from_secs(2)),
                overdue: OVERDUE.to_owned(),
                is_required,
            }),
            ..ReferenceLook::default()
        },
        ..Conditions::usual()
    };
    let (plant, done) = (belt_that_goes_on(), AtomicBool::new(false));
    let summary = std::thread::scope(|scope| {
        let (store, journal) = (taken.store, taken.journal);
        let changes = Changes::none(&done);
        let line = scope.spawn(|| run_under(store, journal, &plant, 1000, conditions, changes));
        let ends = EndsWhenDropped(&done);
        let told = PartHealth::InTrouble(LinePart::Camera, OVERDUE.to_owned());
        wait_until(|| {
            let mut events = events(&path).into_iter();
            events.any(|event| PartHealth::of(&event).as_ref() == Some(&told))
        });
        let came = plant.lock().trays();
        wait_until(|| plant.lock().trays() > came + 4);
        assert_eq!(how_often(&path, "armed"), 1);
        assert_eq!(how_often(&path, "disarmed"), 0);
        assert!(plant.lock().vision().is_armed(), "it goes on sorting");
        plant
            .lock()
            .disturb(PlcFault::EmergencyStop, Duration::from_secs(1));
        wait_until(|| how_often(&path, "recovered") == 1);
        then(&path, &plant);
        drop(ends);
        line.join().unwrap()
    });
    has_a_clean_account("the look is overdue", &summary, &plant, &path);
}

#[test]
fn a_line_whose_look_at_the_reference_tray_is_overdue_sorts_on_and_is_not_armed_after_a_stop() {
    run_until_overdue(true, |store, plant| {
        wait_until(|| {
            let events = events(store);
            let mut not_armed = events.iter().filter(|event| event.kind == "not_armed");
            not_armed.any(|event| event.message.contains(OVERDUE))
        });
        wait_until(|| plant.lock().alarm() == Alarm::NotReady.number());
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(how_often(store, "armed"), 1);
    });
}

#[test]
fn where_the_reference_tray_is_only_advised_a_line_is_armed_again_with_its_look_overdue() {
    run_until_overdue(false, |store, plant| {
        wait_until(|| how_often(store, "armed") == 2);
        wait_until(|| plant.lock().vision().is_armed());
        let camera = events(store).into_iter().rev();
        let mut camera = camera.filter_map(|event| PartHealth::of(&event));
        let told = camera.find(|health| {
            matches!(
                health,
                PartHealth::Fine(LinePart::Camera) | PartHealth::InTrouble(LinePart::Camera, _)
            )
        });
        let overdue = PartHealth::InTrouble(LinePart::Camera, OVERDUE.to_owned());
        assert_eq!(told, Some(overdue));
    });
}
