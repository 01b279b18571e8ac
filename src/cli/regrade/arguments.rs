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
    seedgrade regrade archive/ --out run-7 --tray 10x20 --nats nats://base1      (on one machine)\n  \
    seedgrade regrade worker --nats nats://base1 --archive /mnt/archive      (on any number of others)\n  \
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
    /// NATS server (JetStream) that shares the work among machines: shards are graded by `regrade worker` there, not here
    #[arg(long, value_name = "URL", conflicts_with_all = ["shard", "from_reports"])]
    pub nats: Option<String>,
    /// How that server is entered
    #[command(flatten)]
    pub entry: ServerArguments,
    /// Silence of a worker after which its shard goes to another one, s
    #[arg(long, value_name = "SECONDS", default_value_t = 30, requires = "nats", value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub redeliver_after: u16,
    /// Send the pictures through the server too, for workers that have no way to the archive
    #[arg(long, requires = "nats")]
    pub hand_out_pictures: bool,
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
    /// Lend this machine: grade shards of the runs on a NATS server
    Worker(WorkerArguments),
}

/// How a NATS server is entered.
#[derive(Debug, Args)]
pub struct ServerArguments {
    /// Credentials as `nsc` writes them (JWT and seed); user and password may stand in the address instead
    #[arg(long, value_name = "FILE", requires = "nats")]
    pub nats_credentials: Option<PathBuf>,
    /// Certificates (PEM) that sign those of a private network's server
    #[arg(long, value_name = "FILE", requires = "nats")]
    pub nats_ca: Option<PathBuf>,
    /// How long a server that is gone is waited for, s
    #[arg(long, value_name = "SECONDS", default_value_t = 120, requires = "nats", value_parser = clap::value_parser!(u16).range(1..))]
    pub patience: u16,
}

/// `seedgrade regrade worker`
#[derive(Debug, Args)]
#[command(
    after_help = "Nets, standard and configuration come from whoever began the run, by their SHA-256, and a run that this \
    machine could not judge by exactly these is refused. It works until Ctrl-C, which gives the shards in hand back \
    (exit 0), or until --idle-exit.\n\n\
    Examples:\n  \
    seedgrade regrade worker --nats tls://base1 --nats-credentials wang.creds\n  \
    seedgrade regrade worker --nats nats://base1 --archive /mnt/archive --jobs 8 --low-priority"
)]
pub struct WorkerArguments {
    /// The server
    #[arg(long, value_name = "URL")]
    pub nats: String,
    /// How it is entered
    #[command(flatten)]
    pub entry: ServerArguments,
    /// The archive as this machine sees it, where its path is another one here
    #[arg(long, value_name = "DIR")]
    pub archive: Option<PathBuf>,
    /// Shards graded at the same time; the machine's cores when absent
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// End when nothing was handed out for so long
    #[arg(long, value_name = "SECONDS")]
    pub idle_exit: Option<u16>,
    /// Leave the machine to others where they want it
    #[arg(long)]
    pub low_priority: bool,
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
