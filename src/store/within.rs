//! What a store holds of a span of time, such as a shift: where passes went, sums, events, ends of commands, corrections.
//!
//! It costs what the span holds, whatever the store does: trays and events are looked up by their moments, rows of other
//! tables by halving, since they are stored in the order in which they were made.

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use crate::statistics::{Tally, TallyKey};

use super::reader::{StoreReader, stored_event};
use super::statements::table::{Table, select};
use super::{Correction, EventRecord, LATE, StoreError, roll_ups};

/// Rows may be stored so much later than they were made, or than others that were made after them.
const OUT_OF_ORDER: SignedDuration = SignedDuration::from_hours(1);

/// The passes of a lot that went one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutedPasses {
    /// The lot.
    pub lot: Option<String>,
    /// Where they went; none of trays that were not graded.
    pub route: Option<String>,
    /// How many passes: of a tray that passed twice both count.
    pub passes: u64,
}

/// Ends of commands that are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandEnds {
    /// `accepted`, `refused`, `fired`, `missing` or `dropped`.
    pub outcome: String,
    /// Why refused, missing or dropped.
    pub reason: Option<String>,
    /// How many triggers ended so.
    pub triggers: u64,
}

/// Commands that came too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LateCommands {
    /// Triggers that ended as late ones.
    pub late: u64,
    /// Of them those for whose tray any command is stored as accepted or fired.
    pub fired: u64,
}

/// Moments as rows have them: texts in UTC, which compare as moments do down to the second, where spans begin and end.
pub(super) fn as_stored<const N: usize>(moments: [Timestamp; N]) -> [String; N] {
    moments.map(|moment| moment.strftime("%Y-%m-%dT%H:%M:%S").to_string())
}

impl StoreReader {
    /// Where the passes seen within a span went.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn routes_within(&self, span: [Timestamp; 2]) -> Result<Vec<RoutedPasses>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT lot, route, count(*) FROM trays
             WHERE coalesce(captured_at, received_at) >= ?1 AND coalesce(captured_at, received_at) < ?2
             GROUP BY lot, route",
        )?;
        let rows = statement.query_map(as_stored(span), |row| {
            Ok(RoutedPasses {
                lot: row.get(0)?,
                route: row.get(1)?,
                passes: row.get::<_, i64>(2)? as u64,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Sums of the trays of a lot, or of those without one, that were seen within a span; its ends are quarters of an hour.
    /// A tray that passed more than once is in the span of the pass that counts.
    ///
    /// # Errors
    /// SQLite failed, or a row is damaged.
    pub fn tallies_within(
        &self,
        lot: Option<&str>,
        span: [Timestamp; 2],
    ) -> Result<Vec<(TallyKey, Tally)>, StoreError> {
        let [from, before] = span.map(|end| end.strftime("%Y-%m-%dT%H:%M").to_string());
        let kept = roll_ups::kept_within(&self.connection, lot, [&from, &before])?;
        Ok(kept.into_iter().collect())
    }

    /// Events within a span with their numbers, in the order of time.
    ///
    /// # Errors
    /// SQLite failed, or a row is damaged.
    pub fn events_within(
        &self,
        span: [Timestamp; 2],
    ) -> Result<Vec<(i64, EventRecord)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, at, kind, message, detail FROM events WHERE at >= ?1 AND at < ?2 ORDER BY at, id",
        )?;
        statement
            .query_and_then(as_stored(span), stored_event)?
            .collect()
    }

    /// The last events before a moment, at most so many, in the order of time.
    ///
    /// # Errors
    /// SQLite failed, or a row is damaged.
    pub fn events_before(
        &self,
        moment: Timestamp,
        limit: u32,
    ) -> Result<Vec<EventRecord>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, at, kind, message, detail FROM events WHERE at < ?1 ORDER BY at DESC, id DESC LIMIT ?2",
        )?;
        let [moment] = as_stored([moment]);
        let mut events = statement
            .query_and_then(params![moment, limit], |row| Ok(stored_event(row)?.1))?
            .collect::<Result<Vec<_>, StoreError>>()?;
        events.reverse();
        Ok(events)
    }

    /// How the triggers ended whose end was within a span, the most frequent end first.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn command_ends_within(
        &self,
        span: [Timestamp; 2],
    ) -> Result<Vec<CommandEnds>, StoreError> {
        let [first, behind] = self.rows_around("commands", span)?;
        let [from, before] = as_stored(span);
        let mut statement = self.connection.prepare_cached(
            "SELECT outcome, reason, count(*) AS triggers FROM commands
             WHERE id >= ?1 AND id < ?2 AND at >= ?3 AND at < ?4
             GROUP BY outcome, reason ORDER BY triggers DESC, outcome, reason",
        )?;
        let rows = statement.query_map(params![first, behind, from, before], |row| {
            Ok(CommandEnds {
                outcome: row.get(0)?,
                reason: row.get(1)?,
                triggers: row.get::<_, i64>(2)? as u64,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The triggers within a span that ended because their command was late, and those of them for whose tray a command
    /// was carried out all the same, whenever.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn late_within(&self, span: [Timestamp; 2]) -> Result<LateCommands, StoreError> {
        let [first, behind] = self.rows_around("commands", span)?;
        let [from, before] = as_stored(span);
        let [by_line, by_actuator] = LATE;
        let mut statement = self.connection.prepare_cached(
            "SELECT count(*), coalesce(sum(EXISTS (
                 SELECT 1 FROM commands AS carried_out
                 WHERE carried_out.tray_uid = late.tray_uid AND carried_out.outcome IN ('accepted', 'fired'))), 0)
             FROM commands AS late
             WHERE id >= ?1 AND id < ?2 AND at >= ?3 AND at < ?4 AND reason IN (?5, ?6)",
        )?;
        let place = params![first, behind, from, before, by_line, by_actuator];
        Ok(statement.query_row(place, |row| {
            Ok(LateCommands {
                late: row.get::<_, i64>(0)? as u64,
                fired: row.get::<_, i64>(1)? as u64,
            })
        })?)
    }

    /// What people said of cells within a span, and which cells they were asked about, in the order of storing.
    ///
    /// # Errors
    /// SQLite failed, or a row is damaged.
    pub fn corrections_within(&self, span: [Timestamp; 2]) -> Result<Vec<Correction>, StoreError> {
        let [first, behind] = self.rows_around(Correction::NAME, span)?;
        let [from, before] = as_stored(span);
        let within = "WHERE id >= ?1 AND id < ?2 AND at >= ?3 AND at < ?4 ORDER BY id";
        let rows = select(
            &self.connection,
            within,
            params![first, behind, from, before],
        )?;
        Ok(rows.into_iter().map(|(_, said)| said).collect())
    }

    /// Between which numbers a table's rows of a span lie, and some around them.
    fn rows_around(&self, table: &str, span: [Timestamp; 2]) -> Result<[i64; 2], StoreError> {
        let [from, before] = span;
        let from = from.checked_sub(OUT_OF_ORDER).unwrap_or(Timestamp::MIN);
        let before = before.checked_add(OUT_OF_ORDER).unwrap_or(Timestamp::MAX);
        let [from, before] = as_stored([from, before]);
        Ok([
            self.first_row(table, &from)?,
            self.first_row(table, &before)?,
        ])
    }

    /// The number of the first row of a table that is not before a moment, by halving.
    fn first_row(&self, table: &str, moment: &str) -> Result<i64, StoreError> {
        let last = format!("SELECT coalesce(max(id), 0) FROM {table}");
        let last: i64 = (self.connection.prepare_cached(&last)?).query_row([], |row| row.get(0))?;
        let at_or_after = format!("SELECT at FROM {table} WHERE id >= ?1 ORDER BY id LIMIT 1");
        let mut at_or_after = self.connection.prepare_cached(&at_or_after)?;
        let (mut before, mut behind) = (0, last + 1);
        while behind - before > 1 {
            let middle = before + (behind - before) / 2;
            let at: String = at_or_after.query_row([middle], |row| row.get(0))?;
            match at.as_str() < moment {
                true => before = middle,
                false => behind = middle,
            }
        }
        Ok(behind)
    }
}

#[cfg(test)]
#[path = "within_tests.rs"]
mod tests;
