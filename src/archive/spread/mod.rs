//! A run over many machines by way of a server: who coordinates hands out shards and gathers their lines, workers grade.
//!
//! The server carries a run under the name that its manifest's digest gives. What decides judgements (nets, cards,
//! standard, configuration) is handed out as parts by their SHA-256 and checked on arrival, and a worker whose evidence
//! would differ from the run's does not judge. A shard is done for the server when its lines lie there and were read
//! back; it is done for the run when the coordinator has them under their name on its disk. Whatever dies in between,
//! the shard is handed out or fetched again, and the second time changes nothing.

mod coordinate;
mod handout;
mod outcome;
#[cfg(test)]
mod spread_tests;
mod work;

pub use coordinate::Coordinator;
pub use handout::{Handout, Parts, handed};
pub use work::{HandedPictures, Worker};
