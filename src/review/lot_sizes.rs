//! How many trays a lot has and how many plants are ordered of it, as people state it.

use std::cmp::Reverse;
use std::num::NonZeroU32;

use serde::Deserialize;

use crate::clock;
use crate::store::{LotSize, Statement, StoredMoment, lot_size_of};

use super::answer::Trouble;
use super::house::{Desk, House, Somebody};
use super::job_forms::named;
use super::stores::StoreIndex;

/// What somebody states of a lot, as a form says it: an empty number is one that nobody knows.
#[derive(Debug, Deserialize)]
pub struct Stated {
    #[serde(default)]
    pub store: StoreIndex,
    pub lot: String,
    #[serde(default)]
    pub trays: String,
    #[serde(default)]
    pub ordered: String,
}

/// What holds of a lot's size; trays without a lot's name have none.
///
/// # Errors
/// A store fails.
pub fn size_of(house: &House, lot: Option<&str>) -> Result<Option<LotSize>, Trouble> {
    let Some(lot) = lot else {
        return Ok(None);
    };
    Ok(house
        .stores
        .read_all(|readers| lot_size_of(readers.iter().map(|reader| (reader, i64::MAX)), lot))?)
}

/// All that was stated of a lot's size in any store, the last first.
///
/// # Errors
/// A store fails.
pub fn history(house: &House, lot: &str) -> Result<Vec<LotSize>, Trouble> {
    let mut all: Vec<LotSize> = Vec::new();
    for (_, store) in house.stores.each() {
        for size in store.read(|reader| reader.lot_sizes(lot))? {
            if !all.contains(&size) {
                all.push(size);
            }
        }
    }
    // a store's own order stays where moments are alike
    all.sort_by_cached_key(|size| Reverse(StoredMoment::of(&size.at)));
    Ok(all)
}

/// States a lot's size.
///
/// # Errors
/// A field does not fit, or a store fails.
pub fn state(desk: &Desk, stated: &Stated) -> Result<LotSize, Trouble> {
    let somebody = desk.somebody.as_ref().ok_or(Trouble::LogIn)?;
    desk.house.store(stated.store)?;
    let size = LotSize {
        at: clock::now().to_string(),
        who: somebody.name.clone(),
        lot: named("lot", &stated.lot)?,
        trays: number("trays", &stated.trays)?,
        ordered: number("ordered", &stated.ordered)?,
    };
    for store in stores_of(&desk.house, &size.lot, stated.store)? {
        desk.house
            .state(store, &[Statement::LotSize(size.clone())])?;
    }
    note(desk, somebody, &size);
    Ok(size)
}

/// What a job's form says of its lot's size beside what holds; none where it says nothing new.
///
/// # Errors
/// A field does not fit, or a store fails.
pub fn with_job(
    desk: &Desk,
    who: &Somebody,
    lot: &str,
    [trays, ordered]: [&str; 2],
) -> Result<Option<LotSize>, Trouble> {
    let (trays, ordered) = (number("lot_trays", trays)?, number("ordered", ordered)?);
    let holds = size_of(&desk.house, Some(lot))?;
    let before = |of: fn(&LotSize) -> Option<NonZeroU32>| holds.as_ref().and_then(of);
    let before = (before(|size| size.trays), before(|size| size.ordered));
    let now = (trays.or(before.0), ordered.or(before.1));
    Ok((now != before).then(|| LotSize {
        at: clock::now().to_string(),
        who: who.name.clone(),
        lot: lot.to_owned(),
        trays: now.0,
        ordered: now.1,
    }))
}

/// Enters in the ledger who stated what.
pub fn note(desk: &Desk, somebody: &Somebody, size: &LotSize) {
    let text =
        |number: Option<NonZeroU32>| number.map_or_else(|| "–".to_owned(), |n| n.to_string());
    let detail = format!(
        "{}: {} trays, {} plants",
        size.lot,
        text(size.trays),
        text(size.ordered)
    );
    let ledger = &desk.house.ledger;
    ledger.add(&somebody.name, desk.address, "stated_lot_size", &detail);
}

/// The stores that hold trays of a lot; before its first tray the one that was named.
fn stores_of(house: &House, lot: &str, named: StoreIndex) -> Result<Vec<StoreIndex>, Trouble> {
    let mut with_lot = Vec::new();
    for (index, store) in house.stores.each() {
        if store.read(|reader| reader.lot_span(Some(lot)))?.is_some() {
            with_lot.push(index);
        }
    }
    if with_lot.is_empty() {
        with_lot.push(named);
    }
    Ok(with_lot)
}

/// A whole number from 1; nothing where nobody knows it.
fn number(field: &str, text: &str) -> Result<Option<NonZeroU32>, Trouble> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let found = text
        .parse()
        .ok()
        .filter(|number: &NonZeroU32| number.get() <= MOST);
    found.map(Some).ok_or_else(|| {
        Trouble::Bad(format!(
            "{field}: expected a whole number of 1 to {MOST}, found {text:?}"
        ))
    })
}

/// The most trays or plants that are believed.
pub const MOST: u32 = 1_000_000_000;
