//! Trays between the camera and the gates, and the commands for them.
//!
//! A tray is answered at most once, by a plan that names its trigger, its job and the count at which it
//! was triggered. A command becomes due at once and stays so until its deadline, which lies the late
//! margin before its fire position; after that it is dropped and counted. Every tray ends as exactly
//! one of: taken by [`BeltTracker::next_due`], or reported as [`Dropped`].
//!
//! Positions are compared as signed 32-bit differences from the tray's own trigger. A tray whose trigger
//! seems to lie ahead of the belt by more than the last gate's distance is doubted and dropped.

use std::collections::VecDeque;

use super::plan::{JobId, SortCommand, SortPlan, TriggerId};
use crate::geometry::EncoderCount;

/// Trays that are tracked at once; when one more comes, the oldest is dropped.
pub const MOST_TRAYS_ON_BELT: usize = 64;

/// How far trays are tracked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrackingLimits {
    /// A command must be taken this many counts before it fires.
    pub late_margin_counts: u32,
    /// Counts from the camera to the last gate; trays beyond are gone.
    pub farthest_counts: u32,
}

/// Why a tray or a result was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DropReason {
    /// Its command could no longer reach the actuator in time.
    Late,
    /// It left without a result.
    NoResult,
    /// A result for a tray that is not on the belt.
    UnknownTray,
    /// A result whose job or position is not its tray's.
    Mismatched,
    /// A second result for a tray.
    AlreadyAnswered,
    /// More trays came than are tracked.
    BeltFull,
    /// Everything planned was forgotten: emergency stop, disarming, lost heartbeat.
    Forgotten,
}

/// A tray that gets no command, or a result that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped {
    /// The tray.
    pub tray: TriggerId,
    /// Why.
    pub reason: DropReason,
}

/// How often what was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DropCounts {
    /// [`DropReason::Late`].
    pub late: u64,
    /// [`DropReason::NoResult`].
    pub no_result: u64,
    /// [`DropReason::UnknownTray`].
    pub unknown_tray: u64,
    /// [`DropReason::Mismatched`].
    pub mismatched: u64,
    /// [`DropReason::AlreadyAnswered`].
    pub already_answered: u64,
    /// [`DropReason::BeltFull`].
    pub belt_full: u64,
    /// [`DropReason::Forgotten`].
    pub forgotten: u64,
}

impl DropCounts {
    fn add(&mut self, reason: DropReason) {
        let count = match reason {
            DropReason::Late => &mut self.late,
            DropReason::NoResult => &mut self.no_result,
            DropReason::UnknownTray => &mut self.unknown_tray,
            DropReason::Mismatched => &mut self.mismatched,
            DropReason::AlreadyAnswered => &mut self.already_answered,
            DropReason::BeltFull => &mut self.belt_full,
            DropReason::Forgotten => &mut self.forgotten,
        };
        *count += 1;
    }
}

/// What came with a trigger.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arrival {
    /// Triggers between the last one seen and this: trays that were never seen.
    pub missed: u16,
    /// Trays that had to make room.
    pub dropped: Vec<Dropped>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Awaited,
    Planned(SortCommand),
    Taken,
    Dropped,
}

#[derive(Debug, Clone, Copy)]
struct TrackedTray {
    trigger: TriggerId,
    job: JobId,
    latched: EncoderCount,
    answer: Answer,
}

/// The trays between the camera and the gates, oldest first.
#[derive(Debug, Clone)]
pub struct BeltTracker {
    limits: TrackingLimits,
    trays: VecDeque<TrackedTray>,
    last_trigger: Option<TriggerId>,
    counts: DropCounts,
}

impl BeltTracker {
    /// An empty belt.
    #[must_use]
    pub fn new(limits: TrackingLimits) -> Self {
        let trays = VecDeque::with_capacity(MOST_TRAYS_ON_BELT);
        Self {
            limits,
            trays,
            last_trigger: None,
            counts: DropCounts::default(),
        }
    }

    /// What was dropped so far.
    #[must_use]
    pub fn counts(&self) -> DropCounts {
        self.counts
    }

    /// A tray of this job was at the camera. The same trigger seen again changes nothing; one that
    /// goes back means that the actuator started anew, and all trays before it are forgotten.
    pub fn tray_at_camera(
        &mut self,
        trigger: TriggerId,
        job: JobId,
        latched: EncoderCount,
    ) -> Arrival {
        let step = self
            .last_trigger
            .map_or(1, |last| trigger.0.wrapping_sub(last.0));
        let mut arrival = Arrival::default();
        match step.cast_signed() {
            0 => return arrival,
            ..0 => arrival.dropped = self.forget(),
            _ => arrival.missed = step - 1,
        }
        self.last_trigger = Some(trigger);
        if self.trays.len() == MOST_TRAYS_ON_BELT {
            let oldest = self.trays.pop_front();
            arrival
                .dropped
                .extend(oldest.and_then(|tray| self.end(tray, DropReason::BeltFull)));
        }
        self.trays.push_back(TrackedTray {
            trigger,
            job,
            latched,
            answer: Answer::Awaited,
        });
        arrival
    }

    /// Takes the plan for a tray.
    ///
    /// # Errors
    /// The plan was dropped: late, for another tray or job, or a second one. Nothing will fire for it.
    pub fn plan(&mut self, plan: &SortPlan, now: EncoderCount) -> Result<(), Dropped> {
        let command = plan.command;
        let limits = self.limits;
        let refused = match self
            .trays
            .iter_mut()
            .rev()
            .find(|t| t.trigger == command.tray)
        {
            None => DropReason::UnknownTray,
            Some(tray) if !tray.matches(plan, limits) => DropReason::Mismatched,
            Some(tray) if tray.answer != Answer::Awaited => DropReason::AlreadyAnswered,
            Some(tray) if !tray.in_time(&command, now, limits) => {
                tray.answer = Answer::Dropped;
                DropReason::Late
            }
            Some(tray) => {
                tray.answer = Answer::Planned(command);
                return Ok(());
            }
        };
        self.counts.add(refused);
        Err(Dropped {
            tray: command.tray,
            reason: refused,
        })
    }

    /// Takes the command that fires next, if one can still be sent. It is given out once.
    pub fn next_due(&mut self, now: EncoderCount) -> Option<SortCommand> {
        let limits = self.limits;
        let due = |tray: &&mut TrackedTray| match tray.answer {
            Answer::Planned(command) => tray.in_time(&command, now, limits),
            _ => false,
        };
        let left = |tray: &&mut TrackedTray| match tray.answer {
            Answer::Planned(command) => now.counts_until(command.fire_at),
            _ => i32::MAX,
        };
        let tray = self.trays.iter_mut().filter(due).min_by_key(left)?;
        match std::mem::replace(&mut tray.answer, Answer::Taken) {
            Answer::Planned(command) => Some(command),
            _ => None,
        }
    }

    /// The belt moved: drops what is late now, and lets go of trays beyond the last gate.
    pub fn advance(&mut self, now: EncoderCount) -> Vec<Dropped> {
        let limits = self.limits;
        let mut dropped = Vec::new();
        for tray in &mut self.trays {
            match tray.answer {
                Answer::Planned(command) if !tray.in_time(&command, now, limits) => {
                    tray.answer = Answer::Dropped;
                    dropped.push(Dropped {
                        tray: tray.trigger,
                        reason: DropReason::Late,
                    });
                }
                Answer::Awaited if tray.is_gone(now, limits) => {
                    tray.answer = Answer::Dropped;
                    dropped.push(Dropped {
                        tray: tray.trigger,
                        reason: DropReason::NoResult,
                    });
                }
                _ => {}
            }
        }
        dropped.iter().for_each(|drop| self.counts.add(drop.reason));
        self.trays.retain(|tray| !tray.is_gone(now, limits));
        dropped
    }

    /// Forgets all trays past the camera and what was planned for them: after an emergency stop, when
    /// disarmed, when a heartbeat was lost. The next trigger is told from the last one all the same.
    pub fn forget(&mut self) -> Vec<Dropped> {
        let trays = std::mem::take(&mut self.trays);
        trays
            .into_iter()
            .filter_map(|tray| self.end(tray, DropReason::Forgotten))
            .collect()
    }

    /// Reports a tray that leaves, unless its end is known already.
    fn end(&mut self, tray: TrackedTray, reason: DropReason) -> Option<Dropped> {
        match tray.answer {
            Answer::Taken | Answer::Dropped => None,
            Answer::Awaited | Answer::Planned(_) => {
                self.counts.add(reason);
                Some(Dropped {
                    tray: tray.trigger,
                    reason,
                })
            }
        }
    }
}

impl TrackedTray {
    /// Whether the plan is for this tray: its job, its trigger's count, and a gate on the way.
    fn matches(&self, plan: &SortPlan, limits: TrackingLimits) -> bool {
        let distance = i64::from(self.latched.counts_until(plan.command.fire_at));
        plan.command.job == self.job
            && plan.triggered_at == self.latched
            && distance > 0
            && distance <= i64::from(limits.farthest_counts)
    }

    /// Whether the belt is where the command can still be sent.
    fn in_time(&self, command: &SortCommand, now: EncoderCount, limits: TrackingLimits) -> bool {
        let left = i64::from(now.counts_until(command.fire_at));
        !self.is_gone(now, limits) && left >= i64::from(limits.late_margin_counts)
    }

    /// Whether the tray is beyond the last gate, or the belt so far back that its place is in doubt.
    fn is_gone(&self, now: EncoderCount, limits: TrackingLimits) -> bool {
        let travelled = i64::from(self.latched.counts_until(now));
        travelled.abs() > i64::from(limits.farthest_counts)
    }
}
