//! Where the block begins and ends: its rows and columns counted.

use std::ops::Range;

use super::perspective::{Perspective, agreement};
use super::profile::{Profile, Seen};
use super::reading::Sample;

/// Rows or columns that are looked at beyond the block's pixels.
const BEYOND: i64 = 3;
/// Rounds of counting along one way over what was found along the other.
const ROUNDS: usize = 3;

/// Where the block lies among the cells of a [`Perspective`], along x and along y.
#[derive(Debug, Clone)]
pub(super) struct Extent {
    /// The columns, and the rows, that were found to belong to the block.
    pub found: [Range<i64>; 2],
    /// The first of the asked columns, and of the asked rows; `None` where another number is in view.
    pub origin: [Option<i64>; 2],
    /// The same, told by the lattice where another number is in view: good enough to find the tray that is asked for, not to say
    /// that there is one more.
    pub origin_by_lattice: [Option<i64>; 2],
    /// Whether the picture's edge cuts an outermost one of those found.
    pub is_cut: bool,
    /// Mean probability of belonging to the block over those found, 0–1.
    pub filled: f64,
}

/// Counts the rows and columns of a picture of `size` px. `None` where none stands out.
pub(super) fn measure(
    all: &[Sample],
    block: &[Sample],
    map: &Perspective,
    asked: [usize; 2],
    size: [usize; 2],
) -> Option<Extent> {
    let cell_of = |sample: &Sample| {
        let cells = map.cells_at(sample.at);
        cells.map(|c| c.clamp(-1e6, 1e6).floor() as i64)
    };
    let mut of_block =
        [0, 1].map(|k| -> Vec<i64> { block.iter().map(|sample| cell_of(sample)[k]).collect() });
    let mut reach = [0..0, 0..0];
    let mut found = [0..0, 0..0];
    for k in 0..2 {
        of_block[k].sort_unstable();
        let (last, tenth) = (of_block[k].len() - 1, of_block[k].len() / 10);
        reach[k] = of_block[k][0] - BEYOND..of_block[k][last] + 1 + BEYOND;
        found[k] = of_block[k][tenth]..of_block[k][last - tenth] + 1;
    }
    if reach.iter().any(|r| r.end - r.start > 1000) {
        return None;
    }
    // what lies beyond is asked for nowhere, and agreement is the dear part
    let is_reached = |cell: &[i64; 2]| (0..2).all(|k| reach[k].contains(&cell[k]));
    let cells = all.iter().map(|sample| (sample, cell_of(sample)));
    let seen: Vec<Seen> = cells
        .filter(|(_, cell)| is_reached(cell))
        .map(|(sample, cell)| Seen {
            cell,
            block: sample.block,
            agreement: agreement(map, sample),
        })
        .collect();
    let mut profiles = None;
    for _ in 0..ROUNDS {
        let counted = [0, 1].map(|k| {
            let across = found[1 - k].clone();
            let mut profile = Profile::of(&seen, k, &reach[k], &across);
            profile.view(map, k, &across, size);
            found[k] = profile.longest_run();
            profile
        });
        if found.iter().any(Range::is_empty) {
            return None;
        }
        profiles = Some(counted);
    }
    let profiles = profiles?;
    let origin = [0, 1].map(|k| profiles[k].origin(&found[k], asked[k]));
    let origin_by_lattice =
        [0, 1].map(|k| origin[k].or_else(|| profiles[k].origin_by_lattice(&found[k], asked[k])));
    let is_cut = (0..2).any(|k| profiles[k].is_cut(&found[k]));
    let [x, y] = &found;
    let of_found = seen
        .iter()
        .filter(|s| x.contains(&s.cell[0]) && y.contains(&s.cell[1]));
    let (mass, count) = of_found.fold((0.0, 0_usize), |(m, n), s| (m + s.block, n + 1));
    Some(Extent {
        filled: mass / count.max(1) as f64,
        found,
        origin,
        origin_by_lattice,
        is_cut,
    })
}
