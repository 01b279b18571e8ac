//! How seedgrade ends: exit codes that scripts rely on.

use std::process::ExitCode;

/// The end of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Ending {
    /// Done. A refused tray is a result.
    Done = 0,
    /// Done, but results differ or fall below what was asked.
    Below = 1,
    /// Bad usage, configuration, net or standard, or nothing found to work on: nothing was done.
    Usage = 2,
    /// A machine or its resources failed: PLC, camera, disk full.
    Resource = 3,
    /// Some inputs failed, or the only one; the others are done and each failure is named.
    SomeFailed = 4,
    /// Interrupted; what was kept is said.
    Interrupted = 130,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        ExitCode::from(ending as u8)
    }
}

/// An error that knows how the command ends.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub ending: Ending,
    /// What is said.
    pub error: anyhow::Error,
}

impl Failure {
    /// Something outside failed while work was under way.
    pub fn resource(error: impl Into<anyhow::Error>) -> Self {
        Self {
            ending: Ending::Resource,
            error: error.into(),
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    /// By default nothing was done: usage, configuration, net or standard.
    fn from(error: E) -> Self {
        Self {
            ending: Ending::Usage,
            error: error.into(),
        }
    }
}

/// What a command returns.
pub type CommandResult = Result<Ending, Failure>;
