//! `network`
