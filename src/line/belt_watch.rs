//! Whether belt, encoder and triggers can be as the actuator says they are.

use std::time::Duration;

use crate::clock::Moment;
use crate::geometry::EncoderCount;
use crate::machine::{MachineState, PlcStatus};

/// A tray that was seen later than this after the look before is not exposed: it has moved on.
pub const LONGEST_GAP: Duration = Duration::from_millis(250);

/// A belt that runs moves its encoder within this: less than a tray's length on usual lines.
const LONGEST_STANDSTILL: Duration = Duration::from_millis(500);

/// What the belt cannot have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BeltDoubt {
    /// The count went back: the actuator started anew, or its encoder is broken.
    #[error("the encoder went back by {counts} counts")]
    EncoderBack {
        /// How far.
        counts: u32,
    },
    /// The count leapt further than from the camera to the last gate between two looks.
    #[error("the encoder leapt by {counts} counts between two looks")]
    EncoderLeapt {
        /// How far.
        counts: u32,
    },
    /// The trigger's number went back: the actuator started anew.
    #[error("the trigger's number went back from {before} to {now}")]
    TriggerBack {
        /// The number before.
        before: u16,
        /// The number now.
        now: u16,
    },
    /// The belt runs, as the actuator says, and the count does not change.
    #[error("the encoder has stood still for {milliseconds} ms while the belt runs")]
    EncoderStill {
        /// How long.
        milliseconds: u128,
    },
    /// Two trays one on top of the other: the encoder stands still while the belt runs.
    #[error("two trays came {counts} counts after each other: expected at least {least}")]
    TraysTooClose {
        /// The distance.
        counts: i32,
        /// The least that can be.
        least: u32,
    },
    /// A tray was latched where the belt has not been lately.
    #[error("a tray was latched {counts} counts from where the belt is")]
    LatchedElsewhere {
        /// How far behind the belt's position.
        counts: i32,
    },
}

/// What was seen last.
#[derive(Debug, Clone, Copy)]
struct Seen {
    status: PlcStatus,
    at: Moment,
}

/// Watches the belt.
#[derive(Debug, Clone)]
pub struct BeltWatch {
    farthest_counts: u32,
    least_between_trays: u32,
    last: Option<Seen>,
    latched: Option<EncoderCount>,
    /// Where the encoder stood when it was doubted: it must move before it is believed.
    doubted_at: Option<EncoderCount>,
    /// Since when the encoder has stood still while the belt runs.
    still_since: Option<Moment>,
}

/// What a look shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BeltView {
    /// Whether another tray is at the camera.
    pub tray: bool,
    /// Whether the look before is so long ago that the tray may have moved on.
    pub stale: bool,
}

impl BeltWatch {
    /// A watch over a belt of this length, whose trays come at least so far apart.
    #[must_use]
    pub fn new(farthest_counts: u32, least_between_trays: u32) -> Self {
        Self {
            farthest_counts,
            least_between_trays,
            last: None,
            latched: None,
            doubted_at: None,
            still_since: None,
        }
    }

    /// From now on trays come at least so far apart.
    pub fn expect_trays(&mut self, least_between_trays: u32) {
        self.least_between_trays = least_between_trays;
    }

    /// Looks at a status.
    ///
    /// # Errors
    /// What it says cannot be. The watch then begins anew from this status.
    pub fn see(&mut self, status: &PlcStatus, now: Moment) -> Result<BeltView, BeltDoubt> {
        let before = self.last.replace(Seen {
            status: *status,
            at: now,
        });
        let Some(before) = before else {
            return Ok(BeltView {
                tray: false,
                stale: true,
            });
        };
        let tray = before.status.trigger != status.trigger;
        let stale = now.since(before.at) > LONGEST_GAP;
        let checked = self
            .check(&before.status, status, tray, stale)
            .and_then(|()| self.check_still(&before, status, now));
        if tray {
            self.latched = Some(status.latched);
        }
        match checked {
            Ok(()) => {
                if self.doubted_at.is_some_and(|at| at != status.encoder) {
                    self.doubted_at = None;
                }
                Ok(BeltView { tray, stale })
            }
            Err(doubt) => {
                self.doubted_at = Some(status.encoder);
                Err(doubt)
            }
        }
    }

    /// Whether the encoder has moved since it was last doubted.
    #[must_use]
    pub fn is_believed(&self) -> bool {
        self.doubted_at.is_none()
    }

    fn check(
        &self,
        before: &PlcStatus,
        now: &PlcStatus,
        tray: bool,
        stale: bool,
    ) -> Result<(), BeltDoubt> {
        let moved = before.encoder.counts_until(now.encoder);
        if moved < 0 {
            let counts = moved.unsigned_abs();
            return Err(BeltDoubt::EncoderBack { counts });
        }
        // After a gap the belt may be anywhere ahead, and its trays are to be accounted for.
        if !stale && moved.unsigned_abs() > self.farthest_counts {
            let counts = moved.unsigned_abs();
            return Err(BeltDoubt::EncoderLeapt { counts });
        }
        let step = now.trigger.0.wrapping_sub(before.trigger.0).cast_signed();
        if step < 0 {
            return Err(BeltDoubt::TriggerBack {
                before: before.trigger.0,
                now: now.trigger.0,
            });
        }
        if tray {
            self.check_latched(now, step)?;
        }
        Ok(())
    }

    fn check_still(
        &mut self,
        before: &Seen,
        status: &PlcStatus,
        now: Moment,
    ) -> Result<(), BeltDoubt> {
        let runs = |status: &PlcStatus| status.state == MachineState::Running;
        let still = before.status.encoder == status.encoder;
        if !(still && runs(&before.status) && runs(status)) {
            self.still_since = None;
            return Ok(());
        }
        let since = *self.still_since.get_or_insert(before.at);
        let stood = now.since(since);
        if stood < LONGEST_STANDSTILL {
            return Ok(());
        }
        let milliseconds = stood.as_millis();
        Err(BeltDoubt::EncoderStill { milliseconds })
    }

    fn check_latched(&self, now: &PlcStatus, step: i16) -> Result<(), BeltDoubt> {
        let behind = now.latched.counts_until(now.encoder);
        if behind < 0 || behind.unsigned_abs() > self.farthest_counts {
            return Err(BeltDoubt::LatchedElsewhere { counts: behind });
        }
        let counts = self
            .latched
            .map(|latched| latched.counts_until(now.latched));
        match counts {
            Some(counts)
                if step == 1 && i64::from(counts) < i64::from(self.least_between_trays) =>
            {
                let least = self.least_between_trays;
                Err(BeltDoubt::TraysTooClose { counts, least })
            }
            _ => Ok(()),
        }
    }
}
