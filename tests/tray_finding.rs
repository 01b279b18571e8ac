//! A tray is found where it lies, whatever it looks like, and never with a wrong count of cells.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

use std::path::{Path, PathBuf};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;
use seedgrade::frame::{DecodeLimits, Frame, picture_paths, read_picture};
use seedgrade::geometry::{FramePoint, Homography, TrayPoint};
use seedgrade::tray::{Refusal, TrayFinder, TrayFormat, TrayLocation, check};

/// The shipped finder's answer.
fn locate(frame: &Frame, format: TrayFormat) -> Result<TrayLocation, Refusal> {
    let mut finder = TrayFinder::shipped().unwrap();
    finder.locate(frame, format).unwrap()
}

/// A tray to be drawn. Lengths in pitches unless said otherwise.
#[derive(Debug, Clone)]
struct Drawing {
    rows: usize,
    cols: usize,
    width: usize,
    height: usize,
    /// Frame pixels a pitch.
    pitch: f64,
    /// Degrees.
    turn: f64,
    /// Projective terms, 1/px about the picture's middle.
    tilt: [f64; 2],
    wall: f64,
    wall_colour: [f64; 3],
    cell_colour: [f64; 3],
    ground_colour: [f64; 3],
    /// Distance to a second such tray below, from rim to rim.
    second_below: Option<f64>,
    /// Width of stripes on the ground, px; 0 for none.
    stripes: f64,
    /// Largest local drift.
    drift: f64,
    /// Extra distance between row 0 and row 1.
    gap: f64,
    /// Largest radius of plants; 0 for none.
    plants: f64,
    /// A row without plants.
    empty_row: usize,
    /// Standard deviation, grey levels.
    noise: f64,
    clutter: usize,
    seed: u64,
}

impl Default for Drawing {
    fn default() -> Self {
        Self {
            rows: 6,
            cols: 12,
            width: 900,
            height: 560,
            pitch: 62.0,
            turn: 0.0,
            tilt: [0.0; 2],
            wall: 0.22,
            wall_colour: [225.0, 222.0, 214.0],
            cell_colour: [58.0, 46.0, 38.0],
            ground_colour: [120.0, 112.0, 100.0],
            second_below: None,
            stripes: 0.0,
            drift: 0.0,
            gap: 0.0,
            plants: 0.25,
            empty_row: usize::MAX,
            noise: 6.0,
            clutter: 0,
            seed: 1,
        }
    }
}

/// Plants: place on the tray and radius; one a cell at most.
type Plant = (TrayPoint, f64);

impl Drawing {
    fn format(&self) -> TrayFormat {
        TrayFormat::new(self.rows as u32, self.cols as u32).unwrap()
    }

    /// Straight tray coordinates (with the gap opened) to the frame.
    fn frame_from_open_tray(
        &self,
    ) -> Homography<seedgrade::geometry::TraySpace, seedgrade::geometry::FrameSpace> {
        let middle = [self.cols as f64 / 2.0, (self.rows as f64 + self.gap) / 2.0];
        let (sin, cos) = self.turn.to_radians().sin_cos();
        let corners = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]].map(|[u, v]| {
            let (x, y) = (u * self.cols as f64, v * (self.rows as f64 + self.gap));
            let (a, b) = ((x - middle[0]) * self.pitch, (y - middle[1]) * self.pitch);
            let depth = 1.0 + self.tilt[0] * a + self.tilt[1] * b;
            let (a, b) = (a / depth, b / depth);
            let to = FramePoint::new(
                self.width as f64 / 2.0 + a * cos - b * sin,
                self.height as f64 / 2.0 + a * sin + b * cos,
            );
            (TrayPoint::new(x, y), to)
        });
        Homography::fit(&corners).unwrap()
    }

    /// Local drift at a tray point, pitches: long waves, so that neighbours move together.
    fn drift_at(&self, p: TrayPoint) -> [f64; 2] {
        let phase = self.seed as f64;
        [
            self.drift * (0.9 * p.y + 0.25 * p.x + phase).sin(),
            self.drift * (0.8 * p.x - 0.3 * p.y + 2.0 * phase).sin(),
        ]
    }

    /// The tray point with drift and gap, before projection.
    fn open(&self, p: TrayPoint) -> TrayPoint {
        let [dx, dy] = self.drift_at(p);
        // boundary 0|1 lies in the middle of the gap
        let open = (self.gap * (p.y - 0.5).clamp(0.0, 1.0)).max(0.0);
        TrayPoint::new(p.x + dx, p.y + dy + open)
    }

    fn nodes(&self) -> Vec<FramePoint> {
        let map = self.frame_from_open_tray();
        (0..=self.rows)
            .flat_map(|r| (0..=self.cols).map(move |c| (r, c)))
            .map(|(r, c)| map.map(self.open(TrayPoint::new(c as f64, r as f64))))
            .collect()
    }

    /// Closed tray coordinates of an open point, by fixed-point iteration; the gap becomes wall.
    fn close(&self, q: TrayPoint) -> TrayPoint {
        let mut p = q;
        let rounds = if self.drift > 0.0 { 5 } else { 1 };
        for _ in 0..rounds {
            let y = if self.gap > 0.0 {
                let edge = 1.0 - self.wall / 2.0;
                if q.y < edge {
                    q.y
                } else if q.y < edge + self.gap + self.wall {
                    1.0
                } else {
                    q.y - self.gap
                }
            } else {
                q.y
            };
            let [dx, dy] = self.drift_at(p);
            p = TrayPoint::new(q.x - dx, y - dy);
        }
        p
    }

    fn plants(&self, random: &mut Pcg64Mcg) -> Vec<Plant> {
        let mut plants = Vec::new();
        for row in 0..self.rows {
            for col in 0..self.cols {
                let radius = self.plants * random.random_range(0.3..1.0);
                let [dx, dy]: [f64; 2] = [
                    random.random_range(-0.2..0.2),
                    random.random_range(-0.2..0.2),
                ];
                if row != self.empty_row && random.random_range(0.0..1.0) < 0.85 {
                    plants.push((
                        TrayPoint::new(col as f64 + 0.5 + dx, row as f64 + 0.5 + dy),
                        radius,
                    ));
                }
            }
        }
        plants
    }

    fn colour(&self, p: TrayPoint, plants: &[Plant], speckle: f64) -> [f64; 3] {
        let rim = 0.25;
        let (w, h) = (self.cols as f64, self.rows as f64);
        let p = match self.second_below {
            Some(apart) if p.y > h + rim + 0.5 * apart => {
                TrayPoint::new(p.x, p.y - h - 2.0 * rim - apart)
            }
            _ => p,
        };
        if p.x < -rim || p.y < -rim || p.x > w + rim || p.y > h + rim {
            return self.ground_colour;
        }
        let leaf = plants
            .iter()
            .any(|(at, radius)| (p - *at).length() < *radius);
        if leaf {
            return [96.0, 168.0, 72.0];
        }
        let inside = p.x > 0.0 && p.y > 0.0 && p.x < w && p.y < h;
        let (u, v) = (p.x - p.x.floor(), p.y - p.y.floor());
        let to_line = u.min(1.0 - u).min(v.min(1.0 - v));
        if inside && to_line > self.wall / 2.0 {
            self.cell_colour.map(|c| c * speckle)
        } else {
            self.wall_colour
        }
    }

    fn draw(&self) -> Frame {
        let mut random = Pcg64Mcg::seed_from_u64(self.seed);
        let plants = self.plants(&mut random);
        let tray = self.frame_from_open_tray().inverse().unwrap();
        let clutter: Vec<_> = (0..self.clutter)
            .map(|_| {
                let x = random.random_range(0.0..self.width as f64);
                let y = if random.random_range(0.0..1.0) < 0.5 {
                    0.0
                } else {
                    self.height as f64
                };
                let r = random.random_range(15.0..60.0);
                let colour: [f64; 3] = std::array::from_fn(|_| random.random_range(0.0..255.0));
                (FramePoint::new(x, y), r, colour)
            })
            .collect();
        let mut rgb = Vec::with_capacity(self.width * self.height * 3);
        for y in 0..self.height {
            for x in 0..self.width {
                let at = FramePoint::new(x as f64 + 0.5, y as f64 + 0.5);
                let speckle = random.random_range(0.6..1.4);
                let mut colour = self.colour(self.close(tray.map(at)), &plants, speckle);
                if colour == self.ground_colour && self.stripes > 0.0 {
                    let is_dark = (0.9 * at.x + 0.44 * at.y) % (2.0 * self.stripes) < self.stripes;
                    colour = colour.map(|c| if is_dark { 0.3 * c } else { c });
                }
                for (centre, r, of_it) in &clutter {
                    if (at - *centre).length() < *r {
                        colour = *of_it;
                    }
                }
                // the sum of three uniform numbers has a standard deviation of half their reach
                let noise: f64 =
                    (0..3).map(|_| random.random_range(-1.0..1.0)).sum::<f64>() * self.noise;
                rgb.extend(colour.map(|c| (c + noise).clamp(0.0, 255.0) as u8));
            }
        }
        Frame::from_rgb(self.width, self.height, rgb).unwrap()
    }

    fn find(&self) -> Result<TrayLocation, Refusal> {
        locate(&self.draw(), self.format())
    }

    /// Distance of the worst node from the truth, in pitches.
    fn worst_error(&self) -> f64 {
        let found = self.find().unwrap_or_else(|e| panic!("{e}: {self:?}"));
        let truth = self.nodes();
        truth
            .iter()
            .enumerate()
            .map(|(i, t)| {
                let node = found.lattice.node(i / (self.cols + 1), i % (self.cols + 1));
                (node - *t).length() / found.lattice.px_per_pitch()
            })
            .fold(0.0, f64::max)
    }
}

/// A tenth of a pitch: a plant at a cell's middle stays in its cell by a wide margin.
const MOST_ERROR: f64 = 0.1;

fn assert_found(drawings: &[Drawing]) {
    let misses: Vec<String> = drawings
        .par_iter()
        .filter_map(|d| {
            let worst = std::panic::catch_unwind(|| d.worst_error());
            match worst {
                Ok(worst) if worst < MOST_ERROR => None,
                Ok(worst) => Some(format!("worst node {worst:.3} pitches off: {d:?}")),
                Err(_) => Some(format!("refused: {d:?}")),
            }
        })
        .collect();
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

const BLUE: [f64; 3] = [44.0, 66.0, 128.0];
const BLACK: [f64; 3] = [34.0, 35.0, 37.0];
const PEAT: [f64; 3] = [92.0, 70.0, 52.0];

#[test]
fn a_tray_is_found_turned_tilted_and_drifted() {
    let mut drawings = Vec::new();
    for seed in 1..=8_u64 {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let mut between = |from: f64, to: f64| random.random_range(from..to);
        drawings.push(Drawing {
            turn: between(-10.0, 10.0),
            tilt: [between(-1e-4, 1e-4), between(-1e-4, 1e-4)],
            drift: between(0.0, 0.08),
            wall: between(0.14, 0.3),
            pitch: between(52.0, 62.0),
            seed,
            ..Drawing::default()
        });
    }
    assert_found(&drawings);
}

#[test]
fn a_tray_is_found_whatever_its_colours() {
    let colours = [
        (BLUE, [40.0, 34.0, 30.0]),
        (BLACK, PEAT),
        ([150.0, 152.0, 156.0], PEAT),
    ];
    let drawings: Vec<Drawing> = colours
        .into_iter()
        .zip(1..)
        .map(|((wall_colour, cell_colour), seed)| Drawing {
            wall_colour,
            cell_colour,
            turn: 3.0,
            drift: 0.05,
            seed,
            ..Drawing::default()
        })
        .collect();
    assert_found(&drawings);
}

#[test]
fn plants_over_walls_empty_rows_clutter_and_a_gap_do_not_move_the_lattice() {
    let usual = Drawing::default;
    assert_found(&[
        Drawing {
            plants: 0.5,
            ..usual()
        },
        Drawing {
            plants: 0.0,
            ..usual()
        },
        Drawing {
            empty_row: 2,
            ..usual()
        },
        Drawing {
            clutter: 12,
            pitch: 56.0,
            ..usual()
        },
        Drawing {
            gap: 0.2,
            pitch: 56.0,
            ..usual()
        },
        Drawing {
            rows: 12,
            cols: 6,
            width: 700,
            height: 1000,
            pitch: 70.0,
            ..usual()
        },
        Drawing {
            rows: 16,
            cols: 8,
            width: 600,
            height: 1000,
            pitch: 52.0,
            wall: 0.15,
            ..usual()
        },
        Drawing {
            rows: 10,
            cols: 20,
            width: 1600,
            height: 800,
            pitch: 80.0,
            drift: 0.12,
            noise: 12.0,
            ..usual()
        },
        Drawing {
            rows: 10,
            cols: 20,
            width: 420,
            height: 230,
            pitch: 19.0,
            ..usual()
        },
    ]);
}

#[test]
fn another_grid_than_the_trays_is_refused() {
    let tray = Drawing {
        turn: 2.0,
        drift: 0.04,
        ..Drawing::default()
    };
    let frame = tray.draw();
    let grids = [
        "5x12", "7x12", "6x11", "6x13", "5x11", "7x13", "12x6", "3x12", "6x6", "3x6", "12x24",
        "2x2", "4x8", "9x12",
    ];
    grids.par_iter().for_each(|grid| {
        let format = TrayFormat::parse(grid).unwrap();
        let found = locate(&frame, format);
        assert!(found.is_err(), "{grid} was found in a 6x12 tray");
    });
}

#[test]
fn a_second_tray_peeping_in_is_neither_counted_nor_in_the_way() {
    let beside = |apart: f64, height: usize| Drawing {
        second_below: Some(apart),
        pitch: 56.0,
        height,
        turn: 1.5,
        ..Drawing::default()
    };
    assert_found(&[beside(0.1, 500), beside(0.2, 560), beside(0.35, 640)]);
}

#[test]
fn of_two_whole_trays_none_is_chosen() {
    let tray = Drawing {
        rows: 4,
        cols: 8,
        second_below: Some(0.2),
        pitch: 56.0,
        height: 800,
        ..Drawing::default()
    };
    let refusal = tray.find().unwrap_err();
    assert!(matches!(refusal, Refusal::WrongGrid { .. }), "{refusal}");
}

#[test]
fn a_striped_bench_does_not_turn_the_lattice() {
    let usual = Drawing {
        stripes: 24.0,
        pitch: 50.0,
        ..Drawing::default()
    };
    assert_found(&[
        Drawing {
            turn: 2.0,
            ..usual.clone()
        },
        Drawing {
            turn: -6.0,
            ..usual
        },
    ]);
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
fn one_row_or_column_off_is_called_a_wrong_grid() {
    let frame = Drawing::default().draw();
    for grid in ["5x12", "7x12", "6x11", "6x13"] {
        let format = TrayFormat::parse(grid).unwrap();
        let refusal = locate(&frame, format).unwrap_err();
        assert!(
            matches!(refusal, Refusal::WrongGrid { .. }),
            "{grid}: {refusal}"
        );
    }
}

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

/// Where the shared image sets lie, if they do.
fn shared_sets() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let shared = std::env::var_os("SEEDGRADE_SHARED").map_or(beside, PathBuf::from);
    let sets = shared.join("datasets");
    if !sets.is_dir() {
        eprintln!("skipped: no image sets at {}", sets.display());
        return None;
    }
    Some(sets)
}

/// Sets that limits may be set with: those kept for evaluation are no test, or they would be tuned to.
#[test]
fn trays_of_the_training_sets_are_found_and_good_enough_to_judge() {
    let Some(sets) = shared_sets() else { return };
    let asked = [
        ("arabidopsis-tray", "4x5"),
        ("arabidopsis-v2", "4x5"),
        ("ippn-germination", "9x5"),
        ("kale-tray", "4x3"),
    ];
    for (set, grid) in asked {
        let format = TrayFormat::parse(grid).unwrap();
        let mut paths = picture_paths(&sets.join(set).join("trays")).unwrap();
        // kale: side views, and one picture that shows five rows
        paths.retain(|path| {
            let name = path.to_string_lossy();
            !name.contains("side") && !name.contains("top-10_24")
        });
        paths.par_iter().for_each(|path| {
            let (_, frame) = read_picture(path, DecodeLimits::default()).unwrap();
            let found =
                locate(&frame, format).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            check(&frame, &found.lattice).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        });
    }
}

#[test]
fn pictures_of_the_training_sets_without_such_a_tray_are_refused() {
    let Some(sets) = shared_sets() else { return };
    let pictures = |set: &str| picture_paths(&sets.join(set).join("trays")).unwrap();
    let of_kale = |name: &str| {
        let mut paths = pictures("kale-tray");
        paths.retain(|path| path.to_string_lossy().contains(name));
        paths
    };
    let asked = [
        (of_kale("side"), "4x3"),
        // shows five rows
        (of_kale("top-10_24"), "4x3"),
        (pictures("arabidopsis-pots"), "3x3"),
    ];
    for (paths, grid) in asked {
        assert!(!paths.is_empty());
        let format = TrayFormat::parse(grid).unwrap();
        paths.par_iter().step_by(4).for_each(|path| {
            let (_, frame) = read_picture(path, DecodeLimits::default()).unwrap();
            let found = locate(&frame, format);
            assert!(found.is_err(), "a {grid} tray in {}", path.display());
        });
    }
}

/// The frame blurred by `sigma` px, its light scaled, then lifted.
fn spoilt(frame: &Frame, sigma: f32, light: f32, lift: f32) -> Frame {
    let (w, h) = (frame.width(), frame.height());
    let picture = image::RgbImage::from_raw(w as u32, h as u32, frame.rgb().to_vec()).unwrap();
    let picture = if sigma > 0.0 {
        imageproc::filter::gaussian_blur_f32(&picture, sigma)
    } else {
        picture
    };
    let rgb = picture.into_raw();
    let rgb = rgb.iter().map(|&v| (f32::from(v) * light + lift) as u8);
    Frame::from_rgb(w, h, rgb.collect()).unwrap()
}

#[test]
fn a_blurred_dark_or_washed_out_picture_is_not_judged() {
    for (pitch, width, height) in [(80.0, 1100, 620), (30.0, 420, 240)] {
        let tray = Drawing {
            pitch,
            width,
            height,
            ..Drawing::default()
        };
        let frame = tray.draw();
        let lattice = tray.find().unwrap().lattice;
        check(&frame, &lattice).unwrap();
        let judged = |frame: &Frame| check(frame, &lattice);
        let sigma = 0.15 * pitch as f32;
        let blurred = judged(&spoilt(&frame, sigma, 1.0, 0.0));
        assert!(
            matches!(blurred, Err(Refusal::Blurred { .. })),
            "{blurred:?}"
        );
        let slightly = judged(&spoilt(&frame, 0.03 * pitch as f32, 1.0, 0.0));
        assert!(slightly.is_ok(), "{slightly:?}");
        let dark = judged(&spoilt(&frame, 0.0, 0.05, 0.0));
        assert!(matches!(dark, Err(Refusal::Dark { .. })), "{dark:?}");
        let washed_out = judged(&spoilt(&frame, 0.0, 1.0, 220.0));
        assert!(
            matches!(washed_out, Err(Refusal::OverExposed { .. })),
            "{washed_out:?}"
        );
    }
}
