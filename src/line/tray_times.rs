//! When a tray was exposed, judged, commanded and accepted in, how long each span took out.

use std::time::Duration;

use super::figures::{Figures, Span};
use crate::clock::Moment;
use crate::inspect::StageTimes;
use crate::sorting::TriggerId;

/// Trays whose times are kept until their command is accepted.
const MOST_TIMED: usize = 64;

/// When a tray was where.
struct Times {
    tray: TriggerId,
    exposed: Moment,
    judged: Moment,
    written: Option<Moment>,
}

/// The times of the trays between camera and actuator, and the figures that they make.
pub(super) struct TrayTimes {
    figures: Figures,
    under_way: Vec<Times>,
}

impl TrayTimes {
    /// Of no tray yet.
    pub fn new(figures: Figures) -> Self {
        Self {
            figures,
            under_way: Vec::new(),
        }
    }

    /// A tray whose trigger was seen and whose frame was exposed at these moments is judged.
    pub fn judged(&mut self, tray: TriggerId, [seen, exposed]: [Moment; 2], now: Moment) {
        self.figures.record(Span::Expose, exposed.since(seen));
        self.figures.record(Span::Inspect, now.since(exposed));
        if self.under_way.len() >= MOST_TIMED {
            self.under_way.remove(0);
        }
        self.under_way.push(Times {
            tray,
            exposed,
            judged: now,
            written: None,
        });
    }

    /// Its inspection spent this in its stages; those that it did not reach are not counted.
    pub fn inspected(&mut self, stages: &StageTimes) {
        for (span, milliseconds) in [
            (Span::Locate, stages.locate),
            (Span::Rectify, stages.rectify),
            (Span::Infer, stages.infer),
            (Span::Measure, stages.measure),
        ] {
            let took = Duration::try_from_secs_f64(milliseconds / 1e3).unwrap_or_default();
            if !took.is_zero() {
                self.figures.record(span, took);
            }
        }
    }

    /// Its command is in the actuator's registers.
    pub fn written(&mut self, tray: TriggerId, now: Moment) {
        if let Some(times) = self.under_way.iter_mut().rfind(|times| times.tray == tray) {
            times.written = Some(now);
            self.figures.record(Span::Send, now.since(times.judged));
        }
    }

    /// The actuator took it.
    pub fn accepted(&mut self, tray: TriggerId, now: Moment) {
        let found = self.under_way.iter().rposition(|times| times.tray == tray);
        if let Some(times) = found.map(|index| self.under_way.remove(index)) {
            let written = times.written.unwrap_or(now);
            self.figures.record(Span::Accept, now.since(written));
            self.figures.record(Span::Whole, now.since(times.exposed));
        }
    }

    /// How long the spans took so far.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_tray_that_is_not_found_spends_no_time_in_the_stages_behind() {
        let mut times = TrayTimes::new(Figures::new().unwrap());
        let refused = StageTimes {
            locate: 12.0,
            ..StageTimes::default()
        };
        times.inspected(&refused);
        let stages = times.figures().stages();
        assert!((stages.locate.unwrap().p50 - 12.0).abs() < 0.1);
        assert_eq!((stages.infer, stages.measure), (None, None));
    }
}
