//! The line with its threads, queues and sockets: what a stalled or full store does, and a torn or silent camera.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use seedgrade::frame::Frame;
use seedgrade::inspect::{SourceFacts, TrayReport};
use seedgrade::line::{
    Control, ControlParams, FrameSource, Journal, LineParts, PairedCamera, Picture, SourceFrame,
    Summary, TrayJudge, Trigger, Until, WallTime, run, take_up,
};
use seedgrade::machine::{
    ModbusLink, ModbusServer, ModbusSettings, PlantSettings, PlcSettings, RegisterMap, SharedPlant,
    SimulatedPlant,
};
use seedgrade::sorting::{JobId, TriggerId};
use seedgrade::store::{Record, Sink, StoreError, StoreReader, StoreWriter, WriterParams};

use crate::rig::{self, params, plant_settings};

/// A grey picture a trigger; the script says what goes wrong with which.
struct Grey {
    next: Option<SourceFrame>,
    wrong: fn(TriggerId) -> Option<Wrong>,
}

/// What goes wrong with a frame.
pub enum Wrong {
    Torn,
    Silent,
}

impl FrameSource for Grey {
    fn trigger(&mut self, trigger: &Trigger) -> Result<(), String> {
        let frame = Frame::from_rgb(2, 2, vec![128; 12]).map_err(|e| e.to_string())?;
        let picture = Picture {
            frame: Arc::new(frame),
            source: "grey".to_owned(),
            sha256: None,
        };
        let picture = match (self.wrong)(trigger.id) {
            None => Ok(picture),
            Some(Wrong::Torn) => Err("half of it".to_owned()),
            Some(Wrong::Silent) => return Ok(()),
        };
        self.next = Some(SourceFrame {
            exposed: trigger.seen,
            picture,
        });
        Ok(())
    }

    fn next(&mut self, wait: Duration) -> Option<SourceFrame> {
        if self.next.is_none() {
            std::thread::sleep(wait);
        }
        self.next.take()
    }
}

/// The shelf's reports, at once.
struct Shelf;

impl TrayJudge for Shelf {
    fn judge(&mut self, _: &Frame, facts: SourceFacts) -> Result<TrayReport, String> {
        let trigger = Trigger {
            id: TriggerId(facts.trigger.unwrap_or(0) as u16),
            uid: facts.tray_uid,
            job: JobId(facts.job.unwrap_or(0) as u16),
            latched: seedgrade::geometry::EncoderCount(facts.encoder.unwrap_or(0)),
            seen: seedgrade::clock::Moment::now(),
        };
        Ok(rig::report(&trigger))
    }
}

/// Trays on the fast belt: ten a second, so that a test is over soon.
fn fast(trays: u64) -> PlantSettings {
    PlantSettings {
        plc: PlcSettings {
            // Many trays are on the way to the gates at this speed.
            queue: 64,
            ..plant_settings().plc
        },
        counts_per_second: 8000,
        counts_between_trays: 800,
        trays: Some(trays),
        waits_for_armed: true,
        ..PlantSettings::default()
    }
}

/// Runs so many trays into a store.
fn run_into(
    store: StoreWriter,
    journal: Journal,
    plant: &SharedPlant,
    trays: u64,
    wrong: fn(TriggerId) -> Option<Wrong>,
) -> Summary {
    let server = ModbusServer::start("127.0.0.1:0", plant.clone()).unwrap();
    let link = ModbusLink::new(ModbusSettings {
        address: server.address().to_string(),
        unit: 1,
        registers: RegisterMap::default(),
        longest_wait: ModbusSettings::USUAL_WAIT,
    });
    let control = ControlParams {
        least_counts_between_trays: 400,
        ..params()
    };
    let source = Grey { next: None, wrong };
    let parts = LineParts {
        control: Control::new(control, Box::new(link.unwrap())),
        camera: PairedCamera::new(Box::new(source), Duration::from_millis(50)),
        judge: Box::new(Shelf),
        store,
        journal,
        lot: "lot".to_owned(),
        judge_trouble: None,
        newest_stored: None,
        rows: Vec::new(),
        board: None,
    };
    let until = Until {
        asked: &|| false,
        trays: Some(trays),
    };
    run(parts, &until).unwrap()
}

fn plant(trays: u64) -> SharedPlant {
    SharedPlant::new(SimulatedPlant::new(fast(trays)).unwrap())
}

/// Every tray has one row, by its name.
#[track_caller]
fn has_a_row_for_each(store: &Path, trays: u64) {
    let reader = StoreReader::open(store).unwrap();
    let rows = reader.commands(0, 10_000).unwrap();
    let mut names: Vec<_> = rows.iter().map(|(_, row)| row.tray_uid.clone()).collect();
    names.sort();
    names.dedup();
    assert_eq!((rows.len() as u64, names.len() as u64), (trays, trays));
}

/// A store whose disk stands still for a while, once.
struct Stalled {
    inner: Option<Duration>,
    stored: Arc<std::sync::atomic::AtomicU64>,
}

impl Sink for Stalled {
    fn store(&mut self, records: &[Record]) -> Result<(), StoreError> {
        if let Some(stall) = self.inner.take() {
            std::thread::sleep(stall);
        }
        let count = records.len() as u64;
        self.stored
            .fetch_add(count, std::sync::atomic::Ordering::SeqCst);
        Ok(())
    }
}

#[test]
fn a_disk_that_stalls_for_ten_seconds_misses_no_command() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let stored = Arc::default();
    let sink = Stalled {
        inner: Some(Duration::from_secs(10)),
        stored: Arc::clone(&stored),
    };
    // A queue so short that most of the records must be spilled meanwhile.
    let short = WriterParams {
        queue: 8,
        ..WriterParams::default()
    };
    let store = StoreWriter::start(&path, sink, short).unwrap();
    let (_, journal) = Journal::open(&path).unwrap();
    let (trays, plant) = (60, plant(60));
    let summary = run_into(store, journal, &plant, trays, |_| None);
    println!("disk stalled: {summary:?}");
    assert_eq!(summary.trays, trays);
    assert!(summary.store.lost == 0 && summary.store.spilled > 0);
    // A busy machine may see some of these fast trays too late; the disk delays none.
    assert!(summary.commands_sent > trays / 2, "{summary:?}");
    assert_eq!(summary.commands_mismatched, 0);
    drop(stored);
    // What was spilled is taken in by the next run.
    let at = WallTime {
        text: "2026-11-24T08:00:00Z".to_owned(),
    };
    let taken = take_up(&path, WriterParams::default(), &at).unwrap();
    assert_eq!(taken.store.taken_in(), summary.store.spilled);
    assert_eq!((taken.marked, taken.store.damaged()), (0, 0));
}

#[test]
fn torn_and_missing_frames_leave_their_own_trays_ungraded_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let at = WallTime {
        text: "2026-11-24T08:00:00Z".to_owned(),
    };
    let taken = take_up(&path, WriterParams::default(), &at).unwrap();
    let (trays, plant) = (20, plant(20));
    let summary = run_into(
        taken.store,
        taken.journal,
        &plant,
        trays,
        |tray| match tray.0 {
            5 => Some(Wrong::Torn),
            9 => Some(Wrong::Silent),
            _ => None,
        },
    );
    assert_eq!(summary.trays, trays);
    assert!(summary.ungraded >= 2, "{summary:?}");
    has_a_row_for_each(&path, trays);
    let rows = StoreReader::open(&path).unwrap().commands(0, 100).unwrap();
    let reason = |trigger| {
        let row = rows.iter().find(|(_, row)| row.trigger == trigger);
        row.and_then(|(_, row)| row.reason.clone())
            .unwrap_or_default()
    };
    let told = |trigger, why: &str| {
        let reason: String = reason(trigger);
        // On a busy machine it may not even have been exposed.
        reason.contains(why) || reason.contains("too late")
    };
    assert!(told(5, "torn") && told(9, "no frame"), "{rows:?}");
    let wrong = plant.lock().take_received();
    assert!(
        wrong
            .iter()
            .all(|c| c.command.cells == rig::cells_of(c.command.tray))
    );
    assert!(!wrong.iter().any(|c| [5, 9].contains(&c.command.tray.0)));
}

#[test]
fn a_database_locked_by_another_program_loses_no_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let at = WallTime {
        text: "2026-11-24T08:00:00Z".to_owned(),
    };
    let impatient = WriterParams {
        wait_for_lock: Duration::from_millis(200),
        ..WriterParams::default()
    };
    let taken = take_up(&path, impatient, &at).unwrap();
    let (trays, plant) = (30, plant(30));
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let summary = run_into(taken.store, taken.journal, &plant, trays, |_| None);
    assert!(
        summary.store.lost == 0 && summary.store.spilled > 0,
        "{summary:?}"
    );
    other.execute_batch("ROLLBACK").unwrap();
    drop(take_up(&path, impatient, &at).unwrap());
    has_a_row_for_each(&path, trays);
}
