//! Guessing passwords is slow: after a few failures a name, and an address, must wait.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Moment;

/// Failures that cost nothing: wet gloves.
const FREE_FAILURES: u32 = 4;
/// The first wait; it doubles with every further failure.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// The longest wait, so that nobody can lock a grower out for a shift.
const LONGEST_WAIT: Duration = Duration::from_mins(5);
/// Names and addresses remembered; beyond it the oldest are forgotten.
const MOST_REMEMBERED: usize = 4096;

/// Who tries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    Name(String),
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Moment,
}

/// Failures to log in.
#[derive(Debug, Default)]
pub struct LoginLimits(Mutex<HashMap<Who, Failures>>);

impl LoginLimits {
    /// How long this name from this address must wait; none: it may try.
    #[must_use]
    pub fn wait(&self, name: &str, address: IpAddr, now: Moment) -> Option<Duration> {
        let failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = |who: &Who| {
            let failed = failures.get(who)?;
            let wait = wait_after(failed.count)?;
            wait.checked_sub(now.since(failed.last))
        };
        whos(name, address).iter().filter_map(left).max()
    }

    /// It failed.
    pub fn failed(&self, name: &str, address: IpAddr, now: Moment) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for who in whos(name, address) {
            if failures.len() >= MOST_REMEMBERED && !failures.contains_key(&who) {
                let oldest = failures.iter().min_by_key(|(_, failed)| failed.last);
                if let Some(oldest) = oldest.map(|(who, _)| who.clone()) {
                    failures.remove(&oldest);
                }
            }
            let entry = failures.entry(who).or_insert(Failures {
                count: 0,
                last: now,
            });
            // What is long ago is forgotten.
            if now.since(entry.last) > 2 * LONGEST_WAIT {
                entry.count = 0;
            }
            entry.count = entry.count.saturating_add(1);
            entry.last = now;
        }
    }

    /// It succeeded: the name starts anew; the address does not, as others may guess from there.
    pub fn succeeded(&self, name: &str) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(&Who::Name(name.to_owned()));
    }
}

fn whos(name: &str, address: IpAddr) -> [Who; 2] {
    [Who::Name(name.to_owned()), Who::Address(address)]
}

fn wait_after(failures: u32) -> Option<Duration> {
    let counted = failures.checked_sub(FREE_FAILURES + 1)?;
    Some(
        FIRST_WAIT
            .saturating_mul(1 << counted.min(16))
            .min(LONGEST_WAIT),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn at(seconds: u64) -> Moment {
        Moment::after_start(Duration::from_secs(seconds))
    }

    #[test]
    fn waits_double_and_never_pass_five_minutes() {
        let waits: Vec<_> = (3..14)
            .map(|n| wait_after(n).map(|w| w.as_secs()))
            .collect();
        let expected = [0, 0, 5, 10, 20, 40, 80, 160, 300, 300, 300];
        let expected: Vec<_> = expected.map(|s| (s > 0).then_some(s)).to_vec();
        assert_eq!(waits, expected);
    }

    #[test]
    fn guessing_one_name_from_many_places_or_many_names_from_one_place_must_wait() {
        let limits = LoginLimits::default();
        for i in 0..=FREE_FAILURES {
            limits.failed("li", HERE, at(u64::from(i)));
        }
        let now = at(u64::from(FREE_FAILURES));
        assert_eq!(limits.wait("li", THERE, now), Some(FIRST_WAIT));
        assert_eq!(limits.wait("wang", HERE, now), Some(FIRST_WAIT));
        assert_eq!(limits.wait("wang", THERE, now), None);
        assert_eq!(limits.wait("li", HERE, at(60)), None, "waited");
        limits.succeeded("li");
        assert_eq!(limits.wait("li", THERE, now), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let limits = LoginLimits::default();
        for i in 0..MOST_REMEMBERED + 10 {
            limits.failed(&i.to_string(), HERE, at(i as u64));
        }
        let remembered = limits.0.lock().map(|map| map.len());
        assert_eq!(remembered.ok(), Some(MOST_REMEMBERED));
    }
}
