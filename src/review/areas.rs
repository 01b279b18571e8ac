//! How large a lot's plants are: canopy areas of graded plants, counted in steps. Pure.

use crate::inspect::TrayReport;

/// Steps that can be told apart in a chart.
const MOST_STEPS: usize = 24;
/// Widths of a step that read well, square pitches.
const WIDTHS: [f64; 9] = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0];

/// Plants by their canopy area.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AreaHistogram {
    /// Trays that were read.
    pub trays: usize,
    /// Plants that got a grade.
    pub plants: usize,
    /// Width of a step, square pitches.
    pub width_pitch2: f64,
    /// Plants in each step; the first begins at 0, the last holds all that are larger too.
    pub counts: Vec<usize>,
}

/// Counts the graded plants of these trays.
pub fn histogram(reports: &[TrayReport]) -> AreaHistogram {
    let cells = reports.iter().flat_map(|report| &report.cells);
    let areas: Vec<f64> = cells
        .filter(|cell| cell.verdict == "graded")
        .map(|cell| cell.area_pitch2.max(0.0))
        .collect();
    let largest = areas.iter().copied().fold(0.0, f64::max);
    let fits = |width: &&f64| largest / **width < MOST_STEPS as f64;
    let width = WIDTHS.iter().find(fits).copied().unwrap_or(2.0);
    let step = |area: f64| ((area / width) as usize).min(MOST_STEPS - 1);
    let mut counts = match areas.is_empty() {
        true => Vec::new(),
        false => vec![0; step(largest) + 1],
    };
    for area in &areas {
        counts[step(*area)] += 1;
    }
    AreaHistogram {
        trays: reports.len(),
        plants: areas.len(),
        width_pitch2: width,
        counts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::samples;

    fn tray(areas: &[f64]) -> TrayReport {
        let mut report = samples::graded(1, areas.len(), 400.0, 200.0);
        for (cell, area) in report.cells.iter_mut().zip(areas) {
            cell.verdict = if *area > 0.0 { "graded" } else { "blank" }.into();
            cell.area_pitch2 = *area;
        }
        report
    }

    #[test]
    fn every_graded_plant_is_in_one_step_and_blanks_are_in_none() {
        let found = histogram(&[tray(&[0.011, 0.019, 0.0]), tray(&[0.23, 0.11, 0.0])]);
        assert_eq!(
            (found.trays, found.plants, found.width_pitch2),
            (2, 4, 0.01)
        );
        assert_eq!(found.counts.len(), 24);
        assert_eq!(
            (found.counts[1], found.counts[11], found.counts[23]),
            (2, 1, 1)
        );
        assert_eq!(found.counts.iter().sum::<usize>(), found.plants);
    }

    #[test]
    fn plants_beyond_every_width_are_in_the_last_step_and_no_plants_make_no_steps() {
        let huge = histogram(&[tray(&[900.0, 0.1])]);
        assert_eq!(
            (huge.counts.len(), huge.counts[0], huge.counts[23]),
            (24, 1, 1)
        );
        assert!(histogram(&[tray(&[0.0])]).counts.is_empty());
        assert!(histogram(&[]).counts.is_empty());
    }
}
