//! Colours as three display-referred values in 0..1, and the few mixtures that everything uses.

/// Red, green, blue; 0..1 until the camera clips.
pub(crate) type Rgb = [f32; 3];

/// `a` at 0, `b` at 1.
#[inline]
pub(crate) fn mix(a: Rgb, b: Rgb, t: f32) -> Rgb {
    [
        a[0] + (b[0] - a[0]) * t,
        a[1] + (b[1] - a[1]) * t,
        a[2] + (b[2] - a[2]) * t,
    ]
}

/// Brightness times `by`.
#[inline]
pub(crate) fn scale(a: Rgb, by: f32) -> Rgb {
    [a[0] * by, a[1] * by, a[2] * by]
}

/// Channel by channel product.
#[inline]
pub(crate) fn tint(a: Rgb, by: Rgb) -> Rgb {
    [a[0] * by[0], a[1] * by[1], a[2] * by[2]]
}

/// Adds the same to all channels.
#[inline]
pub(crate) fn lift(a: Rgb, by: f32) -> Rgb {
    [a[0] + by, a[1] + by, a[2] + by]
}

/// 0 below `from`, 1 above `to`, smooth between.
#[inline]
pub(crate) fn smooth(from: f32, to: f32, x: f32) -> f32 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Luma, Rec. 601 weights.
#[inline]
pub(crate) fn luma(a: Rgb) -> f32 {
    0.299 * a[0] + 0.587 * a[1] + 0.114 * a[2]
}

/// Length of a vector; faster than `hypot`, which guards against overflow.
#[inline]
pub(crate) fn length(x: f32, y: f32) -> f32 {
    (x * x + y * y).sqrt()
}
