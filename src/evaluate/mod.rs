//! `evaluate`
