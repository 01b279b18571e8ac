//! Who did what on the pages: a file of JSON lines beside the store, only ever added to.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use jiff::Timestamp;
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

/// What people do without changing anything but who stands at a tablet.
const OF_SESSIONS: [&str; 7] = [
    "logged_in",
    "logged_out",
    "login_failed",
    "switched",
    "switch_failed",
    "set_pin",
    "set_badge",
];

impl Entered {
    /// Whether it tells of what was judged, said, ordered or moved, and not only of who was here.
    #[must_use]
    pub fn is_change(&self) -> bool {
        !OF_SESSIONS.contains(&self.did.as_str())
    }
}

/// Where a span's entries begin is looked for down to so many bytes.
const PIECE: u64 = 16 << 10;
/// Entries may be out of the order of time by so much, where two processes write or a clock is set.
const OUT_OF_ORDER: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);
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

    /// The file; none before the first entry.
    fn opened(&self) -> std::io::Result<Option<File>> {
        match File::open(&self.path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The newest entries, the last first; a line that is none is left out. Without a file there are none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn newest(&self, most: usize) -> std::io::Result<Vec<Entered>> {
        let Some(mut file) = self.opened()? else {
            return Ok(Vec::new());
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

    /// The entries within a span, in their order, at most so many. It costs what is read of the span, however long the
    /// ledger is. Without a file there are none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn within(&self, span: [Timestamp; 2], most: usize) -> std::io::Result<Vec<Entered>> {
        let Some(mut file) = self.opened()? else {
            return Ok(Vec::new());
        };
        let [from, before] = span;
        let first = from.checked_sub(OUT_OF_ORDER).unwrap_or(from);
        let last = before.checked_add(OUT_OF_ORDER).unwrap_or(before);
        let begin = begin_of(&mut file, first)?;
        file.seek(SeekFrom::Start(begin))?;
        let mut entries = Vec::new();
        for line in BufReader::new(file).split(b'\n') {
            let Some((at, entry)) = entry_of(&line?) else {
                continue;
            };
            if at >= last || entries.len() >= most {
                break;
            }
            if (from..before).contains(&at) {
                entries.push(entry);
            }
        }
        Ok(entries)
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
                .read(true)
                .append(true)
                .open(&self.path)?;
            if is_torn(&mut file)? {
                line.insert(0, b'\n');
            }
            // one write, so that lines of two processes do not mix
            file.write_all(&line)
        };
        if let Err(error) = write() {
            tracing::error!("ledger {} cannot be written: {error}", self.path.display());
        }
    }
}

/// Whether the last line has no end: a full disk took only a part of it.
fn is_torn(file: &mut File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// An entry with its moment; none of a line that is none.
fn entry_of(line: &[u8]) -> Option<(Timestamp, Entered)> {
    let entry: Entered = serde_json::from_slice(line).ok()?;
    Some((entry.at.parse().ok()?, entry))
}

/// A place in the file from which on no entry of a moment or later is missed, by halving.
fn begin_of(file: &mut File, moment: Timestamp) -> std::io::Result<u64> {
    let (mut before, mut behind) = (0, file.metadata()?.len());
    while behind - before > PIECE {
        let middle = before + (behind - before) / 2;
        file.seek(SeekFrom::Start(middle))?;
        // what is left of the line at the middle is no entry
        let lines = BufReader::new(&mut *file).split(b'\n').skip(1);
        let mut lines = lines.take_while(Result::is_ok).flatten();
        match lines.find_map(|line| entry_of(&line)) {
            Some((at, _)) if at < moment => before = middle,
            _ => behind = middle,
        }
    }
    Ok(before)
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
    fn an_entry_after_one_that_a_full_disk_cut_short_is_a_line_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(folder.path().join("ledger.jsonl"));
        let here = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
        std::fs::write(&ledger.path, "{\"at\":\"2026-11-2").unwrap();
        ledger.add("li", here, "corrected", "");
        ledger.add("li", here, "logged_out", "");
        let newest = ledger.newest(9).unwrap();
        assert_eq!(newest.len(), 2);
        assert_eq!(newest[1].did, "corrected");
    }

    #[test]
    fn of_a_long_ledger_a_span_has_its_entries_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(folder.path().join("ledger.jsonl"));
        let moment = |at: &str| at.parse::<Timestamp>().unwrap();
        let hours =
            |hours| moment("2026-11-24T00:00:00Z") + jiff::SignedDuration::from_hours(hours);
        assert_eq!(ledger.within([hours(0), hours(9)], 9).unwrap(), []);
        let mut text = String::new();
        for number in 0..2_000_i64 {
            let (at, detail) = (hours(number), "x".repeat(60));
            text += &format!(
                "{{\"at\":\"{at}\",\"who\":\"li\",\"from\":\"\",\"did\":\"corrected\",\"detail\":\"{number} {detail}\"}}\n"
            );
            if number % 7 == 0 {
                text += "{damaged\n";
            }
        }
        std::fs::write(&ledger.path, text).unwrap();
        for first in [0, 1, 777, 1_500, 1_999, 2_100] {
            let found = ledger.within([hours(first), hours(first + 3)], 9).unwrap();
            let told: Vec<i64> = found
                .iter()
                .map(|entry| entry.detail.split(' ').next().unwrap().parse().unwrap())
                .collect();
            let expected: Vec<i64> = (first..first + 3)
                .filter(|number| *number < 2_000)
                .collect();
            assert_eq!(told, expected);
        }
        assert_eq!(ledger.within([hours(5), hours(50)], 4).unwrap().len(), 4);
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
