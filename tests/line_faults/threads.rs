//! The line with its threads, queues and sockets: what a stalled or full store does, and a torn or silent camera.

mod account;
mod cameras;
mod flags;
mod pace;
mod reference;
mod stores;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use seedgrade::clock::{Moment, Stopwatch};
use seedgrade::frame::{DecodeLimits, Frame, read_picture};
use seedgrade::geometry::EncoderCount;
use seedgrade::inspect::{SourceFacts, TrayReport};
use seedgrade::line::{
    AskedChange, Bench, CameraPresence, Control, ControlParams, FrameSource, Journal, Keep,
    LineParts, PairedCamera, Passes, Picture, PictureKeeper, PictureShelf, ReferenceLook, SortJob,
    SourceFrame, Summary, TrayJudge, Trigger, Until, run,
};
use seedgrade::machine::{PlantSettings, PlcSettings, SharedPlant, SimulatedPlant};
use seedgrade::sorting::{JobId, TriggerId};
use seedgrade::store::{
    JobFacts, NewPicture, NotKept, PictureFolder, PlcFlag, ROOM_FOR_STORE, Statement, StoreReader,
    StoreWriter, TrayFilter, WriterParams,
};

use crate::rig::{self, params, plant_settings};

/// Says what goes wrong with which tray's frame.
type Script = Box<dyn Fn(TriggerId) -> Option<Wrong> + Send>;

/// A picture a trigger, of which every sample is the tray's number.
struct Numbered {
    next: VecDeque<SourceFrame>,
    /// A frame that comes when the next tray is awaited.
    late: Option<SourceFrame>,
    wrong: Script,
    /// Where it knows itself when it is gone.
    presence: Option<CameraPresence>,
}

/// What goes wrong with a frame.
pub enum Wrong {
    Torn,
    Silent,
    /// Two frames for one trigger.
    Twice,
    /// Its frame, and before it one that was exposed for no trigger, long ago.
    Stray,
    /// Its frame comes when the next tray is awaited.
    Late,
    /// The camera does not answer for so long.
    Hangs(Duration),
}

impl FrameSource for Numbered {
    fn presence(&self) -> Option<CameraPresence> {
        self.presence.clone()
    }

    fn trigger(&mut self, trigger: &Trigger) -> Result<(), String> {
        if let Some(trouble) = self.presence.as_ref().and_then(CameraPresence::trouble) {
            return Err(trouble);
        }
        self.next.extend(self.late.take());
        let wrong = (self.wrong)(trigger.id);
        if let Some(Wrong::Hangs(time)) = wrong {
            std::thread::sleep(time);
        }
        let own = shown(trigger)?;
        match wrong {
            Some(Wrong::Silent) => {}
            Some(Wrong::Late) => self.late = Some(own),
            Some(Wrong::Torn) => self.next.push_back(SourceFrame {
                picture: Err("half of it".to_owned()),
                ..own
            }),
            Some(Wrong::Twice) => self.next.extend([own.clone(), own]),
            Some(Wrong::Stray) => {
                let exposed = Moment::default();
                let stray = SourceFrame {
                    exposed,
                    picture: numbered(trigger.id.0 + 1),
                };
                self.next.extend([stray, own]);
            }
            Some(Wrong::Hangs(_)) | None => self.next.push_back(own),
        }
        Ok(())
    }

    fn next(&mut self, wait: Duration) -> Option<SourceFrame> {
        if self.next.is_empty() {
            std::thread::sleep(wait);
        }
        self.next.pop_front()
    }
}

/// What a camera shows that is triggered now: where it was busy for long the tray has moved on, and another lies there.
fn shown(trigger: &Trigger) -> Result<SourceFrame, String> {
    const MOVED_ON: Duration = Duration::from_millis(500);
    let now = Moment::now();
    let (exposed, number) = match now.since(trigger.seen) > MOVED_ON {
        true => (now, trigger.id.0 + 1),
        false => (trigger.seen, trigger.id.0),
    };
    let picture = numbered(number);
    Ok(SourceFrame { exposed, picture })
}

fn numbered(tray: u16) -> Result<Picture, String> {
    let frame = Frame::from_rgb(2, 2, vec![tray as u8; 12]).map_err(|e| e.to_string())?;
    Ok(Picture {
        frame: Arc::new(frame),
        source: "numbered".to_owned(),
        sha256: None,
        encoded: None,
    })
}

/// The shelf's report of the tray in the frame, at once: a frame of another tray takes out the other tray's cells.
pub struct Shelf;

impl TrayJudge for Shelf {
    fn judge(&mut self, frame: &Frame, facts: SourceFacts) -> Result<TrayReport, String> {
        let [number, ..] = frame.pixel(0, 0);
        let in_the_frame = Trigger {
            id: TriggerId(u16::from(number)),
            uid: facts.tray_uid.clone(),
            job: JobId(facts.job.unwrap_or(0) as u16),
            latched: EncoderCount(facts.encoder.unwrap_or(0)),
            seen: Moment::default(),
        };
        let mut report = rig::report(&in_the_frame);
        report.facts = facts;
        Ok(report)
    }
}

/// Counts from tray to tray: so few that the gates are far away in time. A busy machine makes no tray late.
const BETWEEN_TRAYS: u32 = 160;

/// No run of a line takes as long.
const LONGEST_RUN: Duration = Duration::from_mins(2);

/// Five trays a second, each 2.5 seconds from its gate.
const USUAL_SPEED: u32 = 800;

fn belt(counts_per_second: u32, trays: Option<u64>) -> PlantSettings {
    PlantSettings {
        plc: PlcSettings {
            // Many trays are on the way to the gates.
            queue: 64,
            ..plant_settings().plc
        },
        counts_per_second,
        counts_between_trays: BETWEEN_TRAYS,
        trays,
        waits_for_armed: true,
        ..PlantSettings::default()
    }
}

/// A job whose trays come close after each other.
pub fn fast_job(id: u16) -> SortJob {
    SortJob {
        least_counts_between_trays: BETWEEN_TRAYS / 2,
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

/// Runs so many trays into a store, with nothing else wrong.
fn run_into(store: StoreWriter, journal: Journal, plant: &SharedPlant, trays: u64) -> Summary {
    let done = AtomicBool::new(false);
    let unchanged = Changes::none(&done);
    run_under(store, journal, plant, trays, Conditions::usual(), unchanged)
}

/// What a line is up against, and how it is set up for that.
struct Conditions {
    camera: Script,
    presence: Option<CameraPresence>,
    suspend_after: u32,
    /// The newest moment in its store.
    newest_stored: Option<String>,
    /// The PLC's flags that an earlier run left up.
    flags: Vec<PlcFlag>,
    reference: ReferenceLook,
}

impl Conditions {
    fn usual() -> Self {
        Self {
            camera: Box::new(|_| None),
            presence: None,
            suspend_after: params().suspend_after,
            newest_stored: None,
            flags: Vec::new(),
            reference: ReferenceLook::default(),
        }
    }
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

impl<'a> Changes<'a> {
    /// None: the line ends when it is done, or has seen its trays.
    fn none(done: &'a AtomicBool) -> Self {
        Self {
            first: bench(Shelf),
            basis: vec![stated(rig::JOB.0)],
            asked: None,
            pictures: None,
            done,
        }
    }
}

/// Ends a line when its test does, by a failure as well: the threads beside it wait for it.
pub struct EndsWhenDropped<'a>(pub &'a AtomicBool);

impl Drop for EndsWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

pub fn run_with_changes(
    store: StoreWriter,
    journal: Journal,
    plant: &SharedPlant,
    trays: u64,
    wrong: impl Fn(TriggerId) -> Option<Wrong> + Send + 'static,
    changes: Changes<'_>,
) -> Summary {
    let conditions = Conditions {
        camera: Box::new(wrong),
        ..Conditions::usual()
    };
    run_under(store, journal, plant, trays, conditions, changes)
}

fn run_under(
    store: StoreWriter,
    journal: Journal,
    plant: &SharedPlant,
    trays: u64,
    conditions: Conditions,
    changes: Changes<'_>,
) -> Summary {
    let (_server, link) = rig::served(plant);
    let control = ControlParams {
        job: fast_job(rig::JOB.0),
        suspend_after: conditions.suspend_after,
        // What comes before the first look has its row too.
        last_trigger: Some(plant_settings().plc.trigger),
        ..params()
    };
    let source = Numbered {
        next: VecDeque::new(),
        late: None,
        wrong: conditions.camera,
        presence: conditions.presence,
    };
    let parts = LineParts {
        control: Control::new(control, Box::new(link)),
        camera: PairedCamera::new(Box::new(source), Duration::from_millis(50)),
        bench: changes.first,
        basis: changes.basis,
        changes: changes.asked,
        store,
        pictures: changes.pictures,
        journal,
        reference: conditions.reference,
        judge_trouble: None,
        newest_stored: conditions.newest_stored,
        rows: Vec::new(),
        flags: conditions.flags,
        board: None,
    };
    let begun = Stopwatch::start();
    let until = Until {
        // One that never gets so far fails by what it has not done.
        asked: &|| {
            let takes_for_ever = begun.milliseconds() > LONGEST_RUN.as_secs_f64() * 1e3;
            changes.done.load(Ordering::SeqCst) || takes_for_ever
        },
        trays: Some(trays),
    };
    run(parts, &until).unwrap()
}

pub fn plant(trays: u64) -> SharedPlant {
    plant_at(USUAL_SPEED, trays)
}

/// The same at another speed.
fn plant_at(counts_per_second: u32, trays: u64) -> SharedPlant {
    let settings = belt(counts_per_second, Some(trays));
    SharedPlant::new(SimulatedPlant::new(settings).unwrap())
}

/// A belt whose trays come whether the line is armed or not, half as often.
fn belt_that_goes_on() -> SharedPlant {
    let settings = PlantSettings {
        waits_for_armed: false,
        counts_between_trays: 2 * BETWEEN_TRAYS,
        ..belt(USUAL_SPEED, None)
    };
    SharedPlant::new(SimulatedPlant::new(settings).unwrap())
}

/// Stops the belt; the line looks at it meanwhile.
fn stop_belt(plant: &SharedPlant) {
    plant.lock().run_belt(false);
    std::thread::sleep(Duration::from_millis(500));
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
        let trigger = reader.report(tray.id).unwrap().facts.trigger.unwrap();
        assert_eq!(frame, *numbered(trigger as u16).unwrap().frame);
    }
}

#[track_caller]
pub fn wait_until(mut done: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
}
