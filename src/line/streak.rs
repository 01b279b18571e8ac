//! Trays in a row that were not graded suspend the line. It stays so until a person acknowledges it: whatever made
//! it blind may do so again, and nobody would have looked.

/// Counts in a row.
#[derive(Debug, Clone, Copy)]
pub struct Streak {
    limit: u32,
    ungraded: u32,
    suspended: bool,
}

impl Streak {
    /// Suspends after `limit` trays in a row; never when 0.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        Self {
            limit,
            ungraded: 0,
            suspended: false,
        }
    }

    /// A tray was judged, or was not. Returns whether it suspends the line.
    pub fn see(&mut self, graded: bool) -> bool {
        self.ungraded = if graded {
            0
        } else {
            self.ungraded.saturating_add(1)
        };
        let suspends = !self.suspended && self.limit > 0 && self.ungraded >= self.limit;
        self.suspended |= suspends;
        suspends
    }

    /// Whether the line is suspended.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.suspended
    }

    /// A person looked after it: the count begins anew. Returns whether it was suspended.
    pub fn acknowledge(&mut self) -> bool {
        self.ungraded = 0;
        std::mem::take(&mut self.suspended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ungraded_trays_in_a_row_suspend_until_a_person_acknowledges() {
        let mut streak = Streak::new(2);
        assert!(!streak.see(false) && !streak.see(true) && !streak.see(false));
        assert!(streak.see(false));
        assert!(!streak.see(false), "once");
        for _ in 0..100 {
            assert!(!streak.see(true));
        }
        assert!(streak.is_suspended(), "good trays are no person");
        assert!(streak.acknowledge() && !streak.acknowledge());
        assert!(!streak.is_suspended() && !streak.see(false) && streak.see(false));
        assert!(!Streak::new(0).see(false));
    }
}
