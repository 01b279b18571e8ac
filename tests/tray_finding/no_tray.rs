//! Pictures without a tray that could be found are refused.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;
use seedgrade::frame::Frame;
use seedgrade::tray::{Refusal, TrayFormat};

use crate::locate;

fn picture(of: impl Fn(usize, usize, &mut Pcg64Mcg) -> [f64; 3]) -> Frame {
    let (width, height) = (800, 500);
    let mut random = Pcg64Mcg::seed_from_u64(7);
    let mut rgb = Vec::new();
    for y in 0..height {
        for x in 0..width {
            rgb.extend(of(x, y, &mut random).map(|c| c.clamp(0.0, 255.0) as u8));
        }
    }
    Frame::from_rgb(width, height, rgb).unwrap()
}

#[test]
fn one_pot_is_no_tray_of_nine_cells() {
    let pot = |x: usize, y: usize, random: &mut Pcg64Mcg| {
        let (x, y) = (x as f64 - 400.0, y as f64 - 250.0);
        let (radius, angle) = (x.hypot(y), y.atan2(x));
        let out = x.abs().max(y.abs());
        if radius < 100.0 * (0.6 + 0.4 * (3.0 * angle).cos().abs()) {
            [80.0, 150.0, 60.0]
        } else if out < 180.0 {
            [70.0, 55.0, 42.0].map(|c: f64| c * random.random_range(0.7..1.3))
        } else if out < 210.0 {
            [190.0; 3]
        } else {
            [90.0, 88.0, 84.0]
        }
    };
    let frame = picture(pot);
    for grid in ["2x2", "3x3", "4x4"] {
        let format = TrayFormat::parse(grid).unwrap();
        let found = locate(&frame, format);
        assert!(found.is_err(), "{grid} was found in a single pot");
    }
}

#[test]
fn a_picture_of_no_tray_is_refused() {
    let text = |x: usize, y: usize| {
        let (line, letter) = (y / 18, x / 9);
        let ink = y % 18 < 10 && x % 9 < 6 && !(letter * 7 + line * 13).is_multiple_of(5);
        let stroke = (x * 31 + y * 17 + letter * 5) % 4 < 2;
        if ink && stroke { [30.0; 3] } else { [245.0; 3] }
    };
    let leaves: Vec<_> = {
        let mut random = Pcg64Mcg::seed_from_u64(3);
        (0..300)
            .map(|_| {
                let mut to = |most: f64| random.random_range(0.0..most);
                (to(800.0), to(500.0), 10.0 + to(40.0), 60.0 + to(120.0))
            })
            .collect()
    };
    let foliage = |x: usize, y: usize| {
        let leaf = leaves
            .iter()
            .rev()
            .find(|(a, b, r, _)| (x as f64 - a).hypot(y as f64 - b) < *r);
        leaf.map_or([30.0, 28.0, 20.0], |(.., g)| [0.5 * g, *g, 0.4 * g])
    };
    let pictures = [
        ("blank", picture(|_, _, _| [128.0; 3])),
        (
            "noise",
            picture(|_, _, r| std::array::from_fn(|_| r.random_range(0.0..255.0))),
        ),
        (
            "gradient",
            picture(|x, y, _| [x as f64 * 0.3, y as f64 * 0.4, 90.0]),
        ),
        ("text", picture(|x, y, _| text(x, y))),
        ("foliage", picture(|x, y, _| foliage(x, y))),
        (
            "stripes",
            picture(|x, _, _| if x % 60 < 20 { [220.0; 3] } else { [40.0; 3] }),
        ),
    ];
    pictures.par_iter().for_each(|(name, frame)| {
        for grid in ["2x2", "3x5", "6x12", "10x20", "12x6"] {
            let format = TrayFormat::parse(grid).unwrap();
            let found = locate(frame, format);
            assert!(found.is_err(), "a {grid} tray was found in {name}");
        }
    });
}

#[test]
fn a_picture_too_small_for_its_cells_says_so() {
    let format = TrayFormat::new(10, 20).unwrap();
    let frame = Frame::from_rgb(200, 100, vec![90; 200 * 100 * 3]).unwrap();
    let refusal = locate(&frame, format).unwrap_err();
    assert!(matches!(refusal, Refusal::TooSmall { .. }), "{refusal}");
}
