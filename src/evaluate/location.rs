//! Whether trays are found where they lie, and pictures without one refused.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::inspect::ReportStatus;

use super::input::JudgedTray;
use super::metric::mean;
use super::rate::Rate;

/// How well trays were found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocationMetrics {
    /// Refused, of the readable pictures that show a tray.
    pub refused: Rate,
    /// The same of those only whose cells all lie wholly in the picture; null where no tray's place is labelled. A tray
    /// that the picture's edge cuts is rightly refused, and so are two whole trays in view, which stay among these.
    pub refused_whole: Option<Rate>,
    /// The refused ones by what was said first: `no tray`, `wrong grid`, `too blurred` …
    pub reasons: BTreeMap<String, usize>,
    /// Located more than half a pitch away from the labelled corners or lattice nodes (then verdicts belong to other
    /// cells), of the located trays that have such labels; null where none has.
    pub wrongly_located: Option<Rate>,
    /// Overlap of bounding boxes, where whole trays are boxed; null where none is.
    pub box_iou: Option<BoxOverlap>,
}

/// Intersection over union of the found block's bounding box and the labelled tray's. The label goes round the rim and
/// the found block ends at the outermost cells, so that 1 is not reached.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BoxOverlap {
    /// Mean over the located trays with a box, 0–1.
    pub mean: f64,
    /// The least of them.
    pub least: f64,
    /// Located trays with a box.
    pub trays: usize,
}

/// Farther than this from its labelled place a node borders other cells, pitches.
const WRONG_FROM_PITCH: f64 = 0.5;

/// The metrics of these pictures; none where none shows a tray.
pub(super) fn location(trays: &[JudgedTray<'_>]) -> Option<LocationMetrics> {
    let shown: Vec<&JudgedTray<'_>> = trays.iter().filter(|tray| tray.shows_tray).collect();
    let mut reasons = BTreeMap::new();
    for tray in shown
        .iter()
        .filter(|t| t.report.status == ReportStatus::Refused)
    {
        let reason = tray.report.reason.as_deref().unwrap_or("unknown");
        let first = reason.split(':').next().unwrap_or(reason);
        *reasons.entry(first.to_owned()).or_default() += 1;
    }
    let located = || shown.iter().filter(|tray| tray.is_graded());
    let far: Vec<f64> = located()
        .filter_map(|tray| tray.compared.farthest_node_pitch)
        .collect();
    let wrong = far.iter().filter(|&&d| d > WRONG_FROM_PITCH).count();
    let overlaps: Vec<f64> = located().filter_map(|tray| tray.compared.box_iou).collect();
    let least = overlaps.iter().copied().fold(f64::INFINITY, f64::min);
    let whole = |tray: &&&JudgedTray<'_>| tray.compared.whole_in_picture == Some(true);
    let whole: Vec<&JudgedTray<'_>> = shown.iter().filter(whole).copied().collect();
    Some(LocationMetrics {
        refused: refused_rate(&shown).known()?,
        refused_whole: refused_rate(&whole).known(),
        reasons,
        wrongly_located: Rate::of_pictures(wrong, far.len()).known(),
        box_iou: mean(&overlaps).map(|mean| BoxOverlap {
            mean,
            least,
            trays: overlaps.len(),
        }),
    })
}

/// Refused, of the pictures that show no tray, with its exact interval; none where the set has no such picture.
pub(super) fn no_tray_refused(trays: &[JudgedTray<'_>]) -> Option<Rate> {
    let without: Vec<&JudgedTray<'_>> = trays.iter().filter(|tray| !tray.shows_tray).collect();
    refused_rate(&without).known()
}

fn refused_rate(trays: &[&JudgedTray<'_>]) -> Rate {
    let count = |status| trays.iter().filter(|t| t.report.status == status).count();
    let refused = count(ReportStatus::Refused);
    Rate::of_pictures(refused, refused + count(ReportStatus::Graded))
}

/// Intersection over union of two boxes (left, top, right, bottom); none where both are without area.
#[must_use]
pub fn box_iou(a: [f64; 4], b: [f64; 4]) -> Option<f64> {
    let area = |[x0, y0, x1, y1]: [f64; 4]| (x1 - x0).max(0.0) * (y1 - y0).max(0.0);
    let common = area([
        a[0].max(b[0]),
        a[1].max(b[1]),
        a[2].min(b[2]),
        a[3].min(b[3]),
    ]);
    let united = area(a) + area(b) - common;
    (united > 0.0).then(|| common / united)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::samples;

    #[test]
    fn refused_trays_are_counted_by_reason_and_wrong_places_of_the_located() {
        let good = samples::graded(1, 2, 200.0, 100.0);
        let [dark, none] =
            ["too dark: brightest cells at 9", "no tray: 12 rows"].map(samples::refused);
        let tray = |report, far| {
            let mut tray = JudgedTray::new("a", "1", Vec::new(), report, 1.0);
            tray.compared.farthest_node_pitch = far;
            tray.compared.box_iou = Some(0.8);
            tray
        };
        let mut trays = [
            tray(&good, Some(0.1)),
            tray(&good, Some(0.9)),
            tray(&good, None),
            tray(&dark, None),
            tray(&none, None),
        ];
        assert_eq!(location(&trays).unwrap().refused_whole, None);
        for (tray, whole) in trays.iter_mut().zip([true, true, false, true, false]) {
            tray.compared.whole_in_picture = Some(whole);
        }
        let metrics = location(&trays).unwrap();
        assert_eq!((metrics.refused.hits, metrics.refused.of), (2, 5));
        let whole = metrics.refused_whole.unwrap();
        assert_eq!((whole.hits, whole.of), (1, 3));
        assert_eq!(metrics.reasons["too dark"], 1);
        let wrong = metrics.wrongly_located.unwrap();
        assert_eq!((wrong.hits, wrong.of), (1, 2));
        assert_eq!(metrics.box_iou.unwrap().trays, 3);
        assert_eq!(no_tray_refused(&trays), None);
    }

    #[test]
    fn a_picture_without_a_tray_is_rightly_refused_and_no_refused_tray() {
        let (refused, graded) = (
            samples::refused("no tray: x"),
            samples::graded(1, 2, 200.0, 100.0),
        );
        let mut trays = [&refused, &refused, &graded].map(|report| {
            let mut tray = JudgedTray::new("a", "1", Vec::new(), report, 1.0);
            tray.shows_tray = false;
            tray
        });
        let rate = no_tray_refused(&trays).unwrap();
        assert_eq!((rate.hits, rate.of, rate.ci95.is_some()), (2, 3, true));
        assert_eq!(location(&trays), None);
        trays[0].shows_tray = true;
        let all_refused = location(&trays[..1]).unwrap();
        assert_eq!(
            (all_refused.refused.share, all_refused.wrongly_located),
            (Some(1.0), None)
        );
    }

    #[test]
    fn boxes_overlap_by_their_common_area() {
        assert_eq!(
            box_iou([0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 3.0, 2.0]),
            Some(1.0 / 3.0)
        );
        assert_eq!(box_iou([0.0; 4], [5.0, 5.0, 6.0, 6.0]), Some(0.0));
        assert_eq!(box_iou([0.0; 4], [0.0; 4]), None);
    }
}
