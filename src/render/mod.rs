//! `render`
