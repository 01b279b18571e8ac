//! `plant`
