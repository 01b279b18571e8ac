//! Puts the library where it is found.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::error::RuntimeError;
use super::locate::installed_folder;
use super::pins::VERSION;
use super::pip;
use super::wheel::{self, Contents};

/// What was put in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The library.
    pub library: PathBuf,
    /// Its release.
    pub version: &'static str,
    /// The wheel that it came from; `None` when pip downloaded one.
    pub from: Option<PathBuf>,
    /// Whether the whole wheel has a pinned sha256; else the library alone has, and the licence is as the wheel says.
    pub known_wheel: bool,
}

/// Installs the library into the user's data folder, from the wheel `from` or from one that pip downloads.
///
/// # Errors
/// No pip, no wheel, one that is damaged or not the pinned release, or a folder that cannot be written.
pub fn install(from: Option<&Path>) -> Result<Installed, RuntimeError> {
    install_into(&installed_folder().ok_or(RuntimeError::NoHome)?, from)
}

/// Installs the library into `<folder>/<version>/`.
///
/// # Errors
/// As [`install`].
pub fn install_into(folder: &Path, from: Option<&Path>) -> Result<Installed, RuntimeError> {
    let architecture = std::env::consts::ARCH;
    let contents = match from {
        Some(wheel) => wheel::open(wheel, architecture)?,
        None => {
            let downloads = tempfile::tempdir().map_err(|source| RuntimeError::Io {
                path: std::env::temp_dir(),
                action: "no folder can be made in it",
                source,
            })?;
            wheel::open(
                &pip::download(downloads.path(), architecture)?,
                architecture,
            )?
        }
    };
    let library = put(&folder.join(VERSION), &contents)?;
    Ok(Installed {
        library,
        version: VERSION,
        from: from.map(Path::to_owned),
        known_wheel: contents.known_wheel,
    })
}

/// The library goes last: when it is there, everything is.
fn put(folder: &Path, contents: &Contents) -> Result<PathBuf, RuntimeError> {
    std::fs::create_dir_all(folder).map_err(|source| RuntimeError::Io {
        path: folder.to_owned(),
        action: "cannot be made",
        source,
    })?;
    write(&folder.join("LICENSE"), note(contents).as_bytes())?;
    let library = folder.join(&contents.name);
    write(&library, &contents.library)?;
    Ok(library)
}

fn note(contents: &Contents) -> String {
    let text = contents.licence.as_deref();
    format!(
        "{name} is ONNX Runtime {VERSION}, taken unchanged from its wheel on PyPI (package onnxruntime).\n\
         It is no part of seedgrade and has a licence of its own:\n\n{text}\n",
        name = contents.name,
        text = text.unwrap_or("MIT").trim_end(),
    )
}

/// Writes beside `path`, then renames: a reader sees the old file or the whole new one, after a power cut too.
fn write(path: &Path, bytes: &[u8]) -> Result<(), RuntimeError> {
    let error = |source| RuntimeError::Io {
        path: path.to_owned(),
        action: "cannot be written",
        source,
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(error)?;
    file.write_all(bytes).map_err(error)?;
    file.as_file().sync_all().map_err(error)?;
    readable_by_all(file.as_file()).map_err(error)?;
    file.persist(path).map_err(|e| error(e.error))?;
    Ok(())
}

/// A temporary file is the user's alone.
#[cfg(unix)]
fn readable_by_all(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}
