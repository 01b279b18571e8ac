//! A shift of one line, told from what its store holds: what one shift hands over to the next.
//!
//! In: a store and a shift. Out: trays by lot, routes, what was undecided, how commands ended, stops, looks at the camera,
//! what people corrected and audited. Invariant: what the store does not tell is left out; nothing is stored.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::statistics::{
    BinomialRate, Group, GroupBy, Shift, Summary, Tally, TallyKey, VerdictSums, group,
};
use crate::store::{
    CommandEnds, Correction, CorrectionKind, EventRecord, LateCommands, PartHealth, RoutedPasses,
    StatedVerdict, StoreError, StoreReader,
};

use super::answer::Trouble;
use super::audit::{self, AuditResult};
use super::camera_looks;
use super::corrections::overrides_that_hold;
use super::house::House;
use super::line_state::state_of;
use super::stops::{Stop, stops};
use super::stores::StoreIndex;

/// Events before the shift that are looked through for what stood when it began.
const EVENTS_BACK: u32 = 500;
/// What a line says of a challenge set that was judged otherwise.
const CHALLENGE: &str = "the challenge set differs in ";

/// A shift of a line.
#[derive(Debug)]
pub struct ShiftReport {
    /// The shift.
    pub shift: Shift,
    /// Whether it goes on still.
    pub goes_on: bool,
    /// Its trays by their lot.
    pub lots: BTreeMap<Option<String>, Group>,
    /// All of its trays.
    pub all: Summary,
    /// Passes by where they went; none of those that were not graded.
    pub routes: BTreeMap<Option<String>, u64>,
    /// How often trays were left undecided, by their standard.
    pub unsure: Vec<UnsureUse>,
    /// How triggers ended, the most frequent end first.
    pub commands: Vec<CommandEnds>,
    /// Commands that came too late.
    pub late: LateCommands,
    /// Stops of the line and troubles of its parts.
    pub stops: Vec<Stop>,
    /// Looks at the reference tray, and challenge sets that were judged otherwise, with their numbers in the store.
    pub checks: Vec<(i64, EventRecord)>,
    /// What else the line said.
    pub events: Vec<(i64, EventRecord)>,
    /// What people put in place of a verdict.
    pub overrides: Overrides,
    /// What the audit's answers of the shift come to.
    pub audit: AuditResult,
}

/// How often `unsure` was used under a standard.
#[derive(Debug, Clone, PartialEq)]
pub struct UnsureUse {
    /// The standard, `id@version`.
    pub standard: String,
    /// The digest of its text.
    pub digest: String,
    /// Undecided cells of all.
    pub unsure: BinomialRate,
    /// The share of a tray's cells that the standard leaves undecided for their occupancy, where it states one.
    pub budget: Option<f64>,
}

/// Verdicts that people replaced within a shift.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overrides {
    /// How often.
    pub made: usize,
    /// How often one was taken back.
    pub taken_back: usize,
    /// Those of the shift that hold: the verdict before and the one after, and how many cells.
    pub hold: BTreeMap<(Option<String>, String), usize>,
}

impl ShiftReport {
    /// Passes of trays.
    pub fn passes(&self) -> u64 {
        self.routes.values().sum()
    }

    /// Whether the store holds nothing of it.
    pub fn is_empty(&self) -> bool {
        let told = self.passes() as usize
            + self.commands.len()
            + self.stops.len()
            + self.checks.len()
            + self.events.len();
        told == 0 && self.overrides == Overrides::default() && self.audit.inspection.n == 0
    }
}

/// The shift of this name, or the one in which the store's last record was made.
///
/// # Errors
/// There is no such store or shift, or the store fails.
pub fn named(house: &House, store: StoreIndex, name: Option<&str>) -> Result<Shift, Trouble> {
    let calendar = &house.calendar;
    let open = house.store(store)?;
    let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else {
        let newest = open.read(StoreReader::newest)?.at;
        let moment = newest.and_then(|at| at.parse().ok());
        let moment = moment.unwrap_or_else(crate::clock::now);
        return calendar.shift_at(moment).ok_or(Trouble::NotFound);
    };
    calendar.shift_named(name).ok_or(Trouble::NotFound)
}

/// What a store holds of a shift, as of now.
///
/// # Errors
/// There is no such store, or it fails.
pub fn report(
    house: &House,
    store: StoreIndex,
    shift: Shift,
    now: Timestamp,
) -> Result<ShiftReport, Trouble> {
    let open = house.store(store)?;
    let held = open.read(|reader| Held::of(reader, &shift))?;
    let lots = group(&held.tallies, GroupBy::Lot, |_| None, &house.calendar);
    let mut all = Tally::default();
    lots.values().for_each(|lot| all.add(&lot.tally));
    let mut routes: BTreeMap<Option<String>, u64> = BTreeMap::new();
    for of in held.routes {
        *routes.entry(of.route).or_default() += of.passes;
    }
    let until = shift.ends.min(now.max(shift.begins));
    let within = held.events.iter().map(|(_, of)| of);
    let stops = stops(held.before.iter().chain(within), [shift.begins, until]);
    let (checks, others) = held.events.into_iter().partition(|(_, of)| is_check(of));
    let others: Vec<(i64, EventRecord)> = others;
    Ok(ShiftReport {
        goes_on: (shift.begins..shift.ends).contains(&now),
        all: Summary::of(&all),
        lots,
        routes,
        unsure: unsure_uses(house, &held.tallies),
        commands: held.commands,
        late: held.late,
        stops,
        checks,
        events: others.into_iter().filter(|(_, of)| is_news(of)).collect(),
        overrides: overrides(&held.corrections),
        audit: audit::result(&held.corrections),
        shift,
    })
}

/// What is read of the store.
struct Held {
    routes: Vec<RoutedPasses>,
    tallies: Vec<(TallyKey, Tally)>,
    commands: Vec<CommandEnds>,
    late: LateCommands,
    before: Vec<EventRecord>,
    events: Vec<(i64, EventRecord)>,
    corrections: Vec<Correction>,
}

impl Held {
    fn of(reader: &StoreReader, shift: &Shift) -> Result<Self, StoreError> {
        let span = shift.span();
        let routes = reader.routes_within(span)?;
        // a pass that counts was seen in the shift: the lots of its sums are those of its passes
        let lots: BTreeSet<Option<&str>> = routes.iter().map(|of| of.lot.as_deref()).collect();
        let mut tallies = Vec::new();
        for lot in lots {
            tallies.extend(reader.tallies_within(lot, span)?);
        }
        Ok(Self {
            tallies,
            routes,
            commands: reader.command_ends_within(span)?,
            late: reader.late_within(span)?,
            before: reader.events_before(shift.begins, EVENTS_BACK)?,
            events: reader.events_within(span)?,
            corrections: reader.corrections_within(span)?,
        })
    }
}

fn unsure_uses(house: &House, tallies: &[(TallyKey, Tally)]) -> Vec<UnsureUse> {
    let mut standards: BTreeMap<(&str, &str), Tally> = BTreeMap::new();
    for (key, tally) in tallies {
        let of = (key.standard.as_str(), key.standard_digest.as_str());
        standards.entry(of).or_default().add(tally);
    }
    let used = |((standard, digest), cells): ((&str, &str), VerdictSums)| UnsureUse {
        standard: standard.to_owned(),
        digest: digest.to_owned(),
        unsure: BinomialRate::of(cells.unsure, cells.sown()),
        budget: house
            .standard(digest)
            .and_then(|(standard, _)| standard.unsure().budget),
    };
    let cells = standards.into_iter().map(|(of, tally)| (of, tally.cells));
    let judged = cells.filter(|(_, cells)| cells.sown() > 0);
    judged.map(used).collect()
}

/// Whether an event tells what a look at the reference tray or a challenge set came to. That a challenge set was judged as
/// expected is not stored.
fn is_check(event: &EventRecord) -> bool {
    let challenge = || event.message.contains(CHALLENGE);
    let in_trouble = || matches!(PartHealth::of(event), Some(PartHealth::InTrouble(..)));
    camera_looks::KINDS.contains(&event.kind.as_str()) || (in_trouble() && challenge())
}

/// Whether an event tells what neither the stops nor the checks do.
fn is_news(event: &EventRecord) -> bool {
    state_of(&event.kind).is_none() && PartHealth::of(event).is_none()
}

fn overrides(all: &[Correction]) -> Overrides {
    let made = all
        .iter()
        .filter(|said| matches!(said.kind, CorrectionKind::Override { .. }));
    let (back, made): (Vec<_>, Vec<_>) = made.partition(|said| said.takes_back());
    let mut hold: BTreeMap<(Option<String>, String), usize> = BTreeMap::new();
    for last in overrides_that_hold(all).values().filter_map(|of| of.last()) {
        if let Some(after) = last.kind.after() {
            let before = last.before.as_ref().map(StatedVerdict::to_string);
            *hold.entry((before, after.to_string())).or_default() += 1;
        }
    }
    Overrides {
        made: made.len(),
        taken_back: back.len(),
        hold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{CellPlace, LinePart};

    fn said(col: u32, why: Option<&str>, after: StatedVerdict) -> Correction {
        Correction {
            at: String::new(),
            who: "li".to_owned(),
            why: why.map(str::to_owned),
            kind: CorrectionKind::Override { after },
            tray_uid: "t".to_owned(),
            pass: 1,
            image_sha256: None,
            cell: CellPlace { row: 0, col },
            before: Some(StatedVerdict::Blank),
        }
    }

    #[test]
    fn of_a_cells_overrides_the_last_is_counted_and_none_that_was_taken_back() {
        let all = [
            said(0, None, StatedVerdict::Unsure),
            said(0, None, StatedVerdict::Double),
            said(1, None, StatedVerdict::Double),
            said(1, Some(crate::store::TAKEN_BACK), StatedVerdict::Blank),
            // of an earlier shift: what it takes back is not of this one
            said(2, Some(crate::store::TAKEN_BACK), StatedVerdict::Blank),
        ];
        let found = overrides(&all);
        assert_eq!((found.made, found.taken_back), (3, 2));
        let double = (Some("blank".to_owned()), "double".to_owned());
        assert_eq!(found.hold, BTreeMap::from([(double, 1)]));
    }

    #[test]
    fn a_challenge_set_that_differs_is_told_once_and_a_silent_camera_is_no_check() {
        let trouble = |part, why: &str| {
            PartHealth::InTrouble(part, why.to_owned()).event("2026-11-24T08:00:00Z")
        };
        let differs = "the challenge set differs in 3 places: a.jpg: grade B, expected A";
        assert!(is_check(&trouble(LinePart::Net, differs)));
        assert!(!is_check(&trouble(LinePart::Camera, "no frame")));
        let mut not_armed = trouble(LinePart::Net, differs);
        not_armed.kind = "not_armed".to_owned();
        assert!(!is_check(&not_armed) && !is_news(&not_armed));
    }
}
