//! The trays that stand at the patching bench, as people last said what is in them.

use serde::Serialize;

use crate::inspect::{CellReport, ReportStatus, TrayReport};
use crate::sorting::{BenchTray, CellContent, FilledTray, LotMixing, Move, RefillPlan, refill};
use crate::store::StatedVerdict;

use super::answer::Trouble;
use super::house::House;
use super::lots::trays;
use super::stores::TrayKey;

/// A tray at the bench.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Names the tray for ever, and with a cell of it a plug's origin.
    pub tray_uid: String,
    /// The code on it.
    pub tray_code: Option<String>,
    /// Rows of cells.
    pub rows: usize,
    /// Columns of cells.
    pub cols: usize,
    /// Plants to sell.
    pub good: usize,
}

impl Standing {
    /// Whether somebody means this tray.
    pub fn is_named(&self, name: &str) -> bool {
        self.tray_uid == name || self.tray_code.as_deref() == Some(name)
    }

    /// What is read on the tray, else its uid.
    pub fn shown_name(&self) -> &str {
        self.tray_code.as_deref().unwrap_or(&self.tray_uid)
    }
}

/// Trays and the plan over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bench {
    /// The trays, the newest first.
    pub trays: Vec<Standing>,
    /// What becomes of them.
    pub plan: RefillPlan,
}

impl Bench {
    /// The tray among those that are full in the end.
    pub fn filled(&self, tray: usize) -> Option<&FilledTray> {
        self.plan.full.iter().find(|full| full.tray == tray)
    }

    /// The moves for which a tray gives its plugs.
    pub fn given_by(&self, donor: usize) -> impl Iterator<Item = &Move> {
        let moves = self.plan.full.iter().flat_map(|full| &full.moves);
        moves.filter(move |step| step.donor == donor)
    }
}

/// The newest judged trays of one lot, at most so many, and the plan over them. Trays whose standard is not known are
/// left out: nobody knows which of their grades is sold.
///
/// # Errors
/// No tray of the lot, or a store fails.
pub fn stand(house: &House, lot: Option<&str>, most: u32) -> Result<Bench, Trouble> {
    let listed = trays(house, lot, most)?;
    if listed.is_empty() {
        return Err(Trouble::NotFound);
    }
    let (mut standing, mut contents) = (Vec::new(), Vec::new());
    for (key, _) in listed {
        let (_, report) = house.tray(key)?;
        let Some(cells) = contents_of(house, key, &report)? else {
            continue;
        };
        let good = cells.iter().filter(|cell| **cell == CellContent::Good);
        standing.push(Standing {
            tray_uid: report.facts.tray_uid.clone(),
            tray_code: report.facts.tray_code.clone(),
            rows: report.rows,
            cols: report.cols,
            good: good.count(),
        });
        contents.push(BenchTray {
            lot: report.facts.lot.clone(),
            cols: report.cols,
            cells,
        });
    }
    Ok(Bench {
        trays: standing,
        plan: refill(&contents, LotMixing::Apart),
    })
}

/// What a tray's cells hold: as people last said, else as it was judged.
fn contents_of(
    house: &House,
    key: TrayKey,
    report: &TrayReport,
) -> Result<Option<Vec<CellContent>>, Trouble> {
    if report.status != ReportStatus::Graded {
        return Ok(None);
    }
    let Some(standard) = house.standard_of(report) else {
        return Ok(None);
    };
    let is_sold = |name: &str| {
        let grade = standard.grade_named(name);
        grade.is_some_and(|grade| grade.marketable)
    };
    let (uid, pass) = (&report.facts.tray_uid, report.facts.pass);
    let said = house
        .store(key.store)?
        .read(|reader| reader.said_of_cells(uid, pass))?;
    let content = |cell: &CellReport| {
        let place = (cell.row as u32, cell.col as u32);
        match said
            .get(&place)
            .cloned()
            .or_else(|| StatedVerdict::of(cell))
        {
            Some(StatedVerdict::Graded(grade)) if is_sold(&grade) => CellContent::Good,
            Some(StatedVerdict::Graded(_) | StatedVerdict::Double) => CellContent::Unwanted,
            Some(StatedVerdict::Blank) => CellContent::Blank,
            Some(StatedVerdict::Unsure) | None => CellContent::Unsure,
        }
    };
    Ok(Some(report.cells.iter().map(content).collect()))
}
