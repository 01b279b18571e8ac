//! The command line: arguments and configuration into the rooms above, and the exit codes that
//! scripts rely on.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done; a refused tray is a result |
//! | 1 | done, but results differ or fall below what was asked (`--min-accuracy`, `--compare`, `verify`) |
//! | 2 | bad usage, configuration, net or standard, or nothing found to work on: nothing was done |
//! | 3 | a machine or its resources failed (disk full); what was kept is said |
//! | 4 | some inputs failed, or the only one; the others are done, each failure is named |
//! | 130 | interrupted; what was kept is said |

mod arguments;
mod calibrate;
mod certificate;
mod certified;
mod dataset;
mod dataset_summary;
mod demo;
mod differences;
mod doctor;
mod eval;
mod exit;
mod export;
mod grade;
mod interrupt;
mod judging;
mod line;
mod output;
mod priority;
mod regrade;
mod rehearsal;
mod rehearse;
mod render;
mod results;
mod review;
mod runtime;
mod samples;
mod simulate_plc;
mod sources;
mod stage_watch;
mod standard;
mod stats;
mod store;
mod verify;
mod workshop;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

pub use arguments::Arguments;
pub use exit::{CommandResult, Ending, Failure};

use arguments::Command;

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(shown) => return show_usage(&shown),
    };
    crate::telemetry::set_up(arguments.loudness());
    interrupt::listen();
    match run(&arguments) {
        Ok(ending) => ending.into(),
        Err(failure) => {
            let said = writeln!(std::io::stderr(), "seedgrade: {:#}", failure.error);
            // a closed stderr cannot be told about
            drop(said);
            failure.ending.into()
        }
    }
}

fn run(arguments: &Arguments) -> CommandResult {
    match &arguments.command {
        Command::Demo(demo) => demo::run(demo, &arguments.global),
        Command::Grade(grade) => grade::run(grade, &arguments.global),
        Command::Eval(eval) => eval::run(eval, &arguments.global),
        Command::Render(render) => render::run(render.clone()),
        Command::Dataset(dataset) => dataset::run(dataset),
        Command::Standard(standard) => standard::run(standard),
        Command::Runtime(runtime) => runtime::run(runtime),
        Command::Line(line) => line::run(line, &arguments.global),
        Command::SimulatePlc(plc) => simulate_plc::run(plc),
        Command::Regrade(regrade) => regrade::run(regrade, &arguments.global),
        Command::Verify(verify) => verify::run(verify, &arguments.global),
        Command::Rehearse(rehearse) => rehearse::run(rehearse, &arguments.global),
        Command::Calibrate(calibrate) => calibrate::run(calibrate, &arguments.global),
        Command::Stats(stats) => stats::run(stats, &arguments.global),
        Command::Store(store) => store::run(store),
        Command::Export(export) => export::run(export, &arguments.global),
        Command::Certificate(certificate) => certificate::run(certificate),
        Command::Review(review) => review::run(review, &arguments.global),
        Command::Doctor => doctor::run(&arguments.global),
    }
}

/// `--help` and `--version` end with 0, bad usage with 2.
fn show_usage(shown: &clap::Error) -> ExitCode {
    let printed = shown.print();
    // a closed stream cannot be told about
    drop(printed);
    if shown.use_stderr() {
        Ending::Usage.into()
    } else {
        Ending::Done.into()
    }
}
