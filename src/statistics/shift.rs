//! A shift, or a day, by its name: when it began, when the next one does, and which are beside it.

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};

use super::Calendar;

/// A shift of a site, or a whole day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// The day on which it began and when, `2026-11-24 22:00`, as [`Calendar::shift_of`] names it; of a day `2026-11-24`.
    pub name: String,
    /// When it began.
    pub begins: Timestamp,
    /// When the next one begins.
    pub ends: Timestamp,
}

impl Shift {
    /// From when to when.
    #[must_use]
    pub fn span(&self) -> [Timestamp; 2] {
        [self.begins, self.ends]
    }

    fn is_day(&self) -> bool {
        !self.name.contains(' ')
    }
}

impl Calendar {
    /// A shift by its name, or a day by its date; none of what is neither at this site.
    #[must_use]
    pub fn shift_named(&self, name: &str) -> Option<Shift> {
        let Some((day, time)) = name.split_once(' ') else {
            let day: Date = name.parse().ok()?;
            // a day is also parsed from a moment of it, which names no day
            if day.to_string() != name {
                return None;
            }
            let [begins, ends] = self.span_of(day)?;
            let name = day.to_string();
            return Some(Shift { name, begins, ends });
        };
        let (day, time): (Date, Time) = (day.parse().ok()?, time.parse().ok()?);
        let in_full = format!("{day} {}", time.strftime("%H:%M"));
        if !self.shifts.contains(&time) || in_full != name {
            return None;
        }
        let begins = self.instant(day, time)?;
        let tomorrow = day.tomorrow().ok()?;
        let days = [Some(day), Some(tomorrow), tomorrow.tomorrow().ok()];
        let next = days.into_iter().flatten().flat_map(|day| {
            let of_day = self.shifts.iter();
            of_day.filter_map(move |time| self.instant(day, *time))
        });
        Some(Shift {
            name: in_full,
            begins,
            ends: next.filter(|next| *next > begins).min()?,
        })
    }

    /// The shift of a moment; of a site without shifts its day.
    #[must_use]
    pub fn shift_at(&self, moment: Timestamp) -> Option<Shift> {
        let minute = minute_of(moment);
        let shift = self.shift_of(&minute);
        self.shift_named(&shift.unwrap_or_else(|| self.day_of(&minute)))
    }

    /// The shift, or the day, before one and the one after it.
    #[must_use]
    pub fn beside(&self, shift: &Shift) -> [Option<Shift>; 2] {
        let before = shift.begins.checked_sub(SignedDuration::from_secs(1)).ok();
        [before, Some(shift.ends)].map(|moment| match moment? {
            moment if shift.is_day() => self.shift_named(&self.day_of(&minute_of(moment))),
            moment => self.shift_at(moment),
        })
    }
}

/// As sums are kept by: `2026-11-24T08:15`, in UTC.
fn minute_of(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M").to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn site(zone: &str, shifts: &[&str]) -> Calendar {
        let shifts = shifts.iter().map(|shift| shift.parse().unwrap()).collect();
        Calendar::new(TimeZone::get(zone).unwrap(), shifts).unwrap()
    }

    fn spans(calendar: &Calendar, name: &str) -> (String, String) {
        let shift = calendar.shift_named(name).unwrap();
        assert_eq!(shift.name, name);
        (shift.begins.to_string(), shift.ends.to_string())
    }

    #[test]
    fn a_shift_lasts_until_the_next_begins_and_a_day_until_midnight() {
        let shanghai = site("Asia/Shanghai", &["06:00", "14:00", "22:00"]);
        let night = spans(&shanghai, "2026-11-24 22:00");
        assert_eq!(night.0, "2026-11-24T14:00:00Z");
        assert_eq!(night.1, "2026-11-24T22:00:00Z");
        let day = spans(&shanghai, "2026-11-24");
        assert_eq!(day.0, "2026-11-23T16:00:00Z");
        let one = site("UTC", &["06:00"]);
        assert_eq!(spans(&one, "2026-11-24 06:00").1, "2026-11-25T06:00:00Z");
        for none in ["2026-11-24 07:00", "2026-11-31", "", "some day"] {
            assert_eq!(shanghai.shift_named(none), None, "{none}");
        }
    }

    #[test]
    fn the_night_on_which_clocks_are_put_back_has_nine_hours() {
        let berlin = site("Europe/Berlin", &["06:00", "14:00", "22:00"]);
        let night = berlin.shift_named("2026-10-24 22:00").unwrap();
        assert_eq!(night.ends.duration_since(night.begins).as_hours(), 9);
    }

    #[test]
    fn going_on_from_shift_to_shift_leaves_no_time_out() {
        for (calendar, first) in [
            (
                site("Europe/Berlin", &["02:30", "14:30"]),
                "2026-03-27 14:30",
            ),
            (site("Europe/Berlin", &[]), "2026-10-23"),
        ] {
            let mut shift = calendar.shift_named(first).unwrap();
            for _ in 0..6 {
                let [_, next] = calendar.beside(&shift);
                let next = next.unwrap();
                assert_eq!(next.begins, shift.ends);
                assert_eq!(calendar.shift_at(next.begins), Some(next.clone()));
                assert_eq!(calendar.beside(&next)[0], Some(shift));
                shift = next;
            }
        }
    }
}
