//! How often a tray has passed in its job: a tray whose code was read before in the job is back from rework.
//!
//! Counted beside the inspection and not asked of the store, which may stand still; what earlier runs stored is
//! brought along with the job. A tray without a readable code is on its first pass: nothing is guessed.

use std::collections::HashMap;

use crate::sorting::JobId;

/// The passes of one job's trays, by their codes. It holds as many codes as the job has trays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passes {
    /// None before the first job.
    job: Option<JobId>,
    by_code: HashMap<String, u32>,
}

impl Passes {
    /// Of a job whose trays have passed so often before.
    #[must_use]
    pub fn known(job: JobId, before: impl IntoIterator<Item = (String, u32)>) -> Self {
        Self {
            job: Some(job),
            by_code: before.into_iter().collect(),
        }
    }

    /// Takes up what is known of the job that comes next. Where it is the same job, what was counted here and is not
    /// stored yet stays counted.
    pub(super) fn take_up(&mut self, next: Self) {
        if next.job != self.job {
            *self = next;
            return;
        }
        for (code, passes) in next.by_code {
            let known = self.by_code.entry(code).or_default();
            *known = passes.max(*known);
        }
    }

    /// The pass that a tray is on, which is counted.
    pub(super) fn count(&mut self, job: JobId, code: Option<&str>) -> u32 {
        if self.job != Some(job) {
            *self = Self::known(job, []);
        }
        let Some(code) = code else {
            return 1;
        };
        let passes = self.by_code.entry(code.to_owned()).or_default();
        *passes = passes.saturating_add(1);
        *passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tray_that_comes_back_in_its_job_is_on_its_next_pass() {
        let mut passes = Passes::known(JobId(7), [("A".to_owned(), 2)]);
        assert_eq!(passes.count(JobId(7), Some("A")), 3);
        assert_eq!(passes.count(JobId(7), Some("B")), 1);
        assert_eq!(passes.count(JobId(7), None), 1);
        assert_eq!(passes.count(JobId(7), None), 1);
        assert_eq!(passes.count(JobId(7), Some("B")), 2);
        // in another job it is another sowing's tray
        assert_eq!(passes.count(JobId(8), Some("B")), 1);
    }

    #[test]
    fn another_net_for_the_same_job_forgets_no_pass() {
        let mut passes = Passes::known(JobId(7), []);
        passes.count(JobId(7), Some("A"));
        passes.count(JobId(7), Some("A"));
        passes.take_up(Passes::known(
            JobId(7),
            [("A".to_owned(), 1), ("C".to_owned(), 4)],
        ));
        assert_eq!(passes.count(JobId(7), Some("A")), 3);
        assert_eq!(passes.count(JobId(7), Some("C")), 5);
        passes.take_up(Passes::known(JobId(9), []));
        assert_eq!(passes, Passes::known(JobId(9), []));
    }
}
