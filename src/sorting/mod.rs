//! `sorting`
