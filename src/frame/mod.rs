//! `frame`
