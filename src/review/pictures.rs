//! A tray's photograph, where it is still found: only the very bytes that were judged are shown.

use std::collections::VecDeque;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::frame::{DecodeLimits, decode};
use crate::inspect::TrayReport;
use crate::picture::jpeg;
use crate::store::KeptPicture;

use super::stores::Stores;

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
    pub jpeg: Vec<u8>,
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
    ready: Mutex<VecDeque<(String, Arc<ReadyPicture>)>>,
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
        let known = ready()
            .iter()
            .find(|(d, _)| d == digest)
            .map(|(_, p)| Arc::clone(p));
        if let Some(picture) = known {
            return Ok(picture);
        }
        let kept = kept.as_ref().map(|(_, file)| file.as_path());
        let bytes = self.judged_bytes(&report.facts.source, kept, digest)?;
        let picture = Arc::new(made_ready(&bytes, digest)?);
        let mut ready = ready();
        ready.push_back((digest.to_owned(), Arc::clone(&picture)));
        if ready.len() > MOST_READY {
            ready.pop_front();
        }
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
        jpeg,
        sha256: sha256.to_owned(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::evaluate::samples;

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
        let of = |source: &str, bytes: &[u8]| pictures.of(&report(source, bytes)).unwrap_err();
        assert_eq!(of("t.jpg", b"others"), NoPicture::Changed);
        assert_eq!(of("gone.jpg", b"others"), NoPicture::NotFound);
        assert_eq!(of("secret.txt", b"no picture"), NoPicture::Unreadable);
        let mut unnamed = report("t.jpg", &bytes);
        unnamed.facts.image_sha256 = None;
        assert_eq!(pictures.of(&unnamed).unwrap_err(), NoPicture::Unknown);
    }
}
