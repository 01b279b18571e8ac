//! Limits of a standard moved: what a form asks for, and the text of the version that it makes.

use std::collections::BTreeMap;

use toml_edit::{DocumentMut, value};

use crate::grade::{GradingStandard, PlantTrait};

/// The longest reason, characters.
pub const MOST_REASON: usize = 300;

/// A limit of a standard by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LimitPlace {
    /// The grade, from the best.
    pub grade: usize,
    /// The criterion of that grade.
    pub criterion: usize,
}

impl LimitPlace {
    /// Its name in forms.
    #[must_use]
    pub fn name(self) -> String {
        format!("g{}c{}", self.grade, self.criterion)
    }
}

/// Limits that are moved, with where to.
pub type Moves = BTreeMap<LimitPlace, f64>;

/// Why limits cannot be moved.
#[derive(Debug, thiserror::Error)]
pub enum WhatIfError {
    /// The text is no TOML, or has no such limit.
    #[error("standard: {0}")]
    Text(String),
    /// What comes out is no standard.
    #[error("moved standard: {0}")]
    Standard(#[from] crate::grade::StandardError),
}

/// Moves that a form asks for: only those that differ from the standard.
///
/// # Errors
/// A limit that is no finite number.
pub fn moves(
    standard: &GradingStandard,
    fields: &BTreeMap<String, String>,
) -> Result<Moves, WhatIfError> {
    let mut moves = Moves::new();
    for (place, criterion) in limits(standard) {
        let Some(text) = fields.get(&place.name()) else {
            continue;
        };
        let limit = text
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|limit| limit.is_finite());
        let limit = limit.ok_or_else(|| {
            WhatIfError::Text(format!(
                "{}: expected a number, found {text:?}",
                criterion.text()
            ))
        })?;
        if limit != criterion.limit {
            moves.insert(place, limit);
        }
    }
    Ok(moves)
}

/// Every limit of a standard with its place.
pub fn limits(
    standard: &GradingStandard,
) -> impl Iterator<Item = (LimitPlace, &crate::grade::Criterion)> {
    standard
        .grades()
        .iter()
        .enumerate()
        .flat_map(|(grade, of)| {
            of.all
                .iter()
                .enumerate()
                .map(move |(criterion, limit)| (LimitPlace { grade, criterion }, limit))
        })
}

/// The most that a slider offers for a trait, and its step.
#[must_use]
pub fn slider(plant_trait: PlantTrait, limit: f64) -> (f64, f64) {
    match plant_trait {
        PlantTrait::Chlorotic
        | PlantTrait::Necrotic
        | PlantTrait::Overlap
        | PlantTrait::Occupied
        | PlantTrait::OffsetPitch => (1.0_f64.max(limit), 0.01),
        PlantTrait::AreaPitch2 => (0.5_f64.max(2.0 * limit), 0.005),
        PlantTrait::AreaMm2 => (400.0_f64.max(2.0 * limit), 1.0),
        PlantTrait::OffsetMm => (20.0_f64.max(2.0 * limit), 0.1),
        PlantTrait::Leaves | PlantTrait::Plants => (10.0_f64.max(2.0 * limit), 1.0),
    }
}

/// A standard's text with its limits moved, as another version; all else stays as it was written. A reason
/// stands above it.
///
/// # Errors
/// The text has no such limits, or what comes out is no standard (a criterion that can never hold).
pub fn moved(
    text: &str,
    moves: &Moves,
    version: u32,
    reason: Option<&str>,
) -> Result<(GradingStandard, String), WhatIfError> {
    let standard = GradingStandard::parse(text)?;
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| WhatIfError::Text(error.to_string()))?;
    for (place, limit) in moves {
        let criterion = standard
            .grades()
            .get(place.grade)
            .and_then(|grade| grade.all.get(place.criterion))
            .ok_or_else(|| WhatIfError::Text(format!("has no limit {}", place.name())))?;
        let written = format!(
            "{} {} {limit}",
            criterion.plant_trait.name(),
            criterion.comparison.symbol()
        );
        put(&mut document, *place, written)?;
    }
    document["version"] = value(i64::from(version));
    let mut moved = document.to_string();
    if let Some(reason) = reason {
        let line: String = reason
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(MOST_REASON)
            .collect();
        moved = format!("# version {version}: {line}\n{moved}");
    }
    Ok((GradingStandard::parse(&moved)?, moved))
}

fn put(document: &mut DocumentMut, place: LimitPlace, written: String) -> Result<(), WhatIfError> {
    let none = || WhatIfError::Text(format!("has no limit {}", place.name()));
    let grades = document.get_mut("grade").ok_or_else(none)?;
    let criteria = grades
        .get_mut(place.grade)
        .and_then(|grade| grade.get_mut("all"));
    let criteria = criteria
        .and_then(|all| all.as_array_mut())
        .ok_or_else(none)?;
    if place.criterion >= criteria.len() {
        return Err(none());
    }
    criteria.replace(place.criterion, written);
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use super::*;

    pub fn area_of_a() -> LimitPlace {
        LimitPlace {
            grade: 0,
            criterion: 0,
        }
    }

    #[test]
    fn a_moved_limit_makes_another_version_and_leaves_all_else_as_it_was_written() {
        let text = GradingStandard::embedded_text();
        let moves = Moves::from([(area_of_a(), 0.2)]);
        let (standard, moved) = moved(text, &moves, 2, Some("buyer asks\nfor more")).unwrap();
        assert_eq!(standard.name(), "vegetable-plug@2");
        assert_eq!(standard.grades()[0].all[0].limit, 0.2);
        assert!(
            moved.starts_with("# version 2: buyer asks for more\n"),
            "{moved}"
        );
        assert!(moved.contains("# Whatever is left: small, pale or damaged."));
        let others = |text: &str| {
            text.lines()
                .filter(|l| {
                    !l.contains("area_pitch2 >= 0")
                        && !l.starts_with("version")
                        && !l.starts_with("# version")
                })
                .count()
        };
        assert_eq!(others(text), others(&moved));
    }

    #[test]
    fn a_limit_that_can_never_hold_or_is_not_there_is_refused() {
        let text = GradingStandard::embedded_text();
        let chlorotic = LimitPlace {
            grade: 0,
            criterion: 1,
        };
        assert!(moved(text, &Moves::from([(chlorotic, -1.0)]), 2, None).is_err());
        let none = LimitPlace {
            grade: 7,
            criterion: 0,
        };
        assert!(moved(text, &Moves::from([(none, 1.0)]), 2, None).is_err());
        let fields = BTreeMap::from([("g0c0".to_owned(), "NaN".to_owned())]);
        assert!(moves(&GradingStandard::embedded(), &fields).is_err());
    }
}
