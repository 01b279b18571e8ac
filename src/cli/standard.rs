//! `seedgrade standard check` and `show`.

use anyhow::Context;

use crate::grade::{EMBEDDED_STANDARD, GradingStandard};

use super::arguments::StandardCommand;
use super::exit::{CommandResult, Ending};
use super::output::print;

/// Runs the command.
pub fn run(command: &StandardCommand) -> CommandResult {
    match command {
        StandardCommand::Show => {
            print(EMBEDDED_STANDARD)?;
        }
        StandardCommand::Check { file } => {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("{}: cannot be read", file.display()))?;
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
        standard.grade_names().join(", "),
        standard.routes().join(", "),
        standard.digest()
    )
}
