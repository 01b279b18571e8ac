//! Stored trays and cells as rows for other programs.
//!
//! Every column names what it holds as plant databases do (MIAPPE, BrAPI): a variable is a trait, a method and a scale.

mod arrow_schema;
mod columns;
mod moves;
mod parquet_table;

pub use columns::{ColumnValue, EXPORT_COLUMNS, ExportColumn};
pub use parquet_table::{COLUMNS_KEY, ParquetError, ParquetTable};

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::inspect::{CellReport, TrayReport};

use super::within::as_stored;
use super::{LotFacts, StoreError, StoreReader, StoredTray, TrayFilter};

/// One tray to be exported: a row, and a row a cell, with the keys of [`EXPORT_COLUMNS`].
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedTray {
    /// The tray's row.
    pub tray: Map<String, Value>,
    /// Its cells' rows.
    pub cells: Vec<Map<String, Value>>,
}

/// Which trays are exported; the default exports all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportScope {
    /// Of this lot only.
    pub lot: Option<String>,
    /// Seen (exposed, else received) from the first moment on and before the second.
    pub seen: Option<[Timestamp; 2]>,
}

/// Trays that are listed at once.
const AT_ONCE: u32 = 256;

impl StoreReader {
    /// Gives every stored pass of a tray to `take`, in the order of storing. How many there were.
    ///
    /// # Errors
    /// SQLite failed, a row is damaged, or what `take` says.
    pub fn export<E: From<StoreError>>(
        &self,
        scope: &ExportScope,
        take: &mut dyn FnMut(&ExportedTray) -> Result<(), E>,
    ) -> Result<u64, E> {
        let mut count = 0;
        self.each_tray(scope, &mut |tray| {
            count += 1;
            take(&self.exported(tray)?)
        })?;
        Ok(count)
    }

    /// The lines of the same trays. A span is answered by index: it costs what was seen in it, not what is stored.
    ///
    /// # Errors
    /// SQLite failed, or what `take` says.
    pub fn each_tray<E: From<StoreError>>(
        &self,
        scope: &ExportScope,
        take: &mut dyn FnMut(&StoredTray) -> Result<(), E>,
    ) -> Result<(), E> {
        if let Some(span) = scope.seen {
            for id in self.seen_within(span)? {
                let tray = self.tray(id)?;
                if scope.lot.is_none() || tray.lot == scope.lot {
                    take(&tray)?;
                }
            }
            return Ok(());
        }
        let mut filter = TrayFilter {
            lot: scope.lot.clone(),
            limit: Some(AT_ONCE),
            ..TrayFilter::default()
        };
        loop {
            let trays = self.trays(&filter)?;
            for tray in &trays {
                take(tray)?;
            }
            let Some(last) = trays.last() else {
                return Ok(());
            };
            filter.after = Some(last.id);
        }
    }

    /// The numbers of the trays seen within a span, in the order of storing.
    fn seen_within(&self, span: [Timestamp; 2]) -> Result<Vec<i64>, StoreError> {
        let [from, before] = as_stored(span);
        let mut statement = self.connection.prepare_cached(
            "SELECT id FROM trays
             WHERE coalesce(captured_at, received_at) >= ?1 AND coalesce(captured_at, received_at) < ?2 ORDER BY id",
        )?;
        let rows = statement.query_map([from, before], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn exported(&self, tray: &StoredTray) -> Result<ExportedTray, StoreError> {
        let report = self.report(tray.id)?;
        let lot = tray
            .lot
            .as_deref()
            .map(|lot| self.lot(lot))
            .transpose()?
            .flatten();
        let said = self.said_of_cells(&tray.uid, tray.pass)?;
        let cells = report.cells.iter().map(|cell| {
            let place = (cell.row as u32, cell.col as u32);
            cell_row(&report, cell, said.get(&place).map(ToString::to_string))
        });
        Ok(ExportedTray {
            cells: cells.collect(),
            tray: tray_row(&report, tray, lot.as_ref()),
        })
    }
}

/// A value under its column's name.
fn put(row: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    row.insert(name.to_owned(), value.into());
}

fn tray_row(report: &TrayReport, tray: &StoredTray, lot: Option<&LotFacts>) -> Map<String, Value> {
    let (facts, evidence) = (&report.facts, &report.evidence);
    let mut row = Map::new();
    let of_lot = |of: fn(&LotFacts) -> &Option<String>| lot.and_then(|lot| of(lot).clone());
    put(&mut row, "tray_uid", facts.tray_uid.clone());
    put(&mut row, "pass", facts.pass);
    put(&mut row, "source", facts.source.clone());
    put(&mut row, "image_sha256", facts.image_sha256.clone());
    put(&mut row, "captured_at", facts.captured_at.clone());
    put(&mut row, "received_at", tray.received_at.clone());
    put(&mut row, "job", facts.job);
    put(&mut row, "lot", facts.lot.clone());
    put(&mut row, "variety", of_lot(|lot| &lot.variety));
    put(&mut row, "seeder", of_lot(|lot| &lot.seeder));
    put(&mut row, "sown_on", of_lot(|lot| &lot.sown_on));
    put(&mut row, "seed_lot", of_lot(|lot| &lot.seed_lot));
    put(&mut row, "tray_code", facts.tray_code.clone());
    put(&mut row, "status", tray.status.clone());
    put(&mut row, "reason", report.reason.clone());
    put(&mut row, "rows", report.rows);
    put(&mut row, "cols", report.cols);
    put(&mut row, "grade", report.grade.clone());
    put(&mut row, "route", report.route.clone());
    put(&mut row, "blank", report.counts.map(|c| c.blank));
    put(&mut row, "graded", report.counts.map(|c| c.graded));
    put(&mut row, "double", report.counts.map(|c| c.double));
    put(&mut row, "unsure", report.counts.map(|c| c.unsure));
    put(&mut row, "marketable", report.marketable);
    put(&mut row, "mm_per_px", report.mm_per_px);
    put(&mut row, "software", evidence.software.clone());
    put(&mut row, "backend", evidence.backend.clone());
    put(&mut row, "cpu_class", evidence.cpu_class.clone());
    put(&mut row, "network", evidence.network.clone());
    put(&mut row, "standard", evidence.standard.clone());
    put(
        &mut row,
        "standard_digest",
        evidence.standard_digest.clone(),
    );
    put(&mut row, "config", evidence.config.clone());
    put(&mut row, "calibration", evidence.calibration.clone());
    row
}

fn cell_row(
    report: &TrayReport,
    cell: &CellReport,
    corrected: Option<String>,
) -> Map<String, Value> {
    let mut row = Map::new();
    put(&mut row, "tray_uid", report.facts.tray_uid.clone());
    put(&mut row, "pass", report.facts.pass);
    put(&mut row, "row", cell.row);
    put(&mut row, "col", cell.col);
    put(&mut row, "verdict", cell.verdict.to_string());
    put(
        &mut row,
        "grade",
        cell.grade.as_ref().map(ToString::to_string),
    );
    put(
        &mut row,
        "reason",
        cell.reason.as_ref().map(ToString::to_string),
    );
    put(&mut row, "action", cell.action.to_string());
    put(&mut row, "corrected", corrected);
    put(&mut row, "occupied", cell.occupied);
    put(&mut row, "several", cell.several);
    put(&mut row, "plants", cell.plants);
    put(&mut row, "area_pitch2", cell.area_pitch2);
    put(&mut row, "area_mm2", cell.area_mm2);
    put(&mut row, "area_px", cell.area_px);
    put(&mut row, "centre_x_px", cell.centre_px.map(|[x, _]| x));
    put(&mut row, "centre_y_px", cell.centre_px.map(|[_, y]| y));
    put(&mut row, "offset_pitch", cell.offset_pitch);
    put(&mut row, "offset_mm", cell.offset_mm);
    put(&mut row, "chlorotic", cell.chlorotic);
    put(&mut row, "necrotic", cell.necrotic);
    put(&mut row, "overlap", cell.overlap);
    put(&mut row, "leaves", cell.leaves);
    put(
        &mut row,
        "area_deviation_pitch2",
        cell.area_deviation_pitch2,
    );
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::samples;
    use crate::store::{Record, StoreWriter, TrayRecord, WriterParams};

    #[test]
    fn every_column_is_in_every_row_and_every_value_has_its_column() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let writer = StoreWriter::open(&path, WriterParams::default()).unwrap();
        for report in [
            samples::graded(2, 7, 70.0, 20.0),
            samples::refused("too dark"),
        ] {
            writer.write(Record::Tray(Box::new(TrayRecord {
                received_at: "2026-11-24T08:00:01.000Z".to_owned(),
                report,
            })));
        }
        drop(writer);
        let mut exported = Vec::new();
        let store = StoreReader::open(&path).unwrap();
        let mut take = |tray: &ExportedTray| -> Result<(), StoreError> {
            exported.push(tray.clone());
            Ok(())
        };
        assert_eq!(store.export(&ExportScope::default(), &mut take).unwrap(), 2);
        let names = |table: &str| {
            let mut names: Vec<&str> = EXPORT_COLUMNS
                .iter()
                .filter(|column| column.table == table)
                .map(|column| column.name)
                .collect();
            names.sort_unstable();
            names
        };
        for tray in &exported {
            let mut keys: Vec<&str> = tray.tray.keys().map(String::as_str).collect();
            keys.sort_unstable();
            assert_eq!(keys, names("trays"));
            for cell in &tray.cells {
                let mut keys: Vec<&str> = cell.keys().map(String::as_str).collect();
                keys.sort_unstable();
                assert_eq!(keys, names("cells"));
            }
        }
        assert_eq!((exported[0].cells.len(), exported[1].cells.len()), (14, 0));
        let count = |scope: &ExportScope| {
            let counted = store.export(scope, &mut |_| Ok::<(), StoreError>(()));
            counted.unwrap()
        };
        let another = ExportScope {
            lot: Some("another".to_owned()),
            ..ExportScope::default()
        };
        assert_eq!(count(&another), 0);
        // The graded tray was seen at 08:00, the refused one has no moment of its own: it was received a second later.
        let seen = |from: &str, before: &str| {
            count(&ExportScope {
                seen: Some([from, before].map(|moment| moment.parse().unwrap())),
                ..ExportScope::default()
            })
        };
        let day = "2026-11-24T";
        let within =
            |from: &str, before: &str| seen(&format!("{day}{from}Z"), &format!("{day}{before}Z"));
        assert_eq!(within("07:59:00", "08:00:00"), 0);
        assert_eq!(within("08:00:00", "08:00:02"), 2);
        assert_eq!(
            within("08:00:01", "23:00:00"),
            within("08:00:01", "08:00:02")
        );
    }
}
