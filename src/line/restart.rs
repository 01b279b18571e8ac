//! What an earlier run left behind becomes rows: a tray that was in hand is marked, never missing and never twice.

use std::path::Path;

use super::journal::{InHand, Journal};
use super::ledger::{TrayNames, WallTime, row};
use crate::sorting::TriggerId;
use crate::store::{Record, StoreError, StoreReader, StoreWriter, WriterParams};

/// A store and a journal that go on where an earlier run stopped.
#[derive(Debug)]
pub struct Restart {
    /// The store.
    pub store: StoreWriter,
    /// The journal.
    pub journal: Journal,
    /// The number that the last tray was named with.
    pub last_name: u64,
    /// The last trigger that has its account.
    pub last_trigger: Option<TriggerId>,
    /// The newest moment in the store.
    pub newest: Option<String>,
    /// Trays that were in hand and are marked now.
    pub marked: u64,
}

/// Why a line's store cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub enum RestartError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal beside it.
    #[error("the journal of trays in hand cannot be opened: {0}")]
    Journal(#[from] std::io::Error),
}

/// Opens the store, takes in what was spilled, and marks what was in hand.
///
/// # Errors
/// Store or journal cannot be opened.
pub fn take_up(store: &Path, params: WriterParams, at: &WallTime) -> Result<Restart, RestartError> {
    let writer = StoreWriter::open(store, params)?;
    let (left, journal) = Journal::open(store)?;
    let reader = StoreReader::open(store)?;
    let newest = reader.newest()?;
    let stored = newest.name.as_deref().and_then(TrayNames::number_of);
    let marked = mark(&left, &reader, &writer, at)?;
    Ok(Restart {
        store: writer,
        journal,
        last_name: left.last_name.max(stored.unwrap_or(0)),
        last_trigger: left.last_trigger.map(TriggerId),
        newest: newest.at,
        marked,
    })
}

/// Rows that were on their way are stored as they are: one that arrived is not stored twice. Trays without a row
/// get one, unless the store has it already.
fn mark(
    left: &InHand,
    reader: &StoreReader,
    writer: &StoreWriter,
    at: &WallTime,
) -> Result<u64, StoreError> {
    for row in &left.rows {
        writer.write(Record::Command(row.clone()));
    }
    let mut marked = 0;
    for tray in &left.open {
        let on_its_way = left
            .rows
            .iter()
            .any(|r| r.tray_uid.as_ref() == Some(&tray.uid));
        if on_its_way || reader.has_command_of(&tray.uid)? {
            continue;
        }
        let (outcome, reason) = match tray.command {
            None => ("dropped", "seedgrade was ended while this tray was in hand"),
            Some(_) => (
                "missing",
                "seedgrade was ended while this command was on its way",
            ),
        };
        writer.write(Record::Command(row(tray, outcome, Some(reason), at)));
        marked += 1;
    }
    Ok(marked)
}
