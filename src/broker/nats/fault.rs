//! What an error of the client means: try again, or not.

use std::error::Error;

use async_nats::jetstream::context::{AccountError, AccountErrorKind, PublishError};

use super::super::BrokerError;

/// Why an attempt failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// Another attempt may succeed.
    Again(String),
    /// No attempt will.
    Final(BrokerError),
}

/// What the server says of a run that is not, or no longer, there.
const GONE: [&str; 2] = ["stream not found", "consumer not found"];
/// What it says when it can keep no more.
const FULL: [&str; 6] = [
    "insufficient",
    "maximum bytes exceeded",
    "maximum messages exceeded",
    "resource limits exceeded",
    "limit exceeded",
    "no space left",
];

/// An error's text with those of its causes, each once.
pub(super) fn text(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

/// What an error of `server` means.
pub(super) fn of(server: &str, error: &dyn Error) -> Fault {
    let text = text(error);
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&GONE) {
        Fault::Final(BrokerError::Over)
    } else if says(&FULL) {
        Fault::Final(BrokerError::Full {
            server: server.to_owned(),
            reason: text,
        })
    } else {
        Fault::Again(text)
    }
}

/// A key that is in the queue already.
pub(super) fn is_there_already(error: &PublishError) -> bool {
    text(error).contains("maximum messages per subject exceeded")
}

/// The server answers, and has no JetStream.
pub(super) fn lacks_jetstream(error: &AccountError) -> bool {
    match error.kind() {
        AccountErrorKind::JetStreamUnavailable => true,
        AccountErrorKind::JetStream(error) => text(&error).contains("not enabled"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_without_room_or_without_the_run_is_not_asked_again() {
        let said = |text: &str| of("nats://here:4222", &std::io::Error::other(text.to_owned()));
        assert!(matches!(
            said("insufficient storage resources available"),
            Fault::Final(BrokerError::Full { .. })
        ));
        assert!(matches!(
            said("stream not found"),
            Fault::Final(BrokerError::Over)
        ));
        assert!(matches!(said("timed out"), Fault::Again(_)));
    }
}
