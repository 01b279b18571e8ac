//! A camera above a simulated belt: replays frames at encoder positions one tray length apart.

use crate::geometry::EncoderCount;

/// A simulated trigger: which of the replayed frames is exposed, and where the belt stands then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exposure {
    /// Trigger sequence, from 1.
    pub trigger: u16,
    /// Index into the replayed frames.
    pub frame: usize,
    /// The belt's position, latched at exposure.
    pub encoder: EncoderCount,
}

/// Exposes one of a fixed number of frames for every tray that passes, for ever.
#[derive(Debug, Clone)]
pub struct SimulatedCamera {
    frames: usize,
    counts_between_trays: u32,
    next: u64,
    start: EncoderCount,
}

impl SimulatedCamera {
    /// A camera over a belt that starts at `start` and carries a tray every `counts_between_trays`.
    #[must_use]
    pub fn new(frames: usize, counts_between_trays: u32, start: EncoderCount) -> Self {
        Self {
            frames,
            counts_between_trays,
            next: 0,
            start,
        }
    }
}

impl Iterator for SimulatedCamera {
    type Item = Exposure;

    /// The next tray's exposure; none when there is no frame to replay.
    fn next(&mut self) -> Option<Exposure> {
        let frame = usize::try_from(self.next)
            .unwrap_or(usize::MAX)
            .checked_rem(self.frames)?;
        self.next += 1;
        let travelled = (self.next as u32).wrapping_mul(self.counts_between_trays);
        Some(Exposure {
            // the PLC's register wraps at 2¹⁶
            trigger: self.next as u16,
            frame,
            encoder: self.start.advanced(travelled),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trays_follow_each_other_one_belt_length_apart() {
        let mut camera = SimulatedCamera::new(2, 100, EncoderCount(u32::MAX - 150));
        let seen: Vec<_> = camera.by_ref().take(3).collect();
        assert_eq!(seen.iter().map(|e| e.frame).collect::<Vec<_>>(), [0, 1, 0]);
        assert_eq!(
            seen.iter().map(|e| e.trigger).collect::<Vec<_>>(),
            [1, 2, 3]
        );
        assert_eq!(seen[2].encoder, EncoderCount(149));
        assert_eq!(SimulatedCamera::new(0, 1, EncoderCount(0)).next(), None);
    }
}
