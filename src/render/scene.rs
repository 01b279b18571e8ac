//! From a request to a rendered tray: the one place that knows the order of the layers.
//!
//! In: a [`RenderRequest`]. Out: a [`RenderedTray`] whose labels agree with its pixels.

use image::{GrayImage, ImageBuffer};

use super::chance::Chance;
use super::clutter::{self, SeedLook, THINGS, Thing};
use super::colour::{Rgb, scale, smooth};
use super::labels::{self, Planted};
use super::layout::bodies;
use super::light::Light;
use super::plant::{Stage, grow};
use super::raster::{Blade, Canvas, HIDDEN, Stand, cast, draw};
use super::sowing::Sowing;
use super::species::{Family, Species};
use super::tray_body::{Body, TrayKind};
use super::view::{Framing, frame};
use super::world::World;
use super::{RenderRequest, RenderedTray, View, camera};

/// Largest displacement of a crown, pitches.
const MOST_PARALLAX: f32 = 0.7;

/// How far a crown `height_mm` over the substrate is displaced, pitches, away from the point under a
/// camera `camera_mm` high; bounded, since a wider view would show whole stems.
fn parallax(root: [f32; 2], nadir: [f32; 2], height_mm: f32, camera_mm: f32) -> [f32; 2] {
    let by = height_mm / (camera_mm - height_mm);
    let away = [(root[0] - nadir[0]) * by, (root[1] - nadir[1]) * by];
    let bound = (MOST_PARALLAX / away[0].hypot(away[1]).max(1e-6)).min(1.0);
    away.map(|v| v * bound)
}

/// Renders one tray.
#[must_use]
pub fn render(request: &RenderRequest) -> RenderedTray {
    let mut chance = Chance::new(request.seed ^ 0x7472_6179);
    let again = request.repeat.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut seen = Chance::new(request.seed ^ 0x7669_6577 ^ again);
    // A degenerate view is drawn again from the same stream, so the result stays a function of the seed.
    let framing = loop {
        // How much of a larger tray a rectified view shows is a matter of what is there.
        let stream = match request.view {
            View::Rectified { .. } => &mut chance,
            View::Camera | View::NoTray => &mut seen,
        };
        if let Some(framing) = frame(&mut stream.fork(), request) {
            break framing;
        }
    };
    let light = Light::draw(&mut seen);
    let mut scene = Scene::draw(&mut chance, request, framing, light);
    let mut canvas = Canvas::new(scene.framing.width, scene.framing.height);
    scene.ground(&mut canvas);
    let planted = scene.furnish(&mut chance, &mut canvas);
    scene.light.apply(&mut canvas);
    scene.finish(&mut seen, canvas, planted)
}

/// A plant that waits to be drawn.
struct Waiting {
    planted: Planted,
    blades: Vec<Blade>,
    canopy: f32,
}

/// A cell: its top-left node in pitches; row and column inside the block; whether it is an empty hole.
type Place = ([f32; 2], Option<(usize, usize)>, bool);

struct Scene<'a> {
    request: &'a RenderRequest,
    framing: Framing,
    light: Light,
    world: World,
    bodies: Vec<Body>,
    pitch_mm: f32,
    species: Species,
    sowing: Sowing,
    tray: TrayKind,
    seed: Option<SeedLook>,
    things: Vec<(Thing, f32)>,
    markers: bool,
    slips: f32,
}

impl<'a> Scene<'a> {
    fn draw(
        chance: &mut Chance,
        request: &'a RenderRequest,
        framing: Framing,
        light: Light,
    ) -> Self {
        let longest = request.rows.max(request.cols) as f32;
        let pitch_mm = (520.0 / longest).clamp(15.0, 90.0) * chance.range(0.8, 1.2);
        let tray = TrayKind::draw(chance, request.split);
        let family = Family::draw(chance, request.split);
        let mut species = Species::draw(chance, family, request.split);
        let sowing = Sowing::draw(chance, &species, request.split, framing.scale);
        let bodies = bodies(chance, request, &framing, tray, pitch_mm, light.direction);
        if sowing.seeds_in_view() && bodies.iter().any(Body::mossy) && chance.with(0.7) {
            species.pale(chance.range(0.15, 0.5));
        }
        let seeds = chance.with(sowing.seed_share());
        let mut things = Vec::new();
        for _ in 0..chance.index(7) {
            things.push((chance.pick(&THINGS), chance.log_range(0.02, 2.5)));
        }
        Self {
            world: World::draw(chance, pitch_mm, (request.rows, request.cols)),
            seed: seeds.then(|| SeedLook::draw(chance)),
            markers: chance.with(0.06),
            slips: if chance.with(0.15) {
                chance.range(0.005, 0.08)
            } else {
                0.0
            },
            request,
            framing,
            light,
            bodies,
            pitch_mm,
            species,
            sowing,
            tray,
            things,
        }
    }

    /// Tray, fill and surroundings.
    fn ground(&self, canvas: &mut Canvas) {
        for y in 0..canvas.height {
            for x in 0..canvas.width {
                let (u, v) = self.framing.warp.tray(x as f32 + 0.5, y as f32 + 0.5);
                canvas.rgb[y * canvas.width + x] = self.under(u, v);
            }
        }
    }

    #[inline]
    fn under(&self, u: f32, v: f32) -> Rgb {
        let mut shadow = 0.0f32;
        for body in &self.bodies {
            let outside = body.outside(u, v);
            if outside <= 0.0 {
                return body.shade(u, v, outside);
            }
            let [dx, dy] = self.light.direction;
            let cast = body.outside(u - dx * 0.25, v - dy * 0.25);
            shadow = shadow
                .max(0.55 * smooth(0.15, -0.05, cast))
                .max(0.5 * smooth(0.15, 0.0, outside));
        }
        scale(self.world.shade(u, v), 1.0 - shadow)
    }

    fn stand(&self, at: [f32; 2]) -> Stand {
        let p = self.framing.warp.frame(at[0], at[1]);
        Stand {
            at: [p.x as f32, p.y as f32],
            axes: self.framing.warp.jacobian(at[0], at[1]),
        }
    }

    fn put(&self, canvas: &mut Canvas, blades: &[Blade], at: [f32; 2], label: u16) {
        let stand = self.stand(at);
        for blade in blades {
            cast(canvas, blade, &stand, &self.light.sun);
        }
        for blade in blades {
            draw(canvas, blade, &stand, &self.light.sun, label);
        }
    }

    /// Clutter, plants, labels; returns the plants by id − 1.
    fn furnish(&mut self, chance: &mut Chance, canvas: &mut Canvas) -> Vec<Planted> {
        self.scatter(chance, canvas);
        if self.request.view == View::NoTray {
            self.litter(chance, canvas);
        }
        let mut waiting = self.sow(chance);
        waiting.sort_by(|a, b| a.canopy.total_cmp(&b.canopy));
        let mut planted = Vec::new();
        for plant in waiting.into_iter().take(usize::from(u16::MAX) - 1) {
            let label = planted.len() as u16 + 1;
            self.put(canvas, &plant.blades, plant.planted.root, label);
            let px = plant.canopy * self.framing.scale;
            let mut crumbs = chance.fork();
            if plant.canopy < 0.16 && px > 8.0 && crumbs.with(0.2) {
                self.bury(&mut crumbs, canvas, &plant);
            }
            planted.push(plant.planted);
        }
        self.overlay(chance, canvas);
        self.intrude(chance, canvas);
        planted
    }

    /// A crumb or two of the fill over a young plant.
    fn bury(&self, chance: &mut Chance, canvas: &mut Canvas, plant: &Waiting) {
        let Some(substrate) = self.bodies.first().and_then(|b| b.substrates.first()) else {
            return;
        };
        let size = plant.canopy * chance.range(0.2, 0.45);
        for _ in 0..1 + chance.index(2) {
            let at = [
                chance.normal() * plant.canopy * 0.2,
                chance.normal() * plant.canopy * 0.2,
            ];
            let blade = clutter::crumb(chance, at, size, substrate.colour());
            self.put(canvas, &[blade], plant.planted.root, 0);
        }
    }

    /// Cells of all bodies.
    fn cells(&self) -> Vec<Place> {
        let mut all = Vec::new();
        for body in &self.bodies {
            for r in 0..body.rows {
                for c in 0..body.cols {
                    let (x, y) = (body.origin[0] + c as f32, body.origin[1] + r as f32);
                    let inside = self.request.view != View::NoTray
                        && x > -0.5
                        && y > -0.5
                        && x < self.request.cols as f32 - 0.5
                        && y < self.request.rows as f32 - 0.5;
                    let cell = inside.then_some((y.round() as usize, x.round() as usize));
                    all.push(([x, y], cell, body.bare(r, c)));
                }
            }
        }
        all
    }

    /// Things and loose plants on ground without a tray.
    fn litter(&self, chance: &mut Chance, canvas: &mut Canvas) {
        let (rows, cols) = (self.request.rows as f32, self.request.cols as f32);
        let place = |chance: &mut Chance| {
            [
                chance.range(-1.0, cols + 1.0),
                chance.range(-1.0, rows + 1.0),
            ]
        };
        for _ in 0..chance.index(60) {
            let thing = chance.pick(&THINGS);
            let blades = clutter::litter(chance, thing, self.pitch_mm);
            let at = place(chance);
            self.put(canvas, &blades, at, 0);
        }
        for _ in 0..chance.index(25) {
            let canopy = chance.log_range(0.15, 1.6);
            let stage = chance.pick(&[Stage::Folded, Stage::Open, Stage::Leafy(3)]);
            let grown = grow(chance, &self.species, stage, canopy);
            let at = place(chance);
            self.put(canvas, &grown.blades, at, 0);
        }
    }

    fn scatter(&self, chance: &mut Chance, canvas: &mut Canvas) {
        for (node, _, _) in self.cells() {
            for &(thing, density) in &self.things {
                let rarity = match thing {
                    Thing::DryLeaf | Thing::Liverwort => 0.15,
                    Thing::MossStar | Thing::Capsule => 0.3,
                    Thing::GreenFlake => 0.4,
                    _ => 1.0,
                };
                let mut left = rarity * density * chance.range(0.0, 2.0);
                while chance.with(left) {
                    left -= 1.0;
                    let at = [node[0] + chance.unit(), node[1] + chance.unit()];
                    let blades = clutter::litter(chance, thing, self.pitch_mm);
                    self.put(canvas, &blades, at, 0);
                }
            }
            if let Some(seed) = self.seed.as_ref().filter(|_| chance.with(0.9)) {
                let count = match chance.weighted(&[0.8, 0.15, 0.05]) {
                    0 => 1,
                    1 => 2,
                    _ => 3,
                };
                for _ in 0..count {
                    let place = |chance: &mut Chance| {
                        (0.5 + chance.normal() * seed.scatter).clamp(0.2, 0.8)
                    };
                    let at = [node[0] + place(chance), node[1] + place(chance)];
                    let blade = seed.blade(chance, [0.0; 2], self.pitch_mm);
                    self.put(canvas, &[blade], at, 0);
                }
            }
        }
    }

    fn sow(&self, chance: &mut Chance) -> Vec<Waiting> {
        let mut waiting = Vec::new();
        let nadir = [
            self.request.cols as f32 * 0.5,
            self.request.rows as f32 * 0.5,
        ];
        let camera_mm = chance.log_range(600.0, 1500.0);
        for (node, cell, bare) in self.cells() {
            if bare {
                continue;
            }
            let (row, col) = (
                (node[1] + 4.0).max(0.0) as usize,
                (node[0] + 4.0).max(0.0) as usize,
            );
            for sprout in self.sowing.cell(chance, row, col) {
                let mut grown = grow(chance, &self.species, sprout.stage, sprout.canopy);
                let root = [node[0] + sprout.at[0], node[1] + sprout.at[1]];
                let height_mm = self
                    .species
                    .height_mm(chance, sprout.canopy * self.pitch_mm);
                let lean = parallax(root, nadir, height_mm, camera_mm);
                grown.lean(&self.species, sprout.canopy, lean);
                let planted = Planted {
                    cell,
                    root,
                    family: self.species.family,
                    leaves: grown.leaves,
                    height_pitch: height_mm / self.pitch_mm,
                };
                waiting.push(Waiting {
                    planted,
                    blades: grown.blades,
                    canopy: sprout.canopy,
                });
            }
        }
        waiting
    }

    /// A hose across the tray or a hand over it, now and then.
    fn intrude(&self, chance: &mut Chance, canvas: &mut Canvas) {
        let (rows, cols) = (self.request.rows as f32, self.request.cols as f32);
        let from = [chance.range(0.0, cols), chance.range(0.0, rows)];
        let angle = chance.range(0.0, std::f32::consts::TAU);
        if chance.with(0.04) {
            let reach = rows + cols;
            let start = [
                from[0] - angle.cos() * reach * 0.5,
                from[1] - angle.sin() * reach * 0.5,
            ];
            let blade = clutter::hose(chance, angle, reach);
            self.put(canvas, &[blade], start, HIDDEN);
        }
        if chance.with(0.03) {
            let size = (90.0 / self.pitch_mm).min(rows.min(cols) * 0.4);
            let blades = clutter::hand(chance, angle, size);
            self.put(canvas, &blades, from, HIDDEN);
        }
    }

    /// Markers and slips of paper over everything.
    fn overlay(&self, chance: &mut Chance, canvas: &mut Canvas) {
        let size = chance.range(0.08, 0.18);
        let corner = chance.pick(&[0.0, 0.08]);
        for (node, _, _) in self.cells() {
            if self.markers {
                let blade = clutter::marker(chance, [0.0; 2], size);
                self.put(canvas, &[blade], [node[0] + corner, node[1] + corner], 0);
            }
            if chance.with(self.slips) {
                let length = chance.range(0.3, 0.9);
                let size = (length, length * chance.range(0.15, 0.4));
                let blade = clutter::slip(chance, [0.0; 2], size);
                self.put(
                    canvas,
                    &[blade],
                    [node[0] + chance.unit(), node[1] + chance.unit()],
                    HIDDEN,
                );
            }
        }
    }

    fn finish(
        &self,
        chance: &mut Chance,
        mut canvas: Canvas,
        planted: Vec<Planted>,
    ) -> RenderedTray {
        let size = (canvas.width, canvas.height);
        let grid = (self.request.rows, self.request.cols);
        let hidden = labels::uncover(&mut canvas, &self.framing, grid);
        let rgb = std::mem::take(&mut canvas.rgb);
        // What is a few pixels wide would be gone under the strongest blur, yet labelled.
        let finest = self.sowing.canopy() * self.framing.scale;
        let most = if chance.with(0.15) {
            0.4
        } else if finest > 0.0 && finest < 16.0 {
            0.8
        } else {
            1.6
        };
        let frame = camera::photograph(chance, size, rgb, most);
        let plants = labels::survey(&mut canvas, &frame, &planted, &self.framing);
        let (rows, cols) = grid;
        let node = |r: usize, c: usize| self.framing.warp.frame(c as f32, r as f32);
        let nodes = (0..=rows)
            .flat_map(|r| (0..=cols).map(move |c| (r, c)))
            .map(|(r, c)| node(r, c))
            .collect();
        let (w, h) = (size.0 as u32, size.1 as u32);
        RenderedTray {
            frame,
            plant_ids: ImageBuffer::from_raw(w, h, canvas.ids).unwrap_or_default(),
            semantic: GrayImage::from_raw(w, h, canvas.classes).unwrap_or_default(),
            cells: labels::cells(self.request, &self.framing, &planted, &plants, &hidden),
            plants,
            rows,
            cols,
            nodes,
            corners: [node(0, 0), node(0, cols), node(rows, cols), node(rows, 0)],
            view: self.request.view,
            tray: self.tray,
            substrates: self
                .bodies
                .first()
                .map(|b| b.substrates.iter().map(|s| s.kind).collect())
                .unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{RenderedCell, Split};
    use super::*;
    use crate::dataset::CellState;
    use std::collections::HashSet;

    fn request(seed: u64, split: Split) -> RenderRequest {
        let view = if seed.is_multiple_of(4) {
            View::Camera
        } else {
            View::Rectified { px_per_pitch: 40.0 }
        };
        RenderRequest {
            seed,
            repeat: 0,
            rows: 4,
            cols: 6,
            view,
            split,
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_tray() {
        for seed in [1, 4] {
            let asked = request(seed, Split::Train);
            assert_eq!(render(&asked), render(&asked));
        }
        assert_ne!(
            render(&request(1, Split::Train)).frame,
            render(&request(2, Split::Train)).frame
        );
    }

    #[test]
    fn labels_agree_with_each_other() {
        for seed in 0..40 {
            let tray = render(&request(seed, Split::Train));
            let mut areas = vec![0u32; usize::from(u16::MAX)];
            for (id, class) in tray.plant_ids.as_raw().iter().zip(tray.semantic.as_raw()) {
                areas[usize::from(*id)] += 1;
                assert_eq!(
                    *id == 0,
                    *class == 0,
                    "a pixel is plant in both maps or in none"
                );
            }
            for plant in &tray.plants {
                assert_eq!(areas[usize::from(plant.id)], plant.area_px);
            }
            for (i, cell) in tray.cells.iter().enumerate() {
                let here = Some((i / tray.cols, i % tray.cols));
                let rooted = tray.plants.iter().filter(|p| p.cell == here).count();
                if let Some(plants) = cell.plants {
                    assert_eq!(rooted, plants as usize);
                }
                if cell.state != CellState::Unlabelled {
                    assert_eq!(cell.state == CellState::Seedling, rooted > 0);
                }
            }
            assert_eq!(tray.nodes.len(), (tray.rows + 1) * (tray.cols + 1));
            assert_eq!(tray.corners[2], tray.nodes[tray.nodes.len() - 1]);
        }
    }

    #[test]
    fn a_tray_seen_again_is_the_same_tray_in_another_picture() {
        for seed in [1, 4, 9] {
            let first = render(&request(seed, Split::Train));
            let again = render(&RenderRequest {
                repeat: 1,
                ..request(seed, Split::Train)
            });
            assert_ne!(first.frame, again.frame);
            assert_eq!(
                (first.tray, &first.substrates),
                (again.tray, &again.substrates)
            );
            for (a, b) in first.cells.iter().zip(&again.cells) {
                let both = [a.state, b.state];
                if !both.contains(&CellState::Unlabelled) {
                    assert_eq!(a.state, b.state);
                }
            }
        }
    }

    #[test]
    fn a_scene_without_a_tray_has_no_labelled_cell() {
        for seed in 0..6 {
            let scene = render(&RenderRequest {
                view: View::NoTray,
                ..request(seed, Split::Train)
            });
            let unlabelled = |c: &RenderedCell| c.state == CellState::Unlabelled;
            assert!(scene.cells.iter().all(unlabelled));
        }
    }

    #[test]
    fn nothing_held_out_occurs_in_training() {
        let seen = |split| {
            let mut kinds = (HashSet::new(), HashSet::new(), HashSet::new());
            for seed in 0..60 {
                let mut asked = request(seed * 4 + 1, split);
                (asked.rows, asked.cols) = (2, 3);
                let tray = render(&asked);
                kinds.0.extend(tray.plants.iter().map(|p| p.family));
                kinds.1.extend(tray.substrates);
                kinds.2.insert(tray.tray);
            }
            kinds
        };
        let (train, held_out) = (seen(Split::Train), seen(Split::HeldOut));
        assert!(train.0.is_disjoint(&held_out.0));
        assert!(train.1.is_disjoint(&held_out.1));
        assert!(train.2.is_disjoint(&held_out.2));
        assert!(train.0.len() > 5 && held_out.0.len() == 4);
    }
}
