//! What becomes of trays: opened at the camera, planned when judged, dropped with a reason.

use super::arming::{Halt, Mode};
use super::{Control, Trigger};
use crate::clock::Moment;
use crate::inspect::{ReportStatus, TrayReport};
use crate::line::belt_watch::BeltView;
use crate::line::ledger::WallTime;
use crate::machine::{Alarm, PlcStatus};
use crate::sorting::{DropReason, Dropped, SortPlan, TriggerId};

impl Control {
    /// The belt went on: what is late is dropped, what has passed its gate is closed.
    pub(super) fn pass_belt(&mut self, at: &WallTime) {
        let dropped = self.tracker.advance(self.encoder);
        self.drop_all(&dropped, at);
        let beyond = self.job.layout.farthest_counts();
        self.ledger.passed(self.encoder, beyond, at);
    }

    /// Accounts for every trigger since the last one: the trays between were never seen.
    pub(super) fn trays(
        &mut self,
        mode: &Mode,
        status: &PlcStatus,
        view: BeltView,
        now: Moment,
        at: &WallTime,
    ) {
        let job = self.job_of_trays();
        let Some(last) = self.last_trigger.replace(status.trigger) else {
            // What passed before the very first look was never this line's.
            return;
        };
        let step = status.trigger.0.wrapping_sub(last.0);
        if step == 0 {
            return;
        }
        for offset in 1..step {
            let missed = TriggerId(last.0.wrapping_add(offset));
            self.counts.ungraded += 1;
            self.ledger
                .missed(missed, job, "its trigger was never seen", at);
        }
        self.tray(mode, status, view.stale || !view.tray, now, at);
    }

    fn tray(&mut self, mode: &Mode, status: &PlcStatus, stale: bool, now: Moment, at: &WallTime) {
        let (id, job, latched) = (status.trigger, self.job.id, status.latched);
        let arrival = self.tracker.tray_at_camera(id, job, latched);
        self.drop_all(&arrival.dropped, at);
        let uid = self.ledger.open(id, self.job_of_trays(), latched, at);
        if self.job_ended {
            // It belongs to no job: what its cells hold must not be counted to the lot before. Those before it go on.
            self.ledger
                .drop_tray(id, "no job: the last one was ended", at);
        } else if let Some(why) = self.why_unarmed(mode, stale) {
            let forgotten = self.tracker.forget();
            self.ledger.drop_tray(id, &why, at);
            // Those that are with the inspection: no result of theirs is taken any more.
            self.drop_all(&forgotten, at);
        }
        if stale || self.ending || self.job_ended {
            self.counts.ungraded += 1;
            return;
        }
        self.out.triggers.push(Trigger {
            id,
            uid,
            job,
            latched,
            seen: now,
        });
    }

    /// Why a tray that is at the camera now gets no command, whatever it is judged.
    fn why_unarmed(&self, mode: &Mode, stale: bool) -> Option<String> {
        match mode {
            Mode::Faulted(line, _) => Some(format!("the line is faulted: {}", line.reason())),
            _ if stale => Some("its trigger was seen too late".to_owned()),
            Mode::Armed(_) => None,
            Mode::Disarmed(_) if self.ending => Some("the line is ending".to_owned()),
            Mode::Disarmed(_) if self.streak.is_suspended() => {
                Some("the line is suspended".to_owned())
            }
            Mode::Disarmed(_) => Some(format!("the line is not armed: {}", self.not_armed)),
        }
    }

    /// Takes a judgement. It is planned where its tray is still awaited by an armed line.
    pub fn judged(&mut self, report: &TrayReport, at: &WallTime) {
        let graded = report.status == ReportStatus::Graded;
        self.count_judged(graded, at);
        let trigger = report.facts.trigger.and_then(|t| u16::try_from(t).ok());
        let Some(trigger) = trigger.map(TriggerId) else {
            return;
        };
        let is_open = self.ledger.open_trays().iter().any(|tray| {
            tray.trigger == trigger.0 && tray.uid == report.facts.tray_uid && tray.command.is_none()
        });
        if !is_open || !matches!(self.mode, Some(Mode::Armed(_))) {
            return;
        }
        let layout = self.layout_of(&report.facts.tray_uid);
        let planned = SortPlan::for_tray(report, &layout).or_else(|error| {
            tracing::warn!("tray {}: {error}; it goes to the safe gate", trigger.0);
            SortPlan::to_safe_gate(report, &layout)
        });
        match planned {
            Ok(plan) => {
                if let Err(dropped) = self.tracker.plan(&plan, self.encoder) {
                    self.drop_all(&[dropped], at);
                }
            }
            Err(error) => {
                self.ledger.drop_tray(trigger, &error.to_string(), at);
            }
        }
    }

    /// A tray that was not judged at all: no frame, a torn one, no time.
    pub fn not_judged(&mut self, trigger: &Trigger, reason: &str, at: &WallTime) {
        let is_open = self
            .ledger
            .open_trays()
            .iter()
            .any(|tray| tray.trigger == trigger.id.0 && tray.uid == trigger.uid);
        if is_open {
            self.ledger.drop_tray(trigger.id, reason, at);
        }
        self.count_judged(false, at);
    }

    fn count_judged(&mut self, graded: bool, at: &WallTime) {
        if graded {
            self.counts.graded += 1;
        } else {
            self.counts.ungraded += 1;
        }
        if self.streak.see(graded) {
            let why = format!("{} trays in a row were not graded", self.suspend_after);
            self.disarm_in_hand(
                &format!("suspended: {why}"),
                Halt::ByPeople,
                Alarm::Suspended,
                at,
            );
            self.say(
                "suspended",
                format!("{why}: stop and start the belt to go on"),
            );
        }
    }

    pub(super) fn drop_all(&mut self, dropped: &[Dropped], at: &WallTime) {
        for Dropped { tray, reason } in dropped {
            match reason {
                // A result that was not for its tray says nothing of the tray: it may still be judged.
                DropReason::UnknownTray | DropReason::AlreadyAnswered | DropReason::Mismatched => {}
                DropReason::Late => {
                    self.counts.late += 1;
                    self.ledger.drop_tray(*tray, "late", at);
                }
                DropReason::NoResult => {
                    self.ledger.drop_tray(*tray, "it left without a result", at);
                }
                DropReason::BeltFull => {
                    self.ledger
                        .drop_tray(*tray, "too many trays on the belt", at);
                }
                DropReason::Forgotten => {
                    self.ledger.drop_tray(*tray, "forgotten", at);
                }
            }
        }
    }
}
