//! A camera that knows itself that it is gone: the line hears of it between the trays.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use seedgrade::frame::Frame;
use seedgrade::line::{
    CameraPresence, Control, ControlParams, FrameSource, Journal, LineParts, PairedCamera, Picture,
    ReferenceLook, SourceFrame, Summary, Trigger, Until, run,
};
use seedgrade::machine::{RehearsedLink, SharedPlant};
use seedgrade::store::{StoreReader, StoreWriter, WriterParams};

use crate::rig::{self, params};
use crate::threads::{Shelf, bench, fast_job, plant, stated};

const PATIENCE: Duration = Duration::from_secs(60);

/// A grey picture a trigger, as long as the camera is there.
struct Leaving {
    presence: CameraPresence,
    next: VecDeque<SourceFrame>,
}

impl FrameSource for Leaving {
    fn presence(&self) -> Option<CameraPresence> {
        Some(self.presence.clone())
    }

    fn trigger(&mut self, trigger: &Trigger) -> Result<(), String> {
        if let Some(trouble) = self.presence.trouble() {
            return Err(trouble);
        }
        let frame = Frame::from_rgb(2, 2, vec![128; 12]).map_err(|e| e.to_string())?;
        self.next.push_back(SourceFrame {
            exposed: trigger.seen,
            picture: Ok(Picture {
                frame: Arc::new(frame),
                source: "grey".to_owned(),
                sha256: None,
                encoded: None,
            }),
        });
        Ok(())
    }

    fn next(&mut self, wait: Duration) -> Option<SourceFrame> {
        if self.next.is_empty() {
            std::thread::sleep(wait);
        }
        self.next.pop_front()
    }
}

/// Messages of the events of a kind.
fn said(store: &Path, kind: &str) -> Vec<String> {
    let events = StoreReader::open(store).and_then(|reader| reader.events(0, 10_000));
    let events = events.unwrap_or_default().into_iter();
    let of_kind = events.filter(|(_, event)| event.kind == kind);
    of_kind.map(|(_, event)| event.message).collect()
}

#[track_caller]
fn wait_until(what: &str, done: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < end, "{what} never came");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Ends the line, also where the test fails meanwhile.
struct EndsTheLine<'a>(&'a AtomicBool);

impl Drop for EndsTheLine<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Runs a line whose camera is there or not, and what the test does meanwhile.
fn run_beside(
    presence: &CameraPresence,
    path: &Path,
    meanwhile: impl FnOnce(&SharedPlant),
) -> Summary {
    let store = StoreWriter::open(path, WriterParams::default()).unwrap();
    let (_, journal) = Journal::open(path).unwrap();
    // trays come only to an armed line
    let plant = plant(1000);
    let control = ControlParams {
        job: fast_job(rig::JOB.0),
        ..params()
    };
    let camera = Leaving {
        presence: presence.clone(),
        next: VecDeque::new(),
    };
    let parts = LineParts {
        control: Control::new(control, Box::new(RehearsedLink::new(plant.clone()))),
        camera: PairedCamera::new(Box::new(camera), Duration::from_millis(50)),
        bench: bench(Shelf),
        basis: vec![stated(rig::JOB.0)],
        changes: None,
        store,
        pictures: None,
        journal,
        reference: ReferenceLook::default(),
        judge_trouble: None,
        newest_stored: None,
        rows: Vec::new(),
        board: None,
    };
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // the plant's time is the machine's
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(5));
                plant.lock().pass(Duration::from_millis(5));
            }
        });
        let line = scope.spawn(|| {
            let until = Until {
                asked: &|| done.load(Ordering::SeqCst),
                trays: None,
            };
            run(parts, &until).unwrap()
        });
        let end = EndsTheLine(&done);
        meanwhile(&plant);
        drop(end);
        line.join().unwrap()
    })
}

#[test]
fn a_camera_that_vanishes_between_two_trays_is_told_at_once_and_without_one_no_line_is_armed() {
    const SILENT: u16 = 2;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let gone = || Some("camera A has vanished".to_owned());
    let presence = CameraPresence::default();
    presence.set(gone());
    let summary = run_beside(&presence, &path, |plant| {
        let names_it = |kind: &str| {
            said(&path, kind)
                .iter()
                .any(|said| said.contains("camera A has vanished"))
        };
        wait_until("the refusal to arm", || names_it("not_armed"));
        assert!(said(&path, "armed").is_empty(), "no camera, no arming");
        wait_until("the alarm", || plant.lock().alarm() == SILENT);
        presence.set(None);
        wait_until("a tray that fires", || plant.lock().trays() > 2);
        assert_eq!(plant.lock().alarm(), 0);
        for round in 2..=3 {
            presence.set(gone());
            wait_until("the alarm", || plant.lock().alarm() == SILENT);
            wait_until("the event", || {
                said(&path, "part_in_trouble").len() == round
            });
            presence.set(None);
            wait_until("the end of the alarm", || plant.lock().alarm() == 0);
        }
        let before = plant.lock().trays();
        wait_until("trays after it", || plant.lock().trays() > before + 2);
    });
    let for_the_camera = said(&path, "disarmed");
    let for_the_camera = for_the_camera.iter().filter(|said| said.contains("camera"));
    assert_eq!(for_the_camera.count(), 0, "what was judged is sorted");
    assert!(summary.commands_sent > 0, "{summary:?}");
}
