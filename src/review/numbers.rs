//! Numbers, shares and moments as people read them. Chinese and English group thousands alike.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::evaluate::{Interval, clopper_pearson};

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
    if of == 0 {
        return "–".to_owned();
    }
    format!("{:.1} %", 100.0 * hits as f64 / of as f64)
}

/// `90.4–97.2, n = 200`: the exact binomial 95 % interval of cells sampled singly.
pub fn doubt(hits: usize, of: usize) -> String {
    let Interval { lo, hi } = clopper_pearson(hits, of);
    format!("{:.1}–{:.1}, n = {}", 100.0 * lo, 100.0 * hi, whole(of))
}

/// A stored moment in the site's zone: `2026-11-24 16:05:09`; as it is stored where it cannot be read.
pub fn moment(stored: &str) -> String {
    local(stored, "%Y-%m-%d %H:%M:%S")
}

/// The time of day of a stored moment: `16:05:09`.
pub fn time_of_day(stored: &str) -> String {
    local(stored, "%H:%M:%S")
}

fn local(stored: &str, form: &str) -> String {
    match stored.parse::<Timestamp>() {
        Ok(moment) => moment
            .to_zoned_datetime(TimeZone::system())
            .strftime(form)
            .to_string(),
        Err(_) => stored.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let all = [0, 12, 123, 1234, 123_456, 1_234_567].map(whole);
        assert_eq!(all, ["0", "12", "123", "1,234", "123,456", "1,234,567"]);
    }

    #[test]
    fn a_share_of_nothing_is_no_number() {
        assert_eq!(percent(0, 0), "–");
        assert_eq!(percent(189, 200), "94.5 %");
        assert_eq!(doubt(189, 200), "90.4–97.2, n = 200");
    }

    #[test]
    fn a_moment_that_cannot_be_read_is_shown_as_it_is() {
        assert_eq!(moment("yesterday"), "yesterday");
        assert_eq!(moment("2026-11-24T08:00:00Z").len(), 19);
    }
}
