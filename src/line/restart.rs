//! What an earlier run left behind becomes rows: a tray that was in hand is marked, never missing and never twice.

use std::path::Path;

use super::journal::{InHand, Journal};
use super::ledger::{TrayNames, WallTime, row};
use crate::sorting::TriggerId;
use crate::store::{
    CommandRecord, PlcFlag, Record, StoreError, StoreReader, StoreWriter, WriterParams,
};

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
    /// Rows that were given to the store here: in the journal until they are on the disk.
    pub rows: Vec<CommandRecord>,
    /// Flags of the PLC that were up when an earlier run was ended by force.
    pub flags: Vec<PlcFlag>,
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
    let marks = marks(&left, &reader, at)?;
    let marked = marks.len() as u64;
    let mut rows = Vec::new();
    for row in left.rows {
        rows.push(marked_without_report(row, &left.reports, &reader)?);
    }
    rows.extend(marks);
    for row in &rows {
        writer.write(Record::Command(row.clone()));
    }
    Ok(Restart {
        store: writer,
        journal,
        last_name: left.last_name.max(stored.unwrap_or(0)),
        last_trigger: left.last_trigger.map(TriggerId),
        newest: newest.at,
        marked,
        rows,
        flags: left.flags,
    })
}

/// The rows of trays that have none: neither on its way nor in the store.
fn marks(
    left: &InHand,
    reader: &StoreReader,
    at: &WallTime,
) -> Result<Vec<CommandRecord>, StoreError> {
    let mut marks = Vec::new();
    for tray in &left.open {
        let on_its_way = |row: &CommandRecord| row.tray_uid.as_ref() == Some(&tray.uid);
        if left.rows.iter().any(on_its_way) || reader.has_command_of(&tray.uid)? {
            continue;
        }
        let (outcome, reason) = match tray.command {
            None => ("dropped", "seedgrade was ended while this tray was in hand"),
            Some(_) => (
                "missing",
                "seedgrade was ended while this command was on its way",
            ),
        };
        marks.push(row(tray, outcome, Some(reason), at));
    }
    Ok(marks)
}

/// A row on its way. One whose tray was judged, but whose report was in the line's hands when it was ended, says so.
fn marked_without_report(
    mut row: CommandRecord,
    unsettled: &[String],
    reader: &StoreReader,
) -> Result<CommandRecord, StoreError> {
    const WHY: &str = "seedgrade was ended before this tray's report was stored";
    let Some(uid) = row.tray_uid.as_ref().filter(|uid| unsettled.contains(uid)) else {
        return Ok(row);
    };
    // Reports are stored before their rows.
    if !reader.has_report_of(uid)? && !reader.has_command_of(uid)? {
        let why = row.reason.take();
        row.reason = Some(why.map_or_else(|| WHY.to_owned(), |why| format!("{why}; {WHY}")));
    }
    Ok(row)
}

#[cfg(test)]
#[path = "restart_tests.rs"]
mod tests;
