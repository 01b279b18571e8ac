//! The line with its threads, queues and sockets: what a stalled or full store does, and a torn or silent camera.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use seedgrade::clock::Moment;
use seedgrade::frame::{DecodeLimits, Frame, read_picture};
use seedgrade::inspect::{SourceFacts, TrayReport};
use seedgrade::line::{
    AskedChange, Bench, Control, ControlParams, FrameSource, Journal, Keep, LineParts,
    PairedCamera, Passes, Picture, PictureKeeper, PictureShelf, ReferenceLook, SortJob,
    SourceFrame, Summary, TrayJudge, Trigger, Until, WallTime, run, take_up,
};
use seedgrade::machine::{
    ModbusLink, ModbusServer, ModbusSettings, PlantSettings, PlcSettings, RegisterMap, SharedPlant,
    SimulatedPlant,
};
use seedgrade::sorting::{JobId, TriggerId};
use seedgrade::store::{
    JobFacts, NewPicture, NotKept, PictureFolder, ROOM_FOR_STORE, Record, Sink, Statement,
    StoreError, StoreReader, StoreWriter, TrayFilter, WriterParams, spill_path,
};

use crate::rig::{self, params, plant_settings};

/// A grey picture a trigger; the script says what goes wrong with which.
struct Grey {
    next: VecDeque<SourceFrame>,
    wrong: fn(TriggerId) -> Option<Wrong>,
}

/// What goes wrong with a frame.
pub enum Wrong {
    Torn,
    Silent,
    /// Two frames for one trigger.
    Twice,
    /// Its frame, and before it one that was exposed for no trigger, long ago.
    Stray,
    /// The frame of another moment, when the tray has moved on.
    Late,
}

impl FrameSource for Grey {
    fn trigger(&mut self, trigger: &Trigger) -> Result<(), String> {
        let frame = Frame::from_rgb(2, 2, vec![128; 12]).map_err(|e| e.to_string())?;
        let picture = Picture {
            frame: Arc::new(frame),
            source: "grey".to_owned(),
            sha256: None,
            encoded: None,
        };
        let picture = match (self.wrong)(trigger.id) {
            None => Ok(picture),
            Some(Wrong::Torn) => Err("half of it".to_owned()),
            Some(Wrong::Silent) => return Ok(()),
            Some(_) => Ok(picture),
        };
        let later = trigger.seen.later(Duration::from_secs(1));
        let exposed = match (self.wrong)(trigger.id) {
            Some(Wrong::Twice) => vec![trigger.seen, trigger.seen],
            Some(Wrong::Stray) => vec![Moment::default(), trigger.seen],
            Some(Wrong::Late) => vec![later],
            _ => vec![trigger.seen],
        };
        let frame = |exposed| SourceFrame {
            exposed,
            picture: picture.clone(),
        };
        self.next.extend(exposed.into_iter().map(frame));
        Ok(())
    }

    fn next(&mut self, wait: Duration) -> Option<SourceFrame> {
        if self.next.is_empty() {
            std::thread::sleep(wait);
        }
        self.next.pop_front()
    }
}

/// The shelf's reports, at once.
pub struct Shelf;

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

/// Trays on a fast belt: five a second, so that a test is over soon.
fn fast(trays: u64) -> PlantSettings {
    PlantSettings {
        plc: PlcSettings {
            // Many trays are on the way to the gates at this speed.
            queue: 64,
            ..plant_settings().plc
        },
        counts_per_second: 4000,
        counts_between_trays: 800,
        trays: Some(trays),
        waits_for_armed: true,
        ..PlantSettings::default()
    }
}

/// A job whose trays come close after each other.
pub fn fast_job(id: u16) -> SortJob {
    SortJob {
        least_counts_between_trays: 400,
        ..rig::job(id)
    }
}

pub fn bench(judge: impl TrayJudge + 'static) -> Bench {
    Bench {
        judge: Box::new(judge),
        lot: "lot".to_owned(),
        passes: Passes::default(),
    }
}

/// What the store is told of a job.
pub fn stated(job: u16) -> Statement {
    Statement::Job(JobFacts {
        at: "2026-11-24T08:00:00Z".to_owned(),
        who: "line".to_owned(),
        job: job.into(),
        lot: format!("lot of {job}"),
        ..JobFacts::default()
    })
}

/// The jobs that a store was told of.
pub fn jobs_in(store: &Path) -> Vec<u32> {
    let jobs = StoreReader::open(store).unwrap().jobs().unwrap();
    jobs.iter().map(|job| job.job).collect()
}

/// Runs so many trays into a store.
fn run_into(
    store: StoreWriter,
    journal: Journal,
    plant: &SharedPlant,
    trays: u64,
    wrong: fn(TriggerId) -> Option<Wrong>,
) -> Summary {
    let none = Changes {
        first: bench(Shelf),
        basis: vec![stated(rig::JOB.0)],
        asked: None,
        pictures: None,
        done: &AtomicBool::new(false),
    };
    run_with_changes(store, journal, plant, trays, wrong, none)
}

/// Other jobs for a line, which ends when they are done.
pub struct Changes<'a> {
    /// Who judges until then.
    pub first: Bench,
    /// What the store is told of the first job.
    pub basis: Vec<Statement>,
    pub asked: Option<Receiver<AskedChange>>,
    /// What keeps pictures.
    pub pictures: Option<PictureKeeper>,
    pub done: &'a AtomicBool,
}

pub fn run_with_changes(
    store: StoreWriter,
    journal: Journal,
    plant: &SharedPlant,
    trays: u64,
    wrong: fn(TriggerId) -> Option<Wrong>,
    changes: Changes<'_>,
) -> Summary {
    let server = ModbusServer::start("127.0.0.1:0", plant.clone()).unwrap();
    let link = ModbusLink::new(ModbusSettings {
        address: server.address().to_string(),
        unit: 1,
        registers: RegisterMap::default(),
        longest_wait: ModbusSettings::USUAL_WAIT,
    });
    let control = ControlParams {
        job: fast_job(rig::JOB.0),
        ..params()
    };
    let source = Grey {
        next: VecDeque::new(),
        wrong,
    };
    let parts = LineParts {
        control: Control::new(control, Box::new(link.unwrap())),
        camera: PairedCamera::new(Box::new(source), Duration::from_millis(50)),
        bench: changes.first,
        basis: changes.basis,
        changes: changes.asked,
        store,
        pictures: changes.pictures,
        journal,
        reference: ReferenceLook::default(),
        judge_trouble: None,
        newest_stored: None,
        rows: Vec::new(),
        board: None,
    };
    let until = Until {
        asked: &|| changes.done.load(Ordering::SeqCst),
        trays: Some(trays),
    };
    run(parts, &until).unwrap()
}

pub fn plant(trays: u64) -> SharedPlant {
    SharedPlant::new(SimulatedPlant::new(fast(trays)).unwrap())
}

/// The same at another speed: 800 counts a tray.
fn plant_at(counts_per_second: u32, trays: u64) -> SharedPlant {
    let settings = PlantSettings {
        counts_per_second,
        ..fast(trays)
    };
    SharedPlant::new(SimulatedPlant::new(settings).unwrap())
}

/// Every tray has one row, by its name.
#[track_caller]
pub fn has_a_row_for_each(store: &Path, trays: u64) {
    let reader = StoreReader::open(store).unwrap();
    let rows = reader.commands(0, 10_000).unwrap();
    let mut names: Vec<_> = rows.iter().map(|(_, row)| row.tray_uid.clone()).collect();
    names.sort();
    names.dedup();
    assert_eq!((rows.len() as u64, names.len() as u64), (trays, trays));
}

/// A disk for pictures that stands still as long as it is held.
struct StandingStill(Arc<Mutex<()>>);

impl PictureShelf for StandingStill {
    fn keep(&mut self, _: &NewPicture<'_>) -> Result<(), NotKept> {
        drop(self.0.lock().unwrap());
        Ok(())
    }
    fn look(&mut self, _: &str) -> Result<(), NotKept> {
        Ok(())
    }
    fn removed(&self) -> u64 {
        0
    }
}

#[test]
fn a_disk_that_takes_no_picture_holds_up_no_tray_and_the_drops_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let store = StoreWriter::open(&path, WriterParams::default()).unwrap();
    let (_, journal) = Journal::open(&path).unwrap();
    let disk = Arc::new(Mutex::new(()));
    let still = disk.lock().unwrap();
    let keeper = PictureKeeper::start(StandingStill(Arc::clone(&disk)), Keep::All).unwrap();
    let (trays, plant, done) = (20, plant(20), AtomicBool::new(false));
    let changes = Changes {
        first: bench(Shelf),
        basis: Vec::new(),
        asked: None,
        pictures: Some(keeper),
        done: &done,
    };
    let summary = std::thread::scope(|scope| {
        let running =
            scope.spawn(|| run_with_changes(store, journal, &plant, trays, |_| None, changes));
        // All trays have their rows while the disk still stands.
        wait_until(|| {
            let rows = StoreReader::open(&path).and_then(|reader| reader.commands(0, 100));
            rows.is_ok_and(|rows| rows.len() as u64 == trays)
        });
        drop(still);
        running.join().unwrap()
    });
    let pictures = summary.pictures.unwrap();
    assert_eq!(pictures.kept + pictures.dropped, trays, "{pictures:?}");
    // One in hand, four in the queue.
    assert_eq!(pictures.kept, 5, "{pictures:?}");
    assert_eq!((summary.graded, summary.store.lost), (trays, 0));
    let events = StoreReader::open(&path).unwrap().events(0, 1000).unwrap();
    let told = events.iter().find(|(_, e)| e.kind == "pictures_dropped");
    assert!(told.unwrap().1.message.contains("behind the belt"));
}

#[test]
fn bare_pixels_of_a_camera_are_kept_without_loss() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let store = StoreWriter::open(&path, WriterParams::default()).unwrap();
    let (_, journal) = Journal::open(&path).unwrap();
    let most = 2 * ROOM_FOR_STORE;
    let kept = PictureFolder::open(&path, &folder.path().join("pictures"), most).unwrap();
    let changes = Changes {
        first: bench(Shelf),
        basis: Vec::new(),
        asked: None,
        pictures: Some(PictureKeeper::start(kept, Keep::All).unwrap()),
        done: &AtomicBool::new(false),
    };
    let summary = run_with_changes(store, journal, &plant(3), 3, |_| None, changes);
    assert_eq!(summary.pictures.unwrap().kept, 3);
    let reader = StoreReader::open(&path).unwrap();
    for tray in reader.trays(&TrayFilter::default()).unwrap() {
        let (_, file) = reader.kept_picture(&tray.uid, tray.pass).unwrap().unwrap();
        let (_, frame) = read_picture(&file, DecodeLimits::default()).unwrap();
        assert_eq!(frame, Frame::from_rgb(2, 2, vec![128; 12]).unwrap());
    }
}

/// A store whose disk stands still for a while, once.
struct Stalled {
    stall: Option<Duration>,
    disk: rusqlite::Connection,
}

impl Sink for Stalled {
    fn store(&mut self, records: &[Arc<Record>]) -> Result<(), StoreError> {
        if let Some(stall) = self.stall.take() {
            std::thread::sleep(stall);
        }
        self.disk.store(records)
    }
}

/// Records were spilled, none was lost, and all are in the store while the line still has it: trays and rows in the order
/// in which they came, each once.
#[track_caller]
fn has_taken_in_what_was_spilled(summary: &Summary, path: &Path) {
    let stored = summary.store;
    assert!(stored.lost == 0 && stored.spilled > 0, "{summary:?}");
    assert_eq!(stored.taken_in, stored.spilled, "{summary:?}");
    assert!(!spill_path(path).exists());
    has_a_row_for_each(path, summary.trays);
    let trays = StoreReader::open(path).unwrap();
    let trays = trays.trays(&TrayFilter::default()).unwrap();
    let names: Vec<_> = trays.iter().map(|tray| &tray.uid).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    assert!(!names.is_empty());
}

#[test]
fn a_disk_that_stalls_for_ten_seconds_misses_no_command() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    drop(StoreWriter::open(&path, WriterParams::default()).unwrap());
    let sink = Stalled {
        stall: Some(Duration::from_secs(10)),
        disk: rusqlite::Connection::open(&path).unwrap(),
    };
    // A queue so short that most of the records must be spilled meanwhile.
    let short = WriterParams {
        queue: 8,
        ..WriterParams::default()
    };
    let store = StoreWriter::start(&path, sink, short).unwrap();
    let (_, journal) = Journal::open(&path).unwrap();
    let (trays, plant) = (45, plant_at(2400, 45));
    let summary = run_into(store, journal, &plant, trays, |_| None);
    println!("disk stalled: {summary:?}");
    assert_eq!(summary.trays, trays);
    has_taken_in_what_was_spilled(&summary, &path);
    // A busy machine may see some of these fast trays too late; the disk delays none.
    assert!(summary.commands_sent > trays / 2, "{summary:?}");
    assert_eq!(summary.commands_mismatched, 0);
}

#[test]
fn a_camera_that_errs_leaves_its_own_trays_ungraded_and_no_others() {
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
            12 => Some(Wrong::Twice),
            14 => Some(Wrong::Stray),
            16 => Some(Wrong::Late),
            _ => None,
        },
    );
    assert_eq!(summary.trays, trays);
    assert!(summary.ungraded >= 4, "{summary:?}");
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
    assert!(told(12, "two frames") && told(16, "no frame"), "{rows:?}");
    let stray = reason(14);
    assert!(
        stray.is_empty() || stray.contains("too late"),
        "a stray frame harms no tray: {stray}"
    );
    let wrong = plant.lock().take_received();
    assert!(
        wrong
            .iter()
            .all(|c| c.command.cells == rig::cells_of(c.command.tray))
    );
    assert!(
        !wrong
            .iter()
            .any(|c| [5, 9, 12, 16].contains(&c.command.tray.0))
    );
}

#[test]
fn a_database_locked_by_another_program_has_every_record_before_the_line_ends() {
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
    let summary = std::thread::scope(|scope| {
        let line = scope.spawn(|| run_into(taken.store, taken.journal, &plant, trays, |_| None));
        wait_until(|| plant.lock().trays() >= trays / 2);
        other.execute_batch("ROLLBACK").unwrap();
        line.join().unwrap()
    });
    println!("database locked: {summary:?}");
    assert_eq!(summary.trays, trays);
    has_taken_in_what_was_spilled(&summary, &path);
}

/// A disk that is full while it is said so: the database takes nothing, and neither does the spill file, which
/// `/dev/full` stands in for.
#[cfg(target_os = "linux")]
struct FullDisk {
    full: Arc<AtomicBool>,
    disk: rusqlite::Connection,
}

#[cfg(target_os = "linux")]
impl Sink for FullDisk {
    fn store(&mut self, records: &[Arc<Record>]) -> Result<(), StoreError> {
        if self.full.load(Ordering::SeqCst) {
            let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
            return Err(rusqlite::Error::SqliteFailure(code, None).into());
        }
        self.disk.store(records)
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_disarms_the_line_and_every_tray_has_its_row_when_there_is_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    drop(StoreWriter::open(&path, WriterParams::default()).unwrap());
    let full = Arc::new(AtomicBool::new(false));
    let sink = FullDisk {
        full: Arc::clone(&full),
        disk: rusqlite::Connection::open(&path).unwrap(),
    };
    let store = StoreWriter::start(&path, sink, WriterParams::default()).unwrap();
    let (_, journal) = Journal::open(&path).unwrap();
    let (trays, plant) = (40, plant(40));
    let summary = std::thread::scope(|scope| {
        let line = scope.spawn(|| run_into(store, journal, &plant, trays, |_| None));
        wait_until(|| plant.lock().trays() >= 10);
        std::os::unix::fs::symlink("/dev/full", spill_path(&path)).unwrap();
        full.store(true, Ordering::SeqCst);
        wait_until(|| plant.lock().alarm() == 4);
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(plant.lock().alarm(), 4, "it stays so");
        assert!(!plant.lock().vision().is_armed());
        std::fs::remove_file(spill_path(&path)).unwrap();
        full.store(false, Ordering::SeqCst);
        wait_until(|| plant.lock().vision().is_armed());
        line.join().unwrap()
    });
    println!("disk full: {summary:?}");
    assert_eq!((summary.trays, summary.store.lost), (trays, 0));
    assert_eq!(summary.store.taken_in, summary.store.spilled);
    has_a_row_for_each(&path, trays);
}

#[track_caller]
pub fn wait_until(mut done: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
}
