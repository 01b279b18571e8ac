//! `seedgrade export`: stored trays and cells for other programs.

mod labels;
mod tables;

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::{Args, ValueEnum};

use crate::store::StoreReader;

use super::exit::{CommandResult, Ending};
use tables::TableFormat;

/// `seedgrade export`
#[derive(Debug, Args)]
#[command(
    after_help = "csv, jsonl and parquet write trays and cells, a row each stored pass of a tray and a row each of its cells, and \
    columns.csv with every column's trait, method and scale. What nobody knows is empty or null. Parquet's columns say the \
    same of themselves: to pyarrow and pandas as their fields' metadata (scale, method, trait, unit), to DuckDB as JSON under \
    seedgrade.columns of parquet_kv_metadata. labels writes the cells \
    that people corrected or audited as a labelled set for `eval`; all other cells are unlabelled.\n\n\
    Every day for another system, by cron or a systemd timer:\n  \
    seedgrade export --store seedgrade.db --format csv --day 2026-11-24 --out daily/2026-11-24\n\n\
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
    /// A folder that is not there yet or is empty
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Only this lot
    #[arg(long, value_name = "LOT")]
    pub lot: Option<String>,
    /// Only trays seen on this day, in UTC
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_day)]
    pub day: Option<String>,
    /// Where the trays' pictures lie (labels); the current folder when absent
    #[arg(long, value_name = "DIR")]
    pub pictures: Option<PathBuf>,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// trays.csv and cells.csv
    Csv,
    /// trays.jsonl and cells.jsonl
    Jsonl,
    /// trays.parquet and cells.parquet
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

fn parse_day(text: &str) -> Result<String, String> {
    let day = text.parse::<jiff::civil::Date>();
    let day = day.map_err(|_| "expected a day such as 2026-11-24".to_owned())?;
    Ok(day.to_string())
}

/// Runs the command.
pub fn run(arguments: &ExportArguments) -> CommandResult {
    let stores: Vec<StoreReader> = arguments
        .store
        .iter()
        .map(|path| StoreReader::open(path))
        .collect::<Result<_, _>>()?;
    let out = &arguments.out;
    let filled = out
        .read_dir()
        .is_ok_and(|mut entries| entries.next().is_some());
    if filled {
        return Err(anyhow!("{}: expected an empty folder, found files", out.display()).into());
    }
    std::fs::create_dir_all(out).with_context(|| format!("{}: cannot be made", out.display()))?;
    match arguments.format.tables() {
        Some(format) => {
            tables::write(&stores, arguments, format)?;
            Ok(Ending::Done)
        }
        None => labels::write(&stores, arguments),
    }
}
