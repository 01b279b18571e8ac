//! Days and shifts of a site, in its own time zone.
//!
//! In: moments, or the quarters of an hour that sums are kept by. Out: the day, or the shift with the day on which it
//! began: what the night shift grades after midnight is of the evening before. A shift begins at an instant: where the
//! clocks are put back, an hour that comes twice is still of one shift, and the night is longer.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

/// A site's zone and when its shifts begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    zone: TimeZone,
    /// In order.
    pub(super) shifts: Vec<Time>,
}

/// Why a calendar is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CalendarError {
    /// Sums are kept by quarters of an hour.
    #[error("shift {0}: expected it to begin at a quarter of an hour, such as 06:15")]
    BetweenQuarters(Time),
    /// Two begin at the same time.
    #[error("shift {0}: expected it once, found it twice")]
    Twice(Time),
}

impl Default for Calendar {
    /// Days in UTC, no shifts.
    fn default() -> Self {
        Self {
            zone: TimeZone::UTC,
            shifts: Vec::new(),
        }
    }
}

impl Calendar {
    /// A site's calendar; `shifts` are the times of day when they begin, in any order.
    ///
    /// # Errors
    /// A shift that begins between two quarters of an hour, or two that begin together.
    pub fn new(zone: TimeZone, mut shifts: Vec<Time>) -> Result<Self, CalendarError> {
        shifts.sort_unstable();
        for shift in &shifts {
            let whole = shift.minute() % 15 == 0;
            if !whole || shift.second() != 0 || shift.subsec_nanosecond() != 0 {
                return Err(CalendarError::BetweenQuarters(*shift));
            }
        }
        match shifts.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(CalendarError::Twice(pair[0])),
            None => Ok(Self { zone, shifts }),
        }
    }

    /// Days in the zone of this machine, no shifts.
    #[must_use]
    pub fn of_machine() -> Self {
        Self {
            zone: TimeZone::system(),
            shifts: Vec::new(),
        }
    }

    /// Whether it says when shifts begin.
    #[must_use]
    pub fn has_shifts(&self) -> bool {
        !self.shifts.is_empty()
    }

    /// The site's zone.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The zone's name, such as `Asia/Shanghai`.
    #[must_use]
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// The day of a quarter such as `2026-11-24T08:15` (UTC); its first ten letters where it is no moment.
    #[must_use]
    pub fn day_of(&self, quarter: &str) -> String {
        match moment(quarter) {
            Some(moment) => self.date_of(moment).to_string(),
            None => quarter.chars().take("2026-11-24".len()).collect(),
        }
    }

    /// The hour of such a quarter by the site's clock, `2026-11-24 16:00`; as it is where it is no moment. An hour that comes
    /// twice, where the clocks are put back, is one.
    #[must_use]
    pub fn hour_of(&self, quarter: &str) -> String {
        let local = |moment| self.zone.to_datetime(moment).strftime("%Y-%m-%d %H:00");
        moment(quarter).map_or_else(|| quarter.to_owned(), |moment| local(moment).to_string())
    }

    /// The shift of such a quarter: the day on which it began and when, `2026-11-24 22:00`. None where the site has no
    /// shifts or the quarter is no moment.
    #[must_use]
    pub fn shift_of(&self, quarter: &str) -> Option<String> {
        let moment = moment(quarter)?;
        let today = self.date_of(moment);
        let days = [today.yesterday().ok(), Some(today)];
        let begun = days.into_iter().flatten().flat_map(|day| {
            let began = move |shift: &Time| Some((self.instant(day, *shift)?, day, *shift));
            self.shifts.iter().filter_map(began)
        });
        let (_, day, shift) = begun.filter(|(began, ..)| *began <= moment).max()?;
        Some(format!("{day} {}", shift.strftime("%H:%M")))
    }

    /// The instants at which a day begins and at which the next one does; none at the end of time.
    #[must_use]
    pub fn span_of(&self, day: Date) -> Option<[Timestamp; 2]> {
        let begin = self.instant(day, Time::midnight())?;
        Some([begin, self.instant(day.tomorrow().ok()?, Time::midnight())?])
    }

    fn date_of(&self, moment: Timestamp) -> Date {
        self.zone.to_datetime(moment).date()
    }

    /// A time that the clocks jump over is so much later; of one that comes twice the first is meant.
    pub(super) fn instant(&self, day: Date, time: Time) -> Option<Timestamp> {
        let ambiguous = self.zone.to_ambiguous_timestamp(day.to_datetime(time));
        ambiguous.compatible().ok()
    }
}

fn moment(quarter: &str) -> Option<Timestamp> {
    format!("{quarter}:00Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(zone: &str, shifts: &[&str]) -> Calendar {
        let shifts = shifts.iter().map(|shift| shift.parse().unwrap()).collect();
        Calendar::new(TimeZone::get(zone).unwrap(), shifts).unwrap()
    }

    #[test]
    fn the_night_shift_is_of_the_day_on_which_it_began() {
        let shanghai = site("Asia/Shanghai", &["22:00", "06:00", "14:00"]);
        for (quarter, day, shift) in [
            ("2026-11-24T00:00", "2026-11-24", "2026-11-24 06:00"),
            ("2026-11-24T13:45", "2026-11-24", "2026-11-24 14:00"),
            ("2026-11-24T14:00", "2026-11-24", "2026-11-24 22:00"),
            ("2026-11-24T17:00", "2026-11-25", "2026-11-24 22:00"),
            ("2026-11-24T21:45", "2026-11-25", "2026-11-24 22:00"),
            ("2026-11-24T22:00", "2026-11-25", "2026-11-25 06:00"),
        ] {
            assert_eq!(shanghai.day_of(quarter), day, "{quarter}");
            assert_eq!(
                shanghai.shift_of(quarter).as_deref(),
                Some(shift),
                "{quarter}"
            );
        }
    }

    /// The quarters of a shift, counted over two days.
    fn quarters(calendar: &Calendar, from: &str, shift: &str) -> usize {
        let first: Timestamp = from.parse().unwrap();
        (0..2 * 96)
            .map(|n| first + jiff::SignedDuration::from_mins(15 * n))
            .map(|at| at.strftime("%Y-%m-%dT%H:%M").to_string())
            .filter(|quarter| calendar.shift_of(quarter).as_deref() == Some(shift))
            .count()
    }

    #[test]
    fn the_night_on_which_clocks_change_is_one_shift_of_seven_or_nine_hours() {
        let berlin = site("Europe/Berlin", &["06:00", "14:00", "22:00"]);
        // Put forward at 2026-03-29 01:00 UTC, back at 2026-10-25 01:00 UTC.
        let hours = |from, shift| quarters(&berlin, from, shift) as f64 / 4.0;
        assert_eq!(hours("2026-03-28T12:00:00Z", "2026-03-28 22:00"), 7.0);
        assert_eq!(hours("2026-10-24T12:00:00Z", "2026-10-24 22:00"), 9.0);
        assert_eq!(hours("2026-06-01T12:00:00Z", "2026-06-01 22:00"), 8.0);
    }

    #[test]
    fn a_shift_that_begins_in_the_hour_that_comes_twice_begins_once() {
        let berlin = site("Europe/Berlin", &["02:30", "14:30"]);
        let of = |quarter: &str| berlin.shift_of(quarter).unwrap();
        assert_eq!(of("2026-10-25T00:15"), "2026-10-24 14:30"); // 02:15, for the first time
        assert_eq!(of("2026-10-25T00:30"), "2026-10-25 02:30");
        assert_eq!(of("2026-10-25T01:15"), "2026-10-25 02:30"); // 02:15 again
        // 02:30 does not come on the day on which clocks are put forward: the shift begins an hour late.
        assert_eq!(of("2026-03-29T01:15"), "2026-03-28 14:30"); // 03:15
        assert_eq!(of("2026-03-29T01:30"), "2026-03-29 02:30"); // 03:30
    }

    #[test]
    fn zones_that_are_no_whole_hours_off_have_their_days_and_shifts_too() {
        let kathmandu = site("Asia/Kathmandu", &["06:00", "18:00"]); // 5 h 45 min ahead
        assert_eq!(
            kathmandu.shift_of("2026-11-24T00:15").unwrap(),
            "2026-11-24 06:00"
        );
        assert_eq!(
            kathmandu.shift_of("2026-11-24T00:00").unwrap(),
            "2026-11-23 18:00"
        );
        assert_eq!(kathmandu.day_of("2026-11-24T18:15"), "2026-11-25");
        assert_eq!(kathmandu.hour_of("2026-11-24T00:00"), "2026-11-24 05:00");
        assert_eq!(kathmandu.hour_of("2026-11-24T00:15"), "2026-11-24 06:00");
        let [begin, end] = kathmandu.span_of("2026-11-24".parse().unwrap()).unwrap();
        assert_eq!(begin.to_string(), "2026-11-23T18:15:00Z");
        assert_eq!(end.to_string(), "2026-11-24T18:15:00Z");
    }

    #[test]
    fn what_is_no_moment_is_of_no_shift_and_shifts_begin_at_quarters_once() {
        let utc = Calendar::default();
        assert_eq!(utc.day_of("some day, perhaps"), "some day, ");
        assert_eq!(utc.hour_of("some day"), "some day");
        assert_eq!(utc.shift_of("2026-11-24T08:15"), None);
        assert_eq!(site("UTC", &["06:00"]).shift_of("some day"), None);
        let refused = |shifts: &[&str]| {
            let shifts = shifts.iter().map(|shift| shift.parse().unwrap()).collect();
            Calendar::new(TimeZone::UTC, shifts)
                .unwrap_err()
                .to_string()
        };
        assert!(refused(&["06:10"]).contains("quarter of an hour"));
        assert!(refused(&["06:00", "14:00", "06:00"]).contains("found it twice"));
    }
}
