//! The rows that speak of a lot, up to numbers that were the last at a time: what a certificate rests on.

use std::borrow::Cow;
use std::sync::Arc;

use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};

use super::statements::table::{last_where_kept, select};
use super::{
    Correction, HandMeasurement, LotSize, MoveBound, MovesTakenBack, PlugMove, StoreError,
    StoreReader, intake,
};
use crate::grade::VerdictCounts;
use crate::inspect::{Evidence, TrayReport};

/// The last rows of a store at a time. Rows are never altered, so what they bound stays as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowBound {
    /// The last tray.
    pub tray: i64,
    /// The last correction or audit.
    pub correction: i64,
    /// The last measurement by hand.
    pub hand_measurement: i64,
    /// The last statement of a lot's size; in certificates that were drawn up before there were any it is not named.
    #[serde(default, skip_serializing_if = "is_nought")]
    pub lot_size: i64,
    /// The last move, likewise.
    #[serde(default, skip_serializing_if = "is_nought")]
    pub plug_move: i64,
    /// The last that moves were taken back, likewise.
    #[serde(default, skip_serializing_if = "is_nought")]
    pub moves_taken_back: i64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
fn is_nought(row: &i64) -> bool {
    *row == 0
}

impl RowBound {
    /// How far the moves are looked at.
    #[must_use]
    pub fn moves(&self) -> MoveBound {
        MoveBound {
            moved: self.plug_move,
            taken_back: self.moves_taken_back,
        }
    }
}

/// One pass of a tray, as its row has it without its cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPass {
    /// The tray's number in its store.
    pub id: i64,
    /// Names the tray for ever.
    pub uid: String,
    /// The code read from it.
    pub tray_code: Option<String>,
    /// Whether it was judged.
    pub graded: bool,
    /// How often it had passed, from 1.
    pub pass: u32,
    /// Its exposure, else its receipt.
    pub at: String,
    /// What was judged.
    pub judged: PassJudgement,
}

/// A judgement without its cells, and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassJudgement {
    /// The judgement's SHA-256, as [`super::report_digest`] gives it.
    pub digest: [u8; 32],
    /// Cells by their verdict; none of a tray that was not graded.
    pub counts: Option<VerdictCounts>,
    /// Plants of a marketable grade.
    pub marketable: Option<usize>,
    /// What it rests on; passes that rest on the same share it.
    pub evidence: Arc<Evidence>,
}

impl PassJudgement {
    /// Of a whole report.
    ///
    /// # Errors
    /// A report without a JSON form.
    pub fn of(report: &TrayReport) -> Result<Self, StoreError> {
        Ok(Self {
            digest: intake::digest(report)?,
            counts: report.counts,
            marketable: report.marketable,
            evidence: Arc::new(report.evidence.clone()),
        })
    }
}

/// Of a report's stored head what a pass is made of; the rest is passed over, which is most of the time of reading it.
#[derive(Deserialize)]
struct Head<'a> {
    counts: Option<VerdictCounts>,
    marketable: Option<usize>,
    #[serde(borrow)]
    evidence: HeadEvidence<'a>,
}

/// [`Evidence`] as it lies in the head.
#[derive(Deserialize)]
struct HeadEvidence<'a> {
    #[serde(borrow)]
    software: Cow<'a, str>,
    #[serde(borrow)]
    backend: Cow<'a, str>,
    #[serde(borrow)]
    cpu_class: Cow<'a, str>,
    #[serde(borrow)]
    network: Cow<'a, str>,
    #[serde(borrow, default)]
    tray_finder: Cow<'a, str>,
    #[serde(borrow)]
    standard: Cow<'a, str>,
    #[serde(borrow)]
    standard_digest: Cow<'a, str>,
    #[serde(borrow)]
    config: Cow<'a, str>,
    #[serde(borrow)]
    calibration: Option<Cow<'a, str>>,
}

impl HeadEvidence<'_> {
    fn is(&self, known: &Evidence) -> bool {
        let texts = [
            (&self.software, &known.software),
            (&self.backend, &known.backend),
            (&self.cpu_class, &known.cpu_class),
            (&self.network, &known.network),
            (&self.tray_finder, &known.tray_finder),
            (&self.standard, &known.standard),
            (&self.standard_digest, &known.standard_digest),
            (&self.config, &known.config),
        ];
        texts.into_iter().all(|(own, other)| own == other)
            && self.calibration.as_deref() == known.calibration.as_deref()
    }

    fn owned(self) -> Evidence {
        Evidence {
            software: self.software.into_owned(),
            backend: self.backend.into_owned(),
            cpu_class: self.cpu_class.into_owned(),
            network: self.network.into_owned(),
            tray_finder: self.tray_finder.into_owned(),
            standard: self.standard.into_owned(),
            standard_digest: self.standard_digest.into_owned(),
            config: self.config.into_owned(),
            calibration: self.calibration.map(Cow::into_owned),
        }
    }

    /// The same as one that is known, or a new one.
    fn shared(self, known: &mut Vec<Arc<Evidence>>) -> Arc<Evidence> {
        // trays of a lot are judged by few recipes, and neighbours by one: the last is looked at first
        if let Some(same) = known.iter().rev().find(|known| self.is(known)) {
            return Arc::clone(same);
        }
        let new = Arc::new(self.owned());
        known.push(Arc::clone(&new));
        new
    }
}

/// What is read of a store while this is held is of one moment, however much is written meanwhile.
#[derive(Debug)]
pub struct OneMoment<'a> {
    _transaction: Transaction<'a>,
}

/// The pluses keep SQLite from looking the tray up among all of its lot, which it takes for the shorter way: with 20,000 trays and
/// as many measurements that took minutes.
const OF_A_TRAY_OF_THE_LOT: &str = "WHERE id > ?2 AND id <= ?3
     AND EXISTS (SELECT 1 FROM trays WHERE trays.uid = tray_uid AND +trays.lot = ?1 AND +trays.id <= ?4)";

impl StoreReader {
    /// The last rows now.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn row_bound(&self) -> Result<RowBound, StoreError> {
        let last = |table: &str| -> Result<i64, StoreError> {
            let query = format!("SELECT coalesce(max(id), 0) FROM {table}");
            Ok(self.connection.query_row(&query, [], |row| row.get(0))?)
        };
        Ok(RowBound {
            tray: last("trays")?,
            correction: last("corrections")?,
            hand_measurement: last("hand_measurements")?,
            lot_size: last_where_kept::<LotSize>(&self.connection)?,
            plug_move: last_where_kept::<PlugMove>(&self.connection)?,
            moves_taken_back: last_where_kept::<MovesTakenBack>(&self.connection)?,
        })
    }

    /// Reads what follows as of one moment.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn at_one_moment(&self) -> Result<OneMoment<'_>, StoreError> {
        let transaction = self.connection.unchecked_transaction()?;
        Ok(OneMoment {
            _transaction: transaction,
        })
    }

    /// The name of what was judged in a row: the SHA-256 that [`PassJudgement`] has too. None of no row.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn judgement_named(&self, id: i64) -> Result<Option<[u8; 32]>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT digest FROM trays WHERE id = ?1")?;
        Ok(statement.query_row([id], |row| row.get(0)).optional()?)
    }

    /// Every pass of a lot's trays after a row and within the bound, in the order of storing. No cell is read.
    ///
    /// # Errors
    /// SQLite failed, or a row is damaged.
    pub fn passes_of_lot(
        &self,
        lot: &str,
        after: i64,
        bound: RowBound,
    ) -> Result<Vec<StoredPass>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, uid, tray_code, status = 'graded', pass, coalesce(captured_at, received_at), digest, report
             FROM trays WHERE lot = ?1 AND id > ?2 AND id <= ?3 ORDER BY id",
        )?;
        let mut rows = statement.query(params![lot, after, bound.tray])?;
        let (mut passes, mut known) = (Vec::new(), Vec::new());
        while let Some(row) = rows.next()? {
            passes.push(stored_pass(row, &mut known)?);
        }
        Ok(passes)
    }

    /// How many passes of a lot's trays were stored after a row.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn passes_of_lot_after(&self, lot: &str, after: i64) -> Result<u64, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT count(*) FROM trays WHERE lot = ?1 AND id > ?2")?;
        let passes: i64 = statement.query_row(params![lot, after], |row| row.get(0))?;
        Ok(passes as u64)
    }

    /// What people answered after a row in blind audits of a lot's trays, within the bound, with the rows' numbers.
    ///
    /// # Errors
    /// SQLite failed, or a row is damaged.
    pub fn audit_answers_of_lot(
        &self,
        lot: &str,
        after: i64,
        bound: RowBound,
    ) -> Result<Vec<(i64, Correction)>, StoreError> {
        let condition = format!("{OF_A_TRAY_OF_THE_LOT} AND kind = 'audit_answer' ORDER BY id");
        let of_lot = params![lot, after, bound.correction, bound.tray];
        select(&self.connection, &condition, of_lot)
    }

    /// What was measured by hand after a row of a lot's trays, within the bound, with the rows' numbers.
    ///
    /// # Errors
    /// SQLite failed, or a row is damaged.
    pub fn hand_measurements_of_lot(
        &self,
        lot: &str,
        after: i64,
        bound: RowBound,
    ) -> Result<Vec<(i64, HandMeasurement)>, StoreError> {
        let condition = format!("{OF_A_TRAY_OF_THE_LOT} ORDER BY id");
        let of_lot = params![lot, after, bound.hand_measurement, bound.tray];
        select(&self.connection, &condition, of_lot)
    }
}

fn stored_pass(row: &Row<'_>, known: &mut Vec<Arc<Evidence>>) -> Result<StoredPass, StoreError> {
    let text = row.get_ref(7)?.as_str().map_err(rusqlite::Error::from)?;
    let head: Head<'_> = serde_json::from_str(text)?;
    Ok(StoredPass {
        id: row.get(0)?,
        uid: row.get(1)?,
        tray_code: row.get(2)?,
        graded: row.get(3)?,
        pass: row.get(4)?,
        at: row.get(5)?,
        judged: PassJudgement {
            digest: row.get(6)?,
            counts: head.counts,
            marketable: head.marketable,
            evidence: head.evidence.shared(known),
        },
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::{StoreWriter, WriterParams};

    #[test]
    fn the_tray_of_a_measurement_is_looked_up_by_its_name_and_not_among_all_of_the_lot() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let writer = StoreWriter::open(&path, WriterParams::default()).unwrap();
        assert_eq!(writer.close().lost, 0);
        let store = StoreReader::open(&path).unwrap();
        let query =
            format!("EXPLAIN QUERY PLAN SELECT id FROM hand_measurements {OF_A_TRAY_OF_THE_LOT}");
        let mut statement = store.connection.prepare(&query).unwrap();
        let steps = statement.query_map(params!["lot", 0, 9, 9], |row| row.get::<_, String>(3));
        let steps: Vec<String> = steps.unwrap().map(Result::unwrap).collect();
        assert!(
            steps.iter().any(|step| step.contains("trays_by_uid")),
            "{steps:?}"
        );
    }
}
