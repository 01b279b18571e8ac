//! `cell`
