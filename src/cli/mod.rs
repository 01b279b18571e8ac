//! The command line: arguments in, exit code out.

pub mod render;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Machine vision that grades seedlings in plug trays.
#[derive(Debug, Parser)]
#[command(name = "seedgrade", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Render labelled trays
    Render(render::RenderArgs),
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Render(args) => render::run(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
