//! Grading standards by their digest: of files, of the program, of the stores.

use std::sync::Arc;

use crate::grade::GradingStandard;
use crate::inspect::TrayReport;

use super::stores::Stores;

/// Where standards are known from.
#[derive(Debug)]
pub struct Standards {
    stores: Arc<Stores>,
    brought: Vec<(GradingStandard, String)>,
}

impl Standards {
    /// Those of the stores, and these with their texts besides the embedded one.
    #[must_use]
    pub fn new(stores: Arc<Stores>, mut brought: Vec<(GradingStandard, String)>) -> Self {
        brought.push((
            GradingStandard::embedded(),
            GradingStandard::embedded_text().to_owned(),
        ));
        Self { stores, brought }
    }

    /// Those of files and of the program.
    pub fn brought(&self) -> &[(GradingStandard, String)] {
        &self.brought
    }

    /// A standard and its text by its digest.
    pub fn by_digest(&self, digest: &str) -> Option<(GradingStandard, String)> {
        let known = self
            .brought
            .iter()
            .find(|(standard, _)| standard.digest() == digest);
        let stored = || {
            let mut stores = self.stores.each();
            stores.find_map(|(_, store)| {
                let stored = store.read(|reader| reader.standard(digest)).ok()??;
                Some((GradingStandard::parse(&stored.text).ok()?, stored.text))
            })
        };
        known.cloned().or_else(stored)
    }

    /// A report's grades, best first: of its standard; where that is not known, by name.
    pub fn grade_order(&self, report: &TrayReport) -> Vec<String> {
        match self.by_digest(&report.evidence.standard_digest) {
            Some((standard, _)) => standard
                .grades()
                .iter()
                .map(|grade| grade.id.to_string())
                .collect(),
            None => report
                .grades
                .iter()
                .flatten()
                .map(|(grade, _)| grade.clone())
                .collect(),
        }
    }
}
