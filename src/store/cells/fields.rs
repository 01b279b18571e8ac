//! The numbers of a cell by name, the steps that the inspection rounds them to, and the numbers that reasons repeat.

use std::fmt::Write as _;

use crate::grade::CellText;
use crate::inspect::CellReport;

/// Stands in a reason for the number in brackets that the cell's own trait repeats.
pub(super) const OWN_TRAIT: char = '\u{1}';

/// A number of a cell: its name in reasons, the steps in a unit, and where it is.
pub(super) struct NumberField {
    pub name: &'static str,
    pub steps: f64,
    pub get: fn(&CellReport) -> Option<f64>,
    pub set: fn(&mut CellReport, Option<f64>),
}

macro_rules! numbers {
    ($($name:ident $steps:literal;)*) => {
        [$(NumberField {
            name: stringify!($name),
            steps: $steps,
            get: |cell| Some(cell.$name),
            set: |cell, value| cell.$name = value.unwrap_or(0.0),
        }),*]
    };
}
macro_rules! optional_numbers {
    ($($name:ident $steps:literal;)*) => {
        [$(NumberField {
            name: stringify!($name),
            steps: $steps,
            get: |cell| cell.$name,
            set: |cell, value| cell.$name = value,
        }),*]
    };
}

pub(super) const NUMBERS: [NumberField; 7] = numbers! {
    occupied 1e3; several 1e3; area_pitch2 1e4; area_px 10.0; chlorotic 1e3; necrotic 1e3; overlap 1e3;
};
pub(super) const OPTIONAL_NUMBERS: [NumberField; 5] = optional_numbers! {
    area_deviation_pitch2 1e4; area_mm2 10.0; offset_pitch 1e3; offset_deviation_pitch 1e3; offset_mm 10.0;
};
const CENTRES: [NumberField; 2] = [
    NumberField {
        name: "centre_x",
        steps: 10.0,
        get: |cell| cell.centre_px.map(|[x, _]| x),
        set: |cell, x| cell.centre_px = x.map(|x| [x, 0.0]),
    },
    NumberField {
        name: "centre_y",
        steps: 10.0,
        get: |cell| cell.centre_px.map(|[_, y]| y),
        set: |cell, y| {
            if let (Some(centre), Some(y)) = (&mut cell.centre_px, y) {
                centre[1] = y;
            }
        },
    },
];

/// All of them, in the order that they are stored in.
pub(super) fn number_fields() -> impl Iterator<Item = &'static NumberField> {
    NUMBERS.iter().chain(&OPTIONAL_NUMBERS).chain(&CENTRES)
}

/// A cell of which nothing is known, to be filled.
pub(super) fn nothing_seen() -> CellReport {
    CellReport {
        row: 0,
        col: 0,
        verdict: CellText::new(),
        grade: None,
        reason: None,
        action: CellText::new(),
        occupied: 0.0,
        several: 0.0,
        plants: 0,
        area_pitch2: 0.0,
        area_deviation_pitch2: None,
        area_mm2: None,
        area_px: 0.0,
        centre_px: None,
        offset_pitch: None,
        offset_deviation_pitch: None,
        offset_mm: None,
        chlorotic: 0.0,
        necrotic: 0.0,
        leaves: None,
        overlap: 0.0,
    }
}

/// A text as it is stored: whole, or without the number in brackets that the cell's own trait repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StoredText<'a> {
    pub text: &'a str,
    pub repeats_own_trait: bool,
}

impl<'a> StoredText<'a> {
    /// As it is.
    pub fn whole(text: &'a str) -> Self {
        Self {
            text,
            repeats_own_trait: false,
        }
    }

    /// A cell's reason; `area_pitch2 >= 0.03 (0.0139)` without its number where that is the cell's area.
    pub fn of_reason(reason: &'a str, cell: &CellReport) -> Self {
        let number = own_trait(reason, cell);
        match number.and_then(|number| reason.strip_suffix(number.as_str())) {
            Some(criterion) => Self {
                text: criterion,
                repeats_own_trait: true,
            },
            None => Self::whole(reason),
        }
    }

    /// The reason of this cell again.
    pub fn reason(self, cell: &CellReport) -> CellText {
        let mut reason = CellText::from(self.text);
        if self.repeats_own_trait
            && let Some(number) = own_trait(self.text, cell)
        {
            reason.push_str(&number);
        }
        reason
    }
}

/// The number that a reason repeats, in its own words: ` (0.0139)`.
fn own_trait(reason: &str, cell: &CellReport) -> Option<CellText> {
    let name = reason.split(' ').next()?;
    let field = number_fields().find(|field| field.name == name)?;
    let mut text = CellText::new();
    write!(text, " ({})", (field.get)(cell)?).ok()?;
    Some(text)
}

/// Whether no text of a cell has the letter that stored texts use themselves.
pub(super) fn is_plain(cell: &CellReport) -> bool {
    let own = [
        Some(&cell.verdict),
        Some(&cell.action),
        cell.grade.as_ref(),
        cell.reason.as_ref(),
    ];
    !own.into_iter()
        .flatten()
        .any(|text| text.contains(OWN_TRAIT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::samples;

    #[test]
    fn a_reason_that_repeats_its_cells_trait_takes_no_place_of_its_own() {
        let cell = samples::cell(0, 0, 3);
        let short = StoredText::of_reason("area_pitch2 >= 0.5 (0.41)", &cell);
        assert_eq!(
            (short.text, short.repeats_own_trait),
            ("area_pitch2 >= 0.5", true)
        );
        assert_eq!(short.reason(&cell), "area_pitch2 >= 0.5 (0.41)");
        let other = StoredText::of_reason("area_pitch2 >= 0.5 (0.42)", &cell);
        assert_eq!(other, StoredText::whole("area_pitch2 >= 0.5 (0.42)"));
        assert_eq!(other.reason(&cell), "area_pitch2 >= 0.5 (0.42)");
    }
}
