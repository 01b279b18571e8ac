//! A part of a frame at half its size, for whoever needs fewer pixels than the camera gave.

use std::ops::Range;

use super::Frame;

impl Frame {
    /// The frame's `columns` and `rows` at half their size, the mean of every two by two pixels rounded to whole numbers;
    /// where one is left over at the end, it counts twice. Both ranges hold at least one pixel of the frame. `buffer` is
    /// used for the pixels.
    ///
    /// # Panics
    /// Beyond the frame, or when a range is empty.
    #[must_use]
    pub fn halved(&self, columns: Range<usize>, rows: Range<usize>, buffer: Vec<u8>) -> Self {
        self.of_line_pairs(columns, rows, 2, buffer, halve_line)
    }
}

/// Means of two lines' pixels, two by two.
fn halve_line(upper: &[u8], lower: &[u8], halved: &mut [u8]) {
    let pairs = upper.chunks_exact(6).zip(lower.chunks_exact(6));
    for ((upper, lower), halved) in pairs.zip(halved.chunks_exact_mut(3)) {
        for k in 0..3 {
            let across = |line: &[u8]| u16::from(line[k]) + u16::from(line[k + 3]);
            halved[k] = ((across(upper) + across(lower) + 2) / 4) as u8;
        }
    }
    let left_over = upper.chunks_exact(6).remainder().iter();
    let left_over = left_over.zip(lower.chunks_exact(6).remainder());
    let last = halved.len() - left_over.len();
    for (halved, (&upper, &lower)) in halved[last..].iter_mut().zip(left_over) {
        *halved = (u16::from(upper) + u16::from(lower)).div_ceil(2) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_pixel_is_the_mean_of_its_four(
            (width, height) in (1_usize..12, 1_usize..12),
            (left, top) in (0_usize..11, 0_usize..11),
            seed in any::<u32>(),
        ) {
            let noise = |i: usize| (seed.wrapping_add(i as u32).wrapping_mul(2_654_435_761) >> 24) as u8;
            let rgb: Vec<u8> = (0..width * height * 3).map(noise).collect();
            let frame = Frame::from_rgb(width, height, rgb).unwrap();
            let (left, top) = (left.min(width - 1), top.min(height - 1));
            let halved = frame.halved(left..width, top..height, Vec::new());
            prop_assert_eq!(halved.width(), (width - left).div_ceil(2));
            prop_assert_eq!(halved.height(), (height - top).div_ceil(2));
            for (x, y) in (0..halved.width()).flat_map(|x| (0..halved.height()).map(move |y| (x, y))) {
                for k in 0..3 {
                    let at = |dx: usize, dy: usize| {
                        let (x, y) = (left + 2 * x + dx, top + 2 * y + dy);
                        f64::from(frame.pixel(x.min(width - 1), y.min(height - 1))[k])
                    };
                    let mean = (at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) / 4.0;
                    prop_assert!((f64::from(halved.pixel(x, y)[k]) - mean).abs() <= 0.5);
                }
            }
        }
    }
}
