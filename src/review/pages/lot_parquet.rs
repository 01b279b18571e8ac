//! A lot's trays as a Parquet table, whose columns say trait, method and scale: what `seedgrade export` writes.

use std::fs::File;
use std::io::Read as _;

use axum::response::IntoResponse as _;
use tokio::sync::mpsc::channel;

use crate::review::answer::{Answer, Trouble, file_headers};
use crate::review::house::{Desk, House};
use crate::store::{ExportScope, ExportedTray, ParquetTable, StoreError};

use super::lot_table::{MOST_WAITING, streamed};
use super::lots::Asked;

/// Bytes that are sent at once.
const PIECE_BYTES: usize = 64 << 10;

/// The table. A Parquet file has its index at its end: it is written to a file without a name, then sent.
pub fn table(desk: &Desk, asked: Asked) -> Answer {
    // the trays without a lot are not told from all trays by an export's scope
    let lot = asked.lot.ok_or(Trouble::NotFound)?;
    crate::review::lots::span(&desk.house, Some(&lot))?.ok_or(Trouble::NotFound)?;
    let file = written(&desk.house, &lot)?;
    let (pieces, sent) = channel(MOST_WAITING);
    tokio::task::spawn_blocking(move || {
        let mut file = file;
        loop {
            let mut piece = Vec::with_capacity(PIECE_BYTES);
            let read = (&mut file).take(PIECE_BYTES as u64).read_to_end(&mut piece);
            let piece = match read {
                Ok(0) => return,
                Ok(_) => Ok(piece),
                Err(error) => Err(error),
            };
            let ends = piece.is_err();
            if pieces.blocking_send(piece).is_err() || ends {
                return;
            }
        }
    });
    let headers = file_headers(
        "application/vnd.apache.parquet",
        &format!("lot-{lot}.parquet"),
    );
    Ok((headers, streamed(sent)).into_response())
}

/// The whole table in a file without a name, at its beginning.
fn written(house: &House, lot: &str) -> Result<File, Trouble> {
    use std::io::Seek as _;
    let broken =
        |error: &dyn std::fmt::Display| Trouble::Broken(format!("table of a lot: {error}"));
    let file = tempfile::tempfile().map_err(|error| broken(&error))?;
    let mut table = ParquetTable::create(file, "trays").map_err(|error| broken(&error))?;
    let scope = ExportScope {
        lot: Some(lot.to_owned()),
        ..ExportScope::default()
    };
    for (_, store) in house.stores.each() {
        let mut failed = None;
        store.read(|reader| {
            let mut take = |tray: &ExportedTray| -> Result<(), StoreError> {
                if failed.is_none() {
                    failed = table.write(&tray.tray).err();
                }
                Ok(())
            };
            reader.export(&scope, &mut take)
        })?;
        if let Some(error) = failed {
            return Err(broken(&error));
        }
    }
    let mut file = table.finish().map_err(|error| broken(&error))?;
    file.rewind().map_err(|error| broken(&error))?;
    Ok(file)
}
