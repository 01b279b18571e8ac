//! Masks at the frame's resolution: overlap with the labelled ones, picture by picture and pooled.

use serde::{Deserialize, Serialize};

use crate::dataset::LabelMap;
use crate::inspect::PlantReading;
use crate::tray::Lattice;

use super::Interval;
use super::bootstrap::{Part, mean_interval};
use super::frame_points::for_each_tray_point;
use super::metric::mean;
use super::plant_measures::AreaPair;

/// Pixels of a found and a labelled mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MaskCounts {
    /// In both.
    pub common_px: usize,
    /// Called plant.
    pub found_px: usize,
    /// Labelled as plant.
    pub truth_px: usize,
}

impl MaskCounts {
    /// Counts one pixel.
    pub(super) fn add(&mut self, found: bool, truth: bool) {
        self.common_px += usize::from(found && truth);
        self.found_px += usize::from(found);
        self.truth_px += usize::from(truth);
    }

    /// Intersection over union, 0–1; 1 where neither mask has a pixel.
    #[must_use]
    pub fn iou(&self) -> f64 {
        let united = self.found_px + self.truth_px - self.common_px;
        if united == 0 {
            1.0
        } else {
            self.common_px as f64 / united as f64
        }
    }

    /// Found and labelled area, px; none where nothing is labelled.
    pub(super) fn areas(&self) -> Option<AreaPair> {
        (self.truth_px > 0).then_some(AreaPair {
            found: self.found_px as f64,
            truth: self.truth_px as f64,
        })
    }
}

/// Compares the mask of one or more readings of a frame with the labelled one. Of several readings (of coarser and
/// finer scale) a pixel has the highest odds. A pixel is plant at the net's own threshold, on log odds that are
/// bilinear between the net's pixels. Pixels that no reading covers are left out.
#[must_use]
pub fn compare_masks(readings: &[(Lattice, PlantReading)], truth: &LabelMap<bool>) -> MaskCounts {
    let mut highest = vec![f32::NAN; truth.values.len()];
    for (lattice, reading) in readings {
        let least = (reading.pixel / (1.0 - reading.pixel)).ln();
        for_each_tray_point(lattice, truth.width, truth.height, |index, point| {
            if let Some(odds) = reading.odds.at(point) {
                // the greater of the two, and of a number and none the number
                highest[index] = highest[index].max(odds - least);
            }
        });
    }
    let mut counts = MaskCounts::default();
    for (odds, &plant) in highest.iter().zip(&truth.values) {
        if !odds.is_nan() {
            counts.add(*odds >= 0.0, plant);
        }
    }
    counts
}

/// A picture whose mask was compared.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredMask {
    /// The picture's name in its set.
    pub id: String,
    /// The pictures that it belongs with.
    pub group: String,
    /// Its pixels.
    pub counts: MaskCounts,
    /// How long reading it took.
    pub milliseconds: f64,
}

/// One picture of a [`MaskMetrics`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PictureMask {
    /// The picture's name in its set.
    pub image: String,
    /// The pictures that it belongs with.
    pub group: String,
    /// Intersection over union, 0–1.
    pub iou: f64,
    /// Its pixels.
    #[serde(flatten)]
    pub counts: MaskCounts,
}

/// How well masks overlap with the labelled ones. Of a tray that was refused there is no mask: it counts among the refused
/// and not here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MaskMetrics {
    /// Mean of the pictures' intersections over unions, 0–1.
    pub mean_iou: f64,
    /// Its 95 % interval, pictures resampled within groups.
    pub ci95: Option<Interval>,
    /// What limits the interval.
    pub ci_note: Option<String>,
    /// Intersection over union of all pixels together: large plants weigh more.
    pub pooled_iou: f64,
    /// Pictures with a labelled mask.
    pub pictures: usize,
    /// Each of them.
    pub per_picture: Vec<PictureMask>,
}

impl MaskMetrics {
    /// The metrics of these pictures; none of none.
    #[must_use]
    pub fn new<'a>(
        masks: impl IntoIterator<Item = (&'a str, &'a str, MaskCounts)>,
    ) -> Option<Self> {
        let per_picture: Vec<PictureMask> = masks
            .into_iter()
            .map(|(image, group, counts)| PictureMask {
                image: image.to_owned(),
                group: group.to_owned(),
                iou: counts.iou(),
                counts,
            })
            .collect();
        let ious: Vec<f64> = per_picture.iter().map(|p| p.iou).collect();
        let parts: Vec<Part<'_>> = per_picture
            .iter()
            .map(|picture| Part {
                group: &picture.group,
                sum: picture.iou,
                of: 1.0,
            })
            .collect();
        let (ci95, ci_note) = mean_interval(&parts, "picture");
        let mut all = MaskCounts::default();
        for PictureMask { counts, .. } in &per_picture {
            all.common_px += counts.common_px;
            all.found_px += counts.found_px;
            all.truth_px += counts.truth_px;
        }
        Some(Self {
            mean_iou: mean(&ious)?,
            ci95,
            ci_note,
            pooled_iou: all.iou(),
            pictures: per_picture.len(),
            per_picture,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(common_px: usize, found_px: usize, truth_px: usize) -> MaskCounts {
        MaskCounts {
            common_px,
            found_px,
            truth_px,
        }
    }

    #[test]
    fn an_overlap_is_common_over_united_and_full_where_both_are_empty() {
        assert_eq!(counts(1, 2, 2).iou(), 1.0 / 3.0);
        assert_eq!(counts(0, 0, 0).iou(), 1.0);
        assert_eq!(counts(0, 5, 0).iou(), 0.0);
    }

    #[test]
    fn the_mean_weighs_pictures_and_the_pooled_overlap_pixels() {
        let masks = [("a", "1", counts(10, 10, 10)), ("b", "1", counts(0, 0, 90))];
        let metrics = MaskMetrics::new(masks).unwrap();
        assert_eq!((metrics.mean_iou, metrics.pooled_iou), (0.5, 0.1));
        assert_eq!(metrics.ci95, Some(Interval { lo: 0.0, hi: 1.0 }));
        assert_eq!(metrics.per_picture[1].iou, 0.0);
    }

    #[test]
    fn no_mask_has_no_overlap_and_one_no_interval() {
        assert_eq!(MaskMetrics::new([]), None);
        let one = MaskMetrics::new([("a", "1", counts(1, 2, 2))]).unwrap();
        assert_eq!((one.ci95, one.pictures), (None, 1));
    }
}
