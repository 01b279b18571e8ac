//! Which trays of a lot are shown on its report: the lowest, the middle and the highest share of marketable plants, of
//! each the nearest tray whose picture is still kept.

use std::sync::Arc;

use crate::certificate::CountedTray;
use crate::inspect::TrayReport;
use crate::review::pictures::{Pictures, ReadyPicture};
use crate::review::stores::{StoreIndex, Stores, TrayKey};
use crate::store::StoreError;

/// Trays whose pictures are looked for from one place in the order: bounds what a report costs where most are gone.
const MOST_LOOKED_FOR: usize = 40;

/// Where a tray stands among those of its lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The lowest share of marketable plants.
    Lowest,
    /// The middle one.
    Middle,
    /// The highest.
    Highest,
}

/// A tray that is shown.
#[derive(Debug, Clone)]
pub struct Photograph {
    /// Where it stands.
    pub standing: Standing,
    /// Where its row is.
    pub key: TrayKey,
    /// What was judged.
    pub report: TrayReport,
    /// The standard's grades, best first.
    pub grade_order: Vec<String>,
    /// Its picture.
    pub picture: Arc<ReadyPicture>,
    /// SHA-256 of the picture's file, hexadecimal.
    pub sha256: String,
    /// Plants of a marketable grade.
    pub marketable: u64,
    /// Sown cells.
    pub sown: u64,
}

/// Chooses from a lot's graded trays, which come in the order of their share.
///
/// # Errors
/// A store fails.
pub fn choose(
    trays: &[CountedTray],
    stores: &Stores,
    pictures: &Pictures,
    grade_order: &dyn Fn(&TrayReport) -> Vec<String>,
) -> Result<Vec<Photograph>, StoreError> {
    let mut chosen: Vec<(usize, Photograph)> = Vec::new();
    for standing in [Standing::Lowest, Standing::Middle, Standing::Highest] {
        for place in order_from(standing, trays.len()).take(MOST_LOOKED_FOR) {
            if chosen.iter().any(|(other, _)| *other == place) {
                continue;
            }
            let tray = &trays[place];
            let Some(store) = stores.get(StoreIndex(tray.store)) else {
                continue;
            };
            let head = store.read(|reader| reader.report_without_cells(tray.id))?;
            let Ok(picture) = pictures.of(&head) else {
                continue;
            };
            let report = store.read(|reader| reader.report(tray.id))?;
            let photograph = Photograph {
                standing,
                key: TrayKey {
                    store: StoreIndex(tray.store),
                    id: tray.id,
                },
                grade_order: grade_order(&report),
                sha256: picture.sha256.clone(),
                marketable: tray.marketable,
                sown: tray.sown,
                picture,
                report,
            };
            chosen.push((place, photograph));
            break;
        }
    }
    chosen.sort_by_key(|(place, _)| *place);
    Ok(chosen.into_iter().map(|(_, chosen)| chosen).collect())
}

/// Places of `n` trays in the order in which they are looked for: from an end, or from the middle outward.
fn order_from(standing: Standing, n: usize) -> Box<dyn Iterator<Item = usize>> {
    match standing {
        Standing::Lowest => Box::new(0..n),
        Standing::Highest => Box::new((0..n).rev()),
        Standing::Middle => {
            let middle = n / 2;
            let below = move |by: usize| middle.checked_sub(by).filter(|_| by > 0);
            let above = move |by: usize| Some(middle + by).filter(|&place| place < n);
            Box::new((0..=n).flat_map(move |by| above(by).into_iter().chain(below(by))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_tray_is_looked_for_from_the_middle_outward_and_every_tray_once() {
        let order = |n| order_from(Standing::Middle, n).collect::<Vec<_>>();
        assert_eq!(order(0), [0_usize; 0]);
        assert_eq!(order(1), [0]);
        assert_eq!(order(5), [2, 3, 1, 4, 0]);
        assert_eq!(order(4), [2, 3, 1, 0]);
    }
}
