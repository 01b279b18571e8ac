//! Which shards of a run are whose.

use super::ArchiveError;

/// One of N equal shares of a run's shards; the whole is 1 of 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    index: u32,
    of: u32,
}

impl Share {
    /// All shards.
    pub const WHOLE: Self = Self { index: 1, of: 1 };

    /// Reads `I/N`, I from 1.
    ///
    /// # Errors
    /// [`ArchiveError::Share`] for another text, or an I that is not among 1 to N.
    pub fn parse(text: &str) -> Result<Self, ArchiveError> {
        let wrong = || ArchiveError::Share(text.to_owned());
        let (index, of) = text.split_once('/').ok_or_else(wrong)?;
        let number = |t: &str| t.parse::<u32>().map_err(|_| wrong());
        let share = Self {
            index: number(index)?,
            of: number(of)?,
        };
        if (1..=share.of).contains(&share.index) {
            Ok(share)
        } else {
            Err(wrong())
        }
    }

    /// Whether the shard of this number is in it.
    #[must_use]
    pub fn holds(self, shard: usize) -> bool {
        shard % self.of as usize == self.index as usize - 1
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_share_is_named_i_of_n_from_one() {
        assert_eq!(Share::parse("3/8").unwrap().to_string(), "3/8");
        for text in [
            "", "3", "0/4", "5/4", "1/0", "-1/4", "a/b", "1/2/3", "1.5/2",
        ] {
            let said = Share::parse(text).unwrap_err().to_string();
            assert!(said.contains("expected I/N"), "{said}");
        }
    }

    proptest! {
        #[test]
        fn every_shard_is_in_exactly_one_share(shard in 0usize..10_000, of in 1u32..40) {
            let holding = (1..=of).filter(|index| Share { index: *index, of }.holds(shard));
            prop_assert_eq!(holding.count(), 1);
        }
    }
}
