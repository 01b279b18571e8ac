//! Places along a straight line in a frame in, the colours between its pixels out: one by one and summed, or four lanes at a
//! time.

use wide::{f32x4, i16x8, u8x16};

use crate::frame::Frame;
use crate::geometry::{FramePoint, FrameVector};

/// What [`bilinear`] makes of a channel value of 1.
pub(super) const UNIT: f32 = 65_536.0;

/// Pixels that are summed at once, on the stack.
pub(super) const PIECE: usize = 64;

/// Sums of samples, channel by channel: whole numbers with a sign, which lanes turn into floats at once.
pub(super) type Sums = [[i32; PIECE]; 3];

/// Evenly spaced samples along a straight line in what is sampled, 32 bits before and after the point, from the
/// middle of the frame's first pixel.
pub(super) struct SampleLine {
    at: [i64; 2],
    step: [i64; 2],
}

impl SampleLine {
    pub fn new(from: FramePoint, step: FrameVector) -> Self {
        const ONE: f64 = (1_i64 << 32) as f64;
        // half a 256th more: weights are cut to 8 bits and should be rounded
        let start = |v: f64| ((v - 0.5 + 1.0 / 512.0) * ONE) as i64;
        Self {
            at: [start(from.x), start(from.y)],
            step: [(step.x * ONE) as i64, (step.y * ONE) as i64],
        }
    }

    /// The line from its sample number `count` on.
    pub fn after(mut self, count: usize) -> Self {
        for (at, step) in self.at.iter_mut().zip(self.step) {
            *at += count as i64 * step;
        }
        self
    }

    /// Adds `taps` samples to each of the first `count` sums in turn.
    pub fn add_to(&self, frame: &Frame, taps: usize, count: usize, sums: &mut Sums) {
        let last = (count * taps) as i64 - 1;
        let ends = [0, last].map(|n| [0, 1].map(|k| self.at[k] + n * self.step[k]));
        if ends.iter().all(|&end| is_inside(frame, end)) {
            self.add_each(taps, count, sums, |at| bilinear(frame, at));
        } else {
            self.add_each(taps, count, sums, |at| {
                if is_inside(frame, at) {
                    return bilinear(frame, at);
                }
                let point = FramePoint::new(place(at[0]), place(at[1]));
                frame.bilinear(point).map(|c| (c * UNIT) as u32)
            });
        }
    }

    /// Sets the pixels of each plane to a sample each, rounded to whole numbers; not where a place is too near the frame's edge
    /// for four lanes at once.
    pub fn take(&self, frame: &Frame, planes: &mut [&mut [f32]; 3]) -> bool {
        let count = planes[0].len().min(PIECE);
        let last = count as i64 - 1;
        let ends = [0, last].map(|n| [0, 1].map(|k| self.at[k] + n * self.step[k]));
        if count == 0 || !ends.iter().all(|&end| is_well_inside(frame, end)) {
            return false;
        }
        let mut colours = [[0.0; 4]; PIECE];
        let mut at = self.at;
        for colour in &mut colours[..count] {
            let rounded = lanes(frame, at) * f32x4::splat(1.0 / UNIT) + f32x4::splat(0.5);
            *colour = rounded.fast_trunc_int().round_float().to_array();
            at = [at[0] + self.step[0], at[1] + self.step[1]];
        }
        for (k, plane) in planes.iter_mut().enumerate() {
            for (pixel, colour) in plane.iter_mut().zip(&colours) {
                *pixel = colour[k];
            }
        }
        true
    }

    #[inline]
    fn add_each(
        &self,
        taps: usize,
        count: usize,
        [red, green, blue]: &mut Sums,
        colour: impl Fn([i64; 2]) -> [u32; 3],
    ) {
        let mut at = self.at;
        let sums = red.iter_mut().zip(green).zip(blue);
        for ((red, green), blue) in sums.take(count) {
            for _ in 0..taps {
                let colour = colour(at).map(|channel| channel as i32);
                *red += colour[0];
                *green += colour[1];
                *blue += colour[2];
                at = [at[0] + self.step[0], at[1] + self.step[1]];
            }
        }
    }
}

/// Whether the four pixels round a place lie in the frame.
#[inline]
fn is_inside(frame: &Frame, [x, y]: [i64; 2]) -> bool {
    let between = |v: i64, size: usize| (0..size as i64 - 1).contains(&(v >> 32));
    between(x, frame.width()) && between(y, frame.height())
}

/// Whether there is also a pixel to the right of those four.
#[inline]
fn is_well_inside(frame: &Frame, at: [i64; 2]) -> bool {
    is_inside(frame, at) && at[0] >> 32 < frame.width() as i64 - 2
}

/// The frame coordinate of a fixed-point place.
fn place(fixed: i64) -> f64 {
    fixed as f64 / (1_i64 << 32) as f64 + 0.5
}

/// Colour between four pixels that all lie in the frame, in units of a [`UNIT`]th.
#[inline]
fn bilinear(frame: &Frame, [x, y]: [i64; 2]) -> [u32; 3] {
    let weight = |v: i64| ((v >> 24) & 0xff) as u32;
    let (u, v) = (weight(x), weight(y));
    let i = ((y >> 32) as usize * frame.width() + (x >> 32) as usize) * 3;
    let rgb = frame.rgb();
    let (top, bottom) = (&rgb[i..i + 6], &rgb[i + frame.width() * 3..][..6]);
    let channel = |k: usize| {
        let along = |line: &[u8]| u32::from(line[k]) * (256 - u) + u32::from(line[k + 3]) * u;
        along(top) * (256 - v) + along(bottom) * v
    };
    // spelled out: an array made by a function is a call a channel here, three times the instructions
    [channel(0), channel(1), channel(2)]
}

/// The same as [`bilinear`], channel by channel in lanes, the fourth of no use: whole numbers below 2²⁴, which single
/// precision holds exactly. For places that are [well inside](is_well_inside).
#[inline]
fn lanes(frame: &Frame, [x, y]: [i64; 2]) -> f32x4 {
    let weight = |v: i64| ((v >> 24) & 0xff) as i16;
    let (u, v) = (f32::from(weight(x)), weight(y));
    let i = ((y >> 32) as usize * frame.width() + (x >> 32) as usize) * 3;
    let rgb = frame.rgb();
    let (top, bottom) = (
        eight_bytes(&rgb[i..]),
        eight_bytes(&rgb[i + frame.width() * 3..]),
    );
    let w = 256 - v;
    let down = i16x8::new([w, v, w, v, w, v, w, v]);
    let mean = |top: u64, bottom: u64| {
        let pairs = u8x16::unpack_low(low_bytes(top), low_bytes(bottom));
        i16x8::from_u8x16_low(pairs).dot(down).round_float()
    };
    // the pixel to the right begins three bytes later
    let (left, right) = (mean(top, bottom), mean(top >> 24, bottom >> 24));
    left * f32x4::splat(256.0 - u) + right * f32x4::splat(u)
}

/// The first eight bytes, the first one lowest.
#[inline]
fn eight_bytes(bytes: &[u8]) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[..8]);
    u64::from_le_bytes(eight)
}

#[inline]
fn low_bytes(eight: u64) -> u8x16 {
    let mut lanes = [0; 16];
    lanes[..8].copy_from_slice(&eight.to_le_bytes());
    u8x16::new(lanes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lanes_see_the_very_colours_that_are_seen_one_by_one(
            seed in any::<u32>(),
            (left, top) in (-3.0..60.0_f64, -3.0..40.0_f64),
            (across, down) in (-1.5..1.5_f64, -1.5..1.5_f64),
            count in 1..=PIECE,
        ) {
            let (width, height) = (64, 48);
            let noise = |i: usize| (seed.wrapping_add(i as u32).wrapping_mul(2_654_435_761) >> 24) as u8;
            let frame = Frame::from_rgb(width, height, (0..width * height * 3).map(noise).collect()).unwrap();
            let line = || SampleLine::new(FramePoint::new(left, top), FrameVector::new(across, down));
            let mut sums = [[0; PIECE]; 3];
            line().add_to(&frame, 1, count, &mut sums);
            let mut planes = [[0.0; PIECE]; 3];
            let mut pieces = planes.each_mut().map(|plane| &mut plane[..count]);
            if line().take(&frame, &mut pieces) {
                for (plane, sums) in planes.iter().zip(&sums) {
                    for (pixel, &sum) in plane[..count].iter().zip(sums) {
                        prop_assert_eq!(*pixel, (sum as f32 / UNIT + 0.5) as i32 as f32);
                    }
                }
            } else {
                let end = |v: f64, step: f64| [v, v + step * (count - 1) as f64];
                let is_near_an_edge = end(left, across).iter().any(|&x| !(0.5..62.5).contains(&(x + 0.01)))
                    || end(top, down).iter().any(|&y| !(0.5..47.5).contains(&(y + 0.01)));
                prop_assert!(is_near_an_edge, "{left} {top} {across} {down} {count}");
            }
        }
    }
}
