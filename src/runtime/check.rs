//! What was found, for people to read.

use super::locate::{Candidate, locate};
use crate::network::library::{self, Version};
use std::path::Path;

/// A candidate and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file.
    pub candidate: Candidate,
    /// Its version where it says one, or why it cannot serve.
    pub verdict: Result<Option<Version>, String>,
}

/// Every file that may be the library, best first, and what it is by its bytes: none is loaded. The first whose
/// verdict is `Ok` is the one that will be loaded first.
#[must_use]
pub fn check(given: Option<&Path>) -> Vec<Finding> {
    let judge = |candidate: Candidate| Finding {
        verdict: library::inspect(&candidate.path),
        candidate,
    };
    locate(given).into_iter().map(judge).collect()
}
