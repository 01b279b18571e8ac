//! What became of a shard in a worker's hands, as it tells the coordinator.

use serde::{Deserialize, Serialize};

/// What became of a shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ended", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Outcome {
    /// Its lines lie on the server.
    Graded {
        shard: usize,
        object: String,
        sha256: String,
        worker: String,
    },
    /// It cannot be graded.
    Failed {
        shard: usize,
        reason: String,
        worker: String,
    },
}

/// A shard's key in the queues.
pub(super) fn key(shard: usize) -> String {
    format!("{shard:06}")
}

/// Where a picture lies on the server while its shard is open.
pub(super) fn picture_object(path: &str) -> String {
    format!("picture/{}", super::handout::sha256(path.as_bytes()))
}

/// What a picture that is handed out begins with: whether it could be read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum HandedPicture {
    /// Its bytes follow.
    Read,
    /// It could not be read.
    Unread(String),
    /// It is larger than any picture within the limits.
    TooLarge { bytes: u64, limit: u64 },
}
