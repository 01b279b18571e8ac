//! `seedgrade runtime install`.

use super::arguments::RuntimeCommand;
use super::exit::{CommandResult, Ending};
use super::output::print;

/// Runs the command.
pub fn run(command: &RuntimeCommand) -> CommandResult {
    match command {
        RuntimeCommand::Install { from, into } => {
            let installed = match into {
                Some(folder) => crate::runtime::install_into(folder, from.as_deref())?,
                None => crate::runtime::install(from.as_deref())?,
            };
            print(&format!(
                "ONNX Runtime {} is at {}\n",
                installed.version,
                installed.library.display()
            ))?;
        }
    }
    Ok(Ending::Done)
}
