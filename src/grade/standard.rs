//! A grading standard: which plants get which grade, what is doubted, what is done about it, and what
//! makes a tray.
//!
//! Invariant: a [`GradingStandard`] was checked when it was read. Its last grade takes whatever is left
//! and is not marketable; every criterion and tray rule can hold; `unsure` never acts.

mod criterion;
mod document;
mod error;
mod feasible;
mod rule;
mod rule_text;
mod toml_table;

pub use criterion::{Comparison, Criterion, PlantTrait};
pub use error::{Place, StandardError, StandardProblem};
pub use rule::{SownCells, TrayCondition};

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::verdict::{CellAction, CellVerdict, GradeId};
use crate::cell::CellObservation;

/// The schema that standards name.
pub const STANDARD_SCHEMA: &str = "seedgrade.standard/1";

/// The most bytes of a standard's text.
pub const MOST_STANDARD_BYTES: usize = 1 << 20;

/// One grade of a standard.
#[derive(Debug, Clone, PartialEq)]
pub struct Grade {
    /// Its name.
    pub id: GradeId,
    /// Whether plants of it are sold.
    pub marketable: bool,
    /// What a plant must meet, all of it; empty for the last grade only.
    pub all: Vec<Criterion>,
}

/// What the inspection refuses to decide.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnsureBand {
    /// A probability of occupancy from the first to the second, both included, is unsure.
    pub occupied: [f64; 2],
    /// Share of the sown cells that may be unsure of their occupancy, 0–1: of more, those nearest to even odds
    /// stay unsure and the others go by the likelier state. None: all in the band are unsure.
    pub budget: Option<f64>,
    /// A cell with more overlap than this is unsure.
    pub overlap: Option<f64>,
    /// What keeps a plant from being removed. None: a plant is removed as soon as its grade is.
    pub removal: Option<RemovalMargin>,
}

/// By how much measuring may err before a plant is removed for what was measured: one that may belong to a grade that
/// stays is left in place.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RemovalMargin {
    /// Of areas, as a share of the measured one, 0–1.
    pub area: f64,
    /// Of the chlorotic share, 0–1.
    pub chlorotic: f64,
    /// Of the necrotic share, 0–1.
    pub necrotic: f64,
}

/// The actions of a standard.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Actions {
    blank: CellAction,
    double: CellAction,
    graded: BTreeMap<GradeId, CellAction>,
}

/// A grade and a route for trays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrayOutcome {
    /// The tray's grade.
    pub grade: String,
    /// Where it goes.
    pub route: String,
}

/// Trays that meet a condition, and what they get.
#[derive(Debug, Clone, PartialEq)]
pub struct TrayRule {
    /// The condition.
    pub when: TrayCondition,
    /// What such trays get.
    pub outcome: TrayOutcome,
}

/// A checked grading standard.
#[derive(Debug, Clone, PartialEq)]
pub struct GradingStandard {
    id: String,
    version: u32,
    crop: String,
    title: BTreeMap<String, String>,
    grades: Vec<Grade>,
    unsure: UnsureBand,
    actions: Actions,
    rules: Vec<TrayRule>,
    otherwise: TrayOutcome,
    ungraded_route: String,
    digest: String,
    text: String,
}

impl GradingStandard {
    /// Reads and checks a standard.
    ///
    /// # Errors
    /// The first thing that is wrong with the text, and where.
    pub fn parse(text: &str) -> Result<Self, StandardError> {
        document::read(text).map_err(|fault| StandardError {
            place: Place::of(text, fault.span.start),
            problem: fault.problem,
        })
    }

    /// The standard that is used where none is named: `vegetable-plug`.
    #[must_use]
    #[allow(
        clippy::expect_used,
        reason = "the text is part of the program and tested"
    )]
    pub fn embedded() -> Self {
        Self::parse(Self::embedded_text()).expect("the embedded standard is valid")
    }

    /// The text of [`GradingStandard::embedded`].
    #[must_use]
    pub fn embedded_text() -> &'static str {
        include_str!("default_standard.toml")
    }

    /// Its id, such as `vegetable-plug`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its version, from 1.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// `id@version`, as evidence names it.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// `sha256:…` of the text as it was read, byte for byte.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The text as it was read, byte for byte.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The crop it is for.
    #[must_use]
    pub fn crop(&self) -> &str {
        &self.crop
    }

    /// Its title in a language such as `zh-CN`; else in English, else in any, else its id.
    #[must_use]
    pub fn title(&self, language: &str) -> &str {
        let named = |key: &str| self.title.get(key);
        let any = || self.title.values().next();
        named(language)
            .or_else(|| named("en"))
            .or_else(any)
            .unwrap_or(&self.id)
    }

    /// Its grades, best first; at least one.
    #[must_use]
    pub fn grades(&self) -> &[Grade] {
        &self.grades
    }

    /// The grade of a name.
    #[must_use]
    pub fn grade_named(&self, name: &str) -> Option<&Grade> {
        self.grades.iter().find(|grade| grade.id.0 == *name)
    }

    /// What it refuses to decide.
    #[must_use]
    pub fn unsure(&self) -> UnsureBand {
        self.unsure
    }

    /// Its tray rules; the first that holds decides.
    #[must_use]
    pub fn rules(&self) -> &[TrayRule] {
        &self.rules
    }

    /// What a tray gets that meets no rule.
    #[must_use]
    pub fn otherwise(&self) -> &TrayOutcome {
        &self.otherwise
    }

    /// Where trays go that were not judged.
    #[must_use]
    pub fn ungraded_route(&self) -> &str {
        &self.ungraded_route
    }

    /// Every route that it names, each once, in the order of the rules.
    #[must_use]
    pub fn routes(&self) -> Vec<&str> {
        let ruled = self.rules.iter().map(|rule| rule.outcome.route.as_str());
        let mut routes = Vec::new();
        for route in ruled.chain([self.otherwise.route.as_str(), &self.ungraded_route]) {
            if !routes.contains(&route) {
                routes.push(route);
            }
        }
        routes
    }

    /// Whether a criterion asks for millimetres.
    #[must_use]
    pub fn needs_millimetres(&self) -> bool {
        let criteria = self.grades.iter().flat_map(|grade| &grade.all);
        criteria
            .into_iter()
            .any(|criterion| criterion.plant_trait.needs_millimetres())
    }

    /// What the actuator does with a cell of this verdict.
    #[must_use]
    pub fn action(&self, verdict: &CellVerdict) -> CellAction {
        match verdict {
            CellVerdict::Blank => self.actions.blank,
            CellVerdict::Double => self.actions.double,
            CellVerdict::Unsure(_) => CellAction::Leave,
            CellVerdict::Graded(grade) => {
                self.actions.graded.get(grade).copied().unwrap_or_default()
            }
        }
    }

    /// Whether a plant may belong to a grade that is not removed, by what the standard allows to measuring.
    #[must_use]
    pub fn may_stay(&self, cell: &CellObservation) -> bool {
        let Some(margin) = self.unsure.removal else {
            return false;
        };
        let stays =
            |grade: &&Grade| self.actions.graded.get(&grade.id) != Some(&CellAction::Remove);
        let mut staying = self.grades.iter().filter(stays);
        staying.any(|grade| {
            grade
                .all
                .iter()
                .all(|criterion| criterion.may_hold(cell, &margin))
        })
    }

    /// What a tray with these cells gets.
    #[must_use]
    pub fn outcome(&self, tray: &SownCells) -> &TrayOutcome {
        let rule = self.rules.iter().find(|rule| rule.when.holds(tray));
        rule.map_or(&self.otherwise, |rule| &rule.outcome)
    }
}

/// `sha256:…` of a text.
fn digest_of(text: &str) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(text)))
}
