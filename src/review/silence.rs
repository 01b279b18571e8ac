//! Which lines are not heard of any more, watched once for all who look.

use std::sync::{Mutex, PoisonError};

use crate::clock::Moment;
use crate::store::LineWatch;

use super::stores::{StoreIndex, Stores};

/// Since when each store's line is not heard of, ISO 8601 in UTC; none of one that runs, or of which nothing is known.
#[derive(Debug, Default)]
pub struct SilentLines(Mutex<Vec<Option<String>>>);

impl SilentLines {
    /// Looks at the lines' signs of life. Who asks what was seen waits for no disk.
    pub fn look(&self, stores: &Stores, watches: &mut Vec<LineWatch>, now: Moment) {
        watches.resize_with(stores.each().count(), LineWatch::default);
        let lines = stores.each().zip(watches);
        let since = lines
            .map(|((_, store), watch)| watch.look(store.path(), now))
            .collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    /// As it was when they were last looked at.
    pub fn all(&self) -> Vec<Option<String>> {
        let since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.clone()
    }

    /// The same of one store's line.
    pub fn of(&self, index: StoreIndex) -> Option<String> {
        self.all().into_iter().nth(index.0).flatten()
    }
}
