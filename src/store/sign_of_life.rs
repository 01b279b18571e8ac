//! Whether a line runs, told by a file beside its store: `<store>.alive`.
//!
//! For its life the line's process holds an advisory lock on the file, which the kernel releases with the process, however
//! that ends; and every few seconds it writes there when it was last alive. A line is gone when nobody holds the lock **and**
//! the file stood still while it was watched: on a network share where locks of other machines are not seen the file
//! changes, and on a disk that stands still the lock is held. No clocks are compared: the moment in the file is for people.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::{Timestamp, Unit};

use super::spill::beside;
use crate::clock::{self, Moment};

/// Between two signs of a line.
const BETWEEN_SIGNS: Duration = Duration::from_secs(2);
/// A line whose file stood still for so long, and whose lock nobody holds, is gone: three signs are missing.
const STANDS_STILL: Duration = Duration::from_secs(6);
/// More than a moment's text takes.
const MOST_BYTES: u64 = 64;

fn path_of(store: &Path) -> PathBuf {
    beside(store, ".alive")
}

/// How often, and how long apart, the lock is asked for at the beginning: who looks at a sign holds it for an instant.
const TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(25);

/// Why a line's life cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum NoSignOfLife {
    /// Two lines would each take the other's trays for those that it had in hand when it was ended.
    #[error("{}: another line, heard of at {heard}, stores its trays there: a line has a store of its own", store.display())]
    AnotherLine {
        /// The store.
        store: PathBuf,
        /// When the other was last heard of, ISO 8601 in UTC.
        heard: String,
    },
    /// The file cannot be made, or no thread be started.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Tells that the line of a store runs, until this is dropped.
#[derive(Debug)]
pub struct SignOfLife {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl SignOfLife {
    /// Begins to tell. A disk that is in the way holds up nobody: the file is written on a thread of its own.
    ///
    /// # Errors
    /// Another line holds the file; it cannot be made, or no thread be started.
    pub fn begin(store: &Path) -> Result<Self, NoSignOfLife> {
        let path = path_of(store);
        let mut options = OpenOptions::new();
        let file = options
            .create(true)
            .write(true)
            .truncate(false)
            .open(path)?;
        let held = hold(&file);
        if held == Held::ByAnother {
            return Err(NoSignOfLife::AnotherLine {
                store: store.to_path_buf(),
                heard: look(store)?.map_or_else(String::new, |seen| seen.text),
            });
        }
        let mut sign = Sign { file };
        let (end, ended) = channel();
        let thread =
            std::thread::Builder::new()
                .name("sign of life".to_owned())
                .spawn(move || {
                    while ended.recv_timeout(sign.give()) == Err(RecvTimeoutError::Timeout) {}
                })?;
        Ok(Self {
            end: Some(end),
            thread: Some(thread),
        })
    }
}

impl Drop for SignOfLife {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the line's sign of life ended abnormally");
        }
    }
}

/// Whose the lock on a line's file is.
#[derive(Debug, PartialEq, Eq)]
enum Held {
    Ours,
    ByAnother,
    /// The file system has no locks: the file alone tells.
    ByNobody,
}

fn hold(file: &File) -> Held {
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Held::Ours,
            Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN_TRIES),
            Err(TryLockError::Error(error)) => {
                tracing::debug!("the line's sign of life cannot be locked: {error}");
                return Held::ByNobody;
            }
        }
    }
    Held::ByAnother
}

/// The file, open for the line's life.
struct Sign {
    file: File,
}

impl Sign {
    /// Writes when the line was last alive; the pause until it does so again.
    fn give(&mut self) -> Duration {
        let second = clock::now().round(Unit::Second);
        let text = second.map_or_else(|_| clock::now().to_string(), |at| at.to_string());
        let written = self
            .file
            .rewind()
            .and_then(|()| self.file.write_all(format!("{text}\n").as_bytes()));
        if let Err(error) = written {
            tracing::debug!("the line's sign of life cannot be written: {error}");
        }
        BETWEEN_SIGNS
    }
}

/// What a look at a line's sign found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    /// Whether somebody holds the lock.
    held: bool,
    /// What is written there.
    text: String,
}

/// None where no line ever gave a sign.
fn look(store: &Path) -> io::Result<Option<Seen>> {
    let file = match File::open(path_of(store)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let held = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).trim().to_owned();
    Ok(Some(Seen { held, text }))
}

/// Watches a line's sign of life.
#[derive(Debug, Default)]
pub struct LineWatch {
    last: Option<(Seen, Moment)>,
}

impl LineWatch {
    /// Looks at the sign beside a store: when the line was last heard of, ISO 8601 in UTC, where it is gone. None while it
    /// runs, where it was not yet watched long enough to know, and where no line ever gave a sign.
    pub fn look(&mut self, store: &Path, now: Moment) -> Option<String> {
        match look(store) {
            Ok(seen) => self.hear(seen, now),
            Err(error) => {
                tracing::debug!("the line's sign of life cannot be read: {error}");
                None
            }
        }
    }

    fn hear(&mut self, seen: Option<Seen>, now: Moment) -> Option<String> {
        let Some(seen) = seen else {
            self.last = None;
            return None;
        };
        match &self.last {
            Some((last, since)) if *last == seen && !seen.held => {
                let gone = now.since(*since) >= STANDS_STILL;
                let heard = gone.then(|| seen.text.parse::<Timestamp>().ok());
                heard.flatten().map(|at| at.to_string())
            }
            _ => {
                self.last = Some((seen, now));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEARD: &str = "2026-11-24T08:00:00Z";

    fn seen(held: bool, text: &str) -> Option<Seen> {
        Some(Seen {
            held,
            text: text.to_owned(),
        })
    }

    fn after(seconds: u64) -> Moment {
        Moment::after_start(Duration::from_secs(seconds))
    }

    #[test]
    fn a_line_is_gone_when_nobody_holds_its_file_and_the_file_stands_still() {
        let mut watch = LineWatch::default();
        assert_eq!(watch.hear(seen(true, HEARD), after(0)), None);
        // held, on a disk that stands still
        assert_eq!(watch.hear(seen(true, HEARD), after(60)), None);
        assert_eq!(watch.hear(seen(false, HEARD), after(61)), None);
        assert_eq!(watch.hear(seen(false, HEARD), after(66)), None);
        let gone = watch.hear(seen(false, HEARD), after(67));
        assert_eq!(gone.as_deref(), Some(HEARD));
        // another has begun
        assert_eq!(watch.hear(seen(true, HEARD), after(68)), None);
    }

    #[test]
    fn a_line_whose_lock_is_not_seen_from_here_is_heard_of_as_long_as_its_file_changes() {
        let mut watch = LineWatch::default();
        for second in (0..60).step_by(2) {
            let text = format!("2026-11-24T07:00:{second:02}Z");
            assert_eq!(watch.hear(seen(false, &text), after(second)), None);
        }
        let last = "2026-11-24T07:00:58Z";
        let gone = watch.hear(seen(false, last), after(64));
        assert_eq!(gone.as_deref(), Some(last));
    }

    #[test]
    fn where_no_line_gave_a_sign_or_the_file_holds_rubbish_nothing_is_said() {
        let mut watch = LineWatch::default();
        for second in 0..20 {
            assert_eq!(watch.hear(None, after(second)), None);
        }
        for second in 20..40 {
            assert_eq!(watch.hear(seen(false, "rubbish"), after(second)), None);
        }
    }

    #[test]
    fn a_second_line_on_a_store_is_refused_until_the_first_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("line.db");
        let first = SignOfLife::begin(&store).unwrap();
        let second = SignOfLife::begin(&store);
        assert!(matches!(second, Err(NoSignOfLife::AnotherLine { .. })));
        drop(first);
        assert!(SignOfLife::begin(&store).is_ok());
    }

    #[test]
    fn the_file_is_held_as_long_as_the_sign_is_given() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("line.db");
        assert_eq!(look(&store).unwrap(), None);
        let sign = SignOfLife::begin(&store).unwrap();
        while !look(&store).unwrap().is_some_and(|seen| seen.held) {
            std::thread::yield_now();
        }
        drop(sign);
        let left = look(&store).unwrap().unwrap();
        assert!(
            !left.held && left.text.parse::<Timestamp>().is_ok(),
            "{left:?}"
        );
    }
}
