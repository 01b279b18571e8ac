//! Judged trays in sums, and what the sums say of a lot.
//!
//! In: reports, one at a time ([`Tally::of`]), or sums of them that a store keeps. Out: one [`Summary`] a lot, variety,
//! job, day, shift or standard, and the seeder's nozzles that look blocked ([`suspects`]).
//!
//! Invariants: sums are whole numbers, so that what is added can be taken away again exactly; no rate stands without
//! its interval and count; of unsure cells nothing is assumed.

mod blank_map;
mod calendar;
mod grouping;
mod nozzle;
mod shift;
mod summary;
mod tally;

pub use blank_map::BlankMap;
pub use calendar::{Calendar, CalendarError};
pub use grouping::{Group, GroupBy, group};
pub use nozzle::{FALSE_ALARMS_PER_LOT, Suspect, SuspectPlace, suspects};
pub use shift::Shift;
pub use summary::{BinomialRate, Summary, Uniformity};
pub use tally::{AREA_STEP_PITCH2, AreaSums, Tally, TallyKey, TrayCounts, VerdictSums};
