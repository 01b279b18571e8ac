//! Two runs over the same pictures, tray by tray in the archive's order: what is judged otherwise.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::path::Path;

use serde::Deserialize;

use crate::inspect::{ReportStatus, TrayReport};

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
        self.take(&Tray::of(older), &Tray::of(newer));
    }

    fn take(&mut self, old: &Tray<'_>, new: &Tray<'_>) {
        self.trays += 1;
        let (from, to) = (old.name(), new.name());
        let mut changes = Vec::new();
        if from != to {
            changes.push(format!("{from} -> {to}"));
            *self.tray_grades.entry((from, to)).or_default() += 1;
        }
        let mut cells = 0;
        for (old, new) in old.cells.iter().zip(&new.cells) {
            self.cells += 1;
            // most are judged alike: only of others are the words wanted
            if old != new {
                cells += 1;
                *self.verdicts.entry((old.name(), new.name())).or_default() += 1;
            }
        }
        if cells > 0 {
            changes.push(format!("{cells} of {} cells", new.cells.len()));
        }
        if changes.is_empty() {
            return;
        }
        self.changed += 1;
        if let Some(lot) = new.lot.as_ref().or(old.lot.as_ref()) {
            *self.lots.entry(lot.to_string()).or_default() += 1;
        }
        self.name(format!("{}: {}", new.source, changes.join(", ")));
    }

    fn missing(&mut self, side: usize, tray: &Tray<'_>) {
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

/// What is compared of a tray: read from a line, or lent by a report.
#[derive(Deserialize)]
struct Tray<'a> {
    source: Cow<'a, str>,
    status: ReportStatus,
    lot: Option<Cow<'a, str>>,
    grade: Option<Cow<'a, str>>,
    route: Option<Cow<'a, str>>,
    cells: Vec<Cell<'a>>,
}

#[derive(Deserialize, PartialEq)]
struct Cell<'a> {
    verdict: Cow<'a, str>,
    grade: Option<Cow<'a, str>>,
    action: Cow<'a, str>,
}

impl<'a> Tray<'a> {
    fn of(report: &'a TrayReport) -> Self {
        let lent = |text: &'a Option<String>| text.as_deref().map(Cow::Borrowed);
        let cells = report.cells.iter().map(|cell| Cell {
            verdict: Cow::Borrowed(&*cell.verdict),
            grade: cell.grade.as_deref().map(Cow::Borrowed),
            action: Cow::Borrowed(&*cell.action),
        });
        Self {
            source: Cow::Borrowed(&report.facts.tray_uid),
            status: report.status,
            lot: lent(&report.facts.lot),
            grade: lent(&report.grade),
            route: lent(&report.route),
            cells: cells.collect(),
        }
    }
}

impl Tray<'_> {
    fn name(&self) -> String {
        let judged = match self.status {
            ReportStatus::Graded => self.grade.as_deref().unwrap_or("none"),
            ReportStatus::Refused => "refused",
            ReportStatus::Failed => "failed",
        };
        format!("{judged} ({})", self.route.as_deref().unwrap_or("no route"))
    }
}

impl Cell<'_> {
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

type Trays<'a> = dyn Iterator<Item = Result<Tray<'static>, ArchiveError>> + 'a;
type Pair = (Option<Tray<'static>>, Option<Tray<'static>>);

/// The next tray of both runs where it is the same picture, else of the one whose picture comes first.
fn next(
    old: &mut Peekable<Box<Trays<'_>>>,
    new: &mut Peekable<Box<Trays<'_>>>,
) -> Result<Pair, ArchiveError> {
    let order = match (old.peek(), new.peek()) {
        (Some(Ok(old)), Some(Ok(new))) => Path::new(&*old.source).cmp(Path::new(&*new.source)),
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
