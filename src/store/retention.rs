//! Pictures in, files in a folder out, under a cap that store and pictures together never exceed.
//!
//! Room is made first, then a picture is written: the oldest goes first, never one whose tray a person spoke of or is
//! asked about ([`Correction`](super::Correction)). A picture's row is stored before its file appears and removed
//! after the file is gone, so that wherever a kill or a power cut falls every file has its row, and the rows that hold
//! sum up to no less than the files. A file appears whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use sha2::{Digest as _, Sha256};

use super::statements::picture::STILL_KEPT;
use super::statements::{self, table};
use super::{KeptBecause, KeptPicture, PictureRemoval, Statement, StoreError, schema, spill};

/// Part of the cap that pictures never take: what the store grows by between two looks at its size. Its log alone
/// takes 4 MiB before it is worked in.
pub const ROOM_FOR_STORE: u64 = 16 << 20;
/// How names of files begin that are not whole yet.
const PART: &str = ".part-";
/// The longest that a row waits for another writer's transaction.
const WAIT_FOR_LOCK: Duration = Duration::from_secs(5);

/// Why a picture is not kept.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    /// The cap leaves no room, even without the pictures that may go.
    #[error("picture of {bytes} bytes finds no room: expected at most {most} bytes of pictures")]
    NoRoom {
        /// What it takes.
        bytes: u64,
        /// What all pictures may take beside the store as it is now.
        most: u64,
    },
    /// Its row could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its file could not be written, or the folder not be used.
    #[error("{path}: cannot be written: {source}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// A picture that is to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewPicture<'a> {
    /// When it was judged, ISO 8601 in UTC.
    pub at: &'a str,
    /// Its tray.
    pub tray_uid: &'a str,
    /// The tray's pass.
    pub pass: u32,
    /// JPEG or PNG.
    pub bytes: &'a [u8],
    /// Why it is kept.
    pub why: KeptBecause,
}

/// The folder of a store's pictures.
#[derive(Debug)]
pub struct PictureFolder {
    connection: Connection,
    store: PathBuf,
    folder: PathBuf,
    most_bytes: u64,
    /// Bytes of all pictures that the rows say are kept.
    used: u64,
    removed: u64,
    /// Rows up to this one are removed, or evidence for ever.
    passed_over: i64,
}

/// Where a store's pictures lie when nobody says otherwise: `<store>.pictures`.
#[must_use]
pub fn pictures_path(store: &Path) -> PathBuf {
    beside(store, ".pictures")
}

fn beside(store: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = store.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

impl PictureFolder {
    /// Opens or makes the folder of a store that exists. `most_bytes` is what the store and its pictures may take.
    ///
    /// # Errors
    /// The store cannot be opened, the folder not be made, or its path is no UTF-8.
    pub fn open(store: &Path, folder: &Path, most_bytes: u64) -> Result<Self, NotKept> {
        let failed = |source| NotKept::File {
            path: folder.to_owned(),
            source,
        };
        fs::create_dir_all(folder).map_err(failed)?;
        // Pictures sync all folders up to this one; its own name is in the folder above.
        spill::sync_folder_of(folder).map_err(failed)?;
        clear_parts(folder).map_err(failed)?;
        let connection = schema::open_for_writing(store, WAIT_FOR_LOCK)?;
        let sum = format!("SELECT coalesce(sum(bytes), 0) FROM pictures WHERE {STILL_KEPT}");
        let used: i64 = connection
            .query_row(&sum, [], |row| row.get(0))
            .map_err(StoreError::from)?;
        Ok(Self {
            connection,
            store: store.to_owned(),
            folder: recorded(store, folder).map_err(failed)?,
            most_bytes,
            used: u64::try_from(used).unwrap_or(0),
            removed: 0,
            passed_over: 0,
        })
    }

    /// Pictures that had to go since the folder was opened.
    #[must_use]
    pub fn removed(&self) -> u64 {
        self.removed
    }

    /// Makes room and keeps a picture.
    ///
    /// # Errors
    /// It finds no room, or store or disk took it not: then nothing of it is there.
    pub fn keep(&mut self, picture: &NewPicture<'_>) -> Result<(), NotKept> {
        let bytes = picture.bytes.len() as u64;
        self.make_room(bytes, picture.at)?;
        let path = self.folder.join(file_name(picture));
        let row = KeptPicture {
            at: picture.at.to_owned(),
            tray_uid: picture.tray_uid.to_owned(),
            pass: picture.pass,
            path: path.to_string_lossy().into_owned(),
            bytes,
            image_sha256: hex::encode(Sha256::digest(picture.bytes)),
            why: picture.why,
        };
        let Some(id) = self.record(row)? else {
            return Ok(());
        };
        self.used += bytes;
        let file = self.place(&path);
        write_whole(&self.root(), &file, picture.bytes).map_err(|source| {
            if self.take_back(id, picture.at).is_ok() {
                self.used -= bytes;
            }
            NotKept::File { path: file, source }
        })
    }

    /// Lets pictures go until `bytes` more fit in, the oldest first.
    ///
    /// # Errors
    /// What is left is evidence and leaves no room, or store or disk failed.
    pub fn make_room(&mut self, bytes: u64, at: &str) -> Result<(), NotKept> {
        let most = self.most_bytes.saturating_sub(ROOM_FOR_STORE);
        let most = most.saturating_sub(bytes_of_store(&self.store));
        // A picture that never fits drives none out.
        while self.used + bytes > most {
            if bytes > most || !self.remove_oldest(at)? {
                return Err(NotKept::NoRoom { bytes, most });
            }
        }
        Ok(())
    }

    /// Removes the oldest picture that is no evidence; false where there is none. File and row go within one
    /// transaction, so that nobody speaks of a picture while it goes.
    fn remove_oldest(&mut self, at: &str) -> Result<bool, NotKept> {
        let change = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from)?;
        let oldest = format!(
            "WHERE id > ?1 AND {STILL_KEPT} AND NOT EXISTS (SELECT 1 FROM corrections
                WHERE corrections.tray_uid = pictures.tray_uid AND corrections.pass = pictures.pass)
             ORDER BY id LIMIT 1"
        );
        let found = table::select::<KeptPicture>(&change, &oldest, [self.passed_over])?;
        let Some((id, picture)) = found.into_iter().next() else {
            return Ok(false);
        };
        let file = kept_file(&self.store, &picture.path);
        remove_file(&file, picture.bytes).map_err(|source| NotKept::File { path: file, source })?;
        let removal = PictureRemoval {
            at: at.to_owned(),
            picture: id,
            why: "size cap".to_owned(),
        };
        statements::insert(&change, &Statement::PictureRemoval(removal))?;
        change.commit().map_err(StoreError::from)?;
        self.passed_over = id;
        self.used = self.used.saturating_sub(picture.bytes);
        self.removed += 1;
        Ok(true)
    }

    /// Stores a picture's row; none where it is there already.
    fn record(&self, row: KeptPicture) -> Result<Option<i64>, StoreError> {
        let new = statements::insert(&self.connection, &Statement::Picture(row))?;
        Ok(new.then(|| self.connection.last_insert_rowid()))
    }

    fn take_back(&self, id: i64, at: &str) -> Result<bool, StoreError> {
        let removal = PictureRemoval {
            at: at.to_owned(),
            picture: id,
            why: "not written".to_owned(),
        };
        statements::insert(&self.connection, &Statement::PictureRemoval(removal))
    }

    fn place(&self, path: &Path) -> PathBuf {
        self.store.parent().unwrap_or(Path::new("")).join(path)
    }

    fn root(&self) -> PathBuf {
        self.place(&self.folder)
    }
}

/// A kept picture's file: rows name it from the store's own folder, or absolutely.
pub(super) fn kept_file(store: &Path, path: &str) -> PathBuf {
    store.parent().unwrap_or(Path::new("")).join(path)
}

/// A folder as rows name it: from the store's own folder where it lies beneath that, so that both can be moved.
fn recorded(store: &Path, folder: &Path) -> io::Result<PathBuf> {
    let home = store.parent().unwrap_or(Path::new(""));
    let recorded = match folder.strip_prefix(home) {
        Ok(beneath) if !beneath.components().any(|c| c == Component::ParentDir) => {
            beneath.to_owned()
        }
        _ => std::path::absolute(folder)?,
    };
    match recorded.to_str() {
        Some(_) => Ok(recorded),
        None => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "expected a path in UTF-8, found other bytes",
        )),
    }
}

/// A tray's name as folders and a file: whatever is no letter or digit of ASCII becomes `_`.
fn file_name(picture: &NewPicture<'_>) -> PathBuf {
    let safe = |c: char| match c {
        '-' | '_' => c,
        _ if c.is_ascii_alphanumeric() => c,
        _ => '_',
    };
    let parts = picture.tray_uid.split('/').filter(|part| !part.is_empty());
    let mut name: PathBuf = parts
        .map(|part| part.chars().map(safe).collect::<String>())
        .collect();
    let ending = match picture.bytes {
        [0xff, 0xd8, ..] => "jpg",
        _ => "png",
    };
    let pass = picture.pass;
    let last = name
        .file_name()
        .map_or_else(|| "tray".into(), |last| last.to_string_lossy().into_owned());
    name.set_file_name(format!("{last}-{pass}.{ending}"));
    name
}

/// What the store takes: its file and what is not worked into it yet.
fn bytes_of_store(store: &Path) -> u64 {
    let files = [
        store.to_owned(),
        beside(store, "-wal"),
        beside(store, "-shm"),
    ];
    let size = |file: &PathBuf| fs::metadata(file).map_or(0, |facts| facts.len());
    files.iter().map(size).sum()
}

/// Clears away what a kill left half written.
fn clear_parts(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PART) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Writes a file beside its place, has it on the disk, and gives it its name. Nothing is written over.
fn write_whole(root: &Path, file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = file.parent().unwrap_or(root);
    fs::create_dir_all(folder)?;
    let mut part = part_in(root)?;
    part.write_all(bytes)?;
    part.as_file().sync_all()?;
    part.persist_noclobber(file)?;
    // The name is on the disk when its folder is, and that when the folder above it is.
    let synced = folder
        .ancestors()
        .take_while(|folder| folder.starts_with(root))
        .try_for_each(sync_folder);
    if synced.is_err() {
        fs::remove_file(file)?;
    }
    synced
}

/// A file that whoever reads the store may read: temporary files are their owner's alone by default.
fn part_in(root: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut part = tempfile::Builder::new();
    part.prefix(PART);
    #[cfg(unix)]
    let everyones = {
        use std::os::unix::fs::PermissionsExt as _;
        fs::Permissions::from_mode(0o644)
    };
    #[cfg(unix)]
    part.permissions(everyones);
    part.tempfile_in(root)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere a folder is no file that could be synced.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Deletes a kept picture. One that is gone is gone; a file of another size is not the one that was written, and stays.
fn remove_file(file: &Path, bytes: u64) -> io::Result<()> {
    let gone = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    };
    match fs::metadata(file) {
        Ok(facts) if facts.is_file() && facts.len() == bytes => fs::remove_file(file).or_else(gone),
        Ok(_) => Ok(()),
        Err(error) => gone(error),
    }
}

#[cfg(test)]
#[path = "retention_tests.rs"]
mod tests;
