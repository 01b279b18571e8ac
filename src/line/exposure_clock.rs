//! When a frame was exposed, on this machine's clock, from the camera's own clock.
//!
//! A camera counts from its start, and its clock drifts against ours. A frame cannot come before it was exposed: of the
//! last frames, the one that came soonest after its exposure says how the clocks stand to each other. So a frame that
//! was held up on its way is known by its age and never taken for the next tray's.

use std::collections::VecDeque;
use std::time::Duration;

use crate::clock::Moment;

/// Frames that are looked back on: few enough that a drift of 100 ppm over them, a tray every 20 s, stays under
/// the time that a frame takes on its way.
const LOOKED_BACK_ON: usize = 16;

/// The last frames' moments, as `(camera's clock, arrival)`.
#[derive(Debug, Default)]
pub struct ExposureClock(VecDeque<(Duration, Moment)>);

impl ExposureClock {
    /// When a frame was exposed (later by the shortest way that a frame took), from the camera's clock and the moment
    /// when it came. The first frame's is its arrival.
    pub fn exposed(&mut self, camera: Duration, arrived: Moment) -> Moment {
        if self.0.len() == LOOKED_BACK_ON {
            self.0.pop_front();
        }
        self.0.push_back((camera, arrived));
        let by_another = |(then, came): &(Duration, Moment)| match camera.checked_sub(*then) {
            Some(since) => came.later(since),
            // A camera's clock that goes back was started anew: nothing older says anything of it.
            None => arrived,
        };
        self.0.iter().map(by_another).min().unwrap_or(arrived)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Moment {
        Moment::after_start(Duration::from_millis(milliseconds))
    }

    #[test]
    fn a_frame_that_was_held_up_is_known_by_its_age() {
        let mut clock = ExposureClock::default();
        let camera = |ms: u64| Duration::from_millis(900_000 + ms);
        assert_eq!(clock.exposed(camera(0), at(1_040)), at(1_040));
        assert_eq!(clock.exposed(camera(3_000), at(4_042)), at(4_040));
        // exposed at 6 s, on its way for 3 s
        assert_eq!(clock.exposed(camera(6_000), at(10_000)), at(7_040));
        assert_eq!(clock.exposed(camera(9_000), at(10_040)), at(10_040));
    }

    #[test]
    fn clocks_that_drift_apart_are_followed() {
        let mut clock = ExposureClock::default();
        for tray in 0..5_000_u64 {
            let true_moment = at(1_000 + tray * 20_000);
            // the camera's clock is 100 ppm slow
            let camera = Duration::from_micros(tray * 20_000 * 1_000 / 10_000 * 9_999);
            let exposed = clock.exposed(camera, true_moment);
            let early = true_moment.since(exposed);
            assert!(early <= Duration::from_millis(40), "{tray}: {early:?}");
            assert_eq!(exposed.since(true_moment), Duration::ZERO);
        }
    }

    #[test]
    fn a_camera_that_was_started_anew_counts_from_nothing() {
        let mut clock = ExposureClock::default();
        clock.exposed(Duration::from_secs(5_000), at(1_000));
        assert_eq!(clock.exposed(Duration::from_secs(1), at(9_000)), at(9_000));
    }
}
