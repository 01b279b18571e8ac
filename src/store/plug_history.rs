//! Where plugs came from and where they stand, by the moves that hold: of several stores as of one.
//!
//! A pass of a tray shows what stands in it: of the moves before it only the origin of a plug is still told, and the
//! verdict says whether a plant is there. Moves that came since change what the pass saw.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::statements::{
    CellPlace, Done, MoveBound, PlugMove, StandingCell, StandingTray, TrayIdentity,
};
use super::{StoreError, StoreReader, StoredMoment};

/// What moves left in a cell since its tray was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// A plug that was moved there.
    Plug,
    /// Nothing: its plug was given, or it was cleared.
    Nothing,
}

/// Why a move cannot have been made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoveRefusal {
    /// The plug was given before, or cleared.
    #[error("tray {}, row {}, column {}: its plug has gone", .0.tray.shown_name(), .0.cell.row, .0.cell.col)]
    Gone(StandingCell),
    /// The cell was filled before, and not cleared since.
    #[error("tray {}, row {}, column {}: was filled already", .0.tray.shown_name(), .0.cell.row, .0.cell.col)]
    Filled(StandingCell),
    /// A plug does not move from a cell into the same.
    #[error("tray {}, row {}, column {}: is filled from itself", .0.tray.shown_name(), .0.cell.row, .0.cell.col)]
    OneCell(StandingCell),
}

/// Moves that hold, in the order in which they were told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlugHistory {
    moves: Vec<PlugMove>,
}

/// Moves in the order of time, of one moment in the order of storing.
type InOrder = BTreeMap<(StoredMoment, usize, i64), PlugMove>;

impl PlugHistory {
    /// The moves of trays, and of all trays that their plugs ever came from.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn of_trays(stores: &[StoreReader], trays: &[StandingTray]) -> Result<Self, StoreError> {
        let stores: Vec<_> = stores.iter().map(|store| (store, MoveBound::ALL)).collect();
        let mut read = Reading::of(&stores);
        read.follow(trays.iter().cloned().collect())?;
        Ok(read.finish())
    }

    /// The moves into and out of a lot's trays, and what is needed to tell where each plug came from; of each store up to
    /// its bound.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn of_lot(stores: &[(&StoreReader, MoveBound)], lot: &str) -> Result<Self, StoreError> {
        let mut read = Reading::of(stores);
        for (index, (store, bound)) in stores.iter().enumerate() {
            for (id, made) in store.moves_of_lot(lot, *bound)? {
                read.keep(index, id, made);
            }
        }
        let donors = read.found.values().filter_map(|made| made.done.from());
        // what came into and out of the lot's own trays is read already
        let donors = donors.filter(|from| from.tray.lot.as_deref() != Some(lot));
        let donors = donors.map(|from| from.tray.clone()).collect();
        read.follow(donors)?;
        Ok(read.finish())
    }

    /// The moves of which a tray gave or got a plug or a cell was cleared.
    pub fn of_tray<'a>(
        &'a self,
        tray: TrayIdentity<'a>,
    ) -> impl DoubleEndedIterator<Item = &'a PlugMove> {
        self.moves.iter().filter(move |made| {
            let mut cells = made.done.cells();
            cells.any(|cell| cell.tray.identity() == tray)
        })
    }

    /// What moves left in a tray's cells since it was seen at a moment; cells that none touched are as they were judged.
    #[must_use]
    pub fn since(&self, tray: TrayIdentity<'_>, seen_at: &str) -> BTreeMap<CellPlace, Stands> {
        let (mut stand, seen) = (BTreeMap::new(), StoredMoment::of(seen_at));
        let later = |made: &&PlugMove| StoredMoment::of(&made.at) > seen;
        for made in self.of_tray(tray).filter(later) {
            if let Some(from) = made.done.from().filter(|from| from.tray.identity() == tray) {
                stand.insert(from.cell, Stands::Nothing);
            }
            let at = made.done.at();
            if at.tray.identity() == tray {
                let is_move = made.done.from().is_some();
                let left = if is_move {
                    Stands::Plug
                } else {
                    Stands::Nothing
                };
                stand.insert(at.cell, left);
            }
        }
        stand
    }

    /// The moves by which the plug of a cell came there, the last first; none of a plug that always stood there, or where
    /// none stands.
    #[must_use]
    pub fn way_of(&self, cell: &StandingCell) -> Vec<&PlugMove> {
        self.way_to(cell, self.moves.len())
    }

    /// The moves of the same plug before this one, the last first.
    #[must_use]
    pub fn way_before(&self, made: &PlugMove) -> Vec<&PlugMove> {
        let place = self.moves.iter().position(|known| known == made);
        match (made.done.from(), place) {
            (Some(from), Some(place)) => self.way_to(from, place),
            _ => Vec::new(),
        }
    }

    fn way_to(&self, cell: &StandingCell, end: usize) -> Vec<&PlugMove> {
        let mut way = Vec::new();
        let (mut cell, mut end) = (cell, end);
        while let Some(last) = self.last_at(cell, end) {
            let made = &self.moves[last];
            let Done::Moved { from, into } = &made.done else {
                break;
            };
            if into.identity() != cell.identity() {
                break;
            }
            way.push(made);
            (cell, end) = (from, last);
        }
        way
    }

    /// The move by which the plug of a cell went away or was cleared, where that is the last that happened to the cell.
    #[must_use]
    pub fn went_away(&self, cell: &StandingCell) -> Option<&PlugMove> {
        let made = &self.moves[self.last_at(cell, self.moves.len())?];
        let came = made.done.from().is_some() && made.done.at().identity() == cell.identity();
        (!came).then_some(made)
    }

    /// The moves that brought plugs of other lots into a lot's trays, of plugs that were neither moved on nor cleared since. A
    /// pass of the tray that came later may have seen the cell empty: moves alone do not tell.
    #[must_use]
    pub fn brought_from_other_lots(&self, lot: &str) -> Vec<&PlugMove> {
        let is_of_lot = |cell: &StandingCell| cell.tray.lot.as_deref() == Some(lot);
        let filled = self.moves.iter().filter(|made| made.done.from().is_some());
        let filled = filled
            .map(|made| made.done.at())
            .filter(|cell| is_of_lot(cell));
        let cells: BTreeMap<_, _> = filled.map(|cell| (cell.identity(), cell)).collect();
        let brought = cells.into_values().filter_map(|cell| {
            let way = self.way_of(cell);
            let origin = way.last()?.done.from()?;
            (!is_of_lot(origin)).then(|| way.first().copied())?
        });
        brought.collect()
    }

    /// Why a move cannot follow these; `seen_at` tells when the tray of a cell was last judged.
    ///
    /// # Errors
    /// The plug has gone, or the cell is filled.
    pub fn admits(
        &self,
        done: &Done,
        seen_at: &dyn Fn(&StandingTray) -> String,
    ) -> Result<(), MoveRefusal> {
        let stands = |cell: &StandingCell| {
            let since = self.since(cell.tray.identity(), &seen_at(&cell.tray));
            since.get(&cell.cell).copied()
        };
        let Done::Moved { from, into } = done else {
            return Ok(());
        };
        if from.identity() == into.identity() {
            return Err(MoveRefusal::OneCell(into.clone()));
        }
        if stands(from) == Some(Stands::Nothing) {
            return Err(MoveRefusal::Gone(from.clone()));
        }
        if stands(into) == Some(Stands::Plug) {
            return Err(MoveRefusal::Filled(into.clone()));
        }
        Ok(())
    }

    /// Adds a move that was just made.
    pub fn add(&mut self, made: PlugMove) {
        self.moves.push(made);
    }

    /// A later move that touches a cell which the moves of a key changed: while it holds they cannot be taken back.
    #[must_use]
    pub fn rests_on(&self, key: &str) -> Option<&PlugMove> {
        let first = self.moves.iter().position(|made| made.key == key)?;
        let of_key = self.moves.iter().filter(|made| made.key == key);
        let touched: BTreeSet<_> = of_key
            .flat_map(|made| made.done.cells())
            .map(StandingCell::identity)
            .collect();
        let mut later = self.moves[first..].iter().filter(|made| made.key != key);
        later.find(|made| {
            made.done
                .cells()
                .any(|cell| touched.contains(&cell.identity()))
        })
    }

    /// The last of the first `end` moves that touches a cell.
    fn last_at(&self, cell: &StandingCell, end: usize) -> Option<usize> {
        let touches = |made: &PlugMove| {
            let mut cells = made.done.cells();
            cells.any(|touched| touched.identity() == cell.identity())
        };
        self.moves[..end].iter().rposition(touches)
    }
}

/// Moves that are read, tray by tray.
struct Reading<'a> {
    stores: &'a [(&'a StoreReader, MoveBound)],
    found: InOrder,
}

impl<'a> Reading<'a> {
    fn of(stores: &'a [(&'a StoreReader, MoveBound)]) -> Self {
        Self {
            stores,
            found: InOrder::new(),
        }
    }

    fn keep(&mut self, store: usize, id: i64, made: PlugMove) {
        let order = (StoredMoment::of(&made.at), store, id);
        self.found.insert(order, made);
    }

    /// Reads the moves of these trays, of those that gave to them, and so on.
    fn follow(&mut self, mut waiting: VecDeque<StandingTray>) -> Result<(), StoreError> {
        let mut known = BTreeSet::new();
        while let Some(tray) = waiting.pop_front() {
            let name = match tray.identity() {
                TrayIdentity::Coded { lot, code } => (Some(lot.to_owned()), code.to_owned()),
                TrayIdentity::Uid(uid) => (None, uid.to_owned()),
            };
            if !known.insert(name) {
                continue;
            }
            for (index, (store, bound)) in self.stores.iter().enumerate() {
                for (id, made) in store.moves_of_tray(tray.identity(), *bound)? {
                    waiting.extend(made.done.from().map(|from| from.tray.clone()));
                    self.keep(index, id, made);
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> PlugHistory {
        PlugHistory {
            moves: self.found.into_values().collect(),
        }
    }
}

#[cfg(test)]
#[path = "plug_history_tests.rs"]
mod tests;
