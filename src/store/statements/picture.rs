//! Pictures that are kept on disk, and those that had to go.

use std::path::{Path, PathBuf};

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, Value, ValueRef};
use serde::{Deserialize, Serialize};

use super::table::{Table, select};
use crate::store::retention::kept_file;
use crate::store::{StoreError, StoreReader};

/// Why a picture is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptBecause {
    /// Everything is kept.
    All,
    /// The tray was refused.
    Refused,
    /// A cell of it is unsure.
    Unsure,
    /// It was drawn as a sample.
    Sample,
}

impl KeptBecause {
    /// Its word in the store.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Refused => "refused",
            Self::Unsure => "unsure",
            Self::Sample => "sample",
        }
    }
}

impl FromSql for KeptBecause {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let word = value.as_str()?;
        let all = [Self::All, Self::Refused, Self::Unsure, Self::Sample];
        let found = all.into_iter().find(|reason| reason.word() == word);
        found.ok_or_else(|| {
            let said = format!("picture: expected a reason to keep it, found {word:?}");
            FromSqlError::Other(Box::new(StoreError::Statement(said)))
        })
    }
}

/// A picture that lies on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptPicture {
    /// When it was written, ISO 8601 in UTC.
    pub at: String,
    /// Its tray.
    pub tray_uid: String,
    /// The tray's pass.
    pub pass: u32,
    /// Its file, from the folder that the store lies in, or absolutely.
    pub path: String,
    /// The file's bytes.
    pub bytes: u64,
    /// SHA-256 of the file, lower-case hex.
    pub image_sha256: String,
    /// Why it is kept.
    pub why: KeptBecause,
}

impl Table for KeptPicture {
    const NAME: &'static str = "pictures";
    const COLUMNS: &'static [&'static str] = &[
        "at",
        "tray_uid",
        "pass",
        "path",
        "bytes",
        "image_sha256",
        "why",
    ];

    fn values(&self) -> Vec<Value> {
        vec![
            self.at.clone().into(),
            self.tray_uid.clone().into(),
            self.pass.into(),
            self.path.clone().into(),
            i64::try_from(self.bytes).unwrap_or(i64::MAX).into(),
            self.image_sha256.clone().into(),
            self.why.word().to_owned().into(),
        ]
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            at: row.get(1)?,
            tray_uid: row.get(2)?,
            pass: row.get(3)?,
            path: row.get(4)?,
            bytes: u64::try_from(row.get::<_, i64>(5)?).unwrap_or(0),
            image_sha256: row.get(6)?,
            why: row.get(7)?,
        })
    }
}

/// A kept picture that was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureRemoval {
    /// When, ISO 8601 in UTC.
    pub at: String,
    /// The number of its [`KeptPicture`] in this store.
    pub picture: i64,
    /// Why, such as `size cap`.
    pub why: String,
}

impl Table for PictureRemoval {
    const NAME: &'static str = "picture_removals";
    const COLUMNS: &'static [&'static str] = &["at", "picture", "why"];

    fn values(&self) -> Vec<Value> {
        vec![
            self.at.clone().into(),
            self.picture.into(),
            self.why.clone().into(),
        ]
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            at: row.get(1)?,
            picture: row.get(2)?,
            why: row.get(3)?,
        })
    }
}

/// Pictures that were not removed.
pub(in crate::store) const STILL_KEPT: &str = "id NOT IN (SELECT picture FROM picture_removals)";

impl StoreReader {
    /// The pictures of a tray that are still kept, with their numbers, in the order of storing.
    ///
    /// # Errors
    /// SQLite failed, or a row is damaged.
    pub fn pictures_of(&self, tray_uid: &str) -> Result<Vec<(i64, KeptPicture)>, StoreError> {
        let condition = format!("WHERE tray_uid = ?1 AND {STILL_KEPT} ORDER BY id");
        select(&self.connection, &condition, [tray_uid])
    }

    /// The picture of a tray's pass and its file, where it is still kept.
    ///
    /// # Errors
    /// SQLite failed, or a row is damaged.
    pub fn kept_picture(
        &self,
        tray_uid: &str,
        pass: u32,
    ) -> Result<Option<(KeptPicture, PathBuf)>, StoreError> {
        let condition =
            format!("WHERE tray_uid = ?1 AND pass = ?2 AND {STILL_KEPT} ORDER BY id DESC LIMIT 1");
        let found = select::<KeptPicture>(&self.connection, &condition, (tray_uid, pass))?;
        let store = Path::new(self.connection.path().unwrap_or_default());
        let picture = found.into_iter().next().map(|(_, picture)| picture);
        Ok(picture.map(|picture| {
            let file = kept_file(store, &picture.path);
            (picture, file)
        }))
    }

    /// All pictures that are still kept, with their numbers, oldest first.
    ///
    /// # Errors
    /// SQLite failed, or a row is damaged.
    pub fn pictures(&self) -> Result<Vec<(i64, KeptPicture)>, StoreError> {
        select(
            &self.connection,
            &format!("WHERE {STILL_KEPT} ORDER BY id"),
            [],
        )
    }
}
