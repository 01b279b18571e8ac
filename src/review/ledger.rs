//! Who did what on the pages: a file of JSON lines beside the store, only ever added to.

use std::io::Write as _;
use std::path::PathBuf;

use serde::Serialize;

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
    }
}
