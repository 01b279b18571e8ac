//! A server in memory, for tests: silence and damage happen when they are told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Broker, BrokerError, Claim, Queue, Queued, Redelivery, RunName, Standing, Taken};

#[derive(Default)]
struct Kept {
    open: bool,
    most: u32,
    waiting: BTreeMap<(Queue, String), Vec<u8>>,
    in_hand: BTreeMap<(Queue, String), Vec<u8>>,
    handed_out: BTreeMap<String, u32>,
    objects: BTreeMap<String, Vec<u8>>,
}

/// A server in memory that has one run.
#[derive(Default, Clone)]
pub(crate) struct StandIn(Arc<Mutex<Kept>>);

impl StandIn {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> Result<MutexGuard<'_, Kept>, BrokerError> {
        let kept = self.kept();
        if kept.open {
            Ok(kept)
        } else {
            Err(BrokerError::Over)
        }
    }

    /// Nothing is heard of whoever has something in hand: all of it is handed out again, within the bound.
    pub(crate) fn fall_silent(&self) {
        let mut kept = self.kept();
        let in_hand = std::mem::take(&mut kept.in_hand);
        for ((queue, key), body) in in_hand {
            if queue == Queue::Results || kept.handed_out.get(&key).copied() < Some(kept.most) {
                kept.waiting.insert((queue, key), body);
            }
        }
    }

    /// Changes an object behind everyone's back.
    pub(crate) fn damage(&self, name: &str) {
        if let Some(bytes) = self.kept().objects.get_mut(name) {
            bytes.push(b'!');
        }
    }

    /// Loses the run, as a server whose storage was cleared.
    pub(crate) fn lose_all(&self) {
        *self.kept() = Kept::default();
    }

    /// Names of the objects.
    pub(crate) fn objects(&self) -> Vec<String> {
        self.kept().objects.keys().cloned().collect()
    }

    /// Whether the run is open.
    pub(crate) fn is_open(&self) -> bool {
        self.kept().open
    }
}

struct InHand {
    server: StandIn,
    key: (Queue, String),
    body: Vec<u8>,
}

impl Taken for InHand {
    fn body(&self) -> &[u8] {
        &self.body
    }

    fn still_working(&self) {}

    fn done(&self) -> Result<(), BrokerError> {
        let mut kept = self.server.open()?;
        kept.in_hand.remove(&self.key);
        // an acknowledgement of an earlier handing out counts as well
        kept.waiting.remove(&self.key);
        Ok(())
    }

    fn give_back(&self) {
        let mut kept = self.server.kept();
        if let Some(body) = kept.in_hand.remove(&self.key) {
            kept.waiting.insert(self.key.clone(), body);
        }
    }
}

struct Held;

impl Claim for Held {}

impl Broker for StandIn {
    fn runs(&self) -> Result<Vec<RunName>, BrokerError> {
        Ok(Vec::new())
    }

    fn claim(&self, _: &RunName) -> Result<Option<Box<dyn Claim>>, BrokerError> {
        Ok(Some(Box::new(Held)))
    }

    fn begin(&self, _: &RunName, redelivery: Redelivery) -> Result<(), BrokerError> {
        let mut kept = self.kept();
        kept.open = true;
        kept.most = redelivery.most;
        Ok(())
    }

    fn end(&self, _: &RunName) -> Result<(), BrokerError> {
        self.lose_all();
        Ok(())
    }

    fn queue(
        &self,
        _: &RunName,
        queue: Queue,
        (key, body): (&str, &[u8]),
    ) -> Result<Queued, BrokerError> {
        let mut kept = self.open()?;
        let slot = (queue, key.to_owned());
        let stuck = queue == Queue::Tasks && kept.handed_out.get(key).copied() >= Some(kept.most);
        if kept.waiting.contains_key(&slot) || kept.in_hand.contains_key(&slot) || stuck {
            return Ok(Queued::Before);
        }
        kept.waiting.insert(slot, body.to_owned());
        Ok(Queued::Now)
    }

    fn take(
        &self,
        _: &RunName,
        queue: Queue,
        _: Duration,
    ) -> Result<Option<Box<dyn Taken>>, BrokerError> {
        let mut kept = self.open()?;
        let next = kept.waiting.keys().find(|(of, _)| *of == queue).cloned();
        let Some(key) = next else {
            return Ok(None);
        };
        let body = kept.waiting.remove(&key).unwrap_or_default();
        kept.in_hand.insert(key.clone(), body.clone());
        if queue == Queue::Tasks {
            *kept.handed_out.entry(key.1.clone()).or_default() += 1;
        }
        let server = self.clone();
        Ok(Some(Box::new(InHand { server, key, body })))
    }

    fn standing(&self, _: &RunName, queue: Queue) -> Result<Standing, BrokerError> {
        let kept = self.open()?;
        let count = |of: &BTreeMap<(Queue, String), Vec<u8>>| {
            of.keys().filter(|(of, _)| *of == queue).count() as u64
        };
        Ok(Standing {
            waiting: count(&kept.waiting),
            in_hand: count(&kept.in_hand),
        })
    }

    fn put(&self, _: &RunName, name: &str, bytes: &[u8]) -> Result<(), BrokerError> {
        self.open()?
            .objects
            .insert(name.to_owned(), bytes.to_owned());
        Ok(())
    }

    fn get(&self, _: &RunName, name: &str) -> Result<Option<Vec<u8>>, BrokerError> {
        Ok(self.open()?.objects.get(name).cloned())
    }

    fn forget(&self, _: &RunName, name: &str) -> Result<(), BrokerError> {
        self.open()?.objects.remove(name);
        Ok(())
    }
}
