//! What maintenance people read while seedgrade runs: log set-up.
