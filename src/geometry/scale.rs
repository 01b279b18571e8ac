//! Scalars with a unit: belt position and picture scale.

use serde::{Deserialize, Serialize};

/// The belt's position in encoder counts. Wraps at 2³²; compared as a signed 32-bit difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EncoderCount(pub u32);

impl EncoderCount {
    /// The position `counts` further along the belt.
    #[must_use]
    pub fn advanced(self, counts: u32) -> Self {
        Self(self.0.wrapping_add(counts))
    }

    /// Signed counts from `self` to `later`: positive when `later` lies ahead on the belt.
    #[must_use]
    pub fn counts_until(self, later: Self) -> i32 {
        later.0.wrapping_sub(self.0).cast_signed()
    }
}

/// Scale of a picture at the tray's surface, millimetres a pixel. Finite and positive.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MillimetresPerPixel(pub f64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_belt_keeps_its_order_over_the_wrap() {
        let before = EncoderCount(u32::MAX - 10);
        let after = before.advanced(20);
        assert_eq!(after, EncoderCount(9));
        assert_eq!(before.counts_until(after), 20);
        assert_eq!(after.counts_until(before), -20);
    }
}
