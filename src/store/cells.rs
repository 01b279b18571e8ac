//! The cells of a report as a compact blob: a format byte, then JSON under deflate.
//!
//! Numbers keep every bit, and a later format can stand beside this one.

use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

use crate::inspect::CellReport;

use super::StoreError;

/// Deflated JSON.
const DEFLATED_JSON: u8 = 1;
/// Level 6 of 10: a tenth of the JSON's size at a millisecond a tray.
const LEVEL: u8 = 6;
/// 800 cells take less than half a megabyte; this bounds what a damaged blob can cost.
const MOST_BYTES: usize = 64 << 20;

/// Packs cells.
pub(super) fn pack(cells: &[CellReport]) -> Result<Vec<u8>, StoreError> {
    let mut blob = vec![DEFLATED_JSON];
    blob.extend(compress_to_vec_zlib(&serde_json::to_vec(cells)?, LEVEL));
    Ok(blob)
}

/// Unpacks cells.
pub(super) fn unpack(blob: &[u8]) -> Result<Vec<CellReport>, StoreError> {
    match blob.split_first() {
        Some((&DEFLATED_JSON, packed)) => {
            let json = decompress_to_vec_zlib_with_limit(packed, MOST_BYTES)
                .map_err(|error| StoreError::Cells(error.to_string()))?;
            Ok(serde_json::from_slice(&json)?)
        }
        Some((format, _)) => Err(StoreError::Cells(format!(
            "expected format {DEFLATED_JSON}, found {format}"
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
        ] {
            assert!(unpack(damaged).is_err());
        }
    }
}
