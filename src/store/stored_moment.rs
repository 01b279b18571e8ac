//! Stored moments in the order of time.
//!
//! Moments are stored as RFC 3339 texts with as many digits of a second as they have, whose letters do not order as the
//! times do: `08:00:00.5Z` comes before `08:00:00Z`. Whoever asks which of two was later asks here.

use jiff::Timestamp;

/// Where a stored moment stands among others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoredMoment {
    /// A text that names no moment: it stands before all that do.
    Unread(String),
    /// The moment, however it was written.
    At(Timestamp),
}

impl StoredMoment {
    /// Of a moment as it is stored.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let read = text.parse().map(Self::At);
        read.unwrap_or_else(|_| Self::Unread(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_stand_in_the_order_of_time_however_many_digits_they_are_written_with() {
        let in_time = [
            "",
            "not known",
            "2026-11-24T08:00:00Z",
            "2026-11-24T16:00:00.000000001+08:00",
            "2026-11-24T08:00:00.12Z",
            "2026-11-24T08:00:00.123Z",
            "2026-11-24T08:00:01Z",
        ];
        assert!(in_time.map(StoredMoment::of).is_sorted());
        assert!(!in_time.is_sorted(), "texts stand otherwise");
        let whole = StoredMoment::of("2026-11-24T08:00:00Z");
        assert_eq!(StoredMoment::of("2026-11-24T08:00:00.000Z"), whole);
    }
}
