use super::*;
use crate::evaluate::{JudgedTray, MaskCounts, ScoredMask, samples};

fn plain(reports: &[SetReport]) -> String {
    anstream::adapter::strip_str(&accuracy_table(reports)).to_string()
}

#[test]
fn people_read_the_interval_the_count_and_what_limits_them() {
    let judged = samples::graded(1, 7, 700.0, 100.0);
    let labels = |text: &str| {
        let label = |letter| match letter {
            's' => Some(true),
            '.' => Some(false),
            _ => None,
        };
        text.chars().map(label).collect()
    };
    let trays = [
        JudgedTray::new("a", "1", labels("ssss.s?"), &judged, 10.0),
        JudgedTray::new("b", "1", labels("ss?s..?"), &judged, 14.0),
    ];
    let text = plain(&[SetReport::new("luodi", &trays)]);
    let expected = "\
luodi: 2 pictures (0 refused), 2 trays with labels in 1 group, 11 labelled cells (0 unsure)
  occupancy accuracy           90.91 % (80.00–100.00, n = 11)
                               interval: one group: trays resampled within it
    of decided cells           90.91 %
    seedlings found            100.00 % (63.06–100.00, n = 8)
    blanks found               66.67 % (50.00–100.00, n = 3)
  cells by label (rows) and verdict (columns)
                 seedling  blank  unsure  refused
    seedling            8      0       0        0
    no seedling         1      2       0        0
  emergence error, points      10.00
  blanks passed as seedlings   33.33 % (0.00–50.00, n = 3)
";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.contains("expected calibration error"), "{text}");
    assert!(
        text.contains("trays refused                0.00 % (0.00–84.19, n = 2)"),
        "{text}"
    );
    assert!(
        !text.contains("mask overlap") && !text.contains("same tray"),
        "{text}"
    );
}

#[test]
fn masks_alone_are_told_without_trays() {
    let picture = |id: &str, common_px| ScoredMask {
        id: id.to_owned(),
        group: id.to_owned(),
        counts: MaskCounts {
            common_px,
            found_px: 10,
            truth_px: 10,
        },
        milliseconds: 5.0,
    };
    let report = SetReport::of_masks("pots", &[picture("a", 10), picture("b", 10)], None);
    let expected = "\
pots: 2 pictures with a mask in 2 groups, no tray looked for
  mask overlap (IoU), mean     1.000 (1.000–1.000, n = 2)
    of all pixels              1.000
    least: 1.000               a
    least: 1.000               b
  area error, mean             0.00 % (0.00–0.00, n = 2)
    half below                 0.00 %
    of found plants            0.00 % (0 missed)
  ms a tray, median / p99      5 / 5

";
    assert_eq!(plain(&[report]), expected);
}

#[test]
fn an_empty_set_is_a_line() {
    let text = plain(&[SetReport::new("none", &[])]);
    assert_eq!(
        text,
        "none: 0 pictures (0 refused), 0 trays with labels in 0 groups, 0 labelled cells (0 unsure)\n\n"
    );
}
