//! `seedgrade grade`: judge pictures or folders of pictures.

use std::path::Path;

use crate::inspect::{ReportStatus, TrayReport};
use crate::picture;
use anyhow::{Context, anyhow};
use rayon::prelude::*;

use super::arguments::{Global, GradeArguments};
use super::exit::{CommandResult, Ending, Failure};
use super::interrupt;
use super::judging::{JudgedPicture, judge_file};
use super::output::{Written, print, say, shown};
use super::results::{json_line, write_picture};
use super::sources::{Source, Sources};
use super::workshop::{Workshop, any_tray_format, heights, read_config, standard};

/// Runs the command.
pub fn run(arguments: &GradeArguments, global: &Global) -> CommandResult {
    let config = read_config(global)?;
    let format = any_tray_format(&arguments.tray, config.as_ref())?;
    let standard = standard(arguments.standard.as_deref(), config.as_ref())?;
    let sources = Sources::collect(&arguments.paths);
    if sources.pictures.is_empty() && sources.missing.is_empty() {
        return Err(anyhow!("no picture found: expected .jpg, .jpeg or .png files").into());
    }
    if let Some(folder) = &arguments.overlay {
        sources.keep_from(folder)?;
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{}: cannot be made", folder.display()))
            .map_err(Failure::resource)?;
    }
    let heights = heights(&arguments.tray, config.as_ref())?;
    let workshop = Workshop::open(global, config.as_ref(), format, standard, heights, 1)?.halving();
    if format.is_none() {
        say("no --tray: rows and columns are counted in every picture");
    }
    let mut tally = Tally::default();
    for missing in &sources.missing {
        tally.fail(missing);
    }
    let stop = judge_all(arguments, &workshop, &sources.pictures, &mut tally)?;
    if !arguments.json {
        let names = workshop.grade_names();
        let table = picture::summary_table(&tally.reports.iter().collect::<Vec<_>>(), &names);
        print(&table)?;
        say(&tally.summary(&workshop));
    }
    match stop {
        None => Ok(tally.ending()),
        Some(Stop::ReaderGone) => Ok(Ending::Done),
        Some(Stop::Interrupted) => {
            tally.say_kept("interrupted", sources.pictures.len());
            Ok(Ending::Interrupted)
        }
        Some(Stop::Failed(failure)) => {
            tally.say_kept("stopped", sources.pictures.len());
            Err(failure)
        }
    }
}

/// Why not all pictures were judged.
enum Stop {
    /// Nobody reads stdout any more.
    ReaderGone,
    /// A signal came.
    Interrupted,
    /// Something outside failed.
    Failed(Failure),
}

/// Judges the pictures side by side and hands the reports over in their order.
fn judge_all(
    arguments: &GradeArguments,
    workshop: &Workshop,
    pictures: &[Source],
    tally: &mut Tally,
) -> Result<Option<Stop>, Failure> {
    let jobs = worker_count(arguments.jobs);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build()?;
    let overlays = arguments.overlay.as_deref();
    let progress = progress_bar(pictures.len());
    for part in pictures.chunks(jobs * BATCH_PER_WORKER) {
        let judged: Vec<_> = pool.install(|| {
            part.par_iter()
                .map(|source| judge_picture(workshop, source, overlays))
                .collect()
        });
        for outcome in judged {
            let report = match outcome {
                Ok(Judged::Report(report)) => report,
                Ok(Judged::Skipped) => return Ok(Some(Stop::Interrupted)),
                Err(failure) => return Ok(Some(Stop::Failed(failure))),
            };
            progress.inc(1);
            if arguments.json && print(&json_line(&report)?)? == Written::ReaderGone {
                return Ok(Some(Stop::ReaderGone));
            }
            tally.take(*report);
        }
    }
    progress.finish_and_clear();
    Ok(None)
}

/// A bar on stderr when that is a terminal and there is something to wait for.
fn progress_bar(pictures: usize) -> indicatif::ProgressBar {
    if pictures < 2 {
        return indicatif::ProgressBar::hidden();
    }
    indicatif::ProgressBar::new(pictures as u64)
}

/// Pictures a worker between two looks at Ctrl-C: enough that no worker waits long for another.
const BATCH_PER_WORKER: usize = 4;

/// Workers when `--jobs` is absent: the cores that this process may use.
#[must_use]
pub fn worker_count(asked: Option<u16>) -> usize {
    asked.map_or_else(
        || std::thread::available_parallelism().map_or(1, usize::from),
        usize::from,
    )
}

/// What became of a picture.
enum Judged {
    Report(Box<TrayReport>),
    /// A signal came before its turn.
    Skipped,
}

fn judge_picture(
    workshop: &Workshop,
    source: &Source,
    overlays: Option<&Path>,
) -> Result<Judged, Failure> {
    if interrupt::requested() {
        return Ok(Judged::Skipped);
    }
    let JudgedPicture {
        mut report,
        seen,
        watch,
    } = judge_file(workshop, &source.path)?;
    if let (Some(folder), Some(seen)) = (overlays, &seen) {
        let frame = seen.whole().map_err(Failure::resource)?;
        let names = workshop.grade_names();
        let drawn = picture::overlay(&frame, &report, seen.lattice.as_ref(), &names);
        write_picture(&folder.join(&source.overlay), &drawn).map_err(Failure::resource)?;
    }
    report.timing_ms = Some(watch.finish());
    Ok(Judged::Report(Box::new(report)))
}

/// What has been judged so far; the cells of reports are not kept.
#[derive(Debug, Default)]
struct Tally {
    reports: Vec<TrayReport>,
    graded: usize,
    refused: usize,
    failed: usize,
}

impl Tally {
    fn fail(&mut self, reason: &str) {
        self.failed += 1;
        say(&format!("failed: {}", shown(reason)));
    }

    fn take(&mut self, mut report: TrayReport) {
        match report.status {
            ReportStatus::Graded => self.graded += 1,
            ReportStatus::Refused => self.refused += 1,
            ReportStatus::Failed => self.fail(report.reason.as_deref().unwrap_or_default()),
        }
        report.cells = Vec::new();
        report.facts.source = shown(&report.facts.source);
        report.reason = report.reason.as_deref().map(shown);
        self.reports.push(report);
    }

    fn summary(&self, workshop: &Workshop) -> String {
        let mut text = format!(
            "{} graded, {} refused, {} failed · {} · {}",
            self.graded,
            self.refused,
            self.failed,
            workshop.evidence().backend,
            workshop.evidence().standard
        );
        if let Some(note) = workshop.note() {
            text = format!("{text}\n{note}");
        }
        text
    }

    fn ending(&self) -> Ending {
        if self.failed > 0 {
            Ending::SomeFailed
        } else {
            Ending::Done
        }
    }

    fn say_kept(&self, why: &str, of: usize) {
        say(&format!(
            "{why}: {} of {of} pictures are done and kept, the rest is not",
            self.reports.len()
        ));
    }
}
