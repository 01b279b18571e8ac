//! How far a run is, for people.

use indicatif::{ProgressBar, ProgressStyle};

use crate::archive::Watch;

use super::super::interrupt;

/// A bar on stderr when that is a terminal, with the rate and the time that remains.
pub struct Progress {
    /// The bar.
    pub bar: ProgressBar,
}

impl Progress {
    /// Over so many pictures.
    #[must_use]
    pub fn over(pictures: usize) -> Self {
        let bar = ProgressBar::new(pictures as u64);
        let shape = "{wide_bar} {pos}/{len} trays, {per_sec}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(shape) {
            bar.set_style(style);
        }
        Self { bar }
    }
}

impl Watch for Progress {
    fn stop(&self) -> bool {
        interrupt::requested()
    }

    fn judged(&self) {
        self.bar.inc(1);
    }
}
