//! Whether `occupied` can be believed as a probability, and what abstaining buys.

use serde::{Deserialize, Serialize};

use super::input::JudgedTray;
use super::interval::{Interval, clopper_pearson};

/// Cells whose probability lies in one band, and how many of them held a seedling.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Lower end of the band.
    pub from: f64,
    /// Upper end of the band.
    pub to: f64,
    /// Labelled cells of judged trays in it.
    pub cells: usize,
    /// Mean of the probabilities.
    pub predicted: Option<f64>,
    /// Share with a seedling.
    pub observed: Option<f64>,
    /// Its exact 95 % interval.
    pub observed_ci95: Interval,
}

/// A point of the curve of accuracy against abstention.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AbstentionPoint {
    /// Share of the cells that are left to people, the least certain first.
    pub abstained: f64,
    /// Accuracy of `occupied ≥ 0.5` on the others.
    pub accuracy: f64,
    /// The certainty, |2 × occupied − 1|, from which cells are decided.
    pub certainty: f64,
}

/// Whether `occupied` can be believed, over all labelled cells of judged trays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationMetrics {
    /// Labelled cells of judged trays.
    pub cells: usize,
    /// Mean distance of predicted from observed over the bands, weighted by cells (Naeini et al. 2015).
    pub expected_calibration_error: f64,
    /// The bands of probability.
    pub reliability: Vec<ReliabilityBin>,
    /// Accuracy against the share of cells left to people (El-Yaniv and Wiener 2010).
    pub abstention: Vec<AbstentionPoint>,
}

/// Bands of probability, as usual in print.
const BANDS: usize = 10;
/// Shares of abstention that the curve is printed at.
const ABSTAINED: [f64; 8] = [0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5];

/// The calibration of these trays; none without a labelled cell in a judged one.
pub(super) fn calibration(trays: &[JudgedTray<'_>]) -> Option<CalibrationMetrics> {
    let bins = reliability(trays, BANDS);
    Some(CalibrationMetrics {
        cells: bins.iter().map(|bin| bin.cells).sum(),
        expected_calibration_error: calibration_error(&bins)?,
        reliability: bins,
        abstention: abstention_curve(trays, &ABSTAINED),
    })
}

/// The probability and the label of every labelled cell of a judged tray.
fn predictions(trays: &[JudgedTray<'_>]) -> Vec<(f64, bool)> {
    let of_tray = |tray: &JudgedTray<'_>| -> Vec<(f64, bool)> {
        let cells = tray.report.cells.iter().zip(&tray.compared.labels);
        cells
            .filter_map(|(cell, label)| Some((cell.occupied, (*label)?)))
            .collect()
    };
    trays.iter().flat_map(of_tray).collect()
}

/// The reliability of `occupied` in `bins` bands of equal width.
#[must_use]
pub fn reliability(trays: &[JudgedTray<'_>], bins: usize) -> Vec<ReliabilityBin> {
    let bins = bins.max(1);
    let all = predictions(trays);
    let band = |p: f64| ((p * bins as f64).max(0.0) as usize).min(bins - 1);
    (0..bins)
        .map(|i| {
            let within: Vec<(f64, bool)> =
                all.iter().copied().filter(|(p, _)| band(*p) == i).collect();
            let seedlings = within.iter().filter(|(_, label)| *label).count();
            let probabilities: Vec<f64> = within.iter().map(|(p, _)| *p).collect();
            ReliabilityBin {
                from: i as f64 / bins as f64,
                to: (i + 1) as f64 / bins as f64,
                cells: within.len(),
                predicted: super::metric::mean(&probabilities),
                observed: super::occupancy::share(seedlings, within.len()),
                observed_ci95: clopper_pearson(seedlings, within.len()),
            }
        })
        .collect()
}

/// Mean distance of predicted from observed over the bands, weighted by cells.
#[must_use]
pub fn calibration_error(bins: &[ReliabilityBin]) -> Option<f64> {
    let cells: usize = bins.iter().map(|bin| bin.cells).sum();
    let gap =
        |bin: &ReliabilityBin| Some((bin.predicted? - bin.observed?).abs() * bin.cells as f64);
    (cells > 0).then(|| bins.iter().filter_map(gap).sum::<f64>() / cells as f64)
}

/// How accuracy grows when the least certain cells are left to people, at these shares of abstention.
#[must_use]
pub fn abstention_curve(trays: &[JudgedTray<'_>], shares: &[f64]) -> Vec<AbstentionPoint> {
    let certainty = |p: f64| (2.0 * p - 1.0).abs();
    let mut cells: Vec<(f64, bool)> = predictions(trays)
        .into_iter()
        .map(|(p, label)| (certainty(p), (p >= 0.5) == label))
        .collect();
    // Of equally certain cells the wrong ones stay longest: ties are never broken in our favour.
    cells.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
    shares
        .iter()
        .filter_map(|&abstained| {
            let from = (abstained.clamp(0.0, 1.0) * cells.len() as f64).round() as usize;
            let kept = cells.get(from..)?;
            let right = kept.iter().filter(|(_, right)| *right).count();
            Some(AbstentionPoint {
                abstained,
                accuracy: super::occupancy::share(right, kept.len())?,
                certainty: kept.first()?.0,
            })
        })
        .collect()
}
