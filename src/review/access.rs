//! Who may do what.

use serde::{Deserialize, Serialize};

/// What a person is allowed to, each role with all that those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks at everything that was judged.
    Viewer,
    /// Corrects, audits and measures.
    Operator,
    /// Changes standards.
    Manager,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Manager];

    /// As the command line and the file of people write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Manager => "manager",
        }
    }
}

/// What a route asks of who calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Needs {
    /// Nothing: the way in, and what the pages are made of.
    Nothing,
    /// At least this role.
    Role(Role),
}

/// What comes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Served.
    Granted,
    /// Nobody is logged in: the way in is shown.
    LogIn,
    /// The role does not allow it.
    Refused,
}

impl Needs {
    /// Whether somebody of this role, or nobody in particular, is served.
    #[must_use]
    pub fn admits(self, role: Option<Role>) -> Admission {
        match (self, role) {
            (Self::Nothing, _) => Admission::Granted,
            (Self::Role(least), Some(role)) if role >= least => Admission::Granted,
            (Self::Role(_), Some(_)) => Admission::Refused,
            (Self::Role(_), None) => Admission::LogIn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_may_what_those_before_it_may_and_nobody_may_nothing() {
        for (i, needed) in Role::ALL.into_iter().enumerate() {
            assert_eq!(Needs::Role(needed).admits(None), Admission::LogIn);
            for (j, role) in Role::ALL.into_iter().enumerate() {
                let expected = if j >= i {
                    Admission::Granted
                } else {
                    Admission::Refused
                };
                assert_eq!(Needs::Role(needed).admits(Some(role)), expected);
            }
        }
        assert_eq!(Needs::Nothing.admits(None), Admission::Granted);
    }
}
