//! Things that lie about and are no plants, though a few look like them.
//!
//! In: the place and size. Out: blades with label 0.

use std::f32::consts::TAU;

use super::chance::Chance;
use super::colour::{Rgb, mix};
use super::leaf::Shape;
use super::raster::{Blade, Paint, SAMPLES};

/// What may lie on a cell or a wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thing {
    Perlite,
    Bead,
    Bark,
    Straw,
    Root,
    GreenFlake,
    Cushion,
    DryLeaf,
    Liverwort,
    Pebble,
    PaleFlake,
    MossStar,
    Capsule,
}

/// Everything that [`litter`] can draw.
pub(crate) const THINGS: [Thing; 13] = [
    Thing::Perlite,
    Thing::Bead,
    Thing::Bark,
    Thing::Straw,
    Thing::Root,
    Thing::GreenFlake,
    Thing::Cushion,
    Thing::DryLeaf,
    Thing::Liverwort,
    Thing::Pebble,
    Thing::PaleFlake,
    Thing::MossStar,
    Thing::Capsule,
];

/// The seed of one tray.
#[derive(Clone, Copy)]
pub(crate) struct SeedLook {
    colour: Rgb,
    shape: Shape,
    aspect: f32,
    length_mm: f32,
    gloss: f32,
    /// How far seeds lie from their cell's middle, pitches.
    pub scatter: f32,
    /// Colour and strength of a stripe along it: a raphe, a husk's edge, a sunflower's streak.
    rim: Rgb,
    rimmed: f32,
}

/// Colours of seeds: yellow, white, brown, black; coated teal, blue, orange, red, pink, green.
///
/// No dye is as yellow a green as a leaf: a person could not tell such a seed from a cotyledon either.
const SEEDS: [Rgb; 16] = [
    [0.85, 0.72, 0.32],
    [0.90, 0.84, 0.60],
    [0.88, 0.86, 0.80],
    [0.78, 0.66, 0.46],
    [0.66, 0.50, 0.30],
    [0.50, 0.34, 0.20],
    [0.34, 0.20, 0.13],
    [0.12, 0.10, 0.09],
    [0.80, 0.76, 0.62],
    [0.72, 0.60, 0.34],
    [0.16, 0.62, 0.60],
    [0.20, 0.38, 0.75],
    [0.90, 0.48, 0.14],
    [0.78, 0.18, 0.16],
    [0.85, 0.45, 0.60],
    [0.05, 0.45, 0.32],
];

/// A coating of any hue but those of leaves.
fn dyed(chance: &mut Chance) -> Rgb {
    let (low, high) = (chance.range(0.05, 0.4), chance.range(0.5, 0.95));
    let between = chance.range(low, high);
    chance.pick(&[
        [high, low, between],
        [between, low, high],
        [low, between * 0.8, high],
        [high, between * 0.8, low],
        [high, high, high],
    ])
}

impl SeedLook {
    pub(crate) fn draw(chance: &mut Chance) -> Self {
        let (shape, aspect, low, high) = match chance.weighted(&[0.4, 0.3, 0.2, 0.1]) {
            0 => (Shape::Round, 0.95, 1.2, 7.0),
            1 => (Shape::Oval, 0.55, 2.0, 14.0),
            2 => (Shape::Lanceolate, 0.35, 2.0, 12.0),
            _ => (Shape::Heart, 0.6, 2.0, 10.0),
        };
        let (one, other) = (chance.pick(&SEEDS), chance.pick(&SEEDS));
        let colour = match chance.weighted(&[0.55, 0.3, 0.15]) {
            0 => one,
            1 => mix(one, other, chance.unit()),
            _ => dyed(chance),
        };
        Self {
            colour: chance.near(colour, 0.08),
            shape,
            aspect: aspect * chance.range(0.85, 1.1),
            length_mm: chance.log_range(low, high),
            gloss: chance.range(0.0, 0.6),
            scatter: chance.log_range(0.03, 0.16),
            rim: chance.pick(&[[0.20, 0.14, 0.10], [0.92, 0.88, 0.74], [0.45, 0.32, 0.18]]),
            rimmed: if chance.with(0.4) {
                chance.range(0.2, 0.9)
            } else {
                0.0
            },
        }
    }

    /// One seed at `at` pitches from the root of the stand.
    pub(crate) fn blade(&self, chance: &mut Chance, at: [f32; 2], pitch_mm: f32) -> Blade {
        let length = (self.length_mm / pitch_mm).min(0.5) * chance.range(0.8, 1.2);
        let mut paint = Paint::plain(chance.near(self.colour, 0.05));
        paint.vault = 1.0;
        paint.gloss = self.gloss;
        paint.rib = self.rim;
        paint.ribbing = self.rimmed;
        paint.grain = 0.3;
        paint.place = chance.range(0.0, 500.0);
        piece(
            chance,
            at,
            self.shape,
            (length, length * self.aspect),
            paint,
        )
    }
}

fn piece(chance: &mut Chance, at: [f32; 2], shape: Shape, size: (f32, f32), paint: Paint) -> Blade {
    Blade {
        base: at,
        angle: chance.range(0.0, TAU),
        length: size.0,
        width: size.1,
        bend: chance.normal() * 0.05,
        notch: 0.0,
        height: (size.1 * 0.5).min(0.06),
        profile: shape.profile(chance, 0.12),
        paint,
    }
}

/// One thing, its size in mm turned into pitches.
pub(crate) fn litter(chance: &mut Chance, thing: Thing, pitch_mm: f32) -> Vec<Blade> {
    match thing {
        Thing::Cushion => cushion(chance, pitch_mm),
        Thing::MossStar => moss_stars(chance, pitch_mm),
        Thing::Capsule => capsule(chance, pitch_mm),
        _ => vec![single(chance, thing, pitch_mm)],
    }
}

/// A patch of moss shoots seen from above: many small stars, where a seedling is one or two leaves.
fn moss_stars(chance: &mut Chance, pitch_mm: f32) -> Vec<Blade> {
    let colour = chance.pick(&[
        [0.46, 0.54, 0.24],
        [0.58, 0.64, 0.32],
        [0.36, 0.48, 0.20],
        [0.66, 0.68, 0.42],
        [0.40, 0.56, 0.34],
    ]);
    let (spread, star) = (
        (chance.log_range(1.5, 8.0) / pitch_mm).min(0.35),
        chance.log_range(0.5, 1.6) / pitch_mm,
    );
    let mut blades = Vec::new();
    for _ in 0..3 + chance.index(9) {
        let at = [
            chance.normal() * spread * 0.5,
            chance.normal() * spread * 0.5,
        ];
        for _ in 0..4 + chance.index(4) {
            let paint = Paint::plain(chance.near(colour, 0.08));
            let mut blade = piece(chance, at, Shape::Taper, (star, star * 0.35), paint);
            blade.height = 0.02;
            blades.push(blade);
        }
    }
    blades
}

/// A moss's spore capsule: a hair-thin stalk with a grain at its end.
fn capsule(chance: &mut Chance, pitch_mm: f32) -> Vec<Blade> {
    let stalk = chance.pick(&[[0.48, 0.28, 0.16], [0.62, 0.58, 0.30], [0.70, 0.66, 0.48]]);
    let grain = chance.pick(&[[0.40, 0.22, 0.12], [0.62, 0.50, 0.26], [0.52, 0.56, 0.28]]);
    let length = (chance.log_range(3.0, 12.0) / pitch_mm).min(0.5);
    let paint = Paint::plain(chance.near(stalk, 0.05));
    let mut stem = piece(
        chance,
        [0.0; 2],
        Shape::Strap,
        (length, 0.35 / pitch_mm),
        paint,
    );
    stem.bend = 0.0;
    stem.height = 0.05;
    let paint = Paint::plain(chance.near(grain, 0.05));
    let end = [stem.angle.cos() * length, stem.angle.sin() * length];
    let size = chance.range(1.0, 2.2) / pitch_mm;
    let mut tip = piece(chance, end, Shape::Oval, (size, size * 0.5), paint);
    tip.angle = stem.angle;
    tip.height = 0.08;
    vec![stem, tip]
}

/// A heap of small green grains: what tells moss from a leaf is that it has no outline of its own.
fn cushion(chance: &mut Chance, pitch_mm: f32) -> Vec<Blade> {
    let size = (chance.log_range(2.0, 12.0) / pitch_mm).min(0.5);
    let colour = chance.pick(&[
        [0.30, 0.40, 0.12],
        [0.22, 0.36, 0.12],
        [0.42, 0.50, 0.16],
        [0.34, 0.48, 0.26],
        [0.50, 0.56, 0.24],
    ]);
    (0..8 + chance.index(26))
        .map(|_| {
            let grain = size * chance.range(0.08, 0.26);
            let at = [chance.normal() * size * 0.28, chance.normal() * size * 0.28];
            let mut blade = crumb(chance, at, grain, colour);
            blade.paint.vault = 1.0;
            blade.height = 0.012;
            blade
        })
        .collect()
}

fn single(chance: &mut Chance, thing: Thing, pitch_mm: f32) -> Blade {
    let at = [0.0; 2];
    let (colour, shape, low, high, aspect): (Rgb, Shape, f32, f32, f32) = match thing {
        Thing::Perlite => ([0.90, 0.90, 0.88], Shape::Round, 1.0, 5.0, 0.8),
        Thing::Bead => (
            chance.pick(&[
                [0.80, 0.72, 0.45],
                [0.12, 0.42, 0.38],
                [0.75, 0.78, 0.80],
                [0.30, 0.45, 0.70],
                [0.62, 0.55, 0.20],
            ]),
            Shape::Round,
            2.0,
            4.0,
            1.0,
        ),
        Thing::Bark => (
            chance.pick(&[[0.30, 0.19, 0.12], [0.48, 0.33, 0.20], [0.16, 0.11, 0.08]]),
            Shape::Strap,
            2.0,
            9.0,
            0.4,
        ),
        Thing::Straw => (
            chance.pick(&[[0.72, 0.62, 0.40], [0.55, 0.46, 0.30], [0.48, 0.50, 0.22]]),
            Shape::Taper,
            5.0,
            30.0,
            0.06,
        ),
        Thing::Root => (
            chance.pick(&[[0.80, 0.76, 0.68], [0.40, 0.30, 0.22]]),
            Shape::Taper,
            5.0,
            25.0,
            0.03,
        ),
        Thing::GreenFlake => (
            chance.pick(&[[0.04, 0.42, 0.30], [0.03, 0.36, 0.36], [0.10, 0.55, 0.55]]),
            Shape::Strap,
            1.0,
            6.0,
            0.6,
        ),
        Thing::DryLeaf => (
            chance.pick(&[[0.45, 0.32, 0.18], [0.58, 0.46, 0.26]]),
            Shape::Oval,
            5.0,
            20.0,
            0.5,
        ),
        Thing::Liverwort => ([0.22, 0.40, 0.18], Shape::Lobed(3.0, 0.35), 3.0, 12.0, 0.9),
        // Greyer than any leaf: vermiculite's glints, lichen, scraps of dry moss.
        Thing::PaleFlake => (
            chance.pick(&[
                [0.80, 0.79, 0.68],
                [0.71, 0.72, 0.60],
                [0.86, 0.82, 0.66],
                [0.62, 0.63, 0.54],
                [0.76, 0.70, 0.52],
            ]),
            chance.pick(&[Shape::Round, Shape::Oval, Shape::Lobed(3.0, 0.3)]),
            0.8,
            4.0,
            0.7,
        ),
        Thing::Pebble | Thing::Cushion | Thing::MossStar | Thing::Capsule => {
            ([0.50, 0.47, 0.44], Shape::Round, 2.0, 7.0, 0.8)
        }
    };
    let length = (chance.log_range(low, high) / pitch_mm).min(0.7);
    let mut paint = Paint::plain(chance.near(colour, 0.08));
    let width = length * aspect * chance.range(0.6, 1.2);
    paint.vault = chance.range(0.2, 1.0);
    paint.grain = chance.range(0.4, 1.4);
    paint.place = chance.range(0.0, 500.0);
    if thing == Thing::Liverwort {
        paint.grain = chance.range(1.2, 2.4);
        paint.alpha = chance.range(0.6, 0.95);
    }
    let mut blade = piece(chance, at, shape, (length, width), paint);
    if matches!(thing, Thing::Straw | Thing::Root) {
        blade.bend = chance.normal() * 0.25;
    }
    blade
}

/// A crumb of the fill.
pub(crate) fn crumb(chance: &mut Chance, at: [f32; 2], size: f32, colour: Rgb) -> Blade {
    let mut paint = Paint::plain(chance.near(colour, 0.12));
    paint.grain = 1.0;
    paint.place = chance.range(0.0, 500.0);
    let width = size * chance.range(0.6, 1.0);
    piece(chance, at, Shape::Round, (size, width), paint)
}

/// A white disc such as marks a pot.
pub(crate) fn marker(chance: &mut Chance, at: [f32; 2], size: f32) -> Blade {
    let mut paint = Paint::plain([0.95, 0.95, 0.95]);
    paint.grain = 0.05;
    let mut blade = piece(
        chance,
        [at[0] - size * 0.5, at[1]],
        Shape::Round,
        (size, size),
        paint,
    );
    blade.angle = 0.0;
    blade.bend = 0.0;
    blade.profile = std::array::from_fn(|i| {
        let t = i as f32 / (SAMPLES - 1) as f32;
        (4.0 * t * (1.0 - t)).max(0.0).sqrt()
    });
    blade
}

/// A hose or cable across the tray: from `at`, `length` pitches in direction `angle`.
pub(crate) fn hose(chance: &mut Chance, angle: f32, length: f32) -> Blade {
    let colour = chance.pick(&[
        [0.06, 0.06, 0.07],
        [0.10, 0.30, 0.20],
        [0.15, 0.25, 0.50],
        [0.75, 0.65, 0.15],
        [0.70, 0.70, 0.68],
    ]);
    let mut paint = Paint::plain(chance.near(colour, 0.04));
    paint.vault = 1.0;
    paint.gloss = chance.range(0.0, 0.3);
    let width = chance.range(0.12, 0.5);
    let mut blade = piece(chance, [0.0; 2], Shape::Strap, (length, width), paint);
    blade.angle = angle;
    blade.bend = chance.normal() * 0.06;
    blade.height = chance.range(0.1, 0.5);
    blade.profile = [1.0; SAMPLES];
    blade
}

/// A hand that reaches in: a palm and fingers along `angle`, bare or gloved; `size` pitches across.
pub(crate) fn hand(chance: &mut Chance, angle: f32, size: f32) -> Vec<Blade> {
    let colour = chance.pick(&[
        [0.82, 0.62, 0.50],
        [0.62, 0.42, 0.30],
        [0.36, 0.24, 0.18],
        [0.20, 0.42, 0.75],
        [0.92, 0.92, 0.90],
        [0.10, 0.10, 0.11],
    ]);
    let colour = chance.near(colour, 0.05);
    let (sin, cos) = angle.sin_cos();
    let mut part = |along: f32, across: f32, turn: f32, length: f32, width: f32| {
        let mut paint = Paint::plain(colour);
        paint.vault = 1.0;
        paint.grain = 0.4;
        let at = [
            (cos * along - sin * across) * size,
            (sin * along + cos * across) * size,
        ];
        let mut blade = piece(
            chance,
            at,
            Shape::Strap,
            (length * size, width * size),
            paint,
        );
        blade.angle = angle + turn;
        blade.height = 0.4;
        blade
    };
    let mut parts = vec![
        part(-2.5, 0.0, 0.0, 2.6, 0.75),
        part(-0.2, 0.0, 0.0, 1.1, 1.0),
        part(0.1, 0.45, 0.7, 0.8, 0.28),
    ];
    for (k, length) in [0.80, 0.95, 1.0, 0.85].into_iter().enumerate() {
        let across = 0.37 - 0.245 * k as f32;
        parts.push(part(0.75, across, across * 0.3, length, 0.23));
    }
    parts
}

/// A plant label or a slip of paper: an oblong `length` × `width` pitches.
pub(crate) fn slip(chance: &mut Chance, at: [f32; 2], size: (f32, f32)) -> Blade {
    let colour = chance.pick(&[
        [0.94, 0.94, 0.93],
        [0.92, 0.90, 0.80],
        [0.95, 0.85, 0.25],
        [0.85, 0.25, 0.25],
        [0.30, 0.65, 0.35],
    ]);
    let mut paint = Paint::plain(chance.near(colour, 0.03));
    paint.grain = 0.15;
    let mut blade = piece(chance, at, Shape::Strap, size, paint);
    blade.bend = 0.0;
    blade.height = 0.1;
    blade.profile = [1.0; SAMPLES];
    blade
}
