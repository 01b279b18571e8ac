//! Another job, net or standard for a line that runs: the configuration is read anew when SIGHUP asks for it.
//!
//! Whatever is wrong with it, the line goes on with what it has. What belongs to the machine (belt, camera, actuator,
//! store) is not changed under a running line.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use crate::config::Config;
use crate::line::{AskedChange, Bench, JobChange, SortJob};
use crate::sorting::JobId;

use super::super::interrupt;
use super::{Prepared, ShopJudge, basis, passes_before};

/// How often it is asked whether the signal came.
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(100);

/// What a running line cannot change.
pub struct Running {
    pub config: Config,
    /// The digest of the calibration that the reference tray was held against.
    pub calibration: Option<String>,
}

/// Prepares a job whenever the signal comes, until the line has ended.
pub fn keep_rereading(
    running: &Running,
    prepare: impl Fn() -> anyhow::Result<Prepared>,
    changes: &SyncSender<AskedChange>,
    ended: &AtomicBool,
) {
    while !ended.load(Ordering::SeqCst) {
        std::thread::sleep(BETWEEN_QUESTIONS);
        if !interrupt::take_reread() {
            continue;
        }
        let asked = prepare()
            .map_err(|error| format!("{error:#}"))
            .and_then(|prepared| change(running, prepared));
        // One is on its way while another is prepared: a person asks, not a program.
        if changes.send(asked).is_err() {
            return;
        }
    }
}

/// The job, unless it is judged otherwise than expected or moves the machine.
fn change(running: &Running, prepared: Prepared) -> AskedChange {
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
    let basis =
        basis::of(&line, &prepared.config, &prepared.shop).map_err(|error| format!("{error:#}"))?;
    let said = format!(
        "job {}, lot {}, standard {}, net {}",
        line.job.id, line.job.lot, evidence.standard, evidence.network
    );
    Ok(Box::new(JobChange {
        job: SortJob {
            id: JobId(line.job.id),
            layout: line.layout,
            least_counts_between_trays: line.least_counts_between_trays,
        },
        bench: Bench {
            judge: Box::new(ShopJudge(prepared.shop)),
            lot: line.job.lot,
            passes,
        },
        basis,
        said,
    }))
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
