//! Stored measurements by another standard: no picture, no net.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::Context as _;
use rayon::prelude::*;

use crate::archive::{ArchiveError, JudgedBy, LineFacts, RunFolder, Shard, Tally, counted};
use crate::grade::GradingStandard;
use crate::inspect::{LineError, rejudge_line};

use super::super::arguments::Global;
use super::super::exit::{CommandResult, Ending, Failure};
use super::super::grade::worker_count;
use super::super::output::{Written, print, say, shown};
use super::super::results::write_whole;
use super::super::workshop::{read_config, standard};
use super::arguments::RegradeArguments;
use super::{comparison, interrupt, not_begun, say_tally};

/// Runs the command.
pub fn run(arguments: &RegradeArguments, global: &Global, reports: &Path) -> CommandResult {
    let config = read_config(global)?;
    let standard = standard(arguments.standard.as_deref(), config.as_ref())?;
    if reports.is_dir() {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(worker_count(arguments.jobs))
            .build()?;
        pool.install(|| run_folder(arguments, &standard, reports))
    } else {
        run_file(arguments, &standard, reports)
    }
}

/// A run's folder into another one.
fn run_folder(
    arguments: &RegradeArguments,
    standard: &GradingStandard,
    reports: &Path,
) -> CommandResult {
    let out = arguments.out.as_deref();
    let out = RunFolder::new(out.context("no --out: give the folder of the new run")?);
    let older = RunFolder::new(reports);
    let manifest = older.begun()?;
    let by = JudgedBy {
        standard: standard.digest().to_owned(),
        ..manifest.recipe().clone()
    };
    let manifest = manifest.judged_anew(by)?;
    if out.manifest()?.is_some() {
        return Err(ArchiveError::Begun(out.path().to_owned()).into());
    }
    out.begin(&manifest).map_err(not_begun)?;
    let judged: Result<Vec<(Tally, Vec<String>)>, Failure> = manifest
        .shards()
        .par_iter()
        .map(|shard| {
            if interrupt::requested() {
                return Ok(Default::default());
            }
            run_shard(shard, (&older, &out), standard)
        })
        .collect();
    let (tallies, unmeasured): (Vec<Tally>, Vec<Vec<String>>) = judged?.into_iter().unzip();
    if interrupt::requested() {
        say("interrupted: begin again with another --out, nothing of the older run has changed");
        return Ok(Ending::Interrupted);
    }
    let unmeasured = unmeasured.concat();
    say_unmeasured(&unmeasured);
    let ending = say_tally(&tallies.into_iter().fold(Tally::default(), Tally::and));
    if !unmeasured.is_empty() {
        say("shards with such trays are left out: regrade them from the archive with --resume");
        return Ok(Ending::SomeFailed);
    }
    match &arguments.compare {
        Some(with) => comparison::run(with, &out, ending),
        None => Ok(ending),
    }
}

/// A shard of the older run into the new one: what became of its pictures, and why trays are not measured. A shard with
/// such a tray is left out.
fn run_shard(
    shard: &Shard,
    (older, out): (&RunFolder, &RunFolder),
    standard: &GradingStandard,
) -> Result<(Tally, Vec<String>), Failure> {
    let lines = older.read_shard(shard.number).map_err(not_begun)?;
    let path = older.shard(shard.number);
    let mut judged = Judged::default();
    for line in lines.lines() {
        judged.add(line, standard, &path)?;
    }
    if !judged.unmeasured.is_empty() {
        return Ok((Tally::default(), judged.unmeasured));
    }
    let tally = counted(shard, &judged.facts)
        .map_err(|found| Failure::resource(ArchiveError::Results { path, found }))?;
    let written = out.write_shard(shard.number, &judged.lines);
    written.map_err(Failure::resource)?;
    Ok((tally, Vec::new()))
}

/// A file of lines to stdout, or into `trays.jsonl` of a folder.
fn run_file(
    arguments: &RegradeArguments,
    standard: &GradingStandard,
    reports: &Path,
) -> CommandResult {
    let file =
        File::open(reports).with_context(|| format!("{}: cannot be read", reports.display()))?;
    let mut judged = Judged::default();
    for line in BufReader::new(file).lines() {
        let line = line.with_context(|| format!("{}: cannot be read", reports.display()))?;
        judged.add(&line, standard, reports)?;
        if arguments.out.is_none() {
            let line = std::str::from_utf8(&judged.lines)?;
            if print(line)? == Written::ReaderGone {
                return Ok(Ending::Done);
            }
            judged.lines.clear();
        }
    }
    if let Some(out) = &arguments.out {
        write_whole(&out.join("trays.jsonl"), &judged.lines).map_err(Failure::resource)?;
    }
    say_unmeasured(&judged.unmeasured);
    Ok(if judged.unmeasured.is_empty() {
        Ending::Done
    } else {
        Ending::SomeFailed
    })
}

fn say_unmeasured(unmeasured: &[String]) {
    for reason in unmeasured {
        say(&format!("failed: {}", shown(reason)));
    }
}

/// Lines under the standard, what they are of, and why some lines have no counterpart.
#[derive(Default)]
struct Judged {
    lines: Vec<u8>,
    facts: Vec<LineFacts>,
    unmeasured: Vec<String>,
}

impl Judged {
    /// Judges a line of `file`; an empty one is none.
    fn add(&mut self, line: &str, standard: &GradingStandard, file: &Path) -> anyhow::Result<()> {
        if line.trim().is_empty() {
            return Ok(());
        }
        match rejudge_line(line, standard, &mut self.lines) {
            Ok(report) => {
                self.lines.push(b'\n');
                self.facts.push(LineFacts {
                    source: report.facts.source,
                    image_sha256: report.facts.image_sha256,
                    status: report.status,
                    reason: report.reason,
                });
            }
            Err(LineError::Rejudge(error)) => self.unmeasured.push(error.to_string()),
            Err(error @ LineError::NoReport(_)) => {
                return Err(error).with_context(|| {
                    format!("{}: holds a line that is no report", file.display())
                });
            }
        }
        Ok(())
    }
}
