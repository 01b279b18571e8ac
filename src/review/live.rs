//! Watches the stores for what is new, once for all who look: open pages cost the line nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use crate::store::LastRows;

use super::stores::Stores;

/// Between two looks: with what it takes to draw, a tray is on the page well within a second.
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// How often something new was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct News(pub u64);

/// The thread that watches.
#[derive(Debug)]
pub struct LiveWatch {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl LiveWatch {
    /// Begins to watch; whoever holds the receiver hears of what is new until the watch is dropped.
    ///
    /// # Errors
    /// No thread could be started.
    pub fn start(stores: Arc<Stores>) -> std::io::Result<(Self, watch::Receiver<News>)> {
        let (sender, receiver) = watch::channel(News::default());
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let watch = move || {
            let mut known = last_rows(&stores);
            while !stopped.load(Ordering::SeqCst) {
                std::thread::sleep(BETWEEN_LOOKS);
                let now = last_rows(&stores);
                if now != known {
                    known = now;
                    sender.send_modify(|news| news.0 += 1);
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("live".to_owned())
            .spawn(watch)?;
        let watch = Self {
            stop,
            thread: Some(thread),
        };
        Ok((watch, receiver))
    }
}

impl Drop for LiveWatch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the watch over the stores ended abnormally");
        }
    }
}

/// A store that cannot be read at the moment has no rows: when it is back, that is news.
fn last_rows(stores: &Stores) -> Vec<LastRows> {
    let rows = stores
        .each()
        .map(|(_, store)| store.read(|reader| reader.last_rows()));
    rows.map(|rows| {
        rows.unwrap_or_else(|error| {
            tracing::debug!("a store cannot be looked at: {error}");
            LastRows::default()
        })
    })
    .collect()
}
