//! The trays of a delivery: for each its picture, counts, standard and what was measured by hand, found by index.
//!
//! Invariant: a tray that passed more than once, on one line or several, is there once, as the pass that decides found it.

use std::collections::BTreeMap;

use rusqlite::{Row, params};
use serde::Serialize;

use crate::grade::VerdictCounts;

use super::statements::{Delivered, DeliveryFacts, HandMeasurement};
use super::{StoreError, StoreReader, StoredMoment};

/// A tray of a delivery, without its cells.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeliveredTray {
    /// Names the tray for ever.
    pub tray_uid: String,
    /// The code read from it.
    pub tray_code: Option<String>,
    /// The pass that decides: the last graded one.
    pub pass: u32,
    /// Its lot.
    pub lot: Option<String>,
    /// When it was seen: exposed, else received.
    pub seen_at: String,
    /// The picture as it came.
    pub source: String,
    /// The kept picture, from the store's own folder; none where none is kept.
    pub kept_picture: Option<String>,
    /// SHA-256 of the picture, hex.
    pub image_sha256: Option<String>,
    /// `graded`, `refused` or `failed`.
    pub status: String,
    /// Why not graded.
    pub reason: Option<String>,
    /// The tray's grade.
    pub grade: Option<String>,
    /// Cells by their verdict; none of a tray that is not graded.
    pub counts: Option<VerdictCounts>,
    /// Plants of a marketable grade.
    pub marketable: Option<u64>,
    /// The standard, `id@version`.
    pub standard: String,
    /// Its digest.
    pub standard_digest: String,
    /// What was measured by hand.
    pub hand_measurements: Vec<HandMeasurement>,
}

/// A delivery.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Delivery {
    /// What was said of it, store by store, in the order of storing.
    pub said: Vec<DeliveryFacts>,
    /// Its trays, by lot and name.
    pub trays: Vec<DeliveredTray>,
}

/// A lot, and the code read from the tray, else its uid.
type TrayName = (Option<String>, String);

/// A pass of a tray before what stands beside it is looked up.
struct Pass {
    store: usize,
    id: i64,
    tray: DeliveredTray,
}

impl Pass {
    /// Which pass of one store decides, as in the roll-ups.
    fn in_its_store(&self) -> (bool, u32, i64) {
        (self.tray.status == "graded", self.tray.pass, self.id)
    }

    /// Which pass of several stores decides.
    fn among_stores(&self) -> (bool, StoredMoment) {
        let seen = StoredMoment::of(&self.tray.seen_at);
        (self.tray.status == "graded", seen)
    }

    /// Passes of the same tray have the same name.
    fn name(&self) -> TrayName {
        match (&self.tray.lot, &self.tray.tray_code) {
            (Some(lot), Some(code)) => (Some(lot.clone()), code.clone()),
            _ => (self.tray.lot.clone(), self.tray.tray_uid.clone()),
        }
    }
}

/// A delivery by its number, over several stores; none where nothing was said of it. What one store says of a lot holds of
/// the lot's trays in all of them.
///
/// # Errors
/// SQLite failed, or a row is damaged.
pub fn delivery_of(stores: &[StoreReader], number: &str) -> Result<Option<Delivery>, StoreError> {
    let mut said = Vec::new();
    for store in stores {
        said.append(&mut store.deliveries(number)?);
    }
    let mut deciding: BTreeMap<TrayName, Pass> = BTreeMap::new();
    for (index, store) in stores.iter().enumerate() {
        let mut here = BTreeMap::new();
        for facts in &said {
            for pass in store.passes_delivered(index, &facts.delivered)? {
                keep_later(&mut here, pass, Pass::in_its_store);
            }
        }
        for pass in here.into_values() {
            keep_later(&mut deciding, pass, Pass::among_stores);
        }
    }
    let trays = deciding.into_values().map(|pass| {
        let store = &stores[pass.store];
        store.with_what_stands_beside(pass.tray)
    });
    let trays = trays.collect::<Result<_, _>>()?;
    Ok((!said.is_empty()).then_some(Delivery { said, trays }))
}

fn keep_later<Order: Ord>(
    deciding: &mut BTreeMap<TrayName, Pass>,
    pass: Pass,
    order: impl Fn(&Pass) -> Order,
) {
    let name = pass.name();
    let known = deciding.get(&name);
    if known.is_none_or(|known| order(known) < order(&pass)) {
        deciding.insert(name, pass);
    }
}

const PASSES: &str =
    "SELECT id, uid, tray_code, pass, lot, coalesce(captured_at, received_at), source, image_sha256, status, reason, grade,
     blank, graded, double, unsure, marketable, standard, standard_digest FROM trays";

impl StoreReader {
    fn passes_delivered(&self, store: usize, what: &Delivered) -> Result<Vec<Pass>, StoreError> {
        let (condition, name) = match what {
            Delivered::Lot(lot) => ("WHERE lot = ?1", lot),
            Delivered::Tray(tray) => (
                "WHERE id IN (SELECT id FROM trays WHERE uid = ?1 UNION SELECT id FROM trays WHERE tray_code = ?1)",
                tray,
            ),
        };
        let query = format!("{PASSES} {condition} ORDER BY id");
        let mut statement = self.connection.prepare_cached(&query)?;
        let rows = statement.query_map(params![name], |row| {
            Ok(Pass {
                store,
                id: row.get(0)?,
                tray: tray(row)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn with_what_stands_beside(&self, tray: DeliveredTray) -> Result<DeliveredTray, StoreError> {
        let kept = self.kept_picture(&tray.tray_uid, tray.pass)?;
        let (path, sha256) = kept.map(|(kept, _)| (kept.path, kept.image_sha256)).unzip();
        Ok(DeliveredTray {
            kept_picture: path,
            image_sha256: tray.image_sha256.clone().or(sha256),
            hand_measurements: self.hand_measurements(&tray.tray_uid)?,
            ..tray
        })
    }
}

fn tray(row: &Row<'_>) -> rusqlite::Result<DeliveredTray> {
    let count = |column: usize| -> rusqlite::Result<Option<usize>> {
        let count: Option<i64> = row.get(column)?;
        Ok(count.and_then(|count| usize::try_from(count).ok()))
    };
    let counts = match (count(11)?, count(12)?, count(13)?, count(14)?) {
        (Some(blank), Some(graded), Some(double), Some(unsure)) => Some(VerdictCounts {
            blank,
            graded,
            double,
            unsure,
        }),
        _ => None,
    };
    Ok(DeliveredTray {
        tray_uid: row.get(1)?,
        tray_code: row.get(2)?,
        pass: row.get(3)?,
        lot: row.get(4)?,
        seen_at: row.get(5)?,
        source: row.get(6)?,
        kept_picture: None,
        image_sha256: row.get(7)?,
        status: row.get(8)?,
        reason: row.get(9)?,
        grade: row.get(10)?,
        counts,
        marketable: count(15)?.map(|plants| plants as u64),
        standard: row.get(16)?,
        standard_digest: row.get(17)?,
        hand_measurements: Vec::new(),
    })
}
