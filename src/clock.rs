//! The only place that asks for the time.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// The time now, in UTC.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// A wall clock before this was never set: this program is younger.
const PROGRAM_IS_YOUNGER: &str = "2026-01-01T00:00:00Z";

/// Why the wall clock is not believed: it is before this program's time, or more than a day behind what was written
/// with it before.
#[must_use]
pub fn trouble(written_before: Option<&str>) -> Option<String> {
    trouble_at(now(), written_before)
}

fn trouble_at(now: Timestamp, written_before: Option<&str>) -> Option<String> {
    let day = jiff::SignedDuration::from_hours(24);
    let earliest = [Some(PROGRAM_IS_YOUNGER), written_before]
        .into_iter()
        .flatten()
        .filter_map(|text| text.parse::<Timestamp>().ok())
        .filter_map(|moment| moment.checked_sub(day).ok())
        .max();
    let earliest = earliest.filter(|earliest| now < *earliest)?;
    Some(format!("it says {now}: expected {earliest} or later"))
}

/// A running stopwatch on the monotonic clock.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Milliseconds since the start.
    #[must_use]
    pub fn milliseconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64() * 1e3
    }
}

/// A moment on the monotonic clock, counted from the process's first question. What steps through time takes
/// moments, so that a test can make them up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Moment(Duration);

impl Moment {
    /// The moment now.
    #[must_use]
    pub fn now() -> Self {
        static START: OnceLock<Instant> = OnceLock::new();
        Self(START.get_or_init(Instant::now).elapsed())
    }

    /// So long after the beginning.
    #[must_use]
    pub const fn after_start(since: Duration) -> Self {
        Self(since)
    }

    /// The time from `earlier` until this; nothing when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The moment so much later.
    #[must_use]
    pub fn later(self, by: Duration) -> Self {
        Self(self.0.saturating_add(by))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_back_is_believed_and_years_back_are_not() {
        let newest = Some("2026-11-24T08:00:00Z");
        let trouble = |now: &str| trouble_at(now.parse().unwrap(), newest);
        assert_eq!(trouble("2026-11-24T07:00:00Z"), None);
        assert!(trouble("2026-11-22T07:00:00Z").is_some());
        assert!(trouble_at(Timestamp::UNIX_EPOCH, None).is_some());
    }
}
