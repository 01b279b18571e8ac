//! What a file is that may be the library of ONNX Runtime, by its bytes alone.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// The oldest minor version of ONNX Runtime that serves: the one whose interface the program is built for.
pub const OLDEST_MINOR: u32 = 24;

/// How much of a library is read to find what it is, bytes: its headers and names lie in the first 100 KiB.
const READ_BYTES: u64 = 4 << 20;

/// A version of ONNX Runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// As in 1.31.1: 1.
    pub major: u32,
    /// As in 1.31.1: 31.
    pub minor: u32,
    /// As in 1.31.1: 1.
    pub patch: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl Version {
    /// The three numbers at the beginning of `text`.
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text
            .split(|c: char| !c.is_ascii_digit())
            .map(|n| n.parse().ok());
        Some(Self {
            major: numbers.next()??,
            minor: numbers.next()??,
            patch: numbers.next()??,
        })
    }
}

/// What the file at `path` is, by its bytes alone: nothing of it is run. `None` where it does not say its version.
///
/// # Errors
/// A sentence that says why it cannot serve: missing, no library, for another processor, cut short, or too old.
pub fn inspect(path: &Path) -> Result<Option<Version>, String> {
    let read = |e: std::io::Error| format!("it cannot be read: {e}");
    let file = File::open(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => read(e),
    })?;
    let length = file.metadata().map_err(read)?.len();
    let mut head = Vec::new();
    file.take(READ_BYTES).read_to_end(&mut head).map_err(read)?;
    if cfg!(target_os = "linux") {
        check_elf(&head, length)?;
    }
    let version = version_in(&head);
    match version {
        Some(v) if (v.major, v.minor) < (1, OLDEST_MINOR) => Err(format!(
            "expected version 1.{OLDEST_MINOR} or later, found {v}"
        )),
        _ => Ok(version),
    }
}

/// The version that a library made by the project's own build gives to its symbols.
fn version_in(head: &[u8]) -> Option<Version> {
    const MARK: &[u8] = b"VERS_";
    let at = head.windows(MARK.len()).position(|w| w == MARK)? + MARK.len();
    let text: String = head[at..].iter().take(16).map(|&b| char::from(b)).collect();
    Version::parse(&text)
}

/// `e_machine` of this processor, where it is known.
const MACHINE: Option<u16> = if cfg!(target_arch = "x86_64") {
    Some(62)
} else if cfg!(target_arch = "aarch64") {
    Some(183)
} else {
    None
};

/// Refuses what is no 64-bit ELF library for this processor, and one that is cut short: the system would map it and
/// end the process with a bus error at the first page that is not there.
fn check_elf(head: &[u8], length: u64) -> Result<(), String> {
    if !head.starts_with(b"\x7fELF\x02\x01") {
        return Err("expected a 64-bit library, found another kind of file".to_owned());
    }
    let short = || format!("it is cut short, {length} bytes");
    let machine = u16_at(head, 18).ok_or_else(short)?;
    if MACHINE.is_some_and(|m| m != machine) {
        return Err("it is built for another processor".to_owned());
    }
    let ends = segment_ends(head).ok_or_else(short)?;
    if ends.iter().any(|&end| end > length) {
        return Err(short());
    }
    Ok(())
}

/// Where each segment ends in the file: offset 8 and size 32 of each program header.
fn segment_ends(head: &[u8]) -> Option<Vec<u64>> {
    let table = usize::try_from(u64_at(head, 32)?).ok()?;
    let (size, count) = (usize::from(u16_at(head, 54)?), u16_at(head, 56)?);
    (0..usize::from(count))
        .map(|i| {
            let at = table.checked_add(size.checked_mul(i)?)?;
            u64_at(head, at.checked_add(8)?)?.checked_add(u64_at(head, at.checked_add(32)?)?)
        })
        .collect()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let field = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(field.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let field = bytes.get(at..at.checked_add(8)?)?;
    Some(u64::from_le_bytes(field.try_into().ok()?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_version_is_found_among_the_names() {
        let version = version_in(b"\0GLIBC_2.27\0VERS_1.31.1\0x").unwrap();
        assert_eq!(version.to_string(), "1.31.1");
        assert!(version > version_in(b"VERS_1.23.2").unwrap());
        assert_eq!(version_in(b"VERS_"), None);
        assert_eq!(version_in(b"VERS_1.x"), None);
    }

    #[test]
    fn the_program_that_runs_passes_until_it_is_cut() {
        let path = std::env::current_exe().unwrap();
        let length = std::fs::metadata(&path).unwrap().len();
        let mut head = Vec::new();
        File::open(path)
            .unwrap()
            .take(READ_BYTES)
            .read_to_end(&mut head)
            .unwrap();
        assert_eq!(check_elf(&head, length), Ok(()));
        assert!(check_elf(&head, 4096).unwrap_err().contains("cut short"));
        assert!(check_elf(&head[..40], length).is_err());
    }

    proptest! {
        #[test]
        fn any_header_is_judged(tail in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut head = b"\x7fELF\x02\x01".to_vec();
            head.extend(tail);
            let _ = check_elf(&head, head.len() as u64);
        }
    }
}
