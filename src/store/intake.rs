//! Records into rows.

use std::borrow::Borrow;

use rayon::prelude::*;
use rusqlite::{Connection, Result as SqlResult, named_params, params};

use sha2::{Digest as _, Sha256};

use crate::inspect::{ReportStatus, TrayReport};

use super::{
    CommandRecord, EventRecord, Record, Statement, StoreError, TrayRecord, cells, roll_ups,
    statements,
};

/// A record with what its row is made of, as far as that needs no store.
enum Prepared<'a> {
    Tray(&'a TrayRecord, TrayParts),
    Event(&'a EventRecord, [u8; 32]),
    Command(&'a CommandRecord, [u8; 32]),
    Statement(&'a Statement),
}

/// A judgement's name and its two stored parts.
struct TrayParts {
    digest: [u8; 32],
    head: String,
    packed: Vec<u8>,
}

/// Trays from which on their parts are made side by side: a line's come one by one, and must not wait for others' work.
const MANY: usize = 16;

fn prepared(record: &Record) -> Result<Prepared<'_>, StoreError> {
    Ok(match record {
        Record::Tray(tray) => {
            let (head, packed) = faithful(&tray.report)?;
            let digest = record.digest()?;
            let parts = TrayParts {
                digest,
                head,
                packed,
            };
            Prepared::Tray(tray, parts)
        }
        Record::Event(event) => Prepared::Event(event, record.digest()?),
        Record::Command(command) => Prepared::Command(command, record.digest()?),
        Record::Statement(statement) => Prepared::Statement(statement),
    })
}

/// Stores a record, and counts a tray that is new; a record whose content is there already stays as it is.
fn insert(
    connection: &Connection,
    record: &Prepared<'_>,
    sums: &mut roll_ups::Changes,
) -> Result<(), StoreError> {
    match record {
        Prepared::Tray(tray, parts) => {
            if insert_tray(connection, tray, parts)? == 1 {
                let id = connection.last_insert_rowid();
                sums.count(connection, id, &tray.report, &tray.received_at)?;
            }
        }
        Prepared::Event(event, digest) => {
            insert_event(connection, event, digest)?;
        }
        Prepared::Command(command, digest) => {
            insert_command(connection, command, digest)?;
        }
        Prepared::Statement(statement) => {
            statements::insert(connection, statement)?;
        }
    }
    Ok(())
}

/// Stores all of the records or none.
pub(super) fn insert_all<R: Borrow<Record> + Sync>(
    connection: &mut Connection,
    records: &[R],
) -> Result<(), StoreError> {
    let prepared: Result<Vec<_>, _> = if records.len() < MANY {
        records
            .iter()
            .map(|record| prepared(record.borrow()))
            .collect()
    } else {
        records
            .par_iter()
            .map(|record| prepared(record.borrow()))
            .collect()
    };
    let prepared = prepared?;
    let change = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let mut sums = roll_ups::Changes::default();
    for record in &prepared {
        insert(&change, record, &mut sums)?;
    }
    sums.write(&change)?;
    change.commit()?;
    Ok(())
}

const INSERT_TRAY: &str = "INSERT INTO trays (
    digest, uid, pass, source, image_sha256, captured_at, received_at, job, lot, tray_code,
    trigger_sequence, encoder, status, reason, rows, cols, grade, route, blank, graded, double, unsure,
    marketable, software, backend, cpu_class, network, standard, standard_digest, config, calibration,
    report, cells)
VALUES (
    :digest, :uid, :pass, :source, :image_sha256, :captured_at, :received_at, :job, :lot, :tray_code,
    :trigger, :encoder, :status, :reason, :rows, :cols, :grade, :route, :blank, :graded, :double, :unsure,
    :marketable, :software, :backend, :cpu_class, :network, :standard, :standard_digest, :config,
    :calibration, :report, :cells)
ON CONFLICT (digest) DO NOTHING";

fn insert_tray(
    connection: &Connection,
    tray: &TrayRecord,
    parts: &TrayParts,
) -> Result<usize, StoreError> {
    let report = &tray.report;
    let (facts, evidence, counts) = (&report.facts, &report.evidence, report.counts);
    let count = |of: fn(crate::grade::VerdictCounts) -> usize| counts.map(|c| of(c) as i64);
    let mut statement = connection.prepare_cached(INSERT_TRAY)?;
    Ok(statement.execute(named_params! {
        ":digest": parts.digest,
        ":uid": facts.tray_uid,
        ":pass": facts.pass,
        ":source": facts.source,
        ":image_sha256": facts.image_sha256,
        ":captured_at": facts.captured_at,
        ":received_at": tray.received_at,
        ":job": facts.job,
        ":lot": facts.lot,
        ":tray_code": facts.tray_code,
        ":trigger": facts.trigger,
        ":encoder": facts.encoder,
        ":status": status_word(report.status),
        ":reason": report.reason,
        ":rows": report.rows as i64,
        ":cols": report.cols as i64,
        ":grade": report.grade,
        ":route": report.route,
        ":blank": count(|c| c.blank),
        ":graded": count(|c| c.graded),
        ":double": count(|c| c.double),
        ":unsure": count(|c| c.unsure),
        ":marketable": report.marketable.map(|n| n as i64),
        ":software": evidence.software,
        ":backend": evidence.backend,
        ":cpu_class": evidence.cpu_class,
        ":network": evidence.network,
        ":standard": evidence.standard,
        ":standard_digest": evidence.standard_digest,
        ":config": evidence.config,
        ":calibration": evidence.calibration,
        ":report": parts.head,
        ":cells": parts.packed,
    })?)
}

/// A report's two stored parts, proven to come back equal: JSON would turn a number that is not finite
/// into a null without a word.
pub(super) fn faithful(report: &TrayReport) -> Result<(String, Vec<u8>), StoreError> {
    let (head, packed) = (
        serde_json::to_string(&head(report))?,
        cells::pack(&report.cells)?,
    );
    if unite(&head, &packed)? == *report {
        Ok((head, packed))
    } else {
        Err(StoreError::Unfaithful(report.facts.tray_uid.clone()))
    }
}

/// The report of two stored parts.
pub(super) fn unite(head: &str, packed: &[u8]) -> Result<TrayReport, StoreError> {
    let mut report: TrayReport = serde_json::from_str(head)?;
    report.cells = cells::unpack(packed)?;
    Ok(report)
}

/// Names a judgement: the SHA-256 of all of the report but its timing.
///
/// # Errors
/// A report without a JSON form.
pub fn digest(report: &TrayReport) -> Result<[u8; 32], StoreError> {
    let head = TrayReport {
        timing_ms: None,
        ..head(report)
    };
    let mut hash = Sha256::new();
    hash.update(serde_json::to_vec(&head)?);
    hash.update([0]);
    match cells::digested(&report.cells) {
        Some(columns) => hash.update(columns),
        None => hash.update(serde_json::to_vec(&report.cells)?),
    }
    Ok(hash.finalize().into())
}

/// The report without its cells, which go into a blob of their own.
fn head(report: &TrayReport) -> TrayReport {
    TrayReport {
        cells: Vec::new(),
        schema: report.schema.clone(),
        facts: report.facts.clone(),
        reason: report.reason.clone(),
        grade: report.grade.clone(),
        route: report.route.clone(),
        grades: report.grades.clone(),
        evidence: report.evidence.clone(),
        ..*report
    }
}

pub(super) fn status_word(status: ReportStatus) -> &'static str {
    match status {
        ReportStatus::Graded => "graded",
        ReportStatus::Refused => "refused",
        ReportStatus::Failed => "failed",
    }
}

fn insert_event(connection: &Connection, event: &EventRecord, digest: &[u8]) -> SqlResult<usize> {
    connection
        .prepare_cached(
            "INSERT INTO events (digest, at, kind, message, detail) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (digest) DO NOTHING",
        )?
        .execute(params![
            digest,
            event.at,
            event.kind,
            event.message,
            event.detail.as_ref().map(ToString::to_string),
        ])
}

fn insert_command(
    connection: &Connection,
    command: &CommandRecord,
    digest: &[u8],
) -> SqlResult<usize> {
    connection
        .prepare_cached(
            "INSERT INTO commands (digest, at, trigger_sequence, tray_uid, sequence, job, gate, fire_at,
                                   outcome, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (digest) DO NOTHING",
        )?
        .execute(params![
            digest,
            command.at,
            command.trigger,
            command.tray_uid,
            command.sequence,
            command.job,
            command.gate,
            command.fire_at,
            command.outcome,
            command.reason,
        ])
}
