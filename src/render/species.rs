//! Species: what all plants of one tray have in common.
//!
//! In: chance and the split. Out: a family with its leaf shapes, colours, habit and share of sick plants.

use super::Split;
use super::chance::Chance;
use super::colour::{Rgb, mix};
use super::leaf::Shape;

/// Plant families by habit. The last four occur only in [`Split::HeldOut`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Family {
    OvalPair,
    RoundPair,
    NotchedPair,
    LanceolatePair,
    HeartPair,
    Cucurbit,
    Grass,
    Onion,
    Rosette,
    LobedRosette,
    StrapPair,
    Trefoil,
    NeedleWhorl,
    ArrowLeaf,
}

impl Family {
    pub(crate) fn draw(chance: &mut Chance, split: Split) -> Self {
        use Family as F;
        let (kinds, weights): (&[F], &[f32]) = match split {
            Split::Train => (
                &[
                    F::OvalPair,
                    F::RoundPair,
                    F::NotchedPair,
                    F::LanceolatePair,
                    F::HeartPair,
                    F::Cucurbit,
                    F::Grass,
                    F::Onion,
                    F::Rosette,
                    F::LobedRosette,
                ],
                &[24.0, 14.0, 16.0, 14.0, 6.0, 6.0, 4.0, 3.0, 12.0, 7.0],
            ),
            Split::HeldOut => (
                &[F::StrapPair, F::Trefoil, F::NeedleWhorl, F::ArrowLeaf],
                &[1.0, 1.0, 0.5, 1.0],
            ),
        };
        kinds[chance.weighted(weights)]
    }

    fn shapes(self, chance: &mut Chance) -> (Shape, Shape, f32) {
        use Family as F;
        let teeth = chance.range(5.0, 11.0).floor();
        let serrate = Shape::Serrate(teeth, chance.range(0.06, 0.2));
        let lobed = Shape::Lobed(chance.range(2.0, 4.5), chance.range(0.15, 0.5));
        match self {
            F::OvalPair => (
                Shape::Oval,
                chance.pick(&[Shape::Oval, Shape::Round, serrate]),
                0.62,
            ),
            F::RoundPair => (
                Shape::Round,
                chance.pick(&[Shape::Round, serrate, Shape::Heart]),
                0.85,
            ),
            F::NotchedPair => (
                Shape::Round,
                chance.pick(&[lobed, Shape::Round, serrate]),
                0.95,
            ),
            F::LanceolatePair => (
                Shape::Lanceolate,
                chance.pick(&[lobed, Shape::Lanceolate, serrate]),
                0.32,
            ),
            F::HeartPair => (Shape::Heart, Shape::Heart, 0.8),
            F::Cucurbit => (Shape::Oval, chance.pick(&[Shape::Heart, serrate]), 0.68),
            F::Grass | F::Onion => (Shape::Taper, Shape::Taper, 0.05),
            F::Rosette => (Shape::Round, Shape::Spatulate, 0.8),
            F::LobedRosette => (Shape::Round, lobed, 0.8),
            F::StrapPair => (Shape::Strap, Shape::Oval, 0.16),
            F::Trefoil => (Shape::Oval, Shape::Round, 0.7),
            F::NeedleWhorl => (Shape::Strap, Shape::Strap, 0.07),
            F::ArrowLeaf => (Shape::Strap, Shape::Arrow, 0.25),
        }
    }
}

/// What all plants of one tray share.
pub(crate) struct Species {
    pub family: Family,
    pub cotyledon: Shape,
    pub leaf: Shape,
    /// Width ÷ length of a cotyledon.
    pub aspect: f32,
    pub leaf_aspect: f32,
    pub green: Rgb,
    pub leaf_green: Rgb,
    pub stem: Rgb,
    pub rib: Rgb,
    pub coat: Rgb,
    pub ribbing: f32,
    pub veins: f32,
    pub gloss: f32,
    pub grain: f32,
    pub petiole: f32,
    pub notch: f32,
    pub unequal: f32,
    /// How far the two cotyledons stand from a straight line, radians.
    pub vee: f32,
    /// Share of sick plants.
    pub sick: f32,
    /// Height ÷ canopy of a usual plant.
    pub stature: f32,
}

/// Greens seen on seedlings: pale, bluish, yellowish, dark, vivid.
const GREENS: [Rgb; 10] = [
    [0.55, 0.75, 0.38],
    [0.48, 0.72, 0.46],
    [0.40, 0.62, 0.38],
    [0.62, 0.76, 0.30],
    [0.34, 0.56, 0.22],
    [0.25, 0.45, 0.18],
    [0.48, 0.80, 0.22],
    [0.42, 0.58, 0.42],
    [0.66, 0.80, 0.50],
    [0.33, 0.66, 0.33],
];

impl Species {
    /// Training trays hold more sick plants than nurseries do: what is rare teaches too seldom.
    pub(crate) fn draw(chance: &mut Chance, family: Family, split: Split) -> Self {
        let (often, most) = match split {
            Split::Train => (0.5, 0.7),
            Split::HeldOut => (0.3, 0.5),
        };
        let (cotyledon, leaf, aspect) = family.shapes(chance);
        let green = chance.pick(&GREENS);
        let green = chance.near(green, 0.07);
        let other = chance.pick(&GREENS);
        let leaf_green = mix(green, other, chance.range(0.0, 0.5));
        let stem = chance.pick(&[
            [0.72, 0.80, 0.55],
            [0.55, 0.70, 0.38],
            [0.62, 0.45, 0.42],
            [0.80, 0.82, 0.72],
        ]);
        Self {
            family,
            cotyledon,
            leaf,
            aspect: aspect * chance.range(0.7, 1.3),
            leaf_aspect: chance.range(0.45, 0.85),
            green,
            leaf_green,
            stem: chance.near(stem, 0.05),
            rib: mix(green, [0.85, 0.92, 0.68], chance.range(0.1, 0.7)),
            coat: chance.pick(&[
                [0.25, 0.16, 0.10],
                [0.45, 0.33, 0.18],
                [0.70, 0.62, 0.45],
                [0.12, 0.10, 0.09],
            ]),
            ribbing: chance.range(0.0, 0.8),
            veins: chance.range(0.0, 1.0),
            gloss: chance.range(0.0, 0.16),
            grain: chance.range(0.1, 0.7),
            petiole: chance.range(0.08, 0.55),
            notch: if family == Family::NotchedPair {
                chance.range(0.08, 0.24)
            } else {
                0.0
            },
            unequal: chance.range(0.0, 0.35),
            vee: chance.range(0.1, 0.7),
            sick: if chance.with(often) {
                chance.range(0.05, most)
            } else {
                chance.range(0.0, 0.04)
            },
            stature: chance.log_range(0.15, 1.6),
        }
    }
}

impl Species {
    /// Cotyledons paler and bluer by `by`, 0..1, as they stand out from moss.
    pub(crate) fn pale(&mut self, by: f32) {
        self.green = mix(self.green, [0.62, 0.80, 0.56], by);
    }
}

impl Species {
    /// Height of the crown of a plant `canopy_mm` across, mm; 3 to 150.
    pub(crate) fn height_mm(&self, chance: &mut Chance, canopy_mm: f32) -> f32 {
        let drawn_out = if chance.with(0.04) { 2.2 } else { 1.0 };
        let own = (chance.normal() * 0.15).exp();
        (canopy_mm * self.stature * own * drawn_out).clamp(3.0, 150.0)
    }
}
