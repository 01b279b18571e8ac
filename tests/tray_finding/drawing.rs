//! Drawn trays, whose nodes are known.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use seedgrade::frame::Frame;
use seedgrade::geometry::{FramePoint, Homography, TrayPoint};
use seedgrade::tray::{Refusal, TrayFormat, TrayLocation};

use crate::locate;

pub const BLUE: [f64; 3] = [44.0, 66.0, 128.0];
pub const BLACK: [f64; 3] = [34.0, 35.0, 37.0];
pub const PEAT: [f64; 3] = [92.0, 70.0, 52.0];

/// A tray to be drawn. Lengths in pitches unless said otherwise.
#[derive(Debug, Clone)]
pub struct Drawing {
    pub rows: usize,
    pub cols: usize,
    pub width: usize,
    pub height: usize,
    /// Frame pixels a pitch.
    pub pitch: f64,
    /// Degrees.
    pub turn: f64,
    /// Projective terms, 1/px about the picture's middle.
    pub tilt: [f64; 2],
    pub wall: f64,
    pub wall_colour: [f64; 3],
    pub cell_colour: [f64; 3],
    pub ground_colour: [f64; 3],
    /// Distance to a second such tray below, from rim to rim.
    pub second_below: Option<f64>,
    /// Width of stripes on the ground, px; 0 for none.
    pub stripes: f64,
    /// Largest local drift.
    pub drift: f64,
    /// Extra distance between row 0 and row 1.
    pub gap: f64,
    /// Largest radius of plants; 0 for none.
    pub plants: f64,
    /// A row without plants.
    pub empty_row: usize,
    /// Standard deviation, grey levels.
    pub noise: f64,
    pub clutter: usize,
    pub seed: u64,
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
    pub fn format(&self) -> TrayFormat {
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

    pub fn nodes(&self) -> Vec<FramePoint> {
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

    pub fn draw(&self) -> Frame {
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

    pub fn find(&self) -> Result<TrayLocation, Refusal> {
        locate(&self.draw(), self.format())
    }

    /// Distance of the worst node from the truth, in pitches.
    pub fn worst_error(&self) -> f64 {
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
