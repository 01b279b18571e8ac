//! Trays, cells and moves as CSV, JSON Lines or Parquet.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Map, Value};

use crate::statistics::TrayCounts;
use crate::store::{EXPORT_COLUMNS, ExportScope, ExportedTray, ParquetTable, StoreReader};

use super::manifest::{self, ExportOf, Manifest, WrittenFile};

/// How tables are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// RFC 4180.
    Csv,
    /// An object a line.
    Jsonl,
    /// Apache Parquet.
    Parquet,
}

impl TableFormat {
    /// How the names of its files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
        }
    }
}

/// A table that is being written.
struct Table {
    /// Where it will be when it is whole.
    path: PathBuf,
    part: tempfile::NamedTempFile,
    rows: Rows,
}

enum Rows {
    Csv(BufWriter<File>, Vec<&'static str>),
    Jsonl(BufWriter<File>),
    Parquet(Box<ParquetTable>),
}

impl Table {
    fn create(folder: &Path, name: &str, format: TableFormat) -> anyhow::Result<Self> {
        let path = folder.join(file_name(name, format));
        let part = manifest::begin(folder, &file_name(name, format))?;
        let file = part
            .reopen()
            .with_context(|| format!("{}: cannot be written", path.display()))?;
        let rows = match format {
            TableFormat::Parquet => Rows::Parquet(Box::new(ParquetTable::create(file, name)?)),
            TableFormat::Csv => {
                let of_table = EXPORT_COLUMNS.iter().filter(|column| column.table == name);
                let columns: Vec<&str> = of_table.map(|column| column.name).collect();
                let mut file = BufWriter::new(file);
                file.write_all(csv_line(columns.iter().copied()).as_bytes())?;
                Rows::Csv(file, columns)
            }
            TableFormat::Jsonl => Rows::Jsonl(BufWriter::new(file)),
        };
        Ok(Self { path, part, rows })
    }

    fn write(&mut self, row: &Map<String, Value>) -> anyhow::Result<()> {
        match &mut self.rows {
            Rows::Csv(file, columns) => {
                let values = columns.iter().map(|column| text(row.get(*column)));
                file.write_all(csv_line(values).as_bytes())?;
            }
            Rows::Jsonl(file) => {
                serde_json::to_writer(&mut *file, row)?;
                file.write_all(b"\n")?;
            }
            Rows::Parquet(table) => table.write(row)?,
        }
        Ok(())
    }

    /// Has it on the disk, then under its name.
    fn finish(self) -> anyhow::Result<PathBuf> {
        let file = match self.rows {
            Rows::Csv(file, _) | Rows::Jsonl(file) => file
                .into_inner()
                .map_err(std::io::IntoInnerError::into_error)?,
            Rows::Parquet(table) => table.finish()?,
        };
        file.sync_all()?;
        self.part.persist(&self.path)?;
        Ok(self.path)
    }
}

/// A value in CSV: nothing where nobody knows.
fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

/// The file of a table.
fn file_name(table: &str, format: TableFormat) -> String {
    format!("{table}.{}", format.ending())
}

/// The file that says what columns mean.
const COLUMNS: &str = "columns.csv";

/// The files of an export beside its manifest.
pub fn file_names(format: TableFormat) -> Vec<String> {
    let tables = ["trays", "cells", "moves"].map(|table| file_name(table, format));
    tables.into_iter().chain([COLUMNS.to_owned()]).collect()
}

/// Writes all tables, their columns, and last the manifest. What was written, a line a table.
pub fn write(
    stores: &[StoreReader],
    scope: &ExportScope,
    of: ExportOf,
    folder: &Path,
    format: TableFormat,
) -> anyhow::Result<String> {
    let mut trays = Table::create(folder, "trays", format)?;
    let mut cells = Table::create(folder, "cells", format)?;
    let (mut counts, mut cell_rows) = (TrayCounts::default(), 0_u64);
    let mut take = |tray: &ExportedTray| -> anyhow::Result<()> {
        trays.write(&tray.tray)?;
        for cell in &tray.cells {
            cells.write(cell)?;
        }
        match tray.tray.get("status").and_then(Value::as_str) {
            Some("graded") => counts.graded += 1,
            Some("refused") => counts.refused += 1,
            _ => counts.failed += 1,
        }
        cell_rows += tray.cells.len() as u64;
        Ok(())
    };
    let mut tray_rows = 0;
    for store in stores {
        tray_rows += store.export(scope, &mut take)?;
    }
    let trays_path = trays.finish()?;
    let cells_path = cells.finish()?;
    let mut moves = Table::create(folder, "moves", format)?;
    let mut move_rows = 0;
    for store in stores {
        move_rows += store.export_moves(scope, &mut |row| moves.write(row))?;
    }
    let moves_path = moves.finish()?;
    manifest::write_synced(folder, COLUMNS, columns().as_bytes())?;
    let files = file_names(format)
        .iter()
        .map(|name| WrittenFile::of(folder, name))
        .collect::<anyhow::Result<_>>()?;
    let manifest = Manifest {
        of,
        trays: counts,
        cells: cell_rows,
        moves: move_rows,
        files,
    };
    manifest.write(folder)?;
    Ok(format!(
        "{}: {tray_rows} trays\n{}: {cell_rows} cells\n{}: {move_rows} moves\n",
        trays_path.display(),
        cells_path.display(),
        moves_path.display()
    ))
}

fn columns() -> String {
    let head = csv_line(["table", "name", "trait", "method", "scale"]);
    let lines = EXPORT_COLUMNS.iter().map(|column| {
        let plant_trait = column.plant_trait.unwrap_or_default();
        csv_line([
            column.table,
            column.name,
            plant_trait,
            column.method,
            column.scale,
        ])
    });
    std::iter::once(head).chain(lines).collect()
}

/// A line of CSV (RFC 4180): values that hold what CSV uses itself stand in quotes.
fn csv_line(values: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let quoted = |value: &str| {
        if value.contains(['"', ',', '\n', '\r']) {
            format!("\"{}\"", value.replace('"', "\"\""))
        } else {
            value.to_owned()
        }
    };
    let values: Vec<String> = values.into_iter().map(|v| quoted(v.as_ref())).collect();
    values.join(",") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_commas_quotes_and_lines_is_one_value() {
        let line = csv_line(["番茄, 大果", "a \"b\"", "two\nlines", ""]);
        assert_eq!(line, "\"番茄, 大果\",\"a \"\"b\"\"\",\"two\nlines\",\n");
    }
}
