//! Names that people give: of lots, varieties, cards.

/// The longest, letters.
pub const LONGEST_NAME: usize = 80;

/// Whether a text is a name that everybody can write, scan and find again: it is not empty, not too long, has no letters that
/// nobody sees, and no blanks around it.
#[must_use]
pub fn is_name(text: &str) -> bool {
    text.trim() == text
        && (1..=LONGEST_NAME).contains(&text.chars().count())
        && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_a_person_finds_again() {
        assert!(is_name("番茄 2026-11"));
        assert!(is_name(&"a".repeat(LONGEST_NAME)));
        for none in ["", " ", " B", "B ", "a\u{0}b", "a\nb"] {
            assert!(!is_name(none), "{none:?}");
        }
        assert!(!is_name(&"番".repeat(LONGEST_NAME + 1)));
    }
}
