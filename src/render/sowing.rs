//! What stands in which cell: the tray's stage, its blanks, doubles and outliers.
//!
//! In: chance and the grid. Out: for each cell the plants to grow, with stage, canopy and place.

use super::Split;
use super::chance::Chance;
use super::plant::Stage;
use super::species::{Family, Species};

/// Smallest canopy, pitches: 4 mm of the 26 mm of a 200-cell tray, a seedling that has just emerged.
const LEAST_CANOPY: f32 = 0.15;
/// Smallest hook, pitches: being thin it shows less than an open seedling of its width.
const LEAST_HOOK: f32 = 0.21;
/// Least distance of two roots in a cell, pitches.
const LEAST_APART: f32 = 0.13;

/// How far the tray as a whole has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    Empty,
    Emerging,
    Cotyledons,
    Leaves,
    Canopy,
}

/// A plant to be grown.
#[derive(Clone, Copy)]
pub(crate) struct Sprout {
    /// Place in its cell, pitches from the cell's top-left node.
    pub at: [f32; 2],
    pub stage: Stage,
    /// Width of the canopy, pitches.
    pub canopy: f32,
}

/// The plan of one tray.
pub(crate) struct Sowing {
    age: Age,
    canopy: f32,
    spread: f32,
    blank: f32,
    cluster: f32,
    double: f32,
    scatter: f32,
    leaves: u8,
    hook_share: f32,
    noise_place: [f32; 2],
    /// Smallest canopy that a picture can show, pitches.
    least: f32,
}

impl Sowing {
    /// `pixels_per_pitch` bounds how small a plant may be. Training trays hold more doubles than nurseries
    /// sow: what is rare teaches too seldom.
    pub(crate) fn draw(
        chance: &mut Chance,
        species: &Species,
        split: Split,
        pixels_per_pitch: f32,
    ) -> Self {
        let (few, many) = match split {
            Split::Train => (0.5, 0.6),
            Split::HeldOut => (0.7, 0.4),
        };
        let ages = [
            Age::Empty,
            Age::Emerging,
            Age::Cotyledons,
            Age::Leaves,
            Age::Canopy,
        ];
        let age = ages[chance.weighted(&[0.20, 0.32, 0.23, 0.18, 0.07])];
        let canopy = match age {
            Age::Empty => 0.0,
            Age::Emerging => chance.log_range(0.14, 0.27),
            Age::Cotyledons => chance.log_range(0.18, 0.45),
            Age::Leaves => chance.log_range(0.3, 0.9),
            Age::Canopy => chance.log_range(0.8, 1.6),
        };
        let thin = matches!(species.family, Family::Grass | Family::Onion);
        let blank = match chance.weighted(&[0.15, 0.55, 0.3]) {
            0 => chance.range(0.0, 0.02),
            1 => chance.range(0.02, 0.25),
            _ => chance.range(0.2, 0.65),
        };
        Self {
            age,
            canopy: if thin {
                (canopy * 1.8).min(1.8)
            } else {
                canopy
            },
            spread: chance.range(0.06, 0.28),
            blank: if age == Age::Empty { 1.0 } else { blank },
            cluster: if chance.with(0.4) {
                chance.range(0.2, 0.9)
            } else {
                0.0
            },
            double: if chance.with(few) {
                chance.range(0.01, 0.10)
            } else {
                chance.range(0.1, many)
            },
            scatter: chance.range(0.02, 0.16),
            leaves: 1 + chance.index(if age == Age::Canopy { 9 } else { 6 }) as u8,
            hook_share: chance.range(0.0, 0.5),
            noise_place: [chance.range(0.0, 512.0), chance.range(0.0, 512.0)],
            least: (5.5 / pixels_per_pitch).max(LEAST_CANOPY),
        }
    }

    /// What grows in a cell.
    pub(crate) fn cell(&self, chance: &mut Chance, row: usize, col: usize) -> Vec<Sprout> {
        let patch = super::noise::noise().cloud(
            self.noise_place[0] + col as f32 * 16.0,
            self.noise_place[1] + row as f32 * 16.0,
        );
        let blank = self.blank * (1.0 - self.cluster)
            + self.cluster
                * if patch < self.blank {
                    1.0
                } else {
                    self.blank * 0.2
                };
        if self.age == Age::Empty || chance.with(blank) {
            return Vec::new();
        }
        let count = if !chance.with(self.double) {
            1
        } else if chance.with(0.8) {
            2
        } else {
            3
        };
        let mut sprouts: Vec<Sprout> = Vec::with_capacity(count);
        for _ in 0..count {
            // Two seeds never lie on the same spot; who cannot be told apart is not sown.
            let apart = (0..8).map(|_| self.sprout(chance)).find(|new| {
                sprouts.iter().all(|other| {
                    let (dx, dy) = (new.at[0] - other.at[0], new.at[1] - other.at[1]);
                    let reach = LEAST_APART
                        .max(0.45 * new.canopy.min(other.canopy))
                        .min(0.42);
                    dx * dx + dy * dy > reach * reach
                })
            });
            sprouts.extend(apart);
        }
        sprouts
    }

    fn sprout(&self, chance: &mut Chance) -> Sprout {
        let mut canopy = self.canopy * (chance.normal() * self.spread).exp();
        let mut stage = self.stage(chance);
        if chance.with(0.05) {
            // A late one.
            canopy *= chance.range(0.25, 0.6);
            stage = chance.pick(&[Stage::Hook, Stage::Folded, Stage::Open]);
        } else if chance.with(0.02) {
            canopy *= chance.range(1.3, 1.7);
        }
        if stage == Stage::Hook {
            canopy = canopy.clamp(LEAST_HOOK, 0.27) * 0.9;
        }
        let mut place = || (0.5 + chance.normal() * self.scatter).clamp(0.2, 0.8);
        Sprout {
            at: [place(), place()],
            stage,
            canopy: canopy.clamp(self.least, 1.8),
        }
    }

    fn stage(&self, chance: &mut Chance) -> Stage {
        let leafy = |n: u8, chance: &mut Chance| {
            Stage::Leafy((n + chance.index(3) as u8).saturating_sub(1).max(1))
        };
        match self.age {
            Age::Empty | Age::Emerging => {
                if chance.with(self.hook_share) {
                    Stage::Hook
                } else if chance.with(0.35) {
                    Stage::Folded
                } else {
                    Stage::Open
                }
            }
            Age::Cotyledons => match chance.weighted(&[0.06, 0.8, 0.14]) {
                0 => Stage::Folded,
                1 => Stage::Open,
                _ => Stage::Leafy(1),
            },
            Age::Leaves | Age::Canopy => leafy(self.leaves, chance),
        }
    }

    /// Usual width of a canopy, pitches; 0 where nothing grows.
    pub(crate) fn canopy(&self) -> f32 {
        self.canopy
    }

    /// How likely seeds lie in view: sown on top and not covered, or not come up.
    pub(crate) fn seed_share(&self) -> f32 {
        match self.age {
            Age::Empty => 0.8,
            Age::Emerging => 0.5,
            _ => 0.08,
        }
    }

    /// Whether seeds may still lie in view.
    pub(crate) fn seeds_in_view(&self) -> bool {
        matches!(self.age, Age::Empty | Age::Emerging)
    }
}
