//! A line of JSON under another standard into a line of JSON, without reading or writing again what stays.
//!
//! A line as this program writes it is looked through in one pass: of its cells only what a standard judges by is read, and
//! all but the judgement is copied. Any other line of a report (its keys in another order, spaces, numbers in other digits) is
//! parsed. Either way the bytes are those of parsing, [`rejudge`] and writing.

use std::io::Write as _;

use crate::cell::CellObservation;
use crate::grade::{GradingStandard, JudgedCell, judge};

use super::inspector::{grade_and_reason, with_judgement};
use super::rejudge::{Begun, RejudgeError, begun, rejudge, was_crowded};
use super::{ReportStatus, TrayReport};

/// Why a line has no counterpart under another standard.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// It is no report.
    #[error("{0}")]
    NoReport(#[from] serde_json::Error),
    /// Its measurements do not suffice.
    #[error(transparent)]
    Rejudge(#[from] RejudgeError),
}

/// Judges a line's measurements by another standard, as [`rejudge`] does, and writes the line without its end after `out`.
/// What is returned is the new report without its cells.
///
/// # Errors
/// [`LineError`]; nothing is written then.
pub fn rejudge_line(
    line: &str,
    standard: &GradingStandard,
    out: &mut Vec<u8>,
) -> Result<TrayReport, LineError> {
    let Some(scanned) = Scanned::of(line) else {
        let report = rejudge(serde_json::from_str(line)?, standard)?;
        serde_json::to_writer(out, &report)?;
        return Ok(TrayReport {
            cells: Vec::new(),
            ..report
        });
    };
    match begun(scanned.head, scanned.seen.len(), standard)? {
        Begun::Settled(report) => {
            serde_json::to_writer(out, &report)?;
            Ok(report)
        }
        Begun::Measured(report) => {
            let judgement = judge(&scanned.seen, standard, &[]);
            let report = with_judgement(report, &[], &judgement);
            let head = serde_json::to_string(&report)?;
            let (before, after) = head.split_once(NO_CELLS).unwrap_or((&head, ""));
            out.extend(before.as_bytes());
            out.extend(CELLS.as_bytes());
            for (index, (copied, judged)) in scanned.copied.iter().zip(&judgement.cells).enumerate()
            {
                if index > 0 {
                    out.push(b',');
                }
                write_cell(out, copied, judged)?;
            }
            out.push(b']');
            out.extend(after.as_bytes());
            Ok(report)
        }
    }
}

/// Where a report's cells begin. Quotes within texts are escaped, so that no text holds this.
const CELLS: &str = r#""cells":["#;
const NO_CELLS: &str = r#""cells":[]"#;

fn write_cell(
    out: &mut Vec<u8>,
    copied: &Copied<'_>,
    judged: &JudgedCell,
) -> Result<(), serde_json::Error> {
    let (grade, reason) = grade_and_reason(judged);
    out.extend(copied.place.as_bytes());
    for (key, text) in [
        (r#""verdict":"#, Some(judged.verdict.name())),
        (r#","grade":"#, grade),
        (r#","reason":"#, reason),
    ] {
        out.extend(key.as_bytes());
        serde_json::to_writer(&mut *out, &text)?;
    }
    // writing into memory does not fail, and no action has a letter that JSON escapes
    let _ = write!(out, r#","action":"{}""#, judged.action);
    out.extend(copied.traits.as_bytes());
    Ok(())
}

/// What of a cell's text stays: from its beginning to its verdict, and from its occupancy to its end.
struct Copied<'a> {
    place: &'a str,
    traits: &'a str,
}

/// A graded report's line, looked through.
struct Scanned<'a> {
    head: TrayReport,
    copied: Vec<Copied<'a>>,
    /// What a standard judges by; the rest is not read.
    seen: Vec<CellObservation>,
}

impl<'a> Scanned<'a> {
    /// None of a line that is not as this program writes graded reports.
    fn of(line: &'a str) -> Option<Self> {
        let (before, cells) = line.split_once(CELLS)?;
        let mut scanner = Scanner { rest: cells };
        let (mut copied, mut seen) = (Vec::new(), Vec::new());
        loop {
            let (place_and_traits, observation) = scanner.cell()?;
            copied.push(place_and_traits);
            seen.push(observation);
            if scanner.literal(",").is_none() {
                break;
            }
        }
        scanner.literal("]")?;
        let head = [before, NO_CELLS, scanner.rest].concat();
        let head: TrayReport = serde_json::from_str(&head).ok()?;
        (head.status == ReportStatus::Graded && head.cells.is_empty()).then_some(Self {
            head,
            copied,
            seen,
        })
    }
}

/// Digits of a number before its point: all of these and [`MOST_DECIMALS`] fit a double's.
const MOST_WHOLE_DIGITS: usize = 11;
const MOST_DECIMALS: usize = 4;
/// Digits of a count: it fits 32 bits.
const MOST_COUNT_DIGITS: usize = 9;

/// What is left of a line. All readers give none where the text is not as this program would write it.
struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    fn cell(&mut self) -> Option<(Copied<'a>, CellObservation)> {
        let whole = self.rest;
        self.literal(r#"{"row":"#)?;
        let row = self.count()? as usize;
        self.literal(r#","col":"#)?;
        let col = self.count()? as usize;
        self.literal(",")?;
        let place = &whole[..whole.len() - self.rest.len()];
        let verdict = self.after(r#""verdict":"#, Self::text)?;
        self.after(r#","grade":"#, Self::text)?;
        let reason = self.after(r#","reason":"#, Self::text)?;
        self.after(r#","action":"#, Self::text)??;
        let traits = self.rest;
        let mut seen = CellObservation {
            crowded: was_crowded(verdict?, reason),
            row,
            col,
            ..self.traits()?
        };
        seen.overlap = self.after(r#","overlap":"#, Self::number)?;
        self.literal("}")?;
        let traits = &traits[..traits.len() - self.rest.len()];
        Some((Copied { place, traits }, seen))
    }

    /// Those from occupancy to leaves.
    fn traits(&mut self) -> Option<CellObservation> {
        let occupied = self.after(r#","occupied":"#, Self::number)?;
        let several = self.after(r#","several":"#, Self::number)?;
        let plants = self.after(r#","plants":"#, Self::count)?;
        let area_pitch2 = self.after(r#","area_pitch2":"#, Self::number)?;
        self.where_there(r#","area_deviation_pitch2":"#)?;
        let area_mm2 = self.after(r#","area_mm2":"#, Self::optional(Self::number))?;
        self.after(r#","area_px":"#, Self::number)?;
        self.after(r#","centre_px":"#, Self::optional(Self::point))?;
        let offset_pitch = self.after(r#","offset_pitch":"#, Self::optional(Self::number))?;
        self.where_there(r#","offset_deviation_pitch":"#)?;
        Some(CellObservation {
            row: 0,
            col: 0,
            occupied,
            several,
            plants,
            area_pitch2,
            area_deviation_pitch2: None,
            area_px: 0.0,
            area_mm2,
            centre: None,
            offset_pitch,
            offset_deviation_pitch: None,
            offset_mm: self.after(r#","offset_mm":"#, Self::optional(Self::number))?,
            chlorotic: self.after(r#","chlorotic":"#, Self::number)?,
            necrotic: self.after(r#","necrotic":"#, Self::number)?,
            leaves: self.after(r#","leaves":"#, Self::optional(Self::count))?,
            overlap: 0.0,
            crowded: false,
        })
    }

    fn literal(&mut self, text: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    fn after<T>(&mut self, key: &str, value: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.literal(key)?;
        value(self)
    }

    fn optional<T>(
        value: impl FnOnce(&mut Self) -> Option<T>,
    ) -> impl FnOnce(&mut Self) -> Option<Option<T>> {
        |scanner| match scanner.literal("null") {
            Some(()) => Some(None),
            None => value(scanner).map(Some),
        }
    }

    /// A number whose key is left out where there is none.
    fn where_there(&mut self, key: &str) -> Option<()> {
        match self.literal(key) {
            Some(()) => self.number().map(drop),
            None => Some(()),
        }
    }

    fn point(&mut self) -> Option<()> {
        self.after("[", Self::number)?;
        self.after(",", Self::number)?;
        self.literal("]")
    }

    /// A text without escapes, or null.
    #[allow(clippy::option_option, reason = "no text of this kind, or null")]
    fn text(&mut self) -> Option<Option<&'a str>> {
        if self.literal("null").is_some() {
            return Some(None);
        }
        self.literal("\"")?;
        let (text, rest) = self.rest.split_once('"')?;
        self.rest = rest;
        let is_plain = text.bytes().all(|byte| byte >= b' ' && byte != b'\\');
        is_plain.then_some(Some(text))
    }

    /// So many digits at most, and one at least.
    fn digits(&mut self, most: usize) -> Option<&'a str> {
        let ahead = self.rest.bytes().take(most + 1);
        let count = ahead.take_while(u8::is_ascii_digit).count();
        if count == 0 || count > most {
            return None;
        }
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        Some(digits)
    }

    /// Digits without a nought before them.
    fn whole(&mut self, most: usize) -> Option<u64> {
        let digits = self.digits(most)?;
        (digits == "0" || !digits.starts_with('0')).then(|| followed_by(0, digits))
    }

    fn count(&mut self) -> Option<u32> {
        u32::try_from(self.whole(MOST_COUNT_DIGITS)?).ok()
    }

    /// A number in the digits that it is written in: few enough that their quotient is the nearest double.
    fn number(&mut self) -> Option<f64> {
        let is_negative = self.literal("-").is_some();
        let whole = self.whole(MOST_WHOLE_DIGITS)?;
        self.literal(".")?;
        let decimals = self.digits(MOST_DECIMALS)?;
        if decimals.ends_with('0') && decimals != "0" {
            return None;
        }
        let magnitude = followed_by(whole, decimals) as f64 / TENS[decimals.len()];
        Some(if is_negative { -magnitude } else { magnitude })
    }
}

/// Powers of ten by the number of decimals.
const TENS: [f64; MOST_DECIMALS + 1] = [1.0, 10.0, 100.0, 1e3, 1e4];

/// A whole number with further digits behind it.
fn followed_by(whole: u64, digits: &str) -> u64 {
    let digit = |sum: u64, byte: u8| 10 * sum + u64::from(byte - b'0');
    digits.bytes().fold(whole, digit)
}

#[allow(clippy::unwrap_used)]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::samples;
    use proptest::prelude::*;

    fn standard(criterion: &str) -> GradingStandard {
        let text = GradingStandard::embedded_text();
        let at = text.find("all = [").unwrap() + "all = [".len();
        GradingStandard::parse(&format!("{}\"{criterion}\", {}", &text[..at], &text[at..])).unwrap()
    }

    /// By parsing and writing.
    fn parsed(line: &str, standard: &GradingStandard) -> Option<String> {
        let report: TrayReport = serde_json::from_str(line).ok()?;
        Some(serde_json::to_string(&rejudge(report, standard).ok()?).unwrap())
    }

    fn scanned(line: &str, standard: &GradingStandard) -> Option<String> {
        let mut out = Vec::new();
        rejudge_line(line, standard, &mut out).ok()?;
        Some(String::from_utf8(out).unwrap())
    }

    fn report() -> TrayReport {
        let mut report = samples::graded(3, 7, 140.0, 60.0);
        for (index, cell) in report.cells.iter_mut().enumerate() {
            cell.centre_px = cell.centre_px.map(|_| [7.5, -0.1]);
            cell.area_pitch2 = f64::from(index as u32 * 37 % 90) / 1e4;
        }
        report.cells[4].reason = Some("crowded".into());
        report.cells[4].verdict = "unsure".into();
        report.cells[5].area_deviation_pitch2 = Some(0.02);
        report.cells[5].offset_deviation_pitch = Some(0.001);
        report.cells[6].area_px = 99_999_999_999.5;
        report
    }

    #[test]
    fn a_line_of_this_program_is_looked_through_and_comes_out_as_if_it_were_parsed() {
        let line = serde_json::to_string(&report()).unwrap();
        assert!(Scanned::of(&line).is_some());
        for criterion in [
            "area_pitch2 >= 0.004",
            "leaves >= 5",
            "offset_mm <= 2",
            "area_mm2 > 400",
        ] {
            let standard = standard(criterion);
            let judged = scanned(&line, &standard).unwrap();
            assert_eq!(judged, parsed(&line, &standard).unwrap(), "{criterion}");
            assert_ne!(judged, line);
        }
    }

    #[test]
    fn without_a_scale_or_with_cells_missing_it_ends_as_if_it_were_parsed() {
        let mut unscaled = report();
        unscaled.mm_known = false;
        let line = serde_json::to_string(&unscaled).unwrap();
        let in_millimetres = standard("area_mm2 > 400");
        let refused = scanned(&line, &in_millimetres).unwrap();
        assert_eq!(refused, parsed(&line, &in_millimetres).unwrap());
        let mut short = report();
        short.cells.pop();
        let line = serde_json::to_string(&short).unwrap();
        let error = rejudge_line(&line, &in_millimetres, &mut Vec::new()).unwrap_err();
        assert!(
            error.to_string().contains("expected 21 cells, found 20"),
            "{error}"
        );
    }

    #[test]
    fn a_line_that_is_written_otherwise_is_parsed() {
        let line = serde_json::to_string(&report()).unwrap();
        let embedded = GradingStandard::embedded();
        let expected = parsed(&line, &embedded);
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        let sorted = serde_json::to_string(&value).unwrap();
        for other in [
            sorted,
            line.replace(r#","several":"#, r#", "several": "#),
            line.replace(r#""chlorotic":0.01,"#, r#""chlorotic":1e-2,"#),
            line.replace(r#""chlorotic":0.01,"#, r#""chlorotic":0.010,"#),
        ] {
            assert!(other != line && Scanned::of(&other).is_none(), "{other}");
            assert_eq!(scanned(&other, &embedded), expected);
        }
    }

    #[test]
    fn cells_within_a_text_are_no_cells() {
        let mut report = report();
        report.facts.source = r#"a","cells":[{"row":0"#.to_owned();
        let line = serde_json::to_string(&report).unwrap();
        let embedded = GradingStandard::embedded();
        assert!(Scanned::of(&line).is_some());
        assert_eq!(scanned(&line, &embedded), parsed(&line, &embedded));
    }

    proptest! {
        #[test]
        fn a_damaged_line_ends_as_if_it_were_parsed(at in 0.0..1.0_f64, with in "[0-9.,:\"{}a-z \\[\\]\\\\e-]{0,3}", length in 0..3_usize) {
            let mut line = serde_json::to_string(&report()).unwrap();
            let from = (at * line.len() as f64) as usize;
            let to = (from + length).min(line.len());
            line.replace_range(from..to, &with);
            let embedded = GradingStandard::embedded();
            prop_assert_eq!(scanned(&line, &embedded), parsed(&line, &embedded));
        }

        #[test]
        fn a_number_is_read_as_it_is_parsed_or_left_to_the_parser(value in prop_oneof![
            (-200_000..20_000_000_i64).prop_map(|n| n as f64 / 1e4),
            any::<f64>().prop_filter("finite", |value| value.is_finite()),
        ]) {
            let text = serde_json::to_string(&value).unwrap();
            let mut scanner = Scanner { rest: &text };
            if let Some(read) = scanner.number().filter(|_| scanner.rest.is_empty()) {
                prop_assert_eq!(read.to_bits(), value.to_bits());
            } else {
                prop_assert!(value.abs() >= 1e11 || (value * 1e4).round() / 1e4 != value, "{}", text);
            }
        }
    }
}
