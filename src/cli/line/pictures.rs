//! What `[store]` says of pictures, checked, and the keeper that does it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::config::{KeepPictures, StoreSection};
use crate::line::{Keep, PictureKeeper};
use crate::store::{PictureFolder, ROOM_FOR_STORE, pictures_path};

const BYTES_OF_GIB: f64 = (1_u64 << 30) as f64;

/// Which pictures are kept, where, and how much they and the store may take.
pub struct PictureSettings {
    keep: Keep,
    folder: PathBuf,
    most_bytes: u64,
}

impl PictureSettings {
    /// Reads the section; none where no pictures are kept.
    ///
    /// # Errors
    /// A cap that is none, or pictures without a cap.
    pub fn read(section: &StoreSection) -> anyhow::Result<Option<Self>> {
        let most_bytes = section.max_gib.map(cap).transpose()?;
        let keep = match section.keep {
            KeepPictures::None => return Ok(None),
            KeepPictures::All => Keep::All,
            KeepPictures::Doubtful => Keep::Doubtful,
            KeepPictures::Samples => Keep::Samples,
        };
        let most_bytes = most_bytes.context(
            "configuration: [store] max_gib: expected the most that store and pictures may take, found none; \
             pictures would fill the disk",
        )?;
        let beside = || pictures_path(&section.file);
        Ok(Some(Self {
            keep,
            folder: section.pictures.clone().unwrap_or_else(beside),
            most_bytes,
        }))
    }

    /// The keeper over the store, which is there already.
    ///
    /// # Errors
    /// The folder cannot be used, or no thread be started.
    pub fn open(&self, store: &Path) -> anyhow::Result<PictureKeeper> {
        let folder = PictureFolder::open(store, &self.folder, self.most_bytes)
            .with_context(|| format!("pictures: {}", self.folder.display()))?;
        PictureKeeper::start(folder, self.keep).context("pictures")
    }
}

/// A cap in bytes. What the store grows by between two looks must fit in.
fn cap(gib: f64) -> anyhow::Result<u64> {
    let least = ROOM_FOR_STORE as f64 / BYTES_OF_GIB;
    anyhow::ensure!(
        gib.is_finite() && gib > least,
        "configuration: [store] max_gib: expected a number above {least}, found {gib}"
    );
    Ok((gib * BYTES_OF_GIB) as u64)
}
