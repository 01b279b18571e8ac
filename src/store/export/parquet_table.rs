//! A table of an export as a Parquet file.
//!
//! In: rows with the keys of [`EXPORT_COLUMNS`]. Out: a file that pandas, DuckDB and others open, whose columns say trait,
//! method, scale and unit. Invariant: at most [`ROWS_TOGETHER`] rows are held in memory, however many are written.

use std::fs::File;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
pub use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type, TypePtr};
use serde_json::{Map, Value};

use super::arrow_schema;
use super::{ColumnValue, EXPORT_COLUMNS, ExportColumn};

/// Rows of a row group: about what readers recommend, and some tens of megabytes of the widest table.
const ROWS_TOGETHER: usize = 1 << 16;
/// The file-level key that holds all columns' meanings as JSON, for readers that have no use for Arrow's schema.
pub const COLUMNS_KEY: &str = "seedgrade.columns";
/// An optional column's level of a value that is there.
const THERE: i16 = 1;

/// A table that is being written.
pub struct ParquetTable {
    writer: SerializedFileWriter<File>,
    columns: Vec<Column>,
    rows: usize,
    rows_together: usize,
}

/// The values of a column that wait for their row group, and for each row whether it has one.
struct Column {
    name: &'static str,
    there: Vec<i16>,
    values: Values,
}

enum Values {
    Text(Vec<ByteArray>),
    Whole(Vec<i64>),
    Real(Vec<f64>),
}

impl ParquetTable {
    /// Begins a file with the columns of `table`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn create(file: File, table: &str) -> Result<Self, ParquetError> {
        Self::with_row_groups(file, table, ROWS_TOGETHER)
    }

    fn with_row_groups(
        file: File,
        table: &str,
        rows_together: usize,
    ) -> Result<Self, ParquetError> {
        let of_table = EXPORT_COLUMNS.iter().filter(|column| column.table == table);
        let columns: Vec<ExportColumn> = of_table.copied().collect();
        let meanings = serde_json::to_string(&columns)
            .map_err(|error| ParquetError::External(Box::new(error)))?;
        let said = vec![
            KeyValue::new(COLUMNS_KEY.to_owned(), meanings),
            KeyValue::new(
                arrow_schema::ARROW_SCHEMA_KEY.to_owned(),
                arrow_schema::encoded(&columns),
            ),
        ];
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_key_value_metadata(Some(said))
            .build();
        let schema = schema(table, &columns)?;
        Ok(Self {
            writer: SerializedFileWriter::new(file, schema, Arc::new(properties))?,
            columns: columns.iter().map(Column::new).collect(),
            rows: 0,
            rows_together,
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// A value is not of its column's kind, or the file cannot be written.
    pub fn write(&mut self, row: &Map<String, Value>) -> Result<(), ParquetError> {
        for column in &mut self.columns {
            column.take(row.get(column.name))?;
        }
        self.rows += 1;
        if self.rows >= self.rows_together {
            self.write_row_group()?;
        }
        Ok(())
    }

    /// Ends the file; it is not on the disk until it is synced.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(mut self) -> Result<File, ParquetError> {
        if self.rows > 0 {
            self.write_row_group()?;
        }
        self.writer.into_inner()
    }

    fn write_row_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        for column in &mut self.columns {
            let Some(mut writer) = group.next_column()? else {
                break;
            };
            column.give(writer.untyped())?;
            writer.close()?;
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }
}

impl Column {
    fn new(column: &ExportColumn) -> Self {
        Self {
            name: column.name,
            there: Vec::new(),
            values: match column.value {
                ColumnValue::Text => Values::Text(Vec::new()),
                ColumnValue::Whole => Values::Whole(Vec::new()),
                ColumnValue::Real => Values::Real(Vec::new()),
            },
        }
    }

    fn take(&mut self, value: Option<&Value>) -> Result<(), ParquetError> {
        let Some(value) = value.filter(|value| !value.is_null()) else {
            self.there.push(0);
            return Ok(());
        };
        let taken = match &mut self.values {
            Values::Text(texts) => value
                .as_str()
                .map(|text| texts.push(text.as_bytes().to_vec().into())),
            Values::Whole(numbers) => value.as_i64().map(|number| numbers.push(number)),
            Values::Real(numbers) => value.as_f64().map(|number| numbers.push(number)),
        };
        self.there.push(THERE);
        taken.ok_or_else(|| {
            let wrong = format!("column {}: {value} is not of its kind", self.name);
            ParquetError::General(wrong)
        })
    }

    /// Writes what waits.
    fn give(&mut self, writer: &mut ColumnWriter<'_>) -> Result<(), ParquetError> {
        let there = Some(&self.there[..]);
        match (&mut self.values, writer) {
            (Values::Text(texts), ColumnWriter::ByteArrayColumnWriter(writer)) => {
                writer.write_batch(texts, there, None)?;
                texts.clear();
            }
            (Values::Whole(numbers), ColumnWriter::Int64ColumnWriter(writer)) => {
                writer.write_batch(numbers, there, None)?;
                numbers.clear();
            }
            (Values::Real(numbers), ColumnWriter::DoubleColumnWriter(writer)) => {
                writer.write_batch(numbers, there, None)?;
                numbers.clear();
            }
            _ => {
                let wrong = format!("column {}: its schema is of another kind", self.name);
                return Err(ParquetError::General(wrong));
            }
        }
        self.there.clear();
        Ok(())
    }
}

fn schema(table: &str, columns: &[ExportColumn]) -> Result<TypePtr, ParquetError> {
    let field = |column: &ExportColumn| -> Result<TypePtr, ParquetError> {
        let (kind, logical) = match column.value {
            ColumnValue::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
            ColumnValue::Whole => (PhysicalType::INT64, None),
            ColumnValue::Real => (PhysicalType::DOUBLE, None),
        };
        let field = Type::primitive_type_builder(column.name, kind)
            .with_logical_type(logical)
            .with_repetition(Repetition::OPTIONAL)
            .build()?;
        Ok(Arc::new(field))
    };
    let fields = columns.iter().map(field).collect::<Result<_, _>>()?;
    let schema = Type::group_type_builder(table)
        .with_fields(fields)
        .build()?;
    Ok(Arc::new(schema))
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::file::reader::{FileReader as _, SerializedFileReader};

    fn row(number: i64) -> Map<String, Value> {
        let mut row = Map::new();
        row.insert("tray_uid".to_owned(), format!("番茄 {number}").into());
        row.insert("row".to_owned(), number.into());
        let area = if number == 3 {
            Value::Null
        } else {
            (number as f64 / 10.0).into()
        };
        row.insert("area_mm2".to_owned(), area);
        row
    }

    fn written(rows: i64, together: usize) -> SerializedFileReader<File> {
        let file = tempfile::tempfile().unwrap();
        let mut table = ParquetTable::with_row_groups(file, "cells", together).unwrap();
        for number in 0..rows {
            table.write(&row(number)).unwrap();
        }
        SerializedFileReader::new(table.finish().unwrap()).unwrap()
    }

    #[test]
    fn rows_come_back_in_groups_of_a_bounded_size() {
        let reader = written(5, 2);
        let groups: Vec<i64> = reader
            .metadata()
            .row_groups()
            .iter()
            .map(|group| group.num_rows())
            .collect();
        assert_eq!(groups, [2, 2, 1]);
        let rows: Vec<String> = reader
            .get_row_iter(None)
            .unwrap()
            .map(|row| row.unwrap().to_string())
            .collect();
        assert_eq!(rows.len(), 5);
        assert!(rows[4].contains("番茄 4") && rows[4].contains("area_mm2: 0.4"));
        assert!(rows[3].contains("area_mm2: null"), "{}", rows[3]);
    }

    #[test]
    fn a_table_without_rows_is_a_file_with_columns() {
        let reader = written(0, 2);
        let schema = reader.metadata().file_metadata().schema_descr();
        let cells = EXPORT_COLUMNS.iter().filter(|c| c.table == "cells").count();
        assert_eq!(schema.num_columns(), cells);
        assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
    }

    #[test]
    fn a_value_of_another_kind_is_refused_by_its_columns_name() {
        let mut table = ParquetTable::create(tempfile::tempfile().unwrap(), "cells").unwrap();
        let mut wrong = row(1);
        wrong.insert("row".to_owned(), "first".into());
        let error = table.write(&wrong).unwrap_err().to_string();
        assert!(error.contains("column row"), "{error}");
    }
}
