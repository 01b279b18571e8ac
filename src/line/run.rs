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
//! | records | see [`StoreWriter`] | they are spilled to a file and taken in later |
//!
//! The machine loop never waits for camera, inspection or disk. It ends by disarming first; then the frame in hand
//! is judged and stored, the queues run empty and the store is closed.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::Duration;

use super::camera::{NoFrame, PairedCamera, Picture};
use super::control::{Control, Step, Trigger};
use super::exposition::Board;
use super::figures::{Figures, Span, Summary};
use super::journal::{InHand, Journal};
use super::ledger::{TrayNames, WallTime};
use crate::clock::{self, Moment};
use crate::frame::Frame;
use crate::inspect::{SourceFacts, TrayReport};
use crate::machine::Readiness;
use crate::sorting::TriggerId;
use crate::store::{CommandRecord, EventRecord, Record, StoreWriter, TrayRecord};

/// How often the actuator is looked at.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);
/// How often the figures are shown anew.
const BETWEEN_SHOWINGS: Duration = Duration::from_millis(500);
const TRIGGERS: usize = 4;
const FRAMES: usize = 2;
const JUDGEMENTS: usize = 64;
/// Trays whose times are kept until their command is accepted.
const MOST_TIMED: usize = 64;

/// Judges a frame. A tray that cannot be judged is a report too.
pub trait TrayJudge: Send {
    /// The report of a tray.
    ///
    /// # Errors
    /// The engine failed: nothing was judged.
    fn judge(&mut self, frame: &Frame, facts: SourceFacts) -> Result<TrayReport, String>;
}

/// What a line is made of.
pub struct LineParts {
    /// The decision loop, on its actuator.
    pub control: Control,
    /// The camera.
    pub camera: PairedCamera,
    /// The inspection.
    pub judge: Box<dyn TrayJudge>,
    /// The store.
    pub store: StoreWriter,
    /// The trays in hand.
    pub journal: Journal,
    /// The lot of all trays.
    pub lot: String,
    /// Why net, standard or challenge set do not allow arming, if so.
    pub judge_trouble: Option<String>,
    /// The newest moment in the store: a clock that is far behind it is not believed.
    pub newest_stored: Option<String>,
    /// Rows that the store was given before: in the journal until they are on the disk.
    pub rows: Vec<CommandRecord>,
    /// Where the figures are shown, if anywhere.
    pub board: Option<Board>,
}

/// Until when the line runs.
pub struct Until<'a> {
    /// Whether it was asked to end.
    pub asked: &'a dyn Fn() -> bool,
    /// After so many trays.
    pub trays: Option<u64>,
}

/// A frame on its way to the inspection.
struct Exposed {
    trigger: Trigger,
    picture: Picture,
    at: Moment,
}

/// What became of a trigger's tray.
enum Outcome {
    Judged {
        trigger: Trigger,
        report: Box<TrayReport>,
        exposed: Moment,
    },
    NotJudged {
        trigger: Trigger,
        reason: String,
        camera_silent: bool,
    },
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
        judge,
        store,
        journal,
        lot,
        judge_trouble,
        newest_stored,
        rows,
        board,
    } = parts;
    let mut floor = MachineFloor {
        first_name: control.ledger().last_name(),
        control,
        store,
        journal,
        triggers: Some(triggers),
        figures: Figures::new()?,
        times: Vec::new(),
        readiness: Readiness {
            judge: judge_trouble,
            ..Readiness::default()
        },
        newest_stored,
        kept_trigger: None,
        handed: rows.len() as u64,
        unsettled: rows,
        board,
        shown: Moment::default(),
        lost: 0,
    };
    std::thread::scope(|scope| {
        let to_machine = outcomes.clone();
        let threads = [
            spawn(scope, "camera", move || {
                keep_exposing(camera, &awaited, &frames, &to_machine);
            }),
            spawn(scope, "inspection", move || {
                keep_judging(judge, &lot, &exposed, &outcomes);
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

fn keep_exposing(
    mut camera: PairedCamera,
    triggers: &Receiver<Trigger>,
    frames: &SyncSender<Exposed>,
    outcomes: &SyncSender<Outcome>,
) {
    for trigger in triggers {
        let picture = match camera.expose(&trigger) {
            Ok(picture) => picture,
            Err(error) => {
                if outcomes.send(without_frame(trigger, &error)).is_err() {
                    return;
                }
                continue;
            }
        };
        let at = Moment::now();
        let full = match frames.try_send(Exposed {
            trigger,
            picture,
            at,
        }) {
            Ok(()) => continue,
            Err(TrySendError::Full(exposed) | TrySendError::Disconnected(exposed)) => exposed,
        };
        let behind = Outcome::NotJudged {
            trigger: full.trigger,
            reason: "the inspection is behind the belt".to_owned(),
            camera_silent: false,
        };
        if outcomes.send(behind).is_err() {
            return;
        }
    }
}

fn without_frame(trigger: Trigger, error: &NoFrame) -> Outcome {
    Outcome::NotJudged {
        trigger,
        reason: error.to_string(),
        camera_silent: error.is_camera_silent(),
    }
}

fn keep_judging(
    mut judge: Box<dyn TrayJudge>,
    lot: &str,
    frames: &Receiver<Exposed>,
    outcomes: &SyncSender<Outcome>,
) {
    for Exposed {
        trigger,
        picture,
        at,
    } in frames
    {
        let facts = SourceFacts {
            source: picture.source,
            tray_uid: trigger.uid.clone(),
            image_sha256: picture.sha256,
            captured_at: Some(clock::now().to_string()),
            job: Some(u32::from(trigger.job.0)),
            lot: Some(lot.to_owned()),
            tray_code: None,
            tray_code_reason: None,
            trigger: Some(u32::from(trigger.id.0)),
            encoder: Some(trigger.latched.0),
            pass: 1,
        };
        let outcome = match judge.judge(&picture.frame, facts) {
            Ok(report) => Outcome::Judged {
                trigger,
                report: Box::new(report),
                exposed: at,
            },
            Err(error) => Outcome::NotJudged {
                trigger,
                reason: format!("the inspection failed: {error}"),
                camera_silent: false,
            },
        };
        if outcomes.send(outcome).is_err() {
            return;
        }
    }
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
    journal: Journal,
    triggers: Option<SyncSender<Trigger>>,
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
}

impl MachineFloor {
    fn work(&mut self, outcomes: &Receiver<Outcome>, until: &Until<'_>) {
        while !(until.asked)() && !until.trays.is_some_and(|most| self.has_ended(most)) {
            let started = Moment::now();
            self.step(started);
            let left = BETWEEN_LOOKS.saturating_sub(Moment::now().since(started));
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
        self.look_after_readiness();
        let at = wall_time();
        let step = self.control.step(now, &at, &self.readiness);
        self.carry_out(step, now, &at);
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
        board.show(self.figures.exposition(counts, stored, vision, trays));
    }

    fn look_after_readiness(&mut self) {
        let lost = self.store.counters().lost;
        self.readiness.store = (lost > self.lost).then(|| {
            let complaint = self.store.complaint().unwrap_or_default();
            format!("records are being lost: {complaint}")
        });
        self.lost = lost;
        self.readiness.clock = clock::trouble(self.newest_stored.as_deref());
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
            self.write(Record::Event(EventRecord {
                at: at.text.clone(),
                kind: happening.kind.to_owned(),
                message: happening.message,
                detail: None,
            }));
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
        if let Err(TrySendError::Full(trigger) | TrySendError::Disconnected(trigger)) =
            queue.try_send(trigger)
        {
            self.control
                .not_judged(&trigger, "the camera is behind the belt", at);
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
                camera_silent,
            } => {
                if camera_silent {
                    self.readiness.camera = Some(reason.clone());
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
    }

    fn summary(self) -> Summary {
        let counts = self.control.counts();
        let trays = self.control.ledger().opened();
        let mismatched = self.control.mismatched();
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
            latency_ms: self.figures.latency(),
            store: stored,
        }
    }
}

fn wall_time() -> WallTime {
    WallTime {
        text: clock::now().to_string(),
    }
}
