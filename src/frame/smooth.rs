//! A part of a frame, every pixel the mean of two by two: what is then sampled once a pixel may be nearly twice as fine.

use std::ops::Range;

use super::Frame;

impl Frame {
    /// The frame's `columns` and `rows`, every pixel the mean of itself and its neighbours to the right, below and between
    /// these, rounded to whole numbers; the last ones repeat where no neighbour is left. A pixel so shows the frame half a
    /// pixel to the right of and below its own place. Both ranges hold at least one pixel of the frame. `buffer` is used for
    /// the pixels.
    ///
    /// # Panics
    /// Beyond the frame, or when a range is empty.
    #[must_use]
    pub fn smoothed(&self, columns: Range<usize>, rows: Range<usize>, buffer: Vec<u8>) -> Self {
        self.of_line_pairs(columns, rows, 1, buffer, smooth_line)
    }
}

/// Means of two lines' pixels and their neighbours to the right.
fn smooth_line(upper: &[u8], lower: &[u8], smoothed: &mut [u8]) {
    let inner = smoothed.len() - 3;
    let (upper_right, lower_right) = (&upper[3..], &lower[3..]);
    let left = upper[..inner].iter().zip(&lower[..inner]);
    let right = upper_right.iter().zip(lower_right);
    for ((smoothed, left), right) in smoothed.iter_mut().zip(left).zip(right) {
        let sum = |(&upper, &lower): (&u8, &u8)| u16::from(upper) + u16::from(lower);
        *smoothed = ((sum(left) + sum(right) + 2) / 4) as u8;
    }
    let last = upper[inner..].iter().zip(&lower[inner..]);
    for (smoothed, (&upper, &lower)) in smoothed[inner..].iter_mut().zip(last) {
        *smoothed = (u16::from(upper) + u16::from(lower)).div_ceil(2) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_pixel_is_the_mean_of_itself_and_what_lies_right_below_and_between(
            (width, height) in (1_usize..12, 1_usize..12),
            (left, top) in (0_usize..11, 0_usize..11),
            seed in any::<u32>(),
        ) {
            let noise = |i: usize| (seed.wrapping_add(i as u32).wrapping_mul(2_654_435_761) >> 24) as u8;
            let rgb: Vec<u8> = (0..width * height * 3).map(noise).collect();
            let frame = Frame::from_rgb(width, height, rgb).unwrap();
            let (left, top) = (left.min(width - 1), top.min(height - 1));
            let smoothed = frame.smoothed(left..width, top..height, Vec::new());
            prop_assert_eq!((smoothed.width(), smoothed.height()), (width - left, height - top));
            for (i, &found) in smoothed.rgb().iter().enumerate() {
                let (x, y) = (left + i / 3 % (width - left), top + i / 3 / (width - left));
                let at = |x: usize, y: usize| {
                    let (x, y) = (x.min(width - 1), y.min(height - 1));
                    f64::from(frame.rgb()[(y * width + x) * 3 + i % 3])
                };
                let mean = (at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1)) / 4.0;
                prop_assert!((f64::from(found) - mean).abs() <= 0.5, "{} {}", found, mean);
            }
        }
    }
}
