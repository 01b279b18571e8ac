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

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::Duration;

use super::asked::{AskedChange, Change};
use super::camera::PairedCamera;
use super::control::{Control, SortJob, Step, Trigger};
use super::exposition::Board;
use super::figures::{Figures, Span, Summary};
use super::journal::{InHand, Journal};
use super::ledger::{TrayNames, WallTime};
use super::parts_told::PartsTold;
use super::picture_keeper::{PictureKeeper, Pictures};
use super::stations::{Bench, Fault, Outcome, Triggered, keep_exposing, keep_judging};
use crate::clock::{self, Moment};
use crate::machine::Readiness;
use crate::sorting::TriggerId;
use crate::store::{
    CommandRecord, EventRecord, LinePart, OrderNumber, PartHealth, Record, Statement,
    StoreCounters, StoreWriter, TrayRecord,
};

/// How often the actuator is looked at.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);
/// How often it is looked at while a command waits for its answer: the next command waits with it.
const BETWEEN_LOOKS_FOR_AN_ANSWER: Duration = Duration::from_millis(1);
/// A store that lost records is not trusted again before this.
const DISTRUST: Duration = Duration::from_secs(5);
/// How often the figures are shown anew.
const BETWEEN_SHOWINGS: Duration = Duration::from_millis(500);
const TRIGGERS: usize = 4;
const FRAMES: usize = 2;
const JUDGEMENTS: usize = 64;
/// Trays whose times are kept until their command is accepted.
const MOST_TIMED: usize = 64;
/// Why a line whose job was ended is not armed.
const NO_JOB: &str = "the last one was ended and no other has begun";

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
    let LineParts {
        control,
        camera,
        bench,
        basis,
        changes,
        store,
        pictures,
        journal,
        reference,
        judge_trouble,
        newest_stored,
        rows,
        board,
    } = parts;
    let offers = pictures.as_ref().and_then(PictureKeeper::offers);
    let mut floor = MachineFloor {
        first_name: control.ledger().last_name(),
        control,
        store,
        pictures: Pictures::of(pictures),
        journal,
        triggers: Some(triggers),
        figures: Figures::new()?,
        times: Vec::new(),
        readiness: Readiness {
            reference: reference.trouble,
            judge: judge_trouble,
            ..Readiness::default()
        },
        newest_stored,
        kept_trigger: None,
        handed: rows.len() as u64,
        unsettled: rows,
        board,
        shown: Moment::default(),
        changes,
        bench: None,
        lost: 0,
        spilling: false,
        lost_at: None,
        inspection: None,
        told: PartsTold::default(),
    };
    if let Some(event) = reference.event {
        floor.write(Record::Event(event));
    }
    floor.state(basis);
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
        floor.work(&judged, until);
        floor.finish(&judged);
        for thread in threads.into_iter().flatten() {
            if thread.join().is_err() {
                tracing::error!("a thread of the line ended abnormally");
            }
        }
    });
    Ok(floor.summary())
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

/// When a tray was where.
struct Times {
    tray: TriggerId,
    exposed: Moment,
    judged: Moment,
    written: Option<Moment>,
}

/// The machine loop with all that it owns.
struct MachineFloor {
    control: Control,
    store: StoreWriter,
    pictures: Pictures,
    journal: Journal,
    triggers: Option<SyncSender<Triggered>>,
    changes: Option<Receiver<AskedChange>>,
    /// Who judges from the next tray on, where that changes.
    bench: Option<Bench>,
    figures: Figures,
    times: Vec<Times>,
    readiness: Readiness,
    newest_stored: Option<String>,
    first_name: u64,
    /// The last trigger that the journal has.
    kept_trigger: Option<TriggerId>,
    board: Option<Board>,
    /// When the figures were last shown.
    shown: Moment,
    /// Records given to the store.
    handed: u64,
    /// Rows that may not be on the disk yet.
    unsettled: Vec<CommandRecord>,
    /// Records that were lost when the store was last asked.
    lost: u64,
    /// Whether records waited in the spill file then.
    spilling: bool,
    /// When records were last seen to be lost.
    lost_at: Option<Moment>,
    /// Why the last tray could not be judged, where the inspection itself failed.
    inspection: Option<String>,
    /// What people were told of camera, actuator, store and net.
    told: PartsTold,
}

impl MachineFloor {
    fn work(&mut self, outcomes: &Receiver<Outcome>, until: &Until<'_>) {
        while !(until.asked)() && !until.trays.is_some_and(|most| self.has_ended(most)) {
            let started = Moment::now();
            self.step(started);
            let pause = match self.control.awaits_answer() {
                true => BETWEEN_LOOKS_FOR_AN_ANSWER,
                false => BETWEEN_LOOKS,
            };
            let left = pause.saturating_sub(Moment::now().since(started));
            match outcomes.recv_timeout(left) {
                // A judgement is acted on at once, not at the next look.
                Ok(outcome) => self.take(outcome),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    tracing::error!("camera and inspection have ended");
                    return;
                }
            }
        }
    }

    /// Whether the first so many trays have their rows.
    fn has_ended(&self, most: u64) -> bool {
        let last = self.first_name.saturating_add(most);
        let ledger = self.control.ledger();
        let waits = |uid: &str| TrayNames::number_of(uid).is_none_or(|number| number <= last);
        ledger.opened() >= most && !ledger.open_trays().iter().any(|tray| waits(&tray.uid))
    }

    fn step(&mut self, now: Moment) {
        let at = wall_time();
        self.look_after_readiness(now);
        self.change_job(&at);
        self.tell_of_dropped_pictures(now, &at);
        let step = self.control.step(now, &at, &self.readiness);
        self.carry_out(step, now, &at);
        self.tell_of_parts(&at);
        self.show_figures(now);
    }

    fn show_figures(&mut self, now: Moment) {
        let Some(board) = &self.board else {
            return;
        };
        if now.since(self.shown) < BETWEEN_SHOWINGS {
            return;
        }
        self.shown = now;
        let (counts, vision) = (self.control.counts(), self.control.vision());
        let trays = self.control.ledger().opened();
        let stored = self.store.counters();
        let pictures = self.pictures.counters().unwrap_or_default();
        let exposition = self
            .figures
            .exposition(counts, stored, pictures, vision, trays);
        board.show(exposition);
    }

    fn look_after_readiness(&mut self, now: Moment) {
        let stored = self.store.counters();
        self.tell_of_spilled(stored);
        let lost = stored.lost;
        if std::mem::replace(&mut self.lost, lost) < lost {
            self.lost_at = Some(now);
        }
        let loses = self.lost_at.is_some_and(|at| now.since(at) < DISTRUST);
        self.readiness.store = (loses || self.store.is_failing()).then(|| {
            let complaint = self.store.complaint().unwrap_or_default();
            let what = if loses {
                "are being lost"
            } else {
                "wait for room"
            };
            format!("records {what}: {complaint}")
        });
        self.readiness.clock = clock::trouble(self.newest_stored.as_deref());
    }

    /// A store that lags stops nothing: the log says so, and when all is made good.
    fn tell_of_spilled(&mut self, stored: StoreCounters) {
        let spilling = stored.spilled > stored.taken_in;
        if std::mem::replace(&mut self.spilling, spilling) == spilling {
            return;
        }
        if spilling {
            let behind = || "it is behind".to_owned();
            let complaint = self.store.complaint().unwrap_or_else(behind);
            tracing::warn!("records are spilled until the store takes them: {complaint}");
        } else {
            tracing::info!("{} spilled records are in the store", stored.taken_in);
        }
    }

    /// A picture that is not kept stops nothing; people find in the events that some are missing.
    fn tell_of_dropped_pictures(&mut self, now: Moment, at: &WallTime) {
        if let Some(message) = self.pictures.newly_dropped(now) {
            tracing::warn!("{message}");
            self.write(event("pictures_dropped", message, at));
        }
    }

    /// Each part by itself, whether it keeps the line from being armed or not.
    fn tell_of_parts(&mut self, at: &WallTime) {
        let (readiness, control) = (&self.readiness, &self.control);
        let news = self.told.news(|part| match part {
            LinePart::Camera => readiness.camera.clone().or(readiness.reference.clone()),
            LinePart::Actuator => control.actuator_trouble().map(str::to_owned),
            LinePart::Store => readiness.store.clone(),
            LinePart::Net => readiness.judge.clone().or(self.inspection.clone()),
        });
        for health in news {
            self.write(Record::Event(health.event(&at.text)));
        }
    }

    /// Takes up another job, where one is asked for: no trigger that was seen before comes under it.
    fn change_job(&mut self, at: &WallTime) {
        let Some(Ok(asked)) = self.changes.as_ref().map(Receiver::try_recv) else {
            return;
        };
        let (kind, message) = match asked.change {
            Ok(Change::Job(change)) => self.take_up_job(*change),
            Ok(Change::End) => self.end_job(),
            Err(why) => ("job_refused", why),
        };
        match kind {
            "job_refused" => tracing::error!("{kind}: {message}"),
            _ => tracing::info!("{kind}: {message}"),
        }
        self.write(answer(kind, message, asked.order, at));
    }

    /// What is on its way is sorted to its end; then the line stands disarmed until another job begins.
    fn end_job(&mut self) -> (&'static str, String) {
        self.control.end_job();
        self.readiness.job = Some(NO_JOB.to_owned());
        (
            "job_ended",
            "trays go to the safe gate until another job begins".to_owned(),
        )
    }

    fn take_up_job(&mut self, change: JobChange) -> (&'static str, String) {
        match self.control.change_job(change.job) {
            Ok(()) => {
                self.bench = Some(change.bench);
                self.readiness.judge = None;
                self.readiness.job = None;
                self.state(change.basis);
                ("job_changed", change.said)
            }
            Err(why) => ("job_refused", format!("{}: {why}", change.said)),
        }
    }

    fn carry_out(&mut self, step: Step, now: Moment, at: &WallTime) {
        for trigger in step.triggers {
            self.expose(trigger, at);
        }
        for tray in step.written {
            self.time_written(tray, now);
        }
        for tray in step.accepted {
            self.time_accepted(tray, Moment::now());
        }
        for happening in step.happenings {
            self.write(event(happening.kind, happening.message, at));
        }
        let rows = !step.rows.is_empty();
        for row in step.rows {
            self.unsettled.push(row.clone());
            self.write(Record::Command(row));
        }
        let counters = self.store.counters();
        let settled = counters.written + counters.spilled + counters.lost >= self.handed;
        let cleared = settled && !self.unsettled.is_empty() && !rows;
        if cleared {
            self.unsettled.clear();
        }
        let trigger = self.control.last_trigger();
        let moved = std::mem::replace(&mut self.kept_trigger, trigger) != trigger;
        if self.control.ledger_mut().take_changed() || rows || cleared || moved {
            self.journal.keep(self.in_hand());
        }
    }

    fn in_hand(&self) -> InHand {
        let ledger = self.control.ledger();
        InHand {
            last_trigger: self.control.last_trigger().map(|trigger| trigger.0),
            last_name: ledger.last_name(),
            open: ledger.open_trays().iter().cloned().collect(),
            rows: self
                .unsettled
                .iter()
                .chain(ledger.rows())
                .cloned()
                .collect(),
        }
    }

    fn expose(&mut self, trigger: Trigger, at: &WallTime) {
        let Some(queue) = &self.triggers else {
            return;
        };
        let bench = self.bench.take();
        if let Err(TrySendError::Full(behind) | TrySendError::Disconnected(behind)) =
            queue.try_send(Triggered { trigger, bench })
        {
            self.bench = behind.bench;
            self.control
                .not_judged(&behind.trigger, "the camera is behind the belt", at);
        }
    }

    fn take(&mut self, outcome: Outcome) {
        let (now, at) = (Moment::now(), wall_time());
        match outcome {
            Outcome::Judged {
                trigger,
                report,
                exposed,
            } => {
                self.readiness.camera = None;
                self.inspection = None;
                self.figures
                    .record(Span::Expose, exposed.since(trigger.seen));
                self.figures.record(Span::Inspect, now.since(exposed));
                if self.times.len() >= MOST_TIMED {
                    self.times.remove(0);
                }
                self.times.push(Times {
                    tray: trigger.id,
                    exposed,
                    judged: now,
                    written: None,
                });
                self.control.judged(&report, &at);
                self.write(Record::Tray(Box::new(TrayRecord {
                    received_at: at.text,
                    report: *report,
                })));
            }
            Outcome::NotJudged {
                trigger,
                reason,
                fault,
            } => {
                match fault {
                    Some(Fault::CameraSilent) => self.readiness.camera = Some(reason.clone()),
                    Some(Fault::InspectionFailed) => self.inspection = Some(reason.clone()),
                    None => {}
                }
                tracing::warn!("tray {} was not judged: {reason}", trigger.id.0);
                self.control.not_judged(&trigger, &reason, &at);
            }
        }
    }

    fn time_written(&mut self, tray: TriggerId, now: Moment) {
        if let Some(times) = self.times.iter_mut().rfind(|times| times.tray == tray) {
            times.written = Some(now);
            self.figures.record(Span::Send, now.since(times.judged));
        }
    }

    fn time_accepted(&mut self, tray: TriggerId, now: Moment) {
        let found = self.times.iter().rposition(|times| times.tray == tray);
        if let Some(times) = found.map(|index| self.times.remove(index)) {
            let written = times.written.unwrap_or(now);
            self.figures.record(Span::Accept, now.since(written));
            self.figures.record(Span::Whole, now.since(times.exposed));
        }
    }

    fn write(&mut self, record: Record) {
        self.handed += 1;
        self.store.write(record);
    }

    /// Stores what the trays to come are judged by, by the way of every record.
    fn state(&mut self, basis: Vec<Statement>) {
        for statement in basis {
            self.write(Record::Statement(statement));
        }
    }

    /// Disarms, has the frame in hand judged and stored, and empties the queues.
    fn finish(&mut self, outcomes: &Receiver<Outcome>) {
        self.control.end(&wall_time());
        // Tells the actuator, and hands over the rows that wait.
        self.step(Moment::now());
        while self.control.ledger().has_rows() {
            self.step(Moment::now());
        }
        self.triggers = None;
        for outcome in outcomes {
            self.take(outcome);
        }
        self.write(Record::Event(
            PartHealth::LineEnded.event(&wall_time().text),
        ));
    }

    fn summary(self) -> Summary {
        let counts = self.control.counts();
        let trays = self.control.ledger().opened();
        let mismatched = self.control.mismatched();
        let pictures = self.pictures.close();
        let stored = self.store.close();
        let in_hand = InHand {
            last_trigger: self.control.last_trigger().map(|trigger| trigger.0),
            last_name: self.control.ledger().last_name(),
            ..InHand::default()
        };
        self.journal.keep(in_hand);
        Summary {
            trays,
            graded: counts.graded,
            ungraded: counts.ungraded,
            commands_sent: counts.sent,
            commands_late: counts.late + counts.refused_late,
            commands_refused: counts.refused,
            commands_mismatched: mismatched,
            latency_ms: self.figures.latency(Span::Whole),
            stages_ms: self.figures.stages(),
            store: stored,
            pictures,
        }
    }
}

fn event(kind: &str, message: String, at: &WallTime) -> Record {
    Record::Event(EventRecord {
        at: at.text.clone(),
        kind: kind.to_owned(),
        message,
        detail: None,
    })
}

/// What the line says to who asked; an answer to an order names it, so that people see what became of theirs.
fn answer(kind: &str, message: String, order: Option<OrderNumber>, at: &WallTime) -> Record {
    Record::Event(EventRecord {
        at: at.text.clone(),
        kind: kind.to_owned(),
        message,
        detail: order.map(|order| serde_json::json!({ "order": order })),
    })
}

fn wall_time() -> WallTime {
    WallTime {
        text: clock::now().to_string(),
    }
}
