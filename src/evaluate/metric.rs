//! Small measures: distance of corners, means and quantiles.

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
