//! The cells of a report as a compact blob: a format byte, then what it says under deflate.
//!
//! Numbers keep every bit. Format 1 is the cells' JSON, as the first stores have it; format 2 is a column a field
//! ([`super::columns`]), half as large and several times as fast.

use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

use crate::inspect::CellReport;

use super::{StoreError, columns};

/// Deflated JSON.
const DEFLATED_JSON: u8 = 1;
/// Deflated columns.
const DEFLATED_COLUMNS: u8 = 2;
/// Level of 10: more takes longer and saves less than a hundredth.
const LEVEL: u8 = 5;
/// 800 cells take less than half a megabyte; this bounds what a damaged blob can cost.
const MOST_BYTES: usize = 64 << 20;

/// Packs cells.
pub(super) fn pack(cells: &[CellReport]) -> Result<Vec<u8>, StoreError> {
    let (format, plain) = match columns::write(cells) {
        Some(columns) => (DEFLATED_COLUMNS, columns),
        None => (DEFLATED_JSON, serde_json::to_vec(cells)?),
    };
    let mut blob = vec![format];
    blob.extend(compress_to_vec_zlib(&plain, LEVEL));
    Ok(blob)
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
        Some((format, _)) => Err(StoreError::Cells(format!(
            "expected format {DEFLATED_JSON} or {DEFLATED_COLUMNS}, found {format}"
        ))),
        None => Err(StoreError::Cells(
            "expected a format byte, found nothing".to_owned(),
        )),
    }
}

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
        ] {
            assert!(unpack(damaged).is_err());
        }
    }

    #[test]
    fn what_the_first_stores_packed_is_read_as_it_was() {
        let cells = crate::evaluate::samples::graded(2, 7, 70.0, 20.0).cells;
        let mut blob = vec![DEFLATED_JSON];
        blob.extend(compress_to_vec_zlib(
            &serde_json::to_vec(&cells).unwrap(),
            6,
        ));
        assert_eq!(unpack(&blob).unwrap(), cells);
    }
}
