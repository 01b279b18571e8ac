//! Trays as text: the matrix of verdicts and the table over several trays.
//!
//! The text carries colours as escape codes; whoever prints it goes through `anstream`, which drops
//! them where the terminal or `NO_COLOR` asks for that.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::inspect::{CellReport, ReportStatus, TrayReport};

use super::mark::{Mark, REMOVE_SIGN, is_removed};
use super::words;

/// Columns between the numbers at the matrix's edge.
const NUMBER_EVERY: usize = 5;

/// The verdicts of a tray, a sign a cell, with row and column numbers and a legend. A tray that was not
/// judged gives its reason.
#[must_use]
pub fn cell_matrix(report: &TrayReport, grade_order: &[String]) -> String {
    if report.status != ReportStatus::Graded {
        return format!("{}: {}\n", words::answer(report), words::refusal(report));
    }
    let mut text = column_numbers(report.cols);
    for (row, cells) in report.cells.chunks(report.cols.max(1)).enumerate() {
        let _ = write!(text, "{row:>4} ");
        for cell in cells {
            text.push(' ');
            text.push_str(&sign(cell, grade_order));
        }
        text.push('\n');
    }
    text.push_str("     ");
    for tally in words::tallies(report, grade_order) {
        let _ = write!(
            text,
            " {} {} {}  ",
            coloured(tally.mark, tally.mark.sign()),
            tally.name,
            tally.count
        );
    }
    let _ = writeln!(text, " {REMOVE_SIGN} to remove {}", words::removed(report));
    text
}

fn column_numbers(cols: usize) -> String {
    let mut line = "     ".to_owned();
    for col in (0..cols).step_by(NUMBER_EVERY) {
        let _ = write!(line, " {col:<width$}", width = 2 * NUMBER_EVERY - 1);
    }
    format!("{}\n", line.trim_end())
}

fn sign(cell: &CellReport, grade_order: &[String]) -> String {
    let mark = Mark::of_cell(cell, grade_order);
    let sign = if is_removed(cell) {
        REMOVE_SIGN
    } else {
        mark.sign()
    };
    coloured(mark, sign)
}

fn coloured(mark: Mark, sign: char) -> String {
    mark.terminal_colour().map_or_else(
        || sign.to_string(),
        |colour: AnsiColor| {
            let style = Style::new().fg_color(Some(colour.into()));
            format!("{style}{sign}{style:#}")
        },
    )
}

/// One line a tray: its name, grade, counts per grade and verdict, route and milliseconds.
#[must_use]
pub fn summary_table(reports: &[&TrayReport], grade_order: &[String]) -> String {
    let names = reports
        .first()
        .map(|r| words::tallies(r, grade_order))
        .unwrap_or_default();
    let mut head = vec!["tray".to_owned(), "grade".to_owned()];
    head.extend(names.iter().map(|tally| tally.name.clone()));
    head.extend(["emergence", "route", "ms"].map(String::from));
    let mut lines = vec![head];
    lines.extend(
        reports
            .iter()
            .map(|report| table_line(report, grade_order, names.len())),
    );
    let numbers = 2..2 + names.len();
    let last = lines[0].len() - 1;
    aligned(&lines, |column| numbers.contains(&column) || column == last)
}

fn table_line(report: &TrayReport, grade_order: &[String], verdicts: usize) -> Vec<String> {
    let graded = report.status == ReportStatus::Graded;
    let mut line = vec![words::tray_name(report).to_owned()];
    if graded {
        line.push(report.grade.clone().unwrap_or_default());
        let counts = words::tallies(report, grade_order);
        line.extend(
            counts
                .iter()
                .take(verdicts)
                .map(|tally| tally.count.to_string()),
        );
        line.push(words::emergence_words(report));
    } else {
        line.push(words::answer(report).to_lowercase());
        line.extend(std::iter::repeat_n("-".to_owned(), verdicts));
        line.push(report.reason.clone().unwrap_or_default());
    }
    line.push(report.route.clone().unwrap_or_else(|| "-".to_owned()));
    line.push(
        report
            .timing_ms
            .map_or_else(|| "-".to_owned(), |ms| format!("{:.0}", ms.total)),
    );
    line
}

/// Columns as wide as their widest entry, two spaces apart; `right` says which end on the right.
#[must_use]
pub fn aligned(lines: &[Vec<String>], right: impl Fn(usize) -> bool) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|i| {
            lines
                .iter()
                .filter_map(|l| l.get(i))
                .map(|s| columns_of(s))
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for line in lines {
        let mut row = String::new();
        for (i, entry) in line.iter().enumerate() {
            let pad = " ".repeat(widths[i] - columns_of(entry));
            let gap = if i == 0 { "" } else { "  " };
            let _ = if right(i) {
                write!(row, "{gap}{pad}{entry}")
            } else {
                write!(row, "{gap}{entry}{pad}")
            };
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

/// Columns that text takes in a terminal: East Asian wide letters take two.
fn columns_of(text: &str) -> usize {
    let wide = |c: char| matches!(c, '\u{1100}'..='\u{115F}' | '\u{2E80}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7A3}' | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE6F}' | '\u{FF00}'..='\u{FF60}');
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::samples;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_tray_is_legible_without_colours() {
        let report = samples::graded(2, 7, 700.0, 200.0);
        let text = plain(&cell_matrix(&report, &samples::grade_order()));
        let expected = "      0         5
   0  ■ ◪ □ × · : ?
   1  ■ ◪ □ × · : ?
      ■ A 2   ◪ B 2   □ C 2   ◇ weak 2   : double 2   · blank 2   ? unsure 2   × to remove 2
";
        assert_eq!(text, expected);
    }

    #[test]
    fn signs_carry_their_colour() {
        let report = samples::graded(1, 7, 700.0, 100.0);
        let text = cell_matrix(&report, &samples::grade_order());
        assert!(text.contains("\u{1b}[32m■"), "{text:?}");
        assert!(text.contains("\u{1b}[31m×"), "{text:?}");
    }

    #[test]
    fn a_table_aligns_wide_letters_and_names_refusals() {
        let mut wide = samples::graded(2, 7, 700.0, 200.0);
        wide.facts.source = "托盘.jpg".to_owned();
        let refused = samples::refused("too dark");
        let table = summary_table(&[&wide, &refused], &samples::grade_order());
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 3);
        let before = |line: &str, end: &str| columns_of(line.split(end).next().unwrap());
        assert_eq!(
            before(lines[1], " A "),
            before(lines[2], " not judged"),
            "{table}"
        );
        assert!(
            lines[2].contains("not judged") && lines[2].contains("too dark"),
            "{table}"
        );
    }
}
