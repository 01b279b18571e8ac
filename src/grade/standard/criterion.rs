//! One criterion of a grade, such as `area_pitch2 >= 0.25`, and whether criteria can hold together.

use std::fmt::Write as _;
use std::ops::Range;

use winnow::Parser;
use winnow::ascii::multispace0;
use winnow::combinator::{alt, delimited};
use winnow::stream::{LocatingSlice, Location};
use winnow::token::{rest, take_while};

use super::RemovalMargin;
use super::error::{Fault, StandardProblem, shortened};
use crate::cell::CellObservation;
use crate::grade::verdict::CellText;

/// What a criterion can ask of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlantTrait {
    /// Canopy area, square pitches.
    AreaPitch2,
    /// Canopy area, mm².
    AreaMm2,
    /// Distance of the canopy centre from the cell's centre, pitches.
    OffsetPitch,
    /// The same, mm.
    OffsetMm,
    /// Share of the canopy that is chlorotic.
    Chlorotic,
    /// Share of the canopy that is necrotic.
    Necrotic,
    /// Share of canopy across cell walls.
    Overlap,
    /// Leaves, where they can be told apart.
    Leaves,
    /// Probability of at least one seedling.
    Occupied,
    /// Plants rooted in the cell.
    Plants,
}

impl PlantTrait {
    /// Every trait, in the order that messages list them.
    pub const ALL: [Self; 10] = [
        Self::AreaPitch2,
        Self::AreaMm2,
        Self::OffsetPitch,
        Self::OffsetMm,
        Self::Chlorotic,
        Self::Necrotic,
        Self::Overlap,
        Self::Leaves,
        Self::Occupied,
        Self::Plants,
    ];

    /// Its name in standards.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AreaPitch2 => "area_pitch2",
            Self::AreaMm2 => "area_mm2",
            Self::OffsetPitch => "offset_pitch",
            Self::OffsetMm => "offset_mm",
            Self::Chlorotic => "chlorotic",
            Self::Necrotic => "necrotic",
            Self::Overlap => "overlap",
            Self::Leaves => "leaves",
            Self::Occupied => "occupied",
            Self::Plants => "plants",
        }
    }

    /// Whether it is known only where a scale in millimetres is.
    #[must_use]
    pub const fn needs_millimetres(self) -> bool {
        matches!(self, Self::AreaMm2 | Self::OffsetMm)
    }

    /// Its value in this cell, where it is known.
    #[must_use]
    pub fn of(self, cell: &CellObservation) -> Option<f64> {
        match self {
            Self::AreaPitch2 => Some(cell.area_pitch2),
            Self::AreaMm2 => cell.area_mm2,
            Self::OffsetPitch => cell.offset_pitch,
            Self::OffsetMm => cell.offset_mm,
            Self::Chlorotic => Some(cell.chlorotic),
            Self::Necrotic => Some(cell.necrotic),
            Self::Overlap => Some(cell.overlap),
            Self::Leaves => cell.leaves.map(f64::from),
            Self::Occupied => Some(cell.occupied),
            Self::Plants => Some(f64::from(cell.plants)),
        }
    }

    /// Whether it only takes whole values.
    const fn counts(self) -> bool {
        matches!(self, Self::Leaves | Self::Plants)
    }

    /// The values that it can take at all.
    pub(super) fn domain(self) -> Interval {
        match self {
            Self::Chlorotic | Self::Necrotic | Self::Overlap | Self::Occupied => {
                Interval::closed(0.0, 1.0)
            }
            _ => Interval::closed(0.0, f64::INFINITY),
        }
    }
}

/// How a trait is compared with its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `<`
    Below,
}

impl Comparison {
    /// As standards write it.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::Below => "<",
        }
    }

    /// Whether `left` and `right` stand like this to each other; never with NaN.
    #[must_use]
    pub fn holds<T: PartialOrd>(self, left: T, right: T) -> bool {
        match self {
            Self::AtLeast => left >= right,
            Self::AtMost => left <= right,
            Self::Above => left > right,
            Self::Below => left < right,
        }
    }
}

/// A trait against a limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// The trait.
    pub plant_trait: PlantTrait,
    /// How it is compared.
    pub comparison: Comparison,
    /// The limit; finite.
    pub limit: f64,
    text: String,
}

impl Criterion {
    /// Whether the cell meets it. A trait that is not known does not.
    #[must_use]
    pub fn holds(&self, cell: &CellObservation) -> bool {
        let value = self.plant_trait.of(cell);
        value.is_some_and(|value| self.comparison.holds(value, self.limit))
    }

    /// Whether the cell may meet it: it does, or its trait misses the limit by no more than the margin, or is not known.
    /// An area of zero in a cell with a plant is not known: no leaf was made out.
    #[must_use]
    pub fn may_hold(&self, cell: &CellObservation, margin: &RemovalMargin) -> bool {
        let Some(value) = self.plant_trait.of(cell) else {
            return true;
        };
        let error = match self.plant_trait {
            PlantTrait::AreaPitch2 | PlantTrait::AreaMm2 if value == 0.0 => return true,
            PlantTrait::AreaPitch2 | PlantTrait::AreaMm2 => value * margin.area,
            PlantTrait::Chlorotic => margin.chlorotic,
            PlantTrait::Necrotic => margin.necrotic,
            _ => 0.0,
        };
        let at = |value: f64| self.comparison.holds(value, self.limit);
        at(value - error) || at(value + error)
    }

    /// The criterion with what was measured, such as `area_pitch2 >= 0.25 (0.18)`.
    #[must_use]
    pub fn measured(&self, cell: &CellObservation) -> CellText {
        let mut text = CellText::from(self.text.as_str());
        // writing into memory does not fail
        let _ = match self.plant_trait.of(cell) {
            Some(value) => write!(text, " ({value})"),
            None => text.write_str(" (unknown)"),
        };
        text
    }

    /// As written in the standard, single spaced.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Reads `trait operator number`; spans are bytes of `text`.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let mut input = LocatingSlice::new(text);
        let (name, name_at) = lexeme(&mut input, |c: char| c.is_alphanumeric() || c == '_');
        let plant_trait = trait_named(text, name, name_at)?;
        let (symbol, symbol_at) = operator(&mut input);
        let Some(comparison) = symbol else {
            let found = found_text(&text[symbol_at.start..]);
            let subject = format!("criterion on {name}");
            return Err(Fault::unexpected(
                symbol_at,
                subject,
                ">=, <=, > or <",
                found,
            ));
        };
        let at = input.current_token_start();
        let number = rest::<_, winnow::error::EmptyError>
            .parse_next(&mut input)
            .unwrap_or("");
        let limit = finite(number.trim()).ok_or_else(|| {
            let subject = format!("criterion {name} {}", comparison.symbol());
            Fault::unexpected(
                at..text.len(),
                subject,
                "a finite number",
                found_text(number),
            )
        })?;
        Ok(Self {
            plant_trait,
            comparison,
            limit,
            text: format!("{name} {} {}", comparison.symbol(), number.trim()),
        })
    }

    /// The values of its trait that meet it.
    fn interval(&self) -> Interval {
        let whole = self.plant_trait.counts();
        let limit = self.limit;
        match self.comparison {
            Comparison::AtLeast if whole => Interval::closed(limit.ceil(), f64::INFINITY),
            Comparison::Above if whole => Interval::closed(limit.floor() + 1.0, f64::INFINITY),
            Comparison::AtMost if whole => Interval::closed(f64::NEG_INFINITY, limit.floor()),
            Comparison::Below if whole => Interval::closed(f64::NEG_INFINITY, limit.ceil() - 1.0),
            Comparison::AtLeast => Interval::closed(limit, f64::INFINITY),
            Comparison::AtMost => Interval::closed(f64::NEG_INFINITY, limit),
            Comparison::Above => Interval {
                low_open: true,
                ..Interval::closed(limit, f64::INFINITY)
            },
            Comparison::Below => Interval {
                high_open: true,
                ..Interval::closed(f64::NEG_INFINITY, limit)
            },
        }
    }
}

/// Why these criteria can never hold together, given what each trait can be; with the index of the
/// criterion that closes the last gap.
pub(super) fn contradiction(
    criteria: &[Criterion],
    domain: impl Fn(PlantTrait) -> Interval,
) -> Option<(usize, StandardProblem)> {
    for (index, last) in criteria.iter().enumerate() {
        let possible = domain(last.plant_trait);
        let before = || {
            criteria[..index]
                .iter()
                .filter(|c| c.plant_trait == last.plant_trait)
        };
        let left = before().fold(possible, |left, c| left.and(c.interval()));
        if !left.and(last.interval()).is_empty() {
            continue;
        }
        let against = before()
            .find(|c| possible.and(c.interval()).and(last.interval()).is_empty())
            .filter(|_| !possible.and(last.interval()).is_empty());
        let why = match against {
            Some(other) => format!("{:?} is asked for too", other.text),
            None => format!("{} is {possible} in a graded cell", last.plant_trait.name()),
        };
        let subject = format!("criterion {:?}", last.text);
        return Some((index, StandardProblem::NeverHolds { subject, why }));
    }
    None
}

/// A range of real numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval {
    pub low: f64,
    pub high: f64,
    pub low_open: bool,
    pub high_open: bool,
}

impl Interval {
    pub fn closed(low: f64, high: f64) -> Self {
        Self {
            low,
            high,
            low_open: false,
            high_open: false,
        }
    }

    fn and(self, other: Self) -> Self {
        let (low, high) = (self.low.max(other.low), self.high.min(other.high));
        let low_open = (self.low_open && self.low == low) || (other.low_open && other.low == low);
        let high_open =
            (self.high_open && self.high == high) || (other.high_open && other.high == high);
        Self {
            low,
            high,
            low_open,
            high_open,
        }
    }

    fn is_empty(self) -> bool {
        self.low > self.high || (self.low == self.high && (self.low_open || self.high_open))
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let from = if self.low_open { "above" } else { "at least" };
        let to = if self.high_open { "below" } else { "at most" };
        write!(f, "{from} {}", self.low)?;
        if self.high.is_finite() {
            write!(f, " and {to} {}", self.high)
        } else {
            Ok(())
        }
    }
}

/// The longest run of these characters after spaces, which may be empty, and its bytes.
fn lexeme<'a>(
    input: &mut LocatingSlice<&'a str>,
    is_part: impl Fn(char) -> bool,
) -> (&'a str, Range<usize>) {
    let mut word = delimited(
        multispace0,
        take_while(0.., is_part).with_span(),
        multispace0,
    );
    let here = input.current_token_start();
    Parser::<_, _, winnow::error::EmptyError>::parse_next(&mut word, input)
        .unwrap_or(("", here..here))
}

fn operator(input: &mut LocatingSlice<&str>) -> (Option<Comparison>, Range<usize>) {
    let here = input.current_token_start();
    let symbols = alt((
        ">=".value(Comparison::AtLeast),
        "<=".value(Comparison::AtMost),
        ">".value(Comparison::Above),
        "<".value(Comparison::Below),
    ));
    let read: Result<_, winnow::error::EmptyError> = symbols.with_span().parse_next(input);
    read.map_or((None, here..here), |(symbol, at)| (Some(symbol), at))
}

fn trait_named(text: &str, name: &str, at: Range<usize>) -> Result<PlantTrait, Fault> {
    if name.is_empty() {
        let found = found_text(&text[at.start..]);
        return Err(Fault::unexpected(
            at,
            "criterion",
            "the name of a trait",
            found,
        ));
    }
    let known = PlantTrait::ALL.map(PlantTrait::name);
    let named = PlantTrait::ALL.into_iter().find(|t| t.name() == name);
    named.ok_or_else(|| Fault::unknown(at, "trait", name, &known))
}

/// A finite number in decimal notation.
pub(super) fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// What stands in the way, for a message.
pub(super) fn found_text(rest: &str) -> String {
    match rest.trim() {
        "" => "the end".to_owned(),
        text => format!("{:?}", shortened(text)),
    }
}
