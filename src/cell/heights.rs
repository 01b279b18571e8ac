//! Heights in the geometry: a crown that stands over the substrate appears further out and larger.
//!
//! In: how high the camera stands and the canopy grows, and where a canopy appears on the tray's plane.
//! Out: where it is, how large, and how far both may be off. For a camera `H` over the tray and a crown
//! `h` over it, similar triangles put the crown at `H ÷ (H − h)` times its true distance from the point
//! under the camera, and show lengths larger by the same factor.

use serde::Serialize;

use crate::geometry::{FramePoint, Homography, TrayPoint};
use crate::tray::Lattice;

/// Why heights make no sense.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum HeightError {
    /// A height is negative, zero where it must not be, or no number.
    #[error("{name}: expected millimetres from {least} to 20000, found {found}")]
    Range {
        /// Which height.
        name: &'static str,
        /// Smallest that is possible.
        least: f64,
        /// What was given.
        found: f64,
    },
    /// The canopy reaches up to the camera.
    #[error(
        "canopy of up to {canopy_mm} mm under a camera at {camera_mm} mm: expected at most half of its height"
    )]
    TooHigh {
        /// Highest canopy, mm.
        canopy_mm: f64,
        /// Camera's height, mm.
        camera_mm: f64,
    },
}

/// How high the camera stands over the tray's surface and the canopy over the substrate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Heights {
    camera_mm: f64,
    canopy_mm: f64,
    spread_mm: f64,
}

impl Heights {
    /// Heights in mm: the camera's from calibration, the canopy's mean and standard deviation from the job.
    ///
    /// # Errors
    /// A height out of range, or a canopy (mean and two deviations) beyond half of the camera's height.
    pub fn new(camera_mm: f64, canopy_mm: f64, spread_mm: f64) -> Result<Self, HeightError> {
        let ranges = [
            ("camera height", camera_mm, 50.0),
            ("canopy height", canopy_mm, 0.0),
            ("spread of canopy height", spread_mm, 0.0),
        ];
        for (name, found, least) in ranges {
            if !(least..=20_000.0).contains(&found) {
                return Err(HeightError::Range { name, least, found });
            }
        }
        let highest = canopy_mm + 2.0 * spread_mm;
        if highest > 0.5 * camera_mm {
            return Err(HeightError::TooHigh {
                canopy_mm: highest,
                camera_mm,
            });
        }
        Ok(Self {
            camera_mm,
            canopy_mm,
            spread_mm,
        })
    }

    /// The three heights that [`Self::new`] takes, mm.
    #[must_use]
    pub fn mm(&self) -> [f64; 3] {
        [self.camera_mm, self.canopy_mm, self.spread_mm]
    }

    /// These heights over a located tray whose frame has its optical axis at `axis`, px: the camera looks
    /// straight down, so the axis meets the tray right under it.
    #[must_use]
    pub fn over(&self, lattice: &Lattice, axis: FramePoint) -> Option<Overhead> {
        let (rows, cols) = (lattice.rows() as f64, lattice.cols() as f64);
        let ends = [(0.0, 0.0), (cols, 0.0), (cols, rows), (0.0, rows)];
        let pairs: Vec<_> = lattice
            .corners()
            .into_iter()
            .zip(ends.map(|(x, y)| TrayPoint::new(x, y)))
            .collect();
        let nadir = Homography::fit(&pairs).ok()?.map(axis);
        (nadir.x.is_finite() && nadir.y.is_finite()).then_some(Overhead {
            heights: *self,
            nadir,
        })
    }
}

/// Heights over one located tray.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overhead {
    heights: Heights,
    /// The point of the tray right under the camera, pitches.
    nadir: TrayPoint,
}

impl Overhead {
    /// Where a crown is that appears at `seen`, pitches.
    #[must_use]
    pub fn place(&self, seen: TrayPoint) -> TrayPoint {
        self.nadir + (seen - self.nadir) * self.shrink()
    }

    /// Standard deviation of [`place`](Self::place) from the spread of heights, pitches.
    #[must_use]
    pub fn place_deviation(&self, seen: TrayPoint) -> f64 {
        (seen - self.nadir).length() * self.heights.spread_mm / self.heights.camera_mm
    }

    /// What a canopy area on the tray's plane is multiplied by.
    #[must_use]
    pub fn area_factor(&self) -> f64 {
        self.shrink().powi(2)
    }

    /// Standard deviation of a corrected area, as a share of it.
    #[must_use]
    pub fn area_deviation(&self) -> f64 {
        2.0 * self.heights.spread_mm / (self.heights.camera_mm - self.heights.canopy_mm)
    }

    fn shrink(&self) -> f64 {
        1.0 - self.heights.canopy_mm / self.heights.camera_mm
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::tray::TrayFormat;
    use proptest::prelude::*;

    /// A 10 × 20 tray of 40 px a pitch whose middle lies in the middle of an 800 × 400 frame.
    fn lattice() -> Lattice {
        let format = TrayFormat::new(10, 20).unwrap();
        let nodes = (0..=10).flat_map(|r| (0..=20).map(move |c| (r, c)));
        let nodes = nodes.map(|(r, c)| FramePoint::new(40.0 * f64::from(c), 40.0 * f64::from(r)));
        Lattice::new(format, nodes.collect()).unwrap()
    }

    fn overhead(camera: f64, canopy: f64, spread: f64) -> Overhead {
        let heights = Heights::new(camera, canopy, spread).unwrap();
        heights
            .over(&lattice(), FramePoint::new(400.0, 200.0))
            .unwrap()
    }

    #[test]
    fn a_plant_of_100_mm_at_the_end_of_the_tray_under_a_camera_1_m_up_stands_a_pitch_further_in() {
        let place = overhead(1000.0, 100.0, 0.0).place(TrayPoint::new(20.0, 5.0));
        assert!((place.x - 19.0).abs() < 1e-9 && (place.y - 5.0).abs() < 1e-9);
    }

    #[test]
    fn right_under_the_camera_height_moves_nothing() {
        let middle = TrayPoint::new(10.0, 5.0);
        let overhead = overhead(900.0, 60.0, 10.0);
        assert!((overhead.place(middle) - middle).length() < 1e-9);
        assert!(overhead.place_deviation(middle) < 1e-9);
    }

    #[test]
    fn a_canopy_up_to_the_camera_is_refused_with_both_heights_named() {
        let said = Heights::new(300.0, 140.0, 20.0).unwrap_err().to_string();
        assert!(said.contains("180") && said.contains("300"), "{said}");
        assert!(Heights::new(f64::NAN, 10.0, 0.0).is_err());
        assert!(Heights::new(900.0, -1.0, 0.0).is_err());
    }

    proptest! {
        /// Projecting a crown up and correcting it gives back its root and area.
        #[test]
        fn what_the_camera_adds_is_taken_away(
            x in 0.0..20.0f64, y in 0.0..10.0f64, camera in 600.0..1500.0f64, canopy in 0.0..150.0f64,
        ) {
            let overhead = overhead(camera, canopy, 0.0);
            let nadir = TrayPoint::new(10.0, 5.0);
            let larger = camera / (camera - canopy);
            let seen = nadir + (TrayPoint::new(x, y) - nadir) * larger;
            prop_assert!((overhead.place(seen) - TrayPoint::new(x, y)).length() < 1e-9);
            prop_assert!((larger.powi(2) * overhead.area_factor() - 1.0).abs() < 1e-9);
        }
    }
}
