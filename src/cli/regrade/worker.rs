//! `seedgrade regrade worker`: this machine lent to whatever runs a server has.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rayon::ThreadPool;

use crate::archive::{ArchiveError, HandedPictures, Handout, Pictures, Watch, Worker, handed};
use crate::broker::{Broker, BrokerError, NatsBroker, RunName};
use crate::clock::Moment;

use super::super::arguments::Global;
use super::super::exit::{CommandResult, Ending, Failure};
use super::super::grade::worker_count;
use super::super::interrupt;
use super::super::output::say;
use super::super::priority::Priority;
use super::super::workshop::Workshop;
use super::arguments::WorkerArguments;
use super::{judged, outfit_parts, place, spreading};

/// Between two looks at a server that has nothing to do.
const IDLE: Duration = Duration::from_millis(500);
/// How often the server hears of a shard in hand: several times within the shortest silence that is asked for sensibly.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// Runs the command.
pub fn run(arguments: &WorkerArguments, global: &Global) -> CommandResult {
    if arguments.low_priority {
        Priority::Lowest.take();
    }
    let broker = spreading::connect(&arguments.nats, &arguments.entry)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(worker_count(arguments.jobs))
        .build()?;
    let mut lent = Lent {
        broker: &broker,
        arguments,
        global,
        name: name()?,
        open: BTreeMap::new(),
        refused: BTreeSet::new(),
        graded: Graded::default(),
    };
    let end = lent.until_told(&pool);
    say(&format!(
        "{} pictures in {} shards graded for {} runs",
        lent.graded.pictures.load(Ordering::Relaxed),
        lent.graded.shards,
        lent.graded.runs.len()
    ));
    end?;
    if lent.graded.runs.is_empty() && !lent.refused.is_empty() {
        return Err(anyhow::anyhow!("every run on the server was refused: see above").into());
    }
    Ok(Ending::Done)
}

/// What this worker is called: several on a machine, and in containers of the same name, are told apart.
fn name() -> anyhow::Result<String> {
    let host = host().unwrap_or_else(|| "worker".to_owned());
    let host: String = host
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    let mut own = [0; 4];
    getrandom::fill(&mut own)?;
    Ok(format!(
        "{host}-{}-{}",
        std::process::id(),
        hex::encode(own)
    ))
}

#[cfg(unix)]
fn host() -> Option<String> {
    rustix::system::uname()
        .nodename()
        .to_str()
        .ok()
        .map(str::to_owned)
}

#[cfg(not(unix))]
fn host() -> Option<String> {
    None
}

#[derive(Default)]
struct Graded {
    pictures: AtomicUsize,
    shards: usize,
    runs: BTreeSet<RunName>,
}

/// A run that this machine can work at.
struct Opened {
    workshop: Workshop,
    archive: Option<Box<dyn Pictures>>,
}

/// A machine that is lent.
struct Lent<'a> {
    broker: &'a NatsBroker,
    arguments: &'a WorkerArguments,
    global: &'a Global,
    name: String,
    open: BTreeMap<RunName, Opened>,
    refused: BTreeSet<RunName>,
    graded: Graded,
}

impl Lent<'_> {
    /// Works at one run after the other until a signal, or until idle for as long as was said.
    fn until_told(&mut self, pool: &ThreadPool) -> Result<(), Failure> {
        let mut busy = Moment::now();
        while !interrupt::requested() {
            let runs = self.broker.runs().map_err(spreading::failure)?;
            self.open.retain(|run, _| runs.contains(run));
            for run in runs {
                if !self.refused.contains(&run) && self.work_at(&run, pool)? > 0 {
                    busy = Moment::now();
                }
            }
            let idle = self
                .arguments
                .idle_exit
                .map(|s| Duration::from_secs(u64::from(s)));
            if idle.is_some_and(|idle| Moment::now().since(busy) >= idle) {
                break;
            }
            std::thread::sleep(IDLE);
        }
        Ok(())
    }

    /// Shards graded of a run, until none of it is handed out.
    fn work_at(&mut self, run: &RunName, pool: &ThreadPool) -> Result<usize, Failure> {
        if !self.open.contains_key(run) {
            match self.open_run(run) {
                Ok(Some(opened)) => drop(self.open.insert(run.clone(), opened)),
                Ok(None) => return Ok(0),
                Err(Refusal::Server(error)) => return Err(spreading::failure(error)),
                Err(Refusal::Run(error)) => {
                    say(&format!("run {run} is refused: {error:#}"));
                    self.refused.insert(run.clone());
                    return Ok(0);
                }
            }
        }
        let Some(opened) = self.open.get(run) else {
            return Ok(0);
        };
        let shards = self.grade(run, opened, pool).map_err(Failure::resource)?;
        if shards > 0 {
            self.graded.shards += shards;
            self.graded.runs.insert(run.clone());
        }
        Ok(shards)
    }

    fn grade(
        &self,
        run: &RunName,
        opened: &Opened,
        pool: &ThreadPool,
    ) -> Result<usize, ArchiveError> {
        let handed = HandedPictures::new(self.broker, run);
        let pictures: &dyn Pictures = match &opened.archive {
            Some(archive) => archive.as_ref(),
            None => &handed,
        };
        let worker = Worker {
            broker: self.broker,
            run,
            name: &self.name,
            pictures,
            heartbeat: HEARTBEAT,
        };
        let judge = |name: &str, bytes| judged(&opened.workshop, name, bytes);
        let graded = pool.broadcast(|_| worker.work(&judge, &Counting(&self.graded.pictures)));
        graded.into_iter().sum()
    }

    /// Fetches what a run judges with; none while it is only being opened, or when it is over.
    fn open_run(&self, run: &RunName) -> Result<Option<Opened>, Refusal> {
        let handed = match handed(self.broker, run) {
            Err(ArchiveError::Broker(BrokerError::Over)) | Ok(None) => return Ok(None),
            Err(ArchiveError::Broker(error)) => return Err(Refusal::Server(error)),
            Err(error) => return Err(Refusal::Run(error.into())),
            Ok(Some(handed)) => handed,
        };
        let (handout, parts) = handed;
        let archive = self.archive(&handout).map_err(Refusal::Run)?;
        let choice = self.global.backend.into();
        let workshop = outfit_parts::workshop(&handout, parts, choice).map_err(Refusal::Run)?;
        say(&format!(
            "run {run}: {} · {} · {}",
            workshop.evidence().backend,
            workshop.evidence().standard,
            archive.as_ref().map_or_else(
                || "pictures through the server".to_owned(),
                |archive| archive.place().display().to_string()
            )
        ));
        Ok(Some(Opened { workshop, archive }))
    }

    /// The archive as this machine sees it; none where the pictures come through the server.
    fn archive(&self, handout: &Handout) -> anyhow::Result<Option<Box<dyn Pictures>>> {
        let archive = match &self.arguments.archive {
            Some(archive) => archive.clone(),
            None if handout.hands_out_pictures => return Ok(None),
            None => PathBuf::from(&handout.archive),
        };
        anyhow::ensure!(
            place::is_here(&archive),
            "archive {} is not on this machine: mount it, say where it is by --archive DIR, or begin the run \
             with --hand-out-pictures",
            archive.display()
        );
        Ok(Some(place::open(&archive)?))
    }
}

enum Refusal {
    /// The server is gone.
    Server(BrokerError),
    /// This machine cannot judge as the run does.
    Run(anyhow::Error),
}

struct Counting<'a>(&'a AtomicUsize);

impl Watch for Counting<'_> {
    fn stop(&self) -> bool {
        interrupt::requested()
    }

    fn judged(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}
