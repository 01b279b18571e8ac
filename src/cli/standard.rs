//! `seedgrade standard check` and `show`.

use anyhow::Context;

use crate::grade::GradingStandard;

use super::arguments::StandardCommand;
use super::exit::{CommandResult, Ending};
use super::output::print;
use super::workshop::read_text;

/// Runs the command.
pub fn run(command: &StandardCommand) -> CommandResult {
    match command {
        StandardCommand::Show => {
            print(GradingStandard::embedded_text())?;
        }
        StandardCommand::Check { file } => {
            let text = read_text(file)?;
            let standard =
                GradingStandard::parse(&text).with_context(|| format!("{}", file.display()))?;
            print(&described(&standard))?;
        }
    }
    Ok(Ending::Done)
}

fn described(standard: &GradingStandard) -> String {
    let millimetres = if standard.needs_millimetres() {
        "needs a scale: some criteria are in millimetres\n"
    } else {
        ""
    };
    format!(
        "{}: valid\ngrades, best first: {}\nroutes: {}\n{millimetres}{}\n",
        standard.name(),
        super::workshop::grade_names(standard).join(", "),
        standard.routes().join(", "),
        standard.digest()
    )
}
