//! Records of the line on their way to the store, and whether the store is to be trusted with more.

use std::time::Duration;

use crate::clock::Moment;
use crate::store::{CommandRecord, Record, StoreCounters, StoreWriter, TrayRecord};

/// A store that lost records is not trusted again before this.
const DISTRUST: Duration = Duration::from_secs(5);

/// The way to the store, with what is not yet known to have arrived.
pub(super) struct RecordWay {
    store: StoreWriter,
    /// Records given to the store.
    handed: u64,
    /// Rows that may not be on the disk yet.
    unsettled: Vec<CommandRecord>,
    /// Names of trays whose report may not be on the disk yet.
    unsettled_reports: Vec<String>,
    /// Records that were lost when the store was last asked.
    lost: u64,
    /// Whether records waited in the spill file then.
    spilling: bool,
    /// When records were last seen to be lost.
    lost_at: Option<Moment>,
}

impl RecordWay {
    /// To `store`, which was given `rows` before.
    pub fn new(store: StoreWriter, rows: Vec<CommandRecord>) -> Self {
        Self {
            store,
            handed: rows.len() as u64,
            unsettled: rows,
            unsettled_reports: Vec::new(),
            lost: 0,
            spilling: false,
            lost_at: None,
        }
    }

    /// Gives a record to the store; waits for nothing.
    pub fn write(&mut self, record: Record) {
        self.handed += 1;
        self.store.write(record);
    }

    /// Gives a row to the store, and keeps it until it is on the disk.
    pub fn write_row(&mut self, row: CommandRecord) {
        self.unsettled.push(row.clone());
        self.write(Record::Command(row));
    }

    /// Gives a report to the store, and keeps its tray's name until it is on the disk.
    pub fn write_report(&mut self, tray: TrayRecord) {
        self.unsettled_reports
            .push(tray.report.facts.tray_uid.clone());
        self.write(Record::Tray(Box::new(tray)));
    }

    /// Lets go of what was kept, if all that was given is on the disk, spilled or lost; whether there were any rows. A name
    /// that is kept for too long does no harm: whoever finds it asks the store.
    pub fn settle(&mut self) -> bool {
        let counters = self.store.counters();
        let is_settled = counters.written + counters.spilled + counters.lost >= self.handed;
        let cleared = is_settled && !self.unsettled.is_empty();
        if is_settled {
            self.unsettled.clear();
            self.unsettled_reports.clear();
        }
        cleared
    }

    /// Rows that may not be on the disk yet.
    pub fn unsettled(&self) -> &[CommandRecord] {
        &self.unsettled
    }

    /// Names of trays whose report may not be on the disk yet.
    pub fn unsettled_reports(&self) -> &[String] {
        &self.unsettled_reports
    }

    /// Why the store is not to be trusted, if so; the log says when records begin to be spilled and when all is made good.
    pub fn trouble(&mut self, now: Moment) -> Option<String> {
        let stored = self.store.counters();
        self.tell_of_spilled(stored);
        if std::mem::replace(&mut self.lost, stored.lost) < stored.lost {
            self.lost_at = Some(now);
        }
        let loses = self.lost_at.is_some_and(|at| now.since(at) < DISTRUST);
        (loses || self.store.is_failing()).then(|| {
            let complaint = self.store.complaint().unwrap_or_default();
            let what = if loses {
                "are being lost"
            } else {
                "wait for room"
            };
            format!("records {what}: {complaint}")
        })
    }

    /// A store that lags stops nothing.
    fn tell_of_spilled(&mut self, stored: StoreCounters) {
        let spilling = stored.spilled > stored.taken_in;
        if std::mem::replace(&mut self.spilling, spilling) == spilling {
            return;
        }
        if spilling {
            let behind = || "it is behind".to_owned();
            let complaint = self.store.complaint().unwrap_or_else(behind);
            tracing::warn!("records are spilled until the store takes them: {complaint}");
        } else {
            tracing::info!("{} spilled records are in the store", stored.taken_in);
        }
    }

    /// What became of the records so far.
    pub fn counters(&self) -> StoreCounters {
        self.store.counters()
    }

    /// Waits until the store has everything, and closes it.
    pub fn close(self) -> StoreCounters {
        self.store.close()
    }
}
