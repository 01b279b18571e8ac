//! The machine loop: triggers to the camera, judgements to the actuator, what happened to the store.
//!
//! It waits for neither camera nor inspection nor disk.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::time::Duration;

use super::asked::{AskedChange, Change};
use super::camera::{CameraPresence, PairedCamera};
use super::control::{Control, Step, Trigger};
use super::exposition::Board;
use super::figures::{Figures, Span, Standing, Summary};
use super::flags_told::FlagsTold;
use super::journal::{InHand, Journal};
use super::ledger::{TrayNames, WallTime};
use super::parts_told::PartsTold;
use super::picture_keeper::{PictureOffers, Pictures};
use super::record_way::RecordWay;
use super::run::{JobChange, LineParts, ReferenceLook, Until};
use super::stations::{Bench, Fault, Outcome, Triggered};
use super::tray_times::TrayTimes;
use crate::clock::{self, Moment};
use crate::machine::Readiness;
use crate::sorting::TriggerId;
use crate::store::{EventRecord, LinePart, OrderNumber, PartHealth, Record, Statement, TrayRecord};

/// How often the actuator is looked at.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);
/// How often it is looked at while a command waits for its answer: the next command waits with it.
const BETWEEN_LOOKS_FOR_AN_ANSWER: Duration = Duration::from_millis(1);
/// How often the figures are shown anew.
const BETWEEN_SHOWINGS: Duration = Duration::from_millis(500);
/// Why a line whose job was ended is not armed.
const NO_JOB: &str = "the last one was ended and no other has begun";

/// A line set up: its machine loop, and what the threads beside it work with.
pub(super) struct Floor {
    pub machine: MachineFloor,
    pub camera: PairedCamera,
    pub bench: Bench,
    pub offers: Option<PictureOffers>,
}

/// The machine loop with all that it owns.
pub(super) struct MachineFloor {
    control: Control,
    records: RecordWay,
    pictures: Pictures,
    journal: Journal,
    triggers: Option<SyncSender<Triggered>>,
    changes: Option<Receiver<AskedChange>>,
    /// Who judges from the next tray on, where that changes.
    bench: Option<Bench>,
    times: TrayTimes,
    readiness: Readiness,
    /// What the reference tray showed, and when it is to be looked at again.
    reference: ReferenceLook,
    /// Why the last tray has no frame, where the camera is to be doubted for it.
    silent: Option<String>,
    presence: Option<CameraPresence>,
    newest_stored: Option<String>,
    first_name: u64,
    /// The last trigger that the journal has.
    kept_trigger: Option<TriggerId>,
    board: Option<Board>,
    /// When the figures were last shown.
    shown: Moment,
    /// Why the last tray could not be judged, where the inspection itself failed.
    inspection: Option<String>,
    /// What people were told of camera, actuator, store and net.
    told: PartsTold,
    /// What they were told of the PLC's flags.
    flags: FlagsTold,
}

impl MachineFloor {
    /// Shares a line's parts out, and stores what the reference tray showed and what the first job judges by.
    ///
    /// # Errors
    /// The figures cannot be kept.
    pub fn set_up(
        parts: LineParts,
        triggers: SyncSender<Triggered>,
    ) -> Result<Floor, hdrhistogram::CreationError> {
        let mut machine = Self {
            first_name: parts.control.ledger().last_name(),
            control: parts.control,
            records: RecordWay::new(parts.store, parts.rows),
            triggers: Some(triggers),
            times: TrayTimes::new(Figures::new()?),
            readiness: Readiness {
                judge: parts.judge_trouble,
                ..Readiness::default()
            },
            reference: parts.reference,
            silent: None,
            presence: parts.camera.presence(),
            newest_stored: parts.newest_stored,
            journal: parts.journal,
            kept_trigger: None,
            board: parts.board,
            shown: Moment::default(),
            changes: parts.changes,
            bench: None,
            inspection: None,
            told: PartsTold::default(),
            flags: FlagsTold::left_up(&parts.flags),
            pictures: Pictures::of(parts.pictures),
        };
        if let Some(event) = machine.reference.event.take() {
            machine.records.write(Record::Event(event));
        }
        machine.state(parts.basis);
        Ok(Floor {
            offers: machine.pictures.offers(),
            machine,
            camera: parts.camera,
            bench: parts.bench,
        })
    }

    /// Looks after the machine until the line is asked to end or has seen its trays.
    pub fn work(&mut self, outcomes: &Receiver<Outcome>, until: &Until<'_>) {
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
        let flags_changed = self.tell_of_flags(now, &at);
        self.carry_out(step, now, &at, flags_changed);
        self.tell_of_parts(now, &at);
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
        let ledger = self.control.ledger();
        let standing = Standing {
            vision: self.control.vision(),
            trays: ledger.opened(),
            in_hand: ledger.open_trays().len(),
            in_trouble: self.told.in_trouble(),
            flags: self.control.flags(),
        };
        let counts = self.control.counts();
        let stored = self.records.counters();
        let pictures = self.pictures.counters().unwrap_or_default();
        let figures = self.times.figures();
        let exposition = figures.exposition(counts, stored, pictures, &standing);
        board.show(exposition);
    }

    fn look_after_readiness(&mut self, now: Moment) {
        let absent = self.presence.as_ref().and_then(CameraPresence::trouble);
        self.readiness.camera = absent.or_else(|| self.silent.clone());
        self.readiness.reference = self.reference.keeps_from_arming(now);
        self.readiness.store = self.records.trouble(now);
        self.readiness.clock = clock::trouble(self.newest_stored.as_deref());
    }

    /// A picture that is not kept stops nothing; people find in the events that some are missing.
    fn tell_of_dropped_pictures(&mut self, now: Moment, at: &WallTime) {
        if let Some(message) = self.pictures.newly_dropped(now) {
            tracing::warn!("{message}");
            self.records.write(event("pictures_dropped", message, at));
        }
    }

    /// Each part by itself, whether it keeps the line from being armed or not.
    fn tell_of_parts(&mut self, now: Moment, at: &WallTime) {
        let (readiness, control) = (&self.readiness, &self.control);
        let overdue = || self.reference.overdue(now).map(str::to_owned);
        let news = self.told.news(|part| match part {
            LinePart::Camera => {
                let camera = readiness.camera.clone();
                camera.or(readiness.reference.clone()).or_else(overdue)
            }
            LinePart::Actuator => control.actuator_trouble().map(str::to_owned),
            LinePart::Store => readiness.store.clone(),
            LinePart::Net => readiness.judge.clone().or(self.inspection.clone()),
        });
        for health in news {
            self.records.write(Record::Event(health.event(&at.text)));
        }
    }

    /// A gate that is full and an infeed that stands change nothing here; people are told. Whether there was news.
    fn tell_of_flags(&mut self, now: Moment, at: &WallTime) -> bool {
        let news = self.flags.news(self.control.flags(), now);
        for (flag, is_up) in &news {
            let event = flag.event(*is_up, &at.text);
            match is_up {
                true => tracing::warn!("{}: {}", event.kind, event.message),
                false => tracing::info!("{}: {}", event.kind, event.message),
            }
            self.records.write(Record::Event(event));
        }
        !news.is_empty()
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
        self.records.write(answer(kind, message, asked.order, at));
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

    fn carry_out(&mut self, step: Step, now: Moment, at: &WallTime, flags_changed: bool) {
        for trigger in step.triggers {
            self.expose(trigger, at);
        }
        for tray in step.written {
            self.times.written(tray, now);
        }
        for tray in step.accepted {
            self.times.accepted(tray, Moment::now());
        }
        for happening in step.happenings {
            self.records
                .write(event(happening.kind, happening.message, at));
        }
        let rows = !step.rows.is_empty();
        for row in step.rows {
            self.records.write_row(row);
        }
        let cleared = !rows && self.records.settle();
        let trigger = self.control.last_trigger();
        let moved = std::mem::replace(&mut self.kept_trigger, trigger) != trigger;
        if self.control.ledger_mut().take_changed() || rows || cleared || moved || flags_changed {
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
                .records
                .unsettled()
                .iter()
                .chain(ledger.rows())
                .cloned()
                .collect(),
            reports: self.records.unsettled_reports().to_vec(),
            flags: self.flags.up(),
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
                self.silent = None;
                self.inspection = None;
                self.times.judged(trigger.id, [trigger.seen, exposed], now);
                if let Some(stages) = &report.timing_ms {
                    self.times.inspected(stages);
                }
                self.control.judged(&report, &at);
                self.records.write_report(TrayRecord {
                    received_at: at.text,
                    report: *report,
                });
            }
            Outcome::NotJudged {
                trigger,
                reason,
                fault,
            } => {
                match fault {
                    Some(Fault::CameraSilent) => self.silent = Some(reason.clone()),
                    Some(Fault::InspectionFailed) => self.inspection = Some(reason.clone()),
                    None => {}
                }
                tracing::warn!("tray {} was not judged: {reason}", trigger.id.0);
                self.control.not_judged(&trigger, &reason, &at);
            }
        }
    }

    /// Stores what the trays to come are judged by, by the way of every record.
    fn state(&mut self, basis: Vec<Statement>) {
        for statement in basis {
            self.records.write(Record::Statement(statement));
        }
    }

    /// Disarms, has the frame in hand judged and stored, and empties the queues.
    pub fn finish(&mut self, outcomes: &Receiver<Outcome>) {
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
        self.records.write(Record::Event(
            PartHealth::LineEnded.event(&wall_time().text),
        ));
    }

    /// Closes pictures, store and journal; what came of the run.
    pub fn summary(self) -> Summary {
        let counts = self.control.counts();
        let trays = self.control.ledger().opened();
        let mismatched = self.control.mismatched();
        let pictures = self.pictures.close();
        let stored = self.records.close();
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
            latency_ms: self.times.figures().latency(Span::Whole),
            stages_ms: self.times.figures().stages(),
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
