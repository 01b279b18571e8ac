//! `dataset`
