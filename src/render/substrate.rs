//! What fills the cells: peat, coir, rockwool, a bare hole, and the moss that grows on it.
//!
//! In: a place on the tray in pitches and the cell's own look. Out: its colour, without light.

use std::f32::consts::TAU;

use super::Split;
use super::chance::Chance;
use super::colour::{Rgb, lift, mix, scale, smooth};
use super::noise::{CLOUD_TEXELS, CRUMB_TEXELS, noise};

/// Kinds of fill. The last four occur only in [`Split::HeldOut`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum SubstrateKind {
    DarkPeat,
    BrownPeat,
    Coir,
    Vermiculite,
    Rockwool,
    BareHole,
    BlueMesh,
    DryLoam,
    Gravel,
    RedSoil,
    BarkCompost,
    Foam,
}

/// Fills of the training split with their weights.
const TRAIN: [(SubstrateKind, f32); 8] = [
    (SubstrateKind::DarkPeat, 30.0),
    (SubstrateKind::BrownPeat, 22.0),
    (SubstrateKind::Coir, 10.0),
    (SubstrateKind::Vermiculite, 14.0),
    (SubstrateKind::Rockwool, 6.0),
    (SubstrateKind::BareHole, 3.0),
    (SubstrateKind::BlueMesh, 3.0),
    (SubstrateKind::DryLoam, 9.0),
];
/// Fills that training never sees.
const HELD_OUT: [(SubstrateKind, f32); 4] = [
    (SubstrateKind::Gravel, 1.0),
    (SubstrateKind::RedSoil, 1.0),
    (SubstrateKind::BarkCompost, 1.5),
    (SubstrateKind::Foam, 1.0),
];

impl SubstrateKind {
    pub(crate) fn draw(chance: &mut Chance, split: Split) -> Self {
        let from: &[(Self, f32)] = match split {
            Split::Train => &TRAIN,
            Split::HeldOut => &HELD_OUT,
        };
        let weights: Vec<f32> = from.iter().map(|k| k.1).collect();
        from[chance.weighted(&weights)].0
    }
}

/// Moss or algae over the fill.
#[derive(Clone, Copy)]
pub(crate) struct Moss {
    /// Share of the surface under moss, 0..1.
    pub amount: f32,
    /// Features a pitch of its patches.
    frequency: f32,
    dark: Rgb,
    bright: Rgb,
    /// 0 film, 1 granular.
    granular: f32,
    strength: f32,
    /// Threshold over which a grain is a bright tip, and its colour.
    tips: f32,
    tip: Rgb,
}

impl Moss {
    fn draw(chance: &mut Chance) -> Self {
        let amount = match chance.weighted(&[0.55, 0.27, 0.18]) {
            0 => 0.0,
            1 => chance.range(0.1, 0.5),
            _ => chance.range(0.5, 1.0),
        };
        let dark = chance.pick(&[
            [0.12, 0.17, 0.07],
            [0.16, 0.20, 0.06],
            [0.10, 0.18, 0.10],
            [0.20, 0.22, 0.08],
        ]);
        let bright = chance.pick(&[
            [0.28, 0.40, 0.14],
            [0.36, 0.44, 0.14],
            [0.25, 0.46, 0.24],
            [0.42, 0.58, 0.25],
            [0.45, 0.50, 0.16],
        ]);
        Self {
            amount,
            frequency: chance.log_range(0.4, 6.0),
            dark: chance.near(dark, 0.06),
            bright: chance.near(bright, 0.08),
            granular: chance.unit(),
            strength: chance.range(0.35, 1.0),
            tips: chance.range(0.75, 1.0),
            tip: chance.pick(&[
                [0.62, 0.62, 0.28],
                [0.50, 0.68, 0.30],
                [0.70, 0.72, 0.45],
                [0.40, 0.60, 0.38],
                [0.78, 0.79, 0.60],
                [0.70, 0.78, 0.56],
            ]),
        }
    }
}

/// One kind of fill as it looks in one tray.
#[derive(Clone)]
pub(crate) struct Substrate {
    pub kind: SubstrateKind,
    low: Rgb,
    mid: Rgb,
    high: Rgb,
    /// Crumbs a pitch.
    crumbs: f32,
    contrast: f32,
    /// Stretch of the crumbs into fibres, 1 none.
    fibre: f32,
    turn: (f32, f32),
    /// Share of the surface under larger fragments.
    shards: f32,
    /// How far clouds bend the crumbs, texels.
    bend: f32,
    fleck: Option<(f32, Rgb, f32)>,
    pub moss: Moss,
    light: [f32; 2],
}

/// What differs from cell to cell.
#[derive(Clone, Copy)]
pub(crate) struct Fill {
    /// Offset into the noise, texels.
    pub place: [f32; 2],
    pub tone: f32,
    /// 0 dry, 1 soaked.
    pub wet: f32,
    /// Moss more or less than the tray's, −1..1.
    pub moss: f32,
}

impl Substrate {
    /// `pitch_mm`: size of a cell; `light`: direction the light travels, frame axes.
    pub(crate) fn draw(
        chance: &mut Chance,
        kind: SubstrateKind,
        pitch_mm: f32,
        light: [f32; 2],
    ) -> Self {
        let (low, mid, high, crumb_mm, contrast, fibre) = base(chance, kind);
        let tone = chance.range(-0.1, 0.14) + if chance.with(0.1) { 0.15 } else { 0.0 };
        // Peats, dyes and waters differ more than a table of fills tells.
        let cast = if chance.with(0.4) {
            [
                chance.range(0.8, 1.25),
                chance.range(0.88, 1.1),
                chance.range(0.75, 1.3),
            ]
        } else {
            [1.0; 3]
        };
        let shade = |c: Rgb| -> Rgb {
            std::array::from_fn(|k| (c[k] * cast[k] * (1.0 + tone * 1.6)).clamp(0.01, 1.0))
        };
        let angle = chance.range(0.0, TAU);
        let mossy = matches!(
            kind,
            SubstrateKind::BareHole | SubstrateKind::BlueMesh | SubstrateKind::DryLoam
        );
        let mut moss = Moss::draw(chance);
        if mossy {
            moss.amount *= 0.2;
        }
        Self {
            kind,
            low: shade(low),
            mid: shade(mid),
            high: shade(high),
            crumbs: pitch_mm / crumb_mm,
            contrast: contrast * chance.range(0.6, 1.35),
            fibre,
            turn: (angle.cos(), angle.sin()),
            shards: chance.range(0.0, 0.22),
            bend: chance.range(4.0, 26.0),
            fleck: fleck(chance, kind),
            moss,
            light,
        }
    }

    /// Its middle colour.
    pub(crate) fn colour(&self) -> Rgb {
        self.mid
    }

    /// Colour at `(x, y)` pitches.
    #[inline]
    pub(crate) fn shade(&self, x: f32, y: f32, fill: &Fill) -> Rgb {
        if self.kind == SubstrateKind::BlueMesh {
            return self.mesh(x, y, fill);
        }
        let k = CRUMB_TEXELS * self.crumbs;
        let (u, v) = (
            x * self.turn.0 - y * self.turn.1,
            x * self.turn.1 + y * self.turn.0,
        );
        let (u, v) = (u * k / self.fibre + fill.place[0], v * k + fill.place[1]);
        // Clouds bend the lookup, or crumbs would look like cobbles.
        let lump = noise().cloud(u * 1.1, v * 1.1);
        let sway = noise().cloud(v * 1.1 + 90.0, u * 1.1 + 17.0);
        let (u, v) = (u + (lump - 0.5) * self.bend, v + (sway - 0.5) * self.bend);
        let c = noise().crumb(u, v);
        let lit = noise().crumb(u - self.light[0] * 2.0, v - self.light[1] * 2.0);
        let broad = noise().cloud(
            x * CLOUD_TEXELS * 1.3 + fill.place[1],
            y * CLOUD_TEXELS * 1.3,
        );
        let fine = noise().crumb(u * 2.3 + 77.0, v * 2.3 + 31.0);
        let shard = noise().crumb(u * 0.33 + 11.0, v * 0.33 + 201.0);
        let mut tone = 0.40
            + self.contrast
                * (0.75 * (lump - 0.5)
                    + 0.55 * (c.id - 0.5)
                    + 0.8 * (c.dome - lit.dome)
                    + 0.35 * (fine.id - 0.5)
                    + 0.5 * (c.grain - 0.5));
        tone -= self.contrast * 0.4 * (1.0 - c.inside) * (0.3 + c.id);
        if shard.id < self.shards {
            // Larger fragments, some light, some dark.
            tone += self.contrast
                * shard.inside
                * (if shard.id < self.shards * 0.6 {
                    0.30
                } else {
                    -0.3
                });
        }
        tone += 0.22 * (broad - 0.5) + fill.tone - 0.16 * fill.wet;
        let mut rgb = self.ramp(tone);
        if let Some((density, colour, size)) = self.fleck {
            let f = noise().crumb(u * size + 191.0, v * size + 57.0);
            if f.id < density * (0.4 + 1.2 * broad) {
                rgb = mix(
                    rgb,
                    scale(colour, 0.55 + 0.6 * f.dome + 0.3 * (c.grain - 0.5)),
                    smooth(0.1, 0.6, f.inside),
                );
            }
        }
        let glint = fill.wet * smooth(0.86, 1.0, fine.grain) * 0.35;
        lift(
            self.grow(rgb, (x, y), (fine.id, fine.grain, c.grain), fill),
            glint,
        )
    }

    #[inline]
    fn ramp(&self, tone: f32) -> Rgb {
        if tone < 0.5 {
            mix(self.low, self.mid, (tone * 2.0).max(-0.3))
        } else {
            mix(self.mid, self.high, ((tone - 0.5) * 2.0).min(1.3))
        }
    }

    /// Puts the moss over the fill.
    #[inline]
    fn grow(&self, rgb: Rgb, at: (f32, f32), noise_here: (f32, f32, f32), fill: &Fill) -> Rgb {
        let m = &self.moss;
        let amount = m.amount + fill.moss * 0.4 * m.amount.min(0.6);
        if amount <= 0.02 {
            return rgb;
        }
        let k = CLOUD_TEXELS * m.frequency * 0.25;
        let patch = noise().cloud(at.0 * k + fill.place[1], at.1 * k + fill.place[0]);
        let (id, grain, coarse) = noise_here;
        let cover = patch + m.granular * (0.5 * (id - 0.5) + 0.5 * (grain - 0.5));
        let cover = smooth(1.0 - amount, 1.18 - amount, cover) * m.strength;
        let tone = 0.55 * id + 0.35 * grain + 0.4 * (coarse - 0.5);
        let mut grown = mix(m.dark, m.bright, tone * (0.4 + 0.6 * m.granular) + 0.1);
        if id > m.tips {
            grown = mix(grown, m.tip, 0.7 * grain);
        }
        // Moss follows the relief of what it grows on.
        let relief = 0.65 + 1.1 * (rgb[0] + rgb[1] + rgb[2]) / 3.0;
        mix(rgb, scale(grown, relief), cover)
    }

    fn mesh(&self, x: f32, y: f32, fill: &Fill) -> Rgb {
        let k = self.crumbs * 3.0;
        let wobble = noise().cloud(x * 40.0 + fill.place[0], y * 40.0) * 2.0;
        let (u, v) = (
            (x * k + wobble).fract().abs(),
            (y * k * 0.6 - wobble).fract().abs(),
        );
        let thread =
            smooth(0.5, 0.2, (u - 0.5).abs()) * 0.6 + smooth(0.5, 0.25, (v - 0.5).abs()) * 0.4;
        let grain = noise().crumb(x * 300.0, y * 300.0).grain;
        self.ramp(thread + 0.3 * (grain - 0.5) + fill.tone)
    }
}

/// Dark, middle and bright colour, crumb size in mm, contrast, stretch.
fn base(chance: &mut Chance, kind: SubstrateKind) -> (Rgb, Rgb, Rgb, f32, f32, f32) {
    use SubstrateKind as K;
    let (a, b, c, low, high, contrast, fibre) = match kind {
        K::DarkPeat => (
            [0.04, 0.04, 0.035],
            [0.14, 0.13, 0.11],
            [0.34, 0.30, 0.25],
            0.9,
            3.5,
            0.8,
            1.0,
        ),
        K::BrownPeat => (
            [0.07, 0.05, 0.04],
            [0.25, 0.18, 0.13],
            [0.50, 0.39, 0.29],
            0.8,
            3.5,
            0.85,
            1.0,
        ),
        K::Coir => (
            [0.12, 0.07, 0.05],
            [0.36, 0.23, 0.14],
            [0.62, 0.45, 0.30],
            0.7,
            2.0,
            0.8,
            3.5,
        ),
        K::Vermiculite => (
            [0.06, 0.045, 0.04],
            [0.22, 0.16, 0.13],
            [0.42, 0.32, 0.25],
            0.8,
            2.2,
            0.8,
            1.0,
        ),
        K::Rockwool => (
            [0.34, 0.24, 0.12],
            [0.62, 0.47, 0.27],
            [0.85, 0.72, 0.48],
            0.8,
            2.0,
            0.7,
            4.0,
        ),
        K::BareHole => (
            [0.02, 0.02, 0.025],
            [0.06, 0.06, 0.07],
            [0.16, 0.16, 0.18],
            3.0,
            9.0,
            0.25,
            1.0,
        ),
        K::BlueMesh => (
            [0.08, 0.10, 0.17],
            [0.20, 0.25, 0.37],
            [0.36, 0.42, 0.55],
            4.0,
            6.0,
            1.0,
            1.0,
        ),
        K::DryLoam => (
            [0.24, 0.20, 0.16],
            [0.47, 0.41, 0.35],
            [0.68, 0.61, 0.54],
            1.2,
            5.0,
            0.7,
            1.0,
        ),
        K::Gravel => (
            [0.18, 0.18, 0.19],
            [0.42, 0.42, 0.42],
            [0.74, 0.73, 0.71],
            2.0,
            6.0,
            1.0,
            1.0,
        ),
        K::RedSoil => (
            [0.22, 0.09, 0.05],
            [0.48, 0.23, 0.13],
            [0.68, 0.40, 0.26],
            0.8,
            3.5,
            0.8,
            1.0,
        ),
        K::BarkCompost => (
            [0.07, 0.04, 0.03],
            [0.30, 0.19, 0.12],
            [0.58, 0.42, 0.28],
            3.0,
            7.0,
            1.0,
            2.2,
        ),
        K::Foam => (
            [0.30, 0.33, 0.24],
            [0.55, 0.57, 0.42],
            [0.76, 0.77, 0.62],
            0.6,
            1.2,
            0.35,
            1.0,
        ),
    };
    (
        chance.near(a, 0.04),
        chance.near(b, 0.07),
        chance.near(c, 0.08),
        chance.log_range(low, high),
        contrast,
        fibre,
    )
}

/// Density, colour and fineness of flecks, where the fill has any.
fn fleck(chance: &mut Chance, kind: SubstrateKind) -> Option<(f32, Rgb, f32)> {
    let likely = match kind {
        SubstrateKind::Vermiculite => 1.0,
        SubstrateKind::BareHole | SubstrateKind::Rockwool | SubstrateKind::Foam => 0.0,
        _ => 0.3,
    };
    if !chance.with(likely) {
        return None;
    }
    let colour = chance.pick(&[
        [0.72, 0.62, 0.42],
        [0.62, 0.50, 0.33],
        [0.85, 0.78, 0.60],
        [0.90, 0.90, 0.88],
        [0.42, 0.30, 0.20],
        [0.30, 0.34, 0.16],
    ]);
    let most = if kind == SubstrateKind::Vermiculite {
        0.35
    } else {
        0.12
    };
    Some((
        chance.log_range(0.01, most),
        chance.near(colour, 0.1),
        chance.range(0.4, 1.3),
    ))
}
