//! Pictures without a tray: clutter drawn here, and ground beside rendered trays.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use seedgrade::frame::Frame;
use seedgrade::geometry::FramePoint;

use super::truth::Truth;

/// Width and height of drawn pictures, px.
const SIZE: (usize, usize) = (800, 600);

fn picture(seed: u64, of: impl Fn(f64, f64, &mut Pcg64Mcg) -> [f64; 3]) -> Option<Frame> {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut rgb = Vec::with_capacity(SIZE.0 * SIZE.1 * 3);
    for y in 0..SIZE.1 {
        for x in 0..SIZE.0 {
            let colour = of(x as f64, y as f64, &mut random);
            rgb.extend(
                colour.map(|c| (c + random.random_range(-6.0..6.0)).clamp(0.0, 255.0) as u8),
            );
        }
    }
    Frame::from_rgb(SIZE.0, SIZE.1, rgb).ok()
}

/// Clutter of several kinds, several of each.
pub fn drawn() -> Vec<(String, Frame)> {
    const EACH: u64 = 4;
    type Draw = fn(u64) -> Option<Frame>;
    let kinds: [(&str, Draw); 8] = [
        ("even grey", even_grey),
        ("noise", noise),
        ("foliage", foliage),
        ("boxes", boxes),
        ("stripes", stripes),
        ("bricks", bricks),
        ("text", text),
        ("one pot", one_pot),
    ];
    kinds
        .into_iter()
        .flat_map(|(name, draw)| {
            (1..=EACH).filter_map(move |seed| Some((format!("{name} {seed}"), draw(seed)?)))
        })
        .collect()
}

fn even_grey(seed: u64) -> Option<Frame> {
    let slope = 0.05 * seed as f64;
    picture(seed, |x, y, _| [90.0 + slope * x, 90.0 + slope * y, 100.0])
}

fn noise(seed: u64) -> Option<Frame> {
    picture(seed, |_, _, r| {
        std::array::from_fn(|_| r.random_range(0.0..255.0))
    })
}

fn discs(seed: u64, count: usize, most: f64) -> Vec<([f64; 3], [f64; 3])> {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut to = |most: f64| random.random_range(0.0..most);
    (0..count)
        .map(|_| {
            let place = [to(SIZE.0 as f64), to(SIZE.1 as f64), 6.0 + to(most)];
            (place, [to(200.0), to(200.0), to(200.0)])
        })
        .collect()
}

fn foliage(seed: u64) -> Option<Frame> {
    let leaves = discs(seed, 400, 45.0);
    picture(seed, |x, y, _| {
        let leaf = leaves
            .iter()
            .rev()
            .find(|([a, b, r], _)| (x - a).hypot((y - b) * 1.6) < *r);
        leaf.map_or([40.0, 32.0, 24.0], |(_, [g, ..])| {
            [20.0 + 0.4 * g, 70.0 + 0.6 * g, 15.0 + 0.3 * g]
        })
    })
}

fn boxes(seed: u64) -> Option<Frame> {
    let things = discs(seed, 40, 120.0);
    picture(seed, |x, y, _| {
        let thing = things
            .iter()
            .rev()
            .find(|([a, b, r], _)| (x - a).abs() < *r && (y - b).abs() < 0.7 * r);
        thing.map_or([120.0, 118.0, 110.0], |(_, colour)| *colour)
    })
}

fn stripes(seed: u64) -> Option<Frame> {
    let pitch = 30.0 + 12.0 * seed as f64;
    let is_down = seed.is_multiple_of(2);
    picture(seed, |x, y, _| {
        let at = if is_down { x } else { y };
        if at % pitch < 0.3 * pitch {
            [210.0; 3]
        } else {
            [50.0; 3]
        }
    })
}

/// Bricks in a running bond: even courses, joints that alternate.
fn bricks(seed: u64) -> Option<Frame> {
    let (length, height) = (70.0 + 25.0 * seed as f64, 40.0 + 10.0 * seed as f64);
    picture(seed, |x, y, r| {
        let course = (y / height).floor();
        let x = x + 0.5 * length * (course % 2.0);
        let is_joint = y % height < 0.12 * height || x % length < 0.1 * height;
        let grain = r.random_range(-12.0..12.0);
        if is_joint {
            [180.0; 3]
        } else {
            [150.0 + grain, 80.0 + grain, 60.0 + grain]
        }
    })
}

fn text(seed: u64) -> Option<Frame> {
    picture(seed, |x, y, _| {
        let (x, y) = (x as usize, y as usize);
        let (line, letter) = (y / 18, x / 9);
        let ink =
            y % 18 < 10 && x % 9 < 6 && !(letter * 7 + line * 13 + seed as usize).is_multiple_of(5);
        if ink && (x * 31 + y * 17 + letter * 5) % 4 < 2 {
            [30.0; 3]
        } else {
            [245.0; 3]
        }
    })
}

/// One pot of soil with a rosette, its rim light or dark: asked as 3x3 its rim makes four lines.
fn one_pot(seed: u64) -> Option<Frame> {
    let rim = if seed.is_multiple_of(2) { 190.0 } else { 35.0 };
    let half = 170.0 + 20.0 * seed as f64;
    picture(seed, |x, y, r| {
        let (x, y) = (x - 400.0, y - 300.0);
        let out = x.abs().max(y.abs());
        let (radius, angle) = (x.hypot(y), y.atan2(x));
        if radius < 0.5 * half * (0.6 + 0.4 * (3.0 * angle).cos().abs()) {
            [80.0, 150.0, 60.0]
        } else if out < 0.85 * half {
            let grain = r.random_range(0.7..1.3);
            [70.0 * grain, 55.0 * grain, 42.0 * grain]
        } else if out < half {
            [rim; 3]
        } else {
            [128.0, 126.0, 120.0]
        }
    })
}

/// The largest upright piece of the frame on one side of the tray, a pitch clear of it.
pub fn ground_beside(id: &str, frame: &Frame, truth: &Truth) -> Option<(String, Frame)> {
    const LEAST: usize = 160;
    let of = |pick: fn(&FramePoint) -> f64| truth.nodes().iter().map(pick);
    let (left, right) = (
        of(|p| p.x).fold(f64::MAX, f64::min),
        of(|p| p.x).fold(0.0, f64::max),
    );
    let (top, bottom) = (
        of(|p| p.y).fold(f64::MAX, f64::min),
        of(|p| p.y).fold(0.0, f64::max),
    );
    let clear = 0.06 * (right - left).max(bottom - top);
    let (w, h) = (frame.width(), frame.height());
    let px = |v: f64, most: usize| v.clamp(0.0, most as f64) as usize;
    let pieces = [
        (0..px(left - clear, w), 0..h),
        (px(right + clear, w)..w, 0..h),
        (0..w, 0..px(top - clear, h)),
        (0..w, px(bottom + clear, h)..h),
    ];
    let (xs, ys) = pieces
        .into_iter()
        .max_by_key(|(xs, ys)| xs.len() * ys.len())?;
    if xs.len() < LEAST || ys.len() < LEAST {
        return None;
    }
    let rgb = ys
        .clone()
        .flat_map(|y| xs.clone().map(move |x| (x, y)))
        .flat_map(|(x, y)| frame.pixel(x, y))
        .collect();
    let piece = Frame::from_rgb(xs.len(), ys.len(), rgb).ok()?;
    Some((format!("ground beside {id}"), piece))
}
