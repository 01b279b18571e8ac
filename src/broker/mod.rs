//! A server between the machines of a run: tasks out, results back, and bytes by name for as long as the run lasts.
//!
//! In: runs, tasks and objects as bytes; what they mean is their owner's matter. Out: every task to one machine at a
//! time, and again to another where the first did not say that it is done. Invariants: whoever calls is never inside
//! an async runtime; a server that is gone is waited for as long as was said, and no longer; a task that was queued is
//! not queued twice; no message or log holds a secret.

mod error;
mod nats;
mod reactor;
#[cfg(test)]
pub(crate) mod stand_in;

use std::time::Duration;

pub use error::BrokerError;
pub use nats::{NatsAccess, NatsBroker};
pub(crate) use reactor::Reactor;

/// A run's name on a server: the first half of its manifest's digest, so that the same run is the same there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunName(String);

/// Hexadecimal digits of a run's name.
const NAME_DIGITS: usize = 32;

impl RunName {
    /// The name of the run whose manifest has this digest, `sha256:…`; none for another text.
    #[must_use]
    pub fn of_digest(digest: &str) -> Option<Self> {
        Self::parse(digest.strip_prefix("sha256:")?.get(..NAME_DIGITS)?)
    }

    /// A name as servers list it; none for another text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        (text.len() == NAME_DIGITS && digits(text)).then(|| Self(text.to_owned()))
    }

    /// Its digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for RunName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The two queues of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Queue {
    /// What is to be graded.
    Tasks,
    /// What was graded.
    Results,
}

/// What became of something that was to be queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queued {
    /// It is in the queue now.
    Now,
    /// It was there already and stays there once.
    Before,
}

/// When a task goes to another machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redelivery {
    /// Silence after which a machine is taken for gone.
    pub after: Duration,
    /// How often a task is handed out at most: one that ends its machines must not end them all.
    pub most: u32,
}

/// How a queue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Not handed out yet.
    pub waiting: u64,
    /// In some machine's hands.
    pub in_hand: u64,
}

/// Something taken from a queue: it goes to another machine when nothing is heard of it.
pub trait Taken: Sync {
    /// What was queued.
    fn body(&self) -> &[u8];
    /// Says that it is still worked at. That this fails changes nothing by itself.
    fn still_working(&self);
    /// Says that it is done for good: nobody gets it any more.
    ///
    /// # Errors
    /// The server is gone; it may be handed out again.
    fn done(&self) -> Result<(), BrokerError>;
    /// Gives it to whoever comes next, at once.
    fn give_back(&self);
}

/// A claim on being the only one who gathers a run; ends when dropped or with its process.
pub trait Claim: Send {}

/// A connection to a server. Every call waits for a server that is gone, within limits.
pub trait Broker: Send + Sync {
    /// The runs that are open.
    ///
    /// # Errors
    /// The server is gone or refuses.
    fn runs(&self) -> Result<Vec<RunName>, BrokerError>;

    /// Claims a run; none while somebody else has it.
    ///
    /// # Errors
    /// The server is gone or refuses.
    fn claim(&self, run: &RunName) -> Result<Option<Box<dyn Claim>>, BrokerError>;

    /// Opens a run, or goes on with one that is open.
    ///
    /// # Errors
    /// The server is gone, refuses, or has no room.
    fn begin(&self, run: &RunName, redelivery: Redelivery) -> Result<(), BrokerError>;

    /// Ends a run: nothing of it is left on the server.
    ///
    /// # Errors
    /// The server is gone or refuses.
    fn end(&self, run: &RunName) -> Result<(), BrokerError>;

    /// Queues an item, a key and a body; a key is in a queue once at most.
    ///
    /// # Errors
    /// The server is gone or has no room, the run is over, or the body is larger than the server takes.
    fn queue(
        &self,
        run: &RunName,
        queue: Queue,
        item: (&str, &[u8]),
    ) -> Result<Queued, BrokerError>;

    /// Takes the next of a queue; none when nothing came for so long.
    ///
    /// # Errors
    /// The server is gone, or the run is over.
    fn take(
        &self,
        run: &RunName,
        queue: Queue,
        patience: Duration,
    ) -> Result<Option<Box<dyn Taken>>, BrokerError>;

    /// How a queue stands.
    ///
    /// # Errors
    /// The server is gone, or the run is over.
    fn standing(&self, run: &RunName, queue: Queue) -> Result<Standing, BrokerError>;

    /// Keeps bytes under a name, in place of what was there.
    ///
    /// # Errors
    /// The server is gone or has no room, or the run is over.
    fn put(&self, run: &RunName, name: &str, bytes: &[u8]) -> Result<(), BrokerError>;

    /// The bytes under a name; none where there are none.
    ///
    /// # Errors
    /// The server is gone, or the run is over.
    fn get(&self, run: &RunName, name: &str) -> Result<Option<Vec<u8>>, BrokerError>;

    /// Forgets the bytes under a name; that there are none is no error.
    ///
    /// # Errors
    /// The server is gone, or the run is over.
    fn forget(&self, run: &RunName, name: &str) -> Result<(), BrokerError>;
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_named_by_its_manifests_digest_and_by_nothing_else() {
        let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
        let name = RunName::of_digest(&digest).unwrap();
        assert_eq!(name.as_str(), "0123456789abcdef0123456789abcdef");
        assert_eq!(RunName::parse(name.as_str()), Some(name));
        for text in [
            "",
            "sha256:",
            "sha256:12",
            "md5:0123456789abcdef0123456789abcdef",
        ] {
            assert_eq!(RunName::of_digest(text), None, "{text}");
        }
        assert_eq!(RunName::parse(&"G".repeat(32)), None);
    }
}
