//! Observations and a grading standard in, a verdict for every cell and a grade for the tray out.
//!
//! Invariant: every cell gets exactly one verdict and one action; `unsure` never acts.

mod classify;
mod standard;
mod verdict;

pub use classify::{judge, keeps_healthy};
pub use standard::{
    Comparison, Criterion, Grade, GradingStandard, MOST_STANDARD_BYTES, Place, PlantTrait,
    RemovalMargin, STANDARD_SCHEMA, SownCells, StandardError, StandardProblem, TrayCondition,
    TrayOutcome, TrayRule, UnsureBand,
};
pub use verdict::{
    CellAction, CellText, CellVerdict, GradeId, JudgedCell, TrayJudgement, UnsureReason,
    VerdictCounts,
};
