//! Stored measurements by another standard: no picture, no net.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;

use anyhow::Context as _;
use rayon::prelude::*;

use crate::archive::{ArchiveError, JudgedBy, RunFolder, Share, tally};
use crate::grade::GradingStandard;
use crate::inspect::{TrayReport, rejudge};

use super::super::arguments::Global;
use super::super::exit::{CommandResult, Ending, Failure};
use super::super::grade::worker_count;
use super::super::output::{Written, print, say, shown};
use super::super::results::{json_line, write_whole};
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
    let unmeasured: Result<Vec<Vec<String>>, Failure> = manifest
        .shards()
        .par_iter()
        .map(|shard| {
            if interrupt::requested() {
                return Ok(Vec::new());
            }
            let lines = older.read_shard(shard.number).map_err(not_begun)?;
            let (lines, unmeasured) = judged(lines.lines(), standard, &older.shard(shard.number))?;
            if unmeasured.is_empty() {
                let written = out.write_shard(shard.number, lines.as_bytes());
                written.map_err(Failure::resource)?;
            }
            Ok(unmeasured)
        })
        .collect();
    let unmeasured = unmeasured?.concat();
    if interrupt::requested() {
        say("interrupted: begin again with another --out, nothing of the older run has changed");
        return Ok(Ending::Interrupted);
    }
    say_unmeasured(&unmeasured);
    let tally = tally(&manifest, &out, Share::WHOLE).map_err(Failure::resource)?;
    let ending = say_tally(&tally);
    if !unmeasured.is_empty() {
        say("shards with such trays are left out: regrade them from the archive with --resume");
        return Ok(Ending::SomeFailed);
    }
    match &arguments.compare {
        Some(with) => comparison::run(with, &out, ending),
        None => Ok(ending),
    }
}

/// A file of lines to stdout, or into `trays.jsonl` of a folder.
fn run_file(
    arguments: &RegradeArguments,
    standard: &GradingStandard,
    reports: &Path,
) -> CommandResult {
    let file =
        File::open(reports).with_context(|| format!("{}: cannot be read", reports.display()))?;
    let mut kept = Vec::new();
    let mut unmeasured = Vec::new();
    for line in BufReader::new(file).lines() {
        let line = line.with_context(|| format!("{}: cannot be read", reports.display()))?;
        let (line, mut without) = judged([line.as_str()], standard, reports)?;
        unmeasured.append(&mut without);
        if arguments.out.is_some() {
            kept.write_all(line.as_bytes())?;
        } else if print(&line)? == Written::ReaderGone {
            return Ok(Ending::Done);
        }
    }
    if let Some(out) = &arguments.out {
        write_whole(&out.join("trays.jsonl"), &kept).map_err(Failure::resource)?;
    }
    say_unmeasured(&unmeasured);
    Ok(if unmeasured.is_empty() {
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

/// The lines under the standard, and why some have none.
fn judged<'a>(
    lines: impl IntoIterator<Item = &'a str>,
    standard: &GradingStandard,
    file: &Path,
) -> anyhow::Result<(String, Vec<String>)> {
    let (mut judged, mut unmeasured) = (String::new(), Vec::new());
    for line in lines {
        if line.trim().is_empty() {
            continue;
        }
        let report: TrayReport = serde_json::from_str(line)
            .with_context(|| format!("{}: holds a line that is no report", file.display()))?;
        match rejudge(report, standard) {
            Ok(report) => judged += &json_line(&report)?,
            Err(error) => unmeasured.push(error.to_string()),
        }
    }
    Ok((judged, unmeasured))
}
