//! What was read and reckoned of lots, kept from one certificate to the next.
//!
//! Rows are never altered, so that a lot that was read once needs only what came since; and the same shares have the same
//! interval, whose resamples are most of what a large lot's certificate costs.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::lot_rows::LotRows;
use crate::evaluate::{AuditedClasses, ShareEstimate, TrayShare, share_by_tray};

/// Lots that are kept, the ones asked for last: a lot of 20,000 trays takes some 10 MB.
const MOST_LOTS: usize = 4;

/// Lots by their name, the one asked for last at the end. Of one and the same stores.
#[derive(Debug, Default)]
pub struct KnownLots {
    lots: Mutex<VecDeque<(String, Arc<Mutex<KnownLot>>)>>,
}

/// One of them.
#[derive(Debug, Default)]
pub(super) struct KnownLot {
    pub rows: LotRows,
    estimate: Option<Estimate>,
}

/// A share as it was estimated, and of what.
#[derive(Debug)]
struct Estimate {
    shares: Vec<TrayShare>,
    audit: Option<AuditedClasses>,
    found: Option<ShareEstimate>,
}

impl KnownLots {
    /// A lot, for one certificate at a time: who asks for it meanwhile waits, and then finds it read.
    pub(super) fn of(&self, lot: &str) -> Arc<Mutex<KnownLot>> {
        let mut lots = self.lots.lock().unwrap_or_else(PoisonError::into_inner);
        let place = lots.iter().position(|(name, _)| name == lot);
        let known = place.and_then(|place| lots.remove(place));
        let known = known.unwrap_or_else(|| (lot.to_owned(), Arc::default()));
        let found = Arc::clone(&known.1);
        lots.push_back(known);
        if lots.len() > MOST_LOTS {
            lots.pop_front();
        }
        found
    }
}

impl KnownLot {
    /// The estimate of these shares: as it was where they are the same.
    pub fn estimate(
        &mut self,
        shares: Vec<TrayShare>,
        audit: Option<AuditedClasses>,
    ) -> Option<ShareEstimate> {
        if let Some(known) = &self.estimate
            && known.audit == audit
            && known.shares == shares
        {
            return known.found;
        }
        let found = share_by_tray(&shares, audit.as_ref());
        self.estimate = Some(Estimate {
            shares,
            audit,
            found,
        });
        found
    }
}
