//! Who is logged in: secrets in cookies, kept in this process's memory only.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::clock::Moment;

/// The cookie that holds the secret.
pub const SESSION_COOKIE: &str = "seedgrade";
/// Without a request for so long somebody is logged out: a shift and its breaks.
const LONGEST_IDLE: Duration = Duration::from_hours(10);
/// People logged in at a time; the one who was idle longest makes room.
const MOST_SESSIONS: usize = 256;

/// A secret of 256 bits, in hex.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A fresh one.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn draw() -> Result<Self, getrandom::Error> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(hex::encode(bytes)))
    }

    /// For a cookie or a form.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether a text is this secret; how long that takes tells nothing of where they differ.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        Sha256::digest(&self.0) == Sha256::digest(text)
    }
}

/// Secrets stay out of logs.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who.
    pub name: String,
    /// Whose password opened it: as long as they may log in, others may switch to their own name here.
    pub opened_by: String,
    /// What every form of theirs carries, so that no other site can send one.
    pub form_token: Secret,
    seen: Moment,
}

/// Everybody who is logged in. Found by the digest of the secret, never by the secret.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<HashMap<[u8; 32], Session>>);

impl Sessions {
    /// Logs somebody in.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn begin(&self, name: &str, now: Moment) -> Result<Secret, getrandom::Error> {
        self.open(name, name, now)
    }

    /// Gives a session to somebody else, under another secret: the old one is worth nothing any more.
    ///
    /// # Errors
    /// The system gives no random numbers; then nothing has changed.
    pub fn hand_over(
        &self,
        form_token: &Secret,
        opened_by: &str,
        name: &str,
        now: Moment,
    ) -> Result<Secret, getrandom::Error> {
        let secret = self.open(name, opened_by, now)?;
        self.end_of(form_token);
        Ok(secret)
    }

    fn open(&self, name: &str, opened_by: &str, now: Moment) -> Result<Secret, getrandom::Error> {
        let (secret, form_token) = (Secret::draw()?, Secret::draw()?);
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, session| now.since(session.seen) < LONGEST_IDLE);
        if sessions.len() >= MOST_SESSIONS {
            let idle = sessions.iter().min_by_key(|(_, session)| session.seen);
            if let Some(digest) = idle.map(|(digest, _)| *digest) {
                sessions.remove(&digest);
            }
        }
        let session = Session {
            name: name.to_owned(),
            opened_by: opened_by.to_owned(),
            form_token,
            seen: now,
        };
        sessions.insert(digest(secret.text()), session);
        Ok(secret)
    }

    /// Who holds this secret.
    #[must_use]
    pub fn of(&self, secret: &str, now: Moment) -> Option<Session> {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let session = sessions.get_mut(&digest(secret))?;
        if now.since(session.seen) >= LONGEST_IDLE {
            return None;
        }
        session.seen = now;
        Some(session.clone())
    }

    /// Logs out whoever sends forms with this token.
    pub fn end_of(&self, form_token: &Secret) {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, session| session.form_token != *form_token);
    }
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn after(hours: u64) -> Moment {
        Moment::after_start(Duration::from_hours(hours))
    }

    #[test]
    fn a_session_lasts_while_it_is_used_and_ends_when_it_is_ended() {
        let sessions = Sessions::default();
        let secret = sessions.begin("li", after(0)).unwrap();
        assert_eq!(sessions.of(secret.text(), after(9)).unwrap().name, "li");
        assert!(sessions.of(secret.text(), after(18)).is_some());
        assert!(sessions.of(secret.text(), after(29)).is_none(), "idle");
        let other = sessions.begin("li", after(30)).unwrap();
        let token = sessions.of(other.text(), after(30)).unwrap().form_token;
        sessions.end_of(&token);
        assert!(sessions.of(other.text(), after(30)).is_none());
        assert!(sessions.of("", after(0)).is_none());
    }

    #[test]
    fn a_session_that_is_handed_over_is_somebody_elses_under_another_secret() {
        let sessions = Sessions::default();
        let first = sessions.begin("li", after(0)).unwrap();
        let of_li = sessions.of(first.text(), after(0)).unwrap();
        let second = sessions
            .hand_over(&of_li.form_token, &of_li.opened_by, "wang", after(1))
            .unwrap();
        assert!(sessions.of(first.text(), after(1)).is_none());
        let of_wang = sessions.of(second.text(), after(1)).unwrap();
        assert_eq!((&of_wang.name[..], &of_wang.opened_by[..]), ("wang", "li"));
        assert!(of_wang.form_token != of_li.form_token);
    }

    #[test]
    fn of_too_many_the_one_idle_longest_makes_room() {
        let sessions = Sessions::default();
        let first = sessions.begin("first", after(0)).unwrap();
        let secrets: Vec<Secret> = (0..MOST_SESSIONS)
            .map(|_| sessions.begin("more", after(1)).unwrap())
            .collect();
        assert!(sessions.of(first.text(), after(1)).is_none());
        assert!(sessions.of(secrets[0].text(), after(1)).is_some());
    }

    #[test]
    fn secrets_differ_and_are_not_written_to_logs() {
        let (one, other) = (Secret::draw().unwrap(), Secret::draw().unwrap());
        assert!(one.is(one.text()) && !one.is(other.text()));
        assert!(!format!("{one:?}").contains(one.text()));
    }
}
