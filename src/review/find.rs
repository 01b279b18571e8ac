//! What a name means: passes of a tray by its code or its uid, and a lot. It is looked up by index: a large store costs no more.

use crate::store::{StoreReader, StoredTray};

use super::answer::Trouble;
use super::house::House;
use super::lots::span;
use super::stores::TrayKey;

/// Passes of one name that are listed.
pub const MOST_PASSES: usize = 30;

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    /// Passes of the trays with this code or uid, the newest first.
    pub passes: Vec<(TrayKey, StoredTray)>,
    /// Whether there are older ones.
    pub older: bool,
    /// Whether a lot is called so.
    pub lot: bool,
}

impl Meant {
    /// Nothing is called so.
    pub const fn is_nothing(&self) -> bool {
        self.passes.is_empty() && !self.lot
    }
}

/// What a name means in all stores.
///
/// # Errors
/// A store fails.
pub fn meant(house: &House, name: &str) -> Result<Meant, Trouble> {
    let (passes, older) = passes_named(house, name)?;
    Ok(Meant {
        passes,
        older,
        lot: span(house, Some(name))?.is_some(),
    })
}

/// The newest passes of trays with this code or uid, and whether there are older ones.
///
/// # Errors
/// A store fails.
pub fn passes_named(
    house: &House,
    name: &str,
) -> Result<(Vec<(TrayKey, StoredTray)>, bool), Trouble> {
    let named = |reader: &StoreReader| reader.newest_named(name, MOST_PASSES as u32 + 1);
    let mut passes = house.stores.newest_first(named, StoredTray::seen_at)?;
    let older = passes.len() > MOST_PASSES;
    passes.truncate(MOST_PASSES);
    Ok((passes, older))
}
