//! What is in this machine's hands: shards, and the claim on a run.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::AckKind;
use async_nats::jetstream::Message;
use async_nats::{Client, RequestErrorKind};
use futures_util::StreamExt as _;
use tokio::task::JoinHandle;

use super::super::{BrokerError, Claim, Reactor, Taken};
use super::ANSWER;
use super::fault::{Fault, text};
use crate::clock::Moment;

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(200);

/// How long the confirmation is waited for that something is done.
const CONFIRMATION: Duration = Duration::from_secs(1);

/// A connection, and how long it is waited for.
pub(super) struct Nats {
    pub(super) reactor: Reactor,
    pub(super) client: Client,
    pub(super) server: String,
    pub(super) patience: Duration,
}

impl Nats {
    /// Tries until it succeeds, the patience ends or trying is of no use.
    pub(super) fn insist<T, Try, Tried>(
        &self,
        doing: &'static str,
        attempt: Try,
    ) -> Result<T, BrokerError>
    where
        Try: Fn() -> Tried,
        Tried: Future<Output = Result<T, Fault>>,
    {
        let begun = Moment::now();
        self.reactor.wait_for(async {
            loop {
                let reason = match attempt().await {
                    Ok(done) => return Ok(done),
                    Err(Fault::Final(error)) => return Err(error),
                    Err(Fault::Again(reason)) => reason,
                };
                if Moment::now().since(begun) >= self.patience {
                    return Err(BrokerError::Gone {
                        server: self.server.clone(),
                        seconds: self.patience.as_secs(),
                        doing,
                        reason,
                    });
                }
                tracing::debug!("NATS server {}: {doing}: {reason}: again", self.server);
                tokio::time::sleep(PAUSE).await;
            }
        })
    }
}

/// Something taken from a queue.
pub(super) struct NatsTaken {
    nats: Arc<Nats>,
    message: Message,
}

impl NatsTaken {
    pub(super) fn new(nats: Arc<Nats>, message: Message) -> Self {
        Self { nats, message }
    }

    fn say(&self, kind: AckKind) {
        let saying = async {
            self.message.ack_with(kind).await?;
            // the process may end right after giving back
            self.nats.client.flush().await?;
            Ok::<(), async_nats::Error>(())
        };
        // a timer needs the runtime that it is made in
        let said = async { tokio::time::timeout(ANSWER, saying).await };
        match self.nats.reactor.wait_for(said) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!("NATS server {}: {error}", self.nats.server),
            Err(_) => tracing::debug!("NATS server {}: no answer", self.nats.server),
        }
    }
}

impl Taken for NatsTaken {
    fn body(&self) -> &[u8] {
        &self.message.payload
    }

    fn still_working(&self) {
        self.say(AckKind::Progress);
    }

    fn done(&self) -> Result<(), BrokerError> {
        // What was taken from here to somebody else is not confirmed, and what is not confirmed is at worst handed out
        // again: neither is worth waiting for.
        let said = async { tokio::time::timeout(CONFIRMATION, self.message.double_ack()).await };
        if let Ok(Ok(())) = self.nats.reactor.wait_for(said) {
            return Ok(());
        }
        tracing::debug!(
            "NATS server {}: a shard that is done is not confirmed",
            self.nats.server
        );
        Ok(())
    }

    fn give_back(&self) {
        self.say(AckKind::Nak(None));
    }
}

/// Answers others who would claim the same: nothing of it is left when its process is killed.
pub(super) struct NatsClaim {
    answering: JoinHandle<()>,
}

impl NatsClaim {
    /// Asks whether somebody has the claim, and takes it where nobody answers.
    pub(super) async fn take(nats: &Nats, subject: String) -> Result<Option<Self>, Fault> {
        let asked = nats.client.request(subject.clone(), "".into());
        match tokio::time::timeout(ANSWER, asked).await {
            Ok(Ok(_)) => return Ok(None),
            Ok(Err(error)) if error.kind() == RequestErrorKind::NoResponders => {}
            Ok(Err(error)) => return Err(Fault::Again(text(&error))),
            Err(_) => return Err(Fault::Again("no answer".to_owned())),
        }
        let mut asking = nats
            .client
            .subscribe(subject)
            .await
            .map_err(|error| Fault::Again(text(&error)))?;
        let client = nats.client.clone();
        let answering = nats.reactor.spawn(async move {
            while let Some(question) = asking.next().await {
                if let Some(reply) = question.reply
                    && let Err(error) = client.publish(reply, "taken".into()).await
                {
                    tracing::debug!("a claim could not be answered: {error}");
                }
            }
        });
        Ok(Some(Self { answering }))
    }
}

impl Claim for NatsClaim {}

impl Drop for NatsClaim {
    fn drop(&mut self) {
        self.answering.abort();
    }
}
