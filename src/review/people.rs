//! Who has an account: names, roles and password hashes in a file beside the store.
//!
//! Passwords are kept as Argon2id hashes (RFC 9106) with the parameters of the `argon2` crate. The file is
//! read whole and replaced whole; a change by the command line counts from the next request on.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use serde::{Deserialize, Serialize};

use super::access::Role;

/// The schema that files of people name.
const PEOPLE_SCHEMA: &str = "seedgrade.people/1";
/// A file of people is small; this bounds what a foreign file can cost.
const MOST_BYTES: u64 = 1 << 20;
/// Shortest password, characters.
const LEAST_PASSWORD: usize = 8;
/// Longest password, bytes, so that hashing costs the same for all.
pub const MOST_PASSWORD_BYTES: usize = 1024;
/// Longest name, characters.
const MOST_NAME: usize = 40;
/// Fewest digits of a PIN: it works only where somebody logged in by password, and guessing it must wait.
const LEAST_PIN: usize = 4;
/// Fewest digits of a manager's PIN.
const LEAST_MANAGERS_PIN: usize = 6;
/// Most digits of a PIN.
const MOST_PIN: usize = 12;
/// Fewest and most bytes of a badge's code.
const BADGE_BYTES: std::ops::RangeInclusive<usize> = 6..=128;

/// Why people cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// The file cannot be read or written.
    #[error("people {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file is no list of people.
    #[error("people {path}: expected a list of people (seedgrade.people/1), found {found}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        found: String,
    },
    /// A name that is empty, too long or has signs that lists cannot show.
    #[error("name {0:?}: expected 1 to 40 letters, digits, spaces, dots, hyphens or underscores")]
    Name(String),
    /// The name is taken.
    #[error("name {0:?}: is there already")]
    Taken(String),
    /// Nobody of this name.
    #[error("name {0:?}: is not there")]
    Unknown(String),
    /// Too short or too long.
    #[error("password: expected 8 characters to 1024 bytes, found {0} bytes")]
    Password(usize),
    /// Not of digits, too short or too long.
    #[error("PIN: expected {least} to 12 digits")]
    Pin {
        /// The fewest digits of this role.
        least: usize,
    },
    /// What no scanner reads, or what is guessed too easily.
    #[error("badge: expected 6 to 128 letters, digits or signs without a space")]
    Badge,
    /// Somebody else wears it.
    #[error("badge: somebody else has it")]
    BadgeTaken,
    /// Hashing failed.
    #[error("password cannot be hashed: {0}")]
    Hash(String),
}

/// Somebody who may log in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The name, as corrections name it.
    pub name: String,
    /// The role.
    pub role: Role,
    /// Argon2id hash in the PHC form.
    password: String,
    /// The same of a PIN, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pin: Option<String>,
    /// The same of what a scanner reads from a badge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    badge: Option<String>,
}

impl Person {
    /// Whether there is a PIN.
    #[must_use]
    pub fn has_pin(&self) -> bool {
        self.pin.is_some()
    }

    /// Whether there is a badge.
    #[must_use]
    pub fn has_badge(&self) -> bool {
        self.badge.is_some()
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    people: Vec<Person>,
}

/// The people of a store.
#[derive(Debug, Clone)]
pub struct People {
    path: PathBuf,
    people: Vec<Person>,
}

/// The file of people beside a store.
#[must_use]
pub fn people_path(store: &Path) -> PathBuf {
    beside(store, ".people.json")
}

/// A file beside a store: its name with a further ending.
pub(super) fn beside(store: &Path, ending: &str) -> PathBuf {
    let mut name = store.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    store.with_file_name(name)
}

impl People {
    /// Reads the people; none where there is no file.
    ///
    /// # Errors
    /// The file cannot be read or is none of ours.
    pub fn read(path: &Path) -> Result<Self, PeopleError> {
        let file_error = |source| PeopleError::File {
            path: path.to_owned(),
            source,
        };
        let content_error = |found: String| PeopleError::Content {
            path: path.to_owned(),
            found,
        };
        let people = match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(file_error(error)),
            Ok(facts) if facts.len() > MOST_BYTES => {
                return Err(content_error(format!("{} bytes", facts.len())));
            }
            Ok(_) => {
                let text = std::fs::read(path).map_err(file_error)?;
                let document: Document = serde_json::from_slice(&text)
                    .map_err(|error| content_error(error.to_string()))?;
                if document.schema != PEOPLE_SCHEMA {
                    return Err(content_error(document.schema));
                }
                document.people
            }
        };
        Ok(Self {
            path: path.to_owned(),
            people,
        })
    }

    /// Everybody, in the order in which they were added.
    #[must_use]
    pub fn all(&self) -> &[Person] {
        &self.people
    }

    /// Somebody by name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.name == name)
    }

    /// Adds somebody and writes the file.
    ///
    /// # Errors
    /// The name is taken or unfit, the password is too short, the file cannot be written.
    pub fn add(&mut self, name: &str, role: Role, password: &str) -> Result<(), PeopleError> {
        if self.named(name).is_some() {
            return Err(PeopleError::Taken(name.to_owned()));
        }
        let sign = |c: char| c.is_alphanumeric() || " .-_".contains(c);
        let fits = name.trim() == name && !name.is_empty() && name.chars().count() <= MOST_NAME;
        if !fits || !name.chars().all(sign) {
            return Err(PeopleError::Name(name.to_owned()));
        }
        let too_short = password.chars().count() < LEAST_PASSWORD;
        if too_short || password.len() > MOST_PASSWORD_BYTES {
            return Err(PeopleError::Password(password.len()));
        }
        self.people.push(Person {
            name: name.to_owned(),
            role,
            password: hash(password)?,
            pin: None,
            badge: None,
        });
        self.write()
    }

    /// Takes somebody out; what they did stays under their name.
    ///
    /// # Errors
    /// Nobody of this name, or the file cannot be written.
    pub fn remove(&mut self, name: &str) -> Result<(), PeopleError> {
        let before = self.people.len();
        self.people.retain(|person| person.name != name);
        if self.people.len() == before {
            return Err(PeopleError::Unknown(name.to_owned()));
        }
        self.write()
    }

    /// Whether it is this person's password. An unknown name takes as long as a wrong password.
    #[must_use]
    pub fn admits(&self, name: &str, password: &str) -> bool {
        let person = self.named(name);
        is_of(person.map(|person| person.password.as_str()), password)
    }

    /// Whether it is this person's PIN; nobody is admitted without one.
    #[must_use]
    pub fn admits_pin(&self, name: &str, pin: &str) -> bool {
        let person = self.named(name);
        is_of(person.and_then(|person| person.pin.as_deref()), pin)
    }

    /// Who wears a badge with this code. It costs a hash a badge: nothing but the code says whose it is.
    #[must_use]
    pub fn wearing(&self, code: &str) -> Option<&Person> {
        let wears = |person: &&Person| {
            let badge = person.badge.as_deref();
            badge.is_some() && is_of(badge, code)
        };
        self.people.iter().find(wears)
    }

    /// Gives somebody a PIN, or takes it away, and writes the file.
    ///
    /// # Errors
    /// Nobody of this name, not as many digits as the role asks for, or the file cannot be written.
    pub fn set_pin(&mut self, name: &str, pin: Option<&str>) -> Result<(), PeopleError> {
        let person = self.named_mut(name)?;
        let least = match person.role {
            Role::Manager => LEAST_MANAGERS_PIN,
            Role::Viewer | Role::Operator => LEAST_PIN,
        };
        let fits = |pin: &str| {
            (least..=MOST_PIN).contains(&pin.len()) && pin.bytes().all(|b| b.is_ascii_digit())
        };
        if pin.is_some_and(|pin| !fits(pin)) {
            return Err(PeopleError::Pin { least });
        }
        person.pin = pin.map(hash).transpose()?;
        self.write()
    }

    /// Gives somebody a badge by the code that a scanner reads from it, or takes it away, and writes the file.
    ///
    /// # Errors
    /// Nobody of this name, a code that does not fit or that somebody else has, or the file cannot be written.
    pub fn set_badge(&mut self, name: &str, code: Option<&str>) -> Result<(), PeopleError> {
        let fits = |code: &str| {
            let shown = |c: char| !c.is_whitespace() && !c.is_control();
            BADGE_BYTES.contains(&code.len()) && code.chars().all(shown)
        };
        if code.is_some_and(|code| !fits(code)) {
            return Err(PeopleError::Badge);
        }
        let others = code.and_then(|code| self.wearing(code));
        if others.is_some_and(|other| other.name != name) {
            return Err(PeopleError::BadgeTaken);
        }
        self.named_mut(name)?.badge = code.map(hash).transpose()?;
        self.write()
    }

    fn named_mut(&mut self, name: &str) -> Result<&mut Person, PeopleError> {
        let found = self.people.iter_mut().find(|person| person.name == name);
        found.ok_or_else(|| PeopleError::Unknown(name.to_owned()))
    }

    fn write(&self) -> Result<(), PeopleError> {
        let written = || -> std::io::Result<()> {
            let folder = match self.path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
            // readable by its owner only, and whole or not at all
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            let document = Document {
                schema: PEOPLE_SCHEMA.to_owned(),
                people: self.people.clone(),
            };
            serde_json::to_writer_pretty(&mut file, &document)?;
            file.write_all(b"\n")?;
            file.as_file().sync_all()?;
            file.persist(&self.path)?;
            Ok(())
        };
        written().map_err(|source| PeopleError::File {
            path: self.path.clone(),
            source,
        })
    }
}

/// A hash that no password is known for, with the parameters of all others.
const NOBODYS_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2VlZGdyYWRlLm5vYm9keQ$\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Whether a secret is the one of a hash; where there is none it takes as long and is not.
fn is_of(stored: Option<&str>, secret: &str) -> bool {
    let matches = secret.len() <= MOST_PASSWORD_BYTES
        && PasswordHash::new(stored.unwrap_or(NOBODYS_HASH)).is_ok_and(|hash| {
            Argon2::default()
                .verify_password(secret.as_bytes(), &hash)
                .is_ok()
        });
    matches && stored.is_some()
}

fn hash(password: &str) -> Result<String, PeopleError> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| PeopleError::Hash(error.to_string()))
}

#[cfg(test)]
#[path = "people_tests.rs"]
mod tests;
