//! The reference function block, as integrators get it: its text is read, its names and types are checked by the
//! standard, and it is run scan by scan beside the simulated PLC, before a witness who knows what must never happen,
//! and broken on purpose to see that both would tell.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

mod block;
mod checking;
mod damage;
mod execution;
mod history;
mod language;
mod lockstep;
mod machine;
mod parsing;
mod program;
mod safety;
mod statements;
mod surroundings;
mod syntax;
mod types;

use std::rc::Rc;

use proptest::prelude::*;
use seedgrade::machine::documents::FUNCTION_BLOCK;

use crate::program::Program;

fn shipped() -> Rc<Program> {
    Rc::new(checking::program(FUNCTION_BLOCK).unwrap_or_else(|why| panic!("{why}")))
}

fn of(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

#[test]
fn the_block_and_the_simulated_plc_are_the_same_machine() {
    let program = shipped();
    proptest!(of(300), |(history in history::eventful(150))| {
        lockstep::compare(&program, &history).map_err(TestCaseError::fail)?;
    });
}

#[test]
fn the_block_and_the_simulated_plc_are_the_same_machine_on_a_crowded_belt() {
    let program = shipped();
    proptest!(of(100), |(history in history::crowded(60))| {
        lockstep::compare(&program, &history).map_err(TestCaseError::fail)?;
    });
}

#[test]
fn the_block_never_sorts_what_must_not_be_sorted() {
    let program = shipped();
    proptest!(of(300), |(history in history::eventful(150))| {
        safety::watch(&program, &history).map_err(TestCaseError::fail)?;
    });
}
