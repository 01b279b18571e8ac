//! What maintenance people read while seedgrade runs: log set-up. Logs go to stderr.

use tracing_subscriber::EnvFilter;

/// How much is said: `-q` errors only, then warnings, `-v` information, `-vv` everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loudness {
    /// Errors only.
    Quiet,
    /// Warnings too.
    Normal,
    /// What an operator wants to follow.
    Verbose,
    /// What a developer wants to follow.
    Debug,
}

/// Sets up the process's log. `RUST_LOG` overrides `loudness`.
pub fn set_up(loudness: Loudness) {
    let level = match loudness {
        Loudness::Quiet => "error",
        Loudness::Normal => "warn",
        Loudness::Verbose => "info",
        Loudness::Debug => "debug",
    };
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(format!("{level},ort=error")));
    let set = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .try_init();
    // a second call in one process, as in tests, keeps the first set-up
    drop(set);
}
