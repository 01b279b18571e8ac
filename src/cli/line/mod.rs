//! `seedgrade line`: the configuration into the parts of a live line.

mod another_job;
pub(super) mod basis;
mod challenge;
pub mod gige_vision;
mod ordered_job;
mod pictures;
pub mod reference;
mod service;
pub mod setup;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use anyhow::Context;

use crate::clock;
use crate::config::Config;
use crate::frame::Frame;
use crate::inspect::{SourceFacts, TrayReport};
use crate::line::{
    AskedChange, Bench, Board, Change, Control, ControlParams, LineParts, MetricsServer,
    PairedCamera, Passes, SortJob, Summary, TrayJudge, TrayNames, Until, WallTime, run as run_line,
    take_up,
};
use crate::sorting::JobId;
use crate::store::{
    ChangeOver, JobOrder, NoSignOfLife, OrderNumber, Ordered, SignOfLife, StoreError, StoreReader,
    WriterParams,
};
use crate::tray::TrayFormat;

use super::arguments::{Global, LineArguments, TrayArguments};
use super::exit::{CommandResult, Ending, Failure};
use super::interrupt;
use super::output::{print, say};
use super::stage_watch::StageWatch;
use super::workshop::{Workshop, heights, read_config, standard, tray_format};
use another_job::{Running, keep_asking};
use ordered_job::OrderedJob;
use service::ServiceManager;
use setup::{Actuator, LineConfig};

/// Changes that wait for the line: before a run, that an order cannot be followed and that the line waits for another.
const CHANGES_ON_THEIR_WAY: usize = 2;

/// What the configuration says, with net, standard and challenge set ready to judge.
struct Prepared {
    config: Config,
    format: TrayFormat,
    line: LineConfig,
    shop: Workshop,
    /// Why the challenge set does not allow arming, if so.
    trouble: Option<String>,
}

/// Runs the command.
pub fn run(arguments: &LineArguments, global: &Global) -> CommandResult {
    if arguments.print_unit {
        print(service::UNIT)?;
        return Ok(Ending::Done);
    }
    interrupt::reread_on_hang_up();
    let (changes, asked) = sync_channel(CHANGES_ON_THEIR_WAY);
    let (prepared, last_order) = prepare_first(arguments, global, &changes)?;
    let running = Running {
        config: prepared.config.clone(),
        calibration: prepared.shop.evidence().calibration.clone(),
        last_order,
    };
    let store = prepared.line.store.clone();
    let ended = AtomicBool::new(false);
    let prepare = |job| prepare(arguments, global, job).map_err(|failure| failure.error);
    std::thread::scope(|scope| {
        scope.spawn(|| keep_asking(&running, &store, prepare, &changes, &ended));
        let summary = run_prepared(prepared, arguments, asked);
        ended.store(true, Ordering::SeqCst);
        tell(&summary?)
    })
}

/// What a run begins with: the job that people ordered last, else that of the configuration. Where their order ended the
/// job, or cannot be followed any more, the line waits for another: under a job that nobody chose it sorts nothing.
fn prepare_first(
    arguments: &LineArguments,
    global: &Global,
    changes: &SyncSender<AskedChange>,
) -> Result<(Prepared, Option<OrderNumber>), Failure> {
    let config = configuration(global)?;
    let store = config.store.as_ref().map(|store| store.file.as_path());
    let last = store.map_or(Ok(None), ordered_job::last);
    let Some((number, order)) = last.map_err(Failure::resource)? else {
        return Ok((prepare(arguments, global, None)?, None));
    };
    let by_configuration =
        || -> Result<_, Failure> { Ok((prepare(arguments, global, None)?, Some(number))) };
    let ask = |change| {
        let asked = AskedChange {
            order: Some(number),
            change,
        };
        // It has room: nobody else asks before the run.
        let _ = changes.try_send(asked);
    };
    match (&order.ordered, store) {
        (Ordered::Configuration, _) | (_, None) => by_configuration(),
        (Ordered::End, _) => {
            ask(Ok(Change::End));
            by_configuration()
        }
        (Ordered::Begin { job, what }, Some(store)) => {
            let prepared = OrderedJob::read(store, *job, what)
                .map_err(Failure::from)
                .and_then(|job| prepare(arguments, global, Some(job)));
            match prepared {
                Ok(prepared) => {
                    tracing::info!("{}", goes_on(&order, *job, what));
                    Ok((prepared, Some(number)))
                }
                Err(failure) => {
                    ask(Err(format!("{:#}", failure.error)));
                    ask(Ok(Change::End));
                    by_configuration()
                }
            }
        }
    }
}

fn goes_on(order: &JobOrder, job: u16, what: &ChangeOver) -> String {
    format!(
        "job {job}, lot {}, as {} ordered at {}: the configuration's job holds again with SIGHUP",
        what.lot, order.who, order.at
    )
}

fn configuration(global: &Global) -> Result<Config, Failure> {
    let config = read_config(global)?.context("the line needs a configuration: give --config FILE");
    Ok(config?)
}

fn prepare(
    arguments: &LineArguments,
    global: &Global,
    ordered: Option<OrderedJob>,
) -> Result<Prepared, Failure> {
    let config = configuration(global)?;
    let (config, standard) = match ordered {
        Some(job) => job.laid_over(config)?,
        None => {
            let standard = standard(None, Some(&config))?;
            (config, standard)
        }
    };
    let nothing = TrayArguments::default();
    let format = tray_format(&nothing, Some(&config))?;
    let line = LineConfig::read(&config, format, &standard)?;
    let heights = heights(&nothing, Some(&config))?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let shop = Workshop::open(
        global,
        Some(&config),
        Some(format),
        standard,
        heights,
        threads,
    )?;
    let challenge = arguments.challenge.as_deref().or(line.challenge.as_deref());
    let trouble = challenge.map(|set| meet(&shop, set)).transpose()?.flatten();
    Ok(Prepared {
        config,
        format,
        line,
        shop,
        trouble,
    })
}

/// Tells from here on that the line runs, before camera and PLC hear of it; refused where another line runs on the store.
fn begin_life(store: &Path) -> Result<Option<SignOfLife>, Failure> {
    match SignOfLife::begin(store) {
        Ok(alive) => Ok(Some(alive)),
        Err(another @ NoSignOfLife::AnotherLine { .. }) => Err(Failure::resource(another)),
        // Without it people are told nothing wrong: only that it is not known whether the line runs.
        Err(NoSignOfLife::Io(error)) => {
            tracing::warn!("the line cannot give signs of life: {error}");
            Ok(None)
        }
    }
}

/// Opens camera, actuator and store, and runs the line until it ends.
fn run_prepared(
    prepared: Prepared,
    arguments: &LineArguments,
    changes: Receiver<AskedChange>,
) -> Result<Summary, Failure> {
    let line = prepared.line;
    let _alive = begin_life(&line.store)?;
    let camera = setup::camera(&line.camera, Some(prepared.format))?;
    let mut camera = PairedCamera::new(camera, line.camera_wait());
    let reference = reference::look(&line, &mut camera)?;
    let actuator = Actuator::open(&line, arguments.trays)?;
    let metrics = line.metrics.as_deref().map(show_metrics).transpose()?;
    let at = WallTime {
        text: clock::now().to_string(),
    };
    let taken = take_up(&line.store, WriterParams::default(), &at).map_err(Failure::resource)?;
    let passes = passes_before(&line.store, JobId(line.job.id)).map_err(Failure::resource)?;
    let basis = basis::of(&line, &prepared.config, &prepared.shop).map_err(Failure::resource)?;
    if taken.marked > 0 {
        tracing::warn!(
            "{} trays were in hand when an earlier run was ended: they are marked",
            taken.marked
        );
    }
    let pictures = line
        .pictures
        .as_ref()
        .map(|settings| settings.open(&line.store))
        .transpose()
        .map_err(Failure::resource)?;
    let params = ControlParams {
        job: SortJob {
            id: JobId(line.job.id),
            layout: line.layout,
            least_counts_between_trays: line.least_counts_between_trays,
        },
        suspend_after: line.suspend_after,
        names: TrayNames {
            base: line.base,
            line: line.name,
            last: taken.last_name,
        },
        last_trigger: taken.last_trigger,
    };
    let parts = LineParts {
        control: Control::new(params, actuator.link),
        camera,
        reference,
        bench: Bench {
            judge: Box::new(ShopJudge::warm(prepared.shop)),
            lot: line.job.lot,
            passes,
        },
        basis,
        changes: Some(changes),
        store: taken.store,
        pictures,
        journal: taken.journal,
        judge_trouble: prepared.trouble,
        newest_stored: taken.newest,
        rows: taken.rows,
        flags: taken.flags,
        board: metrics.as_ref().map(|(board, _)| board.clone()),
    };
    let manager = ServiceManager::ready();
    let asked = || {
        manager.goes_round();
        let asked = interrupt::requested();
        if asked {
            manager.stops();
        }
        asked
    };
    let until = Until {
        asked: &asked,
        trays: arguments.trays,
    };
    let summary = run_line(parts, &until)?;
    drop(actuator.server);
    Ok(summary)
}

/// How often the trays of a job have passed, as far as the store has them.
///
/// # Errors
/// There is no store, or it cannot be read.
fn passes_before(store: &Path, job: JobId) -> Result<Passes, StoreError> {
    let before = StoreReader::open(store)?.passes_of(u32::from(job.0))?;
    Ok(Passes::known(job, before))
}

/// Prints the summary. What was lost is a failure of the disk.
fn tell(summary: &Summary) -> CommandResult {
    print(&format!("{}\n", serde_json::to_string(summary)?))?;
    if summary.store.lost > 0 {
        let lost = summary.store.lost;
        return Err(Failure::resource(anyhow::anyhow!(
            "{lost} records are lost: neither store nor spill file took them"
        )));
    }
    Ok(Ending::Done)
}

/// Serves the figures at an address.
fn show_metrics(listen: &str) -> Result<(Board, MetricsServer), Failure> {
    let board = Board::default();
    let server = MetricsServer::start(listen, board.clone())
        .with_context(|| format!("metrics: {listen} cannot be listened at"))
        .map_err(Failure::resource)?;
    tracing::info!("metrics at http://{}/metrics", server.address());
    Ok((board, server))
}

/// Why the challenge set does not allow arming, if so.
fn meet(shop: &Workshop, set: &Path) -> Result<Option<String>, Failure> {
    let differences = challenge::differences(shop, set)?;
    let Some(first) = differences.first() else {
        tracing::info!(
            "challenge set {}: all verdicts are as expected",
            set.display()
        );
        return Ok(None);
    };
    differences.iter().for_each(|difference| say(difference));
    let count = differences.len();
    Ok(Some(format!(
        "the challenge set differs in {count} places: {first}"
    )))
}

/// Judges with the workshop's inspector.
struct ShopJudge(Workshop);

impl ShopJudge {
    /// One whose first tray is judged as fast as the next.
    fn warm(shop: Workshop) -> Self {
        let warm =
            shop.with_inspector(|inspector| inspector.warm_up().map_err(anyhow::Error::from));
        if let Err(error) = warm.flatten() {
            tracing::warn!("the nets could not be warmed up: {error:#}");
        }
        Self(shop)
    }
}

impl TrayJudge for ShopJudge {
    fn judge(&mut self, frame: &Frame, facts: SourceFacts) -> Result<TrayReport, String> {
        let mut watch = StageWatch::start();
        let inspected = self
            .0
            .with_inspector(|inspector| inspector.inspect(frame, facts, &mut watch));
        let mut report = inspected
            .map_err(|error| format!("{error:#}"))?
            .map_err(|error| error.to_string())?
            .report;
        report.timing_ms = Some(watch.finish());
        Ok(report)
    }
}
