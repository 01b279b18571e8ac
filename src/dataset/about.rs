//! What `dataset.toml` says of a set as a whole.

use serde::Serialize;

use super::Use;

/// The head of `dataset.toml`, before its pictures. What is `None` is left out of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetAbout {
    /// The set's name.
    pub name: String,
    /// What it may be used for.
    #[serde(rename = "use")]
    pub usage: Use,
    /// Under which licence its pictures and labels come.
    pub licence: String,
    /// What they were made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Rows of cells in view, where all pictures agree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tray_rows: Option<usize>,
    /// Columns of cells in view, where all pictures agree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tray_cols: Option<usize>,
    /// Where the labels come from and how far they may be trusted.
    pub labels: String,
    /// What is known to be wrong with them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_traps: Option<String>,
}
