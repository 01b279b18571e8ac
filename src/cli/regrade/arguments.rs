//! What can be asked of `seedgrade regrade`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::archive::Share;

use super::super::arguments::TrayArguments;

/// `seedgrade regrade`
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "The run's folder holds manifest.jsonl and shards/NNNNNN.jsonl, a line of JSON a tray; their lines in the \
    order of their names are those of the archive. Killed or interrupted, it goes on with --resume and repeats only what \
    was in flight.\n\n\
    Examples:\n  \
    seedgrade regrade archive/ --out run-7 --tray 10x20 --standard tomato-2.toml\n  \
    seedgrade regrade archive/ --out run-7 --tray 10x20 --standard tomato-2.toml --resume --compare run-6\n  \
    seedgrade regrade archive/ --out part-3 --tray 10x20 --shard 3/8      (on the third of eight machines)\n  \
    seedgrade regrade gather part-* --out run-7\n  \
    seedgrade regrade --from-reports run-6 --standard tomato-2.toml --out run-7      (no picture is read)"
)]
pub struct RegradeArguments {
    /// What to do with runs that are there
    #[command(subcommand)]
    pub part: Option<RegradeCommand>,
    /// The archive: a folder of pictures, sub-folders included
    #[arg(required_unless_present = "from_reports", value_name = "ARCHIVE")]
    pub archive: Option<PathBuf>,
    /// The run's folder
    #[arg(long, required_unless_present = "from_reports", value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What tray is in view
    #[command(flatten)]
    pub tray: TrayArguments,
    /// Grading standard; without it the embedded vegetable-plug standard
    #[arg(long, value_name = "FILE")]
    pub standard: Option<PathBuf>,
    /// Pictures judged at the same time; the machine's cores when absent
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Go on with the run that is in the folder
    #[arg(long)]
    pub resume: bool,
    /// An earlier run over the same pictures: print what is judged otherwise, and end with 1 if anything is
    #[arg(long, value_name = "DIR")]
    pub compare: Option<PathBuf>,
    /// Do the I-th of N shares only, I from 1; implies --resume
    #[arg(long, value_name = "I/N", value_parser = Share::parse, conflicts_with = "compare")]
    pub shard: Option<Share>,
    /// Leave the machine to others where they want it
    #[arg(long)]
    pub low_priority: bool,
    /// Judge the measurements of an earlier run (or of a file of `grade --json`) by another standard: no picture is read
    #[arg(long, value_name = "DIR|FILE", conflicts_with_all = ["archive", "shard", "resume"])]
    pub from_reports: Option<PathBuf>,
}

/// `seedgrade regrade gather`
#[derive(Debug, Subcommand)]
pub enum RegradeCommand {
    /// Join the shares of a run and name what is missing
    Gather(GatherArguments),
}

/// `seedgrade regrade gather`
#[derive(Debug, Args)]
pub struct GatherArguments {
    /// Folders of the shares
    #[arg(required = true, value_name = "DIR")]
    pub parts: Vec<PathBuf>,
    /// Where the whole run is written; without it its lines are printed
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
