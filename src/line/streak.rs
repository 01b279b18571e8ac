//! Trays in a row that were not graded suspend the line; as many graded ones in a row, or a person who stops and
//! starts the belt, let it go on.

/// What a tray's judgement does to the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Nothing changes.
    None,
    /// Too many in a row were not graded.
    Suspend,
    /// As many in a row were graded again.
    Resume,
}

/// Counts in a row.
#[derive(Debug, Clone, Copy)]
pub struct Streak {
    limit: u32,
    ungraded: u32,
    graded: u32,
    suspended: bool,
}

impl Streak {
    /// Suspends after `limit` trays in a row; never when 0.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        Self {
            limit,
            ungraded: 0,
            graded: 0,
            suspended: false,
        }
    }

    /// A tray was judged, or was not.
    pub fn see(&mut self, graded: bool) -> Turn {
        (self.graded, self.ungraded) = if graded {
            (self.graded.saturating_add(1), 0)
        } else {
            (0, self.ungraded.saturating_add(1))
        };
        if !self.suspended && self.limit > 0 && self.ungraded >= self.limit {
            self.suspended = true;
            return Turn::Suspend;
        }
        if self.suspended && self.graded >= self.limit {
            self.suspended = false;
            return Turn::Resume;
        }
        Turn::None
    }

    /// Whether the line is suspended.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.suspended
    }

    /// A person stopped and started the belt: the count begins anew. Returns whether it was suspended.
    pub fn acknowledge(&mut self) -> bool {
        (self.graded, self.ungraded) = (0, 0);
        std::mem::take(&mut self.suspended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_ungraded_in_a_row_suspend_and_as_many_graded_resume() {
        let mut streak = Streak::new(2);
        assert_eq!(streak.see(false), Turn::None);
        assert_eq!(streak.see(true), Turn::None);
        assert_eq!(streak.see(false), Turn::None);
        assert_eq!(streak.see(false), Turn::Suspend);
        assert_eq!(streak.see(false), Turn::None, "once");
        assert_eq!(streak.see(true), Turn::None);
        assert_eq!(streak.see(true), Turn::Resume);
        assert!(!streak.is_suspended());
        streak.see(false);
        streak.see(false);
        assert!(streak.acknowledge() && !streak.acknowledge());
        assert_eq!(Streak::new(0).see(false), Turn::None);
    }
}
