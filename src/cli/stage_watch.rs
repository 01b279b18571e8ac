//! The clock beside an inspection, which reads none itself.

use crate::clock::Stopwatch;
use crate::inspect::{Stage, StageObserver, StageTimes};

/// Times the stages that an inspector reports.
pub struct StageWatch {
    whole: Stopwatch,
    lap: Stopwatch,
    times: StageTimes,
}

impl StageWatch {
    /// Starts with the decoding.
    #[must_use]
    pub fn start() -> Self {
        Self {
            whole: Stopwatch::start(),
            lap: Stopwatch::start(),
            times: StageTimes::default(),
        }
    }

    /// The picture is decoded; once more, where half its size was not enough.
    pub fn decoded(&mut self) {
        self.times.decode += self.next_lap();
    }

    /// All times, to a hundredth of a millisecond.
    #[must_use]
    pub fn finish(mut self) -> StageTimes {
        self.times.total = hundredths(self.whole.milliseconds());
        self.times
    }

    fn next_lap(&mut self) -> f64 {
        let lap = std::mem::replace(&mut self.lap, Stopwatch::start());
        hundredths(lap.milliseconds())
    }
}

fn hundredths(milliseconds: f64) -> f64 {
    (milliseconds * 100.0).round() / 100.0
}

impl StageObserver for StageWatch {
    fn ended(&mut self, stage: Stage) {
        let lap = self.next_lap();
        match stage {
            Stage::Locate => self.times.locate = lap,
            Stage::Rectify => self.times.rectify = lap,
            Stage::Infer => self.times.infer = lap,
            Stage::Measure => self.times.measure = lap,
        }
    }
}
