//! Where the tray's points land in the frame: a homography after a field of local drift.
//!
//! In: tray points in pitches or frame points in px. Out: the other. Both directions agree to well
//! under a hundredth of a pixel.

use std::f32::consts::{PI, TAU};

use super::chance::Chance;
use crate::geometry::{FramePoint, FrameSpace, Homography, TrayPoint, TraySpace};

/// Offsets at the lattice nodes, interpolated between them, pitches.
pub(crate) struct Drift {
    rows: usize,
    cols: usize,
    nodes: Vec<[f32; 2]>,
}

impl Drift {
    /// Smooth offsets of up to about `smooth` pitches plus `jitter` a node.
    pub(crate) fn new(chance: &mut Chance, grid: (usize, usize), smooth: f32, jitter: f32) -> Self {
        let (rows, cols) = grid;
        let mut wave = || {
            let (fx, fy) = (chance.range(-1.2, 1.2), chance.range(-1.2, 1.2));
            (
                fx,
                fy,
                chance.range(0.0, TAU),
                chance.range(0.3, 1.0) * smooth * 0.5,
            )
        };
        let waves = [wave(), wave(), wave(), wave()];
        let mut nodes = Vec::with_capacity((rows + 1) * (cols + 1));
        for r in 0..=rows {
            for c in 0..=cols {
                let (u, v) = (c as f32 / cols as f32, r as f32 / rows as f32);
                let at = |k: usize| {
                    let (fx, fy, phase, size) = waves[k];
                    (PI * (fx * u + fy * v) + phase).sin() * size
                };
                let x = at(0) + at(1) + chance.normal() * jitter;
                let y = at(2) + at(3) + chance.normal() * jitter;
                nodes.push([x, y]);
            }
        }
        Self { rows, cols, nodes }
    }

    /// Adds a lens's radial distortion round the block's middle, as its lattice shows it: `strength` is the
    /// displacement at the block's corners as a share of their distance, below 0 a barrel (Brown's first
    /// radial coefficient).
    pub(crate) fn distorted(mut self, strength: f32) -> Self {
        let (cx, cy) = (self.cols as f32 * 0.5, self.rows as f32 * 0.5);
        let corner = cx * cx + cy * cy;
        for (i, node) in self.nodes.iter_mut().enumerate() {
            let (r, c) = (i / (self.cols + 1), i % (self.cols + 1));
            let (dx, dy) = (c as f32 - cx, r as f32 - cy);
            let by = strength * (dx * dx + dy * dy) / corner;
            *node = [node[0] + dx * by, node[1] + dy * by];
        }
        self
    }

    #[inline]
    fn at(&self, x: f32, y: f32) -> [f32; 2] {
        let x = x.clamp(0.0, self.cols as f32);
        let y = y.clamp(0.0, self.rows as f32);
        let c = (x as usize).min(self.cols - 1);
        let r = (y as usize).min(self.rows - 1);
        let (fx, fy) = (x - c as f32, y - r as f32);
        let i = r * (self.cols + 1) + c;
        let j = i + self.cols + 1;
        let blend = |k: usize| {
            let top = self.nodes[i][k] * (1.0 - fx) + self.nodes[i + 1][k] * fx;
            let bottom = self.nodes[j][k] * (1.0 - fx) + self.nodes[j + 1][k] * fx;
            top * (1.0 - fy) + bottom * fy
        };
        [blend(0), blend(1)]
    }
}

/// The map between the tray and the frame.
pub(crate) struct Warp {
    frame_from_flat: Homography<TraySpace, FrameSpace>,
    flat_from_frame: [[f32; 3]; 3],
    drift: Drift,
}

impl Warp {
    /// `frame_from_flat` seen through `drift`; `None` when the map has no inverse.
    pub(crate) fn new(
        frame_from_flat: Homography<TraySpace, FrameSpace>,
        drift: Drift,
    ) -> Option<Self> {
        let back = frame_from_flat.inverse().ok()?.rows();
        Some(Self {
            frame_from_flat,
            flat_from_frame: back.map(|row| row.map(|v| v as f32)),
            drift,
        })
    }

    /// Tray point under the frame point.
    #[inline]
    pub(crate) fn tray(&self, x: f32, y: f32) -> (f32, f32) {
        let m = &self.flat_from_frame;
        let w = 1.0 / (m[2][0] * x + m[2][1] * y + m[2][2]);
        let u = (m[0][0] * x + m[0][1] * y + m[0][2]) * w;
        let v = (m[1][0] * x + m[1][1] * y + m[1][2]) * w;
        let d = self.drift.at(u, v);
        (u - d[0], v - d[1])
    }

    /// Frame point of a tray point.
    pub(crate) fn frame(&self, x: f32, y: f32) -> FramePoint {
        let (mut u, mut v) = (x, y);
        for _ in 0..8 {
            let d = self.drift.at(u, v);
            (u, v) = (x + d[0], y + d[1]);
        }
        self.frame_from_flat
            .map(TrayPoint::new(f64::from(u), f64::from(v)))
    }

    /// Frame displacement a pitch along x and along y, at a tray point: `[[xx, yx], [xy, yy]]`.
    pub(crate) fn jacobian(&self, x: f32, y: f32) -> [[f32; 2]; 2] {
        const STEP: f32 = 0.05;
        let centre = self.frame(x, y);
        let along = |p: FramePoint| {
            let d = (p - centre) / f64::from(STEP);
            [d.x as f32, d.y as f32]
        };
        [
            along(self.frame(x + STEP, y)),
            along(self.frame(x, y + STEP)),
        ]
    }
}
