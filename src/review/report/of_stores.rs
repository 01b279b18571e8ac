//! Stores → what a report is made of: a certificate and its photographs.

use std::path::PathBuf;
use std::sync::Arc;

use crate::certificate::{
    Certificate, CertificateError, DrawnUp, Holding, KnownLots, holding, recomputed,
};
use crate::grade::GradingStandard;
use crate::review::pictures::{BuiltIn, Pictures};
use crate::review::standards::Standards;
use crate::review::stores::Stores;
use crate::store::StoreError;

use super::photographs::{Photograph, choose};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no certificate, or not of these stores.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// Stores, pictures and standards: all that a report is drawn from.
#[derive(Debug)]
pub struct ReportSource {
    stores: Arc<Stores>,
    pictures: Pictures,
    standards: Standards,
}

impl ReportSource {
    /// Opens the stores. Pictures are looked for at their own path, in the stores' folders and in these.
    ///
    /// # Errors
    /// A store cannot be opened.
    pub fn open(
        stores: &[PathBuf],
        pictures: Vec<PathBuf>,
        built_in: BuiltIn,
        standards: Vec<(GradingStandard, String)>,
    ) -> Result<Self, ReportError> {
        let stores = Arc::new(Stores::open(stores)?);
        Ok(Self {
            pictures: Pictures::beside(Arc::clone(&stores), pictures, built_in),
            standards: Standards::new(Arc::clone(&stores), standards),
            stores,
        })
    }

    /// Draws up a lot's certificate as the stores are now; who and when are the caller's to put in.
    ///
    /// # Errors
    /// No tray of that lot, or a store fails.
    pub fn draw_up(&self, lot: &str) -> Result<DrawnUp, ReportError> {
        drawn_up(&self.stores, &self.standards, &KnownLots::default(), lot)
    }

    /// Whether a certificate that was handed over still holds, and its trays where it does.
    ///
    /// # Errors
    /// Another number of stores, or a store fails.
    pub fn again(
        &self,
        certificate: &Certificate,
    ) -> Result<Result<DrawnUp, Holding>, ReportError> {
        let known = |digest: &str| Some(self.standards.by_digest(digest)?.0);
        let found = self.stores.read_all(|stores| {
            Ok(holding(certificate, stores, &known).and_then(|found| {
                if !found.differences.is_empty() {
                    return Ok(Err(found));
                }
                let again = recomputed(certificate, stores, &known)?;
                Ok(Ok(DrawnUp {
                    certificate: certificate.clone(),
                    ..again
                }))
            }))
        })?;
        Ok(found?)
    }

    /// The photographs of a report.
    ///
    /// # Errors
    /// A store fails.
    pub fn photographs(&self, of: &DrawnUp) -> Result<Vec<Photograph>, ReportError> {
        let order = |report: &_| self.standards.grade_order(report);
        Ok(choose(&of.graded, &self.stores, &self.pictures, &order)?)
    }
}

/// A lot's certificate as the stores are now; of lots that are known only what came since is read.
pub fn drawn_up(
    stores: &Stores,
    standards: &Standards,
    lots: &KnownLots,
    lot: &str,
) -> Result<DrawnUp, ReportError> {
    let known = |digest: &str| Some(standards.by_digest(digest)?.0);
    Ok(stores.read_all(|stores| Ok(lots.draw_up(stores, lot, &known)))??)
}
