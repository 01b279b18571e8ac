//! Who hands out a run's shards and gathers what comes back.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::time::Duration;

use crate::broker::{Broker, BrokerError, Queue, Queued, Redelivery, RunName, Standing, Taken};
use crate::frame::FolderError;

use super::super::run::count;
use super::super::{
    ArchiveError, ArchivedPicture, Manifest, Pictures, RunEnd, RunFolder, Shard, Watch,
};
use super::handout::{Handout, Parts, sha256};
use super::outcome::{HandedPicture, Outcome, key, picture_object};

/// How long a result is waited for before the coordinator looks around.
const PATIENCE: Duration = Duration::from_secs(1);
/// Pictures that lie on the server at a time where they are handed out, bytes, but always those of one shard.
const PICTURES_AHEAD: u64 = 1 << 30;
/// How often a server may lose a run that is under way.
const MOST_LOSSES: u32 = 3;
/// Looks around at a standstill before shards are taken for lost.
const STANDSTILLS: u32 = 3;

/// One process that hands out a run's shards and gathers their lines.
pub struct Coordinator<'a> {
    /// The server.
    pub broker: &'a dyn Broker,
    /// The run.
    pub manifest: &'a Manifest,
    /// Where its lines go.
    pub folder: &'a RunFolder,
    /// What workers are told.
    pub handout: &'a Handout,
    /// What they judge with.
    pub parts: &'a Parts,
    /// The archive.
    pub archive: &'a dyn Pictures,
    /// When a shard goes to another worker.
    pub redelivery: Redelivery,
}

/// What is still to be graded.
struct Open<'a> {
    waiting: VecDeque<&'a Shard>,
    out: BTreeMap<usize, &'a Shard>,
    standstills: u32,
}

impl<'a> Coordinator<'a> {
    /// Hands out what is not done yet and gathers it, until all is there or `watch` says stop. Stopped or failed,
    /// workers go on with what is queued, and their lines wait on the server.
    ///
    /// # Errors
    /// The server or the disk failed, somebody else gathers this run, or a worker says that the archive has changed.
    pub fn run(&self, watch: &dyn Watch) -> Result<RunEnd, ArchiveError> {
        let run = self.handout.run()?;
        let claim = self.broker.claim(&run)?;
        let _claim = claim.ok_or_else(|| ArchiveError::Claimed(run.to_string()))?;
        let mut losses = 0;
        loop {
            match self.once(&run, watch) {
                Err(ArchiveError::Broker(BrokerError::Over)) if losses < MOST_LOSSES => {
                    losses += 1;
                    tracing::warn!(
                        "the server has lost the run: what is not gathered is handed out again"
                    );
                }
                Ok(RunEnd::Done) => {
                    self.broker.end(&run)?;
                    return Ok(RunEnd::Done);
                }
                end => return end,
            }
        }
    }

    fn once(&self, run: &RunName, watch: &dyn Watch) -> Result<RunEnd, ArchiveError> {
        let shards = self.manifest.shards().iter();
        let mut open = Open {
            waiting: shards
                .filter(|shard| !self.folder.holds(shard.number))
                .collect(),
            out: BTreeMap::new(),
            standstills: 0,
        };
        if open.waiting.is_empty() {
            return Ok(RunEnd::Done);
        }
        self.broker.begin(run, self.redelivery)?;
        self.handout.hand_out(self.broker, run, self.parts)?;
        // what an earlier coordinator left, first: it needs not be graded again
        while let Some(result) =
            self.broker
                .take(run, Queue::Results, Duration::from_millis(200))?
        {
            self.gather(run, &mut open, result.as_ref(), watch)?;
        }
        open.waiting
            .retain(|shard| !self.folder.holds(shard.number));
        while !open.waiting.is_empty() || !open.out.is_empty() {
            if watch.stop() {
                return Ok(RunEnd::Stopped);
            }
            self.queue(run, &mut open)?;
            match self.broker.take(run, Queue::Results, PATIENCE)? {
                Some(result) => self.gather(run, &mut open, result.as_ref(), watch)?,
                None => self.look_for_lost(run, &mut open)?,
            }
        }
        Ok(RunEnd::Done)
    }

    /// Queues as many shards as may be out.
    fn queue(&self, run: &RunName, open: &mut Open<'a>) -> Result<(), ArchiveError> {
        let bytes = |shard: &Shard| shard.pictures.iter().filter_map(|p| p.bytes).sum::<u64>();
        let mut ahead: u64 = open.out.values().map(|shard| bytes(shard)).sum();
        let hands_out = self.handout.hands_out_pictures;
        while let Some(shard) = open.waiting.front() {
            ahead += bytes(shard);
            if hands_out && !open.out.is_empty() && ahead > PICTURES_AHEAD {
                break;
            }
            if hands_out {
                shard
                    .pictures
                    .iter()
                    .try_for_each(|picture| self.hand_out(run, picture))?;
            }
            self.queue_one(run, shard)?;
            open.out.insert(shard.number, *shard);
            open.waiting.pop_front();
        }
        Ok(())
    }

    fn queue_one(&self, run: &RunName, shard: &Shard) -> Result<Queued, ArchiveError> {
        let body =
            serde_json::to_vec(shard).map_err(|error| ArchiveError::Judge(error.to_string()))?;
        Ok(self
            .broker
            .queue(run, Queue::Tasks, (&key(shard.number), &body))?)
    }

    fn hand_out(&self, run: &RunName, picture: &ArchivedPicture) -> Result<(), ArchiveError> {
        let read = self.archive.read(&picture.path);
        let (how, bytes) = match read.map_err(|error| error.at(Path::new(&picture.path))) {
            Ok(bytes) => (HandedPicture::Read, bytes),
            Err(FolderError::FileTooLarge { bytes, limit, .. }) => {
                (HandedPicture::TooLarge { bytes, limit }, Vec::new())
            }
            Err(FolderError::Read { source, .. }) => {
                (HandedPicture::Unread(source.to_string()), Vec::new())
            }
            Err(FolderError::Decode { source, .. }) => {
                (HandedPicture::Unread(source.to_string()), Vec::new())
            }
        };
        let mut object =
            serde_json::to_vec(&how).map_err(|error| ArchiveError::Judge(error.to_string()))?;
        object.push(b'\n');
        object.extend(bytes);
        Ok(self
            .broker
            .put(run, &picture_object(&picture.path), &object)?)
    }

    /// Writes what a worker graded, unless it is there, and lets the server forget it.
    fn gather(
        &self,
        run: &RunName,
        open: &mut Open<'a>,
        result: &dyn Taken,
        watch: &dyn Watch,
    ) -> Result<(), ArchiveError> {
        open.standstills = 0;
        let outcome = serde_json::from_slice(result.body());
        match outcome {
            Ok(Outcome::Graded {
                shard,
                object,
                sha256,
                worker,
            }) => {
                self.take_in(run, open, (shard, &object, &sha256), (&worker, watch))?;
                self.broker.forget(run, &object)?;
            }
            Ok(Outcome::Failed {
                shard,
                reason,
                worker,
            }) => {
                // from a worker that was too slow: another one has graded it
                if !self.folder.holds(shard) {
                    result.done()?;
                    self.broker.end(run)?;
                    return Err(ArchiveError::Worker { worker, reason });
                }
            }
            Err(error) => tracing::warn!("a result that is none was put aside: {error}"),
        }
        Ok(result.done()?)
    }

    fn take_in(
        &self,
        run: &RunName,
        open: &mut Open<'a>,
        (number, object, expected): (usize, &str, &str),
        (worker, watch): (&str, &dyn Watch),
    ) -> Result<(), ArchiveError> {
        let Some(shard) = self.manifest.shards().get(number) else {
            tracing::warn!(
                "{worker} graded shard {number}, which the run does not have: put aside"
            );
            return Ok(());
        };
        if self.folder.holds(number) {
            let kept = self.folder.read_shard(number)?;
            if sha256(kept.as_bytes()) != expected {
                tracing::warn!(
                    "{worker} graded shard {number} once more and otherwise: the first lines stay"
                );
            }
        } else {
            let lines = self.broker.get(run, object)?.unwrap_or_default();
            let found = sha256(&lines);
            let lines = String::from_utf8(lines).unwrap_or_default();
            let counted = count(shard, &lines);
            if found != expected || counted.is_err() {
                tracing::warn!(
                    "{worker}: the lines of shard {number} are not what it graded: it is handed out again"
                );
                if open.out.remove(&number).is_some() {
                    open.waiting.push_front(shard);
                }
                return Ok(());
            }
            self.folder.write_shard(number, lines.as_bytes())?;
            shard.pictures.iter().for_each(|_| watch.judged());
        }
        open.out.remove(&number);
        if self.handout.hands_out_pictures {
            let mut names = shard
                .pictures
                .iter()
                .map(|picture| picture_object(&picture.path));
            names.try_for_each(|name| self.broker.forget(run, &name))?;
        }
        Ok(())
    }

    /// Where nothing is queued and nothing in anyone's hands, shards are lost, or were handed out as often as may be.
    fn look_for_lost(&self, run: &RunName, open: &mut Open<'a>) -> Result<(), ArchiveError> {
        let nothing = Standing::default();
        let standing = |queue| self.broker.standing(run, queue);
        if standing(Queue::Tasks)? != nothing || standing(Queue::Results)? != nothing {
            open.standstills = 0;
            return Ok(());
        }
        open.standstills += 1;
        if open.standstills < STANDSTILLS {
            return Ok(());
        }
        let mut stuck = Vec::new();
        for shard in open.out.values() {
            if self.queue_one(run, shard)? == Queued::Before {
                stuck.push(shard.number);
            }
        }
        if stuck.is_empty() {
            open.standstills = 0;
            return Ok(());
        }
        self.broker.end(run)?;
        Err(ArchiveError::NeverDone {
            shards: stuck.len(),
            first: stuck[0],
            times: self.redelivery.most,
        })
    }
}
