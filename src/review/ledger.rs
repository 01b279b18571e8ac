//! Who did what on the pages: a file of JSON lines beside the store, only ever added to.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::clock;

/// An entry.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    at: String,
    who: &'a str,
    from: String,
    did: &'a str,
    detail: &'a str,
}

/// An entry as it is read again.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Entered {
    /// When, ISO 8601 in UTC.
    pub at: String,
    /// Who.
    pub who: String,
    /// From which address.
    pub from: String,
    /// What, such as `logged_in`.
    pub did: String,
    /// What it was done to.
    pub detail: String,
}

/// Bytes at the end of the file that are read again.
const MOST_READ: u64 = 64 << 10;

/// The ledger of a store's pages.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
}

impl Ledger {
    /// Of this file; it is made by the first entry.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The newest entries, the last first; a line that is none is left out. Without a file there are none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn newest(&self, most: usize) -> std::io::Result<Vec<Entered>> {
        let mut file = match std::fs::File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let skipped = file.metadata()?.len().saturating_sub(MOST_READ);
        file.seek(SeekFrom::Start(skipped))?;
        let mut bytes = Vec::new();
        file.take(MOST_READ).read_to_end(&mut bytes)?;
        // of what was skipped the end of a line may be left: it is no entry
        let lines = bytes.rsplit(|byte| *byte == b'\n');
        let entries = lines.filter_map(|line| serde_json::from_slice(line).ok());
        Ok(entries.take(most).collect())
    }

    /// Adds an entry: `did` such as `logged_in`, with what it was done to. A ledger that cannot be written is
    /// an error in the log and stops nobody: corrections name their person themselves.
    pub fn add(&self, who: &str, from: std::net::IpAddr, did: &str, detail: &str) {
        let entry = Entry {
            at: clock::now().to_string(),
            who,
            from: from.to_string(),
            did,
            detail,
        };
        let write = || -> std::io::Result<()> {
            let mut line = serde_json::to_vec(&entry)?;
            line.push(b'\n');
            let mut file = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(&self.path)?;
            // one write, so that lines of two processes do not mix
            file.write_all(&line)
        };
        if let Err(error) = write() {
            tracing::error!("ledger {} cannot be written: {error}", self.path.display());
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_people_did_stays_a_line_each() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(folder.path().join("line.db.ledger.jsonl"));
        let here = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
        ledger.add("li\n", here, "logged_in", "");
        ledger.add(
            "li",
            here,
            "corrected",
            "base1/line1/2026-11-24/000001 r1 c2",
        );
        let text = std::fs::read_to_string(&ledger.path).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1]["did"], "corrected");
        assert_eq!(lines[0]["who"], "li\n");
        let newest = ledger.newest(1).unwrap();
        assert_eq!((newest.len(), newest[0].did.as_str()), (1, "corrected"));
    }

    #[test]
    fn of_a_long_ledger_the_end_is_read_and_a_damaged_line_hides_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(folder.path().join("ledger.jsonl"));
        assert_eq!(ledger.newest(9).unwrap(), []);
        let here = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
        for number in 0..1_000 {
            ledger.add(
                "li",
                here,
                "corrected",
                &format!("{number} {}", "x".repeat(100)),
            );
        }
        let mut text = std::fs::read_to_string(&ledger.path).unwrap();
        text.push_str("{damaged\n");
        std::fs::write(&ledger.path, text).unwrap();
        ledger.add("li", here, "logged_out", "");
        let newest = ledger.newest(3).unwrap();
        let told: Vec<_> = newest.iter().map(|entry| entry.detail.get(..3)).collect();
        assert_eq!(newest[0].did, "logged_out");
        assert_eq!(told[1..], [Some("999"), Some("998")]);
    }
}
