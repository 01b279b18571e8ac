//! What every page draws from, and who asks for it.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

use crate::certificate::KnownLots;
use crate::grade::GradingStandard;
use crate::inspect::TrayReport;
use crate::statistics::Calendar;
use crate::store::{HeldStores, Statement, StatementWriter, StoredTray};

use super::access::Role;
use super::answer::Trouble;
use super::ledger::Ledger;
use super::live::{LiveParts, News};
use super::login_limits::LoginLimits;
use super::numbers;
use super::parts::{LineParts, PartsHeard};
use super::people::{People, PeopleError};
use super::pictures::Pictures;
use super::report::{Letters, NoLetters};
use super::sessions::{Secret, Sessions};
use super::silence::SilentLines;
use super::standards::Standards;
use super::stores::{OpenStore, StoreIndex, Stores, TrayKey};
use super::words::Language;

/// The line's transactions are short; a disk that stalls is told rather than waited for.
const LONGEST_WAIT_TO_WRITE: Duration = Duration::from_secs(3);

/// A standard with its text.
#[derive(Debug, Clone)]
pub struct KnownStandard {
    pub standard: GradingStandard,
    pub text: String,
    /// Who brought it into a store, and when.
    pub brought: Option<(String, String)>,
}

/// Everything that the pages are served from.
#[derive(Debug)]
pub struct House {
    pub stores: Arc<Stores>,
    pub pictures: Pictures,
    /// Standards from files, the program and the stores.
    pub standards: Standards,
    /// The font of reports on paper, where one was named.
    pub font: Option<PathBuf>,
    /// The font, once it was found.
    pub letters: Mutex<Option<Arc<Letters>>>,
    /// Moves of plugs are saved one at a time: of those who tell some here nobody waits for a store that another of them holds.
    pub saving_moves: Mutex<()>,
    /// What the lines said of their parts.
    pub parts: PartsHeard,
    /// Lines that are not heard of any more.
    pub silent: Arc<SilentLines>,
    /// Lots whose reports were asked for.
    pub reported_lots: KnownLots,
    pub people_file: PathBuf,
    /// Who takes longer to send a form is cut off.
    pub longest_wait: Duration,
    pub sessions: Sessions,
    pub limits: LoginLimits,
    /// Of PINs and badges: whoever guesses those locks nobody out of the way in by password.
    pub switch_limits: LoginLimits,
    pub ledger: Ledger,
    pub news: watch::Receiver<News>,
    pub live_parts: LiveParts,
    /// Places for pages that are drawn at a time; more wait in the order in which they came.
    pub drawing: Semaphore,
    /// A proxy in front speaks TLS: cookies are for it only.
    pub behind_https: bool,
    /// Days and shifts.
    pub calendar: Calendar,
    /// Only names and addresses of this machine are asked for.
    pub loopback: bool,
}

impl House {
    /// Everybody who may log in, as the file says now.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn people(&self) -> Result<People, PeopleError> {
        People::read(&self.people_file)
    }

    /// A store.
    ///
    /// # Errors
    /// There are not so many.
    pub fn store(&self, index: StoreIndex) -> Result<&OpenStore, Trouble> {
        self.stores.get(index).ok_or(Trouble::NotFound)
    }

    /// How the parts of a store's line are, as far as the line is heard of.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn line_parts(&self, index: StoreIndex) -> Result<LineParts, Trouble> {
        let mut parts = self.parts.of(&self.stores, index)?;
        if parts.ended.is_none() {
            parts.silent = self.silent.of(index);
        }
        Ok(parts)
    }

    /// A tray's line and report.
    ///
    /// # Errors
    /// There is none, or the store fails.
    pub fn tray(&self, key: TrayKey) -> Result<(StoredTray, TrayReport), Trouble> {
        let read = self
            .store(key.store)?
            .read(|reader| Ok((reader.tray(key.id)?, reader.report(key.id)?)));
        Ok(read?)
    }

    /// The standard that a report was judged by, where it is known byte for byte.
    pub fn standard_of(&self, report: &TrayReport) -> Option<GradingStandard> {
        let (standard, _) = self.standard(&report.evidence.standard_digest)?;
        Some(standard)
    }

    /// A standard and its text by its digest: of a file, of the program, of a store.
    pub fn standard(&self, digest: &str) -> Option<(GradingStandard, String)> {
        self.standards.by_digest(digest)
    }

    /// The font of reports on paper: the configured one, else the machine's best; looked for until one is found.
    ///
    /// # Errors
    /// There is none.
    pub fn letters(&self) -> Result<Arc<Letters>, NoLetters> {
        let mut found = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(letters) = &*found {
            return Ok(Arc::clone(letters));
        }
        let letters = match &self.font {
            Some(file) => Letters::of_file(file)?,
            None => Letters::of_machine()?,
        };
        Ok(Arc::clone(found.insert(Arc::new(letters))))
    }

    /// Every standard that is known, those of the stores with who brought them and when, newest version first.
    ///
    /// # Errors
    /// A store fails.
    pub fn all_standards(&self) -> Result<Vec<KnownStandard>, Trouble> {
        let mut all: Vec<KnownStandard> = Vec::new();
        let mut add =
            |standard: GradingStandard, text: String, brought: Option<(String, String)>| {
                if !all
                    .iter()
                    .any(|known| known.standard.digest() == standard.digest())
                {
                    all.push(KnownStandard {
                        standard,
                        text,
                        brought,
                    });
                }
            };
        for (_, store) in self.stores.each() {
            for stored in store.read(|reader| reader.standards())? {
                if let Ok(standard) = GradingStandard::parse(&stored.text) {
                    add(standard, stored.text, Some((stored.who, stored.at)));
                }
            }
        }
        for (standard, text) in self.standards.brought() {
            add(standard.clone(), text.clone(), None);
        }
        all.sort_by(|a, b| {
            let key = |k: &KnownStandard| {
                (
                    k.standard.id().to_owned(),
                    std::cmp::Reverse(k.standard.version()),
                )
            };
            key(a).cmp(&key(b))
        });
        Ok(all)
    }

    /// Adds statements to a store, beside the line that may be writing to it.
    ///
    /// # Errors
    /// The store stayed locked or took them not.
    pub fn state(&self, index: StoreIndex, statements: &[Statement]) -> Result<(), Trouble> {
        let store = self.store(index)?;
        store.is_the_one()?;
        let mut writer = StatementWriter::open(store.path(), LONGEST_WAIT_TO_WRITE)?;
        writer.add_all(statements)?;
        Ok(())
    }

    /// Holds all of the stores, so that no process writes any of them, until something is stored in this one.
    ///
    /// # Errors
    /// A store stayed locked.
    pub fn hold(&self, index: StoreIndex) -> Result<HeldStores, Trouble> {
        for (_, store) in self.stores.each() {
            store.is_the_one()?;
        }
        let beside: Vec<_> = self.stores.each().map(|(_, store)| store.path()).collect();
        let written = self.store(index)?.path();
        Ok(HeldStores::take(written, &beside, LONGEST_WAIT_TO_WRITE)?)
    }

    /// A report's grades, best first: of its standard; where that is not known, by name.
    pub fn grade_order(&self, report: &TrayReport) -> Vec<String> {
        self.standards.grade_order(report)
    }
}

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub struct Somebody {
    pub name: String,
    /// Whose password opened this session.
    pub opened_by: String,
    pub role: Role,
    pub form_token: Secret,
}

/// One request: what it is drawn from, who asks and in which language.
#[derive(Debug, Clone)]
pub struct Desk {
    pub house: Arc<House>,
    pub language: Language,
    pub somebody: Option<Somebody>,
    /// The role that counts; without people everybody looks.
    pub role: Option<Role>,
    pub address: IpAddr,
    /// Path and query, to come back to.
    pub here: String,
}

impl Desk {
    /// What a program of who asks sends along with a form; none of nobody.
    pub fn token_for_programs(&self) -> Option<String> {
        let somebody = self.somebody.as_ref()?;
        Some(somebody.form_token.text().to_owned())
    }

    /// The word of a key in the language of the page.
    pub fn say(&self, key: &str) -> String {
        self.language.say(key)
    }

    /// A sentence with what stands in its places.
    pub fn say_with(&self, key: &str, places: &[(&'static str, &str)]) -> String {
        self.language.say_with(key, places)
    }

    /// A stored moment in the site's zone.
    pub fn moment(&self, stored: &str) -> String {
        numbers::moment(stored, self.house.calendar.zone())
    }

    /// The hour of a stored moment by the site's clock.
    pub fn hour(&self, stored: &str) -> String {
        let minute = stored.get(.."2026-11-24T08:15".len());
        self.house.calendar.hour_of(minute.unwrap_or(stored))
    }

    /// The time of day of a stored moment in the site's zone.
    pub fn time_of_day(&self, stored: &str) -> String {
        numbers::time_of_day(stored, self.house.calendar.zone())
    }

    /// Whether who asks has at least this role.
    pub fn may(&self, role: Role) -> bool {
        self.somebody
            .as_ref()
            .is_some_and(|somebody| somebody.role >= role)
    }
}
