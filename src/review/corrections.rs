//! What people say of cells: added beside the judgement, with who, when and why.

use std::collections::BTreeMap;

use crate::clock;
use crate::inspect::{CellReport, TrayReport};
use crate::picture::Mark;
use crate::store::{
    CellPlace, Correction, CorrectionFilter, CorrectionKind, StatedVerdict, StoredTray,
};

use super::answer::Trouble;
use super::house::{Desk, House};
use super::stores::{StoreIndex, TrayKey};

/// Corrections looked back upon at once; older ones are in the store and its exports.
const MOST_LOOKED_BACK: i64 = 20_000;

/// The mark of what a person says.
pub fn mark_of(verdict: &StatedVerdict, order: &[String]) -> Mark {
    match verdict {
        StatedVerdict::Blank => Mark::Blank,
        StatedVerdict::Double => Mark::Double,
        StatedVerdict::Unsure => Mark::Unsure,
        StatedVerdict::Graded(grade) => Mark::of_grade(grade, order),
    }
}

/// All that can be said of a cell under a standard's grades, each with the key that says it.
pub fn choices(order: &[String]) -> Vec<(StatedVerdict, String)> {
    let grades = order
        .iter()
        .enumerate()
        .map(|(i, grade)| (StatedVerdict::Graded(grade.clone()), (i + 1).to_string()));
    let others = [
        (StatedVerdict::Blank, "b"),
        (StatedVerdict::Double, "d"),
        (StatedVerdict::Unsure, "u"),
    ];
    grades
        .chain(others.map(|(verdict, key)| (verdict, key.to_owned())))
        .collect()
}

/// What who asks says of a cell.
///
/// # Errors
/// Nobody is logged in.
pub fn spoken(
    desk: &Desk,
    report: &TrayReport,
    cell: &CellReport,
    kind: CorrectionKind,
    why: Option<String>,
) -> Result<Correction, Trouble> {
    let somebody = desk.somebody.as_ref().ok_or(Trouble::LogIn)?;
    let place = |at: usize| u32::try_from(at).map_err(|_| Trouble::NotFound);
    Ok(Correction {
        at: clock::now().to_string(),
        who: somebody.name.clone(),
        why,
        kind,
        tray_uid: report.facts.tray_uid.clone(),
        pass: report.facts.pass,
        image_sha256: report.facts.image_sha256.clone(),
        cell: CellPlace {
            row: place(cell.row)?,
            col: place(cell.col)?,
        },
        before: StatedVerdict::of(cell),
    })
}

/// What was said of a tray's cells, in the order of time.
///
/// # Errors
/// The store fails.
pub fn of_tray(house: &House, key: TrayKey, uid: &str) -> Result<Vec<Correction>, Trouble> {
    let filter = CorrectionFilter {
        tray_uid: Some(uid.to_owned()),
        ..CorrectionFilter::default()
    };
    let all = house
        .store(key.store)?
        .read(|reader| reader.corrections(&filter))?;
    Ok(all.into_iter().map(|(_, correction)| correction).collect())
}

/// What was said lately in a store, in the order of time.
///
/// # Errors
/// The store fails.
pub fn lately(house: &House, store: StoreIndex) -> Result<Vec<Correction>, Trouble> {
    let all = house.store(store)?.read(|reader| {
        let last = reader.last_correction()?;
        reader.corrections(&CorrectionFilter {
            after: Some((last - MOST_LOOKED_BACK).max(0)),
            ..CorrectionFilter::default()
        })
    })?;
    Ok(all.into_iter().map(|(_, correction)| correction).collect())
}

/// A cell of a tray, by names that outlive a store.
pub type CellName = (String, u32, CellPlace);

/// The name of a report's cell.
pub fn name_of(report: &TrayReport, cell: &CellReport) -> Option<CellName> {
    let place = CellPlace {
        row: u32::try_from(cell.row).ok()?,
        col: u32::try_from(cell.col).ok()?,
    };
    Some((report.facts.tray_uid.clone(), report.facts.pass, place))
}

/// The name of the cell that a correction speaks of.
pub fn cell_of(correction: &Correction) -> CellName {
    (
        correction.tray_uid.clone(),
        correction.pass,
        correction.cell,
    )
}

/// The overrides that hold, those of a cell in the order of time: one that was taken back is gone with what took it back.
pub fn overrides_that_hold(all: &[Correction]) -> BTreeMap<CellName, Vec<&Correction>> {
    let mut hold: BTreeMap<CellName, Vec<&Correction>> = BTreeMap::new();
    for correction in all {
        if let CorrectionKind::Override { .. } = &correction.kind {
            let of_cell = hold.entry(cell_of(correction)).or_default();
            if correction.takes_back() {
                of_cell.pop();
            } else {
                of_cell.push(correction);
            }
        }
    }
    hold.retain(|_, of_cell| !of_cell.is_empty());
    hold
}

/// The last override of a person that holds: what they may want to take back.
pub fn last_of<'a>(all: &'a [Correction], who: &str) -> Option<&'a Correction> {
    let hold = overrides_that_hold(all);
    let mut newest_first = all.iter().rev();
    newest_first.find(|said| {
        let of_cell = hold.get(&cell_of(said));
        said.who == who
            && of_cell.is_some_and(|of| of.last().is_some_and(|last| std::ptr::eq(*last, *said)))
    })
}

/// What takes back the last override of a cell that holds, and the verdict that holds then: that of the override before it,
/// else the inspection's. None where nothing holds.
pub fn taking_back(all: &[Correction], cell: &CellName) -> Option<CorrectionKind> {
    let hold = overrides_that_hold(all);
    let mut of_cell = hold.get(cell)?.iter().rev();
    let last = of_cell.next()?;
    let earlier = of_cell.next().and_then(|earlier| earlier.kind.after());
    let after = earlier.or(last.before.as_ref())?.clone();
    Some(CorrectionKind::Override { after })
}

/// The tray of a correction in its store.
///
/// # Errors
/// The store fails, or holds no such tray.
pub fn tray_of(
    house: &House,
    store: StoreIndex,
    uid: &str,
    pass: u32,
) -> Result<(TrayKey, StoredTray), Trouble> {
    let found = house
        .store(store)?
        .read(|reader| reader.tray_of(uid, pass))?;
    let tray = found.ok_or(Trouble::NotFound)?;
    Ok((TrayKey { store, id: tray.id }, tray))
}
