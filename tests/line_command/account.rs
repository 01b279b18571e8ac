//! What a line did, by the plant's account and by its store's, whatever ended it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use seedgrade::grade::GradingStandard;
use seedgrade::inspect::TrayReport;
use seedgrade::machine::{GateEvent, GateOutcome, ReceivedCommand, RefusalReason, SharedPlant};
use seedgrade::sorting::{Gate, GateNumber, SortCommand, SortLayoutBuilder, SortPlan};
use seedgrade::store::{CommandRecord, StoreReader, TrayFilter};

use crate::rows;

/// Every trigger up to the last has one row and one name.
#[track_caller]
pub fn is_whole(rows: &[CommandRecord]) {
    let mut triggers: Vec<_> = rows.iter().map(|row| row.trigger).collect();
    triggers.sort_unstable();
    let last = triggers.last().copied().unwrap_or(0);
    assert_eq!(triggers, (1..=last).collect::<Vec<_>>(), "{rows:#?}");
    let mut names: Vec<_> = rows
        .iter()
        .map(|row| row.tray_uid.clone().unwrap())
        .collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), rows.len());
    for row in rows {
        let dropped = row.outcome == "dropped";
        assert_eq!(row.sequence.is_none(), dropped, "{row:?}");
        assert!(!dropped || row.reason.is_some(), "{row:?}");
    }
}

/// What is known of the trays of a plant that was never started anew: triggers name them.
pub struct Account {
    rows: Vec<CommandRecord>,
    /// By the trigger of their tray.
    reports: BTreeMap<u16, TrayReport>,
    received: Vec<ReceivedCommand>,
    at_gates: Vec<GateEvent>,
    breaches: usize,
}

impl Account {
    /// Reads the store, and takes from the plant what it saw since it was last asked.
    #[track_caller]
    pub fn of(folder: &Path, plant: &SharedPlant) -> Self {
        let mut plant = plant.lock();
        Self {
            rows: rows(folder),
            reports: reports(folder),
            received: plant.take_received(),
            at_gates: plant.take_events(),
            breaches: plant.breaches().len(),
        }
    }

    /// Trays that went through a gate on a command.
    pub fn fired(&self) -> BTreeSet<u16> {
        let fired = |event: &&GateEvent| matches!(event.outcome, GateOutcome::Fired { .. });
        let events = self.at_gates.iter().filter(fired);
        events.map(|event| event.tray.0).collect()
    }

    /// Fails unless every tray has one row, every tray that was commanded its report, but for one a kill, which is marked;
    /// and no command was late, for another tray, from a line that was not armed, or a second one.
    #[track_caller]
    pub fn is_clean(&self, what: &str, kills: u64) {
        is_whole(&self.rows);
        self.commands_are_clean(what);
        let mut without_report = 0;
        for row in &self.rows {
            without_report += u64::from(!self.is_accounted_for(what, row));
        }
        println!(
            "{what}: {} trays, {} reports, {} commands, {} fired, {without_report} without a report",
            self.rows.len(),
            self.reports.len(),
            self.received.len(),
            self.fired().len(),
        );
        assert!(without_report <= kills, "{what}: {without_report}");
        self.gates_are_clean(what);
    }

    /// What the actuator was told.
    #[track_caller]
    fn commands_are_clean(&self, what: &str) {
        let late = |c: &&ReceivedCommand| c.refusal == Some(RefusalReason::Late);
        let late = self.received.iter().filter(late).count();
        let unarmed = self.received.iter().filter(|c| !c.vision.is_armed());
        let trays: BTreeSet<_> = self.received.iter().map(|c| c.command.tray.0).collect();
        let twice = self.received.len() - trays.len();
        let counted = (late, unarmed.count(), twice, self.breaches);
        assert_eq!(
            counted,
            (0, 0, 0, 0),
            "{what}: late, unarmed, twice, breaches"
        );
        let reported = |c: &&ReceivedCommand| self.reports.contains_key(&c.command.tray.0);
        for received in self.received.iter().filter(reported) {
            let report = &self.reports[&received.command.tray.0];
            assert_eq!(received.command, planned(report), "{what}: of another tray");
        }
    }

    /// Whether a tray that was commanded has its report. Its row says what the plant saw; the one that was in hand when the
    /// line was killed is marked instead.
    #[track_caller]
    fn is_accounted_for(&self, what: &str, row: &CommandRecord) -> bool {
        let trigger = row.trigger as u16;
        let mut received = self.received.iter().filter(|c| c.command.tray.0 == trigger);
        let command = received.next();
        let report = self.reports.get(&trigger);
        if let Some(report) = report {
            let name = Some(&report.facts.tray_uid);
            assert_eq!(name, row.tray_uid.as_ref(), "{what}: {row:?}");
        }
        let told = row.sequence.zip(row.fire_at);
        let seen = command.map(|c| (c.number.number(), c.command.fire_at.0));
        let agrees = told == seen && (report.is_some() || command.is_none());
        assert!(
            agrees || is_marked(row),
            "{what}: {row:?}, {command:?}, report {}",
            report.is_some()
        );
        command.is_none() || report.is_some()
    }

    /// What was taken out at the gates.
    #[track_caller]
    fn gates_are_clean(&self, what: &str) {
        for event in &self.at_gates {
            let GateOutcome::Fired { gate, removed, .. } = event.outcome else {
                continue;
            };
            if let Some(report) = self.reports.get(&event.tray.0) {
                let own = planned(report);
                assert_eq!((gate, removed), (own.route, own.cells), "{what}: {event:?}");
            }
        }
    }
}

/// Whether a row says that its tray was in hand when the line was ended.
fn is_marked(row: &CommandRecord) -> bool {
    let why = row.reason.as_deref().unwrap_or_default();
    why.contains("seedgrade was ended")
}

/// Every stored report, by the trigger of its tray; none twice.
#[track_caller]
fn reports(folder: &Path) -> BTreeMap<u16, TrayReport> {
    let store = StoreReader::open(&folder.join("line.db")).unwrap();
    let trays = store.trays(&TrayFilter::default()).unwrap();
    let mut reports = BTreeMap::new();
    for tray in trays {
        let report = store.report(tray.id).unwrap();
        let trigger = report.facts.trigger.unwrap() as u16;
        assert!(reports.insert(trigger, report).is_none(), "{trigger} twice");
    }
    reports
}

/// The command of a reported tray, on the belt of the tests' lines.
fn planned(report: &TrayReport) -> SortCommand {
    let gates = [
        ("hold", 0, 2900),
        ("market", 1, 2000),
        ("second", 2, 2200),
        ("rework", 3, 2400),
    ];
    let gate = |(route, number, counts_from_camera): (&str, u16, u32)| Gate {
        route: route.to_owned(),
        number: GateNumber(number),
        counts_from_camera,
    };
    let layout = SortLayoutBuilder {
        gates: gates.map(gate).to_vec(),
        late_margin_counts: 50,
        ..SortLayoutBuilder::default()
    };
    let layout = layout.build(&GradingStandard::embedded().routes()).unwrap();
    SortPlan::for_tray(report, &layout).unwrap().command
}
