//! Plants: from the hook that has just broken the surface to a canopy over its neighbours.
//!
//! In: a species, a stage, a canopy width in pitches. Out: blades round the root, lowest first.

use std::f32::consts::{PI, TAU};

use super::chance::Chance;
use super::colour::{Rgb, mix, scale};
use super::leaf::Shape;
use super::raster::{Blade, Paint};
use super::species::{Family, Species};

/// How far a plant has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Hook,
    Folded,
    Open,
    /// True leaves beside the cotyledons.
    Leafy(u8),
}

impl Grown {
    /// Moves the crown by `by` pitches, as the camera sees what stands high and aside, and shows the stem
    /// between root and crown.
    pub(crate) fn lean(&mut self, species: &Species, canopy: f32, by: [f32; 2]) {
        for blade in &mut self.blades {
            blade.base = [blade.base[0] + by[0], blade.base[1] + by[1]];
        }
        let length = by[0].hypot(by[1]);
        if length < 0.03 {
            return;
        }
        let mut paint = Paint::plain(species.stem);
        paint.vault = 1.0;
        let stem = Blade {
            base: [0.0; 2],
            angle: by[1].atan2(by[0]),
            length,
            width: (canopy * 0.06).clamp(0.015, 0.06),
            bend: 0.0,
            notch: 0.0,
            height: canopy * 0.05,
            profile: [0.9; super::raster::SAMPLES],
            paint,
        };
        self.blades.insert(0, stem);
    }
}

/// One plant, ready to be drawn.
pub(crate) struct Grown {
    pub blades: Vec<Blade>,
    pub leaves: u32,
}

/// Draws one plant of `canopy` pitches across.
pub(crate) fn grow(chance: &mut Chance, species: &Species, stage: Stage, canopy: f32) -> Grown {
    let mut grower = Grower::new(chance, species, canopy);
    match (stage, species.family) {
        (Stage::Hook, _) => grower.hook(),
        (_, Family::Grass) => grower.grass(stage),
        (_, Family::Onion) => grower.onion(),
        (Stage::Folded, _) => grower.folded(),
        (Stage::Open, Family::NeedleWhorl) => grower.whorl(),
        (Stage::Open, _) => grower.pair(1.0),
        (Stage::Leafy(count), _) => grower.leafy(u32::from(count)),
    }
    if stage != Stage::Hook && grower.chance.with(0.04) {
        grower.topple();
    }
    Grown {
        leaves: grower.leaves,
        blades: grower.blades,
    }
}

struct Grower<'a> {
    chance: &'a mut Chance,
    species: &'a Species,
    canopy: f32,
    angle: f32,
    /// Colour of this plant relative to the species.
    tone: f32,
    chlorosis: f32,
    necrosis: f32,
    blades: Vec<Blade>,
    leaves: u32,
}

impl<'a> Grower<'a> {
    fn new(chance: &'a mut Chance, species: &'a Species, canopy: f32) -> Self {
        let sick = chance.with(species.sick);
        let (mut chlorosis, mut necrosis) = (0.0, 0.0);
        if sick {
            match chance.weighted(&[0.5, 0.25, 0.25]) {
                0 => chlorosis = chance.range(0.3, 1.2),
                1 => necrosis = chance.range(0.3, 1.2),
                _ => {
                    chlorosis = chance.range(0.4, 1.1);
                    necrosis = chlorosis * chance.range(0.4, 0.9);
                }
            }
        }
        let angle = chance.range(0.0, TAU);
        let tone = 1.0 + chance.normal() * 0.07;
        Self {
            chance,
            species,
            canopy,
            angle,
            tone,
            chlorosis,
            necrosis,
            blades: Vec::new(),
            leaves: 0,
        }
    }

    fn paint(&mut self, colour: Rgb) -> Paint {
        let s = self.species;
        let tone = self.tone * (1.0 + self.chance.normal() * 0.05);
        Paint {
            colour: scale(colour, tone),
            rib: s.rib,
            ribbing: s.ribbing,
            veins: s.veins,
            vault: self.chance.range(-0.6, 1.0),
            gloss: s.gloss * self.chance.unit(),
            grain: s.grain,
            chlorosis: self.chlorosis,
            necrosis: self.necrosis,
            alpha: 1.0,
            place: self.chance.range(0.0, 500.0),
        }
    }

    fn leaf(&mut self, shape: Shape, base: [f32; 2], angle: f32, size: (f32, f32), colour: Rgb) {
        let paint = self.paint(colour);
        let profile = shape.profile(self.chance, 0.06);
        let bend = self.chance.normal() * 0.12;
        self.leaves += 1;
        self.blades.push(Blade {
            base,
            angle,
            length: size.0,
            width: size.1,
            bend,
            notch: 0.0,
            height: self.canopy * 0.12 + 0.015,
            profile,
            paint,
        });
    }

    /// A thin piece from `base`; returns its tip.
    fn stalk(
        &mut self,
        base: [f32; 2],
        angle: f32,
        length: f32,
        width: f32,
        colour: Rgb,
    ) -> [f32; 2] {
        let mut paint = self.paint(colour);
        paint.veins = 0.0;
        paint.vault = 1.0;
        let bend = self.chance.normal() * 0.08;
        let profile = [0.9; super::raster::SAMPLES];
        self.blades.push(Blade {
            base,
            angle,
            length,
            width,
            bend,
            notch: 0.0,
            height: self.canopy * 0.06,
            profile,
            paint,
        });
        let (s, c) = angle.sin_cos();
        let side = bend * length;
        [
            base[0] + c * length - s * side,
            base[1] + s * length + c * side,
        ]
    }

    fn coat(&mut self, at: [f32; 2], angle: f32, length: f32) {
        let mut paint = Paint::plain(self.species.coat);
        paint.grain = 0.6;
        let profile = Shape::Oval.profile(self.chance, 0.05);
        let width = length * self.chance.range(0.5, 0.8);
        self.blades.push(Blade {
            base: at,
            angle,
            length,
            width,
            bend: 0.0,
            notch: 0.0,
            height: 0.02,
            profile,
            paint,
        });
    }

    /// Lays the plant over: its stem comes into view, its crown lies aside.
    fn topple(&mut self) {
        let angle = self.chance.range(0.0, TAU);
        let length = self.canopy * self.chance.range(0.3, 0.8);
        let (s, c) = angle.sin_cos();
        for blade in &mut self.blades {
            blade.base = [blade.base[0] + c * length, blade.base[1] + s * length];
        }
        let (width, stem) = ((self.canopy * 0.07).max(0.015), self.species.stem);
        self.stalk([0.0; 2], angle, length, width, stem);
        self.blades.rotate_right(1);
    }

    /// A bent stem, its cotyledons still folded or in the soil.
    fn hook(&mut self) {
        let size = self.canopy;
        let colour = mix(self.species.stem, self.species.green, self.chance.unit());
        let width = size * self.chance.range(0.16, 0.32);
        let first = self.stalk([0.0; 2], self.angle, size * 0.55, width, colour);
        let side = if self.chance.with(0.5) { 1.0 } else { -1.0 };
        let turn = self.angle + self.chance.range(0.6, 2.4) * side;
        let green = self.species.green;
        let length = size * self.chance.range(0.35, 0.6);
        let width = length * self.chance.range(0.4, 0.7);
        self.leaf(Shape::Oval, first, turn, (length, width), green);
        if self.chance.with(0.3) {
            let (s, c) = turn.sin_cos();
            self.coat(
                [first[0] + c * length * 0.5, first[1] + s * length * 0.5],
                turn,
                length * 0.6,
            );
        }
    }

    /// Cotyledons still pressed together, side by side or one over the other.
    fn folded(&mut self) {
        let size = self.canopy.min(0.12 + self.canopy * 0.4);
        let stem = self.species.stem;
        let stalk = size * self.chance.range(0.1, 0.5);
        let tip = self.stalk([0.0; 2], self.angle, stalk, size * 0.12, stem);
        let spread = self.chance.range(0.1, 0.9);
        let length = (size - stalk * 0.5).max(size * 0.5);
        let green = mix(
            self.species.green,
            [0.75, 0.80, 0.40],
            self.chance.range(0.0, 0.4),
        );
        for side in [-0.5, 0.5] {
            let l = length * self.chance.range(0.75, 1.0);
            let width = l * self.species.aspect * self.chance.range(0.6, 1.0);
            self.leaf(
                self.species.cotyledon,
                tip,
                self.angle + side * spread,
                (l, width),
                green,
            );
        }
        if self.chance.with(0.25) {
            let (s, c) = self.angle.sin_cos();
            self.coat(
                [tip[0] + c * length * 0.6, tip[1] + s * length * 0.6],
                self.angle,
                length * 0.5,
            );
        }
    }

    /// Two open cotyledons, together `share` of the canopy.
    fn pair(&mut self, share: f32) {
        let half = self.canopy * 0.5 * share;
        let s = self.species;
        let (stem, green, aspect) = (s.stem, s.green, s.aspect);
        let apart = PI - self.chance.normal() * s.vee - 0.4 * s.vee;
        let uneven = s.unequal;
        let petiole = s.petiole * self.chance.range(0.6, 1.2);
        for side in 0..2 {
            let angle = self.angle + apart * side as f32 + self.chance.normal() * 0.1;
            let reach = half
                * (1.0 - uneven * self.chance.unit() * side as f32)
                * self.chance.range(0.88, 1.05);
            // A leaf tilted to the camera looks shorter.
            let tilt = if self.chance.with(0.3) {
                self.chance.range(0.5, 0.9)
            } else {
                1.0
            };
            let stalk = reach * petiole * 0.6;
            let tip = self.stalk(
                [0.0; 2],
                angle,
                stalk + reach * 0.06,
                (reach * 0.13).min(0.02 + reach * 0.035),
                stem,
            );
            let length = (reach - stalk) * tilt;
            let width = (reach - stalk) * aspect * self.chance.range(0.85, 1.15);
            self.leaf(s.cotyledon, tip, angle, (length, width), green);
            if let Some(last) = self.blades.last_mut() {
                last.notch = s.notch;
            }
        }
    }

    fn leafy(&mut self, count: u32) {
        let family = self.species.family;
        if family == Family::NeedleWhorl {
            return self.whorl();
        }
        let rosette = matches!(family, Family::Rosette | Family::LobedRosette);
        let share = if rosette {
            self.chance.range(0.25, 0.5)
        } else {
            self.chance.range(0.45, 0.9)
        };
        self.pair(share);
        let start = self.angle + 1.571;
        // Oldest leaves lie lowest and reach furthest.
        for k in 0..count {
            let age = if count > 1 {
                1.0 - k as f32 / count as f32
            } else {
                1.0
            };
            let turn = if rosette {
                2.399
            } else {
                self.chance.pick(&[2.399, PI, 2.2])
            };
            let angle = start + turn * k as f32 + self.chance.normal() * 0.15;
            let reach = self.canopy * 0.5 * (0.35 + 0.65 * age) * self.chance.range(0.8, 1.08);
            self.true_leaf(angle, reach, rosette);
        }
    }

    fn true_leaf(&mut self, angle: f32, reach: f32, rosette: bool) {
        let s = self.species;
        let petiole = if rosette { 0.35 } else { s.petiole };
        let stalk = reach * petiole * self.chance.range(0.6, 1.1);
        let colour = mix(s.stem, s.leaf_green, 0.6);
        let tip = self.stalk([0.0; 2], angle, stalk, (reach * 0.08).min(0.03), colour);
        let length = reach - stalk;
        let aspect = s.leaf_aspect * self.chance.range(0.85, 1.15);
        if s.family == Family::Trefoil {
            for side in [-1.1, 0.0, 1.1] {
                self.leaf(
                    s.leaf,
                    tip,
                    angle + side,
                    (length * 0.8, length * 0.7),
                    s.leaf_green,
                );
            }
            return;
        }
        self.leaf(s.leaf, tip, angle, (length, length * aspect), s.leaf_green);
    }

    fn grass(&mut self, stage: Stage) {
        let count = match stage {
            Stage::Leafy(n) => 1 + usize::from(n).min(4),
            _ => 1 + self.chance.index(2),
        };
        for k in 0..count {
            let angle = self.angle + k as f32 * 2.6 + self.chance.normal() * 0.4;
            let length = self.canopy * self.chance.range(0.45, 0.95);
            let width = (length * self.chance.range(0.05, 0.10)).max(0.02);
            self.leaf(
                Shape::Taper,
                [0.0; 2],
                angle,
                (length, width),
                self.species.green,
            );
            if let Some(last) = self.blades.last_mut() {
                last.bend = self.chance.normal() * 0.3;
            }
        }
    }

    /// A hoop: up and folded back to the soil.
    fn onion(&mut self) {
        let green = self.species.green;
        let length = self.canopy * 0.6;
        let width = (length * self.chance.range(0.07, 0.14)).max(0.02);
        self.leaf(Shape::Strap, [0.0; 2], self.angle, (length, width), green);
        let (s, c) = self.angle.sin_cos();
        let turn = self.angle + self.chance.range(2.2, 4.0);
        let back = length * self.chance.range(0.3, 0.8);
        self.leaf(
            Shape::Taper,
            [c * length * 0.95, s * length * 0.95],
            turn,
            (back, width * 0.9),
            green,
        );
        self.leaves = 1;
    }

    fn whorl(&mut self) {
        let count = 5 + self.chance.index(6);
        for k in 0..count {
            let angle = self.angle + TAU * k as f32 / count as f32 + self.chance.normal() * 0.15;
            let length = self.canopy * 0.5 * self.chance.range(0.7, 1.0);
            self.leaf(
                Shape::Strap,
                [0.0; 2],
                angle,
                (length, (length * 0.12).max(0.02)),
                self.species.green,
            );
        }
    }
}
