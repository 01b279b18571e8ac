//! The server is NATS with JetStream: a work-queue stream and an object store a run.

mod access;
mod fault;
mod taken;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::object_store::{self, ObjectMetadata, ObjectStore};
use async_nats::jetstream::stream::{self, DiscardPolicy, RetentionPolicy, StorageType};
use async_nats::jetstream::{self, Context};
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::io::AsyncReadExt as _;

use super::{
    Broker, BrokerError, Claim, Queue, Queued, Reactor, Redelivery, RunName, Standing, Taken,
};
pub use access::NatsAccess;
use fault::Fault;
use taken::{Nats, NatsClaim, NatsTaken};

/// Streams and buckets of runs begin with this.
const PREFIX: &str = "SEEDGRADE-REGRADE-";
/// A request that has no answer by then is made again.
const ANSWER: Duration = Duration::from_secs(5);
/// An object that has not come or gone by then is asked for again: 128 KiB every so often are slow lines, not gone ones.
const OBJECT: Duration = Duration::from_secs(60);
/// What objects are cut into, bytes: what clients of NATS usually take.
const CHUNK: usize = 128 * 1024;
/// What a message has beside an object's piece or a task's body, bytes: subject and headers.
const ENVELOPE: usize = 4 * 1024;

/// A connection to a NATS server.
pub struct NatsBroker {
    nats: Arc<Nats>,
    context: Context,
    chunk: usize,
    consumers: Mutex<BTreeMap<(RunName, Queue), PullConsumer>>,
}

impl NatsBroker {
    /// Connects.
    ///
    /// # Errors
    /// The server is gone, wants other credentials or TLS, has no JetStream, or takes too small messages.
    pub fn connect(access: &NatsAccess, patience: Duration) -> Result<Self, BrokerError> {
        let reactor = Reactor::start().map_err(|error| BrokerError::Gone {
            server: access.server(),
            seconds: 0,
            doing: "no thread could be started",
            reason: error.to_string(),
        })?;
        let client = access.connect(&reactor, patience)?;
        let server = access.server();
        let info = client.server_info();
        let least = 2 * ENVELOPE;
        if info.max_payload < least {
            return Err(BrokerError::Payload {
                server,
                what: "re-grading".to_owned(),
                expected: least,
                found: info.max_payload,
            });
        }
        // it begins a task of its own, which needs the runtime
        let mut context = reactor.wait_for(async { jetstream::new(client.clone()) });
        context.set_timeout(ANSWER);
        let nats = Arc::new(Nats {
            reactor,
            client,
            server,
            patience,
        });
        let broker = Self {
            chunk: CHUNK.min(info.max_payload - ENVELOPE),
            nats,
            context,
            consumers: Mutex::default(),
        };
        broker.has_jetstream()?;
        Ok(broker)
    }

    fn has_jetstream(&self) -> Result<(), BrokerError> {
        self.insist("asking for JetStream", || async {
            match self.context.query_account().await {
                Ok(_) => Ok(()),
                Err(error) if fault::lacks_jetstream(&error) => {
                    Err(Fault::Final(BrokerError::NoJetStream {
                        server: self.nats.server.clone(),
                    }))
                }
                Err(error) => Err(self.fault(&error)),
            }
        })
    }

    /// Tries until it succeeds, the patience ends or trying is of no use.
    fn insist<T, Try, Tried>(&self, doing: &'static str, attempt: Try) -> Result<T, BrokerError>
    where
        Try: Fn() -> Tried,
        Tried: Future<Output = Result<T, Fault>>,
    {
        self.nats.insist(doing, attempt)
    }

    fn fault(&self, error: &dyn std::error::Error) -> Fault {
        fault::of(&self.nats.server, error)
    }

    async fn bucket(&self, run: &RunName) -> Result<ObjectStore, Fault> {
        let found = self.context.get_object_store(name(run)).await;
        found.map_err(|error| self.fault(&error))
    }

    async fn consumer(&self, run: &RunName, queue: Queue) -> Result<PullConsumer, Fault> {
        let key = (run.clone(), queue);
        let known = || {
            self.consumers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(consumer) = known().get(&key) {
            return Ok(consumer.clone());
        }
        let found = self.context.get_consumer_from_stream(of(queue), name(run));
        let consumer: PullConsumer = found.await.map_err(|error| self.fault(&error))?;
        known().insert(key, consumer.clone());
        Ok(consumer)
    }

    /// A stream that is gone is no fault of the line.
    async fn still_open(&self, run: &RunName) -> Result<(), Fault> {
        match self.context.get_stream(name(run)).await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.fault(&error)),
        }
    }

    async fn next(
        &self,
        run: &RunName,
        queue: Queue,
        patience: Duration,
    ) -> Result<Option<jetstream::Message>, Fault> {
        let consumer = self.consumer(run, queue).await?;
        let batch = consumer.batch().max_messages(1).expires(patience);
        let asked = async {
            let mut batch = batch.messages().await.map_err(|e| self.fault(&e))?;
            batch
                .next()
                .await
                .transpose()
                .map_err(|error| Fault::Again(error.to_string()))
        };
        match tokio::time::timeout(patience + ANSWER, asked).await {
            Ok(Ok(message)) => Ok(message),
            Ok(Err(fault)) => {
                self.still_open(run).await?;
                Err(fault)
            }
            Err(_) => {
                self.still_open(run).await?;
                Ok(None)
            }
        }
    }
}

/// A run's stream, and its bucket.
fn name(run: &RunName) -> String {
    format!("{PREFIX}{run}")
}

/// The consumer of a queue, and the token of its subjects.
fn of(queue: Queue) -> &'static str {
    match queue {
        Queue::Tasks => "tasks",
        Queue::Results => "results",
    }
}

fn subject(run: &RunName, queue: Queue, key: &str) -> String {
    format!("seedgrade.regrade.{run}.{}.{key}", of(queue))
}

fn stream_config(run: &RunName) -> stream::Config {
    stream::Config {
        name: name(run),
        description: Some("shards of a re-grading".to_owned()),
        subjects: [Queue::Tasks, Queue::Results]
            .map(|q| subject(run, q, "*"))
            .to_vec(),
        retention: RetentionPolicy::WorkQueue,
        storage: StorageType::File,
        // a shard is in the queue once: a second one is refused as long as the first is there
        max_messages_per_subject: 1,
        discard: DiscardPolicy::New,
        discard_new_per_subject: true,
        ..stream::Config::default()
    }
}

fn consumer_config(run: &RunName, queue: Queue, redelivery: Redelivery) -> pull::Config {
    pull::Config {
        durable_name: Some(of(queue).to_owned()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: redelivery.after,
        // results are taken by one who may be started again as often as needed
        max_deliver: match queue {
            Queue::Tasks => i64::from(redelivery.most),
            Queue::Results => -1,
        },
        max_ack_pending: -1,
        filter_subject: subject(run, queue, "*"),
        ..pull::Config::default()
    }
}

impl Broker for NatsBroker {
    fn runs(&self) -> Result<Vec<RunName>, BrokerError> {
        let names: Vec<String> = self.insist("listing the runs", || async {
            let names = self.context.stream_names().try_collect();
            names.await.map_err(|error| self.fault(&error))
        })?;
        let runs = names.iter().filter_map(|name| name.strip_prefix(PREFIX));
        Ok(runs.filter_map(RunName::parse).collect())
    }

    fn claim(&self, run: &RunName) -> Result<Option<Box<dyn Claim>>, BrokerError> {
        let subject = format!("seedgrade.regrade-claim.{run}");
        self.insist("claiming the run", || async {
            let claimed = NatsClaim::take(&self.nats, subject.clone()).await;
            Ok(claimed?.map(|claim| Box::new(claim) as Box<dyn Claim>))
        })
    }

    fn begin(&self, run: &RunName, redelivery: Redelivery) -> Result<(), BrokerError> {
        self.insist("opening the run", || async {
            let stream = self.context.get_or_create_stream(stream_config(run)).await;
            let stream = stream.map_err(|error| self.fault(&error))?;
            for queue in [Queue::Tasks, Queue::Results] {
                let config = consumer_config(run, queue, redelivery);
                stream
                    .create_consumer(config)
                    .await
                    .map_err(|error| self.fault(&error))?;
            }
            if self.context.get_object_store(name(run)).await.is_ok() {
                return Ok(());
            }
            let bucket = object_store::Config {
                bucket: name(run),
                storage: StorageType::File,
                ..object_store::Config::default()
            };
            let made = self.context.create_object_store(bucket).await;
            made.map(drop).map_err(|error| self.fault(&error))
        })
    }

    fn end(&self, run: &RunName) -> Result<(), BrokerError> {
        let ended = self.insist("ending the run", || async {
            // the bucket first: what is left of a run after a fault is then still listed as one
            let bucket = self.context.delete_object_store(name(run)).await;
            if let Err(error) = bucket {
                match self.fault(&error) {
                    Fault::Final(BrokerError::Over) => {}
                    fault => return Err(fault),
                }
            }
            let stream = self.context.delete_stream(name(run)).await;
            stream.map(drop).map_err(|error| self.fault(&error))
        });
        match ended {
            Err(BrokerError::Over) => Ok(()),
            ended => ended,
        }
    }

    fn queue(
        &self,
        run: &RunName,
        queue: Queue,
        (key, body): (&str, &[u8]),
    ) -> Result<Queued, BrokerError> {
        let (needed, found) = (
            body.len() + ENVELOPE,
            self.nats.client.server_info().max_payload,
        );
        if needed > found {
            return Err(BrokerError::Payload {
                server: self.nats.server.clone(),
                what: format!("shard {key}"),
                expected: needed,
                found,
            });
        }
        self.insist("queueing a shard", || async {
            let sent = self
                .context
                .publish(subject(run, queue, key), body.to_vec().into())
                .await;
            let acknowledged = match sent {
                Ok(sent) => sent.await,
                Err(error) => Err(error),
            };
            match acknowledged {
                Ok(_) => Ok(Queued::Now),
                Err(error) if fault::is_there_already(&error) => Ok(Queued::Before),
                Err(error) => {
                    self.still_open(run).await?;
                    Err(self.fault(&error))
                }
            }
        })
    }

    fn take(
        &self,
        run: &RunName,
        queue: Queue,
        patience: Duration,
    ) -> Result<Option<Box<dyn Taken>>, BrokerError> {
        let message = self.insist("asking for a shard", || async {
            self.next(run, queue, patience).await
        })?;
        Ok(message.map(|message| {
            Box::new(NatsTaken::new(Arc::clone(&self.nats), message)) as Box<dyn Taken>
        }))
    }

    fn standing(&self, run: &RunName, queue: Queue) -> Result<Standing, BrokerError> {
        self.insist("asking how a queue stands", || async {
            let consumer = self.consumer(run, queue).await?;
            let info = consumer
                .get_info()
                .await
                .map_err(|error| self.fault(&error))?;
            Ok(Standing {
                waiting: info.num_pending,
                in_hand: info.num_ack_pending as u64,
            })
        })
    }

    fn put(&self, run: &RunName, name: &str, bytes: &[u8]) -> Result<(), BrokerError> {
        self.insist("handing over an object", || async {
            let bucket = self.bucket(run).await?;
            let meta = ObjectMetadata {
                name: name.to_owned(),
                chunk_size: Some(self.chunk),
                ..ObjectMetadata::default()
            };
            let mut from = bytes;
            match tokio::time::timeout(OBJECT, bucket.put(meta, &mut from)).await {
                Ok(put) => put.map(drop).map_err(|error| self.fault(&error)),
                Err(_) => Err(Fault::Again("it took too long".to_owned())),
            }
        })
    }

    fn get(&self, run: &RunName, name: &str) -> Result<Option<Vec<u8>>, BrokerError> {
        self.insist("fetching an object", || async {
            let bucket = self.bucket(run).await?;
            let fetched = async {
                let mut object = match bucket.get(name).await {
                    Ok(object) => object,
                    Err(error) if error.kind() == object_store::GetErrorKind::NotFound => {
                        return Ok(None);
                    }
                    Err(error) => return Err(self.fault(&error)),
                };
                let mut bytes = Vec::new();
                let read = object.read_to_end(&mut bytes).await;
                read.map_err(|error| Fault::Again(error.to_string()))?;
                Ok(Some(bytes))
            };
            match tokio::time::timeout(OBJECT, fetched).await {
                Ok(fetched) => fetched,
                Err(_) => Err(Fault::Again("it took too long".to_owned())),
            }
        })
    }

    fn forget(&self, run: &RunName, name: &str) -> Result<(), BrokerError> {
        self.insist("forgetting an object", || async {
            let bucket = self.bucket(run).await?;
            match bucket.delete(name).await {
                Ok(()) => Ok(()),
                Err(error) if error.kind() == object_store::DeleteErrorKind::NotFound => Ok(()),
                Err(error) => Err(self.fault(&error)),
            }
        })
    }
}
