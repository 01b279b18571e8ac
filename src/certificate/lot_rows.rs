//! The trays of a lot that count, over all stores.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::document::{CertificateError, StoreRows};
use crate::inspect::TrayReport;
use crate::store::{
    Correction, HandMeasurement, RowBound, StoreError, StoreReader, StoredPass, report_digest,
};

/// What a certificate rests on.
#[derive(Debug)]
pub struct LotRows {
    /// Every tray once, in the order of the stores and of storing.
    pub trays: Vec<RowOfTray>,
    /// Answers of blind audits.
    pub answers: Vec<Correction>,
    /// Measurements by hand.
    pub measurements: Vec<HandMeasurement>,
    /// What was read, store by store.
    pub rows: Vec<StoreRows>,
}

/// The row of a tray that counts.
#[derive(Debug)]
pub struct RowOfTray {
    /// Its store, by the place among those that were read.
    pub store: usize,
    /// The row's number in it.
    pub id: i64,
    /// The moment that counts: exposure, else receipt.
    pub at: String,
    /// What was judged.
    pub report: TrayReport,
}

/// Reads a lot within the bounds, one a store.
pub fn read(
    stores: &[StoreReader],
    bounds: &[RowBound],
    lot: &str,
) -> Result<LotRows, CertificateError> {
    let mut found = LotRows {
        trays: Vec::new(),
        answers: Vec::new(),
        measurements: Vec::new(),
        rows: Vec::new(),
    };
    let deciding = deciding(stores, bounds, lot)?;
    for (index, ((store, &bound), passes)) in stores.iter().zip(bounds).zip(deciding).enumerate() {
        let mut hash = Sha256::new();
        let trays = passes.len() as u64;
        for pass in passes {
            let report = store.report(pass.id)?;
            hash.update(pass.id.to_le_bytes());
            hash.update(report_digest(&report)?);
            found.trays.push(RowOfTray {
                store: index,
                id: pass.id,
                at: pass.at,
                report,
            });
        }
        for (id, answer) in store.audit_answers_of_lot(lot, bound)? {
            hash.update(id.to_le_bytes());
            hash.update(serde_json::to_vec(&answer)?);
            found.answers.push(answer);
        }
        for (id, measurement) in store.hand_measurements_of_lot(lot, bound)? {
            hash.update(id.to_le_bytes());
            hash.update(serde_json::to_vec(&measurement)?);
            found.measurements.push(measurement);
        }
        found.rows.push(StoreRows {
            bound,
            trays,
            digest: format!("sha256:{}", hex::encode(hash.finalize())),
        });
    }
    Ok(found)
}

/// The passes that count, store by store: of a tray's passes the last graded one, as the stores' sums have it. Passes
/// belong to one tray when they have one code, on whichever line, else one uid within a store.
fn deciding(
    stores: &[StoreReader],
    bounds: &[RowBound],
    lot: &str,
) -> Result<Vec<Vec<StoredPass>>, StoreError> {
    type Tray = (Option<usize>, String);
    let mut trays: BTreeMap<Tray, (usize, StoredPass)> = BTreeMap::new();
    for (index, (store, &bound)) in stores.iter().zip(bounds).enumerate() {
        let mut of_store: BTreeMap<Tray, StoredPass> = BTreeMap::new();
        for pass in store.passes_of_lot(lot, bound)? {
            let tray = match &pass.tray_code {
                Some(code) => (None, code.clone()),
                None => (Some(index), pass.uid.clone()),
            };
            let order = |p: &StoredPass| (p.graded, p.pass, p.id);
            match of_store.get(&tray) {
                Some(known) if order(known) > order(&pass) => {}
                _ => drop(of_store.insert(tray, pass)),
            }
        }
        for (tray, pass) in of_store {
            let later = |known: &StoredPass| {
                (known.graded, &known.at, known.pass) > (pass.graded, &pass.at, pass.pass)
            };
            match trays.get(&tray) {
                Some((_, known)) if later(known) => {}
                _ => drop(trays.insert(tray, (index, pass))),
            }
        }
    }
    let mut by_store: Vec<Vec<StoredPass>> = stores.iter().map(|_| Vec::new()).collect();
    for (index, pass) in trays.into_values() {
        by_store[index].push(pass);
    }
    for passes in &mut by_store {
        passes.sort_by_key(|pass| pass.id);
    }
    Ok(by_store)
}
