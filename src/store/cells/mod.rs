//! The cells of a report as a compact blob: a format byte, then what it says.
//!
//! Numbers keep every bit. Format 1 is the cells' JSON under deflate, as the first stores have it; format 2 a column a field
//! under deflate ([`columns`]); format 3 such columns bit by bit, each by what tells most of it ([`packed`]): half as large
//! again and several times as fast. All are read for ever; the columns of format 2 are also what a judgement's digest is of.

mod columns;
mod fields;
mod guess;
mod packed;
mod spans;

use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

use crate::inspect::CellReport;

use super::StoreError;

/// Deflated JSON.
const DEFLATED_JSON: u8 = 1;
/// Deflated columns.
const DEFLATED_COLUMNS: u8 = 2;
/// Bits of columns.
const PACKED: u8 = 3;
/// Level of 10: more takes longer and saves less than a hundredth.
const LEVEL: u8 = 5;
/// 800 cells take less than half a megabyte; this bounds what a damaged blob can cost.
const MOST_BYTES: usize = 64 << 20;
/// Far more cells than a tray has; this bounds what damaged columns can cost.
const MOST_CELLS: usize = 1 << 16;

/// Packs cells.
pub(super) fn pack(cells: &[CellReport]) -> Result<Vec<u8>, StoreError> {
    if let Some(packed) = packed::write(cells) {
        let mut blob = Vec::with_capacity(1 + packed.len());
        blob.push(PACKED);
        blob.extend(packed);
        return Ok(blob);
    }
    let mut blob = vec![DEFLATED_JSON];
    blob.extend(compress_to_vec_zlib(&serde_json::to_vec(cells)?, LEVEL));
    Ok(blob)
}

/// The columns that a judgement's digest is of, the same in every version; none where a text has a letter that stored texts
/// use themselves.
pub(super) fn digested(cells: &[CellReport]) -> Option<Vec<u8>> {
    columns::write(cells)
}

/// Unpacks a stored blob of cells.
///
/// # Errors
/// A format that is not known, or bytes that are no cells.
pub fn unpack(blob: &[u8]) -> Result<Vec<CellReport>, StoreError> {
    let plain = |packed| {
        decompress_to_vec_zlib_with_limit(packed, MOST_BYTES)
            .map_err(|error| StoreError::Cells(error.to_string()))
    };
    match blob.split_first() {
        Some((&DEFLATED_JSON, packed)) => Ok(serde_json::from_slice(&plain(packed)?)?),
        Some((&DEFLATED_COLUMNS, packed)) => columns::read(&plain(packed)?),
        Some((&PACKED, packed)) => packed::read(packed),
        Some((format, _)) => Err(StoreError::Cells(format!(
            "expected format {DEFLATED_JSON} to {PACKED}, found {format}"
        ))),
        None => Err(StoreError::Cells(
            "expected a format byte, found nothing".to_owned(),
        )),
    }
}

fn damaged(what: &str) -> StoreError {
    StoreError::Cells(format!("columns: {what}"))
}

#[cfg(test)]
#[path = "made_up_tests.rs"]
mod made_up;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_blob_is_an_error_not_a_panic() {
        let report = crate::evaluate::samples::graded(10, 20, 400.0, 200.0);
        let blob = pack(&report.cells).unwrap();
        assert_eq!(unpack(&blob).unwrap(), report.cells);
        assert!(blob.len() * 8 < serde_json::to_vec(&report.cells).unwrap().len());
        for damaged in [
            &[][..],
            &[9, 1, 2],
            &blob[..blob.len() / 2],
            b"\x01nonsense",
            b"\x02nonsense",
            b"\x03nonsense",
        ] {
            assert!(unpack(damaged).is_err());
        }
    }

    #[test]
    fn what_older_stores_packed_is_read_as_it_was() {
        let cells = crate::evaluate::samples::graded(2, 7, 70.0, 20.0).cells;
        let json = serde_json::to_vec(&cells).unwrap();
        for (format, plain) in [
            (DEFLATED_JSON, json),
            (DEFLATED_COLUMNS, columns::write(&cells).unwrap()),
        ] {
            let mut blob = vec![format];
            blob.extend(compress_to_vec_zlib(&plain, 6));
            assert_eq!(unpack(&blob).unwrap(), cells, "format {format}");
        }
    }
}
