//! `seedgrade store regrade`: stored trays by another standard, from their measurements, beside their first judgement.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::Args;
use rayon::prelude::*;

use super::{WAIT, failure};
use crate::archive::Changes;
use crate::cli::exit::{CommandResult, Ending, Failure};
use crate::cli::interrupt;
use crate::cli::output::{print, say, shown};
use crate::cli::regrade::comparison;
use crate::cli::workshop::read_text;
use crate::clock;
use crate::grade::GradingStandard;
use crate::inspect::{RejudgeError, TrayReport, rejudge};
use crate::store::{
    Regrading, StandardText, Statement, StatementWriter, StoreError, StoreReader, TrayFilter,
};

/// Trays judged at once and stored in one transaction: a line that writes the store waits a fifth of a second at most.
const TRAYS_AT_ONCE: u32 = 128;

/// `seedgrade store regrade`
#[derive(Debug, Args)]
pub struct RegradeStoreArguments {
    /// The store
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// The standard; its text is kept in the store
    #[arg(long, value_name = "FILE")]
    standard: PathBuf,
    /// Trays of this lot only
    #[arg(long, value_name = "LOT")]
    lot: Option<String>,
    /// Who wants it
    #[arg(long, value_name = "NAME", required_unless_present = "dry_run")]
    who: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT", required_unless_present = "dry_run")]
    why: Option<String>,
    /// Print what would be judged otherwise and store nothing
    #[arg(long, conflicts_with_all = ["who", "why"])]
    dry_run: bool,
}

/// What was done.
#[derive(Default)]
struct Done {
    changes: Changes,
    /// Trays that were judged by the standard already, at first or later.
    before: usize,
    /// Why trays have no judgement by the standard.
    unmeasured: Vec<String>,
}

impl Done {
    /// Whether no tray was found.
    fn is_nothing(&self) -> bool {
        self.changes.trays + self.before + self.unmeasured.len() == 0
    }
}

/// Runs the command.
pub fn run(arguments: &RegradeStoreArguments) -> CommandResult {
    let text = read_text(&arguments.standard)?;
    let standard = GradingStandard::parse(&text)
        .with_context(|| format!("{}", arguments.standard.display()))?;
    let reader = StoreReader::open(&arguments.store).map_err(failure)?;
    let mut keeper = Keeper::of(arguments, &standard)?;
    let known = reader.regraded_by(standard.digest()).map_err(failure)?;
    let mut done = Done::default();
    let mut filter = TrayFilter {
        lot: arguments.lot.clone(),
        limit: Some(TRAYS_AT_ONCE),
        ..TrayFilter::default()
    };
    loop {
        let trays = reader.trays(&filter).map_err(failure)?;
        let Some(last) = trays.last() else { break };
        filter.after = Some(last.id);
        let all = trays.len();
        let reports = trays
            .into_iter()
            .filter(|tray| !known.contains(&(tray.uid.clone(), tray.pass)))
            .map(|tray| reader.report(tray.id))
            .filter(|report| !report.as_ref().is_ok_and(|report| is_by(report, &standard)))
            .collect::<Result<Vec<_>, StoreError>>()
            .map_err(failure)?;
        done.before += all - reports.len();
        let judged = judged_anew(reports, &standard, &mut done);
        if let Some(keeper) = &mut keeper {
            keeper.keep(judged)?;
        }
        if interrupt::requested() {
            say("interrupted: what was judged so far is kept, the same command goes on");
            return Ok(Ending::Interrupted);
        }
    }
    if done.is_nothing() {
        let of = arguments
            .lot
            .as_ref()
            .map(|lot| format!(" of lot {}", shown(lot)));
        let store = arguments.store.display();
        return Err(anyhow!("{store}: no tray{} is stored", of.unwrap_or_default()).into());
    }
    say_done(&done)
}

fn is_by(report: &TrayReport, standard: &GradingStandard) -> bool {
    report.evidence.standard_digest == standard.digest()
}

/// Stores judgements beside the first ones, by whom and why.
struct Keeper {
    writer: StatementWriter,
    at: String,
    who: String,
    why: String,
}

impl Keeper {
    /// None of a dry run. The standard's text is stored at once.
    fn of(
        arguments: &RegradeStoreArguments,
        standard: &GradingStandard,
    ) -> Result<Option<Self>, Failure> {
        let (Some(who), Some(why)) = (&arguments.who, &arguments.why) else {
            return Ok(None);
        };
        let at = clock::now().to_string();
        let text = StandardText::of(&at, who, standard.text()).map_err(anyhow::Error::from)?;
        let mut writer = StatementWriter::open(&arguments.store, WAIT).map_err(failure)?;
        writer.add(&Statement::Standard(text)).map_err(failure)?;
        Ok(Some(Self {
            writer,
            at,
            who: who.clone(),
            why: why.clone(),
        }))
    }

    fn keep(&mut self, judged: Vec<TrayReport>) -> Result<(), Failure> {
        let statement = |report| {
            Statement::Regrading(Box::new(Regrading {
                at: self.at.clone(),
                who: self.who.clone(),
                why: Some(self.why.clone()),
                report,
            }))
        };
        let statements: Vec<Statement> = judged.into_iter().map(statement).collect();
        self.writer.add_all(&statements).map_err(failure)?;
        Ok(())
    }
}

/// The trays under the standard, and what it says otherwise.
fn judged_anew(
    reports: Vec<TrayReport>,
    standard: &GradingStandard,
    done: &mut Done,
) -> Vec<TrayReport> {
    let both: Vec<(TrayReport, Result<TrayReport, RejudgeError>)> = reports
        .into_par_iter()
        .map(|older| {
            let newer = rejudge(older.clone(), standard);
            (older, newer)
        })
        .collect();
    let mut judged = Vec::with_capacity(both.len());
    for (older, newer) in both {
        match newer {
            Ok(newer) => {
                done.changes.add(&older, &newer);
                judged.push(newer);
            }
            Err(error) => done.unmeasured.push(error.to_string()),
        }
    }
    judged
}

fn say_done(done: &Done) -> CommandResult {
    print(&comparison::text(&done.changes))?;
    if done.before > 0 {
        say(&format!(
            "{} trays were judged by this standard already",
            done.before
        ));
    }
    for reason in &done.unmeasured {
        say(&format!("failed: {}", shown(reason)));
    }
    Ok(if done.unmeasured.is_empty() {
        Ending::Done
    } else {
        Ending::SomeFailed
    })
}
