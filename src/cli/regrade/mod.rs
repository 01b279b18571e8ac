//! `seedgrade regrade`: an archive through the inspector, in shards that survive whatever ends the process.

mod arguments;
pub(super) mod comparison;
mod from_reports;
mod gathering;
mod outfit_parts;
mod place;
mod progress;
mod spreading;
mod worker;

pub use arguments::RegradeArguments;

use std::path::Path;

use anyhow::Context as _;

use crate::archive::{
    ArchiveError, JudgedBy, Manifest, Pictures, RunEnd, RunFolder, Share, Tally, run as run_share,
    survey, tally,
};
use crate::frame::FolderError;
use crate::inspect::{Evidence, TrayReport};

use super::arguments::Global;
use super::exit::{CommandResult, Ending, Failure};
use super::grade::worker_count;
use super::interrupt;
use super::judging::judge_bytes;
use super::output::{say, shown};
use super::priority::Priority;
use super::stage_watch::StageWatch;
use super::workshop::{Workshop, any_tray_format, heights, read_config, standard};
use arguments::RegradeCommand;
use progress::Progress;

/// Runs the command.
pub fn run(arguments: &RegradeArguments, global: &Global) -> CommandResult {
    if arguments.low_priority {
        Priority::Lowest.take();
    }
    match (&arguments.part, &arguments.from_reports) {
        (Some(RegradeCommand::Gather(gather)), _) => gathering::run(gather),
        (Some(RegradeCommand::Worker(arguments)), _) => worker::run(arguments, global),
        (None, Some(reports)) => from_reports::run(arguments, global, reports),
        (None, None) => regrade(arguments, global),
    }
}

fn regrade(arguments: &RegradeArguments, global: &Global) -> CommandResult {
    let (archive, out) = (arguments.archive.as_deref(), arguments.out.as_deref());
    let archive = archive.context("no archive: give the folder of its pictures")?;
    let out = out.context("no --out: give the folder of the run")?;
    let config = read_config(global)?;
    let format = any_tray_format(&arguments.tray, config.as_ref())?;
    let standard = standard(arguments.standard.as_deref(), config.as_ref())?;
    let heights = heights(&arguments.tray, config.as_ref())?;
    if let Some(older) = &arguments.compare {
        // a mistyped folder is told now and not after the night
        RunFolder::new(older).begun()?;
    }
    let pictures = place::open(archive)?;
    // a server that is not there is told now and not after the survey
    let server = arguments
        .nats
        .as_deref()
        .map(|url| spreading::connect(url, &arguments.entry));
    let server = server.transpose()?;
    let workshop = Workshop::open(global, config.as_ref(), format, standard, heights, 1)?.halving();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(worker_count(arguments.jobs))
        .build()?;
    let pictures: &dyn Pictures = pictures.as_ref();
    let work = Work {
        pictures,
        folder: RunFolder::new(out),
        share: arguments.shard.unwrap_or(Share::WHOLE),
    };
    let by = judged_by(workshop.evidence());
    let resume = arguments.resume || arguments.shard.is_some();
    let survey = || survey(pictures, by.clone(), &interrupt::requested);
    let taken = pool.install(|| work.folder.take_up(pictures, &by, resume, survey));
    let Some(manifest) = taken.map_err(not_begun)? else {
        say("interrupted: nothing is begun yet");
        return Ok(Ending::Interrupted);
    };
    let _lock = work.folder.take(work.share).map_err(not_begun)?;
    let end = match &server {
        Some(server) => spreading::run(server, &work, (&manifest, &workshop), arguments),
        None => pool.install(|| work.judge(&manifest, &workshop)),
    };
    let end = end.and_then(|end| {
        if end == RunEnd::Done {
            manifest.still_lists(pictures)?;
        }
        Ok(end)
    });
    match end {
        Ok(RunEnd::Done) => pool.install(|| work.finish(&manifest, &workshop, arguments)),
        Ok(RunEnd::Stopped) => {
            work.say_kept("interrupted", &manifest);
            Ok(Ending::Interrupted)
        }
        Err(error) => {
            work.say_kept("stopped", &manifest);
            Err(Failure::resource(error))
        }
    }
}

/// What a process does of a run.
struct Work<'a> {
    pictures: &'a dyn Pictures,
    folder: RunFolder,
    share: Share,
}

impl Work<'_> {
    fn judge(&self, manifest: &Manifest, workshop: &Workshop) -> Result<RunEnd, ArchiveError> {
        let progress = Progress::over(self.pictures(manifest, false));
        let judge = |name: &str, bytes| judged(workshop, name, bytes);
        let to_do = (&self.folder, self.share);
        let end = run_share(self.pictures, manifest, to_do, &judge, &progress);
        progress.bar.finish_and_clear();
        end
    }

    /// Pictures of the share's shards that are done, or of those that are not.
    fn pictures(&self, manifest: &Manifest, done: bool) -> usize {
        let mine = manifest.shards().iter();
        let mine =
            mine.filter(|s| self.share.holds(s.number) && self.folder.holds(s.number) == done);
        mine.map(|shard| shard.pictures.len()).sum()
    }

    fn say_kept(&self, why: &str, manifest: &Manifest) {
        let done = self.pictures(manifest, true);
        say(&format!(
            "{why}: {done} of {} pictures are done and kept in {}; --resume goes on with the rest",
            done + self.pictures(manifest, false),
            self.folder.path().display()
        ));
    }

    /// Counts the results, compares them where asked.
    fn finish(
        &self,
        manifest: &Manifest,
        workshop: &Workshop,
        arguments: &RegradeArguments,
    ) -> CommandResult {
        let tally = tally(manifest, &self.folder, self.share).map_err(Failure::resource)?;
        let ending = say_tally(&tally);
        say(&format!(
            "{} · {} · {}",
            workshop.evidence().backend,
            workshop.evidence().standard,
            self.folder.path().display()
        ));
        if let Some(note) = workshop.note() {
            say(note);
        }
        match &arguments.compare {
            Some(older) => comparison::run(older, &self.folder, ending),
            None => Ok(ending),
        }
    }
}

/// Judges a picture of an archive.
fn judged(
    workshop: &Workshop,
    name: &str,
    bytes: Result<Vec<u8>, FolderError>,
) -> Result<TrayReport, String> {
    let judged = judge_bytes(workshop, Path::new(name), bytes, StageWatch::start());
    // times are no part of a judgement: with them no two runs would give the same bytes
    judged
        .map(|judged| judged.report)
        .map_err(|failure| format!("{:#}", failure.error))
}

/// Names what failed and counts the rest.
fn say_tally(tally: &Tally) -> Ending {
    for reason in &tally.failed {
        say(&format!("failed: {}", shown(reason)));
    }
    say(&format!(
        "{} graded, {} refused, {} failed",
        tally.graded,
        tally.refused,
        tally.failed.len()
    ));
    if tally.failed.is_empty() {
        Ending::Done
    } else {
        Ending::SomeFailed
    }
}

/// What a run is bound to.
fn judged_by(evidence: &Evidence) -> JudgedBy {
    JudgedBy {
        software: evidence.software.clone(),
        network: evidence.network.clone(),
        standard: evidence.standard_digest.clone(),
        config: evidence.config.clone(),
    }
}

/// An error before anything was judged: the disk's are resources, all others a matter of what was asked.
fn not_begun(error: ArchiveError) -> Failure {
    match error {
        ArchiveError::Disk { .. } => Failure::resource(error),
        other => other.into(),
    }
}
