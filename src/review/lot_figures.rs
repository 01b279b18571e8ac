//! What a lot's trays say together: pure, from their reports.

use crate::inspect::{CellReport, ReportStatus, TrayReport};
use crate::statistics::{BlankMap, Suspect, SuspectPlace, suspects};

/// Bins of the histogram of areas.
const BINS: usize = 16;

/// Blanks at each place of a tray, over trays of one format.
#[derive(Debug, Clone, PartialEq)]
pub struct PositionMap {
    pub rows: usize,
    pub cols: usize,
    /// Trays of this format.
    pub trays: usize,
    /// Blanks, row-major.
    pub blanks: Vec<usize>,
    /// Decided cells, row-major.
    pub decided: Vec<usize>,
    /// Rows whose nozzle looks blocked; with a row the opposite one where turned trays leave it open which.
    pub flagged_rows: Vec<usize>,
    /// Columns whose nozzle looks blocked, likewise.
    pub flagged_cols: Vec<usize>,
}

/// Emergence of one tray.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrayEmergence {
    pub occupied: usize,
    pub decided: usize,
}

/// Canopy areas of single plants.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Areas {
    /// Plants.
    pub plants: usize,
    /// Their mean, square pitches.
    pub mean: f64,
    /// Coefficient of variation: the top view's stand-in for the spread of heights. None of fewer than two.
    pub variation: Option<f64>,
    /// Plants per bin from nought to `largest`.
    pub bins: Vec<usize>,
    /// The upper end of the last bin.
    pub largest: f64,
}

/// Figures of trays, in the order in which they passed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LotFigures {
    pub trays: Vec<TrayEmergence>,
    pub areas: Areas,
    /// Plants per grade.
    pub grades: std::collections::BTreeMap<String, usize>,
    /// Of the most frequent format.
    pub map: Option<PositionMap>,
}

/// Reads the figures off reports; those that are not graded have none.
pub fn figures(reports: &[TrayReport]) -> LotFigures {
    let graded: Vec<&TrayReport> = reports
        .iter()
        .filter(|report| report.status == ReportStatus::Graded)
        .collect();
    let mut grades = std::collections::BTreeMap::new();
    for (grade, plants) in graded
        .iter()
        .filter_map(|report| report.grades.as_ref())
        .flatten()
    {
        *grades.entry(grade.clone()).or_insert(0) += plants;
    }
    LotFigures {
        trays: graded.iter().map(|report| emergence(report)).collect(),
        areas: areas(&graded),
        grades,
        map: position_map(&graded),
    }
}

fn emergence(report: &TrayReport) -> TrayEmergence {
    let counts = report.counts.unwrap_or_default();
    let occupied = counts.graded + counts.double;
    TrayEmergence {
        occupied,
        decided: occupied + counts.blank,
    }
}

fn areas(graded: &[&TrayReport]) -> Areas {
    let single = |cell: &&CellReport| cell.verdict == "graded";
    let cells = graded
        .iter()
        .flat_map(|report| &report.cells)
        .filter(single);
    let areas: Vec<f64> = cells.map(|cell| cell.area_pitch2).collect();
    if areas.is_empty() {
        return Areas::default();
    }
    let n = areas.len() as f64;
    let mean = areas.iter().sum::<f64>() / n;
    let squares: f64 = areas.iter().map(|area| (area - mean).powi(2)).sum();
    let largest = areas
        .iter()
        .copied()
        .fold(0.0, f64::max)
        .max(f64::MIN_POSITIVE);
    let mut bins = vec![0; BINS];
    for area in &areas {
        let bin = (area / largest * BINS as f64) as usize;
        bins[bin.min(BINS - 1)] += 1;
    }
    Areas {
        plants: areas.len(),
        mean,
        variation: (areas.len() > 1 && mean > 0.0).then(|| (squares / (n - 1.0)).sqrt() / mean),
        bins,
        largest,
    }
}

fn position_map(graded: &[&TrayReport]) -> Option<PositionMap> {
    let mut formats = std::collections::BTreeMap::new();
    for report in graded {
        *formats.entry((report.rows, report.cols)).or_insert(0_usize) += 1;
    }
    let ((rows, cols), trays) = formats.into_iter().max_by_key(|(_, trays)| *trays)?;
    let mut decided = vec![0; rows * cols];
    let mut blank_map = BlankMap::of_shape(rows, cols);
    let of_format = graded
        .iter()
        .filter(|report| (report.rows, report.cols) == (rows, cols));
    for report in of_format {
        blank_map.add(&BlankMap::of(report));
        for cell in &report.cells {
            if cell.verdict != "unsure"
                && let Some(count) = decided.get_mut(cell.row * cols + cell.col)
            {
                *count += 1;
            }
        }
    }
    let found = suspects(&blank_map);
    let [flagged_rows, flagged_cols] =
        [flagged(&found, row_of, rows), flagged(&found, col_of, cols)];
    Some(PositionMap {
        rows,
        cols,
        trays,
        blanks: blank_map.blanks.iter().map(|n| *n as usize).collect(),
        decided,
        flagged_rows,
        flagged_cols,
    })
}

fn row_of(place: SuspectPlace) -> Option<usize> {
    match place {
        SuspectPlace::Row { row } => Some(row),
        SuspectPlace::Column { .. } | SuspectPlace::Position { .. } => None,
    }
}

fn col_of(place: SuspectPlace) -> Option<usize> {
    match place {
        SuspectPlace::Column { col } => Some(col),
        SuspectPlace::Row { .. } | SuspectPlace::Position { .. } => None,
    }
}

/// The lines among the suspects, in order, of `count` rows or columns.
fn flagged(found: &[Suspect], line: fn(SuspectPlace) -> Option<usize>, count: usize) -> Vec<usize> {
    let mut lines = std::collections::BTreeSet::new();
    for suspect in found {
        if let Some(at) = line(suspect.place) {
            lines.insert(at);
            if suspect.or_opposite {
                lines.insert(count - 1 - at);
            }
        }
    }
    lines.into_iter().collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::evaluate::samples;

    fn tray(blank: impl Fn(usize, usize) -> bool) -> TrayReport {
        let mut report = samples::graded(10, 20, 400.0, 200.0);
        for cell in &mut report.cells {
            let is_blank = blank(cell.row, cell.col);
            cell.verdict = if is_blank { "blank" } else { "graded" }.into();
            cell.area_pitch2 = if is_blank {
                0.0
            } else {
                0.1 + 0.1 * (cell.col % 2) as f64
            };
        }
        report
    }

    #[test]
    fn a_blocked_nozzle_flags_its_column_and_no_other() {
        // one blank in thirteen everywhere, and the seventh column blank in every second tray
        let trays: Vec<TrayReport> = (0..12)
            .map(|t| {
                tray(move |row, col| {
                    (row * 31 + col * 17 + t * 7) % 13 == 0 || (col == 6 && t % 2 == 0)
                })
            })
            .collect();
        let map = figures(&trays).map.unwrap();
        assert_eq!(
            (map.flagged_cols, map.flagged_rows, map.trays),
            (vec![6], vec![], 12)
        );
    }

    #[test]
    fn chance_alone_flags_nothing() {
        let trays: Vec<TrayReport> = (0..8)
            .map(|t| tray(move |row, col| (row * 31 + col * 17 + t * 7) % 13 == 0))
            .collect();
        let map = figures(&trays).map.unwrap();
        assert!(
            map.flagged_cols.is_empty() && map.flagged_rows.is_empty(),
            "{map:?}"
        );
    }

    #[test]
    fn uniformity_is_the_coefficient_of_variation_of_the_single_plants_areas() {
        let areas = figures(&[tray(|_, col| col > 1)]).areas;
        // ten plants of 0.1 and ten of 0.2
        assert_eq!(areas.plants, 20);
        assert!((areas.mean - 0.15).abs() < 1e-12);
        let deviation = (20.0 * 0.05_f64.powi(2) / 19.0).sqrt();
        assert!((areas.variation.unwrap() - deviation / 0.15).abs() < 1e-12);
        assert_eq!(areas.bins.iter().sum::<usize>(), 20);
    }

    #[test]
    fn of_no_trays_there_is_nothing_to_say() {
        let none = figures(&[samples::refused("too dark")]);
        assert_eq!(none, LotFigures::default());
    }
}
