//! A stored report under another standard, from its measurements alone: no picture, no net.
//!
//! A report holds everything that a standard judges by, rounded as it was when it was judged first. So what comes out
//! is what the picture would give under the new standard, bit for bit.

use crate::cell::CellObservation;
use crate::geometry::FramePoint;
use crate::grade::{GradingStandard, UnsureReason, judge};
use crate::tray::Refusal;

use super::inspector::with_judgement;
use super::{CellReport, ReportStatus, TrayReport};

/// Why a report's measurements do not suffice.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RejudgeError {
    /// It was refused for its old standard's sake, so nothing was measured.
    #[error("{0}: was refused without a scale, so nothing was measured: it needs its picture")]
    NotMeasured(String),
    /// Not one entry for every cell.
    #[error("{source_name}: expected {expected} cells, found {found}")]
    Cells {
        /// The report's source.
        source_name: String,
        /// Rows × columns.
        expected: usize,
        /// Entries.
        found: usize,
    },
}

/// Judges a report's measurements by another standard. A refused or failed one keeps its reason.
///
/// # Errors
/// [`RejudgeError`]: the measurements are not there.
pub fn rejudge(report: TrayReport, standard: &GradingStandard) -> Result<TrayReport, RejudgeError> {
    let cells = report.cells.len();
    match begun(report, cells, standard)? {
        Begun::Settled(report) => Ok(report),
        Begun::Measured(report) => {
            let observations: Vec<CellObservation> = report.cells.iter().map(observed_in).collect();
            let judgement = judge(&observations, standard, &[]);
            Ok(with_judgement(report, &observations, &judgement))
        }
    }
}

/// A report that names the new standard.
pub(super) enum Begun {
    /// Nothing in it is to be judged.
    Settled(TrayReport),
    /// Its cells are to be judged.
    Measured(TrayReport),
}

/// What a standard makes of a report before it looks at its cells, which are so many.
pub(super) fn begun(
    mut report: TrayReport,
    cells: usize,
    standard: &GradingStandard,
) -> Result<Begun, RejudgeError> {
    report.timing_ms = None;
    report.evidence.standard = standard.name();
    standard
        .digest()
        .clone_into(&mut report.evidence.standard_digest);
    let no_scale = Refusal::NoScale.to_string();
    if report.status != ReportStatus::Graded {
        let was_for_scale = report.reason.as_ref() == Some(&no_scale);
        if was_for_scale && !standard.needs_millimetres() {
            return Err(RejudgeError::NotMeasured(report.facts.source));
        }
        report.route = Some(standard.ungraded_route().to_string());
        return Ok(Begun::Settled(report));
    }
    let expected = report.rows.saturating_mul(report.cols);
    if cells != expected {
        return Err(RejudgeError::Cells {
            found: cells,
            source_name: report.facts.source,
            expected,
        });
    }
    if standard.needs_millimetres() && !report.mm_known {
        return Ok(Begun::Settled(refused(report, no_scale, standard)));
    }
    Ok(Begun::Measured(report))
}

/// What an inspector says of a tray that it does not judge.
fn refused(report: TrayReport, reason: String, standard: &GradingStandard) -> TrayReport {
    TrayReport {
        status: ReportStatus::Refused,
        reason: Some(reason),
        orientation: None,
        corners_px: None,
        px_per_pitch: None,
        mm_per_px: None,
        mm_known: false,
        grade: None,
        route: Some(standard.ungraded_route().to_string()),
        counts: None,
        grades: None,
        marketable: None,
        cells: Vec::new(),
        ..report
    }
}

/// What was seen in a cell, as it was before it was judged.
#[must_use]
pub fn observed_in(cell: &CellReport) -> CellObservation {
    CellObservation {
        row: cell.row,
        col: cell.col,
        occupied: cell.occupied,
        several: cell.several,
        plants: cell.plants,
        area_pitch2: cell.area_pitch2,
        area_deviation_pitch2: cell.area_deviation_pitch2,
        area_px: cell.area_px,
        area_mm2: cell.area_mm2,
        centre: cell.centre_px.map(|[x, y]| FramePoint::new(x, y)),
        offset_pitch: cell.offset_pitch,
        offset_deviation_pitch: cell.offset_deviation_pitch,
        offset_mm: cell.offset_mm,
        chlorotic: cell.chlorotic,
        necrotic: cell.necrotic,
        leaves: cell.leaves,
        overlap: cell.overlap,
        crowded: was_crowded(&cell.verdict, cell.reason.as_deref()),
    }
}

/// Crowding is asked before all else: a crowded cell always says so.
pub(super) fn was_crowded(verdict: &str, reason: Option<&str>) -> bool {
    verdict == "unsure" && reason == Some(UnsureReason::Crowded.name())
}
