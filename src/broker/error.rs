//! What can go wrong between a machine and its server.

use std::path::PathBuf;

/// Why a server could not be used. Servers are named without what stands before an `@` in their address.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BrokerError {
    /// An address that is none.
    #[error("--nats: expected nats://HOST[:PORT] or tls://HOST[:PORT], found {0}")]
    Address(String),
    /// A file of credentials or certificates that cannot be used.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The server wants other credentials, or any.
    #[error(
        "NATS server {server} refuses these credentials: give those that it knows by \
         --nats-credentials FILE or as nats://USER:PASSWORD@HOST"
    )]
    Credentials {
        /// The server.
        server: String,
    },
    /// No common ground on TLS.
    #[error(
        "NATS server {server} requires TLS, or was asked for it, and it failed: {reason}: give the authority that \
         signed its certificate by --nats-ca FILE"
    )]
    Tls {
        /// The server.
        server: String,
        /// Why.
        reason: String,
    },
    /// A server without JetStream.
    #[error(
        "NATS server {server} has no JetStream for this account: start it with --jetstream, or enable it there"
    )]
    NoJetStream {
        /// The server.
        server: String,
    },
    /// Messages that the server takes are too small.
    #[error(
        "NATS server {server}: {what} needs max_payload of at least {expected} bytes, found {found}"
    )]
    Payload {
        /// The server.
        server: String,
        /// What is too large.
        what: String,
        /// Bytes that it needs.
        expected: usize,
        /// Bytes that the server takes.
        found: usize,
    },
    /// No room on the server.
    #[error("NATS server {server} has no room: {reason}: give JetStream more storage")]
    Full {
        /// The server.
        server: String,
        /// What it said.
        reason: String,
    },
    /// The server is gone, or does not answer.
    #[error("NATS server {server}: gave no answer for {seconds} s: {doing}: {reason}")]
    Gone {
        /// The server.
        server: String,
        /// How long it was waited for.
        seconds: u64,
        /// What was not done.
        doing: &'static str,
        /// The last reason.
        reason: String,
    },
    /// What was kept does not come back as it was.
    #[error("{name} was kept {times} times on the server and never came back the same")]
    Lost {
        /// The object.
        name: String,
        /// How often it was sent.
        times: u32,
    },
    /// The run is no longer on the server.
    #[error("the run is no longer on the server")]
    Over,
}

impl BrokerError {
    /// Whether what was asked is at fault, and no machine.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Address(_) | Self::File { .. } | Self::Credentials { .. } | Self::Tls { .. }
        )
    }
}
