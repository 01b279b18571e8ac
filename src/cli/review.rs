//! `seedgrade review`: the operators' pages, and who may use them.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};

use crate::grade::GradingStandard;
use crate::review::{People, ReviewError, ReviewServer, ReviewSettings, Role, people_path};
use crate::store::StoreReader;

use super::arguments::Global;
use super::exit::{CommandResult, Ending, Failure};
use super::interrupt;
use super::output::{print, say};
use super::priority::Priority;
use super::samples::SAMPLES;
use super::workshop::{read_config, read_text};

/// How often a signal is looked for.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// The longest password that is read from a pipe, bytes.
const MOST_PIPED_BYTES: u64 = 4096;

/// `seedgrade review`
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Serves until Ctrl-C or SIGTERM and ends with 0. Until there is a user everybody on this machine may \
    look and nobody may change anything; other machines are served once there is one. Behind a proxy that speaks TLS \
    say --behind-https.\n\n\
    Examples:\n  \
    seedgrade review --store seedgrade-demo/seedgrade.db\n  \
    seedgrade review --store line1.db line2.db --listen 0.0.0.0:8080\n  \
    seedgrade review user add Wang --role manager --store line1.db"
)]
pub struct ReviewArguments {
    #[command(subcommand)]
    command: Option<ReviewCommand>,
    #[command(flatten)]
    serve: ServeArguments,
}

#[derive(Debug, Args)]
struct ServeArguments {
    /// The stores of one line or several; people and what they did are kept beside the first
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    store: Vec<PathBuf>,
    /// Address and port of the pages
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: String,
    /// Folders where the trays' pictures are looked for, besides their own path and the store's folder
    #[arg(long, value_name = "DIR")]
    pictures: Vec<PathBuf>,
    /// Grading standards that trays were judged by, besides the embedded one and those in the stores
    #[arg(long, value_name = "FILE")]
    standard: Vec<PathBuf>,
    /// Font of reports as PDF, with Chinese letters; without it the best of this machine
    #[arg(long, value_name = "FILE")]
    font: Option<PathBuf>,
    /// A proxy in front speaks TLS: cookies are sent to it only
    #[arg(long)]
    behind_https: bool,
}

#[derive(Debug, Subcommand)]
enum ReviewCommand {
    /// Who may use the pages
    #[command(subcommand)]
    User(UserCommand),
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Add somebody; the password is asked for, or read as a line from a pipe
    Add {
        /// The name, as corrections name it
        name: String,
        /// What they may do
        #[arg(long, value_enum)]
        role: RoleName,
        /// The store, the first one that `review` serves
        #[arg(long, value_name = "FILE")]
        store: PathBuf,
    },
    /// Take somebody out; what they did stays under their name
    Remove {
        /// The name
        name: String,
        /// The store
        #[arg(long, value_name = "FILE")]
        store: PathBuf,
    },
    /// Set the PIN that switches to somebody at the line; it is asked for, or read as a line from a pipe
    Pin {
        /// The name
        name: String,
        /// The store
        #[arg(long, value_name = "FILE")]
        store: PathBuf,
        /// Take it away
        #[arg(long)]
        none: bool,
    },
    /// Set the badge that switches to somebody at the line: scan its code when asked, or pipe it as a line
    Badge {
        /// The name
        name: String,
        /// The store
        #[arg(long, value_name = "FILE")]
        store: PathBuf,
        /// Take it away
        #[arg(long)]
        none: bool,
    },
    /// List everybody with their roles
    List {
        /// The store
        #[arg(long, value_name = "FILE")]
        store: PathBuf,
    },
}

/// A role on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RoleName {
    /// Looks
    Viewer,
    /// Looks, corrects, audits
    Operator,
    /// All that, and changes standards
    Manager,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Viewer => Self::Viewer,
            RoleName::Operator => Self::Operator,
            RoleName::Manager => Self::Manager,
        }
    }
}

/// Runs the command.
pub fn run(arguments: &ReviewArguments, global: &Global) -> CommandResult {
    match &arguments.command {
        Some(ReviewCommand::User(command)) => user(command),
        None => serve(&arguments.serve, global),
    }
}

fn serve(arguments: &ServeArguments, global: &Global) -> CommandResult {
    Priority::BehindTheLine.take();
    let site = read_config(global)?.and_then(|config| config.site);
    let standards = arguments
        .standard
        .iter()
        .map(|file| read_standard(file))
        .collect::<anyhow::Result<_>>()?;
    let server = ReviewServer::start(ReviewSettings {
        stores: arguments.store.clone(),
        listen: arguments.listen.clone(),
        pictures: arguments.pictures.clone(),
        built_in,
        standards,
        font: arguments.font.clone(),
        behind_https: arguments.behind_https,
        calendar: site.map(|site| site.calendar),
    })
    .map_err(|error| match error {
        ReviewError::Listen { .. } => Failure::resource(error),
        _ => Failure::from(error),
    })?;
    say(&format!("pages at http://{}/", server.address()));
    while !interrupt::requested() {
        std::thread::sleep(BETWEEN_LOOKS);
    }
    drop(server);
    Ok(Ending::Done)
}

/// A standard with its text.
pub(super) fn read_standard(file: &Path) -> anyhow::Result<(GradingStandard, String)> {
    let text = read_text(file)?;
    let standard = GradingStandard::parse(&text).with_context(|| file.display().to_string())?;
    Ok((standard, text))
}

/// The demo's trays are part of the program.
pub(super) fn built_in(source: &str) -> Option<&'static [u8]> {
    let name = source.strip_prefix("samples/")?;
    let sample = SAMPLES.iter().find(|sample| sample.name == name)?;
    Some(sample.bytes)
}

fn user(command: &UserCommand) -> CommandResult {
    match command {
        UserCommand::Add { name, role, store } => {
            let mut people = people_of(store)?;
            people.add(name, (*role).into(), &secret("Password", name)?)?;
            say(&format!("{name} is there now"));
        }
        UserCommand::Remove { name, store } => {
            people_of(store)?.remove(name)?;
            say(&format!("{name} is gone"));
        }
        UserCommand::Pin { name, store, none } => {
            let mut people = people_of(store)?;
            let pin = (!none).then(|| secret("PIN", name)).transpose()?;
            people.set_pin(name, pin.as_deref())?;
            let now = if *none { "no PIN" } else { "a PIN" };
            say(&format!("{name} has {now} now"));
        }
        UserCommand::Badge { name, store, none } => {
            let mut people = people_of(store)?;
            let code = (!none).then(|| secret("Badge", name)).transpose()?;
            people.set_badge(name, code.as_deref())?;
            let now = if *none { "no badge" } else { "a badge" };
            say(&format!("{name} has {now} now"));
        }
        UserCommand::List { store } => {
            let people = people_of(store)?;
            let line = |p: &crate::review::Person| format!("{}\t{}\n", p.name, p.role.name());
            print(&people.all().iter().map(line).collect::<String>())?;
        }
    }
    Ok(Ending::Done)
}

/// The people of a store that exists: a mistyped name makes no file beside nothing.
fn people_of(store: &Path) -> anyhow::Result<People> {
    StoreReader::open(store)?;
    Ok(People::read(&people_path(store))?)
}

/// Asks for a secret twice, or reads it as a line from a pipe.
fn secret(what: &str, name: &str) -> anyhow::Result<String> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        use std::io::Read as _;
        let mut line = String::new();
        input.lock().take(MOST_PIPED_BYTES).read_line(&mut line)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let first = rpassword::prompt_password(format!("{what} of {name}: "))?;
    let again = rpassword::prompt_password("Again: ")?;
    anyhow::ensure!(first == again, "{what}: the two differ: nothing was done");
    Ok(first)
}
