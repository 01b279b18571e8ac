//! What lies round the tray: belt, desk, metal, floor, bench, soil.
//!
//! In: a place in the labelled tray's pitches. Out: its colour without light.

use super::chance::Chance;
use super::colour::{Rgb, lift, mix, scale, smooth};
use super::noise::{CLOUD_TEXELS, CRUMB_TEXELS, noise};

#[derive(Clone, Copy)]
enum Ground {
    Belt,
    Desk,
    Metal,
    Terrazzo,
    Concrete,
    Slats,
    Litter,
}

/// The surroundings of one frame.
pub(crate) struct World {
    ground: Ground,
    colour: Rgb,
    other: Rgb,
    grain: f32,
    turn: (f32, f32),
    place: [f32; 2],
    things: Vec<Object>,
}

/// A bar, a block, a sheet: an oblong on the ground.
struct Object {
    centre: [f32; 2],
    half: [f32; 2],
    turn: (f32, f32),
    colour: Rgb,
    /// Shading across, as a rod has it.
    round: f32,
}

impl World {
    pub(crate) fn draw(chance: &mut Chance, pitch_mm: f32, grid: (usize, usize)) -> Self {
        let (ground, colour, other) = chance.pick(&[
            (Ground::Belt, [0.07, 0.36, 0.24], [0.04, 0.22, 0.15]),
            (Ground::Belt, [0.12, 0.12, 0.13], [0.05, 0.05, 0.05]),
            (Ground::Belt, [0.20, 0.42, 0.25], [0.10, 0.25, 0.14]),
            (Ground::Desk, [0.74, 0.67, 0.58], [0.60, 0.53, 0.45]),
            (Ground::Desk, [0.88, 0.88, 0.87], [0.70, 0.70, 0.70]),
            (Ground::Desk, [0.52, 0.34, 0.20], [0.36, 0.22, 0.12]),
            (Ground::Metal, [0.66, 0.67, 0.68], [0.45, 0.46, 0.48]),
            (Ground::Terrazzo, [0.62, 0.60, 0.57], [0.20, 0.19, 0.19]),
            (Ground::Concrete, [0.55, 0.54, 0.52], [0.35, 0.34, 0.32]),
            (Ground::Slats, [0.45, 0.46, 0.45], [0.10, 0.10, 0.10]),
            (Ground::Slats, [0.20, 0.32, 0.26], [0.07, 0.08, 0.07]),
            (Ground::Litter, [0.34, 0.30, 0.24], [0.14, 0.12, 0.10]),
            (Ground::Litter, [0.24, 0.34, 0.14], [0.10, 0.12, 0.06]),
        ]);
        let angle = chance.pick(&[0.0, 0.0, 1.571, 0.6]) + chance.range(-0.1, 0.1);
        Self {
            ground,
            colour: chance.near(colour, 0.06),
            other: chance.near(other, 0.05),
            grain: pitch_mm / chance.range(3.0, 12.0),
            turn: (angle.cos(), angle.sin()),
            place: [chance.range(0.0, 512.0), chance.range(0.0, 512.0)],
            things: (0..chance.index(6))
                .map(|_| Object::draw(chance, grid))
                .collect(),
        }
    }

    /// Colour at `(x, y)` pitches.
    #[inline]
    pub(crate) fn shade(&self, x: f32, y: f32) -> Rgb {
        let (u, v) = (
            x * self.turn.0 - y * self.turn.1,
            x * self.turn.1 + y * self.turn.0,
        );
        let k = CRUMB_TEXELS * self.grain;
        let c = noise().crumb(u * k + self.place[0], v * k + self.place[1]);
        let broad = noise().cloud(
            u * CLOUD_TEXELS * 0.2 + self.place[0],
            v * CLOUD_TEXELS * 0.2 + self.place[1],
        );
        if let Some(rgb) = self.things.iter().find_map(|t| t.shade(x, y)) {
            return scale(rgb, 0.9 + 0.3 * (broad - 0.5) + 0.1 * (c.grain - 0.5));
        }
        let base = match self.ground {
            Ground::Belt => {
                let weave =
                    ((u * self.grain * 9.0).sin() * (v * self.grain * 9.0).sin()) * 0.5 + 0.5;
                mix(self.colour, self.other, weave * 0.35)
            }
            Ground::Desk => {
                let streak = noise().cloud(u * 9.0 + self.place[0], v * 160.0);
                mix(self.colour, self.other, streak * 0.5)
            }
            Ground::Metal => {
                let brush = noise().cloud(u * 7.0, v * 420.0 + self.place[1]);
                lift(
                    mix(self.colour, self.other, brush * 0.7),
                    smooth(0.6, 1.0, broad) * 0.2,
                )
            }
            Ground::Terrazzo => {
                let chip = if c.id < 0.4 { c.inside } else { 0.0 };
                mix(self.colour, scale(self.other, 0.6 + 2.0 * c.id), chip)
            }
            Ground::Concrete => mix(
                self.colour,
                self.other,
                0.5 * c.grain + 0.2 * (1.0 - c.inside) * c.id,
            ),
            Ground::Slats => {
                let gap = smooth(
                    0.28,
                    0.22,
                    ((u * self.grain * 0.15).rem_euclid(1.0) - 0.5).abs(),
                );
                mix(self.colour, self.other, gap)
            }
            Ground::Litter => mix(self.other, self.colour, 0.6 * c.id + 0.5 * c.dome),
        };
        scale(
            base,
            0.85 + 0.35 * (broad - 0.5) + 0.08 * (c.grain - 0.5) + 0.1,
        )
    }
}

impl Object {
    fn draw(chance: &mut Chance, grid: (usize, usize)) -> Self {
        let (rows, cols) = (grid.0 as f32, grid.1 as f32);
        let size = rows.max(cols);
        let half = match chance.index(3) {
            0 => [size * 2.0, size * chance.range(0.005, 0.03)],
            1 => [
                size * chance.range(0.03, 0.2),
                size * chance.range(0.03, 0.2),
            ],
            _ => [
                size * chance.range(0.1, 0.4),
                size * chance.range(0.02, 0.08),
            ],
        };
        let angle = chance.pick(&[0.0, 0.0, 1.571, 1.571, 0.5]) + chance.normal() * 0.04;
        let colour = chance.pick(&[
            [0.05, 0.05, 0.06],
            [0.70, 0.71, 0.72],
            [0.93, 0.93, 0.92],
            [0.30, 0.31, 0.33],
            [0.75, 0.25, 0.15],
            [0.20, 0.45, 0.20],
            [0.45, 0.62, 0.25],
            [0.80, 0.70, 0.30],
        ]);
        Self {
            centre: [
                cols * 0.5 + chance.normal() * size * 0.6,
                rows * 0.5 + chance.normal() * size * 0.6,
            ],
            half,
            turn: (angle.cos(), angle.sin()),
            colour: chance.near(colour, 0.06),
            round: if chance.with(0.5) { chance.unit() } else { 0.0 },
        }
    }

    #[inline]
    fn shade(&self, x: f32, y: f32) -> Option<Rgb> {
        let (dx, dy) = (x - self.centre[0], y - self.centre[1]);
        let u = (dx * self.turn.0 + dy * self.turn.1) / self.half[0];
        let v = (dy * self.turn.0 - dx * self.turn.1) / self.half[1];
        (u.abs() < 1.0 && v.abs() < 1.0)
            .then(|| lift(self.colour, self.round * (0.35 * (0.5 - v * v) + 0.1 * v)))
    }
}
