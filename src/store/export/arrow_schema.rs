//! The columns as an Arrow schema: what a Parquet file says of its columns under the key `ARROW:schema`.
//!
//! Parquet's own place for a column's keys and values is read by few programs and offered by few writers; Arrow's (C++,
//! Python, R, pandas) take the fields' metadata from this key. It holds an encapsulated message of Arrow's columnar
//! format (version 1.0, `Message.fbs` and `Schema.fbs`) in base64; only what these tables need of it is written.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flatbuffers::{FlatBufferBuilder, TableFinishedWIPOffset, VOffsetT, WIPOffset};

use super::{ColumnValue, ExportColumn};

/// The file-level key.
pub(super) const ARROW_SCHEMA_KEY: &str = "ARROW:schema";
/// How an encapsulated message begins; its length follows in 32 bits.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// `MetadataVersion.V5`.
const VERSION_5: i16 = 4;
/// `MessageHeader.Schema`.
const HEADER_IS_SCHEMA: u8 = 1;
/// `Precision.DOUBLE`.
const DOUBLE: i16 = 2;

/// The place of a table's `index`th field, as flatbuffers counts it.
const fn slot(index: VOffsetT) -> VOffsetT {
    4 + 2 * index
}

type Builder<'a> = FlatBufferBuilder<'a>;
type Written = WIPOffset<TableFinishedWIPOffset>;

/// The value of [`ARROW_SCHEMA_KEY`] for columns.
pub(super) fn encoded(columns: &[ExportColumn]) -> String {
    let mut builder = Builder::new();
    let fields: Vec<Written> = columns.iter().map(|c| field(&mut builder, c)).collect();
    let fields = builder.create_vector(&fields);
    let schema = builder.start_table();
    builder.push_slot_always(slot(1), fields);
    let schema = builder.end_table(schema);
    let message = builder.start_table();
    builder.push_slot(slot(0), VERSION_5, 0);
    builder.push_slot(slot(1), HEADER_IS_SCHEMA, 0);
    builder.push_slot_always(slot(2), schema);
    let message = builder.end_table(message);
    builder.finish_minimal(WIPOffset::<TableFinishedWIPOffset>::new(message.value()));
    let message = builder.finished_data();
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    BASE64_STANDARD.encode([&CONTINUATION, &length.to_le_bytes(), message].concat())
}

/// `Field`: name, nullable, its type, its keys and values.
fn field(builder: &mut Builder<'_>, column: &ExportColumn) -> Written {
    let said: Vec<Written> = column
        .meaning()
        .into_iter()
        .map(|(key, value)| key_value(builder, key, value))
        .collect();
    let said = builder.create_vector(&said);
    let no_children = builder.create_vector::<Written>(&[]);
    let name = builder.create_string(column.name);
    let (kind, of_kind) = value_type(builder, column.value);
    let field = builder.start_table();
    builder.push_slot_always(slot(0), name);
    builder.push_slot(slot(1), true, false);
    builder.push_slot(slot(2), kind, 0);
    builder.push_slot_always(slot(3), of_kind);
    builder.push_slot_always(slot(5), no_children);
    builder.push_slot_always(slot(6), said);
    builder.end_table(field)
}

fn key_value(builder: &mut Builder<'_>, key: &str, value: &str) -> Written {
    let (key, value) = (builder.create_string(key), builder.create_string(value));
    let pair = builder.start_table();
    builder.push_slot_always(slot(0), key);
    builder.push_slot_always(slot(1), value);
    builder.end_table(pair)
}

/// Which member of the union `Type`, and its table.
fn value_type(builder: &mut Builder<'_>, value: ColumnValue) -> (u8, Written) {
    let table = builder.start_table();
    let kind = match value {
        ColumnValue::Whole => {
            builder.push_slot(slot(0), 64_i32, 0);
            builder.push_slot(slot(1), true, false);
            2 // Int
        }
        ColumnValue::Real => {
            builder.push_slot(slot(0), DOUBLE, 0);
            3 // FloatingPoint
        }
        ColumnValue::Text => 5, // Utf8
    };
    (kind, builder.end_table(table))
}
