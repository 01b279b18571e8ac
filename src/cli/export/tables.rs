//! Trays and cells as CSV, JSON Lines or Parquet.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Map, Value};

use crate::store::{EXPORT_COLUMNS, ExportedTray, ParquetTable, StoreReader};

use super::super::exit::Failure;
use super::super::output::print;
use super::super::results::write_whole;
use super::ExportArguments;

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
    fn ending(self) -> &'static str {
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
        let path = folder.join(format!("{name}.{}", format.ending()));
        let wrong = || format!("{}: cannot be written", path.display());
        let part = tempfile::NamedTempFile::new_in(folder).with_context(wrong)?;
        let file = part.reopen().with_context(wrong)?;
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

/// Writes both tables and their columns.
pub fn write(
    stores: &[StoreReader],
    arguments: &ExportArguments,
    format: TableFormat,
) -> Result<(), Failure> {
    let mut trays = Table::create(&arguments.out, "trays", format)?;
    let mut cells = Table::create(&arguments.out, "cells", format)?;
    let (mut tray_rows, mut cell_rows) = (0_u64, 0_u64);
    let mut take = |tray: &ExportedTray| -> anyhow::Result<()> {
        if !seen_on(tray, arguments.day.as_deref()) {
            return Ok(());
        }
        trays.write(&tray.tray)?;
        for cell in &tray.cells {
            cells.write(cell)?;
        }
        tray_rows += 1;
        cell_rows += tray.cells.len() as u64;
        Ok(())
    };
    for store in stores {
        store
            .export(arguments.lot.as_deref(), &mut take)
            .map_err(Failure::resource)?;
    }
    let trays_path = trays.finish().map_err(Failure::resource)?;
    let cells_path = cells.finish().map_err(Failure::resource)?;
    write_whole(&arguments.out.join("columns.csv"), columns().as_bytes())
        .map_err(Failure::resource)?;
    print(&format!(
        "{}: {tray_rows} trays\n{}: {cell_rows} cells\n",
        trays_path.display(),
        cells_path.display()
    ))?;
    Ok(())
}

/// Whether a tray was seen on a day; on any where none is named.
fn seen_on(tray: &ExportedTray, day: Option<&str>) -> bool {
    let Some(day) = day else { return true };
    let moment = ["captured_at", "received_at"]
        .into_iter()
        .find_map(|name| tray.tray.get(name)?.as_str());
    moment.is_some_and(|moment| moment.starts_with(day))
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
