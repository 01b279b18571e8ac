//! What `dataset.toml` says of one picture.

use serde::Serialize;

/// A line of `dataset.toml`.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    pub(super) file: String,
    pub(super) width: u32,
    pub(super) height: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tray_rows: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tray_cols: Option<usize>,
    pub(super) group: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) view: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) split: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) encoding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) leaves: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) same_tray: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) no_tray: bool,
}

impl Entry {
    /// Names the rows and columns of the block of cells in view.
    pub fn set_grid(&mut self, rows: usize, cols: usize) {
        (self.tray_rows, self.tray_cols) = (Some(rows), Some(cols));
    }

    /// Puts the picture into a group: what must not be torn apart by a split.
    pub fn set_group(&mut self, group: &str) {
        group.clone_into(&mut self.group);
    }
}
