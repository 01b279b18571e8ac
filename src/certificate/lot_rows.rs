//! What the stores hold of a lot, and which of its passes count.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::document::{CertificateError, StoreRows};
use crate::statistics::Tally;
use crate::store::{
    CellPlace, Correction, HandMeasurement, LotSize, PassJudgement, PlugHistory, PlugMove,
    RowBound, StatedVerdict, StoreError, StoreReader, StoredMoment, StoredPass, TrayIdentity,
    lot_size_of, tallies_of,
};

/// What one store holds of a lot up to a bound. Rows are never altered: what was read once is not read again.
#[derive(Debug, Clone, Default)]
struct StoreLot {
    bound: RowBound,
    passes: Vec<StoredPass>,
    answers: Vec<(i64, Correction)>,
    measurements: Vec<(i64, HandMeasurement)>,
}

/// What all stores hold of a lot.
#[derive(Debug, Clone, Default)]
pub struct LotRows {
    stores: Vec<StoreLot>,
}

/// Which passes count, of those of a [`LotRows`].
#[derive(Debug, Default)]
pub struct Counted {
    /// Every tray once, in the order of the stores and of storing: its store, and its place among the passes of it.
    places: Vec<(usize, usize)>,
}

impl StoreLot {
    /// Reads what came since, up to another bound.
    fn read_on(
        &mut self,
        store: &StoreReader,
        lot: &str,
        bound: RowBound,
    ) -> Result<(), StoreError> {
        if !self.is_of(store)? {
            *self = Self::default();
        }
        let passes = store.passes_of_lot(lot, self.bound.tray, bound)?;
        // What was said of a tray before it was stored counts from then on.
        let (mut correction, mut hand_measurement) =
            (self.bound.correction, self.bound.hand_measurement);
        if !passes.is_empty() {
            (correction, hand_measurement) = (0, 0);
        }
        let answers = store.audit_answers_of_lot(lot, correction, bound)?;
        let measurements = store.hand_measurements_of_lot(lot, hand_measurement, bound)?;
        if !passes.is_empty() {
            self.answers.clear();
            self.measurements.clear();
        }
        self.passes.extend(passes);
        self.answers.extend(answers);
        self.measurements.extend(measurements);
        self.bound = bound;
        Ok(())
    }

    /// Whether the last pass is there as it was: a store's file may have been replaced by another.
    fn is_of(&self, store: &StoreReader) -> Result<bool, StoreError> {
        let Some(last) = self.passes.last() else {
            return Ok(self.bound.tray <= store.row_bound()?.tray);
        };
        Ok(store.judgement_named(last.id)? == Some(last.judged.digest))
    }
}

impl LotRows {
    /// Reads what came since it was read last, up to these bounds, one a store.
    pub fn read_on(
        &mut self,
        stores: &[StoreReader],
        bounds: &[RowBound],
        lot: &str,
    ) -> Result<(), StoreError> {
        self.stores.resize_with(stores.len(), StoreLot::default);
        for ((known, store), &bound) in self.stores.iter_mut().zip(stores).zip(bounds) {
            known.read_on(store, lot, bound)?;
        }
        Ok(())
    }

    /// The passes that count: of a tray's passes the last graded one, as the stores' sums have it. Passes belong to one tray
    /// when they have one code, on whichever line, else one uid within a store.
    pub fn counted(&self) -> Counted {
        type Tray<'a> = (Option<usize>, &'a str);
        let mut trays: BTreeMap<Tray<'_>, (usize, usize)> = BTreeMap::new();
        for (index, store) in self.stores.iter().enumerate() {
            let mut of_store: BTreeMap<Tray<'_>, usize> = BTreeMap::new();
            for (place, pass) in store.passes.iter().enumerate() {
                let tray = match &pass.tray_code {
                    Some(code) => (None, code.as_str()),
                    None => (Some(index), pass.uid.as_str()),
                };
                let order = |p: &StoredPass| (p.graded, p.pass, p.id);
                match of_store.get(&tray) {
                    Some(&known) if order(&store.passes[known]) > order(pass) => {}
                    _ => drop(of_store.insert(tray, place)),
                }
            }
            for (tray, place) in of_store {
                let known = trays.get(&tray);
                let known = known.map(|&(of, place)| &self.stores[of].passes[place]);
                match known {
                    Some(known) if is_later(known, &store.passes[place]) => {}
                    _ => drop(trays.insert(tray, (index, place))),
                }
            }
        }
        let mut places: Vec<(usize, usize)> = trays.into_values().collect();
        places.sort_unstable();
        Counted { places }
    }

    /// The passes that count, each with its store.
    pub fn passes<'a>(
        &'a self,
        counted: &'a Counted,
    ) -> impl Iterator<Item = (usize, &'a StoredPass)> {
        let places = counted.places.iter();
        places.map(|&(store, place)| (store, &self.stores[store].passes[place]))
    }

    /// Answers of blind audits, in the order of the stores and of storing.
    pub fn answers(&self) -> impl Iterator<Item = &Correction> {
        let stores = self.stores.iter();
        stores.flat_map(|store| store.answers.iter().map(|(_, answer)| answer))
    }

    /// What held of the lot's size.
    pub fn size(&self, stores: &[StoreReader], lot: &str) -> Result<Option<LotSize>, StoreError> {
        let known = self.stores.iter().map(|known| known.bound.lot_size);
        lot_size_of(stores.iter().zip(known), lot)
    }

    /// Plugs of other lots that stand in the lot's trays: moved in, neither moved on nor cleared since, and not gone in the
    /// eyes of the pass that counts, where that came later.
    pub fn plugs_of_other_lots(
        &self,
        counted: &Counted,
        stores: &[StoreReader],
        lot: &str,
    ) -> Result<u64, StoreError> {
        let bounds = self.stores.iter().map(|known| known.bound.moves());
        let bounded: Vec<_> = stores.iter().zip(bounds).collect();
        let history = PlugHistory::of_lot(&bounded, lot)?;
        let mut brought: BTreeMap<TrayIdentity<'_>, Vec<&PlugMove>> = BTreeMap::new();
        for made in history.brought_from_other_lots(lot) {
            let tray = made.done.at().tray.identity();
            brought.entry(tray).or_default().push(made);
        }
        let mut standing: u64 = brought.values().map(|moves| moves.len() as u64).sum();
        if standing > 0 {
            for (store, pass) in self.passes(counted) {
                let tray = match &pass.tray_code {
                    Some(code) => TrayIdentity::Coded { lot, code },
                    None => TrayIdentity::Uid(&pass.uid),
                };
                if let Some(moves) = brought.remove(&tray) {
                    standing -= seen_gone(&stores[store], pass, &moves)?;
                }
            }
        }
        Ok(standing)
    }

    /// Measurements by hand, in the same order.
    pub fn measurements(&self) -> impl Iterator<Item = &HandMeasurement> {
        let stores = self.stores.iter();
        stores.flat_map(|store| store.measurements.iter().map(|(_, measured)| measured))
    }

    /// The sums over the trays that count, as the stores keep them: they must be of the moment that the rows are of.
    pub fn sums(
        &self,
        counted: &Counted,
        stores: &[StoreReader],
        lot: &str,
    ) -> Result<Tally, StoreError> {
        let mut sums = Tally::default();
        for (_, tally) in tallies_of(stores, Some(lot))? {
            sums.add(&tally);
        }
        let trays = sums.trays.graded + sums.trays.refused + sums.trays.failed;
        // A name that went on in another lot is counted there alone by the sums, and here too; trays without a lot have the
        // sums of one without a name.
        if lot.is_empty() || trays != counted.places.len() as u64 {
            return self.sums_of_reports(counted, stores);
        }
        Ok(sums)
    }

    fn sums_of_reports(
        &self,
        counted: &Counted,
        stores: &[StoreReader],
    ) -> Result<Tally, StoreError> {
        let mut sums = Tally::default();
        for (store, pass) in self.passes(counted) {
            sums.add(&Tally::of(&stores[store].report(pass.id)?));
        }
        Ok(sums)
    }

    /// Reads every report that counts whole and puts what it says in the place of what the row says of it; its sums.
    pub fn read_reports(
        &mut self,
        counted: &Counted,
        stores: &[StoreReader],
    ) -> Result<Tally, StoreError> {
        let mut sums = Tally::default();
        for &(store, place) in &counted.places {
            let pass = &mut self.stores[store].passes[place];
            let report = stores[store].report(pass.id)?;
            pass.judged = PassJudgement::of(&report)?;
            sums.add(&Tally::of(&report));
        }
        Ok(sums)
    }

    /// What a certificate rests on, store by store.
    pub fn rows(&self, counted: &Counted) -> Result<Vec<StoreRows>, CertificateError> {
        let mut rows = Vec::with_capacity(self.stores.len());
        for (index, store) in self.stores.iter().enumerate() {
            let mut hash = Sha256::new();
            let mut trays = 0;
            for (_, pass) in self.passes(counted).filter(|(of, _)| *of == index) {
                hash.update(pass.id.to_le_bytes());
                hash.update(pass.judged.digest);
                trays += 1;
            }
            for (id, answer) in &store.answers {
                hash.update(id.to_le_bytes());
                hash.update(serde_json::to_vec(answer)?);
            }
            for (id, measurement) in &store.measurements {
                hash.update(id.to_le_bytes());
                hash.update(serde_json::to_vec(measurement)?);
            }
            rows.push(StoreRows {
                bound: store.bound,
                trays,
                digest: format!("sha256:{}", hex::encode(hash.finalize())),
            });
        }
        Ok(rows)
    }
}

/// Whether a pass on one line decides rather than one on another.
fn is_later(pass: &StoredPass, than: &StoredPass) -> bool {
    let order = |p: &StoredPass| (p.graded, StoredMoment::of(&p.at), p.pass);
    order(pass) > order(than)
}

/// How many of the plugs that were moved into a tray are gone in the eyes of a pass of it: it came after them and judged their
/// cells blank. What people said of the cells is left aside, as in all of a certificate's counts.
fn seen_gone(
    store: &StoreReader,
    pass: &StoredPass,
    moves: &[&PlugMove],
) -> Result<u64, StoreError> {
    let seen = StoredMoment::of(&pass.at);
    let before = moves
        .iter()
        .filter(|made| StoredMoment::of(&made.at) < seen);
    let cells: BTreeSet<CellPlace> = before.map(|made| made.done.at().cell).collect();
    let any_blank = pass.judged.counts.is_some_and(|counts| counts.blank > 0);
    if cells.is_empty() || !any_blank {
        return Ok(0);
    }
    let report = store.report(pass.id)?;
    let blank = report.cells.iter().filter(|cell| {
        let (row, col) = (cell.row as u32, cell.col as u32);
        let is_blank = StatedVerdict::of(cell) == Some(StatedVerdict::Blank);
        is_blank && cells.contains(&CellPlace { row, col })
    });
    Ok(blank.count() as u64)
}
