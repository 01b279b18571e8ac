//! What an inspection report says, as its JSON (`seedgrade.certificate/1`).

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::evaluate::{AuditedClasses, GroupAgreement, Interval};
use crate::statistics::{BinomialRate, Summary};
use crate::store::{HandMeasurement, LotFacts, LotSize, RowBound, StoreError};

/// The schema that certificates name.
pub const CERTIFICATE_SCHEMA: &str = "seedgrade.certificate/1";

/// The methods of the interval, as certificates word them.
pub(super) const RESAMPLED: &str = "resamples of whole trays, seeded";
pub(super) const TRAYS_ALIKE: &str =
    "trays do not differ: plants taken for independent, Jeffreys' interval, which is too narrow";

/// How the interval of [`MeetsStandard`] was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntervalMethod {
    /// From as many resamples of whole trays.
    TraysResampled(u32),
    /// Jeffreys' interval over plants taken for independent, since the trays do not differ.
    PlantsIndependent,
}

/// Its title, by language.
const TITLE: [(&str, &str); 2] = [("en", "Inspection report"), ("zh-CN", "检测报告")];
/// What it is not, by language.
const IS_NOT: [(&str, &str); 2] = [
    (
        "en",
        "This report is neither a statutory certificate of quality (合格证) nor a plant quarantine certificate.",
    ),
    (
        "zh-CN",
        "本报告不是法定的种苗质量检验合格证，也不是植物检疫证书。",
    ),
];

/// An inspection report of one lot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// [`CERTIFICATE_SCHEMA`].
    pub schema: String,
    /// By language: 检测报告, Inspection report.
    pub title: BTreeMap<String, String>,
    /// By language: that it is no statutory and no quarantine certificate.
    pub is_not: BTreeMap<String, String>,
    /// When it was drawn up, ISO 8601 in UTC; no part of the digest.
    pub issued_at: String,
    /// Who drew it up; no part of the digest.
    pub issued_by: Option<String>,
    /// The lot.
    pub lot: String,
    /// What was sown, as far as somebody said.
    pub lot_facts: Option<LotFacts>,
    /// How many trays the lot has and how many plants are ordered of it, as was stated last; absent where nobody did, and in
    /// certificates that were drawn up before this was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot_size: Option<LotSize>,
    /// Plugs that grew up in another lot and were moved into a tray of this one: those that were neither moved on nor cleared
    /// since. Absent where there are none.
    #[serde(default, skip_serializing_if = "are_none")]
    pub plugs_of_other_lots: u64,
    /// Sampling basis: always `every stored tray of the lot, each once`.
    pub basis: String,
    /// The first exposure (else receipt) of a tray that counts, ISO 8601 in UTC.
    pub first_at: String,
    /// The last.
    pub last_at: String,
    /// Counts, grades, emergence, marketable rate, uniformity, all trays together.
    pub summary: Summary,
    /// Share of plants that meet the standard.
    pub meets: MeetsStandard,
    /// What people measured with their own hands, in the order of storing.
    pub hand_measurements: Vec<HandMeasurement>,
    /// What the trays were judged with, the most trays first.
    pub evidence: Vec<EvidenceOfTrays>,
    /// How far every store had come, in the order in which they were read.
    pub rows: Vec<StoreRows>,
    /// `sha256:…` of all of the above but who drew it up and when.
    pub digest: String,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
fn are_none(plugs: &u64) -> bool {
    *plugs == 0
}

/// Share of plants of a marketable grade among the cells with one or more seedlings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeetsStandard {
    /// Plants that were judged to meet it.
    pub hits: u64,
    /// Cells that were judged to hold a plant; a double meets no standard.
    pub of: u64,
    /// The share; corrected by the audit where there is one; null without plants.
    pub share: Option<f64>,
    /// Its 95 % interval.
    pub ci95: Option<Interval>,
    /// How the interval was computed.
    pub method: String,
    /// Answers of the blind audit to cells of this lot, of either class; null: no audit yet.
    pub audit: Option<AuditedClasses>,
    /// Answers that say nothing of it: the person could not tell, or no plant had been seen there.
    pub answers_left_out: u64,
    /// The same share by people alone: of the cells that the blind audit drew singly, whatever had been judged there, and in
    /// which they saw a plant or several. Absent without a blind audit, and in certificates that were drawn up before this was told.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::drawn_singly"
    )]
    pub drawn_singly: Option<BinomialRate>,
    /// How far people agree among themselves, of the lot's cells that two or more judged blindly: no label teaches more. Absent
    /// where none was, and in certificates that were drawn up before this was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub among_people: Option<GroupAgreement>,
}

/// How many of a lot's trays were inspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampling {
    /// The lot's size was not stated.
    NotStated,
    /// Some.
    Sampled {
        /// Trays that were inspected.
        inspected: u64,
        /// Trays of the lot.
        lot: u64,
    },
    /// As many as there are.
    Whole {
        /// Trays of the lot.
        lot: u64,
    },
    /// More than were stated: the statement is wrong, or trays passed that cannot be told from others.
    MoreThanStated {
        /// Trays that were inspected.
        inspected: u64,
        /// Trays that were stated.
        lot: u64,
    },
}

impl MeetsStandard {
    /// The method of the interval, for pages that say it in another language; none of a later form.
    #[must_use]
    pub fn interval_method(&self) -> Option<IntervalMethod> {
        if self.method.starts_with(TRAYS_ALIKE) {
            return Some(IntervalMethod::PlantsIndependent);
        }
        let (resamples, rest) = self.method.split_once(' ')?;
        let said = rest.starts_with(RESAMPLED);
        said.then_some(IntervalMethod::TraysResampled(resamples.parse().ok()?))
    }
}

/// What some of the trays were judged with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceOfTrays {
    /// How many trays.
    pub trays: u64,
    /// seedgrade's version.
    pub software: String,
    /// SHA-256 of the net.
    pub network: String,
    /// SHA-256 of the net that finds the tray.
    pub tray_finder: String,
    /// The standard, `id@version`.
    pub standard: String,
    /// Its SHA-256.
    pub standard_digest: String,
    /// SHA-256 of the calibration, where there was one.
    pub calibration: Option<String>,
    /// SHA-256 of everything else that was configured.
    pub config: String,
}

/// The rows of a store that the certificate rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreRows {
    /// The last rows that were looked at.
    pub bound: RowBound,
    /// Trays of this store that count.
    pub trays: u64,
    /// `sha256:…` over these trays' reports, the audit answers and the measurements, each with its number.
    pub digest: String,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The stores hold no tray of that lot.
    #[error("lot {0}: no tray of it is stored")]
    NoTray(String),
    /// A certificate of other stores.
    #[error("certificate rests on {expected} stores: expected as many, found {found}")]
    OtherStores {
        /// As many as it names.
        expected: usize,
        /// As many as were given.
        found: usize,
    },
    /// No certificate.
    #[error("expected a certificate of schema {CERTIFICATE_SCHEMA}, found {0}")]
    NotACertificate(String),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What has no JSON form.
    #[error("certificate has no JSON form: {0}")]
    Json(#[from] serde_json::Error),
}

impl Certificate {
    /// Reads one from JSON; whether its digest fits is for [`super::holding`] to say.
    ///
    /// # Errors
    /// Something else, or a certificate of a later form.
    pub fn parse(bytes: &[u8]) -> Result<Self, CertificateError> {
        let not = |error: serde_json::Error| CertificateError::NotACertificate(error.to_string());
        let certificate: Self = serde_json::from_slice(bytes).map_err(not)?;
        if certificate.schema != CERTIFICATE_SCHEMA {
            return Err(CertificateError::NotACertificate(certificate.schema));
        }
        Ok(certificate)
    }

    /// How many of the lot's trays were inspected, judged or not.
    #[must_use]
    pub fn sampling(&self) -> Sampling {
        let trays = self.summary.trays;
        let inspected = trays.graded + trays.refused + trays.failed;
        let Some(lot) = self.lot_size.as_ref().and_then(|size| size.trays) else {
            return Sampling::NotStated;
        };
        let lot = u64::from(lot.get());
        match inspected.cmp(&lot) {
            Ordering::Less => Sampling::Sampled { inspected, lot },
            Ordering::Equal => Sampling::Whole { lot },
            Ordering::Greater => Sampling::MoreThanStated { inspected, lot },
        }
    }

    /// The digest of its content, whatever stands in [`Self::digest`].
    ///
    /// # Errors
    /// A number without a JSON form.
    pub fn digest_of_content(&self) -> Result<String, CertificateError> {
        let content = Self {
            issued_at: String::new(),
            issued_by: None,
            digest: String::new(),
            ..self.clone()
        };
        let json = serde_json::to_vec(&content)?;
        Ok(format!("sha256:{}", hex::encode(Sha256::digest(json))))
    }

    pub(super) fn titles() -> [BTreeMap<String, String>; 2] {
        [TITLE, IS_NOT].map(|texts| {
            let text = |(language, text): (&str, &str)| (language.to_owned(), text.to_owned());
            texts.into_iter().map(text).collect()
        })
    }
}
