//! `seedgrade eval`: accuracy on labelled sets, with intervals.

mod error_sheets;
mod segment;
mod whole;

use anyhow::{Context, anyhow};

use crate::config::Config;
use crate::dataset::{LabelledSet, Suspect, read_set, read_suspects};
use crate::evaluate::{JudgedTray, SetReport};
use crate::grade::GradingStandard;
use crate::picture::accuracy_table;

use super::arguments::{EvalArguments, EvalStage, Global};
use super::exit::{CommandResult, Ending, Failure};
use super::grade::worker_count;
use super::interrupt;
use super::output::{print, say};
use super::workshop::{self, read_config};

use error_sheets::SheetFolders;

/// Runs the command. Verdicts are those of the embedded standard where none is named: occupancy is what is scored.
pub fn run(arguments: &EvalArguments, global: &Global) -> CommandResult {
    check(arguments)?;
    let config = read_config(global)?;
    let sets: Vec<LabelledSet> = arguments
        .sets
        .iter()
        .map(|folder| read_set(folder))
        .collect::<Result<_, _>>()?;
    let suspects = match &arguments.without {
        Some(path) => read_suspects(path)?,
        None => Vec::new(),
    };
    // not the configuration's: figures of a set are compared from site to site
    let standard = workshop::standard(arguments.standard.as_deref(), None)?;
    if arguments.repeat {
        needs_same_trays(&sets)?;
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(worker_count(arguments.jobs))
        .build()?;
    let mut evaluation = Evaluation {
        arguments,
        global,
        config: config.as_ref(),
        standard,
        pool,
        suspects,
        folders: SheetFolders::default(),
        failed: 0,
    };
    let mut reports = Vec::new();
    for set in &sets {
        let Some(report) = evaluation.report(set)? else {
            say("interrupted: the sets printed so far are whole, this one is not");
            return Ok(Ending::Interrupted);
        };
        if arguments.json {
            print(&(serde_json::to_string(&report)? + "\n"))?;
        }
        reports.push(report);
    }
    if !arguments.json {
        print(&accuracy_table(&reports))?;
    }
    Ok(ending(&reports, evaluation.failed, arguments.min_accuracy))
}

/// Options that say nothing about masks alone.
fn check(arguments: &EvalArguments) -> anyhow::Result<()> {
    let segment = arguments.stage == EvalStage::Segment;
    let of_verdicts = [
        ("--errors", arguments.errors.is_some()),
        ("--without", arguments.without.is_some()),
        ("--standard", arguments.standard.is_some()),
        ("--repeat", arguments.repeat),
        ("--min-accuracy", arguments.min_accuracy.is_some()),
    ];
    if let Some((name, _)) = of_verdicts.iter().find(|(_, given)| segment && *given) {
        return Err(anyhow!(
            "{name}: is about verdicts, which --stage segment does not give"
        ));
    }
    if !segment && arguments.cells_in_view.is_some() {
        return Err(anyhow!("--cells-in-view: only with --stage segment"));
    }
    Ok(())
}

/// `--repeat` on a set that shows every tray once would print nothing.
fn needs_same_trays(sets: &[LabelledSet]) -> anyhow::Result<()> {
    for set in sets {
        let mut names: Vec<&str> = set
            .images
            .iter()
            .filter_map(|i| i.same_tray.as_deref())
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        anyhow::ensure!(
            names.len() < all,
            "{}: --repeat: no two pictures have the same `same_tray`",
            set.name
        );
    }
    Ok(())
}

/// One run of the command over its sets.
struct Evaluation<'a> {
    arguments: &'a EvalArguments,
    global: &'a Global,
    config: Option<&'a Config>,
    standard: GradingStandard,
    pool: rayon::ThreadPool,
    suspects: Vec<Suspect>,
    folders: SheetFolders,
    failed: usize,
}

impl Evaluation<'_> {
    /// The metrics of a set; none when interrupted.
    fn report(&mut self, set: &LabelledSet) -> Result<Option<SetReport>, Failure> {
        let (global, config, standard) = (self.global, self.config, &self.standard);
        match self.arguments.stage {
            EvalStage::Segment => {
                let cells = self.arguments.cells_in_view;
                let scored = self
                    .pool
                    .install(|| segment::score_set(set, cells, global, config))?;
                self.failed += scored.failed;
                let report = SetReport::of_masks(&set.name, &scored.masks, scored.evidence);
                Ok((!interrupt::requested()).then_some(report))
            }
            EvalStage::Whole => {
                let judged = self
                    .pool
                    .install(|| whole::judge_set(set, global, config, standard))?;
                if interrupt::requested() {
                    return Ok(None);
                }
                self.failed += judged.iter().filter(|j| j.failed).count();
                self.whole(set, &judged).map(Some)
            }
        }
    }

    fn whole(
        &mut self,
        set: &LabelledSet,
        judged: &[whole::Judged<'_>],
    ) -> Result<SetReport, Failure> {
        let trays: Vec<JudgedTray<'_>> = judged.iter().map(whole::Judged::tray).collect();
        if let Some(folder) = &self.arguments.errors {
            let folder = folder.join(self.folders.name_for(&set.name));
            let names = workshop::grade_names(&self.standard);
            error_sheets::write(&folder, judged, &names)?;
        }
        let report = SetReport::new(&set.name, &trays);
        if self.arguments.without.is_none() {
            return Ok(report);
        }
        let report = report.with_suspects_left_out(&trays, |tray, cell| {
            let place = (
                cell / tray.report.cols.max(1),
                cell % tray.report.cols.max(1),
            );
            let named = |s: &&Suspect| s.is_of(&set.name, &tray.id) && (s.row, s.col) == place;
            self.suspects.iter().any(|suspect| named(&suspect))
        });
        if report
            .without_suspects
            .as_ref()
            .is_some_and(|w| w.left_out == 0)
        {
            say(&format!(
                "{}: --without names none of its labelled cells",
                set.name
            ));
        }
        Ok(report)
    }
}

fn ending(reports: &[SetReport], failed: usize, least: Option<f64>) -> Ending {
    let below = |report: &SetReport| {
        let accuracy = report.occupancy.as_ref().and_then(|o| o.accuracy);
        least.is_some_and(|least| accuracy.is_none_or(|a| a < least))
    };
    if failed > 0 {
        Ending::SomeFailed
    } else if reports.iter().any(below) {
        Ending::Below
    } else {
        Ending::Done
    }
}

/// The picture in an error's words.
fn of_picture(set: &LabelledSet, id: &str) -> String {
    format!("{}: {id}", set.name)
}

/// Puts the picture's name before an error.
fn named<T, E: Into<anyhow::Error>>(
    result: Result<T, E>,
    set: &LabelledSet,
    id: &str,
) -> anyhow::Result<T> {
    result
        .map_err(Into::into)
        .with_context(|| of_picture(set, id))
}
