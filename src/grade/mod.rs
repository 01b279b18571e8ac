//! Observations and a grading standard in, a verdict for every cell and a grade for the tray out.
//!
//! Invariant: every cell gets exactly one verdict and one action; `unsure` never acts.

mod verdict;

pub use verdict::{
    CellAction, CellVerdict, GradeId, JudgedCell, TrayJudgement, UnsureReason, VerdictCounts,
};
