//! `machine`
