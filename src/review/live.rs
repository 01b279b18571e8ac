//! Watches the stores for what is new, once for all who look: open pages cost the line nothing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use crate::store::LastRows;

use super::stores::Stores;
use super::words::Language;

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

/// The part of the live page that changes, drawn once for all who look in the same language: fifty open pages cost the
/// machine of the line what two do.
///
/// Invariant: what is drawn hangs on the stores and the language alone, not on who asks.
#[derive(Debug, Default)]
pub struct LiveParts(Mutex<BTreeMap<Language, Drawn>>);

/// The part, and the stores' last rows when it was drawn.
type Drawn = (Vec<LastRows>, Arc<str>);

impl LiveParts {
    /// The part as it was drawn since the stores' `last` rows came; while it is drawn whoever else asks waits for it.
    ///
    /// # Errors
    /// It could not be drawn.
    pub fn since<E>(
        &self,
        last: Vec<LastRows>,
        language: Language,
        draw: impl FnOnce() -> Result<String, E>,
    ) -> Result<Arc<str>, E> {
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, part)) = parts.get(&language)
            && *of == last
        {
            return Ok(Arc::clone(part));
        }
        let part: Arc<str> = draw()?.into();
        parts.insert(language, (last, Arc::clone(&part)));
        Ok(part)
    }
}

/// A store that cannot be read at the moment has no rows: when it is back, that is news.
pub fn last_rows(stores: &Stores) -> Vec<LastRows> {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn rows(tray: i64) -> Vec<LastRows> {
        vec![LastRows {
            tray,
            ..LastRows::default()
        }]
    }

    #[test]
    fn what_all_look_at_is_drawn_once_a_language_until_there_is_news() {
        let parts = LiveParts::default();
        let part = |tray, language, text: &str| {
            let drawn = parts.since(rows(tray), language, || Ok::<_, ()>(text.to_owned()));
            drawn.unwrap().to_string()
        };
        assert_eq!(part(1, Language::Chinese, "一"), "一");
        assert_eq!(part(1, Language::Chinese, "二"), "一");
        assert_eq!(part(1, Language::English, "one"), "one");
        assert_eq!(part(2, Language::Chinese, "二"), "二");
        assert_eq!(part(2, Language::English, "two"), "two");
    }

    #[test]
    fn what_could_not_be_drawn_is_tried_again() {
        let parts = LiveParts::default();
        let failed = parts.since(rows(1), Language::English, || Err::<String, _>("no store"));
        assert_eq!(failed.unwrap_err(), "no store");
        let drawn = parts.since(rows(1), Language::English, || {
            Ok::<_, ()>("a tray".to_owned())
        });
        assert_eq!(&*drawn.unwrap(), "a tray");
    }
}
