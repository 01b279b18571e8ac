//! Cells as columns of whole steps, each by what tells most of it: a place on the tray its lattice, an area in pixels the
//! area in pitches. What remains goes into as few bits as it needs ([`super::spans`]).
//!
//! Numbers keep every bit: a column that is not all whole steps is stored as the numbers' 64 bits.

use std::num::NonZeroUsize;

use crate::grade::CellText;
use crate::inspect::CellReport;
use crate::store::StoreError;

use super::fields::{NumberField, StoredText, is_plain, nothing_seen, number_fields};
use super::guess::Guess;
use super::spans::{BitReader, BitWriter, Spans};
use super::{MOST_CELLS, damaged};

/// Which cells have a value: 2 bits.
const NONE: u64 = 0;
const ALL: u64 = 1;
/// Those that the last list named.
const AS_BEFORE: u64 = 2;
/// A list follows, a bit a cell.
const LISTED: u64 = 3;
const PRESENCE_BITS: u32 = 2;
/// Verdict, action, grade and reason of every cell.
const MOST_TEXTS: usize = 4 * MOST_CELLS;

/// The packed cells; none where a text has a letter that stored texts use themselves.
pub(super) fn write(cells: &[CellReport]) -> Option<Vec<u8>> {
    if !cells.iter().all(is_plain) {
        return None;
    }
    let mut packing = Packing::default();
    packing.out.whole(cells.len() as u64);
    if cells.is_empty() {
        return Some(packing.out.finish());
    }
    packing.places(cells);
    packing.column(cells.iter().map(|cell| i64::from(cell.plants)));
    packing.presence(cells.iter().map(|cell| cell.leaves.is_some()));
    packing.column(cells.iter().filter_map(|cell| cell.leaves.map(i64::from)));
    packing.judgements(cells);
    for field in number_fields() {
        packing.numbers(cells, field);
    }
    Some(packing.out.finish())
}

/// A cell's texts by their places in the dictionary; of grade and reason one more, nought where there is none.
type Judgement = [u64; 4];

#[derive(Default)]
struct Packing {
    out: BitWriter,
    listed: Vec<bool>,
}

impl Packing {
    /// The columns of the tray where its cells are row by row, else nought and every cell's place.
    fn places(&mut self, cells: &[CellReport]) {
        let cols = cells.iter().take_while(|cell| cell.row == 0).count();
        let is_in_order = |(index, cell): (usize, &CellReport)| {
            cols > 0 && (cell.row, cell.col) == (index / cols, index % cols)
        };
        if cells.iter().enumerate().all(is_in_order) {
            self.out.whole(cols as u64);
        } else {
            self.out.whole(0);
            self.column(cells.iter().map(|cell| cell.row as i64));
            self.column(cells.iter().map(|cell| cell.col as i64));
        }
    }

    fn column(&mut self, values: impl Iterator<Item = i64>) {
        let values: Vec<i64> = values.collect();
        if !values.is_empty() {
            Spans::around(&values).write(&mut self.out, &values);
        }
    }

    fn presence(&mut self, there: impl Iterator<Item = bool> + Clone) {
        let kind = if there.clone().all(|is| is) {
            ALL
        } else if !there.clone().any(|is| is) {
            NONE
        } else if there.clone().eq(self.listed.iter().copied()) {
            AS_BEFORE
        } else {
            LISTED
        };
        self.out.bits(kind, PRESENCE_BITS);
        if kind == LISTED {
            self.listed = there.collect();
            for &is in &self.listed {
                self.out.bits(u64::from(is), 1);
            }
        }
    }

    /// The texts, the judgements that are made of them, and which one every cell has: few differ within a tray.
    fn judgements(&mut self, cells: &[CellReport]) {
        let mut texts: Vec<&str> = Vec::new();
        let mut judgements: Vec<(Judgement, bool)> = Vec::new();
        let column: Vec<i64> = cells
            .iter()
            .map(|cell| {
                let mut place = |text| place_in(&mut texts, text);
                let reason = cell.reason.as_deref();
                let reason = reason.map(|reason| StoredText::of_reason(reason, cell));
                let judgement = [
                    place(&*cell.verdict),
                    place(&*cell.action),
                    cell.grade.as_deref().map_or(0, |grade| 1 + place(grade)),
                    reason.map_or(0, |reason| 1 + place(reason.text)),
                ];
                let repeats = reason.is_some_and(|reason| reason.repeats_own_trait);
                place_in(&mut judgements, (judgement, repeats)) as i64
            })
            .collect();
        self.out.whole(texts.len() as u64);
        for text in texts {
            self.out.whole(text.len() as u64);
            for byte in text.bytes() {
                self.out.bits(u64::from(byte), u8::BITS);
            }
        }
        self.out.whole(judgements.len() as u64);
        for (judgement, repeats) in judgements {
            for text in judgement {
                self.out.whole(text);
            }
            self.out.bits(u64::from(repeats), 1);
        }
        self.column(column.into_iter());
    }

    /// Whether they are whole steps, what they are told from, and what remains of each.
    fn numbers(&mut self, cells: &[CellReport], field: &NumberField) {
        self.presence(cells.iter().map(|cell| (field.get)(cell).is_some()));
        let there: Vec<(&CellReport, f64)> = cells
            .iter()
            .filter_map(|cell| Some((cell, (field.get)(cell)?)))
            .collect();
        if there.is_empty() {
            return;
        }
        let steps = there.iter().map(|(_, value)| steps_of(*value, field.steps));
        let Some(steps) = steps.collect::<Option<Vec<i64>>>() else {
            self.out.bits(0, 1);
            return self.column(there.iter().map(|(_, value)| value.to_bits() as i64));
        };
        self.out.bits(1, 1);
        let plain = Spans::around(&steps);
        let guess = Guess::fitted(field.name, there.iter().map(|(cell, _)| *cell).zip(&steps));
        if let Some(guess) = guess {
            let guessed = there.iter().zip(&steps);
            let remains: Vec<i64> = guessed
                .map(|((cell, _), steps)| steps.wrapping_sub(guess.of(cell)))
                .collect();
            let spans = Spans::around(&remains);
            if spans.bits() + guess.bits() < plain.bits() {
                self.out.bits(1, 1);
                guess.write(&mut self.out);
                spans.write(&mut self.out, &remains);
                return;
            }
        }
        self.out.bits(0, 1);
        plain.write(&mut self.out, &steps);
    }
}

/// Where an entry is in a list of what was seen so far; it is added where it is new.
fn place_in<T: PartialEq>(known: &mut Vec<T>, entry: T) -> u64 {
    let place = known.iter().position(|other| *other == entry);
    place.unwrap_or_else(|| {
        known.push(entry);
        known.len() - 1
    }) as u64
}

/// The steps of a number; none where they would not give it back bit for bit.
fn steps_of(value: f64, steps: f64) -> Option<i64> {
    let whole = (value * steps).round() as i64;
    (number_of(whole, steps).to_bits() == value.to_bits()).then_some(whole)
}

fn number_of(whole: i64, steps: f64) -> f64 {
    whole as f64 / steps
}

/// Cells of what [`write`] made.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<CellReport>, StoreError> {
    let mut unpacking = Unpacking {
        input: BitReader::new(bytes),
        listed: Vec::new(),
        there: Vec::new(),
    };
    let count = unpacking.size()?;
    if count > MOST_CELLS {
        return Err(damaged("more cells than a tray has"));
    }
    let mut cells = vec![nothing_seen(); count];
    if count > 0 {
        unpacking.fill(&mut cells)?;
    }
    if unpacking.input.is_at_its_end() {
        Ok(cells)
    } else {
        Err(damaged("bits after the last column"))
    }
}

/// Texts of a cell that are not its own trait's.
struct JudgementTexts {
    verdict: CellText,
    action: CellText,
    grade: Option<CellText>,
    reason: Option<CellText>,
    repeats_own_trait: bool,
}

struct Unpacking<'a> {
    input: BitReader<'a>,
    listed: Vec<bool>,
    there: Vec<bool>,
}

impl Unpacking<'_> {
    fn size(&mut self) -> Result<usize, StoreError> {
        usize::try_from(self.input.whole()?).map_err(|_| damaged("a size is too large"))
    }

    fn fill(&mut self, cells: &mut [CellReport]) -> Result<(), StoreError> {
        self.places(cells)?;
        let plants = Spans::read(&mut self.input)?;
        for cell in cells.iter_mut() {
            cell.plants = self.count(&plants)?;
        }
        self.presence(cells.len())?;
        if self.there.contains(&true) {
            let leaves = Spans::read(&mut self.input)?;
            for (index, cell) in cells.iter_mut().enumerate() {
                if self.there[index] {
                    cell.leaves = Some(self.count(&leaves)?);
                }
            }
        }
        let judgements = self.judgements()?;
        let spans = Spans::read(&mut self.input)?;
        let mut judged = Vec::with_capacity(cells.len());
        for _ in 0..cells.len() {
            let place = usize::try_from(spans.value(&mut self.input)?).ok();
            let judgement = place.and_then(|place| judgements.get(place));
            judged.push(judgement.ok_or_else(|| damaged("a judgement is not in their list"))?);
        }
        for field in number_fields() {
            self.numbers(cells, field)?;
        }
        for (cell, judgement) in cells.iter_mut().zip(judged) {
            cell.verdict = judgement.verdict.clone();
            cell.action = judgement.action.clone();
            cell.grade = judgement.grade.clone();
            let reason = judgement.reason.as_ref().map(|text| StoredText {
                text,
                repeats_own_trait: judgement.repeats_own_trait,
            });
            cell.reason = reason.map(|reason| reason.reason(cell));
        }
        Ok(())
    }

    fn places(&mut self, cells: &mut [CellReport]) -> Result<(), StoreError> {
        if let Some(cols) = NonZeroUsize::new(self.size()?) {
            for (index, cell) in cells.iter_mut().enumerate() {
                (cell.row, cell.col) = (index / cols, index % cols);
            }
            return Ok(());
        }
        let rows = Spans::read(&mut self.input)?;
        for cell in cells.iter_mut() {
            cell.row = self.count(&rows)? as usize;
        }
        let cols = Spans::read(&mut self.input)?;
        for cell in cells.iter_mut() {
            cell.col = self.count(&cols)? as usize;
        }
        Ok(())
    }

    fn count(&mut self, spans: &Spans) -> Result<u32, StoreError> {
        let value = spans.value(&mut self.input)?;
        u32::try_from(value).map_err(|_| damaged("a count is too large"))
    }

    /// Which of the cells have the next column's values.
    fn presence(&mut self, count: usize) -> Result<(), StoreError> {
        self.there.clear();
        match self.input.bits(PRESENCE_BITS)? {
            NONE => self.there.resize(count, false),
            ALL => self.there.resize(count, true),
            AS_BEFORE if self.listed.len() == count => self.there.extend(&self.listed),
            LISTED => {
                for _ in 0..count {
                    self.there.push(self.input.bit()?);
                }
                self.listed.clone_from(&self.there);
            }
            _ => return Err(damaged("which cells have a value is not said")),
        }
        Ok(())
    }

    fn judgements(&mut self) -> Result<Vec<JudgementTexts>, StoreError> {
        let mut texts = Vec::new();
        for _ in 0..self.entries()? {
            texts.push(self.text()?);
        }
        let not_there = || damaged("a text is not in the dictionary");
        let text = |place: u64| {
            let place = usize::try_from(place).ok();
            place
                .and_then(|place| texts.get(place).cloned())
                .ok_or_else(not_there)
        };
        let optional = |place: u64| place.checked_sub(1).map(text).transpose();
        let mut judgements = Vec::new();
        for _ in 0..self.entries()? {
            judgements.push(JudgementTexts {
                verdict: text(self.input.whole()?)?,
                action: text(self.input.whole()?)?,
                grade: optional(self.input.whole()?)?,
                reason: optional(self.input.whole()?)?,
                repeats_own_trait: self.input.bit()?,
            });
        }
        Ok(judgements)
    }

    /// Entries of a dictionary, which has no more than cells have texts.
    fn entries(&mut self) -> Result<usize, StoreError> {
        let entries = self.size()?;
        if entries > MOST_TEXTS {
            return Err(damaged("more texts than cells have"));
        }
        Ok(entries)
    }

    fn text(&mut self) -> Result<CellText, StoreError> {
        let mut bytes = Vec::new();
        for _ in 0..self.input.whole()? {
            bytes.push(self.input.bits(u8::BITS)? as u8);
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| damaged("a text is no UTF-8"))?;
        Ok(text.into())
    }

    fn numbers(&mut self, cells: &mut [CellReport], field: &NumberField) -> Result<(), StoreError> {
        self.presence(cells.len())?;
        if !self.there.contains(&true) {
            return Ok(());
        }
        let are_steps = self.input.bit()?;
        let guess = if are_steps && self.input.bit()? {
            Some(Guess::read(field.name, &mut self.input)?)
        } else {
            None
        };
        let spans = Spans::read(&mut self.input)?;
        for (cell, there) in cells.iter_mut().zip(&self.there) {
            if !there {
                continue;
            }
            let value = spans.value(&mut self.input)?;
            let number = if are_steps {
                let guessed = guess.as_ref().map_or(0, |guess| guess.of(cell));
                number_of(value.wrapping_add(guessed), field.steps)
            } else {
                f64::from_bits(value as u64)
            };
            (field.set)(cell, Some(number));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::made_up::cell;
    use super::*;
    use crate::evaluate::samples;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cells_come_back_bit_for_bit(cells in prop::collection::vec(cell(), 0..30)) {
            let read = read(&write(&cells).unwrap()).unwrap();
            // JSON tells -0 from 0.
            prop_assert_eq!(serde_json::to_string(&read).unwrap(), serde_json::to_string(&cells).unwrap());
        }

        #[test]
        fn damaged_cells_are_an_error_or_other_cells_never_a_panic(at in 0.0..1.0_f64, byte: u8, cut in 0.0..1.0_f64) {
            let mut bytes = write(&samples::graded(2, 7, 70.0, 20.0).cells).unwrap();
            let index = (at * bytes.len() as f64) as usize;
            bytes[index] = byte;
            let _ = read(&bytes);
            bytes.truncate((cut * bytes.len() as f64) as usize);
            prop_assert!(read(&bytes).is_err());
        }
    }

    #[test]
    fn what_a_lattice_and_an_area_tell_takes_next_to_no_room() {
        let mut cells = samples::graded(10, 20, 400.0, 200.0).cells;
        for (i, cell) in cells.iter_mut().enumerate() {
            let (row, col) = (cell.row as f64, cell.col as f64);
            let tenths = |value: f64| (value * 10.0).round() / 10.0;
            cell.area_pitch2 = f64::from((i * 7919 % 3000) as u32) / 1e4;
            cell.area_px = tenths(cell.area_pitch2 * 6432.0);
            cell.centre_px = Some([
                tenths(100.0 + 80.2 * col + 1.4 * row),
                tenths(60.0 - 1.4 * col + 80.2 * row),
            ]);
        }
        let size = |cells: &[CellReport]| write(cells).unwrap().len();
        let all = size(&cells);
        for cell in &mut cells {
            cell.area_px = 0.0;
            cell.centre_px = None;
        }
        // a bit or two a number for its rounding, and the fitted coefficients
        assert!(all - size(&cells) < 3 * 200 * 2 / 8 + 60);
    }
}
