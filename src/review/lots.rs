//! A lot over all stores: what all its trays say, and its newest trays.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::inspect::TrayReport;
use crate::statistics::{Summary, Tally, TallyKey};
use crate::store::{LotSize, StoredMoment, StoredTray, tallies_of};

use super::answer::Trouble;
use super::house::House;
use super::lot_sizes::size_of;
use super::stores::{StoreIndex, TrayKey};

/// Trays that a what-if judges anew: of a larger lot so many spread over it, and the page says so.
pub const MOST_READ: u32 = 300;

/// A lot in the list of lots.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedLot {
    /// Its name; none for the trays without one.
    pub lot: Option<String>,
    /// When its last tray was stored.
    pub last_at: String,
    /// What its trays say.
    pub summary: Summary,
    /// What was stated of its size.
    pub size: Option<LotSize>,
}

/// The sums of a lot's trays over all stores, those that `seedgrade stats` reads. It costs a row an hour of the lot.
///
/// # Errors
/// A store fails.
pub fn tallies(house: &House, lot: Option<&str>) -> Result<Vec<(TallyKey, Tally)>, Trouble> {
    // the sums of trays without a lot lie under an empty name
    let name = Some(lot.unwrap_or_default());
    Ok(house.stores.read_all(|readers| tallies_of(readers, name))?)
}

/// What all trays of a lot say.
///
/// # Errors
/// A store fails.
pub fn summary(house: &House, lot: Option<&str>) -> Result<Summary, Trouble> {
    let mut sum = Tally::default();
    for (_, tally) in tallies(house, lot)? {
        sum.add(&tally);
    }
    Ok(Summary::of(&sum))
}

/// Trays of a lot, judged or not.
pub fn trays_of(summary: &Summary) -> usize {
    (summary.trays.graded + summary.trays.refused + summary.trays.failed) as usize
}

/// When the first and the last of a lot's trays were stored; none where there is no tray of it.
///
/// # Errors
/// A store fails.
pub fn span(house: &House, lot: Option<&str>) -> Result<Option<(String, String)>, Trouble> {
    let mut all: Option<(String, String)> = None;
    for (_, store) in house.stores.each() {
        let of_store = store.read(|reader| reader.lot_span(lot))?;
        all = match (all, of_store) {
            (Some(known), Some(more)) => {
                let is_before = |a: &str, b: &str| StoredMoment::of(a) < StoredMoment::of(b);
                let first = match is_before(&more.0, &known.0) {
                    true => more.0,
                    false => known.0,
                };
                let last = match is_before(&known.1, &more.1) {
                    true => more.1,
                    false => known.1,
                };
                Some((first, last))
            }
            (known, more) => known.or(more),
        };
    }
    Ok(all)
}

/// Lots of all stores, the one with the newest tray first.
///
/// # Errors
/// A store fails.
pub fn newest(house: &House, limit: u32) -> Result<Vec<ListedLot>, Trouble> {
    let mut names = BTreeSet::new();
    for (_, store) in house.stores.each() {
        let lots = store.read(|reader| reader.newest_lots(limit))?;
        names.extend(lots.into_iter().map(|lot| lot.lot));
    }
    let mut lots = Vec::new();
    for lot in names {
        if let Some((_, last_at)) = span(house, lot.as_deref())? {
            lots.push((last_at, lot));
        }
    }
    lots.sort_by_cached_key(|(last_at, _)| Reverse(StoredMoment::of(last_at)));
    lots.truncate(limit as usize);
    let listed = |(last_at, lot): (String, Option<String>)| {
        Ok(ListedLot {
            summary: summary(house, lot.as_deref())?,
            size: size_of(house, lot.as_deref())?,
            last_at,
            lot,
        })
    };
    lots.into_iter().map(listed).collect()
}

/// Trays of a lot spread over the time in which they were stored: all of them, or at most so many; of several stores
/// as many as their parts of the lot ask for.
///
/// # Errors
/// A store fails.
pub fn spread(
    house: &House,
    lot: Option<&str>,
    limit: u32,
) -> Result<Vec<(TrayKey, StoredTray)>, Trouble> {
    let mut parts = Vec::new();
    for (store, open) in house.stores.each() {
        let tallies = open.read(|reader| reader.tallies(Some(lot.unwrap_or_default())))?;
        let mut sum = Tally::default();
        tallies.iter().for_each(|(_, tally)| sum.add(tally));
        parts.push((store, open, trays_of(&Summary::of(&sum)) as u64));
    }
    let all: u64 = parts.iter().map(|(_, _, trays)| trays).sum();
    let mut spread = Vec::new();
    for (store, open, trays) in parts {
        let share = (u64::from(limit) * trays).div_ceil(all.max(1)) as u32;
        for tray in open.read(|reader| reader.spread_of_lot(lot, share))? {
            if counts(house, store, &tray)? {
                spread.push((key(store, &tray), tray));
            }
        }
    }
    Ok(spread)
}

/// The newest trays of a lot, newest first: each once, by the pass that counts.
///
/// # Errors
/// A store fails.
pub fn trays(
    house: &House,
    lot: Option<&str>,
    limit: u32,
) -> Result<Vec<(TrayKey, StoredTray)>, Trouble> {
    let mut all = Vec::new();
    for (store, open) in house.stores.each() {
        let of_store = open.read(|reader| reader.newest_of_lot(lot, None, limit))?;
        all.extend(of_store.into_iter().map(|tray| (key(store, &tray), tray)));
    }
    all.sort_by_cached_key(|(_, tray)| Reverse(StoredMoment::of(&tray.received_at)));
    let mut listed = Vec::new();
    for (key, tray) in all {
        if listed.len() < limit as usize && counts(house, key.store, &tray)? {
            listed.push((key, tray));
        }
    }
    Ok(listed)
}

/// Whether the pass of a tray that counts in its store counts in all of them: of a tray with a code that passed two lines
/// within one lot one pass does, as the sums of several stores have it.
///
/// # Errors
/// A store fails.
pub fn counts(house: &House, store: StoreIndex, tray: &StoredTray) -> Result<bool, Trouble> {
    let (Some(lot), Some(code)) = (&tray.lot, &tray.tray_code) else {
        return Ok(true);
    };
    let order = |store: StoreIndex, tray: &StoredTray| {
        let graded = tray.status == "graded";
        (
            graded,
            StoredMoment::of(tray.seen_at()),
            tray.pass,
            store,
            tray.id,
        )
    };
    for (other, open) in house.stores.each().filter(|(other, _)| *other != store) {
        let pass = open.read(|reader| reader.counting_pass(lot, code))?;
        if pass.is_some_and(|pass| order(other, &pass) > order(store, tray)) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn key(store: StoreIndex, tray: &StoredTray) -> TrayKey {
    TrayKey { store, id: tray.id }
}

/// The reports of these trays, in their order.
///
/// # Errors
/// A store fails.
pub fn reports(house: &House, trays: &[(TrayKey, StoredTray)]) -> Result<Vec<TrayReport>, Trouble> {
    let read = |(key, _): &(TrayKey, StoredTray)| {
        Ok(house
            .store(key.store)?
            .read(|reader| reader.report(key.id))?)
    };
    trays.iter().map(read).collect()
}
