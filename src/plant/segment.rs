//! Net outputs into plants.
