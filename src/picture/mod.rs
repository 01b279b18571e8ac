//! Reports and frames in; overlays, contact sheets, `report.html` and terminal tables out.
//!
//! Invariant: a verdict looks alike everywhere (its [`Mark`]), and no rate stands without its interval
//! and count.

mod accuracy_table;
mod canvas;
mod contact_sheet;
mod encode;
mod mark;
mod overlay;
mod quads;
mod report_html;
mod svg;
mod terminal;
mod words;

pub use accuracy_table::accuracy_table;
pub use contact_sheet::{CellCrop, contact_sheet, crop_cell};
pub use encode::{EncodeError, jpeg, png};
pub use mark::{Drawing, Mark, OUTLINE, Quad, REMOVE_SIGN, Stroke, draw_mark, is_removed};
pub use overlay::overlay;
pub use quads::cell_quads;
pub use report_html::{TrayPicture, report_html};
pub use svg::{mark_key, marked_cell};
pub use terminal::{aligned, cell_matrix, summary_table};
