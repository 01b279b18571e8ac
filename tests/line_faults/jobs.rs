//! Jobs that take each other's place under a running line, and trays that pass more than once.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};

use seedgrade::frame::Frame;
use seedgrade::inspect::{SourceFacts, TrayReport};
use seedgrade::line::{
    AskedChange, Bench, JobChange, Journal, Passes, SortJob, TrayJudge, WallTime, take_up,
};
use seedgrade::store::{StoreReader, StoreWriter, StoredTray, TrayFilter, WriterParams};

use crate::rig;
use crate::threads::{
    Changes, Shelf, bench, fast_job, has_a_row_for_each, jobs_in, plant, run_with_changes, stated,
    wait_until,
};

/// Judges of all jobs so far.
#[derive(Default)]
struct Judges {
    alive: AtomicUsize,
    most: AtomicUsize,
    /// The jobs that judged a tray, in the order of trays.
    judged: Mutex<Vec<u16>>,
    /// Trays that came to the judge of another job.
    wrong: AtomicUsize,
}

/// A judge that knows its job, and is counted as long as it lives.
struct JobJudge {
    job: u16,
    judges: Arc<Judges>,
}

impl JobJudge {
    fn new(job: u16, judges: &Arc<Judges>) -> Self {
        let alive = judges.alive.fetch_add(1, Ordering::SeqCst) + 1;
        judges.most.fetch_max(alive, Ordering::SeqCst);
        let judges = Arc::clone(judges);
        Self { job, judges }
    }
}

impl Drop for JobJudge {
    fn drop(&mut self) {
        self.judges.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

impl TrayJudge for JobJudge {
    fn judge(&mut self, frame: &Frame, facts: SourceFacts) -> Result<TrayReport, String> {
        let is_own = facts.job == Some(u32::from(self.job));
        let wrong = usize::from(!is_own);
        self.judges.wrong.fetch_add(wrong, Ordering::SeqCst);
        self.judges.judged.lock().unwrap().push(self.job);
        Shelf.judge(frame, facts)
    }
}

#[test]
fn five_hundred_jobs_are_taken_up_without_a_missed_tray_and_without_growth() {
    const CHANGES: u16 = 500;
    const FIRST: u16 = 1000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let store = StoreWriter::open(&path, WriterParams::default()).unwrap();
    let (_, journal) = Journal::open(&path).unwrap();
    let (without_end, plant) = (u64::MAX, plant(u64::MAX));
    let judges = Arc::new(Judges::default());
    let (changes, asked) = sync_channel(1);
    let done = AtomicBool::new(false);
    let summary = std::thread::scope(|scope| {
        scope.spawn(|| {
            wait_until(|| plant.lock().trays() > 0);
            for job in FIRST..FIRST + CHANGES {
                let change = JobChange {
                    job: fast_job(job),
                    bench: bench(JobJudge::new(job, &judges)),
                    basis: vec![stated(job)],
                    said: format!("job {job}"),
                };
                changes.send(AskedChange::job(change)).unwrap();
            }
            let last = FIRST + CHANGES - 1;
            wait_until(|| judges.judged.lock().unwrap().last() == Some(&last));
            done.store(true, Ordering::SeqCst);
        });
        let asked = Changes {
            first: bench(Shelf),
            basis: vec![stated(rig::JOB.0)],
            asked: Some(asked),
            pictures: None,
            done: &done,
        };
        run_with_changes(store, journal, &plant, without_end, |_| None, asked)
    });
    let most = judges.most.load(Ordering::SeqCst);
    println!("500 jobs: {most} judges at most");
    let wrong = judges.wrong.load(Ordering::SeqCst);
    assert_eq!(wrong, 0, "each tray by its own job's judge");
    assert_eq!(judges.alive.load(Ordering::SeqCst), 0);
    // Being made, on its way to the line, waiting for a tray, two with trays in each queue, judging.
    assert!(most <= 10, "{most}");
    let judged = judges.judged.lock().unwrap();
    assert!(judged.is_sorted() && judged.len() > 10, "{judged:?}");
    has_a_row_for_each(&path, summary.trays);
    let reader = StoreReader::open(&path).unwrap();
    for (_, row) in reader.commands(0, 1000).unwrap() {
        // A busy machine may see a tray of this fast belt too late; the last ones come while the
        // line ends; no tray is missed for another reason.
        let reason = row.reason.clone().unwrap_or_default();
        let other = reason.contains("late") || reason.contains("ended");
        assert!(row.sequence.is_some() || other, "{row:?}");
    }
    let events = reader.events(0, 1000).unwrap();
    let changed = events.iter().filter(|(_, e)| e.kind == "job_changed");
    assert_eq!(changed.count(), usize::from(CHANGES));
    let told = jobs_in(&path);
    let taken_up = (FIRST..FIRST + CHANGES).map(u32::from);
    assert_eq!(told[0], u32::from(rig::JOB.0));
    assert!(told[1..].iter().copied().eq(taken_up), "{told:?}");
    for received in plant.lock().take_received() {
        let command = received.command;
        assert_eq!(command.cells, rig::cells_of(command.tray));
    }
}

#[test]
fn a_job_that_moves_a_gate_is_refused_and_the_line_goes_on_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let store = StoreWriter::open(&path, WriterParams::default()).unwrap();
    let (_, journal) = Journal::open(&path).unwrap();
    let (trays, plant) = (10, plant(10));
    let judges = Arc::new(Judges::default());
    let (changes, asked) = sync_channel(2);
    let moved = JobChange {
        job: SortJob {
            layout: rig::layout_with_safe_gate(rig::SAFE_GATE + 100),
            ..fast_job(8)
        },
        bench: bench(JobJudge::new(8, &judges)),
        basis: vec![stated(8)],
        said: "job 8".to_owned(),
    };
    changes.send(AskedChange::job(moved)).unwrap();
    changes
        .send(AskedChange::refused(
            "net: not the one of its card".to_owned(),
        ))
        .unwrap();
    let asked = Changes {
        first: bench(Shelf),
        basis: vec![stated(rig::JOB.0)],
        asked: Some(asked),
        pictures: None,
        done: &AtomicBool::new(false),
    };
    run_with_changes(store, journal, &plant, trays, |_| None, asked);
    assert!(judges.judged.lock().unwrap().is_empty());
    assert_eq!(
        jobs_in(&path),
        [u32::from(rig::JOB.0)],
        "a refused job says nothing"
    );
    let events = StoreReader::open(&path).unwrap().events(0, 1000).unwrap();
    let refused = events.iter().filter(|(_, e)| e.kind == "job_refused");
    let refused: Vec<_> = refused.map(|(_, e)| e.message.as_str()).collect();
    assert_eq!(refused.len(), 2, "{events:?}");
    assert!(refused[0].contains("last gate"), "{refused:?}");
    let received = plant.lock().take_received();
    assert!(!received.is_empty());
    assert!(received.iter().all(|c| c.command.job == rig::JOB));
}

/// Trays that carry codes: two trays go round and round, and every third has none.
struct Coded;

impl TrayJudge for Coded {
    fn judge(&mut self, frame: &Frame, facts: SourceFacts) -> Result<TrayReport, String> {
        let code = match facts.trigger.unwrap_or(0) % 3 {
            0 => None,
            number => Some(format!("T{number}")),
        };
        let mut report = Shelf.judge(frame, facts)?;
        report.facts.tray_code = code;
        Ok(report)
    }
}

/// Code and pass of every stored tray, in the order of storing.
fn passes(store: &Path) -> Vec<(Option<String>, u32)> {
    let reader = StoreReader::open(store).unwrap();
    let trays = reader.trays(&TrayFilter::default()).unwrap();
    let told = |tray: &StoredTray| {
        let facts = reader.report(tray.id).unwrap().facts;
        assert_eq!(facts.pass, tray.pass);
        (facts.tray_code, facts.pass)
    };
    trays.iter().map(told).collect()
}

/// Every reading of a code is one pass more than the one before.
#[track_caller]
fn are_counted_up(passes: &[(Option<String>, u32)]) {
    for code in ["T1", "T2"] {
        let own = passes
            .iter()
            .filter(|(read, _)| read.as_deref() == Some(code));
        let counted: Vec<_> = own.map(|(_, pass)| *pass).collect();
        let expected: Vec<_> = (1..=counted.len() as u32).collect();
        assert_eq!(counted, expected, "{code}");
        assert!(counted.len() >= 2, "{code} came {} times", counted.len());
    }
    assert!(
        passes
            .iter()
            .all(|(code, pass)| code.is_some() || *pass == 1)
    );
}

#[test]
fn a_tray_that_comes_back_is_on_its_next_pass_and_so_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.db");
    let at = WallTime {
        text: "2026-11-24T08:00:00Z".to_owned(),
    };
    for _ in 0..2 {
        let taken = take_up(&path, WriterParams::default(), &at).unwrap();
        let before = StoreReader::open(&path)
            .unwrap()
            .passes_of(u32::from(rig::JOB.0));
        let first = Bench {
            passes: Passes::known(rig::JOB, before.unwrap()),
            ..bench(Coded)
        };
        let coded = Changes {
            first,
            basis: Vec::new(),
            asked: None,
            pictures: None,
            done: &AtomicBool::new(false),
        };
        run_with_changes(taken.store, taken.journal, &plant(12), 12, |_| None, coded);
        are_counted_up(&passes(&path));
    }
    assert!(
        StoreReader::open(&path)
            .unwrap()
            .passes_of(9)
            .unwrap()
            .is_empty()
    );
}
