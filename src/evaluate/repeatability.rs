//! Whether a tray is judged alike each time that it is seen: pictures of one tray, compared with each other. No label
//! is needed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::inspect::{CellReport, TrayReport};

use super::bootstrap::Tally;
use super::input::JudgedTray;
use super::metric::mean;
use super::rate::Rate;

/// How alike the pictures of one tray are judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Repeatability {
    /// Trays with two or more judged pictures of one grid.
    pub trays: usize,
    /// Their judged pictures.
    pub pictures: usize,
    /// Pictures of trays seen repeatedly that were refused or failed: left out of the comparison.
    pub refused: usize,
    /// Pairs of cells with an equal verdict, of all pairs of pictures of a tray; trays are resampled.
    pub equal_verdicts: Rate,
    /// The same with an equal grade too.
    pub equal_grades: Rate,
    /// Cells with a plant in every picture: what the spread is of.
    pub cells: usize,
    /// Standard deviation within a cell, pooled over cells.
    pub spread: TraitSpread,
}

/// Standard deviations of a cell's traits from picture to picture, pooled over cells; null without cells.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct TraitSpread {
    /// Of the probability of a seedling.
    pub occupied: Option<f64>,
    /// Of the canopy area, square pitches.
    pub area_pitch2: Option<f64>,
    /// Of the canopy area, as a share of the cells' mean area.
    pub area_share: Option<f64>,
    /// Of the distance from the cell's centre, pitches.
    pub offset_pitch: Option<f64>,
    /// Of the chlorotic share.
    pub chlorotic: Option<f64>,
    /// Of the necrotic share.
    pub necrotic: Option<f64>,
}

/// The comparison of these pictures; none where no tray was judged twice and none refused.
pub(super) fn repeatability(trays: &[JudgedTray<'_>]) -> Option<Repeatability> {
    let mut same: BTreeMap<&str, Vec<&JudgedTray<'_>>> = BTreeMap::new();
    for tray in trays {
        if let Some(name) = &tray.same_tray {
            same.entry(name).or_default().push(tray);
        }
    }
    same.retain(|_, pictures| pictures.len() > 1);
    let pictures = || same.values().flatten();
    let refused = pictures().filter(|tray| !tray.is_graded()).count();
    if same.is_empty() {
        return None;
    }
    let seen: Vec<(&str, Vec<&TrayReport>)> = same
        .values()
        .map(|pictures| (pictures[0].group.as_str(), of_one_grid(pictures)))
        .filter(|(_, reports)| reports.len() > 1)
        .collect();
    let rate = |equal: fn(&CellReport, &CellReport) -> bool| {
        let tallies: Vec<Tally<'_>> = seen.iter().map(|(g, r)| pairs(g, r, equal)).collect();
        Rate::by_tray(&tallies)
    };
    let cells: Vec<Vec<&CellReport>> = seen.iter().flat_map(|(_, r)| planted_cells(r)).collect();
    Some(Repeatability {
        trays: seen.len(),
        pictures: seen.iter().map(|(_, reports)| reports.len()).sum(),
        refused,
        equal_verdicts: rate(|a, b| a.verdict == b.verdict),
        equal_grades: rate(|a, b| a.verdict == b.verdict && a.grade == b.grade),
        cells: cells.len(),
        spread: spread(&cells),
    })
}

/// The judged pictures with the grid of the first judged one.
fn of_one_grid<'a>(pictures: &[&'a JudgedTray<'_>]) -> Vec<&'a TrayReport> {
    let judged = || pictures.iter().filter(|t| t.is_graded()).map(|t| t.report);
    let grid = judged().next().map(|report| (report.rows, report.cols));
    judged()
        .filter(|r| Some((r.rows, r.cols)) == grid)
        .collect()
}

/// Pairs of cells that are alike, over all pairs of pictures.
fn pairs<'a>(
    group: &'a str,
    reports: &[&TrayReport],
    equal: fn(&CellReport, &CellReport) -> bool,
) -> Tally<'a> {
    let mut tally = Tally {
        group,
        hits: 0,
        of: 0,
    };
    for (i, a) in reports.iter().enumerate() {
        for b in &reports[i + 1..] {
            let cells = a.cells.iter().zip(&b.cells);
            tally.of += cells.len();
            tally.hits += cells.filter(|(a, b)| equal(a, b)).count();
        }
    }
    tally
}

/// The cells that have a plant in every picture, each with its reports.
fn planted_cells<'a>(reports: &[&'a TrayReport]) -> Vec<Vec<&'a CellReport>> {
    let cells = reports.first().map_or(0, |report| report.cells.len());
    (0..cells)
        .filter_map(|i| {
            reports
                .iter()
                .map(|r| r.cells.get(i))
                .collect::<Option<Vec<_>>>()
        })
        .filter(|cell| cell.iter().all(|seen| seen.area_pitch2 > 0.0))
        .collect()
}

fn spread(cells: &[Vec<&CellReport>]) -> TraitSpread {
    let of = |value: fn(&CellReport) -> f64| pooled_deviation(cells, value);
    let areas: Vec<f64> = cells
        .iter()
        .flatten()
        .map(|seen| seen.area_pitch2)
        .collect();
    let area = of(|seen| seen.area_pitch2);
    TraitSpread {
        occupied: of(|seen| seen.occupied),
        area_pitch2: area,
        area_share: area
            .zip(mean(&areas))
            .map(|(deviation, mean)| deviation / mean),
        offset_pitch: of(|seen| seen.offset_pitch.unwrap_or(0.0)),
        chlorotic: of(|seen| seen.chlorotic),
        necrotic: of(|seen| seen.necrotic),
    }
}

/// Root of the mean variance within a cell, each variance without bias.
fn pooled_deviation(cells: &[Vec<&CellReport>], value: fn(&CellReport) -> f64) -> Option<f64> {
    let (mut squares, mut freedom) = (0.0, 0);
    for cell in cells {
        let values: Vec<f64> = cell.iter().map(|seen| value(seen)).collect();
        let middle = mean(&values)?;
        squares += values
            .iter()
            .map(|v| (v - middle) * (v - middle))
            .sum::<f64>();
        freedom += values.len().saturating_sub(1);
    }
    (freedom > 0).then(|| (squares / freedom as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::samples;

    fn seen<'a>(tray: &str, report: &'a TrayReport) -> JudgedTray<'a> {
        let mut judged = JudgedTray::new("a", "1", Vec::new(), report, 1.0);
        judged.same_tray = Some(tray.to_owned());
        judged
    }

    #[test]
    fn equal_verdicts_are_counted_over_all_pairs_of_pictures() {
        let first = samples::graded(1, 7, 700.0, 100.0);
        let mut second = first.clone();
        second.cells[0].grade = Some("B".into());
        second.cells[1].verdict = "unsure".into();
        let trays = [seen("x", &first), seen("x", &second), seen("x", &first)];
        let found = repeatability(&trays).unwrap();
        assert_eq!((found.trays, found.pictures, found.refused), (1, 3, 0));
        // of three pairs two differ, in one cell (with the grade: two)
        assert_eq!(
            (found.equal_verdicts.hits, found.equal_verdicts.of),
            (19, 21)
        );
        assert_eq!(found.equal_grades.hits, 17);
    }

    #[test]
    fn the_spread_is_within_cells_not_between_them() {
        let mut first = samples::graded(1, 2, 200.0, 100.0);
        (first.cells[0].area_pitch2, first.cells[1].area_pitch2) = (0.2, 0.6);
        let mut second = first.clone();
        (second.cells[0].area_pitch2, second.cells[1].area_pitch2) = (0.22, 0.6);
        let found = repeatability(&[seen("x", &first), seen("x", &second)]).unwrap();
        assert_eq!(found.cells, 2);
        // variances 0.0002 and 0
        assert!((found.spread.area_pitch2.unwrap() - 0.01).abs() < 1e-9);
        assert!((found.spread.area_share.unwrap() - 0.01 / 0.405).abs() < 1e-9);
        assert_eq!(found.spread.occupied, Some(0.0));
    }

    #[test]
    fn refused_pictures_and_other_grids_are_not_compared() {
        let (good, other) = (
            samples::graded(1, 2, 200.0, 100.0),
            samples::graded(1, 3, 300.0, 100.0),
        );
        let refused = samples::refused("too dark");
        let found =
            repeatability(&[seen("x", &good), seen("x", &refused), seen("x", &other)]).unwrap();
        assert_eq!(
            (found.trays, found.pictures, found.refused, found.cells),
            (0, 0, 1, 0)
        );
        assert_eq!(
            (found.equal_verdicts.share, found.spread),
            (None, TraitSpread::default())
        );
        assert_eq!(repeatability(&[seen("x", &good), seen("y", &good)]), None);
        assert_eq!(repeatability(&[]), None);
    }
}
