//! Jobs of a line as people order them: what it grades, what was ordered and what the line said to it; what a scanned
//! card means.

use std::collections::HashMap;

use crate::inspect::ReportStatus;
use crate::store::{
    ChangeOver, JobFacts, JobOrder, OrderNumber, Ordered, StandardText, Statement, TrolleyCard,
};

use super::answer::Trouble;
use super::house::House;
use super::stores::StoreIndex;

/// Orders listed, and looked through for a lot that comes back.
const MOST_ORDERS: u32 = 40;
/// Events looked through for the line's answers.
const MOST_EVENTS: u32 = 400;
/// Cards listed.
const MOST_CARDS: u32 = 60;

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The line has not said anything: it looks between two trays, or does not run.
    Waits,
    /// A later one came before the line looked.
    Overtaken,
    /// It grades so.
    TakenUp,
    /// The job is ended.
    Ended,
    /// It cannot.
    Refused {
        /// Why.
        why: String,
        /// Whether it then stands without a job, as a line does that was started anew; else it went on as it was.
        stands: bool,
    },
}

/// The orders of a line.
#[derive(Debug)]
pub struct Orders {
    /// What the line graded last, as it says itself.
    pub now: Option<JobFacts>,
    /// Newest first.
    pub listed: Vec<(OrderNumber, JobOrder, Outcome)>,
    /// Newest first.
    pub cards: Vec<TrolleyCard>,
}

impl Orders {
    /// The job that was ordered last and that nothing speaks against, unless it was ended or the configuration holds.
    pub fn holding(&self) -> Option<(u16, &ChangeOver)> {
        let not_refused = |outcome: &Outcome| !matches!(outcome, Outcome::Refused { .. });
        let (_, order, _) = self
            .listed
            .iter()
            .find(|(_, _, outcome)| not_refused(outcome))?;
        match &order.ordered {
            Ordered::Begin { job, what } => Some((*job, what)),
            Ordered::End | Ordered::Configuration => None,
        }
    }

    /// Whether the line stands without a job, as it said last.
    pub fn stands(&self) -> bool {
        let last = self.listed.first();
        last.is_some_and(|(_, order, outcome)| match outcome {
            Outcome::Ended => order.ordered == Ordered::End,
            Outcome::Refused { stands, .. } => *stands,
            Outcome::Waits | Outcome::Overtaken | Outcome::TakenUp => false,
        })
    }

    /// The job's number under which a lot goes on that was ordered so before: its trays' passes are counted on.
    fn number_before(&self, wanted: &ChangeOver) -> Option<u16> {
        let number = |order: &JobOrder| match &order.ordered {
            Ordered::Begin { job, what } if what == wanted => Some(*job),
            _ => None,
        };
        self.listed.iter().find_map(|(_, order, _)| number(order))
    }
}

/// What people ordered of a store's line, and what it said.
///
/// # Errors
/// The store fails.
pub fn orders(house: &House, store: StoreIndex) -> Result<Orders, Trouble> {
    let read = house.store(store)?.read(|reader| {
        Ok((
            reader.last_job()?,
            reader.newest_job_orders(MOST_ORDERS)?,
            reader.newest_events(MOST_EVENTS)?,
            reader.newest_trolley_cards(MOST_CARDS)?,
        ))
    });
    let (now, given, events, cards) = read?;
    let mut answers: HashMap<i64, Outcome> = HashMap::new();
    for (_, event) in events.into_iter().rev() {
        let Some(number) = event
            .detail
            .as_ref()
            .and_then(|detail| detail["order"].as_i64())
        else {
            continue;
        };
        let outcome = match event.kind.as_str() {
            "job_changed" => Outcome::TakenUp,
            "job_ended" => Outcome::Ended,
            "job_refused" => Outcome::Refused {
                why: event.message,
                stands: false,
            },
            _ => continue,
        };
        match answers.get_mut(&number) {
            // a line that is started anew answers again, and then says that it stands
            Some(Outcome::Refused { stands, .. }) if outcome == Outcome::Ended => *stands = true,
            _ => {
                answers.insert(number, outcome);
            }
        }
    }
    let mut later = false;
    let mut listed = Vec::new();
    for (number, order) in given {
        let silent = if later {
            Outcome::Overtaken
        } else {
            Outcome::Waits
        };
        let outcome = match (&order.ordered, answers.remove(&number.0)) {
            (Ordered::Configuration, _) => Outcome::TakenUp,
            (_, answer) => answer.unwrap_or(silent),
        };
        later = true;
        listed.push((number, order, outcome));
    }
    Ok(Orders { now, listed, cards })
}

/// The statements that order a job, with its standard's text; none where the line grades so already: a card is easily
/// scanned twice.
///
/// # Errors
/// The standard is not known, or the store fails.
pub fn begin(
    house: &House,
    store: StoreIndex,
    what: ChangeOver,
    who: &str,
    at: &str,
) -> Result<Vec<Statement>, Trouble> {
    let orders = orders(house, store)?;
    if orders.holding().is_some_and(|(_, now)| *now == what) {
        return Ok(Vec::new());
    }
    let job = match orders.number_before(&what) {
        Some(job) => job,
        None => {
            let highest = house.store(store)?.read(|reader| reader.highest_job())?;
            // the machine's register holds 16 bits; after the last the first comes again
            u16::try_from(highest + 1).unwrap_or(1)
        }
    };
    let standard = standard_of(house, &what, who, at)?;
    let order = JobOrder {
        at: at.to_owned(),
        who: who.to_owned(),
        ordered: Ordered::Begin { job, what },
    };
    Ok(vec![standard, Statement::JobOrder(order)])
}

/// The text of a change-over's standard, so that the line finds it in its own store.
///
/// # Errors
/// It is not known.
pub fn standard_of(
    house: &House,
    what: &ChangeOver,
    who: &str,
    at: &str,
) -> Result<Statement, Trouble> {
    let digest = &what.standard_digest;
    let known = house.standard(digest);
    let (standard, _) =
        known.ok_or_else(|| Trouble::Bad(format!("standard {digest:?}: is not known here")))?;
    Ok(Statement::Standard(StandardText::read_before(
        at, who, &standard,
    )))
}

/// What a scanned code means: the card of a trolley that somebody recorded; else a lot by its own name, as it was ordered
/// last or as its newest tray was judged. A card goes before a lot of the same name: somebody said what it means.
///
/// # Errors
/// The store fails.
pub fn meant_by(
    house: &House,
    store: StoreIndex,
    code: &str,
) -> Result<Option<ChangeOver>, Trouble> {
    let open = house.store(store)?;
    if let Some(card) = open.read(|reader| reader.trolley_card(code))? {
        return Ok(Some(card.what));
    }
    let ordered = open.read(|reader| reader.last_order_of_lot(code))?;
    if let Some(Ordered::Begin { what, .. }) = ordered.map(|order| order.ordered) {
        return Ok(Some(what));
    }
    as_judged(house, store, code)
}

/// A lot that no order ever named, as its newest judged tray was.
fn as_judged(house: &House, store: StoreIndex, lot: &str) -> Result<Option<ChangeOver>, Trouble> {
    let found = house.store(store)?.read(|reader| {
        let newest = reader.newest_of_lot(Some(lot), None, 1)?;
        let report = newest
            .first()
            .map(|tray| reader.report(tray.id))
            .transpose()?;
        Ok((report, reader.lot(lot)?))
    })?;
    let (Some(report), Some(variety)) = (found.0, found.1.and_then(|facts| facts.variety)) else {
        return Ok(None);
    };
    let is_known = house.standard_of(&report).is_some();
    if report.status != ReportStatus::Graded || !is_known {
        return Ok(None);
    }
    Ok(Some(ChangeOver {
        lot: lot.to_owned(),
        variety,
        standard_digest: report.evidence.standard_digest.clone(),
        rows: report.rows as u32,
        cols: report.cols as u32,
        pitch_mm: None,
    }))
}
