//! `seedgrade export`: stored trays and cells for other programs.
//!
//! The daily export for an ERP or a county's platform is the same command with `--day`: a folder a day with
//! `trays.<format>`, `cells.<format>`, `moves.<format>`, `columns.csv` (every column's trait, method and scale) and, last, `manifest.json`
//! ([`manifest`]). It may be made again at any time.

mod labels;
mod manifest;
mod tables;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use jiff::civil::Date;

use crate::store::{ExportScope, StoreReader};

use super::arguments::Global;
use super::exit::{CommandResult, Ending, Failure};
use super::output::print;
use super::workshop::read_config;
use manifest::ExportOf;
use tables::TableFormat;

/// `seedgrade export`
#[derive(Debug, Args)]
#[command(
    after_help = "csv, jsonl and parquet write trays, cells and moves, a row each stored pass of a tray, a row each of its cells and a row \
    each move of a plug that was told in the time asked for, and \
    columns.csv with every column's trait, method and scale. What nobody knows is empty or null. Parquet's columns say the \
    same of themselves: to pyarrow and pandas as their fields' metadata (scale, method, trait, unit), to DuckDB as JSON under \
    seedgrade.columns of parquet_kv_metadata. labels writes the cells \
    that people corrected or audited as a labelled set for `eval`; all other cells are unlabelled.\n\n\
    manifest.json, written last, says what the export is of, how many trays and cells it has, and every file's bytes and \
    sha256: whoever takes the folder takes it when these agree. The same day exported again into its folder replaces each \
    file whole and, where nothing was stored or said of that day meanwhile, gives the same bytes; trays that came late and \
    corrections are then in it too. A day is the site's ([site] zone in the configuration).\n\n\
    Every day for an ERP or a county's platform, by cron or a systemd timer, the day before once more for what came late:\n  \
    seedgrade export --config line.toml --store seedgrade.db --format jsonl --day 2026-11-27 --out daily/2026-11-27\n\n\
    Examples:\n  \
    seedgrade export --store line1.db line2.db --format jsonl --lot 2026-11-A --out lot-A\n  \
    seedgrade export --store seedgrade.db --format parquet --out tables\n  \
    seedgrade export --store seedgrade.db --format labels --pictures trays/ --out sets/corrected"
)]
pub struct ExportArguments {
    /// Stores, one after the other
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    pub store: Vec<PathBuf>,
    /// What is written
    #[arg(long, value_enum)]
    pub format: ExportFormat,
    /// A folder that is not there yet or is empty; with --day it may hold an earlier export of that day
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Only this lot
    #[arg(long, value_name = "LOT")]
    pub lot: Option<String>,
    /// Only trays seen on this day of the site, in the zone of [site] in the configuration; UTC without one
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub day: Option<Date>,
    /// Where the trays' pictures lie (labels); the current folder when absent
    #[arg(long, value_name = "DIR")]
    pub pictures: Option<PathBuf>,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// trays.csv, cells.csv and moves.csv
    Csv,
    /// trays.jsonl, cells.jsonl and moves.jsonl
    Jsonl,
    /// trays.parquet, cells.parquet and moves.parquet
    Parquet,
    /// A labelled set: dataset.toml and trays/
    Labels,
}

impl ExportFormat {
    /// The format of its tables; none where it is no table.
    fn tables(self) -> Option<TableFormat> {
        match self {
            Self::Csv => Some(TableFormat::Csv),
            Self::Jsonl => Some(TableFormat::Jsonl),
            Self::Parquet => Some(TableFormat::Parquet),
            Self::Labels => None,
        }
    }
}

/// Runs the command.
pub fn run(arguments: &ExportArguments, global: &Global) -> CommandResult {
    let stores: Vec<StoreReader> = arguments
        .store
        .iter()
        .map(|path| StoreReader::open(path))
        .collect::<Result<_, _>>()?;
    let site = read_config(global)?.and_then(|config| config.site);
    let calendar = site.map(|site| site.calendar).unwrap_or_default();
    let seen = match arguments.day {
        Some(day) => Some(calendar.span_of(day).context("day: it is too far away")?),
        None => None,
    };
    let scope = ExportScope {
        lot: arguments.lot.clone(),
        seen,
    };
    let out = &arguments.out;
    let Some(format) = arguments.format.tables() else {
        let everything = ExportOf::everything("labels", arguments.lot.clone());
        manifest::make_folder(out, &everything, &[])?;
        return labels::write(&stores, &scope, arguments);
    };
    let mut of = ExportOf::everything(format.ending(), arguments.lot.clone());
    if let (Some(day), Some([from, before])) = (arguments.day, seen) {
        of.day = Some(day.to_string());
        of.zone = Some(calendar.zone_name().to_owned());
        (of.seen_from, of.seen_before) = (Some(from.to_string()), Some(before.to_string()));
    }
    manifest::make_folder(out, &of, &tables::file_names(format))?;
    let written = tables::write(&stores, &scope, of, out, format).map_err(Failure::resource)?;
    print(&written)?;
    Ok(Ending::Done)
}
