//! A line's looks at the reference tray, from its store's events in; how much of every limit each used up out.

use serde::Deserialize;

use crate::calibration::{Drift, Limits, Used};
use crate::store::{EventRecord, StoreError, StoreReader};

/// What a line stores of a look at the reference tray, well or not.
pub const KINDS: [&str; 2] = ["reference_tray", "reference_tray_refused"];
/// Looks that are told of: a month of three shifts.
const MOST: u32 = 90;
/// Events that they are looked for among.
const AMONG: i64 = 20_000;

/// A look at the reference tray.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// The event that told of it.
    pub event: EventRecord,
    /// How much of what is allowed it found used up; none where the tray could not be read.
    pub used: Option<[Used; 5]>,
}

#[derive(Deserialize)]
struct Detail {
    drift: Option<Drift>,
    /// Lines before those that store them held against these.
    #[serde(default)]
    limits: Limits,
}

impl Look {
    fn of(event: EventRecord) -> Self {
        let detail = event.detail.clone().map(serde_json::from_value::<Detail>);
        let detail = detail.and_then(Result::ok);
        let used = detail.and_then(|detail| Some(detail.drift?.used(&detail.limits)));
        Self { event, used }
    }
}

/// The newest looks that a store tells of, oldest first.
///
/// # Errors
/// The store cannot be read.
pub fn looks(reader: &StoreReader) -> Result<Vec<Look>, StoreError> {
    let events = reader.newest_events_of(KINDS, AMONG, MOST)?;
    Ok(events
        .into_iter()
        .rev()
        .map(|(_, event)| Look::of(event))
        .collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn look(detail: serde_json::Value) -> Look {
        Look::of(EventRecord {
            at: "2026-11-24T06:00:00Z".to_owned(),
            kind: KINDS[0].to_owned(),
            message: "camera and lamp are as they were recorded".to_owned(),
            detail: Some(detail),
        })
    }

    #[test]
    fn a_lamp_that_has_lost_half_of_what_it_may_is_at_half_its_limit() {
        let drift = json!({
            "scale_percent": 0.0, "edge_factor": 1.0, "white_level": 186.0, "clipped": 0.0, "lamp_percent": -5.0,
            "evenness_percent": 2.0, "cast_percent": 0.0, "colour": 0.0, "patch": "",
        });
        let used = look(json!({ "drift": drift })).used.unwrap();
        let shares = used.map(|used| (used.what, used.share));
        let expected = [
            ("scale", 0.0),
            ("focus", 0.0),
            ("exposure", 0.0),
            ("lamp", 0.5),
            ("colour", 0.0),
        ];
        assert_eq!(shares, expected);
        let stricter =
            json!({ "drift": drift, "limits": Limits { lamp_percent: 4.0, ..Limits::default() } });
        assert_eq!(look(stricter).used.unwrap()[3].share, 1.25);
    }

    #[test]
    fn a_look_that_saw_no_reference_tray_has_no_shares() {
        assert_eq!(look(json!({ "drift": null })).used, None);
        assert_eq!(look(json!("damaged")).used, None);
    }
}
