//! What is asked of a line that runs: another job, or that the one it has ends.

use super::run::JobChange;
use crate::store::OrderNumber;

/// What changes between two trays.
pub enum Change {
    /// Another job, ready to judge.
    Job(Box<JobChange>),
    /// The job ends: trays that come belong to none and go to the safe gate, those on their way are sorted to their end.
    End,
}

/// A change that is asked for, or why there cannot be one.
pub struct AskedChange {
    /// The order that asks for it, where people gave one: the line's answer names it.
    pub order: Option<OrderNumber>,
    /// The change.
    pub change: Result<Change, String>,
}

impl AskedChange {
    /// Another job that nobody ordered by number.
    #[must_use]
    pub fn job(change: JobChange) -> Self {
        Self {
            order: None,
            change: Ok(Change::Job(Box::new(change))),
        }
    }

    /// A change that there cannot be.
    #[must_use]
    pub fn refused(why: String) -> Self {
        Self {
            order: None,
            change: Err(why),
        }
    }

    /// The same as the answer to an order.
    #[must_use]
    pub fn to_order(self, number: OrderNumber) -> Self {
        Self {
            order: Some(number),
            ..self
        }
    }
}
