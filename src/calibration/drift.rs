//! What has changed since the calibration was recorded, and what of it is too much: each with its cause, its
//! consequence and the next step.

use serde::{Deserialize, Serialize};

use super::document::{Calibration, Limits};
use super::readings::Readings;

/// Changes since the record. Percent are of what was recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Scale, percent: above 0 a pixel covers more than it did.
    pub scale_percent: f64,
    /// Width of an edge as a multiple of the recorded.
    pub edge_factor: f64,
    /// Brightness of bare paper, 0–255.
    pub white_level: f64,
    /// Share of bare paper that is clipped.
    pub clipped: f64,
    /// Brightness of bare paper, percent.
    pub lamp_percent: f64,
    /// Evenness of the lamp, percent.
    pub evenness_percent: f64,
    /// Red and blue over green of bare paper, percent; the larger change.
    pub cast_percent: f64,
    /// The largest change of a patch's colour, as a share of white.
    pub colour: f64,
    /// The patch that it is of.
    pub patch: String,
}

/// How much of what is allowed a change uses up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Used {
    /// As [`Beyond::what`].
    pub what: &'static str,
    /// 0 where nothing has changed; above 1 the change is too much.
    pub share: f64,
}

/// One change that is too much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Beyond {
    /// `scale`, `focus`, `exposure`, `lamp` or `colour`.
    pub what: &'static str,
    /// What is so, with the figure and its limit.
    pub cause: String,
    /// What would follow.
    pub consequence: &'static str,
    /// What to do.
    pub next_step: &'static str,
}

impl std::fmt::Display for Beyond {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            what,
            cause,
            consequence,
            next_step,
        } = self;
        write!(f, "{what}: {cause}: {consequence}; {next_step}")
    }
}

impl Drift {
    /// The change from what was recorded to what is now.
    #[must_use]
    pub fn between(calibration: &Calibration, now: &Readings) -> Self {
        let then = &calibration.readings;
        let percent = |now: f64, then: f64| (now / then - 1.0) * 100.0;
        let balance = then.white_balance().into_iter().zip(now.white_balance());
        let casts = balance.map(|(then, now)| percent(now, then));
        let (patch, colour) = then
            .colours
            .iter()
            .filter_map(|before| {
                let after = now
                    .colours
                    .iter()
                    .find(|after| after.patch == before.patch)?;
                let pairs = before.share_of_white.iter().zip(after.share_of_white);
                let change = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                Some((before.patch.clone(), change))
            })
            .max_by(|(_, a), (_, b)| a.total_cmp(b))
            .unwrap_or_default();
        Self {
            scale_percent: percent(now.mm_per_px, then.mm_per_px),
            edge_factor: now.edge_px / then.edge_px,
            white_level: now.white_level(),
            clipped: now.clipped,
            lamp_percent: percent(now.white_level(), then.white_level()),
            evenness_percent: percent(now.evenness, then.evenness),
            cast_percent: casts
                .max_by(|a, b| a.abs().total_cmp(&b.abs()))
                .unwrap_or(0.0),
            colour,
            patch,
        }
    }

    /// How much of every limit is used up: of scale, focus, exposure, lamp and colour. Exposure has no record to change from:
    /// it is 0 in the middle between too dark and clipped.
    #[must_use]
    pub fn used(&self, limits: &Limits) -> [Used; 5] {
        let [least, most] = limits.white;
        let off_middle = (self.white_level - (least + most) / 2.0).abs() / ((most - least) / 2.0);
        let shares = [
            ("scale", self.scale_percent.abs() / limits.scale_percent),
            (
                "focus",
                (self.edge_factor - 1.0).max(0.0) / (limits.edge_factor - 1.0),
            ),
            ("exposure", off_middle.max(self.clipped / limits.clipped)),
            (
                "lamp",
                (self.lamp_percent.abs() / limits.lamp_percent)
                    .max(-self.evenness_percent / limits.evenness_percent),
            ),
            (
                "colour",
                (self.cast_percent.abs() / limits.cast_percent).max(self.colour / limits.colour),
            ),
        ];
        shares.map(|(what, share)| Used { what, share })
    }

    /// Everything that is beyond the calibration's limits.
    #[must_use]
    pub fn beyond(&self, calibration: &Calibration) -> Vec<Beyond> {
        [
            self.scale(calibration),
            self.focus(calibration),
            self.exposure(calibration),
            self.lamp(calibration),
            self.evenness(calibration),
            self.cast(calibration),
            self.patches(calibration),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn scale(&self, calibration: &Calibration) -> Option<Beyond> {
        let most = calibration.limits.scale_percent;
        (self.scale_percent.abs() > most).then(|| Beyond {
            what: "scale",
            cause: format!(
                "a pixel covers {:+.1} % of what was recorded (at most {most} % either way)",
                self.scale_percent
            ),
            consequence: "areas and distances in millimetres would be wrong by as much and more",
            next_step: "set camera and lens back to their height, or record the calibration anew if they were moved \
                        on purpose",
        })
    }

    fn focus(&self, calibration: &Calibration) -> Option<Beyond> {
        let most = calibration.limits.edge_factor;
        (self.edge_factor > most).then(|| Beyond {
            what: "focus",
            cause: format!(
                "edges are {:.1} times as wide as recorded (at most {most})",
                self.edge_factor
            ),
            consequence: "small seedlings would be missed and plants run into each other",
            next_step: "wipe the lens and the window before it, then set the focus and lock it",
        })
    }

    fn exposure(&self, calibration: &Calibration) -> Option<Beyond> {
        let [least, most] = calibration.limits.white;
        let is_dark = self.white_level < least;
        let is_clipped = self.white_level > most || self.clipped > calibration.limits.clipped;
        (is_dark || is_clipped).then(|| Beyond {
            what: "exposure",
            cause: format!(
                "white paper reads {:.0} of 255 and {:.0} % of it is clipped (expected {least} to {most}, at most \
                 {:.0} % clipped)",
                self.white_level,
                self.clipped * 100.0,
                calibration.limits.clipped * 100.0
            ),
            consequence: if is_dark {
                "plants would drown in noise"
            } else {
                "pale leaves could not be told from white"
            },
            next_step: "set exposure_us and gain so that white paper reads about 200",
        })
    }

    fn lamp(&self, calibration: &Calibration) -> Option<Beyond> {
        let most = calibration.limits.lamp_percent;
        (self.lamp_percent.abs() > most).then(|| Beyond {
            what: "lamp",
            cause: format!(
                "white paper is {:.0} % {} than recorded (at most {most} % either way)",
                self.lamp_percent.abs(),
                if self.lamp_percent < 0.0 { "darker" } else { "brighter" }
            ),
            consequence: "colours and areas would be judged in another light than the grades were set in",
            next_step: "clean the lamp or replace it, keep daylight out, and see that exposure_us is as recorded",
        })
    }

    fn evenness(&self, calibration: &Calibration) -> Option<Beyond> {
        let most = calibration.limits.evenness_percent;
        (self.evenness_percent < -most).then(|| Beyond {
            what: "lamp",
            cause: format!(
                "the darkest corner has lost {:.0} % against the brightest (at most {most} %)",
                -self.evenness_percent
            ),
            consequence: "plants of one side of the tray would be judged darker than those of the other",
            next_step: "look for a dead part of the lamp, and for shadow or sun on one side",
        })
    }

    fn cast(&self, calibration: &Calibration) -> Option<Beyond> {
        let most = calibration.limits.cast_percent;
        (self.cast_percent.abs() > most).then(|| Beyond {
            what: "colour",
            cause: format!(
                "white paper has changed its colour by {:+.0} % (at most {most} % either way)",
                self.cast_percent
            ),
            consequence: "healthy leaves would look chlorotic, or the reverse",
            next_step: "set the camera's white balance on the sheet and switch its automatic off; see that the lamp is \
                        of the same kind",
        })
    }

    fn patches(&self, calibration: &Calibration) -> Option<Beyond> {
        let most = calibration.limits.colour;
        (self.colour > most).then(|| Beyond {
            what: "colour",
            cause: format!(
                "the patch {:?} has changed by {:.2} of white (at most {most})",
                self.patch, self.colour
            ),
            consequence: "healthy leaves would look chlorotic, or the reverse",
            next_step: "see that the sheet is clean and not faded, and that gamma and colour settings of the camera \
                        are as recorded",
        })
    }
}
