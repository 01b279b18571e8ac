//! `picture`
