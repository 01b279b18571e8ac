//! `inspect`
