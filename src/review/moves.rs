//! Moves of plugs that were made, as the bench and transplanters tell them: held against what can be, stored, taken back.
//!
//! What was told before is looked at while the stores are held: of two who tell of one plug at once, in whatever process, the
//! later is refused.

use std::collections::HashMap;
use std::sync::PoisonError;

use crate::clock;
use crate::store::{
    CellPlace, Done, HeldStores, MoveRefusal, MovesTakenBack, PlugHistory, PlugMove, StandingCell,
    StandingTray, Statement, StoredMoment,
};

use super::answer::Trouble;
use super::house::{Desk, House, Somebody};
use super::job_forms::named;
use super::pages::view::cell_place;
use super::patching::consents_of;
use super::stores::{StoreIndex, TrayKey};
use super::told_moves::{Place, Told, ToldMove, read};
use super::words::word;

/// What is stored of what was told.
#[derive(Debug)]
pub struct Stored {
    /// In the order in which they were told.
    pub moves: Vec<PlugMove>,
    /// Whether they were told before, under the same key.
    pub before: bool,
    /// Whether they were taken back meanwhile.
    pub taken_back: Option<MovesTakenBack>,
}

/// A tray that is spoken of, as it was judged last.
#[derive(Debug, Clone)]
pub struct JudgedTray {
    /// Its names.
    pub tray: StandingTray,
    /// When that pass was seen.
    pub seen_at: String,
    rows: u32,
    cols: u32,
}

/// Stores moves that were made.
///
/// # Errors
/// They cannot have been made, something of them does not fit, or a store fails.
pub fn tell(desk: &Desk, told: &Told) -> Result<Stored, Trouble> {
    let somebody = desk.somebody.as_ref().ok_or(Trouble::LogIn)?;
    let key = named("key", &told.key)?;
    let moves = read(&told.moves)?;
    let saving = desk.house.saving_moves.lock();
    let _saving = saving.unwrap_or_else(PoisonError::into_inner);
    let stores = desk.house.hold(store_of(desk, &moves)?)?;
    let mut trays = Trays::default();
    let done = moves.iter().map(|told| trays.done(desk, told));
    let done = done.collect::<Result<Vec<_>, _>>()?;
    if let Some((_, stored)) = told_before(&desk.house, &key)? {
        drop(stores);
        let same = stored.moves.len() == done.len()
            && stored
                .moves
                .iter()
                .zip(&done)
                .all(|(a, b)| alike(&a.done, b));
        return match same {
            true => Ok(stored),
            false => Err(refused(
                desk,
                word!("moves-other-under-key"),
                &[("key", &key)],
            )),
        };
    }
    let at = clock::now().to_string();
    let made = trays.held(desk, done, (&at, &somebody.name, &key))?;
    store(desk, somebody, stores, &made)?;
    Ok(Stored {
        moves: made,
        before: false,
        taken_back: None,
    })
}

/// Where moves are stored: all of a key lie in one store, so that all are stored or none.
fn store_of(desk: &Desk, moves: &[ToldMove]) -> Result<StoreIndex, Trouble> {
    let first = moves.first().ok_or(Trouble::NotFound)?;
    let tray = last_judged(&desk.house, &first.tray, None)?;
    let tray = tray.ok_or_else(|| no_tray(desk, &first.tray))?;
    Ok(tray.store)
}

fn store(
    desk: &Desk,
    somebody: &Somebody,
    stores: HeldStores,
    made: &[PlugMove],
) -> Result<(), Trouble> {
    let Some(first) = made.first() else {
        return Ok(());
    };
    let said: Vec<Statement> = made.iter().cloned().map(Statement::PlugMove).collect();
    stores.add_all(&said)?;
    let into = first.done.at().tray.shown_name();
    let detail = format!("{into}: {} ({})", made.len(), first.key);
    let ledger = &desk.house.ledger;
    ledger.add(&somebody.name, desk.address, "moved_plugs", &detail);
    Ok(())
}

/// Takes back all that was told under a key; it stays on record.
///
/// # Errors
/// Nothing was, it is taken back already, a later move rests on it, or a store fails.
pub fn take_back(desk: &Desk, key: &str) -> Result<MovesTakenBack, Trouble> {
    let somebody = desk.somebody.as_ref().ok_or(Trouble::LogIn)?;
    let saving = desk.house.saving_moves.lock();
    let _saving = saving.unwrap_or_else(PoisonError::into_inner);
    let (store, _) = told_before(&desk.house, key)?.ok_or(Trouble::NotFound)?;
    let stores = desk.house.hold(store)?;
    let (_, stored) = told_before(&desk.house, key)?.ok_or(Trouble::NotFound)?;
    if stored.taken_back.is_some() {
        return Err(refused(desk, word!("moves-taken-back-already"), &[]));
    }
    let cells = stored.moves.iter().flat_map(|made| made.done.cells());
    let trays: Vec<StandingTray> = cells.map(|cell| cell.tray.clone()).collect();
    if let Some(later) = history(&desk.house, &trays)?.rests_on(key) {
        return Err(refused_at(desk, word!("moves-rest-on-it"), later.done.at()));
    }
    let back = MovesTakenBack {
        at: clock::now().to_string(),
        who: somebody.name.clone(),
        key: key.to_owned(),
    };
    stores.add_all(&[Statement::MovesTakenBack(back.clone())])?;
    let ledger = &desk.house.ledger;
    ledger.add(&somebody.name, desk.address, "took_back_moves", key);
    Ok(back)
}

/// The moves of these trays, over all stores.
///
/// # Errors
/// A store fails.
pub fn history(house: &House, trays: &[StandingTray]) -> Result<PlugHistory, Trouble> {
    let read = |readers: &[_]| PlugHistory::of_trays(readers, trays);
    Ok(house.stores.read_all(read)?)
}

/// A tray by its uid or the code on it, as it was judged last; none that nobody judged.
///
/// # Errors
/// A store fails.
pub fn judged_tray(house: &House, name: &str) -> Result<Option<JudgedTray>, Trouble> {
    let Some(key) = last_judged(house, name, None)? else {
        return Ok(None);
    };
    let (stored, report) = house.tray(key)?;
    let (code, lot) = (&report.facts.tray_code, &report.facts.lot);
    // a uid is one pass's; with its code the tray may have passed again
    let again = match (code, lot) {
        (Some(code), Some(lot)) => last_judged(house, code, Some(lot))?.filter(|last| *last != key),
        _ => None,
    };
    let (stored, report) = match again {
        Some(again) => house.tray(again)?,
        None => (stored, report),
    };
    Ok(Some(JudgedTray {
        tray: StandingTray::of(&report.facts),
        seen_at: stored.seen_at().to_owned(),
        rows: report.rows as u32,
        cols: report.cols as u32,
    }))
}

fn last_judged(house: &House, name: &str, lot: Option<&str>) -> Result<Option<TrayKey>, Trouble> {
    let mut last: Option<(StoredMoment, TrayKey)> = None;
    for (store, open) in house.stores.each() {
        for pass in open.read(|reader| reader.trays_named(name))? {
            let counts = pass.status == "graded" && (lot.is_none() || pass.lot.as_deref() == lot);
            let at = StoredMoment::of(&pass.received_at);
            if counts && last.as_ref().is_none_or(|(known, _)| *known <= at) {
                let key = TrayKey { store, id: pass.id };
                last = Some((at, key));
            }
        }
    }
    Ok(last.map(|(_, key)| key))
}

fn told_before(house: &House, key: &str) -> Result<Option<(StoreIndex, Stored)>, Trouble> {
    for (index, store) in house.stores.each() {
        let found =
            store.read(|reader| Ok((reader.moves_told(key)?, reader.moves_taken_back(key)?)));
        let (moves, taken_back) = found?;
        if !moves.is_empty() {
            let stored = Stored {
                moves,
                before: true,
                taken_back,
            };
            return Ok(Some((index, stored)));
        }
    }
    Ok(None)
}

fn alike(one: &Done, other: &Done) -> bool {
    let [from, other_from] = [one, other].map(|of| of.from().map(StandingCell::identity));
    one.at().identity() == other.at().identity() && from == other_from
}

/// The trays that moves speak of, by the names that they were told by.
#[derive(Debug, Default)]
struct Trays(HashMap<String, JudgedTray>);

impl Trays {
    fn of(&self, tray: &StandingTray) -> Option<&JudgedTray> {
        let mut all = self.0.values();
        all.find(|known| known.tray.identity() == tray.identity())
    }

    /// What a move did, as far as trays and cells go.
    fn done(&mut self, desk: &Desk, told: &ToldMove) -> Result<Done, Trouble> {
        match (told.into, &told.donor, told.from, told.cleared) {
            (Some(into), Some(donor), Some(from), None) => Ok(Done::Moved {
                from: self.cell(desk, donor, from)?,
                into: self.cell(desk, &told.tray, into)?,
            }),
            (None, None, None, Some(cleared)) => Ok(Done::Cleared {
                cell: self.cell(desk, &told.tray, cleared)?,
            }),
            _ => Err(Trouble::Bad(
                "move: expected tray, into, donor and from, or tray and cleared".to_owned(),
            )),
        }
    }

    fn cell(&mut self, desk: &Desk, name: &str, place: Place) -> Result<StandingCell, Trouble> {
        if !self.0.contains_key(name) {
            let found = judged_tray(&desk.house, name)?;
            let found = found.ok_or_else(|| no_tray(desk, name))?;
            self.0.insert(name.to_owned(), found);
        }
        let of = &self.0[name];
        let cell = StandingCell {
            tray: of.tray.clone(),
            cell: CellPlace {
                row: place.row,
                col: place.col,
            },
        };
        match place.row < of.rows && place.col < of.cols {
            true => Ok(cell),
            false => Err(refused_at(desk, word!("moves-no-cell"), &cell)),
        }
    }

    /// The moves one after the other, each after what was done before it.
    fn held(
        &self,
        desk: &Desk,
        done: Vec<Done>,
        (at, who, key): (&str, &str, &str),
    ) -> Result<Vec<PlugMove>, Trouble> {
        let trays: Vec<StandingTray> = self.0.values().map(|known| known.tray.clone()).collect();
        let mut history = history(&desk.house, &trays)?;
        let seen_at = |tray: &StandingTray| {
            let known = self.of(tray);
            known.map(|known| known.seen_at.clone()).unwrap_or_default()
        };
        let mut made = Vec::with_capacity(done.len());
        for (number, done) in (0_u32..).zip(done) {
            if let Done::Moved { from, into } = &done {
                self.may_mix(desk, from, into)?;
            }
            let refusal = |refusal: MoveRefusal| match &refusal {
                MoveRefusal::Gone(cell) => refused_at(desk, word!("moves-gone"), cell),
                MoveRefusal::Filled(cell) => refused_at(desk, word!("moves-filled"), cell),
                MoveRefusal::OneCell(cell) => refused_at(desk, word!("moves-one-cell"), cell),
            };
            history.admits(&done, &seen_at).map_err(refusal)?;
            let next = PlugMove {
                at: at.to_owned(),
                who: who.to_owned(),
                key: key.to_owned(),
                number,
                done,
            };
            history.add(next.clone());
            made.push(next);
        }
        Ok(made)
    }

    fn may_mix(
        &self,
        desk: &Desk,
        from: &StandingCell,
        into: &StandingCell,
    ) -> Result<(), Trouble> {
        let (donor, lot) = (&from.tray.lot, &into.tray.lot);
        if donor == lot {
            return Ok(());
        }
        if let (Some(donor), Some(lot)) = (donor, lot) {
            let consents = consents_of(&desk.house, lot)?;
            if consents
                .iter()
                .any(|consent| consent.lots.beside(lot) == donor)
            {
                return Ok(());
            }
        }
        let name =
            |lot: &Option<String>| lot.clone().unwrap_or_else(|| desk.say("lot-without-name"));
        let lots = [name(donor), name(lot)];
        let places = [("donor", lots[0].as_str()), ("lot", lots[1].as_str())];
        Err(refused(desk, word!("moves-lots-apart"), &places))
    }
}

fn no_tray(desk: &Desk, name: &str) -> Trouble {
    refused(desk, word!("moves-no-tray"), &[("tray", name)])
}

fn refused(desk: &Desk, key: &str, places: &[(&'static str, &str)]) -> Trouble {
    Trouble::CannotBe(desk.say_with(key, places))
}

fn refused_at(desk: &Desk, key: &str, cell: &StandingCell) -> Trouble {
    let place = cell_place(desk, cell.cell.row as usize, cell.cell.col as usize);
    let places = [("tray", cell.tray.shown_name()), ("cell", place.as_str())];
    refused(desk, key, &places)
}
