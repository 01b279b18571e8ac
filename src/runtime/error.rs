use std::path::PathBuf;

/// Why the library was not installed.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The user has no home.
    #[error("data folder: expected a home directory to put it in, found none")]
    NoHome,
    /// No release for this processor and system is pinned.
    #[error(
        "onnxruntime {version}: expected Linux on x86_64 or aarch64, found {system} on {architecture}"
    )]
    Platform {
        /// The release.
        version: &'static str,
        /// This processor.
        architecture: &'static str,
        /// This system.
        system: &'static str,
    },
    /// A file or folder cannot be read or written.
    #[error("{path}: {action}: {source}", path = path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What was to be done.
        action: &'static str,
        /// Why it was not.
        source: std::io::Error,
    },
    /// The file is larger than any wheel.
    #[error("{path}: expected at most {limit} bytes, found {found}", path = path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// The limit.
        limit: u64,
        /// Its size.
        found: u64,
    },
    /// The file is no wheel, or one that is cut short.
    #[error("{path}: expected a wheel (a zip archive), found a damaged or other file: {reason}", path = path.display())]
    NoWheel {
        /// Which.
        path: PathBuf,
        /// What the archive's reader says.
        reason: String,
    },
    /// The wheel holds a name that leads out of it.
    #[error("{path}: expected names inside the wheel, found {name:?}", path = path.display())]
    NameLeadsOut {
        /// Which wheel.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// The wheel has not exactly one library.
    #[error("{path}: expected one {expected}, found {found}", path = path.display())]
    NoLibrary {
        /// Which wheel.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// How many it holds.
        found: usize,
    },
    /// The wheel's library is not the pinned one.
    #[error(
        "{path}: expected the library of onnxruntime {version} for {architecture} with sha256 {expected}, found sha256 {found}",
        path = path.display()
    )]
    Hash {
        /// Which wheel.
        path: PathBuf,
        /// The release.
        version: &'static str,
        /// This processor.
        architecture: &'static str,
        /// The library's pinned sha256.
        expected: &'static str,
        /// The library's sha256.
        found: String,
    },
    /// There is no pip to download with.
    #[error(
        "pip: expected one of {tried}, found none: install pip, or fetch the wheel of onnxruntime {version} on another \
         machine and pass it with `--from`"
    )]
    NoPip {
        /// The commands that were tried.
        tried: String,
        /// The release.
        version: &'static str,
    },
    /// Pip failed.
    #[error("{command}: expected a wheel of onnxruntime {version}, found an error: {reason}")]
    Pip {
        /// The command.
        command: String,
        /// The release.
        version: &'static str,
        /// The end of what it printed.
        reason: String,
    },
}
