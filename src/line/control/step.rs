//! What a step of the control loop is given and what it asks for.

use crate::clock::Moment;
use crate::geometry::EncoderCount;
use crate::line::ledger::TrayNames;
use crate::sorting::{JobId, SortLayout, TriggerId};
use crate::store::CommandRecord;

/// What trays are sorted by, until another job is taken up.
#[derive(Debug, Clone)]
pub struct SortJob {
    /// Its number.
    pub id: JobId,
    /// Gates and how trays lie on the belt.
    pub layout: SortLayout,
    /// Two triggers nearer to each other than this cannot be two trays.
    pub least_counts_between_trays: u32,
}

/// Why a job cannot be taken up while the line runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{what} would change from {before} to {asked} counts: that is the machine's and needs a restart of the line"
)]
pub struct JobRefused {
    /// What is the machine's.
    pub what: &'static str,
    /// Now, counts.
    pub before: u32,
    /// Asked for, counts.
    pub asked: u32,
}

/// What the line is set up with.
#[derive(Debug, Clone)]
pub struct ControlParams {
    /// The job that it begins with.
    pub job: SortJob,
    /// Trays in a row that may be ungraded before the line is suspended; any number when 0.
    pub suspend_after: u32,
    /// How trays are named.
    pub names: TrayNames,
    /// The last trigger that an earlier run accounted for.
    pub last_trigger: Option<TriggerId>,
}

/// A tray at the camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// The actuator's number.
    pub id: TriggerId,
    /// The tray's name.
    pub uid: String,
    /// Its job.
    pub job: JobId,
    /// The belt's position then.
    pub latched: EncoderCount,
    /// When it was seen.
    pub seen: Moment,
}

/// Something that people want to look up later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// What kind, such as `armed`.
    pub kind: &'static str,
    /// In words.
    pub message: String,
}

/// What a step asks for.
#[derive(Debug, Default)]
pub struct Step {
    /// Trays to be exposed now.
    pub triggers: Vec<Trigger>,
    /// Rows to be stored.
    pub rows: Vec<CommandRecord>,
    /// Happenings to be stored and logged.
    pub happenings: Vec<Happening>,
    /// Trays whose command was written in this step.
    pub written: Vec<TriggerId>,
    /// Trays whose command was accepted in this step.
    pub accepted: Vec<TriggerId>,
}

/// How often what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ControlCounts {
    /// Commands written into register 102.
    pub sent: u64,
    /// Commands that the actuator refused.
    pub refused: u64,
    /// Of those, late by its reckoning: the belt went on while the command was on its way.
    pub refused_late: u64,
    /// Commands whose deadline passed before register 102 was written: dropped.
    pub late: u64,
    /// Trays graded.
    pub graded: u64,
    /// Trays not graded, for whatever reason.
    pub ungraded: u64,
    /// Times that the line was armed.
    pub armed: u64,
    /// Times that it faulted.
    pub faulted: u64,
}
