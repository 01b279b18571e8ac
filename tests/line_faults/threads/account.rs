//! What came of a run through the real threads: by the plant's account, and by what was stored.

use std::collections::BTreeSet;
use std::path::Path;

use seedgrade::line::Summary;
use seedgrade::machine::{GateOutcome, SharedPlant};
use seedgrade::store::{CommandRecord, StoreReader, TrayFilter};

use crate::rig::{Books, Figures};

/// Fails unless, of a run that has ended, nothing was late, for another tray, from a line that was not armed, or twice; every
/// tray has one row, every judgement one report, and nothing is lost. Gives what happened.
#[track_caller]
pub fn has_a_clean_account(
    what: &str,
    summary: &Summary,
    plant: &SharedPlant,
    store: &Path,
) -> Books {
    println!("{what}: {summary:?}");
    let books = books(plant, store);
    Figures::of(&books, plant).are_clean(what);
    let stored = summary.store;
    assert_eq!((summary.trays, stored.lost), (books.rows.len() as u64, 0));
    assert_eq!(stored.taken_in, stored.spilled, "{what}: all is taken in");
    assert_eq!(summary.commands_mismatched, 0, "{what}");
    let reports = reports(store);
    let names: BTreeSet<_> = reports.iter().collect();
    assert_eq!(names.len(), reports.len(), "{what}: a report twice");
    let judged = reports.len() as u64;
    assert_eq!(judged, summary.graded, "{what}: a report each");
    for row in books.rows.iter().filter(|row| row.sequence.is_some()) {
        let has_report = names.contains(row.tray_uid.as_ref().unwrap());
        assert!(has_report, "{what}: commanded without a report: {row:?}");
    }
    for tray in fired(&books) {
        let row = row_of(&books, tray);
        assert!(row.sequence.is_some(), "{what}: fired, yet {row:?}");
    }
    books
}

fn books(plant: &SharedPlant, store: &Path) -> Books {
    let rows = StoreReader::open(store).unwrap().commands(0, 100_000);
    let mut plant = plant.lock();
    let rows = rows.unwrap().into_iter().map(|(_, row)| row).collect();
    Books::of(rows, plant.take_received(), plant.take_events())
}

/// The names of the trays that have a report, in the order of storing.
fn reports(store: &Path) -> Vec<String> {
    let reader = StoreReader::open(store).unwrap();
    let trays = reader.trays(&TrayFilter::default()).unwrap();
    trays.into_iter().map(|tray| tray.uid).collect()
}

/// The trays that went through their gate on a command, by their triggers.
pub fn fired(books: &Books) -> BTreeSet<u32> {
    let events = books.events.iter().map(|(_, event)| event);
    let fired = events.filter(|event| matches!(event.outcome, GateOutcome::Fired { .. }));
    fired.map(|event| u32::from(event.tray.0)).collect()
}

/// The row of a tray.
#[track_caller]
pub fn row_of(books: &Books, trigger: u32) -> &CommandRecord {
    let mut rows = books.rows.iter().filter(|row| row.trigger == trigger);
    let row = rows.next();
    row.unwrap_or_else(|| panic!("tray {trigger} has no row"))
}

/// Why a tray has no command; nothing where it has one.
#[track_caller]
pub fn why_dropped(books: &Books, trigger: u32) -> &str {
    row_of(books, trigger).reason.as_deref().unwrap_or_default()
}

/// Whether the machine itself stood still for a quarter of a second when a tray came: it is too busy, whatever the fault.
pub fn was_seen_too_late(why: &str) -> bool {
    why.contains("seen too late") || why.contains("never seen")
}

/// These trays had their command and went through its gate. A machine that itself stands still may cost one of them and its
/// neighbours; a fault costs none.
#[track_caller]
pub fn have_fired(books: &Books, trays: impl IntoIterator<Item = u32>) {
    let fired = fired(books);
    let others = trays.into_iter().filter(|tray| !fired.contains(tray));
    let others: Vec<_> = others.map(|tray| row_of(books, tray)).collect();
    let stood_still = |row: &&CommandRecord| {
        let why = row.reason.as_deref().unwrap_or_default();
        row.sequence.is_none() && was_seen_too_late(why)
    };
    let most = if others.iter().any(stood_still) { 3 } else { 0 };
    assert!(others.len() <= most, "no command: {others:#?}");
}
