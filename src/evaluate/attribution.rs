//! Whether plants are given to the cell that they are rooted in: leaves that lean over a wall, and tall plants far
//! from the picture's centre, are where that goes wrong.

use serde::{Deserialize, Serialize};

use super::input::JudgedTray;
use super::rate::Rate;

/// A labelled plant of a judged tray.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttributedPlant {
    /// Whether a plant was found where it shows, and whether that one was given to this one's cell.
    pub outcome: Attribution,
    /// Height of its canopy above the substrate, pitches, where the set gives one.
    pub height_pitch: Option<f64>,
    /// Distance of its visible pixels' centre from the picture's, as a share of half the picture's diagonal, 0–1.
    pub from_centre: f64,
}

/// What became of a labelled plant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribution {
    /// Given to the cell that it is rooted in.
    OwnCell,
    /// Given to another cell, or beyond the block.
    OtherCell,
    /// No plant was found where it shows.
    NotFound,
}

/// Plants of one band of height or distance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttributionBand {
    /// Lower end of the band, included.
    pub from: f64,
    /// Upper end, excluded; null where there is none.
    pub to: Option<f64>,
    /// Given to their own cell, of all labelled plants of the band.
    pub own_cell: Rate,
    /// Given to another cell.
    pub other_cell: usize,
    /// Not found at all.
    pub not_found: usize,
}

/// Shares of plants that were given to their own cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttributionMetrics {
    /// Of all labelled plants of the judged trays.
    pub own_cell: Rate,
    /// By height in pitches; null where the set gives no heights.
    pub by_height_pitch: Option<Vec<AttributionBand>>,
    /// By distance from the picture's centre, a share of half its diagonal.
    pub by_distance_from_centre: Vec<AttributionBand>,
}

/// Lower ends of the bands of height, pitches: flat, up to half a cell, up to a cell, taller.
const HEIGHTS: [f64; 4] = [0.0, 0.25, 0.5, 1.0];
/// Lower ends of the bands of distance.
const DISTANCES: [f64; 4] = [0.0, 0.25, 0.5, 0.75];

/// The shares of these trays; none where no plant is labelled.
pub(super) fn attribution(trays: &[JudgedTray<'_>]) -> Option<AttributionMetrics> {
    let all = |_: &AttributedPlant| true;
    let own_cell = own_cell_rate(trays, &all).known()?;
    let with_height = |plant: &AttributedPlant| plant.height_pitch.is_some();
    let known = own_cell_rate(trays, &with_height).known();
    Some(AttributionMetrics {
        own_cell,
        by_height_pitch: known.map(|_| bands(trays, &HEIGHTS, |plant| plant.height_pitch)),
        by_distance_from_centre: bands(trays, &DISTANCES, |plant| Some(plant.from_centre)),
    })
}

fn bands(
    trays: &[JudgedTray<'_>],
    lower_ends: &[f64],
    value: fn(&AttributedPlant) -> Option<f64>,
) -> Vec<AttributionBand> {
    lower_ends
        .iter()
        .enumerate()
        .map(|(i, &from)| {
            let to = lower_ends.get(i + 1).copied();
            let within = move |plant: &AttributedPlant| {
                value(plant).is_some_and(|v| v >= from && to.is_none_or(|to| v < to))
            };
            let count = |outcome| {
                let plants = trays.iter().flat_map(|tray| &tray.compared.attributed);
                plants.filter(|p| within(p) && p.outcome == outcome).count()
            };
            AttributionBand {
                from,
                to,
                own_cell: own_cell_rate(trays, &within),
                other_cell: count(Attribution::OtherCell),
                not_found: count(Attribution::NotFound),
            }
        })
        .collect()
}

fn own_cell_rate(trays: &[JudgedTray<'_>], counts: &dyn Fn(&AttributedPlant) -> bool) -> Rate {
    let tallies: Vec<_> = trays
        .iter()
        .map(|tray| {
            let plants = tray
                .compared
                .attributed
                .iter()
                .filter(|plant| counts(plant));
            tray.tally(plants.map(|plant| plant.outcome == Attribution::OwnCell))
        })
        .collect();
    Rate::by_tray(&tallies)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::samples;

    fn plant(outcome: Attribution, height_pitch: Option<f64>, from_centre: f64) -> AttributedPlant {
        AttributedPlant {
            outcome,
            height_pitch,
            from_centre,
        }
    }

    #[test]
    fn plants_are_counted_in_the_band_of_their_height_and_distance() {
        let report = samples::graded(1, 2, 200.0, 100.0);
        let mut tray = JudgedTray::new("a", "1", Vec::new(), &report, 1.0);
        tray.compared.attributed = vec![
            plant(Attribution::OwnCell, Some(0.1), 0.1),
            plant(Attribution::OtherCell, Some(1.5), 0.9),
            plant(Attribution::NotFound, Some(1.0), 0.75),
            plant(Attribution::OwnCell, None, 1.0),
        ];
        let metrics = attribution(&[tray]).unwrap();
        assert_eq!((metrics.own_cell.hits, metrics.own_cell.of), (2, 4));
        let heights = metrics.by_height_pitch.unwrap();
        let of: Vec<usize> = heights.iter().map(|band| band.own_cell.of).collect();
        assert_eq!(of, [1, 0, 0, 2]);
        assert_eq!((heights[3].other_cell, heights[3].not_found), (1, 1));
        assert_eq!((heights[1].own_cell.share, heights[3].to), (None, None));
        let far = &metrics.by_distance_from_centre[3];
        assert_eq!((far.own_cell.hits, far.own_cell.of), (1, 3));
    }

    #[test]
    fn without_heights_or_plants_nothing_is_said() {
        let report = samples::graded(1, 2, 200.0, 100.0);
        let mut tray = JudgedTray::new("a", "1", Vec::new(), &report, 1.0);
        assert_eq!(attribution(&[tray.clone()]), None);
        tray.compared.attributed = vec![plant(Attribution::OwnCell, None, 0.0)];
        assert_eq!(attribution(&[tray]).unwrap().by_height_pitch, None);
        assert_eq!(attribution(&[]), None);
    }
}
