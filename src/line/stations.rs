//! Camera and inspection, each on a thread of its own: a trigger in, an outcome out.
//!
//! Another judge travels with the first tray of its job, from station to station: every tray is judged by the judge
//! of the job that it came under, and no tray waits for the change.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError};

use super::camera::{NoFrame, PairedCamera, Picture};
use super::control::Trigger;
use super::passes::Passes;
use super::picture_keeper::PictureOffers;
use crate::clock::{self, Moment};
use crate::frame::Frame;
use crate::inspect::{SourceFacts, TrayReport};

/// Judges a frame. A tray that cannot be judged is a report too.
pub trait TrayJudge: Send {
    /// The report of a tray.
    ///
    /// # Errors
    /// The engine failed: nothing was judged.
    fn judge(&mut self, frame: &Frame, facts: SourceFacts) -> Result<TrayReport, String>;
}

/// Who judges the trays of a job.
pub struct Bench {
    /// The inspection.
    pub judge: Box<dyn TrayJudge>,
    /// The lot of the job's trays.
    pub lot: String,
    /// How often trays of the job passed before.
    pub passes: Passes,
}

/// A trigger on its way to the camera.
pub(super) struct Triggered {
    pub trigger: Trigger,
    /// Who judges from this tray on, where that changes.
    pub bench: Option<Bench>,
}

/// A frame on its way to the inspection.
pub(super) struct Exposed {
    trigger: Trigger,
    picture: Picture,
    at: Moment,
    bench: Option<Bench>,
}

/// What became of a trigger's tray.
pub(super) enum Outcome {
    Judged {
        trigger: Trigger,
        report: Box<TrayReport>,
        exposed: Moment,
    },
    NotJudged {
        trigger: Trigger,
        reason: String,
        fault: Option<Fault>,
    },
}

/// Which part failed, where a tray was not judged; none where there was no time for it, or its frame was torn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The camera gives no frames.
    CameraSilent,
    /// Net or standard did not judge it.
    InspectionFailed,
}

pub(super) fn keep_exposing(
    mut camera: PairedCamera,
    triggers: &Receiver<Triggered>,
    frames: &SyncSender<Exposed>,
    outcomes: &SyncSender<Outcome>,
) {
    // Kept for the next tray where this one has no frame.
    let mut kept = None;
    for Triggered { trigger, bench } in triggers {
        kept = bench.or(kept);
        let picture = match camera.expose(&trigger) {
            Ok(picture) => picture,
            Err(error) => {
                if outcomes.send(without_frame(trigger, &error)).is_err() {
                    return;
                }
                continue;
            }
        };
        let exposed = Exposed {
            trigger,
            picture,
            at: Moment::now(),
            bench: kept.take(),
        };
        let full = match frames.try_send(exposed) {
            Ok(()) => continue,
            Err(TrySendError::Full(exposed) | TrySendError::Disconnected(exposed)) => exposed,
        };
        kept = full.bench;
        let behind = Outcome::NotJudged {
            trigger: full.trigger,
            reason: "the inspection is behind the belt".to_owned(),
            fault: None,
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
        fault: error.is_camera_silent().then_some(Fault::CameraSilent),
    }
}

pub(super) fn keep_judging(
    mut bench: Bench,
    frames: &Receiver<Exposed>,
    outcomes: &SyncSender<Outcome>,
    pictures: Option<&PictureOffers>,
) {
    let mut passes = std::mem::take(&mut bench.passes);
    for Exposed {
        trigger,
        picture,
        at,
        bench: another,
    } in frames
    {
        if let Some(mut another) = another {
            let known = std::mem::take(&mut another.passes);
            passes.take_up(known);
            bench = another;
        }
        let facts = SourceFacts {
            source: picture.source.clone(),
            tray_uid: trigger.uid.clone(),
            image_sha256: picture.sha256.clone(),
            captured_at: Some(clock::now().to_string()),
            job: Some(u32::from(trigger.job.0)),
            lot: Some(bench.lot.clone()),
            tray_code: None,
            tray_code_reason: None,
            trigger: Some(u32::from(trigger.id.0)),
            encoder: Some(trigger.latched.0),
            pass: 1,
        };
        let mut wanted = None;
        let outcome = match bench.judge.judge(&picture.frame, facts) {
            Ok(mut report) => {
                let code = report.facts.tray_code.as_deref();
                report.facts.pass = passes.count(trigger.job, code);
                wanted = pictures.and_then(|pictures| pictures.wants(&report, &picture));
                Outcome::Judged {
                    trigger,
                    report: Box::new(report),
                    exposed: at,
                }
            }
            Err(error) => Outcome::NotJudged {
                trigger,
                reason: format!("the inspection failed: {error}"),
                fault: Some(Fault::InspectionFailed),
            },
        };
        if outcomes.send(outcome).is_err() {
            return;
        }
        // The judgement is on its way: its picture holds up nothing.
        if let (Some(pictures), Some(wanted)) = (pictures, wanted) {
            pictures.offer(wanted);
        }
    }
}
