//! The trays that stand at the patching bench, as people last said what is in them.

use serde::Serialize;

use crate::inspect::{CellReport, ReportStatus, TrayReport};
use crate::sorting::{
    BenchTray, CellContent, FilledTray, Gripper, LotMixing, Move, RefillPlan, Stroke, refill,
    strokes,
};
use crate::store::{LotConsent, PlugHistory, StandingTray, Stands, StatedVerdict};

use super::answer::Trouble;
use super::house::House;
use super::lots::trays;
use super::moves::history;
use super::stores::TrayKey;

/// A tray at the bench.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Names the tray for ever, and with a cell of it a plug's origin.
    pub tray_uid: String,
    /// The code on it.
    pub tray_code: Option<String>,
    /// Its lot: that of the plugs that come from it too.
    pub lot: Option<String>,
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

    /// The tray, whatever pass of it is spoken of.
    pub fn tray(&self) -> StandingTray {
        StandingTray {
            uid: self.tray_uid.clone(),
            code: self.tray_code.clone(),
            lot: self.lot.clone(),
        }
    }

    /// What is read on the tray, else its uid.
    pub fn shown_name(&self) -> &str {
        self.tray_code.as_deref().unwrap_or(&self.tray_uid)
    }
}

/// Which trays stand at the bench.
#[derive(Debug, Clone, Default)]
pub struct Standers<'a> {
    /// The lot.
    pub lot: Option<&'a str>,
    /// A lot that is mixed with it, where somebody consented.
    pub with: Option<&'a str>,
    /// At most so many of each.
    pub most: u32,
    /// Uids or codes in the order in which the belt brings them; the others come behind.
    pub belt: Vec<&'a str>,
}

/// Trays and the plan over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bench {
    /// The trays in the order of the belt, where nobody said it the newest first.
    pub trays: Vec<Standing>,
    /// What becomes of them.
    pub plan: RefillPlan,
    /// The same stroke by stroke, where a gripper carries it out.
    pub strokes: Option<Vec<Stroke>>,
    /// Who consented that lots are mixed, where they are.
    pub consent: Option<LotConsent>,
    /// The moves of these trays that were made.
    pub made: PlugHistory,
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

    /// The plan's moves as the gripper makes them.
    fn follow(&mut self, strokes: Vec<Stroke>) {
        for full in &mut self.plan.full {
            let into = strokes.iter().filter(|stroke| stroke.tray == full.tray);
            let plugs = into.flat_map(|stroke| &stroke.plugs);
            full.moves = plugs.map(|held| held.plug).collect();
        }
        self.strokes = Some(strokes);
    }
}

/// The newest judged trays of a lot, and of another where somebody consented, and the plan over them. Trays whose
/// standard is not known are left out: nobody knows which of their grades is sold.
///
/// # Errors
/// No tray of the lot, nobody consented to the other, or a store fails.
pub fn stand(
    house: &House,
    standers: &Standers<'_>,
    gripper: Option<Gripper>,
) -> Result<Bench, Trouble> {
    let consent = consent_to(house, standers)?;
    let mut listed = trays(house, standers.lot, standers.most)?;
    if listed.is_empty() {
        return Err(Trouble::NotFound);
    }
    if consent.is_some() {
        listed.extend(trays(house, standers.with, standers.most)?);
    }
    let mut standing: Vec<(Standing, Vec<CellContent>, String)> = Vec::new();
    for (key, stored) in listed {
        let (_, report) = house.tray(key)?;
        let Some(cells) = contents_of(house, key, &report)? else {
            continue;
        };
        let facts = &report.facts;
        let stands = Standing {
            tray_uid: facts.tray_uid.clone(),
            tray_code: facts.tray_code.clone(),
            lot: facts.lot.clone(),
            rows: report.rows,
            cols: report.cols,
            good: 0,
        };
        let tray = stands.tray();
        let mut others = standing.iter();
        // a tray that passed again under another uid stands here once, as its last pass saw it
        if others.all(|(other, _, _)| other.tray().identity() != tray.identity()) {
            standing.push((stands, cells, stored.seen_at().to_owned()));
        }
    }
    let trays: Vec<StandingTray> = standing
        .iter()
        .map(|(stands, _, _)| stands.tray())
        .collect();
    let made = history(house, &trays)?;
    let mut standing: Vec<(Standing, Vec<CellContent>)> = standing
        .into_iter()
        .map(|(stands, cells, seen_at)| after_moves(stands, cells, &made, &seen_at))
        .collect();
    let place = |tray: &Standing| {
        let mut belt = standers.belt.iter();
        belt.position(|name| tray.is_named(name))
            .unwrap_or(usize::MAX)
    };
    standing.sort_by_key(|(tray, _)| place(tray));
    let mixing = match consent {
        Some(_) => LotMixing::Consented,
        None => LotMixing::Apart,
    };
    let contents: Vec<BenchTray> = standing
        .iter()
        .map(|(tray, cells)| BenchTray {
            lot: tray.lot.clone(),
            cols: tray.cols,
            cells: cells.clone(),
        })
        .collect();
    let mut bench = Bench {
        trays: standing.into_iter().map(|(tray, _)| tray).collect(),
        plan: refill(&contents, mixing),
        strokes: None,
        consent,
        made,
    };
    if let Some(gripper) = gripper {
        bench.follow(strokes(&contents, mixing, gripper));
    }
    Ok(bench)
}

/// A tray with what moves left in its cells since it was judged. A plug that was moved there is taken for a good one: nobody
/// puts in another.
fn after_moves(
    stands: Standing,
    mut cells: Vec<CellContent>,
    made: &PlugHistory,
    seen_at: &str,
) -> (Standing, Vec<CellContent>) {
    for (place, left) in made.since(stands.tray().identity(), seen_at) {
        let index = place.row as usize * stands.cols + place.col as usize;
        if let Some(cell) = cells.get_mut(index) {
            *cell = match left {
                Stands::Plug => CellContent::Good,
                Stands::Nothing => CellContent::Blank,
            };
        }
    }
    let good = cells.iter().filter(|cell| **cell == CellContent::Good);
    let good = good.count();
    (Standing { good, ..stands }, cells)
}

/// The consents that hold of a lot, of all stores: a consent that one of them knows to be taken back does not hold there.
///
/// # Errors
/// A store fails.
pub fn consents_of(house: &House, lot: &str) -> Result<Vec<LotConsent>, Trouble> {
    let mut all = Vec::new();
    for (_, store) in house.stores.each() {
        all.extend(store.read(|reader| reader.lot_consents(lot))?);
    }
    Ok(all)
}

fn consent_to(house: &House, standers: &Standers<'_>) -> Result<Option<LotConsent>, Trouble> {
    let Some(with) = standers.with else {
        return Ok(None);
    };
    let lot = standers.lot.unwrap_or_default();
    let consents = consents_of(house, lot)?;
    let consent = consents
        .into_iter()
        .find(|consent| consent.lots.beside(lot) == with);
    let nobody = || {
        Trouble::Bad(format!(
            "lots {lot:?} and {with:?}: nobody has consented that they are mixed"
        ))
    };
    consent.map(Some).ok_or_else(nobody)
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
