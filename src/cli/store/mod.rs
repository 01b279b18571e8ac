//! `seedgrade store`: check, back up, compact; what is said of lots and deliveries, standards that are kept, trays judged
//! anew.

mod regrade;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use jiff::civil::Date;

use crate::cli::exit::{CommandResult, Ending, Failure};
use crate::cli::output::{print, shown};
use crate::cli::workshop::read_text;
use crate::clock;
use crate::store::{
    Delivered, DeliveryFacts, LotFacts, StandardText, Statement, StatementWriter, StoreError,
    StoreReader, back_up, check, compact,
};

/// How long `compact` waits for a line that writes.
const WAIT: Duration = Duration::from_secs(30);

/// `seedgrade store`
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Look through a store: its pages, every judgement, the roll-ups. Ends with 1 when anything is wrong
    #[command(after_help = "Example: seedgrade store check --store seedgrade.db")]
    Check {
        /// The store
        #[arg(long, value_name = "FILE")]
        store: PathBuf,
        /// One JSON object on stdout
        #[arg(long)]
        json: bool,
    },
    /// Copy a store while the line writes it
    #[command(
        after_help = "Example: seedgrade store backup --store seedgrade.db --out backup/2026-11-24.db"
    )]
    Backup {
        /// The store
        #[arg(long, value_name = "FILE")]
        store: PathBuf,
        /// The copy; a file that is there already is left alone
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Say what was sown as a lot; what was said before stays, and what is not named now holds on
    #[command(
        after_help = "Example: seedgrade store lot --store seedgrade.db --lot 2026-11-A --variety tomato \
                            --seeder 'drum 2' --sown-on 2026-11-20 --seed-lot S-77 --who 'Li Na'"
    )]
    Lot(LotArguments),
    /// Say that a lot or trays left under a delivery's number; say it again for each lot of a delivery of several
    #[command(
        after_help = "Examples:\n  seedgrade store delivery --store seedgrade.db --delivery D-2026-0815 --lot 2026-11-A \
                            --customer 'Zhang farm' --on 2026-11-27 --who 'Li Na'\n  \
                            seedgrade store delivery --store seedgrade.db --delivery D-2026-0816 --tray T-17 T-18 --who 'Li Na'"
    )]
    Delivery(DeliveryArguments),
    /// Keep a grading standard's text, so that judgements under it can be read later
    #[command(
        after_help = "Example: seedgrade store standard --store seedgrade.db tomato-2.toml --who 'Li Na'"
    )]
    Standard {
        /// The store
        #[arg(long, value_name = "FILE")]
        store: PathBuf,
        /// The standard
        standard: PathBuf,
        /// Who brings it
        #[arg(long, value_name = "NAME")]
        who: String,
    },
    /// Judge stored measurements by another standard: the new judgements stand beside the first ones, and no picture is read
    #[command(
        after_help = "What is judged otherwise is printed. Stopped in the middle, the same command goes on: trays \
                            that were judged by the standard already are left alone.\n\n\
                            Examples:\n  seedgrade store regrade --store seedgrade.db --standard tomato-2.toml --dry-run\n  \
                            seedgrade store regrade --store seedgrade.db --standard tomato-2.toml --lot 2026-11-A --who 'Li Na' \
                            --why 'the buyer takes smaller plants'"
    )]
    Regrade(regrade::RegradeStoreArguments),
    /// Bring an older store up to date, make the roll-ups anew and give unused room back to the disk; needs as much free room
    /// as the store takes
    #[command(after_help = "Example: seedgrade store compact --store seedgrade.db")]
    Compact {
        /// The store
        #[arg(long, value_name = "FILE")]
        store: PathBuf,
    },
}

/// `seedgrade store lot`
#[derive(Debug, Args)]
pub struct LotArguments {
    /// The store
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// The lot
    #[arg(long, value_name = "LOT")]
    lot: String,
    /// Who says so
    #[arg(long, value_name = "NAME")]
    who: String,
    /// Its variety
    #[arg(long, value_name = "NAME")]
    variety: Option<String>,
    /// The seeder that sowed it
    #[arg(long, value_name = "NAME")]
    seeder: Option<String>,
    /// The day of sowing
    #[arg(long, value_name = "YYYY-MM-DD")]
    sown_on: Option<Date>,
    /// The lot of the seed, as its seller names it
    #[arg(long, value_name = "LOT")]
    seed_lot: Option<String>,
    /// Anything else
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

/// `seedgrade store delivery`
#[derive(Debug, Args)]
pub struct DeliveryArguments {
    /// The store
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// The number on the delivery note
    #[arg(long, value_name = "NUMBER")]
    delivery: String,
    /// Who says so
    #[arg(long, value_name = "NAME")]
    who: String,
    /// A whole lot
    #[arg(
        long,
        value_name = "LOT",
        required_unless_present = "tray",
        conflicts_with = "tray"
    )]
    lot: Option<String>,
    /// Trays, each by its uid or by the code read from it
    #[arg(long, value_name = "UID|CODE", num_args = 1..)]
    tray: Vec<String>,
    /// To whom
    #[arg(long, value_name = "NAME")]
    customer: Option<String>,
    /// The day of delivery
    #[arg(long, value_name = "YYYY-MM-DD")]
    on: Option<Date>,
    /// Anything else
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

fn say_delivery(arguments: &DeliveryArguments) -> CommandResult {
    let at = clock::now().to_string();
    let lot = arguments.lot.iter().cloned().map(Delivered::Lot);
    let trays = arguments.tray.iter().cloned().map(Delivered::Tray);
    let said = lot.chain(trays).map(|delivered| {
        Statement::Delivery(DeliveryFacts {
            at: at.clone(),
            who: arguments.who.clone(),
            delivery: arguments.delivery.clone(),
            delivered,
            customer: arguments.customer.clone(),
            delivered_on: arguments.on.map(|day| day.to_string()),
            note: arguments.note.clone(),
        })
    });
    let said: Vec<Statement> = said.collect();
    let mut writer = StatementWriter::open(&arguments.store, WAIT).map_err(failure)?;
    writer.add_all(&said).map_err(failure)?;
    Ok(Ending::Done)
}

fn say_lot(arguments: &LotArguments) -> CommandResult {
    let known = StoreReader::open(&arguments.store)
        .and_then(|store| store.lot(&arguments.lot))
        .map_err(failure)?
        .unwrap_or_default();
    let now = |said: &Option<String>, before: Option<String>| said.clone().or(before);
    let facts = LotFacts {
        at: clock::now().to_string(),
        who: arguments.who.clone(),
        lot: arguments.lot.clone(),
        variety: now(&arguments.variety, known.variety),
        seeder: now(&arguments.seeder, known.seeder),
        sown_on: now(&arguments.sown_on.map(|day| day.to_string()), known.sown_on),
        seed_lot: now(&arguments.seed_lot, known.seed_lot),
        note: now(&arguments.note, known.note),
    };
    add(&arguments.store, &Statement::Lot(facts))
}

fn keep_standard(store: &Path, file: &Path, who: &str) -> CommandResult {
    let text = read_text(file)?;
    let standard = StandardText::of(&clock::now().to_string(), who, &text)
        .with_context(|| format!("{}", file.display()))?;
    add(store, &Statement::Standard(standard))
}

fn add(store: &Path, statement: &Statement) -> CommandResult {
    let mut writer = StatementWriter::open(store, WAIT).map_err(failure)?;
    writer.add(statement).map_err(failure)?;
    Ok(Ending::Done)
}

/// Runs the command.
pub fn run(command: &StoreCommand) -> CommandResult {
    match command {
        StoreCommand::Check { store, json } => say_health(store, *json),
        StoreCommand::Lot(lot) => say_lot(lot),
        StoreCommand::Delivery(delivery) => say_delivery(delivery),
        StoreCommand::Regrade(arguments) => regrade::run(arguments),
        StoreCommand::Standard {
            store,
            standard,
            who,
        } => keep_standard(store, standard, who),
        StoreCommand::Backup { store, out } => {
            back_up(store, out).map_err(failure)?;
            let bytes = std::fs::metadata(out)?.len();
            print(&format!("{}: {bytes} bytes\n", out.display()))?;
            Ok(Ending::Done)
        }
        StoreCommand::Compact { store } => {
            let done = compact(store, WAIT).map_err(failure)?;
            print(&format!(
                "{}: {} bytes, {} before\n",
                store.display(),
                done.bytes_after,
                done.bytes_before
            ))?;
            Ok(Ending::Done)
        }
    }
}

fn say_health(store: &Path, json: bool) -> CommandResult {
    let health = check(store).map_err(failure)?;
    if json {
        print(&(serde_json::to_string(&health)? + "\n"))?;
    } else {
        let mut text: String = health
            .faults
            .iter()
            .map(|fault| shown(fault) + "\n")
            .collect();
        text += &format!(
            "{} trays read, {} records wait in the spill file, {} faults\n",
            health.trays,
            health.waiting,
            health.faults.len()
        );
        print(&text)?;
    }
    Ok(if health.faults.is_empty() {
        Ending::Done
    } else {
        Ending::Below
    })
}

/// What cannot be opened is bad usage; what fails on the way is a resource.
fn failure(error: StoreError) -> Failure {
    match error {
        StoreError::Sqlite(_) | StoreError::Copy { .. } => Failure::resource(error),
        error => error.into(),
    }
}
