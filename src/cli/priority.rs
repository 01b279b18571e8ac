//! How readily this process gives way to others on the same machine.

/// A niceness of the processor's scheduler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// Work that people wait for, but no machine does: a line beside it comes first. It gets a thirtieth of a processor that the
    /// line wants (at a niceness of 10 a tenth, which fifty pages made the line feel), and all that the line leaves.
    BehindTheLine,
    /// Work that nobody waits for.
    Lowest,
}

impl Priority {
    /// Takes it for this thread and those that it starts. Where the system does not let it, that is logged.
    pub fn take(self) {
        #[cfg(unix)]
        {
            let niceness = match self {
                Self::BehindTheLine => 15,
                Self::Lowest => 19,
            };
            if let Err(error) = rustix::process::setpriority_process(None, niceness) {
                tracing::warn!("the priority stays as it is: {error}");
            }
        }
        #[cfg(not(unix))]
        tracing::warn!("the priority stays as it is: it cannot be lowered on this system");
    }
}
