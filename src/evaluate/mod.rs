//! Reports and labels in, metrics with intervals out.

mod interval;

pub use interval::{CONFIDENCE, Interval, clopper_pearson, rate_words, wilson};
