//! The operators' pages over HTTP: who is let in, what they see, what stays beside a judgement.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

#[path = "../common/mod.rs"]
mod common;

mod access;
mod accessibility;
mod at_once;
mod bench;
mod browser;
mod by_hand;
mod causes;
mod certificate;
mod client;
mod find;
mod gestures;
mod jobs;
mod lot_size;
mod moves;
mod nursery;
mod pages;
mod process;
mod reads;
mod report;
mod screens;
mod shift;
mod silence;
mod slow;
mod standard_text;
mod statements;
mod switch;
mod webdriver;
