//! `grade`
