//! `seedgrade stats`: what the stores know of lots and trays.

mod delivery;
mod groups;
mod tray;

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::{Args, ValueEnum};

use crate::statistics::{Calendar, GroupBy};
use crate::store::{HandMeasurement, StoreReader};

use super::arguments::Global;
use super::exit::CommandResult;
use super::output::shown;
use super::workshop::read_config;

/// `seedgrade stats`
#[derive(Debug, Args)]
#[command(
    after_help = "Several stores are read as one. A tray that passed more than once is counted once: its last graded \
    pass decides. Emergence is occupied ÷ sown cells, where unsure cells count as not occupied and stand in a column of their own; \
    marketable is plants of a marketable grade ÷ sown cells, both with their exact 95 % binomial interval. In JSON \
    that is emergence_of_sown with undecided; emergence there is of the decided cells alone. Days and shifts are those of the site, \
    UTC and none without a [site] in the configuration; what a night shift graded after midnight is of the day on which it \
    began.\n\n\
    Examples:\n  \
    seedgrade stats --store seedgrade.db\n  \
    seedgrade stats --store line1.db line2.db --lot 2026-11-A\n  \
    seedgrade stats --store seedgrade.db --by variety --json\n  \
    seedgrade stats --config line.toml --by shift\n  \
    seedgrade stats --store seedgrade.db --tray base1/line1/2026-11-24/000123\n  \
    seedgrade stats --store line1.db line2.db --delivery D-2026-0815 --json"
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
    /// What a delivery holds, by the number on its note: every tray's picture, counts, standard and measures by hand
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["lot", "by", "tray"])]
    pub delivery: Option<String>,
    /// One JSON object a group or a pass of a tray on stdout; of a delivery one for it and one a tray
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
    /// Day of the site, in its zone
    Day,
    /// Shift of the site ([site] shifts in the configuration), by the day on which it began
    Shift,
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
            By::Shift => Self::Shift,
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
            Self::Shift => "shift",
            Self::Standard => "standard",
        }
    }
}

/// Runs the command.
pub fn run(arguments: &StatsArguments, global: &Global) -> CommandResult {
    let stores = open(arguments, global)?;
    match (&arguments.tray, &arguments.delivery) {
        (Some(name), _) => tray::show(&stores, name, arguments.json),
        (None, Some(number)) => delivery::show(&stores, number, arguments.json),
        (None, None) => groups::show(&stores, arguments, &calendar(arguments, global)?),
    }
}

/// The site's days and shifts.
fn calendar(arguments: &StatsArguments, global: &Global) -> anyhow::Result<Calendar> {
    let site = read_config(global)?.and_then(|config| config.site);
    let calendar = site.map(|site| site.calendar).unwrap_or_default();
    if arguments.by == By::Shift && !calendar.has_shifts() {
        return Err(anyhow!(
            "no shifts: expected [site] shifts = [\"06:00\", …] in a configuration"
        ));
    }
    Ok(calendar)
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

/// A measure taken by hand, as a sentence.
fn measurement_words(measured: &HandMeasurement) -> String {
    let place = measured.cell.map_or_else(
        || "tray".to_owned(),
        |cell| format!("cell ({}, {})", cell.row, cell.col),
    );
    format!(
        "{} {}: {place} {} {} {}",
        measured.at,
        shown(&measured.who),
        shown(&measured.measured_trait),
        measured.value,
        shown(&measured.unit)
    )
}
