//! What people and machines say beside a judgement, as rows that are added and never altered.
//!
//! In: statements with their moment and who says it. Out: the same, in the order of storing. A statement made twice is
//! stored once. Of statements about the same lot or job the last holds; the earlier ones stay.

mod correction;
mod delivery;
mod hand_measurement;
mod job_order;
mod lot_consent;
mod lot_size;
pub(super) mod picture;
mod plug_move;
mod recipe;
mod regrading;
mod sowing;
pub(super) mod table;

pub use correction::{
    CellPlace, Correction, CorrectionFilter, CorrectionKind, StatedVerdict, TAKEN_BACK,
};
pub use delivery::{Delivered, DeliveryFacts};
pub use hand_measurement::HandMeasurement;
pub use job_order::{ChangeOver, JobOrder, OrderNumber, Ordered, TrolleyCard};
pub use lot_consent::{LotConsent, TwoLots};
pub use lot_size::LotSize;
pub use picture::{KeptBecause, KeptPicture, PictureRemoval};
pub use plug_move::{
    Done, MoveBound, MovesTakenBack, PlugMove, StandingCell, StandingTray, TrayIdentity,
};
pub use recipe::{CalibrationText, NetCard, StandardText};
pub use regrading::Regrading;
pub use sowing::{JobFacts, LotFacts};

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{StoreError, schema};

/// Something said beside a judgement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "statement", rename_all = "snake_case")]
pub enum Statement {
    /// What a job grades.
    Job(JobFacts),
    /// What was sown, when and by which seeder.
    Lot(LotFacts),
    /// What was delivered under which number.
    Delivery(DeliveryFacts),
    /// A grading standard's text.
    Standard(StandardText),
    /// A net's card.
    Net(NetCard),
    /// A calibration's text.
    Calibration(CalibrationText),
    /// What a person says of a cell.
    Correction(Correction),
    /// A stored tray judged anew.
    Regrading(Box<Regrading>),
    /// What a person measured by hand.
    HandMeasurement(HandMeasurement),
    /// A picture that is kept on disk.
    Picture(KeptPicture),
    /// A kept picture that was deleted to make room.
    PictureRemoval(PictureRemoval),
    /// A job that people order of the line.
    JobOrder(JobOrder),
    /// What a trolley's card stands for.
    TrolleyCard(TrolleyCard),
    /// Which lots may stand in one tray.
    LotConsent(LotConsent),
    /// How many trays a lot has, and how many plants are ordered of it.
    LotSize(LotSize),
    /// A move of a plug that was made.
    PlugMove(PlugMove),
    /// Moves that were not made after all.
    MovesTakenBack(MovesTakenBack),
}

impl Statement {
    /// Names the content. Texts that have a digest of their own are the same whoever hands them over and when.
    ///
    /// # Errors
    /// A statement without a JSON form.
    pub fn digest(&self) -> Result<[u8; 32], serde_json::Error> {
        let of = |kind: &str, text: &str| Sha256::digest(format!("{kind}\n{text}")).into();
        Ok(match self {
            Self::Standard(standard) => of("standard", &standard.standard_digest),
            Self::Net(net) => of("net", &net.network),
            Self::Calibration(calibration) => of("calibration", &calibration.calibration),
            Self::PictureRemoval(removal) => of("picture removal", &removal.picture.to_string()),
            other => Sha256::digest(serde_json::to_vec(other)?).into(),
        })
    }
}

/// Stores a statement; one whose content is there already stays as it is.
pub(super) fn insert(connection: &Connection, statement: &Statement) -> Result<bool, StoreError> {
    let digest = statement.digest()?;
    match statement {
        Statement::Job(row) => table::insert(connection, row, &digest),
        Statement::Lot(row) => table::insert(connection, row, &digest),
        Statement::Delivery(row) => table::insert(connection, row, &digest),
        Statement::Standard(row) => table::insert(connection, row, &digest),
        Statement::Net(row) => table::insert(connection, row, &digest),
        Statement::Calibration(row) => table::insert(connection, row, &digest),
        Statement::Correction(row) => table::insert(connection, row, &digest),
        Statement::Regrading(row) => regrading::insert(connection, row, &digest),
        Statement::HandMeasurement(row) => {
            hand_measurement::check(row)?;
            table::insert(connection, row, &digest)
        }
        Statement::Picture(row) => table::insert(connection, row, &digest),
        Statement::PictureRemoval(row) => table::insert(connection, row, &digest),
        Statement::JobOrder(row) => table::insert(connection, row, &digest),
        Statement::TrolleyCard(row) => table::insert(connection, row, &digest),
        Statement::LotConsent(row) => table::insert(connection, row, &digest),
        Statement::LotSize(row) => table::insert(connection, row, &digest),
        Statement::PlugMove(row) => table::insert(connection, row, &digest),
        Statement::MovesTakenBack(row) => table::insert(connection, row, &digest),
    }
}

/// Adds statements to a store that another process may be writing: every call is one short transaction that waits for
/// its turn, and returns when the statement is on the disk.
#[derive(Debug)]
pub struct StatementWriter {
    connection: Connection,
}

impl StatementWriter {
    /// Opens a store that exists; an older one is brought up to date. `wait` is the longest that a statement waits
    /// for another writer's transaction.
    ///
    /// # Errors
    /// No file, no store, a newer one, or one that cannot be written.
    pub fn open(path: &Path, wait: Duration) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(StoreError::Missing {
                path: path.to_owned(),
            });
        }
        Ok(Self {
            connection: schema::open_for_writing(path, wait)?,
        })
    }

    /// Adds a statement; false when it was there already.
    ///
    /// # Errors
    /// The store stayed locked for longer than the wait, or took it not.
    pub fn add(&mut self, statement: &Statement) -> Result<bool, StoreError> {
        Ok(self.add_all(std::slice::from_ref(statement))? == 1)
    }

    /// Adds all of the statements or none; how many were new.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn add_all(&mut self, statements: &[Statement]) -> Result<usize, StoreError> {
        let change = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut new = 0;
        for statement in statements {
            new += usize::from(insert(&change, statement)?);
        }
        change.commit()?;
        Ok(new)
    }
}

#[cfg(test)]
#[path = "statements_tests.rs"]
mod tests;
