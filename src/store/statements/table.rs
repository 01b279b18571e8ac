//! A kind of statement as rows of its table.

use rusqlite::types::Value;
use rusqlite::{Connection, Params, Row, params_from_iter};

use crate::store::StoreError;

/// A row of a table whose first two columns are its number and its digest.
pub(in crate::store) trait Table: Sized {
    /// The table.
    const NAME: &'static str;
    /// Its further columns, in order.
    const COLUMNS: &'static [&'static str];
    /// Their values.
    fn values(&self) -> Vec<Value>;
    /// A row back; the columns begin at 1, after the row's number.
    fn read(row: &Row<'_>) -> rusqlite::Result<Self>;
}

/// Adds a row; false when its content is there already.
pub(super) fn insert<T: Table>(
    connection: &Connection,
    row: &T,
    digest: &[u8; 32],
) -> Result<bool, StoreError> {
    let places: String = (0..T::COLUMNS.len()).map(|_| ", ?").collect();
    let insert = format!(
        "INSERT INTO {} (digest, {}) VALUES (?{places}) ON CONFLICT (digest) DO NOTHING",
        T::NAME,
        T::COLUMNS.join(", ")
    );
    let values = std::iter::once(Value::Blob(digest.to_vec())).chain(row.values());
    let added = connection
        .prepare_cached(&insert)?
        .execute(params_from_iter(values))?;
    Ok(added == 1)
}

/// The rows that meet `condition` (SQL after FROM), with their numbers.
pub(in crate::store) fn select<T: Table>(
    connection: &Connection,
    condition: &str,
    values: impl Params,
) -> Result<Vec<(i64, T)>, StoreError> {
    let (columns, name) = (T::COLUMNS.join(", "), T::NAME);
    let mut statement =
        connection.prepare_cached(&format!("SELECT id, {columns} FROM {name} {condition}"))?;
    let rows = statement.query_map(values, |row| Ok((row.get(0)?, T::read(row)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The same of a kind that older stores, which may be read as they are, have no table for: they hold none of it.
pub(in crate::store) fn select_where_kept<T: Table>(
    connection: &Connection,
    condition: &str,
    values: impl Params,
) -> Result<Vec<(i64, T)>, StoreError> {
    match is_kept::<T>(connection)? {
        true => select(connection, condition, values),
        false => Ok(Vec::new()),
    }
}

/// The number of the last row of a kind; nought where there is none, or no table for it.
pub(in crate::store) fn last_where_kept<T: Table>(
    connection: &Connection,
) -> Result<i64, StoreError> {
    if !is_kept::<T>(connection)? {
        return Ok(0);
    }
    let last = format!("SELECT coalesce(max(id), 0) FROM {}", T::NAME);
    let mut statement = connection.prepare_cached(&last)?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

fn is_kept<T: Table>(connection: &Connection) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)",
    )?;
    Ok(statement.query_row([T::NAME], |row| row.get(0))?)
}

/// The same without their numbers.
pub(in crate::store) fn select_rows<T: Table>(
    connection: &Connection,
    condition: &str,
    values: impl Params,
) -> Result<Vec<T>, StoreError> {
    let rows = select(connection, condition, values)?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}
