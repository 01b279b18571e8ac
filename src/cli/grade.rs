//! `seedgrade grade`: judge pictures or folders of pictures.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::clock::Stopwatch;
use crate::frame::{DecodeLimits, Frame, picture_paths, read_picture};
use crate::inspect::{
    Inspection, ReportStatus, SourceFacts, Stage, StageObserver, StageTimes, TrayReport,
};
use crate::picture;

use super::arguments::{Global, GradeArguments};
use super::exit::{CommandResult, Ending, Failure};
use super::interrupt;
use super::output::{Written, print, say, shown};
use super::workshop::{Workshop, read_config, standard, tray_format};

/// Runs the command.
pub fn run(arguments: &GradeArguments, global: &Global) -> CommandResult {
    let config = read_config(global)?;
    let format = tray_format(&arguments.tray, config.as_ref())?;
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
    let jobs = worker_count(arguments.jobs);
    let workshop = Workshop::open(global, config.as_ref(), format, standard, 1)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build()?;
    let mut tally = Tally::default();
    for missing in &sources.missing {
        tally.fail(missing);
    }
    let batch = jobs * BATCH_PER_WORKER;
    let progress = progress_bar(sources.pictures.len());
    let (mut interrupted, mut stopped) = (false, None);
    'pictures: for part in sources.pictures.chunks(batch) {
        let judged: Vec<_> = pool.install(|| {
            part.par_iter()
                .map(|source| judge_picture(&workshop, source, arguments.overlay.as_deref()))
                .collect()
        });
        for outcome in judged {
            match outcome {
                Err(failure) => {
                    stopped = Some(failure);
                    break 'pictures;
                }
                Ok(Judged::Skipped) => {
                    interrupted = true;
                    break 'pictures;
                }
                Ok(Judged::Report(report)) => {
                    progress.inc(1);
                    if arguments.json && print(&json_line(&report)?)? == Written::ReaderGone {
                        return Ok(Ending::Done);
                    }
                    tally.take(*report);
                }
            }
        }
    }
    progress.finish_and_clear();
    if !arguments.json {
        let names = workshop.grade_names();
        let table = picture::summary_table(&tally.reports.iter().collect::<Vec<_>>(), &names);
        print(&table)?;
        say(&tally.summary(&workshop));
    }
    if let Some(failure) = stopped {
        tally.say_kept("stopped", sources.pictures.len());
        return Err(failure);
    }
    if interrupted {
        tally.say_kept("interrupted", sources.pictures.len());
        return Ok(Ending::Interrupted);
    }
    Ok(tally.ending())
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

/// One picture to judge and the name of its overlay.
#[derive(Debug)]
struct Source {
    path: PathBuf,
    overlay: PathBuf,
}

/// The pictures under the paths asked for, and the paths that gave none.
#[derive(Debug, Default)]
struct Sources {
    pictures: Vec<Source>,
    missing: Vec<String>,
}

impl Sources {
    fn collect(paths: &[PathBuf]) -> Self {
        let mut sources = Self::default();
        let mut names = BTreeSet::new();
        for root in paths {
            match picture_paths(root) {
                Ok(found) => {
                    for path in found {
                        let inside = path.strip_prefix(root).unwrap_or(&path);
                        let name = if inside.as_os_str().is_empty() {
                            PathBuf::from(path.file_name().unwrap_or_default())
                        } else {
                            inside.to_owned()
                        };
                        let overlay = overlay_name(&name, &mut names);
                        sources.pictures.push(Source { path, overlay });
                    }
                }
                Err(error) => sources.missing.push(error.to_string()),
            }
        }
        sources
    }

    /// Refuses a folder of overlays in which one would take the place of a picture to judge.
    fn keep_from(&self, folder: &Path) -> anyhow::Result<()> {
        for source in &self.pictures {
            let overlay = folder.join(&source.overlay);
            let same = |there: PathBuf| source.path.canonicalize().is_ok_and(|p| p == there);
            anyhow::ensure!(
                !overlay.canonicalize().is_ok_and(same),
                "--overlay {}: {} would be overwritten: name another folder",
                folder.display(),
                source.path.display()
            );
        }
        Ok(())
    }
}

/// The overlay's name: the picture's, ending in `.png`; one that is taken gets a number.
fn overlay_name(name: &Path, taken: &mut BTreeSet<PathBuf>) -> PathBuf {
    let mut free = name.with_extension("png");
    let mut number = 2;
    while !taken.insert(free.clone()) {
        free = name.with_extension(format!("{number}.png"));
        number += 1;
    }
    free
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
    let mut watch = StageWatch::start();
    let name = source.path.to_string_lossy().into_owned();
    let (bytes, frame) = match read_picture(&source.path, DecodeLimits::default()) {
        Ok(read) => read,
        Err(error) => {
            let facts = SourceFacts {
                tray_uid: String::new(),
                source: name,
                pass: 1,
                ..SourceFacts::default()
            };
            let mut report = workshop.with_inspector(|i| i.failed(facts, error.to_string()))?;
            report.timing_ms = Some(watch.finish());
            return Ok(Judged::Report(Box::new(report)));
        }
    };
    let facts = picture_facts(name, &bytes);
    watch.decoded();
    let inspection = workshop
        .with_inspector(|i| i.inspect(&frame, facts, &mut watch))?
        .map_err(anyhow::Error::from)?;
    let Inspection {
        mut report,
        lattice,
    } = inspection;
    if let Some(folder) = overlays {
        let drawn = picture::overlay(&frame, &report, lattice.as_ref(), &workshop.grade_names());
        write_picture(&folder.join(&source.overlay), &drawn).map_err(Failure::resource)?;
    }
    report.timing_ms = Some(watch.finish());
    Ok(Judged::Report(Box::new(report)))
}

/// What a picture from a folder tells of itself: its name and the hash of its bytes.
#[must_use]
pub fn picture_facts(source: String, bytes: &[u8]) -> SourceFacts {
    let hash = hex::encode(Sha256::digest(bytes));
    SourceFacts {
        source,
        tray_uid: format!("sha256:{hash}"),
        image_sha256: Some(hash),
        pass: 1,
        ..SourceFacts::default()
    }
}

/// Writes a frame as PNG, whole or not at all.
///
/// # Errors
/// The folder cannot be made or written.
pub fn write_picture(path: &Path, frame: &Frame) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)
        .with_context(|| format!("{}: cannot be made", folder.display()))?;
    let wrong = || format!("{}: cannot be written", path.display());
    let mut part = tempfile::NamedTempFile::new_in(folder).with_context(wrong)?;
    let bytes = picture::png(frame).with_context(wrong)?;
    std::io::Write::write_all(&mut part, &bytes).with_context(wrong)?;
    part.persist(path).with_context(wrong)?;
    Ok(())
}

/// One report as a line of JSON.
///
/// # Errors
/// Never for finite numbers; a number that is not finite is an error, not a null.
pub fn json_line(report: &TrayReport) -> anyhow::Result<String> {
    Ok(serde_json::to_string(report)? + "\n")
}

/// Times the stages that an inspector reports.
pub struct StageWatch {
    whole: Stopwatch,
    lap: Stopwatch,
    times: StageTimes,
}

impl StageWatch {
    /// Starts with the decoding.
    #[must_use]
    pub fn start() -> Self {
        Self {
            whole: Stopwatch::start(),
            lap: Stopwatch::start(),
            times: StageTimes::default(),
        }
    }

    /// The picture is decoded.
    pub fn decoded(&mut self) {
        self.times.decode = self.next_lap();
    }

    /// All times, to a hundredth of a millisecond.
    #[must_use]
    pub fn finish(mut self) -> StageTimes {
        self.times.total = hundredths(self.whole.milliseconds());
        self.times
    }

    fn next_lap(&mut self) -> f64 {
        let lap = std::mem::replace(&mut self.lap, Stopwatch::start());
        hundredths(lap.milliseconds())
    }
}

fn hundredths(milliseconds: f64) -> f64 {
    (milliseconds * 100.0).round() / 100.0
}

impl StageObserver for StageWatch {
    fn ended(&mut self, stage: Stage) {
        let lap = self.next_lap();
        match stage {
            Stage::Locate => self.times.locate = lap,
            Stage::Rectify => self.times.rectify = lap,
            Stage::Infer => self.times.infer = lap,
            Stage::Measure => self.times.measure = lap,
        }
    }
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
