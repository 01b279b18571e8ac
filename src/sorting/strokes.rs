//! The refill plan as a transplanter carries it out: stroke by stroke of its gripper.
//!
//! Fingers stand in a row along the tray's columns, so many cells apart, and open one by one: in a stroke each takes at
//! most one plug of one row of the donor and sets it into one row of the tray that is filled, all by the same shift. The
//! trays that become full, the donors and the number of moves are those of the optimal plan ([`super::refill()`]); which
//! plug goes where is free there, and chosen here so that strokes take many plugs: for the first open cell the stroke
//! that takes the most is looked for (greedy: how far it is from the fewest strokes is not known).
//!
//! Invariants: trays and donors come in the order of the belt and none comes back, within trays of one kind; one donor at
//! a time; a plug moves once.

use std::collections::BTreeSet;

use serde::Serialize;

use super::refill::{BeforeFilling, BenchTray, LotMixing, Move, kinds, of_one_kind};

/// A transplanter's gripper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Gripper {
    fingers: usize,
    step: usize,
}

/// Why there is no such gripper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "gripper: expected 1 to {MOST_FINGERS} fingers 1 to {MOST_STEP} cells apart, found {fingers} fingers {step} apart"
)]
pub struct NoGripper {
    /// Fingers asked for.
    pub fingers: usize,
    /// Cells from one to the next.
    pub step: usize,
}

/// The most fingers: no transplanter has more in a row.
const MOST_FINGERS: usize = 32;
/// The widest step, cells.
const MOST_STEP: usize = 16;

impl Gripper {
    /// So many fingers, each so many cells from the next.
    ///
    /// # Errors
    /// No finger, too many, or a step that is none.
    pub fn new(fingers: usize, step: usize) -> Result<Self, NoGripper> {
        let fits = (1..=MOST_FINGERS).contains(&fingers) && (1..=MOST_STEP).contains(&step);
        fits.then_some(Self { fingers, step })
            .ok_or(NoGripper { fingers, step })
    }
}

/// A plug in a finger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HeldPlug {
    /// The finger, from 0 at the lower columns.
    pub finger: usize,
    /// Its move.
    #[serde(flatten)]
    pub plug: Move,
}

/// One stroke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stroke {
    /// The tray that is filled, by its place on the belt.
    pub tray: usize,
    /// The donor, likewise.
    pub donor: usize,
    /// What the fingers hold, the first finger first.
    pub plugs: Vec<HeldPlug>,
}

/// The strokes of the optimal plan over trays in the order of the belt.
#[must_use]
pub fn strokes(trays: &[BenchTray], mixing: LotMixing, gripper: Gripper) -> Vec<Stroke> {
    let of_kinds = kinds(trays, mixing).into_iter();
    of_kinds
        .flat_map(|of_kind| of_one_kind_in_strokes(trays, of_kind, gripper))
        .collect()
}

fn of_one_kind_in_strokes(
    trays: &[BenchTray],
    of_kind: Vec<usize>,
    gripper: Gripper,
) -> Vec<Stroke> {
    let filled = of_one_kind(trays, of_kind);
    let moves = filled.iter().flat_map(|full| &full.moves);
    let donors: BTreeSet<usize> = moves.map(|step| step.donor).collect();
    let begun = filled.iter().filter(|full| !full.moves.is_empty());
    let targets: BTreeSet<usize> = begun.map(|full| full.tray).collect();
    let mut donors = donors.into_iter().map(|donor| Donor::of(trays, donor));
    let mut giving = donors.next();
    let mut strokes = Vec::new();
    for tray in targets {
        let mut open = OpenTray::of(trays, tray);
        while let Some(first) = open.first() {
            while giving.as_ref().is_some_and(Donor::is_empty) {
                giving = donors.next();
            }
            // the donors of the plan hold all that is missing
            let Some(donor) = giving.as_mut() else {
                return strokes;
            };
            strokes.push(stroke(trays, &mut open, donor, first, gripper));
        }
    }
    strokes
}

/// A tray that is filled: what is done with each cell that takes a plug still.
struct OpenTray {
    tray: usize,
    cols: usize,
    cells: Vec<Option<BeforeFilling>>,
}

impl OpenTray {
    fn of(trays: &[BenchTray], tray: usize) -> Self {
        let cells = trays[tray].cells.iter();
        Self {
            tray,
            cols: trays[tray].cols.max(1),
            cells: cells.map(|content| content.before_filling()).collect(),
        }
    }

    fn first(&self) -> Option<usize> {
        self.cells.iter().position(Option::is_some)
    }
}

/// A donor: the cells whose plug it has still.
struct Donor {
    tray: usize,
    good: Vec<bool>,
}

impl Donor {
    fn of(trays: &[BenchTray], tray: usize) -> Self {
        let cells = trays[tray].cells.iter();
        Self {
            tray,
            good: cells
                .map(|content| content.before_filling().is_none())
                .collect(),
        }
    }

    fn is_empty(&self) -> bool {
        !self.good.contains(&true)
    }
}

/// The stroke into the first open cell that takes the most plugs, carried out.
fn stroke(
    trays: &[BenchTray],
    open: &mut OpenTray,
    donor: &mut Donor,
    first: usize,
    gripper: Gripper,
) -> Stroke {
    let mut best: Vec<(usize, usize, usize)> = Vec::new();
    let there = donor.good.iter().enumerate().filter(|(_, good)| **good);
    for (from, _) in there {
        for finger in 0..gripper.fingers {
            let held = held(open, &donor.good, (first, from, finger), gripper);
            if held.len() > best.len() {
                best = held;
            }
        }
    }
    let plugs = best.into_iter().filter_map(|(finger, into, from)| {
        let before = open.cells[into].take()?;
        donor.good[from] = false;
        Some(HeldPlug {
            finger,
            plug: Move {
                into: trays[open.tray].place(into),
                before,
                donor: donor.tray,
                from: trays[donor.tray].place(from),
            },
        })
    });
    Stroke {
        tray: open.tray,
        donor: donor.tray,
        plugs: plugs.collect(),
    }
}

/// Finger, cell that is filled and cell of the donor, of every finger that has both, where one finger is given.
fn held(
    open: &OpenTray,
    good: &[bool],
    (into, from, finger): (usize, usize, usize),
    gripper: Gripper,
) -> Vec<(usize, usize, usize)> {
    let cols = open.cols;
    let along = |cell: usize, other: usize| {
        let first_col = (cell % cols + other * gripper.step).checked_sub(finger * gripper.step)?;
        (first_col < cols).then(|| cell / cols * cols + first_col)
    };
    let fingers = 0..gripper.fingers;
    fingers
        .filter_map(|other| {
            let (into, from) = (along(into, other)?, along(from, other)?);
            (open.cells[into].is_some() && good[from]).then_some((other, into, from))
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::super::refill::{CellContent, refill};
    use super::*;

    fn tray(cols: usize, cells: &[usize]) -> BenchTray {
        let contents = [
            CellContent::Good,
            CellContent::Blank,
            CellContent::Good,
            CellContent::Unwanted,
            CellContent::Unsure,
        ];
        BenchTray {
            lot: Some("a".to_owned()),
            cols,
            cells: cells.iter().map(|cell| contents[*cell]).collect(),
        }
    }

    proptest! {
        #[test]
        fn a_gripper_fills_the_same_trays_by_as_many_moves_in_the_order_of_the_belt(
            cells in prop::collection::vec(prop::collection::vec(0_usize..5, 12), 1..6),
            cols in prop::sample::select(vec![3_usize, 4, 6, 12]),
            fingers in 1_usize..5,
            step in 1_usize..4,
        ) {
            let trays: Vec<BenchTray> = cells.iter().map(|cells| tray(cols, cells)).collect();
            let gripper = Gripper::new(fingers, step).unwrap();
            let plan = refill(&trays, LotMixing::Apart);
            let found = strokes(&trays, LotMixing::Apart, gripper);
            let plugs: usize = found.iter().map(|stroke| stroke.plugs.len()).sum();
            prop_assert_eq!(plugs, plan.moves(), "no move more than the optimal plan");
            let places: Vec<_> = found.iter().map(|stroke| (stroke.tray, stroke.donor)).collect();
            prop_assert!(places.is_sorted(), "trays in the order of the belt: {:?}", places);
            let donors: Vec<_> = found.iter().map(|stroke| stroke.donor).collect();
            prop_assert!(donors.is_sorted(), "no donor comes back: {:?}", donors);
            let full: BTreeSet<_> = plan.full.iter().map(|full| full.tray).collect();
            let (mut taken, mut set) = (BTreeSet::new(), BTreeSet::new());
            for stroke in &found {
                prop_assert!(full.contains(&stroke.tray) && !full.contains(&stroke.donor));
                prop_assert!((1..=fingers).contains(&stroke.plugs.len()));
                let first = stroke.plugs[0];
                for HeldPlug { finger, plug } in &stroke.plugs {
                    prop_assert!(*finger < fingers);
                    prop_assert_eq!(plug.donor, stroke.donor, "one donor at a time");
                    prop_assert_eq!((plug.into.row, plug.from.row), (first.plug.into.row, first.plug.from.row));
                    let shift = (finger - first.finger) * step;
                    prop_assert_eq!(plug.into.col, first.plug.into.col + shift, "the gripper's pitch");
                    prop_assert_eq!(plug.from.col, first.plug.from.col + shift, "the gripper's pitch");
                    prop_assert!(taken.insert((plug.donor, plug.from)), "a plug moves once");
                    prop_assert!(set.insert((stroke.tray, plug.into)), "a cell is filled once");
                    let was = trays[plug.donor].cells[plug.from.row * cols + plug.from.col];
                    prop_assert_eq!(was, CellContent::Good);
                }
            }
        }
    }

    #[test]
    fn four_blanks_beside_each_other_take_one_stroke_of_four_fingers_and_four_of_one() {
        let trays = [
            tray(8, &[0, 1, 1, 1, 1, 0, 0, 0]),
            tray(8, &[1, 0, 0, 0, 0, 1, 1, 1]),
        ];
        let of = |fingers, step| {
            let gripper = Gripper::new(fingers, step).unwrap();
            strokes(&trays, LotMixing::Apart, gripper).len()
        };
        assert_eq!((of(4, 1), of(2, 1), of(1, 1)), (1, 2, 4));
        assert_eq!(of(2, 2), 2, "each second cell at a time");
    }

    #[test]
    fn grippers_without_fingers_or_step_are_refused() {
        for (fingers, step) in [(0, 1), (1, 0), (33, 1), (1, 17)] {
            assert_eq!(
                Gripper::new(fingers, step),
                Err(NoGripper { fingers, step })
            );
        }
    }
}
