//! `seedgrade stats`: what the stores know of lots and trays.

mod groups;
mod tray;

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::{Args, ValueEnum};

use crate::statistics::GroupBy;
use crate::store::StoreReader;

use super::arguments::Global;
use super::exit::CommandResult;
use super::workshop::read_config;

/// `seedgrade stats`
#[derive(Debug, Args)]
#[command(
    after_help = "Several stores are read as one. A tray that passed more than once is counted once: its last graded \
    pass decides. Emergence is occupied ÷ sown cells, where unsure cells count as not occupied and stand in a column of their own; \
    marketable is plants of a marketable grade ÷ sown cells, both with their exact 95 % binomial interval. In JSON \
    that is emergence_of_sown with undecided; emergence there is of the decided cells alone. Days and hours are in UTC.\n\n\
    Examples:\n  \
    seedgrade stats --store seedgrade.db\n  \
    seedgrade stats --store line1.db line2.db --lot 2026-11-A\n  \
    seedgrade stats --store seedgrade.db --by variety --json\n  \
    seedgrade stats --store seedgrade.db --tray base1/line1/2026-11-24/000123"
)]
pub struct StatsArguments {
    /// Stores; that of the configuration when absent
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub store: Vec<PathBuf>,
    /// Only this lot, with its trend and the nozzles that look blocked
    #[arg(long, value_name = "LOT")]
    pub lot: Option<String>,
    /// What trays are put together by
    #[arg(long, value_enum, default_value_t = By::Lot)]
    pub by: By,
    /// All that is known of a tray, by its uid or by the code read from it
    #[arg(long, value_name = "UID|CODE", conflicts_with_all = ["lot", "by"])]
    pub tray: Option<String>,
    /// One JSON object a group or a pass of a tray on stdout
    #[arg(long)]
    pub json: bool,
}

/// What trays are put together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Lot
    Lot,
    /// Variety of the lot
    Variety,
    /// Job
    Job,
    /// Day, in UTC
    Day,
    /// Grading standard
    Standard,
}

impl From<By> for GroupBy {
    fn from(by: By) -> Self {
        match by {
            By::Lot => Self::Lot,
            By::Variety => Self::Variety,
            By::Job => Self::Job,
            By::Day => Self::Day,
            By::Standard => Self::Standard,
        }
    }
}

impl By {
    fn word(self) -> &'static str {
        match self {
            Self::Lot => "lot",
            Self::Variety => "variety",
            Self::Job => "job",
            Self::Day => "day",
            Self::Standard => "standard",
        }
    }
}

/// Runs the command.
pub fn run(arguments: &StatsArguments, global: &Global) -> CommandResult {
    let stores = open(arguments, global)?;
    match &arguments.tray {
        Some(name) => tray::show(&stores, name, arguments.json),
        None => groups::show(&stores, arguments),
    }
}

/// Opens the stores that are named, each once, else the one of the configuration.
fn open(arguments: &StatsArguments, global: &Global) -> anyhow::Result<Vec<StoreReader>> {
    let mut paths = arguments.store.clone();
    if paths.is_empty() {
        let configured = read_config(global)?.and_then(|config| config.store);
        paths.push(
            configured
                .context("no store: expected --store FILE or [store] in a configuration")?
                .file,
        );
    }
    let mut seen = Vec::new();
    let mut stores = Vec::new();
    for path in &paths {
        let reader = StoreReader::open(path)?;
        let place = path
            .canonicalize()
            .with_context(|| format!("{}", path.display()))?;
        if seen.contains(&place) {
            return Err(anyhow!(
                "{}: expected each store once, found it twice",
                path.display()
            ));
        }
        seen.push(place);
        stores.push(reader);
    }
    Ok(stores)
}
