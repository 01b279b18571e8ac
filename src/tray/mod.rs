//! `tray`
