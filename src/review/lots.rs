//! A lot over all stores: its totals, its trays, what its newest trays say together.

use std::collections::BTreeMap;

use crate::inspect::TrayReport;
use crate::store::{StoredTray, TrayTotals};

use super::answer::Trouble;
use super::house::House;
use super::stores::{StoreIndex, TrayKey};

/// Trays whose cells are read for one page. What is shown of more is of the newest, and the page says so.
pub const MOST_READ: u32 = 300;

/// Sums over a lot's trays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LotTotals {
    /// Trays that were judged.
    pub graded_trays: usize,
    /// Trays that were refused or unreadable.
    pub other_trays: usize,
    /// Cells of the judged ones.
    pub cells: usize,
    pub blank: usize,
    pub graded: usize,
    pub double: usize,
    pub unsure: usize,
    pub marketable: usize,
    /// Judged trays by their grade.
    pub tray_grades: BTreeMap<String, usize>,
    pub first_at: Option<String>,
    pub last_at: Option<String>,
}

impl LotTotals {
    /// Takes in trays that ended alike.
    pub fn add(&mut self, totals: &TrayTotals) {
        if totals.status == "graded" {
            self.graded_trays += totals.trays;
            let grade = totals.grade.clone().unwrap_or_default();
            *self.tray_grades.entry(grade).or_insert(0) += totals.trays;
        } else {
            self.other_trays += totals.trays;
        }
        self.cells += totals.cells;
        self.blank += totals.blank;
        self.graded += totals.graded;
        self.double += totals.double;
        self.unsure += totals.unsure;
        self.marketable += totals.marketable;
        let first = Some(totals.first_at.clone());
        let earliest = self.first_at.take().into_iter().chain(first).min();
        self.first_at = earliest;
        self.last_at = self.last_at.take().max(Some(totals.last_at.clone()));
    }

    /// Cells with at least one seedling.
    pub fn occupied(&self) -> usize {
        self.graded + self.double
    }

    /// Cells that were decided.
    pub fn decided(&self) -> usize {
        self.occupied() + self.blank
    }
}

/// A lot's totals over all stores.
///
/// # Errors
/// A store fails.
pub fn totals(house: &House, lot: Option<&str>) -> Result<LotTotals, Trouble> {
    let mut sum = LotTotals::default();
    for (_, store) in house.stores.each() {
        let of_store = store.read(|reader| reader.lot_totals(lot))?;
        of_store.iter().for_each(|totals| sum.add(totals));
    }
    Ok(sum)
}

/// Lots of all stores, the one with the newest tray first.
///
/// # Errors
/// A store fails.
pub fn newest(house: &House, limit: u32) -> Result<Vec<(Option<String>, LotTotals)>, Trouble> {
    let mut names = Vec::new();
    for (_, store) in house.stores.each() {
        for lot in store.read(|reader| reader.newest_lots(limit))? {
            if !names.contains(&lot.lot) {
                names.push(lot.lot);
            }
        }
    }
    let of = |lot: Option<String>| Ok((lot.clone(), totals(house, lot.as_deref())?));
    let mut lots: Vec<_> = names.into_iter().map(of).collect::<Result<_, Trouble>>()?;
    lots.sort_by(|(_, a), (_, b)| b.last_at.cmp(&a.last_at));
    lots.truncate(limit as usize);
    Ok(lots)
}

/// The newest trays of a lot, newest first.
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
    all.sort_by(|(_, a), (_, b)| b.received_at.cmp(&a.received_at));
    all.truncate(limit as usize);
    Ok(all)
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
