//! `report.html`: one file with everything in it, the answer of each tray first.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::evaluate::rate_words;
use crate::frame::Frame;
use crate::inspect::{CellReport, ReportStatus, TrayReport};
use crate::tray::Lattice;

use super::encode::{EncodeError, jpeg};
use super::mark::{Mark, REMOVE_SIGN, is_removed};
use super::quads::cell_quads;
use super::{svg, words};

/// Longest side of an embedded picture, px: a tray's cells stay legible, a page of 20 trays stays small.
const PICTURE_PX: usize = 1600;
/// A tray of more columns gets the page's whole width.
const WIDE_COLS: usize = 12;
const JPEG_QUALITY: u8 = 82;
const STYLE: &str = include_str!("report.css");
/// Says under the picture what a tapped cell measures, where fingers cannot hover.
const SCRIPT: &str = "document.addEventListener('click',e=>{const c=e.target.closest('.cell');if(c)\
    c.closest('.view').querySelector('output').textContent=\
    c.querySelector('title').textContent.replace(/\\n/g,' · ')})";

/// A report with the picture that it judges.
#[derive(Debug, Clone, Copy)]
pub struct TrayPicture<'a> {
    /// The judgement.
    pub report: &'a TrayReport,
    /// Its picture; a page without it still has the numbers.
    pub frame: Option<&'a Frame>,
    /// The lattice; without it cells are laid out between the report's corners.
    pub lattice: Option<&'a Lattice>,
}

/// The whole page. `grade_order` is the standard's grades, best first, the weak last.
///
/// # Errors
/// A picture that cannot be encoded.
pub fn report_html(
    title: &str,
    trays: &[TrayPicture<'_>],
    grade_order: &[String],
) -> Result<String, EncodeError> {
    let reports: Vec<&TrayReport> = trays.iter().map(|tray| tray.report).collect();
    let sections = trays
        .iter()
        .enumerate()
        .map(|(i, tray)| section(i, tray, grade_order))
        .collect::<Result<Vec<Markup>, EncodeError>>()?;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (title) }
                    (summary(&reports, grade_order))
                }
                main { @for section in &sections { (section) } }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    Ok(page.into_string())
}

/// A word with its term in Chinese.
fn term(word: &str, chinese: &str) -> Markup {
    html! { (word) @if !chinese.is_empty() { span class="zh" lang="zh-CN" { (chinese) } } }
}

fn summary(reports: &[&TrayReport], grade_order: &[String]) -> Markup {
    let counted = reports
        .iter()
        .find(|report| report.status == ReportStatus::Graded);
    let names = counted
        .map(|report| words::tallies(report, grade_order))
        .unwrap_or_default();
    let judged = reports
        .iter()
        .filter(|r| r.status == ReportStatus::Graded)
        .count();
    html! {
        p class="faint" { (judged) " of " (reports.len()) " trays judged" }
        div class="scroll" { table {
            thead { tr {
                th { (term("tray", "穴盘")) } th { (term("grade", "等级")) } th { "route" }
                @for tally in &names { th class="num" { (term(&tally.name, tally.term)) } }
                th { (term("emergence rate", "出苗率")) } th class="num" { "ms" }
            } }
            tbody { @for (i, report) in reports.iter().enumerate() {
                (summary_line(i, report, names.len(), grade_order))
            } }
        } }
    }
}

fn summary_line(i: usize, report: &TrayReport, columns: usize, grade_order: &[String]) -> Markup {
    let graded = report.status == ReportStatus::Graded;
    html! { tr {
        td { a href=(format!("#tray-{i}")) { (words::tray_name(report)) } }
        @if graded {
            td { strong { (report.grade.as_deref().unwrap_or("none")) } }
            td { (report.route.as_deref().unwrap_or("none")) }
            @for tally in words::tallies(report, grade_order).iter().take(columns) {
                td class="num" { (tally.count) }
            }
            td { (words::emergence_words(report)) }
        } @else {
            td { (words::answer(report)) }
            td { (report.route.as_deref().unwrap_or("none")) }
            td class="why" colspan=(columns + 1) { (words::refusal(report)) }
        }
        td class="num" { (report.timing_ms.map_or_else(|| "–".to_owned(), |ms| format!("{:.0}", ms.total))) }
    } }
}

fn section(
    i: usize,
    tray: &TrayPicture<'_>,
    grade_order: &[String],
) -> Result<Markup, EncodeError> {
    let report = tray.report;
    let graded = report.status == ReportStatus::Graded;
    let view = view(i, tray, grade_order)?;
    Ok(html! {
        section id=(format!("tray-{i}")) {
            (answer(report))
            p class="sub faint" { (words::tray_name(report)) (moment(report)) }
            div class=(if report.cols > WIDE_COLS { "stack" } else { "pair" }) {
                (view)
                div {
                    @if graded { (counts(report, grade_order)) }
                }
            }
            @if graded {
                h3 { "Cells" span class="zh" lang="zh-CN" { "穴孔" } }
                (matrix(report, grade_order))
            }
            div class="pair" { (evidence(report)) (timing(report)) }
        }
    })
}

fn answer(report: &TrayReport) -> Markup {
    let route = report.route.as_deref().unwrap_or("none");
    if report.status != ReportStatus::Graded {
        return html! {
            p class="answer" { (words::answer(report)) }
            p class="why" { (words::refusal(report)) }
            @if report.route.is_some() { p class="lead" { "Route " strong { (route) } } }
        };
    }
    html! {
        p class="answer" {
            span class="to" { "Grade " } (report.grade.as_deref().unwrap_or("none"))
            span class="to" { " → " } (route)
        }
    }
}

fn moment(report: &TrayReport) -> Markup {
    html! {
        @if let Some(lot) = &report.facts.lot { " · " (term("lot", "批次")) " " (lot) }
        @if let Some(at) = &report.facts.captured_at { " · " (at) }
        " · " (report.rows) " × " (report.cols) " cells"
    }
}

/// The picture, its marks and the switch that hides them.
fn view(i: usize, tray: &TrayPicture<'_>, grade_order: &[String]) -> Result<Markup, EncodeError> {
    let Some(frame) = tray.frame else {
        return Ok(html! { p class="faint" { "The picture was not kept." } });
    };
    let report = tray.report;
    let picture = STANDARD.encode(jpeg(frame, JPEG_QUALITY, PICTURE_PX)?);
    let graded = report.status == ReportStatus::Graded;
    let quads = cell_quads(report, tray.lattice).unwrap_or_default();
    let size = (frame.width(), frame.height());
    let switch = format!("marks-{i}");
    Ok(html! {
        div class="view" {
            @if graded {
                input class="toggle" type="checkbox" id=(switch) checked;
                label class="show" for=(switch) { "Marks" }
            }
            div class=(if graded { "pic" } else { "pic refused" }) {
                img alt=(format!("tray {}", words::tray_name(report)))
                    width=(size.0) height=(size.1)
                    src=(format!("data:image/jpeg;base64,{picture}"));
                @if graded { (svg::marks(report, &quads, size, grade_order)) }
                @else { div class="over" { (words::refusal(report)) } }
            }
            @if graded { output { "Point at a cell, or tap it, for its measurements." } }
        }
    })
}

fn counts(report: &TrayReport, grade_order: &[String]) -> Markup {
    let sown = report.rows * report.cols;
    let marketable = report.marketable.unwrap_or(0);
    html! {
        div class="leads" {
            p class="lead" {
                (term("Emergence", "出苗率")) br; strong { (words::emergence_words(report)) }
            }
            p class="lead" { (term("Marketable", "成苗率")) br; strong { (rate_words(marketable, sown)) } }
        }
        p class="faint" { "Emergence is of the decided cells, every other share of all cells." }
        div class="scroll" { table {
            thead { tr { th { (term("verdict", "判定")) } th class="num" { "cells" } th { "share of all, 95 %" } } }
            tbody { @for tally in words::tallies(report, grade_order) { tr {
                td { (svg::mark_key(tally.mark)) (term(&tally.name, tally.term)) }
                td class="num" { (tally.count) }
                td { (rate_words(tally.count, sown)) }
            } } }
        } }
        p { (REMOVE_SIGN) " " (words::removed(report)) " to be removed" }
    }
}

fn matrix(report: &TrayReport, grade_order: &[String]) -> Markup {
    html! { div class="scroll" { table class="matrix" {
        tr { th {} @for col in 0..report.cols { th { (col) } } }
        @for (row, cells) in report.cells.chunks(report.cols.max(1)).enumerate() {
            tr { th { (row) } @for cell in cells { (matrix_cell(cell, grade_order)) } }
        }
    } } }
}

fn matrix_cell(cell: &CellReport, grade_order: &[String]) -> Markup {
    let mark = Mark::of_cell(cell, grade_order);
    let sign = if is_removed(cell) {
        REMOVE_SIGN
    } else {
        mark.sign()
    };
    html! {
        td style=(format!("background:{}", svg::hex(mark.colour()))) title=(svg::measurements(cell)) { (sign) }
    }
}

fn evidence(report: &TrayReport) -> Markup {
    let evidence = &report.evidence;
    let facts = &report.facts;
    let rows = [
        ("tray", Some(facts.tray_uid.as_str())),
        ("picture, SHA-256", facts.image_sha256.as_deref()),
        ("standard 分级标准", Some(evidence.standard.as_str())),
        ("standard, digest", Some(evidence.standard_digest.as_str())),
        ("net", Some(evidence.network.as_str())),
        (
            "calibration",
            Some(
                evidence
                    .calibration
                    .as_deref()
                    .unwrap_or("none: no millimetres"),
            ),
        ),
        ("configuration", Some(evidence.config.as_str())),
        ("inference", Some(evidence.backend.as_str())),
        ("processor", Some(evidence.cpu_class.as_str())),
        ("software", Some(evidence.software.as_str())),
    ];
    html! { div {
        h3 { "Evidence" }
        table { @for (name, value) in rows { @if let Some(value) = value.filter(|v| !v.is_empty()) {
            tr { th { (name) } td class="long" { (value) } }
        } } }
    } }
}

fn timing(report: &TrayReport) -> Markup {
    let Some(ms) = report.timing_ms else {
        return html! {};
    };
    let stages = [
        ("decode", ms.decode),
        ("locate", ms.locate),
        ("rectify", ms.rectify),
        ("infer", ms.infer),
        ("measure", ms.measure),
        ("total", ms.total),
    ];
    html! { div {
        h3 { "Time, ms" }
        table { @for (stage, spent) in stages {
            tr { th { (stage) } td class="num" { (format!("{spent:.1}")) } }
        } }
    } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::samples;

    fn page(report: &TrayReport, frame: Option<&Frame>) -> String {
        let tray = TrayPicture {
            report,
            frame,
            lattice: None,
        };
        report_html("Trays <1>", &[tray], &samples::grade_order()).unwrap()
    }

    #[test]
    fn the_page_stands_alone_and_every_cell_says_what_it_measures() {
        let frame = samples::grey_frame(700, 200);
        let page = page(&samples::graded(2, 7, 700.0, 200.0), Some(&frame));
        assert_eq!(page.matches("class=\"cell\"").count(), 14);
        assert!(page.contains("data:image/jpeg;base64,"));
        for elsewhere in ["src=\"http", "href=\"http", "url(", "@import"] {
            assert!(!page.contains(elsewhere), "{elsewhere}");
        }
        assert!(page.contains("row 1, column 6: unsure"));
        assert!(page.contains("出苗率"));
    }

    #[test]
    fn names_with_markup_are_shown_not_run() {
        let mut report = samples::graded(1, 7, 700.0, 100.0);
        let evil = "\"><script>alert(1)</script>";
        report.facts.source = evil.to_owned();
        report.route = Some(evil.to_owned());
        report.evidence.standard = evil.to_owned();
        report.cells[0].reason = Some(evil.into());
        report.cells[1].grade = Some(evil.into());
        report
            .grades
            .get_or_insert_default()
            .insert(evil.to_owned(), 1);
        let page = page(&report, Some(&samples::grey_frame(70, 10)));
        assert!(!page.contains("<script>alert"));
        assert!(page.contains("&lt;script&gt;alert"));
        assert!(!page.contains("\"\">"), "a quote ended an attribute");
    }

    #[test]
    fn a_refused_tray_says_why() {
        let page = page(
            &samples::refused("too dark"),
            Some(&samples::grey_frame(40, 30)),
        );
        assert!(page.contains("Not judged") && page.contains("Too dark."));
    }
}
