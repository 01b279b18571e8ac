//! Numbers, shares and moments as people read them. Chinese and English group thousands alike.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::evaluate::Interval;
use crate::statistics::{BinomialRate, Uniformity};

/// `12,345`.
pub fn whole(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `94.5 %`; a dash of nothing.
pub fn percent(hits: usize, of: usize) -> String {
    share(&BinomialRate::of(hits as u64, of as u64))
}

/// `90.4–97.2, n = 200`: the exact binomial 95 % interval of cells sampled singly.
pub fn doubt(hits: usize, of: usize) -> String {
    interval(&BinomialRate::of(hits as u64, of as u64))
}

/// A rate as [`percent`].
pub fn share(rate: &BinomialRate) -> String {
    rate.rate.map_or_else(|| "–".to_owned(), of_hundred)
}

/// `94.5 %`.
pub fn of_hundred(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// A rate's interval as [`doubt`].
pub fn interval(rate: &BinomialRate) -> String {
    let Interval { lo, hi } = rate.ci95.unwrap_or(Interval { lo: 0.0, hi: 1.0 });
    let n = whole(rate.of as usize);
    format!("{:.1}–{:.1}, n = {n}", 100.0 * lo, 100.0 * hi)
}

/// A coefficient of variation with its interval, as [`share`] and [`interval`].
pub fn uniformity(of: Option<&Uniformity>) -> (String, String) {
    let Some((of, cv)) = of.and_then(|of| Some((of, of.cv?))) else {
        return ("–".to_owned(), String::new());
    };
    let n = whole(of.plants as usize);
    let doubt = match of.cv_ci95() {
        Some(Interval { lo, hi }) => format!("{:.1}–{:.1}, n = {n}", 100.0 * lo, 100.0 * hi),
        None => format!("n = {n}"),
    };
    (of_hundred(cv), doubt)
}

/// A length of time: `1:20:05`.
pub fn duration(seconds: u64) -> String {
    let (hours, rest) = (seconds / 3600, seconds % 3600);
    format!("{hours}:{:02}:{:02}", rest / 60, rest % 60)
}

/// A stored moment in a site's zone: `2026-11-24 16:05:09`; as it is stored where it cannot be read.
pub fn moment(stored: &str, zone: &TimeZone) -> String {
    local(stored, zone, "%Y-%m-%d %H:%M:%S")
}

/// The time of day of a stored moment: `16:05:09`.
pub fn time_of_day(stored: &str, zone: &TimeZone) -> String {
    local(stored, zone, "%H:%M:%S")
}

/// An hour or a day of the sums, which keep them in UTC: `11-24 16:00` in a site's zone, or `11-24`.
pub fn hour_or_day(when: &str, zone: &TimeZone) -> String {
    match when.split_once('T') {
        Some((day, hour)) => local(&format!("{day}T{hour}:00:00Z"), zone, "%m-%d %H:%M"),
        None => when.get("2026-".len()..).unwrap_or(when).to_owned(),
    }
}

fn local(stored: &str, zone: &TimeZone, form: &str) -> String {
    match stored.parse::<Timestamp>() {
        Ok(moment) => moment
            .to_zoned_datetime(zone.clone())
            .strftime(form)
            .to_string(),
        Err(_) => stored.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let all = [0, 12, 123, 1234, 123_456, 1_234_567].map(whole);
        assert_eq!(all, ["0", "12", "123", "1,234", "123,456", "1,234,567"]);
    }

    #[test]
    fn a_length_of_time_has_hours_minutes_and_seconds() {
        assert_eq!(
            [0, 65, 4805].map(duration),
            ["0:00:00", "0:01:05", "1:20:05"]
        );
        assert_eq!(duration(100 * 3600), "100:00:00");
    }

    #[test]
    fn a_share_of_nothing_is_no_number() {
        assert_eq!(percent(0, 0), "–");
        assert_eq!(percent(189, 200), "94.5 %");
        assert_eq!(doubt(189, 200), "90.4–97.2, n = 200");
    }

    #[test]
    fn a_moment_is_shown_in_the_sites_zone_and_one_that_cannot_be_read_as_it_is() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        assert_eq!(moment("yesterday", &shanghai), "yesterday");
        let stored = "2026-11-24T18:05:09Z";
        assert_eq!(moment(stored, &shanghai), "2026-11-25 02:05:09");
        assert_eq!(time_of_day(stored, &TimeZone::UTC), "18:05:09");
        assert_eq!(hour_or_day("2026-11-24T18", &shanghai), "11-25 02:00");
        assert_eq!(hour_or_day("2026-11-24", &shanghai), "11-24");
    }
}
