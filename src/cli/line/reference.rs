//! The reference tray before a shift: shown to the line's own camera, held against the calibration.

use std::time::Duration;

use serde_json::json;

use crate::calibration::{Calibration, Drift, read};
use crate::clock::{self, Moment};
use crate::config::ReferencePolicy;
use crate::frame::Frame;
use crate::geometry::EncoderCount;
use crate::line::{NextLook, NoFrame, PairedCamera, Picture, ReferenceLook, Trigger};
use crate::sorting::{JobId, TriggerId};
use crate::store::EventRecord;

use super::super::exit::Failure;
use super::super::interrupt;
use super::super::workshop::read_calibration;
use super::setup::LineConfig;

/// What the camera's first frame says, where the configuration asks for it.
///
/// # Errors
/// The calibration cannot be read.
pub fn look(line: &LineConfig, camera: &mut PairedCamera) -> Result<ReferenceLook, Failure> {
    let Some(file) = &line.camera.calibration else {
        return Ok(ReferenceLook::default());
    };
    if line.reference_tray == ReferencePolicy::Off {
        return Ok(ReferenceLook::default());
    }
    let (calibration, digest) = read_calibration(file)?;
    let (message, drift) = match expose(camera) {
        Ok(picture) => held_against(&calibration, &picture.frame),
        Err(why) => (Err(why), None),
    };
    let is_well = message.is_ok();
    let message = message.unwrap_or_else(|why| why);
    if is_well {
        tracing::info!("reference tray: {message}");
    } else {
        tracing::error!("reference tray: {message}");
    }
    let event = EventRecord {
        at: clock::now().to_string(),
        kind: if is_well {
            "reference_tray"
        } else {
            "reference_tray_refused"
        }
        .to_owned(),
        message: message.clone(),
        detail: Some(
            json!({ "calibration": digest, "drift": drift, "limits": calibration.limits }),
        ),
    };
    let blocks = !is_well && line.reference_tray == ReferencePolicy::Required;
    Ok(ReferenceLook {
        trouble: blocks.then_some(message),
        event: Some(event),
        next: line
            .reference_within_hours
            .map(|hours| next_look(hours, line.reference_tray)),
    })
}

/// When a look of now is overdue.
fn next_look(hours: f64, policy: ReferencePolicy) -> NextLook {
    let holds = Duration::try_from_secs_f64(hours * 3600.0).unwrap_or(Duration::MAX);
    NextLook {
        due: Moment::now().later(holds),
        overdue: format!(
            "the reference tray was looked at more than {hours} h ago: whether camera and lamp have changed is not known; \
             lay it under the camera at the next pause and start the line again"
        ),
        is_required: policy == ReferencePolicy::Required,
    }
}

/// A camera that is triggered by hardware gives its frame when a person sees to it.
const PATIENCE: Duration = Duration::from_secs(30);

/// One frame of a camera, for no tray.
///
/// # Errors
/// It gives none.
pub fn expose(camera: &mut PairedCamera) -> Result<Picture, String> {
    let end = Moment::now().later(PATIENCE);
    loop {
        let trigger = Trigger {
            id: TriggerId(0),
            uid: String::new(),
            job: JobId(0),
            latched: EncoderCount(0),
            seen: Moment::now(),
        };
        match camera.expose(&trigger) {
            Err(NoFrame::Silent { .. }) if Moment::now() < end && !interrupt::requested() => {}
            exposed => return exposed.map_err(|error| error.to_string()),
        }
    }
}

/// What a picture of the reference tray says: in words, well or not, and the changes where it could be read.
fn held_against(
    calibration: &Calibration,
    frame: &Frame,
) -> (Result<String, String>, Option<Drift>) {
    const NEXT_STEP: &str =
        "lay the reference tray under the camera, whole and face up, and start the line again";
    let readings = match read(frame) {
        Ok(readings) => readings,
        Err(error) => {
            let consequence = "the camera cannot be checked";
            return (Err(format!("{error}: {consequence}; {NEXT_STEP}")), None);
        }
    };
    let drift = Drift::between(calibration, &readings);
    let beyond: Vec<_> = drift
        .beyond(calibration)
        .iter()
        .map(ToString::to_string)
        .collect();
    let said = match beyond.is_empty() {
        true => Ok("camera and lamp are as they were recorded".to_owned()),
        false => Err(beyond.join("\n")),
    };
    (said, Some(drift))
}
