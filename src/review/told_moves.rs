//! Moves as forms and programs tell them, before anybody has looked whether they can be.

use serde::{Deserialize, Serialize};

use super::answer::Trouble;

/// Moves that are told at once: a tray has not so many cells.
const MOST_MOVES: usize = 1_000;

/// Moves as a form tells them.
#[derive(Debug, Deserialize)]
pub struct Told {
    /// Whoever tells them names them: what is told again under the same name is stored once.
    pub key: String,
    /// JSON: a list of [`ToldMove`].
    pub moves: String,
}

/// A cell of a tray, from (0, 0) at the tray's top left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub row: u32,
    pub col: u32,
}

/// A move as it is told: `tray`, `into`, `donor`, `from`; or of a cell that was only cleared `tray`, `cleared`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToldMove {
    /// The tray whose cell was filled or cleared: its uid, or the code on it.
    pub(super) tray: String,
    /// The cell that was filled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) into: Option<Place>,
    /// The tray that gave the plug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) donor: Option<String>,
    /// Where the plug was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<Place>,
    /// The cell that was cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cleared: Option<Place>,
}

impl ToldMove {
    /// A plug that went from a donor's cell into another.
    pub fn of(donor: &str, from: (usize, usize), tray: &str, into: (usize, usize)) -> Self {
        let place = |(row, col): (usize, usize)| Place {
            row: row as u32,
            col: col as u32,
        };
        Self {
            tray: tray.to_owned(),
            into: Some(place(into)),
            donor: Some(donor.to_owned()),
            from: Some(place(from)),
            cleared: None,
        }
    }

    /// A cell that was only cleared.
    pub fn clearing(tray: &str, cell: Place) -> Self {
        Self {
            tray: tray.to_owned(),
            into: None,
            donor: None,
            from: None,
            cleared: Some(cell),
        }
    }
}

/// The moves of a form.
///
/// # Errors
/// It is no list of moves, an empty one or too long a one.
pub fn read(text: &str) -> Result<Vec<ToldMove>, Trouble> {
    let moves: Vec<ToldMove> = serde_json::from_str(text)
        .map_err(|error| Trouble::Bad(format!("moves: expected a list of moves, {error}")))?;
    match moves.len() {
        1..=MOST_MOVES => Ok(moves),
        found => Err(Trouble::Bad(format!(
            "moves: expected 1 to {MOST_MOVES}, found {found}"
        ))),
    }
}
