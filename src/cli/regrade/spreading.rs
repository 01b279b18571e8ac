//! `seedgrade regrade --nats`: the run's shards to whoever works for the server, their lines back.

use std::time::Duration;

use crate::archive::{ArchiveError, Coordinator, Handout, Manifest, RunEnd};
use crate::broker::{BrokerError, NatsAccess, NatsBroker, Redelivery};

use super::super::exit::Failure;
use super::super::output::say;
use super::super::workshop::Workshop;
use super::Work;
use super::arguments::{RegradeArguments, ServerArguments};
use super::outfit_parts::parts;
use super::place;
use super::progress::Progress;

/// How often a shard is handed out at most: workers that leave count as well as workers that die.
const MOST_DELIVERIES: u32 = 10;

/// Connects to a server.
pub fn connect(url: &str, entry: &ServerArguments) -> Result<NatsBroker, Failure> {
    let access = NatsAccess::new(url, entry.nats_credentials.clone(), entry.nats_ca.clone());
    let patience = Duration::from_secs(u64::from(entry.patience));
    let broker = access.and_then(|access| NatsBroker::connect(&access, patience));
    broker.map_err(failure)
}

/// What was asked is at fault, or a machine is.
pub fn failure(error: BrokerError) -> Failure {
    if error.is_usage() {
        error.into()
    } else {
        Failure::resource(error)
    }
}

/// Hands the run out and gathers it.
pub fn run(
    broker: &NatsBroker,
    work: &Work<'_>,
    (manifest, workshop): (&Manifest, &Workshop),
    arguments: &RegradeArguments,
) -> Result<RunEnd, ArchiveError> {
    let unwritable = |error: anyhow::Error| ArchiveError::Judge(format!("{error:#}"));
    let parts = parts(workshop).map_err(unwritable)?;
    let place = place::whole(&work.pictures.place());
    let place = place.to_string_lossy().into_owned();
    let mut handout = Handout::new(manifest, workshop.evidence().clone(), place, &parts);
    handout.hands_out_pictures = arguments.hand_out_pictures;
    let coordinator = Coordinator {
        broker,
        manifest,
        folder: &work.folder,
        handout: &handout,
        parts: &parts,
        archive: work.pictures,
        redelivery: Redelivery {
            after: Duration::from_secs(u64::from(arguments.redeliver_after)),
            most: MOST_DELIVERIES,
        },
    };
    let open = work.pictures(manifest, false);
    say(&format!(
        "{open} pictures wait for workers: `seedgrade regrade worker --nats URL` on any machine"
    ));
    let progress = Progress::over(open);
    let end = coordinator.run(&progress);
    progress.bar.finish_and_clear();
    if !matches!(end, Ok(RunEnd::Done)) {
        say("workers go on with what is queued; what they grade waits on the server for --resume");
    }
    end
}
