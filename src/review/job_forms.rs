//! What people fill in about jobs, on the pages and from programs: read, ordered of the line, noted in the ledger.

use serde::Deserialize;

use crate::clock;
use crate::store::{ChangeOver, JobOrder, LONGEST_NAME, Ordered, Statement, TrolleyCard, is_name};

use super::answer::Trouble;
use super::house::{Desk, Somebody};
use super::jobs::{begin as ordered, meant_by, standard_of};
use super::lot_sizes;
use super::stores::StoreIndex;

/// The longest name of a lot, a variety or a card.
pub const MOST_LETTERS: usize = LONGEST_NAME;

/// What stands on a trolley, as a form says it.
#[derive(Debug, Deserialize)]
pub struct Stated {
    #[serde(default)]
    pub store: StoreIndex,
    lot: String,
    variety: String,
    standard: String,
    tray: String,
    #[serde(default)]
    pitch: String,
    /// Trays of the lot and plants that are ordered of it; empty where nobody knows.
    #[serde(default)]
    lot_trays: String,
    #[serde(default)]
    ordered: String,
    /// The card that stands for it from now on.
    #[serde(default)]
    card: String,
    /// `card`: the card is recorded and no job begins.
    #[serde(default)]
    only: String,
}

/// What a scanner typed.
#[derive(Debug, Deserialize)]
pub struct Scanned {
    #[serde(default)]
    pub store: StoreIndex,
    code: String,
}

/// The line whose job ends.
#[derive(Debug, Deserialize)]
pub struct Ending {
    #[serde(default)]
    pub store: StoreIndex,
}

/// What a scanned code came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// The line was ordered to change over, or grades so already.
    Known,
    /// Nobody knows it, and nothing changed.
    Unknown {
        /// The code.
        code: String,
    },
}

/// Begins a job, records a card, or both.
///
/// # Errors
/// A field does not fit, the standard is not known, or the store fails.
pub fn begin(desk: &Desk, stated: &Stated) -> Result<(), Trouble> {
    let somebody = somebody(desk)?;
    let (rows, cols) = tray(&stated.tray)?;
    let what = ChangeOver {
        lot: named("lot", &stated.lot)?,
        variety: named("variety", &stated.variety)?,
        standard_digest: stated.standard.clone(),
        rows,
        cols,
        pitch_mm: pitch(&stated.pitch)?,
    };
    let size = lot_sizes::with_job(
        desk,
        somebody,
        &what.lot,
        [&stated.lot_trays, &stated.ordered],
    )?;
    let at = clock::now().to_string();
    // until the order is stored nobody else orders: no two jobs get one number
    let stores = desk.house.hold(stated.store)?;
    let mut said: Vec<Statement> = size.iter().cloned().map(Statement::LotSize).collect();
    let only_card = stated.only == "card";
    if only_card || !stated.card.trim().is_empty() {
        let card = named("card", &stated.card)?;
        note(desk, somebody, "recorded_card", &card);
        said.push(standard_of(&desk.house, &what, &somebody.name, &at)?);
        said.push(Statement::TrolleyCard(TrolleyCard {
            at: at.clone(),
            who: somebody.name.clone(),
            card,
            what: what.clone(),
        }));
    }
    if !only_card {
        let order = ordered(&desk.house, stated.store, what.clone(), &somebody.name, &at)?;
        said.extend(order);
    }
    stores.add_all(&said)?;
    if !only_card {
        note(desk, somebody, "ordered_job", &what.lot);
    }
    if let Some(size) = &size {
        lot_sizes::note(desk, somebody, size);
    }
    Ok(())
}

/// Changes over to what a scanned code means.
///
/// # Errors
/// No code, or the store fails.
pub fn change_over(desk: &Desk, scanned: &Scanned) -> Result<Meant, Trouble> {
    let somebody = somebody(desk)?;
    let code = named("code", &scanned.code)?;
    let Some(what) = meant_by(&desk.house, scanned.store, &code)? else {
        return Ok(Meant::Unknown { code });
    };
    let at = clock::now().to_string();
    let stores = desk.house.hold(scanned.store)?;
    let said = ordered(&desk.house, scanned.store, what, &somebody.name, &at)?;
    stores.add_all(&said)?;
    note(desk, somebody, "scanned_card", &code);
    Ok(Meant::Known)
}

/// Ends the job.
///
/// # Errors
/// The store fails.
pub fn end(desk: &Desk, ending: &Ending) -> Result<(), Trouble> {
    let somebody = somebody(desk)?;
    let order = Statement::JobOrder(JobOrder {
        at: clock::now().to_string(),
        who: somebody.name.clone(),
        ordered: Ordered::End,
    });
    desk.house.state(ending.store, &[order])?;
    note(desk, somebody, "ended_job", "");
    Ok(())
}

fn somebody(desk: &Desk) -> Result<&Somebody, Trouble> {
    desk.somebody.as_ref().ok_or(Trouble::LogIn)
}

fn note(desk: &Desk, somebody: &Somebody, did: &str, detail: &str) {
    let ledger = &desk.house.ledger;
    ledger.add(&somebody.name, desk.address, did, detail);
}

/// A name as people and scanners write it.
pub fn named(field: &str, text: &str) -> Result<String, Trouble> {
    let text = text.trim();
    match is_name(text) {
        true => Ok(text.to_owned()),
        false => Err(Trouble::Bad(format!(
            "{field}: expected 1 to {MOST_LETTERS} letters, found {text:?}"
        ))),
    }
}

/// Rows and columns, such as `10x20`.
fn tray(text: &str) -> Result<(u32, u32), Trouble> {
    let of = |part: &str| part.trim().parse::<u32>().ok().filter(|lines| *lines > 0);
    let parts = text.split_once(['x', 'X', '×']);
    parts
        .and_then(|(rows, cols)| of(rows).zip(of(cols)))
        .ok_or_else(|| {
            Trouble::Bad(format!(
                "tray: expected rows x columns such as 10x20, found {text:?}"
            ))
        })
}

/// None, one pitch for both ways, or two such as `26x27`, mm.
fn pitch(text: &str) -> Result<Option<[f64; 2]>, Trouble> {
    let of = |part: &str| {
        part.trim()
            .parse::<f64>()
            .ok()
            .filter(|mm| mm.is_finite() && *mm > 0.0)
    };
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let read = match text.split_once(['x', 'X', '×']) {
        Some((x, y)) => of(x).zip(of(y)).map(<[f64; 2]>::from),
        None => of(text).map(|both| [both, both]),
    };
    let bad = || {
        Trouble::Bad(format!(
            "pitch: expected mm such as 26 or 26x27, found {text:?}"
        ))
    };
    read.map(Some).ok_or_else(bad)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn trays_pitches_and_names_are_read_as_people_write_them() {
        assert_eq!(tray("10x20").unwrap(), (10, 20));
        assert_eq!(tray(" 6 × 12 ").unwrap(), (6, 12));
        for bad in ["", "10", "0x4", "-1x4", "10x20x3", "axb"] {
            assert!(tray(bad).is_err(), "{bad}");
        }
        assert_eq!(pitch("").unwrap(), None);
        assert_eq!(pitch("26").unwrap(), Some([26.0, 26.0]));
        assert_eq!(pitch("26x27.5").unwrap(), Some([26.0, 27.5]));
        for bad in ["0", "-1", "nan", "inf", "26x", "x"] {
            assert!(pitch(bad).is_err(), "{bad}");
        }
        assert_eq!(named("lot", " 2026-11-A ").unwrap(), "2026-11-A");
        for bad in ["", "  ", "a\nb", &"x".repeat(MOST_LETTERS + 1)] {
            assert!(named("lot", bad).is_err(), "{bad:?}");
        }
    }
}
