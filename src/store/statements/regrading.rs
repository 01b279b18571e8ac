//! A stored tray judged anew, beside its first judgement.

use std::collections::BTreeSet;

use rusqlite::{Connection, named_params};
use serde::{Deserialize, Serialize};

use crate::inspect::TrayReport;
use crate::store::intake::{faithful, status_word, unite};
use crate::store::{StoreError, StoreReader};

/// A judgement of a tray that had one, under another standard or net.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Regrading {
    /// When, ISO 8601 in UTC.
    pub at: String,
    /// Who asked for it.
    pub who: String,
    /// Why, in the person's words.
    pub why: Option<String>,
    /// The new judgement; its facts name the tray and its pass.
    pub report: TrayReport,
}

const INSERT: &str = "INSERT INTO regradings (
    digest, at, who, why, tray_uid, pass, status, network, standard, standard_digest, grade, marketable, report, cells)
VALUES (
    :digest, :at, :who, :why, :tray_uid, :pass, :status, :network, :standard, :standard_digest, :grade, :marketable,
    :report, :cells)
ON CONFLICT (digest) DO NOTHING";

pub(super) fn insert(
    connection: &Connection,
    regrading: &Regrading,
    digest: &[u8; 32],
) -> Result<bool, StoreError> {
    let report = &regrading.report;
    let (head, cells) = faithful(report)?;
    let added = connection.prepare_cached(INSERT)?.execute(named_params! {
        ":digest": digest,
        ":at": regrading.at,
        ":who": regrading.who,
        ":why": regrading.why,
        ":tray_uid": report.facts.tray_uid,
        ":pass": report.facts.pass,
        ":status": status_word(report.status),
        ":network": report.evidence.network,
        ":standard": report.evidence.standard,
        ":standard_digest": report.evidence.standard_digest,
        ":grade": report.grade,
        ":marketable": report.marketable.map(|n| n as i64),
        ":report": head,
        ":cells": cells,
    })?;
    Ok(added == 1)
}

impl StoreReader {
    /// The trays, by uid and pass, that were judged anew by the standard of this digest.
    ///
    /// # Errors
    /// SQLite failed.
    pub fn regraded_by(
        &self,
        standard_digest: &str,
    ) -> Result<BTreeSet<(String, u32)>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT tray_uid, pass FROM regradings WHERE standard_digest = ?1")?;
        let rows = statement.query_map([standard_digest], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How a tray was judged anew, in the order of storing; its first judgement is in [`StoreReader::report`].
    ///
    /// # Errors
    /// SQLite failed, or a row is damaged.
    pub fn regradings(&self, tray_uid: &str) -> Result<Vec<Regrading>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT at, who, why, report, cells FROM regradings WHERE tray_uid = ?1 ORDER BY id",
        )?;
        let mut rows = statement.query([tray_uid])?;
        let mut regradings = Vec::new();
        while let Some(row) = rows.next()? {
            let (head, cells): (String, Vec<u8>) = (row.get(3)?, row.get(4)?);
            regradings.push(Regrading {
                at: row.get(0)?,
                who: row.get(1)?,
                why: row.get(2)?,
                report: unite(&head, &cells)?,
            });
        }
        Ok(regradings)
    }
}
