//! A tray's photograph, where it is still found: only the very bytes that were judged are shown.

use std::collections::VecDeque;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use sha2::{Digest, Sha256};

use crate::frame::{DecodeLimits, decode};
use crate::inspect::TrayReport;
use crate::picture::jpeg;
use crate::store::KeptPicture;

use super::answer::Trouble;
use super::stores::{Stores, TrayKey};

/// Longest side of a picture on a page, px: cells stay legible at four times the size of the screen's part.
const MOST_PX: usize = 2400;
const JPEG_QUALITY: u8 = 85;
/// A camera's picture is smaller.
const MOST_BYTES: u64 = 128 << 20;
/// Pictures kept ready: the trays that several tablets look at.
const MOST_READY: usize = 16;

/// Pictures that are built into the program, by a report's source.
pub type BuiltIn = fn(&str) -> Option<&'static [u8]>;

/// A picture made ready for a page.
#[derive(Debug)]
pub struct ReadyPicture {
    /// Width of the picture that was judged, px: the marks' space.
    pub width: usize,
    /// Its height.
    pub height: usize,
    /// A JPEG of at most 2400 px a side.
    pub jpeg: Bytes,
    /// SHA-256 of the bytes that were judged, hexadecimal.
    pub sha256: String,
}

/// Why there is no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPicture {
    /// The report does not say which bytes were judged.
    Unknown,
    /// Nowhere is a file of that name.
    NotFound,
    /// A file of that name has other bytes than those that were judged.
    Changed,
    /// The bytes are those and are no picture.
    Unreadable,
}

/// Where pictures are looked for, and those that are ready.
#[derive(Debug)]
pub struct Pictures {
    folders: Vec<PathBuf>,
    built_in: BuiltIn,
    /// Stores whose lines keep pictures.
    stores: Arc<Stores>,
    ready: Mutex<Ready<String>>,
    /// The same by tray: whoever looks at one that others look at reads no report.
    of_trays: Mutex<Ready<TrayKey>>,
}

/// The last few pictures that were asked for.
#[derive(Debug)]
struct Ready<Key>(VecDeque<(Key, Arc<ReadyPicture>)>);

impl<Key> Default for Ready<Key> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<Key: PartialEq> Ready<Key> {
    fn find<Asked: PartialEq<Key> + ?Sized>(&self, asked: &Asked) -> Option<Arc<ReadyPicture>> {
        let found = self.0.iter().find(|(key, _)| asked == key);
        found.map(|(_, picture)| Arc::clone(picture))
    }

    fn keep(&mut self, key: Key, picture: &Arc<ReadyPicture>) {
        self.0.push_back((key, Arc::clone(picture)));
        if self.0.len() > MOST_READY {
            self.0.pop_front();
        }
    }
}

impl Pictures {
    /// Looks among what the stores kept, then at the path itself, then in these folders, in this order.
    #[must_use]
    pub fn new(folders: Vec<PathBuf>, built_in: BuiltIn, stores: Arc<Stores>) -> Self {
        Self {
            folders,
            built_in,
            stores,
            ready: Mutex::default(),
            of_trays: Mutex::default(),
        }
    }

    /// Looks in these folders, then in those of the stores.
    #[must_use]
    pub fn beside(stores: Arc<Stores>, mut folders: Vec<PathBuf>, built_in: BuiltIn) -> Self {
        let beside = stores.each();
        folders.extend(beside.filter_map(|(_, store)| Some(store.path().parent()?.to_owned())));
        Self::new(folders, built_in, stores)
    }

    /// The picture of a report.
    ///
    /// # Errors
    /// Why there is none.
    pub fn of(&self, report: &TrayReport) -> Result<Arc<ReadyPicture>, NoPicture> {
        let kept = self.kept(report);
        // Of bare pixels no bytes were judged: what was kept of them is the picture.
        let of_kept = kept.as_ref().map(|(picture, _)| &picture.image_sha256);
        let digest = report.facts.image_sha256.as_ref().or(of_kept);
        let digest = digest.ok_or(NoPicture::Unknown)?.as_str();
        let ready = || self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(picture) = ready().find(digest) {
            return Ok(picture);
        }
        let kept = kept.as_ref().map(|(_, file)| file.as_path());
        let bytes = self.judged_bytes(&report.facts.source, kept, digest)?;
        let picture = Arc::new(made_ready(&bytes, digest)?);
        ready().keep(digest.to_owned(), &picture);
        Ok(picture)
    }

    /// The picture of a tray of the stores, whose report is read only where nobody looked at its picture lately.
    ///
    /// # Errors
    /// The report cannot be read, or it has no picture.
    pub fn of_tray(
        &self,
        key: TrayKey,
        report: impl FnOnce() -> Result<TrayReport, Trouble>,
    ) -> Result<Arc<ReadyPicture>, Trouble> {
        let of_trays = || self.of_trays.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(picture) = of_trays().find(&key) {
            return Ok(picture);
        }
        let picture = self.of(&report()?).map_err(|_| Trouble::NotFound)?;
        of_trays().keep(key, &picture);
        Ok(picture)
    }

    /// What a store kept of a tray's pass; a store that cannot be read has kept nothing for a page.
    fn kept(&self, report: &TrayReport) -> Option<(KeptPicture, PathBuf)> {
        let (uid, pass) = (&report.facts.tray_uid, report.facts.pass);
        let mut stores = self.stores.each();
        stores.find_map(|(_, store)| {
            let kept = store.read(|reader| reader.kept_picture(uid, pass));
            kept.ok().flatten()
        })
    }

    fn judged_bytes(
        &self,
        source: &str,
        kept: Option<&Path>,
        digest: &str,
    ) -> Result<Vec<u8>, NoPicture> {
        let is_it = |bytes: &[u8]| hex::encode(Sha256::digest(bytes)) == digest;
        if let Some(bytes) = (self.built_in)(source).filter(|bytes| is_it(bytes)) {
            return Ok(bytes.to_vec());
        }
        let mut found = NoPicture::NotFound;
        let beside = self.folders.iter().map(|folder| folder.join(source));
        let itself = std::iter::once(PathBuf::from(source));
        let kept = kept.map(Path::to_owned).into_iter();
        for path in kept.chain(itself).chain(beside) {
            match read_bounded(&path) {
                Some(bytes) if is_it(&bytes) => return Ok(bytes),
                Some(_) => found = NoPicture::Changed,
                None => {}
            }
        }
        Err(found)
    }
}

fn read_bounded(path: &Path) -> Option<Vec<u8>> {
    let file = std::fs::File::open(path).ok()?;
    let facts = file.metadata().ok()?;
    if !facts.is_file() || facts.len() > MOST_BYTES {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn made_ready(bytes: &[u8], sha256: &str) -> Result<ReadyPicture, NoPicture> {
    let frame = decode(bytes, DecodeLimits::default()).map_err(|_| NoPicture::Unreadable)?;
    let jpeg = jpeg(&frame, JPEG_QUALITY, MOST_PX).map_err(|_| NoPicture::Unreadable)?;
    Ok(ReadyPicture {
        width: frame.width(),
        height: frame.height(),
        jpeg: jpeg.into(),
        sha256: sha256.to_owned(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::evaluate::samples;
    use crate::review::stores::StoreIndex;

    fn report(source: &str, bytes: &[u8]) -> TrayReport {
        let mut report = samples::graded(2, 4, 400.0, 200.0);
        source.clone_into(&mut report.facts.source);
        report.facts.image_sha256 = Some(hex::encode(Sha256::digest(bytes)));
        report
    }

    fn no_stores() -> Arc<Stores> {
        Arc::new(Stores::open(&[]).unwrap())
    }

    #[test]
    fn only_the_bytes_that_were_judged_are_shown() {
        let folder = tempfile::tempdir().unwrap();
        let sample = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("datasets/samples/trays/arabidopsis-tray.jpg");
        let bytes = std::fs::read(sample).unwrap();
        std::fs::write(folder.path().join("t.jpg"), &bytes).unwrap();
        std::fs::write(folder.path().join("secret.txt"), "no picture").unwrap();
        let pictures = Pictures::new(vec![folder.path().to_owned()], |_| None, no_stores());
        let shown = pictures.of(&report("t.jpg", &bytes)).unwrap();
        assert!(shown.width > 1000 && shown.jpeg.len() > 10_000);
        let key = TrayKey {
            store: StoreIndex(0),
            id: 7,
        };
        let first = pictures.of_tray(key, || Ok(report("t.jpg", &bytes)));
        let next = pictures.of_tray(key, || Err(Trouble::Broken("it was read again".to_owned())));
        assert!(Arc::ptr_eq(&first.unwrap(), &next.unwrap()));
        let of = |source: &str, bytes: &[u8]| pictures.of(&report(source, bytes)).unwrap_err();
        assert_eq!(of("t.jpg", b"others"), NoPicture::Changed);
        assert_eq!(of("gone.jpg", b"others"), NoPicture::NotFound);
        assert_eq!(of("secret.txt", b"no picture"), NoPicture::Unreadable);
        let mut unnamed = report("t.jpg", &bytes);
        unnamed.facts.image_sha256 = None;
        assert_eq!(pictures.of(&unnamed).unwrap_err(), NoPicture::Unknown);
    }
}
