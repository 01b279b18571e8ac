//! The library inside a wheel.

use std::fs::File;
use std::io::{Cursor, Read as _};
use std::path::Path;

use zip::ZipArchive;

use super::error::RuntimeError;
use super::locate::is_library;
use super::pins::{LIBRARIES, Pin, VERSION, WHEELS};
use crate::network::catalogue::sha256;

/// The largest wheel that is read, and the largest library that is unpacked, bytes: ten times those of the release.
const MOST_BYTES: u64 = 300 << 20;

/// The folder of the library inside a wheel.
const FOLDER: &str = "onnxruntime/capi/";

/// The licence inside a wheel.
const LICENCE: &str = "onnxruntime/LICENSE";

/// What is taken out of a wheel.
pub(super) struct Contents {
    /// The library's file name.
    pub name: String,
    /// Its bytes.
    pub library: Vec<u8>,
    /// The licence's text; `None` where the wheel holds none.
    pub licence: Option<String>,
    /// Whether the whole wheel is a pinned one, not its library alone.
    pub known_wheel: bool,
}

/// The library and licence in the wheel at `path`; the library is the pinned one for `architecture`.
pub(super) fn open(path: &Path, architecture: &'static str) -> Result<Contents, RuntimeError> {
    let pin = pin(&LIBRARIES, architecture)?;
    let bytes = read(path)?;
    let wheel = sha256(&bytes);
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| no_wheel(path, &e))?;
    let name = library_name(&archive, path)?;
    let library = unpack(&mut archive, &format!("{FOLDER}{name}"), path)?;
    let found = sha256(&library);
    if found != pin.sha256 {
        return Err(RuntimeError::Hash {
            path: path.to_owned(),
            version: VERSION,
            architecture,
            expected: pin.sha256,
            found,
        });
    }
    let licence = unpack(&mut archive, LICENCE, path).ok();
    Ok(Contents {
        name,
        library,
        licence: licence.and_then(|text| String::from_utf8(text).ok()),
        known_wheel: WHEELS.iter().any(|p| p.sha256 == wheel),
    })
}

fn pin<'a>(pins: &'a [Pin], architecture: &'static str) -> Result<&'a Pin, RuntimeError> {
    let found = pins.iter().find(|p| p.name == architecture);
    found
        .filter(|_| cfg!(target_os = "linux"))
        .ok_or(RuntimeError::Platform {
            version: VERSION,
            architecture,
            system: std::env::consts::OS,
        })
}

fn no_wheel(path: &Path, reason: &dyn ToString) -> RuntimeError {
    RuntimeError::NoWheel {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, RuntimeError> {
    let error = |source| RuntimeError::Io {
        path: path.to_owned(),
        action: "cannot be read",
        source,
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(error)?;
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(error)?;
    within(path, bytes.len() as u64)?;
    Ok(bytes)
}

fn within(path: &Path, found: u64) -> Result<(), RuntimeError> {
    if found > MOST_BYTES {
        return Err(RuntimeError::TooLarge {
            path: path.to_owned(),
            limit: MOST_BYTES,
            found,
        });
    }
    Ok(())
}

type Archive = ZipArchive<Cursor<Vec<u8>>>;

/// The file name of the one library. A wheel with any name that leads out of it is refused as a whole: nobody made
/// it in good faith.
fn library_name(archive: &Archive, path: &Path) -> Result<String, RuntimeError> {
    let mut found = Vec::new();
    for name in archive.file_names() {
        let name = name.map_err(|e| no_wheel(path, &e))?;
        let leads_out = name.starts_with('/') || name.split(['/', '\\']).any(|part| part == "..");
        if leads_out {
            return Err(RuntimeError::NameLeadsOut {
                path: path.to_owned(),
                name: name.into_owned(),
            });
        }
        if let Some(file) = name.strip_prefix(FOLDER)
            && is_library(file)
            && !file.contains(['/', '\\', '\0'])
        {
            found.push(file.to_owned());
        }
    }
    match found.as_slice() {
        [one] => Ok(one.clone()),
        others => Err(RuntimeError::NoLibrary {
            path: path.to_owned(),
            expected: "onnxruntime/capi/libonnxruntime.so.*",
            found: others.len(),
        }),
    }
}

fn unpack(archive: &mut Archive, name: &str, path: &Path) -> Result<Vec<u8>, RuntimeError> {
    let entry = archive.by_name(name).map_err(|e| no_wheel(path, &e))?;
    let mut bytes = Vec::new();
    entry
        .take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| no_wheel(path, &e))?;
    within(path, bytes.len() as u64)?;
    Ok(bytes)
}
