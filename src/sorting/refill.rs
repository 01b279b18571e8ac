//! The refill plan (补苗): which plugs go where, so that the most trays become full by the fewest moves.
//!
//! Any plug fits any cell of its format, so only counts matter. Let n trays of c cells hold g₁ ≥ g₂ ≥ … ≥ gₙ good plugs,
//! G in all. *Most full trays:* a full tray takes c good plugs, so there are at most k = ⌊G ÷ c⌋ of them. *Fewest moves:*
//! whichever k trays become full, every cell of them without a good plug takes at least one move, Σ (c − gᵢ) in all,
//! which is least for the k fullest. *It can be done:* the other trays hold G − Σ gᵢ ≥ kc − Σ gᵢ good plugs, as many as
//! are missing. So filling the k fullest trays from the others is optimal, and no search is needed. Which donor gives is
//! free: the emptiest gives first, so that the fewest trays are begun. Among equally full trays the one with fewer cells
//! to clear is filled.
//!
//! Invariants: a plug moves once at the most and so keeps its origin; lots stay apart unless somebody consents; plugs of
//! one format never go to another.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

/// What a cell holds, as far as the plan minds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellContent {
    /// A single plant of a wanted grade.
    Good,
    /// Nothing.
    Blank,
    /// A plant that is not wanted: weak, of another grade, or two in one.
    Unwanted,
    /// Nobody has decided: a person looks first. The plan reckons with a plug for it.
    Unsure,
}

impl CellContent {
    /// What is done with such a cell before a plug goes in; none where a good plant stays.
    pub(super) fn before_filling(self) -> Option<BeforeFilling> {
        match self {
            Self::Good => None,
            Self::Blank => Some(BeforeFilling::Nothing),
            Self::Unwanted => Some(BeforeFilling::Clear),
            Self::Unsure => Some(BeforeFilling::Look),
        }
    }
}

/// A judged tray that stands at the bench.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BenchTray {
    /// Its lot.
    pub lot: Option<String>,
    /// Columns of cells.
    pub cols: usize,
    /// Row-major.
    pub cells: Vec<CellContent>,
}

impl BenchTray {
    fn good(&self) -> usize {
        self.count(CellContent::Good)
    }

    fn count(&self, content: CellContent) -> usize {
        self.cells.iter().filter(|cell| **cell == content).count()
    }

    pub(super) fn place(&self, index: usize) -> BenchPlace {
        let cols = self.cols.max(1);
        BenchPlace {
            row: index / cols,
            col: index % cols,
        }
    }
}

/// Whether plugs of one lot may go into trays of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LotMixing {
    /// Never.
    #[default]
    Apart,
    /// Somebody consented; trays without a lot are taken for one lot with the others.
    Consented,
}

/// A cell, counted from 0 at the tray's top left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct BenchPlace {
    /// Row.
    pub row: usize,
    /// Column.
    pub col: usize,
}

/// What is done with a cell before a plug goes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BeforeFilling {
    /// It is blank.
    Nothing,
    /// What is in it is taken out.
    Clear,
    /// A person looks: a good plant stays, and the plug with it.
    Look,
}

/// One move: a plug from its origin into a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Move {
    /// The cell that is filled.
    pub into: BenchPlace,
    /// What is done there first.
    pub before: BeforeFilling,
    /// The donor, by its place among the trays.
    pub donor: usize,
    /// Where in the donor the plug is.
    pub from: BenchPlace,
}

/// A tray that becomes full; of no moves it is full already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FilledTray {
    /// Its place among the trays.
    pub tray: usize,
    /// In the order of donors: one donor at a time.
    pub moves: Vec<Move>,
}

/// The plan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RefillPlan {
    /// Trays that are full when it is carried out, the fullest of each lot and format first.
    pub full: Vec<FilledTray>,
}

impl RefillPlan {
    /// Plugs that are moved: no plan makes as many full trays by fewer.
    #[must_use]
    pub fn moves(&self) -> usize {
        self.full.iter().map(|tray| tray.moves.len()).sum()
    }
}

/// The optimal plan over trays; those of another lot or format are planned by themselves.
#[must_use]
pub fn refill(trays: &[BenchTray], mixing: LotMixing) -> RefillPlan {
    let kinds = kinds(trays, mixing);
    RefillPlan {
        full: kinds
            .into_iter()
            .flat_map(|of_kind| of_one_kind(trays, of_kind))
            .collect(),
    }
}

/// The trays that may give to each other, by their places, kind by kind.
pub(super) fn kinds(trays: &[BenchTray], mixing: LotMixing) -> Vec<Vec<usize>> {
    type Kind<'a> = (Option<&'a str>, usize, usize);
    let mut kinds: BTreeMap<Kind<'_>, Vec<usize>> = BTreeMap::new();
    for (index, tray) in trays.iter().enumerate() {
        let lot = match mixing {
            LotMixing::Apart => tray.lot.as_deref(),
            LotMixing::Consented => None,
        };
        let kind = (lot, tray.cols, tray.cells.len());
        kinds.entry(kind).or_default().push(index);
    }
    let of_cells = kinds.into_iter().filter(|((_, _, cells), _)| *cells > 0);
    of_cells.map(|(_, of_kind)| of_kind).collect()
}

/// The optimal plan over trays of one kind.
pub(super) fn of_one_kind(trays: &[BenchTray], mut order: Vec<usize>) -> Vec<FilledTray> {
    let cells = order.first().map_or(1, |&first| trays[first].cells.len());
    let to_clear =
        |tray: &BenchTray| tray.count(CellContent::Unwanted) + tray.count(CellContent::Unsure);
    order.sort_by_key(|&index| {
        let tray = &trays[index];
        (Reverse(tray.good()), to_clear(tray), index)
    });
    let good: usize = order.iter().map(|&index| trays[index].good()).sum();
    let (full, donors) = order.split_at(good / cells);
    let mut plugs: VecDeque<(usize, usize)> = donors
        .iter()
        .rev()
        .flat_map(|&donor| {
            let cells = trays[donor].cells.iter().enumerate();
            let good = cells.filter(|(_, content)| **content == CellContent::Good);
            good.map(move |(cell, _)| (donor, cell))
        })
        .collect();
    full.iter()
        .map(|&tray| FilledTray {
            tray,
            moves: moves_into(trays, tray, &mut plugs),
        })
        .collect()
}

fn moves_into(trays: &[BenchTray], tray: usize, plugs: &mut VecDeque<(usize, usize)>) -> Vec<Move> {
    let open = trays[tray].cells.iter().enumerate();
    let open = open.filter_map(|(cell, content)| Some((cell, content.before_filling()?)));
    open.map_while(|(cell, before)| {
        let (donor, from) = plugs.pop_front()?;
        Some(Move {
            into: trays[tray].place(cell),
            before,
            donor,
            from: trays[donor].place(from),
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use proptest::prelude::*;

    use super::*;

    fn tray(lot: &str, cells: &str) -> BenchTray {
        let content = |c| match c {
            'g' => CellContent::Good,
            'x' => CellContent::Unwanted,
            '?' => CellContent::Unsure,
            _ => CellContent::Blank,
        };
        BenchTray {
            lot: Some(lot.to_owned()),
            cols: 2,
            cells: cells.chars().map(content).collect(),
        }
    }

    /// The most full trays and the fewest moves to them, by trying every move from every state.
    fn by_brute_force(good: &[usize], cells: usize) -> (usize, usize) {
        let mut seen = HashSet::from([good.to_vec()]);
        let mut states = VecDeque::from([(good.to_vec(), 0)]);
        let mut best = (0, usize::MAX);
        while let Some((state, moves)) = states.pop_front() {
            let full = state.iter().filter(|good| **good == cells).count();
            if full > best.0 || (full == best.0 && moves < best.1) {
                best = (full, moves);
            }
            for from in 0..state.len() {
                for into in 0..state.len() {
                    if from == into || state[from] == 0 || state[into] == cells {
                        continue;
                    }
                    let mut next = state.clone();
                    next[from] -= 1;
                    next[into] += 1;
                    if seen.insert(next.clone()) {
                        states.push_back((next, moves + 1));
                    }
                }
            }
        }
        best
    }

    proptest! {
        #[test]
        fn no_plan_makes_more_full_trays_and_none_as_many_by_fewer_moves(
            contents in prop::collection::vec(prop::collection::vec(0_usize..4, 4), 1..5)
        ) {
            let letters = ['g', '.', 'x', '?'];
            let trays: Vec<BenchTray> = contents
                .iter()
                .map(|cells| tray("a", &cells.iter().map(|c| letters[*c]).collect::<String>()))
                .collect();
            let plan = refill(&trays, LotMixing::Apart);
            let good: Vec<usize> = trays.iter().map(BenchTray::good).collect();
            prop_assert_eq!((plan.full.len(), plan.moves()), by_brute_force(&good, 4));
            let full: BTreeSet<usize> = plan.full.iter().map(|full| full.tray).collect();
            let mut taken = BTreeSet::new();
            for filled in &plan.full {
                prop_assert_eq!(filled.moves.len() + good[filled.tray], 4, "it becomes full");
                for step in &filled.moves {
                    prop_assert!(!full.contains(&step.donor), "a full tray gives nothing");
                    prop_assert!(taken.insert((step.donor, step.from)), "a plug moves once");
                    let cell = step.from.row * 2 + step.from.col;
                    prop_assert_eq!(trays[step.donor].cells[cell], CellContent::Good);
                }
            }
        }
    }

    #[test]
    fn the_fullest_tray_is_filled_from_the_emptiest_and_what_is_in_the_way_is_cleared_first() {
        let trays = [tray("a", "g..."), tray("a", "gg.."), tray("a", "g.x?")];
        let plan = refill(&trays, LotMixing::Apart);
        assert_eq!(plan.full.len(), 1);
        assert_eq!(plan.full[0].tray, 1);
        let from: Vec<usize> = plan.full[0].moves.iter().map(|step| step.donor).collect();
        assert_eq!(
            from,
            [2, 0],
            "of equally empty ones that with more to clear gives first"
        );
        let other = [tray("a", "g.x?"), tray("a", "ggg.")];
        assert_eq!(refill(&other, LotMixing::Apart).full[0].tray, 1);
        let alone = [tray("a", "gx?g"), tray("a", "gg..")];
        let filled = &refill(&alone, LotMixing::Apart).full[0];
        assert_eq!(
            (filled.tray, filled.moves[0].before),
            (1, BeforeFilling::Nothing)
        );
        let way = [
            tray("a", "gx?g"),
            tray("a", "g.g."),
            tray("a", "gggg"),
            tray("a", "gx?g"),
        ];
        let before = |plan: &RefillPlan| -> Vec<BeforeFilling> {
            plan.full
                .iter()
                .flat_map(|full| &full.moves)
                .map(|step| step.before)
                .collect()
        };
        let plan = refill(&way, LotMixing::Apart);
        assert_eq!(before(&plan), [BeforeFilling::Nothing; 2]);
    }

    #[test]
    fn lots_and_formats_never_mix_without_consent() {
        let two_lots = [tray("a", "ggg."), tray("b", "g...")];
        assert_eq!(refill(&two_lots, LotMixing::Apart), RefillPlan::default());
        let consented = refill(&two_lots, LotMixing::Consented);
        assert_eq!((consented.full.len(), consented.moves()), (1, 1));
        let two_formats = [tray("a", "ggg."), tray("a", "gg")];
        let plan = refill(&two_formats, LotMixing::Consented);
        assert_eq!(
            (plan.full.len(), plan.moves()),
            (1, 0),
            "the small tray was full"
        );
    }
}
