//! File names of a source: written on any system, followed only where they stay inside it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::error::{ImportError, quoted};

/// The parts of a name from a label file, relative to `base`; both kinds of slash part folders.
///
/// `base` holds the folders between the source and the file that names it: `..` may climb over these
/// and no further. None where the name is absolute or leads out.
pub(super) fn parts(base: &[String], name: &str) -> Option<Vec<String>> {
    let name = name.trim();
    let drive = name.as_bytes().get(1) == Some(&b':');
    if drive || name.starts_with(['/', '\\']) || name.contains('\0') {
        return None;
    }
    let mut parts = base.to_vec();
    for part in name.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part.to_owned()),
        }
    }
    (!parts.is_empty()).then_some(parts)
}

/// The error for a name that leads out of its folder.
pub(super) fn leads_out(place: impl ToString, name: &str) -> ImportError {
    let expected = "a file name that stays inside the source, without .. or a root";
    ImportError::found(place, expected, quoted(name))
}

/// A picture's id: its parts without the ending, fit to stand before `.mask.png` and the like.
pub(super) fn id_of(parts: &[String]) -> String {
    let mut id = parts.join("/");
    let ending = Path::new(&id)
        .extension()
        .map_or(0, |e| e.to_string_lossy().len() + 1);
    id.truncate(id.len() - ending);
    id = id
        .chars()
        .map(|c| if c.is_control() { '_' } else { c })
        .collect();
    // "a.mask" would lie where the mask of "a" lies
    for taken in [".mask", ".plants", ".semantic"] {
        if let Some(stem) = id.strip_suffix(taken) {
            id = format!("{stem}_{}", &taken[1..]);
        }
    }
    id
}

/// All files under a folder with their parts, in the order of their names. Hidden ones are passed over.
///
/// # Errors
/// A folder cannot be read.
pub(super) fn files_under(root: &Path) -> Result<Vec<(PathBuf, Vec<String>)>, ImportError> {
    let mut files = Vec::new();
    let mut seen = BTreeSet::new();
    walk(root, &[], &mut seen, &mut files)?;
    files.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(files)
}

fn walk(
    folder: &Path,
    above: &[String],
    seen: &mut BTreeSet<PathBuf>,
    files: &mut Vec<(PathBuf, Vec<String>)>,
) -> Result<(), ImportError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        |cause| ImportError::Unreadable { path, cause }
    };
    // a link to a folder is followed, but a circle of them only once
    if !seen.insert(folder.canonicalize().map_err(unreadable(folder))?) {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        let Some(name) = path.file_name().and_then(|n| n.to_str()) else {
            let expected = "file names in UTF-8";
            return Err(ImportError::found(
                folder.display(),
                expected,
                path.display().to_string(),
            ));
        };
        if name.starts_with('.') {
            continue;
        }
        let mut parts = above.to_vec();
        parts.push(name.to_owned());
        if path.is_dir() {
            walk(&path, &parts, seen, files)?;
        } else {
            files.push((path, parts));
        }
    }
    Ok(())
}

/// The ending of a file name in small letters.
pub(super) fn ending(name: &str) -> String {
    let ending = Path::new(name).extension();
    ending.map_or_else(String::new, |e| e.to_string_lossy().to_lowercase())
}

/// What pictures a set may hold, and the endings of others that are pictures too.
pub(super) fn is_picture(name: &str) -> bool {
    matches!(ending(name).as_str(), "jpg" | "jpeg" | "png")
}

/// Whether a name is that of a picture that cannot be taken over.
pub(super) fn is_other_picture(name: &str) -> bool {
    let others = [
        "bmp", "tif", "tiff", "webp", "gif", "heic", "heif", "avif", "dng",
    ];
    others.contains(&ending(name).as_str())
}

/// A whole file.
///
/// # Errors
/// It cannot be read or is larger than 1 GiB.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, ImportError> {
    const MOST_BYTES: u64 = 1 << 30;
    let unreadable = |cause| ImportError::Unreadable {
        path: path.to_owned(),
        cause,
    };
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > MOST_BYTES {
        let found = format!("{length} bytes");
        return Err(ImportError::found(
            path.display(),
            format!("at most {MOST_BYTES} bytes"),
            found,
        ));
    }
    std::fs::read(path).map_err(unreadable)
}

/// A whole file of text, without the byte order mark that some editors put before it.
///
/// # Errors
/// It cannot be read, is larger than 1 GiB, or is not UTF-8.
pub(super) fn read_text(path: &Path) -> Result<String, ImportError> {
    let bytes = read(path)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let found = format!("other bytes at {at}");
        ImportError::found(path.display(), "text in UTF-8", found)
    })?;
    Ok(text
        .strip_prefix('\u{feff}')
        .map(str::to_owned)
        .unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(base: &[&str], name: &str) -> Option<String> {
        let base: Vec<_> = base.iter().map(|b| (*b).to_owned()).collect();
        parts(&base, name).map(|p| p.join("/"))
    }

    #[test]
    fn both_kinds_of_slash_part_folders() {
        assert_eq!(joined(&[], r"a\b/c.jpg").as_deref(), Some("a/b/c.jpg"));
        assert_eq!(joined(&[], "./a//c.jpg").as_deref(), Some("a/c.jpg"));
    }

    #[test]
    fn a_name_may_climb_inside_the_source_and_no_further() {
        assert_eq!(
            joined(&["labels"], r"..\images\a.jpg").as_deref(),
            Some("images/a.jpg")
        );
        for out in [
            "../a.jpg",
            "a/../../b.jpg",
            "/etc/a.jpg",
            r"C:\a.jpg",
            r"\\host\a",
            "a\0b",
            "",
            "..",
        ] {
            assert_eq!(joined(&[], out), None, "{out:?}");
        }
        assert_eq!(joined(&["labels"], "../../a.jpg"), None);
    }

    #[test]
    fn an_id_never_lies_where_a_label_file_lies() {
        let id = |name: &str| id_of(&[name.to_owned()]);
        assert_eq!(id("a.mask.png"), "a_mask");
        assert_eq!(id("3.0-1-wrap.jpg"), "3.0-1-wrap");
        assert_eq!(id("苗.jpeg"), "苗");
    }
}
