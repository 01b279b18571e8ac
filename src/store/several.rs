//! Several stores read as one, as where a nursery has two lines.

use std::collections::{BTreeMap, HashMap};

use rusqlite::Connection;

use crate::statistics::{Tally, TallyKey};

use super::{LotFacts, LotSize, StoreError, StoreReader, StoredMoment, intake};

/// A tray with a code, and which of its passes decides: a graded one, then the latest.
#[derive(Debug, Clone)]
struct Decided {
    graded: bool,
    at: String,
    pass: i64,
    store: usize,
    id: i64,
}

/// Sums over several stores, of one lot where one is named. A tray with a code that passed two lines within one lot is
/// counted once; a tray without a code is counted on every line that it passed, since nothing tells it from another.
///
/// # Errors
/// SQLite failed, or a row is damaged.
pub fn tallies_of(
    stores: &[StoreReader],
    lot: Option<&str>,
) -> Result<Vec<(TallyKey, Tally)>, StoreError> {
    let mut sums: BTreeMap<TallyKey, Tally> = BTreeMap::new();
    for store in stores {
        for (key, tally) in store.tallies(lot)? {
            sums.entry(key).or_default().add(&tally);
        }
    }
    if stores.len() > 1 {
        for twice in counted_twice(stores, lot)? {
            let (key, tally) = counted(&stores[twice.store].connection, twice.id)?;
            sums.entry(key).or_default().subtract(&tally);
        }
    }
    sums.retain(|_, tally| !tally.is_empty());
    Ok(sums.into_iter().collect())
}

/// What holds of every lot: the latest statement of any store.
///
/// # Errors
/// SQLite failed.
pub fn lots_of(stores: &[StoreReader]) -> Result<BTreeMap<String, LotFacts>, StoreError> {
    let mut lots: BTreeMap<String, LotFacts> = BTreeMap::new();
    for store in stores {
        for facts in store.lots()? {
            match lots.get(&facts.lot) {
                Some(known) if StoredMoment::of(&known.at) > StoredMoment::of(&facts.at) => {}
                _ => drop(lots.insert(facts.lot.clone(), facts)),
            }
        }
    }
    Ok(lots)
}

/// What holds of a lot: the latest statement of any store.
///
/// # Errors
/// SQLite failed.
pub fn lot_of(stores: &[StoreReader], lot: &str) -> Result<Option<LotFacts>, StoreError> {
    let said = stores.iter().map(|store| store.lot(lot));
    latest(said, |facts| &facts.at)
}

/// What holds of a lot's size: the latest statement of any store, of each up to a row.
///
/// # Errors
/// SQLite failed.
pub fn lot_size_of<'a>(
    stores: impl IntoIterator<Item = (&'a StoreReader, i64)>,
    lot: &str,
) -> Result<Option<LotSize>, StoreError> {
    let said = stores
        .into_iter()
        .map(|(store, bound)| store.lot_size_up_to(lot, bound));
    latest(said, |size| &size.at)
}

/// Of what each store knows the statement that was made last, of one moment that of the last store.
fn latest<T>(
    said: impl Iterator<Item = Result<Option<T>, StoreError>>,
    at: fn(&T) -> &String,
) -> Result<Option<T>, StoreError> {
    let known = said.filter_map(Result::transpose);
    let known: Vec<T> = known.collect::<Result<_, _>>()?;
    Ok(known
        .into_iter()
        .max_by_key(|one| StoredMoment::of(at(one))))
}

/// The passes that count in their own store and do not in all of them.
fn counted_twice(stores: &[StoreReader], lot: Option<&str>) -> Result<Vec<Decided>, StoreError> {
    let mut all: HashMap<(String, String), Vec<Decided>> = HashMap::new();
    let with_lot = stores_with(stores, lot)?;
    if with_lot.len() < 2 {
        // what passed one line only is counted as that line's store counts it, and no tray is looked at
        return Ok(Vec::new());
    }
    for (index, store) in with_lot {
        for (tray, decided) in decided_in(&store.connection, index, lot)? {
            all.entry(tray).or_default().push(decided);
        }
    }
    let mut twice = Vec::new();
    for mut passes in all.into_values().filter(|passes| passes.len() > 1) {
        passes.sort_by_cached_key(|d| (d.graded, StoredMoment::of(&d.at), d.pass, d.store, d.id));
        passes.pop();
        twice.append(&mut passes);
    }
    Ok(twice)
}

/// The stores that hold trays of a lot; all of them where none is named.
fn stores_with<'a>(
    stores: &'a [StoreReader],
    lot: Option<&str>,
) -> Result<Vec<(usize, &'a StoreReader)>, StoreError> {
    let mut with_lot = Vec::new();
    for (index, store) in stores.iter().enumerate() {
        let found = match lot {
            None => true,
            Some(lot) => store
                .connection
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM trays WHERE lot = ?1)")?
                .query_row([lot], |row| row.get(0))?,
        };
        if found {
            with_lot.push((index, store));
        }
    }
    Ok(with_lot)
}

/// The deciding pass of every tray with a code, by lot and code.
fn decided_in(
    connection: &Connection,
    store: usize,
    lot: Option<&str>,
) -> Result<HashMap<(String, String), Decided>, StoreError> {
    // a condition of its own for one lot, so that its index is used
    let of_lot = lot.map_or("lot IS NOT NULL", |_| "lot = ?1");
    let query = format!(
        "SELECT lot, tray_code, status = 'graded', coalesce(captured_at, received_at), pass, id FROM trays
         WHERE tray_code IS NOT NULL AND {of_lot}"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let mut rows = statement.query(rusqlite::params_from_iter(lot))?;
    let mut last: HashMap<(String, String), Decided> = HashMap::new();
    while let Some(row) = rows.next()? {
        let decided = Decided {
            graded: row.get(2)?,
            at: row.get(3)?,
            pass: row.get(4)?,
            store,
            id: row.get(5)?,
        };
        // As within one store: the pass counts before the moment.
        let order = |d: &Decided| (d.graded, d.pass, d.id);
        let known = last
            .entry((row.get(0)?, row.get(1)?))
            .or_insert_with(|| decided.clone());
        if order(&decided) > order(known) {
            *known = decided;
        }
    }
    Ok(last)
}

fn counted(connection: &Connection, id: i64) -> Result<(TallyKey, Tally), StoreError> {
    let (received_at, head, cells): (String, String, Vec<u8>) = connection
        .prepare_cached("SELECT received_at, report, cells FROM trays WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let report = intake::unite(&head, &cells)?;
    Ok((TallyKey::of(&report, &received_at), Tally::of(&report)))
}
