//! Whether the actuator lives: its heartbeat changes.

use std::time::Duration;

use crate::clock::Moment;

/// No change for so long and the line disarms.
pub const LONGEST_SILENCE: Duration = Duration::from_secs(1);

/// Watches a heartbeat.
#[derive(Debug, Clone, Copy, Default)]
pub struct HeartbeatWatch {
    last: Option<(u16, Moment)>,
    /// Whether it was seen to change on this connection: one that stands still since ever proves nothing.
    changed: bool,
}

impl HeartbeatWatch {
    /// Another connection: what was seen before proves nothing.
    pub fn begin(&mut self) {
        self.changed = false;
    }

    /// A heartbeat was read.
    pub fn see(&mut self, heartbeat: u16, now: Moment) {
        match self.last {
            Some((last, _)) if last == heartbeat => {}
            before => {
                self.changed |= before.is_some();
                self.last = Some((heartbeat, now));
            }
        }
    }

    /// How long it has stood still; nothing before the first was read.
    #[must_use]
    pub fn silent_for(&self, now: Moment) -> Option<Duration> {
        self.last.map(|(_, at)| now.since(at))
    }

    /// Whether it was seen to change lately.
    #[must_use]
    pub fn is_alive(&self, now: Moment) -> bool {
        self.changed && self.silent_for(now).is_some_and(|s| s < LONGEST_SILENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Moment {
        Moment::after_start(Duration::from_millis(milliseconds))
    }

    #[test]
    fn a_heartbeat_that_stands_still_is_no_life() {
        let mut watch = HeartbeatWatch::default();
        assert!(!watch.is_alive(at(0)));
        watch.see(7, at(0));
        assert!(!watch.is_alive(at(1)), "one look proves nothing");
        watch.see(8, at(500));
        assert!(watch.is_alive(at(1499)) && !watch.is_alive(at(1500)));
        watch.see(8, at(1600));
        assert!(!watch.is_alive(at(1600)));
        watch.begin();
        watch.see(9, at(1700));
        assert!(
            watch.is_alive(at(1700)),
            "it went on while nobody was connected"
        );
    }
}
