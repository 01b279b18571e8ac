//! The line as its actuator sees it, with its state in its type: what may be asked for in a state is what that
//! state's type has. Only an armed line can fire, and only a clearance arms it.
//!
//! ```text
//! connect ─▶ SortingLine<Disarmed> ──arm(clearance)──▶ SortingLine<Armed> ──fire──▶ …
//!                 ▲      ▲  └─────────fail──────┐             │    │
//!                 │      └──────disarm──────────┼─────────────┘    │
//!                 └──recover── SortingLine<Faulted> ◀──────fail────┘
//! ```
//!
//! An armed line may fire:
//!
//! ```
//! use seedgrade::{clock::Moment, machine::{Armed, SortingLine}, sorting::SortCommand};
//! fn fire(line: &mut SortingLine<Armed>, command: &SortCommand) {
//!     line.fire(command, 50, Moment::now());
//! }
//! ```
//!
//! The same with a line that is disarmed or faulted does not compile:
//!
//! ```compile_fail,E0599
//! use seedgrade::{clock::Moment, machine::{Disarmed, SortingLine}, sorting::SortCommand};
//! fn fire(line: &mut SortingLine<Disarmed>, command: &SortCommand) {
//!     line.fire(command, 50, Moment::now());
//! }
//! ```
//!
//! ```compile_fail,E0599
//! use seedgrade::{clock::Moment, machine::{Faulted, SortingLine}, sorting::SortCommand};
//! fn fire(line: &mut SortingLine<Faulted>, command: &SortCommand) {
//!     line.fire(command, 50, Moment::now());
//! }
//! ```
//!
//! Nor can anybody make a clearance of their own:
//!
//! ```compile_fail,E0423
//! let clearance = seedgrade::machine::Clearance(());
//! ```

use std::time::Duration;

use super::contract::{Alarm, CommandSequence, MachineState, PlcStatus, VisionState};
use super::heartbeat::{HeartbeatWatch, LONGEST_SILENCE};
use super::link::{LinkError, PlcLink};
use super::mailbox::{Answer, Mailbox};
use crate::clock::Moment;
use crate::geometry::EncoderCount;
use crate::sorting::SortCommand;

/// seedgrade's heartbeat changes this often: the contract asks for every 200 ms.
const HEARTBEAT_PERIOD: Duration = Duration::from_millis(80);

/// A gateway or an actuator may hold a request back for so long and carry it out when its connection is gone.
const LONGEST_DELAY_OF_WRITES: Duration = Duration::from_secs(1);

/// A state of the line.
pub trait LineState {
    /// What register 101 says in this state.
    fn vision(&self) -> VisionState;
}

/// Nothing can fire.
#[derive(Debug)]
pub struct Disarmed {
    vision: VisionState,
}

/// Commands may be sent.
#[derive(Debug)]
pub struct Armed {
    executing: bool,
}

/// Something is broken or doubted; nothing can fire.
#[derive(Debug)]
pub struct Faulted {
    reason: String,
}

impl LineState for Disarmed {
    fn vision(&self) -> VisionState {
        self.vision
    }
}

impl LineState for Armed {
    fn vision(&self) -> VisionState {
        if self.executing {
            VisionState::Executing
        } else {
            VisionState::Ready
        }
    }
}

impl LineState for Faulted {
    fn vision(&self) -> VisionState {
        VisionState::Error
    }
}

/// What must be so before a line is armed, besides the actuator itself: a reason where it is not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Readiness {
    /// The camera gives frames.
    pub camera: Option<String>,
    /// The reference tray is seen as it was recorded, where there is a calibration.
    pub reference: Option<String>,
    /// Net and standard are verified, and so is the challenge set where there is one.
    pub judge: Option<String>,
    /// There is a job.
    pub job: Option<String>,
    /// The store takes records.
    pub store: Option<String>,
    /// The wall clock says a time that can be.
    pub clock: Option<String>,
}

/// Why a line is not armed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the line cannot be armed: {0}")]
pub struct NotReady(pub String);

/// The proof that everything besides the actuator is ready; there is no other way to get one.
#[derive(Debug)]
pub struct Clearance(());

impl Readiness {
    /// What lamp and horn say while the line is not ready.
    #[must_use]
    pub fn alarm(&self) -> Alarm {
        match (&self.store, &self.camera) {
            (Some(_), _) => Alarm::StoreFailing,
            (None, Some(_)) => Alarm::CameraSilent,
            (None, None) => Alarm::NotReady,
        }
    }

    /// Clears the line to be armed.
    ///
    /// # Errors
    /// Something is not ready; all of it is named.
    pub fn clear(&self) -> Result<Clearance, NotReady> {
        let parts = [
            ("camera", &self.camera),
            ("reference tray", &self.reference),
            ("net and standard", &self.judge),
            ("job", &self.job),
            ("store", &self.store),
            ("clock", &self.clock),
        ];
        let missing: Vec<String> = parts
            .iter()
            .filter_map(|(part, why)| why.as_ref().map(|why| format!("{part}: {why}")))
            .collect();
        if missing.is_empty() {
            Ok(Clearance(()))
        } else {
            Err(NotReady(missing.join("; ")))
        }
    }
}

/// What a power cut of the actuator left of its counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PowerCut {
    /// They begin at zero.
    CountersLost,
    /// They went on from where they were: some makers keep them.
    CountersKept,
}

/// What one look at the actuator gave.
#[derive(Debug)]
pub enum Look {
    /// Its registers.
    Status(PlcStatus),
    /// No usable answer this time; it is not silent for long yet.
    Missed(LinkError),
    /// Silent for longer than the contract allows.
    Lost(String),
    /// It answers, but its heartbeat stands still: its registers, and for how long, in words.
    Frozen(PlcStatus, String),
}

/// What became of a command that was to fire.
#[derive(Debug)]
pub enum Firing {
    /// Register 102 is written: wait for the answer.
    Written(CommandSequence),
    /// Its deadline had passed when all but register 102 was written. Nothing acts.
    TooLate,
    /// The actuator does not run, was changed for another, or could not be asked. Nothing acts.
    NotWritten(String),
    /// Register 102 may be written or not. It is not written again.
    Unsure(CommandSequence, LinkError),
}

/// What every state has.
struct Actuator {
    link: Box<dyn PlcLink>,
    heartbeat: u16,
    present: Option<(VisionState, Moment)>,
    connection: Option<u64>,
    watch: HeartbeatWatch,
    mailbox: Mailbox,
    answers: Vec<(CommandSequence, Answer)>,
    alarm: Alarm,
    alarm_written: Option<Alarm>,
    last: Option<PlcStatus>,
    silent_since: Option<Moment>,
    restarted: Option<PowerCut>,
    /// When a command's write was last left without its reply.
    unconfirmed_at: Option<Moment>,
}

/// A sorting line in a state.
pub struct SortingLine<State> {
    actuator: Box<Actuator>,
    state: State,
}

impl SortingLine<Disarmed> {
    /// A line on an actuator that was not asked anything yet.
    #[must_use]
    pub fn connect(link: Box<dyn PlcLink>) -> Self {
        let actuator = Actuator {
            link,
            heartbeat: 0,
            present: None,
            connection: None,
            watch: HeartbeatWatch::default(),
            mailbox: Mailbox::default(),
            answers: Vec::new(),
            alarm: Alarm::None,
            alarm_written: None,
            last: None,
            silent_since: None,
            restarted: None,
            unconfirmed_at: None,
        };
        Self {
            actuator: Box::new(actuator),
            state: Disarmed {
                vision: VisionState::Initialized,
            },
        }
    }

    /// Arms the line, where the actuator runs, lives and has no command in hand.
    ///
    /// # Errors
    /// The actuator is not ready; the line comes back as it was.
    pub fn arm(
        self,
        clearance: Clearance,
        now: Moment,
    ) -> Result<SortingLine<Armed>, (Self, NotReady)> {
        let Clearance(()) = clearance;
        match self.actuator.why_not_ready(now) {
            Some(why) => Err((self, NotReady(format!("actuator: {why}")))),
            None => Ok(self.into_state(Armed { executing: false })),
        }
    }

    /// Says why nothing is armed: halted by people, or only not armed yet.
    pub fn halt(&mut self, halted: bool) {
        self.state.vision = if halted {
            VisionState::Halted
        } else {
            VisionState::Initialized
        };
    }
}

impl SortingLine<Armed> {
    /// Sends a command: its content, then, if the belt still leaves time, register 102 alone.
    ///
    /// The belt's position is read once more in between, so that time spent on the way is not time lost unseen.
    pub fn fire(&mut self, command: &SortCommand, late_margin_counts: u32, now: Moment) -> Firing {
        self.state.executing = true;
        self.actuator.fire(command, late_margin_counts, now)
    }

    /// Whether the last command is answered, so that the next may be sent.
    #[must_use]
    pub fn may_fire(&self) -> bool {
        self.actuator.mailbox.is_free()
    }

    /// Whether a command's write that got no reply may still be carried out: what is written meanwhile could be mixed
    /// with it, and another tray's content fire.
    #[must_use]
    pub fn may_be_overwritten(&self, now: Moment) -> bool {
        let unconfirmed = self.actuator.unconfirmed_at;
        unconfirmed.is_some_and(|at| now.since(at) < LONGEST_DELAY_OF_WRITES)
    }

    /// Whether trays are on the way: ready or executing.
    pub fn set_executing(&mut self, executing: bool) {
        self.state.executing = executing;
    }

    /// Disarms the line. `halted` where a person must do something before it may be armed again.
    #[must_use]
    pub fn disarm(self, halted: bool) -> SortingLine<Disarmed> {
        let mut line = self.into_state(Disarmed {
            vision: VisionState::Initialized,
        });
        line.halt(halted);
        line
    }
}

impl SortingLine<Faulted> {
    /// Why it is faulted.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.state.reason
    }

    /// The fault is over: the line is disarmed, and may be armed again.
    #[must_use]
    pub fn recover(self) -> SortingLine<Disarmed> {
        self.into_state(Disarmed {
            vision: VisionState::Initialized,
        })
    }
}

impl<State: LineState> SortingLine<State> {
    /// Looks at the actuator and lets it see that seedgrade lives.
    pub fn look(&mut self, now: Moment) -> Look {
        let vision = self.state.vision();
        self.actuator.look(vision, now)
    }

    /// What register 101 says.
    #[must_use]
    pub fn vision(&self) -> VisionState {
        self.state.vision()
    }

    /// What the actuator said to commands since this was last asked.
    pub fn take_answers(&mut self) -> Vec<(CommandSequence, Answer)> {
        std::mem::take(&mut self.actuator.answers)
    }

    /// Whether the actuator was found to have started anew since this was last asked.
    pub fn take_restarted(&mut self) -> Option<PowerCut> {
        self.actuator.restarted.take()
    }

    /// Gives up a command in hand, where there is one: its end is not known.
    pub fn abandon(&mut self) -> Option<CommandSequence> {
        self.actuator.mailbox.abandon()
    }

    /// Sets what lamp and horn say.
    pub fn set_alarm(&mut self, alarm: Alarm) {
        self.actuator.alarm = alarm;
    }

    /// The last status that was read.
    #[must_use]
    pub fn last_status(&self) -> Option<&PlcStatus> {
        self.actuator.last.as_ref()
    }

    /// Something is broken or doubted.
    #[must_use]
    pub fn fail(self, reason: String) -> SortingLine<Faulted> {
        self.into_state(Faulted { reason })
    }

    fn into_state<Next>(self, state: Next) -> SortingLine<Next> {
        SortingLine {
            actuator: self.actuator,
            state,
        }
    }
}

impl Actuator {
    fn look(&mut self, vision: VisionState, now: Moment) -> Look {
        match self.ask(vision, now) {
            Ok(status) => {
                self.silent_since = None;
                self.last = Some(status);
                self.watch.see(status.heartbeat, now);
                match self.watch.silent_for(now) {
                    Some(silence) if silence >= LONGEST_SILENCE => {
                        let milliseconds = silence.as_millis();
                        let why =
                            format!("actuator's heartbeat has stood still for {milliseconds} ms");
                        Look::Frozen(status, why)
                    }
                    _ => Look::Status(status),
                }
            }
            Err(error) => {
                let since = *self.silent_since.get_or_insert(now);
                let heard = self.watch.silent_for(now).unwrap_or(Duration::ZERO);
                if now.since(since).max(heard) >= LONGEST_SILENCE {
                    Look::Lost(error.to_string())
                } else {
                    Look::Missed(error)
                }
            }
        }
    }

    fn ask(&mut self, vision: VisionState, now: Moment) -> Result<PlcStatus, LinkError> {
        let status = self.link.read_status()?;
        let began_anew = self.last.is_some_and(|last| began_anew(&last, &status));
        if began_anew || self.connection != Some(self.link.connection()) {
            let (heartbeat, content) = self.link.read_own()?;
            // Registers that were written and are zero again: power was off, whatever the trigger says.
            if self.heartbeat != 0 && heartbeat == 0 && content.is_none() {
                let lost = self
                    .last
                    .is_some_and(|last| counts_from_zero(&last, &status));
                self.restarted = Some(match lost {
                    true => PowerCut::CountersLost,
                    false => PowerCut::CountersKept,
                });
            }
            self.answers
                .extend(self.mailbox.connected(content, &status));
            self.watch.begin();
            (self.present, self.alarm_written) = (None, None);
            self.connection = Some(self.link.connection());
        }
        let answered = self.mailbox.answered(&status, now);
        if answered.is_some_and(|(_, answer)| answer != Answer::Unanswered) {
            self.unconfirmed_at = None;
        }
        self.answers.extend(answered);
        self.be_present(vision, now)?;
        if self.alarm_written != Some(self.alarm) {
            self.link.write_alarm(self.alarm)?;
            self.alarm_written = Some(self.alarm);
        }
        Ok(status)
    }

    fn be_present(&mut self, vision: VisionState, now: Moment) -> Result<(), LinkError> {
        let fresh = self
            .present
            .is_some_and(|(said, at)| said == vision && now.since(at) < HEARTBEAT_PERIOD);
        if fresh {
            return Ok(());
        }
        // Never 0, which is what the register holds after a restart.
        self.heartbeat = self.heartbeat.checked_add(1).unwrap_or(1);
        self.link.write_presence(self.heartbeat, vision)?;
        self.present = Some((vision, now));
        Ok(())
    }

    fn fire(&mut self, command: &SortCommand, late_margin_counts: u32, now: Moment) -> Firing {
        if !self.mailbox.is_free() {
            return Firing::NotWritten("the command before is not answered yet".to_owned());
        }
        let connection = self.connection;
        let before = self.last.map_or(command.fire_at, |status| status.encoder);
        if let Err(error) = self.link.write_command_body(command) {
            self.unconfirmed_at = Some(now);
            return Firing::NotWritten(error.to_string());
        }
        let status = match self.link.read_status() {
            Ok(status) => status,
            Err(error) => return Firing::NotWritten(error.to_string()),
        };
        if connection != Some(self.link.connection()) {
            return Firing::NotWritten("the connection is another one".to_owned());
        }
        if status.state != MachineState::Running {
            return Firing::NotWritten(format!("the actuator is {:?}", status.state));
        }
        if !still_in_time(before, status.encoder, command, late_margin_counts) {
            return Firing::TooLate;
        }
        let number = self.mailbox.begin(&status, now);
        match self.link.write_command_number(number) {
            Ok(()) => Firing::Written(number),
            Err(error) => {
                self.unconfirmed_at = Some(now);
                Firing::Unsure(number, error)
            }
        }
    }

    fn why_not_ready(&self, now: Moment) -> Option<String> {
        let Some(status) = self.last.filter(|_| self.silent_since.is_none()) else {
            return Some("it has not answered".to_owned());
        };
        if status.state != MachineState::Running {
            return Some(format!("it is {:?}, not running", status.state));
        }
        if !self.watch.is_alive(now) {
            return Some("its heartbeat was not seen to change".to_owned());
        }
        (!self.mailbox.is_free()).then(|| "it has not answered the last command".to_owned())
    }
}

/// Whether a status follows another only over a restart: a counter went back, or an answer that was shown is gone.
fn began_anew(last: &PlcStatus, now: &PlcStatus) -> bool {
    counts_from_zero(last, now) || last.accepted.is_some() && now.accepted.is_none()
}

/// Whether the counters began at zero. An encoder or a trigger beyond the half of its range is behind zero by less than
/// it is ahead: there the trigger tells, which is nearer to zero than to where it was.
fn counts_from_zero(last: &PlcStatus, now: &PlcStatus) -> bool {
    let went_back = last.encoder.counts_until(now.encoder) < 0;
    went_back || now.trigger.0 < now.trigger.0.wrapping_sub(last.trigger.0)
}

/// Whether the belt went on by what can be, and still is before the deadline.
fn still_in_time(
    before: EncoderCount,
    now: EncoderCount,
    command: &SortCommand,
    late_margin_counts: u32,
) -> bool {
    let left = i64::from(now.counts_until(command.fire_at));
    before.counts_until(now) >= 0 && left >= i64::from(late_margin_counts)
}
