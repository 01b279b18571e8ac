//! The tray itself: walls, openings, the cells' inner walls, the rim.
//!
//! In: a place in a body's own pitches. Out: its colour without light, or nothing off the tray.

use super::Split;
use super::chance::Chance;
use super::colour::{Rgb, length, lift, mix, scale, smooth, tint};
use super::noise::{CLOUD_TEXELS, CRUMB_TEXELS, noise};
use super::substrate::{Fill, Substrate, SubstrateKind};

/// Tray materials. The last three occur only in [`Split::HeldOut`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum TrayKind {
    WhiteFoam,
    WhitePlastic,
    BlackPlastic,
    GreyPlastic,
    BluePlastic,
    Terracotta,
    PulpFibre,
    GreenPlastic,
}

impl TrayKind {
    pub(crate) fn draw(chance: &mut Chance, split: Split) -> Self {
        let (kinds, weights): (&[Self], &[f32]) = match split {
            Split::Train => (
                &[
                    Self::WhiteFoam,
                    Self::WhitePlastic,
                    Self::BlackPlastic,
                    Self::GreyPlastic,
                    Self::BluePlastic,
                ],
                &[26.0, 12.0, 34.0, 14.0, 8.0],
            ),
            Split::HeldOut => (
                &[Self::Terracotta, Self::PulpFibre, Self::GreenPlastic],
                &[1.0, 1.0, 1.0],
            ),
        };
        kinds[chance.weighted(weights)]
    }
}

#[derive(Clone, Copy)]
enum Opening {
    Rounded(f32),
    Octagon,
}

/// How one tray is built and worn.
#[derive(Clone)]
pub(crate) struct TrayStyle {
    pub kind: TrayKind,
    colour: Rgb,
    dirt_colour: Rgb,
    /// Wall between two openings, pitches.
    pub wall: f32,
    opening: Opening,
    /// Beads or grain a pitch.
    beads: f32,
    dirt: f32,
    speckle: f32,
    algae: f32,
    scratches: f32,
    /// Dirt between the beads of foam.
    grime: f32,
    /// Fill that lies on the walls, 0..1.
    spill: f32,
    /// Green light that wet walls throw back.
    mirror: f32,
    /// Radius and depth of the dent that a dibber leaves, pitches and 0..1.
    dibble: (f32, f32),
    ridge: f32,
    star: bool,
    separate: bool,
    /// Width of the slot that joins two cells through their wall, pitches; 0 none.
    slot: f32,
    /// Inner wall in view in an empty hole, pitches.
    hollow: f32,
    /// Brightness of what is seen through the drain.
    drain: f32,
    /// Texture of an empty hole's bottom.
    dregs: f32,
    pub rim: f32,
    corner: f32,
    gloss: f32,
}

impl TrayStyle {
    pub(crate) fn draw(chance: &mut Chance, kind: TrayKind, pitch_mm: f32) -> Self {
        let foam = kind == TrayKind::WhiteFoam;
        let wall = if foam {
            chance.range(0.13, 0.28)
        } else {
            chance.log_range(0.03, 0.30)
        };
        let opening = match chance.weighted(if foam {
            &[0.75, 0.15, 0.0, 0.1]
        } else {
            &[0.15, 0.5, 0.2, 0.1]
        }) {
            0 => Opening::Rounded(chance.range(0.02, 0.12)),
            1 => Opening::Rounded(chance.range(0.15, 0.5)),
            2 => Opening::Rounded(1.0),
            _ => Opening::Octagon,
        };
        let colour = match kind {
            TrayKind::WhiteFoam => [0.88, 0.86, 0.83],
            TrayKind::WhitePlastic => [0.90, 0.90, 0.89],
            TrayKind::BlackPlastic => {
                chance.pick(&[[0.09, 0.09, 0.10], [0.14, 0.14, 0.15], [0.05, 0.05, 0.06]])
            }
            TrayKind::GreyPlastic => {
                chance.pick(&[[0.25, 0.28, 0.31], [0.36, 0.37, 0.38], [0.5, 0.5, 0.5]])
            }
            TrayKind::BluePlastic => chance.pick(&[[0.14, 0.18, 0.32], [0.10, 0.25, 0.50]]),
            TrayKind::Terracotta => [0.62, 0.33, 0.22],
            TrayKind::PulpFibre => [0.62, 0.55, 0.45],
            TrayKind::GreenPlastic => [0.10, 0.24, 0.17],
        };
        let worn = chance.unit();
        Self {
            kind,
            colour: chance.near(colour, 0.04),
            dirt_colour: chance.near([0.30, 0.23, 0.16], 0.12),
            wall,
            opening,
            beads: pitch_mm / chance.range(1.4, 3.6),
            dirt: if chance.with(0.75) {
                worn * chance.range(0.1, 0.7)
            } else {
                0.0
            },
            speckle: worn * chance.range(0.0, 0.12),
            algae: if chance.with(0.35) {
                worn * chance.range(0.2, 1.0)
            } else {
                0.0
            },
            scratches: if chance.with(0.5) {
                chance.range(0.0, 0.25)
            } else {
                0.0
            },
            grime: if foam { chance.range(0.0, 0.5) } else { 0.0 },
            spill: if chance.with(0.5) {
                chance.range(0.05, 0.6)
            } else {
                0.0
            },
            mirror: if chance.with(0.25) {
                chance.range(0.1, 0.5)
            } else {
                0.0
            },
            dibble: if chance.with(0.3) {
                (chance.range(0.04, 0.16), chance.range(0.2, 0.8))
            } else {
                (0.1, 0.0)
            },
            ridge: chance.range(0.0, 0.4),
            star: !foam && wall > 0.08 && chance.with(0.3),
            separate: !foam && chance.with(0.2),
            slot: if !foam && chance.with(0.25) {
                chance.range(0.015, 0.05)
            } else {
                0.0
            },
            hollow: chance.range(0.06, 0.26),
            drain: if chance.with(0.3) {
                chance.range(0.2, 0.7)
            } else {
                0.0
            },
            dregs: chance.range(0.0, 0.25),
            rim: chance.range(0.03, 0.4),
            corner: chance.range(0.02, 0.3),
            gloss: if foam { 0.0 } else { chance.range(0.0, 0.25) },
        }
    }

    /// Signed distance to the opening's edge, pitches, negative inside. `(x, y)` from the centre.
    #[inline]
    fn opening(&self, x: f32, y: f32, half: f32) -> f32 {
        let (x, y) = (x.abs(), y.abs());
        match self.opening {
            Opening::Rounded(share) => {
                let r = half * share;
                let (qx, qy) = (x - half + r, y - half + r);
                let out = length(qx.max(0.0), qy.max(0.0));
                out + qx.max(qy).min(0.0) - r
            }
            Opening::Octagon => x.max(y).max((x + y) * 0.74) - half,
        }
    }

    /// Colour of the top surface; `away`: distance from the next opening, pitches.
    #[inline]
    fn surface(&self, x: f32, y: f32, away: f32) -> Rgb {
        let k = CRUMB_TEXELS * self.beads;
        let bead = noise().crumb(x * k, y * k);
        let broad = noise().cloud(x * CLOUD_TEXELS * 0.55 + 13.0, y * CLOUD_TEXELS * 0.55);
        let detail = noise().cloud(x * CLOUD_TEXELS * 3.7, y * CLOUD_TEXELS * 3.7 + 71.0);
        let tone = match self.kind {
            TrayKind::WhiteFoam => {
                0.80 + 0.17 * bead.inside + 0.10 * (bead.id - 0.5) + 0.12 * (broad - 0.5)
            }
            TrayKind::PulpFibre => 0.85 + 0.3 * (bead.grain - 0.5) + 0.25 * (detail - 0.5),
            _ => 0.96 + 0.16 * (broad - 0.5) + 0.05 * (bead.grain - 0.5),
        };
        let mut rgb = scale(self.colour, tone);
        if self.grime > 0.0 {
            let gap = (1.0 - bead.inside).powi(2) * self.grime * (0.1 + 1.5 * broad);
            rgb = mix(rgb, self.dirt_colour, gap.min(0.9));
        }
        let across = (away / (self.wall * 0.5)).min(1.0);
        rgb = lift(
            rgb,
            self.ridge * 0.3 * (across - 0.5) * (0.3 + self.colour[1]),
        );
        rgb = lift(rgb, self.gloss * smooth(0.62, 0.95, detail) * 0.5);
        let line = (detail - 0.5).abs();
        if line < 0.012 {
            rgb = lift(rgb, self.scratches * (0.5 - self.colour[1]));
        }
        let soil = smooth(
            1.0 - self.dirt,
            1.25 - self.dirt,
            0.6 * broad + 0.45 * detail + 0.25 * (bead.grain - 0.5) + 0.15 * (1.0 - across),
        );
        rgb = mix(
            rgb,
            scale(self.dirt_colour, 0.6 + 0.8 * bead.grain),
            soil * 0.85,
        );
        if bead.id < self.speckle && bead.inside < 0.9 && bead.grain > 0.55
            || bead.grain > 1.0 - self.speckle * 0.5
        {
            rgb = mix(rgb, scale(self.dirt_colour, 0.4), 0.7);
        }
        let green = smooth(
            1.0 - self.algae * 0.6,
            1.2 - self.algae * 0.6,
            detail * 0.5 + (1.0 - broad) * 0.5 + 0.2 * (1.0 - across),
        );
        mix(
            rgb,
            scale([0.36, 0.42, 0.16], 0.6 + 0.6 * bead.grain),
            green * 0.8,
        )
    }
}

/// One cell of a body.
#[derive(Clone, Copy)]
pub(crate) struct CellLook {
    pub fill: Fill,
    /// Which of the body's substrates.
    pub substrate: usize,
    /// Depth of the plug's surface under the rim, as the width of inner wall in view, pitches.
    pub sunk: f32,
    /// Offset and growth of the opening, pitches.
    pub shift: [f32; 2],
    pub grow: f32,
    /// Where the dibber dented it, from the centre, pitches.
    pub dent: [f32; 2],
}

/// A tray of whole cells: the labelled one or a neighbour.
pub(crate) struct Body {
    /// Its top-left outer node in the labelled tray's pitches.
    pub origin: [f32; 2],
    pub rows: usize,
    pub cols: usize,
    pub style: TrayStyle,
    pub substrates: Vec<Substrate>,
    pub cells: Vec<CellLook>,
    /// Direction the light travels in the frame's axes, length 1.
    pub light: [f32; 2],
    /// Point under the camera, this body's pitches.
    pub nadir: [f32; 2],
    /// Moss more than elsewhere along the walls.
    pub rim_moss: f32,
    /// Width of antialiasing, pitches a pixel.
    pub pixel: f32,
}

impl Body {
    /// Distance outside the outer edge (rim included), pitches; negative on the tray.
    #[inline]
    pub(crate) fn outside(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x - self.origin[0], y - self.origin[1]);
        let rim = self.style.rim;
        let (hx, hy) = (self.cols as f32 * 0.5 + rim, self.rows as f32 * 0.5 + rim);
        let r = self.style.corner;
        let qx = (x - self.cols as f32 * 0.5).abs() - hx + r;
        let qy = (y - self.rows as f32 * 0.5).abs() - hy + r;
        length(qx.max(0.0), qy.max(0.0)) + qx.max(qy).min(0.0) - r
    }

    /// Whether moss covers much of it.
    pub(crate) fn mossy(&self) -> bool {
        self.substrates.iter().any(|s| s.moss.amount > 0.4)
    }

    /// Whether a cell is an empty hole.
    pub(crate) fn bare(&self, row: usize, col: usize) -> bool {
        let cell = &self.cells[row * self.cols + col];
        self.substrates[cell.substrate].kind == SubstrateKind::BareHole
    }

    /// Colour at a place on the tray, the labelled tray's pitches.
    #[inline]
    pub(crate) fn shade(&self, x: f32, y: f32, outside: f32) -> Rgb {
        let (x, y) = (x - self.origin[0], y - self.origin[1]);
        let inside = x >= 0.0 && y >= 0.0 && x < self.cols as f32 && y < self.rows as f32;
        if !inside {
            let rgb = self.style.surface(x, y, 0.5 * self.style.wall);
            let lip = smooth(-0.05, -0.02, outside) - smooth(-0.02, 0.0, outside) * 1.6;
            return lift(rgb, lip * 0.14 * (0.3 + rgb[1]));
        }
        let (c, r) = (x as usize, y as usize);
        let cell = &self.cells[r * self.cols + c];
        let (lx, ly) = (
            x - c as f32 - 0.5 - cell.shift[0],
            y - r as f32 - 0.5 - cell.shift[1],
        );
        let half = 0.5 - self.style.wall * 0.5 + cell.grow;
        // Ragged edges of worn foam.
        let rough = if self.style.kind == TrayKind::WhiteFoam {
            0.018
        } else {
            0.004
        };
        let ragged = (noise().cloud(x * 210.0, y * 210.0) - 0.5) * 2.0 * rough;
        let edge = self.style.opening(lx, ly, half) + ragged;
        let wall = smooth(-0.7 * self.pixel, 0.7 * self.pixel, edge);
        if wall >= 1.0 {
            return self.top(x, y, edge, cell);
        }
        let below = self.below((x, y), (lx, ly), half, edge, cell);
        if wall <= 0.0 {
            below
        } else {
            mix(below, self.top(x, y, edge, cell), wall)
        }
    }

    #[inline]
    fn top(&self, x: f32, y: f32, edge: f32, cell: &CellLook) -> Rgb {
        let mut rgb = self.style.surface(x, y, edge);
        if self.style.spill > 0.0 {
            let broad = noise().cloud(x * CLOUD_TEXELS * 0.8 + 7.0, y * CLOUD_TEXELS * 0.8 + 150.0);
            let fine = noise().cloud(x * CLOUD_TEXELS * 7.0, y * CLOUD_TEXELS * 7.0 + 33.0);
            let heap = 0.5 * broad + 0.5 * fine + 0.25 * (1.0 - edge / (self.style.wall * 0.5));
            let lies = smooth(
                1.02 - self.style.spill * 0.6,
                1.06 - self.style.spill * 0.6,
                heap,
            );
            if lies > 0.0 {
                rgb = mix(
                    rgb,
                    self.substrates[cell.substrate].shade(x, y, &cell.fill),
                    lies,
                );
            }
        }
        let (nx, ny) = (x - x.round(), y - y.round());
        if self.style.star {
            let near = length(nx, ny);
            rgb = scale(
                rgb,
                1.0 - 0.8
                    * smooth(
                        self.style.wall.max(0.12) * 0.36,
                        self.style.wall.max(0.12) * 0.28,
                        near,
                    ),
            );
        }
        if self.style.slot > 0.0 {
            let (ox, oy) = ((x - x.floor() - 0.5).abs(), (y - y.floor() - 0.5).abs());
            let slot = smooth(self.style.slot + self.pixel, self.style.slot, ox.min(oy));
            rgb = scale(rgb, 1.0 - 0.75 * slot);
        }
        if self.style.separate {
            let gap = nx.abs().min(ny.abs());
            rgb = scale(rgb, 1.0 - 0.7 * smooth(0.012 + self.pixel, 0.006, gap));
        }
        rgb
    }

    /// Inner wall and fill.
    #[inline]
    fn below(
        &self,
        at: (f32, f32),
        local: (f32, f32),
        half: f32,
        edge: f32,
        cell: &CellLook,
    ) -> Rgb {
        let substrate = &self.substrates[cell.substrate];
        let bare = substrate.kind == SubstrateKind::BareHole;
        let sunk = if bare { self.style.hollow } else { cell.sunk };
        // What lies deeper is seen nearer to the point under the camera.
        let lean = [
            ((at.0 - self.nadir[0]) * 0.02).clamp(-0.6, 0.6) * sunk * 1.5,
            ((at.1 - self.nadir[1]) * 0.02).clamp(-0.6, 0.6) * sunk * 1.5,
        ];
        let floor = self
            .style
            .opening(local.0 + lean[0], local.1 + lean[1], half - sunk);
        let toward = (local.0 * self.light[0] + local.1 * self.light[1]) / half.max(0.05);
        let side = smooth(-0.9 * self.pixel, 0.9 * self.pixel, floor);
        let depth = (-edge / sunk.max(0.02)).clamp(0.0, 1.0);
        let lit = 0.45 + 0.35 * toward.clamp(-1.0, 1.0);
        let stain = noise().cloud(at.0 * 150.0, at.1 * 150.0 + 9.0);
        let inner = scale(
            self.style.colour,
            (lit * (1.0 - 0.55 * depth) * (0.6 + 0.7 * stain)).max(0.06),
        );
        let mut fill = cell.fill;
        fill.moss += self.rim_moss * smooth(-0.16, 0.0, floor);
        let mut ground = substrate.shade(at.0, at.1, &fill);
        let inner = mix(
            inner,
            tint(inner, [0.7, 1.25, 0.6]),
            self.style.mirror * smooth(0.45, 0.7, stain),
        );
        let (dent, deep) = self.style.dibble;
        let [dx, dy] = cell.dent;
        ground = scale(
            ground,
            1.0 - deep * smooth(dent, dent * 0.4, length(local.0 - dx, local.1 - dy)),
        );
        if bare {
            ground = self
                .style
                .hole(ground, (local.0 + lean[0], local.1 + lean[1]), half, stain);
        }
        // The wall's shadow over the plug, on the side the light comes from.
        let dusk = smooth(-0.35, -1.1, toward) * (0.25 + 2.2 * sunk).min(0.75);
        let corner = 0.35 * smooth(-0.10, 0.0, floor);
        ground = scale(ground, (1.0 - dusk) * (1.0 - corner));
        mix(ground, inner, side)
    }
}

impl TrayStyle {
    /// The bottom of an empty hole: a step, a drain, dregs, a shine.
    #[inline]
    fn hole(&self, rgb: Rgb, at: (f32, f32), half: f32, stain: f32) -> Rgb {
        let m = at.0.abs().max(at.1.abs()) / half;
        let drain = length(at.0, at.1) / half;
        let mut rgb = scale(rgb, 0.55 + 0.5 * smooth(0.3, 0.8, m));
        let dregs = self.dregs * smooth(0.36, 0.30, m);
        rgb = mix(rgb, scale([0.45, 0.37, 0.30], 0.4 + stain), dregs * 2.0);
        let through = smooth(0.20, 0.16, drain);
        rgb = mix(rgb, [self.drain * (0.6 + 0.6 * stain); 3], through * 0.85);
        let step = smooth(0.06, 0.0, (m - 0.38).abs()) * 0.22 * stain;
        lift(
            rgb,
            step + 0.25 * smooth(0.80, 0.95, stain) * smooth(0.3, 0.6, m),
        )
    }
}
