//! Which lots, varieties or days do better than others?

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use serde::Deserialize;

use crate::review::answer::{Answer, Trouble};
use crate::review::charts::{AxisNames, trend};
use crate::review::house::{Desk, House};
use crate::review::lot_figures::TrendPoint;
use crate::review::lots::{newest, tallies, trays_of};
use crate::review::numbers;
use crate::review::words::word;
use crate::statistics::{BinomialRate, Group, GroupBy, Summary, group};

use super::layout::{Place, page};
use super::shift::shift_address;
use super::tray::lot_address;

/// Lots that are read: the newest.
const MOST_LOTS: u32 = 50;
/// Groups in the chart.
const MOST_DRAWN: usize = 24;

/// Hours that are shown: the newest.
const MOST_HOURS: usize = 48;

/// What trays are put together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    #[default]
    Lot,
    Variety,
    Day,
    Hour,
    Shift,
}

impl By {
    pub(super) const ALL: [Self; 5] =
        [Self::Lot, Self::Variety, Self::Day, Self::Hour, Self::Shift];

    fn name(self) -> &'static str {
        match self {
            Self::Lot => "lot",
            Self::Variety => "variety",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Shift => "shift",
        }
    }

    /// The page that compares by it.
    pub(super) fn address(self) -> String {
        format!("/compare?by={}", self.name())
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Lot => word!("lot"),
            Self::Variety => word!("variety"),
            Self::Day => word!("day"),
            Self::Hour => word!("hour"),
            Self::Shift => word!("shift"),
        }
    }

    /// The page that tells more of a group: a lot's, or the report of a shift or a day.
    fn address_of(self, group: Option<&str>) -> Option<String> {
        match self {
            Self::Lot => Some(lot_address(group)),
            Self::Shift | Self::Day => group.map(shift_address),
            Self::Variety | Self::Hour => None,
        }
    }

    fn grouping(self) -> GroupBy {
        match self {
            Self::Lot => GroupBy::Lot,
            Self::Variety => GroupBy::Variety,
            Self::Day => GroupBy::Day,
            Self::Hour => GroupBy::Hour,
            Self::Shift => GroupBy::Shift,
        }
    }
}

/// What is compared.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    by: By,
}

impl Asked {
    /// What trays are put together by.
    pub fn by(&self) -> By {
        self.by
    }
}

/// The page. Whoever asks by the hour asks how many trays pass: the newest hour comes first.
pub fn whole(desk: &Desk, asked: Asked) -> Answer {
    let groups = groups(&desk.house, asked.by)?;
    let most = if asked.by == By::Hour {
        MOST_HOURS
    } else {
        groups.len()
    };
    let older = groups.len().saturating_sub(most);
    let summed: Vec<Summed> = groups
        .into_iter()
        .skip(older)
        .map(|(name, of)| Summed {
            address: asked.by.address_of(name.as_deref()),
            name: name.unwrap_or_else(|| desk.say("not-known")),
            of: Summary::of(&of.tally),
        })
        .collect();
    let by = desk.say(asked.by.word());
    let title = desk.say_with("compare-by", &[("what", &by)]);
    let axes = AxisNames {
        across: by,
        up: desk.say("axis-emergence"),
    };
    let drawn: Vec<TrendPoint> = summed
        .iter()
        .rev()
        .take(MOST_DRAWN)
        .rev()
        .map(|group| TrendPoint {
            when: group.name.clone(),
            emergence: group.of.emergence,
        })
        .collect();
    let body = html! {
        h1 class="answer" { (title) }
        p class="buttons" {
            @for by in By::ALL { a class="button" href=(by.address())
                aria-current=[(by == asked.by).then_some("true")] { (desk.say(by.word())) } }
            button type="button" data-print { (desk.say("certificate-print")) }
        }
        @if asked.by == By::Shift && !desk.house.calendar.has_shifts() {
            p class="lead" { (desk.say("compare-no-shifts")) }
            pre { "[site]\nzone = \"Asia/Shanghai\"\nshifts = [\"06:00\", \"14:00\", \"22:00\"]" }
        } @else if summed.is_empty() { p class="lead" { (desk.say("live-nothing")) } } @else {
            section class="card" { h2 { (desk.say("emergence")) } div class="scroll" tabindex="0" { (trend(&drawn, &axes, str::to_owned)) } }
            (table(desk, asked.by, &summed))
            @if asked.by == By::Hour { p class="faint" { (desk.say_with("compare-hours", &[("n", &MOST_HOURS.to_string())])) } }
            p class="faint" { (desk.say_with("compare-of", &[("n", &MOST_LOTS.to_string())])) " " (desk.say("shares-of")) }
        }
    };
    Ok(page(desk, Place::Lots, &title, &body))
}

/// The sums of the newest lots, put together; days and shifts are the site's.
pub fn groups(house: &House, by: By) -> Result<BTreeMap<Option<String>, Group>, Trouble> {
    let (mut all, mut varieties) = (Vec::new(), BTreeMap::new());
    for listed in newest(house, MOST_LOTS)? {
        all.extend(tallies(house, listed.lot.as_deref())?);
        if let (By::Variety, Some(lot)) = (by, &listed.lot)
            && let Some(variety) = variety_of(house, lot)?
        {
            varieties.insert(lot.clone(), variety);
        }
    }
    let variety = |lot: &str| varieties.get(lot).cloned();
    Ok(group(&all, by.grouping(), variety, &house.calendar))
}

/// A lot's variety as somebody said last in any store.
fn variety_of(house: &House, lot: &str) -> Result<Option<String>, Trouble> {
    let mut last = None;
    for (_, store) in house.stores.each() {
        let facts = store.read(|reader| reader.lot(lot))?;
        let said = facts.and_then(|facts| Some((facts.at, facts.variety?)));
        last = last.max(said);
    }
    Ok(last.map(|(_, variety)| variety))
}

/// Trays that belong together, summed up.
pub(super) struct Summed {
    pub(super) name: String,
    /// The page that tells more of them.
    pub(super) address: Option<String>,
    pub(super) of: Summary,
}

/// A row a group: trays by grade, plants, rates and uniformity.
pub(super) fn table(desk: &Desk, by: By, summed: &[Summed]) -> Markup {
    let mut rows: Vec<&Summed> = summed.iter().collect();
    if by == By::Hour {
        rows.reverse();
    }
    let share = |rate: &BinomialRate| {
        html! { strong { (numbers::share(rate)) } " " span class="doubt" { (numbers::interval(rate)) } }
    };
    let uniformity = |of: &Summary| {
        let (cv, doubt) = numbers::uniformity(of.uniformity.as_ref());
        html! { strong { (cv) } " " span class="doubt" { (doubt) } }
    };
    let grades: BTreeSet<&String> = rows
        .iter()
        .flat_map(|row| row.of.tray_grades.keys())
        .collect();
    let count =
        |of: &Summary, grade: &str| of.tray_grades.get(grade).copied().unwrap_or(0) as usize;
    html! { div class="scroll" tabindex="0" { table class="lots" {
        thead { tr {
            th { (desk.say(by.word())) } th class="num" { (desk.say("trays")) }
            @for grade in &grades { th class="num" { (desk.say("grade")) " " (grade) } }
            th class="num" { (desk.say("marketable-plants")) }
            th { (desk.say("emergence")) } th { (desk.say("marketable")) } th { (desk.say("uniformity")) }
        } }
        tbody { @for Summed { name, address, of } in rows { tr {
            th scope="row" { @match address { Some(address) => a href=(address) { (name) }, None => (name) } }
            td class="num" { (numbers::whole(trays_of(of))) }
            @for grade in &grades { td class="num" { (numbers::whole(count(of, grade))) } }
            td class="num" { (numbers::whole(of.marketable.hits as usize)) }
            td { (share(&of.emergence)) }
            td { (share(&of.marketable)) }
            td { (uniformity(of)) }
        } } }
    } } }
}
