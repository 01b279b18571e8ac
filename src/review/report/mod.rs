//! A lot's inspection report (检测报告) for a page and for paper.
//!
//! In: a certificate, the pictures that are still kept, a language. Out: one [`Sheet`] of words and figures, which the
//! page draws as HTML and [`paper`] as PDF, so that both say the same. Invariants: the same certificate, pictures and
//! font give the same bytes; a letter that the font does not have is never printed as a box.

mod layout;
mod letters;
pub(super) mod of_stores;
mod paper;
mod photographs;
mod sheet;
mod worded;
mod worded_share;

pub use letters::{Letters, NoLetters};
pub use of_stores::{ReportError, ReportSource};
pub use paper::{PaperError, paper};
pub(super) use photographs::choose;
pub use photographs::{Photograph, Standing};
pub(super) use sheet::{Fact, Part, Section, Sheet};
pub(super) use worded::caption;
