//! Stores that nobody else writes for a while: what is held against them is still so when it is stored.
//!
//! In: the files of stores, of which one is to be written. Out: the same within a transaction each, so that whoever else
//! would write any of them waits, in whatever process; it ends with statements being stored in the one, or with nothing.
//! Whoever reads meanwhile reads on, and sees all that was stored before. Invariant: they are taken in the order of their
//! files, so that two who take the same never wait for each other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use super::{Statement, StoreError, schema, statements};

/// Stores within a transaction each.
#[derive(Debug)]
pub struct HeldStores {
    written: Connection,
    /// Those that are only kept from being written.
    _others: Vec<Connection>,
}

impl HeldStores {
    /// Takes the stores that are beside the one that is written, and that one: it is brought up to date, the others stay of
    /// their version. Each is waited for as long. One that this process may not write is left out: nobody tells anything of it
    /// from here. A file that is named twice is taken once.
    ///
    /// # Errors
    /// A store that is no store, or that stayed locked for longer than the wait.
    pub fn take(written: &Path, beside: &[&Path], wait: Duration) -> Result<Self, StoreError> {
        let file = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut files: BTreeMap<PathBuf, bool> =
            beside.iter().map(|path| (file(path), false)).collect();
        files.insert(file(written), true);
        let (mut target, mut others) = (None, Vec::new());
        for (path, is_written) in files {
            if is_written {
                let connection = schema::open_for_writing(&path, wait)?;
                begin(&connection)?;
                target = Some(connection);
                continue;
            }
            let connection = schema::open_to_hold(&path, wait)?;
            match begin(&connection) {
                Ok(()) => others.push(connection),
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::ReadOnly) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let missing = || StoreError::Missing {
            path: written.to_owned(),
        };
        Ok(Self {
            written: target.ok_or_else(missing)?,
            _others: others,
        })
    }

    /// Stores all of the statements or none, and lets the stores go; how many were new.
    ///
    /// # Errors
    /// The store took them not.
    pub fn add_all(self, all: &[Statement]) -> Result<usize, StoreError> {
        let mut new = 0;
        for statement in all {
            new += usize::from(statements::insert(&self.written, statement)?);
        }
        self.written.execute_batch("COMMIT")?;
        Ok(new)
    }
}

/// Until the connection is dropped, which undoes what was not committed.
fn begin(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN IMMEDIATE")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::{LotSize, StatementWriter, StoreReader, StoreWriter, WriterParams};

    const WAIT: Duration = Duration::from_secs(10);
    const NO_WAIT: Duration = Duration::from_millis(20);

    fn two_stores() -> (tempfile::TempDir, [PathBuf; 2]) {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a.db", "b.db"].map(|name| folder.path().join(name));
        for path in &paths {
            let writer = StoreWriter::open(path, WriterParams::default()).unwrap();
            assert_eq!(writer.close().lost, 0);
        }
        (folder, paths)
    }

    fn said(lot: &str) -> Statement {
        Statement::LotSize(LotSize {
            at: "2026-11-24T08:00:00Z".to_owned(),
            who: "li".to_owned(),
            lot: lot.to_owned(),
            trays: None,
            ordered: None,
        })
    }

    #[test]
    fn nobody_else_writes_a_store_that_is_held_and_what_is_let_go_leaves_nothing() {
        let (_folder, [a, b]) = two_stores();
        let sizes = |lot: &str| StoreReader::open(&a).unwrap().lot_sizes(lot).unwrap().len();
        // the same file twice is no two stores
        let held = HeldStores::take(&a, &[&b, &a], WAIT).unwrap();
        for path in [&a, &b] {
            let mut other = StatementWriter::open(path, NO_WAIT).unwrap();
            assert!(other.add(&said("other")).is_err());
        }
        assert_eq!(held.add_all(&[said("held")]).unwrap(), 1);
        assert_eq!((sizes("held"), sizes("other")), (1, 0));
        let held = HeldStores::take(&b, &[&a], WAIT).unwrap();
        assert_eq!(sizes("held"), 1, "readers read on");
        drop(held);
        let mut other = StatementWriter::open(&a, NO_WAIT).unwrap();
        assert!(other.add(&said("other")).unwrap());
    }

    #[test]
    fn all_or_none_of_what_is_said_is_stored() {
        let (_folder, [a, _]) = two_stores();
        let taken_back = |who: &str| {
            Statement::MovesTakenBack(crate::store::MovesTakenBack {
                at: "2026-11-24T08:00:00Z".to_owned(),
                who: who.to_owned(),
                key: "once".to_owned(),
            })
        };
        let held = HeldStores::take(&a, &[], WAIT).unwrap();
        assert!(
            held.add_all(&[said("lot"), taken_back("li"), taken_back("wang")])
                .is_err()
        );
        let store = StoreReader::open(&a).unwrap();
        assert_eq!(store.lot_sizes("lot").unwrap(), []);
        assert_eq!(store.moves_taken_back("once").unwrap(), None);
    }

    #[test]
    fn two_who_name_the_same_stores_the_other_way_round_both_come_to_their_turn() {
        let (_folder, [a, b]) = two_stores();
        std::thread::scope(|scope| {
            for (number, (written, beside)) in [(&a, &b), (&b, &a)].into_iter().enumerate() {
                scope.spawn(move || {
                    for round in 0..8 {
                        let held = HeldStores::take(written, &[beside], WAIT).unwrap();
                        held.add_all(&[said(&format!("{number}-{round}"))]).unwrap();
                    }
                });
            }
        });
    }
}
