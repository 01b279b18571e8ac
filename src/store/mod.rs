//! Reports, events and commands ⇄ one SQLite file.
//!
//! In: records with the moments that the caller gives them. Out: the same records, equal to what was
//! written. Invariants: what is stored is never altered or deleted here (triggers refuse it); a writer
//! never makes its caller wait for the disk.

mod cells;
mod delivered;
mod export;
mod health;
mod held_stores;
mod intake;
mod lists;
mod lot_evidence;
mod names;
mod part_health;
mod plc_flags;
mod plug_history;
mod reader;
mod record;
mod retention;
mod roll_ups;
mod schema;
mod several;
mod sign_of_life;
mod spill;
mod statements;
mod stored_moment;
mod waiting;
mod within;
mod writer;

pub use cells::unpack as unpack_cells;
pub use delivered::{DeliveredTray, Delivery, delivery_of};
pub use export::{
    COLUMNS_KEY, ColumnValue, EXPORT_COLUMNS, ExportColumn, ExportScope, ExportedTray,
    ParquetError, ParquetTable,
};
pub use health::{Compacted, Health, back_up, check, compact};
pub use held_stores::HeldStores;
pub use intake::digest as report_digest;
pub use lists::{LastRows, StoredLot};
pub use lot_evidence::{OneMoment, PassJudgement, RowBound, StoredPass};
pub use names::{LONGEST_NAME, is_name};
pub use part_health::{LinePart, PartHealth};
pub use plc_flags::PlcFlag;
pub use plug_history::{MoveRefusal, PlugHistory, Stands};
pub use reader::{Newest, StoreReader, StoredTray, TrayFilter};
pub use record::{CommandRecord, EventRecord, LATE, Record, TrayRecord};
pub use retention::{NewPicture, NotKept, PictureFolder, ROOM_FOR_STORE, pictures_path};
pub use schema::STORE_VERSION;
pub use several::{lot_of, lot_size_of, lots_of, tallies_of};
pub use sign_of_life::{LineWatch, NoSignOfLife, SignOfLife};
pub use spill::spill_path;
pub use statements::{
    CalibrationText, CellPlace, ChangeOver, Correction, CorrectionFilter, CorrectionKind,
    Delivered, DeliveryFacts, Done, HandMeasurement, JobFacts, JobOrder, KeptBecause, KeptPicture,
    LotConsent, LotFacts, LotSize, MoveBound, MovesTakenBack, NetCard, OrderNumber, Ordered,
    PictureRemoval, PlugMove, Regrading, StandardText, StandingCell, StandingTray, StatedVerdict,
    Statement, StatementWriter, TAKEN_BACK, TrayIdentity, TrolleyCard, TwoLots,
};
pub use stored_moment::StoredMoment;
pub use within::{CommandEnds, LateCommands, RoutedPasses};
pub use writer::{Sink, StoreCounters, StoreWriter, WriterParams};

use std::path::PathBuf;

/// Why a store could not be opened, written or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file that SQLite or seedgrade did not make.
    #[error("{path} is no store: expected a seedgrade database, found {found}")]
    NotAStore {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        found: String,
    },
    /// Written by a later seedgrade.
    #[error(
        "store {path} is of version {found}: expected at most {expected}; use a newer seedgrade"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version that it has.
        found: i64,
        /// The newest that this program knows.
        expected: i64,
    },
    /// Written by an earlier seedgrade, and opened for reading only, which alters nothing.
    #[error(
        "store {path} is of version {found}: expected {expected} or later, and reading does not alter it; \
         `seedgrade store compact --store {path}` brings it up to date once no older seedgrade writes it"
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// The version that it has.
        found: i64,
        /// The oldest version that this program reads as it is.
        expected: i64,
    },
    /// No store where one was to be read.
    #[error("store {path} does not exist")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Not the file that was opened at first: what was read of that one says nothing of it.
    #[error("store {path} is another file than when the pages were started: start them again")]
    Replaced {
        /// The file.
        path: PathBuf,
    },
    /// A folder or file that cannot be opened for writing.
    #[error("store {path} cannot be opened: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// SQLite's reason.
        source: rusqlite::Error,
    },
    /// The spill file beside the store cannot be read or put away.
    #[error("spill file {path} cannot be taken in: {source}")]
    Spill {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A copy of a store cannot be made.
    #[error("copy {path} cannot be made: {source}")]
    Copy {
        /// The copy.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// SQLite failed while reading or writing.
    #[error("store failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A record that has no JSON form or whose stored form does not parse.
    #[error("stored record is damaged: {0}")]
    Record(#[from] serde_json::Error),
    /// A blob of cells that does not unpack.
    #[error("stored cells are damaged: {0}")]
    Cells(String),
    /// A report with a number that JSON cannot hold.
    #[error("report of tray {0} cannot be stored: expected finite numbers, found another")]
    Unfaithful(String),
    /// A thread could not be started.
    #[error("store's writer cannot be started: {0}")]
    Thread(#[source] std::io::Error),
    /// A statement that cannot be stored, or whose stored form does not parse.
    #[error("statement is not valid: {0}")]
    Statement(String),
    /// No tray of that number.
    #[error("store holds no tray number {0}")]
    NoTray(i64),
}

impl StoreError {
    /// Whether the record is what the store does not take, and not the store that takes nothing.
    fn is_of_the_record(&self) -> bool {
        use rusqlite::ErrorCode::{ConstraintViolation, TooBig, TypeMismatch};
        match self {
            Self::Record(_) | Self::Cells(_) | Self::Unfaithful(_) | Self::Statement(_) => true,
            Self::Sqlite(error) => matches!(
                error.sqlite_error_code(),
                Some(ConstraintViolation | TooBig | TypeMismatch)
            ),
            _ => false,
        }
    }
}

#[cfg(test)]
#[path = "migration_tests.rs"]
mod migration_tests;
