//! Watches the stores for what is new, once for all who look: open pages cost the line nothing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Moment;
use crate::store::LastRows;

use super::silence::SilentLines;
use super::stores::Stores;
use super::words::Language;

/// Between two looks: with what it takes to draw, a tray is on the page well within a second.
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// Looks at the stores between two looks at the lines' signs of life.
const LOOKS_BETWEEN_SIGNS: u32 = 5;

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
    pub fn start(
        stores: Arc<Stores>,
        silent: Arc<SilentLines>,
    ) -> std::io::Result<(Self, watch::Receiver<News>)> {
        let (sender, receiver) = watch::channel(News::default());
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let watch = move || {
            let mut lines = Vec::new();
            silent.look(&stores, &mut lines, Moment::now());
            let mut known = Seen::of(&stores, &silent);
            let mut looks = 0_u32;
            while !stopped.load(Ordering::SeqCst) {
                std::thread::sleep(BETWEEN_LOOKS);
                looks = looks.wrapping_add(1);
                if looks.is_multiple_of(LOOKS_BETWEEN_SIGNS) {
                    silent.look(&stores, &mut lines, Moment::now());
                }
                let now = Seen::of(&stores, &silent);
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
/// Invariant: what is drawn hangs on what is seen of the stores and on the language alone, not on who asks.
#[derive(Debug, Default)]
pub struct LiveParts(Mutex<BTreeMap<Language, Drawn>>);

/// The part, and what was seen when it was drawn.
type Drawn = (Seen, Arc<str>);

impl LiveParts {
    /// The part as it was drawn since this was `seen`; while it is drawn whoever else asks waits for it.
    ///
    /// # Errors
    /// It could not be drawn.
    pub fn since<E>(
        &self,
        seen: Seen,
        language: Language,
        draw: impl FnOnce() -> Result<String, E>,
    ) -> Result<Arc<str>, E> {
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, part)) = parts.get(&language)
            && *of == seen
        {
            return Ok(Arc::clone(part));
        }
        let part: Arc<str> = draw()?.into();
        parts.insert(language, (seen, Arc::clone(&part)));
        Ok(part)
    }
}

/// What all who look at the live page see change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    rows: Vec<LastRows>,
    silent: Vec<Option<String>>,
}

impl Seen {
    /// As it is now.
    pub fn of(stores: &Stores, silent: &SilentLines) -> Self {
        Self {
            rows: last_rows(stores),
            silent: silent.all(),
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn rows(tray: i64) -> Seen {
        let rows = vec![LastRows {
            tray,
            ..LastRows::default()
        }];
        Seen {
            rows,
            silent: vec![None],
        }
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
        let silent = Seen {
            silent: vec![Some("2026-11-24T08:00:00Z".to_owned())],
            ..rows(2)
        };
        let drawn = parts.since(silent, Language::English, || Ok::<_, ()>("gone".to_owned()));
        assert_eq!(&*drawn.unwrap(), "gone");
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
