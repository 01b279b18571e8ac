//! Who grades shards of a run for whoever coordinates it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::broker::{Broker, BrokerError, Queue, Queued, RunName, Taken};
use crate::clock::Moment;
use crate::frame::FolderError;

use super::super::run::lines;
use super::super::{ArchiveError, JudgePicture, Pictures, Shard, Watch};
use super::handout::put_surely;
use super::outcome::{HandedPicture, Outcome, key, picture_object};

/// How long a shard is waited for before others may be asked.
const PATIENCE: Duration = Duration::from_secs(1);

/// Deposits of this process: where two of its threads have graded the same shard, neither takes away what the other put.
static DEPOSITS: AtomicU64 = AtomicU64::new(0);

/// One thread's worth of work at a run.
pub struct Worker<'a> {
    /// The server.
    pub broker: &'a dyn Broker,
    /// The run.
    pub run: &'a RunName,
    /// What this worker is called in messages.
    pub name: &'a str,
    /// The run's pictures.
    pub pictures: &'a dyn Pictures,
    /// How often the server hears that a shard is still worked at, at least.
    pub heartbeat: Duration,
}

impl Worker<'_> {
    /// Grades shards until none is handed out, the run is over or `watch` says stop: how many it graded. A shard in
    /// hand is then given back.
    ///
    /// # Errors
    /// The server is gone; the archive has changed or the inspection failed, which the coordinator is told.
    pub fn work(&self, judge: &JudgePicture<'_>, watch: &dyn Watch) -> Result<usize, ArchiveError> {
        let mut graded = 0;
        while !watch.stop() {
            let taken = match self.broker.take(self.run, Queue::Tasks, PATIENCE) {
                Ok(Some(taken)) => taken,
                Ok(None) | Err(BrokerError::Over) => break,
                Err(error) => return Err(error.into()),
            };
            match self.grade(taken.as_ref(), judge, watch) {
                Ok(true) => graded += 1,
                Ok(false) => taken.give_back(),
                Err(ArchiveError::Broker(BrokerError::Over)) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(graded)
    }

    /// Whether the shard is done; else it was stopped.
    fn grade(
        &self,
        taken: &dyn Taken,
        judge: &JudgePicture<'_>,
        watch: &dyn Watch,
    ) -> Result<bool, ArchiveError> {
        let shard: Shard = match serde_json::from_slice(taken.body()) {
            Ok(shard) => shard,
            Err(error) => {
                tracing::warn!("a shard that is none was put aside: {error}");
                taken.done()?;
                return Ok(true);
            }
        };
        let telling = Telling {
            taken,
            watch,
            every: self.heartbeat,
            last: Mutex::new(Moment::now()),
        };
        let outcome = match lines(self.pictures, &shard, judge, &|| watch.stop(), &telling) {
            Ok(Some(lines)) => self.deposit(taken, &shard, &lines)?,
            Ok(None) => return Ok(false),
            Err(error) => {
                let failed = Outcome::Failed {
                    shard: shard.number,
                    reason: error.to_string(),
                    worker: self.name.to_owned(),
                };
                self.report(&failed, shard.number)?;
                taken.done()?;
                return Err(error);
            }
        };
        if self.report(&outcome, shard.number)? == Queued::Before
            && let Outcome::Graded { object, .. } = &outcome
        {
            // another worker's lines wait to be gathered: these are not needed
            self.broker.forget(self.run, object)?;
        }
        taken.done()?;
        Ok(true)
    }

    /// Puts the lines on the server, where they are safe before anyone is told.
    fn deposit(
        &self,
        taken: &dyn Taken,
        shard: &Shard,
        lines: &[u8],
    ) -> Result<Outcome, ArchiveError> {
        taken.still_working();
        let object = format!(
            "result/{}/{}-{}",
            key(shard.number),
            self.name,
            DEPOSITS.fetch_add(1, Ordering::Relaxed)
        );
        let sha256 = put_surely(self.broker, self.run, (&object, lines))?;
        Ok(Outcome::Graded {
            shard: shard.number,
            object,
            sha256,
            worker: self.name.to_owned(),
        })
    }

    fn report(&self, outcome: &Outcome, shard: usize) -> Result<Queued, ArchiveError> {
        let body =
            serde_json::to_vec(outcome).map_err(|error| ArchiveError::Judge(error.to_string()))?;
        Ok(self
            .broker
            .queue(self.run, Queue::Results, (&key(shard), &body))?)
    }
}

/// Tells the server between pictures that a shard is still worked at: a worker that hangs falls silent.
struct Telling<'a> {
    taken: &'a dyn Taken,
    watch: &'a dyn Watch,
    every: Duration,
    last: Mutex<Moment>,
}

impl Watch for Telling<'_> {
    fn stop(&self) -> bool {
        self.watch.stop()
    }

    fn judged(&self) {
        self.watch.judged();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Moment::now();
        if now.since(*last) >= self.every {
            self.taken.still_working();
            *last = now;
        }
    }
}

/// The pictures of a run that come through the server.
pub struct HandedPictures<'a> {
    broker: &'a dyn Broker,
    run: &'a RunName,
}

impl<'a> HandedPictures<'a> {
    /// Of a run.
    #[must_use]
    pub fn new(broker: &'a dyn Broker, run: &'a RunName) -> Self {
        Self { broker, run }
    }
}

impl Pictures for HandedPictures<'_> {
    fn place(&self) -> PathBuf {
        PathBuf::from(format!("of run {}", self.run))
    }

    fn list(&self) -> Result<Vec<(String, Option<u64>)>, ArchiveError> {
        // whoever coordinates knows; workers are told shard by shard
        Ok(Vec::new())
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, FolderError> {
        let path = Path::new(name).to_owned();
        let unread = |reason: String| FolderError::Read {
            path: path.clone(),
            source: std::io::Error::other(reason),
        };
        let object = self.broker.get(self.run, &picture_object(name));
        let object = object.map_err(|error| unread(error.to_string()))?;
        let object = object.ok_or_else(|| unread("it was not handed out".to_owned()))?;
        let end = object
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(object.len());
        let (head, bytes) = object.split_at(end);
        match serde_json::from_slice(head) {
            Ok(HandedPicture::Read) => Ok(bytes.get(1..).unwrap_or_default().to_vec()),
            Ok(HandedPicture::Unread(reason)) => Err(unread(reason)),
            Ok(HandedPicture::TooLarge { bytes, limit }) => {
                Err(FolderError::FileTooLarge { path, bytes, limit })
            }
            Err(error) => Err(unread(error.to_string())),
        }
    }
}
