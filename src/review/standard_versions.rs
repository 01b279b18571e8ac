//! A standard's next version: checked, then saved beside all earlier ones and never over one.

use crate::clock;
use crate::grade::GradingStandard;
use crate::store::{StandardText, Statement};

use super::answer::Trouble;
use super::house::{Desk, House};
use super::what_if::{Moves, WhatIfError, moved};

/// Why an edited text is no next version.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// It is no standard.
    #[error(transparent)]
    Text(#[from] WhatIfError),
    /// It is another standard.
    #[error("id: expected {expected:?}, found {found:?}: a version keeps its standard's id")]
    OtherStandard {
        /// The standard that is edited.
        expected: String,
        /// What the text says.
        found: String,
    },
    /// It says what the version says that it was made of.
    #[error("text: expected a change, found none")]
    Unchanged,
}

impl EditError {
    /// Line and column in the text, from 1, where they are known.
    pub fn place(&self) -> Option<(usize, usize)> {
        match self {
            Self::Text(WhatIfError::Standard(error)) => {
                Some((error.place.line, error.place.column))
            }
            Self::Text(WhatIfError::Text(_)) | Self::OtherStandard { .. } | Self::Unchanged => None,
        }
    }
}

/// Lines as standards have them: browsers end those of a form otherwise.
pub fn lines_as_written(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// An edited text as a version; what it says of its own version does not count.
///
/// # Errors
/// It is no standard, another one, or unchanged.
pub fn edited(
    of: &GradingStandard,
    text: &str,
    version: u32,
    reason: Option<&str>,
) -> Result<(GradingStandard, String), EditError> {
    let found = GradingStandard::parse(text).map_err(WhatIfError::Standard)?;
    if found.id() != of.id() {
        return Err(EditError::OtherStandard {
            expected: of.id().to_owned(),
            found: found.id().to_owned(),
        });
    }
    if text == lines_as_written(of.text()) {
        return Err(EditError::Unchanged);
    }
    Ok(moved(text, &Moves::new(), version, reason)?)
}

/// A reason that says something.
///
/// # Errors
/// There is none.
pub fn reason(text: &str) -> Result<&str, Trouble> {
    match text.trim() {
        "" => Err(Trouble::Bad("reason: expected one, found none".to_owned())),
        reason => Ok(reason),
    }
}

/// What saving comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved {
    /// It is the version of this name.
    As(String),
    /// Nothing was saved: somebody saved this version meanwhile, which whoever saves now has not seen.
    Newer(String),
}

/// The newest version of a standard.
///
/// # Errors
/// A store fails.
pub fn newest_version(house: &House, id: &str) -> Result<Option<GradingStandard>, Trouble> {
    let all = house.all_standards()?.into_iter();
    let same = all
        .map(|known| known.standard)
        .filter(|standard| standard.id() == id);
    Ok(same.max_by_key(GradingStandard::version))
}

/// Saves what is written as the next version of a standard in every store, and notes who did. One at a time, whatever process
/// they save in: two people who save at once get a version each, and one who saves twice gets one. Where it is said which
/// version they saw as the newest, it has to be that still: what another one changed is not taken back unseen.
///
/// # Errors
/// It cannot be written so, or a store fails.
pub fn save_next<E>(
    desk: &Desk,
    of: &GradingStandard,
    seen: Option<u32>,
    written: impl Fn(u32) -> Result<(GradingStandard, String), E>,
) -> Result<Result<Saved, E>, Trouble> {
    let somebody = desk.somebody.as_ref().ok_or(Trouble::LogIn)?;
    let house = &desk.house;
    let (first, _) = house.stores.each().next().ok_or(Trouble::NotFound)?;
    let stores = house.hold(first)?;
    let newest = newest_version(house, of.id())?;
    if let Some(newest) = &newest
        && let Ok((again, _)) = written(newest.version())
        && again.text() == newest.text()
    {
        return Ok(Ok(Saved::As(newest.name())));
    }
    if let Some(newest) = &newest
        && seen.is_some_and(|seen| seen != newest.version())
    {
        return Ok(Ok(Saved::Newer(newest.name())));
    }
    let version = 1 + newest.as_ref().map_or(0, GradingStandard::version);
    let (standard, _) = match written(version) {
        Ok(written) => written,
        Err(error) => return Ok(Err(error)),
    };
    let at = clock::now().to_string();
    let brought = Statement::Standard(StandardText::read_before(&at, &somebody.name, &standard));
    stores.add_all(std::slice::from_ref(&brought))?;
    for (store, _) in house.stores.each().skip(1) {
        house.state(store, std::slice::from_ref(&brought))?;
    }
    let ledger = &house.ledger;
    ledger.add(
        &somebody.name,
        desk.address,
        "standard_saved",
        &standard.name(),
    );
    Ok(Ok(Saved::As(standard.name())))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_edited_text_is_the_next_version_with_its_reason_and_all_that_was_written() {
        let of = GradingStandard::embedded();
        let text = of
            .text()
            .replace("area_pitch2 >= 0.08", "area_pitch2 >= 0.09");
        assert_ne!(text, of.text());
        let (standard, written) = edited(&of, &text, 7, Some("buyer asks")).unwrap();
        assert_eq!(standard.name(), "vegetable-plug@7");
        assert!(
            written.starts_with("# version 7: buyer asks\n"),
            "{written}"
        );
        assert!(written.contains("area_pitch2 >= 0.09"));
    }

    #[test]
    fn a_text_that_is_no_standard_another_one_or_the_same_is_no_version() {
        let of = GradingStandard::embedded();
        let refused = |text: &str| edited(&of, text, 2, None).unwrap_err();
        let misspelt = of.text().replace("area_pitch2", "area_pitch3");
        let line = 1 + misspelt
            .lines()
            .position(|l| l.contains("area_pitch3"))
            .unwrap();
        let error = refused(&misspelt);
        assert_eq!(error.place().unwrap().0, line, "{error}");
        assert!(error.to_string().contains("area_pitch2"), "{error}");
        let other = of.text().replace("\"vegetable-plug\"", "\"flower-plug\"");
        assert!(matches!(refused(&other), EditError::OtherStandard { .. }));
        let sent = of.text().replace('\n', "\r\n");
        let unchanged = refused(&lines_as_written(&sent));
        assert!(matches!(unchanged, EditError::Unchanged));
    }
}
