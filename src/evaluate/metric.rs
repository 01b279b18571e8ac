//! Small measures: overlap of masks, error of areas, means and quantiles.

/// Overlap of two masks of equal length: common ÷ united pixels; 1 where both are empty, none where
/// their lengths differ.
#[must_use]
pub fn mask_iou(found: &[bool], truth: &[bool]) -> Option<f64> {
    if found.len() != truth.len() {
        return None;
    }
    let pairs = || found.iter().zip(truth);
    let common = pairs().filter(|&(&a, &b)| a && b).count();
    let united = pairs().filter(|&(&a, &b)| a || b).count();
    Some(if united == 0 {
        1.0
    } else {
        common as f64 / united as f64
    })
}

/// Mean absolute error of areas as a share of the true ones; pairs are (found, true), those without
/// a true area are left out.
#[must_use]
pub fn area_mape(areas: &[(f64, f64)]) -> Option<f64> {
    let errors: Vec<f64> = areas
        .iter()
        .filter(|(_, truth)| *truth > 0.0)
        .map(|(found, truth)| (found - truth).abs() / truth)
        .collect();
    mean(&errors)
}

/// Mean distance of four found corners from the true ones, in pitches of `px_per_pitch`.
#[must_use]
pub fn corner_error_pitch(
    found: &[[f64; 2]; 4],
    truth: &[[f64; 2]; 4],
    px_per_pitch: f64,
) -> Option<f64> {
    let distance = |(a, b): (&[f64; 2], &[f64; 2])| (a[0] - b[0]).hypot(a[1] - b[1]);
    let sum: f64 = found.iter().zip(truth).map(distance).sum();
    (px_per_pitch > 0.0).then(|| sum / 4.0 / px_per_pitch)
}

pub(super) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// A quantile of sorted values, linear between them; 0 of none.
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let place = share.clamp(0.0, 1.0) * last as f64;
    let (below, rest) = (place.floor() as usize, place.fract());
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_is_common_over_united() {
        let (a, b) = ([true, true, false, false], [true, false, true, false]);
        assert_eq!(mask_iou(&a, &b), Some(1.0 / 3.0));
        assert_eq!(mask_iou(&[false; 4], &[false; 4]), Some(1.0));
        assert_eq!(mask_iou(&a, &b[..2]), None);
    }

    #[test]
    fn areas_are_compared_where_there_is_one() {
        assert_eq!(
            area_mape(&[(90.0, 100.0), (130.0, 100.0), (5.0, 0.0)]),
            Some(0.2)
        );
        assert_eq!(area_mape(&[(5.0, 0.0)]), None);
    }

    #[test]
    fn quantiles_lie_between_values() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), 3.0);
        assert_eq!(quantile(&[7.0], 0.99), 7.0);
        assert_eq!(quantile(&[], 0.5), 0.0);
    }

    #[test]
    fn corners_are_compared_in_pitches() {
        let truth = [[0.0, 0.0], [100.0, 0.0], [100.0, 50.0], [0.0, 50.0]];
        let found = truth.map(|[x, y]| [x + 3.0, y + 4.0]);
        assert_eq!(corner_error_pitch(&found, &truth, 10.0), Some(0.5));
        assert_eq!(corner_error_pitch(&found, &truth, 0.0), None);
    }
}
