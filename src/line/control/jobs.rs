//! Another job while the line runs: trays that are on their way keep the one that they came under.

use std::sync::Arc;

use super::{Control, JobRefused, SortJob};
use crate::line::ledger::TrayNames;
use crate::sorting::{JobId, SortLayout};

impl Control {
    /// Whether a job can be taken up without a restart of the line.
    ///
    /// # Errors
    /// It moves what is the machine's: the last gate, or the time that a command needs.
    pub fn check_job(&self, job: &SortJob) -> Result<(), JobRefused> {
        let (now, then) = (&self.job.layout, &job.layout);
        let same = |what, before, asked| match before == asked {
            true => Ok(()),
            false => Err(JobRefused {
                what,
                before,
                asked,
            }),
        };
        same(
            "the distance of the last gate",
            now.farthest_counts(),
            then.farthest_counts(),
        )?;
        same(
            "the late margin",
            now.late_margin_counts(),
            then.late_margin_counts(),
        )
    }

    /// Takes up a job: the next tray at the camera is its first.
    ///
    /// # Errors
    /// As [`Self::check_job`]; then nothing has changed.
    pub fn change_job(&mut self, job: SortJob) -> Result<(), JobRefused> {
        self.check_job(&job)?;
        self.watch.expect_trays(job.least_counts_between_trays);
        let first = self.ledger.last_name() + 1;
        // A job that no tray came under leaves nothing behind.
        self.layouts.retain(|(before, _)| *before != first);
        self.layouts
            .push_back((first, Arc::new(job.layout.clone())));
        self.job = job;
        self.job_ended = false;
        self.let_go_of_layouts();
        Ok(())
    }

    /// Ends the job: the next tray at the camera belongs to none. Trays on their way are sorted to their end; then the
    /// line is disarmed until another job is taken up.
    pub fn end_job(&mut self) {
        self.job_ended = true;
    }

    /// The job that a tray at the camera belongs to; none while none holds.
    pub(super) fn job_of_trays(&self) -> Option<JobId> {
        (!self.job_ended).then_some(self.job.id)
    }

    /// An armed line without a job, once its last tray has its end.
    pub(super) fn is_run_empty(&self) -> bool {
        self.job_ended && self.ledger.open_trays().is_empty()
    }

    /// The layout that a tray came under.
    pub(super) fn layout_of(&self, uid: &str) -> Arc<SortLayout> {
        let number = TrayNames::number_of(uid).unwrap_or(u64::MAX);
        let came_under = self.layouts.iter().rfind(|(first, _)| *first <= number);
        came_under.map_or_else(
            || Arc::new(self.job.layout.clone()),
            |(_, layout)| Arc::clone(layout),
        )
    }

    /// Layouts that no tray on its way came under are let go of.
    fn let_go_of_layouts(&mut self) {
        let open = self.ledger.open_trays().iter();
        let oldest = open
            .filter_map(|tray| TrayNames::number_of(&tray.uid))
            .min();
        let oldest = oldest.unwrap_or(self.ledger.last_name() + 1);
        while self
            .layouts
            .get(1)
            .is_some_and(|(first, _)| *first <= oldest)
        {
            self.layouts.pop_front();
        }
    }
}
