//! `seedgrade rehearse`: days of belt in simulated time. Plan, tracking, actuator's logic, ledger and store are the
//! real ones; one judged tray takes the inspection's place, with other cells to remove for every tray, so that a
//! command for another tray is seen.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::clock::{Moment, Stopwatch};
use crate::frame::{DecodeLimits, decode};
use crate::geometry::EncoderCount;
use crate::grade::GradingStandard;
use crate::inspect::{SourceFacts, TrayReport};
use crate::line::{Control, ControlParams, SortJob, TrayNames, Trigger, WallTime};
use crate::machine::{
    GateOutcome, PlantSettings, PlcSettings, Readiness, RefusalReason, RehearsedLink,
    ScheduledFault, SharedPlant, SimulatedPlant,
};
use crate::sorting::{CellBitmap, JobId, SortLayout, SortPlan, TriggerId};
use crate::store::{
    EventRecord, Record, StoreError, StoreReader, StoreWriter, TrayFilter, TrayRecord, WriterParams,
};
use crate::tray::TrayFormat;

use super::arguments::Global;
use super::exit::{CommandResult, Ending, Failure};
use super::interrupt;
use super::output::print;
use super::rehearsal::layout;
use super::samples::SAMPLES;
use super::workshop::Workshop;

/// `seedgrade rehearse`
#[derive(Debug, Args)]
#[command(
    after_help = "Prints one line of JSON; ends with 1 where anything was late, lost, for another tray, or sent \
    unarmed, or memory grew. Encoder and trigger numbers wrap in the middle.\n\nExamples:\n  seedgrade rehearse --hours 72\n  \
    seedgrade rehearse --hours 2 --fault silent@600+5 --fault emergency-stop@1800+20 --out rehearsal"
)]
pub struct RehearseArguments {
    /// Hours of belt
    #[arg(long, value_name = "H", default_value_t = 72.0, value_parser = hours)]
    pub hours: f64,
    /// Speed of the line, in cells of 200-cell trays
    #[arg(long, value_name = "N", default_value_t = 35_000, value_parser = clap::value_parser!(u32).range(200..=1_000_000))]
    pub cells_per_hour: u32,
    /// What goes wrong with the actuator: NAME@START+LENGTH, in seconds
    #[arg(long, value_name = "FAULT")]
    pub fault: Vec<ScheduledFault>,
    /// Where the store is kept; thrown away when absent
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

fn hours(text: &str) -> Result<f64, String> {
    let hours: f64 = text
        .parse()
        .map_err(|_| format!("expected hours, found {text:?}"))?;
    let most = 24.0 * 366.0;
    if hours > 0.0 && hours <= most {
        Ok(hours)
    } else {
        Err(format!(
            "expected more than 0 and at most {most} hours, found {text}"
        ))
    }
}

/// The loop looks at the actuator this often, as the live one does.
const TICK: Duration = Duration::from_millis(10);
/// From the frame to the judgement.
const INSPECTION: Duration = Duration::from_millis(300);
/// 200 mm a second at 4 counts a millimetre.
const COUNTS_PER_SECOND: u32 = 800;
const CELLS: u32 = 200;
const LATE_MARGIN_COUNTS: u32 = 50;
const START: &str = "2026-11-24T06:00:00Z";
const JOB: JobId = JobId(1);
/// The cells of this many bits of the trigger's number are taken out of its tray.
const NUMBER_BITS: usize = 16;
/// What this process may hold more at the end than after a tenth of the time, MiB: pages of the store that are kept in memory.
const MOST_GROWTH_MIB: f64 = 16.0;
/// Records that may wait for the disk: simulated time is faster than it.
const MOST_WAITING: u64 = 64;

/// What is printed.
#[derive(Debug, Default, Serialize)]
struct Told {
    hours: f64,
    trays: u64,
    fired: u64,
    /// Trays that went to the safe gate without a command.
    uncommanded: u64,
    late: u64,
    wrong_tray: u64,
    unarmed: u64,
    /// Trays without exactly one row.
    rows_missing_or_twice: u64,
    /// Judged trays without exactly one report.
    reports_missing_or_twice: u64,
    lost: u64,
    /// Trays on the belt at once, at most.
    most_in_hand: usize,
    /// MiB after a tenth of the time and at the end, where the system says it.
    resident_mib: Option<[f64; 2]>,
    seconds: f64,
}

impl Told {
    fn is_clean(&self) -> bool {
        let wrong = [
            self.late,
            self.wrong_tray,
            self.unarmed,
            self.rows_missing_or_twice,
            self.reports_missing_or_twice,
            self.lost,
        ];
        let grew = self
            .resident_mib
            .is_some_and(|[early, late]| late > early + MOST_GROWTH_MIB);
        wrong.iter().all(|count| *count == 0) && !grew
    }
}

/// Runs the command.
pub fn run(arguments: &RehearseArguments, global: &Global) -> CommandResult {
    let watch = Stopwatch::start();
    let scratch = tempfile::tempdir().map_err(Failure::resource)?;
    let folder = arguments.out.as_deref().unwrap_or(scratch.path());
    std::fs::create_dir_all(folder)
        .with_context(|| format!("{}: cannot be made", folder.display()))
        .map_err(Failure::resource)?;
    let store = folder.join("line.db");
    if store.exists() {
        let file = store.display();
        return Err(anyhow::anyhow!("{file}: expected no store yet, found one").into());
    }
    let mut rehearsed = Rehearsed::new(arguments, global, &store)?;
    let end = Duration::from_secs_f64(arguments.hours * 3600.0);
    let early = end / 10;
    let mut resident_early = None;
    while rehearsed.time < end && !interrupt::requested() {
        rehearsed.tick();
        if resident_early.is_none() && rehearsed.time >= early {
            resident_early = resident_mib();
        }
    }
    let interrupted = interrupt::requested();
    let resident = resident_early.zip(resident_mib());
    let mut told = rehearsed.finish(&store)?;
    told.resident_mib = resident.map(|(early, late)| [early, late]);
    told.seconds = watch.milliseconds() / 1e3;
    print(&format!("{}\n", serde_json::to_string(&told)?))?;
    Ok(match (interrupted, told.is_clean()) {
        (true, _) => Ending::Interrupted,
        (false, true) => Ending::Done,
        (false, false) => Ending::Below,
    })
}

/// A line in simulated time.
struct Rehearsed {
    plant: SharedPlant,
    control: Control,
    layout: SortLayout,
    template: TrayReport,
    store: StoreWriter,
    handed: u64,
    judged: Vec<String>,
    time: Duration,
    at: WallTime,
    /// Trays with the inspection, and when it is done with them.
    inspected: VecDeque<(Trigger, Duration)>,
    /// What a command for a tray on the belt takes out.
    expected: HashMap<u16, CellBitmap>,
    told: Told,
}

impl Rehearsed {
    fn new(arguments: &RehearseArguments, global: &Global, store: &Path) -> Result<Self, Failure> {
        let standard = GradingStandard::embedded();
        let layout = layout(&standard)?;
        let template = judged_sample(standard, global)?;
        let trays_per_hour = f64::from(arguments.cells_per_hour) / f64::from(CELLS);
        let apart = f64::from(COUNTS_PER_SECOND) * 3600.0 / trays_per_hour;
        let counts = f64::from(COUNTS_PER_SECOND) * 3600.0 * arguments.hours;
        let plant = SharedPlant::new(SimulatedPlant::new(PlantSettings {
            plc: PlcSettings {
                late_margin_counts: LATE_MARGIN_COUNTS,
                safe_gate_counts: layout.farthest_counts(),
                encoder: EncoderCount(before_zero(counts / 2.0)),
                trigger: TriggerId(before_zero(counts / apart / 2.0) as u16),
                ..PlcSettings::default()
            },
            counts_per_second: COUNTS_PER_SECOND,
            counts_between_trays: apart as u32,
            faults: arguments.fault.clone(),
            ..PlantSettings::default()
        })?);
        let params = ControlParams {
            job: SortJob {
                id: JOB,
                layout: layout.clone(),
                least_counts_between_trays: (apart / 2.0) as u32,
            },
            suspend_after: 5,
            names: TrayNames {
                base: "base1".to_owned(),
                line: "rehearsal".to_owned(),
                last: 0,
            },
            last_trigger: None,
        };
        let control = Control::new(params, Box::new(RehearsedLink::new(plant.clone())));
        let store = StoreWriter::open(store, WriterParams::default()).map_err(Failure::resource)?;
        Ok(Self {
            plant,
            control,
            layout,
            template,
            store,
            handed: 0,
            judged: Vec::new(),
            time: Duration::ZERO,
            at: wall(Duration::ZERO),
            inspected: VecDeque::new(),
            expected: HashMap::new(),
            told: Told {
                hours: arguments.hours,
                ..Told::default()
            },
        })
    }

    fn tick(&mut self) {
        self.time += TICK;
        if self.time.as_millis().is_multiple_of(100) {
            self.at = wall(self.time);
        }
        self.plant.lock().pass(TICK);
        while let Some((trigger, _)) = self.inspected.pop_front_if(|(_, done)| *done <= self.time) {
            self.judge(&trigger);
        }
        self.step();
        self.look_at_gates();
    }

    fn step(&mut self) {
        let now = Moment::after_start(self.time);
        let step = self.control.step(now, &self.at, &Readiness::default());
        let done = self.time + INSPECTION;
        let triggers = step.triggers.into_iter();
        self.inspected
            .extend(triggers.map(|trigger| (trigger, done)));
        let in_hand = self.control.ledger().open_trays().len();
        self.told.most_in_hand = self.told.most_in_hand.max(in_hand);
        for happening in step.happenings {
            self.write(Record::Event(EventRecord {
                at: self.at.text.clone(),
                kind: happening.kind.to_owned(),
                message: happening.message,
                detail: None,
            }));
        }
        for row in step.rows {
            self.write(Record::Command(row));
        }
    }

    fn judge(&mut self, trigger: &Trigger) {
        let report = self.report(trigger);
        if let Ok(plan) = SortPlan::for_tray(&report, &self.layout) {
            self.expected.insert(trigger.id.0, plan.command.cells);
        }
        self.control.judged(&report, &self.at);
        self.judged.push(trigger.uid.clone());
        self.write(Record::Tray(Box::new(TrayRecord {
            received_at: self.at.text.clone(),
            report,
        })));
    }

    /// The sample's report as that of this tray, with the tray's number in the cells that are taken out.
    fn report(&self, trigger: &Trigger) -> TrayReport {
        let mut report = self.template.clone();
        report.facts = SourceFacts {
            source: "rehearsal".to_owned(),
            tray_uid: trigger.uid.clone(),
            captured_at: Some(self.at.text.clone()),
            job: Some(u32::from(trigger.job.0)),
            trigger: Some(u32::from(trigger.id.0)),
            encoder: Some(trigger.latched.0),
            pass: 1,
            ..SourceFacts::default()
        };
        for (bit, cell) in report.cells.iter_mut().take(NUMBER_BITS).enumerate() {
            let removes = trigger.id.0 >> bit & 1 == 1;
            cell.verdict = "graded".into();
            cell.action = if removes { "remove" } else { "leave" }.into();
        }
        report
    }

    fn look_at_gates(&mut self) {
        let (received, events) = {
            let mut plant = self.plant.lock();
            (plant.take_received(), plant.take_events())
        };
        for command in received {
            self.told.late += u64::from(command.refusal == Some(RefusalReason::Late));
            self.told.unarmed += u64::from(!command.vision.is_armed());
        }
        for event in events {
            let expected = self.expected.remove(&event.tray.0);
            match event.outcome {
                GateOutcome::Fired { removed, .. } => {
                    self.told.fired += 1;
                    self.told.wrong_tray += u64::from(expected != Some(removed));
                }
                GateOutcome::Uncommanded => self.told.uncommanded += 1,
                GateOutcome::NoTray { .. } => {}
            }
        }
    }

    /// Hands a record over, and waits for the disk where it is far behind: only simulated time may.
    fn write(&mut self, record: Record) {
        const PAUSE_FOR_THE_DISK: Duration = Duration::from_millis(1);
        self.store.write(record);
        self.handed += 1;
        loop {
            let counters = self.store.counters();
            let settled = counters.written + counters.spilled + counters.lost;
            if self.handed.saturating_sub(settled) <= MOST_WAITING {
                return;
            }
            std::thread::sleep(PAUSE_FOR_THE_DISK);
        }
    }

    /// Ends the line and compares the store with what the plant saw.
    fn finish(mut self, store: &Path) -> Result<Told, Failure> {
        self.control.end(&self.at);
        loop {
            self.step();
            if !self.control.ledger().has_rows() {
                break;
            }
        }
        let trays = self.plant.lock().trays();
        let opened = self.control.ledger().opened();
        self.told.trays = trays;
        self.told.lost = self.store.close().lost;
        let reader = StoreReader::open(store).map_err(Failure::resource)?;
        let (rows, reports) = stored(&reader).map_err(Failure::resource)?;
        let named: HashSet<&String> = rows.iter().collect();
        let missing = trays.abs_diff(named.len() as u64) + trays.abs_diff(opened);
        self.told.rows_missing_or_twice = missing + (rows.len() - named.len()) as u64;
        let reported: HashSet<&String> = reports.iter().collect();
        let missing = self.judged.iter().filter(|uid| !reported.contains(uid));
        let twice = reports.len().saturating_sub(self.judged.len());
        self.told.reports_missing_or_twice = (missing.count() + twice) as u64;
        Ok(self.told)
    }
}

/// The trays that have a row, and those that have a report, each as often as it has one.
fn stored(reader: &StoreReader) -> Result<(Vec<String>, Vec<String>), StoreError> {
    let rows = reader.commands(0, u32::MAX)?.into_iter();
    let trays = reader.trays(&TrayFilter::default())?.into_iter();
    let rows = rows.filter_map(|(_, row)| row.tray_uid).collect();
    Ok((rows, trays.map(|tray| tray.uid).collect()))
}

/// A counter that is this far from its wrap to 0, at most half its range.
fn before_zero(steps: f64) -> u32 {
    0_u32.wrapping_sub(steps.min(f64::from(u32::MAX / 2)) as u32)
}

/// The built-in sample of 200 cells, judged by the real inspection.
fn judged_sample(standard: GradingStandard, global: &Global) -> Result<TrayReport, Failure> {
    let sample = SAMPLES.iter().find(|s| s.name == "rendered-200.jpg");
    let sample = sample.context("the sample of 200 cells is not built in")?;
    let format = TrayFormat::new(sample.rows, sample.cols)?;
    let shop = Workshop::open(global, None, Some(format), standard, None, 1)?;
    let frame = decode(sample.bytes, DecodeLimits::default())?;
    let facts = SourceFacts::default();
    let inspected = shop.with_inspector(|inspector| {
        inspector.inspect(&frame, facts, &mut crate::inspect::NoObserver)
    })?;
    Ok(inspected.map_err(Failure::resource)?.report)
}

fn wall(time: Duration) -> WallTime {
    let start: Timestamp = START.parse().unwrap_or(Timestamp::UNIX_EPOCH);
    let passed = SignedDuration::try_from(time).unwrap_or(SignedDuration::ZERO);
    let now = start.checked_add(passed).unwrap_or(Timestamp::MAX);
    WallTime {
        text: now.to_string(),
    }
}

/// What this process holds of the machine's memory, where the system says it as Linux does.
fn resident_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some((kib / 102.4).round() / 10.0)
}
