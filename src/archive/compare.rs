//! Two runs over the same pictures, tray by tray in the archive's order: what is judged otherwise.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::path::Path;

use serde::Deserialize;

use crate::inspect::{CellReport, ReportStatus, TrayReport};

use super::{ArchiveError, RunFolder};

/// Trays that are named one by one.
const MOST_NAMED: usize = 20;

/// What a newer run judges otherwise than an older one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Trays in both runs.
    pub trays: usize,
    /// Trays of the older run only, and of the newer only.
    pub only: [usize; 2],
    /// Trays in both of which anything changed.
    pub changed: usize,
    /// Cells in both runs.
    pub cells: usize,
    /// Trays whose grade, status or route changed: from, to, trays.
    pub tray_grades: BTreeMap<(String, String), usize>,
    /// Cells whose verdict, grade or action changed: from, to, cells.
    pub verdicts: BTreeMap<(String, String), usize>,
    /// Changed trays a lot, where lots are known.
    pub lots: BTreeMap<String, usize>,
    /// The first of the changed trays, each with what changed.
    pub named: Vec<String>,
}

impl Changes {
    /// Whether everything is judged alike.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.changed == 0 && self.only == [0, 0]
    }

    /// Counts what a newer judgement of a tray says otherwise than an older one; the tray is named by its uid.
    pub fn add(&mut self, older: &TrayReport, newer: &TrayReport) {
        // most cells are judged alike: only of others are the words wanted
        let cells = older.cells.iter().zip(&newer.cells);
        let differing = cells.filter(|(old, new)| {
            (&old.verdict, &old.grade, &old.action) != (&new.verdict, &new.grade, &new.action)
        });
        let differing = differing
            .map(|(old, new)| (Cell::of(old).name(), Cell::of(new).name()))
            .collect();
        let head = |report: &TrayReport| Tray {
            source: report.facts.tray_uid.clone(),
            status: report.status,
            lot: report.facts.lot.clone(),
            grade: report.grade.clone(),
            route: report.route.clone(),
            cells: Vec::new(),
        };
        let all = older.cells.len().min(newer.cells.len());
        self.count(&head(older), &head(newer), all, differing);
    }

    fn take(&mut self, old: &Tray, new: &Tray) {
        let cells = old.cells.iter().zip(&new.cells);
        let names = cells.map(|(old, new)| (old.name(), new.name()));
        let differing = names.filter(|(from, to)| from != to).collect();
        let all = old.cells.len().min(new.cells.len());
        self.count(old, new, all, differing);
    }

    /// Counts a tray of both sides: of all its cells those that are judged otherwise, from what to what.
    fn count(&mut self, old: &Tray, new: &Tray, all: usize, differing: Vec<(String, String)>) {
        self.trays += 1;
        self.cells += all;
        let (from, to) = (old.name(), new.name());
        let mut changes = Vec::new();
        if from != to {
            changes.push(format!("{from} -> {to}"));
            *self.tray_grades.entry((from, to)).or_default() += 1;
        }
        if !differing.is_empty() {
            changes.push(format!("{} of {all} cells", differing.len()));
        }
        for cell in differing {
            *self.verdicts.entry(cell).or_default() += 1;
        }
        if changes.is_empty() {
            return;
        }
        self.changed += 1;
        if let Some(lot) = new.lot.as_ref().or(old.lot.as_ref()) {
            *self.lots.entry(lot.clone()).or_default() += 1;
        }
        self.name(format!("{}: {}", new.source, changes.join(", ")));
    }

    fn missing(&mut self, side: usize, tray: &Tray) {
        self.only[side] += 1;
        let which = ["in the older run only", "in the newer run only"][side];
        self.name(format!("{}: {which}", tray.source));
    }

    fn name(&mut self, tray: String) {
        if self.named.len() < MOST_NAMED {
            self.named.push(tray);
        }
    }
}

/// What is compared of a tray.
#[derive(Deserialize)]
struct Tray {
    source: String,
    status: ReportStatus,
    lot: Option<String>,
    grade: Option<String>,
    route: Option<String>,
    cells: Vec<Cell>,
}

#[derive(Deserialize)]
struct Cell {
    verdict: String,
    grade: Option<String>,
    action: String,
}

impl Tray {
    fn name(&self) -> String {
        let judged = match self.status {
            ReportStatus::Graded => self.grade.as_deref().unwrap_or("none"),
            ReportStatus::Refused => "refused",
            ReportStatus::Failed => "failed",
        };
        format!("{judged} ({})", self.route.as_deref().unwrap_or("no route"))
    }
}

impl Cell {
    fn of(cell: &CellReport) -> Self {
        Self {
            verdict: cell.verdict.to_string(),
            grade: cell.grade.as_ref().map(ToString::to_string),
            action: cell.action.to_string(),
        }
    }

    fn name(&self) -> String {
        match &self.grade {
            Some(grade) => format!("{} {grade} ({})", self.verdict, self.action),
            None => format!("{} ({})", self.verdict, self.action),
        }
    }
}

/// Compares two runs; both must be whole.
///
/// # Errors
/// A folder without a run, a run that is not whole, or results that are not what was written.
pub fn compare(old: &RunFolder, new: &RunFolder) -> Result<Changes, ArchiveError> {
    let (mut old, mut new) = (trays(old)?.peekable(), trays(new)?.peekable());
    let mut changes = Changes::default();
    loop {
        match next(&mut old, &mut new)? {
            (Some(old), Some(new)) => changes.take(&old, &new),
            (Some(old), None) => changes.missing(0, &old),
            (None, Some(new)) => changes.missing(1, &new),
            (None, None) => return Ok(changes),
        }
    }
}

type Trays<'a> = dyn Iterator<Item = Result<Tray, ArchiveError>> + 'a;
type Pair = (Option<Tray>, Option<Tray>);

/// The next tray of both runs where it is the same picture, else of the one whose picture comes first.
fn next(
    old: &mut Peekable<Box<Trays<'_>>>,
    new: &mut Peekable<Box<Trays<'_>>>,
) -> Result<Pair, ArchiveError> {
    let order = match (old.peek(), new.peek()) {
        (Some(Ok(old)), Some(Ok(new))) => Path::new(&old.source).cmp(Path::new(&new.source)),
        (None, Some(_)) => std::cmp::Ordering::Greater,
        (Some(_), None) => std::cmp::Ordering::Less,
        _ => std::cmp::Ordering::Equal,
    };
    let old = if order.is_le() {
        old.next().transpose()?
    } else {
        None
    };
    let new = if order.is_ge() {
        new.next().transpose()?
    } else {
        None
    };
    Ok((old, new))
}

/// A run's trays in the archive's order, a shard in memory at a time.
fn trays(folder: &RunFolder) -> Result<Box<Trays<'_>>, ArchiveError> {
    let shards = folder.begun()?.shards().len();
    if let Some(missing) = (0..shards).find(|number| !folder.holds(*number)) {
        return Err(ArchiveError::Results {
            path: folder.shard(missing),
            found: "is missing: only whole runs are compared".to_owned(),
        });
    }
    Ok(Box::new((0..shards).flat_map(move |number| {
        let parse = move |line: &str| {
            serde_json::from_str(line).map_err(|error| ArchiveError::Results {
                path: folder.shard(number),
                found: format!("holds a line that is no report: {error}"),
            })
        };
        match folder.read_shard(number) {
            Ok(lines) => lines.lines().map(parse).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        }
    })))
}
