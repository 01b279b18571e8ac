//! What the source's classes mean here: a documented mapping of names, which the caller may override.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::error::{ImportError, quoted};

/// What a class of the source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClassMeaning {
    /// A plant of green tissue: 1 in `semantic.png`.
    Healthy,
    /// A plant of yellow tissue: 2 in `semantic.png`.
    Chlorotic,
    /// A plant of brown, dead tissue: 3 in `semantic.png`.
    Necrotic,
    /// A plant; its tissue is not told.
    Seedling,
    /// A leaf: part of the mask, never a plant of its own.
    Leaf,
    /// A place without a plant.
    NoSeedling,
    /// The block of cells in view.
    Tray,
    /// Nothing to be taken over.
    Ignore,
}

/// Names that are understood without `--class`; letter case, spaces and hyphens do not matter.
const KNOWN: [(ClassMeaning, &[&str]); 7] = [
    (ClassMeaning::Healthy, &["healthy", "normal", "green"]),
    (
        ClassMeaning::Chlorotic,
        &["chlorotic", "chlorosis", "yellow"],
    ),
    (
        ClassMeaning::Necrotic,
        &["necrotic", "necrosis", "brown", "dead"],
    ),
    (
        ClassMeaning::Seedling,
        &[
            "seedling",
            "seedlings",
            "plant",
            "plants",
            "sprout",
            "germinated",
            "rosette",
        ],
    ),
    (ClassMeaning::Leaf, &["leaf", "leaves"]),
    (
        ClassMeaning::NoSeedling,
        &[
            "no_seedling",
            "empty",
            "blank",
            "missing",
            "no_plant",
            "not_germinated",
            "ungerminated",
        ],
    ),
    (ClassMeaning::Tray, &["tray", "plug_tray", "block"]),
];

impl ClassMeaning {
    /// The word on the command line and in the summary.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Chlorotic => "chlorotic",
            Self::Necrotic => "necrotic",
            Self::Seedling => "seedling",
            Self::Leaf => "leaf",
            Self::NoSeedling => "no_seedling",
            Self::Tray => "tray",
            Self::Ignore => "ignore",
        }
    }

    /// The meaning of a word; `plant` is `seedling`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let all = [
            Self::Healthy,
            Self::Chlorotic,
            Self::Necrotic,
            Self::Seedling,
            Self::Leaf,
            Self::NoSeedling,
            Self::Tray,
            Self::Ignore,
        ];
        match plain(word).as_str() {
            "plant" => Some(Self::Seedling),
            word => all.into_iter().find(|m| m.word() == word),
        }
    }

    /// The value in `semantic.png`, where the tissue is told.
    pub(super) fn tissue(self) -> Option<u8> {
        match self {
            Self::Healthy => Some(1),
            Self::Chlorotic => Some(2),
            Self::Necrotic => Some(3),
            _ => None,
        }
    }

    /// Whether each annotation of the class is one plant.
    pub(super) fn is_plant(self) -> bool {
        matches!(
            self,
            Self::Healthy | Self::Chlorotic | Self::Necrotic | Self::Seedling
        )
    }

    /// Whether its pixels belong into the mask.
    pub(super) fn is_green(self) -> bool {
        self.is_plant() || self == Self::Leaf
    }

    fn of_name(name: &str) -> Option<Self> {
        let name = plain(name);
        let known = KNOWN
            .iter()
            .find(|(_, names)| names.contains(&name.as_str()));
        known.map(|(meaning, _)| *meaning)
    }
}

/// A class name without what writers of labels do not agree about.
fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-'], "_")
}

/// The meaning of every class of a source.
#[derive(Debug, Default)]
pub(super) struct ClassTable {
    meanings: BTreeMap<String, ClassMeaning>,
}

impl ClassTable {
    /// Gives every class that annotations use its meaning. An override is compared to the whole name first,
    /// then without regard to letter case, spaces and hyphens.
    ///
    /// # Errors
    /// A class that annotations use has no meaning, or an override names a class that the source lacks.
    pub fn resolve(
        source: &Path,
        used: &BTreeSet<String>,
        declared: &BTreeSet<String>,
        overrides: &[(String, ClassMeaning)],
    ) -> Result<Self, ImportError> {
        let names = || used.union(declared);
        for (name, _) in overrides {
            if names().all(|n| plain(n) != plain(name)) {
                let has: Vec<_> = names().map(|n| quoted(n)).collect();
                return Err(ImportError::found(
                    source.display(),
                    format!("a class {} as --class says", quoted(name)),
                    format!("the classes {}", has.join(", ")),
                ));
            }
        }
        let overridden = |name: &str| {
            let exactly = overrides.iter().find(|(n, _)| n == name);
            exactly.or_else(|| overrides.iter().find(|(n, _)| plain(n) == plain(name)))
        };
        let mut meanings = BTreeMap::new();
        let mut unknown = Vec::new();
        for name in used {
            let given = overridden(name).map(|(_, meaning)| *meaning);
            match given.or_else(|| ClassMeaning::of_name(name)) {
                Some(meaning) => {
                    meanings.insert(name.clone(), meaning);
                }
                None => unknown.push(quoted(name)),
            }
        }
        if unknown.is_empty() {
            Ok(Self { meanings })
        } else {
            Err(ImportError::UnknownClasses {
                path: source.to_owned(),
                classes: unknown,
            })
        }
    }

    pub fn meaning(&self, name: &str) -> ClassMeaning {
        // every class in use is in the table; nothing is taken over of one that is not
        let meaning = self.meanings.get(name).copied();
        meaning.unwrap_or(ClassMeaning::Ignore)
    }

    /// Whether the source marks places without a plant.
    pub fn marks_empty_cells(&self) -> bool {
        self.meanings
            .values()
            .any(|m| *m == ClassMeaning::NoSeedling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    fn resolve(
        used: &[&str],
        overrides: &[(&str, ClassMeaning)],
    ) -> Result<ClassTable, ImportError> {
        let overrides: Vec<_> = overrides
            .iter()
            .map(|(n, m)| ((*n).to_owned(), *m))
            .collect();
        ClassTable::resolve(Path::new("s.json"), &set(used), &set(&[]), &overrides)
    }

    #[test]
    fn letter_case_spaces_and_hyphens_do_not_matter() {
        let table = resolve(&["No-Seedling", "HEALTHY", "Plug tray"], &[]).unwrap();
        assert_eq!(table.meaning("No-Seedling"), ClassMeaning::NoSeedling);
        assert_eq!(table.meaning("HEALTHY"), ClassMeaning::Healthy);
        assert_eq!(table.meaning("Plug tray"), ClassMeaning::Tray);
    }

    #[test]
    fn an_override_goes_before_the_known_names() {
        let table = resolve(&["dead"], &[("Dead", ClassMeaning::NoSeedling)]).unwrap();
        assert_eq!(table.meaning("dead"), ClassMeaning::NoSeedling);
    }

    #[test]
    fn a_class_that_nobody_knows_is_an_error_that_names_all_of_them() {
        let error = resolve(&["weed", "plant", "label"], &[])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(r#"found "label", "weed""#) && error.contains("--class"),
            "{error}"
        );
    }

    #[test]
    fn an_override_of_a_class_that_is_not_there_is_an_error() {
        let error = resolve(&["plant"], &[("plnt", ClassMeaning::Leaf)])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("\"plnt\"") && error.contains("\"plant\""),
            "{error}"
        );
    }
}
