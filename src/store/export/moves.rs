//! Moves of plugs as rows, those that were taken back with who did.

use serde_json::{Map, Value};

use super::{ExportScope, put};
use crate::store::statements::table::select_where_kept;
use crate::store::{MovesTakenBack, PlugMove, StandingCell, StoreError, StoreReader};

/// Moves that are read at once.
const AT_ONCE: u32 = 256;

/// A move by the names of its columns.
pub type MoveRow = Map<String, Value>;

impl StoreReader {
    /// Gives every move that was told to `take`, in the order of storing, with the keys of [`super::EXPORT_COLUMNS`]: of a lot
    /// those into and out of its trays, of a span those that were told in it. How many there were.
    ///
    /// # Errors
    /// SQLite failed, or what `take` says.
    pub fn export_moves<E: From<StoreError>>(
        &self,
        scope: &ExportScope,
        take: &mut dyn FnMut(&MoveRow) -> Result<(), E>,
    ) -> Result<u64, E> {
        let (mut count, mut last) = (0, 0);
        loop {
            let next = "WHERE id > ?1 ORDER BY id LIMIT ?2";
            let moves: Vec<(i64, PlugMove)> =
                select_where_kept(&self.connection, next, (last, AT_ONCE))?;
            let Some((id, _)) = moves.last() else {
                return Ok(count);
            };
            last = *id;
            for (_, made) in moves.iter().filter(|(_, made)| scope.has_move(made)) {
                let back = self.moves_taken_back(&made.key)?;
                take(&row(made, back.as_ref()))?;
                count += 1;
            }
        }
    }
}

impl ExportScope {
    fn has_move(&self, made: &PlugMove) -> bool {
        let of_lot = self.lot.as_ref().is_none_or(|lot| {
            let mut cells = made.done.cells();
            cells.any(|cell| cell.tray.lot.as_ref() == Some(lot))
        });
        let told = made.at.parse::<jiff::Timestamp>().ok();
        let in_span = self
            .seen
            .is_none_or(|[from, before]| told.is_some_and(|told| from <= told && told < before));
        of_lot && in_span
    }
}

fn row(made: &PlugMove, back: Option<&MovesTakenBack>) -> Map<String, Value> {
    let mut row = Map::new();
    put(&mut row, "at", made.at.clone());
    put(&mut row, "who", made.who.clone());
    put(&mut row, "key", made.key.clone());
    put(&mut row, "number", made.number);
    let names = ["tray_uid", "tray_code", "lot", "row", "col"];
    put_cell(&mut row, names, Some(made.done.at()));
    let names = [
        "donor_uid",
        "donor_code",
        "donor_lot",
        "donor_row",
        "donor_col",
    ];
    put_cell(&mut row, names, made.done.from());
    put(&mut row, "taken_back_at", back.map(|back| back.at.clone()));
    put(&mut row, "taken_back_by", back.map(|back| back.who.clone()));
    row
}

fn put_cell(row: &mut Map<String, Value>, names: [&str; 5], of: Option<&StandingCell>) {
    let [uid, code, lot, at_row, at_col] = names;
    put(row, uid, of.map(|of| of.tray.uid.clone()));
    put(row, code, of.and_then(|of| of.tray.code.clone()));
    put(row, lot, of.and_then(|of| of.tray.lot.clone()));
    put(row, at_row, of.map(|of| of.cell.row));
    put(row, at_col, of.map(|of| of.cell.col));
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use super::super::EXPORT_COLUMNS;
    use super::*;
    use crate::store::{
        CellPlace, Done, StandingTray, Statement, StatementWriter, StoreWriter, WriterParams,
    };

    fn cell(uid: &str, lot: &str) -> StandingCell {
        StandingCell {
            tray: StandingTray {
                uid: uid.to_owned(),
                code: None,
                lot: Some(lot.to_owned()),
            },
            cell: CellPlace { row: 1, col: 2 },
        }
    }

    fn told(hour: u32, done: Done) -> Statement {
        Statement::PlugMove(PlugMove {
            at: format!("2026-11-24T{hour:02}:00:00Z"),
            who: "li".to_owned(),
            key: format!("k{hour}"),
            number: 0,
            done,
        })
    }

    #[test]
    fn a_move_is_a_row_of_its_lots_and_of_the_day_on_which_it_was_told_taken_back_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let writer = StoreWriter::open(&path, WriterParams::default()).unwrap();
        assert_eq!(writer.close().lost, 0);
        let (from, into) = (cell("t1", "b"), cell("t2", "a"));
        let mut writer = StatementWriter::open(&path, Duration::from_secs(1)).unwrap();
        writer
            .add_all(&[
                told(8, Done::Moved { from, into }),
                told(
                    9,
                    Done::Cleared {
                        cell: cell("t2", "a"),
                    },
                ),
                Statement::MovesTakenBack(MovesTakenBack {
                    at: "2026-11-25T08:00:00Z".to_owned(),
                    who: "wang".to_owned(),
                    key: "k9".to_owned(),
                }),
            ])
            .unwrap();
        let store = StoreReader::open(&path).unwrap();
        let rows = |lot: Option<&str>, seen: Option<[&str; 2]>| {
            let scope = ExportScope {
                lot: lot.map(str::to_owned),
                seen: seen.map(|span| span.map(|at| at.parse().unwrap())),
            };
            let mut rows = Vec::new();
            let mut take = |row: &Map<String, Value>| -> Result<(), StoreError> {
                rows.push(row.clone());
                Ok(())
            };
            store.export_moves(&scope, &mut take).unwrap();
            rows
        };
        let all = rows(None, None);
        let columns = EXPORT_COLUMNS
            .iter()
            .filter(|column| column.table == "moves");
        let mut columns: Vec<&str> = columns.map(|column| column.name).collect();
        columns.sort_unstable();
        for row in &all {
            let mut keys: Vec<&str> = row.keys().map(String::as_str).collect();
            keys.sort_unstable();
            assert_eq!(keys, columns);
        }
        assert_eq!(
            (&all[0]["donor_lot"], &all[0]["taken_back_by"]),
            (&"b".into(), &Value::Null)
        );
        assert_eq!(
            (&all[1]["donor_uid"], &all[1]["taken_back_by"]),
            (&Value::Null, &"wang".into())
        );
        assert_eq!(
            (rows(Some("a"), None).len(), rows(Some("b"), None).len()),
            (2, 1)
        );
        let hour = ["2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z"];
        assert_eq!(rows(None, Some(hour)), all[1..]);
    }
}
