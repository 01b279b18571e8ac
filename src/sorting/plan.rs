//! What the actuator shall do with one tray.
//!
//! A tray that was not judged goes to the safe gate with nothing taken out. Of a judged tray, the cells
//! whose action is `remove` are sent; an unsure cell is never among them, whatever its action says.

use super::bitmap::{BeltView, CellBitmap, Corner, MOST_CELLS};
use super::layout::{GateNumber, SortLayout};
use crate::geometry::EncoderCount;
use crate::inspect::{CellReport, ReportStatus, TrayReport};
use crate::tray::Orientation;

/// The actuator's number for a tray at the camera; wraps at 2¹⁶.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TriggerId(pub u16);

/// The job that a tray belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JobId(pub u16);

/// What a command says of its tray's inspection. Register 109.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum CommandResult {
    /// No command was written.
    Invalid = 0,
    /// Every cell has a verdict.
    Graded = 1,
    /// Not judged.
    Ungraded = 2,
}

impl CommandResult {
    /// The register's value.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }
}

/// What is sent to the actuator for one tray.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortCommand {
    /// The trigger that it answers.
    pub tray: TriggerId,
    /// The job that it belongs to.
    pub job: JobId,
    /// The gate.
    pub route: GateNumber,
    /// The belt's position where the gate and the nozzles act.
    pub fire_at: EncoderCount,
    /// Whether the tray was judged.
    pub result: CommandResult,
    /// Rows of cells as the tray lies on the belt (see [`BeltView`]).
    pub rows: u8,
    /// Columns of cells as the tray lies on the belt.
    pub cols: u8,
    /// The cells to take out, as the tray lies on the belt.
    pub cells: CellBitmap,
}

/// A command, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortPlan {
    /// The route's name; none for a tray that was not judged.
    pub route: Option<String>,
    /// The belt's position when the tray was at the camera.
    pub triggered_at: EncoderCount,
    /// The command.
    pub command: SortCommand,
}

/// Why no plan can be made for a tray.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A report that did not come from a line.
    #[error("report has no {0}: expected the report of a tray on a line")]
    NotOfALine(&'static str),
    /// A number that the actuator's registers cannot hold.
    #[error("{field} {found}: expected at most {most}")]
    OutOfRange {
        /// What the number is.
        field: &'static str,
        /// The number.
        found: usize,
        /// The most that fits.
        most: usize,
    },
    /// A route without a gate.
    #[error("route {0:?} of the report: expected one that has a gate")]
    NoGate(String),
    /// Judged, but not every cell once and in order.
    #[error("cell {index} of the report: expected row {row}, column {col}, found {found}")]
    Cells {
        /// Its place in the report.
        index: usize,
        /// The row that belongs there.
        row: usize,
        /// The column that belongs there.
        col: usize,
        /// What is there instead.
        found: String,
    },
    /// A marked tray whose corners are not said.
    #[error("report of a marked tray has no corners: expected four")]
    NoCorners,
}

impl SortPlan {
    /// The plan for a reported tray.
    ///
    /// # Errors
    /// The report contradicts itself or the layout. [`SortPlan::to_safe_gate`] is then what is left.
    pub fn for_tray(report: &TrayReport, layout: &SortLayout) -> Result<Self, PlanError> {
        if report.status != ReportStatus::Graded {
            return Self::to_safe_gate(report, layout);
        }
        let route = report.route.clone().ok_or(PlanError::NotOfALine("route"))?;
        let gate = layout
            .gate(&route)
            .ok_or_else(|| PlanError::NoGate(route.clone()))?;
        let view = belt_view(report, layout)?;
        let cells = cells_to_remove(report, view)?;
        let mut plan = Self::at_gate(report, gate, view)?;
        plan.route = Some(route);
        plan.command.result = CommandResult::Graded;
        plan.command.cells = cells;
        Ok(plan)
    }

    /// The plan for a tray that nothing is known of: to the safe gate, ungraded, nothing taken out.
    ///
    /// # Errors
    /// The report does not say which tray of a line it is of.
    pub fn to_safe_gate(report: &TrayReport, layout: &SortLayout) -> Result<Self, PlanError> {
        let (rows, cols) = (report.rows, report.cols);
        let view = BeltView::new(rows, cols, layout.travel(), layout.first_cell());
        Self::at_gate(report, layout.safe_gate(), view)
    }

    fn at_gate(
        report: &TrayReport,
        (route, counts_from_camera): (GateNumber, u32),
        view: BeltView,
    ) -> Result<Self, PlanError> {
        let facts = &report.facts;
        let triggered_at = facts
            .encoder
            .ok_or(PlanError::NotOfALine("encoder count"))?;
        let triggered_at = EncoderCount(triggered_at);
        let command = SortCommand {
            tray: TriggerId(register("trigger", facts.trigger)?),
            job: JobId(register("job", facts.job)?),
            route,
            fire_at: triggered_at.advanced(counts_from_camera),
            result: CommandResult::Ungraded,
            rows: byte("rows", view.rows())?,
            cols: byte("columns", view.cols())?,
            cells: CellBitmap::default(),
        };
        Ok(Self {
            route: None,
            triggered_at,
            command,
        })
    }
}

fn register(field: &'static str, value: Option<u32>) -> Result<u16, PlanError> {
    let found = value.ok_or(PlanError::NotOfALine(field))?;
    let most = usize::from(u16::MAX);
    u16::try_from(found).map_err(|_| PlanError::OutOfRange {
        field,
        found: found as usize,
        most,
    })
}

fn byte(field: &'static str, found: usize) -> Result<u8, PlanError> {
    let most = usize::from(u8::MAX);
    u8::try_from(found).map_err(|_| PlanError::OutOfRange { field, found, most })
}

/// How the judged tray lies on the belt. Where nothing told the inspection how the tray lies, its
/// numbering follows the picture, whatever corner the layout names.
fn belt_view(report: &TrayReport, layout: &SortLayout) -> Result<BeltView, PlanError> {
    let first_cell = match report.orientation {
        Some(Orientation::Assumed) => Corner::TopLeft,
        Some(Orientation::Marked) => first_cell_of(report.corners_px.ok_or(PlanError::NoCorners)?),
        Some(Orientation::Configured) | None => layout.first_cell(),
    };
    Ok(BeltView::new(
        report.rows,
        report.cols,
        layout.travel(),
        first_cell,
    ))
}

/// The corner of the picture that is nearest to the tray's first cell: by the way its rows run.
fn first_cell_of([top_left, top_right, ..]: [[f64; 2]; 4]) -> Corner {
    let (x, y) = (top_right[0] - top_left[0], top_right[1] - top_left[1]);
    match (x.abs() >= y.abs(), x >= 0.0, y >= 0.0) {
        (true, true, _) => Corner::TopLeft,
        (true, false, _) => Corner::BottomRight,
        (false, _, true) => Corner::TopRight,
        (false, _, false) => Corner::BottomLeft,
    }
}

fn cells_to_remove(report: &TrayReport, view: BeltView) -> Result<CellBitmap, PlanError> {
    let (rows, cols) = (report.rows, report.cols);
    let expected = rows.saturating_mul(cols);
    if expected > MOST_CELLS {
        let (field, found, most) = ("cells of the tray", expected, MOST_CELLS);
        return Err(PlanError::OutOfRange { field, found, most });
    }
    let mut remove = CellBitmap::default();
    for index in 0..expected.max(report.cells.len()) {
        let (row, col) = (index / cols.max(1), index % cols.max(1));
        let here = report
            .cells
            .get(index)
            .filter(|cell| (cell.row, cell.col) == (row, col));
        let (Some(cell), Some(bit)) = (here, view.index(row, col)) else {
            let found = report
                .cells
                .get(index)
                .map_or_else(|| "none".to_owned(), place);
            return Err(PlanError::Cells {
                index,
                row,
                col,
                found,
            });
        };
        if cell.action == "remove" && cell.verdict != "unsure" {
            remove.insert(bit);
        }
    }
    Ok(remove)
}

fn place(cell: &CellReport) -> String {
    format!("row {}, column {}", cell.row, cell.col)
}
