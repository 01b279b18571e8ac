//! Results on stdout; a reader that goes away ends the command quietly.

use std::io::{self, Write};

use super::exit::{Ending, Failure};

/// What became of a line written to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It went out.
    Yes,
    /// The reader has gone (`| head`): nothing more is wanted.
    ReaderGone,
}

/// Writes text to stdout.
///
/// # Errors
/// stdout cannot be written for another reason than a reader that has gone, such as a full disk.
pub fn print(text: &str) -> Result<Written, Failure> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(Written::Yes),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Written::ReaderGone),
        Err(error) => Err(Failure {
            ending: Ending::Resource,
            error: anyhow::Error::new(error).context("stdout cannot be written"),
        }),
    }
}

/// A name from outside as a terminal may show it: control characters, which could move its cursor or clear it, are
/// replaced.
#[must_use]
pub fn shown(name: &str) -> String {
    let replaced = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    name.chars().map(replaced).collect()
}

/// Says something to the person at the terminal, on stderr.
pub fn say(text: &str) {
    let said = writeln!(anstream::stderr(), "{text}");
    // a closed stderr cannot be told about
    drop(said);
}
