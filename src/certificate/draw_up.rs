//! Rows into a certificate: the same rows give the same one.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use super::document::{
    CERTIFICATE_SCHEMA, Certificate, CertificateError, EvidenceOfTrays, MeetsStandard, RESAMPLED,
    TRAYS_ALIKE,
};
use super::known_lots::{KnownLot, KnownLots};
use super::lot_rows::{Counted, LotRows};
use crate::evaluate::{AuditedClasses, GroupAgreement, RESAMPLES, TrayShare, group_agreement};
use crate::grade::GradingStandard;
use crate::inspect::Evidence;
use crate::statistics::{BinomialRate, Summary, Tally};
use crate::store::{
    CellPlace, Correction, RowBound, StatedVerdict, StoreReader, StoredMoment, StoredPass, lot_of,
};

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

/// Draws up a certificate of all that the stores hold of a lot now: from the trays' rows without their cells, and the sums
/// that the stores keep. Who draws it up, and when, is left for the caller to put in: neither is part of the digest.
///
/// # Errors
/// No tray of the lot, or a store that fails.
pub fn draw_up(
    stores: &[StoreReader],
    lot: &str,
    standards: StandardByDigest<'_>,
) -> Result<DrawnUp, CertificateError> {
    KnownLots::default().draw_up(stores, lot, standards)
}

impl KnownLots {
    /// As [`draw_up`], reading of the lot only what was stored since it was asked for before, of the same stores.
    ///
    /// # Errors
    /// No tray of the lot, or a store that fails.
    pub fn draw_up(
        &self,
        stores: &[StoreReader],
        lot: &str,
        standards: StandardByDigest<'_>,
    ) -> Result<DrawnUp, CertificateError> {
        let known = self.of(lot);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        // the sums are those of the rows: whatever is stored meanwhile is of another moment
        let moments = stores.iter().map(StoreReader::at_one_moment);
        let moments = moments.collect::<Result<Vec<_>, _>>()?;
        let bounds = stores.iter().map(StoreReader::row_bound);
        let bounds = bounds.collect::<Result<Vec<_>, _>>()?;
        known.rows.read_on(stores, &bounds, lot)?;
        let counted = known.rows.counted();
        let sums = known.rows.sums(&counted, stores, lot)?;
        drop(moments);
        composed(&mut known, &counted, &sums, stores, lot, standards)
    }
}

/// Draws up again what a certificate says, from the rows that it rests on: every report is read whole, so that one that was
/// altered in any of its parts gives another certificate.
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
    let lot = &certificate.lot;
    let mut read = KnownLot::default();
    read.rows.read_on(stores, &bounds, lot)?;
    let counted = read.rows.counted();
    let sums = read.rows.read_reports(&counted, stores)?;
    composed(&mut read, &counted, &sums, stores, lot, standards)
}

fn composed(
    known: &mut KnownLot,
    counted: &Counted,
    sums: &Tally,
    stores: &[StoreReader],
    lot: &str,
    standards: StandardByDigest<'_>,
) -> Result<DrawnUp, CertificateError> {
    let meets = meets(known, counted, standards);
    let rows = &known.rows;
    let moments = || rows.passes(counted).map(|(_, pass)| &pass.at);
    let in_time = |at: &&String| StoredMoment::of(at);
    let (first, last) = (moments().min_by_key(in_time), moments().max_by_key(in_time));
    let (Some(first), Some(last)) = (first, last) else {
        return Err(CertificateError::NoTray(lot.to_owned()));
    };
    let [title, is_not] = Certificate::titles();
    let mut certificate = Certificate {
        schema: CERTIFICATE_SCHEMA.to_owned(),
        title,
        is_not,
        issued_at: String::new(),
        issued_by: None,
        lot: lot.to_owned(),
        lot_facts: lot_of(stores, lot)?,
        lot_size: rows.size(stores, lot)?,
        plugs_of_other_lots: rows.plugs_of_other_lots(counted, stores, lot)?,
        basis: BASIS.to_owned(),
        first_at: first.clone(),
        last_at: last.clone(),
        summary: Summary::of(sums),
        meets,
        evidence: evidence(rows.passes(counted).map(|(_, pass)| &*pass.judged.evidence)),
        hand_measurements: rows.measurements().cloned().collect(),
        rows: rows.rows(counted)?,
        digest: String::new(),
    };
    certificate.digest = certificate.digest_of_content()?;
    let graded = graded_trays(rows.passes(counted));
    Ok(DrawnUp {
        certificate,
        graded,
    })
}

fn graded_trays<'a>(passes: impl Iterator<Item = (usize, &'a StoredPass)>) -> Vec<CountedTray> {
    let graded = passes.filter_map(|(store, pass)| {
        let counts = pass.judged.counts?;
        Some(CountedTray {
            store,
            id: pass.id,
            tray_uid: pass.uid.clone(),
            pass: pass.pass,
            marketable: pass.judged.marketable? as u64,
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

fn meets(
    known: &mut KnownLot,
    counted: &Counted,
    standards: StandardByDigest<'_>,
) -> MeetsStandard {
    let passes = known.rows.passes(counted);
    let shares: Vec<TrayShare> = passes.filter_map(|(_, pass)| tray_share(pass)).collect();
    let hits = shares.iter().map(|share| share.hits).sum();
    let of = shares.iter().map(|share| share.of).sum();
    let answers = Answers::of(&known.rows, counted, standards);
    let (audit, answers_left_out) = answers.classed();
    let drawn_singly = answers.drawn_singly();
    let among_people = among_people(known.rows.answers());
    let estimate = known.estimate(shares, audit);
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
        hits,
        of,
        share: estimate.map(|found| found.share),
        ci95: estimate.map(|found| found.ci95),
        method: format!("{resampled}; {error}"),
        audit,
        answers_left_out,
        drawn_singly,
        among_people,
    }
}

fn tray_share(pass: &StoredPass) -> Option<TrayShare> {
    let counts = pass.judged.counts?;
    Some(TrayShare {
        hits: pass.judged.marketable? as u64,
        of: (counts.graded + counts.double) as u64,
    })
}

/// What people answered in the blind audit, of several answers to a cell the last, and the standards that these cells' trays
/// were judged by.
struct Answers<'a> {
    last: Vec<&'a Correction>,
    judged_by: BTreeMap<(&'a str, u32), &'a str>,
    known: BTreeMap<&'a str, Option<GradingStandard>>,
}

impl<'a> Answers<'a> {
    fn of(rows: &'a LotRows, counted: &'a Counted, standards: StandardByDigest<'_>) -> Self {
        let last = last_answers(rows.answers());
        let mut answers = Self {
            last,
            judged_by: BTreeMap::new(),
            known: BTreeMap::new(),
        };
        if answers.last.is_empty() {
            return answers;
        }
        let named = rows.passes(counted).map(|(_, pass)| {
            let name = (pass.uid.as_str(), pass.pass);
            (name, pass.judged.evidence.standard_digest.as_str())
        });
        answers.judged_by = named.collect();
        for answer in &answers.last {
            if let Some(&digest) = answers
                .judged_by
                .get(&(answer.tray_uid.as_str(), answer.pass))
            {
                let known = answers.known.entry(digest);
                known.or_insert_with(|| standards(digest));
            }
        }
        answers
    }

    /// Each answer, where its tray counts and its standard is known.
    fn each(&self) -> impl Iterator<Item = (&Correction, Option<&GradingStandard>)> {
        self.last.iter().map(|answer| {
            let name = (answer.tray_uid.as_str(), answer.pass);
            let digest = self.judged_by.get(&name);
            let standard = digest.and_then(|digest| self.known.get(digest)?.as_ref());
            (*answer, standard)
        })
    }

    /// Of cells that were judged to hold a plant. The second number counts answers that say nothing of it.
    fn classed(&self) -> (Option<AuditedClasses>, u64) {
        let (mut classes, mut left_out) = (AuditedClasses::default(), 0);
        for (answer, standard) in self.each() {
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

    /// Of all cells that were drawn, whatever had been judged there: the plants that people saw.
    fn drawn_singly(&self) -> Option<BinomialRate> {
        let said = self.each().filter_map(|(answer, standard)| {
            let after = answer.kind.after()?;
            (*after != StatedVerdict::Blank).then(|| meets_by(after, standard?))?
        });
        let (mut meets, mut plants) = (0, 0);
        for meets_it in said {
            plants += 1;
            meets += u64::from(meets_it);
        }
        (plants > 0).then(|| BinomialRate::of(meets, plants))
    }
}

/// How far people agree on the cells that two or more answered; of several answers of one person to a cell the last counts.
fn among_people<'a>(answers: impl Iterator<Item = &'a Correction>) -> Option<GroupAgreement> {
    type Cell<'a> = (&'a str, u32, CellPlace);
    let mut said: BTreeMap<Cell<'a>, BTreeMap<&'a str, String>> = BTreeMap::new();
    for answer in answers {
        if let Some(after) = answer.kind.after() {
            let of_cell = said.entry((&answer.tray_uid, answer.pass, answer.cell));
            let of_cell = of_cell.or_default();
            of_cell.insert(&answer.who, after.to_string());
        }
    }
    let of_cells = said
        .into_values()
        .map(|of_cell| of_cell.into_values().collect());
    let found = group_agreement(&of_cells.collect::<Vec<Vec<String>>>());
    (found.n > 0).then_some(found)
}

fn last_answers<'a>(answers: impl Iterator<Item = &'a Correction>) -> Vec<&'a Correction> {
    let mut last = BTreeMap::new();
    for answer in answers {
        last.insert((&answer.tray_uid, answer.pass, answer.cell), answer);
    }
    last.into_values().collect()
}

/// Whether a plant of this verdict meets the standard; none where nobody decided.
fn meets_by(verdict: &StatedVerdict, standard: &GradingStandard) -> Option<bool> {
    match verdict {
        StatedVerdict::Unsure => None,
        StatedVerdict::Blank | StatedVerdict::Double => Some(false),
        StatedVerdict::Graded(name) => standard.grade_named(name).map(|grade| grade.marketable),
    }
}

fn evidence<'a>(of_trays: impl Iterator<Item = &'a Evidence>) -> Vec<EvidenceOfTrays> {
    // few recipes, and neighbours of one: the last that was seen is looked at first
    let mut kinds: Vec<(&Evidence, u64)> = Vec::new();
    for of in of_trays {
        let known = |(kind, _): &(&Evidence, u64)| std::ptr::eq(*kind, of) || *kind == of;
        match kinds.iter().rposition(known) {
            Some(place) => {
                kinds[place].1 += 1;
                let last = kinds.len() - 1;
                kinds.swap(place, last);
            }
            None => kinds.push((of, 1)),
        }
    }
    let mut all: BTreeMap<EvidenceOfTrays, u64> = BTreeMap::new();
    for (of, trays) in kinds {
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
        *all.entry(evidence).or_default() += trays;
    }
    let counted = |(evidence, trays)| EvidenceOfTrays { trays, ..evidence };
    let mut all: Vec<EvidenceOfTrays> = all.into_iter().map(counted).collect();
    all.sort_by_key(|evidence| std::cmp::Reverse(evidence.trays));
    all
}
