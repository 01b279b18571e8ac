//! Whatever store and spill file take and refuse, in any order of events: all records are stored, in order, each once.

use proptest::prelude::*;

use super::*;
use crate::store::EventRecord;

fn numbered(number: usize) -> Record {
    Record::Event(EventRecord {
        at: String::new(),
        kind: String::new(),
        message: number.to_string(),
        detail: None,
    })
}

fn number_of(record: &Record) -> usize {
    match record {
        Record::Event(event) => event.message.parse().unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Both threads and both disks, a step at a time.
struct Plant {
    waiting: Waiting,
    handed: usize,
    /// What the store's thread is giving to the store.
    storing: Option<Vec<Arc<Record>>>,
    /// What the spiller is giving to the file.
    spilling: Option<Vec<Arc<Record>>>,
    file: VecDeque<usize>,
    store: Vec<usize>,
}

impl Plant {
    fn new() -> Self {
        Self {
            waiting: Waiting::new(WriterParams {
                queue: 2,
                wait_for_store: Duration::ZERO,
                spill_queue: 10_000,
                wait_for_lock: Duration::ZERO,
            }),
            handed: 0,
            storing: None,
            spilling: None,
            file: VecDeque::new(),
            store: Vec::new(),
        }
    }

    fn hand_over(&mut self) {
        self.waiting.add(numbered(self.handed));
        self.handed += 1;
    }

    fn store_one(&mut self, number: usize) {
        // the same record twice is stored once
        if !self.store.contains(&number) {
            self.store.push(number);
        }
    }

    /// The store's thread begins something, or ends what it began.
    fn store_step(&mut self, takes: bool) {
        if let Some(batch) = self.storing.take() {
            if takes {
                batch.iter().for_each(|r| self.store_one(number_of(r)));
                self.waiting.stored();
            } else {
                self.waiting.refused("locked".to_owned());
            }
            return;
        }
        let would_wait = {
            let state = self.waiting.lock();
            !state.spilling && state.records.is_empty()
        };
        if would_wait {
            return;
        }
        match self.waiting.next() {
            Next::Store(batch) => self.storing = Some(batch),
            Next::TakeIn if !takes => self.waiting.not_taken_in("locked".to_owned()),
            Next::TakeIn => match self.file.pop_front() {
                Some(number) => self.store_one(number),
                None => drop(self.waiting.file_is_empty()),
            },
            Next::End => {}
        }
    }

    /// The store has been busy for too long with what it was given, if it is busy.
    fn patience_ends(&mut self) {
        if self.waiting.lock().in_hand.is_some() {
            drop(self.waiting.wait_for_store(self.waiting.lock()));
            assert!(self.waiting.lock().spilling);
        }
    }

    /// The spiller begins something, or ends what it began.
    fn spill_step(&mut self, takes: bool) {
        if let Some(records) = self.spilling.take() {
            if takes {
                self.file.extend(records.iter().map(|r| number_of(r)));
                self.waiting.spilled(records.len() as u64, 0);
            } else {
                self.waiting.not_spilled(records, "full".to_owned());
            }
            return;
        }
        self.spilling = self.waiting.change(|state| match state.spilling {
            true => take_for_spiller(state),
            false => None,
        });
    }
}

proptest! {
    #[test]
    fn all_are_stored_in_order_and_once(
        events in proptest::collection::vec((0_u8..4, any::<bool>()), 0..200),
    ) {
        let mut plant = Plant::new();
        for (what, takes) in events {
            match what {
                0 => plant.hand_over(),
                1 => plant.store_step(takes),
                2 => plant.patience_ends(),
                _ => plant.spill_step(takes),
            }
        }
        // At last all is well again.
        for _ in 0..4 * plant.handed + 8 {
            plant.spill_step(true);
            plant.store_step(true);
        }
        let expected: Vec<_> = (0..plant.handed).collect();
        prop_assert_eq!(&plant.store, &expected);
        let counters = plant.waiting.counters();
        prop_assert_eq!(counters.written + counters.spilled, plant.handed as u64);
        prop_assert_eq!(counters.lost, 0);
        prop_assert!(!plant.waiting.is_failing() || plant.handed == 0);
        prop_assert!(!plant.waiting.lock().spilling);
    }
}
