//! Where the camera stands: the frame's size and the map from the tray to it.
//!
//! In: the request's view. Out: frame size in px and a [`Warp`].

use super::chance::Chance;
use super::warp::{Drift, Warp};
use super::{RenderRequest, View};
use crate::geometry::{FramePoint, FrameSpace, Homography, TrayPoint, TraySpace};

/// The frame and the map into it.
pub(crate) struct Framing {
    pub width: usize,
    pub height: usize,
    pub warp: Warp,
    /// Scale at the tray's middle, px a pitch.
    pub scale: f32,
    /// Widest margin round the block in the frame, pitches.
    pub margin: f32,
}

/// Draws a framing for the request; `None` only for a degenerate map.
pub(crate) fn frame(chance: &mut Chance, request: &RenderRequest) -> Option<Framing> {
    match request.view {
        View::Rectified { px_per_pitch } => rectified(chance, request, px_per_pitch),
        View::Camera | View::NoTray => camera(chance, request),
    }
}

fn rectified(chance: &mut Chance, request: &RenderRequest, scale: f64) -> Option<Framing> {
    let margin = f64::from(match chance.weighted(&[0.35, 0.25, 0.4]) {
        0 => 0.0,
        1 => chance.range(0.0, 0.25),
        _ => chance.range(0.25, 0.6),
    });
    let (cols, rows) = (request.cols as f64, request.rows as f64);
    let (w, h) = ((cols + 2.0 * margin) * scale, (rows + 2.0 * margin) * scale);
    let shake = scale * chance.pick(&[0.02, 0.05, 0.12]);
    let mut jolt = || f64::from(chance.normal()) * shake;
    let (left, top) = (margin * scale, margin * scale);
    let (right, bottom) = (w - left, h - top);
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        .map(|(x, y)| FramePoint::new(x + jolt(), y + jolt()));
    let flat = fit(cols, rows, corners)?;
    let smooth = chance.pick(&[0.02, 0.06, 0.12, 0.22]);
    let jitter = chance.pick(&[0.0, 0.004, 0.01, 0.02]);
    let drift = Drift::new(chance, (request.rows, request.cols), smooth, jitter);
    Some(Framing {
        width: w.round().max(8.0) as usize,
        height: h.round().max(8.0) as usize,
        warp: Warp::new(flat, drift)?,
        scale: scale as f32,
        margin: margin as f32,
    })
}

fn fit(
    cols: f64,
    rows: f64,
    corners: [FramePoint; 4],
) -> Option<Homography<TraySpace, FrameSpace>> {
    let nodes = [(0.0, 0.0), (cols, 0.0), (cols, rows), (0.0, rows)];
    let pairs: Vec<_> = nodes
        .iter()
        .map(|&(x, y)| TrayPoint::new(x, y))
        .zip(corners)
        .collect();
    Homography::fit(&pairs).ok()
}

fn camera(chance: &mut Chance, request: &RenderRequest) -> Option<Framing> {
    let (cols, rows) = (request.cols as f64, request.rows as f64);
    // Upright: without a mark on it nobody numbers the cells of a tray that lies the other way round.
    let (long, short) = chance.pick(&[(1280, 720), (1280, 960), (1600, 1200), (1200, 1200)]);
    let (width, height) = if cols >= rows {
        (long, short)
    } else {
        (short, long)
    };
    let (w, h) = (f64::from(width), f64::from(height));
    let spread = if chance.with(0.6) { 4.0 } else { 15.0 };
    let angle = f64::from(chance.normal()).clamp(-2.0, 2.0) * 0.5 * f64::to_radians(spread);
    let (sin, cos) = angle.sin_cos();
    let (bw, bh) = (
        cols * cos.abs() + rows * sin.abs(),
        cols * sin.abs() + rows * cos.abs(),
    );
    let scale = (w / bw).min(h / bh)
        * f64::from(if chance.with(0.2) {
            chance.range(1.0, 1.2)
        } else {
            chance.range(0.55, 1.0)
        });
    let tilt = [
        f64::from(chance.normal()) * 0.05,
        f64::from(chance.normal()) * 0.05,
    ];
    let slack = |frame: f64, block: f64| ((frame - block * scale) * 0.5).max(0.0) * 0.8;
    let centre = [
        w * 0.5 + slack(w, bw) * f64::from(chance.range(-1.0, 1.0)),
        h * 0.5 + slack(h, bh) * f64::from(chance.range(-1.0, 1.0)),
    ];
    let place = |x: f64, y: f64| {
        let (x, y) = (x - cols * 0.5, y - rows * 0.5);
        let (u, v) = ((x * cos - y * sin) * scale, (x * sin + y * cos) * scale);
        let depth = 1.0 + tilt[0] * u / w * 2.0 + tilt[1] * v / h * 2.0;
        FramePoint::new(centre[0] + u / depth, centre[1] + v / depth)
    };
    let flat = fit(
        cols,
        rows,
        [
            place(0.0, 0.0),
            place(cols, 0.0),
            place(cols, rows),
            place(0.0, rows),
        ],
    )?;
    let lens = chance.normal() * 0.01;
    let drift = Drift::new(chance, (request.rows, request.cols), 0.05, 0.012).distorted(lens);
    Some(Framing {
        width: width as usize,
        height: height as usize,
        warp: Warp::new(flat, drift)?,
        scale: scale as f32,
        margin: 9.0,
    })
}
