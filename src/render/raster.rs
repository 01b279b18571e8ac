//! The canvas and the one primitive drawn on it: a flat blade with a width profile.
//!
//! In: blades in pitches around a root. Out: coloured pixels, plant ids and classes. A pixel takes
//! a blade's label when the blade covers at least half of it.

use super::colour::{Rgb, lift, mix, scale, smooth};
use super::noise::noise;

/// Semantic classes as stored in the class map.
pub const BACKGROUND: u8 = 0;
/// Green tissue.
pub const HEALTHY: u8 = 1;
/// Yellow tissue.
pub const CHLOROTIC: u8 = 2;
/// Brown, dead tissue.
pub const NECROTIC: u8 = 3;

/// The plant id of what lies over the tray and hides it, until the cells under it are known.
pub(crate) const HIDDEN: u16 = u16::MAX;

/// Picture, ids and classes of one frame.
pub(crate) struct Canvas {
    pub width: usize,
    pub height: usize,
    pub rgb: Vec<Rgb>,
    pub ids: Vec<u16>,
    pub classes: Vec<u8>,
}

impl Canvas {
    pub(crate) fn new(width: usize, height: usize) -> Self {
        let n = width * height;
        Self {
            width,
            height,
            rgb: vec![[0.0; 3]; n],
            ids: vec![0; n],
            classes: vec![BACKGROUND; n],
        }
    }
}

/// Half-width along the axis, relative to the largest, at `SAMPLES` even steps from base to tip.
pub(crate) type Profile = [f32; SAMPLES];
/// Steps of a width profile.
pub(crate) const SAMPLES: usize = 33;

/// How a blade looks.
#[derive(Clone, Copy)]
pub(crate) struct Paint {
    pub colour: Rgb,
    /// Colour of midrib and base.
    pub rib: Rgb,
    /// Strength of the midrib, 0..1.
    pub ribbing: f32,
    /// Strength of the side veins, 0..1.
    pub veins: f32,
    /// Shading across the blade, −1 (bowl) ..1 (vault).
    pub vault: f32,
    /// Strength of the shine.
    pub gloss: f32,
    /// Grain of the surface, 0..1.
    pub grain: f32,
    /// Share of the blade that is yellow, from tip and edge inwards.
    pub chlorosis: f32,
    /// Share that is brown.
    pub necrosis: f32,
    /// Opacity.
    pub alpha: f32,
    /// Where in the noise this blade lies, texels.
    pub place: f32,
}

impl Paint {
    /// A dull even colour.
    pub(crate) fn plain(colour: Rgb) -> Self {
        Self {
            colour,
            rib: colour,
            ribbing: 0.0,
            veins: 0.0,
            vault: 0.5,
            gloss: 0.0,
            grain: 0.2,
            chlorosis: 0.0,
            necrosis: 0.0,
            alpha: 1.0,
            place: colour[0] * 977.0 + colour[1] * 313.0,
        }
    }
}

/// A flat piece: leaf, petiole, stem, seed, straw, label.
#[derive(Clone, Copy)]
pub(crate) struct Blade {
    /// Base of the axis relative to the root, pitches.
    pub base: [f32; 2],
    /// Direction of the axis, radians.
    pub angle: f32,
    /// Length and largest width, pitches.
    pub length: f32,
    pub width: f32,
    /// Sideways displacement of the tip over the length.
    pub bend: f32,
    /// Depth of a notch at the tip, share of the length.
    pub notch: f32,
    /// Height over the surface, pitches: throws the shadow.
    pub height: f32,
    pub profile: Profile,
    pub paint: Paint,
}

/// Light as the blades need it.
#[derive(Clone, Copy)]
pub(crate) struct Sun {
    /// Shadow displacement a unit of height, pitches, in the frame's axes.
    pub throw: [f32; 2],
    /// Darkness of shadows, 0..1.
    pub shadow: f32,
    /// Width of a shadow's edge, pitches a unit of height.
    pub soft: f32,
}

/// Where a plant or thing stands in the frame.
#[derive(Clone, Copy)]
pub(crate) struct Stand {
    /// Root in the frame, px.
    pub at: [f32; 2],
    /// Frame displacement a pitch along the tray's x and y.
    pub axes: [[f32; 2]; 2],
}

impl Stand {
    fn pixels_per_pitch(&self) -> f32 {
        let [a, b] = self.axes;
        (a[0] * b[1] - a[1] * b[0]).abs().sqrt()
    }

    fn frame(&self, p: [f32; 2]) -> [f32; 2] {
        let [a, b] = self.axes;
        [
            self.at[0] + a[0] * p[0] + b[0] * p[1],
            self.at[1] + a[1] * p[0] + b[1] * p[1],
        ]
    }

    /// Frame → local, as a matrix by rows.
    fn back(&self) -> [[f32; 2]; 2] {
        let [a, b] = self.axes;
        let det = a[0] * b[1] - a[1] * b[0];
        [[b[1] / det, -b[0] / det], [-a[1] / det, a[0] / det]]
    }
}

/// A blade ready to be asked pixel by pixel.
struct Placed<'a> {
    blade: &'a Blade,
    back: [[f32; 2]; 2],
    base: [f32; 2],
    axis: [f32; 2],
    scale: f32,
}

/// What a pixel finds of a blade: distance to the edge (px, positive inside), place along and across.
struct Hit {
    edge: f32,
    along: f32,
    across: f32,
}

impl Placed<'_> {
    fn new<'a>(blade: &'a Blade, stand: &Stand, shift: [f32; 2]) -> Placed<'a> {
        let base = stand.frame(blade.base);
        Placed {
            blade,
            back: stand.back(),
            base: [base[0] + shift[0], base[1] + shift[1]],
            axis: [blade.angle.cos(), blade.angle.sin()],
            scale: stand.pixels_per_pitch(),
        }
    }

    #[inline]
    fn hit(&self, x: f32, y: f32) -> Hit {
        let b = self.blade;
        let (dx, dy) = (x - self.base[0], y - self.base[1]);
        let px = self.back[0][0] * dx + self.back[0][1] * dy;
        let py = self.back[1][0] * dx + self.back[1][1] * dy;
        let t = (px * self.axis[0] + py * self.axis[1]) / b.length;
        let s = py * self.axis[0] - px * self.axis[1] - b.bend * b.length * t * t;
        let clamped = t.clamp(0.0, 1.0);
        let f = clamped * (SAMPLES - 1) as f32;
        let i = (f as usize).min(SAMPLES - 2);
        let (w0, w1) = (b.profile[i], b.profile[i + 1]);
        let half = b.width * 0.5;
        let w = (w0 + (w1 - w0) * (f - i as f32)) * half;
        let slope = (w1 - w0) * half * (SAMPLES - 1) as f32 / b.length - 2.0 * b.bend * t;
        let side = (w - s.abs()) / (1.0 + slope * slope).sqrt();
        let ends = t.min(1.0 - t) * b.length;
        let mut edge = if ends < 0.0 {
            side.min(0.0) + ends
        } else {
            side
        };
        if b.notch > 0.0 {
            let tip = (1.0 - b.notch * (1.0 - (s.abs() / half * 1.6).min(1.0)) - t) * b.length;
            edge = edge.min(tip * 0.7);
        }
        Hit {
            edge: edge * self.scale,
            along: clamped,
            across: if w > 1e-6 {
                (s / w).clamp(-1.0, 1.0)
            } else {
                0.0
            },
        }
    }

    /// Pixel rectangle that the blade may touch, `pad` px wider.
    fn bounds(&self, stand: &Stand, canvas: &Canvas, pad: f32) -> Option<[usize; 4]> {
        let b = self.blade;
        let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
        for k in 0..=4 {
            let t = k as f32 / 4.0;
            for side in [-0.5, 0.5] {
                let s = side * b.width + b.bend * b.length * t * t;
                let local = [
                    self.axis[0] * t * b.length - self.axis[1] * s,
                    self.axis[1] * t * b.length + self.axis[0] * s,
                ];
                let [a, c] = stand.axes;
                let x = self.base[0] + a[0] * local[0] + c[0] * local[1];
                let y = self.base[1] + a[1] * local[0] + c[1] * local[1];
                low = [low[0].min(x), low[1].min(y)];
                high = [high[0].max(x), high[1].max(y)];
            }
        }
        let clip = |v: f32, max: usize| v.clamp(0.0, max as f32) as usize;
        let x0 = clip(low[0] - pad, canvas.width);
        let y0 = clip(low[1] - pad, canvas.height);
        let x1 = clip(high[0] + pad + 1.0, canvas.width);
        let y1 = clip(high[1] + pad + 1.0, canvas.height);
        (x0 < x1 && y0 < y1).then_some([x0, y0, x1, y1])
    }
}

/// Darkens what lies under the blade's shadow.
pub(crate) fn cast(canvas: &mut Canvas, blade: &Blade, stand: &Stand, sun: &Sun) {
    let scale = stand.pixels_per_pitch();
    let shift = sun.throw.map(|v| v * blade.height * scale);
    let soft = (sun.soft * blade.height * scale + 0.7).min(scale * 0.3);
    let strength = sun.shadow * blade.paint.alpha;
    let placed = Placed::new(blade, stand, shift);
    let Some([x0, y0, x1, y1]) = placed.bounds(stand, canvas, soft + 1.0) else {
        return;
    };
    for y in y0..y1 {
        for x in x0..x1 {
            let hit = placed.hit(x as f32 + 0.5, y as f32 + 0.5);
            if hit.edge > -soft {
                let dark = smooth(-soft, soft, hit.edge) * strength;
                let pixel = &mut canvas.rgb[y * canvas.width + x];
                *pixel = scale_shadow(*pixel, dark);
            }
        }
    }
}

#[inline]
fn scale_shadow(pixel: Rgb, dark: f32) -> Rgb {
    [
        pixel[0] * (1.0 - dark),
        pixel[1] * (1.0 - dark * 0.97),
        pixel[2] * (1.0 - dark * 0.92),
    ]
}

/// Draws the blade; `label` is the plant's id, 0 for things that are no plant, [`HIDDEN`] for what hides
/// the tray.
pub(crate) fn draw(canvas: &mut Canvas, blade: &Blade, stand: &Stand, sun: &Sun, label: u16) {
    let placed = Placed::new(blade, stand, [0.0; 2]);
    let Some([x0, y0, x1, y1]) = placed.bounds(stand, canvas, 1.0) else {
        return;
    };
    let light = {
        let n = sun.throw[0].hypot(sun.throw[1]).max(1e-3);
        // Component of the light across the blade: which half is bright.
        (sun.throw[0] * blade.angle.sin() - sun.throw[1] * blade.angle.cos()) / n
    };
    for y in y0..y1 {
        for x in x0..x1 {
            let hit = placed.hit(x as f32 + 0.5, y as f32 + 0.5);
            let cover = (hit.edge + 0.5).clamp(0.0, 1.0);
            if cover <= 0.0 {
                continue;
            }
            let i = y * canvas.width + x;
            let (rgb, class) = surface(blade, &hit, light);
            canvas.rgb[i] = mix(canvas.rgb[i], rgb, cover * blade.paint.alpha);
            if cover >= 0.5 && blade.paint.alpha > 0.5 {
                canvas.ids[i] = label;
                canvas.classes[i] = if label == 0 || label == HIDDEN {
                    BACKGROUND
                } else {
                    class
                };
            }
        }
    }
}

#[inline]
fn surface(blade: &Blade, hit: &Hit, light: f32) -> (Rgb, u8) {
    let p = &blade.paint;
    let (t, s) = (hit.along, hit.across);
    let place = (
        p.place + t * blade.length * 90.0,
        p.place * 1.7 + s * blade.width * 60.0,
    );
    let cloud = noise().cloud(place.0, place.1);
    let grain = noise().crumb(place.0 * 3.0, place.1 * 3.0).grain;
    let mut tone = 1.0 + p.grain * (0.35 * (cloud - 0.5) + 0.3 * (grain - 0.5));
    tone += p.vault * (0.22 * s * light + 0.10 * (0.4 - s * s));
    let vein = ((t - s.abs() * 0.35) * 26.0).sin();
    tone += p.veins * 0.13 * smooth(0.55, 1.0, vein) * (1.0 - s.abs()).min(0.7);
    // The two halves meet the light at different angles.
    tone += p.ribbing * 0.16 * light * smooth(-0.12, 0.12, s) - p.ribbing * 0.08 * light;
    tone -= 0.10 * smooth(0.75, 1.0, s.abs()) * p.vault;
    let rib =
        p.ribbing * (smooth(0.14, 0.02, s.abs()) * (1.0 - t * 0.7) + smooth(0.2, 0.0, t) * 0.5);
    let mut rgb = scale(mix(p.colour, p.rib, rib.min(1.0)), tone);
    let shine = p.gloss
        * smooth(
            0.5,
            0.0,
            (s - 0.35 * light.signum()).abs() + (t - 0.55).abs() * 0.7,
        );
    rgb = lift(rgb, shine);
    ail(rgb, p, t, s, cloud)
}

/// Yellow and brown from tip and edge inwards, and the class that this makes.
#[inline]
fn ail(rgb: Rgb, p: &Paint, t: f32, s: f32, cloud: f32) -> (Rgb, u8) {
    let mut class = HEALTHY;
    let mut rgb = rgb;
    if p.chlorosis > 0.0 || p.necrosis > 0.0 {
        let sick = 0.45 * t + 0.25 * s.abs() + 0.6 * cloud - 0.1;
        let bright = (0.7 + 0.6 * cloud).min(1.1);
        let yellow = smooth(-0.06, 0.06, sick - 1.1 * (1.0 - p.chlorosis));
        let brown = smooth(-0.04, 0.04, sick - 1.1 * (1.0 - p.necrosis));
        rgb = mix(rgb, scale([0.76, 0.71, 0.32], bright), yellow * 0.9);
        rgb = mix(rgb, scale([0.42, 0.29, 0.15], bright), brown * 0.95);
        if brown > 0.5 {
            class = NECROTIC;
        } else if yellow > 0.5 {
            class = CHLOROTIC;
        }
    }
    (rgb, class)
}
