//! Rows into a certificate: the same rows give the same one.

use std::collections::BTreeMap;

use super::document::{
    CERTIFICATE_SCHEMA, Certificate, CertificateError, EvidenceOfTrays, MeetsStandard, RESAMPLED,
    TRAYS_ALIKE,
};
use super::lot_rows::{self, LotRows};
use crate::evaluate::{AuditedClasses, RESAMPLES, TrayShare, share_by_tray};
use crate::grade::GradingStandard;
use crate::inspect::TrayReport;
use crate::statistics::{Summary, Tally};
use crate::store::{Correction, RowBound, StatedVerdict, StoreReader, lots_of};

/// Names a standard by its digest; none that is not known.
pub type StandardByDigest<'a> = &'a dyn Fn(&str) -> Option<GradingStandard>;

/// A certificate and the trays that it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct DrawnUp {
    /// What it says.
    pub certificate: Certificate,
    /// Its graded trays, the lowest share of marketable plants first; of equal ones by name and pass.
    pub graded: Vec<CountedTray>,
}

/// A graded tray that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedTray {
    /// Its store, by the place among those that were read.
    pub store: usize,
    /// The row's number in it.
    pub id: i64,
    /// Names the tray for ever.
    pub tray_uid: String,
    /// Which pass of it.
    pub pass: u32,
    /// Plants of a marketable grade.
    pub marketable: u64,
    /// Cells that were sown.
    pub sown: u64,
}

const BASIS: &str = "every stored tray of the lot, each once";

/// Draws up a certificate of all that the stores hold of a lot now. It reads every tray of the lot. Who draws it up, and
/// when, is left for the caller to put in: neither is part of the digest.
///
/// # Errors
/// No tray of the lot, or a store that fails.
pub fn draw_up(
    stores: &[StoreReader],
    lot: &str,
    standards: StandardByDigest<'_>,
) -> Result<DrawnUp, CertificateError> {
    let bounds = stores.iter().map(StoreReader::row_bound);
    within(
        stores,
        &bounds.collect::<Result<Vec<_>, _>>()?,
        lot,
        standards,
    )
}

/// Draws up again what a certificate says, from the rows that it rests on.
///
/// # Errors
/// Another number of stores, no tray of the lot, or a store that fails.
pub fn recomputed(
    certificate: &Certificate,
    stores: &[StoreReader],
    standards: StandardByDigest<'_>,
) -> Result<DrawnUp, CertificateError> {
    let bounds: Vec<RowBound> = certificate.rows.iter().map(|rows| rows.bound).collect();
    if bounds.len() != stores.len() {
        return Err(CertificateError::OtherStores {
            expected: bounds.len(),
            found: stores.len(),
        });
    }
    within(stores, &bounds, &certificate.lot, standards)
}

fn within(
    stores: &[StoreReader],
    bounds: &[RowBound],
    lot: &str,
    standards: StandardByDigest<'_>,
) -> Result<DrawnUp, CertificateError> {
    let found = lot_rows::read(stores, bounds, lot)?;
    let moments = || found.trays.iter().map(|tray| &tray.at);
    let (Some(first), Some(last)) = (moments().min(), moments().max()) else {
        return Err(CertificateError::NoTray(lot.to_owned()));
    };
    let mut sum = Tally::default();
    for tray in &found.trays {
        sum.add(&Tally::of(&tray.report));
    }
    let graded = graded_trays(&found);
    let [title, is_not] = Certificate::titles();
    let mut certificate = Certificate {
        schema: CERTIFICATE_SCHEMA.to_owned(),
        title,
        is_not,
        issued_at: String::new(),
        issued_by: None,
        lot: lot.to_owned(),
        lot_facts: lots_of(stores)?.remove(lot),
        basis: BASIS.to_owned(),
        first_at: first.clone(),
        last_at: last.clone(),
        summary: Summary::of(&sum),
        meets: meets(&found, standards),
        evidence: evidence(found.trays.iter().map(|tray| &tray.report)),
        hand_measurements: found.measurements,
        rows: found.rows,
        digest: String::new(),
    };
    certificate.digest = certificate.digest_of_content()?;
    Ok(DrawnUp {
        certificate,
        graded,
    })
}

fn graded_trays(found: &LotRows) -> Vec<CountedTray> {
    let graded = found.trays.iter().filter_map(|tray| {
        let report = &tray.report;
        let counts = report.counts?;
        Some(CountedTray {
            store: tray.store,
            id: tray.id,
            tray_uid: report.facts.tray_uid.clone(),
            pass: report.facts.pass,
            marketable: report.marketable? as u64,
            sown: (counts.blank + counts.graded + counts.double + counts.unsure) as u64,
        })
    });
    let mut graded: Vec<CountedTray> = graded.filter(|tray| tray.sown > 0).collect();
    graded.sort_by(|a, b| {
        // a/b < c/d as a·d < c·b, exactly
        let share = (a.marketable * b.sown).cmp(&(b.marketable * a.sown));
        share.then_with(|| (&a.tray_uid, a.pass, a.store).cmp(&(&b.tray_uid, b.pass, b.store)))
    });
    graded
}

fn meets(found: &LotRows, standards: StandardByDigest<'_>) -> MeetsStandard {
    let shares: Vec<TrayShare> = found
        .trays
        .iter()
        .filter_map(|tray| tray_share(&tray.report))
        .collect();
    let (audit, answers_left_out) = audited(found, standards);
    let estimate = share_by_tray(&shares, audit.as_ref());
    let resampled = if estimate.is_some_and(|found| found.trays_resampled) {
        format!("{RESAMPLES} {RESAMPLED}")
    } else {
        TRAYS_ALIKE.to_owned()
    };
    let error = if audit.is_some() {
        "with the classification error that the blind audit of this lot found"
    } else {
        "no audit yet: the error of classification is not included"
    };
    MeetsStandard {
        hits: shares.iter().map(|share| share.hits).sum(),
        of: shares.iter().map(|share| share.of).sum(),
        share: estimate.map(|found| found.share),
        ci95: estimate.map(|found| found.ci95),
        method: format!("{resampled}; {error}"),
        audit,
        answers_left_out,
    }
}

fn tray_share(report: &TrayReport) -> Option<TrayShare> {
    let counts = report.counts?;
    Some(TrayShare {
        hits: report.marketable? as u64,
        of: (counts.graded + counts.double) as u64,
    })
}

/// What people answered of cells that were judged to hold a plant; of several answers to a cell the last. The second
/// number counts answers that say nothing of it.
fn audited(found: &LotRows, standards: StandardByDigest<'_>) -> (Option<AuditedClasses>, u64) {
    let judged_by: BTreeMap<(&str, u32), &str> = found
        .trays
        .iter()
        .map(|tray| {
            let report = &tray.report;
            let name = (report.facts.tray_uid.as_str(), report.facts.pass);
            (name, report.evidence.standard_digest.as_str())
        })
        .collect();
    let mut known: BTreeMap<&str, Option<GradingStandard>> = BTreeMap::new();
    let (mut classes, mut left_out) = (AuditedClasses::default(), 0);
    for answer in last_answers(&found.answers) {
        let digest = judged_by.get(&(answer.tray_uid.as_str(), answer.pass));
        let standard = digest.and_then(|&digest| {
            let standard = known.entry(digest).or_insert_with(|| standards(digest));
            standard.as_ref()
        });
        let judged = answer
            .before
            .as_ref()
            .zip(answer.kind.after())
            .zip(standard);
        let classed = judged.and_then(|((before, after), standard)| {
            let was = meets_by(before, standard).filter(|_| *before != StatedVerdict::Blank)?;
            Some((was, meets_by(after, standard)?))
        });
        let Some((judged_so, says_so)) = classed else {
            left_out += 1;
            continue;
        };
        let class = if judged_so {
            &mut classes.judged_so
        } else {
            &mut classes.judged_otherwise
        };
        class.of += 1;
        class.so += u64::from(says_so);
    }
    let any = classes.judged_so.of + classes.judged_otherwise.of > 0;
    (any.then_some(classes), left_out)
}

fn last_answers(answers: &[Correction]) -> impl Iterator<Item = &Correction> {
    let mut last = BTreeMap::new();
    for answer in answers {
        last.insert((&answer.tray_uid, answer.pass, answer.cell), answer);
    }
    last.into_values()
}

/// Whether a plant of this verdict meets the standard; none where nobody decided.
fn meets_by(verdict: &StatedVerdict, standard: &GradingStandard) -> Option<bool> {
    match verdict {
        StatedVerdict::Unsure => None,
        StatedVerdict::Blank | StatedVerdict::Double => Some(false),
        StatedVerdict::Graded(name) => standard.grade_named(name).map(|grade| grade.marketable),
    }
}

fn evidence<'a>(reports: impl Iterator<Item = &'a TrayReport>) -> Vec<EvidenceOfTrays> {
    let mut all: BTreeMap<EvidenceOfTrays, u64> = BTreeMap::new();
    for report in reports {
        let of = &report.evidence;
        let evidence = EvidenceOfTrays {
            trays: 0,
            software: of.software.clone(),
            network: of.network.clone(),
            tray_finder: of.tray_finder.clone(),
            standard: of.standard.clone(),
            standard_digest: of.standard_digest.clone(),
            calibration: of.calibration.clone(),
            config: of.config.clone(),
        };
        *all.entry(evidence).or_default() += 1;
    }
    let counted = |(evidence, trays)| EvidenceOfTrays { trays, ..evidence };
    let mut all: Vec<EvidenceOfTrays> = all.into_iter().map(counted).collect();
    all.sort_by_key(|evidence| std::cmp::Reverse(evidence.trays));
    all
}
