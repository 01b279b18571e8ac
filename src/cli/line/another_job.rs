//! Another job, net or standard for a line that runs: the configuration is read anew when SIGHUP asks for it, and what
//! people order on the pages is read from the store, both beside the line's own threads.
//!
//! Whatever is wrong with it, the line goes on with what it has. What belongs to the machine (belt, camera, actuator,
//! store) is not changed under a running line. Of orders that come faster than they are looked for the last holds.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use crate::clock;
use crate::config::Config;
use crate::line::{AskedChange, Bench, Change, JobChange, SortJob};
use crate::sorting::JobId;
use crate::store::{JobOrder, OrderNumber, Ordered, Statement, StoreError};

use super::super::interrupt;
use super::ordered_job::{self, OrderedJob};
use super::{Prepared, ShopJudge, basis, passes_before};

/// How often it is asked whether the signal came.
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(100);
/// How often the store is asked for orders. It is opened for each look, so that it is left whole when the line ends.
const QUESTIONS_BETWEEN_ORDERS: u32 = 5;

/// What a running line cannot change.
pub struct Running {
    pub config: Config,
    /// The digest of the calibration that the reference tray was held against.
    pub calibration: Option<String>,
    /// The last order that this run began with.
    pub last_order: Option<OrderNumber>,
}

/// Prepares a job whenever the signal or an order comes, until the line has ended.
pub fn keep_asking(
    running: &Running,
    store: &Path,
    prepare: impl Fn(Option<OrderedJob>) -> anyhow::Result<Prepared>,
    changes: &SyncSender<AskedChange>,
    ended: &AtomicBool,
) {
    let mut known = running.last_order;
    let mut questions = 0_u32;
    while !ended.load(Ordering::SeqCst) {
        std::thread::sleep(BETWEEN_QUESTIONS);
        questions = questions.wrapping_add(1);
        let asked = if interrupt::take_reread() {
            let change = prepare(None)
                .map_err(|error| format!("{error:#}"))
                .and_then(|prepared| change(running, prepared, Some(configuration_holds())));
            AskedChange {
                order: None,
                change,
            }
        } else if !questions.is_multiple_of(QUESTIONS_BETWEEN_ORDERS) {
            continue;
        } else {
            let Some((number, order)) = newer(ordered_job::last(store), &mut known) else {
                continue;
            };
            let Some(change) = of_order(running, store, &order, &prepare) else {
                continue;
            };
            AskedChange {
                order: Some(number),
                change,
            }
        };
        // One is on its way while another is prepared: people ask, not a program.
        if changes.send(asked).is_err() {
            return;
        }
    }
}

/// An order that was not seen before. A store that cannot be read just now is looked at again.
fn newer(
    last: Result<Option<(OrderNumber, JobOrder)>, StoreError>,
    known: &mut Option<OrderNumber>,
) -> Option<(OrderNumber, JobOrder)> {
    let last = last
        .inspect_err(|error| tracing::debug!("orders cannot be looked for: {error}"))
        .ok()??;
    (known.replace(last.0) != Some(last.0)).then_some(last)
}

/// What an order asks for; the line's own word that its configuration holds asks for nothing.
fn of_order(
    running: &Running,
    store: &Path,
    order: &JobOrder,
    prepare: impl Fn(Option<OrderedJob>) -> anyhow::Result<Prepared>,
) -> Option<Result<Change, String>> {
    match &order.ordered {
        Ordered::Configuration => None,
        Ordered::End => Some(Ok(Change::End)),
        Ordered::Begin { job, what } => {
            let prepared = OrderedJob::read(store, *job, what).and_then(|job| prepare(Some(job)));
            let change = prepared
                .map_err(|error| format!("{error:#}"))
                .and_then(|prepared| change(running, prepared, None));
            Some(change)
        }
    }
}

/// What the store is told when the configuration takes the place of an order.
fn configuration_holds() -> Statement {
    Statement::JobOrder(JobOrder {
        at: clock::now().to_string(),
        who: basis::LINE.to_owned(),
        ordered: Ordered::Configuration,
    })
}

/// The job, unless it is judged otherwise than expected or moves the machine.
fn change(
    running: &Running,
    prepared: Prepared,
    said_besides: Option<Statement>,
) -> Result<Change, String> {
    if let Some(section) = changed_machine(&running.config, &prepared.config) {
        return Err(format!(
            "configuration: [{section}] has changed: that takes effect when the line is started anew"
        ));
    }
    if running.calibration != prepared.shop.evidence().calibration {
        return Err(
            "calibration: the file has changed: the reference tray is held against it when the line is started anew"
                .to_owned(),
        );
    }
    if let Some(trouble) = prepared.trouble {
        return Err(trouble);
    }
    let (line, evidence) = (prepared.line, prepared.shop.evidence());
    let passes =
        passes_before(&line.store, JobId(line.job.id)).map_err(|error| error.to_string())?;
    let mut basis =
        basis::of(&line, &prepared.config, &prepared.shop).map_err(|error| format!("{error:#}"))?;
    basis.extend(said_besides);
    let said = format!(
        "job {}, lot {}, standard {}, net {}",
        line.job.id, line.job.lot, evidence.standard, evidence.network
    );
    Ok(Change::Job(Box::new(JobChange {
        job: SortJob {
            id: JobId(line.job.id),
            layout: line.layout,
            least_counts_between_trays: line.least_counts_between_trays,
        },
        bench: Bench {
            judge: Box::new(ShopJudge::warm(prepared.shop)),
            lot: line.job.lot,
            passes,
        },
        basis,
        said,
    })))
}

/// The first section of the machine that is not as it was.
fn changed_machine(before: &Config, now: &Config) -> Option<&'static str> {
    let same = [
        ("belt", before.belt == now.belt),
        ("camera", before.camera == now.camera),
        ("line", before.line == now.line),
        ("machine", before.machine == now.machine),
        ("store", before.store == now.store),
    ];
    same.into_iter()
        .find(|(_, same)| !same)
        .map(|(section, _)| section)
}
