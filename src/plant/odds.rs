//! How probable plant is at every place of a tray, read smoothly between the net's pixels.

use crate::geometry::TrayPoint;
use crate::tray::TrayImageLayout;

use super::outputs::{CLASS_STRIDE, NetOutputs};

/// Log odds of plant against background over a tray image, one value a class pixel (two rectified pixels).
#[derive(Debug, Clone, PartialEq)]
pub struct PlantOdds {
    layout: TrayImageLayout,
    width: usize,
    height: usize,
    log_odds: Vec<f32>,
}

impl PlantOdds {
    /// The odds that the net's class logits give.
    #[must_use]
    pub fn new(outputs: &NetOutputs<'_>, layout: TrayImageLayout) -> Self {
        let (height, width) = (outputs.classes.height(), outputs.classes.width());
        let rows = (0..height).map(|y| outputs.class_row(y));
        Self {
            layout,
            width,
            height,
            log_odds: rows
                .flat_map(|row| (0..width).map(move |x| row.plant_log_odds(x)))
                .collect(),
        }
    }

    /// Log odds of plant at a point of the tray, bilinear between class pixels; none where the net read nothing:
    /// beyond half a pitch around the block.
    #[must_use]
    pub fn at(&self, point: TrayPoint) -> Option<f32> {
        let (x, y) = self.place(point)?;
        let edge = |v: f64, most: usize| (v - 0.5).clamp(0.0, (most - 1) as f64);
        let (x, y) = (edge(x, self.width), edge(y, self.height));
        let (x0, y0) = (x as usize, y as usize);
        let (x1, y1) = ((x0 + 1).min(self.width - 1), (y0 + 1).min(self.height - 1));
        let (u, v) = (x.fract() as f32, y.fract() as f32);
        let value = |x: usize, y: usize| self.log_odds[y * self.width + x];
        let across = |y: usize| value(x0, y) + (value(x1, y) - value(x0, y)) * u;
        Some(across(y0) + (across(y1) - across(y0)) * v)
    }

    /// The index of the class pixel that a point of the tray falls in, row-major as in
    /// [`PlantMap::labels`](super::PlantMap); none beyond the image.
    #[must_use]
    pub fn index_at(&self, point: TrayPoint) -> Option<usize> {
        let (x, y) = self.place(point)?;
        Some((y as usize).min(self.height - 1) * self.width + (x as usize).min(self.width - 1))
    }

    /// Class pixels from the image's corner, within the image.
    fn place(&self, point: TrayPoint) -> Option<(f64, f64)> {
        let scale = self.layout.px_per_pitch as f64 / CLASS_STRIDE as f64;
        let (x, y) = ((point.x + 0.5) * scale, (point.y + 0.5) * scale);
        let inside = |v: f64, size: usize| v >= 0.0 && v <= size as f64;
        (inside(x, self.width) && inside(y, self.height)).then_some((x, y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array3, Axis};

    /// One cell at 8 px a pitch: class pixels are an eighth of the image wide; log odds run along x.
    fn ramp() -> PlantOdds {
        let layout = TrayImageLayout {
            rows: 1,
            cols: 1,
            px_per_pitch: 8,
        };
        let mut classes = Array3::<f32>::from_elem((4, 8, 8), -99.0);
        for x in 0..8 {
            classes
                .index_axis_mut(Axis(0), 0)
                .column_mut(x)
                .fill(-(x as f32));
            classes.index_axis_mut(Axis(0), 1).column_mut(x).fill(0.0);
        }
        let (centres, cells) = (Array3::zeros((3, 4, 4)), Array3::zeros((4, 1, 1)));
        let outputs = [classes, centres, cells].map(|a| a.insert_axis(Axis(0)).into_dyn());
        PlantOdds::new(&NetOutputs::new(&outputs, layout).unwrap(), layout)
    }

    #[test]
    fn odds_are_smooth_between_class_pixels_and_level_beyond_the_last_ones() {
        let odds = ramp();
        // class pixel x has its middle at (x + 0.5) / 4 - 0.5 pitches
        let at = |x: f64| odds.at(TrayPoint::new(x, 0.5)).unwrap();
        assert!((at(0.5) - 3.5).abs() < 1e-5);
        assert!((at(0.5 + 1.0 / 16.0) - 3.75).abs() < 1e-5);
        assert_eq!((at(-0.5), at(1.5)), (0.0, 7.0));
    }

    #[test]
    fn nothing_is_known_beyond_the_margin() {
        let odds = ramp();
        assert_eq!(odds.at(TrayPoint::new(-0.51, 0.5)), None);
        assert_eq!(odds.index_at(TrayPoint::new(0.5, 1.51)), None);
        assert_eq!(odds.index_at(TrayPoint::new(-0.5, -0.26)), Some(0));
        assert_eq!(odds.index_at(TrayPoint::new(1.5, 1.5)), Some(63));
    }
}
