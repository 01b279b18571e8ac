//! Records on their way to the store, in the order in which they were handed over.
//!
//! In: records, from whoever must not wait. Out: batches for the store's thread, and for the spiller's. A record goes into
//! the store from here, or into the spill file and from there into the store. Invariant: once one is spilled, all that come
//! after it follow it into the file until whatever is there is in the store; so the store has them in order, whatever stood
//! still in between. The lock is never held over a disk.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Record;
use super::writer::{StoreCounters, WriterParams};

/// Records stored in one transaction at most: what waits behind a disk that is slow to sync costs one sync.
const BATCH: usize = 256;
/// Records spilled with one sync at most.
const SPILLED_AT_A_TIME: usize = 64;

/// What the store's thread does next.
pub(super) enum Next {
    /// Store these.
    Store(Vec<Arc<Record>>),
    /// Take in what was spilled.
    TakeIn,
    /// End: all is done that can be done.
    End,
}

/// The records that wait.
#[derive(Debug)]
pub(super) struct Waiting {
    state: Mutex<State>,
    changed: Condvar,
    /// Records that wait for a store that is busy; with more of them spilling begins.
    most_for_store: usize,
    /// How long the store may be busy with a batch; then spilling begins too.
    wait_for_store: Duration,
    /// Records that wait at all; more are lost.
    most: usize,
}

#[derive(Debug, Default)]
struct State {
    /// Handed over and in nobody's hands, oldest first.
    records: VecDeque<Arc<Record>>,
    /// Older than those: the store refused them, so the spiller is to have them.
    refused: VecDeque<Arc<Record>>,
    /// What the store is being given.
    in_hand: Option<InHand>,
    /// Batches that the store was given so far.
    batches: u64,
    spiller: Spiller,
    /// Whether records go into the spill file: what is there is older than any here.
    spilling: bool,
    /// Whether the file may hold a record of ours.
    spilled: bool,
    /// Whether neither store nor spill file took what they were given last.
    no_room: bool,
    /// Whether the spill file was tried since the store refused something.
    tried: bool,
    /// No more records come.
    closing: bool,
    /// The store's thread does no more.
    ended: bool,
    counters: StoreCounters,
    complaint: Option<String>,
}

/// A batch that the store is being given. Where that takes long it is spilled too: the same record twice is stored once.
#[derive(Debug)]
struct InHand {
    batch: Vec<Arc<Record>>,
    /// Those that the spiller took as well.
    copied: usize,
}

/// What the spiller has in its hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Spiller {
    #[default]
    Nothing,
    /// Records that nobody else has.
    Records,
    /// Records of the batch that the store is being given, or was meanwhile.
    Copies { stored: bool },
}

impl State {
    /// Whether nothing is left for the spill file.
    fn is_spilled(&self) -> bool {
        self.records.is_empty() && self.refused.is_empty() && self.spiller == Spiller::Nothing
    }

    fn put_back(&mut self, records: Vec<Arc<Record>>) {
        for record in records.into_iter().rev() {
            self.refused.push_front(record);
        }
    }

    /// From now on records go into the store again: nothing is older than what waits here.
    fn store_directly(&mut self) {
        self.spilling = false;
        self.spilled = false;
        while let Some(record) = self.refused.pop_back() {
            self.records.push_front(record);
        }
    }
}

impl Waiting {
    pub(super) fn new(params: WriterParams) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            most_for_store: params.queue.max(1),
            wait_for_store: params.wait_for_store,
            most: params.queue.max(1) + params.spill_queue.max(1),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let waited = self.changed.wait(state);
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the store has done what it is given now. Where that takes too long, spilling begins.
    fn wait_for_store<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let batch = state.batches;
        let is_busy = |state: &mut State| {
            let same = state.in_hand.is_some() && state.batches == batch;
            same && !state.spilling && !state.ended
        };
        let waited = self
            .changed
            .wait_timeout_while(state, self.wait_for_store, is_busy);
        let (mut state, timed_out) = waited.unwrap_or_else(PoisonError::into_inner);
        state.spilling |= timed_out.timed_out();
        state
    }

    /// Changes what waits, and wakes whoever waits for it.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.lock());
        self.changed.notify_all();
        changed
    }

    /// Takes a record over. Never waits for a disk: where there is no room left the record is lost and counted.
    pub(super) fn add(&self, record: Record) {
        self.change(|state| {
            if state.records.len() + state.refused.len() >= self.most {
                state.counters.lost += 1;
                let said = "store and spill file are both behind: a record was lost";
                state.complaint = Some(said.to_owned());
                return;
            }
            state.records.push_back(Arc::new(record));
            state.spilling |= state.records.len() > self.most_for_store;
        });
    }

    /// Where the records went so far.
    pub(super) fn counters(&self) -> StoreCounters {
        self.lock().counters
    }

    /// Why records were spilled or lost last.
    pub(super) fn complaint(&self) -> Option<String> {
        self.lock().complaint.clone()
    }

    /// Whether neither store nor spill file took what they were given last.
    pub(super) fn is_failing(&self) -> bool {
        self.lock().no_room
    }

    /// No more records come.
    pub(super) fn close(&self) {
        self.change(|state| state.closing = true);
    }

    pub(super) fn is_closing(&self) -> bool {
        self.lock().closing
    }

    /// What the store's thread does next; waits until there is something.
    pub(super) fn next(&self) -> Next {
        let mut state = self.lock();
        loop {
            if state.ended {
                return Next::End;
            }
            if state.spilling {
                return Next::TakeIn;
            }
            if !state.records.is_empty() {
                let count = state.records.len().min(BATCH);
                let batch: Vec<_> = state.records.drain(..count).collect();
                state.in_hand = Some(InHand {
                    batch: batch.clone(),
                    copied: 0,
                });
                state.batches += 1;
                // The spiller counts how long it takes.
                self.changed.notify_all();
                return Next::Store(batch);
            }
            if state.closing {
                return Next::End;
            }
            state = self.wait(state);
        }
    }

    /// The store took what it was given.
    pub(super) fn stored(&self) {
        self.change(|state| {
            let Some(InHand { batch, copied }) = state.in_hand.take() else {
                return;
            };
            state.counters.written += (batch.len() - copied) as u64;
            state.no_room = false;
            if let Spiller::Copies { stored } = &mut state.spiller {
                *stored = true;
            }
        });
    }

    /// The store refused what it was given: what the spiller does not have already it gets now.
    pub(super) fn refused(&self, why: String) {
        self.change(|state| {
            state.complaint = Some(why);
            state.spilling = true;
            state.tried = false;
            if let Some(InHand { mut batch, copied }) = state.in_hand.take() {
                state.put_back(batch.split_off(copied));
            }
        });
    }

    /// So many records of the spill file are in the store, since the writer was started.
    pub(super) fn taken_in(&self, records: u64) {
        self.change(|state| state.counters.taken_in = records);
    }

    /// Nothing is in the spill file, and nobody can write to it at the moment: records go into the store again, unless some
    /// are on their way into the file. Says whether they do.
    pub(super) fn file_is_empty(&self) -> bool {
        self.change(|state| {
            // What the store refused is on the disk before it is tried again, where any disk takes it.
            let owed = !state.refused.is_empty() && !state.tried;
            if owed || state.spiller != Spiller::Nothing {
                return false;
            }
            state.store_directly();
            true
        })
    }

    /// The spill file could not be taken in, or its records not be stored. Once no more come, it is left to the next opening.
    pub(super) fn not_taken_in(&self, why: String) {
        self.change(|state| {
            state.complaint = Some(why);
            if !state.spilled && state.tried && state.spiller == Spiller::Nothing {
                // No file can be made, and so none holds anything: the store may take what it did not take before.
                state.store_directly();
            } else if state.closing && state.is_spilled() {
                state.ended = true;
            }
        });
    }

    /// Waits until something changed, at most so long.
    pub(super) fn wait_for_change(&self, most: Duration) {
        drop(self.changed.wait_timeout(self.lock(), most));
    }

    /// The store's thread does no more.
    pub(super) fn store_has_ended(&self) {
        self.change(|state| {
            state.ended = true;
            // Only a thread that ended abnormally leaves any.
            state.spilling = true;
        });
    }

    /// What is to be spilled next; waits until there is something. None once no more can come.
    pub(super) fn to_spill(&self) -> Option<Vec<Arc<Record>>> {
        let mut state = self.lock();
        loop {
            if state.spilling
                && let Some(records) = take_for_spiller(&mut state)
            {
                return Some(records);
            }
            if state.ended {
                return None;
            }
            state = match state.in_hand.is_some() && !state.spilling {
                true => self.wait_for_store(state),
                false => self.wait(state),
            };
        }
    }

    /// So many of the records that were to be spilled are in the file; the others can be in none.
    pub(super) fn spilled(&self, records: u64, lost: u64) {
        self.change(|state| {
            state.spiller = Spiller::Nothing;
            state.counters.spilled += records;
            state.counters.lost += lost;
            if records > 0 {
                state.spilled = true;
                state.no_room = false;
            }
        });
    }

    /// A record that no file can hold, or that is given up.
    pub(super) fn complain(&self, why: String) {
        self.lock().complaint = Some(why);
    }

    /// The spill file took none of these.
    pub(super) fn not_spilled(&self, records: Vec<Arc<Record>>, why: String) {
        self.change(|state| {
            state.complaint = Some(why);
            state.no_room = true;
            state.tried = true;
            match std::mem::take(&mut state.spiller) {
                Spiller::Copies { stored: true } => {
                    state.counters.written += records.len() as u64;
                    state.no_room = false;
                }
                Spiller::Copies { stored: false } if state.in_hand.is_some() => {
                    if let Some(in_hand) = &mut state.in_hand {
                        in_hand.copied -= records.len();
                    }
                }
                _ => state.put_back(records),
            }
        });
    }
}

/// The oldest first: what the store is being given, what it refused, what came after.
fn take_for_spiller(state: &mut State) -> Option<Vec<Arc<Record>>> {
    // A disk without room is asked with little.
    let most = if state.no_room { 1 } else { SPILLED_AT_A_TIME };
    if let Some(in_hand) = &mut state.in_hand
        && in_hand.copied < in_hand.batch.len()
    {
        let left = in_hand.batch.iter().skip(in_hand.copied);
        let copies: Vec<_> = left.take(most).cloned().collect();
        in_hand.copied += copies.len();
        state.spiller = Spiller::Copies { stored: false };
        return Some(copies);
    }
    let queue = match state.refused.is_empty() {
        false => &mut state.refused,
        true => &mut state.records,
    };
    let count = queue.len().min(most);
    let records: Vec<_> = queue.drain(..count).collect();
    if records.is_empty() {
        return None;
    }
    state.spiller = Spiller::Records;
    Some(records)
}

#[cfg(test)]
#[path = "waiting_tests.rs"]
mod tests;
