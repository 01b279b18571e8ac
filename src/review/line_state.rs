//! What an event says of the whole line: that it sorts, or why it stands and what to do.

use super::words::word;

/// What an event says of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineState {
    /// It sorts from then on.
    Sorting,
    /// It does not: what happened, and what to do.
    Stands {
        happened: &'static str,
        next: &'static str,
    },
}

/// What an event of a kind says of its line; none of one that says nothing of it.
pub fn state_of(kind: &str) -> Option<LineState> {
    let stands = |happened, next| Some(LineState::Stands { happened, next });
    match kind {
        "armed" => Some(LineState::Sorting),
        "suspended" => stands(word!("line-suspended"), word!("line-suspended-next")),
        "faulted" => stands(word!("line-faulted"), word!("line-faulted-next")),
        "disarmed" | "recovered" => stands(word!("line-disarmed"), word!("line-disarmed-next")),
        "not_armed" => stands(word!("line-not-armed"), word!("line-disarmed-next")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_state_of_the_line_raises_no_alarm() {
        assert_eq!(state_of("demo_ended"), None);
        assert_eq!(state_of("armed"), Some(LineState::Sorting));
        assert!(matches!(
            state_of("suspended"),
            Some(LineState::Stands { .. })
        ));
    }
}
