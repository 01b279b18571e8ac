//! An archive in a bucket of an S3-compatible store.
//!
//! What a picture is, is its bytes: they are hashed when the manifest is made and again when they are judged, so that
//! nothing depends on what a store says of its objects (their tags and versions differ from store to store).

use std::path::{Path, PathBuf};

use futures_util::TryStreamExt as _;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore as _, ObjectStoreExt as _, RetryConfig};

use crate::broker::Reactor;
use crate::frame::{FolderError, MOST_FILE_BYTES, has_picture_name};

use super::{ArchiveError, Pictures};

/// Attempts after the first at a request that failed: a store that is gone is told within some ten seconds.
const MOST_RETRIES: usize = 5;
/// How the address of a bucket begins.
const SCHEME: &str = "s3://";

/// The pictures of a bucket below a prefix.
pub struct PictureBucket {
    store: AmazonS3,
    prefix: ObjectPath,
    place: String,
    reactor: Reactor,
}

impl PictureBucket {
    /// Opens `s3://BUCKET/PREFIX`; keys, region and endpoint come from the usual `AWS_` variables of the environment.
    ///
    /// # Errors
    /// An address that is none, or variables that do not go together.
    pub fn open(url: &str) -> Result<Self, ArchiveError> {
        let wrong = |reason: String| ArchiveError::Bucket {
            place: url.to_owned(),
            reason,
        };
        let rest = url.strip_prefix(SCHEME).unwrap_or_default();
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(wrong("expected s3://BUCKET/PREFIX".to_owned()));
        }
        // a process has one; that another part has chosen it already is as well
        drop(rustls::crypto::ring::default_provider().install_default());
        let store = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            // only where the endpoint says http://, which AWS' own never does
            .with_allow_http(true)
            .with_retry(RetryConfig {
                max_retries: MOST_RETRIES,
                ..RetryConfig::default()
            })
            .build();
        Ok(Self {
            store: store.map_err(|error| wrong(error.to_string()))?,
            prefix: ObjectPath::parse(prefix.trim_matches('/'))
                .map_err(|e| wrong(e.to_string()))?,
            place: url.to_owned(),
            reactor: Reactor::start().map_err(|error| wrong(error.to_string()))?,
        })
    }

    fn object(&self, name: &str) -> Result<ObjectPath, object_store::path::Error> {
        let prefix = self.prefix.as_ref();
        if prefix.is_empty() {
            ObjectPath::parse(name)
        } else {
            ObjectPath::parse(format!("{prefix}/{name}"))
        }
    }
}

impl Pictures for PictureBucket {
    fn place(&self) -> PathBuf {
        PathBuf::from(&self.place)
    }

    fn list(&self) -> Result<Vec<(String, Option<u64>)>, ArchiveError> {
        let listing = self.store.list(Some(&self.prefix)).try_collect::<Vec<_>>();
        let objects = self.reactor.wait_for(listing);
        let objects = objects.map_err(|error| ArchiveError::Bucket {
            place: self.place.clone(),
            reason: error.to_string(),
        })?;
        let prefix = self.prefix.as_ref();
        let mut pictures: Vec<(String, Option<u64>)> = objects
            .iter()
            .filter_map(|object| {
                let name = object.location.as_ref().strip_prefix(prefix)?;
                let name = name.trim_start_matches('/');
                has_picture_name(Path::new(name)).then(|| (name.to_owned(), Some(object.size)))
            })
            .collect();
        // as a folder's: folder by folder, and not as the text of whole names
        pictures.sort_by(|(one, _), (other, _)| Path::new(one).cmp(Path::new(other)));
        Ok(pictures)
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, FolderError> {
        let path = Path::new(name).to_owned();
        let unread = |reason: String| FolderError::Read {
            path: path.clone(),
            source: std::io::Error::other(reason),
        };
        let object = self
            .object(name)
            .map_err(|error| unread(error.to_string()))?;
        self.reactor.wait_for(async {
            let found = self
                .store
                .get(&object)
                .await
                .map_err(|e| unread(e.to_string()))?;
            let bytes = found.meta.size;
            if bytes > MOST_FILE_BYTES {
                return Err(FolderError::FileTooLarge {
                    path: path.clone(),
                    bytes,
                    limit: MOST_FILE_BYTES,
                });
            }
            let bytes = found.bytes().await.map_err(|e| unread(e.to_string()))?;
            Ok(bytes.to_vec())
        })
    }
}
