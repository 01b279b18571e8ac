//! Areas and places of plants, cell by cell, against exact labels.

use serde::{Deserialize, Serialize};

use crate::grade::{GradingStandard, keeps_healthy};
use crate::inspect::CellReport;

use super::Interval;
use super::bootstrap::{Part, mean_interval};
use super::input::JudgedTray;
use super::metric::{mean, quantile};
use super::rate::Rate;

/// All labelled plants that are rooted in a cell, together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantedCell {
    /// Their visible pixels in the frame.
    pub area_px: f64,
    /// The mean of these pixels, frame px.
    pub centre_px: [f64; 2],
}

/// Whether a standard keeps a healthy seedling of a cell's exact size ([`keeps_healthy`]), cell by cell: what a standard
/// removes for its size is no mistake of whoever measured it.
///
/// `mm_per_px`: where the scale is known.
#[must_use]
pub fn standard_keeps(
    planted: &[Option<PlantedCell>],
    standard: &GradingStandard,
    px_per_pitch: f64,
    mm_per_px: Option<f64>,
) -> Vec<bool> {
    let keeps = |planted: &PlantedCell| {
        let area_mm2 = mm_per_px.map(|mm| planted.area_px * mm * mm);
        keeps_healthy(standard, planted.area_px / px_per_pitch.powi(2), area_mm2)
    };
    planted
        .iter()
        .map(|cell| cell.as_ref().is_some_and(keeps))
        .collect()
}

/// Error of canopy areas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AreaError {
    /// Mean absolute error as a share of the labelled area; a plant that was missed counts as 1.
    pub mape: f64,
    /// Its 95 % interval.
    pub ci95: Option<Interval>,
    /// What limits the interval.
    pub ci_note: Option<String>,
    /// Half of the errors are smaller.
    pub median: f64,
    /// The mean over plants that were not missed; null where all were.
    pub mape_of_found: Option<f64>,
    /// Labelled areas of which nothing was found.
    pub missed: usize,
    /// Cells (of sets with masks only: pictures) with a labelled area in judged trays.
    pub compared: usize,
}

/// Distance of canopy centres from the labelled ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CentreError {
    /// The distance that `within` counts, pitches.
    pub limit_pitch: f64,
    /// Plants found within the limit, of all labelled seedlings of judged trays: a plant that was missed is not.
    pub within: Rate,
    /// The same of the found plants only.
    pub within_of_found: Rate,
    /// Half of the found plants are nearer, pitches.
    pub median_pitch: Option<f64>,
    /// 95 % of the found plants are nearer, pitches.
    pub p95_pitch: Option<f64>,
}

/// How far off a gripper may reach, pitches: 2 mm of a 26 mm cell.
const CENTRE_LIMIT_PITCH: f64 = 0.08;

/// The labelled seedlings of a judged tray that have exact labels, with what was said of their cells.
fn planted<'a>(
    tray: &'a JudgedTray<'_>,
) -> impl Iterator<Item = (&'a PlantedCell, &'a CellReport)> + 'a {
    let compared = &tray.compared;
    let cells = compared.planted.iter().zip(&tray.report.cells).enumerate();
    cells.filter_map(|(i, (planted, cell))| {
        let seedling = compared.labels.get(i).copied().flatten() == Some(true);
        let planted = planted.as_ref().filter(|p| seedling && p.area_px > 0.0)?;
        Some((planted, cell))
    })
}

/// A found and a labelled area in the same unit; the labelled one is above 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct AreaPair {
    pub found: f64,
    pub truth: f64,
}

impl AreaPair {
    fn error(&self) -> f64 {
        (self.found - self.truth).abs() / self.truth
    }
}

/// Error of areas over cells; of sets that have masks only over pictures.
pub(super) fn area_error(trays: &[JudgedTray<'_>]) -> Option<AreaError> {
    let of_cells = trays.iter().map(|tray| {
        let pair = |(truth, cell): (&PlantedCell, &CellReport)| AreaPair {
            found: cell.area_px,
            truth: truth.area_px,
        };
        let areas: Vec<AreaPair> = planted(tray).map(pair).collect();
        (tray.group.as_str(), areas)
    });
    let of_pictures = || {
        trays.iter().map(|tray| {
            let pair = tray.compared.mask.and_then(|mask| mask.areas());
            (tray.group.as_str(), pair.into_iter().collect())
        })
    };
    area_error_of(&of_cells.collect::<Vec<_>>())
        .or_else(|| area_error_of(&of_pictures().collect::<Vec<_>>()))
}

/// The error of areas, a list with its group for every tray or picture.
pub(super) fn area_error_of(areas: &[(&str, Vec<AreaPair>)]) -> Option<AreaError> {
    let all: Vec<AreaPair> = areas.iter().flat_map(|(_, pairs)| pairs).copied().collect();
    let mut errors: Vec<f64> = all.iter().map(AreaPair::error).collect();
    errors.sort_by(f64::total_cmp);
    let of_found = all.iter().filter(|pair| pair.found > 0.0);
    let of_found: Vec<f64> = of_found.map(AreaPair::error).collect();
    let parts: Vec<Part<'_>> = areas
        .iter()
        .map(|(group, pairs)| Part {
            group,
            sum: pairs.iter().map(AreaPair::error).sum(),
            of: pairs.len() as f64,
        })
        .collect();
    let (ci95, ci_note) = mean_interval(&parts, "tray");
    Some(AreaError {
        mape: mean(&errors)?,
        ci95,
        ci_note,
        median: quantile(&errors, 0.5),
        mape_of_found: mean(&of_found),
        missed: all.len() - of_found.len(),
        compared: all.len(),
    })
}

/// Distances of centres; none without exact labels in judged trays.
pub(super) fn centre_error(trays: &[JudgedTray<'_>]) -> Option<CentreError> {
    let distance = |tray: &JudgedTray<'_>, truth: &PlantedCell, cell: &CellReport| {
        let pitch = tray.report.px_per_pitch.filter(|&px| px > 0.0)?;
        let [x, y] = cell.centre_px?;
        Some((x - truth.centre_px[0]).hypot(y - truth.centre_px[1]) / pitch)
    };
    let mut found = Vec::new();
    let (mut tallies, mut tallies_of_found) = (Vec::new(), Vec::new());
    for tray in trays {
        let distances: Vec<Option<f64>> = planted(tray)
            .map(|(truth, cell)| distance(tray, truth, cell))
            .collect();
        let near = |d: f64| d <= CENTRE_LIMIT_PITCH;
        tallies.push(tray.tally(distances.iter().map(|d| d.is_some_and(near))));
        tallies_of_found.push(tray.tally(distances.iter().flatten().map(|&d| near(d))));
        found.extend(distances.into_iter().flatten());
    }
    found.sort_by(f64::total_cmp);
    let at = |share| (!found.is_empty()).then(|| quantile(&found, share));
    Some(CentreError {
        limit_pitch: CENTRE_LIMIT_PITCH,
        within: Rate::by_tray(&tallies).known()?,
        within_of_found: Rate::by_tray(&tallies_of_found),
        median_pitch: at(0.5),
        p95_pitch: at(0.95),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::MaskCounts;
    use crate::evaluate::samples;
    use crate::inspect::TrayReport;

    /// Three cells at 100 px a pitch: found with 100 px and 200 px, and missed.
    fn report() -> TrayReport {
        let mut report = samples::graded(1, 3, 300.0, 100.0);
        report.px_per_pitch = Some(100.0);
        let found = [
            (100.0, Some([50.0, 50.0])),
            (200.0, Some([150.0, 60.0])),
            (0.0, None),
        ];
        for (cell, (area, centre)) in report.cells.iter_mut().zip(found) {
            (cell.area_px, cell.centre_px) = (area, centre);
        }
        report
    }

    fn planted_tray(report: &TrayReport) -> JudgedTray<'_> {
        let mut tray = JudgedTray::new("a", "1", vec![Some(true); 3], report, 1.0);
        let cell = |area_px, x, y| {
            Some(PlantedCell {
                area_px,
                centre_px: [x, y],
            })
        };
        tray.compared.planted = vec![
            cell(80.0, 50.0, 58.0),
            cell(400.0, 150.0, 50.0),
            cell(10.0, 250.0, 50.0),
        ];
        tray
    }

    #[test]
    fn a_missed_plant_is_an_error_of_one_and_not_within_the_limit() {
        let report = report();
        let trays = [planted_tray(&report)];
        let area = area_error(&trays).unwrap();
        assert_eq!((area.compared, area.median), (3, 0.5));
        assert!((area.mape - (0.25 + 0.5 + 1.0) / 3.0).abs() < 1e-12);
        assert_eq!(area.ci95, None, "one tray");
        assert_eq!((area.missed, area.mape_of_found), (1, Some(0.375)));
        let centre = centre_error(&trays).unwrap();
        assert_eq!((centre.within.hits, centre.within.of), (1, 3));
        assert_eq!(
            (centre.within_of_found.hits, centre.within_of_found.of),
            (1, 2)
        );
        assert!((centre.median_pitch.unwrap() - 0.09).abs() < 1e-9);
    }

    #[test]
    fn cells_that_are_not_labelled_as_seedlings_are_left_out() {
        let report = report();
        let mut tray = planted_tray(&report);
        tray.compared.labels = vec![Some(true), None, Some(false)];
        let trays = [tray];
        assert_eq!(area_error(&trays).unwrap().compared, 1);
        assert_eq!(centre_error(&trays).unwrap().within.of, 1);
    }

    #[test]
    fn masks_alone_are_compared_picture_by_picture() {
        let report = report();
        let mut tray = JudgedTray::new("a", "1", Vec::new(), &report, 1.0);
        tray.compared.mask = Some(MaskCounts {
            common_px: 5,
            found_px: 15,
            truth_px: 10,
        });
        assert_eq!(area_error(&[tray.clone()]).unwrap().mape, 0.5);
        assert_eq!(centre_error(&[tray]), None);
    }

    #[test]
    fn nothing_labelled_or_all_refused_has_no_error() {
        assert_eq!((area_error(&[]), centre_error(&[])), (None, None));
        let refused = samples::refused("too dark");
        let trays = [planted_tray(&refused)];
        assert_eq!((area_error(&trays), centre_error(&trays)), (None, None));
    }
}
