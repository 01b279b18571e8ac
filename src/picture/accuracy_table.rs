//! Accuracy of labelled sets as text: a block a set, and below it the tables that its labels allow.

use std::fmt::Write as _;

use anstyle::Style;

use crate::evaluate::{
    AttributionBand, AttributionMetrics, CalibrationMetrics, GradeMetrics, Interval, MaskMetrics,
    Occupancy, PictureMask, Rate, Repeatability, SetReport, SetStage, WithoutSuspects,
};

use super::terminal::aligned;

/// How many of the pictures whose masks overlap least are named; the JSON has all of them.
const WORST_MASKS: usize = 3;
/// Columns of a line's name.
const NAME_WIDTH: usize = 28;

/// The metrics of sets for people. What a set has no labels for is not mentioned.
#[must_use]
pub fn accuracy_table(reports: &[SetReport]) -> String {
    let mut text = String::new();
    for report in reports {
        text.push_str(&heading(report));
        let mut block = Block::default();
        block.cells(report);
        block.plants(report);
        block.location(report);
        block.rest(report);
        text.push_str(&block.0);
        text.push('\n');
    }
    text
}

fn heading(report: &SetReport) -> String {
    let bold = Style::new().bold();
    let pictures = counted(report.images, "picture");
    let facts = match report.stage {
        SetStage::Segment => format!(
            "{pictures} with a mask in {}, no tray looked for",
            counted(report.groups, "group")
        ),
        SetStage::Whole => format!(
            "{pictures} ({} refused), {} with labels in {}, {} ({} unsure)",
            report.refused,
            counted(report.trays, "tray"),
            counted(report.groups, "group"),
            counted(report.cells, "labelled cell"),
            report.unsure,
        ),
    };
    format!("{bold}{}{bold:#}: {facts}\n", report.set)
}

/// The lines of a set.
#[derive(Default)]
struct Block(String);

impl Block {
    fn line(&mut self, name: &str, value: &str) {
        let _ = writeln!(self.0, "  {name:<NAME_WIDTH$} {value}");
    }

    fn known(&mut self, name: &str, value: Option<String>) {
        if let Some(value) = value {
            self.line(name, &value);
        }
    }

    fn note(&mut self, note: Option<&String>) {
        self.known("", note.map(|note| format!("interval: {note}")));
    }

    fn table(&mut self, title: &str, lines: &[Vec<String>]) {
        let _ = writeln!(self.0, "  {title}");
        for line in aligned(lines, |column| column > 0).lines() {
            let _ = writeln!(self.0, "    {line}");
        }
    }

    fn cells(&mut self, report: &SetReport) {
        if let Some(occupancy) = &report.occupancy {
            self.occupancy(occupancy);
        }
        self.known(
            "emergence error, points",
            report.emergence_mae_points.map(|v| format!("{v:.2}")),
        );
        self.known(
            "blanks passed as seedlings",
            known_rate(report.blanks_passed.as_ref()),
        );
        self.known(
            "healthy ordered removed",
            known_rate(report.healthy_removed.as_ref()),
        );
        self.known(
            "  of those that the standard keeps",
            known_rate(report.kept_healthy_removed.as_ref()),
        );
        if let Some(without) = &report.without_suspects {
            self.without_suspects(without);
        }
        if let Some(grade) = &report.grade {
            self.grade(grade);
        }
        if let Some(calibration) = &report.calibration {
            self.calibration(calibration);
        }
    }

    fn occupancy(&mut self, occupancy: &Occupancy) {
        self.line(
            "occupancy accuracy",
            &share_words(occupancy.accuracy, occupancy.ci95, occupancy.cells),
        );
        self.note(occupancy.ci_note.as_ref());
        self.line("  of decided cells", &percent(occupancy.selective_accuracy));
        let (seedling, no_seedling) = (
            occupancy.confusion.seedling,
            occupancy.confusion.no_seedling,
        );
        self.line(
            "  seedlings found",
            &share_words(
                occupancy.seedling_recall,
                occupancy.seedling_recall_ci95,
                seedling.total(),
            ),
        );
        self.line(
            "  blanks found",
            &share_words(
                occupancy.no_seedling_recall,
                occupancy.no_seedling_recall_ci95,
                no_seedling.total(),
            ),
        );
        let row = |name: &str, said: crate::evaluate::SaidCounts| {
            let counts = [said.seedling, said.no_seedling, said.unsure, said.refused];
            std::iter::once(name.to_owned())
                .chain(counts.map(|n| n.to_string()))
                .collect()
        };
        self.table(
            "cells by label (rows) and verdict (columns)",
            &[
                words(&["", "seedling", "blank", "unsure", "refused"]),
                row("seedling", seedling),
                row("no seedling", no_seedling),
            ],
        );
    }

    fn without_suspects(&mut self, without: &WithoutSuspects) {
        let accuracy = without.occupancy.as_ref().map(|occupancy| {
            format!(
                "{}, {} left out",
                share_words(occupancy.accuracy, occupancy.ci95, occupancy.cells),
                counted(without.left_out, "doubtful label")
            )
        });
        self.known("accuracy without suspects", accuracy);
        let found = without.occupancy.as_ref().map(|occupancy| {
            let blanks = occupancy.confusion.no_seedling.total();
            share_words(
                occupancy.no_seedling_recall,
                occupancy.no_seedling_recall_ci95,
                blanks,
            )
        });
        self.known("  blanks found", found);
    }

    fn grade(&mut self, grade: &GradeMetrics) {
        self.line(
            "grade accuracy",
            &share_words(Some(grade.accuracy), grade.ci95, grade.cells),
        );
        for (label, recall) in &grade.recalls {
            self.line(&format!("  {label} told"), &rate(recall));
        }
        let mut said: Vec<&String> = grade
            .confusion
            .values()
            .flat_map(|row| row.keys())
            .collect();
        said.sort_unstable();
        said.dedup();
        let mut lines = vec![
            std::iter::once(String::new())
                .chain(said.iter().map(|s| (*s).clone()))
                .collect::<Vec<_>>(),
        ];
        for (label, row) in &grade.confusion {
            let counts = said
                .iter()
                .map(|s| row.get(*s).copied().unwrap_or(0).to_string());
            lines.push(std::iter::once(label.clone()).chain(counts).collect());
        }
        self.table("plants by label (rows) and what was said (columns)", &lines);
    }

    fn calibration(&mut self, calibration: &CalibrationMetrics) {
        self.line(
            "expected calibration error",
            &format!(
                "{:.4} (n = {})",
                calibration.expected_calibration_error, calibration.cells
            ),
        );
        let mut bands = vec![words(&[
            "probability",
            "cells",
            "predicted",
            "observed",
            "95 %",
        ])];
        for bin in calibration.reliability.iter().filter(|bin| bin.cells > 0) {
            bands.push(vec![
                format!("{:.1}–{:.1}", bin.from, bin.to),
                bin.cells.to_string(),
                percent(bin.predicted),
                percent(bin.observed),
                span(bin.observed_ci95),
            ]);
        }
        self.table("reliability of the probability of a seedling", &bands);
        let mut points = vec![words(&["left to people", "accuracy", "certainty from"])];
        for point in &calibration.abstention {
            points.push(vec![
                percent(Some(point.abstained)),
                percent(Some(point.accuracy)),
                format!("{:.3}", point.certainty),
            ]);
        }
        self.table("accuracy against the share abstained", &points);
    }

    fn plants(&mut self, report: &SetReport) {
        if let Some(masks) = &report.masks {
            self.masks(masks);
        }
        if let Some(area) = &report.area {
            let interval = area
                .ci95
                .map_or_else(String::new, |ci| format!("{}, ", span(ci)));
            self.line(
                "area error, mean",
                &format!(
                    "{} ({interval}n = {})",
                    percent(Some(area.mape)),
                    area.compared
                ),
            );
            self.line("  half below", &percent(Some(area.median)));
            self.known(
                "  of found plants",
                area.mape_of_found
                    .map(|error| format!("{} ({} missed)", percent(Some(error)), area.missed)),
            );
        }
        if let Some(centre) = &report.centre {
            let name = format!("centre within {} pitch", centre.limit_pitch);
            self.line(&name, &rate(&centre.within));
            self.line("  of found plants", &rate(&centre.within_of_found));
            let quantiles = centre.median_pitch.zip(centre.p95_pitch);
            self.known(
                "  median / 95 %, pitches",
                quantiles.map(|(median, p95)| format!("{median:.3} / {p95:.3}")),
            );
        }
        if let Some(attribution) = &report.attribution {
            self.attribution(attribution);
        }
    }

    fn masks(&mut self, masks: &MaskMetrics) {
        let interval = masks
            .ci95
            .map_or_else(String::new, |ci| format!("{:.3}–{:.3}, ", ci.lo, ci.hi));
        self.line(
            "mask overlap (IoU), mean",
            &format!("{:.3} ({interval}n = {})", masks.mean_iou, masks.pictures),
        );
        self.note(masks.ci_note.as_ref());
        self.line("  of all pixels", &format!("{:.3}", masks.pooled_iou));
        let mut worst: Vec<&PictureMask> = masks.per_picture.iter().collect();
        worst.sort_by(|a, b| a.iou.total_cmp(&b.iou));
        for picture in worst.iter().take(WORST_MASKS) {
            let name = format!("  least: {:.3}", picture.iou);
            self.line(&name, &picture.image);
        }
    }

    fn attribution(&mut self, attribution: &AttributionMetrics) {
        self.line("plants given to own cell", &rate(&attribution.own_cell));
        if let Some(bands) = &attribution.by_height_pitch {
            self.bands("by height, pitches", bands);
        }
        self.bands(
            "by distance from centre",
            &attribution.by_distance_from_centre,
        );
    }

    fn bands(&mut self, name: &str, bands: &[AttributionBand]) {
        let mut lines = vec![words(&[name, "own cell", "other cell", "not found"])];
        for band in bands {
            let to = band.to.map_or_else(String::new, |to| format!("{to:.2}"));
            lines.push(vec![
                format!("{:.2}–{to}", band.from),
                rate(&band.own_cell),
                band.other_cell.to_string(),
                band.not_found.to_string(),
            ]);
        }
        self.table("plants and the cell that they were given to", &lines);
    }

    fn location(&mut self, report: &SetReport) {
        if let Some(location) = &report.location {
            self.line("trays refused", &rate(&location.refused));
            self.known(
                "  of those wholly in the picture",
                known_rate(location.refused_whole.as_ref()),
            );
            for (reason, count) in &location.reasons {
                self.line(&format!("  {reason}"), &count.to_string());
            }
            self.known(
                "trays wrongly located",
                known_rate(location.wrongly_located.as_ref()),
            );
            self.known(
                "tray box overlap (IoU)",
                location.box_iou.map(|overlap| {
                    format!(
                        "{:.3} (least {:.3}, n = {})",
                        overlap.mean, overlap.least, overlap.trays
                    )
                }),
            );
        }
        self.known(
            "corner error, pitches",
            report.corner_error_pitch.map(|v| format!("{v:.3}")),
        );
        self.known(
            "refused where is no tray",
            known_rate(report.no_tray_refused.as_ref()),
        );
    }

    fn rest(&mut self, report: &SetReport) {
        if let Some(repeatability) = &report.repeatability {
            self.repeatability(repeatability);
        }
        self.known(
            "ms a tray, median / p99",
            report
                .ms_per_tray
                .map(|t| format!("{:.0} / {:.0}", t.median, t.p99)),
        );
    }

    fn repeatability(&mut self, found: &Repeatability) {
        self.line("equal verdicts, same tray", &rate(&found.equal_verdicts));
        self.line(
            "",
            &format!(
                "{} of {}, {} refused",
                counted(found.pictures, "picture"),
                counted(found.trays, "tray"),
                found.refused
            ),
        );
        self.line("  and equal grades", &rate(&found.equal_grades));
        let spread = &found.spread;
        self.known(
            "  spread of area",
            spread.area_share.map(|v| percent(Some(v))),
        );
        self.known(
            "  spread of offset, pitches",
            spread.offset_pitch.map(|v| format!("{v:.4}")),
        );
    }
}

fn words(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.2} %", 100.0 * share))
}

fn span(interval: Interval) -> String {
    format!("{:.2}–{:.2}", 100.0 * interval.lo, 100.0 * interval.hi)
}

fn share_words(share: Option<f64>, ci95: Option<Interval>, of: usize) -> String {
    let interval = ci95.map_or_else(String::new, |ci| format!("{}, ", span(ci)));
    format!("{} ({interval}n = {of})", percent(share))
}

fn rate(rate: &Rate) -> String {
    share_words(rate.share, rate.ci95, rate.of)
}

fn known_rate(known: Option<&Rate>) -> Option<String> {
    known.map(rate)
}

#[cfg(test)]
#[path = "accuracy_table_tests.rs"]
mod tests;
