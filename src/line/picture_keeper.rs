//! Pictures of judged trays, handed over after the judgement, kept by a thread of their own.
//!
//! Policy when the keeper lags: its queue holds a few pictures; one that finds no room in it is dropped and counted,
//! and neither tray nor report waits. So is a picture that the disk or the cap does not take.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::camera::Picture;
use crate::clock::{self, Moment};
use crate::inspect::{ReportStatus, TrayReport};
use crate::picture;
use crate::store::{KeptBecause, NewPicture, NotKept, PictureFolder};

/// Pictures that wait for the disk; decoded ones of 20 MP take 60 MB each.
const QUEUE: usize = 4;
/// Of so many trays one is drawn as a sample.
const SAMPLES_ONE_IN: u64 = 50;
/// How often the cap is looked at while no picture comes: the store grows meanwhile.
const BETWEEN_LOOKS: Duration = Duration::from_secs(10);

/// Dropped pictures are told of no oftener.
const BETWEEN_SENTENCES: Duration = Duration::from_secs(60);

/// Which trays' pictures are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// All.
    All,
    /// Those of refused trays, and of trays with an unsure cell.
    Doubtful,
    /// Those of one tray in fifty, drawn by its name so that no rhythm of the line meets it.
    Samples,
}

impl Keep {
    /// Why the picture of a tray is kept, if it is.
    #[must_use]
    pub fn why(self, report: &TrayReport) -> Option<KeptBecause> {
        match self {
            Self::All => Some(KeptBecause::All),
            Self::Doubtful if report.status != ReportStatus::Graded => Some(KeptBecause::Refused),
            Self::Doubtful => {
                let unsure = report.counts.is_some_and(|counts| counts.unsure > 0);
                unsure.then_some(KeptBecause::Unsure)
            }
            Self::Samples => {
                let drawn = Sha256::digest(report.facts.tray_uid.as_bytes());
                let drawn = drawn.iter().take(8).fold(0, |n, b| n << 8 | u64::from(*b));
                (drawn % SAMPLES_ONE_IN == 0).then_some(KeptBecause::Sample)
            }
        }
    }
}

/// What became of the pictures that were to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct PictureCounters {
    /// On the disk.
    pub kept: u64,
    /// Not: the keeper was behind, or cap or disk did not take them.
    pub dropped: u64,
    /// Older ones that went to make room.
    pub removed: u64,
}

/// What keeps pictures: a folder, or a stand-in that is slow or broken.
pub trait PictureShelf: Send {
    /// Keeps a picture.
    ///
    /// # Errors
    /// Nothing of it is kept.
    fn keep(&mut self, picture: &NewPicture<'_>) -> Result<(), NotKept>;

    /// Sees to the cap while no picture comes.
    ///
    /// # Errors
    /// It is exceeded, and nothing may go.
    fn look(&mut self, at: &str) -> Result<(), NotKept>;

    /// Pictures that had to go so far.
    fn removed(&self) -> u64;
}

impl PictureShelf for PictureFolder {
    fn keep(&mut self, picture: &NewPicture<'_>) -> Result<(), NotKept> {
        Self::keep(self, picture)
    }

    fn look(&mut self, at: &str) -> Result<(), NotKept> {
        self.make_room(0, at)
    }

    fn removed(&self) -> u64 {
        Self::removed(self)
    }
}

#[derive(Debug, Default)]
struct Shared {
    kept: AtomicU64,
    dropped: AtomicU64,
    removed: AtomicU64,
    complaint: Mutex<Option<String>>,
}

impl Shared {
    fn drop_one(&self, complaint: String) {
        *self
            .complaint
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(complaint);
        self.dropped.fetch_add(1, Ordering::AcqRel);
    }
}

/// A judged tray's picture on its way to the disk.
struct Offered {
    tray_uid: String,
    pass: u32,
    why: KeptBecause,
    picture: Picture,
}

/// The thread that keeps pictures.
#[derive(Debug)]
pub struct PictureKeeper {
    keep: Keep,
    queue: Option<SyncSender<Offered>>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
}

impl PictureKeeper {
    /// Starts to keep.
    ///
    /// # Errors
    /// No thread could be started.
    pub fn start(shelf: impl PictureShelf + 'static, keep: Keep) -> std::io::Result<Self> {
        let (queue, offered) = sync_channel(QUEUE);
        let shared = Arc::new(Shared::default());
        let thread = std::thread::Builder::new()
            .name("picture keeper".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || keep_all(shelf, &offered, &shared)
            })?;
        Ok(Self {
            keep,
            queue: Some(queue),
            thread: Some(thread),
            shared,
        })
    }

    /// Where the inspection hands pictures over; the keeper ends when all of these are gone and it is closed.
    #[must_use]
    pub fn offers(&self) -> Option<PictureOffers> {
        Some(PictureOffers {
            keep: self.keep,
            queue: self.queue.clone()?,
            shared: Arc::clone(&self.shared),
        })
    }

    /// What became of the pictures so far; what waits is in none of the counts.
    #[must_use]
    pub fn counters(&self) -> PictureCounters {
        let of = |count: &AtomicU64| count.load(Ordering::Acquire);
        PictureCounters {
            kept: of(&self.shared.kept),
            dropped: of(&self.shared.dropped),
            removed: of(&self.shared.removed),
        }
    }

    /// The latest reason why a picture was dropped.
    #[must_use]
    pub fn complaint(&self) -> Option<String> {
        let complaint = self.shared.complaint.lock();
        complaint.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has what waits on the disk, and says what became of all.
    #[must_use]
    pub fn close(mut self) -> PictureCounters {
        self.finish();
        self.counters()
    }

    fn finish(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the keeper of pictures ended abnormally");
        }
    }
}

impl Drop for PictureKeeper {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Hands pictures of judged trays over.
#[derive(Debug, Clone)]
pub struct PictureOffers {
    keep: Keep,
    queue: SyncSender<Offered>,
    shared: Arc<Shared>,
}

/// A picture that is to be kept once its judgement is out.
pub(super) struct Wanted(Offered);

impl PictureOffers {
    /// The picture of a report, where it is to be kept.
    pub(super) fn wants(&self, report: &TrayReport, picture: &Picture) -> Option<Wanted> {
        Some(Wanted(Offered {
            tray_uid: report.facts.tray_uid.clone(),
            pass: report.facts.pass,
            why: self.keep.why(report)?,
            picture: picture.clone(),
        }))
    }

    /// Hands it over. Never waits: what finds no room is dropped and counted.
    pub(super) fn offer(&self, wanted: Wanted) {
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) =
            self.queue.try_send(wanted.0)
        {
            let behind = "the keeper of pictures is behind the belt";
            self.shared.drop_one(behind.to_owned());
        }
    }
}

/// The line's keeper, where pictures are kept, and what was said of its drops.
#[derive(Debug)]
pub(super) struct Pictures {
    keeper: Option<PictureKeeper>,
    /// Drops that were told of.
    told: u64,
    told_at: Option<Moment>,
}

impl Pictures {
    pub(super) fn of(keeper: Option<PictureKeeper>) -> Self {
        Self {
            keeper,
            told: 0,
            told_at: None,
        }
    }

    pub(super) fn offers(&self) -> Option<PictureOffers> {
        self.keeper.as_ref().and_then(PictureKeeper::offers)
    }

    pub(super) fn counters(&self) -> Option<PictureCounters> {
        self.keeper.as_ref().map(PictureKeeper::counters)
    }

    /// A sentence about pictures that were dropped since the last one, once a minute at most.
    pub(super) fn newly_dropped(&mut self, now: Moment) -> Option<String> {
        let keeper = self.keeper.as_ref()?;
        let dropped = keeper.counters().dropped;
        let lately = self
            .told_at
            .is_some_and(|at| now.since(at) < BETWEEN_SENTENCES);
        if dropped == self.told || lately {
            return None;
        }
        (self.told, self.told_at) = (dropped, Some(now));
        let why = keeper.complaint().unwrap_or_default();
        Some(format!("{dropped} pictures so far are not kept: {why}"))
    }

    pub(super) fn close(self) -> Option<PictureCounters> {
        self.keeper.map(PictureKeeper::close)
    }
}

fn keep_all(mut shelf: impl PictureShelf, offered: &Receiver<Offered>, shared: &Shared) {
    loop {
        match offered.recv_timeout(BETWEEN_LOOKS) {
            Ok(offered) => match keep_one(&mut shelf, &offered) {
                Ok(()) => drop(shared.kept.fetch_add(1, Ordering::AcqRel)),
                Err(why) => shared.drop_one(why),
            },
            Err(RecvTimeoutError::Timeout) => {
                if let Err(why) = shelf.look(&clock::now().to_string()) {
                    tracing::warn!("pictures: {why}");
                }
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
        shared.removed.store(shelf.removed(), Ordering::Release);
    }
}

/// Keeps the bytes as they came from the camera; of bare pixels a PNG, which gives them back exactly.
fn keep_one(shelf: &mut impl PictureShelf, offered: &Offered) -> Result<(), String> {
    let made;
    let bytes = match &offered.picture.encoded {
        Some(bytes) => bytes.as_ref(),
        None => {
            made = picture::png(&offered.picture.frame).map_err(|error| error.to_string())?;
            &made
        }
    };
    let picture = NewPicture {
        at: &clock::now().to_string(),
        tray_uid: &offered.tray_uid,
        pass: offered.pass,
        bytes,
        why: offered.why,
    };
    shelf.keep(&picture).map_err(|error| error.to_string())
}
