//! What the system's service manager is told (`sd_notify`): ready, alive, ending. Nothing where there is none.

use std::cell::Cell;
use std::time::Duration;

use crate::clock::Moment;

/// The unit that `line --print-unit` prints and that the Debian package installs.
pub const UNIT: &str = include_str!("seedgrade-line.service");

/// A note to the service manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Note {
    Ready,
    Alive,
    Stopping,
}

/// The service manager of this process.
pub struct ServiceManager {
    /// How often it wants to hear that the process lives, if at all.
    period: Option<Duration>,
    told: Cell<Moment>,
    stopping: Cell<bool>,
}

impl ServiceManager {
    /// Tells that everything is open.
    #[must_use]
    pub fn ready() -> Self {
        send(Note::Ready);
        Self {
            // Half of its patience: one note may be late.
            period: patience().map(|patience| patience / 2),
            told: Cell::new(Moment::now()),
            stopping: Cell::new(false),
        }
    }

    /// The machine loop goes round. A loop that stands still is ended and started anew by the service manager.
    pub fn goes_round(&self) {
        let now = Moment::now();
        if self
            .period
            .is_some_and(|period| now.since(self.told.get()) >= period)
        {
            self.told.set(now);
            send(Note::Alive);
        }
    }

    /// The line ends: it is not alive in the same way any more.
    pub fn stops(&self) {
        if !self.stopping.replace(true) {
            send(Note::Stopping);
        }
    }
}

#[cfg(unix)]
fn patience() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

#[cfg(unix)]
fn send(note: Note) {
    let state = match note {
        Note::Ready => sd_notify::NotifyState::Ready,
        Note::Alive => sd_notify::NotifyState::Watchdog,
        Note::Stopping => sd_notify::NotifyState::Stopping,
    };
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!("the service manager cannot be told {note:?}: {error}");
    }
}

#[cfg(not(unix))]
fn patience() -> Option<Duration> {
    None
}

#[cfg(not(unix))]
fn send(_: Note) {}
