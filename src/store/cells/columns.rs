//! Cells as columns: each field of all cells after another, so that like stands by like and deflates well.
//!
//! Texts are a dictionary and an index a cell. Numbers are whole multiples of the step that the inspection rounds them to
//! where all of the column are so exactly, else they are their 64 bits; either is written byte plane by byte plane.

use crate::grade::CellText;
use crate::inspect::CellReport;

use crate::store::StoreError;

use super::fields::{OWN_TRAIT, StoredText, is_plain, nothing_seen, number_fields};
use super::{MOST_CELLS, damaged};

/// The columns of cells; none where a text has a letter that columns use themselves.
pub(super) fn write(cells: &[CellReport]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(48 * cells.len());
    write_size(&mut out, cells.len());
    let whole = |get: fn(&CellReport) -> Option<u32>| cells.iter().map(get).collect::<Vec<_>>();
    for column in [
        whole(|cell| u32::try_from(cell.row).ok()),
        whole(|cell| u32::try_from(cell.col).ok()),
        whole(|cell| Some(cell.plants)),
        whole(|cell| cell.leaves),
    ] {
        write_presence(&mut out, column.iter().map(Option::is_some));
        let there: Vec<u64> = column.into_iter().flatten().map(u64::from).collect();
        write_planes(&mut out, &there);
    }
    let mut texts: [Vec<Option<StoredText<'_>>>; 4] = Default::default();
    for cell in cells {
        texts[0].push(Some(StoredText::whole(&cell.verdict)));
        texts[1].push(Some(StoredText::whole(&cell.action)));
        texts[2].push(cell.grade.as_deref().map(StoredText::whole));
        let reason = cell.reason.as_deref();
        texts[3].push(reason.map(|reason| StoredText::of_reason(reason, cell)));
        if !is_plain(cell) {
            return None;
        }
    }
    for column in &texts {
        write_texts(&mut out, column);
    }
    for field in number_fields() {
        let column: Vec<Option<f64>> = cells.iter().map(field.get).collect();
        write_presence(&mut out, column.iter().map(Option::is_some));
        let there: Vec<f64> = column.into_iter().flatten().collect();
        write_numbers(&mut out, &there, field.steps);
    }
    Some(out)
}

/// Cells of columns.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<CellReport>, StoreError> {
    let mut input = Input(bytes);
    let count = input.size()?;
    if count > MOST_CELLS {
        return Err(damaged("more cells than a tray has"));
    }
    let mut cells = vec![nothing_seen(); count];
    read_whole(&mut input, &mut cells)?;
    let mut texts = Vec::with_capacity(4);
    for _ in 0..4 {
        texts.push(input.texts(count)?);
    }
    for field in number_fields() {
        let column = input.numbers(count, field.steps)?;
        for (cell, value) in cells.iter_mut().zip(column) {
            (field.set)(cell, value);
        }
    }
    let required =
        |text: &Option<CellText>| text.clone().ok_or_else(|| damaged("a text is missing"));
    for (index, cell) in cells.iter_mut().enumerate() {
        cell.verdict = required(&texts[0][index])?;
        cell.action = required(&texts[1][index])?;
        cell.grade = texts[2][index].clone();
        cell.reason = texts[3][index].as_ref().map(|reason| {
            let whole = StoredText::whole(reason);
            let short = reason
                .strip_suffix(OWN_TRAIT)
                .map_or(whole, |text| StoredText {
                    text,
                    repeats_own_trait: true,
                });
            short.reason(cell)
        });
    }
    if input.0.is_empty() {
        Ok(cells)
    } else {
        Err(damaged("bytes after the last column"))
    }
}

fn read_whole(input: &mut Input<'_>, cells: &mut [CellReport]) -> Result<(), StoreError> {
    let count = cells.len();
    for field in 0..4 {
        let column = input.whole(count)?;
        for (cell, value) in cells.iter_mut().zip(column) {
            let value = value.map(u32::try_from).transpose();
            let value = value.map_err(|_| damaged("a count is too large"))?;
            let required = || value.ok_or_else(|| damaged("a count is missing"));
            match field {
                0 => cell.row = required()? as usize,
                1 => cell.col = required()? as usize,
                2 => cell.plants = required()?,
                _ => cell.leaves = value,
            }
        }
    }
    Ok(())
}

fn write_size(out: &mut Vec<u8>, size: usize) {
    out.extend(u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes());
}

/// 0: none is there, 1: all are, 2: a bit a cell follows.
fn write_presence(out: &mut Vec<u8>, there: impl Iterator<Item = bool> + Clone) {
    if there.clone().all(|is| is) {
        out.push(1);
    } else if there.clone().any(|is| is) {
        out.push(2);
        let bits: Vec<bool> = there.collect();
        let byte = |bits: &[bool]| {
            bits.iter()
                .rev()
                .fold(0, |byte, bit| byte << 1 | u8::from(*bit))
        };
        out.extend(bits.chunks(8).map(byte));
    } else {
        out.push(0);
    }
}

/// How many bytes the largest takes, then these bytes, lowest first, each of all values.
fn write_planes(out: &mut Vec<u8>, values: &[u64]) {
    let largest = values.iter().copied().max().unwrap_or(0);
    let planes = (64 - largest.leading_zeros()).div_ceil(8);
    out.push(planes as u8);
    for plane in 0..planes {
        out.extend(values.iter().map(|value| (value >> (8 * plane)) as u8));
    }
}

fn write_texts(out: &mut Vec<u8>, column: &[Option<StoredText<'_>>]) {
    write_presence(out, column.iter().map(Option::is_some));
    let mut dictionary: Vec<&StoredText<'_>> = Vec::new();
    let mut indexes = Vec::with_capacity(column.len());
    for text in column.iter().flatten() {
        let known = dictionary.iter().position(|known| *known == text);
        indexes.push(known.unwrap_or(dictionary.len()) as u64);
        if known.is_none() {
            dictionary.push(text);
        }
    }
    write_size(out, dictionary.len());
    for stored in dictionary {
        let mark = if stored.repeats_own_trait {
            &[OWN_TRAIT as u8][..]
        } else {
            &[]
        };
        write_size(out, stored.text.len() + mark.len());
        out.extend(stored.text.as_bytes());
        out.extend(mark);
    }
    write_planes(out, &indexes);
}

/// 1 and whole steps, or 0 and the bits.
fn write_numbers(out: &mut Vec<u8>, values: &[f64], steps: f64) {
    let whole: Option<Vec<u64>> = values.iter().map(|value| steps_of(*value, steps)).collect();
    match whole {
        Some(whole) => {
            out.push(1);
            write_planes(out, &whole);
        }
        None => {
            out.push(0);
            let bits: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
            write_planes(out, &bits);
        }
    }
}

/// The steps of a number, with its sign in the lowest bit; none where they would not give it back bit for bit.
fn steps_of(value: f64, steps: f64) -> Option<u64> {
    let whole = (value * steps).round();
    if whole.abs() > f64::from(u32::MAX) {
        return None;
    }
    let zigzag = (whole.abs() as u64) << 1 | u64::from(whole < 0.0);
    (number_of(zigzag, steps).to_bits() == value.to_bits()).then_some(zigzag)
}

fn number_of(zigzag: u64, steps: f64) -> f64 {
    let magnitude = (zigzag >> 1) as f64 / steps;
    if zigzag & 1 == 1 {
        -magnitude
    } else {
        magnitude
    }
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], StoreError> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or_else(|| damaged("they end too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, StoreError> {
        Ok(self.take(1)?[0])
    }

    fn size(&mut self) -> Result<usize, StoreError> {
        let bytes = self.take(4)?.try_into();
        let bytes = bytes.map_err(|_| damaged("a size is cut off"))?;
        Ok(u32::from_le_bytes(bytes) as usize)
    }

    fn presence(&mut self, count: usize) -> Result<Vec<bool>, StoreError> {
        match self.byte()? {
            0 => Ok(vec![false; count]),
            1 => Ok(vec![true; count]),
            2 => {
                let bytes = self.take(count.div_ceil(8))?;
                Ok((0..count)
                    .map(|i| bytes[i / 8] >> (i % 8) & 1 == 1)
                    .collect())
            }
            _ => Err(damaged("which cells have a value is not said")),
        }
    }

    fn planes(&mut self, count: usize) -> Result<Vec<u64>, StoreError> {
        let planes = usize::from(self.byte()?);
        if planes > 8 {
            return Err(damaged("a number has more than eight bytes"));
        }
        let mut values = vec![0; count];
        for plane in 0..planes {
            for (value, byte) in values.iter_mut().zip(self.take(count)?) {
                *value |= u64::from(*byte) << (8 * plane);
            }
        }
        Ok(values)
    }

    /// Whole numbers, where there are any.
    fn whole(&mut self, count: usize) -> Result<Vec<Option<u64>>, StoreError> {
        let there = self.presence(count)?;
        let values = self.planes(there.iter().filter(|is| **is).count())?;
        Ok(spread(&there, values))
    }

    fn numbers(&mut self, count: usize, steps: f64) -> Result<Vec<Option<f64>>, StoreError> {
        let there = self.presence(count)?;
        let whole = self.byte()? == 1;
        let values = self.planes(there.iter().filter(|is| **is).count())?;
        let number = |value| {
            if whole {
                number_of(value, steps)
            } else {
                f64::from_bits(value)
            }
        };
        Ok(spread(&there, values.into_iter().map(number)))
    }

    fn texts(&mut self, count: usize) -> Result<Vec<Option<CellText>>, StoreError> {
        let there = self.presence(count)?;
        let entries = self.size()?;
        let mut dictionary = Vec::new();
        for _ in 0..entries {
            let length = self.size()?;
            let text = std::str::from_utf8(self.take(length)?);
            dictionary.push(CellText::from(
                text.map_err(|_| damaged("a text is no UTF-8"))?,
            ));
        }
        let indexes = self.planes(there.iter().filter(|is| **is).count())?;
        let texts: Option<Vec<CellText>> = indexes
            .into_iter()
            .map(|index| dictionary.get(usize::try_from(index).ok()?).cloned())
            .collect();
        let texts = texts.ok_or_else(|| damaged("a text is not in the dictionary"))?;
        Ok(spread(&there, texts))
    }
}

/// Values back to the cells that have one.
fn spread<T>(there: &[bool], values: impl IntoIterator<Item = T>) -> Vec<Option<T>> {
    let mut values = values.into_iter();
    there
        .iter()
        .map(|is| if *is { values.next() } else { None })
        .collect()
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
        fn damaged_columns_are_an_error_or_other_cells_never_a_panic(at in 0.0..1.0_f64, byte: u8, cut in 0.0..1.0_f64) {
            let mut bytes = write(&samples::graded(2, 7, 70.0, 20.0).cells).unwrap();
            let index = (at * bytes.len() as f64) as usize;
            bytes[index] = byte;
            let _ = read(&bytes);
            bytes.truncate((cut * bytes.len() as f64) as usize);
            prop_assert!(read(&bytes).is_err());
        }
    }
}
