//! The line's threads and queues.
//!
//! ```text
//! machine loop ──trigger──▶ camera ──frame──▶ inspection ──judgement──▶ machine loop ──record──▶ store
//! ```
//!
//! | queue | holds | when it is full |
//! |---|---|---|
//! | triggers | 4 | the tray goes ungraded: the camera is behind |
//! | frames | 2 | the tray goes ungraded: the inspection is behind the belt |
//! | judgements | 64 | the inspection waits; the machine loop empties it every few milliseconds |
//! | pictures | 4 | the picture is dropped and counted: the keeper is behind the belt |
//! | records | see [`StoreWriter`] | they are spilled to a file and taken in when the store takes records again |
//!
//! Another job (see [`AskedChange`]) is taken up between two trays: those that came before keep their judge, their
//! standard and their gates.
//!
//! The machine loop never waits for camera, inspection or disk. It ends by disarming first; then the frame in hand
//! is judged and stored, the queues run empty and the store is closed.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};

use super::asked::AskedChange;
use super::camera::PairedCamera;
use super::control::{Control, SortJob};
use super::exposition::Board;
use super::figures::Summary;
use super::journal::Journal;
use super::machine_floor::{Floor, MachineFloor};
use super::picture_keeper::PictureKeeper;
use super::stations::{Bench, keep_exposing, keep_judging};
use crate::clock::Moment;
use crate::store::{CommandRecord, EventRecord, PlcFlag, Statement, StoreWriter};

const TRIGGERS: usize = 4;
const FRAMES: usize = 2;
const JUDGEMENTS: usize = 64;

/// Another job, net or standard for a line that runs, ready to judge.
pub struct JobChange {
    /// What trays are sorted by.
    pub job: SortJob,
    /// Who judges them.
    pub bench: Bench,
    /// What they are judged by, for the store: lot, job, standard, nets.
    pub basis: Vec<Statement>,
    /// In words, for people who look it up later.
    pub said: String,
}

/// What a line is made of.
pub struct LineParts {
    /// The decision loop, on its actuator.
    pub control: Control,
    /// The camera.
    pub camera: PairedCamera,
    /// The inspection of the job that it begins with.
    pub bench: Bench,
    /// What that job's trays are judged by, for the store: lot, job, standard, nets.
    pub basis: Vec<Statement>,
    /// Where other jobs come from, if from anywhere.
    pub changes: Option<Receiver<AskedChange>>,
    /// The store.
    pub store: StoreWriter,
    /// What keeps pictures, where any are kept.
    pub pictures: Option<PictureKeeper>,
    /// The trays in hand.
    pub journal: Journal,
    /// What the reference tray showed, where the camera has a calibration.
    pub reference: ReferenceLook,
    /// Why net, standard or challenge set do not allow arming, if so.
    pub judge_trouble: Option<String>,
    /// The newest moment in the store: a clock that is far behind it is not believed.
    pub newest_stored: Option<String>,
    /// Rows that the store was given before: in the journal until they are on the disk.
    pub rows: Vec<CommandRecord>,
    /// Flags of the PLC that an earlier run told of, and not that they were over.
    pub flags: Vec<PlcFlag>,
    /// Where the figures are shown, if anywhere.
    pub board: Option<Board>,
}

/// What came of looking at the reference tray before the run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReferenceLook {
    /// Why the camera does not allow arming, if so.
    pub trouble: Option<String>,
    /// What people look up later.
    pub event: Option<EventRecord>,
    /// When another look is due, where the configuration says how long one holds.
    pub next: Option<NextLook>,
}

/// Another look at the reference tray. The line does not stop for it: a belt full of trays is no place to do so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextLook {
    /// From then on it is overdue.
    pub due: Moment,
    /// What is said then.
    pub overdue: String,
    /// Whether a line that is not armed then must not be armed without it.
    pub is_required: bool,
}

impl ReferenceLook {
    /// What is said of a look that is overdue, if it is.
    pub(super) fn overdue(&self, now: Moment) -> Option<&str> {
        let next = self.next.as_ref().filter(|next| next.due <= now)?;
        Some(&next.overdue)
    }

    /// Why the line must not be armed now, if so.
    pub(super) fn keeps_from_arming(&self, now: Moment) -> Option<String> {
        let is_required = self.next.as_ref().is_some_and(|next| next.is_required);
        let overdue = self.overdue(now).filter(|_| is_required);
        self.trouble.clone().or(overdue.map(str::to_owned))
    }
}

/// Until when the line runs.
pub struct Until<'a> {
    /// Whether it was asked to end; also asked to learn that the line is alive.
    pub asked: &'a dyn Fn() -> bool,
    /// After so many trays.
    pub trays: Option<u64>,
}

/// Runs the line until it is asked to end or has seen its trays.
///
/// # Errors
/// The figures cannot be kept.
pub fn run(parts: LineParts, until: &Until<'_>) -> Result<Summary, hdrhistogram::CreationError> {
    let (triggers, awaited) = sync_channel(TRIGGERS);
    let (frames, exposed) = sync_channel(FRAMES);
    let (outcomes, judged) = sync_channel(JUDGEMENTS);
    let Floor {
        mut machine,
        camera,
        bench,
        offers,
    } = MachineFloor::set_up(parts, triggers)?;
    std::thread::scope(|scope| {
        let to_machine = outcomes.clone();
        let threads = [
            spawn(scope, "camera", move || {
                keep_exposing(camera, &awaited, &frames, &to_machine);
            }),
            spawn(scope, "inspection", move || {
                keep_judging(bench, &exposed, &outcomes, offers.as_ref());
            }),
        ];
        machine.work(&judged, until);
        machine.finish(&judged);
        for thread in threads.into_iter().flatten() {
            if thread.join().is_err() {
                tracing::error!("a thread of the line ended abnormally");
            }
        }
    });
    Ok(machine.summary())
}

fn spawn<'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    work: impl FnOnce() + Send + 'scope,
) -> Option<ScopedJoinHandle<'scope, ()>> {
    let builder = std::thread::Builder::new().name(name.to_owned());
    let started = builder.spawn_scoped(scope, work);
    started
        .inspect_err(|error| tracing::error!("thread {name} cannot be started: {error}"))
        .ok()
}
