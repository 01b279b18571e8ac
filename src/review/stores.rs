//! The stores that the pages read: one line's or several lines'.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::store::{StoreError, StoreReader, StoredMoment, StoredTray};

/// Readers of one store that wait for the next page; more are closed.
const MOST_IDLE: usize = 8;

/// Which of the stores, by its place on the command line.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct StoreIndex(pub usize);

/// A tray of one of the stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TrayKey {
    /// The store.
    #[serde(default)]
    pub store: StoreIndex,
    /// The tray's number in it.
    pub id: i64,
}

/// A store and readers of it.
#[derive(Debug)]
pub struct OpenStore {
    path: PathBuf,
    label: String,
    /// Which file it was when it was opened.
    file: FileIdentity,
    idle: Mutex<Vec<StoreReader>>,
}

impl OpenStore {
    /// Opens a store that exists.
    ///
    /// # Errors
    /// No file, no store, or a newer one.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let reader = StoreReader::open(path)?;
        let stem = path.file_stem().unwrap_or_default();
        Ok(Self {
            path: path.to_owned(),
            file: identity(path)?,
            label: stem.to_string_lossy().into_owned(),
            idle: Mutex::new(vec![reader]),
        })
    }

    /// Whether its path still leads to the file that was opened.
    ///
    /// # Errors
    /// The file is gone, or another stands in its place.
    pub fn is_the_one(&self) -> Result<(), StoreError> {
        let path = self.path.clone();
        match identity(&self.path)? == self.file {
            true => Ok(()),
            false => Err(StoreError::Replaced { path }),
        }
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its file's name without the ending.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Reads with a reader that nobody else has at the time.
    ///
    /// # Errors
    /// The store cannot be opened, or what is asked of it fails.
    pub fn read<T>(
        &self,
        ask: impl FnOnce(&StoreReader) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let reader = self.take()?;
        let found = ask(&reader);
        self.put_back(reader);
        found
    }

    fn take(&self) -> Result<StoreReader, StoreError> {
        self.is_the_one()?;
        let waiting = self.waiting().pop();
        waiting.map_or_else(|| StoreReader::open(&self.path), Ok)
    }

    fn put_back(&self, reader: StoreReader) {
        let mut idle = self.waiting();
        if idle.len() < MOST_IDLE {
            idle.push(reader);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<StoreReader>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Device and number of a file.
type FileIdentity = (u64, u64);

/// Readers go on reading a file that was put away, and whoever opens its path writes another: which one it is, is asked before
/// every reading and writing.
fn identity(path: &Path) -> Result<FileIdentity, StoreError> {
    use std::os::unix::fs::MetadataExt as _;
    let missing = |_| StoreError::Missing {
        path: path.to_owned(),
    };
    let file = std::fs::metadata(path).map_err(missing)?;
    Ok((file.dev(), file.ino()))
}

/// All of them.
#[derive(Debug)]
pub struct Stores(Vec<OpenStore>);

impl Stores {
    /// Opens all of them.
    ///
    /// # Errors
    /// The first that cannot be opened.
    pub fn open(paths: &[PathBuf]) -> Result<Self, StoreError> {
        paths
            .iter()
            .map(|path| OpenStore::open(path))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether there is more than one, so that pages name them.
    pub fn are_several(&self) -> bool {
        self.0.len() > 1
    }

    /// One of them.
    pub fn get(&self, index: StoreIndex) -> Option<&OpenStore> {
        self.0.get(index.0)
    }

    /// Each with its index.
    pub fn each(&self) -> impl Iterator<Item = (StoreIndex, &OpenStore)> {
        self.0
            .iter()
            .enumerate()
            .map(|(i, store)| (StoreIndex(i), store))
    }

    /// Reads all of them as one, with readers that nobody else has at the time.
    ///
    /// # Errors
    /// A store cannot be opened, or what is asked of them fails.
    pub fn read_all<T>(
        &self,
        ask: impl FnOnce(&[StoreReader]) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let readers = self.0.iter().map(OpenStore::take);
        let readers = readers.collect::<Result<Vec<_>, _>>()?;
        let found = ask(&readers);
        for (store, reader) in self.0.iter().zip(readers) {
            store.put_back(reader);
        }
        found
    }

    /// The last tray that a uid, or a code on it, means.
    ///
    /// # Errors
    /// A store cannot be read.
    pub fn last_named(&self, name: &str) -> Result<Option<(TrayKey, StoredTray)>, StoreError> {
        let mut last: Option<(TrayKey, StoredTray)> = None;
        for (index, store) in self.each() {
            let passes = store.read(|reader| reader.trays_named(name))?.into_iter();
            let key = |id| TrayKey { store: index, id };
            let passes = passes.map(|pass| (key(pass.id), pass));
            last = last
                .into_iter()
                .chain(passes)
                .max_by_key(|(_, pass)| StoredMoment::of(&pass.received_at));
        }
        Ok(last)
    }

    /// The tray that was stored last in any of them.
    ///
    /// # Errors
    /// A store cannot be read.
    pub fn newest_tray(&self) -> Result<Option<(TrayKey, StoredTray)>, StoreError> {
        let last = |reader: &StoreReader| reader.newest_trays(None, 1);
        let newest = self.newest_first(last, |tray| &tray.received_at)?;
        Ok(newest.into_iter().next())
    }

    /// What each store answers, as one list by a moment of the trays, the newest first; of equals the earlier store's.
    ///
    /// # Errors
    /// A store cannot be read.
    pub fn newest_first(
        &self,
        ask: impl Fn(&StoreReader) -> Result<Vec<StoredTray>, StoreError>,
        moment: impl Fn(&StoredTray) -> &str,
    ) -> Result<Vec<(TrayKey, StoredTray)>, StoreError> {
        let mut all = Vec::new();
        for (store, open) in self.each() {
            let key = |tray: StoredTray| (TrayKey { store, id: tray.id }, tray);
            all.extend(open.read(&ask)?.into_iter().map(key));
        }
        all.sort_by_cached_key(|(_, tray)| Reverse(StoredMoment::of(moment(tray))));
        Ok(all)
    }

    /// Pairs of stores whose newest trays are named after the same line, which they say: lines that were given no names
    /// of their own name their trays alike, and one is taken for the other.
    ///
    /// # Errors
    /// A store cannot be read.
    pub fn of_one_line(&self) -> Result<Vec<(&Path, &Path, String)>, StoreError> {
        let mut pairs = Vec::new();
        let mut lines: Vec<(&Path, String)> = Vec::new();
        for (_, store) in self.each() {
            let last = store.read(|reader| reader.newest_trays(None, 1))?;
            let line = last.first().and_then(|tray| line_of(&tray.uid));
            let Some(line) = line else { continue };
            let same = lines.iter().find(|(_, known)| known == line);
            if let Some((other, _)) = same {
                pairs.push((*other, store.path(), line.to_owned()));
            }
            lines.push((store.path(), line.to_owned()));
        }
        Ok(pairs)
    }
}

/// `base/line` of `base/line/day/sequence`; a tray of an archive has none.
fn line_of(uid: &str) -> Option<&str> {
    let (line, _) = uid.rsplit_once('/')?.0.rsplit_once('/')?;
    Some(line)
}
