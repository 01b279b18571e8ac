//! Sums of trays put together by lot, variety, job, day, shift or standard.

use std::collections::BTreeMap;

use super::tally::{Tally, TallyKey};
use super::{BlankMap, Calendar};

/// What trays are put together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GroupBy {
    /// Their lot.
    #[default]
    Lot,
    /// Their lot's variety.
    Variety,
    /// Their job.
    Job,
    /// The site's day.
    Day,
    /// The hour of the site's clock.
    Hour,
    /// The site's shift, by the day on which it began and the time of day.
    Shift,
    /// Their standard, by id, version and digest.
    Standard,
}

/// Trays that are put together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// Their sums; the blank map is that of the first shape of tray.
    pub tally: Tally,
    /// Blanks per cell, one map a shape of tray.
    pub blanks: Vec<BlankMap>,
    /// The sums day by day: the trend.
    pub days: BTreeMap<String, Tally>,
}

impl Group {
    fn add(&mut self, key: &TallyKey, day: String, tally: &Tally) {
        self.tally.add(tally);
        self.days.entry(day).or_default().add(tally);
        let shape = |map: &&mut BlankMap| (map.rows, map.cols) == (key.rows, key.cols);
        match self.blanks.iter_mut().find(shape) {
            Some(map) => map.add(&tally.blanks),
            None => self.blanks.push(tally.blanks.clone()),
        }
    }
}

/// Puts sums together. `variety_of` names a lot's variety, `calendar` days and shifts. Trays of which the thing is not known are under none.
#[must_use]
pub fn group<'a>(
    tallies: impl IntoIterator<Item = &'a (TallyKey, Tally)>,
    by: GroupBy,
    variety_of: impl Fn(&str) -> Option<String>,
    calendar: &Calendar,
) -> BTreeMap<Option<String>, Group> {
    let mut groups: BTreeMap<Option<String>, Group> = BTreeMap::new();
    for (key, tally) in tallies {
        let name = match by {
            GroupBy::Lot => key.lot.clone(),
            GroupBy::Variety => key.lot.as_deref().and_then(&variety_of),
            GroupBy::Job => key.job.map(|job| job.to_string()),
            GroupBy::Day => Some(calendar.day_of(&key.quarter)),
            GroupBy::Hour => Some(calendar.hour_of(&key.quarter)),
            GroupBy::Shift => calendar.shift_of(&key.quarter),
            GroupBy::Standard => Some(format!("{} {}", key.standard, key.standard_digest)),
        };
        let day = calendar.day_of(&key.quarter);
        groups.entry(name).or_default().add(key, day, tally);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::samples;

    fn counted(lot: &str, at: &str) -> (TallyKey, Tally) {
        let mut report = samples::graded(2, 7, 70.0, 20.0);
        report.facts.lot = Some(lot.to_owned());
        report.facts.captured_at = Some(at.to_owned());
        (TallyKey::of(&report, "unused"), Tally::of(&report))
    }

    #[test]
    fn lots_of_one_variety_and_days_of_one_lot_are_put_together() {
        let tallies = [
            counted("a", "2026-11-24T08:00:00Z"),
            counted("a", "2026-11-25T09:00:00Z"),
            counted("b", "2026-11-25T10:00:00Z"),
        ];
        let variety = |lot: &str| (lot != "c").then(|| "tomato".to_owned());
        let utc = Calendar::default();
        let lots = group(&tallies, GroupBy::Lot, variety, &utc);
        let lot = &lots[&Some("a".to_owned())];
        assert_eq!((lot.tally.trays.graded, lot.days.len()), (2, 2));
        assert_eq!(lot.blanks[0].trays, 2);
        let varieties = group(&tallies, GroupBy::Variety, variety, &utc);
        assert_eq!(varieties[&Some("tomato".to_owned())].tally.cells.sown(), 42);
        let days = group(&tallies, GroupBy::Day, variety, &utc);
        assert_eq!(days[&Some("2026-11-25".to_owned())].tally.trays.graded, 2);
        let jobs = group(&tallies, GroupBy::Job, variety, &utc);
        assert_eq!(jobs[&None].tally.trays.graded, 3);
    }
}
